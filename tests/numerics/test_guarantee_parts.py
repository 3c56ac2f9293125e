"""The factors of the finite-sample bound one by one, each where it alone decides, against its formula."""

from __future__ import annotations

import math
from fractions import Fraction
from types import SimpleNamespace
from typing import Any

import mpmath
import numpy as np
import pytest
from flint import arb
from scipy import stats
from tiltproof.link import parse
from tiltproof.link.tree import Neg
from tiltproof.numerics.deployment.columns import Doubles
from tiltproof.numerics.deployment.policy import exponential_slope, remainder_factor
from tiltproof.numerics.guarantee import bound, clipping
from tiltproof.numerics.guarantee.bound import Range, guarantee
from tiltproof.numerics.guarantee.constants import _second_remainders
from tiltproof.numerics.guarantee.estimate import Estimate, Question

from .test_guarantee import CASES, ONE, TANH, model

N, SIZE = 10**6, 2.0


def scores(spread: float, largest: float, fourth: float) -> Any:
    constants = SimpleNamespace(noise_energy=SIZE, noise_spread=spread)
    points = SimpleNamespace(largest=lambda ceiling: largest, fourth=lambda ceiling: fourth)
    return bound._Scores(constants, points, 1.0)


def test_markov_with_two_moments_is_the_least_for_a_large_failure_probability() -> None:
    assert scores(SIZE, 40.0, 5.0).mean(N, 0.9) == pytest.approx(SIZE / math.sqrt(0.9 * N))


def test_markov_with_four_moments_is_the_least_for_unbounded_scores() -> None:
    moment = SIZE**4 + 2 * (0.5 * SIZE) ** 2 + 40.0**4 / N
    expected = (moment / (N * N * 0.05)) ** 0.25
    assert scores(0.5, math.inf, 40.0).mean(N, 0.05) == pytest.approx(expected)


def test_bousquet_is_the_least_for_bounded_scores_and_a_small_failure_probability() -> None:
    x, size = math.log(1e8), SIZE / math.sqrt(N)
    expected = size + math.sqrt(2 * x * (0.5**2 + 2 * 40 * size) / N) + 40 * x / (3 * N)
    assert scores(0.5, 40.0, 40.0).mean(N, 1e-8) == pytest.approx(expected)


def test_scores_beyond_the_doubles_are_not_averaged() -> None:
    vast = bound._Scores(SimpleNamespace(noise_energy=1e70, noise_spread=1.0), None, 1.0)
    assert vast.mean(N, 0.05) == math.inf
    assert scores(SIZE, math.inf, 1e70).mean(N, 0.05) == pytest.approx(SIZE / math.sqrt(0.05 * N))


@pytest.mark.parametrize("share", [0.01, 0.25])
def test_the_gram_matrix_and_the_scores_share_the_failure_probability(share: float) -> None:
    constants = SimpleNamespace(model=SimpleNamespace(size=3), fourth=50.0)
    found, kappa, _ = bound._radius(constants, scores(SIZE, math.inf, math.inf), N, 0.05, share)
    assert 3 * math.exp(-N * kappa**2 / (2 * 50)) == pytest.approx(share * 0.05)
    assert found == pytest.approx(SIZE / math.sqrt((1 - share) * 0.05 * N) / (1 - kappa))
    few = bound._radius(constants, scores(SIZE, 1.0, 1.0), 100, 0.05, share)
    assert few[0] == math.inf
    assert few[1] > 1


def test_the_first_order_takes_the_least_width_and_what_a_clip_range_cuts_off() -> None:
    wide = Range(-1.0, 1.0, (-0.5, 0.75), 1.0, beyond=0.3)
    off = math.hypot(0.4, 0.3)
    assert bound._first_order(wide, 2.0, 0.6, 0.4) == pytest.approx(
        exponential_slope(2.0, 1.75 + off) * 0.6 * off
    )
    # A norm beyond sup s - (the clip range's lower end) no longer counts in the exponent.
    off = math.hypot(5.0, 0.3)
    assert bound._first_order(wide, 2.0, 0.6, 5.0) == pytest.approx(
        exponential_slope(2.0, 1.75 + 1.5) * 0.6 * off
    )


