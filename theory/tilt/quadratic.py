"""s = a z^2 + b z + c: after the tilt Z is N(bt/(1-2at), 1/(1-2at)), and h_k follows by a recurrence."""

from __future__ import annotations

import sympy

from ...link.tree import Node
from ..constants import sign
from ..hermite import polynomial
from ..symbols import t
from .form import ClosedForm


def closed_form(tree: Node) -> ClosedForm | None:
    """The family's form, or None when the link is not a polynomial of degree 2."""
    coefficients = polynomial(tree)
    if coefficients is None or len(coefficients) != 3:
        return None
    c, b, a = coefficients
    room = 1 - 2 * a * t
    mass = sympy.exp(c * t + b**2 * t**2 / (2 * room)) / sympy.sqrt(room)

    def numerator(k: int) -> sympy.Expr:
        """q_k with h_k = q_k mass/(1-2at)^k: q_{k+1} = bt q_k + 2at(1-2at) k q_{k-1}.

        For W of mean m and variance v, E He_{k+1}(W) = m E He_k(W) + (v - 1) k E He_{k-1}(W).
        """
        before, current = sympy.S.Zero, sympy.S.One
        for j in range(k):
            before, current = current, sympy.expand(b * t * current + 2 * a * t * room * j * before)
        return current

    def h(k: int) -> sympy.Expr:
        return sympy.factor(numerator(k)) * room ** (-k) * mass

    def alpha(k: int) -> sympy.Expr:
        q = numerator(k)
        # (q mass/room^k)' = mass/room^(k+2) [room^2 q' + q ((2k + 1) a room + room^2 log-slope of e^...)].
        exponent_slope = c * room**2 + b**2 * t * room + b**2 * a * t**2
        inner = sympy.expand(room**2 * sympy.diff(q, t) + q * ((2 * k + 1) * a * room + exponent_slope))
        return sympy.factor(inner) * room ** (-k - 2) * mass

    limit = 1 / (2 * a) if sign(a) == 1 else sympy.oo
    derivation = "completing the square: e^{ts} phi is a Gaussian density of variance 1/(1 - 2at)"
    return ClosedForm("quadratic", derivation, limit, h, alpha)
