"""Drift, hitting times and the fraction law in exact algebra, against calculus and quadrature."""

from fractions import Fraction

import mpmath
import pytest
import sympy
from tiltproof.link import Target, parse
from tiltproof.theory import recovery
from tiltproof.theory.recovery import Drift, m

HALF = sympy.Rational(1, 2)
#: He_0..He_5, constant term first (Abramowitz and Stegun 22.3.11).
HERMITE = ([1], [0, 1], [-1, 0, 1], [0, -3, 0, 1], [3, 0, -6, 0, 1], [0, 15, 0, -10, 0, 1])


def tree(text: str):  # type: ignore[no-untyped-def]
    return parse(text).tree


@pytest.mark.parametrize("p", range(6))
def test_the_power_integral_is_an_antiderivative(p: int) -> None:
    slope = sympy.diff(recovery.power_integral(p), m)
    assert sympy.simplify(slope - 1 / (m**p * (1 - m**2))) == 0


@pytest.mark.parametrize("p", range(4))
@pytest.mark.parametrize(("a", "b"), [(2, 3), (2, -3)])
def test_the_two_term_integral_is_an_antiderivative(p: int, a: int, b: int) -> None:
    slope = sympy.diff(recovery.two_term_integral(p, sympy.Integer(a), sympy.Integer(b)), m)
    assert sympy.simplify(slope - 1 / (m**p * (1 - m**2) * (a + b * m**2))) == 0


@pytest.mark.parametrize("terms", [((3, -2),), ((1, 1), (3, 5)), ((2, -3), (4, 7)), ((3, 1), (5, -2))])
def test_the_hitting_time_is_the_integral_of_the_drift(terms) -> None:  # type: ignore[no-untyped-def]
    found = Drift(tuple((k, sympy.Integer(c)) for k, c in terms))
    sign = 1 if found.leading > 0 else -1
    speed = sympy.lambdify(m, sign * (1 - m**2) * found.expression, "mpmath")
    expected = mpmath.quad(lambda x: 1 / speed(x), [0.1, 0.5])
    assert float(found.hitting_time(sympy.Rational(1, 10), HALF)) == pytest.approx(float(expected), rel=1e-12)


def test_a_drift_of_three_terms_has_no_closed_hitting_time() -> None:
    assert Drift(((1, HALF), (2, HALF), (3, HALF))).hitting_time(HALF / 2, HALF) is None


def test_the_drift_of_the_staircase_has_orders_1_and_3_with_weights_and_3_without() -> None:
    activation = tree("z + He(3, z)/6")
    assert [k for k, _ in recovery.drift(Target(parse("staircase"), Fraction(1)), activation).terms] == [1, 3]
    assert recovery.drift(Target(parse("staircase"), Fraction(0)), activation).order == 3


def test_no_drift_where_the_activation_misses_the_order() -> None:
    assert recovery.drift(Target(parse("sign-cubic"), Fraction(1)), tree("He(4, z)")) is None


def test_the_drift_vanishes_at_an_exceptional_temperature() -> None:
    assert recovery.drift(Target(parse("square-10"), Fraction(1, 5)), tree("He(2, z)")) is None
    assert recovery.drift(Target(parse("square-10"), Fraction(1, 6)), tree("He(2, z)")).order == 2


@pytest.mark.parametrize("bias", ["0", "1/2", "-2"])
@pytest.mark.parametrize("k", range(6))
def test_the_coefficients_of_relu_with_a_bias(bias: str, k: int) -> None:
    b = float(Fraction(bias))
    expected = mpmath.quad(lambda x: (x - b) * _he(k, x) * mpmath.npdf(x), [b, b + 4, b + 9, b + 14])
    found = recovery.activation_coefficient(tree(f"relu(z - ({bias}))"), k)
    assert float(found) == pytest.approx(float(expected), abs=1e-11)


def _he(k: int, x):  # type: ignore[no-untyped-def]
    return sum(c * x**j for j, c in enumerate(HERMITE[k]))


