"""Lowering a syntax tree to ball arithmetic: real balls, complex boxes, and real balls with a derivative.

Piecewise functions have two readings. On real balls they give the hull of every branch that the ball
meets, which is always true. On complex boxes they are refused: an integrand must first be split into
pieces on which it is analytic, so a kink that was missed fails loudly instead of giving a false ball.
"""

from __future__ import annotations

import operator
from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache, reduce
from typing import Any

from flint import acb, arb, fmpq

from ..link.tree import Bin, Call, Compare, Condition, Const, Neg, Node, Num, Var, Where, kleene
from .precision import exact, hull
from .symmetry import symmetry

Ball = Any  # arb, acb or Dual: one arithmetic, three kinds of number
Function = Callable[[Ball], Ball]


class NotAnalytic(ValueError):
    """A piecewise function met a complex box: the pieces were not resolved."""


@dataclass(frozen=True, slots=True)
class Dual:
    """A real ball and the ball of its derivative, for interval Newton steps."""

    value: arb
    slope: arb

    def __neg__(self) -> Dual:
        return Dual(-self.value, -self.slope)

    def __add__(self, other: Ball) -> Dual:
        b = _dual(other)
        return Dual(self.value + b.value, self.slope + b.slope)

    def __sub__(self, other: Ball) -> Dual:
        return self + -_dual(other)

    def __mul__(self, other: Ball) -> Dual:
        b = _dual(other)
        return Dual(self.value * b.value, self.value * b.slope + self.slope * b.value)

    def __truediv__(self, other: Ball) -> Dual:
        b = _dual(other)
        quotient = self.value / b.value
        return Dual(quotient, (self.slope - quotient * b.slope) / b.value)

    def __pow__(self, n: int) -> Dual:
        if n == 0:
            return _dual(arb(1))
        return Dual(_natural(self.value, n), _natural(self.value, n - 1) * n * self.slope)

    def chain(self, value: arb, derivative: arb) -> Dual:
        return Dual(value, derivative * self.slope)


def _dual(x: Ball) -> Dual:
    return x if isinstance(x, Dual) else Dual(x, arb(0))


def _lift(name: str, derivative: Callable[[arb, arb], arb]) -> Function:
    """The method ``name`` of a ball, extended to duals; ``derivative(x, f(x))`` is f'(x)."""

    def apply(x: Ball) -> Ball:
        if isinstance(x, Dual):
            value = getattr(x.value, name)()
            return x.chain(value, derivative(x.value, value))
        return getattr(x, name)()

    return apply


_exp = _lift("exp", lambda x, f: f)
_tanh = _lift("tanh", lambda x, f: 1 - f * f)
_erfc = _lift("erfc", lambda x, f: -2 * (-x * x).exp() / arb.pi().sqrt())


def _log(x: Ball) -> Ball:
    if isinstance(x, Dual):
        return x.chain(x.value.log(), 1 / x.value)
    return x.log(analytic=True) if isinstance(x, acb) else x.log()


def _sqrt(x: Ball) -> Ball:
    if isinstance(x, acb):
        return x.sqrt(analytic=True)
    if isinstance(x, Dual):
        root = _sqrt(x.value)
        return x.chain(root, 1 / (2 * root))
    # A radicand is never negative on the real line; only its ball may reach below zero.
    return x.nonnegative_part().sqrt()


def _atan(x: Ball) -> Ball:
    if isinstance(x, acb):
        # atan z = (log(1 + iz) - log(1 - iz))/(2i), whose cuts the flag can see.
        turned = acb(0, 1) * x
        return ((1 + turned).log(analytic=True) - (1 - turned).log(analytic=True)) * acb(0, arb(-1) / 2)
    if isinstance(x, Dual):
        return x.chain(x.value.atan(), 1 / (1 + _natural(x.value, 2)))
    return x.atan()


def _sigmoid(x: Ball) -> Ball:
    half = arb(1) / 2
    return _tanh(x * half) * half + half


def _softplus(x: Ball) -> Ball:
    if isinstance(x, arb) and x > 0:
        return x + ((-x).exp() + 1).log()
    return _log(_exp(x) + arb(1))


def _gelu(x: Ball) -> Ball:
    # Through erfc(-x), which keeps its relative accuracy where gelu is tiny.
    return x * _erfc(x * (-1 / arb(2).sqrt())) * (arb(1) / 2)


_ANALYTIC: dict[str, Function] = {
    "exp": _exp,
    "log": _log,
    "sqrt": _sqrt,
    "sin": _lift("sin", lambda x, f: x.cos()),
    "cos": _lift("cos", lambda x, f: -x.sin()),
    "tan": _lift("tan", lambda x, f: 1 + f * f),
    "sinh": _lift("sinh", lambda x, f: x.cosh()),
    "cosh": _lift("cosh", lambda x, f: x.sinh()),
    "tanh": _tanh,
    "atan": _atan,
    "erf": _lift("erf", lambda x, f: 2 * (-x * x).exp() / arb.pi().sqrt()),
    "sigmoid": _sigmoid,
    "softplus": _softplus,
    "gelu": _gelu,
}


