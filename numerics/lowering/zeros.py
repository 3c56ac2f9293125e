"""Certified real zeros: every zero in an interval isolated, and none anywhere else, by ball arithmetic."""

from collections.abc import Callable
from dataclasses import dataclass

from flint import arb

from ..precision import Unresolved, sign_of
from .balls import Dual

#: Uneven, so that a zero at a round number does not fall on an end point of a cell.
_CUT = "0.4871"


@dataclass(frozen=True, slots=True)
class Isolation:
    """What is proved about the zeros of f on an interval.

    zeros: disjoint balls in increasing order, each holding exactly one zero, which is simple.
    unresolved: cells on which neither absence nor isolation was proved; elsewhere f has no zero.
    """

    zeros: tuple[arb, ...]
    unresolved: tuple[tuple[arb, arb], ...] = ()


def isolate(
    f: Callable[[arb], Dual], lower: arb, upper: arb, *, bits: int, narrowest: arb | float, cells: int = 4000
) -> Isolation:
    """All zeros of ``f`` on [lower, upper] (exact end points), of radius about min(1, x) 2^-bits.

    ``f(X)`` encloses the values and the derivatives of f over the ball X. Cells narrower than
    ``narrowest`` that resist, and whatever is left after ``cells`` evaluations, are reported as
    unresolved: no zero is dropped silently.
    """
    zeros: list[arb] = []
    unresolved: list[tuple[arb, arb]] = []
    waiting = [(lower, upper)]
    while waiting:
        low, high = waiting.pop()
        cells -= 1
        image = f(low.union(high))
        if image.value.is_finite() and not image.value.contains(0):
            continue
        if image.slope.is_finite() and not image.slope.contains(0):
            first, last = (sign_of(f(end).value) for end in (low, high))
            if first * last > 0:
                continue
            if first * last < 0:
                zeros.append(_refine(f, low, high, bits))
                continue
        if cells <= 0 or high - low < narrowest:
            unresolved.append((low, high))
            continue
        middle = (low + (high - low) * arb(_CUT)).mid()
        waiting += [(middle, high), (low, middle)]
    return Isolation(tuple(zeros), _merged(unresolved))


def _refine(f: Callable[[arb], Dual], low: arb, high: arb, bits: int) -> arb:
    """The zero of a strictly monotone f that changes sign on [low, high]: interval Newton, or bisection.

    A slope that overflows on a wide cell proves nothing there; the signs at the middle and the ends do.
    """
    cell, rising = low.union(high), sign_of(f(high).value)
    goal = arb(2) ** -bits * cell.abs_upper().min(arb(1))
    for _ in range(20 + 3 * bits):
        middle = cell.mid()
        value, slope = f(middle).value, f(cell).slope
        step = middle - value / slope
        if step.is_finite() and not step.overlaps(cell):
            raise Unresolved("interval Newton contradicts the sign change: the enclosure of f is not valid")
        smaller = step.intersection(cell) if step.is_finite() else cell
        if smaller.rad() <= goal:
            return smaller
        if not smaller.rad() < cell.rad() * arb("0.9"):
            if not sign_of(value):
                return cell
            end = cell.lower() if sign_of(value) == rising else cell.upper()
            smaller = end.union(middle)
        cell = smaller
    return cell


def _merged(cells: list[tuple[arb, arb]]) -> tuple[tuple[arb, arb], ...]:
    """Adjacent unresolved cells joined, in increasing order."""
    merged: list[tuple[arb, arb]] = []
    for low, high in sorted(cells, key=lambda cell: float(cell[0])):
        if merged and not merged[-1][1] < low:
            merged[-1] = (merged[-1][0], high)
        else:
            merged.append((low, high))
    return tuple(merged)
