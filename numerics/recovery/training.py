"""Stage 1: the setting of a run, the signal T_t(y) of its gradients, and the run as it is written down.

w' = (w + eta/B sum_i G_i x_i)/|.|, G_i = a T_t(y_i) g'(<w, x_i>), with x, theta* and w in R^d.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ...link import Signal
from ...link.label import ADDITIVE, Target
from ...link.text import LinkError
from ...link.tree import Node
from ..estimates.sampling import draw_label, draw_noise
from ..expectation.labels import cumulants, moments
from ..lowering.derivative import derivative, require_continuous
from ..lowering.pointwise import Array, compile_numpy
from ..precision import exact, working

#: Told the share of a run that is done, again and again; it may raise to end the run.
Pulse = Callable[[float], None]
_DIGITS = 18
#: Array of one array: replicas are run in groups of at most this size, or one by one.
_GROUP = 2**18


def quiet(share: float) -> None:
    """The pulse that nobody listens to."""


@dataclass(frozen=True)
class Run:
    """What was seen of R neurons; arrays of shape (R,).

    steps: first step with |m| >= stop_at, -1 where the horizon came first (a step is one batch).
    grid: step numbers on a logarithmic grid; overlaps: (R, len(grid)), m at those steps, held at its last
    value once a neuron has stopped. final: m at the stop or at the horizon.
    """

    steps: NDArray[np.int64]
    grid: NDArray[np.int64]
    overlaps: Array
    final: Array


def random_starts(d: int, size: int, rng: np.random.Generator) -> Array:
    """<w, theta*> for w uniform on the sphere in R^d, d >= 2."""
    first = rng.standard_normal(size)
    return np.asarray(first / np.sqrt(first**2 + rng.chisquare(d - 1, size)))


def random_signs(size: int, rng: np.random.Generator) -> Array:
    """Output signs a = +-1, each with probability 1/2."""
    return np.asarray(2.0 * rng.integers(0, 2, size) - 1.0)


def log_grid(horizon: int, records: int) -> NDArray[np.int64]:
    """At most ``records`` distinct step numbers from 1 to ``horizon``, even on a logarithmic scale."""
    if not records or horizon < 1:
        return np.empty(0, dtype=np.int64)
    return np.unique(np.round(np.geomspace(1, horizon, records)).astype(np.int64))


@dataclass(frozen=True, slots=True)
class Course:
    """How far a run goes, and what is kept of it.

    horizon: at most so many steps. records: overlaps to keep, on :func:`log_grid`. stop_at: a neuron stops at
    |m| >= stop_at (above 1: never). pulse: called every few milliseconds.
    """

    horizon: int
    records: int = 0
    stop_at: float = 0.5
    pulse: Pulse = quiet

    def __post_init__(self) -> None:
        if self.horizon < 0:
            raise LinkError(f"a horizon of {self.horizon} steps is negative: write an integer from 0")

    @property
    def grid(self) -> NDArray[np.int64]:
        return log_grid(self.horizon, self.records)


def as_starts(starts: ArrayLike, d: int) -> Array:
    """A copy of the starting overlaps. Raises LinkError when they or d make no sense."""
    m = np.array(starts, dtype=np.float64)
    if d < 2:
        raise LinkError(f"d = {d} is too small here: write a dimension from 2")
    if m.ndim != 1 or not bool((np.abs(m) <= 1).all()):
        raise LinkError("the starts are not a list of overlaps: write numbers from -1 to 1")
    return m


@dataclass(frozen=True, slots=True)
class Training:
    """Spherical online SGD w' = (w + eta/B sum_i G_i x_i)/|.|, G_i = a T_t(y_i) g'(<w, x_i>).

    activation: g as a tree in one variable, continuous. step: eta > 0. batch: B >= 1 fresh samples for each
    step. passes: how many steps in a row are taken on each batch. Preferences take a batch of two, x and x',
    with the signals T(o) and -T(o): the step is the pairwise loss's, and counts as one sample.
    """

    target: Target
    activation: Node
    step: float
    batch: int = 1
    passes: int = 1

    def __post_init__(self) -> None:
        if not 0 < self.step < float("inf"):
            raise LinkError(f"the step size {self.step} is not positive: write a number such as 0.01")
        if self.batch < 1:
            raise LinkError(f"a batch of {self.batch} samples is empty: write an integer from 1")
        if self.target.label.kind == "preference" and self.batch != 2:
            raise LinkError(f"a preference is between two inputs, not {self.batch}: write a batch of 2")
        if self.passes < 1:
            raise LinkError(f"passes = {self.passes} uses no sample: write an integer from 1")


def labels(training: Training) -> Callable[[Array, np.random.Generator], Array]:
    """The function that maps z = <theta*, x> to T_t(s(z) + e), elementwise, e drawn from the generator.

    Raises NotIntegrable or Unresolved when ``centered`` needs a mean that the oracle cannot give.
    """
    target = training.target
    link, t, label = compile_numpy(target.link.tree), float(target.t), target.label
    offset = _label_mean(target) if target.signal == Signal.CENTERED else 0.0

    def transform(z: Array, rng: np.random.Generator) -> Array:
        if label.kind == "preference":
            chance = (1 + np.tanh((link(z[..., 0]) - link(z[..., 1])) / (2 * float(label.numbers[0])))) / 2
            seen = weighted(np.where(rng.uniform(size=chance.shape) < chance, 1.0, -1.0))
            return np.stack([seen, -seen], axis=-1)
        if label != ADDITIVE:
            return weighted(draw_label(target.link.tree, label, z.ravel(), rng).reshape(z.shape))
        y = link(z)
        if target.noise.kind != "none":
            y = y + draw_noise(target.noise, z.size, rng).reshape(z.shape)
        return weighted(y)

    def weighted(y: Array) -> Array:
        if t == 0:
            return np.ones_like(y) if target.signal == Signal.WEIGHT else y - offset
        with np.errstate(over="ignore", invalid="ignore"):
            weight = np.exp(t * y)
            return weight if target.signal == Signal.WEIGHT else np.asarray((y - offset) * weight)

    return transform


def _label_mean(target: Target) -> float:
    """K_y'(t), the mean of the label under the tilted law, from the certified oracle."""
    table = moments(target.link.tree, target.label).tilted_moments((0,), (0, 1), target.t, _DIGITS)
    with working(128):
        return float(table[1, 0] / table[0, 0] + cumulants(target.noise, exact(target.t))[1])


