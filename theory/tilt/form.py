"""What a family hands out: h_k and alpha_k as expressions in t."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import sympy


@dataclass(frozen=True)
class ClosedForm:
    """h_k(t) = E[e^{ts} He_k] for every k >= 0, with alpha_k = h_k'.

    family: its name. derivation: how the form comes about, in words. t_max: the form holds on (0, t_max).
    general: h_k in the symbol ``symbols.order``, where one expression holds for every k.
    A form may be a Piecewise in t with isolated values where 2at = 1; its value there is exact, its
    SymPy derivative there is not (``alpha`` is).
    """

    family: str
    derivation: str
    t_max: sympy.Expr
    _h: Callable[[int], sympy.Expr]
    _alpha: Callable[[int], sympy.Expr]
    general: sympy.Expr | None = None
    _seen: dict[tuple[str, int], sympy.Expr] = field(default_factory=dict, compare=False, repr=False)

    def h(self, k: int) -> sympy.Expr:
        """E[e^{ts} He_k] as an expression in t."""
        return self._kept("h", k, self._h)

    def alpha(self, k: int) -> sympy.Expr:
        """E[s e^{ts} He_k] = h_k'(t) as an expression in t."""
        return self._kept("alpha", k, self._alpha)

    def _kept(self, name: str, k: int, derive: Callable[[int], sympy.Expr]) -> sympy.Expr:
        if k < 0:
            raise ValueError(f"the order k = {k} is negative: Hermite polynomials start at 0")
        if (name, k) not in self._seen:
            self._seen[name, k] = derive(k)
        return self._seen[name, k]
