"""The signal coefficient as a function of t = 1/beta: all its zeros isolated, and none beyond some t.

Up to a positive factor, with K_e the noise's cumulant generating function:
``label`` h_k' + K_e' h_k, ``weight`` h_k, ``centered`` h_k' h_0 - h_k h_0' (noise cancels).
A constant d added to the label adds d h_k to ``label``, so that links far from 0 lose no digits.
Over a short interval of t each h_k is replaced by a Taylor model.

At low temperatures let the integrand s He_k (He_k for ``weight``) have sign sigma wherever s > y. If at t = T

    sigma E[s e^{Ts} He_k; s > y] > E[|s e^{Ts} He_k|; s <= y],

then the same holds at every t > T, as e^{(t-T)s} is larger on the left than e^{(t-T)y} and smaller on the
right; so sigma times the coefficient is positive for all t >= T.
"""

import heapq
import math
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache
from math import factorial, floor, isnan, isqrt
from statistics import NormalDist
from typing import Any, NamedTuple

import numpy as np
from flint import arb

from ...link import Signal
from ...link.build import call, combine
from ...link.label import Noise
from ...link.tree import Compare, Neg, Node, Num, Var, Where, substitute
from ..expectation.labels import cumulants
from ..expectation.oracle import Interval, Moments, Oracle, oracle, tilt_of
from ..expectation.tail_growth import limits
from ..expectation.taylor import WronskianModel, taylor_models
from ..lowering.arb import compile_arb, hermite
from ..lowering.balls import Dual
from ..lowering.pointwise import compile_numpy
from ..lowering.series import Series
from ..lowering.zeros import Isolation, isolate
from ..precision import NotIntegrable, Unresolved, as_fraction, bits_for, exact, sign_of, working
from ..work import Exhausted, allowance, remembered

#: Taylor models that one search may build; an ordinary one needs about twenty.
_MODELS = 150
_ZERO = Num(Fraction(0))
_BITS = 64
_NARROW = 1 / 128
_CELLS = 6000
_WORK = 1e6
#: A spread below this part of the values is computed again, with so many bits.
_CANCELLED, _MANY_BITS = 1e-6, 512
#: Values of T that are tried, in this order.
STARTS = (2, 4, 8, 16, 32, 64, 128, 256)


def signal_series(kind: Signal, h: Series, base: Series, twice: Series) -> tuple[Series, Series]:
    """A and D from the series of E[e^{ty} He_k], E e^{ty} (read for ``centered``), and the last about 2t."""
    mean, mass = base.derivative() / base if kind == Signal.CENTERED else None, twice.stretched(2)
    first = mass.derivative()
    powers = mass, first.times(arb(0.5)), first.derivative().times(arb(0.25))
    parts: tuple[Series, Series] = signal_parts(kind, (h, h.derivative()), mean, powers, arb(0))
    return parts


def signal_parts(
    kind: Signal, h: Sequence[Any], mean: Any, twice: Sequence[Any], lower: arb
) -> tuple[Any, Any]:
    """A = E[T He_k] and D = E T^2 with what is known of their derivatives in t, as Dual numbers or as series.

    h: E[e^{ty} He_k] and its derivative; mean: what T takes from y, None for nothing; twice: E y^i e^{2ty}
    of a y smaller by ``lower``. What the kind does not need may be missing, and so may powers of E e^{te}:
    L does not see them.
    """
    if kind == Signal.WEIGHT:
        return h[0], twice[0]
    if mean is None:
        return h[1], twice[2]
    rest = mean if lower.is_zero() else mean + Dual(lower, arb(0))
    return h[1] - mean * h[0], twice[2] - rest * (twice[1] + twice[1] - rest * twice[0])


def mean_deviation(tree: Node) -> float:
    """About E|s(Z) - E s(Z)|, from 256 quantiles in doubles, or in balls where doubles would cancel."""
    # SciPy has them too, and takes as long to load as all else that a threshold needs.
    quantiles = np.array([NormalDist().inv_cdf((j + 0.5) / 256) for j in range(256)])
    with np.errstate(all="ignore"):
        s = compile_numpy(tree)(quantiles)
        size = float(np.abs(s - s.mean()).mean())
        if not size < _CANCELLED * float(np.abs(s).max()):
            return size
    with working(_MANY_BITS):
        values = [compile_arb(tree)(arb(float(z))) for z in quantiles]
        mean = sum(values, arb(0)) / len(values)
        return float(sum((abs(value - mean).abs_lower() for value in values), arb(0)).mid()) / len(values)