#: Those of them that FLINT has as a method of both kinds of ball, meromorphic on the whole plane.
_MEROMORPHIC = ("exp", "sin", "cos", "tan", "sinh", "cosh", "tanh", "erf")
_OPERATIONS: dict[str, Callable[[Ball, Ball], Ball]] = {
    "+": operator.add,
    "-": operator.sub,
    "*": operator.mul,
    "/": operator.truediv,
}


#: f(-x) from x and f(x).
_MIRRORED: dict[str, Callable[[Ball, Ball], Ball]] = {
    "exp": lambda x, f: 1 / f,
    "sigmoid": lambda x, f: 1 - f,
    "softplus": lambda x, f: f - x,
    "gelu": lambda x, f: f - x,
}


def hermite_list(order: int, x: Ball) -> list[Ball]:
    """[He_0(x), ..., He_order(x)], the probabilists' Hermite polynomials, by their recurrence."""
    values = [_one(x), x]
    for k in range(1, order):
        values.append(x * values[k] - values[k - 1] * arb(k))
    return values[: order + 1]


def hermite(order: int, x: Ball) -> Ball:
    """He_order(x), the probabilists' Hermite polynomial."""
    return hermite_list(order, x)[order]


def _power(x: Ball, exponent: Fraction) -> Ball:
    if exponent.denominator == 1:
        n = int(exponent)
        power = x ** abs(n) if isinstance(x, Dual) else _natural(x, abs(n))
        return power if n >= 0 else _one(x) / power
    if isinstance(x, arb) and not x > 0:
        # Only a positive exponent reaches 0, where the power is 0 and increasing.
        top = x.upper()
        return hull(arb(0), (top.log() * exact(exponent)).exp()) if exponent > 0 and top > 0 else arb.nan()
    return _exp(_log(x) * exact(exponent))


#: Relative radius from which a power of a ball is taken through its ends.
_WIDE = 1e-6


def _natural(x: Ball, n: int) -> Ball:
    """x**n by squaring: FLINT's own power of a ball that holds zero is not a number.

    On a wide real ball the image comes from the ends, as the square of a ball may reach below zero.
    """
    if n > 1 and isinstance(x, arb) and not x.is_exact() and x.rad() > _WIDE * x.abs_upper():
        top = _natural(x.abs_upper(), n)
        if x.contains(0):
            return hull(arb(0) if n % 2 == 0 else -top, top)
        image = hull(_natural(x.abs_lower(), n), top)
        return image if n % 2 == 0 or x > 0 else -image
    result, square = arb(1), x
    while n:
        if n % 2:
            result = square * result
        n //= 2
        if n:
            square = square * square
    return result


def _one(x: Ball) -> Ball:
    return Dual(arb(1), arb(0)) if isinstance(x, Dual) else arb(1)


@lru_cache(maxsize=4096)
def compile_arb(tree: Node) -> Function:
    """The function of ``tree`` on arb, acb or Dual numbers, at the precision of each call.

    Raises NotAnalytic when a complex box or a Dual reaches a piecewise function.
    """
    if isinstance(tree, Var):
        return lambda x: x
    if isinstance(tree, Num):
        value = fmpq(tree.value.numerator, tree.value.denominator)
        return lambda x: arb(value)
    if isinstance(tree, Const):
        return lambda x: arb.pi() if tree.name == "pi" else arb.const_e()
    if isinstance(tree, Neg):
        inner = compile_arb(tree.arg)
        return lambda x: -inner(x)
    if isinstance(tree, Bin):
        return _binary(tree)
    if isinstance(tree, Where):
        return _where(tree)
    if tree.name == "He":
        order, argument = tree.args
        assert isinstance(order, Num)
        n, inner = int(order.value), compile_arb(argument)
        return lambda x: hermite(n, inner(x))
    args = [compile_arb(arg) for arg in tree.args]
    if tree.name in _ANALYTIC:
        function, inner = _ANALYTIC[tree.name], args[0]
        return lambda x: function(inner(x))
    piecewise = _PIECEWISE[tree.name]
    return lambda x: piecewise(*(_real(f(x)) for f in args))


