"""How a link grows at one end, sharply: s(z)/|z|^d -> c with c not 0, by induction on its tree."""

from __future__ import annotations

from fractions import Fraction
from functools import lru_cache

import sympy

from ...link.tree import Bin, Call, Neg, Node, Num
from ..exact.constants import sign
from ..exact.functions import FUNCTIONS
from ..exact.polynomial import polynomial
from .growth import degree
from .limits import limit

#: (d, c).
Order = tuple[Fraction, sympy.Expr]


@lru_cache(maxsize=1024)
def order(tree: Node, side: int) -> Order | None:
    """(d, c) with s(z)/|z|^d -> c as z -> side * oo, c finite and not 0; None when none is shown."""
    coefficients = polynomial(tree)
    if coefficients is not None:
        top = len(coefficients) - 1
        return _known(Fraction(top), coefficients[-1] * side**top)
    end = limit(tree, side)
    if end is not None and end.is_finite and sign(end):
        return Fraction(0), end
    if isinstance(tree, Neg):
        inner = order(tree.arg, side)
        return None if inner is None else (inner[0], -inner[1])
    if isinstance(tree, Bin):
        return _sum(tree, side) if tree.op in ("+", "-") else _product(tree, side)
    return _call(tree, side) if isinstance(tree, Call) else None


def _known(power: Fraction, factor: sympy.Expr) -> Order | None:
    return (power, factor) if sign(factor) else None


def _sum(tree: Bin, side: int) -> Order | None:
    left, right = order(tree.left, side), order(tree.right, side)
    if right is not None and tree.op == "-":
        right = right[0], -right[1]
    if left is not None and right is not None and left[0] == right[0]:
        return _known(left[0], left[1] + right[1])
    for leading, other, node in ((left, right, tree.right), (right, left, tree.left)):
        if leading is None:
            continue
        # What is left over may grow at any rate below the leading one, or vanish.
        below = degree(node) if other is None else other[0]
        if (below is not None and below < leading[0]) or (leading[0] >= 0 and limit(node, side) == 0):
            return leading
    return None


def _product(tree: Bin, side: int) -> Order | None:
    left = order(tree.left, side)
    if left is None:
        return None
    if tree.op == "**":
        power = tree.right.value if isinstance(tree.right, Num) else None
        if power is None or (power.denominator > 1 and sign(left[1]) != 1):
            return None
        return left[0] * power, left[1] ** sympy.Rational(power.numerator, power.denominator)
    right = order(tree.right, side)
    if right is None:
        return None
    return (
        (left[0] + right[0], left[1] * right[1])
        if tree.op == "*"
        else (left[0] - right[0], left[1] / right[1])
    )


def _call(tree: Call, side: int) -> Order | None:
    argument = tree.args[0]
    if tree.name == "log" and isinstance(argument, Call) and argument.name == "cosh":
        # log cosh u lies between |u| - log 2 and |u|.
        inner = order(argument.args[0], side)
        return (inner[0], abs(inner[1])) if inner is not None and inner[0] > 0 else None
    if not FUNCTIONS[tree.name].follows and tree.name != "sqrt":
        return None
    inner = order(argument, side)
    if inner is None:
        return None
    power, factor = inner
    if tree.name == "abs":
        return power, abs(factor)
    if sign(factor) != 1:
        return None
    if tree.name == "sqrt":
        return power / 2, sympy.sqrt(factor)
    return inner if power > 0 else None
