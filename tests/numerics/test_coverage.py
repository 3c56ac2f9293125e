"""Readouts trained many times: norms against the enclosed learning cost, gaps against plain fits."""

from fractions import Fraction

import numpy as np
import pytest
from tiltproof.link import Noise, parse
from tiltproof.numerics.deployment.learning import readout
from tiltproof.numerics.deployment.readout import Recipe, features
from tiltproof.numerics.experiments.readouts import Experiment, train_many
from tiltproof.numerics.precision import working

from tiltproof import policy

NOISE = Noise("gaussian", Fraction(1, 2))
BIASES = (Fraction(-1), Fraction(0), Fraction(1))
MODEL = Recipe(BIASES, Fraction(0), (-1.0, 1.0))
TANH, PROXY = parse("tanh").tree, parse("9/10*tanh(z)").tree
N, REPLICAS = 4000, 400


@pytest.mark.parametrize("proxy", [None, PROXY], ids=["label", "surrogate"])
def test_the_norms_have_the_enclosed_means(proxy) -> None:  # type: ignore[no-untyped-def]
    found = train_many(
        Experiment(MODEL, TANH, NOISE, Fraction(1), proxy=proxy), N, REPLICAS, np.random.default_rng(0)
    )
    with working(140):
        cost = readout(TANH, Fraction(2), noise=NOISE, pilot=proxy, biases=BIASES).cost(Fraction(1))
    assert cost is not None
    square = found.deviation**2
    error = square.std() / np.sqrt(REPLICAS)
    assert N * square.mean() == pytest.approx(float(cost.uncentred), abs=4 * N * error, rel=0)
    assert N * error < 0.1 * float(cost.uncentred)
    # Least squares: ||fhat - r*||^2 = b^2 + ||fhat - f||^2.
    assert found.error**2 - square == pytest.approx(float(cost.bias), abs=1e-7)


def test_gaps_are_those_of_plain_normal_equations() -> None:
    t, ridge, overlap = 2.0, 0.01, 0.9
    setting = Experiment(Recipe(BIASES, Fraction(1, 100), (-1.0, 1.0)), TANH, NOISE, Fraction(2), overlap)
    found = train_many(setting, 3000, 5, np.random.default_rng(7))
    rng = np.random.default_rng(7)
    z, v = rng.standard_normal((5, 3000)), rng.standard_normal((5, 3000))
    u = overlap * z + np.sqrt(1 - overlap**2) * v
    y = np.tanh(z) + rng.standard_normal(15_000).reshape(5, 3000) / 2
    places, law = np.linspace(-9, 9, 3001)[:, None], np.linspace(-9, 9, 401)
    weight = np.exp(-(places**2 + law**2) / 2)
    away = overlap * places + np.sqrt(1 - overlap**2) * law
    psi = features(away.ravel(), [-1.0, 0.0, 1.0])
    line = np.linspace(-10, 10, 20_001)
    mass = np.exp(t * np.tanh(line) - line**2 / 2).sum() / np.exp(-(line**2) / 2).sum() * np.exp(t * t / 8)
    tilted = weight * np.exp(t * np.tanh(places))
    best = (tilted * np.tanh(places)).sum() / tilted.sum()
    assert best == pytest.approx(float(policy("tanh", "1/2").value.lower), abs=1e-9)
    for i in range(5):
        rows, w = features(u[i], [-1.0, 0.0, 1.0]), np.exp(t * y[i])
        penalty = 3000 * ridge * mass * np.diag([0.0, 1.0, 1.0, 1.0])
        theta = np.linalg.solve(rows.T @ (rows * w[:, None]) + penalty, rows.T @ (w * y[i]))
        reward = np.clip(psi @ theta - t / 4, -1, 1).reshape(away.shape)
        own = weight * np.exp(t * reward)
        value = (own * np.tanh(places)).sum() / own.sum()
        assert found.gap[i] == pytest.approx(best - value, abs=1e-6)
        error = np.sqrt(
            (tilted * ((psi @ theta - t / 4).reshape(away.shape) - np.tanh(places)) ** 2).sum() / tilted.sum()
        )
        assert found.error[i] == pytest.approx(error, abs=1e-7)


def test_ridge_deviations_are_in_the_metric_of_the_penalised_matrix() -> None:
    model = Recipe(BIASES, Fraction(1, 10), (-1.0, 1.0))
    found = train_many(Experiment(model, TANH, NOISE, Fraction(1)), 50, 3, np.random.default_rng(1))
    rng = np.random.default_rng(1)
    z = rng.standard_normal((3, 50))
    y = np.tanh(z) + rng.standard_normal(150).reshape(3, 50) / 2
    line = np.linspace(-10, 10, 20_001)
    law = np.exp(np.tanh(line) - line**2 / 2)
    mass = law.sum() / np.exp(-(line**2) / 2).sum() * np.exp(1 / 8)
    law /= law.sum()
    psi, penalty = features(line, [-1.0, 0.0, 1.0]), np.diag([0.0, 0.1, 0.1, 0.1])
    g = psi.T @ (psi * law[:, None]) + penalty
    theta = np.linalg.solve(g, psi.T @ (law * (np.tanh(line) + 1 / 4)))
    for i in range(3):
        rows, w = features(z[i], [-1.0, 0.0, 1.0]), np.exp(y[i]) / mass / 50
        away = np.linalg.solve(rows.T @ (rows * w[:, None]) + penalty, rows.T @ (w * y[i])) - theta
        assert found.deviation[i] == pytest.approx(np.sqrt(away @ g @ away), abs=1e-8)


def test_no_fit_sees_past_the_overlap() -> None:
    setting = Experiment(MODEL, parse("sign").tree, NOISE, Fraction(1), 0.97)
    found = train_many(setting, 20_000, 20, np.random.default_rng(2))
    # E_{pi*} Var(sign(z)|u) by a double sum.
    z, v = (np.arange(-9, 9, 0.005) + 0.0025)[:, None], np.arange(-9, 9, 0.01)
    law = np.exp(np.sign(z) - (z**2 + v**2) / 2)
    cells = np.round((0.97 * z + np.sqrt(1 - 0.97**2) * v) / 0.02).astype(int).ravel()
    cells -= cells.min()
    mass, first = np.bincount(cells, law.ravel()), np.bincount(cells, (law * np.sign(z)).ravel())
    seen = mass > 0
    floor = 1 - (first[seen] ** 2 / mass[seen]).sum() / mass.sum()
    assert (found.error**2 > 0.99 * floor).all()


def test_a_pilot_of_other_samples_trains_about_as_well_as_the_link() -> None:
    fitted, given = (
        train_many(Experiment(MODEL, TANH, NOISE, Fraction(2), **extra), 2000, 60, np.random.default_rng(3))
        for extra in ({"pilot_samples": 20_000}, {"proxy": TANH})
    )
    assert fitted.deviation.mean() == pytest.approx(given.deviation.mean(), rel=0.25)
    assert abs(fitted.gap.mean() - given.gap.mean()) < 0.01


@pytest.mark.parametrize("extra", [{}, {"proxy": PROXY}, {"pilot_samples": 50}])
def test_the_generator_alone_decides(extra) -> None:  # type: ignore[no-untyped-def]
    setting = Experiment(MODEL, TANH, NOISE, Fraction(1), 0.9, **extra)
    one, other = (train_many(setting, 100, 3, np.random.default_rng(4)) for _ in range(2))
    assert (one.gap == other.gap).all()
    assert one.gap.shape == one.error.shape == one.deviation.shape == (3,)
    assert (one.gap != np.roll(one.gap, 1)).all()
