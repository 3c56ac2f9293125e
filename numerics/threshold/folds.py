"""The sign of zeta_k where two branches of a polynomial meet at a common zero of s' and He_k.

The two terms of N = sum_j He_k(z_j) phi(z_j)/|s'(z_j)| then all but cancel. With r = He_k phi/s', which has
no pole at such a point, they are worth

    +-(r(z_2) - r(z_1)) = +-r'(x)(z_2 - z_1) for some x between,

plus at a minimum of s, minus at a maximum. In lowest terms r = (a/b) phi, r' = ((a' - z a) b - a b') phi/b^2.
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

from flint import arb, fmpq_poly

from ...link.build import call
from ...link.tree import Num, Var
from ..lowering.arb import hermite
from ..lowering.pieces import polynomial
from .level_sets import Part
from .signal_ceiling import density_at, slope_of


def folded(parts: Sequence[Part], k: int) -> int:
    """The sign of N over the parts, neighbours that meet in such a point taken together; 0 if not known."""
    total, found, waiting = arb(0), set[int](), list(parts)
    while waiting:
        part = waiting.pop(0)
        slope = _slope(part, waiting[0], k) if waiting else None
        if slope is None:
            term = hermite(k, part.hull) * density_at(part.hull) / abs(slope_of(part))
        else:
            # Above zero in truth, but the two hulls may touch.
            term = slope * (waiting.pop(0).hull - part.hull).nonnegative_part()
        total += term
        found.add(_sign(term if slope is None else slope))
    return found.pop() if len(found) == 1 else _sign(total)


def _sign(value: arb) -> int:
    return 1 if value > 0 else -1 if value < 0 else 0


def _slope(left: Part, right: Part, k: int) -> arb | None:
    """+-r' between the two, or None unless they meet where He_k and s' vanish together."""
    s, he = polynomial(left.branch.tree), polynomial(call("He", (Num(Fraction(k)), Var())))
    if s is None or he is None or left.branch.tree != right.branch.tree:
        return None
    if left.branch.direction * right.branch.direction >= 0:
        return None
    common = he.gcd(s.derivative())
    a, b = he // common, s.derivative() // common
    z = left.hull.union(right.hull)
    bottom = at(b, z)
    if bottom.contains(0):
        return None
    inner = (a.derivative() - fmpq_poly([0, 1]) * a) * b - a * b.derivative()
    return right.branch.direction * at(inner, z) * density_at(z) / bottom**2


def at(p: fmpq_poly, x: arb) -> arb:
    """p(x) by the mean value theorem on a ball, which a sum of powers would widen."""
    direct, middle = _horner(p, x), x.mid()
    narrow = _horner(p, middle) + _horner(p.derivative(), x) * (x - middle)
    found: arb = direct.intersection(narrow)
    return found


def _horner(p: fmpq_poly, x: arb) -> arb:
    total = arb(0)
    for c in reversed(p.coeffs()):
        total = total * x + arb(c)
    return total
