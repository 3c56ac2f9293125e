"""The cumulant generating functions K_e(t) = log E e^{te} of the noise laws, exact."""

from __future__ import annotations

import sympy

from ...link.noise import Noise
from ..exact.lower import rational
from ..exact.symbols import t


def noise_cumulants(noise: Noise) -> sympy.Expr:
    """K_e as an expression in t > 0; every law here has all exponential moments.

    gaussian(tau): tau^2 t^2/2; uniform(a): log(sinh(at)/(at)); rademacher(a): log cosh(at).
    """
    scale = rational(noise.scale)
    if noise.kind == "gaussian":
        return scale**2 * t**2 / 2
    if noise.kind == "uniform":
        return sympy.log(sympy.sinh(scale * t) / (scale * t))
    if noise.kind == "rademacher":
        return sympy.log(sympy.cosh(scale * t))
    return sympy.S.Zero
