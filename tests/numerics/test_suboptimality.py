"""The forecast loss by learning: no bound at finite n; its hull on a cell holds what lies inside."""

from dataclasses import replace
from fractions import Fraction

import mpmath
import numpy as np
import pytest
from flint import arb
from hypothesis import given
from hypothesis import strategies as st
from tiltproof.link import NOISELESS, parse, parse_noise
from tiltproof.link.build import combine
from tiltproof.link.tree import Num
from tiltproof.numerics.deployment.learning import BIASES, readout
from tiltproof.numerics.deployment.leverage import Leverage, diameter
from tiltproof.numerics.deployment.policy import learned, remainder_factor
from tiltproof.numerics.deployment.readout import Recipe
from tiltproof.numerics.deployment.suboptimality import Suboptimality, Terms
from tiltproof.numerics.experiments.readouts import Experiment, train_many

from tiltproof import policy

from .plain_forecast import Plain
from .plain_forecast import diameter as plain_diameter

share = st.floats(0, 1)


@given(st.floats(0.1, 3), st.floats(-1, 30), st.floats(0, 8), share, share)
def test_a_cell_holds_the_learning_bound(t, d, width, x, y) -> None:  # type: ignore[no-untyped-def]
    cell = learned(arb(t).union(arb(t + 0.1)), arb(d).union(arb(d + width)))
    inside = d + y * width
    if inside >= 0:
        assert cell.overlaps(learned(arb(t + 0.1 * x), arb(inside)))


def test_a_forecast_is_no_bound_at_finite_n() -> None:
    t = 1 / 0.2419
    lost = 1 - float(policy("tanh", "0.2419").value.lower)
    forecast = min(Plain(np.tanh, -1.0, 1.0, 0.0, 13).losses(t, "label").values())
    assert lost + forecast == pytest.approx(0.2182, abs=1e-4)
    setting = Experiment(Recipe(BIASES, Fraction(0), (-1.0, 1.0)), parse("tanh").tree, NOISELESS, Fraction(t))
    gaps = train_many(setting, 13, 200, np.random.default_rng(0)).gap
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
    function, low, high = LINKS[name]
    plain = Plain(function, low, high, 0.5 if noise else 0.0, 20_000)
    link, law = parse(name).tree, parse_noise(noise or "none")
    top, pilot = Fraction(8), combine("*", Num(Fraction(9, 10)), link)
    terms = Terms(arb(high), None, arb(high - low), arb(0), 20_000)
    fit, other = (readout(link, top, noise=law, pilot=tree) for tree in (None, pilot))
    label = Suboptimality(fit, fit, terms, 90, Leverage(fit, arb(low)))
    paid = replace(terms, pilot_oscillation=arb((high - low) / 10))
    surrogate = replace(label, terms=paid)
    own = Suboptimality(fit, other, paid, 90, Leverage(other, arb(low) * 9 / 10))
    for t in (0.2, 0.7, 2.5):
        for scheme, b in (("label", label), ("surrogate", surrogate), ("surrogate_own", own)):
            # The reach of the features and osc(s - g) are bounds from above, the plain ones from below; at
            # a kink plain sums are off by 1e-5.
            learned = min(plain.losses(t, scheme).values())
            found = b.estimate(t)
            assert found.lost == pytest.approx(plain.lost(t), rel=1e-4)
            assert learned * (1 - 1e-4) <= found.total(20_000) - found.lost + 1e-9 <= learned * 1.01 + 2e-9


@pytest.mark.parametrize("name", LINKS)
def test_the_ball_of_a_forecast_holds_it(name: str) -> None:
    link, noise = parse(name).tree, parse_noise("gaussian(1/2)")
    pilot = combine("*", Num(Fraction(9, 10)), link)
    fit, other = (readout(link, Fraction(1), noise=noise, pilot=tree) for tree in (None, pilot))
    for fitted, pays in ((fit, 0), (fit, 1), (other, 1)):
        b = Suboptimality(fit, fitted, Terms(arb(1), arb(5) / 2, arb(2), arb(pays) / 3, 20_000), 120)
        ball = b.ball(Fraction(3, 4))
        assert ball is not None
        assert ball.overlaps(arb(b.estimate(0.75).total(20_000), 1e-6))
        assert float(ball.rad()) < 1e-4


def test_the_remainder_is_the_exponential_less_its_first_terms() -> None:
    x = np.array([1e-9, 5e-4, 9.9e-4, 1.1e-3, 0.1, 3.0, 200.0])
    with mpmath.workdps(60):
        exact = [float((mpmath.expm1(v) - v) / v**2) for v in map(mpmath.mpf, x)]
    assert remainder_factor(x) == pytest.approx(exact, rel=1e-7)
    assert remainder_factor(np.zeros(1)) == 0.5


def test_the_leverage_of_the_features_is_their_diameter() -> None:
    assert plain_diameter() <= diameter() <= 1.01 * plain_diameter()
