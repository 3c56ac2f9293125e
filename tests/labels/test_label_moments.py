"""Enclosures of E[y^i e^{ty} He_k] under labels, against sums in doubles and known values."""

from collections.abc import Callable
from fractions import Fraction
from math import exp, lgamma

import numpy as np
import pytest
from flint import arb
from numpy.polynomial.hermite_e import hermegauss, hermeval
from tiltproof.link import parse, parse_label
from tiltproof.numerics.expectation import preference
from tiltproof.numerics.expectation.labels import moments, stays_within, stirling
from tiltproof.numerics.expectation.preference import preferred
from tiltproof.numerics.precision import working

T = Fraction(1, 4)
NODES, WEIGHTS = hermegauss(120)
WEIGHTS = WEIGHTS / WEIGHTS.sum()


def he(k: int, z: np.ndarray) -> np.ndarray:
    return hermeval(z, [0] * k + [1])


def counts(i: int, t: float, rate: np.ndarray) -> np.ndarray:
    return sum(
        n**i * exp(t * n - lgamma(n + 1)) * np.exp(n * np.log(rate + 1e-300) - rate) for n in range(300)
    )


def gaussian(i: int, t: float, mean: np.ndarray, variance: np.ndarray) -> np.ndarray:
    x, w = hermegauss(60)
    y = mean[:, None] + np.sqrt(variance)[:, None] * x
    return (y**i * np.exp(t * y) * w / w.sum()).sum(axis=1)


#: E[y^i e^{ty} | z] in doubles, written from the definition of each label.
CASES: dict[tuple[str, str], Callable[[int, float, np.ndarray], np.ndarray]] = {
    ("sigmoid(2*z)", "bernoulli(-1, 2)"): lambda i, t, z: (
        2**i * exp(2 * t) / (1 + np.exp(-2 * z)) + (-1) ** i * exp(-t) / (1 + np.exp(2 * z))
    ),
    ("1 + sin(z)", "poisson"): lambda i, t, z: counts(i, t, 1 + np.sin(z)),
    ("tanh(z) - 1/2", "flip(1/3)"): lambda i, t, z: sum(
        weight * y**i * np.exp(t * y)
        for y, weight in ((np.tanh(z) - 0.5, 2 / 3), (0.5 - np.tanh(z), 1 / 3))
    ),
    ("sin(z)", "heteroscedastic(1 + z**2/4)"): lambda i, t, z: gaussian(i, t, np.sin(z), 1 + z**2 / 4),
    ("z", "preference(1)"): lambda i, t, z: (
        np.tanh(np.subtract.outer(z, NODES) / 2) @ WEIGHTS * (exp(t) - (-1) ** i * exp(-t)) / 2
        + (exp(t) + (-1) ** i * exp(-t)) / 2
    ),
    ("sin(2*z) + cos(z)", "preference(1/2)"): lambda i, t, z: (
        np.tanh(np.subtract.outer(np.sin(2 * z) + np.cos(z), np.sin(2 * NODES) + np.cos(NODES)))
        @ WEIGHTS * (exp(t) - (-1) ** i * exp(-t)) / 2
        + (exp(t) + (-1) ** i * exp(-t)) / 2
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case[1]} of {case[0]}")
def test_moments_are_those_of_the_definition(case: tuple[str, str]) -> None:
    link, label = case
    table = moments(parse(link).tree, parse_label(label)).tilted_moments((0, 1, 3), (0, 1, 2), T, 8)
    for (i, k), ball in table.items():
        direct = float((CASES[case](i, float(T), NODES) * he(k, NODES)) @ WEIGHTS)
        # The plain rule errs by some 1e-6 where tanh is steep.
        assert abs(float(ball) - direct) < 1e-5 * max(1, abs(direct)), (i, k)
        assert ball.rad() < 1e-7


@pytest.mark.parametrize(
    ("link", "label", "k", "value"),
    [
        ("sigmoid(2*z)", "bernoulli", 1, "0.302852754801079412791770113778"),
        ("z", "preference(1)", 1, "0.363161846031630545490859566099"),
        ("z", "preference(1)", 3, "-0.0811574989972167499940993431"),
    ],
)
def test_known_values_are_enclosed(link: str, label: str, k: int, value: str) -> None:
    ball = moments(parse(link).tree, parse_label(label)).tilted_moments((k,), (1,), 0, 30)[1, k]
    with working(150):
        assert ball.overlaps(arb(value) + arb(0, arb("1e-28")))
        assert ball.rad() < arb("1e-28")


def test_the_sum_over_frequencies_agrees_with_the_reduction_to_one_dimension() -> None:
    # z + 0 tanh(z) is affine, and written so that no polynomial is seen.
    tree = parse("z + 0*tanh(z)").tree
    table, known = (
        preferred(tree, Fraction(2), (1, 3), 8),
        preferred(parse("z").tree, Fraction(2), (1, 3), 25),
    )
    assert all(table[k].overlaps(known[k]) and table[k].rad() < 1e-8 for k in (1, 3))


def test_stirling_numbers() -> None:
    assert [stirling(i) for i in range(5)] == [(1,), (0, 1), (0, 1, 1), (0, 1, 3, 1), (0, 1, 7, 6, 1)]


@pytest.mark.parametrize(
    ("link", "within"), [("1/(1 + exp(-2*z))", True), ("1/2 + z*exp(-z**2/2)", False), ("tanh(z)", False)]
)
def test_bounds_of_the_whole_line(link: str, within: bool) -> None:
    assert stays_within(parse(link).tree, Fraction(0), Fraction(1)) is within


@pytest.mark.parametrize("text", ["z", "z**2", "z**2/3 + z - 1", "2 - 3*z**2"])
@pytest.mark.parametrize("frequency", [Fraction(1, 3), Fraction(5, 2)])
def test_waves_of_quadratics_are_those_that_the_oracle_encloses(text: str, frequency: Fraction) -> None:
    tree, ks = parse(text).tree, (0, 1, 2, 3)
    closed = preference._waves(tree, frequency, ks, 15)
    summed = [preference._wave(tree, name, frequency, ks, 15) for name in ("cos", "sin")]
    for row, other in zip(closed, summed, strict=True):
        assert all(x.overlaps(y) and float(x.rad()) < 1e-15 for x, y in zip(row, other, strict=True))


@pytest.mark.parametrize("link", ["staircase", "sign(z**2 - 1)", "where(z > 1/3, 2, where(z < -1, -1, 0))"])
def test_levels_are_a_finite_sum_that_agrees_with_frequencies(link: str) -> None:
    tree = parse(link).tree
    sums = preferred(tree, Fraction(1), (1, 2, 3), 40)
    for k, wave in zip((1, 2, 3), preference.by_frequencies(tree, Fraction(1), (1, 2, 3), 5), strict=True):
        assert sums[k].overlaps(wave)
        assert sums[k].rad() < arb(10) ** -40


def test_a_sum_over_levels_counts_what_lies_beyond(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(preference, "_END", 4)
    found = preference._of_levels(parse("sign(z)").tree, Fraction(1), (2, 3), 15)
    # |E[He_k; |Z| > 4]| <= sqrt(k! P(|Z| > 4)), by Cauchy and Schwarz.
    assert all(float(found[k].rad()) > (exp(lgamma(k + 1)) * 6.33e-5) ** 0.5 for k in (2, 3))
