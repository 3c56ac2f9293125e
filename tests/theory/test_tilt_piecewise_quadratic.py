"""Piecewise polynomials of degree at most 2: erf, erfi, and elementary values where 2at = 1."""

from fractions import Fraction

import pytest
import sympy
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from tiltproof.link import parse
from tiltproof.numerics.expectation.oracle import Unresolved
from tiltproof.theory.exact import t
from tiltproof.theory.families.form import Collected, Exponential, Numbers, _factored
from tiltproof.theory.families.piecewise import Quadratic, error_function, quadratic_form

from .agreement import disagreements, form_of

Phi = (1 + sympy.erf(t / sympy.sqrt(2))) / 2
gauss = sympy.exp(t**2 / 2)


@pytest.mark.parametrize(
    ("text", "ts"),
    [
        ("relu(z)", ["1/3", "2", "7"]),
        ("abs(z) - 2", ["1/3", "3"]),
        ("clip(z, -1, 1)", ["1/3", "5"]),
        ("clip(z**2, 0, 4)", ["1/3", "1/2", "3/5", "3"]),
        ("max(z**2, 1)", ["1/5", "2/5"]),
        ("min(z**2, 1) + relu(z)", ["1/3", "1/2", "2"]),
        ("2*relu(z) - 1", ["1/3", "2"]),
        ("relu(z - sqrt(2)) - abs(z)/10", ["1/3", "2"]),
        pytest.param("clip(sqrt(2)*z**2 + z, 0, 2)", ["1/7", "2"], marks=pytest.mark.slow),
        ("where(abs(z) < 1, 2*z**2, where(z > 0, z**2/4, -1))", ["1/4", "1/2", "7/4"]),
        ("where(z > pi, -z**2, log(3)*z)", ["1/2", "2"]),
    ],
)
def test_values_lie_in_the_oracles_enclosures(text: str, ts: list[str]) -> None:
    assert [(at, wrong) for at in ts for wrong in disagreements(text, at)] == []


@pytest.mark.parametrize(
    ("text", "k", "typed"),
    [
        ("relu(z)", 0, sympy.Rational(1, 2) + gauss * Phi),
        ("relu(z)", 1, t * gauss * Phi),
        ("relu(z)", 2, t**2 * gauss * Phi + t / sympy.sqrt(2 * sympy.pi)),
        ("abs(z)", 0, 2 * gauss * Phi),
        ("abs(z)", 1, sympy.S.Zero),
        ("2*relu(z) - 1", 1, 2 * t * sympy.exp(2 * t**2 - t) * Phi.subs(t, 2 * t)),
    ],
)
def test_forms_are_what_a_person_writes(text: str, k: int, typed: sympy.Expr) -> None:
    found = form_of(text).h(k)
    assert sympy.expand(found - typed) == 0
    assert sympy.count_ops(found) <= sympy.count_ops(sympy.factor_terms(typed)) + 4


@pytest.mark.parametrize("k", [0, 2, 4])
def test_the_form_at_the_flat_temperature_is_the_limit_from_both_sides(k: int) -> None:
    h = form_of("clip(z**2, 0, 4)").h(k)
    middle = h.subs(t, sympy.Rational(1, 2))
    assert not middle.has(sympy.erfi, sympy.zoo, sympy.nan)
    for near in ("0.4999999", "0.5000001"):
        assert abs(sympy.N(h.subs(t, sympy.Rational(near)) - middle, 40)) < 1e-4


@pytest.mark.parametrize("text", ["relu(z)", "clip(z, -1, 1)", "max(z**2, 1)", "clip(2*z**2 - z, -1, 1)"])
@pytest.mark.parametrize("k", [0, 1, 4])
def test_alpha_is_the_derivative_of_h(text: str, k: int) -> None:
    form = form_of(text)
    for at in (sympy.Rational(1, 7), sympy.Rational(13, 27)):
        slope = sympy.diff(form.h(k), t) - form.alpha(k)
        assert abs(sympy.N(slope.subs(t, at), 40)) < sympy.Float("1e-30", 30)


