"""Bounds on the value gap V(pi*) - V(pi_rhat) of a learned reward rhat = r* + Delta, with their constants.

With pi_u the policy of r* + u Delta and D >= osc(Delta):
gap = -t int_0^1 Cov_{pi_u}(r*, Delta) du, and dpi_u/dpi* <= e^{tuD}, so that
|gap| <= (e^{tD} - 1)/D sd_{pi*}(r*) sd_{pi*}(Delta).
"""

from __future__ import annotations

import sympy

from .exact.symbols import t

#: osc(Delta) and osc(r* - r_{a0}).
oscillation = sympy.Symbol("D", positive=True)
pilot_oscillation = sympy.Symbol("D_0", nonnegative=True)


def path_slope() -> tuple[sympy.Expr, sympy.Expr]:
    """d/du E_{pi_u} r* for abstract rewards, and t Cov_{pi_u}(r*, Delta), to be compared."""
    z = sympy.Symbol("z", real=True)
    u = sympy.Symbol("u", real=True)
    reward, delta = (sympy.Function(name, real=True)(z) for name in ("r", "Delta"))

    def mean(weight: sympy.Expr) -> sympy.Expr:
        mass = sympy.exp(t * (reward + u * delta) - z**2 / 2)
        return sympy.Integral(weight * mass, (z, -sympy.oo, sympy.oo))

    mass = mean(sympy.S.One)
    slope = sympy.diff(mean(reward) / mass, u)
    covariance = mean(reward * delta) / mass - mean(reward) * mean(delta) / mass**2
    return slope, t * covariance


def prefactor() -> sympy.Expr:
    """int_0^1 t e^{tuD} du = (e^{tD} - 1)/D: what multiplies the two standard deviations."""
    u = sympy.Symbol("u", real=True)
    return sympy.simplify(sympy.integrate(t * sympy.exp(t * u * oscillation), (u, 0, 1)))


def remainder_weight(x: sympy.Expr) -> sympy.Expr:
    """int_0^1 (1 - u) e^{ux} du, the weight of Delta^2 in Taylor's remainder of the gap, for x > 0."""
    u = sympy.Symbol("u", real=True)
    return sympy.simplify(sympy.integrate((1 - u) * sympy.exp(u * x), (u, 0, 1)))


def pilot_factor() -> sympy.Expr:
    """e^{t D_0/2}: sd_{pi*} <= e^{t D_0/2} sd_{pi_a0}, since dpi*/dpi_a0 <= e^{t osc(r* - r_a0)}."""
    return sympy.exp(t * pilot_oscillation / 2)
