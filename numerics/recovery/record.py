"""What a simulator of stage 1 hands back, the starts that it is given, and the input that it refuses."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ...link.errors import LinkError

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
