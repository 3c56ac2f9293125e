"""The closed form of a family: h_k and alpha_k as expressions in t, or as series with a bound of the rest."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import sympy

from ..exact import t


@dataclass(frozen=True)
class ClosedForm:
    """h_k(t) = E[e^{ts} He_k] for every k >= 0, with alpha_k = h_k'.

    family: its name. derivation: how the form comes about, in words. t_max: the form holds on (0, t_max).
    _alpha(k, r): alpha_k + r t h_k for a rational r, which is what Gaussian noise of variance r makes of it.
    _centered: h_0 (h_k/h_0)' where the family writes it shorter than alpha_k - h_k alpha_0/h_0.
    general: h_k in the symbol ``symbols.order``, where one expression holds for every k.
    A form may be a Piecewise in t with isolated values where 2at = 1; its value there is exact, its
    SymPy derivative there is not (``alpha`` is).
    """

    family: str
    derivation: str
    t_max: sympy.Expr
    _h: Callable[[int], sympy.Expr]
    _alpha: Callable[[int, sympy.Rational], sympy.Expr]
    general: sympy.Expr | None = None
    _centered: Callable[[int], sympy.Expr] | None = None
    _seen: dict[tuple[str, int, sympy.Expr], sympy.Expr] = field(
        default_factory=dict, compare=False, repr=False
    )

    def h(self, k: int) -> sympy.Expr:
        """E[e^{ts} He_k] as an expression in t."""
        return self._kept("h", k, sympy.S.Zero, lambda: self._h(k))

    def alpha(self, k: int, variance: sympy.Rational = sympy.S.Zero) -> sympy.Expr:
        """E[s e^{ts} He_k] = h_k'(t) as an expression in t, plus variance * t * h_k."""
        return self._kept("alpha", k, variance, lambda: self._alpha(k, variance))

    def centered(self, k: int) -> sympy.Expr:
        """E[(s - K') e^{ts} He_k] = h_0 (h_k/h_0)' as an expression in t."""
        return self._kept("centered", k, sympy.S.Zero, lambda: self._about_the_mean(k))

    def _about_the_mean(self, k: int) -> sympy.Expr:
        if k == 0 or self.h(k) == 0:
            return sympy.S.Zero
        if self._centered is not None:
            return self._centered(k)
        mean = sympy.factor_terms(self.alpha(0)) / sympy.factor_terms(self.h(0))
        return self.alpha(k) - self.h(k) * mean

    def _kept(self, name: str, k: int, variance: sympy.Expr, derive: Callable[[], sympy.Expr]) -> sympy.Expr:
        if k < 0:
            raise ValueError(f"the order k = {k} is negative: Hermite polynomials start at 0")
        if (name, k, variance) not in self._seen:
            self._seen[name, k, variance] = derive()
        return self._seen[name, k, variance]


def plus_noise(h: sympy.Expr, alpha: sympy.Expr, variance: sympy.Rational) -> sympy.Expr:
    """alpha_k + variance * t * h_k, for families that write it so."""
    return alpha + variance * t * h if variance else alpha


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
            expansion: Expansion = self.h(k).stretched(c) * growth
            return expansion

        def alpha(k: int) -> Expansion:
            slope: Expansion = self.alpha(k).stretched(c) * (c * growth)
            if d != 0:
                slope += self.h(k).stretched(c) * (d * growth)
            return slope

        return SeriesForm(self.family, self.derivation, h, alpha)
