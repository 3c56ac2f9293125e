"""Links that are analytic in a strip around the line: the trapezoidal rule with a proved error.

For f analytic on the rectangle |Re z| <= R = (N + 1/2) h, |Im z| <= a, and real on the line,

    |h sum_{|j| <= N} f(jh) - int_{-R}^R f| <= 2 L/(e^{2 pi a/h} - 1) + 4 int_0^a S(y)/(1 + e^{2 pi y/h}) dy,

L the integral of |f| along Im z = a and S(y) the larger |f(+-R + iy)|: the residues of
f(z)/(1 - e^{-2 pi i z/h}) at the nodes give the sum, and the rest is the rim of the rectangle (Trefethen and
Weideman, The exponentially convergent trapezoidal rule, SIAM Review 56, 2014; on the vertical sides
e^{2 pi i z/h} = -e^{-2 pi y/h}). The nodes do not depend on the link: the Gaussian weight and He_k at
them are kept for all links.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from fractions import Fraction
from functools import cached_property, lru_cache

import numpy as np
from flint import acb, arb, arb_mat

from ..link.tree import Node
from .lower_arb import compile_arb
from .panels import Cover, Doubles, Orders, covered
from .precision import exact, working

#: Half widths a of the strip that are tried, as far up as the link is shown to be analytic.
_HEIGHTS = (0.35, 0.7, 1.05, 1.4, 2.0, 2.8, 4.0, 5.6, 8.0)
_BOX_BITS = 64
#: Steps are m/4096 with m rounded down to four bits, so that nodes are exact and shared between requests.
_UNIT = 4096
#: Logarithms of bounds are computed in doubles; this covers their rounding many times over.
_SLACK = 1e-6


@dataclass(frozen=True, slots=True)
class Plan:
    """The step h = parts/4096, the nodes jh for |j| <= count, and the log error of each integrand."""

    parts: int
    count: int
    log_errors: Doubles


@dataclass(frozen=True)
class Strip:
    """The strips |Im z| <= a, |Re z| <= radius + 1 on which the link ``tree`` is proved analytic."""

    tree: Node
    radius: Fraction
    _values: dict[tuple[int, int, int], tuple[list[arb], list[arb]]] = field(
        default_factory=dict, compare=False, repr=False
    )

    @cached_property
    def _rims(self) -> tuple[tuple[float, ...], Cover, Cover] | None:
        """The heights a, the lines Im z = a (as many boxes for each), and the sides row by row."""
        reach = math.ceil(self.radius) + 1
        with working(_BOX_BITS):
            function = compile_arb(self.tree)
            lines: list[acb] = []
            sides: list[acb] = []
            heights: list[float] = []
            below = 0.0
            for above in _HEIGHTS:
                centers = [arb(x + 0.5) + arb(0, 0.5) for x in range(-reach, reach)]
                row = arb((below + above) / 2, (above - below) / 2 * 1.0000001)
                if not all(acb(function(acb(x, row))).is_finite() for x in centers):
                    break
                lines += [acb(x, arb(above)) for x in centers]
                edge = arb(float(self.radius) + 0.5, 0.5)
                sides += [acb(x, row) for x in (edge, -edge)]
                heights.append(above)
                below = above
            if not heights:
                return None
            line, side = covered(function, 1.0, lines), covered(function, 1.0, sides)
            return None if line is None or side is None else (tuple(heights), line, side)

    def plan(
        self, powers: Orders, ks: Orders, t_low: float, t_high: float, goals: Doubles, most: int
    ) -> Plan | None:
        """The widest step that brings every integrand (power, k) below its goal; None when none does.

        ``goals`` are natural logarithms, rows powers and columns orders; at most ``most`` nodes.
        """
        if self._rims is None:
            return None
        heights, line, side = self._rims
        shape = (len(powers), len(ks), len(heights), -1)
        tops = line.log_values(powers, ks, t_low, t_high).reshape(shape).max(axis=3)
        # Both lines together, over their length.
        tops = tops + math.log(4 * float(self.radius + 1)) + _SLACK
        rates = 2 * math.pi * np.array(heights) * (1 - 1e-12)
        # e^{2 pi a/h} - 1 >= e^{2 pi a/h}/2.
        needed = (tops - goals[:, :, None]).max(axis=(0, 1)) + 2 * math.log(2)
        best = int(np.argmax(rates / np.maximum(needed, 1.0)))
        if not np.isfinite(needed[best]):
            return None
        parts = int(_UNIT * rates[best] / max(needed[best], 1.0))
        if parts < 1:
            return None
        # A step of at most 1/2 keeps the vertical sides within their boxes.
        parts = _rounded_down(min(parts, _UNIT // 2))
        step = parts / _UNIT
        count = math.ceil(float(self.radius) / step)
        if 2 * count + 1 > most:
            return None
        errors = tops[:, :, best] - rates[best] / step + math.log(2)
        lower = np.array((0.0, *heights[:-1]))
        sup = side.log_values(powers, ks, t_low, t_high).reshape(shape).max(axis=3)
        # 4 int_y^oo e^{-2 pi u/h} du = (2 h/pi) e^{-2 pi y/h}, row by row.
        rows = (sup - 2 * math.pi * lower / step * (1 - 1e-12))[:, :, : best + 1]
        rim = np.logaddexp.reduce(rows, axis=2) + math.log(2 * step / math.pi) + _SLACK
        errors = np.logaddexp(errors, rim)
        return Plan(parts, count, errors) if bool((errors <= goals).all()) else None

    def values(self, plan: Plan, bits: int) -> tuple[list[arb], list[arb]]:
        """s at the nodes jh and at -jh, j = 0..count, at the working precision ``bits``."""
        key = (plan.parts, plan.count, bits)
        if key not in self._values:
            function, nodes = compile_arb(self.tree), lattice(*key).x
            self._values[key] = [arb(function(x)) for x in nodes], [arb(function(-x)) for x in nodes]
        return self._values[key]


def _rounded_down(parts: int) -> int:
    """Four leading bits."""
    spare = max(0, parts.bit_length() - 4)
    return parts >> spare << spare


@dataclass(frozen=True)
class Lattice:
    """The nodes jh, 0 <= j <= count, and h phi He_k at them (half of it at 0); no link is involved."""

    x: list[arb]
    mass: list[arb]
    _rows: list[list[arb]] = field(default_factory=list, repr=False)
    _matrices: dict[tuple[int, ...], arb_mat] = field(default_factory=dict, repr=False)

    def sums(
        self, right: list[list[arb]], left: list[list[arb]], ks: tuple[int, ...]
    ) -> dict[tuple[int, int], arb]:
        """``{(row, k): h sum_j phi He_k f}`` over all nodes jh for each row f, given at jh and at -jh.

        As He_k(-x) = (-1)^k He_k(x), even orders see f(x) + f(-x) and odd ones f(x) - f(-x).
        """
        found: dict[tuple[int, int], arb] = {}
        for parity, sign in ((0, 1), (1, -1)):
            chosen = tuple(k for k in ks if k % 2 == parity)
            if not chosen:
                continue
            folded = [
                [a + sign * b for a, b in zip(*pair, strict=True)] for pair in zip(right, left, strict=True)
            ]
            product = arb_mat(folded) * self._weights(chosen)
            found |= {(i, k): product[i, j] for i in range(len(right)) for j, k in enumerate(chosen)}
        return found

    def _weights(self, ks: tuple[int, ...]) -> arb_mat:
        if ks not in self._matrices:
            rows = self._rows or [self.mass, [z * c for z, c in zip(self.x, self.mass, strict=True)]]
            while len(rows) <= max(ks):
                k = len(rows) - 1
                rows.append([z * c - k * b for z, c, b in zip(self.x, rows[-1], rows[-2], strict=True)])
            self._rows[:] = rows
            self._matrices[ks] = arb_mat([rows[k] for k in ks]).transpose()
        return self._matrices[ks]


@lru_cache(maxsize=24)
def lattice(parts: int, count: int, bits: int) -> Lattice:
    """The nodes of step parts/4096 at the working precision ``bits``."""
    with working(bits):
        step = exact(Fraction(parts, _UNIT))
        front = step / (2 * arb.pi()).sqrt()
        x = [step * j for j in range(count + 1)]
        mass = [front * (-z * z / 2).exp() for z in x]
        # The node 0 is counted from both sides.
        mass[0] /= 2
        return Lattice(x, mass)
