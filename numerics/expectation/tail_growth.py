"""How fast a link grows: enclosures of every sub-expression on a whole tail, by induction on the tree.

Integrability and tail bounds follow from the :class:`Bound` of the whole tree.
"""

from __future__ import annotations

import operator
from collections.abc import Callable
from fractions import Fraction

from flint import arb

from ...link.tree import Bin, Call, Compare, Condition, Neg, Node, Num, Where, is_constant, kleene
from ..lowering import tail_polynomials as tp
from ..lowering.arb import compile_arb
from ..lowering.functions import FUNCTIONS
from ..lowering.pieces import polynomial
from ..lowering.tail_algebra import Algebra, Bound

_COMPARES: dict[str, Callable[[int, int], bool]] = {
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
    "==": operator.eq,
    "!=": operator.ne,
}


def bound(tree: Node, start: arb) -> Bound:
    """The bound of ``tree`` on [start, oo), start >= 1."""
    return _Tail(start).of(tree)


class _Tail(Algebra):
    """The induction: a node's bound from those of its parts."""

    __slots__ = ()

    def of(self, node: Node) -> Bound:
        exact_polynomial = polynomial(node)
        if exact_polynomial is not None:
            return self.exactly(tuple(arb(c) for c in exact_polynomial.coeffs()) or tp.constant(0))
        if is_constant(node):
            return self.exactly(tp.constant(compile_arb(node)(arb(0))))
        if isinstance(node, Neg):
            return self.negative(self.of(node.arg))
        if isinstance(node, Where):
            truth = self.truth(node.condition)
            if truth is not None:
                return self.of(node.then if truth else node.other)
            return self.either(self.of(node.then), self.of(node.other))
        if isinstance(node, Bin):
            return self.binary(node)
        assert isinstance(node, Call)
        return self.call(node)

    def truth(self, condition: Condition) -> bool | None:
        if isinstance(condition, Compare):
            sign = self.sign(self.plus(self.of(condition.left), self.negative(self.of(condition.right))))
            if sign is None:
                return None
            return _COMPARES[condition.op](sign, 0)
        return kleene(condition.op, self.truth(condition.left), self.truth(condition.right))

    def binary(self, node: Bin) -> Bound:
        left = self.of(node.left)
        if node.op == "**" and isinstance(node.right, Num):
            return self.raised(left, node.right.value)
        right = self.of(node.right)
        if node.op == "+":
            return self.plus(left, right)
        if node.op == "-":
            return self.plus(left, self.negative(right))
        if node.op == "*":
            return self.raised(left, Fraction(2)) if node.left == node.right else self.times(left, right)
        if node.op == "/":
            return self.quotient(left, right)
        return self.exponential(self.times(right, self.logarithm(left)))

    # -- functions ---------------------------------------------------------------------------------

    def call(self, node: Call) -> Bound:
        if node.name == "He":
            return self.hermite(node)
        args = [self.of(arg) for arg in node.args]
        return FUNCTIONS[node.name].tail(self, *args)

    def hermite(self, node: Call) -> Bound:
        order, argument = node.args[0], self.of(node.args[1])
        assert isinstance(order, Num)
        before, current = self.exactly(tp.constant(1)), argument
        for k in range(1, int(order.value)):
            step = self.times(before, self.exactly(tp.constant(-k)))
            before, current = current, self.plus(self.times(argument, current), step)
        return current if order.value else before
