"""Coefficients that are convergent series in t with an explicit bound of what is left out."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import sympy

from ..exact.symbols import t

#: The index of the general term of a series.
n = sympy.Symbol("n", integer=True, nonnegative=True)


@dataclass(frozen=True, slots=True)
class Remainder:
    """The terms left out sum to at most first/(1 - ratio) in absolute value wherever ratio < 1.

    Both are expressions in t: |term_{N+j}| <= first * ratio^j for every j >= 0.
    """

    first: sympy.Expr
    ratio: sympy.Expr


@dataclass(frozen=True, slots=True)
class Expansion:
    """sum over n >= 0 of term(n), for every real t.

    term(n): the n-th term, an expression in t. remainder(N): bounds the terms from the N-th on.
    total: the same as an unevaluated SymPy sum.
    """

    total: sympy.Expr
    term: Callable[[int], sympy.Expr]
    remainder: Callable[[int], Remainder]

    def __mul__(self, factor: sympy.Expr) -> Expansion:
        """The expansion times an expression in t."""

        def remainder(start: int) -> Remainder:
            rest = self.remainder(start)
            return Remainder(sympy.Abs(factor) * rest.first, rest.ratio)

        return Expansion(factor * self.total, lambda j: factor * self.term(j), remainder)

    def __add__(self, other: Expansion) -> Expansion:
        def remainder(start: int) -> Remainder:
            a, b = self.remainder(start), other.remainder(start)
            return Remainder(a.first + b.first, sympy.Max(a.ratio, b.ratio))

        return Expansion(self.total + other.total, lambda j: self.term(j) + other.term(j), remainder)

    def stretched(self, c: sympy.Expr) -> Expansion:
        """The expansion at ct in place of t; c may be negative."""

        def remainder(start: int) -> Remainder:
            rest = self.remainder(start)
            return Remainder(rest.first.subs(t, sympy.Abs(c) * t), rest.ratio.subs(t, sympy.Abs(c) * t))

        return Expansion(
            self.total.subs(t, c * t), lambda j: sympy.sympify(self.term(j)).subs(t, c * t), remainder
        )


@dataclass(frozen=True)
class SeriesForm:
    """h_k(t) = E[e^{ts} He_k] and alpha_k = h_k' as series, for every k >= 0 and every t > 0.

    family: its name. derivation: how the series comes about, in words.
    """

    family: str
    derivation: str
    h: Callable[[int], Expansion]
    alpha: Callable[[int], Expansion]

    def image(self, c: sympy.Expr, d: sympy.Expr) -> SeriesForm:
        """The form of c s + d: h_k(t) becomes e^{dt} h_k(ct)."""
        if c == 1 and d == 0:
            return self
        growth = sympy.exp(d * t)

        def h(k: int) -> Expansion:
            found: Expansion = self.h(k).stretched(c) * growth
            return found

        def alpha(k: int) -> Expansion:
            slope: Expansion = self.alpha(k).stretched(c) * (c * growth)
            if d != 0:
                slope += self.h(k).stretched(c) * (d * growth)
            return slope

        return SeriesForm(self.family, self.derivation, h, alpha)
