"""The signal-to-noise ratio of a signal T_t(y), and a certified search for its largest value.

SNR(t) = E[T_t(y) He_k]^2/(k! E T_t(y)^2). Its logarithm has the derivative L = 2 A'/A - D'/D with
A = E[T_t He_k] and D = E T_t^2, moments of y at t and 2t. A search by cells encloses where the maximum lies.
Inside it is a zero of L: interval Newton on L leaves one such point and doubles its digits at each step.

Over an interval of t moments of x = y - v stand for those of y, v near the mean of y under the tilt, and
y - w at 2t: E[y e^{ty} He_k] = e^{tv} (E[x e^{tx} He_k] + v E[e^{tx} He_k]). As x is small where the mass
lies, hulls and the remainders of Taylor models are narrow even where the interval is wide.
"""

from __future__ import annotations

import heapq
import math
from contextlib import suppress
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import lru_cache
from itertools import pairwise
from math import factorial

from flint import arb

from ...link import Signal
from ...link.build import combine
from ...link.label import Noise
from ...link.tree import Node, Num
from ..expectation.labels import cumulants, noisy
from ..expectation.oracle import (
    Interval,
    Moments,
    NotIntegrable,
    Oracle,
    ball_of,
    doubled,
    ends,
    oracle,
    tilt_of,
)
from ..expectation.taylor import TaylorModel, taylor_models
from ..lowering.balls import Dual
from ..lowering.series import Series, from_derivatives
from ..precision import Unresolved, as_fraction, bits_for, exact, relative_digits, working
from .signal import signal_parts, signal_series, spread

_BITS = 64
_CELLS = 800
#: Taylor models that one search may build; an ordinary one needs about twenty.
_MODELS = 120
#: Where a Taylor model is this much wider than the value it encloses, its interval is halved.
_LOOSE = 1e-7
#: In the place of an upper bound of the SNR that was not found: above every value.
_NO_BOUND = 1e300
#: Temperatures at which the SNR is computed first, so that most intervals need no model.
_SEEDS = 8
_STEPS = 12
#: From this change of tv over an interval on, moments of y - v are worth their cost.
_TURN, _UNMOVED = 1, Fraction(0)


@dataclass(frozen=True, slots=True)
class Peak:
    """Every t in (0, searched_to] at which the SNR is largest lies in ``t``; its value is in ``snr``.

    at_zero: the supremum is the limit t -> 0 (beta = oo); the SNR falls from there.
    """

    t: arb
    snr: arb
    at_zero: bool
    searched_to: Fraction