def test_a_pilot_takes_the_lesser_of_two_norms() -> None:
    constants = SimpleNamespace(squares=[0.09, 0.25], cross=0.2, policy_squares=[0.04, 4.0],
                                policy_norm=(0.1, 1.5), model=SimpleNamespace(pilot=parse("z")))  # fmt: skip
    found = bound._norms(constants, Range(-1.0, 1.0, (-1.0, 1.0), 1.0, away=0.5), 2.0, 0.3)
    here = [math.sqrt(square + 2 * 0.1 * 0.3 + 1.5 * 0.09) for square in (0.04, 4.0)]
    there = math.exp(2.0 * 0.5 / 2) * math.sqrt(0.25 + 2 * 0.2 * 0.3 + 0.09)
    assert there < here[1]
    assert found == pytest.approx([here[0], there])
    constants.model.pilot = None
    alone = [math.sqrt(square + 0.12 + 0.09) for square in (0.09, 0.25)]
    assert bound._norms(constants, Range(-1, 1, (-1, 1), 1), 2.0, 0.3) == pytest.approx(alone)


def test_a_value_is_lost_at_most_down_to_the_lower_end_of_the_range() -> None:
    assert bound._lost(arb(2), arb(1, 0.25), 5.0) == pytest.approx(1.25)
    assert bound._lost(arb(2), arb.nan(), 5.0) == 5.0
    assert bound._range(3.0, 1.0)["range"] == pytest.approx(2.0)
    assert bound._range(1.0, 3.0)["range"] == 0.0
    assert bound._above(arb(0.5)) == 0.5
    assert float((arb(1) / 3).upper()) <= bound._above(arb(1) / 3) < 1 / 3 + 1e-15


@pytest.mark.parametrize("x", [0.0, 5e-4, 9.9e-4, 1.1e-3, 0.3, 5.0, 40.0])
def test_the_second_remainder_of_the_exponential_is_bounded(x: float) -> None:
    true = float((mpmath.e ** mpmath.mpf(x) - 1 - x) / mpmath.mpf(x) ** 2) if x else 0.5
    found = float(_second_remainders(Doubles(np.array([x]), np.array([0.0]))).value[0])
    assert true <= found <= true * (1.001 if x < 1e-3 else 1 + 1e-8)
    wider = float(_second_remainders(Doubles(np.array([x]), np.array([0.25]))).value[0])
    assert wider == pytest.approx(float(remainder_factor(np.array([x + 0.25]))[0]), rel=1e-6)


def test_cells_tile_the_line_and_hold_the_link_and_its_slope() -> None:
    (smooth,) = clipping.cells(parse("tanh(z)").tree)
    ends = np.column_stack([smooth.middle - smooth.half, smooth.middle + smooth.half])
    assert (ends[0, 0], ends[-1, 1]) == (-12, 12)
    assert (ends[1:, 0] == ends[:-1, 1]).all()
    assert len(smooth.s) == 2 * 12 * 64
    assert np.allclose(smooth.s, np.tanh(smooth.middle), atol=1e-15)
    assert (np.abs(np.tanh(ends) - smooth.s[:, None]) <= smooth.off[:, None]).all()
    steepest = 1 / np.cosh(np.abs(ends).min(axis=1)) ** 2
    assert (smooth.off <= steepest * smooth.half * 1.05 + 1e-12).all()
    slopes = 1 / np.cosh(np.column_stack([ends, smooth.middle])) ** 2
    off = np.abs(slopes - smooth.slope[:, None])
    assert (off <= smooth.spread[:, None] + 1e-15).all()
    assert (smooth.spread <= 0.04).all()


def test_cells_are_halved_where_a_link_is_steep() -> None:
    (steep,) = clipping.cells(parse("tanh(40*z)").tree)
    near = np.abs(steep.middle) < 0.02
    # None moves by more than a fiftieth of the range, and no more are halved than need be.
    assert (steep.off <= 0.02 * 2 + 1e-9).all()
    assert 40 * steep.half[near].max() <= 0.04 < 2 * 40 * steep.half[near].max()
    assert (steep.half[np.abs(steep.middle) > 1] == 1 / 128).all()
    (jump,) = clipping.cells(parse("sign(z - 1/3)").tree)
    assert float(jump.half.min()) == 2.0**-15
    assert np.isnan(jump.slope).sum() + np.isinf(jump.slope).sum() >= 1


