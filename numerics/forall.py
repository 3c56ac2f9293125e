"""Whether a condition holds for all values of real parameters: adaptive subdivision with enclosures.

Each box is decided, found to fail, or cut. At an open end of a range the condition is examined in the
distance from that end, so that a limit which is just met there does no harm.
"""

from __future__ import annotations

import heapq
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from fractions import Fraction
from itertools import count

from flint import arb

from ..link.tree import Compare, Condition
from .evaluate import Constants, Evaluator, fixed
from .germ import Germ
from .precision import exact, working
from .span import Span, shortest
from .words import Words

Box = Mapping[str, Span]
#: What is known at an exact point: True, False, or None where that is not decided.
Judge = Callable[[Mapping[str, Fraction]], bool | None]
#: Whether both sides of a comparison are proved equal at the lower (False) or upper (True) end of a range.
Equal = Callable[[Compare, str, bool], bool]

_ORDER = 3
_BITS = 64
_CELLS = 4000
#: In so many cells the middle is examined by all means.
_THOROUGH = 4


@dataclass(frozen=True, slots=True)
class Decision:
    """holds: True, False with ``witness``, or None with the boxes that resist."""

    holds: bool | None
    cells: int
    witness: Mapping[str, Fraction] | None = None
    resisting: Mapping[str, str] | None = None


@dataclass(frozen=True)
class Search:
    """One condition; what is not decided at ``deadline`` (of the monotonic clock) stays open."""

    words: Words
    constants: Constants
    condition: Condition
    judge: Judge
    equal: Equal
    deadline: float
    agree: int | None = None

    def run(self, box: Box) -> Decision:
        ticket = count()
        waiting: list[tuple[float, int, Box]] = [(0.0, next(ticket), box)]
        cells = 0
        with working(_BITS):
            while waiting:
                _, _, current = heapq.heappop(waiting)
                cells += 1
                truth = self._truth(current)
                if truth:
                    continue
                if truth is None:
                    if (witness := self._fails_inside(current, thorough=cells <= _THOROUGH)) is not None:
                        return Decision(False, cells, self._shrunk(witness, current))
                    name = max(current, key=lambda name: current[name].size)
                    if current[name].narrow or cells >= _CELLS or time.monotonic() > self.deadline:
                        return Decision(None, cells, None, {n: str(s) for n, s in current.items()})
                    for half in current[name].halves():
                        # The widest boxes first: a failure shows early.
                        heapq.heappush(waiting, (-half.size, next(ticket), {**current, name: half}))
                    continue
                if (witness := self._witness(current)) is not None:
                    return Decision(False, cells, witness)
                return Decision(None, cells, None, {n: str(s) for n, s in current.items()})
        return Decision(True, cells)

    def _truth(self, box: Box) -> bool | None:
        """The condition on the whole box, by each parameter in turn as the one with a series."""
        for name in sorted(box, key=lambda name: -box[name].size):
            others = {n: span.inner(_ORDER) for n, span in box.items() if n != name}
            for germ, upper in self._views(box[name], alone=len(box) == 1):
                values = {n: other.same(other.over.value) for n, other in others.items()}
                values = {n: replace(v, cell=germ.cell, at_end=germ.at_end) for n, v in values.items()}
                evaluator = Evaluator(
                    self.words, self.constants, {**values, name: germ}, germ, agree=self.agree
                )

                def equal(part: Compare, name: str = name, upper: bool = upper) -> bool:
                    return len(box) == 1 and self.equal(part, name, upper)

                truth = evaluator.holds(self.condition, equal if germ.at_end else None)
                if truth is not None:
                    return truth
        return None

    def _views(self, span: Span, *, alone: bool) -> list[tuple[Germ, bool]]:
        """The stretch as it is, and without the end of the range where it reaches one.

        A closed end that is left out is the caller's to examine, which is done for a single parameter.
        """
        views = [] if span.stop is None else [(span.inner(_ORDER), False)]
        end = span.at_end(_ORDER)
        upper = span.high is None
        closed = (span.upper if upper else span.lower).closed
        return views if end is None or (closed and not alone) else [*views, (end, upper)]

    def _fails_inside(self, box: Box, *, thorough: bool) -> Mapping[str, Fraction] | None:
        """A point of the box at which the condition is false, if the middle is one.

        thorough: ask for a proof also where balls do not tell, as both sides may be equal there.
        """
        point = {name: span.middle() for name, span in box.items()}
        values = {name: fixed(exact(value), _ORDER) for name, value in point.items()}
        rough = Evaluator(self.words, self.constants, values, fixed(arb(0), _ORDER))
        seen = rough.holds(self.condition)
        worth = seen is False or (seen is None and thorough)
        return point if worth and self.judge(point) is False else None

    def _shrunk(self, witness: Mapping[str, Fraction], box: Box) -> Mapping[str, Fraction]:
        """Fewer decimals for a witness, as long as it stays one."""
        best = dict(witness)
        for name, span in box.items():
            for digits in range(12):
                short = Fraction(round(best[name] * 10**digits), 10**digits)
                inside = span.start < short and (span.stop is None or short < span.stop)
                if short == best[name]:
                    break
                if inside and self.judge({**best, name: short}) is False:
                    best[name] = short
                    break
        return best

    def _witness(self, box: Box) -> Mapping[str, Fraction] | None:
        """A short point of a box on which the condition is false everywhere."""
        point = {
            name: span.middle() if span.stop is None else shortest(span.start, span.stop)
            for name, span in box.items()
        }
        for candidate in (point, {name: span.middle() for name, span in box.items()}):
            if self.judge(candidate) is False:
                return candidate
        return None