@dataclass(frozen=True)
class Ratio:
    """The SNR of one signal of one label, of order k."""

    oracle: Moments
    k: int
    kind: Signal
    noise: Noise

    def local(self, start: Fraction, stop: Fraction) -> _Local:
        """Taylor models on [start, stop]."""
        (v, once_oracle), (w, twice_oracle) = (_moved(self.oracle, n * start, n * stop) for n in (1, 2))
        # Less cancels near the mean, which ``centered`` takes anyway; one v leaves L as it is.
        near = self.kind == Signal.CENTERED and not start
        if near and isinstance(self.oracle, Oracle) and (mean := _level(self.oracle, Fraction(0))):
            v, w, once_oracle = mean, mean, _less(self.oracle.tree, mean)
            twice_oracle = once_oracle
        once = taylor_models(once_oracle, (0, self.k), start, stop)
        twice = taylor_models(twice_oracle, (0,), 2 * start, 2 * stop)
        return _Local(self, start, stop, once[self.k], once[0], twice[0], (v, w))

    def over(self, t: Fraction | Interval) -> arb:
        """SNR(t), or a hull of its values over an interval of t, which is wide but needs no model."""
        low, high = ends(t)
        (v, once_oracle), (w, twice_oracle) = (_moved(self.oracle, n * low, n * high) for n in (1, 2))
        once = once_oracle.tilted_moments((0, self.k), (0, 1, 2), t, 8)
        twice = twice_oracle.tilted_moments((0,), (0, 1, 2, 3), doubled(t), 8)
        with working(_BITS):
            h, base = ([once[n, k] for n in range(3)] for k in (self.k, 0))
            return self.of(h, base, [twice[n, 0] for n in range(4)], ball_of(t), (v, w))[0]

    def of(
        self,
        h: list[arb],
        base: list[arb],
        y: list[arb],
        t: arb,
        by: tuple[Fraction, Fraction] = (_UNMOVED, _UNMOVED),
    ) -> tuple[arb, arb]:
        """SNR and L on the ball t from noiseless moments against He_k and 1 at t, and against 1 at 2t.

        by: the v and w of the moments.
        """
        h, base, y = noisy(h, self.noise, t), noisy(base, self.noise, t), noisy(y, self.noise, 2 * t)
        v, w = map(exact, by)
        mean = Dual(-v, arb(0)) if any(by) else None
        if self.kind == Signal.CENTERED:
            mean = Dual(base[1], base[2]) / Dual(base[0], base[1])
        once, twice = [Dual(a, b) for a, b in pairwise(h)], [Dual(a, 2 * b) for a, b in pairwise(y)]
        a, d = signal_parts(self.kind, once, mean, twice, v - w)
        # The product of a ball with itself would reach below 0.
        square = (a.value.abs_lower() ** 2).union(a.value.abs_upper() ** 2)
        ratio = square * self.damping(t) / (factorial(self.k) * d.value)
        slope = 2 * a.slope / a.value - d.slope / d.value
        return ratio * (2 * t * (v - w)).exp(), slope + 2 * (v - w)

    def damping(self, t: arb) -> arb:
        """(E e^{te})^2/E e^{2te}."""
        return (2 * cumulants(self.noise, t)[0] - cumulants(self.noise, 2 * t)[0]).exp()


def _moved(source: Moments, low: Fraction | int, high: Fraction | int) -> tuple[Fraction, Moments]:
    """v and the moments of y - v for tilts between two bounds; v = 0 for one tilt, and down to 0."""
    if not 0 < low < high or not isinstance(source, Oracle):
        return _UNMOVED, source
    v = _level(source, Fraction(low + high) / 2)
    # Where e^{tv} hardly changes, the nodes of the link itself serve as well.
    return (v, _less(source.tree, v)) if abs(v) * (high - low) > _TURN else (_UNMOVED, source)


def _level(source: Oracle, t: Fraction) -> Fraction:
    """About the mean of y under the tilt, in multiples of the link's spread."""
    table, unit = source.tilted_moments((0,), (0, 1), t, 3), spread(source.tree)
    return round(as_fraction(table[1, 0] / table[0, 0]) / unit) * unit


@lru_cache(maxsize=64)
def _less(tree: Node, v: Fraction) -> Oracle:
    """The oracle of s - v, apart from those of links, which have to stay."""
    return oracle.__wrapped__(combine("-", tree, Num(v)))


@dataclass(frozen=True)
class _Local:
    """The SNR on one interval of t through Taylor models of h_k and h_0 at t and of h_0 at 2t."""

    ratio: Ratio
    start: Fraction
    stop: Fraction
    h: TaylorModel
    base: TaylorModel
    double: TaylorModel
    by: tuple[Fraction, Fraction]

    def tight(self) -> bool:
        with working(_BITS):
            values = [self.at(exact(end))[0] for end in (self.start, self.stop)]
            return all(value.is_finite() and bool(value.rad() < _LOOSE) for value in values)

    def at(self, t: arb) -> tuple[arb, arb]:
        """SNR and L on the ball t."""
        kind = self.ratio.kind
        base = self.base.derivatives(2, t) if kind == Signal.CENTERED else []
        # What ``signal_series`` reads for L.
        once, twice = (1, 1) if kind == Signal.WEIGHT else (2, 3)
        double = self.double.derivatives(twice, 2 * t)
        return self.ratio.of(self.h.derivatives(once, t), base, double, t, self.by)


