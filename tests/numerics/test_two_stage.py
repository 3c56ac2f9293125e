"""The two-stage model on data: the value of a perfect fit, the bound, split samples, a better direction."""

from fractions import Fraction

import numpy as np
import pytest
from tiltproof.link import NOISELESS, parse, parse_noise
from tiltproof.numerics.deployment.learning import BIASES
from tiltproof.numerics.deployment.readout import Estimator, Recipe, deploy, features, label_weighted

from tiltproof import policy

LINK = parse("tanh(z)").tree
SPAN = (-1.0, 1.0)
NOISE = parse_noise("gaussian(1/2)")


def _model(ridge: str) -> Recipe:
    return Recipe(BIASES, Fraction(ridge), SPAN)


def _deploy(ridge, overlap, ts, noise, n, seed):  # type: ignore[no-untyped-def]
    rng = np.random.default_rng(seed)
    return deploy(_model(ridge), LINK, SPAN, overlap, [Fraction(t) for t in ts], noise, n=n, rng=rng)


def test_a_fit_without_noise_and_misfit_has_the_value_of_the_tilted_policy() -> None:
    ts = ("1/2", "2")
    found = _deploy("0", 1.0, ts, NOISELESS, 800, 1)
    for j, t in enumerate(ts):
        exact = float(policy("tanh(z)", 1 / Fraction(t)).value.lower)
        assert found.value[:, j] == pytest.approx(exact, abs=1e-3)
    assert (np.abs(found.gap) < 1e-3).all()


def test_the_gap_is_what_the_best_policy_has_more() -> None:
    found = _deploy("0.001", 0.9, ("1",), NOISE, 300, 2)
    best = float(policy("tanh(z)", 1).value.lower)
    assert found.gap == pytest.approx(best - found.value, abs=1e-12)
    assert (found.gap <= found.bound).all()
    assert (found.effective < 300).all()


def test_the_bound_is_its_formula_by_sums_over_both_directions() -> None:
    t, overlap, n = 1.0, 0.9, 300
    found = _deploy("0.001", overlap, ("1",), NOISE, n, 2)
    rng = np.random.default_rng(2)
    z, v = rng.standard_normal(n), rng.standard_normal(n)
    u = overlap * z + np.sqrt(1 - overlap**2) * v
    y = np.tanh(z) + rng.standard_normal(n) / 2
    law = label_weighted(_model("0.001"), parse("tanh(z)").tree, NOISE, Fraction(1))
    start = Estimator(law.recipe, 0.0, 0.0, 0.0).fit(u[:150], y[:150], y[:150])
    places, across = np.linspace(-8, 8, 1201)[:, None], np.linspace(-8, 8, 301)
    psi = features((overlap * places + np.sqrt(1 - overlap**2) * across).ravel(), [float(b) for b in BIASES])
    base = np.exp(-(places**2 + across**2) / 2)
    pilot, s = np.clip(psi @ start, -1, 1).reshape(base.shape), np.tanh(places)
    mass = float((base * np.exp(pilot)).sum() / base.sum())
    second = Estimator(law.recipe, 1.0, np.log(mass), 0.0)
    half = u[150:]
    at_half = np.clip(features(half, [float(b) for b in BIASES]) @ start, -1, 1)
    for i, (theta, shift, weight) in enumerate(
        ((law.fit(u, y, y), 0.25, s + 0 * pilot), (second.fit(half, y[150:], at_half), 0.0, pilot))
    ):
        rhat = np.clip(psi @ theta - shift, -1, 1).reshape(base.shape)
        best, own = (base * np.exp(t * r) / (base * np.exp(t * r)).sum() for r in (s, weight))
        spread = np.sqrt((best * s**2).sum() - (best * s).sum() ** 2)
        error = np.sqrt((own * (rhat - s) ** 2).sum() - (own * (rhat - s)).sum() ** 2)
        above = rhat.max() + 1 - (best * (rhat - s)).sum()
        bound = np.expm1(above) / above * spread * error
        if i == 1:
            bound *= np.exp((np.ptp(pilot) + 2) / 2)
        assert found.bound[i, 0] == pytest.approx(bound, rel=1e-3)


def test_the_pilot_sees_the_first_half_and_the_readout_it_weights_the_second(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    seen: dict[str, set[float]] = {}
    fit = Estimator.fit

    def recorded(self, u, y, reward):  # type: ignore[no-untyped-def]
        kind = "pilot" if self.t == 0 else "label" if reward is y else "surrogate"
        seen[kind] = set(u)
        return fit(self, u, y, reward)

    monkeypatch.setattr(Estimator, "fit", recorded)
    _deploy("0.001", 0.9, ("1",), NOISE, 101, 3)
    assert (len(seen["pilot"]), len(seen["surrogate"])) == (50, 51)
    assert not seen["pilot"] & seen["surrogate"]
    assert seen["label"] == seen["pilot"] | seen["surrogate"]


def test_a_link_bounded_below_has_a_bound_for_label_weights_alone() -> None:
    tree, rng = parse("z**2").tree, np.random.default_rng(4)
    model = Recipe((Fraction(-1), Fraction(0), Fraction(1)), Fraction(0), (0.0, 4.0))
    found = deploy(model, tree, (0.0, np.inf), 1.0, [Fraction(1, 8)], NOISELESS, n=1000, rng=rng)
    assert found.gap[0, 0] <= found.bound[0, 0] < np.inf
    assert found.bound[1, 0] == np.inf


def test_a_better_direction_gives_a_smaller_gap() -> None:
    gaps = [
        np.mean([_deploy("0.0001", overlap, ("2",), NOISELESS, 500, seed).gap for seed in range(5)])
        for overlap in (0.5, 0.99)
    ]
    assert gaps[1] < gaps[0] / 3