@pytest.mark.parametrize(
    ("text", "limit"),
    [("clip(z**2, 0, 4)", "oo"), ("max(z**2, 1)", "1/2"), ("where(z > 0, 3*z**2, z**2/7)", "1/6")],
)
def test_unbounded_pieces_limit_t(text: str, limit: str) -> None:
    assert form_of(text).t_max == sympy.sympify(limit)


@pytest.mark.parametrize("text", ["relu(z)*z**2", "tanh(relu(z))", "abs(exp(z) - 2)", "z**2", "tanh(z)"])
def test_links_outside_the_family_are_left_alone(text: str) -> None:
    assert quadratic_form(parse(text).tree) is None


numbers = st.fractions(min_value=-3, max_value=3, max_denominator=6)


@st.composite
def links(draw: st.DrawFn) -> str:
    """Three random quadratics between two random points."""
    low, high = sorted(draw(st.tuples(numbers, numbers)))
    quadratics = [f"({draw(numbers)})*z**2 + ({draw(numbers)})*z + ({draw(numbers)})" for _ in range(3)]
    return f"where(z < {low}, {quadratics[0]}, where(z < {high}, {quadratics[1]}, {quadratics[2]}))"


@pytest.mark.slow
@settings(max_examples=25, deadline=None)
@given(links(), st.fractions(min_value="1/8", max_value="7/8", max_denominator=16))
def test_random_links(text: str, share: Fraction) -> None:
    form = quadratic_form(parse(text).tree)
    assume(form is not None)
    assert form is not None
    limit = 3 if form.t_max is sympy.oo else min(3, form.t_max)
    try:
        assert disagreements(text, share * Fraction(str(limit)), ks=(0, 1, 2, 5)) == []
    except Unresolved:
        assume(False)


def test_signs_stand_in_front() -> None:
    one, zero = sympy.Integer(1), sympy.Integer(0)
    piece = Quadratic(-one, zero, zero, -sympy.oo, sympy.oo)
    assert str(error_function(piece, -one, steep=False)) == "-erf(sqrt(2)*sqrt(2*t + 1)/2)"
    assert _factored({1: sympy.Integer(-2), 2: sympy.Integer(-4)}) == (-2, t, 2 * t + 1)
    assert _factored({0: sympy.Integer(3), 1: sympy.Integer(6)}) == (3, 1, 2 * t + 1)
    half = sympy.Rational(1, 2)
    assert _factored({0: half, 1: half}) == (half, 1, t + 1)


def test_ratios_are_added_over_their_denominators() -> None:
    numbers = Numbers([])
    two, down = sympy.Integer(2), sympy.Integer(-1)
    outer, one, slope = Exponential(t, sympy.S.One), numbers.element(sympy.S.One), numbers.t
    first = [(two, one, 1), (two, slope, 3), (sympy.S.Zero, slope, 0), (two, one, 0)]
    room, up = 1 - 4 * t, 1 + 2 * t
    typed = 1 / room + t / room**3 + t + 1
    for added, more in (([], 0), ([(down, one, 2), (down, slope, 1)], 1 / up**2 + t / up)):
        total = Collected(numbers, frozenset())
        for a, numerator, power in first + added:
            total.add(outer, 5 * sympy.erf(t), a, numerator, power)
        wanted = 5 * sympy.erf(t) * sympy.exp(t) * (typed + more)
        assert sympy.simplify(total.expression() - wanted) == 0


def test_a_piece_that_is_flat_at_this_temperature() -> None:
    # 2at = 1 on the middle piece: the tilt cancels the Gaussian there.
    assert disagreements("clip(z**2, 0, 4)", "1/2") == []
    assert disagreements("clip(2*z**2 + z, 0, 4)", "1/4") == []


@pytest.mark.parametrize("at", ["2/5", "1/2", "3/5", "3/4", "1"])
def test_pieces_that_turn_steep_one_after_the_other(at: str) -> None:
    # 2at = 1 at t = 1/2 on the inner piece, at t = 3/4 on the outer ones.
    assert disagreements("where(abs(z) < 1, z**2, where(abs(z) < 2, 2*z**2/3, 0))", at) == []
