"""The parts of an error bound one by one, each where it is the largest, against its formula."""

from __future__ import annotations

import math
from fractions import Fraction
from functools import partial
from types import SimpleNamespace
from typing import Any

import mpmath
import numpy as np
import pytest
from flint import arb
from numpy.polynomial.hermite_e import hermeval
from scipy import stats
from tiltproof.link import Num, parse
from tiltproof.numerics.deployment import leverage
from tiltproof.numerics.deployment.feature_sums import Tilted
from tiltproof.numerics.expectation import preference
from tiltproof.numerics.expectation.tails import tail
from tiltproof.numerics.precision import bits_for, exact, working
from tiltproof.numerics.threshold.gaussian_ceiling import _Rule

LINE = parse("z").tree


@pytest.mark.parametrize("k", [0, 1, 2])
@pytest.mark.parametrize(("tau", "end"), [(Fraction(1), Fraction(1, 2)), (Fraction(1, 3), Fraction(2))])
def test_what_frequencies_beyond_the_last_can_add(k: int, tau: Fraction, end: Fraction) -> None:
    beyond = mpmath.quad(lambda w: 1 / mpmath.sinh(mpmath.pi * float(tau) * w), [float(end), 10, 60])
    expected = 2 * float(tau) * math.sqrt(math.factorial(k)) * float(beyond)
    assert float(preference._cut_error(tau, k, end)) == pytest.approx(expected, rel=1e-9)


@pytest.mark.parametrize("k", [0, 1, 2])
def test_what_the_step_between_frequencies_can_cost(k: int) -> None:
    """s = z: E e^{cz} = e^{c^2/2} =: M and E e^{cz} He_k^2 = M (1, 1 + c^2, 2 + 4 c^2 + c^4)."""
    tau, c, h = Fraction(1, 2), Fraction(3, 4), Fraction(1, 4)
    x = float(c) ** 2
    mass, square = math.exp(x / 2), math.exp(x / 2) * (1, 1 + x, 2 + 4 * x + x * x)[k]
    bound = mass * math.sqrt(mass * square)
    expected = 2 * bound / math.sin(math.pi * 0.5 * 0.75) / math.expm1(2 * math.pi * 0.75 / 0.25)
    assert float(preference._strip_error(LINE, tau, k, c, h)) == pytest.approx(expected, rel=1e-6, abs=0)


def test_the_strip_of_a_preference_ends_before_the_pole_and_before_infinity() -> None:
    assert preference._strip(parse("sin(z)").tree, Fraction(2)) == pytest.approx(0.45, rel=1e-2)
    # E e^{c z^2} < oo for c < 1/2 only.
    assert preference._strip(parse("z**2").tree, Fraction(1, 4)) == pytest.approx(0.375, rel=1e-2)
    assert preference._strip(parse("-z**2").tree, Fraction(1, 4)) == pytest.approx(0.375, rel=1e-2)


def test_waves_of_a_parabola_are_those_of_quadrature() -> None:
    link, w = parse("z**2/3 - z/2 + 1/5").tree, Fraction(3, 2)
    with working(96):
        cosine, sine = preference._waves(link, w, (0, 1, 2, 3), 12)
    z, dz = np.linspace(-12, 12, 40_001, retstep=True)
    mass, s = stats.norm.pdf(z) * dz, z**2 / 3 - z / 2 + 0.2
    for k in range(4):
        he = hermeval(z, [0] * k + [1])
        assert float(cosine[k]) == pytest.approx(float(mass @ (np.cos(1.5 * s) * he)), abs=1e-9)
        assert float(sine[k]) == pytest.approx(float(mass @ (np.sin(1.5 * s) * he)), abs=1e-9)


@pytest.mark.parametrize("digits", [5, 12])
def test_frequencies_reach_the_digits_asked_for_and_hold_the_value(digits: int) -> None:
    for text in ("2*z", "z**2/2", "sin(z)")[: 3 if digits == 5 else 2]:
        tree = parse(text).tree
        found = preference.by_frequencies(tree, Fraction(1), (1, 2, 3), digits)
        z = np.linspace(-9, 9, 2401)
        mass = stats.norm.pdf(z) * (z[1] - z[0])
        s = {"2*z": 2 * z, "z**2/2": z**2 / 2, "sin(z)": np.sin(z)}[text]
        g = np.tanh(np.subtract.outer(s, s) / 2) @ mass
        for k, ball in zip((1, 2, 3), found, strict=True):
            direct = float(mass @ (g * hermeval(z, [0] * k + [1])))
            assert abs(float(ball) - direct) <= float(ball.rad()) + 1e-9
            assert ball.rad() <= arb(10) ** -digits * math.sqrt(math.factorial(k)) * 5