def values(tree: Node, xs: list[Ball]) -> list[Ball]:
    """The function of ``tree`` at each of ``xs``, which are all arb or all acb: one pass over the tree."""
    if isinstance(tree, Var):
        return xs
    if isinstance(tree, Neg):
        return [-y for y in values(tree.arg, xs)]
    if isinstance(tree, Bin):
        if tree.op == "**" and isinstance(tree.right, Num):
            exponent = tree.right.value
            return [_power(y, exponent) for y in values(tree.left, xs)]
        if tree.op in _OPERATIONS:
            return list(map(_OPERATIONS[tree.op], values(tree.left, xs), values(tree.right, xs)))
    if isinstance(tree, Call) and tree.name in _ANALYTIC:
        inner = values(tree.args[0], xs)
        # FLINT's own method, where there is one that needs no care at a cut.
        plain = getattr(type(inner[0]), tree.name) if tree.name in _MEROMORPHIC else _ANALYTIC[tree.name]
        return list(map(plain, inner))
    if isinstance(tree, (Num, Const)):
        return [compile_arb(tree)(arb(0))] * len(xs)
    function = compile_arb(tree)
    return [function(x) for x in xs]


def both_sides(tree: Node, xs: list[Ball]) -> tuple[list[Ball], list[Ball]]:
    """The function of ``tree`` at ``xs`` and at their negatives; odd and even parts are computed once."""
    if sign := symmetry(tree):
        right = values(tree, xs)
        return right, right if sign > 0 else [-y for y in right]
    if isinstance(tree, Bin) and tree.op in _OPERATIONS:
        pairs = zip(both_sides(tree.left, xs), both_sides(tree.right, xs), strict=True)
        plus, minus = (list(map(_OPERATIONS[tree.op], a, b)) for a, b in pairs)
        return plus, minus
    # Not on boxes, where x and f(x) would vary apart.
    real = isinstance(xs[0], arb)
    if real and isinstance(tree, Call) and tree.name in _MIRRORED and symmetry(tree.args[0]) < 0:
        inner = values(tree.args[0], xs)
        right = list(map(_ANALYTIC[tree.name], inner))
        return right, list(map(_MIRRORED[tree.name], inner, right))
    return values(tree, xs), values(tree, [-x for x in xs])


def _binary(tree: Bin) -> Function:
    f = compile_arb(tree.left)
    if tree.op == "**" and isinstance(tree.right, Num):
        exponent = tree.right.value
        return lambda x: _power(f(x), exponent)
    g = compile_arb(tree.right)
    if tree.op == "+":
        return lambda x: _swapped(f(x), g(x), "__add__")
    if tree.op == "-":
        return lambda x: _swapped(f(x), -g(x), "__add__")
    if tree.op == "*":
        return lambda x: _swapped(f(x), g(x), "__mul__")
    if tree.op == "/":
        return lambda x: _dual(f(x)) / g(x) if isinstance(x, Dual) else f(x) / g(x)
    return lambda x: _exp(_swapped(g(x), _log(f(x)), "__mul__"))


def _swapped(a: Ball, b: Ball, operation: str) -> Ball:
    """a + b or a * b where either may be a Dual and the other a plain constant."""
    if isinstance(b, Dual) and not isinstance(a, Dual):
        a, b = b, a
    return a + b if operation == "__add__" else a * b


def _where(tree: Where) -> Function:
    then, other = compile_arb(tree.then), compile_arb(tree.other)

    def apply(x: Ball) -> Ball:
        truth = holds(tree.condition, _real(x))
        if truth is None:
            return hull(_real(then(x)), _real(other(x)))
        return then(x) if truth else other(x)

    return apply


def holds(condition: Condition, x: arb) -> bool | None:
    """Whether the condition is true (or false) on all of the real ball ``x``; None when undecided."""
    if isinstance(condition, Compare):
        gap = compile_arb(condition.left)(x) - compile_arb(condition.right)(x)
        if gap > 0:
            return condition.op in (">", ">=", "!=")
        if gap < 0:
            return condition.op in ("<", "<=", "!=")
        if gap.is_zero():
            return condition.op in ("<=", ">=", "==")
        return None
    return kleene(condition.op, holds(condition.left, x), holds(condition.right, x))


def _real(x: Ball) -> arb:
    if isinstance(x, arb):
        return x
    raise NotAnalytic("a piecewise function is not analytic on a box: split the line at its kinks first")


def _maximum(a: arb, b: arb) -> arb:
    return a.max(b)


def _minimum(a: arb, b: arb) -> arb:
    return a.min(b)


_PIECEWISE: dict[str, Callable[..., arb]] = {
    "abs": lambda x: x.abs_lower().union(x.abs_upper()),
    "sign": lambda x: x.sgn(),
    "Heaviside": lambda x: (x.sgn() + 1) / 2,
    "max": lambda *xs: reduce(_maximum, xs),
    "min": lambda *xs: reduce(_minimum, xs),
    "clip": lambda x, a, b: _minimum(_maximum(x, a), b),
    "relu": lambda x: x.max(arb(0)),
}
