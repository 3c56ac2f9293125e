"""What the full tier measures: learning curves over two decades of cost, and bounds near the gaps."""

from fractions import Fraction
from itertools import pairwise

import numpy as np
import pytest
from tiltproof.crosscheck.claim import Subject
from tiltproof.crosscheck.claims import v3, v4
from tiltproof.crosscheck.claims.v3 import learning_curves
from tiltproof.crosscheck.verdict import Outcome
from tiltproof.link import Noise, parse
from tiltproof.numerics.deployment.learning import BIASES
from tiltproof.numerics.deployment.readout import Recipe, deploy
from tiltproof.theory.shape.range import extremes


@pytest.mark.slow
@pytest.mark.parametrize("link", ["tanh(z-2)", "clip(z,1,3)", "sigmoid(z-2)", "sigmoid(3*(z-2)/2)"])
def test_the_excess_risk_follows_the_cost_over_two_decades(link: str) -> None:
    curves = learning_curves(Subject(parse(link), full=True))
    label = [curve for curve in curves if curve.weights == "label"]
    assert (len(label), len(curves)) == (4, 5)
    costs = [curve.cost for curve in label]
    assert all(low < high for low, high in pairwise(costs))
    assert costs[-1] > 100 * costs[0]
    for curve in curves:
        largest, slope = curve.largest, curve.slope
        assert largest.error < 0.02 * curve.cost
        assert abs(largest.value - curve.cost) < 0.05 * curve.cost + 2 * largest.error
        assert slope.error < 0.015
        assert slope.value == pytest.approx(-1, abs=0.1)
        assert curve.final_slope.value == pytest.approx(-1, abs=4 * curve.final_slope.error)


@pytest.mark.slow
@pytest.mark.parametrize("factor", [Fraction(21, 20), Fraction(19, 20)])
def test_a_cost_that_is_off_by_5_percent_is_caught_by_simulation_alone(factor: Fraction) -> None:
    found = v3.simulated(Subject(parse("tanh"), full=True), v3.Statement(factor=factor))
    assert found.outcome is Outcome.REFUTES


@pytest.mark.slow
@pytest.mark.parametrize("link", ["tanh", "sigmoid", "sin", "hardtanh", "gaussian-bump"])
def test_the_forecast_is_within_ten_times_the_gap_of_trained_fits(link: str) -> None:
    found = v4.measured(Subject(parse(link), full=True), fits=160)
    assert found is not None
    assert found.mean < found.best.bound < 10 * (found.mean - 3 * found.error)


@pytest.mark.slow
@pytest.mark.parametrize("link", ["tanh", "sigmoid", "erf"])
def test_surrogate_weights_lose_more_where_the_noise_is_bounded_and_beta_small(link: str) -> None:
    tree = parse(link).tree
    found = extremes(tree)
    assert found is not None
    low, high = float(found[0]), float(found[1])
    noise, t = Noise("rademacher", Fraction(high - low) / 4), Fraction(24 / (high - low))
    model, rng = Recipe(BIASES, Fraction(1, 10**4), (low, high)), np.random.default_rng(1)
    fits = [
        deploy(model, tree, (low, high), 0.98, [t], noise, n=500, rng=rng, nodes=2**11) for _ in range(240)
    ]
    values = np.array([fit.value for fit in fits])
    ahead = values[:, 0, 0] - values[:, 1, 0]
    assert ahead.mean() > 4 * ahead.std(ddof=1) / np.sqrt(240)
