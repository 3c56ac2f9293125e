"""Polynomials of degree 1 and 2: after the tilt Z is Gaussian again."""

import sympy

from ...link.tree import Node
from ..exact import order, t
from ..exact.constants import sign
from ..exact.polynomial import polynomial
from .form import ClosedForm
from .printing import factored, primitive


def closed_form(tree: Node) -> ClosedForm | None:
    """The form of a polynomial of degree 1 or 2, or None for another link."""
    coefficients = polynomial(tree) or ()
    if len(coefficients) == 2:
        return _affine(*coefficients)
    return _quadratic(*coefficients) if len(coefficients) == 3 else None


def _affine(b: sympy.Expr, a: sympy.Expr) -> ClosedForm:
    """az + b: the tilt shifts the Gaussian, h_k = (at)^k e^{bt + a^2 t^2/2}."""
    mass = sympy.exp(b * t + a**2 * t**2 / 2)

    def h(k: int) -> sympy.Expr:
        return (a * t) ** k * mass

    def alpha(k: int, variance: sympy.Rational) -> sympy.Expr:
        # d/dt of t^k e^{bt + a^2 t^2/2}.
        slope = sympy.expand(b * t + (a**2 + variance) * t**2 + k)
        return primitive(slope, a**k, t ** (k - 1), mass) if k else sympy.expand(slope / t) * mass

    def centered(k: int) -> sympy.Expr:
        return k * a**k * t ** (k - 1) * mass

    derivation = "E[e^{atZ} He_k] = (at)^k e^{a^2 t^2/2}, the generating function of the Hermite polynomials"
    return ClosedForm("affine", derivation, sympy.oo, h, alpha, (a * t) ** order * mass, centered)


def _quadratic(c: sympy.Expr, b: sympy.Expr, a: sympy.Expr) -> ClosedForm:
    """az^2 + bz + c: after the tilt Z is N(bt/(1-2at), 1/(1-2at)), and h_k follows by a recurrence."""
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
