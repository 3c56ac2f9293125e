"""s = a z + b: the tilt shifts the Gaussian, h_k = (at)^k e^{bt + a^2 t^2/2}."""

from __future__ import annotations

import sympy

from ...link.tree import Node
from ..exact.polynomial import polynomial
from ..exact.symbols import order, t
from .form import ClosedForm
from .normal_forms import primitive


def closed_form(tree: Node) -> ClosedForm | None:
    """The family's form, or None when the link is not affine with a nonzero slope."""
    coefficients = polynomial(tree)
    if coefficients is None or len(coefficients) != 2:
        return None
    b, a = coefficients
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
