"""Proved bounds of a link by induction on its tree, not always sharp."""

from __future__ import annotations

from functools import lru_cache

import sympy

from ...link.tree import Bin, Call, Neg, Node, Num, Where
from ..exact.constants import largest, sign, smallest
from ..exact.functions import FUNCTIONS, plain
from ..exact.hermite import he
from ..exact.lower import apply, constant
from ..exact.polynomial import polynomial
from .range import extremes

Interval = tuple[sympy.Expr, sympy.Expr]


@lru_cache(maxsize=4096)
def bounds(tree: Node) -> Interval:
    """Proved bounds of the link, not always sharp, infinite where none is shown."""
    exact = extremes(tree)
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
        return smallest(a, c), largest(b, d)
    return _even_degree(tree)


def _bounds_call(tree: Call) -> Interval:
    function = FUNCTIONS[tree.name]
    if function.reach is not None:
        return function.reach
    if tree.name == "clip":
        (low, _), (_, high) = bounds(tree.args[1]), bounds(tree.args[2])
        return low, high
    if function.parity == "even" and function.rising == "from 0":
        return apply(tree.name, sympy.S.Zero), apply(tree.name, _size(bounds(tree.args[0])))
    if tree.name == "He":
        size = _size(bounds(tree.args[1]))
        order = tree.args[0]
        assert isinstance(order, Num)
        terms = (abs(int(c)) * size**j for j, c in enumerate(he(int(order.value)).coeffs()) if c != 0)
        top = sum(terms, sympy.S.Zero)
        return (-top, top) if top.is_finite else _even_degree(tree)
    if (meant := plain(tree)) is not None:
        return bounds(meant)
    low, high = bounds(tree.args[0])
    if tree.name == "sqrt" and sign(low) != 1:
        # A root is taken of numbers >= 0 only, however far below the bound lies.
        low = sympy.S.Zero
    if tree.name in ("min", "max"):
        pairs = [bounds(arg) for arg in tree.args]
        choose = smallest if tree.name == "min" else largest
        return choose(*(a for a, _ in pairs)), choose(*(b for _, b in pairs))
    ends = function.limits
    if ends is not None and tree.name != "log":
        return (
            ends[0] if low.is_infinite else apply(tree.name, low),
            ends[1] if high.is_infinite else apply(tree.name, high),
        )
    return _even_degree(tree)


def _size(ends: Interval) -> sympy.Expr:
    return largest(abs(ends[0]), abs(ends[1]))


def _bounds_binary(tree: Bin) -> Interval:
    (a, b), (c, d) = bounds(tree.left), bounds(tree.right)
    if tree.op == "-":
        c, d = -d, -c
    if tree.op in ("+", "-"):
        low, high = a + c, b + d
        if low.is_finite or high.is_finite:
            return low, high
    if tree.op == "*" and all(x.is_finite for x in (a, b, c, d)):
        ends = [a * c, a * d, b * c, b * d]
        return smallest(*ends), largest(*ends)
    if tree.op == "**" and isinstance(tree.right, Num) and a.is_finite and b.is_finite:
        n = tree.right.value
        if n.denominator == 1 and n > 0:
            return (a ** int(n), b ** int(n)) if n % 2 else (sympy.S.Zero, _size((a, b)) ** int(n))
    if tree.op == "/" and a.is_finite and b.is_finite and (sign(c) == 1 or sign(d) == -1):
        top = _size((a, b)) / smallest(abs(c), abs(d))
        return -top, top
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
