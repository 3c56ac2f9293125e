"""The temperature with the largest signal-to-noise ratio above the threshold, and what it is worth."""

from dataclasses import dataclass
from fractions import Fraction

import sympy
from flint import arb

from ...link import ADDITIVE, NOISELESS, Label, Link, Noise, Signal
from ...numerics.expectation.labels import moments
from ...numerics.expectation.oracle import NotIntegrable, Unresolved
from ...numerics.precision import as_fraction, bits_for, relative_digits, working
from ...numerics.threshold import signal_ceiling as enclosed
from ...numerics.threshold.signal import spread
from ...numerics.threshold.snr import Peak, Ratio, largest, limit_at_zero, sharpened
from ...theory.channel import two_values
from ...theory.channel_forms import share
from ...theory.shape.facts import facts
from ...theory.signal import best_signal, in_lowest_terms, level_ratio, starts_level
from ...theory.signal import limit_at_zero as exact_limit_at_zero
from ..number import Number, ball_to, from_ball, from_exact, of_unit
from ..record import Record
from .exponents import lambda_squared, tilt_limit

_DIGITS = 6
#: An SNR known no better than this says nothing: then fewer temperatures are compared.
_WIDE = 0.05
_TRIES = 4
#: Up to which t = 1/beta the SNR of a link of spread 1 is compared: beyond, it is flat or far below its top.
_END, _END_UNBOUNDED = Fraction(16), Fraction(4)
#: Temperatures in this ratio to the lowest that was compared, or nearer, are that one.
_NEAR = Fraction(99_999, 100_000)


@dataclass(frozen=True, slots=True)
class Recommended(Record):
    """argmax of SNR over beta > max(beta1, 2/t_max), with SNR and efficiency = SNR/lambda_{k*}^2.

    The enclosure of ``beta`` holds every maximiser among the temperatures compared, which reach down to
    ``compared_down_to``; ``note`` says so in words, and what ``oo`` means.
    """

    beta: Number
    snr: Number
    efficiency: Number
    note: str
    compared_down_to: str

    @property
    def attained(self) -> bool:
        """Whether the SNR falls again below these temperatures, as far down as was compared."""
        return _attained(self.beta, Fraction(self.compared_down_to))

    @property
    def tilts(self) -> tuple[Fraction, Fraction]:
        """The range of t = 1/beta in which every maximiser lies; (0, 0) where the SNR is the same for all."""
        low, high = self.beta.lower, self.beta.upper
        nearest = Fraction(0) if high == "inf" else 1 / Fraction(high)
        if low == "inf" or self.compared_down_to == "0":
            return nearest, nearest
        return nearest, 1 / max(Fraction(low), Fraction(self.compared_down_to))


def recommended(
    link: Link, signal: Signal, noise: Noise, star: int, beta1: Number, digits: int, label: Label = ADDITIVE
) -> Recommended | None:
    """The certified best temperature; None when no finite beta gives gradients of finite variance.

    digits: of a maximum at beta = oo, or inside and sharp; a flat one and one at an end are given to six.
    """
    end = _end(link, beta1, label)
    if end is None:
        return None
    if noise == NOISELESS and (same := _level(link, star, signal, digits, label)) is not None:
        return same
    ratio = Ratio(moments(link.tree, label), star, signal, noise)
    try:
        level = label == ADDITIVE and starts_level(link.tree, star, noise, signal)
        peak = largest(ratio, end, _DIGITS, level=level)
        for _ in range(_TRIES):
            if peak.snr.rad() < _WIDE:
                break
            # The spread may say little about where the signal is.
            end = near if (near := _reach(link)) < end else end / 2
            peak = largest(ratio, end, _DIGITS, level=level)
        if not peak.snr < 2:
            return None
        peak = sharpened(ratio, peak, digits)
        value = limit_at_zero(ratio, digits) if peak.at_zero else peak.snr
    except (NotIntegrable, Unresolved):
        return None
    shown = digits if peak.at_zero or relative_digits(peak.t) > digits else _DIGITS
    exact = None
    if peak.at_zero and label == ADDITIVE:
        exact = exact_limit_at_zero(link.tree, star, noise, signal)
    snr = of_unit(value, shown) if exact is None else from_exact(exact, shown)
    if label == ADDITIVE:
        part = _efficiency(link, star, noise, exact, value, shown)
    else:
        part = _drawn_efficiency(link, star, label, value, shown)
    beta = _beta(peak, shown)
    return Recommended(beta, snr, part, _note(peak, beta, 1 / end), str(1 / end))


def _level(link: Link, star: int, signal: Signal, digits: int, label: Label) -> Recommended | None:
    """The answer where the SNR is proved to be the same at every temperature."""
    if label != ADDITIVE:
        return _level_of_two(link, star, signal, digits, label)
    value, best = level_ratio(link.tree, star, signal), best_signal(link.tree, star)
    if value is None or best is None:
        return None
    why = "s is 0 but on one level" if signal == Signal.LABEL else "two levels have one signal of mean 0"
    note = f"not unique: the SNR is the same at every temperature, as {why}"
    part = from_exact(in_lowest_terms(value / best), digits)
    return Recommended(Number(None, "0", "inf"), from_exact(value, digits), part, note, "0")


