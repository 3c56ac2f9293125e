"""The oracle's own kinks and jumps: the line cut into pieces on which the link is analytic.

Each abs, sign, max, ... switches where a *switching function* vanishes. Its zeros on [lower, upper]
are isolated with proof; between two zeros its sign is constant, so the node is replaced by the branch
that holds there. Inner nodes are resolved before the nodes that contain them.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache
from typing import cast

from flint import arb, fmpq, fmpq_poly

from ...link.build import chosen, combine, only_part, with_branches, with_part
from ...link.domain import singular_points
from ...link.tree import (
    Bin,
    Call,
    Compare,
    Neg,
    Node,
    Num,
    Part,
    Var,
    Where,
    children,
    is_constant,
    rebuild,
    shared,
    walk,
)
from ..precision import Unresolved, as_fraction, horner, sign_of
from ..work import allowance, size, spend
from .arb import compile_arb, holds
from .balls import Dual
from .functions import FUNCTIONS
from .removable import polynomial
from .zeros import Isolation, isolate

#: Functions of several arguments, which switch where one of them overtakes another.
_CHOOSING = ("min", "max", "clip")
_ZERO = Num(Fraction(0))
_BEYOND = 2.0**-30
#: The work that the kinks of one link may take, about two seconds.
_WORK = 1e6


@dataclass(frozen=True, slots=True)
class Piece:
    """[lower, upper] with exact end points, on which the link equals the analytic ``tree``."""

    lower: arb
    upper: arb
    tree: Node


def pieces(tree: Node, lower: arb, upper: arb, bits: int) -> list[Piece]:
    """The pieces of ``tree`` on [lower, upper], in increasing order.

    Between two pieces lies a gap of width about 2^-bits that holds the kink. Raises Unresolved where a
    switching function touches zero and no exact factorisation tells whether it crosses, and Exhausted where
    the kinks take too much work. That has an allowance of its own, as callers keep the answer.
    """
    with allowance(_WORK, kept=True):
        places: list[Node] = [combine("-", Var(), Num(point)) for point in singular_points(tree)]
        # Half the digits are as much as panels are cut down to.
        cells = cut(places, lower, upper, bits // 2 + 20) if places else [(lower, upper)]
        parts = [part for low, high in cells for part in _resolved(tree, low, high, bits)]
        return [piece for part in parts for piece in _at_roots(part.tree, part.lower, part.upper, bits)]


def _resolved(tree: Node, lower: arb, upper: arb, bits: int) -> Iterator[Piece]:
    inner = only_part(tree)
    if inner is None or not switches(inner):
        yield from _cut_at_once(tree, lower, upper, bits)
        return
    # Each part of a nest is cut in turn, so that one goes on from the pieces of the part inside it.
    for piece in _resolved(inner, lower, upper, bits):
        yield from _cut_at_once(with_part(tree, inner, piece.tree), piece.lower, piece.upper, bits)


def _cut_at_once(tree: Node, lower: arb, upper: arb, bits: int) -> Iterator[Piece]:
    # One after another, each would be cut by those before it, and 60 of them took half a minute.
    innermost = _innermost(tree)
    if not innermost:
        yield Piece(lower, upper, tree)
        return
    functions = [function for switch in innermost for function in _switching(switch)]
    for low, high in cut(functions, lower, upper, bits):
        branches = {switch: _branch(switch, low, high) for switch in innermost}
        yield from _cut_at_once(shared(cast(Node, with_branches(tree, branches))), low, high, bits)


def switches(tree: Node) -> bool:
    """Whether the link has a node that may not be analytic: abs, sign, max, where and the like."""
    return any(map(_switch, walk(tree)))


def switching_functions(tree: Node) -> Iterator[Node]:
    """The functions at whose zeros some node of ``tree`` changes branch, nested ones not resolved."""
    for part in walk(tree):
        if _switch(part):
            yield from _switching(cast("Call | Where", part))


def resolved_beyond(tree: Node, end: int) -> tuple[list[Node], Node] | None:
    """The functions at whose zeros innermost switches change branch; the tree with their branches far out.

    Those are the branches just beyond ``end``, away from 0: right as far as those functions keep their signs.
    None when nothing switches. Raises Unresolved where the branch is not decided.
    """
    innermost = _innermost(tree)
    if not innermost:
        return None
    beyond = arb(end + (1 if end > 0 else -1))
    branches = {switch: _branch(switch, beyond, beyond) for switch in innermost}
    functions = [function for switch in innermost for function in _switching(switch)]
    return functions, cast(Node, with_branches(tree, branches))


def _switch(part: Part) -> bool:
    return isinstance(part, Where) or (
        isinstance(part, Call) and (part.name in _CHOOSING or FUNCTIONS[part.name].branch is not None)
    )


@lru_cache(maxsize=4096)
def _innermost(part: Part) -> tuple[Call | Where, ...]:
    """The switching nodes that contain no other one, each once; of nested cases the outer ones.

    Where those are decided, what stands in the other case is never looked at.
    """
    if isinstance(part, Where) and not any(map(_switch, walk(part.condition))):
        return (part,)
    inner = dict.fromkeys(node for child in children(part) for node in _innermost(child))
    return tuple(inner) or ((cast("Call | Where", part),) if _switch(part) else ())


def _switching(node: Call | Where) -> list[Node]:
    """The functions at whose zeros ``node`` changes branch."""
    if isinstance(node, Where):
        return [combine("-", c.left, c.right) for c in walk(node.condition) if isinstance(c, Compare)]
    if FUNCTIONS[node.name].branch is not None:
        return [node.args[0]]
    if node.name == "clip":
        x, low, high = node.args
        return [combine("-", x, low), combine("-", x, high)]
    args = node.args
    return [combine("-", a, b) for i, a in enumerate(args) for b in args[i + 1 :]]


def cut(functions: list[Node], lower: arb, upper: arb, bits: int) -> list[tuple[arb, arb]]:
    """[lower, upper] without small gaps around every zero of every function."""
    factors = dict.fromkeys(factor for function in functions for factor in _factors(function))
    gaps = [zero for factor in factors for zero in _zeros(factor, lower, upper, bits)]
    gaps.sort(key=lambda zero: as_fraction(zero.mid()))
    # A margin keeps the end points off the zero itself, also when its ball is exact.
    margin = arb(2) ** -bits
    cells, start = [], lower
    for gap in gaps:
        end = (gap.lower() - margin).min(upper).mid()
        if start < end:
            cells.append((start, end))
        start = max(start, (gap.upper() + margin).mid())
    if start < upper:
        cells.append((start, upper))
    return cells


def _factors(function: Node) -> Iterator[Node]:
    """Functions with the zeros of ``function``, of lower multiplicity where it is written as a product."""
    if polynomial(function) is not None:
        yield function
    elif isinstance(function, Neg):
        yield from _factors(function.arg)
    elif isinstance(function, Bin) and function.op == "*":
        yield from _factors(function.left)
        yield from _factors(function.right)
    elif isinstance(function, Bin) and _same_zeros(function):
        yield from _factors(function.left)
    else:
        yield function


def _same_zeros(function: Bin) -> bool:
    """Whether its left operand has them: u/v, u**c with c > 0, and u - 0."""
    right = function.right.value if isinstance(function.right, Num) else None
    if function.op == "**":
        return right is not None and right > 0
    return function.op == "/" or (function.op == "-" and right == 0)


def _zeros(function: Node, lower: arb, upper: arb, bits: int) -> tuple[arb, ...]:
    if is_constant(function):
        return ()
    function = _without_factor(function)
    coefficients = polynomial(function)
    if coefficients is not None:
        if coefficients.degree() < 0:
            return ()
        # Without repeated factors every zero is simple, also where the function only touches zero.
        found = _polynomial_zeros(coefficients, lower, upper, bits)
    else:
        evaluate, cost = compile_arb(function), size(function)

        def image(x: arb) -> Dual:
            spend(cost)
            return cast(Dual, evaluate(Dual(x, arb(1))))

        # As close as zeros can be told apart at this precision, whatever the scale of the link: a function
        # that touches 0 grows by the square of the distance from there.
        found = isolate(image, lower, upper, bits=bits, narrowest=arb(2) ** (-bits // 2))
    if not all(zero.is_finite() for zero in found.zeros):
        raise Unresolved("the place of a kink is not enclosed")
    if found.unresolved:
        low, high = found.unresolved[0]
        raise Unresolved(f"a kink near z = {float((low + high) / 2):.6g} is neither isolated nor excluded")
    return found.zeros


def _without_factor(function: Node) -> Node:
    """A function with the same zeros: an irrational factor would hide a polynomial that touches 0."""
    if isinstance(function, Neg):
        return _without_factor(function.arg)
    if isinstance(function, Bin) and function.op in "+-*/":
        left, right = function.left, function.right
        if function.op in "+-":
            return _without_factor(left) if right == _ZERO else function
        if is_constant(right) and not compile_arb(right)(arb(0)).contains(0):
            return _without_factor(left)
        if function.op == "*" and is_constant(left) and not compile_arb(left)(arb(0)).contains(0):
            return _without_factor(right)
    return function


def _polynomial_zeros(p: fmpq_poly, lower: arb, upper: arb, bits: int) -> Isolation:
    if p.degree() < 1:
        return Isolation(())
    square_free = p // p.gcd(p.derivative())
    values, slopes = ([arb(c) for c in p.coeffs()] for p in (square_free, square_free.derivative()))

    def image(x: arb) -> Dual:
        spend(2 * len(values))
        return Dual(horner(values, x), horner(slopes, x))

    # Beyond the ends as well: a zero at one of them would be neither isolated nor excluded.
    return isolate(image, lower - _BEYOND, upper + _BEYOND, bits=bits, narrowest=1e-30)


@lru_cache(maxsize=4096)
def without_null_sets(tree: Node) -> Node:
    """The same function almost everywhere, without branches that hold only where a polynomial is 0."""
    cases = any(isinstance(part, Where) for part in walk(tree))
    return cast(Node, _without_null_sets(tree)) if cases else tree


def _without_null_sets(part: Part) -> Part:
    if isinstance(part, Where) and isinstance(part.condition, Compare):
        truth = _almost_everywhere(part.condition)
        if truth is not None:
            return _without_null_sets(part.then if truth else part.other)
    return rebuild(part, _without_null_sets)


def _almost_everywhere(condition: Compare) -> bool | None:
    """The truth of p != 0, p == 0, |p| > 0, |p| <= 0 but where the polynomial p is 0; None for others."""
    op, left, right = condition.op, condition.left, condition.right
    if left == _ZERO and op in ("<", ">="):
        op, left, right = ">" if op == "<" else "<=", right, left
    if op in ("==", "!="):
        gap = polynomial(combine("-", left, right))
    elif op in (">", "<=") and right == _ZERO and isinstance(left, Call) and left.name == "abs":
        gap = polynomial(left.args[0])
    elif op in (">", "<=") and right == _ZERO and isinstance(left, Bin) and left.op == "**":
        even = isinstance(left.right, Num) and left.right.value > 0 and left.right.value % 2 == 0
        gap = polynomial(left.left) if even else None
    else:
        gap = None
    return op in ("!=", ">") if gap is not None and gap.degree() > 0 else None


def _branch(node: Call | Where, low: arb, high: arb) -> Node:
    """The branch of ``node`` on a cell on which none of its switching functions vanishes."""
    middle = ((low + high) / 2).mid()
    if isinstance(node, Where):
        truth = holds(node.condition, middle)
        if truth is None:
            raise Unresolved(f"a condition is not decided at z = {float(middle):.6g}")
        return node.then if truth else node.other
    if (branch := FUNCTIONS[node.name].branch) is not None:
        return branch(node.args[0], _sign(node.args[0], middle))
    return chosen(node, lambda difference: _sign(difference, middle))


def _sign(function: Node, x: arb) -> int:
    """The sign of ``function`` at an exact x; 0 only where the function is exactly the constant 0."""
    coefficients = polynomial(function)
    if coefficients is not None:
        if coefficients.degree() < 0:
            return 0
        at = as_fraction(x)
        value = arb(coefficients(fmpq(at.numerator, at.denominator)))
    else:
        value = compile_arb(function)(x)
    if not sign_of(value):
        raise Unresolved(f"the sign of a switching function is not decided at z = {float(x):.6g}")
    return sign_of(value)


def rooted(part: Part) -> tuple[Node, Fraction] | None:
    """What stands under a root or a fractional power, whose zeros are branch points, and the power."""
    if isinstance(part, Call) and part.name == "sqrt":
        return part.args[0], Fraction(1, 2)
    if isinstance(part, Bin) and part.op == "**" and isinstance(part.right, Num):
        return (part.left, part.right.value) if part.right.value.denominator != 1 else None
    return None


def _at_roots(tree: Node, lower: arb, upper: arb, bits: int) -> list[Piece]:
    radicands = [root[0] for part in walk(tree) if (root := rooted(part)) is not None]
    return [Piece(low, high, tree) for low, high in cut(radicands, lower, upper, bits)]
