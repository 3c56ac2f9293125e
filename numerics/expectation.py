"""Certified expectations E[s(Z)^i e^{t s(Z)} He_k(Z)], all of them from shared nodes.

The line is cut at +-R (the rest is bounded by the growth of s), at the kinks that the oracle finds
itself, and into panels on which a Gauss rule has a proved error. Nodes, weights and s(x) are kept per
link; e^{ts} and He_k are computed once for all powers and orders.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from functools import lru_cache
from itertools import pairwise

import numpy as np
from flint import arb, arb_mat

from ..link.tree import Node
from .integrable import NotIntegrable, TRange, require_integrable, t_range, tail
from .lower_arb import compile_arb, hermite
from .lower_numpy import compile_numpy
from .panels import Doubles, Panel
from .pieces import pieces, switches, without_null_sets
from .precision import bits_for, exact, relative_digits, working
from .strip import Plan, Strip, lattice
from .zeros import Unresolved

_RADII = (
    *(8, 9, 10, 11, 12, 13, 14, 15, 16, 18, 20, 22, 24, 26, 30, 34, 39, 44, 52, 60),
    *(80, 110, 150, 200, 280, 400, 560, 800),
)
_EDGES = np.array([*_RADII, *(-r for r in _RADII)], dtype=np.float64)
_LOG_EDGES = np.log(np.abs(_EDGES))
#: Digits are rounded up to one of these, so that nodes are shared between similar requests.
_LEVELS = (12, 20, 37, 60, 110, 160, 260, 420, 680, 1100)
#: After so many cuts of panels a link is given up; tanh(He_10) at 50 digits takes a thousand.
_CUTS = 4000
_ROUNDS = 4
#: Up to this order the recurrence of He_k loses less than the margin of ``bits_for``.
_LOW_ORDER = 12
#: The logarithm from which errors are added up.
_LEAST = -1e9


@dataclass(frozen=True, slots=True)
class Interval:
    """All t between two rational numbers, 0 <= lower <= upper; an expectation is then a hull over t."""

    lower: Fraction
    upper: Fraction


Tilt = Fraction | int | Interval
Table = dict[tuple[int, int], arb]


@dataclass(frozen=True, slots=True)
class _Grid:
    """[-radius, radius] as panels, and the gaps that hold the kinks."""

    radius: Fraction
    panels: tuple[Panel, ...]
    gaps: tuple[arb, ...]


@dataclass(frozen=True)
class Oracle:
    """The expectations of one link; everything that several requests share is kept here."""

    tree: Node
    _grids: dict[tuple[int, int], _Grid] = field(default_factory=dict, compare=False, repr=False)
    _strips: dict[int, Strip] = field(default_factory=dict, compare=False, repr=False)
    _edges: list[Doubles] = field(default_factory=list, compare=False, repr=False)
    _samples: dict[int, tuple[Doubles, Doubles, Doubles]] = field(
        default_factory=dict, compare=False, repr=False
    )

    def tilted_moments(self, ks: Sequence[int], powers: Sequence[int], t: Tilt, digits: int) -> Table:
        """Enclosures of E[s^i e^{ts} He_k] for every power i and order k, as ``{(i, k): ball}``.

        t >= 0 is exact, or an :class:`Interval` (then each ball holds the values for every t in it).
        For an exact t the relative width is at most 10^-digits, except that a ball which still holds 0
        after escalation is at most 10^-(digits + 10) wide: zero is never claimed.

        Raises NotIntegrable when the expectation is proved infinite, Unresolved when it is neither
        proved finite nor infinite, or a kink cannot be isolated.
        """
        low, high = (t.lower, t.upper) if isinstance(t, Interval) else (Fraction(t), Fraction(t))
        with working(96):
            require_integrable(self.tree, exact(high), max(powers))
        orders, exponents = tuple(dict.fromkeys(ks)), tuple(dict.fromkeys(powers))
        # High orders cancel: about so many digits are lost for ordinary links.
        wanted = digits + math.isqrt(max(orders)) // 2
        for _ in range(_ROUNDS):
            table, scale = self._attempt(orders, exponents, low, high, wanted)
            missing = 0.0 if low < high else max(_missing(ball, digits) for ball in table.values())
            if missing <= 0:
                return table
            wanted += math.ceil(min(missing, digits + 12)) + 2
            if any(ball.contains(0) for ball in table.values()):
                # A value that is exactly 0 is met by one absolute goal.
                wanted = max(wanted, digits + 14 + scale)
        if all(_missing(ball, digits) <= 0 or ball.contains(0) for ball in table.values()):
            return table
        raise Unresolved(f"{digits} digits are not reached at t = {float(high):.6g}")

    def mean(self, digits: int) -> arb:
        """E s(Z)."""
        return self.tilted_moments((0,), (1,), 0, digits)[1, 0]

    def _attempt(
        self, ks: tuple[int, ...], powers: tuple[int, ...], low: Fraction, high: Fraction, digits: int
    ) -> tuple[Table, int]:
        level = next((level for level in _LEVELS if level >= digits + 3), digits + 3)
        # The recurrence of He_k widens balls, more so for high orders.
        bits = bits_for(level) + (64 if max(ks) > _LOW_ORDER else 0)
        with working(bits):
            t_low, t_high = exact(low), exact(high)
            radius, tails, scales = self._truncate(powers, ks, t_low, t_high, digits)
            goals = scales - (digits + 3) * math.log(10)
            plan = self._plan(radius, powers, ks, t_low, t_high, goals, level)
            if plan is not None:
                table = self._trapezoidal(radius, plan, powers, ks, t_low, t_high, bits)
                self._widen(table, powers, ks, plan.log_errors, tails)
                return table, max(0, math.ceil(float(scales.max()) / math.log(10)))
            grid = self._grid(radius, level)
            rows, errors = self._gather(grid, powers, ks, t_low, t_high, goals, level, bits)
            table = _summed(rows, ks, powers, t_low, t_high)
            self._widen(table, powers, ks, errors, tails)
            if grid.gaps:
                for power, k in table:
                    mass = self._gap_mass(grid, power, k, t_low, t_high)
                    table[power, k] += arb(0, mass.abs_upper())
        return table, max(0, math.ceil(float(scales.max()) / math.log(10)))

    def _widen(
        self,
        table: Table,
        powers: tuple[int, ...],
        ks: tuple[int, ...],
        log_errors: Doubles,
        tails: dict[int, arb],
    ) -> None:
        """Add the error of the rule and the tails to the radius of each ball."""
        for i, power in enumerate(powers):
            for j, k in enumerate(ks):
                log_error = float(log_errors[i, j])
                rest = arb(log_error + 1e-6 * (1 + abs(log_error))).exp() + tails[power]
                table[power, k] += arb(0, rest.abs_upper())

    def _plan(
        self,
        radius: Fraction,
        powers: tuple[int, ...],
        ks: tuple[int, ...],
        t_low: arb,
        t_high: arb,
        goals: Doubles,
        level: int,
    ) -> Plan | None:
        """How the trapezoidal rule answers, where the link is analytic in a strip that is wide enough."""
        key = int(radius)
        if key not in self._strips:
            if switches(self.tree):
                return None
            self._strips[key] = Strip(self.tree, radius)
        low, high = float(t_low) * (1 - 1e-15), float(t_high) * (1 + 1e-15)
        return self._strips[key].plan(np.array(powers), np.array(ks), low, high, goals, 40 * level + 400)

    def _trapezoidal(
        self,
        radius: Fraction,
        plan: Plan,
        powers: tuple[int, ...],
        ks: tuple[int, ...],
        t_low: arb,
        t_high: arb,
        bits: int,
    ) -> Table:
        """(powers x nodes) times (nodes x orders); the second factor is shared by all links."""
        strip = self._strips[int(radius)]
        right, left = strip.values(plan, bits)
        tilts = _tilted(right, t_low, t_high)
        rows, order = _powered(tilts, right, powers)
        if strip.symmetry == 1:
            mirrored = rows
        else:
            # e^{-ts} = 1/e^{ts} spares an exponential.
            odd = strip.symmetry == -1 and not t_low < t_high
            mirrored, _ = _powered(
                [1 / e for e in tilts] if odd else _tilted(left, t_low, t_high), left, powers
            )
        sums = lattice(plan.parts, plan.count, bits).sums(rows, mirrored, ks)
        return {(order[i], k): ball for (i, k), ball in sums.items()}

    def _truncate(
        self, powers: tuple[int, ...], ks: tuple[int, ...], t_low: arb, t_high: arb, digits: int
    ) -> tuple[Fraction, dict[int, arb], Doubles]:
        """The radius beyond which nothing counts, the proved bound of what is left out, and log scales."""
        reached = "no radius"
        for radius in map(Fraction, _RADII[self._first_radius(powers, ks, float(t_high), digits) :]):
            bounds = {power: tail(self.tree, max(ks), power, t_low, t_high, radius) for power in powers}
            found = {power: bound for power, bound in bounds.items() if bound is not None}
            if len(found) < len(powers):
                continue
            reached = f"radius {radius}"
            scales = self._scales(powers, ks, float(t_high), radius)
            goal = float(scales.min()) - (digits + 3) * math.log(10)
            if all(bound.is_zero() or float(bound.log().upper()) <= goal for bound in found.values()):
                return radius, found, scales
        at = float(t_high)
        raise Unresolved(f"the tails at t = {at:.6g} are not shown to be negligible ({reached})")

    def _first_radius(self, powers: tuple[int, ...], ks: tuple[int, ...], t: float, digits: int) -> int:
        """Index of the first radius worth a proof: before it the integrand itself is not yet small."""
        if not self._edges:
            self._edges.append(_sampled(self.tree, _EDGES))
        s, k = self._edges[0], max(ks)
        sizes = (t * s + (k * _LOG_EDGES - _EDGES * _EDGES / 2)).reshape(2, -1).max(axis=0)
        # |He_k| reaches about sqrt(k!) where it counts.
        near = max(t * float(max(s[0], s[len(_RADII)])), 0.0)
        small = sizes <= math.lgamma(k + 1) / 2 + near - (digits + 3) * math.log(10)
        # The first True, or 0 when there is none.
        return int(small.argmax())

    def _scales(self, powers: tuple[int, ...], ks: tuple[int, ...], t: float, radius: Fraction) -> Doubles:
        """About how large log |s^power e^{ts} He_k phi| gets: it sets the goal, not the proof."""
        half_square, s, log_s = self._sample(int(radius))
        common = (t * s - half_square) + np.array(powers)[:, None] * log_s
        sizes = common[:, None, :] + _log_hermite_sizes(max(ks), int(radius))[list(ks)]
        return np.asarray(np.maximum(sizes.max(axis=2), -1e4))

    def _sample(self, radius: int) -> tuple[Doubles, Doubles, Doubles]:
        """x^2/2, s and log|s| at sample points."""
        if radius not in self._samples:
            x = _sample_points(radius)
            s = _sampled(self.tree, x)
            # A link that is 0 everywhere has an absolute goal.
            self._samples[radius] = (x * x / 2, s, np.log(np.abs(s) + (1e-300 if s.any() else 1.0)))
        return self._samples[radius]

    def _grid(self, radius: Fraction, level: int) -> _Grid:
        key = (int(radius), level)
        if key not in self._grids:
            kink_bits = bits_for(2 * level)
            with working(kink_bits + 64):
                found = pieces(self.tree, exact(-radius), exact(radius), kink_bits)
                panels: list[Panel] = []
                for piece in found:
                    panels += _panels(piece.lower, piece.upper, piece.tree)
                edges = (
                    [exact(-radius)] + [end for p in found for end in (p.lower, p.upper)] + [exact(radius)]
                )
                gaps = [a.union(b) for a, b in zip(edges[::2], edges[1::2], strict=True) if a < b]
            self._grids[key] = _Grid(radius, tuple(panels), tuple(gaps))
        return self._grids[key]

    def _gather(
        self,
        grid: _Grid,
        powers: tuple[int, ...],
        ks: tuple[int, ...],
        t_low: arb,
        t_high: arb,
        goals: Doubles,
        level: int,
        bits: int,
    ) -> tuple[tuple[list[arb], list[arb], list[arb]], Doubles]:
        """Nodes of every panel, and the log of the summed error of each integrand."""
        x: list[arb] = []
        s: list[arb] = []
        mass: list[arb] = []
        errors = np.full(goals.shape, _LEAST)
        goals = goals - math.log(max(len(grid.panels), 1)) - 1
        low, high = float(t_low) * (1 - 1e-15), float(t_high) * (1 + 1e-15)
        rows, columns = np.array(powers), np.array(ks)
        most = 8 * math.ceil((1.2 * level + 24) / 8)
        waiting, cuts = list(reversed(grid.panels)), 0
        while waiting:
            panel = waiting.pop()
            n, log_errors = panel.rule(rows, columns, low, high, goals)
            if n > most:
                cuts += 1
                if cuts > _CUTS or panel.half_width < 2.0 ** (-3.4 * level - 40):
                    at = float(panel.lower)
                    raise Unresolved(f"no rule is shown to reach the digits near z = {at:.6g}")
                waiting += reversed(panel.halves)
                continue
            if n:
                nodes = panel.nodes(int(n), bits)
                x += nodes.x
                s += nodes.s
                mass += nodes.mass
            errors = np.logaddexp(errors, log_errors)
        return (x, s, mass), errors

    def _gap_mass(self, grid: _Grid, power: int, k: int, t_low: arb, t_high: arb) -> arb:
        total = arb(0)
        function = compile_arb(self.tree)
        for gap in grid.gaps:
            s = function(gap)
            tilt = (t_low * s).exp().union((t_high * s).exp())
            total += 2 * gap.rad() * s.abs_upper() ** power * tilt.abs_upper() * abs(hermite(k, gap))
        return total


def _panels(lower: arb, upper: arb, tree: Node) -> list[Panel]:
    """[lower, upper] cut at the even integers inside."""
    cuts = range(2 * math.ceil(float(lower) / 2), 2 * math.floor(float(upper) / 2) + 1, 2)
    inner = [arb(c) for c in cuts if lower < arb(c) and arb(c) < upper]
    ends = [lower, *inner, upper]
    return [Panel(a, b, tree) for a, b in pairwise(ends)]


def _summed(
    rows: tuple[list[arb], list[arb], list[arb]],
    ks: tuple[int, ...],
    powers: tuple[int, ...],
    t_low: arb,
    t_high: arb,
) -> Table:
    """The Gauss sums: (powers x nodes) times (nodes x orders)."""
    x, s, mass = rows
    if not x:
        return {(power, k): arb(0) for power in powers for k in ks}
    factors = _tilted(s, t_low, t_high)
    tilted = [m * e for m, e in zip(mass, factors, strict=True)]
    by_power, order = _powered(tilted, s, powers)
    by_k = _hermite_rows(x, ks)
    product = arb_mat(by_power) * arb_mat([by_k[k] for k in ks]).transpose()
    return {(power, k): product[i, j] for i, power in enumerate(order) for j, k in enumerate(ks)}


def _tilted(s: list[arb], t_low: arb, t_high: arb) -> list[arb]:
    """e^{ts} at the nodes, or its hull over t."""
    if t_low < t_high:
        return [(t_low * y).exp().union((t_high * y).exp()) for y in s]
    return [(t_low * y).exp() for y in s] if not t_low.is_zero() else [arb(1)] * len(s)


def _powered(factors: list[arb], s: list[arb], powers: tuple[int, ...]) -> tuple[list[list[arb]], list[int]]:
    """s^power times the factors, one row for each power, and the powers in the order of the rows."""
    rows, current = [], factors
    for power in range(max(powers) + 1):
        if power:
            current = [c * y for c, y in zip(current, s, strict=True)]
        if power in powers:
            rows.append(current)
    return rows, sorted(set(powers))


def _hermite_rows(x: list[arb], ks: tuple[int, ...]) -> dict[int, list[arb]]:
    """He_k at the nodes for each k, by one pass of the recurrence."""
    before, current = [arb(0)] * len(x), [arb(1)] * len(x)
    found = {}
    for k in range(max(ks) + 1):
        if k in ks:
            found[k] = current
        before, current = current, [z * c - k * b for z, c, b in zip(x, current, before, strict=True)]
    return found


def _missing(ball: arb, digits: int) -> float:
    """Digits still to be gained; 0 or less when the goal is met."""
    if not ball.is_finite():
        return float(digits)
    if ball.contains(0):
        small = ball.abs_upper()
        return 0.0 if small.is_zero() or float(small.log().mid()) < -(digits + 10) * math.log(10) else digits
    return digits - relative_digits(ball)


def _sampled(tree: Node, x: Doubles) -> Doubles:
    """s(x) in doubles, with something finite everywhere: good for guesses, not for proofs."""
    s = np.array(compile_numpy(tree)(x))
    # log(1 + exp(z**2)) overflows on the way, not in its value; balls reach further.
    function = compile_arb(tree)
    for i in np.flatnonzero(~np.isfinite(s)):
        s[i] = float(function(arb(x[i])).mid())
    s[np.isnan(s)] = 0.0
    found: Doubles = np.clip(s, -1e200, 1e200, out=s)
    return found


@lru_cache(maxsize=64)
def _sample_points(radius: int) -> Doubles:
    """Points on (-radius, radius), denser near 0, where most of the mass tends to be.

    Far out, where a steep tilt puts its peak, they stand no more than 1/16 apart.
    """
    u = np.linspace(-0.995, 0.995, 200 if radius <= 30 else 48 * radius)
    return np.asarray(radius * np.sign(u) * np.abs(u) ** 1.5)


@lru_cache(maxsize=64)
def _log_hermite_sizes(top: int, radius: int) -> Doubles:
    """log|He_k| at the sample points, k = 0..top, in rounded arithmetic of long range."""
    x = _sample_points(radius).astype(np.longdouble)
    before, current = np.zeros_like(x), np.ones_like(x)
    rows = []
    for k in range(top + 1):
        rows.append(np.log(np.abs(current) + np.longdouble("1e-300")))
        before, current = current, x * current - k * before
    return np.array(rows).astype(np.float64)


@lru_cache(maxsize=128)
def oracle(tree: Node) -> Oracle:
    """The oracle of a link, kept so that later requests find its nodes."""
    return Oracle(without_null_sets(tree))


__all__ = ["Interval", "NotIntegrable", "Oracle", "TRange", "Unresolved", "oracle", "t_range"]
