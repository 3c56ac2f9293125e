"""Enclosures of a function on a whole tail z >= R: how they add, multiply, divide, and pass a function.

A :class:`Bound` holds four statements about v(z), each true for every z >= R:
``lo(z) <= v <= hi(z)``, ``|v| <= exp(mag(z))`` and ``v >= exp(low(z))``, with polynomials that may be
missing: balls as coefficients, the constant first. An exact polynomial keeps ``lo is hi``.
"""

import operator
from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property, reduce
from itertools import zip_longest
from math import ceil

from flint import arb

from ..precision import exact, horner

Poly = tuple[arb, ...]


def constant(value: arb | int) -> Poly:
    return (arb(value),)


def add(p: Poly, q: Poly) -> Poly:
    longer, shorter = (p, q) if len(p) >= len(q) else (q, p)
    return (*map(operator.add, longer, shorter), *longer[len(shorter) :])


def scale(p: Poly, factor: arb | int) -> Poly:
    return tuple(c * factor for c in p)


def minus(p: Poly) -> Poly:
    return scale(p, -1)


def multiply(p: Poly, q: Poly) -> Poly:
    result = [arb(0)] * (len(p) + len(q) - 1)
    for i, a in enumerate(p):
        for j, b in enumerate(q):
            result[i + j] += a * b
    return tuple(result)


def largest(*polys: Poly) -> Poly:
    """Coefficientwise maximum: above each of ``polys`` for every z >= 0."""
    return tuple(reduce(arb.max, column) for column in zip_longest(*polys, fillvalue=arb(0)))


def smallest(*polys: Poly) -> Poly:
    """Coefficientwise minimum: below each of ``polys`` for every z >= 0."""
    return minus(largest(*map(minus, polys)))


def shifted(p: Poly, start: arb) -> Poly:
    """The coefficients of p(start + x) in x."""
    moved = list(p)
    # Repeated division by x - start.
    for i in range(len(moved) - 1):
        for j in range(len(moved) - 2, i - 1, -1):
            moved[j] += start * moved[j + 1]
    return tuple(moved)


def supremum(p: Poly | None, start: arb) -> arb | None:
    """An upper bound of p on [start, oo), or None when it is not seen to be bounded above."""
    if p is None or len(p) == 1:
        return p[0] if p else None
    moved = shifted(p, start)
    return moved[0] if all(c <= 0 for c in moved[1:]) else None


def infimum(p: Poly | None, start: arb) -> arb | None:
    """A lower bound of p on [start, oo), or None."""
    if p is not None and len(p) == 1:
        return p[0]
    above = None if p is None else supremum(minus(p), start)
    return None if above is None else -above


def given(f: Callable[..., Poly], *polys: Poly | None) -> Poly | None:
    """f of the polynomials, or None where one of them is missing."""
    present = [p for p in polys if p is not None]
    return f(*present) if len(present) == len(polys) else None


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
        return tighter(self.small, log_of(largest(self.hi, minus(self.lo), constant(0)), self.start))


def tighter(p: Poly | None, q: Poly | None) -> Poly | None:
    """Of two upper bounds the one of slower growth."""
    if p is None or q is None:
        return q if p is None else p
    leading = [c for c in add(q, minus(p)) if not c.is_zero()]
    return p if not leading or leading[-1] > 0 else q


def sharper(p: Poly | None, q: Poly | None) -> Poly | None:
    """Of two lower bounds the one of faster growth."""
    if p is None or q is None:
        return q if p is None else p
    return q if tighter(p, q) is p else p


