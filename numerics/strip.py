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
from itertools import pairwise

import numpy as np
from flint import acb, arb, arb_mat

from ..link.tree import Node
from .lower_arb import both_sides, values
from .lower_numpy import compile_numpy
from .panels import Cover, Doubles, Orders, Region, covered
from .precision import exact, working
from .symmetry import symmetry

#: Half widths a of the strip that are tried, as far up as the link is shown to be analytic.
_HEIGHTS = tuple(2.0 ** (j / 4) for j in range(-12, 13))
_BOX_BITS = 53
#: Where the boxes along the line end, on either side of 0, from 2 on.
_ENDS = (2.0, 3.0, 5.0, 8.0, 12.0, 20.0, 40.0, 100.0, 300.0)
#: Boxes along a vertical side, and how many boxes may resist before a rectangle is given up.
_ROWS, _RESISTING = 4, 12
#: Heights that are climbed at once while looking for the highest strip.
_RUNGS = 4
#: Heights at which the bound on the line is computed, at most.
_TRIED = 3
#: Points on the lines of all heights, for a scan: rows are heights.
_SCAN = (
    np.array([-12, -7, -4, -2.7, -1.6, -0.8, -0.3, 0, 0.3, 0.8, 1.6, 2.7, 4, 7, 12])
    + 1j * np.array([_HEIGHTS]).T
)
_SCAN_DENSITY = (_SCAN.imag**2 - _SCAN.real**2) / 2
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
    _lines: dict[float, Cover | None] = field(default_factory=dict, compare=False, repr=False)
    #: The height up to which the link is proved analytic, and the least up to which that failed.
    _proved: list[float] = field(default_factory=lambda: [0.0, math.inf], compare=False, repr=False)
    _rims: dict[float, Cover | None] = field(default_factory=dict, compare=False, repr=False)
    _values: dict[tuple[int, int, int], tuple[list[arb], list[arb]]] = field(
        default_factory=dict, compare=False, repr=False
    )

    def _line(self, a: float) -> Cover | None:
        """The line Im z = a."""
        if a not in self._lines:
            with working(_BOX_BITS):
                self._lines[a] = covered(self.tree, 1.0, _line(self._reach, a))
        return self._lines[a]

    @cached_property
    def symmetry(self) -> int:
        """1, -1 or 0 for an even link, an odd one or neither, as far as the syntax tree shows."""
        return symmetry(self.tree)

    @cached_property
    def _reach(self) -> int:
        return math.ceil(self.radius) + 1

    def _proved_up_to(self, target: float) -> float:
        """The largest height, up to ``target``, below which the link is proved analytic; 0 for none."""
        while True:
            proved, failed = self._proved
            rungs = [a for a in _HEIGHTS if proved < a < failed and a <= target]
            if not rungs:
                return proved
            # The middle first, then four rungs at once, and fewer where that fails.
            a = rungs[min(_RUNGS - 1, len(rungs) // 2) if proved else len(rungs) // 2]
            self._proved[0 if self._analytic(proved, a) else 1] = a

    def _analytic(self, below: float, above: float) -> bool:
        """Whether the link is finite and analytic on boxes; one that resists is cut in four, twice."""
        with working(_BOX_BITS):
            half = arb((below + above) / 2, (above - below) / 2 * 1.0000001)
            # An odd or even link is the same on the left.
            boxes = [(x, half) for x in _columns(self._reach, 1.0) if x.mid() > 0 or not self.symmetry]
            for last in (False, False, True):
                found = values(self.tree, [acb(x, y) for x, y in boxes])
                resisting = [box for box, v in zip(boxes, found, strict=True) if not acb(v).is_finite()]
                if not resisting or last or len(resisting) > _RESISTING:
                    return not resisting
                boxes = [(x, y) for a, b in resisting for x in _halves(a) for y in _halves(b)]
        return False

    def _sides(self, a: float) -> Cover | None:
        """Both vertical sides up to the height a, in rows."""
        if a not in self._rims:
            with working(_BOX_BITS):
                self._rims[a] = covered(self.tree, 1.0, _rim(float(self.radius), a))
        return self._rims[a]

    @cached_property
    def _scanned(self) -> tuple[Doubles, Doubles]:
        """log|s| and Re s at points of the lines of all heights, in rounded arithmetic; rows: heights."""
        with np.errstate(all="ignore"):
            s = compile_numpy(self.tree)(_SCAN)
            log_size, highest = np.log(np.abs(s)), s.real.copy()
        bad = ~(np.isfinite(log_size) & np.isfinite(highest))
        log_size[bad], highest[bad] = np.inf, 0.0
        return log_size, highest

    def _promised(self, powers: Orders, ks: Orders, t: float, goals: Doubles) -> Doubles:
        """About the ``needed`` of ``plan`` at each height, from the scan."""
        log_size, highest = self._scanned
        k, power = int(ks.max()), int(powers.max())
        with np.errstate(all="ignore"):
            sizes = (
                _SCAN_DENSITY + t * highest + k * np.log(np.abs(_SCAN)) + (power * log_size if power else 0)
            )
            needed: Doubles = np.maximum(sizes.max(axis=1) - float(goals.min()) + 5, 1.0)
        return needed

    def _best(
        self, powers: Orders, ks: Orders, t_low: float, t_high: float, goals: Doubles
    ) -> tuple[float, Doubles, float] | None:
        """The proved height a of the widest step, log bounds of L there, and 2 pi a/h.

        The scan says which heights are worth a proof; where boxes keep much less than it promised, as close
        to a pole, the next height may be better.
        """
        promised = self._promised(powers, ks, t_high, goals)
        quality = np.array(_HEIGHTS) / promised
        proved = self._proved_up_to(_HEIGHTS[int(np.argmax(quality))])
        best: tuple[float, Doubles, float] | None = None
        for i in np.argsort(-quality[: sum(a <= proved for a in _HEIGHTS)])[:_TRIED]:
            a = _HEIGHTS[i]
            if best is not None and quality[i] < best[0] / best[2]:
                break
            line = self._line(a)
            if line is None:
                continue
            # Both lines together, over their length.
            length = math.log(4 * float(self.radius + 1))
            tops = line.log_bounds(powers, ks, t_low, t_high) + length + _SLACK
            # e^{2 pi a/h} - 1 >= e^{2 pi a/h}/2.
            needed = max(float((tops - goals).max()) + 2 * math.log(2), 1.0)
            if best is None or a / needed > best[0] / best[2]:
                best = a, tops, needed
        return best

    def plan(
        self, powers: Orders, ks: Orders, t_low: float, t_high: float, goals: Doubles, most: int
    ) -> Plan | None:
        """The widest step that brings every integrand (power, k) below its goal; None when none does.

        ``goals`` are natural logarithms, rows powers and columns orders; at most ``most`` nodes.
        """
        found = self._best(powers, ks, t_low, t_high, goals)
        if found is None:
            return None
        a, tops, needed = found
        rate = 2 * math.pi * a * (1 - 1e-12)
        parts = int(min(_UNIT * rate / needed, _UNIT))
        if parts < 1:
            return None
        # A step of at most 1/2 keeps the vertical sides within their boxes.
        parts = _rounded_down(min(parts, _UNIT // 2))
        step = parts / _UNIT
        count = math.ceil(float(self.radius) / step)
        side = None if 2 * count + 1 > most else self._sides(a)
        if side is None:
            return None
        errors = tops - rate / step + math.log(2)
        sup = (
            side.log_values(powers, ks, t_low, t_high).reshape((len(powers), len(ks), _ROWS, -1)).max(axis=3)
        )
        # 4 int_y^oo e^{-2 pi u/h} du = (2 h/pi) e^{-2 pi y/h}, row by row.
        lower = a / _ROWS * np.arange(_ROWS)
        rows = sup - 2 * math.pi * lower / step * (1 - 1e-12)
        rim = np.logaddexp.reduce(rows, axis=2) + math.log(2 * step / math.pi) + _SLACK
        errors = np.logaddexp(errors, rim)
        return Plan(parts, count, errors) if bool((errors <= goals).all()) else None

    def values(self, plan: Plan, bits: int) -> tuple[list[arb], list[arb]]:
        """s at the nodes jh and at -jh, j = 0..count, at the working precision ``bits``."""
        key = (plan.parts, plan.count, bits)
        if key not in self._values:
            self._values[key] = both_sides(self.tree, lattice(*key).x)
        return self._values[key]


@lru_cache(maxsize=64)
def _columns(reach: int, finest: float) -> tuple[arb, ...]:
    """[-reach, reach] cut, more finely where the mass tends to be."""
    inner = [finest * j for j in range(int(2 / finest))]
    ends = [e for e in (*inner, *_ENDS) if e < reach] + [float(reach)]
    return tuple(
        arb(side * (low + high) / 2, (high - low) / 2) for side in (-1, 1) for low, high in pairwise(ends)
    )


@lru_cache(maxsize=256)
def _line(reach: int, a: float) -> Region:
    """The line Im z = a in boxes; it serves every link."""
    with working(_BOX_BITS):
        return Region.of([acb(x, arb(a)) for x in _columns(reach, 0.25)])


@lru_cache(maxsize=256)
def _rim(radius: float, a: float) -> Region:
    """The two vertical sides up to the height a, row by row."""
    with working(_BOX_BITS):
        edge = arb(radius + 0.5, 0.5)
        rows = [arb(a * (j + 0.5) / _ROWS, a / (2 * _ROWS) * 1.0000001) for j in range(_ROWS)]
        return Region.of([acb(x, row) for row in rows for x in (edge, -edge)])


def _halves(x: arb) -> tuple[arb, arb]:
    """Two balls that cover the ball."""
    quarter = x.rad() / 2
    return arb(x.mid() - quarter, quarter * 1.0000001), arb(x.mid() + quarter, quarter * 1.0000001)


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


@lru_cache(maxsize=64)
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
