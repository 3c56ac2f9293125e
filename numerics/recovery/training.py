"""What a run of stage 1 does, and the label signal T_t(y) that its gradients carry."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ...link import Signal
from ...link.label import Noise
from ...link.text import LinkError
from ...link.tree import Node
from ..estimates.sampling import draw_noise
from ..expectation.noise import cumulants
from ..expectation.oracle import oracle
from ..lowering.numpy import compile_numpy
from ..precision import exact, working

Array = NDArray[np.float64]
#: Told the share of a run that is done, again and again; it may raise to end the run.
Pulse = Callable[[float], None]


def quiet(share: float) -> None:
    """The pulse that nobody listens to."""


@dataclass(frozen=True)
class Run:
    """What was seen of R replicas of one neuron (arrays of shape (R,)) or of p neurons (shape (R, p)).

    steps: first step with |m| >= stop_at, -1 where the horizon came first (a step is one batch).
    grid: step numbers on a logarithmic grid; overlaps: (..., len(grid)), m at those steps, held at its last
    value once a neuron has stopped. final: m at the stop or at the horizon.
    """

    steps: NDArray[np.int64]
    grid: NDArray[np.int64]
    overlaps: Array
    final: Array


def random_starts(d: int, shape: int | tuple[int, ...], rng: np.random.Generator) -> Array:
    """<w, theta*> for w uniform on the sphere in R^d, d >= 2."""
    first = rng.standard_normal(shape)
    return np.asarray(first / np.sqrt(first**2 + rng.chisquare(d - 1, shape)))


def random_signs(size: int, rng: np.random.Generator) -> Array:
    """Output signs a = +-1, each with probability 1/2."""
    return np.asarray(2.0 * rng.integers(0, 2, size) - 1.0)


def log_grid(horizon: int, records: int) -> NDArray[np.int64]:
    """At most ``records`` distinct step numbers from 1 to ``horizon``, even on a logarithmic scale."""
    if not records or horizon < 1:
        return np.empty(0, dtype=np.int64)
    return np.unique(np.round(np.geomspace(1, horizon, records)).astype(np.int64))


def as_starts(starts: ArrayLike, d: int, smallest: int, horizon: int) -> Array:
    """A copy of the starting overlaps. Raises LinkError when they, d or the horizon make no sense."""
    m = np.array(starts, dtype=np.float64)
    if d < smallest:
        raise LinkError(f"d = {d} is too small here: write a dimension from {smallest}")
    if m.ndim not in (1, 2) or not bool((np.abs(m) <= 1).all()):
        raise LinkError("the starts are not a list of overlaps: write numbers from -1 to 1")
    if horizon < 0:
        raise LinkError(f"a horizon of {horizon} steps is negative: write an integer from 0")
    return m


_DIGITS = 18


@dataclass(frozen=True, slots=True)
class Training:
    """Spherical online SGD w' = (w + eta/B sum_i G_i x_i)/|.|, G_i = a T_t(y_i) g'(<w, x_i> + b).

    link: s, with y = s(<theta*, x>) + e. signal: T_t(y) is y e^{ty} (``label``), e^{ty} (``weight``) or
    (y - K_y'(t)) e^{ty} (``centered``). t = 1/beta >= 0; 0 means no weights (``label`` is then y itself).
    noise: the law of e. activation: g as a tree in one variable, continuous. step: eta > 0.
    batch: B >= 1 fresh samples for each step.
    """

    link: Node
    signal: Signal
    t: float
    noise: Noise
    activation: Node
    step: float
    batch: int = 1

    def __post_init__(self) -> None:
        if not 0 <= self.t < float("inf"):
            raise LinkError(f"t = {self.t} is no inverse temperature: write a finite number t >= 0")
        if not 0 < self.step < float("inf"):
            raise LinkError(f"the step size {self.step} is not positive: write a number such as 0.01")
        if self.batch < 1:
            raise LinkError(f"a batch of {self.batch} samples is empty: write an integer from 1")


def labels(training: Training) -> Callable[[Array, np.random.Generator], Array]:
    """The function that maps z = <theta*, x> to T_t(s(z) + e), elementwise, e drawn from the generator.

    Raises NotIntegrable or Unresolved when ``centered`` needs a mean that the oracle cannot give.
    """
    link, t, noise = compile_numpy(training.link), training.t, training.noise
    offset = _label_mean(training) if training.signal == "centered" else 0.0

    def transform(z: Array, rng: np.random.Generator) -> Array:
        y = link(z)
        if noise.kind != "none":
            y = y + draw_noise(noise, z.size, rng).reshape(z.shape)
        if t == 0:
            return np.ones_like(z) if training.signal == "weight" else y - offset
        with np.errstate(over="ignore", invalid="ignore"):
            weight = np.exp(t * y)
            return weight if training.signal == "weight" else np.asarray((y - offset) * weight)

    return transform


def _label_mean(training: Training) -> float:
    """K_y'(t), the mean of the label under the tilted law, from the certified oracle."""
    t = Fraction(training.t)
    table = oracle(training.link).tilted_moments((0,), (0, 1), t, _DIGITS)
    with working(128):
        return float(table[1, 0] / table[0, 0] + cumulants(training.noise, exact(t))[1])
