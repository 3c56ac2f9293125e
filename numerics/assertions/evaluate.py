"""Expressions of a claim on a cell of its parameters: enclosures, and whether a condition holds there."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import reduce
from typing import cast

from flint import arb

from ...link.assertion import TEMPERED
from ...link.tree import Bin, Call, Compare, Condition, Const, Logic, Neg, Node, Num, Var, Where, kleene
from ..expectation.oracle import NotIntegrable, Unresolved, oracle
from ..lowering import series as series
from ..lowering.balls import ON_BALLS
from ..lowering.functions import FUNCTIONS
from ..lowering.pointwise import COMPARES
from ..lowering.series import EndpointSeries, values_only
from ..precision import exact
from .quantities import Words

#: IE, GE, t_max and beta1 as balls to the given digits.
Constants = Callable[[str, int], arb]
#: How many coefficients of left - right at the point are proved to be 0, by other means than balls.
Meets = Callable[[Compare], int]


@dataclass(frozen=True, slots=True)
class Evaluator:
    """Expressions as germs. ``digits``: expectations are taken at the point to that many digits.

    agree: the digits to which two sides must agree to count as equal in ``==`` and ``!=``; without it,
    only exact numbers are equal.
    """

    words: Words
    constants: Constants
    values: Mapping[str, EndpointSeries]
    blank: EndpointSeries
    digits: int | None = None
    agree: int | None = None

    def of(self, node: Node) -> EndpointSeries:
        if isinstance(node, Num):
            return self.blank.same(exact(node.value))
        if isinstance(node, Const):
            return self.blank.same(self._constant(node.name))
        if isinstance(node, Var):
            return self.values[node.name]
        if isinstance(node, Neg):
            return -self.of(node.arg)
        if isinstance(node, Bin):
            return self._binary(node)
        if isinstance(node, Where):
            return self._where(node)
        if node.name in TEMPERED:
            return self._tempered(node)
        if node.name == "mu":
            i, k = (int(cast(Num, arg).value) for arg in node.args)
            return self.blank.same(self.words.moment(i, k, self.digits or 20))
        if node.name == "lambda2":
            return self.blank.same(self.words.best_signal(int(cast(Num, node.args[0]).value)))
        if node.name == "mean":
            return self.blank.same(oracle(node.args[0]).mean(self.digits or 20))
        return self._call(node)

    def _constant(self, name: str) -> arb:
        if name in ("pi", "E", "oo"):
            return {"pi": arb.pi, "E": arb.const_e, "oo": arb.pos_inf}[name]()
        return self.constants(name, self.digits or 20)

    def _binary(self, node: Bin) -> EndpointSeries:
        left = self.of(node.left)
        if node.op == "**" and isinstance(node.right, Num):
            exponent = node.right.value
            if exponent.denominator == 1:
                return left.power(int(exponent))
            return left.fractional_power(exponent)
        right = self.of(node.right)
        if node.op == "+":
            return left + right
        if node.op == "-":
            return left - right
        if node.op == "*":
            return left * right
        if node.op == "/":
            return left / right
        return (right * left.each(series.log)).each(series.exp)

    def _tempered(self, node: Call) -> EndpointSeries:
        k = int(cast(Num, node.args[0]).value) if len(node.args) == 2 else 0
        beta = node.args[-1]
        inverse = (self.blank.same(arb(1)) / self.of(beta)).without_shift()
        tilt = 1 / beta.value if isinstance(beta, Num) else None
        order = inverse.point.order

        def word(t: series.Series) -> series.Series:
            if not t.value.is_finite() or not (t.value >= 0 or self.blank.at_end):
                return series.value_only(arb.nan(), order)
            return self.words.at(node.name, k, t.value, order, self.digits, tilt).composed(t)

        if self.digits is not None:
            if not inverse.point.value > 0:
                raise Unresolved(f"the temperature of {node.name} is not shown to be positive")
            value = word(inverse.point)
            return EndpointSeries(0, value, value, self.blank.cell)
        return EndpointSeries(0, word(inverse.point), word(inverse.over), self.blank.cell, self.blank.at_end)

    def _where(self, node: Where) -> EndpointSeries:
        then, other = self.of(node.then), self.of(node.other)
        # Agreement of digits is no equality, and another branch may make the claim true.
        truth = replace(self, agree=None).holds(node.condition)
        if truth is not None:
            return then if truth else other
        a, b = then.without_shift(), other.without_shift()
        return values_only(a, a.point.value.union(b.point.value), a.over.value.union(b.over.value))

    def _call(self, node: Call) -> EndpointSeries:
        if node.name == "He":
            order, argument = int(cast(Num, node.args[0]).value), self.of(node.args[1])
            before, current = self.blank.same(arb(1)), argument
            for k in range(1, order):
                before, current = current, argument * current - self.blank.same(arb(k)) * before
            return current if order else before
        args = [self.of(arg) for arg in node.args]
        function = FUNCTIONS[node.name]
        if function.series is not None:
            return args[0].each(function.series)
        if node.name in ("min", "max"):
            return reduce(lambda a, b: _chosen(a, b, node.name == "max"), args)
        if node.name == "clip":
            return _chosen(_chosen(args[0], args[1], True), args[2], False)
        return self._switched(node.name, args[0])

    def _switched(self, name: str, u: EndpointSeries) -> EndpointSeries:
        """A function that switches where its argument u vanishes."""
        value, branch = u.stripped().values(), FUNCTIONS[name].branch
        if branch is not None and (value > 0 or value < 0):
            return replace(self, values={"u": u}).of(branch(Var("u"), 1 if value > 0 else -1))
        ground, on_balls = u.without_shift(), ON_BALLS[name].value
        return values_only(ground, on_balls(ground.point.value), on_balls(ground.over.value))

    def holds(self, part: Condition, meets: Meets | None = None) -> bool | None:
        """Whether the condition is proved true, or false, everywhere on the cell (at an end: for u > 0)."""
        if isinstance(part, Logic):
            return kleene(part.op, self.holds(part.left, meets), self.holds(part.right, meets))
        return verdict(part.op, self.sign(part, meets))

    def sign(self, part: Compare, meets: Meets | None = None) -> int | None:
        """The sign of left - right all over the cell, or None; 0 only when both sides are exact."""
        if part.left == part.right:
            return 0
        try:
            left, right = self.of(part.left), self.of(part.right)
        except (NotIntegrable, Unresolved):
            if self.digits is not None:
                raise
            return None
        if (order := _infinite_order(left, right)) is not None:
            return order
        gap = left - right
        if self.blank.at_end and meets is not None and (times := meets(part)):
            gap = gap.vanishing(times)
        value = gap.stripped().values()
        if value.is_zero() and gap.over.value.is_zero():
            return 0
        if part.op in ("==", "!=") and self.agree is not None and value.contains(0):
            size = (
                left.without_shift().over.value.abs_lower().max(right.without_shift().over.value.abs_lower())
            )
            # Where both sides are 0 the goal is absolute.
            size = size.max(arb(10) ** -self.agree)
            return 0 if gap.shift >= 0 and value.abs_upper() <= size * arb(10) ** -self.agree else None
        return 1 if value > 0 else -1 if value < 0 else None


def verdict(op: str, sign: int | None) -> bool | None:
    """Whether ``left op right`` holds, from the sign of left - right."""
    return None if sign is None else COMPARES[op](sign, 0)


def _infinite_order(left: EndpointSeries, right: EndpointSeries) -> int | None:
    """The order of two numbers of which one is oo on the whole cell."""
    sizes = []
    for side in (left, right):
        value = side.over.value
        infinite = side.shift == 0 and not value.is_finite() and value.is_exact() and not value.is_nan()
        sizes.append((1 if value > 0 else -1) if infinite else 0 if value.is_finite() else None)
    if None in sizes or sizes == [0, 0]:
        return None
    a, b = cast(list[int], sizes)
    return (a > b) - (a < b)


def _chosen(a: EndpointSeries, b: EndpointSeries, larger: bool) -> EndpointSeries:
    gap = (a - b).stripped().values()
    if gap > 0 or gap < 0:
        return a if bool(gap > 0) == larger else b
    first, second = a.without_shift(), b.without_shift()

    def pick(x: arb, y: arb) -> arb:
        return x.max(y) if larger else x.min(y)

    return values_only(
        first, pick(first.point.value, second.point.value), pick(first.over.value, second.over.value)
    )


def fixed(value: arb, order: int) -> EndpointSeries:
    """A number on a cell that is a single point."""
    jet = series.constant(value, order)
    return EndpointSeries(0, jet, jet, arb(0))


__all__ = ["Constants", "Evaluator", "Meets", "fixed", "verdict"]
