"""Sines and cosines: the Jacobi-Anger series against the oracle, literal values, and its own remainder."""

from fractions import Fraction

import mpmath
import pytest
import sympy
from hypothesis import given, settings
from hypothesis import strategies as st
from tiltproof.crosscheck.number import ball
from tiltproof.link import parse
from tiltproof.numerics.estimates.quadrature import tilted_moment
from tiltproof.numerics.precision import working
from tiltproof.theory.exact import t
from tiltproof.theory.families.smooth import periodic_form

from .agreement import disagreements, enclosed, series_of


@pytest.mark.parametrize(
    "text",
    [
        "sin(z)", "cos(z)", "-cos(z)", "3*sin(2*z + 1) - 1", "cos(z/3 - pi/4)/2", "(1 - cos(z))/2",
        "sqrt(2)*sin(pi*z)", "1 + 2*(3 - sin(z))",
    ],
)  # fmt: skip
@pytest.mark.parametrize("at", ["1/3", "3"])
def test_values_lie_in_the_oracles_enclosures(text: str, at: str) -> None:
    assert disagreements(text, at) == []


def test_first_moments_are_elementary() -> None:
    # E sin(Z) Z = e^{-1/2}, to first order in t.
    slope = enclosed(series_of("sin(z)").alpha(1), Fraction(1, 10**12), 30)
    assert abs(float(slope.mid()) - float(mpmath.exp(-0.5))) < 1e-11


def test_the_sum_is_what_a_person_writes() -> None:
    total = series_of("cos(z)").h(2).total
    (n,) = total.variables
    typed = -2 * n**2 * sympy.exp(-(n**2) / 2) * sympy.besseli(n, t)
    assert sympy.simplify(total.function - typed) == 0
    assert total.limits == ((n, 1, sympy.oo),)


@pytest.mark.parametrize("text", ["cos(z)", "sin(2*z + 1)"])
@pytest.mark.parametrize("k", [0, 1, 2])
@pytest.mark.parametrize("power", [0, 1])
def test_the_sum_as_written_is_the_integral(text: str, k: int, power: int) -> None:
    form = series_of(text)
    total = (form.alpha(k) if power else form.h(k)).total
    for series in total.atoms(sympy.Sum):
        total = total.subs(series, sympy.Sum(series.function, (series.variables[0], 1, 12)).doit())
    wanted = tilted_moment(parse(text).tree, k, power, Fraction(1), 15).value
    assert float(total.subs(t, 1)) == pytest.approx(float(wanted), rel=1e-12, abs=1e-14)


def test_the_zeroth_term_of_a_wave_counts_for_order_zero_only() -> None:
    assert [series_of("cos(z)").h(k).term(0) for k in (0, 2)] == [sympy.besseli(0, t), 0]


def test_the_remainder_of_a_wave_as_typed_in() -> None:
    found = series_of("cos(z)").h(2).remainder(4)
    # 2 I_4 <= 2 (t/2)^4/4! e^{t^2/20}, times 4^2 e^{-4^2/2}; then 5^2/4^2 e^{-9/2} t/10.
    assert sympy.simplify(found.first - t**4 / 12 * sympy.exp(t**2 / 20 - 8)) == 0
    assert (
        sympy.simplify(found.ratio - t / 10 * sympy.Rational(25, 16) * sympy.exp(-sympy.Rational(9, 2))) == 0
    )


@pytest.mark.parametrize("k", [1, 3, 5])
def test_odd_coefficients_of_an_even_link_are_exactly_zero(k: int) -> None:
    assert enclosed(series_of("2 - cos(3*z)").h(k), "2") == 0


@pytest.mark.parametrize(("a", "k", "at"), [("1/5", 6, "9"), ("1", 0, "4"), ("3/2", 3, "25")])
@pytest.mark.parametrize("kind", ["h", "alpha"])
def test_the_remainder_bounds_what_is_left_out(a: str, k: int, at: str, kind: str) -> None:
    series = getattr(series_of(f"cos({a}*z + 1/3)"), kind)(k)
    for start in (12, 20, 40):
        rest = series.remainder(start)
        with working(300):
            first, ratio = (ball(x.subs(t, sympy.Rational(at))) for x in (rest.first, rest.ratio))
            assert ratio < 1
            left = sum(ball(series.term(j).subs(t, sympy.Rational(at))) for j in range(start, start + 60))
            assert abs(left) < first / (1 - ratio)


@pytest.mark.parametrize("text", ["sin(z)**2", "sin(z**2)", "z*cos(z)", "sin(z) + z", "z"])
def test_links_outside_the_family_are_left_alone(text: str) -> None:
    assert periodic_form(parse(text).tree) is None


numbers = st.fractions(min_value=-2, max_value=2, max_denominator=5)


@pytest.mark.slow
@settings(max_examples=20, deadline=None)
@given(numbers, numbers.filter(bool), numbers, numbers.filter(bool), st.sampled_from(["sin", "cos"]),
       st.fractions(min_value="1/8", max_value=3, max_denominator=8))  # fmt: skip
def test_random_links(d: Fraction, c: Fraction, b: Fraction, a: Fraction, name: str, at: Fraction) -> None:
    assert disagreements(f"({c})*{name}(({a})*z + ({b})) + ({d})", at, ks=(0, 1, 2, 5)) == []
