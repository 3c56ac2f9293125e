"""Noise, the three signal kinds and their ratio to the noise as exact expressions in t, from h_k and alpha_k
(H4).

R = (log|h_{k*}|)' + K_e', whose levels are the zeros of every shifted link's signal, is rational for s = a
z^2 + b z + c with ab = 0 and Gaussian noise of variance tau^2: with r = 1 - 2at h_{k*} is a multiple of t
r^{-3/2} e^{ct + b^2 t^2/2}, so R = 1/t + 3a/r + c + (b^2 + tau^2) t.

Of the signal-to-noise ratio: the most it can be, and how it starts at t = 0.
"""

from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache
from typing import NamedTuple

import sympy

from ..link.label import Noise, Signal
from ..link.tree import Node
from .exact import linearisation, t, z
from .exact.constants import Undecided, compare, decided_sign, differ, has_huge_exponential, is_zero, sign
from .exact.lower import constant, lower, rational
from .exact.polynomial import affine_image, polynomial, real_zeros
from .exponents import rising_order
from .families import closed_form
from .families.form import ClosedForm, Expansion, SeriesForm, joined, plus_noise
from .families.moments import moment
from .families.piecewise import mass_between, masses
from .shape.facts import facts
from .shape.pieces import Piece, exact_pieces, inside, levels, told_apart


def cumulant(noise: Noise) -> sympy.Expr:
    """K_e(t) = log E e^{te}: tau^2 t^2/2, log(sinh(at)/(at)), log cosh(at), or 0 without noise."""
    x = rational(noise.scale) * t
    if noise.kind == "gaussian":
        return x**2 / 2
    if noise.kind == "uniform":
        return sympy.log(sympy.sinh(x) / x)
    return sympy.log(sympy.cosh(x)) if noise.kind == "rademacher" else sympy.S.Zero


def cumulant_slope(noise: Noise) -> sympy.Expr:
    """K_e'(t)."""
    a = rational(noise.scale)
    if noise.kind == "gaussian":
        return a**2 * t
    if noise.kind == "uniform":
        return a / sympy.tanh(a * t) - 1 / t
    return a * sympy.tanh(a * t) if noise.kind == "rademacher" else sympy.S.Zero


def variance(noise: Noise) -> sympy.Expr:
    """K_e''(0) = Var e: tau^2, a^2/3 or a^2."""
    if noise.kind == "none":
        return sympy.S.Zero
    square = rational(noise.scale) ** 2
    return square / 3 if noise.kind == "uniform" else square


def noisy(form: ClosedForm, noise: Noise) -> ClosedForm:
    """The form of the noisy label: e^{K_e} h_k and e^{K_e} (alpha_k + K_e' h_k)."""
    if noise.kind == "none":
        return form
    growth = sympy.exp(cumulant(noise))
    return ClosedForm(
        form.family,
        f"{form.derivation}; independent noise multiplies every h_k by e^(K_e)",
        form.t_max,
        lambda k: _times(growth, form.h(k)),
        lambda k, variance: plus_noise(_times(growth, form.h(k)), _alpha(form, k, noise), variance),
        None if form.general is None else joined(growth, form.general),
        lambda k: _times(growth, form.centered(k)),
    )


def _alpha(form: ClosedForm, k: int, noise: Noise) -> sympy.Expr:
    """(e^{K_e} h_k)'. Gaussian noise adds its variance times t to the label; the others are written out."""
    growth = sympy.exp(cumulant(noise))
    if noise.kind == "gaussian":
        return _times(growth, form.alpha(k, variance(noise)))
    h, alpha, at = form.h(k), form.alpha(k), rational(noise.scale) * t
    high, low = sympy.Dummy("cosh"), sympy.Dummy("sinh")
    back = {high: sympy.cosh(at), low: sympy.sinh(at)}
    if noise.kind == "uniform":
        mass, slope = low / at, (at * high - low) / (at * t)
    else:
        mass, slope = high, rational(noise.scale) * low
    # An exponential and a root of 1 - 2at that h_k and alpha_k share are written once.
    shared = sympy.Mul(*(f for f in sympy.Mul.make_args(h) if not f.is_rational_function(t)))
    ratios = joined(alpha, 1 / shared), joined(h, 1 / shared)
    if not all(ratio.is_rational_function(t) for ratio in ratios):
        return mass.subs(back) * alpha + slope.subs(back) * h
    top, bottom = sympy.fraction(sympy.cancel(mass * ratios[0] + slope * ratios[1]))
    sign, bottom = _like_roots(bottom, shared)
    inner = sympy.collect(sympy.expand(sign * top), (high, low))
    return sympy.Mul(inner.subs(back), shared, 1 / bottom)


def _like_roots(bottom: sympy.Expr, shared: sympy.Expr) -> tuple[int, sympy.Expr]:
    """A sign and a product equal to ``bottom``: powers of 1 - 2at and not of 2at - 1 beside its root."""
    number, powers = sympy.factor_list(bottom, t)
    roots = {f.base for f in sympy.Mul.make_args(shared) if f.is_Pow}
    sign, written = 1, []
    for factor, power in powers:
        turned = sympy.expand(-factor) in roots
        written.append(sympy.expand(-factor if turned else factor) ** power)
        sign *= (-1) ** power if turned else 1
    return sign, sympy.Mul(number, *written)


