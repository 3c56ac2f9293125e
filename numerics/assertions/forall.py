"""Whether a condition holds for all values of real parameters: adaptive subdivision with enclosures.

Each box is decided, found to fail, or cut. At an open end of a range the condition is examined in the
distance from that end, so that a limit which is just met there does no harm.
"""

import heapq
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from fractions import Fraction
from itertools import count, product
from typing import cast

from flint import arb

from ...link.assertion import comparisons
from ...link.label import Signal
from ...link.tree import Call, Compare, Condition, Num, by_sign, combined, walk
from ..lowering.series import EndpointSeries
from ..precision import exact, working
from ..work import Exhausted, spend
from .evaluate import Constants, Evaluator, Words, fixed
from .parameter_range import Span, shortest

Box = Mapping[str, Span]
#: What is known at an exact point: True, False, or None where that is not decided.
Judge = Callable[[Mapping[str, Fraction]], bool | None]
#: To how many coefficients both sides of a comparison are proved to agree in the distance from the lower
#: (False) or upper (True) end of a range, in 1/x towards oo.
Contact = Callable[[Compare, str, bool], int]
#: The sign of left - right for every admissible value of a parameter up to b, or None; the flag allows the
#: effort of asking the top of s.
Deep = Callable[[Compare, str, Fraction, bool], int | None]

