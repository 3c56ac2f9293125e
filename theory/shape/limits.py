"""Limits of a link at both ends, by induction on its tree."""

from __future__ import annotations

from functools import lru_cache

import sympy

from ...link.tree import Bin, Call, Neg, Node, Num, Var, Where
from ..exact.constants import is_zero, sign
from ..exact.functions import FUNCTIONS, plain
from ..exact.lower import apply, constant
from ..exact.polynomial import polynomial
from .pieces import exact_pieces
from .signs import strict_sign


@lru_cache(maxsize=4096)
def limit(tree: Node, side: int) -> sympy.Expr | None:
    """The limit of the link at side * oo, possibly infinite; None when it is not shown."""
    number = constant(tree)
    if number is not None:
        return number
    coefficients = polynomial(tree)
    if coefficients is not None and len(coefficients) == 1:
        return coefficients[0]
    if coefficients is not None:
        leading = sign(coefficients[-1])
        return None if not leading else sympy.oo * leading * side ** (len(coefficients) - 1)
    if isinstance(tree, Var):
        return sympy.oo * side
    if isinstance(tree, Neg):
        inner = limit(tree.arg, side)
        return None if inner is None else -inner
    if isinstance(tree, Bin):
        return _limit_binary(tree, side)
    if isinstance(tree, Where):
        pieces = exact_pieces(tree)
        return None if pieces is None else limit(pieces[-1 if side > 0 else 0].tree, side)
    assert isinstance(tree, Call)
    return _limit_call(tree, side)


def _limit_binary(tree: Bin, side: int) -> sympy.Expr | None:
    left, right = limit(tree.left, side), limit(tree.right, side)
    if left is None or right is None:
        return None
    if tree.op == "**" and isinstance(tree.right, Num):
        if right < 0 and is_zero(left) is not False:
            return None
        # s**0 is 1 everywhere, also where s grows without bound.
        value = sympy.S.One if right == 0 else left**right if left.is_finite or right > 0 else sympy.S.Zero
    elif tree.op == "/":
        if is_zero(right) is not False:
            # Infinite, but from which side the denominator comes is not known.
            return None
        value = sympy.S.Zero if right.is_infinite and left.is_finite else left / right
    else:
        value = {"+": left + right, "-": left - right, "*": left * right}.get(tree.op)
    return value if value is not None and (value.is_number and value is not sympy.nan) else None


def _limit_call(tree: Call, side: int) -> sympy.Expr | None:
    function = FUNCTIONS[tree.name]
    if function.jumps and (strict := strict_sign(tree.args[0], side)):
        return apply(tree.name, sympy.Integer(strict))
    args = [limit(arg, side) for arg in tree.args]
    if any(a is None for a in args):
        return None
    x = args[-1 if tree.name == "He" else 0]
    assert x is not None
    if x.is_infinite and function.limits is not None:
        return function.limits[x is sympy.oo]
    if (meant := plain(tree)) is not None:
        return limit(meant, side)
    zero = is_zero(x) if x.is_finite else False
    if function.jumps and zero is not False:
        # The side from which 0 is approached decides, not the value in 0.
        return None
    if tree.name == "log" and zero is not False:
        return -sympy.oo if zero else None
    if tree.name == "tan" and x.is_finite and is_zero(sympy.cos(x)) is not False:
        return None
    if tree.name in ("clip", "min", "max") or (x.is_finite and tree.name != "He"):
        return apply(tree.name, *args)
    return None
