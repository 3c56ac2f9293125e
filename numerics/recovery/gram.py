"""Neurons on shared samples, exactly in law at a cost free of d: their Gram matrix is a Markov chain.

With K the Gram matrix of (theta*, w_1, ..., w_p) the projections of x are K^{1/2} xi, xi ~ N(0, I_{p+1}),
and what lies across them all has over the batch the Gram matrix Wishart_{d-p-1}(I) (claim R2).
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import ArrayLike

from ...link.text import LinkError
from ..lowering.derivative import derivative, require_continuous
from ..lowering.numpy import compile_numpy
from .training import Array, Run, Training, labels, log_grid


def run_gram(
    training: Training,
    d: int,
    gram: ArrayLike,
    signs: ArrayLike,
    horizon: int,
    rng: np.random.Generator,
    *,
    records: int = 0,
    stop_at: float = 0.5,
    biases: ArrayLike = 0.0,
) -> Run:
    """p neurons that share all samples, for ``horizon`` steps; arrays of the result have shape (p, ...).

    gram: (p+1, p+1), theta* first, unit diagonal, d > p. signs, biases: (p,) or one number. Neurons go on
    when one has reached ``stop_at``: they share the samples. Raises LinkError on bad input.
    """
    state = np.array(gram, dtype=np.float64)
    p = len(state) - 1
    if state.shape != (p + 1, p + 1) or p < 1 or not np.allclose(np.diag(state), 1):
        raise LinkError("the Gram matrix is not square with unit diagonal: write theta* and p unit vectors")
    if d <= p:
        raise LinkError(f"d = {d} holds no {p} neurons besides theta*: write a dimension from {p + 1}")
    require_continuous(training.activation)
    rate = np.broadcast_to(np.asarray(signs, dtype=np.float64), (p,)) * training.step / training.batch
    bias = np.broadcast_to(np.asarray(biases, dtype=np.float64), (p,))
    slope, signal = compile_numpy(derivative(training.activation)), labels(training)
    hit = np.where(np.abs(state[0, 1:]) >= stop_at, 0, -1).astype(np.int64)
    grid = log_grid(horizon, records)
    overlaps = np.empty((p, grid.size))
    recorded = 0
    for step in range(1, horizon + 1):
        state = _step(state, d, training.batch, rate[:, None], bias[:, None], slope, signal, rng)
        hit[(hit < 0) & (np.abs(state[0, 1:]) >= stop_at)] = step
        if recorded < grid.size and grid[recorded] == step:
            overlaps[:, recorded] = state[0, 1:]
            recorded += 1
    return Run(hit, grid, overlaps, state[0, 1:].copy())


def _step(
    state: Array,
    d: int,
    batch: int,
    rate: Array,
    bias: Array,
    slope: Callable[[Array], Array],
    signal: Callable[[Array, np.random.Generator], Array],
    rng: np.random.Generator,
) -> Array:
    xi = rng.standard_normal((len(state), batch))
    seen = _root(state) @ xi
    moves = rate * slope(seen[1:] + bias) * signal(seen[0], rng)
    # Row 0 is theta*, which stays.
    moves = np.vstack([np.zeros(batch), moves])
    inputs = xi.T @ xi + _wishart(d - len(state), batch, rng)
    cross = seen @ moves.T
    state = state + cross + cross.T + moves @ inputs @ moves.T
    scale = np.sqrt(np.diag(state))
    if not np.isfinite(scale).all():
        raise ArithmeticError("a gradient overflows: e^(ty) has no bound here")
    return np.asarray(state / np.outer(scale, scale))


def _root(state: Array) -> Array:
    """A square root of the Gram matrix; neurons that have aligned make it singular."""
    values, vectors = np.linalg.eigh(state)
    return np.asarray(vectors * np.sqrt(np.maximum(values, 0.0)))


def _wishart(degrees: int, size: int, rng: np.random.Generator) -> Array:
    """The Gram matrix of ``size`` vectors of N(0, I_degrees), by Bartlett's decomposition."""
    if degrees < size:
        vectors = rng.standard_normal((size, degrees))
        return np.asarray(vectors @ vectors.T)
    lower = np.tril(rng.standard_normal((size, size)), -1)
    lower[np.diag_indices(size)] = np.sqrt(rng.chisquare(degrees - np.arange(size)))
    return np.asarray(lower @ lower.T)