def test_levels_are_compared_two_by_two() -> None:
    """Levels -1, 0, 2 cut at -1/2 and 1: E[g He_k] by a double sum over the levels."""
    tree = parse("where(z < -1/2, -1, where(z < 1, 0, 2))").tree
    levels, cuts = np.array([-1.0, 0.0, 2.0]), [-40.0, -0.5, 1.0, 40.0]
    chance = np.diff(stats.norm.cdf(cuts))
    wins = np.tanh(np.subtract.outer(levels, levels) / 1.0) @ chance
    for digits in (5, 12):
        found = preference.preferred(tree, Fraction(1, 2), (0, 1, 2, 5), digits)
        assert found[0] == 0
        for k in (1, 2, 5):
            edge = [float(hermeval(x, [0] * (k - 1) + [1]) * stats.norm.pdf(x)) for x in cuts]
            assert abs(float(found[k]) - float(-np.diff(edge) @ wins)) < 1e-12
            # What lies beyond |z| = 40, and rounding.
            assert found[k].rad() < 1e-12


@pytest.mark.parametrize("t", [0.5, 2.0])
def test_a_link_that_falls_faster_than_is_followed_leaves_at_most_its_largest_weight(t: float) -> None:
    """|s| e^{ts} <= 1/(et) where s < 0, and |s| near 1 on the left, where s = -e^{e^z} has settled."""
    found = tail(parse("-exp(exp(z))").tree, 0, 1, arb(t), arb(t), 8)
    assert found is not None
    gauss = float(stats.norm.pdf(8)) / 8
    assert float(found) == pytest.approx((1 / (math.e * t) + math.exp(math.exp(-8))) * gauss, rel=1e-3, abs=0)


# -- Gaussian noise on a label: f_j(y) = E[q_j(Z) g(y - Z)] for s = z and k = 1 has closed forms ---

SIGMA, V = 1.5, 1 + 1.5**2


def exact_f(y: np.ndarray) -> list[np.ndarray]:
    base = stats.norm.pdf(y, scale=math.sqrt(V))
    mean = y / V
    return [base, base * mean, base * (mean**2 + SIGMA**2 / V)]


def errors(rule: Any, middle: float, radius: float) -> tuple[list[float], list[float]]:
    """How far the sums over nodes are off, and what is stated, for each j."""
    x = np.linspace(-1, 1, 41)
    off, stated = [], []
    expanded = rule._expanded(middle, radius)
    for (coefficients, error), true in zip(expanded, exact_f(middle + radius * x), strict=True):
        found = np.polynomial.polynomial.polyval(x, [float(c) for c in coefficients])
        off.append(float(np.abs(found - true).max()))
        stated.append(float(error))
    return off, stated


def rule(digits: int = 8) -> Any:
    return _Rule(LINE, Num(Fraction(9, 4)), exact(Fraction(3, 2)), 1, digits)


def test_sums_over_nodes_are_within_what_they_state() -> None:
    with working(bits_for(8) + 60):
        for middle in (0.0, 2.5, -4.0):
            off, stated = errors(rule(), middle, 0.75)
            assert all(a <= b + 1e-15 and b < 1e-7 for a, b in zip(off, stated, strict=True))


def test_terms_left_out_are_bounded_by_cramers_inequality() -> None:
    with working(bits_for(8) + 60):
        one, terms = rule(), 5
        one.__dict__["_terms"] = terms
        off, stated = errors(one, 0.5, 0.75)
        ratio = 0.75 / SIGMA
        rest = 1.0865 * ratio**terms / (math.sqrt(2 * math.pi * math.factorial(terms)) * SIGMA)
        s, _, weights = (np.array(part, dtype=float) for part in one._nodes)
        # By Cramer's inequality at the point of the panel next to each node.
        away = np.maximum(np.abs(0.5 - s) - 0.75, 0) / SIGMA
        assert np.all(np.array(off) <= stated)
        assert stated == pytest.approx(rest * np.abs(weights) @ np.exp(-(away**2) / 4), rel=1e-4)


def test_a_coarse_step_costs_what_the_strip_says() -> None:
    with working(bits_for(8) + 60):
        one = rule()
        height, step, reach = 1.0, Fraction(1), 9
        one.__dict__["_strip"] = height, step, reach
        off, stated = errors(one, 0.0, 0.05)
        end = 9.5
        x = np.linspace(-end, end, 8001)
        z = x + 1j * height
        front = 1 / (math.sqrt(2 * math.pi) * SIGMA)
        for j, q in enumerate((np.ones_like(z), z, z**2)):
            phi = np.abs(np.exp(-z * z / 2) * q) / math.sqrt(2 * math.pi)
            # At the worst y, |y| <= r, the kernel is e^{-Re (y - z)^2/(2 sigma^2)}.
            kernel = np.exp(-(np.maximum(np.abs(x) - 0.05, 0) ** 2 - height**2) / (2 * SIGMA**2)) * front
            line = 2 / math.expm1(2 * math.pi * height / 1.0) * float(np.trapezoid(phi * kernel, x))
            assert off[j] <= stated[j]
            # Cells of an eighth on the line, each at its largest.
            assert line <= stated[j] <= 1.25 * line


