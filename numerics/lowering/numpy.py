"""Lowering a syntax tree to NumPy, in double precision, for the simulations."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...link.tree import Bin, Compare, Condition, Const, Neg, Node, Num, Var, Where
from .functions import FUNCTIONS

Array = NDArray[np.float64]
Function = Callable[[Array], Any]


def compile_numpy(tree: Node) -> Callable[[NDArray[Any]], NDArray[Any]]:
    """The function of ``tree``, elementwise on an array of doubles; overflow gives inf without a warning.

    An array of complex numbers is continued analytically where the link has no switch; this is for scans
    only, as branch cuts are not looked for.
    """
    inner = _compile(tree)

    def apply(x: NDArray[Any]) -> NDArray[Any]:
        with np.errstate(all="ignore"):
            found = np.asarray(inner(x), dtype=x.dtype)
        return found if found.shape == x.shape else np.broadcast_to(found, x.shape)

    return apply


@lru_cache(maxsize=4096)
def _compile(tree: Node) -> Function:
    if isinstance(tree, Var):
        return lambda x: x
    if isinstance(tree, Num):
        value = float(tree.value)
        return lambda x: value
    if isinstance(tree, Const):
        constant = np.pi if tree.name == "pi" else np.e
        return lambda x: constant
    if isinstance(tree, Neg):
        inner = _compile(tree.arg)
        return lambda x: -inner(x)
    if isinstance(tree, Bin):
        return _binary(tree)
    if isinstance(tree, Where):
        condition, then, other = _condition(tree.condition), _compile(tree.then), _compile(tree.other)
        return lambda x: np.where(condition(x), then(x), other(x))
    if tree.name == "He":
        order, inner = tree.args[0], _compile(tree.args[1])
        assert isinstance(order, Num)
        k = int(order.value)
        return lambda x: hermite(k, inner(x))
    args = [_compile(arg) for arg in tree.args]
    function = FUNCTIONS[tree.name].doubles
    return lambda x: function(*(f(x) for f in args))


def _binary(tree: Bin) -> Function:
    f, g = _compile(tree.left), _compile(tree.right)
    if tree.op == "+":
        return lambda x: f(x) + g(x)
    if tree.op == "-":
        return lambda x: f(x) - g(x)
    if tree.op == "*":
        return lambda x: f(x) * g(x)
    if tree.op == "/":
        return lambda x: np.divide(f(x), g(x))
    if isinstance(tree.right, Num) and tree.right.value.denominator == 1:
        n = int(tree.right.value)
        return lambda x: np.power(np.asarray(f(x), dtype=np.result_type(x, np.float64)), n)
    return lambda x: np.power(f(x), g(x))


def _condition(condition: Condition) -> Function:
    if isinstance(condition, Compare):
        f, g = _compile(condition.left), _compile(condition.right)
        compare = {
            "<": np.less,
            "<=": np.less_equal,
            ">": np.greater,
            ">=": np.greater_equal,
            "==": np.equal,
            "!=": np.not_equal,
        }[condition.op]
        return lambda x: compare(f(x), g(x))
    first, second = _condition(condition.left), _condition(condition.right)
    join = np.logical_and if condition.op == "and" else np.logical_or
    return lambda x: join(first(x), second(x))


def hermite(k: int, x: Any) -> Any:
    """He_k(x) by the three-term recurrence."""
    before, current = np.ones_like(x), x
    if k == 0:
        return before
    for j in range(1, k):
        before, current = current, x * current - j * before
    return current


def log_hermite(top: int, x: Any) -> NDArray[np.float64]:
    """log|He_k(x)| for k = 0..top, -oo at a zero, in rounded arithmetic of the range of ``x``; rows: k."""
    before, current = np.zeros_like(x), np.ones_like(x)
    rows = []
    with np.errstate(over="ignore", invalid="ignore", divide="ignore"):
        for k in range(top + 1):
            rows.append(np.log(np.abs(current)))
            before, current = current, x * current - k * before
    # Beyond the range it is taken for very large.
    found: NDArray[np.float64] = np.nan_to_num(rows, nan=1e5, posinf=1e5, neginf=-np.inf).astype(np.float64)
    return found
