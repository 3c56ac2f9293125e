"""Closed forms whose numbers are not 1 against mpmath, and the rules they rest on against typed answers."""

import mpmath
import pytest
import sympy
from tiltproof.link import parse
from tiltproof.numerics.lower_mpmath import compile_mpmath
from tiltproof.theory.hermite import evaluate, hermite
from tiltproof.theory.limits import limit
from tiltproof.theory.moments import moment
from tiltproof.theory.parity import parity
from tiltproof.theory.policy import abstract_moment, abstract_reward, closed_policy
from tiltproof.theory.range import extremes
from tiltproof.theory.sign_changes import sign_changes
from tiltproof.theory.signs import nonnegative
from tiltproof.theory.symbols import order, t, z
from tiltproof.theory.tilt import closed_form
from tiltproof.theory.tilt.collected import Collected, Exponential, Numbers
from tiltproof.theory.tilt.piecewise_constant import closed_form as of_steps
from tiltproof.theory.waves import waves

from .agreement import series_of


def integral(link: str, at: str, k: int, power: int = 1) -> mpmath.mpf:
    """E[s^power e^{ts} He_k] at t = ``at``."""
    s, tilt = compile_mpmath(parse(link).tree), sympy.Rational(at)
    he = sympy.lambdify(z, hermite(k, z), "mpmath")

    def integrand(x: mpmath.mpf) -> mpmath.mpf:
        return s(x) ** power * mpmath.exp(s(x) * tilt.p / tilt.q) * he(x) * mpmath.npdf(x)

    return mpmath.quad(integrand, mpmath.linspace(-16, 16, 33))


@pytest.mark.parametrize("link", ["2*z - 3", "-3/2*z + 1", "2*z**2 + 3*z - 1", "-z**2/3 - 2*z"])
@pytest.mark.parametrize("k", [0, 1, 2, 3])
def test_affine_and_quadratic_forms(link: str, k: int) -> None:
    form = closed_form(parse(link).tree)
    assert form is not None
    with mpmath.workdps(20):
        for written, power in ((form.h(k), 0), (form.alpha(k), 1)):
            value = float(written.subs(t, sympy.Rational(1, 7)))
            assert value == pytest.approx(float(integral(link, "1/7", k, power)))


@pytest.mark.parametrize("text", ["cos(z)", "sin(2*z + 1)"])
@pytest.mark.parametrize("k", [0, 1, 2])
def test_the_slope_of_a_wave_as_written(text: str, k: int) -> None:
    total = series_of(text).alpha(k).total
    for series in total.atoms(sympy.Sum):
        total = total.subs(series, sympy.Sum(series.function, (series.variables[0], 1, 12)).doit())
    with mpmath.workdps(20):
        assert float(total.subs(t, 1)) == pytest.approx(float(integral(text, "1", k)), rel=1e-12, abs=1e-15)


def test_the_zeroth_term_of_a_wave_counts_for_order_zero_only() -> None:
    assert [series_of("cos(z)").h(k).term(0) for k in (0, 2)] == [sympy.besseli(0, t), 0]


def test_multiples_of_sums_keep_their_sign() -> None:
    value = moment(parse("-(cos(z) + tanh(z))").tree, 1, 2)
    assert value is not None
    assert sympy.simplify(value - sympy.exp(-sympy.Rational(1, 2))) == 0


def test_the_moments_of_a_reward_of_which_nothing_is_known() -> None:
    assert abstract_moment(1).subs(abstract_reward, z).doit().equals(t * sympy.exp(t**2 / 2))


def test_a_log_partition_is_a_sum_of_logarithms() -> None:
    forms = closed_policy(parse("z**2 + 3").tree)
    assert forms is not None
    assert sympy.expand(forms.log_partition - 3 * t + sympy.log(1 - 2 * t) / 2) == 0


def test_limits_of_a_negative() -> None:
    assert limit(parse("-tanh(z)").tree, 1) == -1
    assert limit(parse("-sin(z)").tree, 1) is None


def test_the_range_of_a_line() -> None:
    assert extremes(parse("2*z - 3").tree)[:2] == (-sympy.oo, sympy.oo)


def test_two_odd_functions_have_an_even_maximum_only_if_opposite() -> None:
    assert parity(parse("max(sin(z), -sin(z))").tree).value == "even"
    assert parity(parse("max(sin(z), tanh(z)/2)").tree).value is None


def test_a_sum_is_at_most_zero_only_if_both_parts_are() -> None:
    assert nonnegative(parse("-(-exp(z) + -(z**2))").tree)
    assert not nonnegative(parse("-(exp(z) + -(z**2))").tree)
    assert not nonnegative(parse("-(-(z**2) + exp(z))").tree)


def test_sign_changes_of_an_odd_monotone_link() -> None:
    found = sign_changes(parse("tanh(z)").tree)
    assert found is not None
    assert (found.label, found.weight) == (0, 1)


def test_steps_of_two_levels_are_a_family_and_one_level_is_none() -> None:
    form = of_steps(parse("sign(z)").tree)
    assert form is not None
    assert form.family == "piecewise constant"
    assert of_steps(parse("sign(z)**2").tree) is None


@pytest.mark.parametrize(
    "link",
    ["sin(2*z + 1)", "cos(z - 1/2)", "sinh(z/2)", "cosh(1 - z)", "exp(-z)*z", "z*sin(z)**2"],
)
def test_waves_are_sums_of_exponentials(link: str) -> None:
    found = waves(parse(link).tree)
    assert found is not None
    s = compile_mpmath(parse(link).tree)
    for x in (sympy.Rational(1, 3), sympy.Rational(-5, 4)):
        written = sum(evaluate(tuple(p), x) * sympy.exp(a * x) for a, p in found.items())
        assert complex(written) == pytest.approx(float(s(mpmath.mpf(x.p) / x.q)), rel=1e-12)


def test_the_remainder_of_a_wave_as_typed_in() -> None:
    found = series_of("cos(z)").h(2).remainder(4)
    # 2 I_4 <= 2 (t/2)^4/4! e^{t^2/20}, times 4^2 e^{-4^2/2}; then 5^2/4^2 e^{-9/2} t/10.
    assert sympy.simplify(found.first - t**4 / 12 * sympy.exp(t**2 / 20 - 8)) == 0
    assert (
        sympy.simplify(found.ratio - t / 10 * sympy.Rational(25, 16) * sympy.exp(-sympy.Rational(9, 2))) == 0
    )


def test_ratios_are_added_over_their_common_denominator() -> None:
    numbers = Numbers([])
    two = sympy.Integer(2)
    total = Collected(numbers, frozenset())
    outer = Exponential(t, sympy.S.One)
    one, slope = numbers.element(sympy.S.One), numbers.t
    for a, numerator, power in ((two, one, 1), (two, slope, 3), (sympy.S.Zero, slope, 0), (two, one, 0)):
        total.add(outer, 5 * sympy.erf(t), a, numerator, power)
    room = 1 - 4 * t
    typed = 5 * sympy.erf(t) * sympy.exp(t) * (1 / room + t / room**3 + t + 1)
    assert sympy.simplify(total.expression() - typed) == 0


def test_the_order_is_a_natural_number() -> None:
    assert (order.is_integer, order.is_nonnegative) == (True, True)
