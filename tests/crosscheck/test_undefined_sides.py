"""No claim is green where one of its sides has no value somewhere on the range."""

from __future__ import annotations

import pytest
from tiltproof.crosscheck.verdict import Verdict

from tiltproof import claim

UNDEFINED = [
    ("x/x == 1", "[-1, 1]"),
    ("1/(x - 1) == 1/(x - 1)", "(0, 2)"),
    ("1/(x - 1) - 1/(x - 1) == 0", "(0, 2)"),
    ("x**(-2)*x**2 == 1", "(-1, 1)"),
    ("log(x) - log(x) == 0", "(-1, 1)"),
    ("0*log(x) == 0", "(-1, 1)"),
    ("exp(log(x)) == x", "(-1, 1)"),
    ("sqrt(x)**2 == x", "(-1, 1)"),
    ("x**(1/3)*x**(2/3) == x", "(-1, 1)"),
    ("(x - 1)**x == (x - 1)**x", "(0, 2)"),
    ("tan(x)*cos(x) == sin(x)", "[0, 3]"),
    ("clip(0, x, 1) == clip(0, x, 1)", "(0, 2)"),
    ("V(x**2) == V(x**2)", "(-1, 2)"),
    ("x > 1/2 or exp(log(x)) == x", "(-1, 1)"),
    ("where(x > 0, exp(log(x - 1/2)), 1) == where(x > 0, x - 1/2, 1)", "(-1, 1)"),
]
DEFINED = [
    ("x/x == 1", "(0, 1]"),
    ("1/(x - 1) == 1/(x - 1)", "(1, 2)"),
    ("exp(log(x)) == x", "(0, 1]"),
    ("sqrt(x)**2 == x", "[0, 1)"),
    ("tan(x)*cos(x) == sin(x)", "[0, 1]"),
    ("x <= 0 or exp(log(x)) == x", "(-1, 1)"),
    ("h(2, x)/h(0, x) == V(x)**2", "(1, 2)"),
]


@pytest.mark.parametrize(("assertion", "reach"), UNDEFINED)
def test_an_undefined_side_makes_nothing_true(assertion: str, reach: str) -> None:
    assert claim(assertion, "z", {"x": reach}).verdict is Verdict.UNDECIDED


@pytest.mark.parametrize("assertion", ["sqrt(-1) == sqrt(-1)", "sqrt(-1)**2 == -1"])
def test_a_number_off_the_real_line_is_no_value(assertion: str) -> None:
    assert claim(assertion, "z").verdict is Verdict.UNDECIDED


@pytest.mark.parametrize("assertion", ["chi2(3) - chi2(3) == 0", "0*chi2(3) == 0", "min(chi2(3), 1) == 1"])
def test_an_infinite_number_is_compared_and_nothing_else(assertion: str) -> None:
    assert claim(assertion, "z**2").verdict is Verdict.UNDECIDED
    assert claim(assertion.replace("3", "9"), "z**2").verdict is not Verdict.UNDECIDED
    assert claim("chi2(3) == oo", "z**2").verdict is Verdict.PROVED


@pytest.mark.parametrize(("assertion", "reach"), DEFINED)
def test_where_both_sides_have_values_algebra_decides(assertion: str, reach: str) -> None:
    assert claim(assertion, "z", {"x": reach}).verdict is Verdict.PROVED
