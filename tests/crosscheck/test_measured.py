"""What the full tier measures: learning curves over two decades of cost, and bounds near the gaps."""

from itertools import pairwise

import pytest
from tiltproof.crosscheck.claims import v4
from tiltproof.crosscheck.learning_curve import learning_curves
from tiltproof.crosscheck.subject import Subject
from tiltproof.link import parse


@pytest.mark.slow
@pytest.mark.parametrize("link", ["tanh(z-2)", "clip(z,1,3)", "sigmoid(z-2)", "sigmoid(3*(z-2)/2)"])
def test_the_excess_risk_follows_the_cost_over_two_decades(link: str) -> None:
    curves = learning_curves(Subject(parse(link), full=True))
    assert len(curves) == 4
    costs = [curve.cost for curve in curves]
    assert all(low < high for low, high in pairwise(costs))
    assert costs[-1] > 100 * costs[0]
    for curve in curves:
        largest, slope = curve.largest, curve.slope
        assert largest.error < 0.05 * curve.cost
        assert abs(largest.value - curve.cost) < 0.05 * curve.cost + 2 * largest.error
        assert slope.error < 0.015
        assert slope.value == pytest.approx(-1, abs=0.1)
        assert curve.final_slope.value == pytest.approx(-1, abs=4 * curve.final_slope.error)


@pytest.mark.slow
@pytest.mark.parametrize("link", ["tanh", "sigmoid", "sin", "hardtanh", "gaussian-bump"])
def test_the_bound_is_within_ten_times_the_gap_of_trained_fits(link: str) -> None:
    found = v4.measured(Subject(parse(link), full=True), fits=160)
    assert found is not None
    assert found.mean < found.best.bound < 10 * (found.mean - 3 * found.error)