def _times(growth: sympy.Expr, value: sympy.Expr) -> sympy.Expr:
    """The product, with the exponentials of each term joined into one."""
    if not isinstance(growth, sympy.exp):
        return growth * value
    return sympy.Add(*(joined(growth, term) for term in sympy.Add.make_args(value)))


def noisy_series(form: SeriesForm, noise: Noise) -> SeriesForm:
    """The same for a form given by series."""
    if noise.kind == "none":
        return form
    growth, slope = sympy.exp(cumulant(noise)), cumulant_slope(noise)

    def alpha(k: int) -> Expansion:
        slope_series: Expansion = form.alpha(k) * growth + form.h(k) * (growth * slope)
        return slope_series

    derivation = f"{form.derivation}; independent noise multiplies every h_k by e^(K_e)"
    return SeriesForm(form.family, derivation, lambda k: form.h(k) * growth, alpha)


def signal(form: ClosedForm, k: int, kind: Signal, noise: Noise) -> sympy.Expr:
    """The k-th coefficient of the signal T(y) as an expression in t.

    ``label`` y e^{ty}: h_k' of the noisy label. ``weight`` e^{ty}: h_k.
    ``centered`` (y - K_y') e^{ty}: M_y (h_k/M_y)' = e^{K_e} h_0 (h_k/h_0)', noiseless inside.
    """
    form_of_label = noisy(form, noise)
    if kind == Signal.CENTERED:
        return form_of_label.centered(k)
    return form_of_label.alpha(k) if kind == Signal.LABEL else form_of_label.h(k)


@dataclass(frozen=True, slots=True)
class RationalRatio:
    """R on (0, t_max) as a rational function of t, its critical points in increasing order, and its limit."""

    ratio: sympy.Expr
    critical: tuple[sympy.Expr, ...]
    t_max: sympy.Expr
    limit: sympy.Expr

    def level(self, at: sympy.Expr) -> sympy.Expr:
        return sympy.radsimp(sympy.expand(sympy.radsimp(self.ratio.subs(t, at))))

    def temperatures(self, level: sympy.Expr) -> tuple[sympy.Expr, ...]:
        """1/t for the roots t of R(t) = level, as expressions in ``level``; () if not solved."""
        top, _ = sympy.fraction(sympy.together(self.ratio - level))
        p = sympy.Poly(sympy.expand(top), t)
        if p.degree() > 2:
            return ()
        # In beta = 1/t: the coefficients in reverse.
        c = p.all_coeffs()
        if len(c) == 2:
            return (sympy.factor(-c[0] / c[1]),)
        root = sympy.sqrt(sympy.expand(c[1] ** 2 - 4 * c[0] * c[2]))
        return tuple((sympy.expand(-c[1]) + side * root) / sympy.expand(2 * c[2]) for side in (1, -1))


@lru_cache(maxsize=128)
def rational_ratio(tree: Node, noise: Noise) -> RationalRatio | None:
    """R of a polynomial link of degree 1 or 2 without noise or with Gaussian noise; None for others."""
    coefficients = polynomial(tree)
    if coefficients is None or len(coefficients) not in (2, 3) or noise.kind not in ("none", "gaussian"):
        return None
    c, b, a = (*coefficients, sympy.S.Zero)[:3]
    try:
        if decided_sign(a) and decided_sign(b):
            return None
        return _graph(
            c, b, a, sympy.Rational(str(noise.scale)) ** 2 if noise.kind == "gaussian" else sympy.S.Zero
        )
    except Undecided:
        return None


def _graph(c: sympy.Expr, b: sympy.Expr, a: sympy.Expr, extra: sympy.Expr) -> RationalRatio | None:
    r = 1 - 2 * a * t
    ratio = sympy.cancel(1 / t + 3 * a / r + c + b**2 * t + extra * t)
    t_max = 1 / (2 * a) if decided_sign(a) > 0 else sympy.oo
    slope = sympy.Poly(sympy.fraction(sympy.cancel(sympy.diff(ratio, t)))[0], t)
    zeros = real_zeros(tuple(reversed(slope.all_coeffs())))
    if zeros is None:
        return None
    inside = tuple(x for x in zeros if decided_sign(x) > 0 and compare(x, t_max) < 0)
    # Beyond the last critical point R is monotone, so that it has a limit.
    limit = sympy.oo if t_max is not sympy.oo else sympy.limit(ratio, t, sympy.oo)
    return RationalRatio(ratio, inside, t_max, limit)


def inverse(
    level: sympy.Expr, scale: tuple[Fraction, Fraction], shift: tuple[Fraction, Fraction]
) -> sympy.Expr | None:
    """The p with -(B_0 + B_1 p)/(A_0 + A_1 p) = level; None where no p has it."""
    (a0, a1), (b0, b1) = (tuple(rational(x) for x in pair) for pair in (scale, shift))
    bottom = b1 + level * a1
    return None if bottom == 0 else sympy.radsimp(-(b0 + level * a0) / bottom)


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
    varies = differ(s.subs(z, middle), s.subs(z, inside(middle, piece.high)))
    return bool(varies) and facts(piece.tree).smooth.value is True


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
