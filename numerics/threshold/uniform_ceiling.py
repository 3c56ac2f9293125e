"""lambda_k^2 = E zeta_k^2/k! of y = s(Z) + e, e uniform on [-a, a]: int f_k^2/f_0 dy/k!.

With q = 1 or He_k, 2a f(y) = E[q; y - a <= s <= y + a]. The values of s are cut into bins of one width
h = a/m, so while y runs through a cell of that width, y - a and y + a run through one bin each, and the bins
between count whole. Averaged over the cell, a value s in the lower of the two counts by its place
u = (s - low)/h in the bin, and by 1 - u in the upper: so E[q; bin] and E[q u; bin] give the exact mass N_0
and signal N_k of the cell. Then N_k^2/N_0 is a lower bound (Jensen), and N_0 times a quarter of the squared
range of f_k/f_0 over the cell is the most that is missing (Popoviciu). Both errors are of second order in h.

Over a part [l, r] of a branch u is linear in z but for (r - l)^2 sup|s''|/(8 h). An atom of s counts where
y - a <= s <= y + a, and the grid of cells goes through the first one.
"""

from __future__ import annotations

import math
import operator
from dataclasses import dataclass, field
from fractions import Fraction
from itertools import pairwise
from math import factorial
from typing import NamedTuple

from flint import arb

from ...link.tree import Node
from ..lowering.arb import compile_arb, hermite
from ..lowering.derivative import derivative
from ..lowering.pieces import without_null_sets
from ..precision import Unresolved, exact, working
from ..work import allowance, remembered, spend
from .branches import Branch, branches
from .level_sets import BITS, RADIUS
from .signal_ceiling import antiderivatives, density_at

#: Bins to the half width a that are tried, and how many there may be in all.
_PER_HALF_WIDTH = (512, 128, 32, 8, 2)
_MOST_BINS = 13_000
_GAP_BITS, _WORK = 100, 5e6
_UNIT = arb(0).union(arb(1))


@remembered(64)
def uniform_ceiling(tree: Node, half_width: Fraction, k: int) -> arb:
    """An enclosure of lambda_k^2 in [0, 1] of y = s + e, e uniform, k >= 1, to some four digits as a rule.

    Raises Unresolved where the branches of s are not isolated, or its range is too wide for the noise.
    """
    with allowance(_WORK), working(BITS):
        found = branches(without_null_sets(tree), RADIUS, _GAP_BITS)
        atoms = [branch for branch in found if not branch.direction]
        moving = [branch for branch in found if branch.direction]
        low = min((float(b.bottom) for b in found), default=0.0)
        high = max((float(b.top) for b in found), default=0.0)
        for per in _PER_HALF_WIDTH:
            if (high - low) * per / float(half_width) < _MOST_BINS:
                origin = atoms[0].bottom if atoms else arb(0)
                grid = _Grid(origin, exact(half_width / per), per, k)
                for branch in moving:
                    grid.add(branch)
                return grid.carried(atoms)
        raise Unresolved("the range of the link is too wide for the half width of the noise")


class _Bin(NamedTuple):
    """E[q; bin] and E[q u; bin] for q = 1 and He_k, E[He_k^2; bin], and E[He_k; any part of the bin]."""

    mass: arb
    signal: arb
    square: arb
    placed_mass: arb
    placed_signal: arb
    some: arb

    def plus(self, other: _Bin) -> _Bin:
        return _Bin(*map(operator.add, self, other))


_NOTHING = _Bin(*[arb(0)] * 6)


