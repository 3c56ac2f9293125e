"""A link on the boundary of a rectangle around the line, in bounds that are sharpened where they count."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise

import numpy as np
from flint import acb, arb

from ...link.tree import Node
from ..lowering.arb import both_sides, values
from ..lowering.symmetry import symmetry
from ..precision import working
from .complex_boxes import Cover, Doubles, Orders, Region, bounds

BOX_BITS = 53
#: Where the spans along the line end, on either side of 0.
_ENDS = (*(j / 8 for j in range(8)), 1.0, 1.25, 1.5, 1.75, 2.0, 3.0, 5.0, 8.0, 12.0, 20.0, 40.0, 100.0, 300.0)
#: Cells of a span.
_CELLS = 8
#: Spans whose bound is within e^4 of the largest are cut into cells where the bound is e^12 off: sooner would
#: cost more time than the nodes that it spares.
_NEAR, _OFF = 4.0, 12.0
#: Boxes along a vertical side.
ROWS = 4


@dataclass(frozen=True)
class Rectangle:
    """Bounds of a link on Im z = height and on the vertical sides, left and right together.

    The Gaussian and He_k are bounded for all links: on cells of the line Im z = height, |Re z| <= radius + 1,
    and on rows of boxes radius <= |Re z| <= radius + 1/2. The link is first bounded on spans of eight cells;
    spans that decide are cut into their cells.
    """

    tree: Node
    height: float
    _boundary: _Boundary
    _cover: Cover
    _spans: list[tuple[int, int]]

    @classmethod
    def of(cls, tree: Node, radius: int, height: float) -> Rectangle:
        """The rectangle with the first bound of each span and row."""
        boundary = _boundary(radius, height)
        with working(BOX_BITS):
            found = _on_both_sides(tree, boundary.boxes)
        cover = Cover(boundary.region, *(np.repeat(each, boundary.cells) for each in found))
        return cls(tree, height, boundary, cover, list(boundary.spans))

    def log_bounds(
        self, powers: Orders, ks: Orders, t_low: float, t_high: float, goals: Doubles, hoped: float
    ) -> tuple[Doubles, Doubles]:
        """Logs of bounds of |s^power e^{ts} He_k phi|: its integral along the line, and each row of sides.

        Axes: powers, orders (and rows, upwards); infinite where nothing is proved. The first is sharpened
        while it exceeds ``goals`` by much more than ``hoped``.
        """
        while True:
            found = self._cover.log_values(powers, ks, t_low, t_high)
            line = found[:, :, :-ROWS]
            highest = line.max(axis=2)
            worst = float((highest - goals).max())
            if worst < hoped + _OFF:
                break
            decides = ((line - goals[:, :, None]).max(axis=(0, 1)) > min(worst - _NEAR, 1e300)).tolist()
            splitting = [(i, j) for i, j in self._spans if j - i > 1 and any(decides[i:j])]
            if not splitting:
                break
            self._spans[:] = [span for span in self._spans if span not in splitting]
            self._split([i for low, high in splitting for i in range(low, high)])
        top = np.minimum(highest, 1e300)
        with np.errstate(over="ignore"):
            sums: Doubles = np.log(np.exp(line - top[:, :, None]) @ self._boundary.widths) + top
        return sums + 1e-9 * (1 + np.abs(sums)), found[:, :, -ROWS:]

    def _split(self, cells: list[int]) -> None:
        """Bounds on single cells of the line."""
        ends = self._boundary.ends
        with working(BOX_BITS):
            boxes = [_box(ends[i], ends[i + 1], arb(self.height)) for i in cells]
            self._cover.log_size[cells], self._cover.highest[cells] = _on_both_sides(self.tree, boxes)
        self._spans.extend((i, i + 1) for i in cells)


def _on_both_sides(tree: Node, boxes: list[acb]) -> tuple[Doubles, Doubles]:
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
    """The ends of the cells on the line, boxes of the spans and along the right side, and the Gaussian there.

    ``widths``: of the cells, those on the left included; ``cells``: how many places of ``region`` each box
    covers; ``spans``: which cells each span of the line.
    """

    ends: list[float]
    widths: Doubles
    boxes: list[acb]
    cells: list[int]
    spans: list[tuple[int, int]]
    region: Region


@lru_cache(maxsize=256)
def _boundary(radius: int, a: float) -> _Boundary:
    """Im z = a, Re z >= 0, and the right side."""
    reach = float(radius + 1)
    coarse = list(pairwise([*(e for e in _ENDS if e < reach), reach]))
    # Dyadic numbers: exact.
    fine = [low + (high - low) * j / _CELLS for low, high in coarse for j in range(_CELLS)]
    ends = [*fine, reach]
    heights = [a * (j + 1) / ROWS * 1.0000002 for j in range(ROWS)]
    with working(BOX_BITS):
        edge = arb(radius + 0.25, 0.25)
        sides = [acb(edge, arb(a * (j + 0.5) / ROWS, a / (2 * ROWS) * 1.0000001)) for j in range(ROWS)]
        boxes = [_box(low, high, arb(a)) for low, high in coarse] + sides
    near = np.array([*fine, *[float(radius)] * ROWS])
    far = np.array([*ends[1:], *[radius + 0.5] * ROWS])
    region = Region.around([], near, far, np.array([*[a] * len(fine), *heights]))
    spans = [(i, i + _CELLS) for i in range(0, len(fine), _CELLS)]
    return _Boundary(ends, 2 * np.diff(ends), boxes, [_CELLS] * len(coarse) + [1] * ROWS, spans, region)


def _box(low: float, high: float, height: arb) -> acb:
    """[low, high] at one height; both ends and their middle are dyadic numbers of few digits."""
    return acb(arb((low + high) / 2, (high - low) / 2), height)
