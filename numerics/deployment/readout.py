"""The second stage on data: weighted ridge regression of labels on features, weights kept as logarithms."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from flint import arb
from numpy.typing import NDArray

from ...link.label import Noise
from ...link.tree import Node
from ..estimates.sampling import draw_noise
from ..expectation.noise import cumulants
from ..lowering.numpy import compile_numpy

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


def value_gaps(
    tree: Node, t: float, biases: Array, noise: Noise, *, n: int, replicas: int, rng: np.random.Generator,
    span: tuple[float, float] = (-np.inf, np.inf),
) -> Array:  # fmt: skip
    """V(pi*) - V(pi_rhat) of ``replicas`` label-weighted fits on n fresh samples each, clipped to ``span``.

    The policies are taken on a fine grid.
    """
    link = compile_numpy(tree)
    z = np.linspace(-12, 12, _CELLS)
    reward, grid = link(z), features(z, biases)
    p = _law(t * reward - z**2 / 2)
    shift = float(cumulants(noise, arb(t))[1])
    gap = np.empty(replicas)
    for replica in range(replicas):
        x = rng.standard_normal(n)
        y = link(x) + draw_noise(noise, n, rng)
        theta = weighted_ridge(features(x, biases), y, t * y).theta
        learned = _law(t * np.clip(grid @ theta - shift, *span) - z**2 / 2)
        gap[replica] = float((p - learned) @ reward)
    return gap


def _law(log_p: Array) -> Array:
    p = np.exp(log_p - float(np.max(log_p)))
    return np.asarray(p / p.sum())
