"""What noise adds to a fit's scores, against sums over the nodes of Gauss."""

import math
from collections.abc import Callable
from fractions import Fraction
from typing import Any

import mpmath
import numpy as np
import pytest
from flint import arb
from numpy.polynomial.hermite_e import hermegauss
from numpy.polynomial.legendre import leggauss
from tiltproof.link import parse_noise
from tiltproof.link.label import Noise
from tiltproof.numerics.expectation.labels import cumulants, noise_moment, noise_transform, noisy, score_terms
from tiltproof.numerics.guarantee.constants import noise_fourth, noise_reach
from tiltproof.numerics.precision import working

NOISES = {text: parse_noise(text) for text in ("gaussian(3/2)", "uniform(3/2)", "rademacher(3/2)")}


def mean(noise: Noise, f: Callable[[Any], Any]) -> float:
    """E f(e), by the nodes of Gauss."""
    a = float(noise.scale)
    if noise.kind == "rademacher":
        return float(f(a) + f(-a)) / 2
    x, weights = (hermegauss if noise.kind == "gaussian" else leggauss)(60)
    return float(weights @ (f(a * x) + 0 * x) / weights.sum())


def tilted_mean(noise: Noise, t: float, f: Callable[[Any], Any]) -> float:
    weighted = mean(noise, lambda e: f(e) * np.exp(t * e))
    return weighted / mean(noise, lambda e: np.exp(t * e))


def central(noise: Noise, t: float, j: int) -> float:
    middle = tilted_mean(noise, t, lambda e: e)
    return tilted_mean(noise, t, lambda e: (e - middle) ** j)


def near(found: Any, expected: float, accuracy: float = 1e-9) -> bool:
    return abs(float(found) - float(expected)) <= accuracy * abs(float(expected)) + 1e-12


@pytest.mark.parametrize("name", NOISES)
@pytest.mark.parametrize("t", [0.25, 2.0])
def test_cumulants_are_those_of_the_tilted_noise(name: str, t: float) -> None:
    noise = NOISES[name]
    with working(128):
        value, slope, second, third, fourth = cumulants(noise, arb(t))
    assert near(value, np.log(mean(noise, lambda e: np.exp(t * e))))
    assert near(slope, tilted_mean(noise, t, lambda e: e))
    assert near(second, central(noise, t, 2))
    assert near(third, central(noise, t, 3))
    assert near(fourth, central(noise, t, 4) - 3 * central(noise, t, 2) ** 2)


@pytest.mark.parametrize("t", ["[0.0001 +/- 1e-9]", "0.2", "[0.1 +/- 0.1]"])
def test_cumulants_of_uniform_noise_near_zero_are_enclosed_and_no_wider_than_needed(t: str) -> None:
    noise = parse_noise("uniform(2)")
    with working(128):
        at = arb(t)
        found = cumulants(noise, at)
    x = mpmath.mpf(2 * float(at.mid()))
    with mpmath.workdps(120):
        true = [x**2 / 6 - x**4 / 180 + x**6 / 2835, 2 * (x / 3 - x**3 / 45 + 2 * x**5 / 945),
                4 * (mpmath.mpf(1) / 3 - x**2 / 15 + 2 * x**4 / 189), 8 * (-2 * x / 15 + 8 * x**3 / 189),
                16 * (-mpmath.mpf(2) / 15 + 8 * x**2 / 63)]  # fmt: skip
    reach = float(at.abs_upper() * 2)
    for order, (ball, value) in enumerate(zip(found, true, strict=True)):
        # The next term of each series is below the last one here, which what is left out holds.
        room = [reach**6, 2 * reach**5, 4 * reach**4, 8 * reach**3, 16 * reach**2][order]
        assert abs(float(ball) - float(value)) <= float(ball.rad()) + 0.5 * room
        spread = 2**order * [reach**2, reach, reach**2, reach, 0][order] * (at.rad() > 0)
        assert float(ball.rad()) <= 1.01 * room + spread + 1e-9


