"""The set of t = 1/beta where the forecast B of the total sub-optimality is at most epsilon, enclosed.

The range is cut into cells on which a mean value form decides; on each cell left a single crossing is
isolated through the sign of B'.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from itertools import groupby

from flint import arb

from ..expectation.oracle import Interval
from ..lowering.balls import Dual
from ..lowering.zeros import Unresolved
from ..precision import as_fraction, exact, relative_digits, sign_of, working
from ..work import Exhausted
from .suboptimality import Suboptimality

#: Cells narrower than this share of the range that still resist are reported as unresolved.
_NARROWEST = 2**-16
_NEWTON = 12
#: The range is first cut into this many cells, the same ones for every weighting, so that they share work.
_CELLS = 8
#: A cell on which B varies by more than this share of its distance to epsilon is cut, if not yet this narrow.
_SAFE, _NARROW = 0.5, 1 / 64
#: Cells examined before the rest is left unresolved.
_BUDGET = 600


@dataclass(frozen=True, slots=True)
class Piece:
    """An interval of admissible t; end points as balls, 0 where every small t is admissible.

    ``crosses``: B exceeds epsilon right after the upper end; otherwise the search ends or fails there.
    """

    lower: arb
    upper: arb
    crosses: bool


@dataclass(frozen=True, slots=True)
class Admissible:
    """{t in (0, searched_to] : B(t) <= epsilon}; unresolved: intervals on which nothing is decided."""

    pieces: tuple[Piece, ...]
    searched_to: Fraction
    unresolved: tuple[tuple[arb, arb], ...]


@dataclass(frozen=True, slots=True)
class _Cell:
    """Part of the range: B > epsilon on it (sign 1), B < epsilon (-1), or open (0)."""

    lower: arb
    upper: arb
    sign: int


def admissible(
    rough: Suboptimality,
    sharp: Callable[[], Suboptimality],
    epsilon: Fraction,
    searched_to: Fraction,
    digits: int,
) -> Admissible:
    """The admissible set on (0, searched_to], end points to ``digits`` digits.

    ``rough`` decides cells; ``sharp()`` is the same function at the precision that the end points need.
    What the allotted work does not reach is unresolved.
    """
    search = _Search(rough, sharp, epsilon, digits)
    step = searched_to / _CELLS
    first = int(search.too_hot(searched_to) / step)
    found = [_Cell(exact(first * step), exact(first * step), 1)] if first else []
    waiting = [(j * step, (j + 1) * step) for j in reversed(range(first, _CELLS))]
    budget = _BUDGET
    while waiting:
        low, high = waiting.pop()
        hopeless = high - low > _NARROW * searched_to and search.close(low, high)
        budget -= not hopeless
        try:
            cells = [] if hopeless else search.settled(low, high)
        except Exhausted:
            # What is left costs nothing any more: it is reported as undecided.
            cells, budget = [], -1
        if cells:
            found += cells
        elif high - low < _NARROWEST * searched_to or budget < 0:
            found.append(_Cell(exact(low), exact(high), 0))
        else:
            middle = (low + high) / 2
            waiting += [(middle, high), (low, middle)]
    runs = [list(run) for _, run in groupby(found, lambda cell: cell.sign)]
    signs = [run[0].sign for run in runs]
    ends = [(run[0].lower, run[-1].upper) for run in runs]
    pieces = (Piece(*ends[i], signs[i + 1 : i + 2] == [1]) for i, sign in enumerate(signs) if sign < 0)
    unresolved = (ends[i] for i, sign in enumerate(signs) if not sign)
    return Admissible(tuple(pieces), searched_to, tuple(unresolved))


@dataclass(frozen=True)
class _Search:
    """Where B - epsilon has a sign, or a single zero."""

    rough: Suboptimality
    sharp: Callable[[], Suboptimality]
    epsilon: Fraction
    digits: int

    def settled(self, low: Fraction, high: Fraction) -> list[_Cell]:
        """The cell as one part of one sign, or as two parts around its only crossing; empty when open."""
        a, b = exact(low), exact(high)
        sign, values = self._decided(low, high)
        if sign:
            return [_Cell(a, b, sign)]
        if values is None or values.slope.contains(0):
            return []
        direction = sign_of(values.slope)
        first, last = (self._sign_at(end) for end in (low, high))
        if first == last != 0:
            return [_Cell(a, b, first)]
        if (first, last) == (-direction, direction):
            at = self._crossing(values.slope, low, high)
            return [_Cell(a, at, first), _Cell(at, b, last)]
        return []

    def close(self, low: Fraction, high: Fraction) -> bool:
        """Whether B, in doubles, comes too near to epsilon for one look at the whole cell to decide."""
        n = self.rough.terms.n
        totals = [self.rough.estimate(float(t)).total(n) for t in (low, (low + high) / 2, high)]
        least = min(abs(total - float(self.epsilon)) for total in totals)
        return not max(totals) - min(totals) <= _SAFE * least

    def too_hot(self, searched_to: Fraction) -> Fraction:
        """A t below which v - V(t) > epsilon, as V increases: nothing to search there. 0 if there is none."""
        with working(self.rough.bits):
            low, high = Fraction(0), searched_to
            for _ in range(12):
                middle = (low + high) / 2
                lost = self.rough.terms.target - self.rough.law.value(middle)[0].value
                low, high = (middle, high) if lost > exact(self.epsilon) else (low, middle)
            return low

    def _decided(self, low: Fraction, high: Fraction) -> tuple[int, Dual | None]:
        """The sign of B - epsilon on the whole cell (0 when open), by the hull and by the mean value form."""
        values, goal = self.rough.jet(Interval(low, high)), exact(self.epsilon)
        if values is None:
            return 0, None
        with working(self.rough.bits):
            if sign := sign_of(values.value - goal):
                return sign, values
            center = self.rough.jet((low + high) / 2)
            if center is None:
                return 0, values
            around = center.value + values.slope * arb(0, exact((high - low) / 2).abs_upper())
            return sign_of(around - goal), values

    def _sign_at(self, t: Fraction) -> int:
        values = self.rough.jet(t)
        return 0 if values is None else sign_of(values.value - exact(self.epsilon))

    def _crossing(self, slope: arb, low: Fraction, high: Fraction) -> arb:
        """The only zero of B - epsilon on [low, high], where B' lies in ``slope``: Newton, then one proof.

        By the mean value theorem the zero is t - (B(t) - epsilon)/B'(some point of the cell).
        """
        sharp, digits = self.sharp(), self.digits
        with working(sharp.bits):
            t, best = (low + high) / 2, exact(low).union(exact(high))
            for _ in range(_NEWTON):
                values = sharp.jet(t)
                if values is None:
                    break
                gap = values.value - exact(self.epsilon)
                best = best.intersection(exact(t) - gap / slope)
                if relative_digits(best) >= digits + 1:
                    return best
                step = gap / values.slope
                if not step.is_finite():  # the slope at the point alone is not told apart from 0
                    step = gap / slope
                t = min(max(_short(t - as_fraction(step.mid()), digits), low), high)
            if relative_digits(best) < digits:
                raise Unresolved(f"the end point near t = {float(t):.6g} is not found to {digits} digits")
            return best


def _short(t: Fraction, digits: int) -> Fraction:
    """A nearby dyadic number that does not grow in length from step to step."""
    scale = 2 ** (4 * digits + 40)
    return Fraction(round(t * scale), scale)