@pytest.mark.parametrize("order", [3, 4, 5])
def test_the_critical_start_needs_exactly_kappa(order: int) -> None:
    c, kappa = sympy.Rational(-3, 2), sympy.Integer(4)
    u = recovery.critical_start(order, c, kappa)
    n = sympy.Symbol("N", positive=True)
    needed = sympy.integrate(sympy.factorial(order - 1) / (sympy.Abs(c) * n ** (order - 1)), (n, u, sympy.oo))
    assert float(needed) == pytest.approx(4)


@pytest.mark.parametrize("order", [1, 2, 3, 4])
def test_the_constant_of_the_samples_is_the_limit_of_the_passage_time(order: int) -> None:
    d, start = mpmath.mpf(10) ** 60, mpmath.mpf("0.7")
    with mpmath.workdps(60):
        inner = sympy.lambdify(m, recovery.power_integral(order - 1) * sympy.factorial(order - 1), "mpmath")
        passage = inner(mpmath.mpf("0.5")) - inner(0 if order == 1 else start / mpmath.sqrt(d))
        rate = mpmath.log(d) if order == 2 else d ** (mpmath.mpf(max(order, 2) - 2) / 2)
        expected = passage / rate
    found = float(recovery.samples_constant(order, sympy.Rational(7, 10)))
    assert found == pytest.approx(float(expected), rel=0.02 if order == 2 else 1e-6)


def step_scale(order: int, c: sympy.Expr, square: sympy.Expr, share: sympy.Expr) -> sympy.Expr:
    """delta at which the division by the norm takes ``share`` of the drift at sqrt(d) |m| = 1."""
    return 2 * share * sympy.Abs(c) / (sympy.factorial(order - 1) * square)


def test_samples_fall_like_the_signal_to_noise_ratio() -> None:
    # s = z^2, t = 1/16, g = He_2/2: alpha_2 = d/dt (2t (1-2t)^{-3/2}), E g'^2 = E z^2 = 1, b_2 = 1.
    t, share = sympy.Rational(1, 16), sympy.Rational(1, 10)
    x = sympy.Symbol("x")
    alpha = sympy.diff(2 * x * (1 - 2 * x) ** sympy.Rational(-3, 2), x).subs(x, t)
    square = sympy.diff((1 - 2 * x) ** -HALF, x, 2).subs(x, 2 * t)
    delta = step_scale(2, alpha, square, share)
    direct = recovery.samples_constant(2, sympy.S.One) / (delta * alpha)
    by_snr = HALF / (2 * share * 2 * (alpha**2 / (2 * square)))
    assert sympy.simplify(direct - by_snr) == 0


def test_the_fraction_is_one_then_a_half_then_less() -> None:
    law = [float(recovery.fraction(k, sympy.S.One, sympy.Integer(10))) for k in (1, 2, 3)]
    assert law[:2] == [1.0, 0.5]
    assert law[2] == pytest.approx(0.5 * float(sympy.erfc(1 / (5 * sympy.sqrt(2)))))


def test_the_exponents_of_d() -> None:
    """Order 1 recovers in the order of d, order 2 in d log d, order k in d^{k-1}."""
    assert [recovery.exponent(k) for k in (1, 2, 3, 4, 5)] == [1, 1, 2, 3, 4]


@pytest.mark.parametrize("order", [2, 3, 4])
def test_the_step_takes_its_share_of_the_drift(order: int) -> None:
    """(eta d/2) E G^2 d^{-1/2} is ``share`` of |c| d^{-(k-1)/2}/(k-1)! with eta = delta d^{-k/2}."""
    c, square, share = sympy.Rational(-3, 2), sympy.Rational(5, 7), sympy.Rational(1, 10)
    d = sympy.Symbol("d", positive=True)
    step = step_scale(order, c, square, share) * d ** sympy.Rational(-order, 2)
    shrinking = step * d / 2 * square / sympy.sqrt(d)
    drift = sympy.Abs(c) * d ** sympy.Rational(1 - order, 2) / sympy.factorial(order - 1)
    assert sympy.simplify(shrinking / drift) == share
