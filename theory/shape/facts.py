"""What exact reasoning knows of a link before any integral is taken, each fact with its reason."""

from dataclasses import dataclass
from functools import lru_cache
from itertools import zip_longest

import sympy

from ...link.domain import rough_at, unbounded_at
from ...link.tree import Bin, Call, Node, Num, walk
from ..exact import Known
from ..exact.constants import is_zero, sign, smallest
from ..exact.functions import FUNCTIONS, Parity
from ..exact.lower import constant
from ..exact.polynomial import Coefficients, affine_image, polynomial, trimmed
from .growth import explosive, order, slow
from .monotone import Shape, monotone, parity
from .pieces import Piece, branches, exact_pieces, levels
from .range import bounds, extremes, limit


@dataclass(frozen=True, slots=True)
class Facts:
    """Facts about one link; a value of None means "not shown", never "false".

    pieces: exact end points and the smooth branch between them; kinks: the finite end points.
    levels: (low, high, value) for a link with finitely many values. growth: the limits at -oo and oo.
    t_max: sup{t : E e^{ts} < oo}. smooth: no kink or jump. tame_derivatives: s and its derivatives grow
    at most exponentially, so boundary terms against the Gaussian vanish.
    """

    parity: Known[Parity]
    monotone: Known[Shape]
    polynomial: Coefficients | None
    pieces: tuple[Piece, ...] | None
    kinks: Known[tuple[sympy.Expr, ...]]
    levels: tuple[tuple[sympy.Expr, sympy.Expr, sympy.Expr], ...] | None
    infimum: Known[sympy.Expr]
    supremum: Known[sympy.Expr]
    growth: tuple[sympy.Expr | None, sympy.Expr | None]
    t_max: Known[sympy.Expr]
    smooth: Known[bool]
    tame_derivatives: Known[bool]


@lru_cache(maxsize=512)
def facts(tree: Node) -> Facts:
    """Everything that is shown about the link with syntax tree ``tree``."""
    pieces, ends = exact_pieces(tree), extremes(tree)
    if pieces is None:
        kinks: Known[tuple[sympy.Expr, ...]] = Known(None, "an end point of a piece has no exact form")
    else:
        kinks = Known(
            tuple(piece.low for piece in pieces[1:]), "zeros of the switching functions, solved exactly"
        )
    return Facts(
        parity(tree),
        monotone(tree),
        polynomial(tree),
        pieces,
        kinks,
        levels(tree),
        Known(None, "no exact infimum is shown") if ends is None else Known(ends[0], ends[2]),
        Known(None, "no exact supremum is shown") if ends is None else Known(ends[1], ends[2]),
        (limit(tree, -1), limit(tree, 1)),
        t_max(tree),
        _smooth(tree),
        _tame(tree),
    )


def t_max(tree: Node) -> Known[sympy.Expr]:
    """sup{t : E e^{ts} < oo}, from how fast s grows upwards."""
    coefficients = polynomial(tree)
    if coefficients is not None:
        return _t_max_polynomial(coefficients)
    high = bounds(tree)[1]
    if high is not sympy.oo:
        return Known(sympy.oo, f"s is bounded above by {high}")
    if slow(tree):
        return Known(sympy.oo, "s grows more slowly than z^2")
    leading = _polynomial_part(tree)
    if leading is not None:
        limit = _t_max_polynomial(leading)
        return Known(limit.value, f"up to terms that grow more slowly than z^2, {limit.reason}")
    if explosive(tree):
        return Known(sympy.S.Zero, "s grows exponentially, faster than any z^2")
    if unbounded_at(tree):
        return Known(None, "s is not bounded beside a point, where no exact reasoning measures its growth")
    by_ends = _t_max_of_ends(tree, tree)
    if by_ends is not None:
        return by_ends
    pieces = exact_pieces(tree)
    if pieces is not None and len(pieces) > 1:
        left, right = pieces[0].tree, pieces[-1].tree
        outer = _t_max_outer(left, right)
        return outer if outer.value is not None else _t_max_of_ends(left, right) or outer
    return Known(None, "the growth of s is not classified by exact reasoning")


def _t_max_of_ends(left: Node, right: Node) -> Known[sympy.Expr] | None:
    """From s/|z|^d -> c at both ends: c > 0 and d = 2 need 2ct < 1, c > 0 and d > 2 allow no t at all.

    left, right: what s is far out on either side; slower growth than z^2 allows every t.
    """
    known: list[sympy.Expr] = []
    for side, tree in ((-1, left), (1, right)):
        growth = order(tree, side)
        if slow(tree) or (growth is not None and (growth[0] < 2 or sign(growth[1]) == -1)):
            known.append(sympy.oo)
        elif growth is None:
            return None
        else:
            power, factor = growth
            known.append(1 / (2 * factor) if power == 2 else sympy.S.Zero)
    reason = f"s/z^2 keeps t below {known[0]} from z -> -oo, below {known[1]} from z -> oo"
    return Known(smallest(*known), reason)