def log_of(p: Poly, start: arb) -> Poly:
    """A linear function above log p on [R, oo), for coefficients >= 0: z^i <= R^i e^(i (z - R)/R)."""
    # The zero polynomial is below any positive constant.
    value = horner(p, start).upper().max(arb("1e-300"))
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
        if mag is not None and (lo is None or supremum(hi, self.start) is None):
            peak = supremum(Bound(lo, hi, mag, None, self.start).mag or mag, self.start)
            if peak is not None:
                level = constant(peak.exp())
                hi = level if supremum(hi, self.start) is None else hi
                lo = minus(level) if lo is None else lo
        least = infimum(lo, self.start)
        if low is None and least is not None and least > 0:
            low = constant(least.log())
        if low is not None and (least is None or not least >= 0):
            lo = constant(0)
        return Bound(lo, hi, mag, low, self.start)

    def constant_range(self, b: Bound) -> tuple[arb | None, arb | None]:
        return infimum(b.lo, self.start), supremum(b.hi, self.start)

    def nonnegative(self, p: Poly | None) -> bool:
        least = infimum(p, self.start)
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
        lo = given(minus, b.hi)
        return self.within(lo, lo if b.lo is b.hi else given(minus, b.lo), b.small)

    def plus(self, a: Bound, b: Bound) -> Bound:
        lo = given(add, a.lo, b.lo)
        hi = lo if a.lo is a.hi and b.lo is b.hi else given(add, a.hi, b.hi)
        mag = given(lambda p, q: add(largest(p, q), constant(arb(2).log())), a.mag, b.mag)
        both = self.nonnegative(a.lo) and self.nonnegative(b.lo)
        return self.within(lo, hi, mag, sharper(a.low, b.low) if both else None)

    def times(self, a: Bound, b: Bound) -> Bound:
        if a.hi is not None and b.hi is not None and a.lo is a.hi and b.lo is b.hi:
            return self.exactly(multiply(a.hi, b.hi))
        mag = given(add, a.mag, b.mag)
        for x, y in ((a, b), (b, a)):
            if x.low is None and self.sign(x) == -1:
                return self.negative(self.times(self.negative(x), y))
        if self.nonnegative(a.lo) and self.nonnegative(b.lo):
            lo, hi = given(multiply, a.lo, b.lo), given(multiply, a.hi, b.hi)
            return self.within(lo, hi, mag, given(add, a.low, b.low))
        hi = given(multiply, self.size(a), self.size(b))
        return self.within(given(minus, hi), hi, mag)

    def size(self, b: Bound) -> Poly | None:
        """A polynomial with coefficients >= 0 above |v|."""
        return given(lambda lo, hi: largest(hi, minus(lo), constant(0), (arb(0),) * len(hi)), b.lo, b.hi)

    def inverse(self, b: Bound) -> Bound:
        sign = self.sign(b)
        if sign == -1:
            return self.negative(self.inverse(self.negative(b)))
        if sign != 1 or b.low is None:
            return Bound()
        return self.within(constant(0), None, minus(b.low), given(minus, b.mag))

    def quotient(self, a: Bound, b: Bound) -> Bound:
        """u/v; polynomial bounds come from v >= c z^d, which keeps the degree of the quotient."""
        if b.lo is not None and b.lo is b.hi and len(b.lo) == 1 and not b.lo[0].contains(0):
            return self.times(a, self.exactly(constant(1 / b.lo[0])))
        sign = self.sign(b)
        if sign == -1:
            return self.quotient(self.negative(a), self.negative(b))
        product, size = self.times(a, self.inverse(b)), self.size(a)
        if sign != 1 or b.lo is None or a.lo is None or size is None:
            return product
        degree, below = self.monomial(b.lo)
        if not below > 0:
            return product
        hi = scale(self.lowered(size, degree), 1 / below)
        lo = minus(hi)
        if self.nonnegative(a.lo):
            lo = constant(0)
            if b.hi is not None and all(c >= 0 for c in a.lo):
                degree, above = self.monomial(b.hi, upper=True)
                lo = scale((*a.lo[degree:], arb(0)), 1 / above)
        return self.within(lo, hi, product.mag, product.low)

    def monomial(self, p: Poly, upper: bool = False) -> tuple[int, arb]:
        """(d, c) with p >= c z^d (``upper``: p <= c z^d) on the tail, d the degree of p."""
        degree, total = len(p) - 1, p[-1]
        for j, c in enumerate(p[:-1]):
            total += (c.max(arb(0)) if upper else c.min(arb(0))) * self.start ** (j - degree)
        return degree, total

    def lowered(self, p: Poly, degree: int) -> Poly:
        """A polynomial above p(z)/z^degree, for p with coefficients >= 0: z^-i <= R^-i."""
        first = sum((c * self.start ** (j - degree) for j, c in enumerate(p[: degree + 1])), arb(0))
        return (first, *p[degree + 1 :])

    def either(self, a: Bound, b: Bound) -> Bound:
        lo, low = given(smallest, a.lo, b.lo), given(smallest, a.low, b.low)
        return self.within(lo, given(largest, a.hi, b.hi), given(largest, a.mag, b.mag), low)

    def maximum(self, a: Bound, b: Bound) -> Bound:
        gap = self.sign(self.plus(a, self.negative(b)))
        if gap is not None:
            return a if gap >= 0 else b
        hi, mag = given(largest, a.hi, b.hi), given(largest, a.mag, b.mag)
        return self.within(sharper(a.lo, b.lo), hi, mag, sharper(a.low, b.low))

    def raised(self, b: Bound, exponent: Fraction) -> Bound:
        if exponent < 0:
            return self.inverse(self.raised(b, -exponent))
        if exponent.denominator > 1:
            return self.rooted(b, exponent)
        result = reduce(self.times, [b] * int(exponent)) if exponent else self.exactly(constant(1))
        if exponent % 2 == 0 and result.lo is not result.hi:
            least = result.lo if self.nonnegative(result.lo) else constant(0)
            return self.within(least, result.hi, result.mag, result.low)
        return result

    def rooted(self, b: Bound, exponent: Fraction) -> Bound:
        """v^q for v >= 0 and a positive q that is not an integer."""
        q, hi = exact(exponent), None
        if b.hi is not None:
            # p(z) <= p(R) (z/R)^d for coefficients >= 0, and (z/R)^(dq) <= (z/R)^ceil(dq).
            above = largest(b.hi, constant(0))
            top = horner(above, self.start).upper()
            degree = ceil((len(above) - 1) * exponent)
            if top > 0:
                hi = (*[arb(0)] * degree, top**q / self.start**degree)
        mag, low = (given(lambda p: scale(p, q), p) for p in (b.mag, b.low))
        return self.within(constant(0), hi, mag, low)

    def exponential(self, b: Bound) -> Bound:
        peak = supremum(b.hi, self.start)
        # e^x >= 1 + x keeps the growth visible to a second exponential.
        rising = given(lambda p: add(p, constant(1)), b.lo)
        lo = rising if self.nonnegative(rising) else constant(0)
        return self.within(lo, None if peak is None else constant(peak.exp()), b.hi, b.lo)

    def logarithm(self, b: Bound) -> Bound:
        return self.within(b.low, b.mag)


