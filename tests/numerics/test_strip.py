"""The trapezoidal rule in a strip: where a link is analytic, and its sums against Gauss rules and mpmath."""

import math
from fractions import Fraction

import numpy as np
import pytest
from flint import arb
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from tiltproof.link import parse
from tiltproof.numerics.expectation.gauss import Grid, Panel
from tiltproof.numerics.expectation.nodes import Integrands
from tiltproof.numerics.expectation.oracle import Oracle, oracle
from tiltproof.numerics.expectation.tails import tail
from tiltproof.numerics.expectation.trapezoid import Strip, height, shapes
from tiltproof.numerics.lowering.pointwise import compile_mpmath, mp, precise_hermite
from tiltproof.numerics.precision import bits_for, exact, working

SMOOTH = (
    "tanh({a}*z + {b})", "sigmoid({a}*z)", "sin({a}*z + {b})", "exp(-{a}*z**2)", "softplus({a}*z + {b})",
    "erf({a}*z)", "tanh({a}*z) - {b}", "atan({a}*z) + {b}*sin(z)", "z*cos({a}*z)", "gelu({a}*z)",
    "{a}/(1 + z**2)", "1/(1 + exp(-{a}*z))", "sqrt(1 + {a}*z**2)", "-{a}*z**2 + {b}*z", "tanh(sin({a}*z))",
    "z*exp({b} - z**2)", "{b}*tanh({a}*z/sqrt(2))", "exp(z/4)*tanh({a} - z**2)*exp(-z**2)",
)  # fmt: skip
FRACTIONS = st.fractions(Fraction(1, 4), 3, max_denominator=101)


@pytest.mark.parametrize(
    ("link", "expected"),
    [("sin(z)*exp(-z**2)", math.inf), ("tanh(2*z - 1)", math.pi / 4), ("sigmoid(z/sqrt(4))", 2*math.pi),
     ("exp(tanh(z) + softplus(-3*z))", math.pi / 3), ("atan(z*2/3)**2", 1.5), ("abs(z)", 0), ("relu(z)", 0),
     ("1/(1 + z**2)", 0), ("sqrt(1 + z**2)", 0), ("tanh(He(3, z))", 0), ("tan(sin(z)/4)", 0)],
)  # fmt: skip
def test_how_far_a_link_is_seen_to_be_analytic(link: str, expected: float) -> None:
    found = height(parse(link).tree)
    assert found <= expected
    assert found == pytest.approx(expected, rel=1e-6)


@settings(max_examples=60, deadline=None)
@given(
    link=st.sampled_from(SMOOTH), a=FRACTIONS, b=FRACTIONS, t=FRACTIONS, k=st.integers(0, 20),
    power=st.integers(0, 3), digits=st.sampled_from((12, 20, 34)),
)  # fmt: skip
def test_both_rules_enclose_the_same_number(
    link: str, a: Fraction, b: Fraction, t: Fraction, k: int, power: int, digits: int
) -> None:
    """Oracle: Gauss rules on panels, whose errors are bounded from other boxes by another theorem."""
    tree, radius, bits = parse(link.format(a=a, b=b)).tree, 24, bits_for(60)
    with working(bits):
        lost, at = digits * math.log(10), exact(t)
        goals, integrands = np.full((1, 1), -lost), Integrands((power,), (k,), at, at)
        strips = [Strip(tree, radius, *shape) for shape in shapes(tree)]
        plans = [(strip, strip.plan(integrands, goals, lost, 4000)) for strip in strips]
        sums = [(strip.sums(plan, integrands, bits), plan.log_errors) for strip, plan in plans if plan]
        assume(sums)
        sums.append(Grid.of(tree, radius, 37).sums(integrands, goals, bits))
        balls = [table[power, k] + arb(0, arb(float(log[0, 0])).exp() * 1.0001) for table, log in sums]
        assert all(ball.overlaps(balls[-1]) for ball in balls)
        assert all(ball.rad() < 20 * arb(10) ** -digits for ball in balls)


