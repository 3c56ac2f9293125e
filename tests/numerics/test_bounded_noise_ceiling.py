"""lambda_k^2 under uniform noise, random signs of noise and flips, against sums over a fine grid in doubles.

The oracle sorts s over two million points of z and takes masses between y - a and y + a as differences of
running sums; for random signs and flips the preimages of y are written down by hand.
"""

import itertools
from collections.abc import Callable
from fractions import Fraction

import numpy as np
import pytest
from flint import arb
from numpy.typing import NDArray
from scipy import integrate
from tiltproof.link import parse
from tiltproof.numerics.threshold.signal_ceiling import flipped_ceiling, two_shift_ceiling
from tiltproof.numerics.threshold.uniform_ceiling import uniform_ceiling

import tiltproof

Function = Callable[[NDArray[np.float64]], NDArray[np.float64]]


def he(k: int, z: NDArray[np.float64]) -> NDArray[np.float64]:
    return z if k == 1 else z * z - 1


def on_a_grid(s: Function, a: float, k: int) -> float:
    z = np.linspace(-9, 9, 1_000_001)
    weight = np.exp(-z * z / 2) / np.sqrt(2 * np.pi) * (z[1] - z[0])
    order = np.argsort(s(z), kind="stable")
    value = s(z)[order]
    mass = np.concatenate([[0], np.cumsum(weight[order])])
    signal = np.concatenate([[0], np.cumsum((weight * he(k, z))[order])])
    y = np.linspace(value[0] - a, min(value[-1], 40) + a, 100_001)
    y = (y[1:] + y[:-1]) / 2
    i, j = np.searchsorted(value, y - a, "left"), np.searchsorted(value, y + a, "right")
    f0, fk = mass[j] - mass[i], signal[j] - signal[i]
    total = np.where(f0 > 1e-9, fk**2 / np.maximum(f0, 1e-300), 0).sum() * (y[1] - y[0])
    return float(total / (2 * a) / (1 if k == 1 else 2))


@pytest.mark.parametrize(
    ("link", "s", "a", "k"),
    [("relu(z)", lambda z: np.maximum(z, 0), 1, 1), ("tanh(z)", np.tanh, Fraction(1, 2), 1),
     pytest.param("z**2", lambda z: z * z, 1, 2, marks=pytest.mark.slow),
     ("abs(z)", np.abs, Fraction(1, 3), 2),
     ("clip(z, -1, 1)", lambda z: np.clip(z, -1, 1), Fraction(1, 4), 1),
     ("sign(z)", np.sign, Fraction(1, 2), 1), ("sign(z)", np.sign, 2, 1)],
)  # fmt: skip
def test_under_uniform_noise(link: str, s: Function, a: Fraction, k: int) -> None:
    found = uniform_ceiling(parse(link).tree, Fraction(a), k)
    assert abs(found - arb(on_a_grid(s, float(a), k))) < 2e-3
    assert found.rad() < 1e-3


def density(v: float) -> float:
    return float(np.exp(-v * v / 2) / np.sqrt(2 * np.pi))


def carried(s_density: Callable[[float], float], k: int, a: float, cuts: list[float]) -> float:
    """The integral of f_k^2/f_0 for y = v + a or v - a, where z = v up to a sign that He_k does not see."""

    def integrand(y: float) -> float:
        p, q = s_density(y - a), s_density(y + a)
        signal = p * he(k, np.float64(y - a)) + q * he(k, np.float64(y + a))
        return float(signal**2 / (p + q + 1e-300) / 2)

    parts = [integrate.quad(integrand, *ends)[0] for ends in itertools.pairwise(cuts)]
    return sum(parts) / (1 if k == 1 else 2)


@pytest.mark.parametrize(
    ("link", "a", "k", "value"),
    [("z", 1, 1, carried(density, 1, 1, [-12, 0, 12])),
     ("abs(z)", Fraction(1, 2), 2, carried(lambda v: 2 * density(v) * (v > 0), 2, 0.5, [-0.5, 0.5, 4, 12])),
     # The atoms at -1 and 1 have the mass 1/4 and the signal -phi(0)/2 each.
     ("relu(z)", 1, 1,
      4 * density(0) ** 2 / 2 + carried(lambda v: density(v) * (v > 0), 1, 1, [-1, 1, 4, 12]))],
)  # fmt: skip
def test_under_a_random_sign_of_noise(link: str, a: Fraction, k: int, value: float) -> None:
    found = two_shift_ceiling(parse(link).tree, Fraction(a), k)
    assert abs(found - arb(value)).abs_lower() == 0
    assert found.rad() < 1e-3


@pytest.mark.parametrize(
    ("link", "law", "zeta", "k", "cuts", "atoms"),
    [
        ("tanh(z) - 1/3", lambda v: density(np.arctanh(v + 1 / 3)) / (1 - (v + 1 / 3) ** 2),
         lambda v: np.arctanh(v + 1 / 3), 1, [-4 / 3, -2 / 3, 2 / 3], 0),
        ("z**2 - 1", lambda v: density(np.sqrt(1 + v)) / np.sqrt(1 + v), lambda v: v, 2, [-1, 1, 9, 80], 0),
        # The atom at -1/2, and its part that flips, have together the mass 1/2 and the signal -phi(0).
        ("relu(z) - 1/2", lambda v: density(v + 1 / 2), lambda v: v + 1 / 2, 1, [-1 / 2, 1 / 2, 4, 12],
         2 * density(0) ** 2),
    ],
)  # fmt: skip
def test_under_flips(
    link: str, law: Function, zeta: Function, k: int, cuts: list[float], atoms: float
) -> None:
    """int f_k^2/f_0 dy with f(y) = (1-q) f_s(y) + q f_s(-y), f_s by hand from the preimages of y."""
    q = 1 / 4

    def integrand(y: float) -> float:
        found = [(w * law(v), zeta(v)) for w, v in ((1 - q, y), (q, -y)) if cuts[0] < v < cuts[-1]]
        total = sum(f for f, _ in found)
        return float(sum(f * mean for f, mean in found) ** 2 / total) if total else 0.0

    ends = sorted({side * cut for side in (-1, 1) for cut in cuts})
    parts = [integrate.quad(integrand, *pair)[0] for pair in itertools.pairwise(ends)]
    found = flipped_ceiling(parse(link).tree, Fraction(1, 4), k)
    assert abs(found - arb(sum(parts) / k + atoms)).abs_lower() < 1e-7
    assert found.rad() < 1e-3


def test_a_sign_under_little_uniform_noise_carries_all_that_it_carries_without() -> None:
    # y tells the sign of z: lambda_1^2 = 2/pi.
    assert uniform_ceiling(parse("sign(z)").tree, Fraction(1, 2), 1).overlaps(2 / arb.pi())


def test_the_constant_of_weak_recovery_is_sharp_under_uniform_noise() -> None:
    found = tiltproof.exponents("z**2", noise="uniform(1)").weak_recovery_constant
    assert found is not None
    assert 0.548 < float(found.lower) < 0.5518 < float(found.upper) < 0.556
