"""Expectations over N(0,1) by NumPy and SciPy alone: Gauss-Legendre on panels cut at every kink and jump.

Resolution: two rules on the same panels, 12 and 8 points, must agree; what they differ by, and rounding, is
the error. A sign is resolved where the value exceeds ten times that. A simple zero of a signal is seen where
the signs at two neighbours of the grid of t are resolved and opposite.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import cached_property
from math import factorial

import numpy as np
from scipy import optimize, special

from .links import Array, Drawn, Function

_END, _WIDTH, _RULES = 26.0, 1 / 32, (12, 8)
SIGNALS = ("label", "weight", "centered")
#: Of the sum of all absolute terms, as the functions themselves are rounded.
_ROUNDING = 1e-12
_MARGIN = 10
_GRID = 1200


@dataclass(frozen=True)
class Estimate:
    """A number with its error, in units of the sum of the absolute terms that make it."""

    value: float
    error: float

    @property
    def sign(self) -> int:
        return int(np.sign(self.value)) if abs(self.value) > _MARGIN * self.error else 0


@dataclass(frozen=True)
class Rule:
    z: Array
    weight: Array
    u: Array
    _kept: dict[int, Array] = field(default_factory=dict)

    def hermite(self, k: int) -> Array:
        if k not in self._kept:
            self._kept[k] = special.eval_hermitenorm(k, self.z)
        return self._kept[k]


class Oracle:
    """Everything is of the core u standardised by its own deviation: tau = t * scale * deviation."""

    def __init__(self, drawn: Drawn) -> None:
        self.drawn = drawn
        panels = np.arange(-_END, _END + _WIDTH, _WIDTH)
        cuts = np.unique([*panels, *self._switching_points()])
        self.rules = [self._rule(cuts, points) for points in _RULES]
        self._scans: dict[int, tuple[Array, Array]] = {}

    def _switching_points(self) -> Iterator[float]:
        grid = np.linspace(-_END, _END, 40_001) + 1e-7
        for function in self.drawn.core.switches:
            values = np.broadcast_to(function(grid), grid.shape)
            for i in np.flatnonzero(np.sign(values[:-1]) != np.sign(values[1:])):
                yield _boundary(function, grid[i], grid[i + 1])

    def _rule(self, cuts: Array, points: int) -> Rule:
        nodes, weights = np.polynomial.legendre.leggauss(points)
        half = np.diff(cuts)[:, None] / 2
        z = ((cuts[:-1] + cuts[1:])[:, None] / 2 + half * nodes).ravel()
        weight = (half * weights).ravel() * np.exp(-(z**2) / 2) / np.sqrt(2 * np.pi)
        return Rule(z, weight, np.broadcast_to(self.drawn.core.function(z), z.shape).astype(float))

    @cached_property
    def mean(self) -> float:
        return float(self.rules[0].weight @ self.rules[0].u)

    @cached_property
    def deviation(self) -> float:
        return float(np.sqrt(self.rules[0].weight @ (self.rules[0].u - self.mean) ** 2))

    @property
    def offset(self) -> float:
        """The shift over the scale, exactly rounded once."""
        return float(self.drawn.shift / self.drawn.scale)

    def of(self, function: Callable[[Rule], Array], k: int, t: float = 0.0) -> Estimate:
        """E[f He_k e^{t u}] over E[|f He_k| e^{t u}]."""
        found = []
        for rule in self.rules:
            terms = function(rule) * rule.hermite(k) * self._tilted(rule, t)
            found.append((terms.sum(), np.abs(terms).sum()))
        size = found[0][1] or 1.0
        return Estimate(found[0][0] / size, abs(found[0][0] - found[1][0]) / size + _ROUNDING)

    def raw(self, function: Callable[[Rule], Array], k: int, t: float = 0.0) -> tuple[float, float, float]:
        """E[f He_k e^{t u}], its error, and the log of the factor that both are to be multiplied by."""
        found, sizes, top = [], [], self._top(t)
        for rule in self.rules:
            terms = function(rule) * rule.hermite(k) * self._tilted(rule, t)
            found.append(terms.sum())
            sizes.append(np.abs(terms).sum())
        return found[0], abs(found[0] - found[1]) + _ROUNDING * sizes[0], top

    def _tilted(self, rule: Rule, t: float) -> Array:
        return rule.weight * np.exp(t * rule.u - self._top(t))

    def _top(self, t: float) -> float:
        rule = self.rules[0]
        return float(np.max(t * rule.u + np.log(np.maximum(rule.weight, 1e-300))))

    def transform(self, signal: str, t: float) -> Callable[[Rule], Array]:
        """T_t(y) e^{-ty} / scale, with t of the core."""
        if signal == "weight":
            return lambda rule: np.ones_like(rule.u)
        if signal == "label":
            return lambda rule: rule.u + self.offset
        first, base = (self.raw(f, 0, t)[0] for f in (lambda rule: rule.u, lambda rule: np.ones_like(rule.u)))
        return lambda rule: rule.u - first / base

    def signal(self, kind: str, k: int, t: float) -> Estimate:
        return self.of(self.transform(kind, t), k, t)

    def snr(self, kind: str, k: int, t: float) -> float:
        """alpha_k^2 / (k! E T^2)."""
        transform = self.transform(kind, t)
        alpha, _, top = self.raw(transform, k, t)
        square, _, twice = self.raw(lambda rule: transform(rule) ** 2, 0, 2 * t)
        return float(alpha**2 / (factorial(k) * square) * np.exp(2 * top - twice))

    @property
    def reach(self) -> float:
        """The largest tau at which what is tilted still lies well inside the panels."""
        if self.drawn.core.degree:
            return 4.0
        # e^{t s} phi is far below its top at the ends, for 2t too.
        return float(min(24.0, _END**2 / 8 / max(np.ptp(self.rules[0].u) / self.deviation, 1e-9)))

    def zeros(self, kind: str, k: int) -> list[float]:
        """The t (of the core) of every simple zero of the signal that is seen."""
        grid, signs = self._scan(k)
        at = SIGNALS.index(kind)
        return [
            float(optimize.brentq(lambda t: self.signal(kind, k, t).value, grid[i], grid[i + 1], rtol=1e-13))
            for i in range(_GRID - 1)
            if signs[i, at] * signs[i + 1, at] == -1
        ]

    def _scan(self, k: int) -> tuple[Array, Array]:
        """The resolved signs of all signals on a grid of t, which share their exponentials."""
        if k not in self._scans:
            grid = np.geomspace(1e-2, self.reach, _GRID) / self.deviation
            values = np.array([[self._signals(rule, k, float(t)) for rule in self.rules] for t in grid])
            gap = np.abs(values[:, 0, :, 0] - values[:, 1, :, 0])
            error = gap + _ROUNDING * values[:, 0, :, 1]
            value = values[:, 0, :, 0]
            self._scans[k] = grid, np.where(np.abs(value) > _MARGIN * error, np.sign(value), 0)
        return self._scans[k]

    def _signals(self, rule: Rule, k: int, t: float) -> list[tuple[float, float]]:
        """Each signal's coefficient, and no less than the sum of its absolute terms."""
        tilted, hermite = self._tilted(rule, t), rule.hermite(k)
        parts = tilted * hermite
        size, size_u = np.abs(parts).sum(), np.abs(parts) @ np.abs(rule.u)
        h, first, mean = parts.sum(), parts @ rule.u, (tilted @ rule.u) / tilted.sum()
        return [
            (first + self.offset * h, size_u + abs(self.offset) * size),
            (h, size),
            (first - mean * h, size_u + abs(mean) * size),
        ]

    def lambda_squared(self, k: int) -> tuple[float, float]:
        """E[zeta_k^2]/k! over 400 and 800 bins of y, which by Jensen lie below the true value.

        A bin holds an equal share of the probability and of E He_k^2 together: a rare y far out, all of whose
        z have a large He_k, carries much of the sum.
        """
        z = np.linspace(-8, 8, 400_001)
        weight = np.exp(-(z**2) / 2)
        weight /= weight.sum()
        u = np.broadcast_to(self.drawn.core.function(z), z.shape).astype(float)
        order = np.argsort(u, kind="stable")
        hermite = special.eval_hermitenorm(k, z)
        shares = weight * (1 + hermite**2 / factorial(k)) / 2
        ranks = np.cumsum(shares[order]) / shares.sum()
        found = []
        for bins in (400, 800):
            edges = np.unique(np.interp(np.arange(1, bins) / bins, ranks, u[order]))
            # An atom is a bin of its own.
            place = np.searchsorted(edges, u, side="left") + np.searchsorted(edges, u, side="right")
            mass = np.bincount(place, weight)
            part = np.bincount(place, weight * hermite)
            found.append(float((part[mass > 0] ** 2 / mass[mass > 0]).sum() / factorial(k)))
        return found[0], found[1]


def _boundary(function: Function, low: float, high: float) -> float:
    """Where the sign that the function has at ``low`` ends: it may be 0 on a whole stretch, or jump."""
    first = np.sign(function(np.array([low])))
    for _ in range(60):
        middle = (low + high) / 2
        if np.sign(function(np.array([middle]))) == first:
            low = middle
        else:
            high = middle
    return (low + high) / 2
