"""Equally spaced nodes with the Gaussian weight and He_k at them, kept for all links."""

from __future__ import annotations

import operator
from dataclasses import dataclass, field
from fractions import Fraction
from functools import lru_cache

from flint import arb, arb_mat

from ..precision import exact, working
from .tilting import Folded, Table

#: Steps are multiples of 1/4096, so that nodes are exact.
UNIT = 4096


@dataclass(frozen=True)
class Lattice:
    """The nodes jh, j >= 0, and h phi He_k at them (half of it at 0); more of them come when asked for."""

    parts: int
    bits: int
    _nodes: list[arb] = field(default_factory=list, repr=False)
    _rows: list[list[arb]] = field(default_factory=list, repr=False)
    _matrices: dict[tuple[int, tuple[int, ...]], arb_mat] = field(default_factory=dict, repr=False)

    def nodes(self, count: int) -> list[arb]:
        """jh for j = 0..count."""
        if len(self._nodes) <= count:
            with working(self.bits):
                step = exact(Fraction(self.parts, UNIT))
                self._nodes.extend(step * j for j in range(len(self._nodes), count + 1))
        return self._nodes[: count + 1]

    def sums(self, count: int, rows: Folded, powers: tuple[int, ...], ks: tuple[int, ...]) -> Table:
        """``{(power, k): h sum_{|j| <= count} phi He_k f}``, f the row of that power.

        As He_k(-x) = (-1)^k He_k(x), even orders see f(x) + f(-x) and odd ones f(x) - f(-x).
        """
        found: Table = {}
        for parity, sign in ((0, 1), (1, -1)):
            chosen = tuple(k for k in ks if k % 2 == parity)
            if chosen:
                product = self._weights(count, chosen) * arb_mat(rows(sign)).transpose()
                found |= {(p, k): product[j, i] for i, p in enumerate(powers) for j, k in enumerate(chosen)}
        return found

    def _weights(self, count: int, ks: tuple[int, ...]) -> arb_mat:
        key = (count, ks)
        if key not in self._matrices:
            self._extend(count, max(ks))
            self._matrices[key] = arb_mat([self._rows[k][: count + 1] for k in ks])
        return self._matrices[key]

    def _extend(self, count: int, order: int) -> None:
        """Rows up to ``order`` at the nodes up to ``count``: He_{k+1} = x He_k - k He_{k-1}."""
        self.nodes(count)
        rows, x = self._rows, self._nodes
        rows += [[] for _ in range(len(rows), order + 1)]
        with working(self.bits):
            for k, row in enumerate(rows):
                if new := x[len(row) :]:
                    row += self._row(k, len(row), new)

    def _row(self, k: int, start: int, new: list[arb]) -> list[arb]:
        """h phi He_k at the nodes ``new``, the first of which is the node ``start``."""
        if k == 0:
            front = exact(Fraction(self.parts, UNIT)) / (2 * arb.pi()).sqrt()
            mass = [front * (-z * z / 2).exp() for z in new]
            # The node 0 is counted from both sides.
            return mass if start else [mass[0] / 2, *mass[1:]]
        last = self._rows[k - 1][start:]
        if k == 1:
            return list(map(operator.mul, new, last))
        before = map(arb(k - 1).__mul__, self._rows[k - 2][start:])
        return list(map(operator.sub, map(operator.mul, new, last), before))


@lru_cache(maxsize=64)
def lattice(parts: int, bits: int) -> Lattice:
    """The nodes of step parts/4096 at the working precision ``bits``."""
    return Lattice(parts, bits)
