"""The set of t = 1/beta where the forecast B of the total sub-optimality is at most epsilon, enclosed.

The range is cut into cells on which a mean value form decides; on each cell left a single crossing is
isolated through the sign of B'.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction

from flint import arb

from ..expectation.oracle import Interval
from ..lowering.zeros import Unresolved
from ..precision import as_fraction, exact, relative_digits, working
from ..work import Exhausted
from .learning import Jet
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
    step = searched_to / _CELLS
    first = int(_too_hot(rough, epsilon, searched_to) / step)
    found = [_Cell(exact(first * step), exact(first * step), 1)] if first else []
    waiting = [(j * step, (j + 1) * step) for j in reversed(range(first, _CELLS))]
    budget = _BUDGET
    while waiting:
        low, high = waiting.pop()
        hopeless = high - low > _NARROW * searched_to and _close(rough, low, high, epsilon)
        budget -= not hopeless
        try:
            cells = [] if hopeless else _settled(rough, sharp, low, high, epsilon, digits)
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
    unresolved = tuple((cell.lower, cell.upper) for cell in found if not cell.sign)
    return Admissible(_pieces(found), searched_to, unresolved)


def _settled(
    rough: Suboptimality,
    sharp: Callable[[], Suboptimality],
    low: Fraction,
    high: Fraction,
    epsilon: Fraction,
    digits: int,
) -> list[_Cell]:
    """The cell as one part of constant sign, or as two parts around its only crossing; empty when open."""
    a, b = exact(low), exact(high)
    sign, jet = _decided(rough, low, high, epsilon)
    if sign:
        return [_Cell(a, b, sign)]
    if jet is None or jet.slope.contains(0):
        return []
    direction = 1 if jet.slope > 0 else -1
    first, last = (_sign_at(rough, end, epsilon) for end in (low, high))
    if first == last != 0:
        return [_Cell(a, b, first)]
    if (first, last) == (-direction, direction):
        at = _crossing(sharp(), jet.slope, low, high, epsilon, digits)
        return [_Cell(a, at, first), _Cell(at, b, last)]
    return []


def _close(rough: Suboptimality, low: Fraction, high: Fraction, epsilon: Fraction) -> bool:
    """Whether B, in doubles, comes too near to epsilon for one look at the whole cell to decide."""
    totals = [rough.estimate(float(t)).total(rough.terms.n) for t in (low, (low + high) / 2, high)]
    least = min(abs(total - float(epsilon)) for total in totals)
    return not max(totals) - min(totals) <= _SAFE * least


def _too_hot(rough: Suboptimality, epsilon: Fraction, searched_to: Fraction) -> Fraction:
    """A t below which v - V(t) > epsilon, V being increasing: nothing to search there. 0 if there is none."""
    with working(rough.bits):
        low, high = Fraction(0), searched_to
        for _ in range(12):
            middle = (low + high) / 2
            if rough.terms.target - rough.law.value(middle)[0].value > exact(epsilon):
                low = middle
            else:
                high = middle
        return low


def _decided(
    rough: Suboptimality, low: Fraction, high: Fraction, epsilon: Fraction
) -> tuple[int, Jet | None]:
    """The sign of B - epsilon on the whole cell (0 when open), by the hull and by the mean value form."""
    jet = rough.jet(Interval(low, high))
    if jet is None:
        return 0, None
    goal = exact(epsilon)
    with working(rough.bits):
        for value in (jet.value, None):
            if value is None:
                center = rough.jet((low + high) / 2)
                if center is None:
                    return 0, jet
                half = exact((high - low) / 2)
                value = center.value + jet.slope * arb(0, half.abs_upper())
            if value > goal:
                return 1, jet
            if value < goal:
                return -1, jet
    return 0, jet


def _sign_at(rough: Suboptimality, t: Fraction, epsilon: Fraction) -> int:
    jet = rough.jet(t)
    if jet is None:
        return 0
    gap = jet.value - exact(epsilon)
    return 1 if gap > 0 else -1 if gap < 0 else 0


def _crossing(
    sharp: Suboptimality, slope: arb, low: Fraction, high: Fraction, epsilon: Fraction, digits: int
) -> arb:
    """The only zero of B - epsilon on [low, high], where B' lies in ``slope``: Newton, then one proof.

    By the mean value theorem the zero is t - (B(t) - epsilon)/B'(some point of the cell).
    """
    with working(sharp.bits):
        t, best = (low + high) / 2, exact(low).union(exact(high))
        for _ in range(_NEWTON):
            jet = sharp.jet(t)
            if jet is None:
                break
            gap = jet.value - exact(epsilon)
            best = best.intersection(exact(t) - gap / slope)
            if relative_digits(best) >= digits + 1:
                return best
            step = gap / jet.slope
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


def _pieces(cells: list[_Cell]) -> tuple[Piece, ...]:
    """Neighbouring parts with B <= epsilon joined; a piece next to an unresolved cell says so by its end."""
    found: list[Piece] = []
    for index, cell in enumerate(cells):
        if cell.sign >= 0:
            continue
        after = cells[index + 1].sign if index + 1 < len(cells) else None
        crosses = after == 1
        if found and index and cells[index - 1].sign < 0:
            found[-1] = Piece(found[-1].lower, cell.upper, crosses)
        else:
            found.append(Piece(cell.lower, cell.upper, crosses))
    return tuple(found)
