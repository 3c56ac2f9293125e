"""Normal forms of a link: two ways to write one function are told to be the same, c u + d is taken apart."""

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
    elif (step := affine_step(tree)) is not None:
        c, d, inner = step
        _add(total, ("power", 0), factor * d)
        _collect(inner, factor * c, total)
    elif isinstance(tree, Bin) and tree.op in "+-":
        _collect(tree.left, factor, total)
        _collect(tree.right, factor if tree.op == "+" else -factor, total)
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


def affine_step(tree: Node) -> tuple[sympy.Expr, sympy.Expr, Node] | None:
    """(c, d, u) with s = c u + d by the outermost operation, u not constant; None for any other link."""
    tree = plain(tree) or tree
    one, zero = sympy.S.One, sympy.S.Zero
    if isinstance(tree, Neg):
        return -one, zero, tree.arg
    if not isinstance(tree, Bin):
        return None
    left, right = constant(tree.left), constant(tree.right)
    if left is None and right is not None:
        steps = {"+": (one, right), "-": (one, -right), "*": (right, zero), "/": (1 / right, zero)}
        return (*steps[tree.op], tree.left) if tree.op in steps else None
    if left is not None and right is None:
        steps = {"+": (one, left), "-": (-one, left), "*": (left, zero)}
        return (*steps[tree.op], tree.right) if tree.op in steps else None
    return None


def affine_image(tree: Node) -> tuple[sympy.Expr, sympy.Expr, Node]:
    """(c, d, u) with s = c u + d and a u that is no such image itself."""
    step = affine_step(tree)
    if step is None:
        return sympy.S.One, sympy.S.Zero, tree
    c, d, core = affine_image(step[2])
    return step[0] * c, sympy.expand(step[0] * d) + step[1], core
