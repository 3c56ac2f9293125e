"""The closed forms of piecewise quadratic links, proved by differentiation.

With v = 1 - 2at, E = e^{ts} phi, y = (vz - bt)/sqrt(2v) and M = e^{ct + b^2t^2/(2v)}/(2 sqrt v), the function
F_k = (p_k M erf(y) - q_k E)/v^k is an antiderivative of He_k E when two identities hold:
p_k - dq_k/dz - q_k (bt - vz) = v^k He_k, and ct + b^2t^2/(2v) - y^2 = ts - z^2/2. Both are polynomial in
a, b, c, t, z (times v) and are checked there once for all links; h_k is then the sum of F_k over the ends.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

import sympy

from ..theory.exact.constants import is_zero
from ..theory.exact.hermite import hermite
from ..theory.exact.symbols import t, z
from ..theory.families.collected import Numbers
from ..theory.families.truncated import Quadratic, Recurrence, times_quadratic

_A, _B, _C = sympy.symbols("a b c", real=True)


@lru_cache(maxsize=64)
def antiderivative_parts(k: int) -> tuple[sympy.Expr, sympy.Expr]:
    """p_k and q_k in the symbols a, b, t and z. Raises ArithmeticError when they fail the identity."""
    numbers = Numbers((_A, _B, z))
    general = Quadratic(_A, _B, sympy.S.Zero, -sympy.oo, sympy.oo)
    p, q = (sympy.Mul(*numbers.factors(Recurrence(general, numbers, end)[k])) for end in (None, z))
    v = 1 - 2 * _A * t
    if sympy.expand(p - sympy.diff(q, z) - q * (_B * t - v * z) - v**k * _he(k)) != 0:
        raise ArithmeticError(f"F_{k} is no antiderivative of He_{k} e^(ts) phi")
    return p, q


@lru_cache(maxsize=1)
def completes_the_square() -> bool:
    """ct + b^2t^2/(2v) - y^2 = ts - z^2/2 in the symbols a, b, c, t, z."""
    v = 1 - 2 * _A * t
    left = _C * t + (_B**2 * t**2 - (v * z - _B * t) ** 2) / (2 * v)
    right = t * (_A * z**2 + _B * z + _C) - z**2 / 2
    return bool(sympy.expand(sympy.cancel((left - right) * 2 * v)) == 0)


def summed(pieces: Sequence[Quadratic], k: int, power: int) -> sympy.Expr:
    """E[s^power e^{ts} He_k], power 0 or 1, from F_j at the ends of the pieces, while 2at < 1 on each."""
    total = sympy.S.Zero
    for piece in pieces:
        for j, weight in (_weights(piece, k) if power else {k: sympy.S.One}).items():
            total += weight * (_at(piece, j, piece.high) - _at(piece, j, piece.low))
    return total


def _weights(piece: Quadratic, k: int) -> dict[int, sympy.Expr]:
    """s He_k in Hermite polynomials. Raises ArithmeticError when the identity fails."""
    found = times_quadratic(piece.a, piece.b, piece.c, sympy.S.One, k)
    s = piece.a * z**2 + piece.b * z + piece.c
    if sympy.expand(s * _he(k) - sum(weight * _he(j) for j, weight in found.items())) != 0:
        raise ArithmeticError(f"s He_{k} is expanded wrongly")
    return found


def _he(k: int) -> sympy.Expr:
    return hermite(k, z) if k else sympy.S.One


def _at(piece: Quadratic, k: int, end: sympy.Expr) -> sympy.Expr:
    """F_k at an end point."""
    p, q = antiderivative_parts(k)
    v = 1 - 2 * piece.a * t
    values = {_A: piece.a, _B: piece.b}
    height = sympy.exp(piece.c * t + sympy.expand(piece.b**2) / 2 * t**2 / v) / (2 * sympy.sqrt(v))
    if end.is_infinite:
        return p.subs(values) * height * sympy.sign(end) / v**k
    y = end * sympy.sqrt(v) / sympy.sqrt(2)
    if piece.b != 0:
        y = sympy.expand(v * end - piece.b * t) / (sympy.sqrt(2) * sympy.sqrt(v))
    value = sympy.expand(piece.a * end**2 + piece.b * end + piece.c)
    edge = sympy.exp(t * value - sympy.expand(end**2) / 2) / sympy.sqrt(2 * sympy.pi)
    return (p.subs(values) * height * sympy.erf(y) - q.subs({**values, z: end}) * edge) / v**k


def shown_to_vanish(expression: sympy.Expr) -> bool:
    """Whether the rational functions of t in front of every root, exponential and erf all cancel.

    False says only that this is not shown.
    """
    names: dict[sympy.Expr, sympy.Dummy] = {}

    def named(x: sympy.Expr) -> sympy.Expr:
        return names.setdefault(x, sympy.Dummy())

    def split(x: sympy.Expr) -> sympy.Expr:
        whole = sympy.floor(x.exp)
        return x.base**whole * named(x.base ** (x.exp - whole))

    def error_function(argument: sympy.Expr) -> sympy.Expr:
        # SymPy takes the sign out of an expanded argument in one and the same way.
        sign, inner = sympy.erf(sympy.expand(argument)).as_coeff_Mul()
        return sign * named(inner)

    rational = expression.replace(sympy.erf, error_function)
    rational = rational.replace(lambda x: isinstance(x, sympy.exp), named)
    rational = rational.replace(lambda x: x.is_Pow and x.has(t) and not x.exp.is_Rational, named)
    rational = rational.replace(lambda x: x.is_Pow and x.has(t) and not x.exp.is_Integer, split)
    numerator = sympy.expand(sympy.together(rational).as_numer_denom()[0])
    if numerator == 0:
        return True
    try:
        coefficients = sympy.Poly(numerator, t, *names.values()).coeffs()
    except sympy.PolynomialError:
        return False
    return all(is_zero(c) is True for c in coefficients)
