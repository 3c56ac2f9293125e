"""What a family hands out: h_k and alpha_k as expressions in t."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import sympy

from ..exact.symbols import t


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