@pytest.mark.parametrize("name", NOISES)
@pytest.mark.parametrize("label", [True, False])
def test_a_fourth_power_of_a_score_is_that_of_the_noise(name: str, label: bool) -> None:
    noise, t = NOISES[name], 0.5
    factor, kappa, a, b, c = noise_fourth(noise, arb(t), label=label)
    log_mean = np.log(mean(noise, lambda e: np.exp(t * e)))
    power = 4 * t if label else 0.0
    grown = mean(noise, lambda e: np.exp(power * e))
    shift = tilted_mean(noise, t, lambda e: e) if label else 0
    # Doubles that are rounded up by a millionth.
    assert near(factor, grown * np.exp(-4 * log_mean) if label else 1, 2e-6)
    assert near(kappa, tilted_mean(noise, power, lambda e: e) - shift, 2e-6)
    for rho in (0.0, 1.5):
        moments = tilted_mean(noise, power, lambda e, rho=rho: (rho + e - shift) ** 4)
        x = rho + kappa
        third = central(noise, power, 3)
        # Of the third moment the size counts; all else is an equality.
        assert near(x**4 + a * x**2 + b * x + c, moments + 4 * x * (abs(third) - third), 1e-5)


@pytest.mark.parametrize("name", ["uniform(3/2)", "rademacher(3/2)"])
def test_the_largest_score_of_bounded_noise_is_at_one_of_its_values(name: str) -> None:
    noise, t = NOISES[name], 0.8
    weight, moved = noise_reach(noise, arb(t), label=True)
    total, shift = mean(noise, lambda e: np.exp(t * e)), tilted_mean(noise, t, lambda e: e)
    e = [1.5 * i / 500 for i in range(-500, 501)] if noise.kind == "uniform" else [-1.5, 1.5]
    weights = [np.exp(t * x) / total for x in e]
    most = max(weights), max(w * abs(x - shift) for w, x in zip(weights, e, strict=True))
    room = 1.06 if noise.kind == "uniform" else 1 + 3e-6
    assert most[0] <= weight * (1 + 1e-12) <= room * most[0]
    assert most[1] <= moved * (1 + 1e-12) <= room * most[1]
    assert noise_reach(noise, arb(t), label=False) == pytest.approx((1, 1.5), rel=2e-6)


@pytest.mark.parametrize("name", NOISES)
def test_score_terms_are_the_second_moment_of_a_weighted_error(name: str) -> None:
    noise, t = NOISES[name], 0.5
    mass, shift = mean(noise, lambda e: np.exp(t * e)), tilted_mean(noise, t, lambda e: e)
    factor, kappa, variance = score_terms(noise, arb(t), label=True)
    rho = 0.75
    true = mean(noise, lambda e: (np.exp(t * e) / mass * (rho + e - shift)) ** 2)
    assert near(factor * ((rho + kappa) ** 2 + variance), true)
    assert [float(x) for x in score_terms(noise, arb(t), label=False)[:2]] == [1, 0]
    assert near(score_terms(noise, arb(t), label=False)[2], mean(noise, lambda e: e * e))
    # Over a ball of t the hull holds both ends and is little more.
    hulls, *at = (score_terms(noise, t, label=True) for t in (arb(t, 1e-3), arb(t - 1e-3), arb(t + 1e-3)))
    for part, *one in zip(hulls, *at, strict=True):
        assert all(part.contains(each.mid()) for each in one)
    for part, *one in list(zip(hulls, *at, strict=True))[:2]:
        assert part.rad() <= abs(one[1] - one[0]) * 0.6 + 2e-5


@pytest.mark.parametrize("name", NOISES)
@pytest.mark.parametrize("t", [0.25, 1.0])
def test_the_transform_and_its_derivatives_are_those_of_the_noise(name: str, t: float) -> None:
    noise = NOISES[name]
    with working(128):
        found = noise_transform(noise, arb(t), 4).coefficients
    for j, coefficient in enumerate(found):
        true = mean(noise, lambda e, j=j: e**j * np.exp(t * e)) / math.factorial(j)
        assert near(coefficient, true)
        assert coefficient.rad() < 1e-20


@pytest.mark.parametrize("name", NOISES)
def test_moments_of_the_noise_and_of_a_noisy_label(name: str) -> None:
    noise, t, s = NOISES[name], 0.75, 0.4
    for j in range(7):
        assert near(float(noise_moment(noise, j)), mean(noise, lambda e, j=j: e**j))
    with working(96):
        plain = [arb(s) ** n * (arb(t) * arb(s)).exp() for n in range(5)]
        found = noisy(plain, noise, arb(t))
    for n, ball in enumerate(found):
        true = tilted_mean(noise, t, lambda e, n=n: (s + e) ** n) * np.exp(t * s)
        assert near(ball, true)


def test_no_noise_adds_nothing() -> None:
    none = parse_noise("none")
    assert [float(x) for x in cumulants(none, arb(1))] == [0] * 5
    assert [noise_moment(none, j) for j in range(4)] == [Fraction(1), 0, 0, 0]
    assert noise_fourth(none, arb(1), label=True) == pytest.approx((1, 0, 0, 0, 0), rel=2e-6)
