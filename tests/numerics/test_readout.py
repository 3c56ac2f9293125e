"""The learning cost of the weighted readout: enclosed, by plain sums, and as measured excess risk."""

from fractions import Fraction
from math import factorial

import numpy as np
import pytest
from flint import arb, arb_mat
from tiltproof.link import Noise, Target, parse, parse_label, parse_noise
from tiltproof.numerics.deployment.feature_integrals import design
from tiltproof.numerics.deployment.gram import inverted
from tiltproof.numerics.deployment.learning import readout
from tiltproof.numerics.deployment.readout import Estimator, Recipe, error_moments, features
from tiltproof.numerics.estimates.sampling import label_moment
from tiltproof.numerics.expectation.oracle import Interval
from tiltproof.numerics.experiments.readouts import _blocks, _fits, _limit, _regrouped, excess_risk
from tiltproof.numerics.precision import working
from tiltproof.numerics.recovery.gradient import signal_to_noise

NOISE = Noise("gaussian", Fraction(4, 5))
BIASES = (Fraction(-1), Fraction(0), Fraction(1))


def _cost(name: str, t: Fraction):  # type: ignore[no-untyped-def]
    with working(140):
        return readout(parse(name).tree, Fraction(2), noise=NOISE, biases=BIASES).cost(t)


@pytest.mark.parametrize("name", ["tanh", "sin", "sigmoid", "hardtanh"])
def test_measured_excess_risk_is_the_leading_cost(name: str) -> None:
    risk = excess_risk(
        parse(name).tree, [0.5], np.array([-1.0, 0.0, 1.0]), NOISE, n=8192, batches=16, blocks=128,
        rng=np.random.default_rng(5),
    )[:, -1, 0]  # fmt: skip
    error = risk.std(ddof=1) / 4
    assert error < 0.05 * risk.mean()
    assert abs(risk.mean() - float(_cost(name, Fraction(1, 2)).fluctuation)) < 5 * error


def test_a_constant_error_has_the_variance_of_the_link_where_nodes_miss_some_mass() -> None:
    p, s = np.array([0.999, 1e-8]), np.array([1.0, -1.0])
    error, square = error_moments(np.array([p, p * s, p * s * s]), np.full(2, -1.0))
    assert square - error**2 == pytest.approx(4e-8, rel=0.01)


def test_regrouped_blocks_give_the_fits_of_their_samples() -> None:
    rng = np.random.default_rng(0)
    sums = _blocks(parse("sin").tree, [0.5], np.array([1.0]), NOISE, 4, 50, rng)
    rng = np.random.default_rng(0)
    pairs = [(rng.standard_normal(50), rng.standard_normal(50)) for _ in range(4)]
    z, y = (np.concatenate(part) for part in zip(*((z, np.sin(z) + 0.8 * e) for z, e in pairs), strict=True))
    model = Recipe((Fraction(1),), Fraction(0), (-1.0, 1.0))
    direct = Estimator(model, 0.5, 0.0, 0.0).fit(z, y, y)
    assert np.allclose(_fits(_regrouped(sums, 4, rng)), direct)


@pytest.mark.parametrize("name", ["tanh", "hardtanh", "clip-square", "abs"])
def test_a_wide_cell_holds_the_costs_inside(name: str) -> None:
    points = [_cost(name, Fraction(k, 10)) for k in range(9, 12)]
    with working(140):
        fit = readout(parse(name).tree, Fraction(2), noise=NOISE, biases=BIASES)
        cell = fit.cost(Interval(Fraction(9, 10), Fraction(11, 10)))
        for part in ("bias", "fluctuation", "uncentred"):
            hull, inside = getattr(cell, part), [getattr(point, part) for point in points]
            assert all(hull.contains(one.mid()) for one in inside)


@pytest.mark.parametrize("pilot", [None, "sin"])
def test_the_cost_is_its_formula_by_plain_sums(pilot: str | None) -> None:
    t, tau, count = 0.75, 0.8, 20000
    z = np.linspace(-12, 12, count)
    phi = np.exp(-(z**2) / 2) / np.sqrt(2 * np.pi) * (z[1] - z[0])
    psi, s = features(z, np.array([-1.0, 0.0, 1.0])), np.tanh(z)
    weight = s if pilot is None else np.sin(z)
    growth = np.exp((tau * t) ** 2) if pilot is None else 1.0
    w = np.exp(t * weight) * phi
    h = psi.T @ (psi * w[:, None])
    rho = s - psi @ np.linalg.solve(h, psi.T @ (w * s))
    offset = tau**2 * t if pilot is None else 0.0
    second = growth * np.exp(2 * t * weight) * phi * ((rho + offset) ** 2 + tau**2)
    law, mean = h / w.sum(), psi.T @ w / w.sum()
    g = np.linalg.inv(h)
    spread = g @ (psi.T @ (psi * second[:, None])) @ g
    with working(140):
        tree = None if pilot is None else parse(pilot).tree
        fit = readout(parse("tanh").tree, Fraction(2), noise=NOISE, pilot=tree, biases=BIASES)
        cost = fit.cost(Fraction(3, 4))
    assert float(cost.uncentred) == pytest.approx(np.trace(law @ spread), rel=1e-9)
    centred = np.trace((law - np.outer(mean, mean)) @ spread)
    assert float(cost.fluctuation) == pytest.approx(centred, rel=1e-9)
    assert float(cost.bias) == pytest.approx(w @ rho**2 / w.sum(), abs=1e-12)


