"""What clipping a fit to the range of the link can change: E |s - V| (|rho| + |varphi| r - m)_+, bounded.

By cells of z, and of v for overlap < 1 (u = m z + sqrt(1-m^2) v). On each one the link is held by the mean
value theorem, at a kink by its own hull; the features by ``feature_curve``. Sums of nonnegative bounds in
doubles, rounded up.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache

import numpy as np
from flint import arb
from scipy import special

from ...link.build import call, combine
from ...link.tree import Node, Num
from ..deployment.feature_sums import upper
from ..expectation.oracle import Interval
from ..lowering.arb import NotAnalytic, compile_arb
from ..lowering.balls import Dual
from ..lowering.pointwise import Array
from ..precision import working
from .constants import Constants
from .feature_curve import MORE, Curve, longest
from .sums import BITS, Law, Tilted

#: Cells of z, a unit and up to this radius; cells of v.
_CELLS, _RADIUS = 64, 12
_ACROSS, _WIDTH = 64, 8.0
_BITS = 64


@dataclass(frozen=True)
class Cells:
    """The link on cells of [-12, 12]: middles, s there, |s - s(middle)|, and hulls of s' (nan at a kink)."""

    middle: Array
    s: Array
    off: Array
    slope: Array
    spread: Array

    @property
    def half(self) -> float:
        return 0.5 / _CELLS


@lru_cache(maxsize=64)
def cells(link: Node) -> Cells:
    """The cells of one link; infinite where the link is not bounded on a cell."""
    function, half = compile_arb(link), arb(1) / (2 * _CELLS)
    rows = []
    with working(_BITS):
        for i in range(-_RADIUS * _CELLS, _RADIUS * _CELLS):
            middle = arb(2 * i + 1) * half
            cell = middle + arb(0, half)
            s, slope = arb(function(middle)), arb.pos_inf()
            try:
                dual = function(Dual(cell, arb(1)))
                slope = dual.slope if isinstance(dual, Dual) else arb(0)
            except NotAnalytic:
                pass
            off = (slope * half if slope.is_finite() else arb(function(cell)) - s).abs_upper()
            rows.append([float(s.mid()), float(off) + float(s.rad()), float(slope.mid()), float(slope.rad())])
    table = np.array(rows).T
    x = (np.arange(-_RADIUS * _CELLS, _RADIUS * _CELLS) + 0.5) / _CELLS
    return Cells(x, table[0], table[1] * MORE + 1e-15, table[2], table[3] * MORE)


class Clipped:
    """The term for one set of constants, as a function of the radius r of the fit's error.

    low, high: the clip range, whose ends lie outside the link's range or on it.
    """

    def __init__(self, constants: Constants, low: float, high: float) -> None:
        model, frame = constants.model, constants.frame
        grid, overlap = cells(model.link), float(model.overlap)
        if model.overlap == 1:
            across, v, chance, width = 0.0, np.zeros(1), np.ones(1), 0.0
        else:
            across, edges = math.sqrt(1 - overlap**2), np.linspace(-_WIDTH, _WIDTH, _ACROSS + 1)
            v, chance = (edges[1:] + edges[:-1]) / 2, np.diff(special.ndtr(edges)) * MORE + 1e-16
            width = float(edges[1] - edges[0]) / 2
        half = (overlap * grid.half + across * width) * MORE
        curve = Curve.of(frame, model.biases, overlap * grid.middle[:, None] + across * v, half)
        root = math.sqrt(1 - constants.slack)
        self._length = curve.length / root * MORE
        off = grid.off[:, None] + np.abs(curve.slope) * half
        if model.overlap == 1:
            # Link and fit move together: the mean value theorem for their difference.
            joint = (np.abs(grid.slope[:, None] - curve.slope) + grid.spread[:, None]) * half
            off = np.where(np.isfinite(joint), np.minimum(off, joint), off)
        self._rho = (np.abs(grid.s[:, None] - curve.fit) + off + curve.curve) * MORE + 1e-12
        room = np.minimum(grid.s - low, high - grid.s) - grid.off - 1e-12
        self._room = np.maximum(room, 0.0)[:, None]
        total = self._total(constants, high)
        value = constants.value
        far = (np.abs(grid.s - float(value.mid())) + grid.off) * MORE + float(value.rad()) + 1e-12
        self._weight = (_mass(constants, grid, high) / total * far)[:, None] * chance * MORE
        self._eta = constants.eta
        # Beyond the cells everything is taken at its largest.
        beyond = special.erfc(_RADIUS / math.sqrt(2)) / total
        if model.overlap != 1:
            beyond += special.erfc(_WIDTH / math.sqrt(2)) + 1e-15
        self._beyond = (high - low) * beyond * MORE
        self._furthest = (frame.fit + max(abs(low), abs(high)), longest(frame, model.biases) / root)

    @staticmethod
    def _total(constants: Constants, high: float) -> float:
        """E e^{t(s - high)} at least, for every t of the cell."""
        shift = (constants.policy_tilted.high * (constants.frame.center - arb(high))).exp()
        return float((constants.policy_mass * shift).abs_lower()) / MORE

    def term(self, radius: float) -> float:
        """E_{pi*} |s - V| (|rho| + |varphi| r - m)_+, at most."""
        reached = radius + self._eta
        over = np.maximum(self._rho + self._length * reached - self._room, 0.0)
        size, length = self._furthest
        return float(((self._weight * over).sum() + self._beyond * (size + length * reached)) * MORE)


def _mass(constants: Constants, grid: Cells, high: float) -> Array:
    """E e^{t(s - high)} on each cell, at most: it falls in t."""
    low_t = math.nextafter(float(constants.ends[0]), 0.0)
    x = np.abs(grid.middle) * grid.half
    density = np.exp(-(grid.middle**2) / 2) / math.sqrt(2 * math.pi) * 2 * grid.half * np.sinh(x) / x
    return np.asarray(density * np.exp(low_t * np.minimum(grid.s + grid.off - high, 0.0)) * MORE)


@dataclass(frozen=True)
class Beyond:
    """||s - clip(s)||_{pi*} at most, of a clip range that cuts into the range of the link.

    law: of s - clip(s) under the tilt by s.
    """

    law: Law

    @classmethod
    def of(cls, link: Node, clip: tuple[float, float], t_top: Fraction) -> Beyond:
        low, high = (Num(Fraction(end)) for end in clip)
        away = combine("-", link, call("clip", (link, low, high)))
        # A law serves twice its t_top, for squares of weights: there are none here.
        return cls(Law(away, link, (), Fraction(1), t_top / 2))

    def at(self, t: Fraction | Interval) -> float:
        """The bound at t, or for all t of an interval."""
        with working(BITS):
            tilted, away = Tilted(self.law, t, arb(0)), self.law.design.s
            errors = [tilted.error(1, power, 0) for power in (0, 2)]
            mass, square = tilted.means(1, [[arb(1)] * len(away), [v * v for v in away]], errors)
            return math.sqrt(upper(square / mass))
