"""The words of a claim as functions of t = 1/beta, each as a series about a ball of t.

With H_k(t) = E[e^{ty} He_k] = M_e(t) h_k(t): alpha_k = H_k', K = log h_0, V = K', Var = K'', J = K/t,
KL = tK' - K, chi2 = e^{K(2t) - 2K(t)} - 1, ESS = H_0(t)^2/H_0(2t). alpha, h, mu, ESS and snr are those of the
noisy label, the others those of the policy, which the noise does not move.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from fractions import Fraction
from math import comb, factorial

from flint import arb

from ...link import Signal
from ...link.assertion import DOUBLED
from ...link.label import Noise
from ..expectation.oracle import NotIntegrable, Unresolved, t_range, tilt_of
from ..expectation.taylor import Curves
from ..lowering import series as series
from ..lowering.series import Series, constant, value_only, variable
from ..precision import exact
from ..threshold.signal_ceiling import best_signal
from ..threshold.snr import signal_series

_TERMS = 40


@dataclass(frozen=True)
class Words:
    """The words for one link, noise law and signal kind. star: GE, or None when it is not known."""

    curves: Curves
    noise: Noise
    signal: Signal
    star: int | None
    _moments: dict[tuple[int, int, int], arb] = field(default_factory=dict, repr=False)

    def at(self, name: str, k: int, t: arb, order: int, digits: int | None, tilt: Fraction | None) -> Series:
        """The word as a series about the ball ``t``; ``tilt`` is t when that is rational.

        With ``digits`` expectations are taken at t itself, which must then be nearly exact; otherwise
        from Taylor models. A word that does not exist or is not resolved there is not a number; with
        ``digits`` NotIntegrable or Unresolved is raised.
        """
        if name in DOUBLED and self._infinite(t, tilt):
            # The tilt itself must still exist; a caller who meets t_max asks for that beforehand.
            if t > t_range(self.curves.oracle.tree).infinite_from:
                return value_only(arb.nan(), order)
            return constant(arb.pos_inf() if name == "chi2" else arb(0), order)
        return _View(self, t, order, digits, tilt).word(name, k)

    def _infinite(self, t: arb, tilt: Fraction | None) -> bool:
        """Whether E e^{2ts} is proved infinite on the whole ball."""
        tree = self.curves.oracle.tree
        if 2 * t > t_range(tree).infinite_from:
            return True
        try:
            if tilt is not None:
                self.curves.oracle.tilted_moments((0,), (0,), 2 * tilt, 5)
        except NotIntegrable:
            return True
        except Unresolved:
            pass
        return False

    def moment(self, i: int, k: int, digits: int) -> arb:
        """mu_{i,k} = E[y^i He_k]."""
        key = (i, k, digits)
        if key not in self._moments:
            of_noise = [(j, noise_moment(self.noise, j)) for j in range(i + 1)]
            terms = (comb(i, j) * exact(m) * self._noiseless(i - j, k, digits) for j, m in of_noise if m)
            self._moments[key] = sum(terms, arb(0))
        return self._moments[key]

    def best_signal(self, k: int) -> arb:
        """lambda_k^2 of the label. Noise only lowers it, by how much is not enclosed."""
        best = best_signal(self.curves.oracle.tree, k)
        return best if self.noise.kind == "none" else best.union(arb(0))

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

    def noiseless(self, k: int, factor: int, order: int) -> Series:
        """h_k about factor * t."""
        curves = self.words.curves
        if self.digits is None:
            return curves.jet(k, factor * self.t, order)
        tilt = tilt_of(factor * self.t) if self.tilt is None else factor * self.tilt
        return curves.sharp(k, tilt, order, self.digits)

    def noisy(self, k: int, factor: int, order: int) -> Series:
        """H_k about factor * t."""
        h = self.noiseless(k, factor, order)
        if self.words.noise.kind == "none":
            return h
        return h * noise_transform(self.words.noise, factor * self.t, order)

    def partition(self, extra: int, factor: int = 1) -> Series:
        """K about factor * t."""
        return series.log(self.noiseless(0, factor, self.order + extra))

    def word(self, name: str, k: int) -> Series:
        if name == "h":
            return self.noisy(k, 1, self.order)
        if name == "alpha":
            return self.noisy(k, 1, self.order + 1).derivative()
        if name == "logM":
            return self.partition(0)
        if name == "V":
            return self.partition(1).derivative()
        if name == "Var":
            return self.partition(2).derivative().derivative()
        if name == "J":
            return self.objective()
        if name == "ESS":
            return self.noisy(0, 1, self.order).power(2) / self.noisy(0, 2, self.order).stretched(2)
        if name == "KL":
            log_mass = self.partition(1)
            return variable(self.t, self.order) * log_mass.derivative() - log_mass
        if name == "chi2":
            gap = self.partition(0, 2).stretched(2) - self.partition(0).times(arb(2))
            return Series((gap.value.expm1(), *series.exp(gap).coefficients[1:]))
        return self.snr()

    def objective(self) -> Series:
        """J = K/t; about a ball that holds 0, the mean of V(ut) over 0 <= u <= 1, whose coefficients are
        those of V over the ball divided by 1, 2, 3, ...
        """
        if not self.t.contains(0):
            return self.partition(0) / variable(self.t, self.order)
        value = self.partition(1).derivative()
        return Series(tuple(c / (n + 1) for n, c in enumerate(value.coefficients)))

    def snr(self) -> Series:
        star, signal, order = self.words.star, self.words.signal, self.order
        if star is None:
            raise Unresolved("the generative exponent is not decided, so snr has no order")
        h, twice = self.noisy(star, 1, order + 1), self.noisy(0, 2, order + 2)
        base = self.noisy(0, 1, order + 1) if signal == Signal.CENTERED else h
        a, d = signal_series(signal, h, base, twice)
        ratio = a.power(2) / d.times(arb(factorial(star)))
        return Series(ratio.coefficients[: order + 1])


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
