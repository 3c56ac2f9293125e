"""From |m| = 1/2 to the end: the mean way of rho = 1 - m^2 at a finite step, and where it comes to rest.

To the second order in eta a step changes rho by eta (-P + eta S) on average, with G = T(y) g'(u),

    P = 2 a m E[G (A - m u)] = 2 a m (1 - m^2) D(m),
    S = (d-2) m^2 E G^2 + E[G^2 (m^2 B^2 - rho A^2 - 4 sqrt(rho) B u + 4 rho u^2)].

At P = eta S training ends at this eta and d; for eta d -> 0 that is the law of claim R7. Left out are the
third order in eta, and what the spread of rho, sqrt(2/d) of it, makes of the curvature of P and S. In double
precision, not certified, by a midpoint rule in A.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from math import inf, pi

import numpy as np
from numpy.polynomial import Chebyshev
from numpy.polynomial.hermite_e import hermegauss

from ...link import Signal
from ...link.label import Noise
from ...link.tree import Node
from ..lowering.derivative import coefficients, derivative
from ..lowering.pointwise import Array, compile_numpy
from .gradient import INNER_CELLS, INNER_RADIUS, midpoints, signal_mean, signal_square
from .population import RECOVERED

#: Overlaps cos(theta) at which the means are taken, theta up to pi/3, and the degree of the fit in theta.
_OVERLAPS, _DEGREE = 30, 12
_FARTHEST = pi / 3
#: Where P and S are compared, evenly in log rho, and the smallest rho.
_POINTS, _LEAST = 4001, 1e-7


@dataclass(frozen=True, slots=True)
class Means:
    """At each of some overlaps m, for a = 1: E[G (A - m u)], E G^2 and what S holds beside it."""

    pull: Array
    square: Array
    beside: Array


def means(link: Node, activation: Node, t: Fraction, signal: Signal, noise: Noise, overlaps: Array) -> Means:
    """Raises ArithmeticError where E T^2 is not seen to converge."""
    a, mass = signal_square(link, t, signal, noise)
    first = signal_mean(link, a, t, signal, noise)
    slope = compile_numpy(derivative(activation))
    b, weights = _inner(activation)
    rows = []
    for m in overlaps:
        rho = 1 - m * m
        s = np.sqrt(rho)
        u = m * a[:, None] + s * b
        at_u = slope(u)
        square = at_u**2
        plain, once, twice = ((square * b**j) @ weights for j in range(3))
        # m^2 B^2 - rho A^2 - 4 s B u + 4 rho u^2 in powers of B, u = m A + s B.
        beside = (4 * rho * m * m - rho) * a**2 * plain
        beside += (8 * rho - 4) * s * m * a * once + (m * m - 4 * rho + 4 * rho * rho) * twice
        pull = s * (s * a * (at_u @ weights) - m * ((at_u * b) @ weights))
        rows.append((first @ pull, mass @ plain, mass @ beside))
    return Means(*np.transpose(rows))


def _inner(activation: Node) -> tuple[Array, Array]:
    """Nodes in B: a Gauss rule where g'^2 times a square is a polynomial that it integrates exactly."""
    whole = coefficients(activation)
    if whole is not None:
        nodes, weights = hermegauss(len(whole) + 1)
        return nodes, weights / weights.sum()
    b, width = midpoints(INNER_RADIUS, INNER_CELLS)
    return b, width * np.exp(-(b**2) / 2) / np.sqrt(2 * np.pi)


@dataclass(frozen=True)
class Approach:
    """The way to the end sigma = ``side`` for the output sign with which a neuron comes past |m| = 1/2.

    sign: that sign a. rho: 1 - m^2, falling from 3/4. pull, square, beside: P/2 and the parts of S there.
    """

    side: int
    sign: int
    rho: Array
    pull: Array
    square: Array
    beside: Array

    def leads(self, until: float) -> bool:
        """Whether the drift leads from |m| = 1/2 to ``until``, as far as doubles show."""
        return bool((self._as_far_as(until, 2)[1][0] > 0).all())

    def _spread(self, d: int) -> Array:
        """S."""
        return (d - 2) * (1 - self.rho) * self.square + self.beside

    def balance(self, eta: float, d: int) -> float | None:
        """1 - m^2 where the mean first rests on the way from |m| = 1/2; None where it does not set out."""
        gain = 2 * self.pull - eta * self._spread(d)
        stops = np.flatnonzero(gain <= 0)
        if not stops.size:
            return float(self.rho[-1])
        i = int(stops[0])
        if i == 0:
            return None
        share = gain[i - 1] / (gain[i - 1] - gain[i])
        return float(self.rho[i - 1] + share * (self.rho[i] - self.rho[i - 1]))

    def longest_step(self, until: float, d: int) -> float:
        """eta beyond which the mean comes to rest before |m| = ``until``."""
        rho, (pull, spread) = self._as_far_as(until, d)
        with np.errstate(divide="ignore"):
            ratios = np.where(spread > 0, 2 * pull / spread, inf)
        return float(ratios.min()) if rho.size else inf

    def steps(self, eta: float, d: int, until: float) -> float:
        """Steps from |m| = 1/2 to ``until`` on average; inf where they do not lead there."""
        rho, (pull, spread) = self._as_far_as(until, d)
        speed = eta * (2 * pull - eta * spread)
        if not (speed > 0).all():
            return inf
        per_logarithm = rho / speed
        return float(-np.diff(np.log(rho)) @ (per_logarithm[1:] + per_logarithm[:-1]) / 2)

    def _as_far_as(self, until: float, d: int) -> tuple[Array, tuple[Array, Array]]:
        last = np.flatnonzero(self.rho <= 1 - until**2)
        way = slice(None, int(last[0]) + 1 if last.size else None)
        return self.rho[way], (self.pull[way], self._spread(d)[way])


def approach(link: Node, activation: Node, t: Fraction, signal: Signal, noise: Noise, side: int) -> Approach:
    """The way to the end sigma = ``side``. Raises ArithmeticError where E T^2 is not seen to converge."""
    angles = np.linspace(0, _FARTHEST, _OVERLAPS + 1)[1:]
    found = means(link, activation, t, signal, noise, side * np.cos(angles))
    rho = np.geomspace(1 - float(RECOVERED) ** 2, _LEAST, _POINTS)
    theta = np.arcsin(np.sqrt(rho))

    def fit(values: Array) -> Array:
        return np.asarray(Chebyshev.fit(angles, values, _DEGREE, domain=[0, _FARTHEST])(theta))

    drift = fit(found.pull / np.sin(angles) ** 2)
    sign = 1 if side * drift[0] > 0 else -1
    pull = sign * side * np.cos(theta) * drift * rho
    return Approach(side, sign, rho, pull, fit(found.square), fit(found.beside))