def test_masses_of_cells_are_those_of_the_normal_law() -> None:
    (grid,) = clipping.cells(parse("tanh(z)").tree)
    away = np.abs(grid.middle)
    exact = stats.norm.sf(away - grid.half) - stats.norm.sf(away + grid.half)
    found = clipping._density(grid)
    inner = away < 7
    assert (found[inner] >= exact[inner]).all()
    assert (found[inner] <= exact[inner] * 1.0001).all()
    assert 1 <= found.sum() < 1.0001


def test_largest_values_beyond_the_cells_are_those_of_that_side() -> None:
    link = parse("3*tanh(z) - 1").tree
    assert clipping._most(link, 1) == pytest.approx(2)
    assert clipping._most(link, -1) == pytest.approx(-4, abs=1e-6)
    assert clipping._most(Neg(link), 1) == pytest.approx(-2, abs=1e-6)
    assert clipping._most(parse("z").tree, 1) == math.inf


@pytest.mark.parametrize("name", ["ridge", "surrogate"])
def test_weights_on_cells_are_their_largest(name: str) -> None:
    args, t, span, _ = CASES[name]
    of = model(*args)
    constants = of.constants(Fraction(t), of.weighting.frame(Fraction(t), of.ridge))
    points = clipping.Pointwise(constants, span.low, span.high)
    grid, law = points._reward, (constants.weight_tilted, constants.weight_mass)
    z = np.linspace(-10, 10, 200_001)
    reward = 0.9 * np.tanh(z) if of.pilot is not None else 1 / (1 + np.exp(-z))
    mass = stats.norm.pdf(z) * (z[1] - z[0])
    mean = float(mass @ np.exp(t * reward))
    most = np.minimum(grid.s + grid.off, span.ceiling)
    assert clipping._tilt(*law, grid, span.ceiling) == pytest.approx(np.exp(t * most) / mean, rel=1e-6)
    total = float(mass @ np.exp(t * (reward - span.ceiling)))
    found = clipping._total(*law, span.ceiling)
    assert found <= total
    assert found == pytest.approx(total, rel=1e-6)


@pytest.mark.parametrize(("name", "n"), [(name, n) for name in CASES for n in (20_000, 10**7)])
def test_the_estimate_is_the_guarantee_in_doubles(name: str, n: int) -> None:
    args, t, span, _ = CASES[name]
    of = model(*args)
    constants = of.constants(Fraction(t), of.weighting.frame(Fraction(t), of.ridge))
    found = guarantee(constants, span, n, 0.05, arb(1))
    estimate = Estimate(Question(of.link, of.noise, of.overlap, span, n, 0.05, 1.0, of.pilot))
    near = estimate.bound(of.biases, float(of.ridge), float(t))
    assert near == pytest.approx(found.bound, rel=0.02)
    assert estimate.lost(float(t)) == pytest.approx(found.lost, rel=1e-3)
    # As n grows the forecast is what remains without the failure probability.
    assert estimate.with_samples(10**15).bound(of.biases, float(of.ridge), float(t)) == pytest.approx(
        estimate.with_samples(10**15).bound(of.biases, float(of.ridge), float(t), mean=True), rel=1e-3
    )


@pytest.mark.parametrize("noise", ["uniform(1/2)", "rademacher(1/2)", "none"])
def test_the_estimate_of_bounded_noise_is_near_the_guarantee(noise: str) -> None:
    of = model("tanh(z)", noise, (Fraction(-1), ONE), Fraction(1, 1000), ONE)
    span = Range(-1.0, 1.0, (-1.0, 1.0), 1.0)
    constants = of.constants(ONE, of.weighting.frame(ONE, of.ridge))
    found = guarantee(constants, span, 10**6, 0.05, arb(1))
    estimate = Estimate(Question(of.link, of.noise, ONE, span, 10**6, 0.05, 1.0))
    assert estimate.bound(of.biases, 1e-3, 1.0) == pytest.approx(found.bound, rel=0.05)


def test_equal_features_have_no_estimate_however_many_they_are() -> None:
    of = model("tanh(z)", "none", (Fraction(0),), Fraction(1, 1000), ONE)
    estimate = Estimate(Question(of.link, of.noise, ONE, TANH, 10**6, 0.05, 1.0))
    assert estimate.bound((Fraction(0),) * 3, 1e-13, 1.0) == estimate.most
    assert estimate.bound((Fraction(0),) * 3, 1e-3, 1.0) < estimate.most