@lru_cache(maxsize=256)
def spread(tree: Node) -> Fraction:
    """The mean deviation as a power of 4: the scale of the link's own temperatures; 1 for no spread."""
    size = mean_deviation(tree)
    return Fraction(4) ** round(math.log(size, 4)) if 0 < size < math.inf else Fraction(1)


@dataclass(frozen=True, slots=True)
class Exceptional:
    """Zeros of the signal coefficient on (0, searched_to], increasing in t, each simple and isolated.

    unresolved: intervals of t on which neither absence nor isolation is proved; elsewhere there is no zero.
    """

    zeros: tuple[arb, ...]
    searched_to: Fraction
    unresolved: tuple[tuple[arb, arb], ...]


@dataclass(frozen=True)
class SignalCoefficient:
    """The k-th coefficient of one signal. shift: a constant that ``label`` adds to the oracle's y."""

    oracle: Moments
    k: int
    kind: Signal
    noise: Noise
    shift: Node = _ZERO

    def isolate_zeros(self, t_upper: Fraction, i0: int, digits: int, *, first: bool = False) -> Exceptional:
        """All zeros in (0, t_upper], to ``digits`` digits.

        i0 >= 1 is the power with E[s^i He_k] = 0 for i < i0 (the caller proves that): it says to which order
        the coefficient vanishes at t = 0, so that this zero is divided out and not found again.
        With ``first`` the search may stop once the smallest zero is known, and it stops where the signal has
        fallen so far that cells become tiny, or where the allotted work ends; ``searched_to`` says where.
        Raises Unresolved when the coefficient is not separated from its zero at t = 0.
        """
        with working(64):
            # From here on every end of an interval is a dyadic number, which a ball holds exactly.
            t_upper = as_fraction(exact(t_upper).upper())
        start, _ = self.zero_free_start(t_upper, i0)
        zeros: list[arb] = []
        unresolved: list[tuple[arb, arb]] = []
        width, growth, least = start, 2, t_upper / 2**20
        with working(bits_for(digits) + 40):
            for _ in range(_MODELS):
                if start >= t_upper or (first and (zeros or unresolved)):
                    break
                end = start + width
                # No tiny rest: its own model would cost as much as a long one.
                if end > t_upper or t_upper - end < width / 4:
                    end = t_upper
                try:
                    found = self.search(start, end)
                    if found.unresolved and end - start > least:
                        width, growth = (end - start) / 2, 1
                        continue
                    zeros += [self._sharpen(zero, digits) for zero in found.zeros]
                except Exhausted:
                    # What was searched stays true.
                    break
                unresolved += found.unresolved
                # After a failure the same length is tried once more before a longer one.
                start, width, growth = end, growth * (end - start), 2
        return Exceptional(tuple(zeros), start, tuple(unresolved))

    def search(self, start: Fraction, end: Fraction) -> Isolation:
        """The zeros on [start, end] through one Taylor model."""
        signal, narrowest = self.modelled(start, end), float(end - start) / 256
        with working(64):
            return isolate(signal, exact(start), exact(end), bits=36, narrowest=narrowest, cells=400)

    def modelled(self, start: Fraction, end: Fraction) -> Callable[[arb], Dual]:
        """The coefficient on [start, end] through one Taylor model, cheap to evaluate on many cells."""
        models = taylor_models(self.oracle, self._orders, start, end)
        if self.kind == "centered":
            with working(64):
                model = WronskianModel(models[self.k], models[0])
            return lambda cell: Dual(*model.both(cell))

        def coefficient(cell: arb) -> Dual:
            values = {j: model.derivatives(2, cell) for j, model in models.items()}
            return self._combined(values, cell)

        return coefficient

    @property
    def _orders(self) -> tuple[int, ...]:
        return (0, self.k) if self.kind == "centered" else (self.k,)

    @property
    def _moved(self) -> arb:
        return arb(compile_arb(self.shift)(arb(0)))

    def zero_free_start(self, t_upper: Fraction, i0: int) -> tuple[Fraction, arb]:
        """A delta > 0 such that the coefficient, divided by its power of t, has no zero on [0, delta].

        Returned with a ball without 0 that holds the quotient times (i0 - 1)! (``weight``: i0!).

        With H the hull over [0, delta] of E[s^i0 e^{ts} He_k]: h_k in t^i0 H/i0! and h_k' in
        t^(i0-1) H/(i0-1)!. Noise adds K_e' h_k of the same sign, as K_e' >= 0.
        """
        # Not a round number: the search steps from multiples of delta, and zeros like to sit at round ones.
        # In proportion where t_upper is larger than for an ordinary link.
        delta = Fraction(61, 256) * max(Fraction(1), t_upper / 256)
        with working(64):
            moved = self._moved if self.kind == "label" else arb(0)
        while delta > t_upper / 4 or not 2 * exact(delta) * abs(moved) < 1:
            delta /= 2
        for _ in range(40):
            with working(64):
                cell, t = Interval(Fraction(0), delta), exact(delta) * arb(0.5, 0.5)
                top = self.oracle.tilted_moments((self.k,), (i0,), cell, 8)[i0, self.k]
                # h_k' + d h_k over t^(i0-1)/(i0-1)!.
                leading = top + t * moved * top / i0
                if self.kind == "centered":
                    base = self.oracle.tilted_moments((0,), (0, 1), cell, 8)
                    # h_k' h_0 - h_k h_0' over t^(i0-1)/(i0-1)!.
                    leading = top * base[0, 0] - t * top * base[1, 0] / i0
                if not leading.contains(0):
                    return delta, leading
            delta /= 2
        raise Unresolved("the coefficient is not separated from its zero at t = 0")

    def _combined(self, values: dict[int, list[arb]], t: arb) -> Dual:
        """The coefficient and its t-derivative from h_k, h_k', h_k'' (and those of h_0) on the ball t."""
        h, h1, h2 = values[self.k]
        if self.kind == "weight":
            return Dual(h, h1)
        if self.kind == "centered":
            g, g1, g2 = values[0]
            return Dual(h1 * g - h * g1, h2 * g - h * g2)
        _, slope, curve, *_ = cumulants(self.noise, t)
        if self.shift != _ZERO:
            slope += self._moved
        return Dual(h1 + slope * h, h2 + curve * h + slope * h1)

    def _dual(self, cell: arb, digits: int) -> Dual:
        """The coefficient and its t-derivative as hulls over a small ball of t, or at an exact t."""
        table = self.oracle.tilted_moments(self._orders, (0, 1, 2), tilt_of(cell), digits)
        return self._combined({j: [table[i, j] for i in range(3)] for j in self._orders}, cell)

    def _sharpen(self, zero: arb, digits: int) -> arb:
        """The zero to ``digits`` digits: interval Newton inside the cell that isolates it."""
        cell, goal = zero, abs(zero).lower() * arb(10) ** -(digits + 2)
        for _ in range(12):
            if cell.rad() <= goal:
                return cell
            middle = cell.mid()
            # The slope needs about the digits that this step can gain, the value twice as many.
            gained = int(-math.log10(float(cell.rad() / abs(middle)))) + 4
            value = self._dual(middle, min(2 * gained, digits + 6)).value
            slope = self._dual(cell, min(gained, digits + 6)).slope
            step = middle - value / slope
            if not step.is_finite():
                break
            smaller = step.intersection(cell)
            if not smaller.rad() < cell.rad() / 2:
                break
            cell = smaller
        raise Unresolved(f"the zero near t = {float(cell.mid()):.8g} is not sharpened to {digits} digits")


