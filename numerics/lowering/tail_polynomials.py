"""Polynomials with ball coefficients, compared on a tail z >= R."""

from __future__ import annotations

import operator
from functools import reduce
from itertools import zip_longest

from flint import arb

Poly = tuple[arb, ...]


def constant(value: arb | int) -> Poly:
    return (arb(value),)


def add(p: Poly, q: Poly) -> Poly:
    longer, shorter = (p, q) if len(p) >= len(q) else (q, p)
    return (*map(operator.add, longer, shorter), *longer[len(shorter) :])


def scale(p: Poly, factor: arb | int) -> Poly:
    return tuple(c * factor for c in p)


def multiply(p: Poly, q: Poly) -> Poly:
    result = [arb(0)] * (len(p) + len(q) - 1)
    for i, a in enumerate(p):
        for j, b in enumerate(q):
            result[i + j] += a * b
    return tuple(result)


def evaluate(p: Poly, z: arb) -> arb:
    total = arb(0)
    for c in reversed(p):
        total = total * z + c
    return total


def largest(*polys: Poly) -> Poly:
    """Coefficientwise maximum: above each of ``polys`` for every z >= 0."""
    padded = zip_longest(*polys, fillvalue=arb(0))
    return tuple(reduce(arb.max, column) for column in padded)


def smallest(*polys: Poly) -> Poly:
    """Coefficientwise minimum: below each of ``polys`` for every z >= 0."""
    return scale(largest(*(scale(p, -1) for p in polys)), -1)


def shifted(p: Poly, start: arb) -> Poly:
    """The coefficients of p(start + x) in x."""
    moved = list(p)
    # Repeated division by x - start.
    for i in range(len(moved) - 1):
        for j in range(len(moved) - 2, i - 1, -1):
            moved[j] += start * moved[j + 1]
    return tuple(moved)


def supremum(p: Poly, start: arb) -> arb | None:
    """An upper bound of p on [start, oo), or None when it is not seen to be bounded above."""
    if len(p) == 1:
        return p[0]
    moved = shifted(p, start)
    return moved[0] if all(c <= 0 for c in moved[1:]) else None


def infimum(p: Poly, start: arb) -> arb | None:
    """A lower bound of p on [start, oo), or None."""
    above = supremum(scale(p, -1), start)
    return None if above is None else -above
