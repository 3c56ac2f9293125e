"""Closed forms are what a person would write: the text itself, typed in."""

import pytest
import sympy
from tiltproof.link import Signal, parse, parse_noise
from tiltproof.theory.exact import t
from tiltproof.theory.families.form import exponential_sum, factored, joined, primitive
from tiltproof.theory.families.moments import moment
from tiltproof.theory.signal import signal

from .agreement import form_of, series_of

STAIRCASE = "sign(z)*where(abs(z) < sqrt(2*log(3)), 1, -2)"
H = {
    ("2*z - 1/2", 2): "4*t**2*exp(2*t**2 - t/2)",
    ("z**2 - 10", 2): "2*t*exp(-10*t)/(1 - 2*t)**(3/2)",
    ("z**2 - 10", 4): "12*t**2*exp(-10*t)/(1 - 2*t)**(5/2)",
    ("z**2 + z", 3): "t**2*(6 - 11*t)*exp(t**2/(2 - 4*t))/(1 - 2*t)**(7/2)",
    ("where(z > 0, -1, -3)", 1): "sqrt(2)*(exp(-t) - exp(-3*t))/(2*sqrt(pi))",
    ("sign(z)", 0): "cosh(t)",
    (STAIRCASE, 0): "cosh(t)*erf(sqrt(log(3))) + (1 - erf(sqrt(log(3))))*cosh(2*t)",
    ("where(abs(z) < 1, 1, 0)", 2): "sqrt(2)*(1 - exp(t))*exp(-1/2)/sqrt(pi)",
}
ALPHA = {
    ("2*z - 1/2", 2): "2*t*(8*t**2 - t + 4)*exp(2*t**2 - t/2)",
    ("-z + pi", 1): "-(t**2 + pi*t + 1)*exp(t**2/2 + pi*t)",
    ("z**2 - 10", 0): "(20*t - 9)*exp(-10*t)/(1 - 2*t)**(3/2)",
    ("z**2 - 10", 2): "2*(4*t - 1)*(5*t - 1)*exp(-10*t)/(1 - 2*t)**(5/2)",
    (STAIRCASE, 1): "2*sqrt(2)*(cosh(t) - cosh(2*t))/(3*sqrt(pi))",
    ("sign(z*(z**2 - 2*log(2)))", 3): "2*sqrt(2)*log(2)*cosh(t)/sqrt(pi)",
    ("where(abs(z) < 1, 1, 0)", 2): "-sqrt(2)*exp(t - 1/2)/sqrt(pi)",
}
SIGNALS = {
    ("z - 3", 1, "centered", "none"): "exp(t**2/2 - 3*t)",
    ("z - 3", 1, "label", "gaussian(1)"): "(2*t**2 - 3*t + 1)*exp(t**2 - 3*t)",
    ("z - 3", 1, "label", "uniform(1)"): "((t - 3)*sinh(t) + cosh(t))*exp(t**2/2 - 3*t)",
    ("z - 3", 1, "label", "rademacher(1)"): "(t*sinh(t) + (t**2 - 3*t + 1)*cosh(t))*exp(t**2/2 - 3*t)",
    ("z**2 - 10", 2, "centered", "none"): "2*exp(-10*t)/(1 - 2*t)**(5/2)",
    ("z**2 - 10", 2, "label", "gaussian(1)"):
        "2*(-2*t**3 + 21*t**2 - 9*t + 1)*exp(t**2/2 - 10*t)/(1 - 2*t)**(5/2)",
    ("z**2 - 10", 2, "label", "uniform(1)"):
        "((2 - 4*t)*cosh(t) + (40*t - 14)*sinh(t))*exp(-10*t)/(1 - 2*t)**(5/2)",
    ("z**2 + z", 1, "centered", "none"): "exp(t**2/(2 - 4*t))/(1 - 2*t)**(5/2)",
    ("sign(z)", 1, "centered", "none"): "sqrt(2)/(sqrt(pi)*cosh(t))",
    ("where(z > 0, -1, -3)", 1, "centered", "none"): "2*sqrt(2)*exp(-3*t)/(sqrt(pi)*(1 + exp(-2*t)))",
    ("relu(z)", 1, "label", "gaussian(1)"):
        "sqrt(2)*t*exp(t**2/2)/(2*sqrt(pi)) + (2*t**2 + 1)*(erf(sqrt(2)*t/2) + 1)*exp(t**2)/2",
}  # fmt: skip


@pytest.mark.parametrize(("link", "k"), H)
def test_h_is_written(link: str, k: int) -> None:
    assert str(form_of(link).h(k)) == H[link, k]


@pytest.mark.parametrize(("link", "k"), ALPHA)
def test_alpha_is_written(link: str, k: int) -> None:
    assert str(form_of(link).alpha(k)) == ALPHA[link, k]


@pytest.mark.parametrize(("link", "k", "kind", "noise"), SIGNALS)
def test_signals_are_written(link: str, k: int, kind: Signal, noise: str) -> None:
    found = signal(form_of(link), k, kind, parse_noise(noise))
    assert str(found) == SIGNALS[link, k, kind, noise]


def test_a_sine_has_the_terms_that_do_not_vanish() -> None:
    total = series_of("sin(z)").h(1).total
    assert str(total) == "Sum(2*(-1)**n*(2*n + 1)*exp(-(2*n + 1)**2/2)*besseli(2*n + 1, t), (n, 0, oo))"


def test_a_coefficient_that_vanishes_in_the_symbolic_power_is_no_sum() -> None:
    bump = series_of("z**2*exp(-z**2)")
    assert (bump.h(2).total, bump.alpha(2).total) == (0, 0)


@pytest.mark.parametrize(
    ("link", "k", "typed"),
    [("sin(z)", 1, "exp(-1/2)"), ("z*cos(z)", 3, "-2*exp(-1/2)"), ("sin(z + 1)", 1, "exp(-1/2)*cos(1)")],
)
def test_moments_of_waves_are_exponentials(link: str, k: int, typed: str) -> None:
    assert str(moment(parse(link).tree, 1, k)) == typed


def test_signs_are_drawn_into_one_factor() -> None:
    assert str(factored(2 * t - 3 * t**2)) == "t*(2 - 3*t)"
    assert str(factored(-(t**3) - t, sympy.exp(t))) == "-t*(t**2 + 1)*exp(t)"
    assert str(primitive(t**2 / 2 - t / 3, sympy.S(2))) == "t**2 - 2*t/3"


def test_exponentials_are_joined_and_paired() -> None:
    assert joined(sympy.exp(t), 2 * sympy.exp(1 - t)) == 2 * sympy.E
    one, half = sympy.S.One, sympy.Rational(1, 2)
    assert exponential_sum({one: half, -one: -half}) == sympy.sinh(t)
    assert exponential_sum({one: half, -one: one}) == (sympy.exp(t) + 2 * sympy.exp(-t)) / 2
    assert exponential_sum({sympy.S.Zero: one, one: -one}) == 1 - sympy.exp(t)
    assert exponential_sum({one: sympy.S.Zero}) == 0
