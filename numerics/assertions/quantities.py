"""The words of a claim as functions of t = 1/beta, each as a series about a ball of t.

With H_k(t) = E[e^{ty} He_k] = M_e(t) h_k(t): alpha_k = H_k', K = log h_0, V = K', KL = tK' - K,
chi2 = e^{K(2t) - 2K(t)} - 1. alpha, h, mu and snr are those of the noisy label, K, V, KL and chi2 those of
the policy, which the noise does not move.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from fractions import Fraction
from math import comb, factorial

from flint import arb

from ...link import Signal
from ...link.label import Noise
from ..expectation.oracle import NotIntegrable, Unresolved, t_range
from ..lowering import series as series
from ..lowering.series import Jet, constant, rough, variable
from ..precision import exact
from .curves import Curves, tilt_of


@dataclass(frozen=True)
class Words:
    """The words for one link, noise law and signal kind. star: GE, or None when it is not known."""

    curves: Curves
    noise: Noise
    signal: Signal
    star: int | None
    _moments: dict[tuple[int, int, int], arb] = field(default_factory=dict, repr=False)

    def at(self, name: str, k: int, t: arb, order: int, digits: int | None, tilt: Fraction | None) -> Jet:
        """The word as a series about the ball ``t``; ``tilt`` is t when that is rational.

        With ``digits`` expectations are taken at t itself, which must then be nearly exact; otherwise
        from Taylor models. A word that does not exist or is not resolved there is not a number; with
        ``digits`` NotIntegrable or Unresolved is raised.
        """
        view = _View(self, t, order, digits, tilt)
        if name in ("chi2", "snr") and self._infinite(t, tilt):
            # The tilt itself must still exist; a caller who meets t_max asks for that beforehand.
            if t > t_range(self.curves.oracle.tree).infinite_from:
                return rough(arb.nan(), order)
            return constant(arb.pos_inf() if name == "chi2" else arb(0), order)
        word: Jet = getattr(view, f"word_{name.lower()}")(*((k,) if name in ("alpha", "h") else ()))
        return word

    def _infinite(self, t: arb, tilt: Fraction | None) -> bool:
        """Whether E e^{2ts} is proved infinite on the whole ball."""
        tree = self.curves.oracle.tree
        if 2 * t > t_range(tree).infinite_from:
            return True
        if tilt is None:
            return False
        try:
            self.curves.oracle.tilted_moments((0,), (0,), 2 * tilt, 5)
        except NotIntegrable:
            return True
        except Unresolved:
            return False
        return False

    def moment(self, i: int, k: int, digits: int) -> arb:
        """mu_{i,k} = E[y^i He_k]."""
        key = (i, k, digits)
        if key not in self._moments:
            total = arb(0)
            for j in range(i + 1):
                of_noise = noise_moment(self.noise, j)
                if of_noise:
                    total += comb(i, j) * exact(of_noise) * self._noiseless(i - j, k, digits)
            self._moments[key] = total
        return self._moments[key]

    def _noiseless(self, i: int, k: int, digits: int) -> arb:
        if i == 0:
            return arb(1 if k == 0 else 0)
        return self.curves.oracle.tilted_moments((k,), (i,), 0, digits)[i, k]


@dataclass(frozen=True, slots=True)
class _View:
    words: Words
    t: arb
    order: int
    digits: int | None
    tilt: Fraction | None

    def noiseless(self, k: int, factor: int, order: int) -> Jet:
        """h_k about factor * t."""
        curves = self.words.curves
        if self.digits is None:
            return curves.jet(k, factor * self.t, order)
        tilt = tilt_of(factor * self.t) if self.tilt is None else factor * self.tilt
        return curves.sharp(k, tilt, order, self.digits)

    def noisy(self, k: int, factor: int, order: int) -> Jet:
        """H_k about factor * t."""
        h = self.noiseless(k, factor, order)
        if self.words.noise.kind == "none":
            return h
        return h * noise_transform(self.words.noise, factor * self.t, order)

    def partition(self, extra: int, factor: int = 1) -> Jet:
        """K about factor * t."""
        return series.log(self.noiseless(0, factor, self.order + extra))

    def word_h(self, k: int) -> Jet:
        return self.noisy(k, 1, self.order)

    def word_alpha(self, k: int) -> Jet:
        return self.noisy(k, 1, self.order + 1).derivative()

    def word_logm(self) -> Jet:
        return self.partition(0)

    def word_v(self) -> Jet:
        return self.partition(1).derivative()

    def word_kl(self) -> Jet:
        k = self.partition(1)
        t = variable(self.t, self.order)
        return t * k.derivative() - k

    def word_chi2(self) -> Jet:
        gap = self.partition(0, 2).stretched(2) - self.partition(0).times(arb(2))
        grown = series.exp(gap)
        return Jet((gap.value.expm1(), *grown.coefficients[1:]))

    def word_snr(self) -> Jet:
        star = self.words.star
        if star is None:
            raise Unresolved("the generative exponent is not decided, so snr has no order")
        signal, order = self.words.signal, self.order
        h = self.noisy(star, 1, order + 1)
        twice = self.noisy(0, 2, order + 2)
        first, second = twice.derivative(), twice.derivative().derivative()
        if signal == "weight":
            a, d = h, twice.stretched(2)
        elif signal == "label":
            a, d = h.derivative(), second.stretched(2)
        else:
            base = self.noisy(0, 1, order + 1)
            c = base.derivative() / base
            a = h.derivative() - c * h
            d = second.stretched(2) - c.times(arb(2)) * first.stretched(2) + c * c * twice.stretched(2)
        ratio = a.power(2) / d.times(arb(factorial(star)))
        return Jet(ratio.coefficients[: order + 1])


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


_TERMS = 40


def noise_transform(noise: Noise, t: arb, order: int) -> Jet:
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
        return rough(arb.nan(), order)
    # sinh(x)/x = sum x^(2n)/(2n+1)!, whose terms beyond the 40th are below 10^-40 with every derivative.
    square = x.power(2)
    total = constant(arb(0), order)
    for n in reversed(range(_TERMS)):
        total = total * square + constant(arb(1) / factorial(2 * n + 1), order)
    rest = arb(0, arb(8) ** (2 * _TERMS) / factorial(2 * _TERMS + 1 - order) * a.max(arb(1)) ** order * 2)
    return Jet(tuple(c + rest for c in total.coefficients))
