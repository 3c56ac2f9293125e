"""What labels carry: lambda_k^2 and the constant of weak recovery, closed, enclosed and published."""

from fractions import Fraction

import mpmath
import numpy as np
import pytest
import sympy
from flint import arb
from numpy.polynomial.hermite_e import hermegauss
from tiltproof.crosscheck.number import Number
from tiltproof.link import parse
from tiltproof.numerics.lowering.pointwise import compile_numpy
from tiltproof.numerics.precision import working
from tiltproof.numerics.threshold.gaussian_ceiling import gaussian_ceiling
from tiltproof.numerics.threshold.signal_ceiling import counts_ceiling

from tiltproof import exponents


def holds(number: Number | None, value: str, width: float) -> None:
    """The enclosure and the decimal agree, and the enclosure is narrow."""
    assert number is not None
    low, high, unit = (
        Fraction(number.lower),
        Fraction(number.upper),
        Fraction(1, 10 ** len(value.partition(".")[2])),
    )
    assert low - unit <= Fraction(value) <= high + unit
    assert high - low <= width


@pytest.mark.parametrize(
    ("link", "noise", "label", "value", "width"),
    [
        ("z**2", "gaussian(1/2)", None, "0.54164417476361525143", 1e-10),
        ("z**2", None, "poisson", "0.75000000000000000000", 1e-20),
        ("z**2", None, "flip(1/4)", "0.5", 1e-20),
        ("abs(z)", None, "flip(1/2)", "0.5", 1e-20),
        ("z", None, "flip(1/2)", "0.5", 1e-20),
        # P(|z| < q) = 1/2, so lambda^2 = 2 (2 q phi(q))^2 with q = 0.674489.
        ("where(abs(z) < 0.674489, 1, -1)", None, None, "1.36046095385150244322", 1e-20),
    ],
)  # fmt: skip
def test_constants_of_weak_recovery(
    link: str, noise: str | None, label: str | None, value: str, width: float
) -> None:
    holds(exponents(link, noise, label).weak_recovery_constant, value, width)


@pytest.mark.parametrize("link", ["z**2", "abs(z)"])
def test_noiseless_phase_retrieval_takes_half_a_sample_per_dimension(link: str) -> None:
    """lambda_2^2 = E(z^2 - 1)^2/2! = 1 (Mondelli and Montanari 2018)."""
    found = exponents(link).weak_recovery_constant
    assert found is not None
    assert found.closed_form == sympy.Rational(1, 2)


def test_one_bit_of_phase_retrieval_takes_another_sample() -> None:
    """y = sign(z^2 - 1): E[He_2; |z| < 1] = -2 phi(1), alpha_c = p (1 - p)/(2 phi(1))^2, p = P(|z| < 1)."""
    with mpmath.workdps(30):
        p = mpmath.erf(1 / mpmath.sqrt(2))
        value = p * (1 - p) / (2 * mpmath.npdf(1)) ** 2
        holds(exponents("sign(z**2 - 1)").weak_recovery_constant, mpmath.nstr(value, 24), 1e-22)
    assert mpmath.nstr(value, 20) == "0.9249580392589038339"


def test_the_symmetric_door_in_closed_form() -> None:
    q = 0.674489
    signal = 2 * q * np.exp(-q * q / 2) / np.sqrt(2 * np.pi)
    found = exponents("where(abs(z) < 0.674489, 1, 0)", label="bernoulli").weak_recovery_constant
    assert found is not None
    assert found.closed_form is not None
    assert abs(float(found.lower) - 1 / (4 * signal**2)) < 1e-6


@pytest.mark.slow
def test_noisy_phase_retrieval_to_twenty_digits() -> None:
    # By two nested trapezoid sums in 130 bits, which agree at four pairs of steps.
    with working(128):
        value = 1 / (2 * gaussian_ceiling(parse("z**2").tree, Fraction(1, 2), 2, 22))
        low, high = (arb(s) for s in ("0.541644174763615251433342", "0.541644174763615251433343"))
        assert low < value < high
        assert value.rad() < 1e-21