def test_a_node_that_may_be_near_is_not_left_out_as_far() -> None:
    with working(bits_for(8) + 60):
        one = rule()
        s, sigmas, weights = one._nodes
        one.__dict__["_nodes"] = [arb(0, 30) for _ in s], sigmas, weights
        for (coefficients, error), true in zip(
            one._expanded(16.0, 0.25), exact_f(np.array([16.0])), strict=True
        ):
            assert (coefficients[0] + arb(0, error)).contains(arb(float(true[0])))


def test_nodes_that_end_early_leave_out_what_lies_beyond() -> None:
    with working(bits_for(8) + 60):
        one = rule()
        one.__dict__["_strip"] = 2.0, Fraction(1, 8), 2
        off, stated = errors(one, 0.0, 0.05)
        end, front = 2 + 1 / 16, 1 / (math.sqrt(2 * math.pi) * SIGMA)
        mass = float(stats.norm.sf(end))
        square = mass + end * float(stats.norm.pdf(end))
        for j, beyond in enumerate((2 * mass, mass + square, 2 * square)):
            assert off[j] <= stated[j]
            assert beyond == pytest.approx(float(one._beyond[j]), rel=1e-9)
            assert front * beyond <= stated[j]


def test_what_sums_over_products_miss_is_multiplied_out() -> None:
    """|psi~|^2 <= p size^2 |tanh|^2, |psi~_j| <= size |tanh|, |rho^0| <= |s| + fit |tanh|."""
    near = partial(pytest.approx, rel=1e-5)
    frame = SimpleNamespace(thetas=[SimpleNamespace(value=np.zeros(3))], size=2.0, fit=0.5,
                            curvatures=np.full((9, 9), 7.0))  # fmt: skip
    errors = {(power, features): 10.0**power * 1.5**features for power in range(5) for features in range(6)}
    sums: Any = SimpleNamespace(
        frame=frame, law=SimpleNamespace(bend=0.0), error=lambda k, power, features: errors[power, features]
    )
    assert Tilted.missed(sums, 1) == near(errors[0, 0])
    assert Tilted.missed(sums, 1, s=1, lengths=1) == near(12 * errors[1, 2])
    assert Tilted.missed(sums, 1, psi=2) == near(4 * errors[0, 2])
    both = errors[3, 1] + 2 * 0.5 * errors[2, 2] + 0.25 * errors[1, 3]
    assert Tilted.missed(sums, 1, s=1, rho=2, psi=1) == near(2 * both)
    # Through an overlap below 1 the bend of each product of features is added.
    sums.law.bend, sums._size = 0.1, lambda k, power: 3.0
    assert Tilted.missed(sums, 1, psi=1) == near(2 * errors[0, 1] + 0.1 * 7 * 3)
    assert Tilted.missed(sums, 1) == near(errors[0, 0])


# -- the range of s - g on the line ---


@pytest.mark.parametrize(
    ("text", "s", "room"),
    [
        ("tanh(z)", np.tanh, 5e-3),
        ("sin(3*z)", lambda z: np.sin(3 * z), 1e-2),
        ("clip(z, -1, 1/2)", lambda z: np.clip(z, -1, 0.5), 0.05),
        ("where(z > 20, 3, sigmoid(z))", lambda z: np.where(z > 20, 3, 1 / (1 + np.exp(-z))), 8e-3),
        ("where(z < -20, -3, sigmoid(z))", lambda z: np.where(z < -20, -3, 1 / (1 + np.exp(-z))), 8e-3),
    ],
)
def test_the_range_of_what_features_leave_over(text: str, s: Any, room: float) -> None:
    theta, biases = (0.25, 0.5, -1.0, 0.75), [arb(-1), arb(0), arb(2)]
    with working(96):
        low, high = leverage._range(parse(text).tree, theta, biases)
    z = np.linspace(-40, 40, 400_001)
    gap = s(z) - theta[0] - sum(c * np.tanh(z - float(b)) for c, b in zip(theta[1:], biases, strict=True))
    assert gap.min() - room <= float(low) <= gap.min()
    assert gap.max() <= float(high) <= gap.max() + room


def test_an_unbounded_link_leaves_no_range() -> None:
    with working(96):
        low, high = leverage._range(LINE, (0.0,), [])
    assert (float(low), float(high)) == (-math.inf, math.inf)
