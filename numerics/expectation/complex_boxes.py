"""Bounds of a link, the Gaussian and He_k on boxes of the complex plane, and around a rectangle of boxes."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import pairwise

import numpy as np
from flint import acb, arb
from numpy.typing import NDArray

from ...link.tree import Node
from ..lowering.arb import both_sides, symmetry, values
from ..lowering.pointwise import Array
from ..precision import working
from .nodes import Integrands

#: Logarithms of bounds are computed in doubles; this covers their rounding many times over.
SLACK = 1e-6
#: The logarithm of a bound too small to matter, kept finite so that sums of bounds are numbers.
_NOTHING = -1e9

BOX_BITS = 53
#: Where the spans along the line end, on either side of 0.
_ENDS = (*(j / 8 for j in range(8)), 1.0, 1.25, 1.5, 1.75, 2.0, 3.0, 5.0, 8.0, 12.0, 20.0, 40.0, 100.0, 300.0)
#: Cells of a span.
_CELLS = 8
#: Spans whose bound is within e^4 of the largest are cut into cells where the bound is e^12 off: sooner would
#: cost more time than the nodes that it spares.
_NEAR, _OFF = 4.0, 12.0
#: Where they end in u for z = c sinh u, as c is in proportion to how far the link changes.
_BENT_ENDS = (
    *(j / 16 for j in range(9)),
    0.625,
    0.75,
    1.0,
    1.25,
    1.5,
    2.0,
    2.5,
    3.0,
    4.0,
    6.0,
    9.0,
    13.0,
    20.0,
    40.0,
)
#: Cells along a vertical side, in how many spans, and how far beyond the rim it may stand: straight and bent.
ROWS = 16
_SIDES = (4, 2)
ASIDE = (0.5, 0.125)


@dataclass(frozen=True, slots=True)
class Region:
    """What the Gaussian and He_k do on boxes, whatever the link; the boxes themselves are not kept.

    Arrays over the boxes: ``log_density`` bounds log|phi|; ``reach``, ``height`` and ``size`` bound |Re z|,
    |Im z| and |z|.
    """

    log_density: Array
    reach: Array
    height: Array
    size: Array
    _log_hermite: list[Array] = field(default_factory=list)

    @classmethod
    def of(cls, boxes: Sequence[acb | arb]) -> Region:
        zs = [acb(box) for box in boxes]
        reach, near, height = (
            np.array([float(x) for x in xs])
            for xs in zip(
                *((z.real.abs_upper(), z.real.abs_lower(), z.imag.abs_upper()) for z in zs), strict=True
            )
        )
        return cls.around(near * (1 - 1e-12), outward(reach), outward(height))

    @classmethod
    def around(cls, near: Array, reach: Array, height: Array) -> Region:
        """Boxes on which near <= |Re z| <= reach and |Im z| <= height."""
        # log|phi(x + iy)| = (y^2 - x^2)/2 - log(sqrt(2 pi)).
        log_density = outward((height**2 - near**2) / 2 - math.log(2 * math.pi) / 2)
        return cls(log_density, reach, height, outward(np.hypot(reach, height)))

    @classmethod
    def joined(cls, regions: Sequence[Region], top: int) -> Region:
        """One region of all their places, with He_k up to ``top``; each of them keeps its part."""
        if lacking := [region for region in regions if not region._knows(top)]:
            table = cls._concatenated(lacking).log_hermite(top)
            ends = np.cumsum([len(region.size) for region in lacking])[:-1]
            for region, part in zip(lacking, np.split(table, ends, axis=1), strict=True):
                region._log_hermite[:] = [part]
        whole = cls._concatenated(regions)
        whole._log_hermite[:] = [np.concatenate([r._log_hermite[0][: top + 1] for r in regions], axis=1)]
        return whole

    @classmethod
    def _concatenated(cls, regions: Sequence[Region]) -> Region:
        log_density, reach, height, size = (
            np.concatenate([getattr(region, name) for region in regions])
            for name in ("log_density", "reach", "height", "size")
        )
        return cls(log_density, reach, height, size)

    def _knows(self, top: int) -> bool:
        return bool(self._log_hermite) and len(self._log_hermite[0]) > top

    def log_hermite(self, top: int) -> Array:
        """Upper bounds of log|He_k|, k = 0..top, on the boxes (rows: k)."""
        if not self._knows(top):
            # Some more at once: low orders are asked for one after the other.
            self._log_hermite[:] = [_log_hermite(top | 7, self.reach, self.height, self.size)]
        return self._log_hermite[0]


@dataclass(frozen=True, slots=True, eq=False)
class Cover:
    """A link on the boxes of a region: bounds of log|s| and of Re s on each, as double arrays."""

    region: Region
    log_size: Array
    highest: Array

    @property
    def log_density(self) -> Array:
        return self.region.log_density

    def log_values(self, integrands: Integrands) -> Array:
        """Upper bounds of log |s^power e^{ts} He_k phi| on each box, for every t.

        Axes: powers, orders, boxes; infinite where nothing was proved.
        """
        (t_low, t_high), ks = integrands.tilts, integrands.columns
        # An overflow gives an infinite bound, which proves nothing.
        with np.errstate(over="ignore", invalid="ignore"):
            # At t = 0 there is no tilt, even where s is not bounded.
            tilt = t_high * self.highest if t_high else np.zeros_like(self.highest)
            if t_low < t_high:
                tilt = np.maximum(tilt, t_low * self.highest if t_low else 0.0)
            # ``bounds`` has rounded up by far more than this product rounds.
            common = self.log_density + tilt + integrands.rows[:, None] * self.log_size
            bounds = common[:, None, :] + self.region.log_hermite(int(ks.max()))[ks]
            bounds[np.isnan(bounds)] = np.inf
            sizes: Array = np.maximum(bounds, _NOTHING) + SLACK
        return sizes


def log_tops(covers: Sequence[Cover], integrands: Integrands) -> Array:
    """The largest of ``log_values`` on each cover, all of as many boxes; axes: covers, powers, orders."""
    sizes = _joined(tuple(covers), max(integrands.ks)).log_values(integrands)
    tops: Array = sizes.reshape(*sizes.shape[:2], len(covers), -1).max(axis=3)
    return np.moveaxis(tops, 2, 0)


@lru_cache(maxsize=16)
def _joined(covers: tuple[Cover, ...], top: int) -> Cover:
    """One cover of all their places; the panels of a link are bounded together again and again."""
    region = Region.joined([cover.region for cover in covers], top)
    log_size = np.concatenate([cover.log_size for cover in covers])
    return Cover(region, log_size, np.concatenate([cover.highest for cover in covers]))


def _log_hermite(top: int, reach: Array, height: Array, size: Array) -> Array:
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


def covered(tree: Node, boxes: list[acb], region: Region) -> Cover | None:
    """The link on the boxes of a region; None where it is not shown analytic."""
    # One box first: of a link with poles nearby nearly all fail, and most regions that are tried.
    last = values(tree, boxes[-1:])
    if not last[0].is_finite():
        return None
    log_size, highest = bounds(values(tree, boxes[:-1]) + last)
    return Cover(region, log_size, highest) if np.isfinite(log_size).all() else None


def bounds(balls: Sequence[acb | arb], *, either: bool = False) -> tuple[Array, Array]:
    """Upper bounds of log|v| and of Re v for each value; infinite where it is not finite.

    either: of Re v and -Re v.
    """
    # Few values as a rule: NumPy would take longer.
    end = arb.abs_upper if either else arb.upper
    log_size, highest = [], []
    for value in balls:
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


def outward(x: Array) -> Array:
    wider: Array = x + np.abs(x) * 1e-12 + 1e-300
    return wider


@dataclass(frozen=True)
class Rectangle:
    """Bounds of a link on Im u = height and on the vertical sides, left and right together.

    u = z, or z = c sinh u for a ``bend`` c. The Gaussian, the factor dz/du and He_k are bounded for all
    links: on cells of the line Im u = height, and of the sides between ``rim`` and ``ASIDE`` beyond it. The
    link is first bounded on spans of some cells; those of the line that decide a question are cut into their
    cells for that question, whatever others cut.
    """

    tree: Node
    height: float
    bend: float
    _boundary: _Boundary
    _cover: Cover
    #: The link on the cells of spans that some question cut, by the first of them.
    _on_cells: dict[int, tuple[Array, Array]] = field(default_factory=dict, compare=False, repr=False)

    @classmethod
    def of(cls, tree: Node, radius: int, height: float, bend: float = 0.0) -> Rectangle:
        """The rectangle with the first bound of each span."""
        boundary = _boundary(radius, height, bend)
        with working(BOX_BITS):
            halves = _on_both_sides(tree, boundary.boxes)
        cover = Cover(boundary.region, *(each[boundary.boxes_of_cells] for each in halves))
        return cls(tree, height, bend, boundary, cover)

    def log_bounds(self, integrands: Integrands, goals: Array, hoped: float) -> tuple[Array, Array]:
        """Logs of bounds of |s^power e^{ts} He_k phi dz/du|: its integral along the line; cells of the sides.

        Axes: powers, orders (and cells, upwards); infinite where nothing is proved. The first is sharpened
        while it exceeds ``goals`` by much more than ``hoped``.
        """
        cover, whole = self._cover, np.ones(len(self._boundary.widths) // _CELLS, dtype=bool)
        while True:
            sizes = cover.log_values(integrands)
            line = sizes[:, :, :-ROWS]
            highest = line.max(axis=2)
            worst = float((highest - goals).max())
            if worst < hoped + _OFF:
                break
            decides = (line - goals[:, :, None]).max(axis=(0, 1)) > min(worst - _NEAR, 1e300)
            cut = np.flatnonzero(whole & decides.reshape(-1, _CELLS).any(axis=1))
            if not cut.size:
                break
            whole[cut] = False
            cover = self._sharper(cover, (cut * _CELLS).tolist())
        top = np.minimum(highest, 1e300)
        with np.errstate(over="ignore"):
            sums: Array = np.log(np.exp(line - top[:, :, None]) @ self._boundary.widths) + top
        return sums + 1e-9 * (1 + np.abs(sums)), sizes[:, :, -ROWS:]

    def _sharper(self, cover: Cover, spans: list[int]) -> Cover:
        """With bounds on the single cells of some spans, each named by its first cell."""
        ends = self._boundary.ends
        if new := [span for span in spans if span not in self._on_cells]:
            cells, v = [i for span in new for i in range(span, span + _CELLS)], arb(self.height)
            with working(BOX_BITS):
                boxes = [_box(ends[i], ends[i + 1], v, self.bend) for i in cells]
                found = [each.reshape(-1, _CELLS) for each in _on_both_sides(self.tree, boxes)]
            self._on_cells.update(zip(new, zip(*found, strict=True), strict=True))
        log_size, highest = cover.log_size.copy(), cover.highest.copy()
        for span in spans:
            log_size[span : span + _CELLS], highest[span : span + _CELLS] = self._on_cells[span]
        return Cover(cover.region, log_size, highest)


def _on_both_sides(tree: Node, boxes: list[acb]) -> tuple[Array, Array]:
    """Upper bounds of log|s| and Re s on each box and its mirror image in the imaginary axis."""
    # s(-z) is conjugate to s at the mirror image, as the link is real on the line.
    if sign := symmetry(tree):
        return bounds(values(tree, boxes), either=sign < 0)
    right, left = both_sides(tree, boxes)
    log_size, highest = bounds([*right, *left])
    n = len(boxes)
    return np.maximum(log_size[:n], log_size[n:]), np.maximum(highest[:n], highest[n:])


@dataclass(frozen=True, slots=True)
class _Boundary:
    """The ends in u of the cells on the line, boxes of the spans and on the right side, the Gaussian there.

    ``widths``: of the cells, those on the left included; ``boxes_of_cells``: which box covers each place of
    ``region``.
    """

    ends: list[float]
    widths: Array
    boxes: list[acb]
    boxes_of_cells: NDArray[np.int64]
    region: Region


def rim(radius: int, bend: float) -> float:
    """The u of z = radius, rounded up to a dyadic number."""
    return math.ceil(math.asinh(radius / bend) * (1 + 1e-12) * 4096) / 4096 if bend else float(radius)


@lru_cache(maxsize=256)
def _boundary(radius: int, a: float, bend: float) -> _Boundary:
    """Im u = a, Re u >= 0, and the right side; a < pi/4 where it is bent."""
    rim_at = rim(radius, bend)
    reach, aside = rim_at + 2 * ASIDE[bend > 0], rim_at + ASIDE[bend > 0]
    coarse = list(pairwise([*(e for e in (_BENT_ENDS if bend else _ENDS) if e < reach), reach]))
    # Dyadic numbers: exact.
    fine = [low + (high - low) * j / _CELLS for low, high in coarse for j in range(_CELLS)]
    ends, sides = [*fine, reach], _SIDES[bend > 0]
    with working(BOX_BITS):
        boxes = [_box(low, high, arb(a), bend) for low, high in coarse]
        for j in range(sides):
            part = arb(a * (j + 0.5) / sides, a / (2 * sides) * 1.0000001)
            boxes.append(_box(rim_at, aside, part, bend))
    near, far = np.array([*fine, *[rim_at] * ROWS]), np.array([*ends[1:], *[aside] * ROWS])
    rows, line = a * np.arange(ROWS + 1) / ROWS, [a] * len(fine)
    low, high = np.array([*line, *rows[:-1] / 1.0000002]), np.array([*line, *rows[1:] * 1.0000002])
    region = _bent(bend, near, far, low, high) if bend else Region.around(near, far, high)
    covering = np.repeat(np.arange(len(boxes)), [_CELLS] * len(coarse) + [ROWS // sides] * sides)
    return _Boundary(ends, 2 * np.diff(ends), boxes, covering, region)


def _bent(c: float, near: Array, far: Array, low: Array, high: Array) -> Region:
    """z = c sinh(u + iv) for near <= u <= far, low <= v <= high < pi/4; the density has the factor |dz/du|.

    -Re z^2/2 = c^2/4 (1 - cosh 2u cos 2v) falls in u and rises in v, and |cosh(u + iv)| <= cosh u.
    """
    log_density = c * c / 4 * (1 - np.cosh(2 * near) * np.cos(2 * high) * (1 - 1e-12))
    log_density += np.log(c * np.cosh(far)) - math.log(2 * math.pi) / 2
    reach, height = outward(c * np.sinh(far) * np.cos(low)), outward(c * np.cosh(far) * np.sin(high))
    return Region(outward(log_density), reach, height, outward(np.hypot(reach, height)))


def _box(low: float, high: float, v: arb, bend: float) -> acb:
    """z(u + iv) for low <= u <= high; both ends and their middle are dyadic numbers of few digits."""
    if not bend:
        return acb(arb((low + high) / 2, (high - low) / 2), v)
    # Increasing for u >= 0: the ends enclose them.
    rising, even = (end(arb(low)).union(end(arb(high))) for end in (arb.sinh, arb.cosh))
    return acb(rising * v.cos() * bend, even * v.sin() * bend)
