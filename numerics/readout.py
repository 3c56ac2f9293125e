"""The second stage on data: weighted ridge regression of labels on features, weights kept as logarithms."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from flint import arb
from numpy.typing import NDArray

from ..link.noise import Noise
from ..link.tree import Node
from .lower_numpy import compile_numpy
from .montecarlo import draw_noise
from .noise import cumulants

Array = NDArray[np.float64]
_CELLS = 6001


@dataclass(frozen=True, slots=True)
class Fit:
    """theta and the effective sample size (sum w)^2/sum w^2 of the weights it was fitted with."""

    theta: Array
    effective: float


def weighted_ridge(psi: Array, y: Array, log_w: Array, penalty: float = 0.0) -> Fit:
    """argmin sum w (y - psi theta)^2/sum w + penalty |theta_1..|^2; the first feature, 1, is not penalised.

    psi: (n, p) with a first column of ones; log_w: (n,), shifted by its maximum so that nothing overflows
    and the largest weight is exactly 1. penalty >= 0.
    """
    w = np.exp(log_w - float(np.max(log_w)))
    effective = float(w.sum() ** 2 / (w @ w))
    root = np.sqrt(w / w.sum())
    rows, target = root[:, None] * psi, root * y
    if penalty > 0:
        ridge = np.sqrt(penalty) * np.eye(psi.shape[1])
        ridge[0, 0] = 0.0
        rows, target = np.vstack([rows, ridge]), np.concatenate([target, np.zeros(psi.shape[1])])
    return Fit(np.linalg.lstsq(rows, target, rcond=None)[0], effective)


def features(z: Array, biases: Array) -> Array:
    """1 and tanh(z - b), shape (len(z), 1 + len(biases))."""
    return np.hstack([np.ones((len(z), 1)), np.tanh(z[:, None] - biases)])


@dataclass(frozen=True, slots=True)
class Measured:
    """Label-weighted fits on fresh samples, one entry per replica.

    excess: n Var_{pi*}(fhat - f), f the projection of r* on the features. gap: V(pi*) - V(pi_rhat) of the fit
    clipped to ``span``, where one is given.
    """

    excess: Array
    gap: Array
    n: int


def measure(
    tree: Node, t: float, biases: Array, noise: Noise, *, n: int, replicas: int, rng: np.random.Generator,
    span: tuple[float, float] = (-np.inf, np.inf),
) -> Measured:  # fmt: skip
    """Train ``replicas`` readouts of n samples each; compare them with the projection f and with r*.

    The projection and Cov_{pi*}(psi) come from a fine grid, so they share nothing with the certified cost.
    """
    link = compile_numpy(tree)
    z = np.linspace(-12, 12, _CELLS)
    reward = link(z)
    p = _law(t * reward - z**2 / 2)
    grid = features(z, biases)
    projection = weighted_ridge(grid, reward, np.log(np.maximum(p, 1e-300))).theta
    shift = float(cumulants(noise, arb(t))[1])
    excess, gap = np.empty(replicas), np.empty(replicas)
    for replica in range(replicas):
        x = rng.standard_normal(n)
        y = link(x) + draw_noise(noise, n, rng)
        theta = weighted_ridge(features(x, biases), y, t * y).theta
        error = grid @ (theta - projection)
        excess[replica] = n * float(p @ (error - p @ error) ** 2)
        learned = _law(t * np.clip(grid @ theta - shift, *span) - z**2 / 2)
        gap[replica] = float((p - learned) @ reward)
    return Measured(excess, gap, n)


def _law(log_p: Array) -> Array:
    p = np.exp(log_p - float(np.max(log_p)))
    return np.asarray(p / p.sum())
