"""Enclosures of a function on a whole tail z >= R, and how they add, multiply, divide and compose.

A :class:`Bound` holds four statements about v(z), each true for every z >= R:
``lo(z) <= v <= hi(z)``, ``|v| <= exp(mag(z))`` and ``v >= exp(low(z))``, with polynomials that may be
missing. An exact polynomial keeps ``lo is hi``.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property, reduce
from math import ceil

from flint import arb

from ..precision import exact
from . import tail_polynomials as tp
from .tail_polynomials import Poly


@dataclass(frozen=True)
class Bound:
    """Statements about a function on [R, oo); None means that nothing is known in that direction.

    R is ``start``; ``mag`` is what follows from ``lo`` and ``hi``, or ``small`` where that grows slower.
    """

    lo: Poly | None = None
    hi: Poly | None = None
    small: Poly | None = None
    low: Poly | None = None
    start: arb | None = None

    @cached_property
    def mag(self) -> Poly | None:
        """Computed when it is asked for, which is seldom."""
        if self.lo is None or self.hi is None or self.start is None:
            return self.small
        return tighter(
            self.small, log_of(tp.largest(self.hi, tp.scale(self.lo, -1), tp.constant(0)), self.start)
        )


def tighter(p: Poly | None, q: Poly | None) -> Poly | None:
    """Of two upper bounds the one of slower growth."""
    if p is None or q is None:
        return q if p is None else p
    leading = [c for c in tp.add(q, tp.scale(p, -1)) if not c.is_zero()]
    return p if not leading or leading[-1] > 0 else q


def sharper(p: Poly | None, q: Poly | None) -> Poly | None:
    """Of two lower bounds the one of faster growth."""
    if p is None or q is None:
        return q if p is None else p
    return q if tighter(p, q) is p else p


def log_of(p: Poly, start: arb) -> Poly:
    """A linear function above log p on [R, oo), for coefficients >= 0: z^i <= R^i e^(i (z - R)/R)."""
    # The zero polynomial is below any positive constant.
    value = tp.evaluate(p, start).upper().max(arb("1e-300"))
    degree = len(p) - 1
    return value.log() - degree, arb(degree) / start


@dataclass(frozen=True, slots=True)
class Algebra:
    """What is known of v + w, v w, v/w, max(v, w), v^q, exp v and log v on [start, oo), start >= 1."""

    start: arb

    def exactly(self, p: Poly) -> Bound:
        return self.within(p, p)

    def within(
        self, lo: Poly | None, hi: Poly | None, mag: Poly | None = None, low: Poly | None = None
    ) -> Bound:
        """The bound with every statement that follows from the given ones filled in."""
        if mag is not None and (lo is None or hi is None or tp.supremum(hi, self.start) is None):
            peak = tp.supremum(Bound(lo, hi, mag, None, self.start).mag or mag, self.start)
            if peak is not None:
                level = tp.constant(peak.exp())
                if hi is None or tp.supremum(hi, self.start) is None:
                    hi = level
                lo = tp.scale(level, -1) if lo is None else lo
        least = None if lo is None else tp.infimum(lo, self.start)
        if low is None and least is not None and least > 0:
            low = tp.constant(least.log())
        if low is not None and (least is None or not least >= 0):
            lo = tp.constant(0)
        return Bound(lo, hi, mag, low, self.start)

    def constant_range(self, b: Bound) -> tuple[arb | None, arb | None]:
        lowest = None if b.lo is None else tp.infimum(b.lo, self.start)
        return lowest, None if b.hi is None else tp.supremum(b.hi, self.start)

    def nonnegative(self, p: Poly | None) -> bool:
        least = None if p is None else tp.infimum(p, self.start)
        return least is not None and least >= 0

    def sign(self, b: Bound) -> int | None:
        """+1 or -1 when v keeps that sign strictly on the tail, 0 when it is 0 there, else None."""
        lowest, highest = self.constant_range(b)
        if (lowest is not None and lowest > 0) or b.low is not None:
            return 1
        if highest is not None and highest < 0:
            return -1
        return 0 if b.lo is not None and b.lo is b.hi and all(c.is_zero() for c in b.lo) else None

    # -- operations --------------------------------------------------------------------------------

    def negative(self, b: Bound) -> Bound:
        lo = None if b.hi is None else tp.scale(b.hi, -1)
        hi = lo if b.lo is b.hi else None if b.lo is None else tp.scale(b.lo, -1)
        return self.within(lo, hi, b.small)

    def plus(self, a: Bound, b: Bound) -> Bound:
        lo = None if a.lo is None or b.lo is None else tp.add(a.lo, b.lo)
        same = a.lo is a.hi and b.lo is b.hi
        hi = lo if same else None if a.hi is None or b.hi is None else tp.add(a.hi, b.hi)
        mag = None
        if a.mag is not None and b.mag is not None:
            mag = tp.add(tp.largest(a.mag, b.mag), tp.constant(arb(2).log()))
        low = None
        if self.nonnegative(a.lo) and self.nonnegative(b.lo):
            low = sharper(a.low, b.low)
        return self.within(lo, hi, mag, low)

    def times(self, a: Bound, b: Bound) -> Bound:
        if a.hi is not None and b.hi is not None and a.lo is a.hi and b.lo is b.hi:
            return self.exactly(tp.multiply(a.hi, b.hi))
        mag = None if a.mag is None or b.mag is None else tp.add(a.mag, b.mag)
        for x, y in ((a, b), (b, a)):
            if x.low is None and self.sign(x) == -1:
                return self.negative(self.times(self.negative(x), y))
        lo = hi = low = None
        if self.nonnegative(a.lo) and self.nonnegative(b.lo):
            assert a.lo is not None
            assert b.lo is not None
            lo = tp.multiply(a.lo, b.lo)
            low = None if a.low is None or b.low is None else tp.add(a.low, b.low)
            hi = None if a.hi is None or b.hi is None else tp.multiply(a.hi, b.hi)
        elif None not in (a.lo, a.hi, b.lo, b.hi):
            hi = tp.multiply(self.size(a), self.size(b))
            lo = tp.scale(hi, -1)
        return self.within(lo, hi, mag, low)

    def size(self, b: Bound) -> Poly:
        """A polynomial with coefficients >= 0 above |v|."""
        assert b.lo is not None
        assert b.hi is not None
        return tp.largest(b.hi, tp.scale(b.lo, -1), tp.constant(0), tuple(arb(0) for _ in b.hi))

    def inverse(self, b: Bound) -> Bound:
        sign = self.sign(b)
        if sign == -1:
            return self.negative(self.inverse(self.negative(b)))
        if sign != 1 or b.low is None:
            return Bound()
        return self.within(
            tp.constant(0), None, tp.scale(b.low, -1), None if b.mag is None else tp.scale(b.mag, -1)
        )

    def quotient(self, a: Bound, b: Bound) -> Bound:
        """u/v; polynomial bounds come from v >= c z^d, which keeps the degree of the quotient."""
        if b.lo is not None and b.lo is b.hi and len(b.lo) == 1 and not b.lo[0].contains(0):
            return self.times(a, self.exactly(tp.constant(1 / b.lo[0])))
        sign = self.sign(b)
        if sign == -1:
            return self.quotient(self.negative(a), self.negative(b))
        rough = self.times(a, self.inverse(b))
        if sign != 1 or b.lo is None or a.lo is None or a.hi is None:
            return rough
        degree, below = self.monomial(b.lo)
        if not below > 0:
            return rough
        hi = tp.scale(self.lowered(self.size(a), degree), 1 / below)
        lo = tp.scale(hi, -1)
        if self.nonnegative(a.lo):
            lo = tp.constant(0)
            if b.hi is not None and all(c >= 0 for c in a.lo):
                degree, above = self.monomial(b.hi, upper=True)
                lo = tp.scale((*a.lo[degree:], arb(0)), 1 / above)
        return self.within(lo, hi, rough.mag, rough.low)

    def monomial(self, p: Poly, upper: bool = False) -> tuple[int, arb]:
        """(d, c) with p >= c z^d (``upper``: p <= c z^d) on the tail, d the degree of p."""
        degree = len(p) - 1
        total = p[-1]
        for j, c in enumerate(p[:-1]):
            part = c.max(arb(0)) if upper else c.min(arb(0))
            total += part * self.start ** (j - degree)
        return degree, total

    def lowered(self, p: Poly, degree: int) -> Poly:
        """A polynomial above p(z)/z^degree, for p with coefficients >= 0: z^-i <= R^-i."""
        constant = sum((c * self.start ** (j - degree) for j, c in enumerate(p[: degree + 1])), arb(0))
        return (constant, *p[degree + 1 :])

    def either(self, a: Bound, b: Bound) -> Bound:
        lo = None if a.lo is None or b.lo is None else tp.smallest(a.lo, b.lo)
        hi = None if a.hi is None or b.hi is None else tp.largest(a.hi, b.hi)
        mag = None if a.mag is None or b.mag is None else tp.largest(a.mag, b.mag)
        low = None if a.low is None or b.low is None else tp.smallest(a.low, b.low)
        return self.within(lo, hi, mag, low)

    def maximum(self, a: Bound, b: Bound) -> Bound:
        gap = self.sign(self.plus(a, self.negative(b)))
        if gap is not None:
            return a if gap >= 0 else b
        hi = None if a.hi is None or b.hi is None else tp.largest(a.hi, b.hi)
        lo = sharper(a.lo, b.lo)
        mag = None if a.mag is None or b.mag is None else tp.largest(a.mag, b.mag)
        return self.within(lo, hi, mag, sharper(a.low, b.low))

    def raised(self, b: Bound, exponent: Fraction) -> Bound:
        if exponent < 0:
            return self.inverse(self.raised(b, -exponent))
        if exponent.denominator > 1:
            return self.rooted(b, exponent)
        result = reduce(self.times, [b] * int(exponent)) if exponent else self.exactly(tp.constant(1))
        if exponent % 2 == 0 and result.lo is not result.hi:
            return self.within(tp.constant(0), result.hi, result.mag, result.low)
        return result

    def rooted(self, b: Bound, exponent: Fraction) -> Bound:
        """v^q for v >= 0 and a positive q that is not an integer."""
        q, hi = exact(exponent), None
        if b.hi is not None:
            # p(z) <= p(R) (z/R)^d for coefficients >= 0, and (z/R)^(dq) <= (z/R)^ceil(dq).
            above = tp.largest(b.hi, tp.constant(0))
            top = tp.evaluate(above, self.start).upper()
            degree = ceil((len(above) - 1) * exponent)
            if top > 0:
                hi = (*[arb(0)] * degree, top**q / self.start**degree)
        mag = None if b.mag is None else tp.scale(b.mag, q)
        low = None if b.low is None else tp.scale(b.low, q)
        return self.within(tp.constant(0), hi, mag, low)

    def exponential(self, b: Bound) -> Bound:
        peak = None if b.hi is None else tp.supremum(b.hi, self.start)
        hi = None if peak is None else tp.constant(peak.exp())
        # e^x >= 1 + x keeps the growth visible to a second exponential.
        rising = None if b.lo is None else tp.add(b.lo, tp.constant(1))
        lo = rising if self.nonnegative(rising) else tp.constant(0)
        return self.within(lo, hi, b.hi, b.lo)

    def logarithm(self, b: Bound) -> Bound:
        return self.within(b.low, b.mag)