@pytest.mark.parametrize(
    ("link", "noise", "label", "value", "width"),
    [
        ("z", "gaussian(1/2)", None, "0.8", 1e-29),
        ("2*z + 1", "gaussian(1)", None, "0.8", 1e-29),
        ("tanh(z)", "gaussian(1/2)", None, "0.580851093482345369", 1e-10),
        ("sigmoid(2*z)", None, "bernoulli", "0.36687916436241092", 1e-20),
        ("sigmoid(z)", None, "poisson", "0.0802606656826", 1e-10),
        ("tanh(z)", None, "flip(1/4)", "0.25", 1e-20),
        ("tanh(z) - 1/3", None, "flip(1/4)", "0.8214", 5e-4),
        ("z", None, "preference(1)", "0.131886526413101730581895", 1e-22),
        pytest.param("log(abs(z))", None, "preference(1)", "0.06602259491", 1e-9, marks=pytest.mark.slow),
    ],
)  # fmt: skip
def test_what_labels_carry(link: str, noise: str | None, label: str | None, value: str, width: float) -> None:
    holds(exponents(link, noise, label).lambda_squared, value, width)


def plain(link: str, sigma: float, k: int) -> float:
    """int f_k^2/f_0 dy/k! by plain rules in doubles."""
    z, w = hermegauss(180)
    s = {"tanh(z)": np.tanh(z), "sin(2*z)": np.sin(2 * z), "exp(-z**2)": np.exp(-z * z)}[link]
    y = np.linspace(-8, 8, 4001)
    density = np.exp(-(np.subtract.outer(y, s) ** 2) / (2 * sigma**2)) * w / w.sum()
    he = {1: z, 2: z * z - 1}[k]
    return (
        float(((density @ he) ** 2 / (density @ np.ones_like(z) + 1e-300)).sum())
        * (y[1] - y[0])
        / (k * sigma * np.sqrt(2 * np.pi))
    )


@pytest.mark.parametrize(
    ("link", "sigma", "k"),
    # exp(-z**2) all but vanishes far out: its imaginary part there is a ball with 0 as its middle.
    [("tanh(z)", "1", 1), ("sin(2*z)", "1/2", 1), ("exp(-z**2)", "1", 2)],
)
def test_the_ceiling_under_gaussian_noise_agrees_with_a_plain_rule(link: str, sigma: str, k: int) -> None:
    found = gaussian_ceiling(parse(link).tree, Fraction(sigma), k, 8)
    assert found.rad() < 1e-8
    assert abs(float(found) - plain(link, float(Fraction(sigma)), k)) < 1e-6


@pytest.mark.parametrize(
    ("link", "variance", "k"),
    [
        ("tanh(z)", "1 + z**2", 1),
        pytest.param("tanh(z)", "1 + z**4", 1, marks=pytest.mark.slow),
        ("0", "1 + z**2", 2),
        ("z", "1/2 + sigmoid(z)", 1),
    ],
)
def test_the_ceiling_where_the_variance_depends_on_z(link: str, variance: str, k: int) -> None:
    """Sums over a grid of z and one of u, y = sinh(u), in doubles."""
    z, u = np.linspace(-9, 9, 1201), np.linspace(-7, 7, 8001)
    y = np.sinh(u)
    s, v = (compile_numpy(parse(text).tree)(z) + 0 * z for text in (link, variance))
    law = np.exp(-(np.subtract.outer(y, s) ** 2) / (2 * v) - z * z / 2) / np.sqrt(v)
    signal = law @ (z if k == 1 else z * z - 1)
    dense = signal**2 / (law.sum(axis=1) + 1e-300) * np.cosh(u)
    value = dense.sum() * (u[1] - u[0]) * (z[1] - z[0]) / (2 * np.pi * k)
    found = exponents(link, label=f"heteroscedastic({variance})").lambda_squared
    assert found is not None
    assert Fraction(found.upper) - Fraction(found.lower) < Fraction(1, 10**8)
    assert float(found.lower) == pytest.approx(value, rel=1e-6)


def test_the_ceiling_of_counts_grows_with_the_rate() -> None:
    small, large = (counts_ceiling(parse(f"{c}*exp(z/2)").tree, 1, 8) for c in (1, 4))
    assert small < large < 1


@pytest.mark.parametrize(
    ("link", "noise", "label"),
    [("abs(z)", "gaussian(1)", None), ("tanh(z) - 1/3", None, "heteroscedastic(sigmoid(z))")],
)
def test_what_is_not_enclosed_sharply_is_at_least_what_a_power_carries(
    link: str, noise: str | None, label: str | None
) -> None:
    found = exponents(link, noise, label).lambda_squared
    assert found is not None
    assert 0 < Fraction(found.lower) < Fraction(found.upper) <= 1
