"""Gauss rules on panels between the kinks of a link: any link, also where no strip serves."""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from flint import arb, arb_mat

from ...link.tree import Node
from ..lowering.arb import compile_arb, hermite
from ..lowering.pieces import pieces
from ..lowering.zeros import Unresolved
from ..precision import bits_for, exact, working
from ..work import spend
from .complex_boxes import Doubles
from .panels import Nodes, Panel, rules
from .tilting import Table, powered, tilted

#: The logarithm from which errors are added up.
_LEAST = -1e9
#: After so many cuts of panels a link is given up; tanh(He_10) at 50 digits takes a thousand.
_CUTS = 4000
#: Panels are bounded together, so many that their boxes hold about a million numbers.
_ENTRIES = 60_000


@dataclass(frozen=True, slots=True)
class Grid:
    """[-radius, radius] as panels on which ``tree`` is analytic, and the gaps that hold the kinks."""

    tree: Node
    level: int
    panels: tuple[Panel, ...]
    gaps: tuple[arb, ...]

    @classmethod
    def of(cls, tree: Node, radius: int, level: int) -> Grid:
        """Panels for ``level`` digits. Raises Unresolved where a kink is not isolated."""
        bits = bits_for(2 * level)
        with working(bits + 64):
            left, right = exact(-radius), exact(radius)
            found = pieces(tree, left, right, bits)
            panels = [panel for p in found for panel in _panels(p.lower, p.upper, p.tree)]
            edges = [left, *(end for p in found for end in (p.lower, p.upper)), right]
            gaps = [a.union(b) for a, b in zip(edges[::2], edges[1::2], strict=True) if a < b]
        return cls(tree, level, tuple(panels), tuple(gaps))

    def sums(
        self, powers: tuple[int, ...], ks: tuple[int, ...], t_low: arb, t_high: arb, goals: Doubles, bits: int
    ) -> tuple[Table, Doubles]:
        """The integrals over [-radius, radius] but for an error, whose logarithm comes with them."""
        nodes, log_errors = self._gather(powers, ks, t_low, t_high, goals, bits)
        spend(len(nodes.x) * (len(powers) + max(ks)))
        table = _summed(nodes, powers, ks, t_low, t_high)
        if self.gaps:
            for power, k in table:
                table[power, k] += arb(0, self._gap_mass(power, k, t_low, t_high).abs_upper())
        return table, log_errors

    def _gather(
        self, powers: tuple[int, ...], ks: tuple[int, ...], t_low: arb, t_high: arb, goals: Doubles, bits: int
    ) -> tuple[Nodes, Doubles]:
        """Nodes of every panel, and the log of the summed error of each integrand."""
        found, errors = Nodes([], [], []), np.full(goals.shape, _LEAST)
        goals = goals - math.log(max(len(self.panels), 1)) - 1
        low, high = float(t_low) * (1 - 1e-15), float(t_high) * (1 + 1e-15)
        rows, columns = np.array(powers), np.array(ks)
        most = 8 * math.ceil((1.2 * self.level + 24) / 8)
        batch = max(1, _ENTRIES // goals.size)
        waiting, cuts = list(self.panels), 0
        while waiting:
            panels, waiting = waiting[:batch], waiting[batch:]
            spend(len(panels) * goals.size)
            counts, log_errors = rules(panels, rows, columns, low, high, goals)
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

    def _gap_mass(self, power: int, k: int, t_low: arb, t_high: arb) -> arb:
        """A bound of the integral over the gaps."""
        total = arb(0)
        function = compile_arb(self.tree)
        for gap in self.gaps:
            s = function(gap)
            tilt = (t_low * s).exp().union((t_high * s).exp())
            total += 2 * gap.rad() * s.abs_upper() ** power * tilt.abs_upper() * abs(hermite(k, gap))
        return total


def _panels(lower: arb, upper: arb, tree: Node) -> list[Panel]:
    """[lower, upper] cut at the even integers inside."""
    cuts = range(2 * math.ceil(float(lower) / 2), 2 * math.floor(float(upper) / 2) + 1, 2)
    inner = [arb(c) for c in cuts if lower < arb(c) and arb(c) < upper]
    ends = [lower, *inner, upper]
    return [Panel(a, b, tree) for a, b in pairwise(ends)]


def _summed(nodes: Nodes, powers: tuple[int, ...], ks: tuple[int, ...], t_low: arb, t_high: arb) -> Table:
    """The Gauss sums: (powers x nodes) times (nodes x orders)."""
    if not nodes.x:
        return {(power, k): arb(0) for power in powers for k in ks}
    factors = [m * e for m, e in zip(nodes.mass, tilted(nodes.s, t_low, t_high), strict=True)]
    by_k = _hermite_rows(nodes.x, ks)
    product = arb_mat(powered(factors, nodes.s, powers)) * arb_mat([by_k[k] for k in ks]).transpose()
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
