"""The temperatures at which a bound that holds with probability 1 - delta is at most epsilon.

From a t where the guarantee is enclosed below epsilon, cells of t are added on both sides for as long as the
guarantee of the whole cell stays there. So every t of a stretch is guaranteed; what lies beyond its ends only
resisted, by less than a cell of the least width.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field, replace
from fractions import Fraction
from functools import cached_property

from flint import arb

from ..deployment.feature_sums import Frame
from ..expectation.oracle import Interval
from ..lowering.zeros import Unresolved
from ..precision import dyadic_below
from ..work import spend
from .bound import Guarantee, Range, by_range, guarantee
from .clipping import Beyond
from .constants import Model

#: The first cell, and the narrowest, as shares of t.
_FIRST, _LEAST = Fraction(1, 32), Fraction(1, 2**10)
#: After a cell that failed so many must hold before wider ones are tried again.
_CALM = 3
#: Frames for overlap < 1, which are dear, serve temperatures within this factor.
_SHARED = 1.07
#: The same for cells narrower than this share of t, and for single temperatures.
_NEARER, _NARROW = 1.02, 1 / 100
#: Work of one guarantee for each node and pair of features, at overlap 1 and on a cell of overlaps.
_OF_A_PAIR, _OF_A_CELL = 3, 8


@dataclass(frozen=True, slots=True)
class Stretch:
    """lower <= t <= upper are guaranteed. below, above: the guarantees of the cells that failed beyond."""

    lower: Fraction
    upper: Fraction
    below: Guarantee | None
    above: Guarantee | None


@dataclass(frozen=True)
class Guarantees:
    """The guarantees of one model for n samples; span, delta and target as in ``guarantee``.

    Of a model on a range of overlaps the least that is guaranteed at any of them. beyond: where the clip
    range cuts into that of the link; it takes the place of the span's.
    """

    model: Model
    span: Range
    n: int
    delta: float
    target: arb
    beyond: Beyond | None = None
    _frames: dict[tuple[float, int], Frame] = field(default_factory=dict, compare=False, repr=False)

    def at(self, t: Fraction | Interval, level: Fraction | None = None) -> Guarantee | None:
        """The guarantee at t, or for all t of an interval; by the range where constants are not enclosed.

        None where not even V(pi*) is. level: beyond it, the first overlaps with a bound above it answer.
        """
        middle = (t.lower + t.upper) / 2 if isinstance(t, Interval) else t
        try:
            spend(self._price)
            span = self.span if self.beyond is None else replace(self.span, beyond=self.beyond.at(t))
            frame = self._frame(t, middle)
            found = []
            for cell in self.model.cells:
                constants = cell.constants(t, self._fitted(cell, frame, t))
                found.append(guarantee(constants, span, self.n, self.delta, self.target))
                if level is not None and not found[-1].bound <= level:
                    break
        except Unresolved:
            try:
                return by_range(self.model, t, self.span, self.target)
            except Unresolved:
                return None
        return max(found, key=lambda one: one.bound)

    @cached_property
    def _price(self) -> int:
        first = self.model.cells[0]
        pairs = len(first.weighting.design.x) * first.size**2
        return pairs * (_OF_A_PAIR if first.overlap == 1 else _OF_A_CELL * len(self.model.cells))

    def _fitted(self, cell: Model, frame: Frame, t: Fraction | Interval) -> Frame:
        """The frame with the cell's own fit, at both ends of an interval of t."""
        if cell.overlap == 1 and not isinstance(t, Interval):
            return frame
        return cell.weighting.refitted(frame, t, cell.ridge)

    def _frame(self, t: Fraction | Interval, middle: Fraction) -> Frame:
        """One for all cells of overlaps, as the least one has it; below 1 shared by temperatures nearby."""
        cell = self.model.cells[0]
        if cell.overlap == 1:
            return cell.weighting.frame(middle, cell.ridge)
        wide = isinstance(t, Interval) and t.upper - t.lower > _NARROW * middle
        shared = _SHARED if wide else _NEARER
        key = shared, round(math.log(middle) / math.log(shared))
        if key not in self._frames:
            at = dyadic_below(shared ** key[1], 20)
            self._frames[key] = cell.weighting.frame(min(at, cell.t_top), cell.ridge)
        return self._frames[key]

    def stretch(self, start: Fraction, epsilon: Fraction, least: Fraction) -> Stretch | None:
        """The stretch of guaranteed t about ``start``, within [least, t_top]; None if start is not in it."""
        found = self.at(start, epsilon)
        if found is None or not found.bound <= epsilon:
            return None
        lower, below = self._reach(start, epsilon, least, -1)
        upper, above = self._reach(start, epsilon, self.model.t_top, 1)
        return Stretch(lower, upper, below, above)

    def _reach(
        self, start: Fraction, epsilon: Fraction, limit: Fraction, sign: int
    ) -> tuple[Fraction, Guarantee | None]:
        """How far the guarantee holds from ``start``, and that of the cell that failed (None: the limit)."""
        at, width, failed, calm = start, _FIRST * start, None, _CALM
        while at != limit and width >= _LEAST * at:
            other = min(at + width, limit) if sign > 0 else max(at - width, limit)
            found = self.at(Interval(min(at, other), max(at, other)), epsilon)
            if found is None or not found.bound <= epsilon:
                failed, width, calm = found, _short(width / 2), 0
                continue
            at, calm = other, calm + 1
            if calm >= _CALM:
                width *= 2
        return at, None if at == limit else failed


def _short(width: Fraction) -> Fraction:
    """A nearby dyadic number, so that ends do not grow in length."""
    return dyadic_below(float(width), 8)
