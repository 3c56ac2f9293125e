"""The tilted policy pi* of density e^{ts} phi/M in exact algebra: everything follows from K = log M.

Each quantity is a function of K alone, so it is derived once for any link and then specialised to the
families whose M = h_0 has a closed form.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from math import prod

import sympy

from ..link.label import NOISELESS, Noise
from ..link.tree import Node
from .exact import t, z
from .exact.constants import sign
from .exact.lower import lower
from .exact.polynomial import polynomial
from .families import ClosedForm, closed_form
from .signal import cumulant

#: A reward of which nothing is known, for derivations that hold for every link.
abstract_reward = sympy.Function("s", real=True)(z)


def abstract_moment(power: int) -> sympy.Expr:
    """E[s^power e^{ts}] as an unevaluated integral, for ``abstract_reward``."""
    density = sympy.exp(-(z**2) / 2) / sympy.sqrt(2 * sympy.pi)
    weighted = abstract_reward**power * sympy.exp(t * abstract_reward) * density
    return sympy.Integral(weighted, (z, -sympy.oo, sympy.oo))


def on_the_line(expression: sympy.Expr) -> sympy.Expr:
    """An expression in abstract moments for s(z) = z, where E[z^j e^{tz}] = (d/dt)^j e^{t^2/2}."""

    def moment(integrand: sympy.Expr, _: sympy.Tuple) -> sympy.Expr:
        density = sympy.exp(t * z - z**2 / 2)
        powers = sympy.Poly(sympy.powsimp(integrand.subs(abstract_reward, z) / density), z)
        root = sympy.sqrt(2 * sympy.pi)
        return sum(root * c * sympy.diff(sympy.exp(t**2 / 2), t, j) for (j,), c in powers.terms())

    return expression.replace(sympy.Integral, moment).subs(abstract_reward, z)


@dataclass(frozen=True, slots=True)
class PolicyForms:
    """The tilted policy as expressions in t = 1/beta.

    log_partition K; value V = K'; kl = tK' - K; objective J = K/t; variance K''; chi2 = e^{K(2t)-2K(t)} - 1;
    ess_ratio = e^{2K_y(t)-K_y(2t)} with K_y = K + K_e. The last two hold for 2t < t_max; beyond, the
    weights have infinite variance.
    """

    log_partition: sympy.Expr
    value: sympy.Expr
    kl: sympy.Expr
    objective: sympy.Expr
    variance: sympy.Expr
    chi2: sympy.Expr
    ess_ratio: sympy.Expr
    t_max: sympy.Expr

    def at(self, value: sympy.Rational) -> PolicyForms:
        """The same at t = ``value`` in (0, t_max); an infinite chi2 is oo and its ess_ratio 0."""
        forms = {field.name: getattr(self, field.name).subs(t, value) for field in fields(self)}
        if 2 * value >= self.t_max:
            forms |= {"chi2": sympy.oo, "ess_ratio": sympy.S.Zero}
        return PolicyForms(**forms)


def from_log_partition(
    k: sympy.Expr, noise: sympy.Expr = sympy.S.Zero, t_max: sympy.Expr = sympy.oo
) -> PolicyForms:
    """The policy's quantities for the log partition function ``k`` and the noise's ``noise`` = K_e, in t."""
    slope = sympy.Add(*map(_slope, sympy.Add.make_args(k)))
    labels = k + noise
    return PolicyForms(
        k,
        slope,
        t * slope - k,
        k / t,
        sympy.diff(slope, t),
        sympy.exp(k.subs(t, 2 * t) - 2 * k) - 1,
        sympy.exp(2 * labels - labels.subs(t, 2 * t)),
        t_max,
    )


def _slope(term: sympy.Expr) -> sympy.Expr:
    if isinstance(term, sympy.log) and isinstance(term.args[0], sympy.cosh):
        inner = term.args[0].args[0]
        return sympy.diff(inner, t) * sympy.tanh(inner)
    return sympy.diff(term, t)


def closed_policy(tree: Node, noise: Noise = NOISELESS) -> PolicyForms | None:
    """The policy's quantities where h_0 has a closed form, else None.

    A family with a finite t_max is taken only when M(t_max) = oo, so that chi2 is infinite from
    2t = t_max on: for a polynomial of degree 2, t_max s - z^2/2 is affine.
    """
    form = closed_form(tree)
    if form is None or (form.t_max is not sympy.oo and polynomial(tree) is None):
        return None
    return from_log_partition(_logarithm(form), cumulant(noise), form.t_max)


def _logarithm(form: ClosedForm) -> sympy.Expr:
    # A product of exponentials and powers becomes a sum; a sum over levels stays one logarithm.
    return sympy.expand_log(sympy.log(form.h(0)), force=True)


#: osc(Delta) and osc(r* - r_{a0}).
oscillation = sympy.Symbol("D", positive=True)
pilot_oscillation = sympy.Symbol("D_0", nonnegative=True)
#: How far the path from r* to rhat is gone.
u = sympy.Symbol("u", real=True)


def path_slope() -> tuple[sympy.Expr, sympy.Expr]:
    """d/du E_{pi_u} r* for abstract rewards, and t Cov_{pi_u}(r*, Delta), to be compared."""
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
    return sympy.simplify(sympy.integrate(t * sympy.exp(t * u * oscillation), (u, 0, 1)))


def remainder_weight(x: sympy.Expr) -> sympy.Expr:
    """int_0^1 (1 - u) e^{ux} du, the weight of Delta^2 in Taylor's remainder of the gap, for x > 0."""
    return sympy.simplify(sympy.integrate((1 - u) * sympy.exp(u * x), (u, 0, 1)))


def pilot_factor() -> sympy.Expr:
    """e^{t D_0/2}: sd_{pi*} <= e^{t D_0/2} sd_{pi_a0}, since dpi*/dpi_a0 <= e^{t osc(r* - r_a0)}."""
    return sympy.exp(t * pilot_oscillation / 2)


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
