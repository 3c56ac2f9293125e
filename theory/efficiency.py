"""The signal-to-noise ratio in closed form: the most it can be, and how it starts at t = 0."""

from __future__ import annotations

import sympy

from ..link.noise import Noise
from ..link.tree import Node
from .constants import is_zero
from .exponents import rising_order
from .facts import facts
from .moments import moment
from .pieces import levels
from .signal import variance
from .symbols import t
from .tilt import closed_form
from .tilt.piecewise_constant import masses


def best_signal(tree: Node, k: int) -> sympy.Expr | None:
    """lambda_k^2 = E zeta_k^2/k!, what no transformation of the label exceeds, in closed form, or None.

    Without noise. It is 1 when y determines He_k(z): s strictly monotone, or even, strictly monotone in
    |z| and k = 2. With finitely many levels it is the sum over v of E[He_k; s = v]^2/(k! P(s = v)).
    """
    steps = levels(tree)
    if steps is not None:
        weights, base = masses(steps, k), masses(steps, 0)
        kept = [v for v in weights if not is_zero(weights[v])]
        return sum((weights[v] ** 2 / base[v] for v in kept), sympy.S.Zero) / sympy.factorial(k)
    # A smooth link that is monotone and not constant is strictly monotone: it is analytic.
    return sympy.S.One if facts(tree).smooth.value and rising_order(tree) == k else None


def limit_at_zero(tree: Node, k: int, noise: Noise) -> sympy.Expr | None:
    """SNR(0+) = mu_{1,k}^2/(k! E y^2) of ``label``, or None when a moment has no exact form."""
    signal, square = _moment(tree, 1, k), _moment(tree, 2, 0)
    if signal is None or square is None:
        return None
    # Hyperbolic functions only: sin and cos would become complex exponentials.
    hyperbolic = (sympy.sinh, sympy.cosh, sympy.tanh)
    shown, total = (
        sympy.expand(x.rewrite(hyperbolic, sympy.exp)) for x in (signal, square + variance(noise))
    )
    return sympy.radsimp(sympy.powsimp(shown**2 / (sympy.factorial(k) * total)))


def starts_level(tree: Node, k: int, noise: Noise) -> bool:
    """Whether (log SNR)'(0+) = 2 mu_{2,k}/mu_{1,k} - 2 E y^3/E y^2 of ``label`` is proved 0.

    For noise e with E e = E e^3 = 0: E y^2 = E s^2 + Var e and E y^3 = E s^3 + 3 Var e E s.
    """
    second, cube, mean = _moment(tree, 2, k), _moment(tree, 3, 0), _moment(tree, 1, 0)
    if second is None or cube is None or mean is None:
        return False
    third = cube + 3 * variance(noise) * mean
    if is_zero(second) and is_zero(third):
        return True
    first, square = _moment(tree, 1, k), _moment(tree, 2, 0)
    if first is None or square is None:
        return False
    return is_zero(sympy.expand(second * (square + variance(noise)) - first * third)) is True


def _moment(tree: Node, i: int, k: int) -> sympy.Expr | None:
    """mu_{i,k}, also as the i-th derivative of a closed form of h_k at t = 0."""
    value = moment(tree, i, k)
    if value is not None:
        return value
    form = closed_form(tree)
    return None if form is None else sympy.expand(sympy.diff(form.alpha(k), t, i - 1).subs(t, 0))
