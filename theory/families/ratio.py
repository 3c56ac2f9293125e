"""Shifted links in exact algebra: R = (log|h_{k*}|)' + K_e' where it is a rational function of t.

For s = a z^2 + b z + c with ab = 0, r = 1 - 2at and Gaussian noise of variance tau^2: h_{k*} is a multiple of
t r^{-3/2} e^{ct + b^2 t^2/2}, so

    R = 1/t + 3a/r + c + (b^2 + tau^2) t.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache

import sympy

from ...link.label import Noise
from ...link.tree import Node
from ..exact.constants import Undecided, compare, decided_sign
from ..exact.lower import rational
from ..exact.polynomial import polynomial, real_zeros
from ..exact.symbols import t


@dataclass(frozen=True, slots=True)
class RationalRatio:
    """R on (0, t_max) as a rational function of t, its critical points in increasing order, and its limit."""

    ratio: sympy.Expr
    critical: tuple[sympy.Expr, ...]
    t_max: sympy.Expr
    limit: sympy.Expr

    def level(self, at: sympy.Expr) -> sympy.Expr:
        return sympy.radsimp(sympy.expand(sympy.radsimp(self.ratio.subs(t, at))))

    def temperatures(self, level: sympy.Expr) -> tuple[sympy.Expr, ...]:
        """1/t for the roots t of R(t) = level, as expressions in ``level``; () if not solved."""
        top, _ = sympy.fraction(sympy.together(self.ratio - level))
        p = sympy.Poly(sympy.expand(top), t)
        if p.degree() > 2:
            return ()
        # In beta = 1/t: the coefficients in reverse.
        c = p.all_coeffs()
        if len(c) == 2:
            return (sympy.factor(-c[0] / c[1]),)
        root = sympy.sqrt(sympy.expand(c[1] ** 2 - 4 * c[0] * c[2]))
        return tuple((sympy.expand(-c[1]) + side * root) / sympy.expand(2 * c[2]) for side in (1, -1))


@lru_cache(maxsize=128)
def rational_ratio(tree: Node, noise: Noise) -> RationalRatio | None:
    """R of a polynomial link of degree 1 or 2 without noise or with Gaussian noise; None for others."""
    coefficients = polynomial(tree)
    if coefficients is None or len(coefficients) not in (2, 3) or noise.kind not in ("none", "gaussian"):
        return None
    c, b, a = (*coefficients, sympy.S.Zero)[:3]
    try:
        if decided_sign(a) and decided_sign(b):
            return None
        return _graph(
            c, b, a, sympy.Rational(str(noise.scale)) ** 2 if noise.kind == "gaussian" else sympy.S.Zero
        )
    except Undecided:
        return None


def _graph(c: sympy.Expr, b: sympy.Expr, a: sympy.Expr, extra: sympy.Expr) -> RationalRatio | None:
    r = 1 - 2 * a * t
    ratio = sympy.cancel(1 / t + 3 * a / r + c + b**2 * t + extra * t)
    t_max = 1 / (2 * a) if decided_sign(a) > 0 else sympy.oo
    slope = sympy.Poly(sympy.fraction(sympy.cancel(sympy.diff(ratio, t)))[0], t)
    zeros = real_zeros(tuple(reversed(slope.all_coeffs())))
    if zeros is None:
        return None
    inside = tuple(x for x in zeros if decided_sign(x) > 0 and compare(x, t_max) < 0)
    # Beyond the last critical point R is monotone, so that it has a limit.
    limit = sympy.oo if t_max is not sympy.oo else sympy.limit(ratio, t, sympy.oo)
    return RationalRatio(ratio, inside, t_max, limit)


def inverse(
    level: sympy.Expr, scale: tuple[Fraction, Fraction], shift: tuple[Fraction, Fraction]
) -> sympy.Expr | None:
    """The p with -(B_0 + B_1 p)/(A_0 + A_1 p) = level; None where no p has it."""
    (a0, a1), (b0, b1) = (tuple(rational(x) for x in pair) for pair in (scale, shift))
    bottom = b1 + level * a1
    return None if bottom == 0 else sympy.radsimp(-(b0 + level * a0) / bottom)