@pytest.mark.parametrize("share", [0.01, 0.1])
def test_inverses_of_a_ball_matrix_are_held(share: float) -> None:
    rng = np.random.default_rng(7)
    psi, mass = rng.standard_normal((60, 5)), rng.uniform(0.01, 0.03, 60)
    middle, away = psi.T @ (psi * mass[:, None]), np.abs(psi).T @ (np.abs(psi) * mass[:, None])
    balls = [
        [arb(float(m), float(share * r)) for m, r in zip(*rows, strict=True)]
        for rows in zip(middle, away, strict=True)
    ]
    found = inverted(arb_mat(balls)).tolist()
    for _ in range(50):
        weights = mass * (1 + share * rng.choice([-1.0, 1.0], 60))
        inverse = np.linalg.inv(psi.T @ (psi * weights[:, None]))
        assert all(
            ball.contains(float(v))
            for row, vs in zip(found, inverse, strict=True)
            for ball, v in zip(row, vs, strict=True)
        )


def test_a_matrix_that_may_be_singular_is_not_inverted() -> None:
    matrix = arb_mat([[arb(1, 0.6), arb(0, 0.6)], [arb(0, 0.6), arb(1, 0.6)]])
    with pytest.raises(ZeroDivisionError):
        inverted(matrix)


def test_a_kink_costs_no_accuracy_where_the_link_is_large_far_out() -> None:
    found = design(parse("abs").tree, parse("abs").tree, BIASES, Fraction(6), 18)
    assert found.error(arb(6), arb(6), 2, 1, 2) < 1e-8


def test_the_cost_of_many_features_is_narrow() -> None:
    with working(140):
        fit = readout(parse("tanh").tree, Fraction(2), noise=NOISE)
        cost = fit.cost(Fraction(1))
        rough = fit.estimate(1.0)
    assert cost.fluctuation.rad() < 1e-4 * float(cost.fluctuation)
    assert float(cost.fluctuation) == pytest.approx(rough.fluctuation, rel=1e-4)


@pytest.mark.parametrize("noise", ["none", "gaussian(4/5)", "uniform(1)", "rademacher(1/2)"])
@pytest.mark.parametrize("pilot", [None, "sin"])
def test_the_limit_of_trained_readouts_is_the_enclosed_cost(noise: str, pilot: str | None) -> None:
    """Sums over z and over the noise itself, against moments and cumulants."""
    law, other = parse_noise(noise), None if pilot is None else parse(pilot).tree
    found = _limit(parse("tanh").tree, 0.5, np.array([-1.0, 0.0, 1.0]), law, other)
    with working(140):
        cost = readout(parse("tanh").tree, Fraction(2), noise=law, pilot=other, biases=BIASES).cost(
            Fraction(1, 2)
        )
    assert found.cost == pytest.approx(float(cost.fluctuation), rel=1e-6, abs=1e-11)


@pytest.mark.parametrize("tau", [0.0, 0.5])
def test_a_linear_label_has_the_signal_to_noise_ratio_of_its_formula(tau: float) -> None:
    """alpha_1 = (1 + t^2 + tau^2 t^2) M, E y^2 e^{2ty} = (v + 4 v^2 t^2) e^{2 v t^2}, v = 1 + tau^2."""
    noise, t, v = Noise("gaussian", Fraction(tau)) if tau else parse_noise("none"), 0.25, 1 + tau**2
    found = signal_to_noise(Target(parse("z"), Fraction(1, 4), noise=noise), 1)
    alpha = (1 + v * t * t) * np.exp(v * t * t / 2)
    assert found == pytest.approx(alpha**2 / ((v + 4 * (v * t) ** 2) * np.exp(2 * v * t * t)), rel=1e-6)
    with np.errstate(over="ignore"):
        assert signal_to_noise(Target(parse("z**2"), Fraction(2, 5)), 2) is None


@pytest.mark.parametrize(
    ("text", "label"),
    [("sigmoid(z)", "bernoulli(-1,2)"), ("sigmoid(2*z)", "poisson"), ("tanh(z) - 1/2", "flip(1/5)"),
     ("tanh(z)", "heteroscedastic(sigmoid(z))"), ("tanh(z)", "preference(1)")],
)  # fmt: skip
def test_a_drawn_label_has_the_signal_to_noise_ratio_of_its_moments(text: str, label: str) -> None:
    """E[y e^{ty} He_k]^2 over k! E[y^2 e^{2ty}], by Gauss rules."""
    tree, law = parse(text).tree, parse_label(label)
    for k in (1, 3):
        found = signal_to_noise(Target(parse(text), Fraction(1, 2), label=law), k)
        signal, energy = label_moment(tree, law, k, 1, 0.5).value, label_moment(tree, law, 0, 2, 1.0).value
        assert found == pytest.approx(signal**2 / (factorial(k) * energy), rel=1e-5)
