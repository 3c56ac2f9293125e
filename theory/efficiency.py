"""The signal-to-noise ratio in closed form: the most it can be, and how it starts at t = 0."""

from __future__ import annotations

import sympy

from ..link.noise import Noise
from ..link.tree import Node
from .constants import is_zero, sign
from .exponents import rising_order
from .facts import facts
from .hermite import linearisation
from .lower import constant, lower
from .moments import moment
from .pieces import Piece, exact_pieces, inside, levels, told_apart
from .signal import variance
from .symbols import t, z
from .tilt import closed_form
from .tilt.piecewise_constant import mass_between, masses


def best_signal(tree: Node, k: int) -> sympy.Expr | None:
    """lambda_k^2 = E zeta_k^2/k!, what no transformation of the label exceeds, in closed form, or None.

    Without noise. A level v carries E[He_k; s = v]^2/(k! P(s = v)). A piece on which s rises or falls
    strictly carries E[He_k^2; piece]/k! where y tells He_k(z) there: s monotone, or monotone in |z| and
    k = 2. A link of finitely many levels needs no such order.
    """
    pieces = exact_pieces(tree)
    if pieces is None:
        return None
    strict = [piece for piece in pieces if constant(piece.tree) is None]
    if strict and (rising_order(tree) != k or not all(map(_strict, strict))):
        return None
    flat = [piece for piece in pieces if piece not in strict]
    values = told_apart([constant(piece.tree) for piece in flat])
    if values is None:
        return None
    steps = tuple((p.low, p.high, v) for p, v in zip(flat, values, strict=True))
    weights, base = masses(steps, k), masses(steps, 0)
    total = sum((weights[v] ** 2 / base[v] for v in weights if not is_zero(weights[v])), sympy.S.Zero)
    for piece in strict:
        total += sum(c * mass_between(piece.low, piece.high, n) for n, c in linearisation(k, k).items())
    return sympy.expand(total) / sympy.factorial(k)


def level_ratio(tree: Node, k: int) -> sympy.Expr | None:
    """SNR of ``label`` without noise where it is the same at every t, as one level v alone is not 0, or None.

    T = v e^{tv} there and 0 elsewhere, so SNR = E[He_k; s = v]^2/(k! P(s = v)).
    """
    steps = levels(tree)
    values = {value for _, _, value in steps or () if not is_zero(value)}
    if steps is None or len(values) != 1:
        return None
    (value,) = values
    return masses(steps, k)[value] ** 2 / (sympy.factorial(k) * masses(steps, 0)[value])


def _strict(piece: Piece) -> bool:
    """Whether a monotone piece is strictly so: it is analytic, and two of its values differ."""
    middle = inside(piece.low, piece.high)
    s = lower(piece.tree)
    differ = sign(s.subs(z, middle) - s.subs(z, inside(middle, piece.high))) in (1, -1)
    return differ and facts(piece.tree).smooth.value is True


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
