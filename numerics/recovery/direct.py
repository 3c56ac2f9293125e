"""Spherical online SGD as it is written down: x, theta* and every w_j are vectors in R^d.

p neurons share each batch: w_j' = (w_j + eta/B sum_i G_ij x_i)/|.|, G_ij = a_j T_t(y_i) g'(<w_j, x_i> + b_j).
Slow, and the reference for the chains, with which it shares the labels but no line of the update.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ..lowering.derivative import derivative, require_continuous
from ..lowering.numpy import compile_numpy
from .training import Pulse, Run, Training, as_starts, labels, log_grid, quiet

Array = NDArray[np.float64]
#: Doubles of one array: replicas are run in groups of at most this size, or one by one.
_GROUP = 2**18


def run_direct(
    training: Training,
    d: int,
    starts: ArrayLike,
    signs: ArrayLike,
    horizon: int,
    rng: np.random.Generator,
    *,
    records: int = 0,
    stop_at: float = 0.5,
    biases: ArrayLike = 0.0,
    pulse: Pulse = quiet,
) -> Run:
    """R replicas of p neurons on shared samples, each with its own theta* uniform on the sphere.

    starts: (R,) for one neuron or (R, p): <w_j, theta*> at step 0, the rest of w_j uniform and independent.
    signs, biases: a_j = +-1 and b_j, broadcast to ``starts``. d >= 2; records, stop_at, pulse as in
    :func:`~tiltproof.numerics.recovery.chain.run_chain`. Raises LinkError, ArithmeticError likewise.
    """
    m = as_starts(starts, d, 2, horizon)
    require_continuous(training.activation)
    shape, table = m.shape, m.reshape(len(m), -1)
    a, b = (
        np.broadcast_to(np.asarray(x, dtype=np.float64), shape).reshape(table.shape) for x in (signs, biases)
    )
    grid = log_grid(horizon, records)
    size = max(1, _GROUP // (d * max(training.batch, table.shape[1])))
    parts = []
    for first in range(0, len(table), size):
        few = slice(first, first + size)
        group = _Group(training, d, table[few], a[few], b[few], stop_at, rng)
        before, share = first / len(table), len(table[few]) / len(table)
        parts.append(group.run(horizon, grid, lambda done: pulse(before + share * done)))  # noqa: B023
    hit, overlaps, final = (np.concatenate(column) for column in zip(*parts, strict=True))
    return Run(hit.reshape(shape), grid, overlaps.reshape((*shape, grid.size)), final.reshape(shape))


class _Group:
    """Replicas that are advanced together: theta (R, d), w (R, p, d)."""

    def __init__(
        self, training: Training, d: int, m: Array, signs: Array, biases: Array, stop_at: float,
        rng: np.random.Generator,
    ) -> None:  # fmt: skip
        self.rng, self.stop_at, self.batch = rng, stop_at, training.batch
        self.labels = labels(training)
        self.slope = compile_numpy(derivative(training.activation))
        self.rate = signs * (training.step / training.batch)
        self.biases = biases
        self.theta = rng.standard_normal((len(m), d, 1))
        self.theta /= np.linalg.norm(self.theta, axis=1, keepdims=True)
        rest = rng.standard_normal((*m.shape, d))
        rest -= (rest @ self.theta) * self.theta.transpose(0, 2, 1)
        rest /= np.linalg.norm(rest, axis=2, keepdims=True)
        self.w = m[:, :, None] * self.theta.transpose(0, 2, 1) + np.sqrt(1 - m**2)[:, :, None] * rest
        self.x = np.empty((len(m), training.batch, d))
        self.change = np.empty_like(self.w)
        self.moving = np.abs(m) < stop_at
        self.hit = np.where(self.moving, -1, 0)

    def run(
        self, horizon: int, grid: NDArray[np.int64], pulse: Pulse
    ) -> tuple[NDArray[np.int64], Array, Array]:
        overlaps = np.empty((*self.hit.shape, grid.size))
        recorded = 0
        for step in range(1, horizon + 1):
            if not self.moving.any():
                break
            self._step()
            stopped = self.moving & (np.abs(self.overlap()) >= self.stop_at)
            self.hit[stopped] = step
            self.moving &= ~stopped
            pulse(step / horizon)
            if recorded < grid.size and step == grid[recorded]:
                overlaps[..., recorded] = self.overlap()
                recorded += 1
        overlaps[..., recorded:] = self.overlap()[..., None]
        return self.hit, overlaps, self.overlap()

    def overlap(self) -> Array:
        return np.asarray((self.w @ self.theta)[..., 0])

    def _step(self) -> None:
        self.rng.standard_normal(out=self.x)
        signal = self.labels((self.x @ self.theta)[..., 0], self.rng)
        u = self.x @ self.w.transpose(0, 2, 1) + self.biases[:, None, :]
        # A neuron that has stopped stays where it is.
        gradient = (self.rate * self.moving)[:, None, :] * signal[..., None] * self.slope(u)
        # With one sample the product is an outer one, which broadcasting forms six times faster.
        product = np.multiply if self.batch == 1 else np.matmul
        product(gradient.transpose(0, 2, 1), self.x, out=self.change)
        self.w += self.change
        norm = np.sqrt(np.einsum("rpd,rpd->rp", self.w, self.w))
        if not np.isfinite(norm).all():
            raise ArithmeticError("a gradient overflows: e^(ty) has no bound here")
        self.w *= 1 / norm[..., None]