class Settled(NamedTuple):
    """For t >= start, below t_max, the coefficient has this sign; its integrand has it where s > level."""

    start: Fraction
    sign: int
    level: Fraction


# Few, as each keeps an oracle with all its nodes.
@remembered(8)
def dominance_start(
    oracle_: Oracle, k: int, weight: bool, starts: tuple[Fraction | int, ...] = STARTS
) -> Settled | None:
    """The first of the increasing ``starts`` from which dominance holds; None when not shown.

    The coefficient is E[s e^{ts} He_k], or E[e^{ts} He_k] with ``weight``, without noise. As the answer is
    kept, its work is its own, whoever asks first.
    """
    with allowance(_WORK), suppress(NotIntegrable, Unresolved):
        return _dominance_start(oracle_, k, weight, starts)
    return None


def _dominance_start(
    oracle_: Oracle, k: int, weight: bool, starts: tuple[Fraction | int, ...]
) -> Settled | None:
    tree = oracle_.tree
    sign = sign_at(oracle_, k, weight, Fraction(starts[-1]))
    level = None if not sign else wrong_up_to(tree, k, sign, weight)
    if level is None:
        return None
    for start in map(Fraction, starts):
        if _dominates(tree, k, sign, weight, level, start):
            return Settled(start, sign, level)
    return None


