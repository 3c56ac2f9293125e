"""Finitely many levels: h_k = sum_v e^{tv} E[He_k; s = v], by the antiderivative -He_{k-1} phi."""

from __future__ import annotations

import sympy

from ...link.tree import Node
from ..hermite import hermite
from ..pieces import levels
from ..symbols import t, z
from .form import ClosedForm

Levels = tuple[tuple[sympy.Expr, sympy.Expr, sympy.Expr], ...]


def closed_form(tree: Node) -> ClosedForm | None:
    """The family's form, or None when the link is not a step function with exact end points."""
    steps = levels(tree)
    if steps is None or len(steps) < 2:
        return None

    def h(k: int) -> sympy.Expr:
        return sum(weight * sympy.exp(value * t) for value, weight in masses(steps, k).items())

    def alpha(k: int) -> sympy.Expr:
        return sum(value * weight * sympy.exp(value * t) for value, weight in masses(steps, k).items())

    derivation = "sum over the levels v of e^{tv} E[He_k; s = v]"
    return ClosedForm("piecewise constant", derivation, sympy.oo, h, alpha)


def masses(steps: Levels, k: int) -> dict[sympy.Expr, sympy.Expr]:
    """E[He_k(Z); s(Z) = v] for every level v, exact."""
    found: dict[sympy.Expr, sympy.Expr] = {}
    for low, high, value in steps:
        found[value] = found.get(value, sympy.S.Zero) + mass_between(low, high, k)
    # With rational ends nothing but sqrt(2) and sqrt(pi) occurs, and SymPy keeps those out of denominators.
    plain = all(end.is_Rational or end.is_infinite for low, high, _ in steps for end in (low, high))
    found = {value: sympy.expand(mass) for value, mass in found.items()}
    return found if plain else {value: sympy.radsimp(mass) for value, mass in found.items()}


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