@dataclass(slots=True)
class _Grid:
    """Bin number i holds origin + i h <= s <= origin + (i + 1) h; ``per`` of them to the half width."""

    origin: arb
    h: arb
    per: int
    k: int
    bins: dict[int, _Bin] = field(default_factory=dict)

    def edge(self, i: int) -> arb:
        return self.origin + i * self.h

    def add(self, branch: Branch) -> None:
        """Cut a monotone branch at the edges of the bins."""
        first, last = (math.floor(float((v - self.origin) / self.h)) for v in (branch.bottom, branch.top))
        inside = [i for i in range(first - 1, last + 3) if self._inside(branch, self.edge(i))]
        spend(len(inside))
        points = branch.preimages([self.edge(i) for i in inside])
        starts = [inside[0] - 1, *inside] if inside else [first]
        ends = (branch.lower, branch.upper) if branch.direction > 0 else (branch.upper, branch.lower)
        bend = compile_arb(derivative(derivative(branch.tree)))
        value = compile_arb(branch.tree)
        for i, (a, b) in zip(starts, pairwise([ends[0], *points, ends[1]]), strict=True):
            left, right = (a, b) if branch.direction > 0 else (b, a)
            places = [(value(x) - self.edge(i)) / self.h for x in (left, right)]
            curve = (right - left) ** 2 * abs(bend(left.union(right))) / (8 * self.h)
            part = self._part(left, right, places, curve)
            self.bins[i] = part.plus(self.bins[i]) if i in self.bins else part

    @staticmethod
    def _inside(branch: Branch, edge: arb) -> bool:
        if branch.bottom < edge and edge < branch.top:
            return True
        if edge <= branch.bottom or edge >= branch.top:
            return False
        raise Unresolved("a value at the end of a branch is not told apart from an edge of the bins")

    def _part(self, left: arb, right: arb, places: list[arb], curve: arb) -> _Bin:
        """What a stretch of a branch adds to its bin; ``places``: u at its ends."""
        below, above = antiderivatives(left, self.k), antiderivatives(right, self.k)
        mass, signal, square = (b - a for a, b in zip(below, above, strict=True))
        moments = [b - a for a, b in zip(_with_z(left, self.k), _with_z(right, self.k), strict=True)]
        hull = left.union(right)
        he = hermite(self.k, hull)
        some = arb(0).union(mass * he)
        slope = (places[1] - places[0]) / (right - left)
        error = curve.abs_upper() if curve.is_finite() else arb(2)
        if not (error < 1 and slope.is_finite()):
            return _Bin(mass, signal, square, mass * _UNIT, some, some)
        # u = places[0] + slope (z - left), but for the curve.
        placed_mass, placed_signal = (
            places[0] * of + slope * (with_z - left * of)
            for of, with_z in zip((mass, signal), moments, strict=True)
        )
        spread = arb(0, (mass * error).abs_upper())
        return _Bin(mass, signal, square, placed_mass + spread, placed_signal + spread * he, some)

    def carried(self, atoms: list[Branch]) -> arb:
        """The integral over y, cell by cell."""
        k, per = self.k, self.per
        levels = [
            (
                b.bottom,
                *(y - x for x, y in zip(*(antiderivatives(e, k) for e in (b.lower, b.upper)), strict=True)),
            )
            for b in atoms
        ]
        numbers = [
            *self.bins,
            *(math.floor(float((v - self.origin) / self.h)) + j for v, *_ in levels for j in (0, 1)),
        ]
        first, last = min(numbers) - per - 1, max(numbers) + per + 1
        total_mass = sum((b.mass for b in self.bins.values()), sum((m for _, m, _, _ in levels), arb(0)))
        total_square = sum((b.square for b in self.bins.values()), sum((q for *_, q in levels), arb(0)))
        left_mass = (1 - total_mass).abs_upper()
        left_square = (factorial(k) - total_square).abs_upper()
        left_signal = (left_mass * left_square).sqrt()
        sums = [(arb(0), arb(0), arb(0))]
        for i in range(first - per - 1, last + per + 2):
            bin_ = self.bins.get(i, _NOTHING)
            before = sums[-1]
            sums.append((before[0] + bin_.mass, before[1] + bin_.signal, before[2] + bin_.square))
        start, share = first - per - 1, self.h / (2 * per * self.h)
        lower, upper = arb(0), left_square
        for i in range(first, last + 1):
            below, above = self.bins.get(i - per, _NOTHING), self.bins.get(i + per, _NOTHING)
            # Bins i - per + 1 .. i + per - 1.
            inner = [b - a for a, b in zip(sums[i - per + 1 - start], sums[i + per - start], strict=True)]
            for value, mass, signal, square in levels:
                inside = self._holds(i, value)
                inner = [x + inside * y for x, y in zip(inner, (mass, signal, square), strict=True)]
            mass = inner[0] + below.placed_mass + above.mass - above.placed_mass
            signal = inner[1] + below.placed_signal + above.signal - above.placed_signal
            square = (inner[2] + below.square + above.square).abs_upper()
            certain = (abs(signal).abs_lower() - left_signal).nonnegative_part()
            if not mass.abs_upper() > 0:
                continue
            lower += (certain * certain / (mass.abs_upper() + left_mass)).lower() * share.lower()
            most = square
            if mass > 0:
                mean = (signal * signal / mass).abs_upper()
                over = (inner[1] + below.some + above.some) / (
                    inner[0] + arb(0).union(below.mass.abs_upper()) + arb(0).union(above.mass.abs_upper())
                )
                if over.is_finite():
                    most = most.min((mean + mass * over.rad() ** 2).abs_upper())
            upper += most * share.upper()
        found: arb = lower.lower().union(upper.upper()) / factorial(k)
        return found.intersection(arb(0).union(arb(1)))

    def _holds(self, i: int, value: arb) -> arb:
        """Whether y - a <= value <= y + a for y in cell i: 1, 0, or anything in between."""
        low, high = self.edge(i - self.per), self.edge(i + self.per)
        if low + self.h <= value and value <= high:
            return arb(1)
        return arb(0) if value <= low or high + self.h <= value else _UNIT


def _with_z(x: arb, k: int) -> tuple[arb, arb]:
    """Antiderivatives of z phi and z He_k phi: z He_k = He_{k+1} + k He_{k-1}."""
    density = density_at(x)
    rest = (-x / arb(2).sqrt()).erfc() / 2 if k == 1 else -k * hermite(k - 2, x) * density
    return -density, -hermite(k, x) * density + rest