def sign_at(oracle_: Oracle, k: int, weight: bool, t: Fraction) -> int:
    power = 0 if weight else 1
    return sign_of(oracle_.tilted_moments((k,), (power,), t, 5)[power, k])


def wrong_up_to(tree: Node, k: int, sign: int, weight: bool) -> Fraction | None:
    """An upper bound of s over all z where sign * s * He_k (sign * He_k) is negative; None when infinite."""
    with working(_BITS):
        # All zeros of He_k lie within 2 sqrt(k).
        radius = max(8, 2 * isqrt(k) + 3)
        level = _tails(tree, k, sign, weight, radius)
        if level is None or not level < arb.pos_inf():
            return None
        function = compile_arb(tree)
        waiting: list[tuple[float, float, float]] = [(-1e300, -float(radius), float(radius))]
        for _ in range(_CELLS):
            fallen, low, high = heapq.heappop(waiting)
            if high - low < _NARROW or not arb(-fallen) > level:
                return _rounded_up(level.max(arb(-fallen)), tree)
            middle = (low + high) / 2
            for a, b in ((low, middle), (middle, high)):
                cell = arb((a + b) / 2, (b - a) / 2)
                value = function(cell)
                factor = hermite(k, cell) * sign
                product = factor if weight else factor * value
                if not product >= 0:
                    upper = float(value.upper())
                    if factor > 0 and not upper < 0:
                        # Only s < 0 is wrong here, however high s jumps within the cell.
                        upper = 0.0
                    # An enclosure over a wide cell may be no number: such a cell is cut first.
                    heapq.heappush(waiting, (-1e300 if isnan(upper) else -upper, a, b))
            if not waiting:
                return _rounded_up(level, tree)
        return None


def _tails(tree: Node, k: int, sign: int, weight: bool, radius: int) -> arb | None:
    """The same bound over |z| > radius."""
    level = arb.neg_inf()
    for side, mirrored in ((1, tree), (-1, substitute(tree, Neg(Var())))):
        least, most = limits(mirrored, arb(radius))
        parity = sign * side**k
        positive, negative = least is not None and least > 0, most is not None and most < 0
        if (weight and parity > 0) or (not weight and (positive if parity > 0 else negative)):
            continue
        if most is None:
            return None
        level = level.max(most)
    return level


def _rounded_up(level: arb, tree: Node) -> Fraction:
    # Thousandths of the link's own scale, where that is small.
    unit = min(Fraction(1), spread(tree)) / 1024
    if not level.is_finite():
        # Nothing is wrong anywhere: any level below the supremum of s will do.
        return -4 * unit
    bound = level.upper()
    # A number such as e^{-10^9} would take gigabytes to write out; any of its sign this small rounds alike.
    tiny = abs(bound) < exact(unit / 2**60)
    top = as_fraction(bound.sgn()) * unit / 2**60 if tiny else as_fraction(bound)
    # More than the rounding of the ends of cells to doubles, for huge links too.
    return (floor((top + abs(top) / 2**50) / unit) + 1) * unit


def _dominates(tree: Node, k: int, sign: int, weight: bool, level: Fraction, start: Fraction) -> bool:
    zero, above = Num(Fraction(0)), Compare(">", tree, Num(level))
    if weight:
        grown = call("exp", (combine("*", Num(start), tree),))
        right = oracle(Where(above, grown, zero)).tilted_moments((k,), (1,), 0, 6)[1, k]
        wrong = oracle(Where(above, zero, grown)).tilted_moments((0,), (2,), 0, 6)[2, 0]
    else:
        # s e^{Ts} restricted to a set is v e^{Tv} with v = s there and 0 elsewhere.
        right = oracle(Where(above, tree, zero)).tilted_moments((k,), (1,), start, 6)[1, k]
        wrong = oracle(Where(above, zero, tree)).tilted_moments((0,), (2,), 2 * start, 6)[2, 0]
    with working(_BITS):
        # Cauchy-Schwarz: E|f He_k| <= sqrt(E f^2 k!).
        return bool(sign * right > (wrong * factorial(k)).sqrt())
