"""s = a z^2 + b z + c: after the tilt Z is N(bt/(1-2at), 1/(1-2at)), and h_k follows by a recurrence."""

from __future__ import annotations

import sympy

from ...link.tree import Node
from ..exact.constants import sign
from ..exact.polynomial import polynomial
from ..exact.symbols import t
from .form import ClosedForm
from .normal_forms import factored


def closed_form(tree: Node) -> ClosedForm | None:
    """The family's form, or None when the link is not a polynomial of degree 2."""
    coefficients = polynomial(tree)
    if coefficients is None or len(coefficients) != 3:
        return None
    c, b, a = coefficients
    room = 1 - 2 * a * t
    mass = sympy.exp(c * t + b**2 * t**2 / (2 * room)) / sympy.sqrt(room)
    even = b == 0

    def numerator(k: int) -> tuple[sympy.Expr, int]:
        """q and p with h_k = q mass/(1-2at)^p in lowest terms.

        For W of mean m and variance v, E He_{k+1}(W) = m E He_k(W) + (v - 1) k E He_{k-1}(W); hence
        q_{k+1} = bt q_k + 2at(1-2at) k q_{k-1} over (1-2at)^k, and for b = 0 half of these powers cancel.
        """
        if even:
            return (sympy.S.Zero if k % 2 else sympy.factorial2(k - 1) * (2 * a * t) ** (k // 2)), k // 2
        before, current = sympy.S.Zero, sympy.S.One
        for j in range(k):
            before, current = current, sympy.expand(b * t * current + 2 * a * t * room * j * before)
        return current, k

    def h(k: int) -> sympy.Expr:
        q, p = numerator(k)
        return factored(q, room ** (-p), mass)

    def alpha(k: int, variance: sympy.Rational) -> sympy.Expr:
        q, p = numerator(k)
        growth = c + variance * t
        if even:
            # (q mass/room^p)' = mass/room^(p+1) [room q' + q ((2p + 1) a + room growth)].
            inner = room * sympy.diff(q, t) + q * ((2 * p + 1) * a + room * growth)
            return factored(sympy.expand(inner), room ** (-p - 1), mass)
        # (q mass/room^p)' = mass/room^(p+2) [room^2 q' + q ((2p + 1) a room + room^2 log-slope of e^...)].
        slope = growth * room**2 + b**2 * t * room + b**2 * a * t**2
        inner = sympy.expand(room**2 * sympy.diff(q, t) + q * ((2 * p + 1) * a * room + slope))
        return factored(inner, room ** (-p - 2), mass)

    def centered(k: int) -> sympy.Expr:
        q, p = numerator(k)
        inner = sympy.expand(room * sympy.diff(q, t) + 2 * a * p * q)
        return factored(inner, room ** (-p - 1), mass)

    limit = 1 / (2 * a) if sign(a) == 1 else sympy.oo
    derivation = "completing the square: e^{ts} phi is a Gaussian density of variance 1/(1 - 2at)"
    return ClosedForm("quadratic", derivation, limit, h, alpha, None, centered)