def largest(ratio: Ratio, end: Fraction, digits: int, *, level: bool) -> Peak:
    """Where the SNR on (0, end] is largest, and its value; a wide ``t`` says that it is nearly flat there.

    Cells whose values are proved below the best one seen, or on which L has one sign, are discarded until
    the rest is narrower than ``digits`` digits or the cells run out; nothing is dropped without proof.
    level: L(0) = 0 is known from algebra, for ``label`` and ``centered``.
    """
    best, at_zero, models = _seeded(ratio, end), False, 0
    waiting: list[tuple[float, Fraction, Fraction, _Local | None]] = [
        (-_NO_BOUND, a, b, None) for a, b in _intervals(end)
    ]
    best_few: list[tuple[float, Fraction, Fraction, _Local | None]] = []
    for _ in range(_CELLS):
        if not waiting:
            break
        cell = heapq.heappop(waiting)
        fallen, low, high, local = cell
        if arb(-fallen) < best:
            continue
        if local is None:
            pieces = _modelled(ratio, low, high, end, best) if models < _MODELS else [cell]
            models += 1
            if len(pieces) == 1 and pieces[0][3] is None:
                # Neither bounded nor cut any further.
                best_few += pieces
            else:
                for piece in pieces:
                    heapq.heappush(waiting, piece)
            continue
        with working(_BITS):
            if low == 0 and _falls_from_zero(local, high, level):
                at_zero = True
                best = _larger(best, local.at(arb(0))[0])
                continue
            if high - low <= (high if low else end) / 10**digits:
                best_few.append(cell)
                continue
            middle = (low + high) / 2
            best = _larger(best, local.at(exact(middle))[0])
            for a, b in ((low, middle), (middle, high)):
                upper = _upper(local, a, b, inner=a > 0 and b < end, best=best)
                if upper is not None and not arb(upper) < best:
                    heapq.heappush(waiting, (-upper, a, b, local))
    with working(_BITS):
        left = [cell for cell in (*best_few, *waiting) if not arb(-cell[0]) < best]
        if not left and not at_zero:
            raise Unresolved("every temperature is excluded: an enclosure of the SNR is not valid")
        if not left:
            return Peak(arb(0), best, True, end)
        # The supremum at t = 0 may be as large as what is left.
        first = Fraction(0) if at_zero else min(cell[1] for cell in left)
        span = exact(first).union(exact(max(cell[2] for cell in left)))
        return Peak(span, best.union(arb(max(-cell[0] for cell in left))), False, end)


def _above(x: arb) -> float:
    """A double not below a finite ball."""
    return math.nextafter(float(x.upper()), math.inf)


def _intervals(end: Fraction) -> list[tuple[Fraction, Fraction]]:
    """[0, end] cut into intervals that grow with t."""
    cuts, width = [Fraction(0)], end / 16
    while cuts[-1] < end:
        cuts.append(min(cuts[-1] + width, end))
        width = width * 3 / 2
    return list(pairwise(cuts))


def _seeded(ratio: Ratio, end: Fraction) -> arb:
    """The largest SNR at a few temperatures: a first lower bound of the maximum."""
    best = arb(0)
    for j in range(_SEEDS):
        with suppress(NotIntegrable, Unresolved):
            best = _larger(best, ratio.over(end / 2**j))
    return best


def _modelled(
    ratio: Ratio, low: Fraction, high: Fraction, end: Fraction, best: arb
) -> list[tuple[float, Fraction, Fraction, _Local | None]]:
    """The interval with its model, or its halves where that is loose; each with an upper bound of the SNR.

    Nothing where a hull shows at once that the SNR stays below ``best``.
    """
    known, local = _NO_BOUND, None
    with suppress(NotIntegrable, Unresolved):
        direct = ratio.over(Interval(low, high))
        if direct < best:
            return []
        known = _above(direct) if direct.is_finite() else known
        local = ratio.local(low, high)
    if local is not None:
        tight = local.tight()
        with working(_BITS):
            known = min(known, _upper(local, low, high, inner=False) or known)
        if tight:
            return [(-known, low, high, local)]
    # At t = 0 the SNR may change fast, or not be defined.
    if high - low <= end / (4096 if low else 2**20):
        return [(-known, low, high, local)]
    middle = (low + high) / 2
    return [(-known, low, middle, None), (-known, middle, high, None)]


