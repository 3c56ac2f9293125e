"""Polynomials with ball coefficients, and pairs of them that bound a function, for the checker."""

from __future__ import annotations

from math import comb

from flint import arb

Poly = list[arb]
#: (lo, hi): lo(x) <= v(x) <= hi(x) on a tail; None where nothing is known. The same list twice: exactly.
Range = tuple[Poly | None, Poly | None]


def shifted(p: Poly, start: arb) -> Poly:
    """The coefficients of p(start + u) in u."""
    return [
        sum((p[m] * comb(m, j) * start ** (m - j) for m in range(j, len(p))), arb(0)) for j in range(len(p))
    ] or [arb(0)]


def size(v: Range) -> Poly:
    """A polynomial with coefficients >= 0 above |v|, for x >= 0."""
    lo, hi = v[0] or [], v[1] or []
    return larger([abs(c) for c in lo], [abs(c) for c in hi])


def same(p: Poly) -> Range:
    return p, p


def plus(p: Poly, q: Poly) -> Poly:
    length = max(len(p), len(q))
    return [coefficient(p, i) + coefficient(q, i) for i in range(length)]


def coefficient(p: Poly, i: int) -> arb:
    return p[i] if i < len(p) else arb(0)


def times(p: Poly, q: Poly) -> Poly:
    result = [arb(0)] * (len(p) + len(q) - 1)
    for i, a in enumerate(p):
        for j, b in enumerate(q):
            result[i + j] += a * b
    return result


def raised(p: Poly, power: int) -> Poly:
    result = [arb(1)]
    for _ in range(power):
        result = times(result, p)
    return result


def larger(p: Poly, q: Poly) -> Poly:
    """Coefficientwise maximum, above both for x >= 0."""
    return [coefficient(p, i).max(coefficient(q, i)) for i in range(max(len(p), len(q)))]


def total(v: Range, w: Range) -> Range:
    lo = None if v[0] is None or w[0] is None else plus(v[0], w[0])
    if v[0] is v[1] and w[0] is w[1]:
        return lo, lo
    return lo, None if v[1] is None or w[1] is None else plus(v[1], w[1])


def negative(v: Range) -> Range:
    lo = None if v[1] is None else [-c for c in v[1]]
    if v[0] is v[1]:
        return lo, lo
    return lo, None if v[0] is None else [-c for c in v[0]]


def either(v: Range, w: Range) -> Range:
    hi = None if v[1] is None or w[1] is None else larger(v[1], w[1])
    if v[0] is None or w[0] is None:
        return None, hi
    return [-c for c in larger([-c for c in v[0]], [-c for c in w[0]])], hi
