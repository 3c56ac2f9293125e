"""Nodes with the Gaussian weight and He_k, kept for all links, and s^power e^{ts} at nodes.

They are equally spaced in z, or in u for z = c sinh u: then they stand closest around 0.
"""

import itertools
import operator
from collections.abc import Callable
from dataclasses import dataclass, field
from fractions import Fraction
from functools import lru_cache

import numpy as np
from flint import arb, arb_mat
from numpy.typing import NDArray

from ..precision import exact, working

Orders = NDArray[np.int64]
#: Balls for each power and order.
Table = dict[tuple[int, int], arb]
#: For sign = 1 or -1, one row of f(x) + sign f(-x) at nodes x >= 0 for each integrand f.
Folded = Callable[[int], list[list[arb]]]
#: Steps are multiples of 1/4096, so that nodes are exact.
UNIT = 4096
#: Bits in hand where nodes are not exact.
_GUARD = 16
#: Matrices of weights that a lattice keeps: those of many orders take megabytes.
_MATRICES = 16


@lru_cache(maxsize=256)
def _array(orders: tuple[int, ...]) -> Orders:
    return np.array(orders)


@dataclass(frozen=True)
class Integrands:
    """s^power e^{ts} He_k for every power and order, at one t, or for all t where ``t_low`` < ``t_high``."""

    powers: tuple[int, ...]
    ks: tuple[int, ...]
    t_low: arb
    t_high: arb

    @property
    def rows(self) -> Orders:
        """The powers as an array: rows of tables of bounds."""
        return _array(self.powers)

    @property
    def columns(self) -> Orders:
        """The orders, likewise."""
        return _array(self.ks)

    @property
    def tilts(self) -> tuple[float, float]:
        """``t_low`` and ``t_high`` in doubles, rounded outwards."""
        return float(self.t_low) * (1 - 1e-15), float(self.t_high) * (1 + 1e-15)

    def tilted(self, s: list[arb]) -> list[arb]:
        """e^{ts} at the nodes, or its hull over t."""
        if self.t_low < self.t_high:
            return list(map(arb.union, _exponentials(s, self.t_low), _exponentials(s, self.t_high)))
        return _exponentials(s, self.t_low)

    def powered(self, factors: list[arb], s: list[arb]) -> list[list[arb]]:
        """s^power times the factors, one row for each power."""
        return _powered(factors, s, self.powers)

    def folded(self, right: list[arb], left: list[arb], symmetry: int) -> Folded:
        """s^power e^{ts} over both sides of 0, from s at x and at -x.

        symmetry: 1 for an even link, -1 for an odd one, else 0; ``left`` is only read for the last.
        """
        tilts = self.tilted(right)
        if symmetry == -1 and not self.t_low < self.t_high:
            return _odd(right, tilts, self.powers)
        plus = self.powered(tilts, right)
        if symmetry < 0:
            left = list(map(operator.neg, right))
        minus = plus if symmetry == 1 else self.powered(self.tilted(left), left)

        def both(sign: int) -> list[list[arb]]:
            join = operator.add if sign > 0 else operator.sub
            return [list(map(join, a, b)) for a, b in zip(plus, minus, strict=True)]

        return both


def _exponentials(s: list[arb], t: arb) -> list[arb]:
    return list(map(arb.exp, map(t.__mul__, s))) if not t.is_zero() else [arb(1)] * len(s)


def _powered(factors: list[arb], s: list[arb], powers: tuple[int, ...]) -> list[list[arb]]:
    rows, current = {}, factors
    for power in range(max(powers) + 1):
        if power:
            current = list(map(operator.mul, current, s))
        rows[power] = current
    return [rows[power] for power in powers]


def _odd(s: list[arb], tilts: list[arb], powers: tuple[int, ...]) -> Folded:
    """s^i (e^{ts} + sign (-1)^i e^{-ts}): one exponential serves both sides."""
    inverse = list(map(arb(1).__truediv__, tilts))
    found: dict[bool, list[arb]] = {}

    def both(sign: int) -> list[list[arb]]:
        rows: dict[int, list[arb]] = {}
        for parity in {power % 2 for power in powers}:
            added = (parity == 0) == (sign > 0)
            if added not in found:
                found[added] = list(map(operator.add if added else operator.sub, tilts, inverse))
            chosen = tuple(power for power in powers if power % 2 == parity)
            rows |= dict(zip(chosen, _powered(found[added], s, chosen), strict=True))
        return [rows[power] for power in powers]

    return both


@dataclass(frozen=True)
class Lattice:
    """The nodes z(jh), j >= 0, and h z'(jh) phi He_k at them (half of it at 0); more come when asked for.

    z(u) = c sinh u for a ``bend`` c, and u itself where that is 0.
    """

    parts: int
    bits: int
    bend: float = 0.0
    _nodes: list[arb] = field(default_factory=list, repr=False)
    _rows: list[list[arb]] = field(default_factory=list, repr=False)
    _matrices: dict[tuple[int, tuple[int, ...]], arb_mat] = field(default_factory=dict, repr=False)

    def nodes(self, count: int) -> list[arb]:
        """z(jh) for j = 0..count."""
        if len(self._nodes) <= count:
            with working(self.bits + _GUARD):
                step = exact(Fraction(self.parts, UNIT))
                new = [step * j for j in range(len(self._nodes), count + 1)]
                self._nodes.extend([u.sinh() * self.bend for u in new] if self.bend else new)
        return self._nodes[: count + 1]

    def sums(self, count: int, rows: Folded, integrands: Integrands) -> Table:
        """``{(power, k): h sum_{|j| <= count} z' phi He_k f}``, f the row of that power.

        As He_k(-x) = (-1)^k He_k(x), even orders see f(x) + f(-x) and odd ones f(x) - f(-x).
        """
        found: Table = {}
        for parity, sign in ((0, 1), (1, -1)):
            chosen = tuple(k for k in integrands.ks if k % 2 == parity)
            if chosen:
                product = self._weights(count, chosen) * arb_mat(rows(sign)).transpose()
                places = itertools.product(enumerate(integrands.powers), enumerate(chosen))
                found |= {(power, k): product[j, i] for (i, power), (j, k) in places}
        return found

    def _weights(self, count: int, ks: tuple[int, ...]) -> arb_mat:
        key = (count, ks)
        if key not in self._matrices:
            if len(self._matrices) >= _MATRICES:
                del self._matrices[next(iter(self._matrices))]
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
        """h z' phi He_k at the nodes ``new``, the first of which is the node ``start``."""
        if k == 0:
            front = exact(Fraction(self.parts, UNIT)) / (2 * arb.pi()).sqrt()
            mass = [front * (-z * z / 2).exp() for z in new]
            if self.bend:
                # c cosh u.
                square = arb(self.bend) ** 2
                mass = [m * (square + z * z).sqrt() for m, z in zip(mass, new, strict=True)]
            # The node 0 is counted from both sides.
            return mass if start else [mass[0] / 2, *mass[1:]]
        last = self._rows[k - 1][start:]
        if k == 1:
            return list(map(operator.mul, new, last))
        before = map(arb(k - 1).__mul__, self._rows[k - 2][start:])
        return list(map(operator.sub, map(operator.mul, new, last), before))


@lru_cache(maxsize=64)
def lattice(parts: int, bits: int, bend: float = 0.0) -> Lattice:
    """The nodes of step parts/4096 at the working precision ``bits``."""
    return Lattice(parts, bits, bend)
