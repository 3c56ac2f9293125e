"""The weighted readout: log-space weights, the unpenalised constant, and its certified learning cost."""

from fractions import Fraction

import numpy as np
import pytest
from flint import arb
from tiltproof.link import Noise, parse
from tiltproof.numerics.excess_risk import _block, _fits, _regrouped, excess_risk
from tiltproof.numerics.expectation import Interval
from tiltproof.numerics.learning import readout
from tiltproof.numerics.precision import working
from tiltproof.numerics.readout import features, weighted_ridge

NOISE = Noise("gaussian", Fraction(4, 5))
BIASES = (Fraction(-1), Fraction(0), Fraction(1))
RNG = np.random.default_rng(3)
X = RNG.standard_normal(200)
PSI = features(X, np.array([-1.0, 1.0]))


def test_huge_log_weights_neither_overflow_nor_lose_the_maximum() -> None:
    log_w = np.where(X > 0, 5000.0, -5000.0)
    kept = weighted_ridge(PSI[X > 0], X[X > 0], np.zeros(int((X > 0).sum())))
    found = weighted_ridge(PSI, X, log_w)
    assert np.allclose(found.theta, kept.theta)
    assert found.effective == pytest.approx((X > 0).sum())


def test_a_shift_of_all_log_weights_changes_nothing() -> None:
    plain, shifted = (weighted_ridge(PSI, X, 2 * X + c, 0.1).theta for c in (0.0, 700.0))
    assert np.allclose(plain, shifted)


def test_the_constant_is_not_penalised() -> None:
    theta = weighted_ridge(PSI, np.full(200, 7.0), X, 1e6).theta
    assert theta == pytest.approx([7.0, 0.0, 0.0], abs=1e-6)


def _cost(name: str, t: Fraction, digits: int = 18):  # type: ignore[no-untyped-def]
    with working(4 * digits + 60):
        return readout(parse(name).tree, Fraction(2), digits, noise=NOISE, biases=BIASES).cost(t)


@pytest.mark.parametrize("name", ["tanh", "sin", "sigmoid", "hardtanh"])
def test_measured_excess_risk_is_the_leading_cost(name: str) -> None:
    risk = excess_risk(
        parse(name).tree, [0.5], np.array([-1.0, 0.0, 1.0]), NOISE, n=8192, batches=16, blocks=128,
        rng=np.random.default_rng(5),
    )[:, -1, 0]  # fmt: skip
    error = risk.std(ddof=1) / 4
    assert error < 0.05 * risk.mean()
    assert abs(risk.mean() - float(_cost(name, Fraction(1, 2)).fluctuation.value)) < 5 * error


def test_regrouped_blocks_give_the_fits_of_their_samples() -> None:
    rng = np.random.default_rng(0)
    sums = np.array([_block(parse("sin").tree, [0.5], np.array([1.0]), NOISE, 50, rng) for _ in range(4)])
    rng = np.random.default_rng(0)
    pairs = [(rng.standard_normal(50), rng.standard_normal(50)) for _ in range(4)]
    z, y = (np.concatenate(part) for part in zip(*((z, np.sin(z) + 0.8 * e) for z, e in pairs), strict=True))
    direct = weighted_ridge(features(z, np.array([1.0])), y, y / 2).theta
    assert np.allclose(_fits(_regrouped(sums, 4, rng)), direct)


@pytest.mark.parametrize("name", ["tanh", "hardtanh", "clip-square"])
def test_a_cell_holds_the_cost_and_its_slope(name: str) -> None:
    point, later = (_cost(name, Fraction(1) + h) for h in (Fraction(0), Fraction(1, 10**6)))
    with working(140):
        fit = readout(parse(name).tree, Fraction(2), 18, noise=NOISE, biases=BIASES)
        cell = fit.cost(Interval(Fraction(999, 1000), Fraction(1001, 1000)))
        assert cell.fluctuation.value.contains(point.fluctuation.value.mid())
        assert cell.fluctuation.slope.contains(
            ((later.fluctuation.value - point.fluctuation.value) * 10**6).mid()
        )


def test_more_digits_refine_the_same_cost() -> None:
    rough, fine = _cost("sin", Fraction(1), 18), _cost("sin", Fraction(1), 40)
    assert rough.fluctuation.value.overlaps(fine.fluctuation.value)
    assert fine.fluctuation.value.rad() < arb("1e-25")