# -- the functions of the link language ---------------------------------------------------------------


def squashed(tail: Algebra, name: str, b: Bound) -> Bound:
    """An increasing function between two limits: tanh, atan or erf."""
    lowest, highest = tail.constant_range(b)
    limit = arb.pi() / 2 if name == "atan" else arb(1)
    lo = -limit if lowest is None else getattr(lowest, name)()
    hi = limit if highest is None else getattr(highest, name)()
    return tail.within(constant(lo), constant(hi))


def tan(tail: Algebra, b: Bound) -> Bound:
    """Where its argument stays inside a period."""
    lowest, highest = tail.constant_range(b)
    if lowest is None or highest is None or not (lowest > -1.5 and highest < 1.5):
        return Bound()
    return tail.within(constant(lowest.tan()), constant(highest.tan()))


def sqrt(tail: Algebra, b: Bound) -> Bound:
    return tail.raised(b, Fraction(1, 2))


def wave(tail: Algebra, b: Bound) -> Bound:
    return tail.within(constant(-1), constant(1))


def cosh(tail: Algebra, b: Bound) -> Bound:
    mag = given(lambda lo, hi: largest(hi, minus(lo), constant(0)), b.lo, b.hi)
    # cosh v >= e^|v|/2.
    rising = b.lo if tail.nonnegative(b.lo) else tail.negative(b).lo
    low = constant(0) if rising is None else add(rising, constant(-arb(2).log()))
    return tail.within(constant(1), None, mag, low)


