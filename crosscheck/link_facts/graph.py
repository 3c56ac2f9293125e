"""The graph of exceptional temperatures of all shifted links at once: R(t) = (log|h_{k*}|)'(t) + K_e'(t).

By T7 alpha_{k*} of s - c vanishes where R(t) = c. R is cut at its critical points, its poles and where it
ends; each branch in between is monotone.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction

import sympy
from flint import arb

from ...link import NOISELESS, Link, Noise, Signal
from ...numerics.expectation.oracle import Unresolved, oracle
from ...numerics.precision import as_fraction, exact, working
from ...numerics.threshold.ratio import RatioSlope, critical_level, ratio, rising_from
from ...numerics.threshold.signal import SignalCoefficient
from ...numerics.work import allowance, remembered
from ...theory.shape.facts import facts
from ...theory.signal import RationalRatio, rational_ratio
from ..number import Number, ball_to, from_ball, from_exact
from .beyond import dominance_starts, search_end
from .exponents import exponents

#: The work that the search for critical points may take, and that for poles: members need the rest.
_WORK = 1.5e6


@dataclass(frozen=True, slots=True)
class End:
    """Where a monotone branch of R begins or ends: R to the left and to the right, and 1/t there.

    kind: ``double`` (a critical point), ``pole``, ``limit`` (t -> t_max) or ``searched`` (no proof beyond).
    """

    kind: str
    left: arb
    right: arb
    beta: Number
    exact: sympy.Expr | None = None


@dataclass(frozen=True)
class Graph:
    """R on (0, t_max) as its monotone branches: from oo at t = 0 to the first end, and so on to the last."""

    ends: tuple[End, ...]
    complete: bool
    down_to: str
    reason: str
    rational: RationalRatio | None = None

    @property
    def branches(self) -> Iterator[tuple[arb, arb]]:
        start = arb.pos_inf()
        for end in self.ends:
            yield start, end.left
            start = end.right

    def count(self, level: arb) -> int:
        """How many t have R(t) = level, which is none of the ends' values. Raises Unresolved."""
        return sum(_between(level, low, high) for low, high in self.branches)

    def count_at(self, place: int) -> int:
        """How many t have R(t) = R(end number ``place``), that end's own t included."""
        level, total = self.ends[place].left, int(self.ends[place].kind == "double")
        for number, (low, high) in enumerate(self.branches):
            if number not in (place, place + 1):
                total += _between(level, low, high)
        return total


def _between(level: arb, one: arb, other: arb) -> bool:
    low, high = (one, other) if one < other else (other, one)
    if low < level and level < high:
        return True
    if level < low or level > high:
        return False
    raise Unresolved("two critical levels are not told apart")


@remembered(64)
def graph(link: Link, noise: Noise, digits: int) -> Graph:
    """R of a link with a generative exponent and a witness power. Raises Unresolved and NotIntegrable."""
    known = exponents(link)
    star, power = known.generative_exponent.value, known.witness_power
    if star is None or power is None:
        raise Unresolved("no power i with E[s^i He_k*] != 0 is proved, so zeros may gather at t = 0")
    rational = rational_ratio(link.tree, noise)
    if rational is not None:
        return _rational(rational, digits)
    top = facts(link.tree).supremum.value
    rising = None
    if top is not None and top.is_finite:
        bound = Fraction(from_exact(top, 15).upper)
        rising = rising_from(link.tree, star, bound, dominance_starts(link))
    end = search_end(link) if rising is None else rising
    if not end:
        raise Unresolved("no finite temperature is shown to be admissible")
    return _certified(link, star, power, noise, digits, end, top if rising is not None else None)


def _rational(found: RationalRatio, digits: int) -> Graph:
    ends = []
    for at in found.critical:
        level = found.level(at)
        value = ball_to(level, digits + 5)
        ends.append(End("double", value, value, from_exact(sympy.radsimp(1 / at), digits), level))
    last = arb.pos_inf() if found.limit is sympy.oo else ball_to(found.limit, digits + 5)
    ends.append(End("limit", last, last, from_exact(1 / found.t_max, digits), found.limit))
    return Graph(tuple(ends), True, "0", f"R(t) = {found.ratio} and its derivative, solved exactly", found)


def _certified(
    link: Link, star: int, power: int, noise: Noise, digits: int, end: Fraction, top: sympy.Expr | None
) -> Graph:
    """top: sup s where R is proved to rise to it beyond t = end."""
    slope = RatioSlope(oracle(link.tree), star, Signal.LABEL, noise)
    with allowance(_WORK, digits):
        points = slope.isolate_zeros(end, power, digits + 3)
    heights = SignalCoefficient(slope.oracle, star, Signal.WEIGHT, NOISELESS)
    with allowance(_WORK, digits):
        poles = heights.isolate_zeros(points.searched_to, power, 10)
    open_from = [as_fraction(low) for low, _ in (*poles.unresolved, *points.unresolved)]
    reach = min(poles.searched_to, points.searched_to, *open_from)
    listed = [(zero, "pole") for zero in poles.zeros] + [(zero, "double") for zero in points.zeros]
    ends = []
    for at, kind in sorted(listed, key=lambda each: float(each[0])):
        if at > exact(reach):
            continue
        with working(4 * digits + 60):
            beta = from_ball(1 / at, digits)
        level = critical_level(slope, at, digits + 3) if kind == "double" else None
        left, right = (arb.neg_inf(), arb.pos_inf()) if level is None else (level, level)
        ends.append(End(kind, left, right, beta))
    count = sum(end.kind == "double" for end in ends)
    reason = f"R has {count} critical point{'s' * (count != 1)}, isolated and simple"
    if top is not None and reach >= end:
        extra = {"none": sympy.S.Zero, "gaussian": sympy.oo}.get(noise.kind, sympy.Rational(str(noise.scale)))
        limit = top + extra
        last = arb.pos_inf() if limit is sympy.oo else ball_to(limit, digits + 5)
        ends.append(End("limit", last, last, from_exact(sympy.S.Zero, digits), limit))
        why = f"{reason}; from t = {end} on it rises to {limit}, as the largest values of s settle"
        return Graph(tuple(ends), True, "0", why)
    last = ratio(slope, reach, digits)
    ends.append(End("searched", last, last, from_exact(sympy.Rational(str(1 / reach)), digits)))
    return Graph(tuple(ends), False, str(1 / reach), f"{reason} for beta >= {1 / reach}; below it is open")
