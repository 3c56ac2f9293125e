"""Lowering a syntax tree to mpmath, for the high-precision quadrature."""

from __future__ import annotations

import operator
from collections.abc import Callable
from functools import lru_cache
from typing import Any

from mpmath import MPContext

from ...link.tree import Bin, Compare, Condition, Const, Neg, Node, Num, Var, Where
from .functions import FUNCTIONS

#: A context of our own, so that the precision of ``mpmath.mp`` belongs to the user alone.
mp = MPContext()
Real = Any  # mpf of the context above
Function = Callable[[Real], Real]


@lru_cache(maxsize=4096)
def compile_mpmath(tree: Node) -> Function:
    """The function of ``tree`` on an mpf, at the precision of the context ``mp`` at each call."""
    if isinstance(tree, Var):
        return lambda x: x
    if isinstance(tree, Num):
        top, bottom = tree.value.numerator, tree.value.denominator
        return lambda x: mp.mpf(top) / bottom
    if isinstance(tree, Const):
        return (lambda x: +mp.pi) if tree.name == "pi" else (lambda x: +mp.e)
    if isinstance(tree, Neg):
        inner = compile_mpmath(tree.arg)
        return lambda x: -inner(x)
    if isinstance(tree, Bin):
        return _binary(tree)
    if isinstance(tree, Where):
        condition = _condition(tree.condition)
        then, other = compile_mpmath(tree.then), compile_mpmath(tree.other)
        return lambda x: then(x) if condition(x) else other(x)
    if tree.name == "He":
        order, inner = tree.args[0], compile_mpmath(tree.args[1])
        assert isinstance(order, Num)
        k = int(order.value)
        return lambda x: hermite(k, inner(x))[k]
    args = [compile_mpmath(arg) for arg in tree.args]
    function = FUNCTIONS[tree.name].precise
    return lambda x: function(mp, *(f(x) for f in args))


def _binary(tree: Bin) -> Function:
    f, g = compile_mpmath(tree.left), compile_mpmath(tree.right)
    apply = {"+": operator.add, "-": operator.sub, "*": operator.mul, "/": operator.truediv}.get(tree.op)
    if apply is not None:
        return lambda x: apply(f(x), g(x))
    if isinstance(tree.right, Num) and tree.right.value.denominator == 1:
        n = int(tree.right.value)
        return lambda x: f(x) ** n
    return lambda x: mp.power(f(x), g(x))


def _condition(condition: Condition) -> Callable[[Real], bool]:
    if isinstance(condition, Compare):
        f, g = compile_mpmath(condition.left), compile_mpmath(condition.right)
        compare = {
            "<": operator.lt,
            "<=": operator.le,
            ">": operator.gt,
            ">=": operator.ge,
            "==": operator.eq,
            "!=": operator.ne,
        }[condition.op]
        return lambda x: bool(compare(f(x), g(x)))
    first, second = _condition(condition.left), _condition(condition.right)
    if condition.op == "and":
        return lambda x: first(x) and second(x)
    return lambda x: first(x) or second(x)


def hermite(order: int, x: Real) -> list[Real]:
    """[He_0(x), ..., He_order(x)]."""
    values = [mp.one, x]
    for k in range(1, order):
        values.append(x * values[k] - k * values[k - 1])
    return values[: order + 1]
