"""The forecast loss by learning: no bound at finite n; its hull on a cell holds what lies inside."""

from fractions import Fraction

import numpy as np
import pytest
from flint import arb
from hypothesis import given
from hypothesis import strategies as st
from tiltproof.link import NOISELESS, parse
from tiltproof.numerics.deployment.learning import BIASES
from tiltproof.numerics.deployment.leverage import diameter
from tiltproof.numerics.deployment.readout import Model
from tiltproof.numerics.deployment.suboptimality import _Learned
from tiltproof.numerics.experiments.coverage import Setting, train_many
from tiltproof.numerics.lowering.balls import Dual

from tiltproof import admissible, policy

from .plain_forecast import Plain
from .plain_forecast import diameter as plain_diameter

share = st.floats(0, 1)


def _learned(t: arb, d: arb, delta: arb) -> _Learned:
    return _Learned.of(t, Dual(d, arb("0.3")), Dual(delta, arb("0.1")))


@given(st.floats(0.1, 3), st.floats(-1, 30), st.floats(0, 8), share, share)
def test_a_cell_holds_the_learning_bound_and_its_slope(t, d, width, x, y) -> None:  # type: ignore[no-untyped-def]
    cell = _learned(arb(t).union(arb(t + 0.1)), arb(d).union(arb(d + width)), arb(2))
    inside = d + y * width
    if inside >= 0:
        point = _learned(arb(t + 0.1 * x), arb(inside), arb(2))
        assert cell.jet.value.overlaps(point.jet.value)
        assert cell.jet.slope.overlaps(point.jet.slope)
        assert cell.low <= point.high
        assert point.low <= cell.high


def test_the_ends_survive_where_the_ball_loses_them() -> None:
    cell = _learned(arb(2), arb(28).union(arb(37)), arb("0.01"))
    assert cell.low > 1e20
    assert cell.high > 1e28


def test_a_forecast_is_no_bound_at_finite_n() -> None:
    # The best temperature is the same for every epsilon; where none reaches it, nothing else is searched.
    found = admissible("tanh", "0.1", 13, digits=4).forecast
    assert float(found.best.loss.upper) == pytest.approx(0.21829, abs=1e-5)
    beta = found.best.beta
    model = Model(BIASES, Fraction(0), (-1.0, 1.0))
    setting = Setting(model, parse("tanh").tree, NOISELESS, Fraction(1 / float(beta)))
    gaps = train_many(setting, 13, 200, np.random.default_rng(0)).gap
    lost = 1 - float(policy("tanh", beta).value.lower)
    assert lost + gaps.mean() - 4 * gaps.std() / np.sqrt(200) > 0.35


LINKS = {
    "tanh": (np.tanh, -1.0, 1.0),
    "sin": (np.sin, -1.0, 1.0),
    "clip(z,-1,1)": (lambda z: np.clip(z, -1, 1), -1.0, 1.0),
}


@pytest.mark.parametrize(
    ("name", "noise"), [("tanh", "gaussian(1/2)"), ("sin", None), ("clip(z,-1,1)", "gaussian(1/2)")]
)
def test_the_forecast_is_its_formula_by_plain_sums(name: str, noise: str | None) -> None:
    found = admissible(name, "0.6", 20_000, noise=noise, digits=4).forecast
    plain = Plain(*LINKS[name], 0.5 if noise else 0.0, 20_000)
    for t, *totals in found.curve[30:100:12]:
        lost = plain.lost(t)
        for scheme, total in zip(("label", "surrogate", "surrogate_own"), totals, strict=True):
            # The reach of the features and osc(s - g) are bounds from above, the plain ones from below; at
            # a kink plain sums are off by 1e-5.
            learned = min(plain.losses(t, scheme).values())
            assert learned * (1 - 1e-4) <= total - lost + 1e-9 <= learned * 1.01 + 2e-9


def test_the_estimators_are_where_their_forecast_is_the_smaller_one() -> None:
    found = admissible("tanh", "0.4619", 10**6, noise="gaussian(1/2)", digits=4).forecast
    plain = Plain(*LINKS["tanh"], 0.5, 10**6)
    for name, stretches in found.estimators.items():
        for stretch in stretches:
            for beta in (1.01 * stretch.lower, 0.99 * min(stretch.upper, 5.0)):
                losses = plain.losses(1 / beta, name)
                assert min(losses, key=losses.__getitem__) == stretch.estimator


def test_the_leverage_of_the_features_is_their_diameter() -> None:
    assert plain_diameter() <= diameter() <= 1.01 * plain_diameter()
