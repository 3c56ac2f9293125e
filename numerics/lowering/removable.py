"""Exact facts of a node: the polynomial that it is, and its series where it has only a limit.

sin(z)/z or 1/tanh(z) - 1/z are analytic at 0, where their expressions have no value. There each node is a
power of u = z - z0 times a series whose leading coefficients are exact, so that common powers cancel.
"""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass, field
from fractions import Fraction
from functools import lru_cache
from typing import cast

from flint import acb, arb, ctx, fmpq, fmpq_poly

from ...link.build import combine
from ...link.domain import singular_points
from ...link.tree import Bin, Call, Compare, Condition, Const, Neg, Node, Num, Var, Where, by_sign, kleene
from ..precision import exact, horner, sign_of
from .balls import Ball
from .functions import FUNCTIONS
from .series import EndpointSeries, Series, constant, exp, log

#: Coefficients that are kept: a quotient may cancel a zero of nearly so high an order, seldom of a high one.
_TERMS = (2, 5, 12)


@lru_cache(maxsize=4096)
def polynomial(node: Node) -> fmpq_poly | None:
    """The polynomial with rational coefficients that ``node`` is, or None."""
    if isinstance(node, Var):
        return fmpq_poly([0, 1])
    if isinstance(node, Num):
        return fmpq_poly([fmpq(node.value.numerator, node.value.denominator)])
    if isinstance(node, Neg):
        inner = polynomial(node.arg)
        return None if inner is None else -inner
    if isinstance(node, Bin):
        return _polynomial_of(node)
    if isinstance(node, Call) and node.name == "He":
        order, inner = node.args[0], polynomial(node.args[1])
        if inner is None or not isinstance(order, Num):
            return None
        before, current = fmpq_poly([1]), inner
        for k in range(1, int(order.value)):
            before, current = current, inner * current - before * k
        return current if order.value else before
    return None


def _polynomial_of(node: Bin) -> fmpq_poly | None:
    left, right = polynomial(node.left), polynomial(node.right)
    if left is None or right is None:
        return None
    if node.op == "**":
        exponent = right[0] if right.degree() < 1 else None
        if exponent is None or exponent.q != 1 or exponent < 0:
            return None
        return left ** int(exponent.p)
    if node.op == "/":
        return left / right[0] if right.degree() == 0 else None
    return left + right if node.op == "+" else left - right if node.op == "-" else left * right


@dataclass(frozen=True, slots=True)
class _Place:
    """A finite ball or box as a key, at one precision: integrals ask for the same ones at every t."""

    key: Hashable
    x: Ball = field(compare=False)

    @classmethod
    def of(cls, x: arb | acb) -> _Place:
        parts = (x,) if isinstance(x, arb) else (x.real, x.imag)
        return cls((ctx.prec, *((part.mid().man_exp(), part.rad().man_exp()) for part in parts)), x)


def continued(tree: Node, x: arb | acb) -> Ball:
    """A link on a ball or box around one of its singular points; not a number where it is not analytic."""
    return _continued(tree, _Place.of(x)) if x.is_finite() else arb.nan()


@lru_cache(maxsize=4096)
def _continued(tree: Node, place: _Place) -> Ball:
    for point in singular_points(tree):
        away = place.x - exact(point)
        if acb(away).contains(acb(0)):
            tried = (_Beside(point, away, terms).of(tree).without_shift() for terms in _TERMS)
            return next((germ.over.value for germ in tried if germ.point.value.is_finite()), arb.nan())
    return arb.nan()


class _Beside:
    """The induction over the tree: series at the point, and over the cell of all u = z - z0."""

    def __init__(self, point: Fraction, cell: Ball, terms: int) -> None:
        self.point, self.cell, self.terms = fmpq(point.numerator, point.denominator), cell, terms
        nothing = constant(arb(0), terms)
        self.blank = EndpointSeries(0, nothing, nothing, cell, at_end=True)

    def of(self, node: Node) -> EndpointSeries:
        coefficients = polynomial(node)
        if coefficients is not None:
            return self.polynomial(coefficients(fmpq_poly([self.point, 1])))
        if isinstance(node, Const):
            return self.blank.same(arb.pi() if node.name == "pi" else arb.const_e())
        if isinstance(node, Neg):
            return -self.of(node.arg)
        if isinstance(node, Where):
            truth = self.truth(node.condition)
            return self.nothing if truth is None else self.of(node.then if truth else node.other)
        return self.binary(node) if isinstance(node, Bin) else self.call(cast(Call, node))

    @property
    def nothing(self) -> EndpointSeries:
        """Where the link is not shown to be analytic."""
        return self.blank.same(arb.nan())

    def sign(self, node: Node) -> int:
        """The sign of a node on the whole cell; 0 where it is not known, as on boxes."""
        value = self.of(node).without_shift().over.value
        return sign_of(value) if isinstance(value, arb) else 0

    def truth(self, condition: Condition) -> bool | None:
        if isinstance(condition, Compare):
            sign = self.sign(combine("-", condition.left, condition.right))
            return by_sign(condition.op, sign or None)
        return kleene(condition.op, self.truth(condition.left), self.truth(condition.right))

    def polynomial(self, p: fmpq_poly) -> EndpointSeries:
        """Its Taylor coefficients at u = 0, and over the cell."""
        point, over, factor = [], [], 1
        for j in range(self.terms + 1):
            point.append(arb(p[0]) / factor)
            over.append(horner([arb(c) for c in p.coeffs()], self.cell) / factor)
            p, factor = p.derivative(), factor * (j + 1)
        whole = EndpointSeries(0, Series(tuple(point)), Series(tuple(over)), self.cell, at_end=True)
        return whole.stripped()

    def binary(self, node: Bin) -> EndpointSeries:
        left = self.of(node.left)
        if node.op == "**" and isinstance(node.right, Num):
            power = node.right.value
            return left.power(int(power)) if power.denominator == 1 else left.fractional_power(power)
        right = self.of(node.right)
        if node.op == "**":
            return (right * left.each(log)).each(exp)
        if node.op in "+-":
            return (left + right if node.op == "+" else left - right).stripped()
        return left * right if node.op == "*" else left.stripped() / right

    def call(self, node: Call) -> EndpointSeries:
        if node.name == "He":
            order, u = cast(Num, node.args[0]), self.of(node.args[1])
            before, current = self.blank.same(arb(1)), u
            for k in range(1, int(order.value)):
                before, current = current, u * current - before * self.blank.same(arb(k))
            return current if order.value else before
        function = FUNCTIONS[node.name]
        if function.series is not None:
            return self.of(node.args[0]).each(function.series)
        sign = 0 if function.branch is None else self.sign(node.args[0])
        return self.of(function.branch(node.args[0], sign)) if function.branch and sign else self.nothing
