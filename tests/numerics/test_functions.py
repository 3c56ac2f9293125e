"""Every column of the numeric table of functions, tried on numbers; the newest also by known answers."""

from collections.abc import Callable
from itertools import pairwise
from math import isinf

import numpy as np
import pytest
from flint import acb, arb
from tiltproof.link import parse, parse_expression
from tiltproof.link.build import call, combine
from tiltproof.link.tree import Neg, Node, Num, Var, substitute
from tiltproof.numerics.expectation.oracle import oracle
from tiltproof.numerics.expectation.tail_growth import bound
from tiltproof.numerics.lowering.arb import both_sides, compile_arb
from tiltproof.numerics.lowering.balls import ON_BALLS, Dual
from tiltproof.numerics.lowering.functions import FUNCTIONS
from tiltproof.numerics.lowering.pointwise import compile_mpmath, compile_numpy, mp
from tiltproof.numerics.lowering.series import variable
from tiltproof.numerics.precision import horner, working

from ..certificates.test_growth import COMPOUND

UNARY = [name for name in FUNCTIONS if name not in ("min", "max", "clip", "He")]
ANALYTIC = [name for name in UNARY if FUNCTIONS[name].series is not None]
SWITCHING = [name for name in UNARY if FUNCTIONS[name].branch is not None]


def of(name: str, argument: Node | None = None) -> Node:
    return call(name, (argument or Var(),))


def points(name: str) -> list[float]:
    """Points where the function is defined, 0 left out."""
    if name in ("log", "sqrt"):
        return [0.03, 0.4, 1.0, 1.7, 5.5]
    return [-0.9, -0.3, 0.2, 0.8, 1.4] if name == "log1p" else [-4.3, -1.2, -0.3, 0.2, 0.8, 1.4, 5.1]


@pytest.mark.parametrize("name", UNARY)
def test_the_three_readings_agree(name: str) -> None:
    tree = of(name)
    with working(200), mp.workdps(50):
        for x in points(name):
            ball, precise = compile_arb(tree)(arb(x)), compile_mpmath(tree)(mp.mpf(x))
            assert ball.rad() < arb(10) ** -50
            assert abs(ball - arb(mp.nstr(precise, 48))) < arb(10) ** -45
            double = compile_numpy(tree)(np.array([x]))
            assert double == pytest.approx([float(precise)], rel=1e-14)


@pytest.mark.parametrize("name", ANALYTIC)
def test_on_complex_balls_it_is_the_same_function(name: str) -> None:
    with working(100):
        for x in points(name):
            real, box = ON_BALLS[name].value(arb(x)), ON_BALLS[name].value(acb(x))
            assert box.real.overlaps(real)
            assert box.rad() < arb(10) ** -25
            nearby = compile_numpy(of(name))(np.array([x + 0.01j]))[0]
            wide = ON_BALLS[name].value(acb(x, arb("0.01")))
            assert abs(complex(wide) - nearby) < 1e-12 * (1 + abs(nearby))


@pytest.mark.parametrize("name", ANALYTIC)
def test_slope_by_the_tree_by_the_series_and_by_the_dual(name: str) -> None:
    with working(100):
        for x in points(name):
            slope = compile_arb(FUNCTIONS[name].slope(Var()))(arb(x))
            series = FUNCTIONS[name].series
            assert series is not None
            jet = series(variable(arb(x), 3)).coefficients
            dual = compile_arb(of(name))(Dual(arb(x), arb(1)))
            assert max(abs(jet[1] - slope), abs(dual.slope - slope)) < arb(10) ** -20
            assert abs(jet[0] - dual.value) < arb(10) ** -20
            # f''/2 from the slope of the slope.
            second = compile_arb(FUNCTIONS[name].slope(Var()))(Dual(arb(x), arb(1))).slope
            assert abs(jet[2] - second / 2) < arb(10) ** -18


@pytest.mark.parametrize("name", UNARY)
def test_parity_and_both_sides(name: str) -> None:
    function, tree = ON_BALLS[name], of(name)
    with working(100):
        xs = [arb(x) for x in points("exp") if name not in ("log", "sqrt", "log1p") or abs(x) < 0.9]
        if name in ("log", "sqrt"):
            assert function.parity == 0
            return
        right, left = both_sides(tree, xs)
        for x, y, mirrored in zip(xs, right, left, strict=True):
            assert abs(mirrored - compile_arb(tree)(-x)) < arb(10) ** -20
            assert abs(y - compile_arb(tree)(x)) < arb(10) ** -20
            if function.mirrored is not None:
                assert abs(function.mirrored(x, y) - mirrored) < arb(10) ** -20
        seen = {s for s in (1, -1) if all(abs(m - s * y) < 1e-9 for m, y in zip(left, right, strict=True))}
        assert seen == {function.parity} - {0}


@pytest.mark.parametrize("name", UNARY)
def test_injective_only_where_it_is_strictly_monotone(name: str) -> None:
    values = [float(compile_arb(of(name))(arb(x))) for x in points(name)]
    steps = [b - a for a, b in pairwise(values)]
    strict = all(s > 0 for s in steps) or all(s < 0 for s in steps)
    assert strict or not FUNCTIONS[name].injective


