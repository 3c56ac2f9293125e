"""The excess risk of weighted fits against the number of samples, measured on fresh samples.

The normal equations of a fit are sums over its samples, so they are summed once per block, and a fit on
k blocks adds k of these sums. Blocks are regrouped at random many times: each group is a fit on its own
samples, and the mean over groups is an (incomplete) U-statistic of the blocks of a batch. Batches share
nothing, and the spread of their means gives the standard error.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from flint import arb
from numpy.typing import NDArray

from ..link.noise import Noise
from ..link.tree import Node
from .lower_numpy import compile_numpy
from .montecarlo import draw_noise
from .noise import cumulants
from .readout import features, weighted_ridge

Array = NDArray[np.float64]
#: Blocks of one fit, from the fewest samples to the most.
RUNGS = (2, 4, 8, 16)
_CHUNK = 8192
#: Random partitions of a batch into groups, for each block of a group.
_PARTITIONS = 4
#: Midpoints of the grid of pi*: fine, since n times the square of its error counts.
_CELLS, _RADIUS = 120_000, 12.0


def excess_risk(
    tree: Node, ts: Sequence[float], biases: Array, noise: Noise, *,
    n: int, batches: int, blocks: int, rng: np.random.Generator,
) -> Array:  # fmt: skip
    """The mean of m Var_{pi*}(fhat - f) over fits on m samples: shape (batches, len(RUNGS), len(ts)).

    m = n k/16 for k in RUNGS, n a multiple of 16; each batch has ``blocks`` >= 16 blocks of n/16 samples.
    fhat: least squares on 1 and tanh(z - b) with weights e^{ty}. f and Cov_{pi*}(psi) come from a grid, so
    they share nothing with the certified cost.
    """
    size = n // RUNGS[-1]
    theta, covariance = _projections(tree, ts, biases, noise)
    found = np.empty((batches, len(RUNGS), len(ts)))
    for batch in range(batches):
        sums = np.array([_block(tree, ts, biases, noise, size, rng) for _ in range(blocks)])
        for rung, k in enumerate(RUNGS):
            error = _fits(_regrouped(sums, k, rng)) - theta
            risk = np.einsum("gti,tij,gtj->gt", error, covariance, error, optimize=True)
            found[batch, rung] = k * size * risk.mean(axis=0)
    return found


def _block(
    tree: Node, ts: Sequence[float], biases: Array, noise: Noise, size: int, rng: np.random.Generator
) -> Array:
    """The sums of w psi (psi', y) over ``size`` fresh samples, w = e^{ty}: shape (len(ts), p (p + 1))."""
    link, width = compile_numpy(tree), 1 + len(biases)
    total = np.zeros((len(ts), width * (width + 1)))
    for start in range(0, size, _CHUNK):
        count = min(_CHUNK, size - start)
        z = rng.standard_normal(count)
        y = link(z) + draw_noise(noise, count, rng)
        psi = features(z, biases).T
        right = np.vstack([psi, y])
        products = (psi[:, None, :] * right[None, :, :]).reshape(-1, count)
        total += np.exp(np.multiply.outer(np.asarray(ts), y)) @ products.T
    return total


def _regrouped(sums: Array, k: int, rng: np.random.Generator) -> Array:
    """Sums over k blocks each, for random partitions of the blocks into groups."""
    groups = len(sums) // k
    orders = [rng.permutation(len(sums))[: groups * k] for _ in range(_PARTITIONS * k)]
    return np.concatenate([sums[order].reshape(groups, k, *sums.shape[1:]).sum(axis=1) for order in orders])


def _fits(sums: Array) -> Array:
    """The solutions of the normal equations whose sums are given: shape (groups, temperatures, p)."""
    width = int(np.sqrt(sums.shape[-1]))
    normal = sums.reshape(*sums.shape[:-1], width, width + 1)
    return np.asarray(np.linalg.solve(normal[..., :-1], normal[..., -1:])[..., 0])


def _projections(tree: Node, ts: Sequence[float], biases: Array, noise: Noise) -> tuple[Array, Array]:
    """For each t the coefficients of f + K_e'(t) and Cov_{pi*}(psi)."""
    edge = _RADIUS - _RADIUS / _CELLS
    z = np.linspace(-edge, edge, _CELLS)
    reward, psi = compile_numpy(tree)(z), features(z, biases)
    theta, covariance = [], []
    for t in ts:
        log_p = t * reward - z**2 / 2
        fit = weighted_ridge(psi, reward, log_p).theta
        fit[0] += float(cumulants(noise, arb(t))[1])
        p = np.exp(log_p - float(log_p.max()))
        p /= p.sum()
        centred = psi - p @ psi
        theta.append(fit)
        covariance.append(centred.T @ (p[:, None] * centred))
    return np.array(theta), np.array(covariance)
