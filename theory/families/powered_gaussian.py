"""s = A z^m e^{-c z^2}: the moment series in t, whose terms are closed in the symbolic power.

h_k = sum_i t^i/i! E[s^i He_k], alpha_k = sum_i t^i/i! E[s^{i+1} He_k]; the moments are those of
``shape.powered_gaussian``, and |E[s^i He_k]| <= B^i sqrt(k!) with B = sup|s| = |A| (m/(2ce))^{m/2}.
"""

from __future__ import annotations

import sympy

from ...link.tree import Node
from ..exact.normal_form import affine_image
from ..exact.symbols import t
from ..shape.powered_gaussian import PoweredGaussian, bell
from .form import Expansion, Remainder, SeriesForm, n


def series_form(tree: Node) -> SeriesForm | None:
    """The family's form of A z^m e^{-c z^2} + d with m >= 0 and c > 0, or None for another link."""
    scale, d, core = affine_image(tree)
    bump = bell(core)
    if bump is None:
        return None
    moments = _Moments(PoweredGaussian(scale * bump.factor, bump.m, bump.c))
    derivation = "sum of t^i/i! E[s^i He_k], each a Gaussian moment of variance 1/(1 + 2ci)"
    return SeriesForm(
        "powered Gaussian", derivation, lambda k: moments.expansion(k, 0), lambda k: moments.expansion(k, 1)
    ).image(sympy.S.One, d)


class _Moments:
    """The moment series of one link; ``shift`` 0 is h_k, 1 is alpha_k."""

    def __init__(self, link: PoweredGaussian) -> None:
        self._link = link
        peak = sympy.Rational(link.m, 2) / link.c
        self._bound = sympy.Abs(link.factor) * (peak / sympy.E) ** sympy.Rational(link.m, 2)

    def expansion(self, k: int, shift: int) -> Expansion:
        def term(i: int) -> sympy.Expr:
            return t**i / sympy.factorial(i) * self._link.moment(i + shift, k)

        def remainder(start: int) -> Remainder:
            if self._vanishes(k):
                return Remainder(sympy.S.Zero, sympy.S.Zero)
            reach = t * self._bound
            first = sympy.sqrt(sympy.factorial(k)) * self._bound**shift * reach**start
            return Remainder(first / sympy.factorial(start), reach / (start + 1))

        return Expansion(self._total(k, shift), term, remainder)

    def _vanishes(self, k: int) -> bool:
        return self._link.m % 2 == 0 and k % 2 == 1

    def _total(self, k: int, shift: int) -> sympy.Expr:
        if self._vanishes(k):
            return sympy.S.Zero
        # An odd link has only the powers i of the parity of k.
        power = n if self._link.m % 2 == 0 else 2 * n + (k + shift) % 2
        moment = self._link.general(k, power + shift)
        if moment == 0:
            return sympy.S.Zero
        return sympy.Sum(t**power / sympy.factorial(power) * moment, (n, 0, sympy.oo))