@pytest.mark.parametrize(
    ("link", "first"),
    [("tanh(2*z) - 9/10", math.pi / 4), ("sigmoid(z)*atan(z/2)", 2), ("exp(silu(100*z))", math.pi / 100),
     ("tanh(z - 1)", 0), ("softplus(z)", 0), ("tanh(z) + softplus(z)", 0), ("erf(z)", 0), ("abs(z)", 0)],
)  # fmt: skip
def test_a_strip_is_bent_below_the_first_singularity(link: str, first: float) -> None:
    """Only where all of them lie on the imaginary axis, which it crosses at c sin v."""
    bent = [c * math.sin(v) for c, v in shapes(parse(link).tree) if c]
    assert bool(bent) == (first > 0)
    assert all(first / 3 < crossed < first for crossed in bent)


def test_a_strip_bent_around_a_pole_gives_another_number() -> None:
    """So the sums above can fail: no box of its boundary meets the pole of tanh inside."""
    tree, digits, bits = parse("tanh(z)").tree, 15, bits_for(30)
    with working(bits):
        goals = np.full((1, 1), -digits * math.log(10))
        integrands, strip = Integrands((1,), (1,), arb(0), arb(0)), Strip(tree, 16, 3.0, 0.7)
        plan = strip.plan(integrands, goals, digits * math.log(10), 4000)
        assert plan is not None
        gap = strip.sums(plan, integrands, bits)[1, 1] - oracle(tree).tilted_moments((1,), (1,), 0, 20)[1, 1]
        assert abs(gap) > 10 * math.exp(plan.log_errors[0, 0])


def test_an_answer_does_not_depend_on_what_was_asked_before() -> None:
    """Boxes that one question cuts, strips that it proves and panels that it halves serve others unseen."""
    tree = parse("tanh(He(3, z)/sqrt(6))").tree
    questions = [((9, 2), Fraction(4), 15), ((2,), Fraction(0), 8), ((1, 2), Fraction(1), 15)]

    def asked(order: list[int]) -> dict[int, list[object]]:
        fresh = Oracle(tree)
        tables = {i: fresh.tilted_moments(questions[i][0], (1,), *questions[i][1:]) for i in order}
        return {i: [(ball.mid(), ball.rad()) for ball in table.values()] for i, table in tables.items()}

    assert asked([0, 1, 2]) == asked([2, 1, 0])
    strip = Strip(tree, 10)
    assert [strip.proved_up_to(a) for a in (0.25, 4.0)] == [strip.proved_up_to(a) for a in (0.25, 4.0)]
    with working(192):
        panel, again = (Panel((arb(1) / 3).mid(), arb(2), tree) for _ in range(2))
    with working(256):
        middle = again.halves[0].upper
    assert panel.halves[0].upper == middle


@settings(max_examples=8, deadline=None)
@given(link=st.sampled_from(SMOOTH), a=FRACTIONS, b=FRACTIONS, t=FRACTIONS, k=st.integers(0, 12))
def test_the_ball_holds_the_value_of_mpmath(link: str, a: Fraction, b: Fraction, t: Fraction, k: int) -> None:
    tree = parse(link.format(a=a, b=b)).tree
    ball = oracle(tree).tilted_moments((k,), (1,), t, 14)[1, k]
    with mp.workdps(30):
        s, tilt = compile_mpmath(tree), mp.mpf(t.numerator) / t.denominator
        value = mp.quad(
            lambda x: s(x) * mp.exp(tilt * s(x) - x * x / 2) * mp.make_mpf(precise_hermite(k, x._mpf_)[k]),
            range(-24, 25),
        ) / mp.sqrt(2 * mp.pi)
    with working(200):
        estimate = arb(mp.nstr(value, 28))
        assert abs(ball.mid() - estimate) <= ball.rad() + (1 + abs(estimate)) * arb(10) ** -20


@pytest.mark.parametrize("k", [1, 2, 9, 16])
def test_a_tail_serves_lower_orders(k: int) -> None:
    # Oracle: mpmath.quad of |He_l| on both tails.
    bound = tail(parse("tanh(z)").tree, 16, 1, arb(1), arb(1), 9)
    assert bound is not None
    with mp.workdps(20):
        exact_tail = mp.quad(
            lambda x: (
                2
                * mp.tanh(x)
                * mp.cosh(mp.tanh(x))
                * mp.make_mpf(precise_hermite(k, x._mpf_)[k])
                * mp.npdf(x)
            ),
            [9, 12, 20],
        )
        assert exact_tail < float(bound) * 9.0 ** (k - 16)


def test_no_tail_is_claimed_among_the_zeros_of_a_polynomial() -> None:
    assert tail(parse("tanh(z)").tree, 40, 1, arb(1), arb(1), 12) is None
