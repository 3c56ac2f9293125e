"""The overlap m = <w, theta*> of one neuron as a Markov chain: the law of SGD in R^d at O(1) a step.

Neurons on shared samples are a Markov chain by their Gram matrix with theta*, at O(p^3) a step.

With x = A theta* + B v + r, v the unit vector of w - m theta*, A, B ~ N(0, 1), |r|^2 ~ chi2_{d-2}:
m' = (m + eta G A)/sqrt((m + eta G A)^2 + (sqrt(1-m^2) + eta G B)^2 + eta^2 G^2 |r|^2), G = a T_t(y) g'(u),
u = m A + sqrt(1-m^2) B. In a batch sum_i G_i r_i ~ N(0, (sum_i G_i^2) I_{d-2}) given the G_i. Nothing is
approximated; claim R2 proves it. Given the overlaps of p neurons, x has p + 1 standard normal coordinates in
an orthonormal basis of their span with theta*, and chi2_{d-p-1} across it.
"""

from collections.abc import Callable

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ...link.text import LinkError
from ..lowering.derivative import require_continuous
from ..lowering.pointwise import Array
from .training import Course, Run, Training, as_starts, labels

#: Array in one block of draws: memory does not depend on d or on the number of steps.
_BLOCK = 2**15
#: A first block, which grows with the steps done: few draws are wasted on replicas that stop.
_FIRST = 64


def run_chain(
    training: Training, d: int, starts: ArrayLike, signs: ArrayLike, course: Course, rng: np.random.Generator
) -> Run:
    """R independent neurons of the chain.

    d >= 2. starts: (R,) overlaps m_0 in [-1, 1]. signs: a = +-1, (R,) or one number.

    Raises LinkError on bad input, ArithmeticError when e^{ty} overflows.
    """
    if training.passes > 1 and training.batch > 1:
        raise LinkError("the chain passes again over single samples only: write a batch of 1")
    # numba takes a quarter of a second to load.
    from .kernel import advance, slope_program

    m = as_starts(starts, d)
    require_continuous(training.activation)
    slope, signal, batch = slope_program(training.activation), labels(training), training.batch
    scale = np.broadcast_to(np.asarray(signs, dtype=np.float64) * training.step / batch, m.shape)
    hit = np.where(np.abs(m) >= course.stop_at, 0, -1)
    buffers = np.empty((3, max(_BLOCK, m.size * batch)))

    def step(active: NDArray[np.int64], size: int, done: int) -> None:
        a, b = (_normals(buffer, (size, active.size, batch), rng) for buffer in buffers[:2])
        chi2 = buffers[2][: size * active.size].reshape(size, active.size)
        rng.standard_gamma((d - 2) / 2, out=chi2)
        chi2 *= 2
        now, stopped = m[active], hit[active]
        aside = np.sqrt(np.maximum(1 - now**2, 0))
        advance(
            now, aside, stopped, scale[active], a, b, signal(a, rng), chi2, done, course.stop_at,
            training.passes, *slope.arguments,
        )  # fmt: skip
        m[active], hit[active] = now, stopped

    return _in_blocks(training, step, m, hit, batch, course)


#: ``step(active, size, done)``: so many steps of the active rows.
Step = Callable[[NDArray[np.int64], int, int], None]


def _in_blocks(
    training: Training, step: Step, overlaps: Array, hit: NDArray[np.int64], draws: int, course: Course
) -> Run:
    """Run ``step`` on the rows that have not all stopped, block by block.

    overlaps, hit: (rows, ...), which ``step`` changes in place. draws: numbers that a row takes a step.
    """
    grid, horizon = course.grid, course.horizon
    kept = np.empty((*overlaps.shape, grid.size))
    done = recorded = 0
    while done < horizon:
        active = np.flatnonzero((hit < 0).reshape(len(hit), -1).any(axis=1))
        if not active.size:
            break
        size = min(horizon - done, max(_FIRST, done // 2), max(1, _BLOCK // (active.size * draws)))
        if recorded < grid.size:
            size = min(size, int(grid[recorded]) - done)
        step(active, size, done)
        if not np.isfinite(overlaps[active]).all():
            raise ArithmeticError(
                f"a gradient overflows at t = {float(training.target.t):.6g}: e^(ty) has no bound here"
            )
        done += size
        course.pulse(done / horizon)
        if recorded < grid.size and done == grid[recorded]:
            kept[..., recorded] = overlaps
            recorded += 1
    kept[..., recorded:] = overlaps[..., None]
    return Run(hit.ravel(), grid, kept.reshape(hit.size, grid.size), overlaps.reshape(-1).copy())


def random_grams(d: int, size: int, networks: int, rng: np.random.Generator) -> Array:
    """Gram matrices of theta* and ``size`` independent uniform unit vectors of R^d, d > size.

    From the triangular root of a Wishart matrix (Bartlett), whose rows are brought to length 1.
    """
    root = np.tril(rng.standard_normal((networks, size + 1, size + 1)), -1)
    places = np.arange(size + 1)
    root[:, places, places] = np.sqrt(rng.chisquare(d - places, (networks, size + 1)))
    root /= np.linalg.norm(root, axis=2, keepdims=True)
    return np.asarray(root @ root.transpose(0, 2, 1))


def run_together(
    training: Training, d: int, grams: ArrayLike, signs: ArrayLike, course: Course, rng: np.random.Generator
) -> Run:
    """Networks of p neurons, all on the samples of their network; rows of the result are network by network.

    grams: (networks, p + 1, p + 1), theta* first, unit diagonals, d > p. signs: (networks, p). A neuron that
    reaches ``stop_at`` stays there, and the others go on. Everything else as in :func:`run_chain`.
    """
    from .kernel import advance_together, slope_program

    state = np.array(grams, dtype=np.float64)
    networks, p = state.shape[0], state.shape[1] - 1
    if d <= p:
        raise LinkError(f"d = {d} holds no {p} neurons besides theta*: write a dimension from {p + 1}")
    if training.batch > 1:
        raise LinkError("neurons share single samples, not batches or preferences: write a batch of 1")
    require_continuous(training.activation)
    slope, signal = slope_program(training.activation), labels(training)
    scale = np.broadcast_to(np.asarray(signs, dtype=np.float64) * training.step, (networks, p))
    hit = np.where(np.abs(state[:, 0, 1:]) >= course.stop_at, 0, -1)

    def step(active: NDArray[np.int64], size: int, done: int) -> None:
        xi = rng.standard_normal((size, active.size, p + 1))
        chi2 = (
            2 * rng.standard_gamma((d - p - 1) / 2, (size, active.size))
            if d > p + 1
            else np.zeros(xi.shape[:2])
        )
        now, stopped = state[active], hit[active]
        advance_together(
            now, stopped, scale[active], xi, signal(xi[..., 0], rng), chi2, done, course.stop_at,
            training.passes, *slope.arguments,
        )  # fmt: skip
        state[active], hit[active] = now, stopped

    return _in_blocks(training, step, state[:, 0, 1:], hit, p + 1, course)


def _normals(buffer: Array, shape: tuple[int, int, int], rng: np.random.Generator) -> Array:
    block = buffer[: shape[0] * shape[1] * shape[2]].reshape(shape)
    rng.standard_normal(out=block)
    return block
