"""Outward-rounded double intervals: just enough to prove where a link is defined.

This is no oracle: the certified numbers come from ball arithmetic elsewhere. It exists so that a
bad link is refused within milliseconds, without loading an algebra system.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction

_HUGE = 1.7976931348623157e308


def _down(x: float) -> float:
    return min(math.nextafter(x, -math.inf), _HUGE)


def _up(x: float) -> float:
    return max(math.nextafter(x, math.inf), -_HUGE)


def _wider(lo: float, hi: float) -> tuple[float, float]:
    """Room for a math library that errs by a few units in the last place."""
    return _down(lo - abs(lo) * 1e-15 - 1e-307), _up(hi + abs(hi) * 1e-15 + 1e-307)


@dataclass(frozen=True, slots=True)
class Interval:
    """All reals between ``lo`` and ``hi``; ``positive`` says that 0 and below are excluded."""

    lo: float
    hi: float
    positive: bool = False

    def __post_init__(self) -> None:
        if self.lo > 0:
            object.__setattr__(self, "positive", True)
        elif self.positive:
            object.__setattr__(self, "lo", 0.0)

    @property
    def nonnegative(self) -> bool:
        return self.positive or self.lo >= 0

    def __neg__(self) -> Interval:
        return Interval(-self.hi, -self.lo)

    def __add__(self, other: Interval) -> Interval:
        positive = (self.positive and other.nonnegative) or (self.nonnegative and other.positive)
        # A sum with 0 is exact.
        lo, hi = self.lo + other.lo, self.hi + other.hi
        low = lo if self.lo == 0 or other.lo == 0 else _down(lo)
        return Interval(low, hi if self.hi == 0 or other.hi == 0 else _up(hi), positive)

    def __sub__(self, other: Interval) -> Interval:
        return self + -other

    def __mul__(self, other: Interval) -> Interval:
        ends = [_product(a, b) for a in (self.lo, self.hi) for b in (other.lo, other.hi)]
        return Interval(_down(min(ends)), _up(max(ends)), self.positive and other.positive)

    def inverse(self) -> Interval:
        """1/x for an interval that is positive or entirely negative."""
        if self.positive:
            return Interval(_below(self.hi), _up(1 / self.lo) if self.lo > 0 else math.inf, True)
        return -((-self).inverse())

    def power(self, n: int) -> Interval:
        """x**n for an integer n >= 0."""
        if n == 0:
            return exact(Fraction(1))
        lo, hi = _float_power(self.lo, n), _float_power(self.hi, n)
        if n % 2:
            return Interval(*_wider(lo, hi), self.positive)
        least = 0.0 if self.lo <= 0 <= self.hi else min(lo, hi)
        bottom, top = _wider(least, max(lo, hi))
        nonzero = self.positive or self.hi < 0
        return Interval(max(bottom, 0.0), top, nonzero)

    def increasing(self, function: Callable[[float], float], low: float = -math.inf) -> Interval:
        """The image under an increasing function bounded below by ``low``."""
        lo, hi = _wider(_guarded(function, self.lo), _guarded(function, self.hi))
        return Interval(max(lo, low), hi)

    def hull(self, other: Interval) -> Interval:
        return Interval(min(self.lo, other.lo), max(self.hi, other.hi), self.positive and other.positive)

    def maximum(self, other: Interval) -> Interval:
        return Interval(max(self.lo, other.lo), max(self.hi, other.hi), self.positive or other.positive)

    def absolute(self) -> Interval:
        if self.nonnegative:
            return self
        if self.hi <= 0:
            return Interval(-self.hi, -self.lo, self.hi < 0)
        return Interval(0.0, max(-self.lo, self.hi))


def exact(value: Fraction) -> Interval:
    """The number itself when a double holds it, otherwise its two neighbours."""
    try:
        near = float(value)
    except OverflowError:
        return Interval(_HUGE, math.inf) if value > 0 else Interval(-math.inf, -_HUGE)
    if near == value:
        return Interval(near, near)
    return Interval(_down(near), _up(near), value > 0)


def exp(x: Interval) -> Interval:
    image = x.increasing(math.exp, 0.0)
    return Interval(image.lo, image.hi, True)


def log(x: Interval) -> Interval:
    """log of an interval known to be positive."""
    bottom = -math.inf if x.lo <= 0 else math.log(x.lo)
    return Interval(*_wider(bottom, math.log(x.hi) if x.hi < math.inf else math.inf))


def cosine(x: Interval) -> Interval:
    """cos x: [-1, 1], or tighter on an interval shorter than half a turn."""
    if not x.hi - x.lo < 3:
        return Interval(-1.0, 1.0)
    lo, hi = _wider(*sorted((math.cos(x.lo), math.cos(x.hi))))
    first, last = math.ceil((x.lo - 1e-9) / math.pi), math.floor((x.hi + 1e-9) / math.pi)
    for turn in range(first, last + 1):
        lo, hi = (lo, 1.0) if turn % 2 == 0 else (-1.0, hi)
    return Interval(max(lo, -1.0), min(hi, 1.0))


def _product(a: float, b: float) -> float:
    # An infinite end is never attained, so 0 times it is 0.
    return 0.0 if a == 0 or b == 0 else a * b


def _below(x: float) -> float:
    return 0.0 if x == math.inf else max(_down(1 / x), 0.0)


def _float_power(x: float, n: int) -> float:
    try:
        return x**n
    except OverflowError:
        return -math.inf if x < 0 and n % 2 else math.inf


def _guarded(function: Callable[[float], float], x: float) -> float:
    try:
        return function(x)
    except OverflowError:
        return math.inf if x > 0 else -math.inf
