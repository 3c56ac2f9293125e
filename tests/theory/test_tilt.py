"""Closed forms against forms derived by hand, and against sympy's own derivative."""

import pytest
import sympy
from tiltproof.link import LIBRARY, parse
from tiltproof.theory.exact import order, t
from tiltproof.theory.families import closed_form
from tiltproof.theory.families.piecewise import constant_form as of_steps

from .agreement import disagreements

#: (link, k): h_k(t), typed in from the theory.
BY_HAND = {
    ("z - 3", 2): sympy.exp(-3 * t + t**2 / 2) * t**2,
    ("2*z + 1", 1): sympy.exp(t + 2 * t**2) * 2 * t,
    ("z**2 - 5", 2): sympy.exp(-5 * t) * (1 - 2 * t) ** sympy.Rational(-3, 2) * 2 * t,
    ("z**2", 0): (1 - 2 * t) ** sympy.Rational(-1, 2),
    ("where(z > 0, -1, -3)", 1): (sympy.exp(-t) - sympy.exp(-3 * t)) / sympy.sqrt(2 * sympy.pi),
    ("sign(z)", 0): sympy.cosh(t),
}


@pytest.mark.parametrize(("link", "k"), BY_HAND)
def test_closed_forms_by_hand(link: str, k: int) -> None:
    form = closed_form(parse(link).tree)
    assert form is not None
    assert sympy.simplify((form.h(k) - BY_HAND[link, k]).rewrite(sympy.exp)) == 0


def test_staircase_signal_is_a_difference_of_hyperbolic_cosines() -> None:
    form = closed_form(parse("staircase").tree)
    assert form is not None
    expected = -4 / (3 * sympy.sqrt(2 * sympy.pi)) * (sympy.cosh(2 * t) - sympy.cosh(t))
    assert sympy.simplify((form.alpha(1) - expected).rewrite(sympy.exp)) == 0


@pytest.mark.parametrize("name", [name for name in LIBRARY if closed_form(parse(name).tree)])
@pytest.mark.parametrize("k", [0, 1, 3])
def test_alpha_is_the_derivative_of_h(name: str, k: int) -> None:
    form = closed_form(parse(name).tree)
    assert form is not None
    gap = sympy.diff(form.h(k), t) - form.alpha(k)
    point = sympy.Rational(1, 7)
    assert abs(sympy.N(gap.subs(t, point), 40)) < sympy.Float("1e-30")


def test_a_negative_order_is_refused() -> None:
    form = closed_form(parse("z").tree)
    assert form is not None
    with pytest.raises(ValueError, match="negative"):
        form.h(-1)


@pytest.mark.parametrize("link", ["2*z - 3", "-3/2*z + 1", "2*z**2 + 3*z - 1", "-z**2/3 - 2*z"])
def test_lines_and_parabolas_lie_in_the_oracles_enclosures(link: str) -> None:
    assert disagreements(link, "1/7") == []


def test_steps_of_two_levels_are_a_family_and_one_level_is_none() -> None:
    form = of_steps(parse("sign(z)").tree)
    assert form is not None
    assert form.family == "piecewise constant"
    assert of_steps(parse("sign(z)**2").tree) is None


def test_the_order_is_a_natural_number() -> None:
    assert (order.is_integer, order.is_nonnegative) == (True, True)


@pytest.mark.parametrize(
    ("link", "limit"), [("2*z**2 + 3*z - 1", "1/4"), ("z**2/3 - 1", "3/2"), ("-2*z**2", "oo")]
)
def test_a_parabola_has_its_t_max(link: str, limit: str) -> None:
    form = closed_form(parse(link).tree)
    assert form is not None
    assert form.t_max == sympy.sympify(limit)