def _level_of_two(link: Link, star: int, signal: Signal, digits: int, label: Label) -> Recommended | None:
    """Of a label with two values: ``centered`` always, ``label`` where one value is 0."""
    values = two_values(label)
    if values is None or not (signal == Signal.CENTERED or (signal == Signal.LABEL and 0 in values)):
        return None
    best = lambda_squared(link, star, NOISELESS, label, 1, digits)
    why = (
        "of two values one is 0" if signal == Signal.LABEL else "every signal of mean 0 is a multiple of zeta"
    )
    note = f"not unique: the SNR is the same at every temperature, as {why}"
    if signal == Signal.CENTERED:
        return Recommended(Number(None, "0", "inf"), best, from_exact(sympy.S.One, digits), note, "0")
    # T = v e^{tv} where y = v: SNR = E[p He_k]^2/(k! P) and lambda^2 = SNR/(1 - P), P the chance of v.
    mean = share(link.tree, label, 0)
    if mean is None:
        return None
    other = mean if values[1] == 0 else 1 - mean
    if best.closed_form is not None:
        ratio = from_exact(in_lowest_terms(best.closed_form * other), digits)
    else:
        with working(bits_for(digits) + 20):
            ratio = of_unit(_ball_of(best, digits) * ball_to(other, digits + 5), digits)
    return Recommended(Number(None, "0", "inf"), ratio, from_exact(other, digits), note, "0")


def _ball_of(number: Number, digits: int) -> arb:
    return number.ball if number.closed_form is None else ball_to(number.closed_form, digits + 5)


def _drawn_efficiency(link: Link, star: int, label: Label, snr: arb, digits: int) -> Number:
    best = lambda_squared(link, star, NOISELESS, label, 1, digits)
    with working(bits_for(digits) + 20):
        return of_unit(_share(snr, _ball_of(best, digits)), digits)


def _efficiency(
    link: Link, star: int, noise: Noise, exact: sympy.Expr | None, snr: arb, digits: int
) -> Number:
    """SNR/lambda_{k*}^2."""
    if noise != NOISELESS:
        carried = lambda_squared(link, star, noise, ADDITIVE, 1, _DIGITS)
        if exact is not None and carried.closed_form is not None:
            return from_exact(in_lowest_terms(exact / carried.closed_form), digits)
        with working(bits_for(digits)):
            return of_unit(_share(snr, _ball_of(carried, digits)), _DIGITS)
    best = best_signal(link.tree, star)
    if exact is not None and best is not None:
        return from_exact(in_lowest_terms(exact / best), digits)
    with working(bits_for(digits)):
        ratio = _share(snr, _carried(link, star) if best is None else ball_to(best, digits + 5))
        return of_unit(ratio, _DIGITS if best is None else digits)


def _share(snr: arb, best: arb) -> arb:
    """snr/best, where 0 <= snr <= best <= 1, from balls that may reach beyond."""
    low = snr.lower().max(arb(0)) / best.upper().min(arb(1))
    high = snr.upper() / best.lower() if best.lower() > 0 else arb(1)
    return (low if low.is_finite() else arb(0)).union(high.min(arb(1)) if high.is_finite() else arb(1))


def _carried(link: Link, star: int) -> arb:
    """lambda_{k*}^2 of the noiseless label; all of [0, 1] where the branches of s are not isolated."""
    try:
        return enclosed.best_signal(link.tree, star)
    except Unresolved:
        return arb(0).union(arb(1))


def _end(link: Link, beta1: Number, label: Label) -> Fraction | None:
    """Just below the smallest of 1/beta1 and t_max/2, and not beyond what is compared."""
    t_max = tilt_limit(link, label).value
    if t_max is None or t_max == 0 or beta1.upper == "inf":
        return None
    # Temperatures scale with the link (T4).
    values = two_values(label)
    if values is not None:
        end = _END / Fraction(abs(values[1] - values[0]))
    else:
        end = _reach(link) / spread(link.tree)
    if t_max is not sympy.oo:
        end = min(end, Fraction(from_exact(t_max, 20).lower) * Fraction(31, 64))
    # Above beta1 only, also where it is not known but for an upper bound.
    least = Fraction(beta1.upper)
    return min(end, 1 / least) if least else end


def _reach(link: Link) -> Fraction:
    return _END_UNBOUNDED if facts(link.tree).supremum.value in (None, sympy.oo) else _END


def _beta(peak: Peak, digits: int) -> Number:
    if peak.at_zero:
        return from_exact(sympy.oo, digits)
    with working(bits_for(digits) + 32):
        low = as_fraction(peak.t.lower())
        upper = "inf" if low <= 0 else from_ball(1 / peak.t.lower(), digits + 2).upper
        return Number(None, from_ball(1 / peak.t.upper(), digits + 2).lower, upper)


def _attained(beta: Number, lowest: Fraction) -> bool:
    return beta.lower == "inf" or Fraction(beta.lower) * _NEAR > lowest


def _note(peak: Peak, beta: Number, lowest: Fraction) -> str:
    compared = f"compared down to beta = {float(lowest):.6g}"
    if peak.at_zero:
        return f"the SNR is largest without weights (beta = oo) and falls as beta falls; {compared}"
    if peak.t.contains(0):
        return f"the SNR is largest at oo or so near it that the two are not told apart; {compared}"
    if not _attained(beta, lowest):
        return f"not attained: the SNR still rises, or is flat, at the lowest of these; {compared}"
    if peak.t.rad() > peak.t.mid() / 1000:
        return f"the SNR is nearly flat over these temperatures; {compared}"
    return f"the largest SNR; {compared}"
