"""How far a link reaches: limits at both ends, infimum and supremum, by induction on its tree."""

from __future__ import annotations

from functools import lru_cache

import sympy

from ..link.tree import Bin, Call, Neg, Node, Num, Var, Where
from .constants import Undecided, compare, sign
from .hermite import polynomial
from .known import Known
from .lower import apply, constant, lower
from .monotone import monotone
from .pieces import levels
from .symbols import z

_LIMITS = {
    "exp": (sympy.S.Zero, sympy.oo), "tanh": (-sympy.S.One, sympy.S.One), "erf": (-sympy.S.One, sympy.S.One),
    "atan": (-sympy.pi / 2, sympy.pi / 2), "sigmoid": (sympy.S.Zero, sympy.S.One),
    "softplus": (sympy.S.Zero, sympy.oo), "relu": (sympy.S.Zero, sympy.oo), "sinh": (-sympy.oo, sympy.oo),
    "sign": (-sympy.S.One, sympy.S.One), "Heaviside": (sympy.S.Zero, sympy.S.One),
    "log": (-sympy.oo, sympy.oo),
    "sqrt": (sympy.S.Zero, sympy.oo), "gelu": (sympy.S.Zero, sympy.oo), "abs": (sympy.oo, sympy.oo),
    "cosh": (sympy.oo, sympy.oo),
}  # fmt: skip
Interval = tuple[sympy.Expr, sympy.Expr]


def infimum(tree: Node) -> Known[sympy.Expr]:
    """ess inf s, exact (possibly -oo), or None."""
    found = _extremes(tree)
    return Known(None, "no exact infimum is shown") if found is None else Known(found[0], found[2])


def supremum(tree: Node) -> Known[sympy.Expr]:
    """ess sup s, exact (possibly oo), or None."""
    found = _extremes(tree)
    return Known(None, "no exact supremum is shown") if found is None else Known(found[1], found[2])


@lru_cache(maxsize=1024)
def _extremes(tree: Node) -> tuple[sympy.Expr, sympy.Expr, str] | None:
    steps = levels(tree)
    try:
        if steps is not None:
            values = [value for _, _, value in steps]
            low = high = values[0]
            for value in values[1:]:
                low = value if compare(value, low) < 0 else low
                high = value if compare(value, high) > 0 else high
            return low, high, "the least and the largest of finitely many levels"
        shape = monotone(tree).value
        if shape is not None:
            return _of_monotone(tree, shape)
        return _of_polynomial(tree)
    except Undecided:
        return None


def _of_monotone(tree: Node, shape: str) -> tuple[sympy.Expr, sympy.Expr, str] | None:
    right = limit(tree, 1)
    # An even link starts at its value in 0; a jump exactly there would be a single point.
    left = _at(tree, sympy.S.Zero) if "|z|" in shape else limit(tree, -1)
    if left is None or right is None:
        return None
    low, high = (left, right) if shape.startswith("increasing") else (right, left)
    return low, high, f"s is {shape}, so its ends are its limits"


def _of_polynomial(tree: Node) -> tuple[sympy.Expr, sympy.Expr, str] | None:
    coefficients = polynomial(tree)
    if coefficients is None or len(coefficients) != 3:
        return None
    c, b, a = coefficients
    vertex = sympy.radsimp(c - b**2 / (4 * a))
    ends = (vertex, sympy.oo) if sign(a) == 1 else (-sympy.oo, vertex)
    return *ends, "the vertex of a parabola"


def _at(tree: Node, point: sympy.Expr) -> sympy.Expr | None:

    value = lower(tree).subs(z, point)
    return value if value.is_number and value.is_finite else None


@lru_cache(maxsize=4096)
def limit(tree: Node, side: int) -> sympy.Expr | None:
    """The limit of the link at side * oo, possibly infinite; None when it is not shown."""
    number = constant(tree)
    if number is not None:
        return number
    coefficients = polynomial(tree)
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
        steps = levels(tree)
        return None if steps is None else steps[-1 if side > 0 else 0][2]
    return _limit_call(tree, side)


