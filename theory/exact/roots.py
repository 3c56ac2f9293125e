"""Exact real zeros of polynomials, where they can be written down."""

from __future__ import annotations

import sympy
from flint import fmpq, fmpq_poly

from .constants import Undecided, decided_sign, increasing, is_zero
from .polynomial import Coefficients


def real_zeros(coefficients: Coefficients) -> list[sympy.Expr] | None:
    """The distinct real zeros in increasing order, exact; None when they are not solvable here.

    Rational polynomials are factored; what remains must have degree at most 2, or be a polynomial of
    degree at most 2 in z^2. The zero polynomial and nonzero constants have no isolated zeros.
    """
    if len(coefficients) <= 1:
        return []
    try:
        found: list[sympy.Expr] = []
        for factor in _factors(coefficients):
            zeros = _solve(factor)
            if zeros is None:
                return None
            found += zeros
        return increasing(found)
    except Undecided:
        return None


def _factors(coefficients: Coefficients) -> list[Coefficients]:
    factors: list[Coefficients] = []
    lowest = next(j for j, c in enumerate(coefficients) if is_zero(c) is not True)
    if lowest:
        factors.append((sympy.S.Zero, sympy.S.One))
    rest = coefficients[lowest:]
    if all(c.is_Rational for c in rest):
        _, parts = fmpq_poly([fmpq(int(c.p), int(c.q)) for c in rest]).factor()
        return factors + [
            tuple(sympy.Rational(int(c.p), int(c.q)) for c in part.coeffs()) for part, _ in parts
        ]
    return [*factors, rest]


def _solve(c: Coefficients) -> list[sympy.Expr] | None:
    if len(c) == 1:
        return []
    if len(c) == 2:
        return [-c[0] / c[1]]
    if len(c) == 3:
        return _quadratic(c)
    if len(c) == 5 and is_zero(c[1]) and is_zero(c[3]):
        squares = _quadratic((c[0], c[2], c[4]))
        roots = []
        for square in squares:
            if decided_sign(square) >= 0:
                root = sympy.sqrt(sympy.sqrtdenest(square))
                roots += [root, -root]
        return roots
    return None


def _quadratic(c: Coefficients) -> list[sympy.Expr]:
    discriminant = sympy.expand(c[1] ** 2 - 4 * c[0] * c[2])
    sign = decided_sign(discriminant)
    if sign < 0:
        return []
    root = sympy.sqrt(discriminant)
    return [sympy.radsimp((-c[1] + side * root) / (2 * c[2])) for side in ((-1, 1) if sign else (1,))]
