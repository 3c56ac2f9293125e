"""One interval on which the link is analytic: its Gauss nodes, and the bound that proves their error.

For f analytic in the Bernstein ellipse of parameter rho around [-1, 1] with |f| <= M there, the n-point
Gauss-Legendre rule errs by at most 64/15 M rho^(-2(n-1))/(1 - rho^-2) (Trefethen, Approximation Theory
and Approximation Practice, theorem 19.3). M comes from boxes that cover the ellipse; finite values of
the link on all of them also prove that it is analytic there.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from itertools import pairwise

import numpy as np
from flint import acb, arb, ctx
from numpy.typing import NDArray

from ..link.tree import Node
from .lower_arb import values
from .precision import working

#: Ellipse parameters tried, widest first; the best one for each integrand is used.
_RHO = (4.5, 3.2, 2.2, 1.6)
_COLUMNS, _ROWS = 6, 3
_BOX_BITS = 64
#: Logarithms of bounds are computed in doubles; this covers their rounding many times over.
_SLACK = 1e-6
_NEVER = math.inf
#: The logarithm of a bound too small to matter, kept finite so that sums of bounds are numbers.
_NOTHING = -1e9

Doubles = NDArray[np.float64]
Orders = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Region:
    """Boxes and what the Gaussian and He_k do on them, whatever the link.

    Arrays over the boxes: ``log_density`` bounds log|phi|; ``reach``, ``height`` and ``size`` bound |Re z|,
    |Im z| and |z|.
    """

    boxes: list[acb]
    log_density: Doubles
    reach: Doubles
    height: Doubles
    size: Doubles
    _log_hermite: list[Doubles] = field(default_factory=list)

    @classmethod
    def of(cls, boxes: Sequence[acb | arb]) -> Region:
        zs = [acb(box) for box in boxes]
        reach, near, height = (
            np.array([float(x) for x in xs])
            for xs in zip(
                *((z.real.abs_upper(), z.real.abs_lower(), z.imag.abs_upper()) for z in zs), strict=True
            )
        )
        return cls.around(zs, near * (1 - 1e-12), _outward(reach), _outward(height))

    @classmethod
    def around(cls, boxes: list[acb], near: Doubles, reach: Doubles, height: Doubles) -> Region:
        """Boxes, or places without boxes, on which near <= |Re z| <= reach and |Im z| <= height."""
        # log|phi(x + iy)| = (y^2 - x^2)/2 - log(sqrt(2 pi)).
        log_density = _outward((height**2 - near**2) / 2 - math.log(2 * math.pi) / 2)
        return cls(boxes, log_density, reach, height, _outward(np.hypot(reach, height)))

    def log_hermite(self, top: int) -> Doubles:
        """Upper bounds of log|He_k|, k = 0..top, on the boxes (rows: k)."""
        if not self._log_hermite or len(self._log_hermite[0]) <= top:
            # Some more at once: low orders are asked for one after the other.
            self._log_hermite[:] = [_log_hermite(top | 7, self.reach, self.height, self.size)]
        return self._log_hermite[0]


@dataclass(frozen=True, slots=True)
class Cover:
    """A link on the boxes of a region: bounds of log|s| and of Re s on each, as double arrays."""

    rho: float
    region: Region
    log_size: Doubles
    highest: Doubles

    @property
    def log_density(self) -> Doubles:
        return self.region.log_density

    def log_bounds(self, powers: Orders, ks: Orders, t_low: float, t_high: float) -> Doubles:
        """The largest of ``log_values`` over the boxes: rows are powers, columns are orders."""
        found: Doubles = self.log_values(powers, ks, t_low, t_high).max(axis=2)
        return found

    def log_values(self, powers: Orders, ks: Orders, t_low: float, t_high: float) -> Doubles:
        """Upper bounds of log |s^power e^{ts} He_k phi| on each box for t in [t_low, t_high].

        Axes: powers, orders, boxes; infinite where nothing was proved.
        """
        # An overflow gives an infinite bound, which proves nothing.
        with np.errstate(over="ignore", invalid="ignore"):
            # At t = 0 there is no tilt, even where s is not bounded.
            tilt = t_high * self.highest if t_high else np.zeros_like(self.highest)
            if t_low < t_high:
                tilt = np.maximum(tilt, t_low * self.highest if t_low else 0.0)
            # ``bounds`` has rounded up by far more than this product rounds.
            common = self.log_density + tilt + powers[:, None] * self.log_size
            bounds = common[:, None, :] + self.region.log_hermite(int(ks.max()))[ks]
            bounds[np.isnan(bounds)] = np.inf
            found: Doubles = np.maximum(bounds, _NOTHING) + _SLACK
        return found


def _log_hermite(top: int, reach: Doubles, height: Doubles, size: Doubles) -> Doubles:
    """log|He_k(x + iy)|, k = 0..top, is at most each of two bounds; the smaller one is taken.

    One is the recurrence with every sign made positive. The other is Cauchy's estimate of the
    generating function on |w| = sqrt(k), where |e^{wz - w^2/2}| <= e^{k/2 + x^2/4 + sqrt(k)|y|}:
    |He_k| <= k! (e/k)^{k/2} e^{x^2/4 + sqrt(k)|y|}.
    """
    size = np.maximum(size, 1.0)
    rising, ratio = np.zeros_like(size), size
    rows = [rising]
    for k in range(1, top + 1):
        # ratio = P_k/P_{k-1} for P_{k+1} = |z| P_k + k P_{k-1}.
        rising = rising + np.log(ratio)
        ratio = size + k / ratio
        cauchy = math.lgamma(k + 1) + k / 2 * (1 - math.log(k)) + reach**2 / 4 + math.sqrt(k) * height
        rows.append(np.minimum(rising, cauchy))
    stacked = np.array(rows)
    return stacked + 1e-9 * (1 + np.abs(stacked))


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
    _nodes: dict[tuple[int, int], Nodes] = field(default_factory=dict, compare=False, repr=False)
    _covers: dict[float, Cover | None] = field(default_factory=dict, compare=False, repr=False)

    @property
    def half_width(self) -> float:
        return float((self.upper - self.lower) / 2)

    @cached_property
    def _bits(self) -> int:
        """Enough to tell the ends of a narrow panel apart, far from 0 too."""
        return _BOX_BITS + max(0, -math.frexp(self.half_width)[1])

    @property
    def covers(self) -> Iterator[Cover]:
        """The ellipses on which the link is proved analytic, widest first, as far as they are asked for."""
        for rho in _RHO:
            if rho not in self._covers:
                with working(self._bits):
                    self._covers[rho] = self._ellipse(rho)
            if (cover := self._covers[rho]) is not None:
                yield cover

    @cached_property
    def line(self) -> Cover | None:
        """The panel itself, cut in four: bounds the integral where the panel hardly counts."""
        with working(self._bits):
            step = (self.upper - self.lower) / 4
            ends = [self.lower + step * i for i in range(4)] + [self.upper]
            # Real balls: a root may touch its branch point here.
            cells = [a.union(b) for a, b in pairwise(ends)]
            log_size, highest = bounds(values(self.tree, cells))
            found = Cover(1.0, Region.of(cells), log_size, highest)
            return found if np.isfinite(log_size).all() else None

    def _ellipse(self, rho: float) -> Cover | None:
        """Boxes over the upper half of the ellipse: as the link is real on the line, the lower mirrors it."""
        center, half = (self.lower + self.upper) / 2, self.half_width
        major, minor = (half * (rho + sign / rho) / 2 * 1.0000001 for sign in (1, -1))
        # The factor covers the rounding of the middles.
        width, height = major / _COLUMNS * 1.0000001, minor / (2 * _ROWS) * 1.0000001
        columns = [center + arb(major * (2 * i + 1 - _COLUMNS) / _COLUMNS, width) for i in range(_COLUMNS)]
        rows = [arb((2 * j + 1) * minor / (2 * _ROWS), height) for j in range(_ROWS)]
        near = np.array([float(x.abs_lower()) for x in columns]) * (1 - 1e-12)
        reach = _outward(np.array([float(x.abs_upper()) for x in columns]))
        tops = _outward(np.array([float(y.abs_upper()) for y in rows]))
        boxes = [acb(x, y) for x in columns for y in rows]
        region = Region.around(
            boxes, np.repeat(near, _ROWS), np.repeat(reach, _ROWS), np.tile(tops, _COLUMNS)
        )
        return covered(self.tree, rho, region)

    @cached_property
    def halves(self) -> tuple[Panel, Panel]:
        """The panel cut in the middle."""
        with working(max(ctx.prec, self._bits)):
            middle = ((self.lower + self.upper) / 2).mid()
        return Panel(self.lower, middle, self.tree), Panel(middle, self.upper, self.tree)

    def nodes(self, n: int, bits: int) -> Nodes:
        """The n Gauss nodes at the working precision ``bits``."""
        key = (n, bits)
        if key not in self._nodes:
            center, half = (self.lower + self.upper) / 2, (self.upper - self.lower) / 2
            front = half / (2 * arb.pi()).sqrt()
            rule = _gauss(n, bits)
            xs = [center + half * node for node, _ in rule]
            masses = [weight * front * (-x * x / 2).exp() for x, (_, weight) in zip(xs, rule, strict=True)]
            self._nodes[key] = Nodes(xs, values(self.tree, xs), masses)
        return self._nodes[key]

    def rule(
        self, powers: Orders, ks: Orders, t_low: float, t_high: float, goals: Doubles
    ) -> tuple[float, Doubles]:
        """How many nodes bring every integrand (power, k) below its goal, and the log errors then.

        ``goals`` and the errors are natural logarithms, rows powers and columns orders. No node is
        needed where the whole integral is below the goal; the number is infinite when the link is
        not shown analytic nearby, and the panel has to be cut.
        """
        known = 0.0
        if self.line is not None:
            flat = self.line.log_bounds(powers, ks, t_low, t_high) + math.log(2 * self.half_width) + _SLACK
            if (flat <= goals).all():
                return 0, flat
            known = float((flat - goals).max())
        best, best_errors = _NEVER, goals
        for cover in self.covers:
            # An ellipse so narrow needs more nodes even if the link grows no further on it than on the line.
            if known / (2 * math.log(cover.rho)) > best:
                break
            factor = math.log(64 / 15 * self.half_width / (1 - cover.rho**-2)) + _SLACK
            tops = cover.log_bounds(powers, ks, t_low, t_high) + factor
            rate = 2 * math.log(cover.rho) * (1 - 1e-12)
            least = float((tops - goals).max()) / rate
            if least < 1e6 and (n := max(8, 8 * math.ceil((1 + least) / 8))) < best:
                best, best_errors = n, tops - rate * (n - 1)
        return best, best_errors


def covered(tree: Node, rho: float, region: Region) -> Cover | None:
    """The link on a region; None where it is not shown finite (on complex boxes: analytic)."""
    log_size, highest = bounds(values(tree, region.boxes))
    return Cover(rho, region, log_size, highest) if np.isfinite(log_size).all() else None


def bounds(found: Sequence[acb | arb], *, either: bool = False) -> tuple[Doubles, Doubles]:
    """Upper bounds of log|v| and of Re v for each value; infinite where it is not finite.

    either: of Re v and -Re v.
    """
    # Few values as a rule: NumPy would take longer.
    end = arb.abs_upper if either else arb.upper
    log_size, highest = [], []
    for value in found:
        size, top = float(value.abs_upper()), float(end(value.real))
        if 1e-300 < size < 1e300:
            log = math.log(size) + 1e-9
        elif value.is_finite():
            # A bound below -1e300 is replaced by that number, which is larger.
            log, top = _log_upper(value), max(top, -1e300)
        else:
            log = top = math.inf
        log_size.append(log)
        highest.append(top + abs(top) * 1e-12 + 1e-300)
    return np.array(log_size), np.array(highest)


@lru_cache(maxsize=256)
def _gauss(n: int, bits: int) -> list[tuple[arb, arb]]:
    with working(bits):
        half = [arb.legendre_p_root(n, k, weight=True) for k in range(n // 2)]
        middle = [(arb(0), arb.legendre_p_root(n, n // 2, weight=True)[1])] if n % 2 else []
        return [*half, *middle, *((-x, w) for x, w in reversed(half))]


def _log_upper(x: acb | arb) -> float:
    """An upper bound of log|x| as a double."""
    top = x.abs_upper()
    size = float(top)
    if 1e-300 < size < 1e300:
        return math.log(size) + 1e-9
    if top.is_zero():
        return _NOTHING
    # Beyond the range of doubles.
    return max(float(top.log().mid()) * (1 + math.copysign(1e-12, float(top.log()))) + 1e-9, _NOTHING)


def _outward(x: Doubles) -> Doubles:
    found: Doubles = x + np.abs(x) * 1e-12 + 1e-300
    return found
