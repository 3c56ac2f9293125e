"""Growth classes of a link, by induction on its tree: linear, exponential-linear, faster."""

from __future__ import annotations

from functools import lru_cache

import sympy

from ..link.tree import Bin, Call, Neg, Node, Num, Var, Where
from .bounds import bounds
from .constants import sign
from .hermite import polynomial
from .limits import limit
from .lower import constant

_SLOW = ("abs", "relu", "softplus", "gelu", "min", "max", "clip")


@lru_cache(maxsize=1024)
def linear(tree: Node) -> bool:
    """Whether |s(z)| <= A + B|z| is shown for some A and B."""
    if constant(tree) is not None or isinstance(tree, Var) or _bounded(tree):
        return True
    if isinstance(tree, Neg):
        return linear(tree.arg)
    if isinstance(tree, Bin):
        if tree.op in ("+", "-"):
            return linear(tree.left) and linear(tree.right)
        if tree.op == "*":
            pairs = ((tree.left, tree.right), (tree.right, tree.left))
            return any(linear(a) and _bounded(b) for a, b in pairs)
        if tree.op == "**":
            root = isinstance(tree.right, Num) and 0 <= tree.right.value <= 1
            return root and linear(tree.left)
        return tree.op == "/" and linear(tree.left) and _away_from_zero(tree.right)
    if isinstance(tree, Where):
        return linear(tree.then) and linear(tree.other)
    if not isinstance(tree, Call):
        return False
    if tree.name == "log":
        # The logarithm of at most A e^{B|z|}, and of at least a positive number.
        return moderate(tree.args[0]) and sign(bounds(tree.args[0])[0]) == 1
    return tree.name in (*_SLOW, "sqrt") and all(linear(arg) for arg in tree.args)


@lru_cache(maxsize=1024)
def moderate(tree: Node) -> bool:
    """Whether |s(z)| <= A e^{B|z|} is shown for some A and B: then E|s|^i |He_k| < oo for all i and k."""
    if linear(tree) or polynomial(tree) is not None:
        return True
    if isinstance(tree, Neg):
        return moderate(tree.arg)
    if isinstance(tree, Bin):
        if tree.op in ("+", "-", "*"):
            return moderate(tree.left) and moderate(tree.right)
        if tree.op == "/":
            return moderate(tree.left) and _away_from_zero(tree.right)
        return isinstance(tree.right, Num) and tree.right.value >= 0 and moderate(tree.left)
    if isinstance(tree, Where):
        return moderate(tree.then) and moderate(tree.other)
    if not isinstance(tree, Call):
        return False
    if tree.name in ("exp", "sinh", "cosh"):
        capped = tree.name == "exp" and bounds(tree.args[0])[1].is_finite
        return bool(capped) or linear(tree.args[0])
    if tree.name == "log":
        return moderate(tree.args[0]) and _away_from_zero(tree.args[0])
    return tree.name in (*_SLOW, "sqrt", "He") and all(moderate(arg) for arg in tree.args)


def explosive(tree: Node) -> bool:
    """Whether s = c e^u, c cosh u or c sinh u with c > 0, and u is a polynomial reaching +oo or explosive."""
    if isinstance(tree, Bin) and tree.op == "*":
        number = constant(tree.left)
        return number is not None and sign(number) == 1 and explosive(tree.right)
    if not isinstance(tree, Call) or tree.name not in ("exp", "cosh", "sinh"):
        return False
    inner = tree.args[0]
    if explosive(inner):
        return True
    return polynomial(inner) is not None and sympy.oo in (limit(inner, 1), limit(inner, -1))


def _bounded(tree: Node) -> bool:
    return all(end.is_finite for end in bounds(tree))


def _away_from_zero(tree: Node) -> bool:
    low, high = bounds(tree)
    return sign(low) == 1 or sign(high) == -1
