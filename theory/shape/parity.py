"""Parity of a link by induction on its tree."""

from __future__ import annotations

from functools import lru_cache
from itertools import zip_longest

import sympy

from ...link.build import negate
from ...link.tree import Bin, Call, Compare, Condition, Logic, Neg, Node, Num, Var, Where, substitute
from ..exact.constants import is_zero
from ..exact.functions import FUNCTIONS, Parity
from ..exact.lower import constant
from ..exact.polynomial import Coefficients, polynomial, same
from ..exact.symbols import Known
from .pieces import exact_pieces

PARITIES: tuple[Parity, ...] = ("even", "odd")


def parity(tree: Node) -> Known[Parity]:
    """``even``, ``odd``, or None when neither is shown."""
    shape = _parity(tree)
    if shape is None:
        return _mirrored(tree)
    relation = "s(-z) = s(z)" if shape == "even" else "s(-z) = -s(z)"
    return Known(shape, f"{relation}, by induction on the expression")


@lru_cache(maxsize=1024)
def _mirrored(tree: Node) -> Known[Parity]:
    """From s(-z) written out: erf(z - 1) - erf(z + 1) is even."""
    mirror = substitute(tree, Neg(Var()))
    if same(mirror, tree):
        return Known("even", "s(-z) = s(z), term by term")
    if same(mirror, Neg(tree)):
        return Known("odd", "s(-z) = -s(z), term by term")
    for shape in PARITIES:
        if _mirrored_pieces(tree, shape):
            relation = "s(-z) = s(z)" if shape == "even" else "s(-z) = -s(z)"
            return Known(shape, f"{relation} almost everywhere, piece by piece")
    return Known(None, "no parity is shown")


def _mirrored_pieces(tree: Node, shape: Parity) -> bool:
    pieces = exact_pieces(tree)
    if pieces is None or len(pieces) == 1:
        return False
    for left, right in zip(pieces, reversed(pieces), strict=True):
        if left.low != -right.high and not is_zero(left.low + right.high):
            return False
        if not same(substitute(left.tree, Neg(Var())), right.tree if shape == "even" else Neg(right.tree)):
            return False
    return True


@lru_cache(maxsize=4096)
def _parity(tree: Node) -> Parity | None:
    coefficients = polynomial(tree)
    if coefficients is not None:
        present = {j % 2 for j, c in enumerate(coefficients) if c != 0}
        return "odd" if present == {1} else "even" if present <= {0} else None
    if isinstance(tree, Neg):
        return _parity(tree.arg)
    if isinstance(tree, Bin):
        return _binary(tree)
    if isinstance(tree, Where):
        then, other = _parity(tree.then), _parity(tree.other)
        return then if then == other and _even_condition(tree.condition) else None
    assert isinstance(tree, Call)
    return _call(tree)


def _binary(tree: Bin) -> Parity | None:
    left, right = _parity(tree.left), _parity(tree.right)
    if tree.op in ("+", "-"):
        return left if left is not None and left == right else _cancelled(tree)
    if tree.op == "**" and isinstance(tree.right, Num):
        exponent = tree.right.value
        if left == "odd" and exponent.denominator == 1:
            return "odd" if exponent % 2 else "even"
        return left if left == "even" else None
    if left is None or right is None:
        return None
    if tree.op == "**":
        return "even" if left == right == "even" else None
    return "even" if left == right else "odd"


def _call(tree: Call) -> Parity | None:
    args = tree.args[1:] if tree.name == "He" else tree.args
    parities = [_parity(arg) for arg in args]
    if all(p == "even" for p in parities):
        return "even"
    if tree.name in ("max", "min"):
        # z -> -z permutes the arguments.
        mirrored = (
            p == "even" or (p == "odd" and any(_opposite(a, b) for b in args))
            for a, p in zip(args, parities, strict=True)
        )
        return "even" if all(mirrored) else None
    if parities[0] != "odd":
        return None
    if tree.name == "He":
        order = tree.args[0]
        assert isinstance(order, Num)
        return "odd" if order.value % 2 else "even"
    if tree.name == "clip":
        return "odd" if tree.args[1] == negate(tree.args[2]) and parities[2] == "even" else None
    return FUNCTIONS[tree.name].parity


def _cancelled(tree: Bin) -> Parity | None:
    """The parity of a sum in which polynomials of the other parity cancel, as in gelu(z) - z/2."""
    for target in PARITIES:
        left = _remainder_binary(tree, target)
        if left is not None and all(is_zero(c) for c in left):
            return target
    return None


@lru_cache(maxsize=4096)
def _remainder(tree: Node, target: Parity) -> Coefficients | None:
    """A polynomial p of the other parity with s - p of parity ``target``; None where none is seen.

    For odd u: gelu(u), softplus(u) and relu(u) are u/2 + even, sigmoid(u) and Heaviside(u) are 1/2 + odd.
    """
    coefficients = polynomial(tree)
    if coefficients is not None:
        kept = 1 if target == "even" else 0
        return tuple(c if j % 2 == kept else sympy.S.Zero for j, c in enumerate(coefficients))
    if _parity(tree) == target:
        return ()
    if isinstance(tree, Neg):
        return _times(_remainder(tree.arg, target), sympy.S.NegativeOne)
    if isinstance(tree, Bin):
        return _remainder_binary(tree, target)
    if isinstance(tree, Call) and _parity(tree.args[0]) == "odd":
        half = FUNCTIONS[tree.name].half
        if target == "odd" and half == "1/2":
            return (sympy.S.Half,)
        if target == "even" and half == "x/2":
            return _times(polynomial(tree.args[0]), sympy.S.Half)
    return None


def _remainder_binary(tree: Bin, target: Parity) -> Coefficients | None:
    left, right = constant(tree.left), constant(tree.right)
    if tree.op == "*" and left is not None:
        return _times(_remainder(tree.right, target), left)
    if tree.op in ("*", "/") and right is not None:
        return _times(_remainder(tree.left, target), right if tree.op == "*" else 1 / right)
    if tree.op not in ("+", "-"):
        return None
    a, b = _remainder(tree.left, target), _remainder(tree.right, target)
    if a is None or b is None:
        return None
    side = 1 if tree.op == "+" else -1
    return tuple(x + side * y for x, y in zip_longest(a, b, fillvalue=sympy.S.Zero))


def _times(p: Coefficients | None, factor: sympy.Expr) -> Coefficients | None:
    return None if p is None else tuple(factor * c for c in p)


def _opposite(a: Node, b: Node) -> bool:
    """Whether b = -a is seen."""
    p, q = polynomial(a), polynomial(b)
    if p is not None and q is not None:
        return q == tuple(-c for c in p)
    return negate(a) == b or negate(b) == a


def _even_condition(condition: Condition) -> bool:
    if isinstance(condition, Logic):
        return _even_condition(condition.left) and _even_condition(condition.right)
    assert isinstance(condition, Compare)
    return _parity(condition.left) == "even" and _parity(condition.right) == "even"
