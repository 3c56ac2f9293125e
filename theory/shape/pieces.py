"""The exact pieces of a link: end points as SymPy numbers, and the branch that holds between them."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise
from typing import cast

import sympy
from flint import fmpq

from ...link.build import chosen, combine, only_part, with_branches, with_part
from ...link.tree import Call, Compare, Logic, Node, Part, Where, by_sign, children, combined, shared, walk
from ..exact.constants import Undecided, compare, decided_sign, increasing, is_zero
from ..exact.functions import FUNCTIONS
from ..exact.polynomial import evaluate, polynomial, rational_polynomial, real_zeros

#: Functions of several arguments, which switch where one of them overtakes another.
_CHOOSING = ("min", "max", "clip")


@dataclass(frozen=True, slots=True)
class Piece:
    """(low, high), end points exact or infinite, on which the link is the smooth expression ``tree``."""

    low: sympy.Expr
    high: sympy.Expr
    tree: Node


@lru_cache(maxsize=512)
def exact_pieces(tree: Node) -> tuple[Piece, ...] | None:
    """The pieces in increasing order, or None when an end point cannot be written down exactly.

    What s is in single points is left out.
    """
    parts = stretches(tree)
    return None if parts is None else tuple(_joined(parts))


@lru_cache(maxsize=512)
def stretches(tree: Node) -> tuple[Piece, ...] | None:
    """The line cut wherever a branch may change, also where the branches on both sides are the same."""
    visits = _Visits()
    try:
        inner = only_part(tree)
        if inner is None or not any(map(branches, walk(inner))):
            return tuple(_resolve(tree, -sympy.oo, sympy.oo, visits))
        # Each part of a nest is asked for in turn, so that one goes on from where the part inside it ends.
        parts = stretches(inner)
        if parts is None:
            return None
        found: list[Piece] = []
        for part in parts:
            found += _resolve(with_part(tree, inner, part.tree), part.low, part.high, visits)
        return tuple(found)
    except Undecided:
        return None


def branches(part: Part) -> bool:
    """Whether the node itself is piecewise."""
    return isinstance(part, Where) or (
        isinstance(part, Call) and (part.name in _CHOOSING or FUNCTIONS[part.name].branch is not None)
    )


@dataclass(slots=True)
class _Visits:
    """Nodes that may still be looked at: 40 nested abs are looked through again on each of their pieces."""

    left: int = 50_000

    def take(self, nodes: int) -> None:
        self.left -= nodes
        if self.left < 0:
            raise Undecided("where the many branches of a link change")


def _resolve(tree: Node, low: sympy.Expr, high: sympy.Expr, visits: _Visits) -> list[Piece]:
    visits.take(sum(1 for _ in walk(tree)))
    # All at once: one after another, each would be cut by those before it.
    innermost = _innermost(tree)
    if not innermost:
        return [Piece(low, high, tree)]
    pieces: list[Piece] = []
    ends = [low, *_switches(innermost, low, high), high]
    for a, b in pairwise(ends):
        point = inside(a, b)
        here = {node: _branch(node, point) for node in innermost}
        pieces += _resolve(shared(cast(Node, with_branches(tree, here))), a, b, visits)
    return pieces


def _joined(pieces: Sequence[Piece]) -> list[Piece]:
    """Neighbours with the same branch are one piece."""
    joined: list[Piece] = []
    for piece in pieces:
        if joined and joined[-1].tree == piece.tree:
            joined[-1] = Piece(joined[-1].low, piece.high, piece.tree)
        else:
            joined.append(piece)
    return joined


@lru_cache(maxsize=4096)
def _innermost(part: Part) -> tuple[Call | Where, ...]:
    """The piecewise nodes that contain no other one, each once; of nested cases the outer ones.

    Where those are decided, what stands in the other case is never looked at.
    """
    if isinstance(part, Where) and not any(map(branches, walk(part.condition))):
        return (part,)
    inner = dict.fromkeys(node for child in children(part) for node in _innermost(child))
    return tuple(inner) or ((cast(Call | Where, part),) if branches(part) else ())


def _functions(node: Call | Where) -> list[Node]:
    if isinstance(node, Where):
        return [combine("-", c.left, c.right) for c in walk(node.condition) if isinstance(c, Compare)]
    if FUNCTIONS[node.name].branch is not None:
        return [node.args[0]]
    if node.name == "clip":
        return [combine("-", node.args[0], bound) for bound in node.args[1:]]
    return [combine("-", a, b) for i, a in enumerate(node.args) for b in node.args[i + 1 :]]


def _switches(nodes: Sequence[Call | Where], low: sympy.Expr, high: sympy.Expr) -> list[sympy.Expr]:
    zeros_inside: list[sympy.Expr] = []
    for function in dict.fromkeys(function for node in nodes for function in _functions(node)):
        coefficients = polynomial(function)
        zeros = None if coefficients is None else real_zeros(coefficients)
        if zeros is None:
            raise Undecided("where a switching function vanishes")
        zeros_inside += [x for x in zeros if compare(low, x) < 0 and compare(x, high) < 0]
    return increasing(zeros_inside)


def inside(low: sympy.Expr, high: sympy.Expr) -> sympy.Expr:
    """A number between the two."""
    if low is -sympy.oo:
        return sympy.Integer(0) if high is sympy.oo else high - 1
    return low + 1 if high is sympy.oo else (low + high) / 2


def _sign(function: Node, x: sympy.Expr) -> int:
    rational = rational_polynomial(function)
    if rational is not None and x.is_Rational:
        value = rational(fmpq(int(x.p), int(x.q)))
        return int(value > 0) - int(value < 0)
    coefficients = polynomial(function)
    if coefficients is None:
        raise Undecided("the sign of a switching function")
    return decided_sign(evaluate(coefficients, x))


def _branch(node: Call | Where, x: sympy.Expr) -> Node:
    if isinstance(node, Where):
        return node.then if _holds(node.condition, x) else node.other
    if (branch := FUNCTIONS[node.name].branch) is not None:
        return branch(node.args[0], _sign(node.args[0], x))
    return chosen(node, lambda difference: _sign(difference, x))


def _holds(condition: Compare | Logic, x: sympy.Expr) -> bool:
    return bool(combined(condition, lambda c: by_sign(c.op, _sign(combine("-", c.left, c.right), x))))


def levels(tree: Node) -> tuple[tuple[sympy.Expr, sympy.Expr, sympy.Expr], ...] | None:
    """(low, high, value) for each piece of a link with finitely many values, else None.

    Equal values are written alike: None also where it is not decided whether two are equal.
    """
    pieces = exact_pieces(tree)
    values = None if pieces is None else told_apart([_level(piece.tree) for piece in pieces])
    if pieces is None or values is None:
        return None
    return tuple((p.low, p.high, v) for p, v in zip(pieces, values, strict=True))


def _level(tree: Node) -> sympy.Expr | None:
    """The one value of a branch, also where z cancels in it."""
    coefficients = polynomial(tree)
    return coefficients[0] if coefficients is not None and len(coefficients) == 1 else None


def told_apart(numbers: Sequence[sympy.Expr | None]) -> list[sympy.Expr] | None:
    """The numbers with equal ones written alike; None where one is missing, or two are not told apart."""
    written: list[sympy.Expr] = []
    for number in numbers:
        if number is None:
            return None
        same = {known: is_zero(known - number) for known in dict.fromkeys(written) if known != number}
        if None in same.values():
            return None
        written.append(next((known for known, equal in same.items() if equal), number))
    return written
