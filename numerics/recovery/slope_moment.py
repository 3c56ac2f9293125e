"""Whether E|g'(Z)|^{2+eps} < oo for an activation g, which the laws of recovery ask for.

A link is finite everywhere, so divisors and logarithms never vanish, and its slope can be unbounded at two
places only: far out, where its growth is bounded, and where a root or a broken power is taken of a function
f that vanishes. There f(z) ~ C |z - z_0|^m and (f^p)' ~ |z - z_0|^{mp - 1}, whose square is integrable iff
mp > 1/2; so is then a (2+eps)-th power.
"""

from __future__ import annotations

from fractions import Fraction
from functools import lru_cache
from typing import cast

from flint import arb

from ...link.text import text
from ...link.tree import Bin, Call, Neg, Node, Num, Part, Var, substitute, walk
from ..expectation.tail_growth import bound
from ..lowering.arb import compile_arb
from ..lowering.balls import Dual
from ..lowering.derivative import derivative
from ..lowering.pieces import pieces, polynomial
from ..lowering.tail_polynomials import Poly
from ..lowering.zeros import Unresolved
from ..precision import exact, working

_REACH = 8
_BITS, _GAP = 96, 60


@lru_cache(maxsize=128)
def unbounded_slope(activation: Node) -> str | None:
    """Why E|g'(Z)|^{2+eps} < oo is not shown for any eps > 0, or None where it is. g is continuous."""
    if polynomial(activation) is not None:
        return None
    with working(_BITS):
        return _far_out(activation) or _near_a_root(activation)


def _far_out(activation: Node) -> str | None:
    """The growth of g' on both tails: |g'| <= e^{q z^2 + ...} with q < 1/4 leaves E|g'|^{2+eps} finite."""
    slope = derivative(activation)
    for side, end in ((slope, "+oo"), (substitute(slope, Neg(Var())), "-oo")):
        known = bound(side, exact(_REACH))
        if known.mag is not None and _leading(known.mag) < exact(Fraction(1, 4)):
            continue
        if known.low is not None and _leading(known.low) > exact(Fraction(1, 4)):
            return f"E g'(Z)^2 = oo: g' grows too fast as z -> {end}"
        return f"E g'(Z)^2 is not shown to be finite: g' may grow too fast as z -> {end}"
    return None


def _leading(p: Poly) -> arb:
    """lim p(z)/z^2."""
    above = [c for c in p[2:] if not c.is_zero()]
    if len(p) < 3 or not above:
        return arb(0)
    if len(above) == 1 and not p[2].is_zero():
        return p[2]
    return arb.pos_inf() if above[-1] > 0 else arb.neg_inf() if above[-1] < 0 else arb.nan()


def _near_a_root(activation: Node) -> str | None:
    """The roots and broken powers on every smooth piece of g, at both of its ends."""
    if not any(_rooted(part) for part in walk(activation)):
        return None
    try:
        found = pieces(activation, arb(-_REACH), arb(_REACH), _GAP)
    except Unresolved as reason:
        return f"E g'(Z)^2 is not shown to be finite: {reason}"
    margin = arb(0, arb(2) ** (2 - _GAP))
    for piece in found:
        for part in walk(piece.tree):
            if (root := _rooted(part)) is None:
                continue
            inside, power = root
            for end in (piece.lower, piece.upper):
                order = _vanishing(inside, end + margin)
                if order is None or (order and order * power <= Fraction(1, 2)):
                    return (
                        f"E g'(Z)^2 is infinite, or not shown to be finite: the slope of "
                        f"'{text(cast(Node, part))}' is unbounded near z = {_place(end)}"
                    )
    return None


def _place(end: arb) -> str:
    value = float(end.mid())
    return f"{0.0 if abs(value) < 1e-12 else value:.6g}"


def _rooted(part: Part) -> tuple[Node, Fraction] | None:
    """What stands under a root or a broken power, and the power."""
    if isinstance(part, Call) and part.name == "sqrt":
        return part.args[0], Fraction(1, 2)
    if isinstance(part, Bin) and part.op == "**":
        if not isinstance(part.right, Num):
            return part.left, Fraction(0)
        return (part.left, part.right.value) if part.right.value.denominator != 1 else None
    return None


def _vanishing(inside: Node, at: arb) -> int | None:
    """The order of an analytic function's zero in a small ball, 0 for none; None when it is not known."""
    coefficients = polynomial(inside)
    if coefficients is not None:
        order = 0
        while coefficients.degree() >= 0:
            value = arb(0)
            for c in reversed(coefficients.coeffs()):
                value = value * at + arb(c)
            if not value.contains(0):
                return order
            coefficients, order = coefficients.derivative(), order + 1
        return None
    image = cast(Dual, compile_arb(inside)(Dual(at, arb(1))))
    if image.value.is_finite() and not image.value.contains(0):
        return 0
    return 1 if image.slope.is_finite() and not image.slope.contains(0) else None
