"""lambda_k^2 = E zeta_k^2/k!, the most that any transformation of the label can carry of He_k."""

from __future__ import annotations

import sympy

from ..link.noise import NOISELESS, Noise
from ..link.tree import Node
from .constants import is_zero
from .exponents import rising_order
from .facts import facts
from .pieces import levels
from .tilt.piecewise_constant import masses


def best_signal(tree: Node, k: int, noise: Noise) -> sympy.Expr | None:
    """lambda_k^2 in closed form, or None.

    Noiseless only. It is 1 when y determines He_k(z): s strictly monotone, or even, strictly monotone in
    |z| and k = 2. With finitely many levels it is the sum over v of E[He_k; s = v]^2/(k! P(s = v)).
    """
    if noise != NOISELESS:
        return None
    steps = levels(tree)
    if steps is not None:
        weights, base = masses(steps, k), masses(steps, 0)
        kept = [v for v in weights if not is_zero(weights[v])]
        return sum((weights[v] ** 2 / base[v] for v in kept), sympy.S.Zero) / sympy.factorial(k)
    # A smooth link that is monotone and not constant is strictly monotone: it is analytic.
    return sympy.S.One if facts(tree).smooth.value and rising_order(tree) == k else None
