"""Bounds of the functions of the link language on a whole tail, from those of their arguments."""

from __future__ import annotations

from fractions import Fraction
from functools import reduce

from flint import arb

from . import tail_polynomials as tp
from .tail_algebra import Algebra, Bound, tighter


def squashed(tail: Algebra, name: str, b: Bound) -> Bound:
    """An increasing function between two limits: tanh, atan or erf."""
    lowest, highest = tail.constant_range(b)
    limit = arb.pi() / 2 if name == "atan" else arb(1)
    lo = -limit if lowest is None else getattr(lowest, name)()
    hi = limit if highest is None else getattr(highest, name)()
    return tail.within(tp.constant(lo), tp.constant(hi))


def tan(tail: Algebra, b: Bound) -> Bound:
    """Where its argument stays inside a period."""
    lowest, highest = tail.constant_range(b)
    if lowest is None or highest is None or not (lowest > -1.5 and highest < 1.5):
        return Bound()
    return tail.within(tp.constant(lowest.tan()), tp.constant(highest.tan()))


def sqrt(tail: Algebra, b: Bound) -> Bound:
    return tail.raised(b, Fraction(1, 2))


def wave(tail: Algebra, b: Bound) -> Bound:
    return tail.within(tp.constant(-1), tp.constant(1))


def cosh(tail: Algebra, b: Bound) -> Bound:
    mag = None
    if b.hi is not None and b.lo is not None:
        mag = tp.largest(b.hi, tp.scale(b.lo, -1), tp.constant(0))
    # cosh v >= e^|v|/2.
    rising = b.lo if tail.nonnegative(b.lo) else tail.negative(b).lo
    low = tp.constant(0) if rising is None else tp.add(rising, tp.constant(-arb(2).log()))
    return tail.within(tp.constant(1), None, mag, low)


def sinh(tail: Algebra, b: Bound) -> Bound:
    if tail.sign(b) == -1:
        return tail.negative(sinh(tail, tail.negative(b)))
    half = tail.exactly(tp.constant(arb(1) / 2))
    difference = tail.plus(tail.exponential(b), tail.negative(tail.exponential(tail.negative(b))))
    both = tail.times(half, difference)
    least = None if b.lo is None else tp.infimum(b.lo, tail.start)
    if b.lo is None or least is None or not least > 1:
        return both
    # v >= 1: sinh v >= e^v/3.
    return tail.within(tp.constant(0), both.hi, both.mag, tp.add(b.lo, tp.constant(-arb(3).log())))


def absolute(tail: Algebra, b: Bound) -> Bound:
    known = tail.sign(b)
    if known is not None:
        return b if known >= 0 else tail.negative(b)
    hi = None if b.lo is None or b.hi is None else tp.largest(b.hi, tp.scale(b.lo, -1))
    return tail.within(tp.constant(0), hi, b.mag)


def sign(tail: Algebra, b: Bound) -> Bound:
    known = tail.sign(b)
    if known is not None:
        return tail.exactly(tp.constant(known))
    return tail.within(tp.constant(-1), tp.constant(1))


def heaviside(tail: Algebra, b: Bound) -> Bound:
    half = tail.exactly(tp.constant(arb(1) / 2))
    return tail.times(tail.plus(sign(tail, b), tail.exactly(tp.constant(1))), half)


def maximum(tail: Algebra, *bounds: Bound) -> Bound:
    return reduce(tail.maximum, bounds)


def minimum(tail: Algebra, *bounds: Bound) -> Bound:
    return tail.negative(reduce(tail.maximum, [tail.negative(b) for b in bounds]))


def clip(tail: Algebra, x: Bound, low: Bound, high: Bound) -> Bound:
    return minimum(tail, tail.maximum(x, low), high)


def relu(tail: Algebra, b: Bound) -> Bound:
    return tail.maximum(b, tail.exactly(tp.constant(0)))


def sigmoid(tail: Algebra, b: Bound) -> Bound:
    mag = tp.constant(0) if b.hi is None else tighter(tp.constant(0), b.hi)
    low = None if b.lo is None else tp.add(tp.smallest(b.lo, tp.constant(0)), tp.constant(-arb(2).log()))
    lowest, highest = tail.constant_range(b)
    least = arb(0) if lowest is None or lowest < -100 else 1 / (1 + (-lowest).exp())
    most = arb(1) if highest is None or highest > 100 else 1 / (1 + (-highest).exp())
    return tail.within(tp.constant(least), tp.constant(most), mag, low)


def softplus(tail: Algebra, b: Bound) -> Bound:
    positive = relu(tail, b)
    hi = None if positive.hi is None else tp.add(positive.hi, tp.constant(arb(2).log()))
    return tail.within(positive.lo, hi, b.hi)


def gelu(tail: Algebra, b: Bound) -> Bound:
    # gelu(v) = max(v, 0) - |v| (1 - Phi(|v|)), and x (1 - Phi(x)) < 0.18 for x >= 0.
    positive = relu(tail, b)
    lo = None if positive.lo is None else tp.add(positive.lo, tp.constant(arb("-0.18")))
    return tail.within(lo, positive.hi)


def silu(tail: Algebra, b: Bound) -> Bound:
    # silu(v) = max(v, 0) - |v|/(1 + e^{|v|}), and x/(1 + e^x) < 0.279 for x >= 0.
    positive = relu(tail, b)
    lo = None if positive.lo is None else tp.add(positive.lo, tp.constant(arb("-0.279")))
    return tail.within(lo, positive.hi)


def expm1(tail: Algebra, b: Bound) -> Bound:
    return tail.plus(tail.exponential(b), tail.exactly(tp.constant(-1)))


def log1p(tail: Algebra, b: Bound) -> Bound:
    return tail.logarithm(tail.plus(b, tail.exactly(tp.constant(1))))
