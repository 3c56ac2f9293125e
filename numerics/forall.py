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

from ..link.tree import Compare, Condition, Logic
from .evaluate import Constants, Evaluator, fixed, verdict
from .germ import Germ
from .precision import exact, working
from .span import Span, shortest
from .words import Words

Box = Mapping[str, Span]
#: What is known at an exact point: True, False, or None where that is not decided.
Judge = Callable[[Mapping[str, Fraction]], bool | None]
#: Whether both sides of a comparison are proved equal at the lower (False) or upper (True) end of a range.
Equal = Callable[[Compare, str, bool], bool]
#: The sign of left - right for every value of a parameter in (0, b], or None.
Deep = Callable[[Compare, str, Fraction], int | None]

_ORDER = 3
_BITS = 64
_CELLS = 4000
#: In so many cells the middle is examined by all means.
_THOROUGH = 4
#: For how long failures are looked for once a stretch resists.
_SECONDS_AFTER = 3.0


@dataclass(frozen=True, slots=True)
class Decision:
    """holds: True; False with ``witness`` or a stretch; None with a stretch that resists.

    stretch: by parameter; one that refutes holds a point at which the sides of a ``!=`` meet.
    """

    holds: bool | None
    cells: int
    witness: Mapping[str, Fraction] | None = None
    stretch: Mapping[str, str] | None = None


@dataclass(frozen=True)
class Search:
    """One condition; what is not decided at ``deadline`` (of the monotonic clock) stays open."""

    words: Words
    constants: Constants
    condition: Condition
    judge: Judge
    equal: Equal
    deep: Deep
    deadline: float
    agree: int | None = None

    def run(self, box: Box) -> Decision:
        ticket = count()
        waiting: list[tuple[float, int, Box]] = [(0.0, next(ticket), box)]
        resisting: Box | None = None
        cells, deadline = 0, self.deadline
        with working(_BITS):
            while waiting:
                _, _, current = heapq.heappop(waiting)
                cells += 1
                truth = self._truth(current)
                if truth:
                    continue
                if (witness := self._fails_inside(current, truth, cells)) is not None:
                    return Decision(False, cells, witness)
                name = max(current, key=lambda name: current[name].size)
                if truth is False or current[name].narrow:
                    if (crossing := self._crossing(current)) is not None:
                        return Decision(False, cells, None, crossing)
                    # One stretch that resists does not keep a failure elsewhere from being found.
                    resisting = resisting or current
                    deadline = min(deadline, time.monotonic() + _SECONDS_AFTER)
                    continue
                if cells >= _CELLS or time.monotonic() > deadline:
                    resisting = resisting or current
                    break
                for half in current[name].halves():
                    # The widest boxes first: a failure shows early.
                    heapq.heappush(waiting, (-half.size, next(ticket), {**current, name: half}))
        if resisting is None:
            return Decision(True, cells)
        return Decision(None, cells, None, {name: str(span) for name, span in resisting.items()})

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
        return self._low(box)

    def _low(self, box: Box) -> bool | None:
        """The condition on (0, b], where temperatures reach down to 0."""
        [(name, span)] = list(box.items())[:1]
        low_end = span.low is None and span.lower.exact == 0 and not span.lower.closed
        if len(box) > 1 or not low_end or span.stop is None:
            return None
        high = span.stop

        def truth(part: Condition) -> bool | None:
            if isinstance(part, Logic):
                first, second = truth(part.left), truth(part.right)
                deciding = part.op == "or"
                if deciding in (first, second):
                    return deciding
                return None if None in (first, second) else not deciding
            return verdict(part.op, self.deep(part, name, high))

        return truth(self.condition)

    def _views(self, span: Span, *, alone: bool) -> list[tuple[Germ, bool]]:
        """The stretch as it is, and without the end of the range where it reaches one.

        A closed end that is left out is the caller's to examine, which is done for a single parameter.
        """
        views = [] if span.stop is None else [(span.inner(_ORDER), False)]
        end = span.at_end(_ORDER)
        upper = span.high is None
        closed = (span.upper if upper else span.lower).closed
        return views if end is None or (closed and not alone) else [*views, (end, upper)]

    def _fails_inside(self, box: Box, truth: bool | None, cells: int) -> Mapping[str, Fraction] | None:
        """A short point of the box at which the condition is proved false, if there seems to be one."""
        point = {name: span.middle() for name, span in box.items()}
        if truth is None:
            values = {name: fixed(exact(value), _ORDER) for name, value in point.items()}
            rough = Evaluator(self.words, self.constants, values, fixed(arb(0), _ORDER)).holds(self.condition)
            # Where both sides are equal balls do not tell, so a few points are examined by all means.
            if rough or (rough is None and cells > _THOROUGH):
                return None
        if self.judge(point) is not False:
            return None
        for name, span in box.items():
            stop = point[name] + 1 if span.stop is None else span.stop
            short = shortest(span.start, stop) if truth is False else _rounded(point[name], span.start, stop)
            if short != point[name] and self.judge({**point, name: short}) is False:
                point[name] = short
        return point

    def _crossing(self, box: Box) -> Mapping[str, str] | None:
        """Where the sides of a ``!=`` meet: their difference changes sign and is continuous there."""
        if len(box) > 1 or not isinstance(self.condition, Compare) or self.condition.op != "!=":
            return None
        [(name, span)] = box.items()
        if span.stop is None or not self._continuous(name, span):
            return None
        signs = []
        for end in (span.start, span.stop):
            values = {name: fixed(exact(end), _ORDER)}
            signs.append(
                Evaluator(self.words, self.constants, values, fixed(arb(0), _ORDER)).sign(self.condition)
            )
        return {name: str(span)} if sorted(s or 0 for s in signs) == [-1, 1] else None

    def _continuous(self, name: str, span: Span) -> bool:
        assert isinstance(self.condition, Compare)
        germ = span.inner(_ORDER)
        evaluator = Evaluator(self.words, self.constants, {name: germ}, germ)
        gap = evaluator.of(self.condition.left) - evaluator.of(self.condition.right)
        return all(c.is_finite() for c in gap.over.coefficients)


def _rounded(value: Fraction, start: Fraction, stop: Fraction) -> Fraction:
    """The number with the fewest decimals among the roundings of ``value`` inside."""
    for digits in range(12):
        short = Fraction(round(value * 10**digits), 10**digits)
        if start < short < stop:
            return short
    return value
