"""Step size and horizon for one dimension, and what the average dynamics predicts there.

eta = delta d^{-(k v 2)/2}, k the order. A finite step shrinks m by (eta^2/2) E[G^2 |x|^2] m a step, about
(eta^2 d/2) q(m) m with q(m) = E G^2. Time is tau = eta times steps:

    dm/dtau = (1 - m^2) |D(m)| - (eta d/2) q(m) m      for a neuron of good sign.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from math import ceil, factorial, sqrt

import numpy as np

from ..lowering.pointwise import Array
from ..precision import rounded
from .gradient import GradientNoise
from .population import RECOVERED, Population

_POINTS = 4001
#: The default step keeps the shrinking below this share of the drift where both matter most.
SHRINKING_SMALL_ORDER, SHRINKING = 0.2, 0.05
#: The default horizon: at orders 1 and 2 nearly every neuron of good sign is through, from order 3 on
#: those with sqrt(d) |m_0| >= 0.4, two thirds of them.
_PATIENCE, _MARGIN, CRITICAL = 5.0, 7.0, 0.4
#: Significant digits of the default delta, of a horizon, of any step. A sum by BLAS ends in digits that
#: depend on the processor; a run depends on step and horizon in every bit, and so would not be repeatable.
_STEP_DIGITS, _HORIZON_DIGITS, _DIGITS = 4, 4, 12


def default_delta(population: Population, noise: GradientNoise, order: int | None = None) -> float:
    """delta such that shrinking is a small share of the drift.

    Order k >= 3: at sqrt(d) |m| = 1, where recovery is decided; orders 1 and 2: anywhere up to |m| = 1/2,
    or of the term of that order alone where the whole drift vanishes on both ways. order: in place of the
    population's own.
    """
    k = population.order if order is None else order
    if k >= 3:
        strength = abs(population.term(k)) / factorial(k - 1)
        return rounded(2 * SHRINKING * strength / float(noise.at(0.0)), _STEP_DIGITS)
    ratios = []
    for side in open_sides(population, k) or (1.0, -1.0):
        m = side * np.linspace(0.005, 0.5, 100)
        ratios.append(float((_outward(population, k, m) / np.abs(m) / noise.at(m)).min()))
    return rounded(2 * SHRINKING_SMALL_ORDER * min(ratios), _STEP_DIGITS)


def open_sides(population: Population, order: int) -> list[float]:
    """1.0, -1.0, both or none: where the drift keeps the sign of its term of this order up to |m| = 1/2.

    Double precision: what is seen on a grid that begins at |m| = 1/2000.
    """
    m = np.linspace(0.0, 0.5, 1001)[1:]
    sign = np.sign(population.term(order))
    sides = []
    for side in (1.0, -1.0):
        if (population.drift(side * m) * sign * side ** (order - 1) > 0).all():
            sides.append(side)
    return sides


def _outward(population: Population, order: int, m: Array) -> Array:
    """The drift at m away from 0 for a neuron of good sign.

    Of the term of this order alone, where the whole drift vanishes on both ways.
    """
    if not open_sides(population, order):
        c = abs(population.term(order)) / factorial(order - 1)
        return np.asarray((1 - m**2) * c * np.abs(m) ** (order - 1))
    sign = np.sign(population.term(order)) * np.sign(m) ** (order - 1)
    return np.asarray(population.drift(m) * sign)


def visible_order(population: Population, d: int) -> int:
    """The k whose term |c_k| m^{k-1}/(k-1)! is the largest at |m| = d^{-1/2}, where neurons start.

    As d grows it becomes the order. Where c_k is small, as near an exceptional temperature, another term
    decides what happens at a finite d, and a change of sign of the drift at |m| << d^{-1/2} is not seen.
    """
    orders = range(population.order, len(population.signal_coefficients))
    return max(orders, key=lambda k: abs(population.term(k)) / (factorial(k - 1) * float(d) ** ((k - 1) / 2)))


@dataclass(frozen=True)
class Schedule:
    """One dimension d with its step eta = ``step`` and what the average dynamics says there.

    leads: the order that step and horizon are chosen for, where it is not the population's own.
    """

    population: Population
    noise: GradientNoise
    d: int
    delta: float
    leads: int | None = None

    @property
    def order(self) -> int:
        return self.population.order if self.leads is None else self.leads

    @property
    def c(self) -> float:
        """c_k at the order k."""
        return self.population.term(self.order)

    @property
    def step(self) -> float:
        """eta = delta d^{-(k v 2)/2}."""
        return rounded(self.delta * self.d ** (-max(self.order, 2) / 2), _DIGITS)

    @cached_property
    def _path(self) -> tuple[Array, Array]:
        """Overlaps from below d^{-1/2} to 1/2, and tau from each to 1/2; inf where steps shrink it back."""
        end = float(RECOVERED)
        least = 1e-4 / sqrt(self.d)
        m = np.geomspace(least, end, _POINTS)
        slowest = np.full_like(m, np.inf)
        for side in open_sides(self.population, self.order) or (1.0, -1.0):
            shrinking = self.step * self.d / 2 * self.noise.at(side * m) * m
            slowest = np.minimum(slowest, _outward(self.population, self.order, side * m) - shrinking)
        with np.errstate(divide="ignore"):
            per_logarithm = np.where(slowest > 0, m / slowest, np.inf)
        cells = np.diff(np.log(m)) * (per_logarithm[1:] + per_logarithm[:-1]) / 2
        tau = np.concatenate([np.cumsum(cells[::-1])[::-1], [0.0]])
        if self.order == 1:
            tau = tau + least / max(slowest[0], 1e-300) * (np.isfinite(tau))
        return m, tau

    def steps_from(self, overlap: float) -> float:
        """Steps from |m| = ``overlap`` to 1/2 on average; inf when the step is too long to get there."""
        m, tau = self._path
        return float(np.interp(max(overlap, m[0]), m, tau)) / self.step

    def horizon(self, u: float = CRITICAL) -> int:
        """Steps after which a neuron counts as not recovered.

        Order 1: five times the average time. Order 2: e^7 times closer to 0 than typical is still in time.
        Order k >= 3: C d^{k-1} such that the critical start of R3 is ``u``.
        """
        k = self.order
        if k == 1:
            return _whole(_PATIENCE * self.steps_from(0.0))
        if k == 2:
            rate = self.delta * abs(self.c) - self.delta**2 / 2 * float(self.noise.at(0.0))
            slack = self.d * _MARGIN / rate if rate > 0 else float("inf")
            return _whole(self.steps_from(1 / sqrt(self.d)) + slack)
        return _whole(self.kappa(u) / self.delta * self.d ** (k - 1))

    def kappa(self, u: float) -> float:
        """C delta for which the critical start of R3 is u, k >= 3."""
        k = self.order
        return factorial(k - 1) / ((k - 2) * abs(self.c) * u ** (k - 2))


def _whole(steps: float) -> int:
    if not np.isfinite(steps):
        raise ArithmeticError(
            "the step is so long that shrinking undoes the drift on the way to |m| = 1/2: give a shorter one"
        )
    return max(1, int(rounded(ceil(steps), _HORIZON_DIGITS)))
