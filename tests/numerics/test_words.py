"""The words of a claim and their derivatives in t, against sums over a Gauss rule in plain NumPy."""

from collections.abc import Callable
from fractions import Fraction

import numpy as np
import pytest
from flint import arb
from numpy.polynomial import hermite_e
from tiltproof.link import Noise, Signal, parse, parse_noise
from tiltproof.numerics.assertions.evaluate import Words
from tiltproof.numerics.expectation.labels import noise_moment
from tiltproof.numerics.expectation.taylor import Curves
from tiltproof.numerics.precision import exact, working

AT, STEP = Fraction(3, 4), 1e-3
NOISES = ("none", "gaussian(1/2)", "uniform(1/2)", "rademacher(1/2)")
_Z, _W = hermite_e.hermegauss(150)
_E, _P = hermite_e.hermegauss(40)
#: Nodes and weights of the noise itself.
LAWS = {
    "none": (np.zeros(1), np.ones(1)),
    "gaussian(1/2)": (_E / 2, _P),
    "uniform(1/2)": tuple(part / 2 for part in np.polynomial.legendre.leggauss(40)),
    "rademacher(1/2)": (np.array([-0.5, 0.5]), np.ones(2)),
}
Y = np.tanh(_Z) + 1 / 4


def mean(noise: str, k: int, t: float, power: int = 0) -> float:
    """E[y^power e^{ty} He_k]."""
    e, p = LAWS[noise]
    y = Y[:, None] + e
    values = y**power * np.exp(t * y) * hermite_e.hermeval(_Z, [0] * k + [1])[:, None]
    return float((_W / _W.sum()) @ values @ (p / p.sum()))


def snr(noise: str, t: float, signal: Signal) -> float:
    """(E T He_1)^2/(1! E T^2) of T = y e^{ty}, e^{ty}, or (y - V) e^{ty} with V the tilted mean of y."""
    if signal == "weight":
        return mean(noise, 1, t) ** 2 / mean(noise, 0, 2 * t)
    v = mean(noise, 0, t, 1) / mean(noise, 0, t) if signal == "centered" else 0.0
    top = mean(noise, 1, t, 1) - v * mean(noise, 1, t)
    square = mean(noise, 0, 2 * t, 2) - 2 * v * mean(noise, 0, 2 * t, 1) + v * v * mean(noise, 0, 2 * t)
    return top**2 / square


def log_mass(t: float) -> float:
    return float(np.log(mean("none", 0, t)))


def value(t: float) -> float:
    return mean("none", 0, t, 1) / mean("none", 0, t)


WORDS: dict[str, Callable[[str, float], float]] = {
    "h": lambda noise, t: mean(noise, 1, t),
    "alpha": lambda noise, t: mean(noise, 1, t, 1),
    "logM": lambda noise, t: log_mass(t),
    "V": lambda noise, t: value(t),
    "Var": lambda noise, t: mean("none", 0, t, 2) / mean("none", 0, t) - value(t) ** 2,
    "J": lambda noise, t: log_mass(t) / t,
    "ESS": lambda noise, t: mean(noise, 0, t) ** 2 / mean(noise, 0, 2 * t),
    "KL": lambda noise, t: t * value(t) - log_mass(t),
    "chi2": lambda noise, t: mean("none", 0, 2 * t) / mean("none", 0, t) ** 2 - 1,
}
TREE = parse("tanh(z) + 1/4").tree


def words(noise: str, signal: Signal = "label") -> Words:
    law: Noise = parse_noise(noise)
    return Words(Curves(TREE, lambda i, k: False, frozenset({0, 1})), law, signal, 1, lambda k: arb(1))


def taylor(f: Callable[[float], float]) -> list[float]:
    """f, f' and f''/2 at AT by central differences."""
    low, middle, high = (f(float(AT) + side * STEP) for side in (-1, 0, 1))
    return [middle, (high - low) / (2 * STEP), (high - 2 * middle + low) / (2 * STEP**2)]


def agrees(found: Words, name: str, f: Callable[[float], float]) -> None:
    with working(120):
        sharp = found.at(name, 1, exact(AT), 2, 20, AT).coefficients
        rough = found.at(name, 1, exact(AT) + arb(0, 1e-9), 2, None, None).coefficients
        for i, expected in enumerate(taylor(f)):
            assert float(sharp[i]) == pytest.approx(expected, abs=1e-12 if i == 0 else 1e-5)
            assert rough[i].overlaps(sharp[i])
            assert float(rough[i].rad()) < 1e-3


@pytest.mark.parametrize("noise", NOISES)
@pytest.mark.parametrize("name", WORDS)
def test_a_word_and_its_derivatives(name: str, noise: str) -> None:
    agrees(words(noise), name, lambda t: WORDS[name](noise, t))


@pytest.mark.parametrize("noise", NOISES)
@pytest.mark.parametrize("signal", ["label", "weight", "centered"])
def test_the_signal_to_noise_ratio_and_its_derivatives(signal: Signal, noise: str) -> None:
    agrees(words(noise, signal), "snr", lambda t: snr(noise, t, signal))


@pytest.mark.parametrize("noise", NOISES)
def test_moments_of_noise_and_label(noise: str) -> None:
    e, p = LAWS[noise]
    for j in range(7):
        assert float(noise_moment(parse_noise(noise), j)) == pytest.approx(
            float(e**j @ p / p.sum()), abs=1e-12
        )
    for i in range(4):
        assert float(words(noise).moment(i, 1, 20)) == pytest.approx(mean(noise, 1, 0.0, i), abs=1e-12)


@pytest.mark.parametrize("noise", ["none", "uniform(1/2)"])
def test_the_objective_on_a_ball_of_temperatures_that_holds_0(noise: str) -> None:
    """J = K/t is the mean of V(ut) over u: all its values over the ball are enclosed."""
    with working(120):
        found = words(noise).at("J", 0, arb(1, 1) / 64, 2, None, None).coefficients
        for t in (0.005, 0.03):
            low, middle, high = (log_mass(t + side * STEP) / (t + side * STEP) for side in (-1, 0, 1))
            assert found[0].contains(arb(middle))
            assert found[1].contains(arb((high - low) / (2 * STEP)))
        assert float(found[1].rad()) < 0.1


@pytest.mark.parametrize("t", [arb(-1, 0.125), arb("inf"), arb("nan")])
def test_no_word_has_a_model_where_no_temperature_is(t: arb) -> None:
    assert words("none").curves.jet(1, t, 0).value.is_nan()
