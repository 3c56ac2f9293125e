"""Certified expectations E[s(Z)^i e^{t s(Z)} He_k(Z)], all of them from shared nodes.

The line is cut at +-R (the rest is bounded by the growth of s). Where the link is analytic in a strip, one
trapezoidal rule answers; elsewhere Gauss rules on panels between the kinks that the oracle finds itself.
Nodes, weights and s(x) are kept per link; e^{ts} and He_k are computed once for all powers and orders.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from functools import cached_property, lru_cache
from typing import Protocol

import numpy as np
from flint import arb

from ...link.tree import Node
from ..lowering.arb import symmetry
from ..lowering.pieces import switches, without_null_sets
from ..lowering.pointwise import Array
from ..precision import NotIntegrable, Unresolved, as_fraction, exact, relative_digits, working
from ..work import Memory, spend
from .gauss import Grid
from .nodes import Integrands, Table
from .tails import TRange, require_integrable, t_range
from .trapezoid import Plan, Strip, shapes
from .truncation import Truncation

#: Precisions in words of the machine, few of them, so that nodes are shared between similar requests.
_WORDS = (1, 2, 3, 4, 5, 6, 8, 10, 12, 16, 24, 32, 48, 64)
#: Bits that are kept for the rounding of sums.
_MARGIN = 12
_ROUNDS = 4
#: Decimal digits of a word of 64 bits.
_WORD = 20
#: Bits around the sums, which take their own.
_BITS = 96
#: A zero among terms of more digits before the point is not pursued: it would take minutes.
_DEEPEST = 300
#: Tables that an oracle keeps: searches ask again for those of others.
_TABLES = 256
#: How many times the digits wanted a rule may take before others are tried.
_LITTLE = 1.5
#: Up to this order the recurrence of He_k loses less than the margin.
_LOW_ORDER = 12


@dataclass(frozen=True, slots=True)
class Interval:
    """All t between two rational numbers, 0 <= lower <= upper; an expectation is then a hull over t."""

    lower: Fraction
    upper: Fraction


Tilt = Fraction | int | Interval


def ends(t: Tilt) -> tuple[Fraction | int, Fraction | int]:
    """The least and the largest t."""
    return (t.lower, t.upper) if isinstance(t, Interval) else (t, t)


def doubled(t: Tilt) -> Tilt:
    return Interval(2 * t.lower, 2 * t.upper) if isinstance(t, Interval) else 2 * t


def ball_of(t: Tilt) -> arb:
    """Every t, as a ball."""
    return exact(t.lower).union(exact(t.upper)) if isinstance(t, Interval) else exact(t)


def tilt_of(t: arb) -> Tilt:
    """A ball of t > 0 as the oracle takes it: exact, or an interval."""
    low, high = as_fraction(t.lower()), as_fraction(t.upper())
    return low if low == high else Interval(max(low, Fraction(0)), high)


class Moments(Protocol):
    """What searches ask of a label y: E[y^i e^{ty} He_k] for every power i and order k."""

    def tilted_moments(self, ks: Sequence[int], powers: Sequence[int], t: Tilt, digits: int) -> Table: ...


@dataclass(frozen=True)
class Oracle:
    """The expectations of one link; everything that several requests share is kept here."""

    tree: Node
    _grids: dict[tuple[int, int, bool], Grid | Unresolved] = field(
        default_factory=dict, compare=False, repr=False
    )
    _strips: dict[tuple[int, float, float], Strip] = field(default_factory=dict, compare=False, repr=False)
    _tables: Memory[Table] = field(default_factory=lambda: Memory(_TABLES), compare=False, repr=False)

    @cached_property
    def _truncation(self) -> Truncation:
        return Truncation(self.tree)

    @cached_property
    def _even(self) -> bool:
        return symmetry(self.tree) == 1

    @cached_property
    def _smooth(self) -> bool:
        return not switches(self.tree)

    def tilted_moments(self, ks: Sequence[int], powers: Sequence[int], t: Tilt, digits: int) -> Table:
        """Enclosures of E[s^i e^{ts} He_k] for every power i and order k, as ``{(i, k): ball}``.

        t >= 0 is exact, or an :class:`Interval` (then each ball holds the values for every t in it).
        For an exact t the relative width is at most 10^-digits, except that a ball which still holds 0
        after escalation is at most 10^-(digits + 10) wide: zero is never claimed.

        Raises NotIntegrable when the expectation is proved infinite, Unresolved when it is neither
        proved finite nor infinite, or a kink cannot be isolated.
        """
        orders, exponents = tuple(dict.fromkeys(ks)), tuple(dict.fromkeys(powers))
        with working(_BITS):
            # Hashing a fraction takes as long as adding up a fiftieth of the nodes.
            point = t if isinstance(t, Interval) else (t.numerator, t.denominator)
            key = orders, exponents, point, digits
            return dict(self._tables.recall(key, lambda: self._table(orders, exponents, t, digits)))

    def _table(self, orders: tuple[int, ...], exponents: tuple[int, ...], t: Tilt, digits: int) -> Table:
        spend(1)
        low, high = ends(t)
        require_integrable(self.tree, exact(high), max(exponents))
        if low > 0 and self._even and (odd := tuple(k for k in orders if k % 2)):
            # Integrable and odd: the ball around 0 is true, and zero is left to algebra.
            nothing = arb(0, arb(10) ** -(digits + 11))
            found = {(power, k): nothing for power in exponents for k in odd}
            rest = tuple(k for k in orders if k % 2 == 0)
            return found | (self._table(rest, exponents, t, digits) if rest else {})
        # High orders cancel: about so many digits are lost for ordinary links.
        wanted, before = digits + math.isqrt(max(orders)) // 2, math.inf
        for _ in range(_ROUNDS):
            table, scale = self._attempt(orders, exponents, low, high, wanted)
            missing = 0.0 if low < high else max(_missing(ball, digits) for ball in table.values())
            if missing <= 0:
                return table
            # No nearer: what is missing is lost by rounding, and comes with the next word of the precision.
            stuck, before = missing > before - 1, missing
            wanted += max(math.ceil(min(missing, digits + 12)) + 2, _WORD if stuck else 0)
            if any(ball.contains(0) for ball in table.values()):
                if scale > _DEEPEST:
                    raise Unresolved(
                        f"at t = 1/beta = {float(high):.6g} the expectation is what is left of terms of some "
                        f"{scale} digits that cancel: take a larger beta"
                    )
                # A value that is exactly 0 is met by one absolute goal.
                wanted = max(wanted, digits + 14 + scale)
        if all(_missing(ball, digits) <= 0 or ball.contains(0) for ball in table.values()):
            return table
        raise Unresolved(f"{digits} digits are not reached at t = {float(high):.6g}")

    def mean(self, digits: int) -> arb:
        """E s(Z)."""
        return self.tilted_moments((0,), (1,), 0, digits)[1, 0]

    def _attempt(
        self,
        ks: tuple[int, ...],
        powers: tuple[int, ...],
        low: Fraction | int,
        high: Fraction | int,
        digits: int,
    ) -> tuple[Table, int]:
        """The table, and how many digits before the point the largest integrand has."""
        words = math.ceil(((digits + 3) / math.log10(2) + _MARGIN) / 64)
        words = next((each for each in _WORDS if each >= words), words)
        level = math.floor((64 * words - _MARGIN) * math.log10(2))
        # The recurrence of He_k widens balls, more so for high orders.
        bits = 64 * (words + (max(ks) > _LOW_ORDER))
        with working(bits):
            t_high = exact(high)
            integrands = Integrands(powers, ks, t_high if low is high else exact(low), t_high)
            cut = self._truncation.cut(integrands, digits)
            lost = (digits + 3) * math.log(10)
            goals = cut.log_scales - lost
            table, log_errors = self._sums(cut.radius, integrands, goals, lost, level, bits)
            rest = np.logaddexp(log_errors, cut.log_tails)
            for i, power in enumerate(powers):
                for j, k in enumerate(ks):
                    log_error = float(rest[i, j])
                    table[power, k] += arb(0, arb(log_error + 1e-6 * (1 + abs(log_error))).exp().abs_upper())
        return table, max(0, math.ceil(float(cut.log_scales.max()) / math.log(10)))

    def _sums(
        self, radius: int, integrands: Integrands, goals: Array, lost: float, level: int, bits: int
    ) -> tuple[Table, Array]:
        """The integrals over [-radius, radius] and the logarithms of their errors."""
        if self._smooth:
            found = self._plan(radius, integrands, goals, lost, 40 * level + 400)
            if found is not None:
                strip, plan = found
                return strip.sums(plan, integrands, bits), plan.log_errors
        half = self._even and not any(k % 2 for k in integrands.ks)
        return self._grid(radius, level, half).sums(integrands, goals, bits)

    def _plan(
        self, radius: int, integrands: Integrands, goals: Array, lost: float, most: int
    ) -> tuple[Strip, Plan] | None:
        """The first trapezoidal rule that wastes little, or that of the fewest nodes, if any will do."""
        found = []
        for shape in shapes(self.tree):
            strip = self._strips.setdefault((radius, *shape), Strip(self.tree, radius, *shape))
            plan = strip.plan(integrands, goals, lost, most)
            if plan is not None:
                found.append((strip, plan))
                if plan.waste < _LITTLE:
                    break
        return min(found, key=lambda each: each[1].count, default=None)

    def _grid(self, radius: int, level: int, half: bool) -> Grid:
        """The panels; that they are not found is kept too, as it took the longest search."""
        key = (radius, level, half)
        if key not in self._grids:
            try:
                self._grids[key] = Grid.of(self.tree, radius, level, half=half)
            except Unresolved as reason:
                # Without its traceback, which holds all that the search had in hand.
                self._grids[key] = Unresolved(str(reason))
        found = self._grids[key]
        if isinstance(found, Unresolved):
            raise Unresolved(str(found))
        return found


def _missing(ball: arb, digits: int) -> float:
    """Digits still to be gained; 0 or less when the goal is met."""
    if not ball.is_finite():
        return float(digits)
    if ball.contains(0):
        small = ball.abs_upper()
        return 0.0 if small.is_zero() or float(small.log().mid()) < -(digits + 10) * math.log(10) else digits
    return digits - relative_digits(ball)


@lru_cache(maxsize=64)
def oracle(tree: Node) -> Oracle:
    """The oracle of a link, kept so that later requests find its nodes."""
    return Oracle(without_null_sets(tree))


__all__ = [
    "Interval", "Moments", "NotIntegrable", "Oracle", "TRange", "Tilt", "Unresolved",
    "ball_of", "doubled", "ends", "oracle", "t_range", "tilt_of",
]  # fmt: skip