_ORDER = 3
#: Near an end, where the first coefficients may vanish.
_ORDER_AT_END = 5
_BITS = 64
#: In so many cells the middle is examined by all means.
_THOROUGH = 4
#: In how many more cells failures are looked for once a stretch resists.
_CELLS_AFTER = 1000
#: Operations on balls that one node of a condition takes on a cell: series about a point and over the cell.
_EVALUATIONS = 100


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
class ForAll:
    """One condition; what is not decided after ``most`` cells, or when the work is used up, stays open."""

    words: Words
    constants: Constants
    condition: Condition
    judge: Judge
    contact: Contact
    deep: Deep
    most: int
    agree: int | None = None

    def run(self, box: Box) -> Decision:
        ticket = count()
        waiting: list[tuple[float, int, Box]] = [(0.0, next(ticket), box)]
        resisting: Box | None = None
        cells, most = 0, self.most
        price = _EVALUATIONS * sum(1 for _ in walk(self.condition))
        with working(_BITS):
            if len(box) > 1 and (corner := self._failing_corner(box)) is not None:
                return Decision(False, cells, corner)
            while waiting:
                _, _, current = heapq.heappop(waiting)
                try:
                    spend(price)
                except Exhausted:
                    resisting = resisting or current
                    break
                cells += 1
                truth = self._truth(current)
                if truth:
                    continue
                if (witness := self._fails_inside(current, truth, cells)) is not None:
                    return Decision(False, cells, witness)
                # Towards 0 or oo a stretch is always long, so one that is not worth cutting comes last.
                name = max(current, key=lambda name: (not current[name].narrow, current[name].size))
                if truth is False or current[name].narrow:
                    if (crossing := self._crossing(current)) is not None:
                        return Decision(False, cells, None, crossing)
                    # One stretch that resists does not keep a failure elsewhere from being found.
                    resisting = resisting or current
                    most = min(most, cells + _CELLS_AFTER)
                    continue
                if cells >= most:
                    resisting = resisting or current
                    break
                for half in current[name].halves():
                    # The widest boxes first: a failure shows early.
                    heapq.heappush(waiting, (-half.size, next(ticket), {**current, name: half}))
        if resisting is None:
            return Decision(True, cells)
        return Decision(None, cells, None, {name: str(span) for name, span in resisting.items()})

    def _failing_corner(self, box: Box) -> Mapping[str, Fraction] | None:
        """A point at or near a corner at which the condition fails: many claims are sharp there."""
        places = [[span.near_end(upper) for upper in (False, True)] for span in box.values()]
        points = (dict(zip(box, corner, strict=True)) for corner in product(*places))
        return next((point for point in points if self._fails(box, point)), None)

    def _fails(self, box: Box, point: Mapping[str, Fraction]) -> bool:
        """Whether the point is proved to lie in the range and the condition to be false there."""
        return all(box[name].holds(x) for name, x in point.items()) and self.judge(point) is False

    def _truth(self, box: Box) -> bool | None:
        """The condition on the whole box, by each parameter in turn as the one with a series."""
        for name in sorted(box, key=lambda name: -box[name].size):
            others = {n: span.inner(_ORDER_AT_END) for n, span in box.items() if n != name}
            for germ, upper in self._views(box[name], alone=len(box) == 1):
                values = {n: other.same(other.over.value) for n, other in others.items()}
                values = {n: replace(v, cell=germ.cell, at_end=germ.at_end) for n, v in values.items()}
                evaluator = Evaluator(
                    self.words, self.constants, {**values, name: germ}, germ, agree=self.agree
                )

                def meets(part: Compare, name: str = name, upper: bool = upper) -> int:
                    return self.contact(part, name, upper)

                truth = evaluator.holds(self.condition, meets if germ.at_end else None)
                if truth is not None:
                    return truth
        return self._low(box)

    def _low(self, box: Box) -> bool | None:
        """The condition on (0, b], where temperatures reach down to 0, or to where words are infinite."""
        [(name, span)] = list(box.items())[:1]
        if len(box) > 1 or span.stop is None or not (span.low is None or self._breaks_off):
            return None
        high = span.stop
        thorough = span.low is None and span.lower.exact == 0

        return combined(self.condition, lambda part: by_sign(part.op, self.deep(part, name, high, thorough)))

    @property
    def _breaks_off(self) -> bool:
        """Whether a word occurs that becomes infinite inside a range."""
        sides = [side for part in comparisons(self.condition) for side in (part.left, part.right)]
        return any(isinstance(node, Call) and node.name == "chi2" for side in sides for node in walk(side))

    def _views(self, span: Span, *, alone: bool) -> list[tuple[EndpointSeries, bool]]:
        """The stretch as it is, and without the end of the range where it reaches one.

        A closed end that is left out is the caller's to examine, which is done for a single parameter.
        """
        views = [] if span.stop is None else [(span.inner(_ORDER), False)]
        end = span.at_end(_ORDER_AT_END)
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
        if not self._fails(box, point):
            return None
        for name, span in box.items():
            stop = point[name] + 1 if span.stop is None else span.stop
            short = shortest(span.start, stop) if truth is False else _rounded(point[name], span.start, stop)
            if short != point[name] and self._fails(box, {**point, name: short}):
                point[name] = short
        return point

    def _crossing(self, box: Box) -> Mapping[str, str] | None:
        """Where the condition fails because two sides meet: their continuous difference changes sign."""
        if len(box) > 1:
            return None
        [(name, span)] = box.items()
        if span.stop is None or not (span.reaches(span.start) and span.reaches(span.stop)):
            return None
        ends = [self._fixed(name, end) for end in (span.start, span.stop)]
        germ = span.inner(_ORDER)
        whole = Evaluator(self.words, self.constants, {name: germ}, germ)
        for part in comparisons(self.condition):
            meeting = self._root_of(part)
            signs = sorted(end.sign(meeting) or 0 for end in ends)
            if signs != [-1, 1] or not _continuous(whole, meeting):
                continue
            if self._holds_where_sides_meet(part, whole) is False:
                return {name: str(span)}
        return None

    def _fixed(self, name: str, value: Fraction) -> Evaluator:
        return Evaluator(
            self.words, self.constants, {name: fixed(exact(value), _ORDER)}, fixed(arb(0), _ORDER)
        )

    def _root_of(self, part: Compare) -> Compare:
        """A comparison whose sides meet where those of ``part`` do: snr is a square and changes no sign."""
        star, kind = self.words.star, self.words.signal
        word, known = part.left, star is not None and kind != Signal.CENTERED
        if not known or not isinstance(word, Call) or word.name != "snr" or part.right != Num(Fraction(0)):
            return part
        order = Num(Fraction(cast(int, star)))
        return replace(part, left=Call("alpha" if kind == Signal.LABEL else "h", (order, *word.args)))

    def _holds_where_sides_meet(self, part: Compare, whole: Evaluator) -> bool | None:
        """The condition where both sides of ``part`` are equal, the other comparisons being decided."""

        def decide(node: Compare) -> bool | None:
            same = (node.left, node.right) == (part.left, part.right)
            return by_sign(node.op, 0) if same else whole.holds(node)

        return combined(self.condition, decide)


def _continuous(whole: Evaluator, part: Compare) -> bool:
    gap = whole.of(part.left) - whole.of(part.right)
    return all(c.is_finite() for c in gap.over.coefficients)


def _rounded(value: Fraction, start: Fraction, stop: Fraction) -> Fraction:
    """The number with the fewest decimals among the roundings of ``value`` inside."""
    for digits in range(12):
        short = Fraction(round(value * 10**digits), 10**digits)
        if start < short < stop:
            return short
    return value