def test_the_tables_say_of_each_function_what_is_true_of_it() -> None:
    def where(holds: Callable[[str], bool]) -> set[str]:
        return {name for name in FUNCTIONS if holds(name)}

    assert where(lambda name: FUNCTIONS[name].injective) == {
        "exp", "log", "sqrt", "sinh", "tanh", "atan", "erf", "sigmoid", "softplus", "expm1", "log1p",
    }  # fmt: skip
    assert where(lambda name: FUNCTIONS[name].jumps) == {"sign", "Heaviside"}
    # He, which is a polynomial, goes its own way.
    others = {"abs", "sign", "Heaviside", "min", "max", "clip", "relu", "He"}
    assert where(lambda name: not ON_BALLS[name].analytic) == others
    entire = {"exp", "sin", "cos", "sinh", "cosh", "erf", "expm1"}
    assert where(lambda name: ON_BALLS[name].meromorphic) == entire | {"tan", "tanh"}
    assert where(lambda name: ON_BALLS[name].parity == 1) == {"cos", "cosh", "abs"}
    assert where(lambda name: ON_BALLS[name].parity not in (0, 1)) == where(
        lambda name: ON_BALLS[name].parity == -1
    )


@pytest.mark.parametrize("name", ANALYTIC)
def test_it_is_analytic_inside_its_strip(name: str) -> None:
    strip = FUNCTIONS[name].strip
    with working(100):
        for y in (0.5, 0.999):
            height = arb(3 if isinf(strip) else strip) * arb(y)
            value = ON_BALLS[name].value(acb(arb(0, 0.0001), height)) if strip else acb(0)
            assert value.is_finite()


@pytest.mark.parametrize("name", SWITCHING)
def test_branch(name: str) -> None:
    branch = FUNCTIONS[name].branch
    assert branch is not None
    for x in (-1.5, 0.0, 2.0):
        here = compile_numpy(branch(Var(), int(np.sign(x))))(np.array([x]))
        assert here == compile_numpy(of(name))(np.array([x]))


@pytest.mark.parametrize("name", UNARY)
def test_it_jumps_only_where_the_table_says(name: str) -> None:
    around = compile_numpy(of(name))(np.array([-1e-9, 1e-9]))
    assert FUNCTIONS[name].jumps == (name != "log" and abs(around[1] - around[0]) > 0.25)


@pytest.mark.parametrize("name", [n for n in UNARY if FUNCTIONS[n].spelled is not None])
def test_what_it_is_spelled_out_as(name: str) -> None:
    spelled = FUNCTIONS[name].spelled
    assert spelled is not None
    x = np.linspace(-30, 30, 61)
    assert compile_numpy(spelled(Var()))(x) == pytest.approx(compile_numpy(of(name))(x), rel=1e-12, abs=1e-12)


@pytest.mark.parametrize("name", UNARY)
@pytest.mark.parametrize("argument", ["z", "-z", "z - 5", "1/(1 + z**2)", "z**2/40", "-1/(2 + z)"])
def test_the_bounds_on_a_tail_hold(name: str, argument: str) -> None:
    _holds(of(name, parse_expression(argument)))


@pytest.mark.parametrize("text", COMPOUND)
@pytest.mark.parametrize("side", [1, -1])
def test_the_bounds_of_a_composition_on_a_tail_hold(text: str, side: int) -> None:
    _holds(substitute(parse_expression(text), Var() if side > 0 else Neg(Var())))


def _holds(tree: Node) -> None:
    with working(100):
        found = bound(tree, arb(2))
        for z in (2, 3, 5.5, 11, 40):
            value = compile_arb(tree)(arb(z))
            if not value.is_finite():
                continue
            slack = abs(value) * arb(10) ** -20 + arb(10) ** -20
            assert found.lo is None or horner(found.lo, arb(z)) <= value + slack
            assert found.hi is None or horner(found.hi, arb(z)) >= value - slack
            assert found.mag is None or horner(found.mag, arb(z)).exp() >= abs(value) - slack
            assert found.low is None or horner(found.low, arb(z)).exp() <= value + slack


@pytest.mark.parametrize(("name", "x", "value"), [
    ("expm1", 1e-10, 1.00000000005000000000166667e-10), ("expm1", -1e-15, -9.99999999999999500e-16),
    ("log1p", 1e-10, 9.9999999995000000000333333e-11), ("log1p", -1e-15, -1.0000000000000005e-15),
    ("silu", -40.0, -1.69934170211663560e-16), ("silu", 1000.0, 1000.0),
])  # fmt: skip
def test_small_values_keep_their_relative_accuracy(name: str, x: float, value: float) -> None:
    assert compile_numpy(of(name))(np.array([x])) == pytest.approx([value], rel=1e-14)
    assert float(compile_mpmath(of(name))(mp.mpf(x))) == pytest.approx(value, rel=1e-13)


@pytest.mark.parametrize(("link", "other"), [
    ("silu(z)", "z*sigmoid(z)"), ("log1p(z**2)", "log(1 + z**2)"), ("expm1(z)", "exp(z) - 1"),
    ("silu(relu(z) - 1/2)", "(relu(z) - 1/2)/(1 + exp(1/2 - relu(z)))"),
])  # fmt: skip
@pytest.mark.parametrize("k", [0, 1, 2])
def test_moments_of_two_ways_to_write_one_link_overlap(link: str, other: str, k: int) -> None:
    one, two = (oracle(parse(text).tree).tilted_moments((k,), (1,), 0, 25)[1, k] for text in (link, other))
    assert one.overlaps(two)
    assert one.rad() < arb(10) ** -15


def test_moments_of_expm1_are_those_of_the_exponential() -> None:
    # E[e^Z He_k] = e^{1/2}.
    with working(120):
        tree = combine("*", Num(parse_expression("3").value), of("expm1", Neg(Var())))  # type: ignore[union-attr]
        assert oracle(tree).tilted_moments((1,), (1,), 0, 25)[1, 1].overlaps(-3 * arb(1) * (arb(1) / 2).exp())
