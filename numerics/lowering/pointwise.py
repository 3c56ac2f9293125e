"""A syntax tree as a function of plain numbers: NumPy's doubles for simulations, mpmath's for quadrature."""

import operator
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache, partial
from typing import Any

import numpy as np
from mpmath import MPContext
from mpmath.libmp import fone, mpf_mul, mpf_mul_int, mpf_sub
from numpy.typing import NDArray

from ...link.domain import singular_points
from ...link.tree import (
    ARITHMETIC,
    COMPARISONS,
    Bin,
    Call,
    Compare,
    Condition,
    Const,
    Neg,
    Node,
    Num,
    Operator,
    Var,
    Where,
    is_constant,
)
from ..precision import Unresolved
from .functions import FUNCTIONS

#: A context of our own, so that the precision of ``mpmath.mp`` belongs to the user alone.
mp = MPContext()
Real = Any  # mpf of the context above
#: What an mpf wraps.
Raw = tuple[int, int, int, int]
Array = NDArray[np.float64]
Function = Callable[[Any], Any]
_ASIDE = 2.0**-20


def compile_numpy(tree: Node) -> Callable[[NDArray[Any]], NDArray[Any]]:
    """The function of ``tree``, elementwise on an array of doubles; overflow gives inf without a warning.

    An array of complex numbers is continued analytically where the link has no switch; this is for scans
    only, as branch cuts are not looked for. A singular point is read 2^-20 to its right.
    """
    inner, points = _compile(tree, _DOUBLES), [float(point) for point in singular_points(tree)]

    def apply(x: NDArray[Any]) -> NDArray[Any]:
        if points and np.isin(x, points).any():
            x = np.where(np.isin(x, points), x + _ASIDE, x)
        with np.errstate(all="ignore"):
            found = np.asarray(inner(x), dtype=x.dtype)
        return found if found.shape == x.shape else np.broadcast_to(found, x.shape)

    return apply


def compile_mpmath(tree: Node) -> Function:
    """The function of ``tree`` on an mpf, at the precision of the context ``mp`` at each call.

    A singular point is read 2^-20 to its right.
    """
    inner, points = _compile(tree, _PRECISE), singular_points(tree)
    if not points:
        return inner
    # Points such as 1/3 are no number of this kind and are never met.
    return lambda x: inner(x + _ASIDE if any(x * p.denominator == p.numerator for p in points) else x)


@dataclass(frozen=True, eq=False)
class _Numbers:
    """What differs between kinds of number: constants, powers, choices, He_k and the table's functions."""

    rational: Callable[[Fraction], Function]
    named: Callable[[str], Function]
    operations: dict[Operator, Callable[[Any, Any], Any]]
    whole_power: Callable[[Any, int], Any]
    where: Callable[[Function, Function, Function], Function]
    both: Callable[[Function, Function], Function]
    either: Callable[[Function, Function], Function]
    hermite: Callable[[int, Any], Any]
    call: Callable[[str], Callable[..., Any]]


@lru_cache(maxsize=1024)
def _compile(tree: Node, kind: _Numbers) -> Function:
    if isinstance(tree, Var):
        return lambda x: x
    if isinstance(tree, Num):
        return kind.rational(tree.value)
    if isinstance(tree, Const):
        return kind.named(tree.name)
    if isinstance(tree, Where):
        condition = _condition(tree.condition, kind)
        return kind.where(condition, _compile(tree.then, kind), _compile(tree.other, kind))
    function, args = _operation(tree, kind)
    inner = [_compile(arg, kind) for arg in args]
    if len(inner) == 1:
        f = inner[0]
        return lambda x: function(f(x))
    return lambda x: function(*(f(x) for f in inner))


