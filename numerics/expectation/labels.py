"""Labels under the tilt: independent noise, and what is drawn given z.

Noise: K_e = log E e^{te}, its derivatives, and noisy moments. A draw: certified moments E[y^i e^{ty} He_k(Z)]
from those of the link; what asks the oracle of a link for ``tilted_moments`` may ask one of these instead,
and speaks of y. Whether a link stays within the bounds that a label sets it is shown by cells near 0, by its
growth on both tails.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache
from math import comb, factorial

from flint import arb, ctx

from ...link.build import call, combine, negate
from ...link.label import Label, Noise
from ...link.tree import Neg, Node, Num, Var, substitute
from ..lowering import series
from ..lowering.arb import compile_arb
from ..lowering.series import Series, constant, value_only, variable
from ..precision import bits_for, exact, relative_digits, working
from .nodes import Table
from .oracle import Interval, Moments, Tilt, Unresolved, ball_of, oracle, tilt_of
from .preference import preferred
from .tail_growth import limits
from .tails import t_range

_ROUNDS = 3
#: Terms of sinh(x)/x.
_TERMS = 40


def cumulants(noise: Noise, t: arb) -> tuple[arb, arb, arb, arb, arb]:
    """K_e(t) and its first four derivatives, t >= 0."""
    if noise.kind == "none":
        return arb(0), arb(0), arb(0), arb(0), arb(0)
    a = exact(noise.scale)
    if noise.kind == "gaussian":
        return a * a * t * t / 2, a * a * t, a * a, arb(0), arb(0)
    x = a * t
    if noise.kind == "rademacher":
        slope, bell = x.tanh(), 1 / x.cosh() ** 2
        fourth = 2 * a**4 * bell * (2 * slope**2 - bell)
        return x.cosh().log(), a * slope, a * a * bell, -2 * a**3 * slope * bell, fourth
    if x.contains(0) or (abs(x) < 1e-3 and x.rel_accuracy_bits() < ctx.prec - 8):
        return _uniform_near_zero(a, x)
    with working(ctx.prec + max(0, -8 * int(float(x.abs_lower().log())))):
        coth, csch2 = 1 / x.tanh(), 1 / x.sinh() ** 2
        third = 2 * a**3 * (coth * csch2 - 1 / x**3)
        fourth = 2 * a**4 * (3 / x**4 - csch2**2 - 2 * coth**2 * csch2)
        return (x.sinh() / x).log(), a * (coth - 1 / x), a * a * (1 / (x * x) - csch2), third, fourth


def _uniform_near_zero(a: arb, x: arb) -> tuple[arb, arb, arb, arb, arb]:
    """log(sinh(x)/x) = x^2/6 - x^4/180 + ..., whose later terms are below x^6 for |x| < 1."""
    reach = x.abs_upper()
    rest = arb(0, reach**4)
    value = x * x / 6 - x**4 / 180 + rest * reach * reach
    return (
        value,
        a * (x / 3 - x**3 / 45 + rest * reach),
        a * a * (arb(1) / 3 - x * x / 15 + rest),
        a**3 * (-2 * x / 15 + arb(0, reach**3)),
        a**4 * (arb(-2) / 15 + arb(0, reach**2)),
    )


def score_terms(noise: Noise, t: arb, *, label: bool) -> tuple[arb, arb, arb]:
    """(factor, kappa, nu): E[w^2 (y - f)^2 | z] = factor e^{2tr} ((rho + kappa)^2 + nu)/M^2, with w over E w.

    Label weights: e^{K_e(2t) - 2K_e(t)}, K_e'(2t) - K_e'(t), K_e''(2t). Surrogate weights: 1, 0, Var e.
    """
    if not label:
        return arb(1), arb(0), cumulants(noise, arb(0))[2]
    if noise.kind == "none":
        return arb(1), arb(0), arb(0)
    middle, ends = t.mid(), [t] if t.rad().is_zero() else [t.lower(), t.upper()]
    # K_e is convex, so that the exponent increases: its ends give its hull. kappa: by the mean value theorem.
    exponents = [cumulants(noise, 2 * at)[0] - 2 * cumulants(noise, at)[0] for at in ends]
    curve = cumulants(noise, 2 * t)[2]
    at_middle = cumulants(noise, 2 * middle)[1] - cumulants(noise, middle)[1]
    kappa = at_middle + (2 * curve - cumulants(noise, t)[2]) * (t - middle)
    return exponents[0].union(exponents[-1]).exp(), kappa, curve


def noise_moment(noise: Noise, j: int) -> Fraction:
    """E e^j."""
    if j == 0:
        return Fraction(1)
    if j % 2 or noise.kind == "none":
        return Fraction(0)
    size = noise.scale**j
    if noise.kind == "gaussian":
        return size * Fraction(factorial(j), 2 ** (j // 2) * factorial(j // 2))
    return size / (j + 1) if noise.kind == "uniform" else size


def noise_transform(noise: Noise, t: arb, order: int) -> Series:
    """M_e(t) = E e^{te} as a series about the ball ``t``."""
    a = exact(noise.scale)
    u = variable(t, order)
    if noise.kind == "gaussian":
        return series.exp(u.power(2).times(a * a / 2))
    x = u.times(a)
    if noise.kind == "rademacher":
        return series.cosh(x)
    if x.value > 1:
        return series.sinh(x) / x
    if not x.value < 8:
        return value_only(arb.nan(), order)
    # sinh(x)/x = sum x^(2n)/(2n+1)!, whose terms beyond the 40th are below 10^-40 with every derivative.
    square = x.power(2)
    total = constant(arb(0), order)
    for n in reversed(range(_TERMS)):
        total = total * square + constant(arb(1) / factorial(2 * n + 1), order)
    rest = arb(0, arb(8) ** (2 * _TERMS) / factorial(2 * _TERMS + 1 - order) * a.max(arb(1)) ** order * 2)
    return Series(tuple(c + rest for c in total.coefficients))


def noisy(moments: list[arb], noise: Noise, t: arb) -> list[arb]:
    """E[y^n e^{ty} f(Z)]/E e^{te}, n = 0..N <= 4, from the noiseless ``moments`` E[s^n e^{ts} f(Z)]."""
    if noise.kind == "none":
        return [+moment for moment in moments]
    # E e^n under the noise's own tilt, from its cumulants.
    found, of_noise = cumulants(noise, t), [arb(1)]
    for n in range(1, len(moments)):
        of_noise.append(sum((comb(n - 1, j) * found[j + 1] * of_noise[n - 1 - j] for j in range(n)), arb(0)))
    return [
        sum((comb(n, j) * moments[n - j] * of_noise[j] for j in range(n + 1)), arb(0))
        for n in range(len(moments))
    ]


def tilted(
    oracle: Moments, ks: Sequence[int], noise: Noise, t: Fraction, digits: int, *, centered: bool
) -> dict[int, tuple[arb, arb, arb | None]]:
    """alpha_k, h_k and alpha_k - K_y'(t) h_k (None unless ``centered``) of the noisy label at t > 0.

    To ``digits`` relative digits; a value that may be 0 is held by a ball about 10^-(digits + 10) wide.
    Raises NotIntegrable and Unresolved as the oracle does.
    """
    wanted = digits
    for _ in range(_ROUNDS):
        table = oracle.tilted_moments(tuple(ks) + (0,) * centered, (0, 1), t, wanted + 3)
        with working(2 * bits_for(wanted) + 2 * max(0, t.denominator.bit_length())):
            found = {k: _three(table, k, noise, exact(t), centered) for k in ks}
        parts = [ball for three in found.values() for ball in three if ball is not None]
        if all(relative_digits(ball) >= digits or ball.contains(0) for ball in parts):
            break
        wanted += digits + 10
    return found


def _three(
    table: dict[tuple[int, int], arb], k: int, noise: Noise, t: arb, centered: bool
) -> tuple[arb, arb, arb | None]:
    growth = cumulants(noise, t)[0].exp()
    h, alpha = (growth * part for part in noisy([table[0, k], table[1, k]], noise, t))
    if not centered:
        return alpha, h, None
    # The noise's own slope cancels: alpha - K_e' h - K' h is free of it up to the factor e^{K_e}.
    return alpha, h, growth * (table[1, k] - table[0, k] * table[1, 0] / table[0, 0])


@lru_cache(maxsize=32)
def moments(tree: Node, label: Label) -> Moments:
    """The moments of ``label`` with the link ``tree``; of y = s(Z) where it is additive."""
    if label.kind == "bernoulli":
        return _TwoValued(label.numbers, lambda ks, digits: _shares(tree, ks, digits))
    if label.kind == "preference":
        (tau,) = label.numbers
        return _TwoValued((Fraction(-1), Fraction(1)), lambda ks, digits: _wins(tree, tau, ks, digits))
    if label.kind == "poisson":
        return _Counts(tree)
    if label.kind == "flip":
        return _Flips(tree, label.numbers[0])
    return oracle(tree) if label.variance is None else _Gaussians(tree, label.variance)


def infinite_from(tree: Node, label: Label) -> arb:
    """E e^{ty} is proved infinite for every t above; oo where that is not known of a variance."""
    if label.kind in ("bernoulli", "preference") or label.variance is not None:
        return arb.pos_inf()
    if label.kind == "flip":
        sides = ((tree, 1 - label.numbers[0]), (negate(tree), label.numbers[0]))
        first, *other = (t_range(each).infinite_from for each, weight in sides if weight)
        return first.min(other[0]) if other else first
    limit = t_range(tree).infinite_from
    with working(_BITS):
        return (1 + limit).log() if label.kind == "poisson" and limit.is_finite() else limit


def _until(digits: int, t: Tilt, compute: Callable[[int], Table]) -> Table:
    """The table with more digits inside, until every value that is not near 0 has ``digits`` of its own."""
    wanted = digits + 3
    for _ in range(_ROUNDS):
        table = compute(wanted)
        missing = [digits - relative_digits(ball) for ball in table.values() if not ball.contains(0)]
        if isinstance(t, Interval) or max(missing, default=0) <= 0:
            break
        wanted += digits + 10
    return table


def _shares(tree: Node, ks: tuple[int, ...], digits: int) -> dict[int, arb]:
    """E[p He_k], s = p a probability."""
    table = oracle(tree).tilted_moments(ks, (1,), 0, digits)
    return {k: table[1, k] for k in ks}


def _wins(tree: Node, tau: Fraction, ks: tuple[int, ...], digits: int) -> dict[int, arb]:
    """The same for p = (1 + g)/2."""
    means = preferred(tree, tau, ks, digits)
    with working(bits_for(digits) + 40):
        return {k: (value + (k == 0)) / 2 for k, value in means.items()}


@dataclass(frozen=True)
class _TwoValued:
    """y = v1 with probability p(z), else v0.

    With w_j = v_j^i e^{t v_j}: E[y^i e^{ty} He_k] = w_0 [k = 0] + (w_1 - w_0) E[p He_k].
    """

    values: tuple[Fraction, ...]
    shares: Callable[[tuple[int, ...], int], dict[int, arb]]

    def tilted_moments(self, ks: Sequence[int], powers: Sequence[int], t: Tilt, digits: int) -> Table:
        return _until(digits, t, lambda wanted: self._table(tuple(ks), powers, t, wanted))

    def _table(self, ks: tuple[int, ...], powers: Sequence[int], t: Tilt, digits: int) -> Table:
        shares = self.shares(ks, digits)
        with working(bits_for(digits) + 40):
            found: Table = {}
            for i in powers:
                w0, w1 = (exact(v) ** i * (ball_of(t) * exact(v)).exp() for v in self.values)
                found |= {(i, k): (w0 if k == 0 else 0) + (w1 - w0) * shares[k] for k in ks}
            return found


@dataclass(frozen=True)
class _Counts:
    """y ~ Poisson(s): E[e^{ty} He_k] = h_k(u) with u = e^t - 1.

    Its i-th derivative in t is sum_j S(i, j) e^{jt} h_k^(j)(u), S the Stirling numbers of the second kind.
    """

    tree: Node

    def tilted_moments(self, ks: Sequence[int], powers: Sequence[int], t: Tilt, digits: int) -> Table:
        return _until(digits, t, lambda wanted: self._table(ks, powers, t, wanted))

    def _table(self, ks: Sequence[int], powers: Sequence[int], t: Tilt, digits: int) -> Table:
        with working(bits_for(digits) + 40):
            growth = ball_of(t).exp()
            inner = tilt_of(growth - 1)
        table = oracle(self.tree).tilted_moments(ks, tuple(range(max(powers) + 1)), inner, digits)
        with working(bits_for(digits) + 40):
            return {
                (i, k): sum((s * growth**j * table[j, k] for j, s in enumerate(stirling(i)) if s), arb(0))
                for i in powers
                for k in ks
            }


@lru_cache(maxsize=64)
def stirling(i: int) -> tuple[int, ...]:
    """S(i, j) for j = 0..i: in how many ways i things fall into j classes."""
    if i == 0:
        return (1,)
    before = (*stirling(i - 1), 0)
    return (0, *(j * before[j] + before[j - 1] for j in range(1, i + 1)))


@dataclass(frozen=True)
class _Flips:
    """y = s with probability 1 - q, else -s."""

    tree: Node
    chance: Fraction

    def tilted_moments(self, ks: Sequence[int], powers: Sequence[int], t: Tilt, digits: int) -> Table:
        return _until(digits, t, lambda wanted: self._table(ks, powers, t, wanted))

    def _table(self, ks: Sequence[int], powers: Sequence[int], t: Tilt, digits: int) -> Table:
        sides = [(self.tree, 1 - self.chance), (negate(self.tree), self.chance)]
        tables = [(oracle(s).tilted_moments(ks, powers, t, digits), weight) for s, weight in sides if weight]
        with working(bits_for(digits) + 40):
            return {
                key: sum((exact(weight) * table[key] for table, weight in tables), arb(0))
                for key in tables[0][0]
            }


@dataclass(frozen=True)
class _Gaussians:
    """y ~ N(s, v): E[y^i e^{ty} | z] = P_i e^{ts + t^2 v/2}, P_{i+1} = (s + tv) P_i + i v P_{i-1}."""

    tree: Node
    variance: Node

    def tilted_moments(self, ks: Sequence[int], powers: Sequence[int], t: Tilt, digits: int) -> Table:
        if isinstance(t, Interval):
            raise Unresolved("a heteroscedastic label is not enclosed over a range of temperatures")
        found: Table = {}
        for i in powers:
            table = oracle(self._mean(i, Fraction(t))).tilted_moments(ks, (1,), 0, digits)
            found |= {(i, k): table[1, k] for k in ks}
        return found

    def _mean(self, i: int, t: Fraction) -> Node:
        """E[y^i e^{ty} | z]."""
        mean = combine("+", self.tree, combine("*", Num(t), self.variance)) if t else self.tree
        last: Node = Num(Fraction(0))
        factor: Node = Num(Fraction(1))
        for j in range(i):
            step = combine("*", mean, factor) if j else mean
            if j:
                step = combine("+", step, combine("*", combine("*", Num(Fraction(j)), self.variance), last))
            last, factor = factor, step
        if not t:
            return factor
        exponent = combine("+", combine("*", Num(t), self.tree), combine("*", Num(t * t / 2), self.variance))
        grown = call("exp", (exponent,))
        return combine("*", factor, grown) if i else grown


_RADIUS, _CELLS, _BITS = 16, 4000, 96


@lru_cache(maxsize=128)
def stays_within(tree: Node, low: Fraction | None, high: Fraction | None) -> bool:
    """Whether low <= tree <= high everywhere is proved; None for no bound."""
    with working(_BITS):
        least = arb.neg_inf() if low is None else exact(low)
        most = arb.pos_inf() if high is None else exact(high)
        for side in (tree, substitute(tree, Neg(Var()))):
            bottom, top = limits(side, arb(_RADIUS))
            if (low is not None and (bottom is None or not bottom >= least)) or (
                high is not None and (top is None or not top <= most)
            ):
                return False
        return _on_cells(tree, least, most)


def _on_cells(tree: Node, least: arb, most: arb) -> bool:
    function = compile_arb(tree)
    waiting = [(float(-_RADIUS), float(_RADIUS))]
    for _ in range(_CELLS):
        if not waiting:
            return True
        low, high = waiting.pop()
        value = function(arb((low + high) / 2, (high - low) / 2))
        if not (least <= value and value <= most):
            middle = (low + high) / 2
            waiting += [(low, middle), (middle, high)]
    return False
