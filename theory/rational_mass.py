"""M(t) = E e^{ts} where e^{ts} phi is a rational function of z, as it can be at t = t_max.

s = z^2/2 - 2 log(1 + z^2) has t_max = 1, and e^s phi = (1 + z^2)^{-2}/sqrt(2 pi) there: M(1) = sqrt(pi/8).
"""

from __future__ import annotations

from math import prod

import sympy

from ..link.tree import Node
from .exact.constants import sign
from .exact.lower import lower
from .exact.symbols import z

#: Roots in radicals of higher degree lead nowhere.
_LARGEST_DEGREE = 8


def rational_mass(tree: Node, t: sympy.Rational) -> sympy.Expr | None:
    """M(t), oo where the integral diverges, or None where e^{ts} phi is not seen to be rational."""
    exponent = sympy.expand(t * lower(tree) - z**2 / 2)
    if exponent.is_polynomial(z) and sympy.degree(exponent, z) < 2:
        # The exponential of an affine function: z^2 at t = 1/2.
        return sympy.oo
    density = _rational(exponent)
    if density is None:
        return None
    top, bottom = (sympy.Poly(part, z) for part in sympy.fraction(sympy.cancel(density)))
    if bottom.degree() > _LARGEST_DEGREE or not all(c.is_Rational for c in (*top.coeffs(), *bottom.coeffs())):
        return None
    if bottom.degree() < top.degree() + 2 or bottom.count_roots() > 0:
        return sympy.oo
    roots = sympy.roots(bottom)
    if sum(roots.values()) < bottom.degree():
        return None
    upper = [root for root in roots if sign(sympy.im(root)) == 1]
    if 2 * sum(roots[root] for root in upper) != bottom.degree():
        return None
    # The integral over the line is 2 pi i times the residues above it.
    residues = sum((sympy.residue(top.as_expr() / bottom.as_expr(), z, root) for root in upper), sympy.S.Zero)
    return sympy.simplify(2 * sympy.pi * sympy.I * residues) / sympy.sqrt(2 * sympy.pi)


def _rational(exponent: sympy.Expr) -> sympy.Expr | None:
    """e^exponent for a sum of integer multiples of logarithms of polynomials with rational coefficients."""
    factors = []
    for term in sympy.Add.make_args(exponent):
        power, inner = term.as_coeff_Mul()
        if not isinstance(inner, sympy.log) or not power.is_Integer or not inner.args[0].is_polynomial(z):
            return None
        factors.append(inner.args[0] ** power)
    return prod(factors, start=sympy.S.One)
