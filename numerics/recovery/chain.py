"""The overlap m = <w, theta*> of one neuron as a Markov chain: the law of SGD in R^d at O(1) a step.

With x = A theta* + B v + r, v the unit vector of w - m theta*, A, B ~ N(0, 1), |r|^2 ~ chi2_{d-2}:
m' = (m + eta G A)/sqrt((m + eta G A)^2 + (sqrt(1-m^2) + eta G B)^2 + eta^2 G^2 |r|^2), G = a T_t(y) g'(u),
u = m A + sqrt(1-m^2) B. In a batch sum_i G_i r_i ~ N(0, (sum_i G_i^2) I_{d-2}) given the G_i. Nothing is
approximated; claim R2 proves it.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from ..lowering.derivative import require_continuous
from ..lowering.pointwise import Array
from .training import Pulse, Run, Training, as_starts, labels, log_grid, quiet

#: Array in one block of draws: memory does not depend on d or on the number of steps.
_BLOCK = 2**15
#: A first block, which grows with the steps done: few draws are wasted on replicas that stop.
_FIRST = 64


def run_chain(
    training: Training,
    d: int,
    starts: ArrayLike,
    signs: ArrayLike,
    horizon: int,
    rng: np.random.Generator,
    *,
    records: int = 0,
    stop_at: float = 0.5,
    pulse: Pulse = quiet,
) -> Run:
    """R independent neurons of the chain for at most ``horizon`` steps.

    d >= 2. starts: (R,) overlaps m_0 in [-1, 1]. signs: a = +-1, (R,) or one number. records: overlaps to
    keep, on :func:`log_grid`. stop_at: a replica stops at |m| >= stop_at (above 1: never). pulse: called
    every few milliseconds.

    Raises LinkError on bad input, ArithmeticError when e^{ty} overflows.
    """
    # numba takes a quarter of a second to load.
    from .kernel import advance, slope_program

    m = as_starts(starts, d, horizon)
    require_continuous(training.activation)
    slope, signal = slope_program(training.activation), labels(training)
    stack, batch = np.empty(slope.depth), training.batch
    scale = np.broadcast_to(np.asarray(signs, dtype=np.float64) * training.step / batch, m.shape)
    hit = np.where(np.abs(m) >= stop_at, 0, -1)
    grid = log_grid(horizon, records)
    overlaps = np.empty((m.size, grid.size))
    done = recorded = 0
    buffers = np.empty((3, max(_BLOCK, m.size * batch)))
    while done < horizon:
        active = np.flatnonzero(hit < 0)
        if not active.size:
            break
        size = min(horizon - done, max(_FIRST, done // 2), max(1, _BLOCK // (active.size * batch)))
        if recorded < grid.size:
            size = min(size, int(grid[recorded]) - done)
        a, b = (_normals(buffer, (size, active.size, batch), rng) for buffer in buffers[:2])
        chi2 = buffers[2][: size * active.size].reshape(size, active.size)
        rng.standard_gamma((d - 2) / 2, out=chi2)
        chi2 *= 2
        now, stopped = m[active], hit[active]
        aside = np.sqrt(np.maximum(1 - now**2, 0))
        advance(
            now, aside, stopped, scale[active], a, b, signal(a, rng), chi2, done, stop_at,
            slope.polynomial, slope.codes, slope.values, stack,
        )  # fmt: skip
        if not np.isfinite(now).all():
            raise ArithmeticError(f"a gradient overflows at t = {training.t:.6g}: e^(ty) has no bound here")
        m[active], hit[active] = now, stopped
        done += size
        pulse(done / horizon)
        if recorded < grid.size and done == grid[recorded]:
            overlaps[:, recorded] = m
            recorded += 1
    overlaps[:, recorded:] = m[:, None]
    return Run(hit, grid, overlaps, m)


def _normals(buffer: Array, shape: tuple[int, int, int], rng: np.random.Generator) -> Array:
    block = buffer[: shape[0] * shape[1] * shape[2]].reshape(shape)
    rng.standard_normal(out=block)
    return block