def sinh(tail: Algebra, b: Bound) -> Bound:
    if tail.sign(b) == -1:
        return tail.negative(sinh(tail, tail.negative(b)))
    half = tail.exactly(constant(arb(1) / 2))
    difference = tail.plus(tail.exponential(b), tail.negative(tail.exponential(tail.negative(b))))
    both, least = tail.times(half, difference), infimum(b.lo, tail.start)
    if b.lo is None or least is None or not least > 1:
        return both
    # v >= 1: sinh v >= e^v/3, and sinh v >= v keeps the sign of -sinh v.
    return tail.within(b.lo, both.hi, both.mag, add(b.lo, constant(-arb(3).log())))


def absolute(tail: Algebra, b: Bound) -> Bound:
    sign_of = tail.sign(b)
    if sign_of is not None:
        return b if sign_of >= 0 else tail.negative(b)
    return tail.within(constant(0), given(lambda lo, hi: largest(hi, minus(lo)), b.lo, b.hi), b.mag)


def sign(tail: Algebra, b: Bound) -> Bound:
    sign_of = tail.sign(b)
    return wave(tail, b) if sign_of is None else tail.exactly(constant(sign_of))


def heaviside(tail: Algebra, b: Bound) -> Bound:
    half = tail.exactly(constant(arb(1) / 2))
    return tail.times(tail.plus(sign(tail, b), tail.exactly(constant(1))), half)


def maximum(tail: Algebra, *bounds: Bound) -> Bound:
    return reduce(tail.maximum, bounds)


def minimum(tail: Algebra, *bounds: Bound) -> Bound:
    return tail.negative(reduce(tail.maximum, [tail.negative(b) for b in bounds]))


def clip(tail: Algebra, x: Bound, low: Bound, high: Bound) -> Bound:
    return minimum(tail, tail.maximum(x, low), high)


def relu(tail: Algebra, b: Bound) -> Bound:
    return tail.maximum(b, tail.exactly(constant(0)))


def sigmoid(tail: Algebra, b: Bound) -> Bound:
    mag = constant(0) if b.hi is None else tighter(constant(0), b.hi)
    low = given(lambda p: add(smallest(p, constant(0)), constant(-arb(2).log())), b.lo)
    lowest, highest = tail.constant_range(b)
    least = arb(0) if lowest is None or lowest < -100 else 1 / (1 + (-lowest).exp())
    most = arb(1) if highest is None or highest > 100 else 1 / (1 + (-highest).exp())
    return tail.within(constant(least), constant(most), mag, low)


def softplus(tail: Algebra, b: Bound) -> Bound:
    positive = relu(tail, b)
    return tail.within(positive.lo, given(lambda p: add(p, constant(arb(2).log())), positive.hi), b.hi)


def almost_relu(tail: Algebra, b: Bound, below: str) -> Bound:
    """A function between max(v, 0) - below and max(v, 0)."""
    positive = relu(tail, b)
    return tail.within(given(lambda p: add(p, constant(-arb(below))), positive.lo), positive.hi)


def expm1(tail: Algebra, b: Bound) -> Bound:
    return tail.plus(tail.exponential(b), tail.exactly(constant(-1)))


def log1p(tail: Algebra, b: Bound) -> Bound:
    return tail.logarithm(tail.plus(b, tail.exactly(constant(1))))
