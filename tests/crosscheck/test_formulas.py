"""The coefficients in the symbol t: what ``coefficients`` gives at one temperature, for all of them."""

from fractions import Fraction

import pytest
import sympy
from tiltproof.crosscheck.number import ball_to
from tiltproof.theory.exact import t

import tiltproof

AT = Fraction(2, 5)


@pytest.mark.parametrize("noise", [None, "gaussian(1/2)", "uniform(1)", "rademacher(1/2)"])
@pytest.mark.parametrize(
    "link", ["2*z - 3", "z**2 - 10", "z**2 + z", "staircase", "relu(z) - 1", "clip-square"]
)
def test_every_signal_is_the_certified_coefficient(link: str, noise: str | None) -> None:
    for kind in ("label", "weight", "centered"):
        (formula,) = tiltproof.formulas(link, 2, kind, noise).formulas
        (at,) = tiltproof.coefficients(link, 2, 1 / AT, signal=kind, noise=noise).coefficients
        for value, bounds in ((formula.h, at.h), (formula.alpha, at.alpha), (formula.signal, at.signal)):
            found = ball_to(sympy.sympify(value).subs(t, sympy.Rational(AT)), 40)
            middle = Fraction(bounds.lower) / 2 + Fraction(bounds.upper) / 2
            assert abs(float(found.mid()) - float(middle)) <= 1e-14 * max(1.0, abs(float(middle)))


def test_a_line_is_given_for_every_order() -> None:
    assert str(tiltproof.formulas("z - 3", 1, noise="gaussian(2)").general) == "t**k*exp(5*t**2/2 - 3*t)"


def test_a_series_is_given_with_its_general_term() -> None:
    found = tiltproof.formulas("gaussian-bump", 2, "centered")
    (formula,) = found.formulas
    assert str(formula.h) == "Sum(-n*t**n/((n + 1)**(3/2)*factorial(n)), (n, 0, oo))"
    assert formula.signal.has(sympy.Sum)
    assert found.t_max == sympy.oo


def test_what_has_no_closed_form_says_so() -> None:
    found = tiltproof.formulas("tanh(z)", range(3))
    assert (found.formulas, found.t_max, found.derivation) == (
        (),
        None,
        "no closed form is known for this link",
    )


def test_an_order_out_of_range_is_refused() -> None:
    with pytest.raises(tiltproof.LinkError, match="k = 201 goes beyond 0 to 200"):
        tiltproof.formulas("z", 201)
