"""Gauss rules on panels between the kinks of a link: any link, also where no strip serves.

For f analytic in the Bernstein ellipse of parameter rho around [-1, 1] with |f| <= M there, the n-point
Gauss-Legendre rule errs by at most 64/15 M rho^(-2(n-1))/(1 - rho^-2) (Trefethen, Approximation Theory
and Approximation Practice, theorem 19.3). M comes from boxes that cover the ellipse; finite values of
the link on all of them also prove that it is analytic there.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import cached_property, lru_cache
from itertools import pairwise

import numpy as np
from flint import acb, arb, arb_mat, fmpz

from ...link.domain import singular_points
from ...link.tree import Node
from ..lowering.arb import compile_arb, hermite, values
from ..lowering.balls import Ball
from ..lowering.pieces import Piece, pieces
from ..lowering.pointwise import Array
from ..lowering.removable import continued
from ..precision import Unresolved, as_fraction, bits_for, exact, working
from ..work import size, size_together, spend
from .complex_boxes import SLACK, Cover, Region, bounds, covered, log_tops, outward
from .nodes import Integrands, Table
from .tails import mass_beside

#: A dyadic number as mantissa and exponent of 2, a key of what is kept.
_Dyadic = tuple[fmpz, fmpz]
#: Ellipse parameters tried, widest first; the best one for each integrand is used.
RHO = (4.5, 3.2, 2.2, 1.6)
_COLUMNS, _ROWS = 6, 3
_BOX_BITS = 64
#: The work of a cover of an ellipse beside the evaluations of the link.
_AROUND = 100
#: What choosing rules takes beside the ellipses: for the panels at once, and for each of them.
_OF_A_BATCH, _OF_A_PANEL = 100, 20
#: The logarithm from which errors are added up.
_LEAST = -1e9
#: After so many cuts of panels a link is given up; tanh(He_10) at 50 digits takes a thousand.
_CUTS = 4000
#: A panel that ends so near to a singular point was cut there.
_NEAR = arb(2) ** -40
#: Panels are bounded together, so many that their boxes hold about a million numbers.
_ENTRIES = 60_000


@dataclass(frozen=True, slots=True)
class Nodes:
    """Gauss nodes on panels: x, s(x) and weight times density, all as balls."""

    x: list[arb]
    s: list[arb]
    mass: list[arb]


@dataclass(frozen=True)
class Panel:
    """[lower, upper] with exact end points, where the link is the analytic ``tree``."""

    lower: arb
    upper: arb
    tree: Node

    @cached_property
    def half_width(self) -> float:
        """Half of its length."""
        return float((self.upper - self.lower) / 2)

    @cached_property
    def _bits(self) -> int:
        """Enough to tell the ends of a narrow panel apart, far from 0 too."""
        return _BOX_BITS + max(0, -math.frexp(self.half_width)[1])

    def ellipse(self, rho: float) -> Cover | None:
        """The link on the ellipse; None where it is not proved analytic there."""
        spend(_AROUND + _COLUMNS * _ROWS * size_together(self.tree), self, rho)
        with working(self._bits):
            return _on_ellipse(self.tree, *self._ends, self.half_width, rho)

    @cached_property
    def _ends(self) -> tuple[_Dyadic, _Dyadic]:
        return self.lower.man_exp(), self.upper.man_exp()

    @property
    def line(self) -> Cover | None:
        """The panel itself, cut in four: bounds the integral where the panel hardly counts."""
        with working(self._bits):
            return _on_line(self.tree, *self._ends)

    @cached_property
    def halves(self) -> tuple[Panel, Panel]:
        """The panel cut in the middle."""
        # Not to the precision of who asks first: the halves serve every question.
        with working(self._bits):
            middle = ((self.lower + self.upper) / 2).mid()
        return Panel(self.lower, middle, self.tree), Panel(middle, self.upper, self.tree)

    def nodes(self, n: int, bits: int) -> Nodes:
        """The n Gauss nodes at the working precision ``bits``."""
        spend(n * size(self.tree), self, (n, bits))
        return _at_nodes(self.tree, *self._ends, n, bits)


# The grids of one link share most panels, and those of different links the ends of them.


@lru_cache(maxsize=4096)
def _on_ellipse(tree: Node, low: _Dyadic, high: _Dyadic, half: float, rho: float) -> Cover | None:
    return covered(tree, *_half_ellipse(low, high, half, rho))


@lru_cache(maxsize=2048)
def _on_line(tree: Node, low: _Dyadic, high: _Dyadic) -> Cover | None:
    cells, region = _quarters(low, high)
    log_size, highest = bounds(values(tree, cells))
    return Cover(region, log_size, highest) if np.isfinite(log_size).all() else None


@lru_cache(maxsize=1024)
def _at_nodes(tree: Node, low: _Dyadic, high: _Dyadic, n: int, bits: int) -> Nodes:
    with working(bits):
        xs, masses = _weighted(low, high, n, bits)
        return Nodes(xs, values(tree, xs), masses)


@lru_cache(maxsize=1024)
def _quarters(low: _Dyadic, high: _Dyadic) -> tuple[list[arb], Region]:
    """A panel cut in four, as real balls: a root may touch its branch point here."""
    lower, upper = arb(low), arb(high)
    step = (upper - lower) / 4
    cells = [a.union(b) for a, b in pairwise([*(lower + step * i for i in range(4)), upper])]
    return cells, Region.of(cells)


@lru_cache(maxsize=1024)
def _half_ellipse(low: _Dyadic, high: _Dyadic, half: float, rho: float) -> tuple[list[acb], Region]:
    """Boxes over the upper half of the ellipse: as links are real on the line, the lower mirrors it."""
    center = (arb(low) + arb(high)) / 2
    major, minor = (half * (rho + sign / rho) / 2 * 1.0000001 for sign in (1, -1))
    # The factor covers the rounding of the middles.
    width, height = major / _COLUMNS * 1.0000001, minor / (2 * _ROWS) * 1.0000001
    columns = [center + arb(major * (2 * i + 1 - _COLUMNS) / _COLUMNS, width) for i in range(_COLUMNS)]
    rows = [arb((2 * j + 1) * minor / (2 * _ROWS), height) for j in range(_ROWS)]
    near = np.array([float(x.abs_lower()) for x in columns]) * (1 - 1e-12)
    reach = outward(np.array([float(x.abs_upper()) for x in columns]))
    tops = outward(np.array([float(y.abs_upper()) for y in rows]))
    boxes = [acb(x, y) for x in columns for y in rows]
    region = Region.around(np.repeat(near, _ROWS), np.repeat(reach, _ROWS), np.tile(tops, _COLUMNS))
    return boxes, region


@lru_cache(maxsize=256)
def _weighted(low: _Dyadic, high: _Dyadic, n: int, bits: int) -> tuple[list[arb], list[arb]]:
    """The n Gauss nodes of a panel, and weight times density there."""
    lower, upper = arb(low), arb(high)
    center, half = (lower + upper) / 2, (upper - lower) / 2
    front = half / (2 * arb.pi()).sqrt()
    rule = gauss_rule(n, bits)
    xs = [center + half * node for node, _ in rule]
    return xs, [weight * front * (-x * x / 2).exp() for x, (_, weight) in zip(xs, rule, strict=True)]


def rules(panels: Sequence[Panel], integrands: Integrands, goals: Array) -> tuple[Array, Array]:
    """How many nodes bring every integrand (power, k) below its goal on each panel, and the log errors then.

    ``goals`` are natural logarithms, rows powers and columns orders; axes of the errors: panels, powers,
    orders. No node is needed where the whole integral is below the goal; the number is infinite when the
    link is not shown analytic nearby, and the panel has to be cut.
    """
    halves = np.array([panel.half_width for panel in panels])
    counts, known = np.full(len(panels), math.inf), np.zeros(len(panels))
    errors = np.repeat(goals[None], len(panels), axis=0)
    lines = {i: panel.line for i, panel in enumerate(panels) if panel.line is not None}
    if lines:
        at = np.array(list(lines))
        flat = log_tops(list(lines.values()), integrands)
        flat += np.log(2 * halves[at])[:, None, None] + SLACK
        known[at] = (flat - goals).max(axis=(1, 2))
        small = at[known[at] <= 0]
        counts[small], errors[small] = 0, flat[known[at] <= 0]
    for rho in RHO:
        # An ellipse so narrow needs more nodes even if the link grows no further on it than on the line.
        open_to = np.flatnonzero((counts > 0) & (known / (2 * math.log(rho)) <= counts)).tolist()
        covers = {i: cover for i in open_to if (cover := panels[i].ellipse(rho)) is not None}
        if not covers:
            continue
        at = np.array(list(covers))
        tops = log_tops(list(covers.values()), integrands)
        tops += np.log(64 / 15 * halves[at] / (1 - rho**-2))[:, None, None] + SLACK
        rate = 2 * math.log(rho) * (1 - 1e-12)
        with np.errstate(over="ignore"):  # a link of the size of e^(10^300): no rule serves it
            least = (tops - goals).max(axis=(1, 2)) / rate
        needed = np.where(least < 1e6, np.maximum(8, 8 * np.ceil((1 + least) / 8)), math.inf)
        better = needed < counts[at]
        counts[at[better]] = needed[better]
        errors[at[better]] = tops[better] - rate * (needed[better] - 1)[:, None, None]
    return counts, errors


@lru_cache(maxsize=256)
def gauss_rule(n: int, bits: int) -> list[tuple[arb, arb]]:
    """Nodes and weights of the Gauss-Legendre rule on [-1, 1]."""
    with working(bits):
        half = [arb.legendre_p_root(n, k, weight=True) for k in range(n // 2)]
        middle = [(arb(0), arb.legendre_p_root(n, n // 2, weight=True)[1])] if n % 2 else []
        return [*half, *middle, *((-x, w) for x, w in reversed(half))]


@dataclass(frozen=True, slots=True)
class Grid:
    """[-radius, radius] as panels on which ``tree`` is analytic, and the gaps that hold the kinks.

    times: 2 where they cover [0, radius] alone, for integrands that are even.
    """

    tree: Node
    level: int
    panels: tuple[Panel, ...]
    gaps: tuple[arb, ...]
    times: int = 1

    @classmethod
    def of(cls, tree: Node, radius: int, level: int, *, half: bool = False) -> Grid:
        """Panels for ``level`` digits. Raises Unresolved where a kink is not isolated."""
        bits = bits_for(2 * level)
        with working(bits + 64):
            left, right = exact(-radius), exact(radius)
            found = pieces(tree, left, right, bits)
            if half:
                left, found = arb(0), [replace(p, lower=p.lower.max(arb(0))) for p in found if p.upper > 0]
            panels = [panel for p in found for panel in _panels(p, singular_points(tree))]
            edges = [left, *(end for p in found for end in (p.lower, p.upper)), right]
            gaps = [a.union(b) for a, b in zip(edges[::2], edges[1::2], strict=True) if a < b]
        return cls(tree, level, tuple(panels), tuple(gaps), 1 + half)

    def sums(self, integrands: Integrands, goals: Array, bits: int) -> tuple[Table, Array]:
        """The integrals over [-radius, radius] but for an error, whose logarithm comes with them."""
        nodes, log_errors = self._gather(integrands, goals - math.log(self.times), bits)
        spend(len(nodes.x) * (len(integrands.powers) + max(integrands.ks)))
        table = _summed(nodes, integrands)
        if self.gaps:
            in_gaps = self._in_gaps()
            for power, k in table:
                table[power, k] += arb(0, self._gap_mass(power, k, integrands, in_gaps).abs_upper())
        if self.times > 1:
            table = {key: self.times * value for key, value in table.items()}
        return table, log_errors + math.log(self.times) + SLACK

    def _gather(self, integrands: Integrands, goals: Array, bits: int) -> tuple[Nodes, Array]:
        """Nodes of every panel, and the log of the summed error of each integrand."""
        found, errors = Nodes([], [], []), np.full(goals.shape, _LEAST)
        goals = goals - math.log(max(len(self.panels), 1)) - 1
        most = 8 * math.ceil((1.2 * self.level + 24) / 8)
        batch = max(1, _ENTRIES // goals.size)
        waiting, cuts = list(self.panels), 0
        while waiting:
            panels, waiting = waiting[:batch], waiting[batch:]
            spend(_OF_A_BATCH + len(panels) * (goals.size + _OF_A_PANEL))
            counts, log_errors = rules(panels, integrands, goals)
            served = counts <= most
            errors = np.logaddexp.reduce([errors, *log_errors[served]], axis=0)
            for panel, n in zip(panels, counts.tolist(), strict=True):
                if n > most:
                    cuts += 1
                    if cuts > _CUTS or panel.half_width < 2.0 ** (-3.4 * self.level - 40):
                        at = float(panel.lower)
                        raise Unresolved(f"no rule is shown to reach the digits near z = {at:.6g}")
                    waiting += panel.halves
                elif n:
                    nodes = panel.nodes(int(n), bits)
                    found.x.extend(nodes.x)
                    found.s.extend(nodes.s)
                    found.mass.extend(nodes.mass)
        return found, errors

    def _in_gaps(self) -> list[Ball]:
        """The link in each gap."""
        spend(len(self.gaps) * size(self.tree), self, "gaps")
        function = compile_arb(self.tree)
        found = [(gap, function(gap)) for gap in self.gaps]
        return [s if s.is_finite() else continued(self.tree, gap) for gap, s in found]

    def _gap_mass(self, power: int, k: int, integrands: Integrands, in_gaps: list[Ball]) -> arb:
        """A bound of the integral over the gaps."""
        total = arb(0)
        for gap, s in zip(self.gaps, in_gaps, strict=True):
            if not s.is_finite():
                total += self._mass_beside(power, integrands, gap).abs_upper() * abs(hermite(k, gap))
                continue
            tilt = (integrands.t_low * s).exp().union((integrands.t_high * s).exp())
            total += 2 * gap.rad() * s.abs_upper() ** power * tilt.abs_upper() * abs(hermite(k, gap))
        return total

    def _mass_beside(self, power: int, integrands: Integrands, gap: arb) -> arb:
        """Over a gap in which the link has a singular point."""
        for point in singular_points(self.tree):
            if gap.contains(exact(point)):
                mass = mass_beside(self.tree, point, power, integrands.t_low, integrands.t_high, gap)
                if mass is not None:
                    return mass
        raise Unresolved(f"no integrable bound of |s|^{power} e^(ts) near z = {float(gap):.6g} is found")


def _panels(piece: Piece, singular: Sequence[Fraction]) -> list[Panel]:
    """The piece cut at the even integers inside, and ever finer towards a singular point at its end."""
    lower, upper = piece.lower, piece.upper
    cuts = [arb(2 * c) for c in range(math.ceil(float(lower) / 2), math.floor(float(upper) / 2) + 1)]
    for point in map(exact, singular):
        for end, side in ((lower, 1), (upper, -1)):
            beside = side * (end - point)
            # No halving would find an ellipse beside the point sooner.
            steps = -math.frexp(float(beside.lower()))[1] if beside >= 0 and beside < _NEAR else 0
            cuts += [(point + side * arb(2) ** -j).mid() for j in range(steps)]
    inner = {as_fraction(cut): cut for cut in cuts if lower < cut and cut < upper}
    ends = [lower, *(inner[at] for at in sorted(inner)), upper]
    return [Panel(a, b, piece.tree) for a, b in pairwise(ends)]


def _summed(nodes: Nodes, integrands: Integrands) -> Table:
    """The Gauss sums: (powers x nodes) times (nodes x orders)."""
    powers, ks = integrands.powers, integrands.ks
    if not nodes.x:
        return {(power, k): arb(0) for power in powers for k in ks}
    factors = [m * e for m, e in zip(nodes.mass, integrands.tilted(nodes.s), strict=True)]
    by_k = _hermite_rows(nodes.x, ks)
    product = arb_mat(integrands.powered(factors, nodes.s)) * arb_mat([by_k[k] for k in ks]).transpose()
    return {(power, k): product[i, j] for i, power in enumerate(powers) for j, k in enumerate(ks)}


def _hermite_rows(x: list[arb], ks: tuple[int, ...]) -> dict[int, list[arb]]:
    """He_k at the nodes for each k, by one pass of the recurrence."""
    before, current = [arb(0)] * len(x), [arb(1)] * len(x)
    found = {}
    for k in range(max(ks) + 1):
        if k in ks:
            found[k] = current
        before, current = current, [z * c - k * b for z, c, b in zip(x, current, before, strict=True)]
    return found
