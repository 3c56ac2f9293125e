"""From trees to SymPy, exact, real and with the agreed values at kinks, and back."""

from collections.abc import Callable
from fractions import Fraction
from functools import lru_cache
from typing import Any

import sympy

from ...link.build import MAX_BITS
from ...link.parse import parse_expression
from ...link.tree import (
    ARITHMETIC,
    Bin,
    Call,
    Compare,
    Condition,
    Const,
    Logic,
    Neg,
    Node,
    Num,
    Var,
    Where,
    is_constant,
    whole,
)
from . import he, z
from .constants import sign
from .functions import FUNCTIONS
from .sympy_limits import TooLarge

_RELATIONS: dict[str, Callable[[Any, Any], Any]] = {
    "<": sympy.Lt, "<=": sympy.Le, ">": sympy.Gt, ">=": sympy.Ge, "==": sympy.Eq, "!=": sympy.Ne,
}  # fmt: skip


def rational(value: Fraction) -> sympy.Rational:
    """The same number in SymPy."""
    return sympy.Rational(value.numerator, value.denominator)


def apply(name: str, *args: sympy.Expr) -> sympy.Expr:
    """The function ``name`` of the link language (not ``He``) at SymPy arguments.

    Raises TooLarge where its value is a number longer than the language has.
    """
    meaning = FUNCTIONS[name].meaning
    assert meaning is not None
    value = meaning(*args)
    if value.is_Rational and max(int(value.p).bit_length(), int(value.q).bit_length()) > MAX_BITS:
        raise TooLarge(f"{name}(...) is a number of more than 900 digits")
    return value


@lru_cache(maxsize=4096)
def constant(tree: Node) -> sympy.Expr | None:
    """The exact number that a tree without the variable stands for, or None when the variable occurs."""
    return lower(tree) if is_constant(tree) else None


@lru_cache(maxsize=4096)
def lower(tree: Node, symbol: sympy.Expr = z) -> sympy.Expr:
    """The SymPy expression of ``tree`` with the variable read as ``symbol`` (real), or its value at a number.

    sign(0) = 0, Heaviside(0) = 1/2, He is the probabilists' Hermite polynomial, and ``where``
    becomes a Piecewise. Nothing is simplified beyond what SymPy's constructors do.
    """
    if isinstance(tree, Var):
        return symbol
    if isinstance(tree, Num):
        return rational(tree.value)
    if isinstance(tree, Const):
        return sympy.pi if tree.name == "pi" else sympy.E
    if isinstance(tree, Neg):
        return -lower(tree.arg, symbol)
    if isinstance(tree, Bin):
        return ARITHMETIC[tree.op](lower(tree.left, symbol), lower(tree.right, symbol))
    if isinstance(tree, Where):
        condition = _condition(tree.condition, symbol)
        if condition in (sympy.true, sympy.false):
            return lower(tree.then if condition else tree.other, symbol)
        then, other = lower(tree.then, symbol), lower(tree.other, symbol)
        return sympy.Piecewise((then, condition), (other, True))
    if tree.name == "He":
        return _hermite(tree, symbol)
    return apply(tree.name, *(lower(arg, symbol) for arg in tree.args))


def _condition(condition: Condition, symbol: sympy.Expr) -> Any:
    if isinstance(condition, Logic):
        join = sympy.And if condition.op == "and" else sympy.Or
        return join(_condition(condition.left, symbol), _condition(condition.right, symbol))
    assert isinstance(condition, Compare)
    left, right = lower(condition.left, symbol), lower(condition.right, symbol)
    gap = sign(left - right) if left.is_number and right.is_number else None
    return _RELATIONS[condition.op](*((left, right) if gap is None else (sympy.Integer(gap), sympy.S.Zero)))


def _hermite(tree: Call, symbol: sympy.Expr) -> sympy.Expr:
    order, u = whole(tree.args[0]), lower(tree.args[1], symbol)
    # He_{k+1}(u) = u He_k(u) - k He_{k-1}(u), summed in powers of u: nesting would grow with k.
    return sum(int(c) * u**j for j, c in enumerate(he(order).coeffs()) if c != 0)


def to_tree(expression: sympy.Expr) -> Node:
    """The syntax tree of an expression in z, read from what SymPy's printer writes.

    Raises LinkError when the expression contains a function that the link language does not have.
    """
    return parse_expression(str(expression))
