"""The temperature with the largest signal-to-noise ratio above the threshold, and what it is worth."""

from __future__ import annotations

from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Any

import sympy
from flint import arb

from ...link import Link, Noise
from ...numerics.expectation import NotIntegrable, Unresolved, oracle
from ...numerics.precision import as_fraction, working
from ...numerics.signal import Signal
from ...numerics.snr import Peak, Ratio, largest
from ...theory.efficiency import best_signal
from ...theory.facts import facts
from .enclosure import Enclosed, from_ball, from_exact
from .zeros import Zeros

_DIGITS = 6
#: Up to which t = 1/beta the SNR is compared: beyond, it is flat or far below its largest value.
_END, _END_UNBOUNDED = Fraction(16), Fraction(4)


@dataclass(frozen=True, slots=True)
class Recommended:
    """argmax of SNR over beta > max(beta1, 2/t_max), with SNR and efficiency = SNR/lambda_{k*}^2.

    The enclosure of ``beta`` holds every maximiser among the temperatures compared; ``note`` says in words
    which these are and what ``oo`` means.
    """

    beta: Enclosed
    snr: Enclosed
    efficiency: Enclosed
    note: str

    def as_json(self) -> dict[str, Any]:
        return {
            "beta": self.beta.as_json(),
            "snr": self.snr.as_json(),
            "efficiency": self.efficiency.as_json(),
            "note": self.note,
        }


def recommended(link: Link, signal: Signal, noise: Noise, star: int, found: Zeros) -> Recommended | None:
    """The certified best temperature; None when no finite beta gives gradients of finite variance."""
    end = _end(link, found)
    if end is None:
        return None
    odd = facts(link.tree).parity.value == "odd"
    try:
        peak = largest(Ratio(oracle(link.tree), star, signal, noise), end, _DIGITS, odd=odd)
    except (NotIntegrable, Unresolved):
        return None
    if not peak.snr < 2:
        return None
    with working(64):
        best = best_signal(link.tree, star, noise)
        low = arb(0) if best is None else arb(str(sympy.N(best, 20)))
        # Without lambda in closed form: SNR <= lambda^2 <= 1.
        ratio = peak.snr / low if best is not None else peak.snr.union(arb(1))
        efficiency = from_ball(ratio, _DIGITS)
        if Fraction(efficiency.upper) > 1:
            efficiency = replace(efficiency, upper="1")
        snr = from_ball(peak.snr, _DIGITS)
    return Recommended(_beta(peak), snr, efficiency, _note(peak, end))


def _end(link: Link, found: Zeros) -> Fraction | None:
    """Just below the smallest of t0 and t_max/2, and not beyond what is compared."""
    known = facts(link.tree)
    t_max = known.t_max.value
    if t_max is None or t_max == 0 or found.beta1.upper == "inf":
        return None
    unbounded = known.supremum.value in (None, sympy.oo)
    end = _END_UNBOUNDED if unbounded else _END
    if t_max is not sympy.oo:
        end = min(end, Fraction(str(sympy.N(t_max, 20))) * Fraction(31, 64))
    if found.exceptional:
        end = min(end, 1 / Fraction(found.exceptional[0].upper))
    return end


def _beta(peak: Peak) -> Enclosed:
    if peak.at_zero:
        return from_exact(sympy.oo, _DIGITS)
    with working(64):
        low = as_fraction(peak.t.lower())
        upper = "inf" if low <= 0 else from_ball(1 / peak.t.lower(), 12).upper
        return Enclosed(None, from_ball(1 / peak.t.upper(), 12).lower, upper)


def _note(peak: Peak, end: Fraction) -> str:
    compared = f"compared down to beta = {float(1 / end):.6g}"
    if peak.at_zero:
        return f"the SNR falls as beta falls from oo: no finite beta attains it; {compared}"
    if peak.t.contains(0):
        return f"the SNR is largest at oo or so near it that the two are not told apart; {compared}"
    if peak.t.upper() >= arb(float(end)) * arb("0.99999"):
        return f"not attained: the SNR still rises, or is flat, at the end; {compared}"
    if peak.t.rad() > peak.t.mid() / 1000:
        return f"the SNR is nearly flat over these temperatures; {compared}"
    return f"the largest SNR; {compared}"
