"""How far a link reaches: exact essential infimum and supremum."""

from __future__ import annotations

from functools import lru_cache

import sympy

from ...link.tree import Bin, Call, Neg, Node, Where, walk
from ..exact.constants import Undecided, compare, decided_sign, sign
from ..exact.fact import Known
from ..exact.functions import FUNCTIONS, plain
from ..exact.lower import apply, constant, lower
from ..exact.polynomial import derivative, evaluate, polynomial
from ..exact.roots import real_zeros
from .limits import limit
from .monotone import monotone
from .pieces import exact_pieces, levels
from .powered_gaussian import powered_gaussian


def infimum(tree: Node) -> Known[sympy.Expr]:
    """ess inf s, exact (possibly -oo), or None."""
    found = extremes(tree)
    return Known(None, "no exact infimum is shown") if found is None else Known(found[0], found[2])


def supremum(tree: Node) -> Known[sympy.Expr]:
    """ess sup s, exact (possibly oo), or None."""
    found = extremes(tree)
    return Known(None, "no exact supremum is shown") if found is None else Known(found[1], found[2])


@lru_cache(maxsize=1024)
def extremes(tree: Node) -> tuple[sympy.Expr, sympy.Expr, str] | None:
    steps = levels(tree)
    try:
        if steps is not None:
            values = [value for _, _, value in steps]
            return _least(values), -_least([-v for v in values]), "the least and the largest of its levels"
        shape = monotone(tree).value
        found = None if shape is None else _of_monotone(tree, shape)
        return found or _of_polynomial(tree) or _of_bump(tree) or _of_outer(tree)
    except Undecided:
        return None


def _least(values: list[sympy.Expr]) -> sympy.Expr:
    least = values[0]
    for value in values[1:]:
        least = value if compare(value, least) < 0 else least
    return least


def _of_monotone(tree: Node, shape: str) -> tuple[sympy.Expr, sympy.Expr, str] | None:
    right = limit(tree, 1)
    left = _beside_zero(tree) if "|z|" in shape else limit(tree, -1)
    if left is None or right is None:
        return None
    low, high = (left, right) if shape.startswith("increasing") else (right, left)
    return low, high, f"s is {shape}, so its ends are its limits"


def _of_polynomial(tree: Node) -> tuple[sympy.Expr, sympy.Expr, str] | None:
    coefficients = polynomial(tree)
    if coefficients is None or len(coefficients) < 2:
        return None
    if len(coefficients) % 2 == 0:
        return -sympy.oo, sympy.oo, "a polynomial of odd degree"
    critical = real_zeros(derivative(coefficients))
    if not critical:
        return None
    values = [sympy.radsimp(evaluate(coefficients, x)) for x in critical]
    if sign(coefficients[-1]) == 1:
        return _least(values), sympy.oo, "the least value at a critical point of the polynomial"
    return -sympy.oo, -_least([-v for v in values]), "the largest value at a critical point of the polynomial"


def _of_bump(tree: Node) -> tuple[sympy.Expr, sympy.Expr, str] | None:
    """z^m e^{-cz^2} is largest where z^2 = m/(2c)."""
    bump = powered_gaussian(tree)
    if bump is None:
        return None
    top = (bump.m / (2 * bump.c * sympy.E)) ** sympy.Rational(bump.m, 2) * bump.factor
    other = sympy.S.Zero if bump.m % 2 == 0 else -top
    low, high = (other, top) if decided_sign(bump.factor) > 0 else (top, other)
    if bump.m % 2:
        low, high = -abs(top), abs(top)
    return low, high, f"its extreme values lie at 0, at infinity and at z^2 = {bump.m / (2 * bump.c)}"


def _of_outer(tree: Node) -> tuple[sympy.Expr, sympy.Expr, str] | None:
    """psi(u) with psi continuous and monotone, or a wave over a continuous u that reaches infinity."""
    if isinstance(tree, Neg):
        inner = extremes(tree.arg)
        return None if inner is None else (-inner[1], -inner[0], inner[2])
    if isinstance(tree, Bin):
        return _of_affine(tree)
    if not isinstance(tree, Call):
        return None
    if (meant := plain(tree)) is not None:
        return _of_outer(meant)
    if tree.name in ("sin", "cos") and len(polynomial(tree.args[0]) or ()) > 1:
        return -sympy.S.One, sympy.S.One, f"{tree.name} of a nonconstant polynomial runs through full waves"
    function, inner = FUNCTIONS[tree.name], extremes(tree.args[0])
    if inner is None:
        return None
    if tree.name == "clip" and all(constant(arg) is not None for arg in tree.args[1:]):
        ends = [apply("clip", end, *map(constant, tree.args[1:])) for end in inner[:2]]
    elif function.rising == "everywhere" and not function.jumps:
        # The image of an interval is the interval between the images.
        ends = [_end(tree.name, end) for end in inner[:2]]
    else:
        return None
    return ends[0], ends[1], f"{tree.name} is monotone and continuous; inside, {inner[2]}"


def _end(name: str, end: sympy.Expr) -> sympy.Expr:
    """The limit of a continuous monotone function at an end of the range of its argument."""
    limits = FUNCTIONS[name].limits
    if end.is_infinite and limits is not None:
        return limits[end is sympy.oo]
    return -sympy.oo if name == "log" and decided_sign(end) == 0 else apply(name, end)


def _of_affine(tree: Bin) -> tuple[sympy.Expr, sympy.Expr, str] | None:
    """u + c, u - c, c - u, c u and u/c."""
    for number, inner in ((tree.right, tree.left), (tree.left, tree.right)):
        value, found = constant(number), extremes(inner) if constant(inner) is None else None
        if value is None or found is None or (tree.op == "/" and number is tree.left):
            continue
        if tree.op in "+-":
            turned = tree.op == "-" and number is tree.left
            moved = -value if tree.op == "-" and number is tree.right else value
            low, high = (-found[1], -found[0]) if turned else found[:2]
            return low + moved, high + moved, found[2]
        if tree.op in "*/" and (positive := sign(value)):
            factor = value if tree.op == "*" else 1 / value
            low, high = found[:2] if positive > 0 else (found[1], found[0])
            return factor * low, factor * high, found[2]
    return None


def _beside_zero(tree: Node) -> sympy.Expr | None:
    """The limit as z falls to 0: what s is in the single point 0 does not count."""
    if any(
        isinstance(part, Where) or (isinstance(part, Call) and FUNCTIONS[part.name].jumps)
        for part in walk(tree)
    ):
        pieces = exact_pieces(tree)
        if pieces is None:
            return None
        tree = next(p.tree for p in pieces if p.high is sympy.oo or decided_sign(p.high) > 0)
    value = lower(tree, sympy.S.Zero)
    return value if value.is_number and value.is_finite else None
