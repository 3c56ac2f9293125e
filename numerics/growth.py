"""How fast a link grows: enclosures of every sub-expression on a whole tail, by induction on the tree.

Integrability and tail bounds follow from the :class:`Bound` of the whole tree.
"""

from __future__ import annotations

import operator
from collections.abc import Callable
from fractions import Fraction
from functools import reduce

from flint import arb

from ..link.tree import Bin, Call, Compare, Condition, Neg, Node, Num, Where, is_constant, kleene
from . import tailpoly as tp
from .bound import Algebra, Bound, tighter
from .lower_arb import compile_arb
from .pieces import polynomial

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
        if node.name in ("tanh", "atan", "erf", "tan"):
            return self.monotone(node.name, args[0])
        bound: Bound = getattr(self, f"_{node.name.lower()}")(*args)
        return bound

    def hermite(self, node: Call) -> Bound:
        order, argument = node.args[0], self.of(node.args[1])
        assert isinstance(order, Num)
        before, current = self.exactly(tp.constant(1)), argument
        for k in range(1, int(order.value)):
            step = self.times(before, self.exactly(tp.constant(-k)))
            before, current = current, self.plus(self.times(argument, current), step)
        return current if order.value else before

    def monotone(self, name: str, b: Bound) -> Bound:
        """An increasing function: tanh, atan and erf are bounded, tan where its argument stays inside."""
        lowest, highest = self.constant_range(b)
        if name == "tan":
            if lowest is None or highest is None or not (lowest > -1.5 and highest < 1.5):
                return Bound()
            return self.within(tp.constant(lowest.tan()), tp.constant(highest.tan()))
        limit = arb.pi() / 2 if name == "atan" else arb(1)
        lo = -limit if lowest is None else getattr(lowest, name)()
        hi = limit if highest is None else getattr(highest, name)()
        return self.within(tp.constant(lo), tp.constant(hi))

    def _exp(self, b: Bound) -> Bound:
        return self.exponential(b)

    def _log(self, b: Bound) -> Bound:
        return self.logarithm(b)

    def _sqrt(self, b: Bound) -> Bound:
        return self.raised(b, Fraction(1, 2))

    def _sin(self, b: Bound) -> Bound:
        return self.within(tp.constant(-1), tp.constant(1))

    _cos = _sin

    def _cosh(self, b: Bound) -> Bound:
        mag = None
        if b.hi is not None and b.lo is not None:
            mag = tp.largest(b.hi, tp.scale(b.lo, -1), tp.constant(0))
        # cosh v >= e^|v|/2.
        rising = b.lo if self.nonnegative(b.lo) else self.negative(b).lo
        low = tp.constant(0) if rising is None else tp.add(rising, tp.constant(-arb(2).log()))
        return self.within(tp.constant(1), None, mag, low)

    def _sinh(self, b: Bound) -> Bound:
        if self.sign(b) == -1:
            return self.negative(self._sinh(self.negative(b)))
        half = self.exactly(tp.constant(arb(1) / 2))
        difference = self.plus(self.exponential(b), self.negative(self.exponential(self.negative(b))))
        both = self.times(half, difference)
        least = None if b.lo is None else tp.infimum(b.lo, self.start)
        if b.lo is None or least is None or not least > 1:
            return both
        # v >= 1: sinh v >= e^v/3.
        return self.within(tp.constant(0), both.hi, both.mag, tp.add(b.lo, tp.constant(-arb(3).log())))

    def _abs(self, b: Bound) -> Bound:
        sign = self.sign(b)
        if sign is not None:
            return b if sign >= 0 else self.negative(b)
        hi = None if b.lo is None or b.hi is None else tp.largest(b.hi, tp.scale(b.lo, -1))
        return self.within(tp.constant(0), hi, b.mag)

    def _sign(self, b: Bound) -> Bound:
        sign = self.sign(b)
        if sign is not None:
            return self.exactly(tp.constant(sign))
        return self.within(tp.constant(-1), tp.constant(1))

    def _heaviside(self, b: Bound) -> Bound:
        half = self.exactly(tp.constant(arb(1) / 2))
        return self.times(self.plus(self._sign(b), self.exactly(tp.constant(1))), half)

    def _max(self, *bounds: Bound) -> Bound:
        return reduce(self.maximum, bounds)

    def _min(self, *bounds: Bound) -> Bound:
        return self.negative(reduce(self.maximum, [self.negative(b) for b in bounds]))

    def _clip(self, x: Bound, low: Bound, high: Bound) -> Bound:
        return self._min(self.maximum(x, low), high)

    def _relu(self, b: Bound) -> Bound:
        return self.maximum(b, self.exactly(tp.constant(0)))

    def _sigmoid(self, b: Bound) -> Bound:
        mag = tp.constant(0) if b.hi is None else tighter(tp.constant(0), b.hi)
        low = None if b.lo is None else tp.add(tp.smallest(b.lo, tp.constant(0)), tp.constant(-arb(2).log()))
        lowest, highest = self.constant_range(b)
        least = arb(0) if lowest is None or lowest < -100 else 1 / (1 + (-lowest).exp())
        most = arb(1) if highest is None or highest > 100 else 1 / (1 + (-highest).exp())
        return self.within(tp.constant(least), tp.constant(most), mag, low)

    def _softplus(self, b: Bound) -> Bound:
        positive = self._relu(b)
        hi = None if positive.hi is None else tp.add(positive.hi, tp.constant(arb(2).log()))
        return self.within(positive.lo, hi, b.hi)

    def _gelu(self, b: Bound) -> Bound:
        # gelu(v) = max(v, 0) - |v| (1 - Phi(|v|)), and x (1 - Phi(x)) < 0.18 for x >= 0.
        positive = self._relu(b)
        lo = None if positive.lo is None else tp.add(positive.lo, tp.constant(arb("-0.18")))
        return self.within(lo, positive.hi)
