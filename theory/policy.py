"""The tilted policy pi* of density e^{ts} phi/M in exact algebra: everything follows from K = log M.

Each quantity is a function of K alone, so it is derived once for any link and then specialised to the
families whose M = h_0 has a closed form.
"""

from __future__ import annotations

from dataclasses import dataclass

import sympy

from ..link.noise import NOISELESS, Noise
from ..link.tree import Node
from .exact.polynomial import polynomial
from .exact.symbols import t, z
from .families import ClosedForm, closed_form
from .families.cumulants import noise_cumulants

#: A reward of which nothing is known, for derivations that hold for every link.
abstract_reward = sympy.Function("s", real=True)(z)


def abstract_moment(power: int) -> sympy.Expr:
    """E[s^power e^{ts}] as an unevaluated integral, for ``abstract_reward``."""
    density = sympy.exp(-(z**2) / 2) / sympy.sqrt(2 * sympy.pi)
    weighted = abstract_reward**power * sympy.exp(t * abstract_reward) * density
    return sympy.Integral(weighted, (z, -sympy.oo, sympy.oo))


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
        finite = 2 * value < self.t_max
        return PolicyForms(
            self.log_partition.subs(t, value),
            self.value.subs(t, value),
            self.kl.subs(t, value),
            self.objective.subs(t, value),
            self.variance.subs(t, value),
            self.chi2.subs(t, value) if finite else sympy.oo,
            self.ess_ratio.subs(t, value) if finite else sympy.S.Zero,
            self.t_max,
        )


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
    return from_log_partition(_logarithm(form), noise_cumulants(noise), form.t_max)


def _logarithm(form: ClosedForm) -> sympy.Expr:
    # A product of exponentials and powers becomes a sum; a sum over levels stays one logarithm.
    return sympy.expand_log(sympy.log(form.h(0)), force=True)
