"""A z^m e^{-c z^2} + d: moment series with terms closed in the power, against the oracle and typed values."""

from fractions import Fraction

import pytest
import sympy
from hypothesis import given, settings
from hypothesis import strategies as st
from tiltproof.crosscheck.number import ball
from tiltproof.link import parse
from tiltproof.numerics.precision import working
from tiltproof.theory.exact import t
from tiltproof.theory.families.smooth import powered_form

from .agreement import disagreements, series_of


@pytest.mark.parametrize(
    "text",
    [
        "z**2*exp(-z**2)", "exp(-z**2/2)", "1 - 3*z*exp(-z**2/2)/2", "exp(1 - z**2)", "2*z**3*exp(-z**2)",
        "-sqrt(2)*z*exp(-pi*z**2) - 1", "z**4/exp(z**2)",
    ],
)  # fmt: skip
@pytest.mark.parametrize("at", ["1/3", pytest.param("4", marks=pytest.mark.slow)])
def test_values_lie_in_the_oracles_enclosures(text: str, at: str) -> None:
    assert disagreements(text, at) == []


def test_the_terms_of_the_bump_are_those_of_the_theory() -> None:
    """mu_{i,4} = -4i (2i-1)!! (2i+1)^{-i-3/2} for z^2 exp(-z^2)."""
    total = series_of("z**2*exp(-z**2)").h(4).total
    (n,) = total.variables
    mu = -4 * n * sympy.factorial2(2 * n - 1) * (2 * n + 1) ** (-n - sympy.Rational(3, 2))
    assert total.function == t**n / sympy.factorial(n) * mu


@pytest.mark.parametrize("text", ["z**2*exp(-z**2)", "z*exp(-z**2/2) + 1"])
@pytest.mark.parametrize("k", [0, 1, 2, 3, 4])
@pytest.mark.parametrize("kind", ["h", "alpha"])
def test_the_unevaluated_sum_has_the_terms_of_the_series(text: str, k: int, kind: str) -> None:
    series = getattr(series_of(text), kind)(k)
    at = sympy.Rational(1, 4)
    total = series.total.replace(
        sympy.Sum, lambda term, limits: sum(term.subs(limits[0], j) for j in range(30))
    )
    gap = total - sum(series.term(j) for j in range(30))
    assert abs(sympy.N(gap.subs(t, at), 20)) < 1e-15


@pytest.mark.parametrize(("text", "k", "at"), [("z**2*exp(-z**2)", 4, "9"), ("3*z*exp(-z**2)", 5, "4")])
@pytest.mark.parametrize("kind", ["h", "alpha"])
def test_the_remainder_bounds_what_is_left_out(text: str, k: int, at: str, kind: str) -> None:
    series = getattr(series_of(text), kind)(k)
    for start in (8, 16, 32):
        rest = series.remainder(start)
        with working(300):
            first, ratio = (ball(x.subs(t, sympy.Rational(at))) for x in (rest.first, rest.ratio))
            assert ratio < 1
            left = sum(ball(series.term(j).subs(t, sympy.Rational(at))) for j in range(start, start + 40))
            assert abs(left) < first / (1 - ratio)


@pytest.mark.parametrize("text", ["z**2*exp(-z)", "exp(z**2/9)", "(z + 1)*exp(-z**2)", "exp(-z**4)", "z**2"])
def test_links_outside_the_family_are_left_alone(text: str) -> None:
    assert powered_form(parse(text).tree) is None


positive = st.fractions(min_value="1/4", max_value=2, max_denominator=4)


@pytest.mark.slow
@settings(max_examples=15, deadline=None)
@given(st.integers(0, 4), positive, st.sampled_from([-2, -1, 1, 3]), st.integers(-2, 2), positive)
def test_random_links(m: int, c: Fraction, factor: int, d: int, at: Fraction) -> None:
    assert disagreements(f"{factor}*z**{m}*exp(-({c})*z**2) + ({d})", at, ks=(0, 1, 2, 5)) == []
