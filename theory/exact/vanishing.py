"""Numbers that are exactly 0, however they are written.

An expression in rationals and real roots is decided by a separation bound: it is U/L with algebraic integers
of a field of degree at most D, the product of the orders of its distinct roots. Every conjugate of U is at
most u in size, and the norm of a nonzero algebraic integer is at least 1: so U = 0 or |U| >= u^(1-D), and
the value is 0 or at least u^(1-D)/l in size, |L| <= l (Burnikel, Funke, Mehlhorn, Schirra, Schmitt 2009).

Anything else is a rational function of its transcendental parts, equal parts named alike by their values; it
is 0 when every coefficient of the numerator is. What this does not show to be 0 need not differ from 0.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import NamedTuple

import sympy
from flint import arb

#: An enclosure of an exact number at so many bits. Raises ArithmeticError where it has none.
Ball = Callable[[sympy.Expr, int], arb]
#: Whether two numbers are equal: False also where it is not decided.
Equal = Callable[[sympy.Expr, sympy.Expr], bool]
#: Beyond this precision a separation bound is not reached for, nor is a longer expression sorted out.
_MOST_BITS, _LONGEST = 40_000, 200
_ODD = (sympy.erf, sympy.atan, sympy.sin, sympy.sinh, sympy.tan, sympy.tanh)


class _Size(NamedTuple):
    """log2 of the bounds u and l of U and L."""

    u: float
    l: float  # noqa: E741 - the letter of the bound


def radical_sign(number: sympy.Expr, ball: Ball) -> int | None:
    """The sign of an expression in rationals and real roots; None for any other, or beyond the precision."""
    roots: dict[sympy.Expr, int] = {}
    size = _size(number, roots)
    if size is None:
        return None
    bits = math.ceil((math.prod(roots.values()) - 1) * size.u + size.l) + 1
    if bits > _MOST_BITS:
        return None
    try:
        value = ball(number, bits + math.ceil(size.u + size.l) + 64)
    except ArithmeticError:
        return None
    if not value.contains(0):
        return 1 if value > 0 else -1
    return 0 if value.abs_upper() < arb(2) ** -bits else None


def _size(number: sympy.Expr, roots: dict[sympy.Expr, int]) -> _Size | None:
    """The bounds; the orders of the roots that occur are entered in ``roots``."""
    if number.is_Rational:
        # (n - 1).bit_length() is log2(n), rounded up.
        return _Size(
            float(max(abs(int(number.p)) - 1, 0).bit_length()), float((int(number.q) - 1).bit_length())
        )
    if number.is_Add or number.is_Mul:
        parts = [_size(arg, roots) for arg in number.args]
        known = [part for part in parts if part is not None]
        if len(known) < len(parts):
            return None
        bottom = sum(part.l for part in known)
        if number.is_Mul:
            return _Size(sum(part.u for part in known), bottom)
        # U = sum of U_i prod_{j != i} L_j.
        return _Size(math.log2(len(known)) + max(0.0, *(part.u - part.l + bottom for part in known)), bottom)
    if not number.is_Pow or not number.exp.is_Rational:
        return None
    inner, power, order = _size(number.base, roots), abs(int(number.exp.p)), int(number.exp.q)
    if inner is None:
        return None
    size = _Size(power * inner.u, power * inner.l)
    if order > 1:
        # (U/L)^{1/q} = (U L^{q-1})^{1/q}/L.
        roots[sympy.Pow(number.base, sympy.Rational(1, order))] = order
        size = _Size((size.u + (order - 1) * size.l) / order, size.l)
    return size if number.exp.is_positive else _Size(size.l, size.u)


def vanishes(number: sympy.Expr, equal: Equal, is_radical_zero: Callable[[sympy.Expr], bool]) -> bool:
    """Whether the number is shown to be 0 through its transcendental parts."""
    if sympy.count_ops(number) > _LONGEST:
        return False
    expanded = sympy.expand(number)
    if _logarithms_cancel(expanded, is_radical_zero):
        return True
    parts = _Parts(equal)
    numerator = sympy.fraction(sympy.together(parts.named(expanded)))[0]
    if not parts.symbols:
        return False
    coefficients = sympy.Poly(sympy.expand(numerator), *parts.symbols).coeffs()
    return all(is_radical_zero(c) for c in coefficients)


def _logarithms_cancel(expanded: sympy.Expr, is_radical_zero: Callable[[sympy.Expr], bool]) -> bool:
    """sum of q_j log(a_j), q_j rational, is 0 exactly when the product of the a_j^{n q_j} is 1."""
    weights: list[tuple[sympy.Rational, sympy.Expr]] = []
    for term in sympy.Add.make_args(expanded):
        weight, inner = term.as_coeff_Mul()
        if not weight.is_Rational or not isinstance(inner, sympy.log):
            return False
        weights.append((weight, inner.args[0]))
    bottom = math.lcm(*(int(weight.q) for weight, _ in weights))
    product = sympy.Mul(*(a ** (weight * bottom) for weight, a in weights))
    return is_radical_zero(product - 1)


class _Parts:
    """The transcendental parts of one number, each named by a symbol: equal ones share it."""

    def __init__(self, equal: Equal) -> None:
        self._equal = equal
        self._known: list[tuple[object, sympy.Expr, sympy.Symbol]] = []

    @property
    def symbols(self) -> list[sympy.Symbol]:
        return [symbol for _, _, symbol in self._known]

    def named(self, number: sympy.Expr) -> sympy.Expr:
        """The number with its transcendental parts replaced."""
        if number.is_Rational:
            return number
        if number.is_Add or number.is_Mul:
            return number.func(*map(self.named, number.args))
        if isinstance(number, sympy.exp):
            return self._name(sympy.exp, number.args[0])
        if number.is_Pow:
            if number.exp.is_Integer:
                return self.named(number.base) ** number.exp
            if number.exp.is_Rational:
                return number if _size(number.base, {}) is not None else self._power(number)
        if isinstance(number, sympy.log) and number.args[0].is_Rational:
            return self._of_primes(number.args[0])
        if len(number.args) == 1:
            return self._name(number.func, number.args[0])
        return self._name(None, number)

    def _of_primes(self, value: sympy.Rational) -> sympy.Expr:
        """log of a rational number through those of primes."""
        found = sympy.factorint(value.p, limit=10_000), sympy.factorint(value.q, limit=10_000)
        terms = [
            side * power * self._name(sympy.log, sympy.Integer(prime))
            for side, factors in zip((1, -1), found, strict=True)
            for prime, power in factors.items()
        ]
        return sympy.Add(*terms)

    def _power(self, number: sympy.Expr) -> sympy.Expr:
        """A root of a transcendental number."""
        order = int(number.exp.q)
        return self._name(("root", order), number.base) ** int(number.exp.p)

    def _name(self, kind: object, argument: sympy.Expr) -> sympy.Expr:
        for known, other, symbol in self._known:
            if known == kind and (argument == other or self._equal(argument, other)):
                return symbol
            if known == kind and kind in _ODD and self._equal(argument, -other):
                return -symbol
        symbol = sympy.Dummy()
        self._known.append((kind, argument, symbol))
        return symbol
