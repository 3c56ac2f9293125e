"""The largest SNR to any number of digits, once a search has enclosed where it lies.

With L = (log SNR)' a maximum inside is a zero of L; interval Newton on L, whose slope over the enclosure
excludes 0, leaves one such point and doubles its digits at each step.
"""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from math import factorial

from flint import arb

from ..expectation.noise import cumulants, noisy
from ..expectation.oracle import Interval
from ..lowering.series import Jet, constant
from ..lowering.zeros import Unresolved
from ..precision import as_fraction, bits_for, exact, relative_digits, working
from .snr import Peak, Ratio

_STEPS = 12


def sharpened(ratio: Ratio, peak: Peak, digits: int) -> Peak:
    """``peak`` with t and the SNR to ``digits`` digits where the maximum is inside and sharp; else as it is.

    Raises what ``tilted_moments`` raises, and Unresolved where no maximum is left.
    """
    if peak.at_zero or peak.t.contains(0) or not peak.t.upper() < exact(peak.searched_to):
        return peak
    cell, reached = peak.t, 6
    for _ in range(_STEPS):
        slope = _log_slope(ratio, cell, 8)[1]
        if not slope < 0:
            return peak
        goal = min(2 * reached + 4, digits + 8)
        with working(bits_for(goal + 10)):
            middle = cell.mid()
            step = middle - _log_slope(ratio, middle, goal)[0] / slope
            if not step.overlaps(cell):
                raise Unresolved("no maximum is left where one lies: an enclosure is not valid")
            cell = step.intersection(cell)
            reached = int(min(relative_digits(cell), digits + 8))
        if reached >= digits + 4:
            break
    with working(bits_for(digits + 10)):
        return replace(peak, t=cell, snr=_value(ratio, cell, digits + 4))


def _tables(ratio: Ratio, t: arb, digits: int) -> tuple[list[arb], list[arb], list[arb]]:
    """E[y^n e^{ty} He_k], E[y^n e^{ty}] for n <= 3 and E[y^n e^{2ty}] for n <= 4, over those of the noise."""
    low, high = as_fraction(t.lower()), as_fraction(t.upper())
    once = ratio.oracle.tilted_moments((0, ratio.k), (0, 1, 2, 3), _span(low, high), digits)
    twice = ratio.oracle.tilted_moments((0,), (0, 1, 2, 3, 4), _span(2 * low, 2 * high), digits)
    h, base = (noisy([once[n, k] for n in range(4)], ratio.noise, t) for k in (ratio.k, 0))
    return h, base, noisy([twice[n, 0] for n in range(5)], ratio.noise, 2 * t)


def _span(low: Fraction, high: Fraction) -> Fraction | Interval:
    return low if low == high else Interval(low, high)


def _series(ratio: Ratio, t: arb, digits: int) -> tuple[Jet, Jet]:
    """A and D up to order 2 in t, but for the powers of E e^{te} that L does not see."""
    h, base, y = _tables(ratio, t, digits)
    first = Jet(tuple(x / factorial(n) for n, x in enumerate(h)))
    square, mean, mass = (Jet(tuple(y[m + n] * 2**n / factorial(n) for n in range(3))) for m in (2, 1, 0))
    if ratio.kind == "weight":
        return Jet(first.coefficients[:3]), mass
    if ratio.kind == "label":
        return first.derivative(), square
    whole = Jet(tuple(x / factorial(n) for n, x in enumerate(base)))
    centre = whole.derivative() / whole
    two = constant(arb(2), 2)
    return first.derivative() - centre * first, square - two * centre * mean + centre * centre * mass


def _log_slope(ratio: Ratio, t: arb, digits: int) -> tuple[arb, arb]:
    """L and L' on the ball t."""
    a, d = _series(ratio, t, digits)
    found = (a.derivative() / a).times(arb(2)) - d.derivative() / d
    return found.coefficients[0], found.coefficients[1]


def _value(ratio: Ratio, t: arb, digits: int) -> arb:
    a, d = _series(ratio, t, digits)
    damping = (2 * cumulants(ratio.noise, t)[0] - cumulants(ratio.noise, 2 * t)[0]).exp()
    return a.value * a.value * damping / (factorial(ratio.k) * d.value)