def _t_max_outer(left: Node, right: Node) -> Known[sympy.Expr]:
    """From the polynomials that s is, up to slower growth than z^2, on the two unbounded pieces."""
    limits: list[sympy.Expr] = []
    for side, tree in ((-1, left), (1, right)):
        p = _polynomial_part(tree)
        end = None if p is None else _t_max_polynomial(tuple(c * side**j for j, c in enumerate(p)), True)
        if end is None or end.value is None:
            return Known(None, "the growth of s on an unbounded piece is not classified by exact reasoning")
        limits.append(end.value)
    left_end, right_end = limits
    reason = (
        f"polynomials on both unbounded pieces keep t below {left_end} on the left, {right_end} on the right"
    )
    return Known(smallest(*limits), reason)


def _polynomial_part(tree: Node) -> Coefficients | None:
    """The polynomial p with s - p growing more slowly than z^2, when s is written as such a sum."""
    coefficients = polynomial(tree)
    if coefficients is not None:
        return coefficients
    if slow(tree):
        return (sympy.S.Zero,)
    c, d, core = affine_image(tree)
    if core != tree:
        inner = _polynomial_part(core)
        return None if inner is None else trimmed([c * inner[0] + d, *(c * a for a in inner[1:])])
    if isinstance(tree, Call):
        return _rectified(tree)
    if not isinstance(tree, Bin) or tree.op not in ("+", "-"):
        return None
    left, right = _polynomial_part(tree.left), _polynomial_part(tree.right)
    if left is None or right is None:
        return None
    side = 1 if tree.op == "+" else -1
    return trimmed([a + side * b for a, b in zip_longest(left, right, fillvalue=sympy.S.Zero)])


def _rectified(tree: Call) -> Coefficients | None:
    """relu and its like of p that rises on both sides: p itself up to a bounded term."""
    p = _polynomial_part(tree.args[0]) if FUNCTIONS[tree.name].follows else None
    rises = p is not None and len(p) % 2 == 1 and len(p) > 1 and sign(p[-1]) == 1
    return p if rises else None


def _t_max_polynomial(c: Coefficients, right_only: bool = False) -> Known[sympy.Expr]:
    """From the leading term; ``right_only``: what happens as z -> -oo does not matter."""
    degree = len(c) - 1
    if degree <= 1:
        return Known(sympy.oo, "s is affine")
    leading = sign(c[-1])
    if leading is None:
        return Known(None, "the sign of the leading coefficient is not decided")
    if right_only and leading < 0:
        return Known(sympy.oo, "s falls on the right")
    if degree % 2 == 0 and leading < 0:
        return Known(sympy.oo, f"s is a polynomial of even degree {degree} that falls on both sides")
    if degree == 2:
        return Known(1 / (2 * c[2]), f"s grows like {c[2]}*z^2, and e^(tz^2 a) phi needs 2at < 1")
    return Known(sympy.S.Zero, f"s is a polynomial of degree {degree}, unbounded above, faster than any z^2")


def _smooth(tree: Node) -> Known[bool]:
    for part in walk(tree):
        if branches(part):
            return Known(None, "s has a kink or a jump")
        if isinstance(part, Call) and part.name == "sqrt" and constant(part.args[0]) is None:
            return Known(None, "s holds a root, which may have a kink where it vanishes")
        if isinstance(part, Bin) and part.op == "**" and isinstance(part.right, Num):
            fractional = part.right.value.denominator != 1 and constant(part.left) is None
            if fractional:
                return Known(None, "s holds a fractional power, which may have a kink where it vanishes")
    if points := rough_at(tree):
        return Known(None, f"s is not shown to be smooth at z = {points[0]}, where it has no value")
    return Known(True, "s is composed of smooth functions")


def _tame(tree: Node) -> Known[bool]:
    """Compositions whose derivatives of every order grow at most like a polynomial times e^{A|z|}.

    So do those of a quotient far out, where what it is divided by stays away from 0; near 0 a link without
    a rough point is smooth, though its parts may have poles where it has a limit.
    """
    if points := rough_at(tree):
        return Known(None, f"the derivatives of s are not bounded beside z = {points[0]}")
    for part in walk(tree):
        if isinstance(part, Call) and not FUNCTIONS[part.name].tame and constant(part) is None:
            argument, function = part.args[0], FUNCTIONS[part.name]
            inner = polynomial(argument)
            affine = inner is not None and len(inner) <= 2
            # exp of what falls on both sides; sinh and cosh grow there too.
            falls = inner is not None and all(limit(argument, side) is -sympy.oo for side in (-1, 1))
            fades = falls and function.limits is not None and function.limits[0].is_finite
            if function.growth != "exponential" or not (affine or fades):
                return Known(None, f"the growth of {part.name} is not bounded by e^(A|z|)")
        if isinstance(part, Bin) and part.op in ("/", "**"):
            negative = part.op == "**" and isinstance(part.right, Num) and part.right.value < 0
            below = part.right if part.op == "/" else part.left
            divides = constant(below) is None and (part.op == "/" or negative)
            if (part.op == "**" and constant(part.right) is None) or (divides and not _away_from_0(below)):
                return Known(None, "a quotient's derivatives are not bounded by e^(A|z|)")
    return Known(True, "s and its derivatives grow at most like a polynomial times e^(A|z|)")


def _away_from_0(tree: Node) -> bool:
    """Whether it is far from 0 at both ends of the line."""
    return all((end := limit(tree, side)) is not None and is_zero(end) is False for side in (-1, 1))
