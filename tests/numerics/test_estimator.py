"""The estimator of the second stage against textbook sums, in double and in high precision."""

from dataclasses import replace
from fractions import Fraction

import mpmath
import numpy as np
import pytest
from scipy.integrate import quad
from tiltproof.link import NOISELESS, Noise, parse
from tiltproof.numerics.deployment import readout
from tiltproof.numerics.deployment.readout import (
    Estimator,
    Recipe,
    features,
    label_weighted,
    log_mass,
    surrogate_weighted,
    unweighted,
)

NOISE = Noise("gaussian", Fraction(1, 2))
BIASES = (Fraction(-1), Fraction(0), Fraction(3, 2))
SPAN = (-1.0, 1.0)
T = Fraction(3, 2)
RNG = np.random.default_rng(3)
U = RNG.standard_normal((4, 200))
Y = np.tanh(U) + RNG.standard_normal((4, 200)) / 2


def _textbook(u: np.ndarray, y: np.ndarray, w: np.ndarray, ridge: float, mass: float) -> np.ndarray:
    psi = features(u, [float(b) for b in BIASES])
    penalty = len(u) * ridge * mass * np.diag([0.0, 1.0, 1.0, 1.0])
    return np.linalg.solve(psi.T @ (psi * w[:, None]) + penalty, psi.T @ (w * y))


@pytest.mark.parametrize("ridge", [Fraction(0), Fraction(1, 1000), Fraction(1)])
def test_a_label_weighted_fit_is_its_formula(ridge: Fraction) -> None:
    law, t = label_weighted(Recipe(BIASES, ridge, SPAN), parse("tanh").tree, NOISE, T), float(T)
    mass = quad(lambda z: np.exp(t * np.tanh(z) - z * z / 2) / np.sqrt(2 * np.pi), -12, 12)[0]
    mass *= np.exp(t * t / 8)
    for u, y, theta in zip(U, Y, law.fit(U, Y, Y), strict=True):
        assert theta == pytest.approx(_textbook(u, y, np.exp(t * y), float(ridge), mass), rel=1e-9)
    assert law.shift == pytest.approx(t / 4)


def test_a_surrogate_weighted_fit_is_its_formula() -> None:
    t, pilot = float(T), 0.9 * np.sin(U)
    mass = quad(lambda z: np.exp(0.9 * t * np.sin(z) - z * z / 2) / np.sqrt(2 * np.pi), -12, 12)[0]
    known = log_mass(parse("9/10*sin(z)").tree, T)
    law = surrogate_weighted(Recipe(BIASES, Fraction(1, 50), SPAN), T, known)
    for u, y, r, theta in zip(U, Y, pilot, law.fit(U, Y, pilot), strict=True):
        assert theta == pytest.approx(_textbook(u, y, np.exp(t * r), 0.02, mass), rel=1e-9)
    assert law.shift == 0


def test_the_mean_weight_is_good_to_the_last_digits() -> None:
    found = log_mass(parse("sign(z)").tree, T, Noise("rademacher", Fraction(1, 3)))
    assert found == pytest.approx(float(np.log(np.cosh(1.5) * np.cosh(0.5))), rel=1e-15)


def test_features_close_to_each_other_are_told_apart() -> None:
    close = (Fraction(0), Fraction(1, 1000), Fraction(2, 1000))
    found = unweighted(Recipe(close, Fraction(0), SPAN)).fit(U[0], Y[0], Y[0])
    with mpmath.workdps(60):
        rows = [[1, *(mpmath.tanh(mpmath.mpf(u) - float(b)) for b in close)] for u in U[0]]
        psi, y = mpmath.matrix(rows), mpmath.matrix(list(map(float, Y[0])))
        exact = mpmath.lu_solve(psi.T * psi, psi.T * y)
        fitted = [float(v) for v in psi * exact]
    psi64 = features(U[0], [float(b) for b in close])
    assert psi64 @ found == pytest.approx(np.array(fitted), abs=1e-8)
    squared = np.linalg.solve(psi64.T @ psi64, psi64.T @ Y[0])
    assert np.abs(squared - found).max() > 1e-6 * np.abs(found).max()


def test_fits_in_parts_and_alone_are_those_of_all_rows(monkeypatch: pytest.MonkeyPatch) -> None:
    law = label_weighted(Recipe(BIASES, Fraction(1, 10), SPAN), parse("tanh").tree, NOISE, T)
    whole = law.fit(U, Y, Y)
    alone = np.array([law.fit(u, y, y) for u, y in zip(U, Y, strict=True)])
    monkeypatch.setattr(readout, "_ROWS", 100)
    assert law.fit(U, Y, Y) == pytest.approx(whole, rel=1e-10)
    assert alone == pytest.approx(whole, rel=1e-10)


def test_weights_beyond_doubles_keep_their_ratios() -> None:
    model = Recipe(BIASES, Fraction(0), SPAN)
    plain = Estimator(model, 2.0, 0.0, 0.0).fit(U, Y, U)
    for shift in (-2000.0, 2000.0):
        assert Estimator(model, 2.0, shift, 0.0).fit(U, Y, U) == pytest.approx(plain)


def test_weights_far_below_their_mean_leave_the_intercept() -> None:
    u, y = U[0], Y[0]
    law = Estimator(Recipe(BIASES, Fraction(1, 10), SPAN), 1.0, 1000.0, 0.0)
    w = np.exp(u)
    assert law.fit(u, y, u) == pytest.approx([w @ y / w.sum(), 0, 0, 0], abs=1e-12)


def test_the_constant_is_not_penalised() -> None:
    theta = unweighted(Recipe(BIASES, Fraction(10**6), SPAN)).fit(U[0], np.full(200, 7.0), U[0])
    assert theta == pytest.approx([7.0, 0.0, 0.0, 0.0], abs=1e-6)


def test_fewer_samples_than_features_give_the_least_fit_through_them() -> None:
    u, y = U[0, :2], Y[0, :2]
    theta = unweighted(Recipe(BIASES, Fraction(0), SPAN)).fit(u, y, y)
    assert features(u, [float(b) for b in BIASES]) @ theta == pytest.approx(y)
    assert np.abs(theta).max() < 10


def test_the_shift_comes_off_before_the_clip() -> None:
    law = replace(unweighted(Recipe(BIASES, Fraction(0), (-0.5, 0.25))), shift=0.75)
    psi = features(np.array([-40.0, 40.0]), [float(b) for b in BIASES])
    assert law.reward(psi, np.array([0.8, 0.1, 0.0, 0.0])) == pytest.approx([-0.05, 0.15])
    assert law.reward(psi, np.array([0.8, 1.0, 0.0, 0.0])) == pytest.approx([-0.5, 0.25])


def test_noiseless_labels_shift_nothing() -> None:
    law = label_weighted(Recipe(BIASES, Fraction(0), SPAN), parse("sin").tree, NOISELESS, T)
    assert law.shift == 0
