"""Finitely many levels: h_k = sum_v e^{tv} E[He_k; s = v], by the antiderivative -He_{k-1} phi."""

from __future__ import annotations

from itertools import combinations

import sympy

from ...link.tree import Node
from ..exact.constants import Undecided, collected
from ..exact.symbols import hermite, z
from ..shape.pieces import levels
from .form import ClosedForm, plus_noise
from .printing import exponential_sum

Levels = tuple[tuple[sympy.Expr, sympy.Expr, sympy.Expr], ...]
Weights = dict[sympy.Expr, sympy.Expr]


def closed_form(tree: Node) -> ClosedForm | None:
    """The family's form, or None when the link is not a step function with exact end points."""
    steps = levels(tree)
    if steps is None or len(steps) < 2:
        return None

    def h(k: int) -> sympy.Expr:
        return exponential_sum(masses(steps, k))

    def alpha(k: int, variance: sympy.Rational) -> sympy.Expr:
        slope = exponential_sum({value: value * weight for value, weight in masses(steps, k).items()})
        return plus_noise(h(k), slope, variance) if variance else slope

    def centered(k: int) -> sympy.Expr:
        try:
            return exponential_sum(apart(masses(steps, k), masses(steps, 0)), 1 / sympy.factor_terms(h(0)))
        except Undecided:
            return alpha(k, sympy.S.Zero) - h(k) * alpha(0, sympy.S.Zero) / h(0)

    derivation = "sum over the levels v of e^{tv} E[He_k; s = v]"
    return ClosedForm("piecewise constant", derivation, sympy.oo, h, alpha, None, centered)


def apart(weights: Weights, base: Weights) -> Weights:
    """h_k' h_0 - h_k h_0': the sum over pairs u, v of (v - u)(m_v p_u - m_u p_v) e^{(u + v)t}.

    Raises Undecided where two exponents are not told apart.
    """
    return collected(
        (sympy.expand(u + v), (v - u) * (weights[v] * base[u] - weights[u] * base[v]))
        for u, v in combinations(weights, 2)
    )


def masses(steps: Levels, k: int) -> dict[sympy.Expr, sympy.Expr]:
    """E[He_k(Z); s(Z) = v] for every level v, exact."""
    totals = collected((value, mass_between(low, high, k)) for low, high, value in steps)
    # With rational ends nothing but sqrt(2) and sqrt(pi) occurs, and SymPy keeps those out of denominators.
    plain = all(end.is_Rational or end.is_infinite for low, high, _ in steps for end in (low, high))
    totals = {value: sympy.expand(mass) for value, mass in totals.items()}
    return totals if plain else {value: sympy.radsimp(mass) for value, mass in totals.items()}


def mass_between(low: sympy.Expr, high: sympy.Expr, k: int) -> sympy.Expr:
    """E[He_k(Z); low < Z < high], exact."""
    return _upper(low, k) - _upper(high, k)


def _upper(end: sympy.Expr, k: int) -> sympy.Expr:
    """E[He_k(Z); Z > end]: He_{k-1} phi at the end point, or the Gaussian tail for k = 0."""
    if end is sympy.oo:
        return sympy.S.Zero
    if end is -sympy.oo:
        return sympy.S.One if k == 0 else sympy.S.Zero
    if k == 0:
        return sympy.Rational(1, 2) - sympy.erf(end / sympy.sqrt(2)) / 2
    density = sympy.exp(-(end**2) / 2) / sympy.sqrt(2 * sympy.pi)
    return sympy.expand(hermite(k - 1, z).subs(z, end) if k > 1 else sympy.S.One) * density