def run_direct(
    training: Training, d: int, starts: ArrayLike, signs: ArrayLike, course: Course,
    rng: np.random.Generator, together: int = 1,
) -> Run:  # fmt: skip
    """R neurons as the algorithm is written down, each with its own theta* uniform on the sphere in R^d.

    Slow, and the reference for the chain, with which it shares the labels but no line of the update.
    starts: <w, theta*> at step 0, the rest of w uniform and independent. together: so many neurons in a row
    are one network, with one theta* and all samples in common. Everything else as in
    :func:`~tiltproof.numerics.recovery.chain.run_chain`.
    """
    m = as_starts(starts, d)
    require_continuous(training.activation)
    a, grid = np.broadcast_to(np.asarray(signs, dtype=np.float64), m.shape), course.grid
    size = together * max(1, _GROUP // (d * max(training.batch, together)))
    parts = []
    for first in range(0, len(m), size):
        few = slice(first, first + size)
        grouped = m[few].reshape(-1, together), a[few].reshape(-1, together)
        group = _Group(training, d, *grouped, course.stop_at, rng)
        before, share = first / len(m), len(m[few]) / len(m)
        parts.append(group.run(course.horizon, grid, lambda done: course.pulse(before + share * done)))  # noqa: B023
    hit, overlaps, final = (np.concatenate(column) for column in zip(*parts, strict=True))
    return Run(hit, grid, overlaps, final)


class _Group:
    """Networks that are advanced together: theta (R, d, 1), w (R, p, d), x (R, B, d); m and signs (R, p)."""

    def __init__(
        self, training: Training, d: int, m: Array, signs: Array, stop_at: float, rng: np.random.Generator
    ) -> None:
        self.rng, self.stop_at, self.passes = rng, stop_at, training.passes
        self.labels = labels(training)
        self.slope = compile_numpy(derivative(training.activation))
        self.rate = signs * (training.step / training.batch)
        networks, p = m.shape
        self.theta = rng.standard_normal((networks, d, 1))
        self.theta /= np.linalg.norm(self.theta, axis=1, keepdims=True)
        rest = rng.standard_normal((networks, p, d))
        rest -= (rest @ self.theta) * self.theta.transpose(0, 2, 1)
        rest /= np.linalg.norm(rest, axis=2, keepdims=True)
        along = m[:, :, None]
        self.w = along * self.theta.transpose(0, 2, 1) + np.sqrt(1 - along**2) * rest
        self.x = np.empty((networks, training.batch, d))
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
        return self.hit.ravel(), overlaps.reshape(self.hit.size, grid.size), self.overlap().ravel()

    def overlap(self) -> Array:
        return np.asarray((self.w @ self.theta)[..., 0])

    def _step(self) -> None:
        self.rng.standard_normal(out=self.x)
        signal = self.labels((self.x @ self.theta)[..., 0], self.rng)
        for _ in range(self.passes):
            self._move(signal)

    def _move(self, signal: Array) -> None:
        u = self.x @ self.w.transpose(0, 2, 1)
        # A neuron that has stopped stays where it is.
        gradient = (self.rate * self.moving)[:, None, :] * signal[..., None] * self.slope(u)
        # With one sample the product is an outer one, which broadcasting forms six times faster.
        product = np.multiply if self.x.shape[1] == 1 else np.matmul
        product(gradient.transpose(0, 2, 1), self.x, out=self.change)
        self.w += self.change
        norm = np.sqrt(np.einsum("rpd,rpd->rp", self.w, self.w))
        if not np.isfinite(norm).all():
            raise ArithmeticError("a gradient overflows: e^(ty) has no bound here")
        self.w *= 1 / norm[..., None]
