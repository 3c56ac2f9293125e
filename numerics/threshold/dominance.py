"""A temperature below which the signal coefficient has no zero, proved once for all lower ones.

Let the integrand s He_k (He_k for ``weight``) have sign sigma wherever s > y. If at t = T

    sigma E[s e^{Ts} He_k; s > y] > E[|s e^{Ts} He_k|; s <= y],

then the same holds at every t > T, as e^{(t-T)s} is larger on the left than e^{(t-T)y} and smaller on the
right; so sigma times the coefficient is positive for all t >= T.
"""

from __future__ import annotations

import heapq
from contextlib import suppress
from fractions import Fraction
from functools import lru_cache
from math import factorial, floor, isnan, isqrt
from typing import NamedTuple

from flint import arb

from ...link.build import call, combine
from ...link.tree import Compare, Neg, Node, Num, Var, Where, substitute
from ..expectation.oracle import Oracle, oracle
from ..expectation.tail_growth import bound
from ..expectation.tails import NotIntegrable
from ..lowering import tail_polynomials as tp
from ..lowering.arb import compile_arb, hermite
from ..lowering.zeros import Unresolved
from ..precision import as_fraction, working
from ..work import allowance
from .snr import spread

_BITS = 64
_NARROW = 1 / 128
_CELLS = 6000
_WORK = 1e6
#: Values of T that are tried, in this order.
STARTS = (2, 4, 8, 16, 32, 64, 128, 256)


class Settled(NamedTuple):
    """For t >= start, below t_max, the coefficient has this sign; its integrand has it where s > level."""

    start: Fraction
    sign: int
    level: Fraction


@lru_cache(maxsize=256)
def settled_from(
    oracle_: Oracle, k: int, weight: bool, starts: tuple[Fraction | int, ...] = STARTS
) -> Settled | None:
    """The first of the increasing ``starts`` from which dominance holds; None when not shown.

    The coefficient is E[s e^{ts} He_k], or E[e^{ts} He_k] with ``weight``, without noise. As the answer is
    kept, its work is its own, whoever asks first.
    """
    with allowance(_WORK), suppress(NotIntegrable, Unresolved):
        return _settled_from(oracle_, k, weight, starts)
    return None


def _settled_from(
    oracle_: Oracle, k: int, weight: bool, starts: tuple[Fraction | int, ...]
) -> Settled | None:
    tree = oracle_.tree
    sign = _sign_at(oracle_, k, weight, Fraction(starts[-1]))
    level = None if not sign else _wrong_up_to(tree, k, sign, weight)
    if level is None:
        return None
    for start in map(Fraction, starts):
        if _dominates(tree, k, sign, weight, level, start):
            return Settled(start, sign, level)
    return None


def _sign_at(oracle_: Oracle, k: int, weight: bool, t: Fraction) -> int:
    power = 0 if weight else 1
    value = oracle_.tilted_moments((k,), (power,), t, 5)[power, k]
    return 1 if value > 0 else -1 if value < 0 else 0


def _wrong_up_to(tree: Node, k: int, sign: int, weight: bool) -> Fraction | None:
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
        found = bound(mirrored, arb(radius))
        least = None if found.lo is None else tp.infimum(found.lo, arb(radius))
        most = None if found.hi is None else tp.supremum(found.hi, arb(radius))
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
    top = as_fraction(level.upper())
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
