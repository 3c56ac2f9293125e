"""The signal-to-noise ratio in closed form: the most it can be, and how it starts at t = 0."""

from __future__ import annotations

from typing import NamedTuple

import sympy

from ..link.label import Noise, Signal
from ..link.tree import Node
from .exact.constants import has_huge_exponential, is_zero, sign
from .exact.lower import constant, lower
from .exact.polynomial import affine_image
from .exact.symbols import linearisation, t, z
from .exponents import rising_order
from .families import closed_form
from .families.moments import moment
from .families.piecewise import mass_between, masses
from .shape.facts import facts
from .shape.pieces import Piece, exact_pieces, inside, levels, told_apart
from .signal import variance

#: Longer ratios are left as they come: to rationalise one took ten seconds, and shortened it by a seventh.
_SHORT = 50
#: Beyond this many operations nobody reads a sum, and to expand its squares makes it a hundred times longer.
_READ = 400


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
    return (sympy.expand(total) if sympy.count_ops(total) <= _READ else total) / sympy.factorial(k)


def level_ratio(tree: Node, k: int, kind: Signal = Signal.LABEL) -> sympy.Expr | None:
    """SNR without noise where it is proved the same at every t, or None.

    ``label`` with one level v alone that is not 0: T = v e^{tv} there and 0 elsewhere, so SNR =
    E[He_k; s = v]^2/(k! P(s = v)). ``centered`` with two levels u, v: T = (y - E y) e^{t(u + v)}/M, as
    (u - K') M = -P(s = v) (v - u) e^{tv}, and a multiple of zeta_k, which has mean 0 as well.
    """
    steps = levels(tree)
    values = {value for _, _, value in steps or ()}
    if kind == "centered":
        return best_signal(tree, k) if len(values) == 2 else None
    values = {value for value in values if not is_zero(value)}
    if kind == "weight" or steps is None or len(values) != 1:
        return None
    (value,) = values
    return masses(steps, k)[value] ** 2 / (sympy.factorial(k) * masses(steps, 0)[value])


def _strict(piece: Piece) -> bool:
    """Whether a monotone piece is strictly so: it is analytic, and two of its values differ."""
    middle = inside(piece.low, piece.high)
    s = lower(piece.tree)
    differ = sign(s.subs(z, middle) - s.subs(z, inside(middle, piece.high))) in (1, -1)
    return differ and facts(piece.tree).smooth.value is True


def limit_at_zero(tree: Node, k: int, noise: Noise, kind: Signal = Signal.LABEL) -> sympy.Expr | None:
    """SNR(0+) = mu_{1,k}^2/(k! E y^2) of ``label``, with Var y in the place of E y^2 of ``centered``.

    None when a moment has no exact form, and for ``weight``.
    """
    start = _starting(tree, k, noise, kind)
    if start is None or start.signal is None or start.square is None:
        return None
    return in_lowest_terms(start.signal**2 / (sympy.factorial(k) * start.square))


def in_lowest_terms(ratio: sympy.Expr) -> sympy.Expr:
    """A ratio of exact numbers in normal form for printing: no roots below, no common factors."""
    if (length := sympy.count_ops(ratio)) > _READ:
        return ratio
    if ratio.is_algebraic:
        return sympy.factor_terms(sympy.radsimp(ratio))
    written = [ratio, sympy.powsimp(ratio)]
    if length <= _SHORT and not has_huge_exponential(ratio):
        written += [sympy.radsimp(written[1]), sympy.cancel(ratio)]
    return min(map(sympy.factor_terms, written), key=sympy.count_ops)


def starts_level(tree: Node, k: int, noise: Noise, kind: Signal = Signal.LABEL) -> bool:
    """Whether (log SNR)'(0+) is proved 0.

    It is 2 mu_{2,k}/mu_{1,k} - 2 E y^3/E y^2 for ``label``, and the same of y - E y for ``centered``.
    """
    start = _starting(tree, k, noise, kind)
    if start is None or start.second is None or start.cube is None:
        return False
    if is_zero(start.second) and is_zero(start.cube):
        return True
    if start.signal is None or start.square is None:
        return False
    gap = start.second * start.square - start.signal * start.cube
    side = sign(gap)
    # Expanding a product of two sums of 60 terms takes seconds: only where the sign needs it.
    return (sign(sympy.expand(gap)) if side is None else side) == 0


class _Start(NamedTuple):
    """E y He_k, E y^2 He_k, E y^2 and E y^3 of the label, or of y - E y; None where not exact."""

    signal: sympy.Expr | None
    second: sympy.Expr | None
    square: sympy.Expr | None
    cube: sympy.Expr | None


def _starting(tree: Node, k: int, noise: Noise, kind: Signal) -> _Start | None:
    """The moments of a noisy label. For noise e with E e = E e^3 = 0: E y^3 = E s^3 + 3 Var e E s."""
    if kind == "weight":
        return None
    # y - E y does not know of a shift of the link.
    scale, _, core = affine_image(tree) if kind == "centered" else (sympy.S.One, None, tree)
    first, mean = known_moment(core, 1, k), known_moment(core, 1, 0)
    second, square, cube = known_moment(core, 2, k), known_moment(core, 2, 0), known_moment(core, 3, 0)
    if mean is None:
        return None
    if kind == "centered":
        # Above all where mean = 0, when no other moment is asked for.
        second = _less(second, 2 * mean, first)
        cube = _less(_less(cube, 3 * mean, square), -2 * mean**2, mean)
        square = _less(square, mean, mean)
        mean = sympy.S.Zero
    added = variance(noise)
    return _Start(
        None if first is None else sympy.expand(scale * first),
        None if second is None else sympy.expand(scale**2 * second),
        None if square is None else sympy.expand(scale**2 * square + added),
        None if cube is None else sympy.expand(scale**3 * cube + 3 * added * scale * mean),
    )


def _less(value: sympy.Expr | None, factor: sympy.Expr, other: sympy.Expr | None) -> sympy.Expr | None:
    """value - factor * other, where what is asked for is known."""
    if value is None or factor == 0:
        return value
    return None if other is None else value - factor * other


def known_moment(tree: Node, i: int, k: int) -> sympy.Expr | None:
    """mu_{i,k}, also as the i-th derivative of a closed form of h_k at t = 0."""
    value = moment(tree, i, k)
    if value is not None:
        return value
    form = closed_form(tree)
    return None if form is None else sympy.expand(sympy.diff(form.alpha(k), t, i - 1).subs(t, 0))
