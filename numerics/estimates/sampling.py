"""Monte Carlo from d-dimensional inputs: nothing is reduced to one dimension by hand.

x ~ N(0, I_d), a direction theta* uniform on the sphere, y = s(<theta*, x>) + e. All orders, powers and
temperatures are estimated from the same samples.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ...link.label import Noise
from ...link.tree import Node
from ..lowering.numpy import compile_numpy

_BLOCK = 8192


@dataclass(frozen=True, slots=True)
class Sample:
    """Means and standard errors of y^i e^{ty} He_k(<theta*, x>).

    Both arrays have shape (temperatures, powers, orders); n is the number of samples, d the dimension.
    """

    mean: NDArray[np.float64]
    standard_error: NDArray[np.float64]
    n: int
    d: int


def simulate(
    tree: Node,
    ks: Sequence[int],
    powers: Sequence[int],
    ts: Sequence[float],
    *,
    d: int,
    n: int,
    noise: Noise,
    rng: np.random.Generator,
) -> Sample:
    """Estimate E[y^i e^{ty} He_k(<theta*, x>)] for all orders, powers and t = 1/beta from n samples.

    Memory is bounded by one block of 8192 samples, whatever n is.
    """
    link = compile_numpy(tree)
    direction = rng.standard_normal(d)
    direction /= np.linalg.norm(direction)
    shape = (len(ts), len(powers), len(ks))
    mean, square = np.zeros(shape), np.zeros(shape)
    seen = 0
    while seen < n:
        size = min(_BLOCK, n - seen)
        overlap = rng.standard_normal((size, d)) @ direction
        y = link(overlap) + draw_noise(noise, size, rng)
        values = _values(overlap, y, ks, powers, ts)
        # Chan's update merges the block's mean and squared deviations into the running ones.
        block_mean = values.mean(axis=-1)
        block_square = ((values - block_mean[..., None]) ** 2).sum(axis=-1)
        shift = block_mean - mean
        total = seen + size
        square += block_square + shift**2 * (seen * size / total)
        mean += shift * (size / total)
        seen = total
    return Sample(mean, np.sqrt(square / (n - 1) / n), n, d)


def _values(
    z: NDArray[np.float64],
    y: NDArray[np.float64],
    ks: Sequence[int],
    powers: Sequence[int],
    ts: Sequence[float],
) -> NDArray[np.float64]:
    polynomials = np.empty((max(max(ks), 1) + 1, z.size))
    polynomials[0], polynomials[1] = 1.0, z
    for k in range(1, max(ks)):
        polynomials[k + 1] = z * polynomials[k] - k * polynomials[k - 1]
    tilt = np.exp(np.multiply.outer(np.asarray(ts, dtype=np.float64), y))
    raised = np.stack([y**power for power in powers])
    result: NDArray[np.float64] = (
        tilt[:, None, None] * raised[None, :, None] * polynomials[list(ks)][None, None]
    )
    return result


def draw_noise(noise: Noise, size: int, rng: np.random.Generator) -> NDArray[np.float64]:
    """``size`` independent draws of the label noise."""
    scale = float(noise.scale)
    if noise.kind == "gaussian":
        return np.asarray(scale * rng.standard_normal(size))
    if noise.kind == "uniform":
        return np.asarray(rng.uniform(-scale, scale, size))
    if noise.kind == "rademacher":
        return np.asarray(scale * (2.0 * rng.integers(0, 2, size) - 1.0))
    return np.zeros(size)
