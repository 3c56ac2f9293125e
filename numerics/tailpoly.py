"""Polynomials with ball coefficients, compared on a tail z >= R."""

from __future__ import annotations

from collections.abc import Sequence

from flint import arb

Poly = tuple[arb, ...]


def constant(value: arb | int) -> Poly:
    return (arb(value),)


def add(p: Poly, q: Poly) -> Poly:
    longer, shorter = (p, q) if len(p) >= len(q) else (q, p)
    return tuple(c + shorter[i] if i < len(shorter) else c for i, c in enumerate(longer))


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
    length = max(len(p) for p in polys)
    padded = [[*p, *[arb(0)] * (length - len(p))] for p in polys]
    return tuple(_maximum([p[i] for p in padded]) for i in range(length))


def smallest(*polys: Poly) -> Poly:
    """Coefficientwise minimum: below each of ``polys`` for every z >= 0."""
    return scale(largest(*(scale(p, -1) for p in polys)), -1)


def _maximum(values: Sequence[arb]) -> arb:
    best = values[0]
    for value in values[1:]:
        best = best.max(value)
    return best


def shifted(p: Poly, start: arb) -> Poly:
    """The coefficients of p(start + x) in x."""
    result = constant(0)
    for c in reversed(p):
        result = add(multiply(result, (start, arb(1))), (c,))
    return result[: max(len(p), 1)]


def supremum(p: Poly, start: arb) -> arb | None:
    """An upper bound of p on [start, oo), or None when it is not seen to be bounded above."""
    moved = shifted(p, start)
    return moved[0] if all(c <= 0 for c in moved[1:]) else None


def infimum(p: Poly, start: arb) -> arb | None:
    """A lower bound of p on [start, oo), or None."""
    above = supremum(scale(p, -1), start)
    return None if above is None else -above
