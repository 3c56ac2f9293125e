"""Two ways to write one function, told to be the same: sums collected, signs taken out of odd functions."""

from __future__ import annotations

from collections.abc import Hashable
from functools import lru_cache
from typing import NamedTuple

import sympy

from ...link.tree import Bin, Call, Compare, Logic, Neg, Node, Num, Where
from .constants import is_zero
from .functions import FUNCTIONS, plain
from .lower import constant
from .polynomial import polynomial


class Signed(NamedTuple):
    """sign times the function that ``key`` stands for."""

    sign: int
    key: Hashable


#: The multiples by which functions enter a sum.
_Terms = dict[Hashable, sympy.Expr]


def same(a: Node, b: Node) -> bool:
    """Whether both trees are shown to be one function; False where that is only not seen."""
    return normal(a) == normal(b)


@lru_cache(maxsize=4096)
def normal(tree: Node) -> Signed:
    """A key of the function: equal keys are equal functions. That of -s is that of s with the other sign."""
    coefficients = polynomial(tree)
    if coefficients is not None:
        flip = coefficients[-1].could_extract_minus_sign()
        return Signed(
            -1 if flip else 1, ("polynomial", *(sympy.expand(-c if flip else c) for c in coefficients))
        )
    terms = _terms(tree)
    if not terms:
        return Signed(1, ("polynomial", sympy.S.Zero))
    ordered = sorted(terms.items(), key=repr)
    flip = ordered[0][1].could_extract_minus_sign()
    ordered = [(key, -weight if flip else weight) for key, weight in ordered]
    if len(ordered) == 1 and ordered[0][1] == 1:
        return Signed(-1 if flip else 1, ordered[0][0])
    return Signed(-1 if flip else 1, ("sum", *ordered))


def _terms(tree: Node) -> _Terms:
    """The tree as a sum of multiples; those that cancel are left out."""
    total: _Terms = {}
    _collect(tree, sympy.S.One, total)
    return {key: weight for key, weight in total.items() if not is_zero(weight)}


def _collect(tree: Node, factor: sympy.Expr, total: _Terms) -> None:
    coefficients = polynomial(tree)
    if coefficients is not None:
        for power, c in enumerate(coefficients):
            _add(total, ("power", power), factor * c)
    elif isinstance(tree, Neg):
        _collect(tree.arg, -factor, total)
    elif isinstance(tree, Bin) and tree.op in "+-":
        _collect(tree.left, factor, total)
        _collect(tree.right, factor if tree.op == "+" else -factor, total)
    elif isinstance(tree, Bin) and tree.op == "*" and (number := constant(tree.left)) is not None:
        _collect(tree.right, factor * number, total)
    elif isinstance(tree, Bin) and tree.op in "*/" and (number := constant(tree.right)) is not None:
        _collect(tree.left, factor * number if tree.op == "*" else factor / number, total)
    elif (meant := plain(tree)) is not None:
        _collect(meant, factor, total)
    else:
        sign, key = _single(tree)
        _add(total, key, sign * factor)


def _add(total: _Terms, key: Hashable, weight: sympy.Expr) -> None:
    total[key] = sympy.expand(total.get(key, sympy.S.Zero) + weight)


def _single(tree: Node) -> Signed:
    """A node that is no sum and no multiple."""
    if isinstance(tree, Bin):
        left, right = normal(tree.left), normal(tree.right)
        if tree.op == "*":
            return Signed(left.sign * right.sign, ("*", *sorted((left.key, right.key), key=repr)))
        if tree.op == "/":
            return Signed(left.sign * right.sign, ("/", left.key, right.key))
        if isinstance(tree.right, Num) and tree.right.value.denominator == 1:
            return Signed(left.sign if tree.right.value % 2 else 1, ("**", left.key, tree.right.value))
        return Signed(1, ("**", left, right))
    if isinstance(tree, Where):
        return Signed(1, ("where", _condition(tree.condition), normal(tree.then), normal(tree.other)))
    assert isinstance(tree, Call)
    args = [normal(arg) for arg in tree.args]
    shape = FUNCTIONS[tree.name].parity
    if shape == "odd":
        return Signed(args[0].sign, (tree.name, args[0].key))
    if shape == "even":
        return Signed(1, (tree.name, args[0].key))
    return Signed(1, (tree.name, *(sorted(args, key=repr) if tree.name in ("min", "max") else args)))


def _condition(condition: Compare | Logic) -> Hashable:
    if isinstance(condition, Logic):
        return condition.op, _condition(condition.left), _condition(condition.right)
    return condition.op, normal(condition.left), normal(condition.right)


def affine_image(tree: Node) -> tuple[sympy.Expr, sympy.Expr, Node]:
    """(c, d, u) with s = c u + d."""
    if isinstance(tree, Neg):
        c, d, core = affine_image(tree.arg)
        return -c, -d, core
    if isinstance(tree, Bin):
        left, right = constant(tree.left), constant(tree.right)
        if right is not None and left is None:
            c, d, core = affine_image(tree.left)
            if tree.op in ("+", "-"):
                return c, d + right if tree.op == "+" else d - right, core
            if tree.op in ("*", "/"):
                factor = right if tree.op == "*" else 1 / right
                return c * factor, sympy.expand(d * factor), core
        if left is not None and right is None and tree.op in ("+", "-", "*"):
            c, d, core = affine_image(tree.right)
            if tree.op == "*":
                return c * left, sympy.expand(d * left), core
            return (c, d + left, core) if tree.op == "+" else (-c, left - d, core)
    if (meant := plain(tree)) is not None and isinstance(meant, Bin) and meant.op in "+-":
        return affine_image(meant)
    return sympy.S.One, sympy.S.Zero, tree