def _upper(
    local: _Local, low: Fraction, high: Fraction, *, inner: bool, best: arb | None = None
) -> float | None:
    """An upper bound of the SNR on a cell; None when no maximum lies there, as L has one sign.

    A bound below ``best`` is not improved.
    """
    cell = exact(low).union(exact(high))
    value, slope = local.at(cell)
    if inner and slope.is_finite() and not slope.contains(0):
        return None
    if best is not None and value < best:
        return _above(value)
    middle = cell.mid()
    # The mean value form has an error of second order in the width.
    narrow = local.at(middle)[0] * (slope * (cell - middle)).exp()
    bounds = [_above(x) for x in (value, narrow) if x.is_finite()]
    return min(bounds, default=_NO_BOUND)


def limit_at_zero(ratio: Ratio, digits: int) -> arb:
    """SNR(0+): mu_{1,k}^2/(k! E y^2) for ``label``, with Var y for ``centered``, 0 for ``weight``."""
    if ratio.kind == Signal.WEIGHT:
        return arb(0)
    moments = ratio.oracle.tilted_moments((0, ratio.k), (1, 2), 0, digits + 5)
    with working(bits_for(digits + 5)):
        signal, mean = moments[1, ratio.k], moments[1, 0]
        square = moments[2, 0] + cumulants(ratio.noise, arb(0))[2]
        if ratio.kind == Signal.CENTERED:
            square -= mean * mean
        return signal * signal / (factorial(ratio.k) * square)


def _larger(a: arb, b: arb) -> arb:
    return b if b.is_finite() and b.lower() > a.lower() else a


def _falls_from_zero(local: _Local, high: Fraction, level: bool) -> bool:
    """L < 0 on (0, high]."""
    cell = arb(0).union(exact(high))
    return bool(local.at(cell)[1] < 0) or (level and _slope_falls(local, cell))


def _slope_falls(local: _Local, cell: arb) -> bool:
    """L' < 0 on the cell, which starts at 0: with L(0) = 0 that gives L < 0 beyond 0."""
    h, base = local.h.derivatives(3, cell), local.base.derivatives(3, cell)
    return bool(_slopes(*_parts(local.ratio, h, base, local.double.derivatives(4, 2 * cell), cell))[1] < 0)


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


def _series(ratio: Ratio, t: arb, digits: int) -> tuple[Series, Series]:
    """A and D up to order 2 in t about the ball t."""
    once = ratio.oracle.tilted_moments((0, ratio.k), (0, 1, 2, 3), tilt_of(t), digits)
    twice = ratio.oracle.tilted_moments((0,), (0, 1, 2, 3, 4), tilt_of(2 * t), digits)
    h, base = ([once[n, k] for n in range(4)] for k in (ratio.k, 0))
    return _parts(ratio, h, base, [twice[n, 0] for n in range(5)], t)


def _parts(ratio: Ratio, h: list[arb], base: list[arb], twice: list[arb], t: arb) -> tuple[Series, Series]:
    """A and D from noiseless moments at t and 2t."""
    moments = (h, t), (base, t), (twice, 2 * t)
    return signal_series(ratio.kind, *(from_derivatives(noisy(m, ratio.noise, at)) for m, at in moments))


def _log_slope(ratio: Ratio, t: arb, digits: int) -> tuple[arb, arb]:
    """L and L' on the ball t."""
    return _slopes(*_series(ratio, t, digits))


def _slopes(a: Series, d: Series) -> tuple[arb, arb]:
    slope = (a.derivative() / a).times(arb(2)) - d.derivative() / d
    return slope.coefficients[0], slope.coefficients[1]


def _value(ratio: Ratio, t: arb, digits: int) -> arb:
    a, d = _series(ratio, t, digits)
    return a.value * a.value * ratio.damping(t) / (factorial(ratio.k) * d.value)