def _limit_binary(tree: Bin, side: int) -> sympy.Expr | None:
    left, right = limit(tree.left, side), limit(tree.right, side)
    if left is None or right is None:
        return None
    if tree.op == "**" and isinstance(tree.right, Num):
        value = left**right if left.is_finite or right > 0 else sympy.S.Zero
    else:
        value = {"+": left + right, "-": left - right, "*": left * right}.get(tree.op)
        if tree.op == "/":
            value = sympy.S.Zero if right.is_infinite and left.is_finite else left / right
    return value if value is not None and (value.is_number and value is not sympy.nan) else None


def _limit_call(tree: Call, side: int) -> sympy.Expr | None:
    args = [limit(arg, side) for arg in tree.args]
    if any(a is None for a in args):
        return None
    x = args[-1 if tree.name == "He" else 0]
    assert x is not None
    if x.is_infinite and tree.name in _LIMITS:
        return _LIMITS[tree.name][x is sympy.oo]
    if tree.name in ("clip", "min", "max") or (x.is_finite and tree.name != "He"):
        return apply(tree.name, *args)
    return None


@lru_cache(maxsize=4096)
def bounds(tree: Node) -> Interval:
    """Proved bounds of the link, not always sharp, infinite where none is shown."""
    exact = _extremes(tree)
    if exact is not None:
        return exact[0], exact[1]
    if isinstance(tree, Neg):
        low, high = bounds(tree.arg)
        return -high, -low
    if isinstance(tree, Call):
        return _bounds_call(tree)
    if isinstance(tree, Bin):
        return _bounds_binary(tree)
    if isinstance(tree, Where):
        (a, b), (c, d) = bounds(tree.then), bounds(tree.other)
        return sympy.Min(a, c), sympy.Max(b, d)
    return _even_degree(tree)


def _bounds_call(tree: Call) -> Interval:
    if tree.name in ("sin", "cos"):
        return -sympy.S.One, sympy.S.One
    if tree.name == "clip":
        (low, _), (_, high) = bounds(tree.args[1]), bounds(tree.args[2])
        return low, high
    if tree.name in ("abs", "cosh"):
        return sympy.S.Zero if tree.name == "abs" else sympy.S.One, sympy.oo
    if tree.name == "gelu":
        return -sympy.Rational(18, 100), sympy.oo
    low, high = bounds(tree.args[0])
    if tree.name in ("min", "max"):
        pairs = [bounds(arg) for arg in tree.args]
        choose = sympy.Min if tree.name == "min" else sympy.Max
        return choose(*(a for a, _ in pairs)), choose(*(b for _, b in pairs))
    if tree.name in _LIMITS and tree.name != "log":
        ends = _LIMITS[tree.name]
        return (
            ends[0] if low.is_infinite else apply(tree.name, low),
            ends[1] if high.is_infinite else apply(tree.name, high),
        )
    return _even_degree(tree)


def _bounds_binary(tree: Bin) -> Interval:
    (a, b), (c, d) = bounds(tree.left), bounds(tree.right)
    if tree.op == "-":
        c, d = -d, -c
    if tree.op in ("+", "-"):
        low = a + c if a is not -sympy.oo and c is not -sympy.oo else -sympy.oo
        return low, b + d if b is not sympy.oo and d is not sympy.oo else sympy.oo
    if tree.op == "*" and all(x.is_finite for x in (a, b, c, d)):
        ends = [a * c, a * d, b * c, b * d]
        return sympy.Min(*ends), sympy.Max(*ends)
    number = constant(tree.left) if tree.op == "*" else None
    if number is not None and sign(number) == -1:
        return number * d, number * c
    return _even_degree(tree)


def _even_degree(tree: Node) -> Interval:
    """A polynomial of even degree is bounded on one side; a crude bound is the sum over its terms."""
    coefficients = polynomial(tree)
    if coefficients is None or len(coefficients) % 2 == 0:
        return -sympy.oo, sympy.oo
    leading = sign(coefficients[-1])
    if leading is None:
        return -sympy.oo, sympy.oo
    # |p - a z^n| <= |a z^n| beyond the Cauchy radius, and below it |z| <= radius bounds every term.
    radius = 1 + sum(abs(c / coefficients[-1]) for c in coefficients[:-1])
    least = -sum(abs(c) * radius**j for j, c in enumerate(coefficients))
    return (least, sympy.oo) if leading > 0 else (-sympy.oo, -least)
