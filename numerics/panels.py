"""One interval on which the link is analytic: its Gauss nodes, and the bound that proves their error.

For f analytic in the Bernstein ellipse of parameter rho around [-1, 1] with |f| <= M there, the n-point
Gauss-Legendre rule errs by at most 64/15 M rho^(-2(n-1))/(1 - rho^-2) (Trefethen, Approximation Theory
and Approximation Practice, theorem 19.3). M comes from boxes that cover the ellipse; finite values of
the link on all of them also prove that it is analytic there.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from functools import cached_property, lru_cache

import numpy as np
from flint import acb, arb
from numpy.typing import NDArray

from ..link.tree import Node
from .lower_arb import compile_arb, hermite_list
from .precision import working

#: Ellipse parameters tried, widest first; the best one for each integrand is used.
_RHO = (4.5, 3.2, 2.2, 1.6)
_COLUMNS, _ROWS = 6, 3
_BOX_BITS = 64
#: Logarithms of bounds are computed in doubles; this covers their rounding many times over.
_SLACK = 1e-6
_NEVER = math.inf


@dataclass(frozen=True, slots=True)
class Cover:
    """Boxes over one ellipse: log|phi|, log|s| and the range of Re s on each, as double arrays."""

    rho: float
    boxes: tuple[acb, ...]
    log_density: NDArray[np.float64]
    log_size: NDArray[np.float64]
    highest: NDArray[np.float64]
    lowest: NDArray[np.float64]
    log_hermite: dict[int, NDArray[np.float64]] = field(default_factory=dict)

    def hermite(self, k: int) -> NDArray[np.float64]:
        """Upper bounds of log|He_k| on the boxes; lower orders come along with the recurrence."""
        if k not in self.log_hermite:
            with working(_BOX_BITS):
                columns = [hermite_list(k, box) for box in self.boxes]
            for order in range(k + 1):
                self.log_hermite[order] = np.array([_log_upper(abs(column[order])) for column in columns])
        return self.log_hermite[k]

    def log_bound(self, k: int, power: int, t_low: float, t_high: float) -> float:
        """An upper bound of log |s^power e^{ts} He_k phi| on the ellipse for t in [t_low, t_high]."""
        tilt = np.maximum(t_low * self.highest, t_high * self.highest)
        total = self.log_density + tilt + self.hermite(k)
        if power:
            total = total + power * self.log_size
        return float(total.max()) + _SLACK * (1 + float(np.abs(tilt).max()))


@dataclass(frozen=True, slots=True)
class Nodes:
    """Gauss nodes on a panel: x, s(x) and weight times density, all as balls."""

    x: list[arb]
    s: list[arb]
    mass: list[arb]


@dataclass(frozen=True)
class Panel:
    """[lower, upper] with exact end points, where the link is the analytic ``tree``."""

    lower: arb
    upper: arb
    tree: Node
    _nodes: dict[tuple[int, int], Nodes] = field(default_factory=dict, compare=False, repr=False)

    @property
    def half_width(self) -> float:
        return float((self.upper - self.lower) / 2)

    @cached_property
    def covers(self) -> tuple[Cover, ...]:
        """The ellipses on which the link is proved analytic, widest first."""
        with working(_BOX_BITS):
            found = (self._cover(rho) for rho in _RHO)
            return tuple(cover for cover in found if cover is not None)

    def _cover(self, rho: float) -> Cover | None:
        center, half = (self.lower + self.upper) / 2, (self.upper - self.lower) / 2
        major = half * arb((rho + 1 / rho) / 2 * 1.0000001)
        minor = half * arb((rho - 1 / rho) / 2 * 1.0000001)
        function = compile_arb(self.tree)
        boxes, values = [], []
        for i in range(_COLUMNS):
            for j in range(_ROWS):
                # The link is real on the line, so the lower half mirrors the upper half.
                real = center + major * (arb(2 * i + 1 - _COLUMNS) / _COLUMNS)
                x = real + arb(0, (major / _COLUMNS).abs_upper())
                y = minor * (arb(2 * j + 1) / (2 * _ROWS)) + arb(0, (minor / (2 * _ROWS)).abs_upper())
                box = acb(x, y)
                value = acb(function(box))
                if not value.is_finite():
                    return None
                boxes.append(box)
                values.append(value)
        density = [_log_upper(abs((-box * box / 2).exp() / (2 * arb.pi()).sqrt())) for box in boxes]
        return Cover(
            rho,
            tuple(boxes),
            np.array(density),
            np.array([_log_upper(abs(value)) for value in values]),
            np.array([_outward(float(value.real.upper()), 1) for value in values]),
            np.array([_outward(float(value.real.lower()), -1) for value in values]),
        )

    @cached_property
    def halves(self) -> tuple[Panel, Panel]:
        """The panel cut in the middle."""
        middle = ((self.lower + self.upper) / 2).mid()
        return Panel(self.lower, middle, self.tree), Panel(middle, self.upper, self.tree)

    def nodes(self, n: int, bits: int) -> Nodes:
        """The n Gauss nodes at the working precision ``bits``."""
        key = (n, bits)
        if key not in self._nodes:
            center, half = (self.lower + self.upper) / 2, (self.upper - self.lower) / 2
            function = compile_arb(self.tree)
            root = (2 * arb.pi()).sqrt()
            xs, ss, masses = [], [], []
            for node, weight in _gauss(n, bits):
                x = center + half * node
                xs.append(x)
                ss.append(arb(function(x)))
                masses.append(weight * half * (-x * x / 2).exp() / root)
            self._nodes[key] = Nodes(xs, ss, masses)
        return self._nodes[key]

    def rule(
        self, integrands: list[tuple[int, int]], t_low: float, t_high: float, goals: list[float]
    ) -> tuple[float, list[float]]:
        """How many nodes bring every integrand (power, k) below its goal, and the log errors then.

        Goals and errors are natural logarithms. No node at all is needed where the whole integral is
        below the goal; the first number is infinite when the link is not shown analytic nearby.
        """
        if not self.covers:
            return _NEVER, []
        least = self.covers[-1]
        width = math.log(2 * self.half_width)
        flat = [least.log_bound(k, power, t_low, t_high) + width for power, k in integrands]
        if all(value <= goal for value, goal in zip(flat, goals, strict=True)):
            return 0, flat
        best, best_errors = _NEVER, flat
        for cover in self.covers:
            factor = math.log(64 / 15 * self.half_width / (1 - cover.rho**-2)) + _SLACK
            tops = [cover.log_bound(k, power, t_low, t_high) + factor for power, k in integrands]
            rate = 2 * math.log(cover.rho) * (1 - 1e-12)
            n = max(1 + (top - goal) / rate for top, goal in zip(tops, goals, strict=True))
            n = max(8, 8 * math.ceil(n / 8))
            if n < best:
                best, best_errors = n, [top - rate * (n - 1) for top in tops]
        return best, best_errors


@lru_cache(maxsize=256)
def _gauss(n: int, bits: int) -> list[tuple[arb, arb]]:
    with working(bits):
        half = [arb.legendre_p_root(n, k, weight=True) for k in range(n // 2)]
        middle = [(arb(0), arb.legendre_p_root(n, n // 2, weight=True)[1])] if n % 2 else []
        return [*half, *middle, *((-x, w) for x, w in reversed(half))]


def _log_upper(x: arb) -> float:
    """An upper bound of log x as a double."""
    if not x.is_finite():
        return math.inf
    top = x.upper()
    return _outward(float(top.log().mid()), 1) if top > 0 else -1e6


def _outward(x: float, direction: int) -> float:
    return x + direction * (abs(x) * 1e-12 + 1e-300)