def _operation(tree: Neg | Bin | Call, kind: _Numbers) -> tuple[Callable[..., Any], tuple[Node, ...]]:
    """What stands at the top of the tree, and the trees that it is applied to."""
    if isinstance(tree, Neg):
        return operator.neg, (tree.arg,)
    if isinstance(tree, Bin):
        if tree.op == "**" and isinstance(tree.right, Num) and tree.right.value.denominator == 1:
            n = int(tree.right.value)
            return lambda base: kind.whole_power(base, n), (tree.left,)
        return kind.operations[tree.op], (tree.left, tree.right)
    if tree.name == "He":
        order = tree.args[0]
        assert isinstance(order, Num)
        return partial(kind.hermite, int(order.value)), tree.args[1:]
    return kind.call(tree.name), tree.args


def precise_values(
    tree: Node, points: Sequence[Real], part: Callable[[Node], Sequence[Real]]
) -> Sequence[Real]:
    """The tree at points, as ``compile_mpmath`` has it, from its parts there, which ``part`` gives."""
    if isinstance(tree, Var):
        return points
    # Of a choice only what is chosen has a value, and beside a singular point all parts move.
    if isinstance(tree, Where) or singular_points(tree):
        return list(map(compile_mpmath(tree), points))
    if is_constant(tree):
        return [_compile(tree, _PRECISE)(mp.one)] * len(points)
    assert isinstance(tree, (Neg, Bin, Call))
    function, args = _operation(tree, _PRECISE)
    return list(map(function, *map(part, args)))


def _condition(condition: Condition, kind: _Numbers) -> Function:
    if isinstance(condition, Compare):
        f, g = _compile(condition.left, kind), _compile(condition.right, kind)
        compare = COMPARISONS[condition.op]
        return lambda x: compare(f(x), g(x))
    first, second = _condition(condition.left, kind), _condition(condition.right, kind)
    return kind.both(first, second) if condition.op == "and" else kind.either(first, second)


def hermite(k: int, x: Any) -> Any:
    """He_k(x) by the three-term recurrence."""
    before, current = np.ones_like(x), x
    if k == 0:
        return before
    for j in range(1, k):
        before, current = current, x * current - j * before
    return current


def precise_hermite(order: int, x: Raw) -> list[Raw]:
    """[He_0(x), ..., He_order(x)] on what an mpf wraps: in mpf it would take twice as long."""
    how, values = mp._prec_rounding, [fone, x]
    for k in range(1, order):
        values.append(mpf_sub(mpf_mul(x, values[k], *how), mpf_mul_int(values[k - 1], k, *how), *how))
    return values[: order + 1]


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


def as_double(value: Fraction) -> float:
    """The nearest double. Raises Unresolved beyond their range."""
    try:
        return float(value)
    except OverflowError:
        raise Unresolved(
            "a number beyond 10^308 is written, where double precision ends: write a smaller one"
        ) from None


def _double(value: float) -> Function:
    return lambda x: value


def _ratio(value: Fraction) -> Function:
    top, bottom = value.numerator, value.denominator
    return lambda x: mp.mpf(top) / bottom


_DOUBLES = _Numbers(
    rational=lambda value: _double(as_double(value)),
    named=lambda name: _double(np.pi if name == "pi" else np.e),
    operations={**ARITHMETIC, "/": np.divide, "**": np.power},
    whole_power=lambda base, n: np.power(np.asarray(base, dtype=np.result_type(base, np.float64)), n),
    where=lambda condition, then, other: lambda x: np.where(condition(x), then(x), other(x)),
    both=lambda one, other: lambda x: np.logical_and(one(x), other(x)),
    either=lambda one, other: lambda x: np.logical_or(one(x), other(x)),
    hermite=hermite,
    call=lambda name: FUNCTIONS[name].doubles,
)
_PRECISE = _Numbers(
    rational=_ratio,
    named=lambda name: lambda x: +(mp.pi if name == "pi" else mp.e),
    operations={**ARITHMETIC, "**": mp.power},
    whole_power=operator.pow,
    where=lambda condition, then, other: lambda x: then(x) if condition(x) else other(x),
    both=lambda one, other: lambda x: one(x) and other(x),
    either=lambda one, other: lambda x: one(x) or other(x),
    hermite=lambda k, x: mp.make_mpf(precise_hermite(k, x._mpf_)[k]),
    call=lambda name: partial(FUNCTIONS[name].precise, mp),
)
