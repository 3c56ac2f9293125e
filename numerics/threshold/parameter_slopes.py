"""How the signal F(t, p) of a link with a parameter p moves with p: bounds of F_p and its t-derivatives.

Of h_i = E[s^i e^{ts} He_k] the derivative in p is i M_{i-1} + t M_i + J_i with M_i = E[s^i s_p e^{ts} He_k].
Coarse bounds of M_i serve: sums over cells of x of hulls of the integrand times the mass of the cell, and
tails by the growth of s and s_p, the derivative of s almost everywhere.

J_i is what moving jumps add. s switches where some w(z, p) changes its sign, at a zero z(p) with dz/dp
= -w_p/w_z, and J_i is the sum over these of phi(z) He_k(z) dz/dp times s^i e^{ts} to the left of z less that
to the right. Other switches may lie on either side there: where several zeros coincide, what they add one
after another is what they add together. So h_i is Lipschitz in p, also where jumps meet.

From t = REACH on the same cells show, by dominance, that F keeps its sign.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from functools import cached_property
from itertools import pairwise
from typing import cast

import numpy as np
from flint import arb
from scipy import special

from ...link.build import ZERO, call, combine
from ...link.domain import images
from ...link.label import Noise
from ...link.text import Fault
from ...link.tree import Call, Compare, Const, Node, Num, Part, Var, rebuild, substitute, walk
from ..expectation.labels import cumulants
from ..expectation.tail_growth import growth
from ..lowering.arb import hermite
from ..lowering.derivative import derivative
from ..lowering.functions import FUNCTIONS
from ..lowering.pointwise import Array
from ..precision import Unresolved, exact, sign_of, working
from ..work import spend
from .signal_ceiling import density_at

#: Up to which t = 1/beta zeros are searched.
REACH = Fraction(8)
#: Parts of the range on which slopes in p are bounded once, and cells of t for that.
_PARTS, _TILTS = 32, 128
#: Cells of x in a unit, up to so far beyond where the mass is; four in a unit from there on.
_WIDTH, _NEAR = 32, 8
_ROUNDING = 1e-12
#: What the bounds on two cells of x count as beside the expectations.
_OF_A_CELL = 50
#: From where on the growth on the tails is bounded.
_FAR = 8
#: In place of a symbol that is held fast while another one moves: no link holds it.
_HELD = Const("oo")
Hull = tuple[Array, Array]
Bounds = tuple[arb, arb, arb]
Ends = dict[str, tuple[Fraction, Fraction]]
Cell = tuple[float, float]
_ANYTHING = (arb(0, arb.pos_inf()),) * 3


def _hull(ends: Cell) -> arb:
    return arb(ends[0]).union(arb(ends[1]))


def _may_vanish(ends: Cell) -> bool:
    return ends[0] <= 0 <= ends[1]


def slope_in(tree: Node, name: str) -> Node:
    """The derivative in the parameter, z held fast."""
    return substitute(derivative(substitute(tree, _HELD)), Var(), _HELD)


def _images(tree: Node, cells: Sequence[Cell], ends: Ends) -> list[Cell]:
    """Hulls of the values on cells of z for every p. Raises Unresolved where one may be missing."""
    try:
        return images(tree, cells, ends)
    except Fault as fault:
        raise Unresolved(f"the link or its slope in the parameter {fault.what}") from fault


def _switching(part: Part) -> Node | None:
    """The function at whose zeros this part of a link jumps."""
    if isinstance(part, Compare):
        return combine("-", part.left, part.right)
    return part.args[0] if isinstance(part, Call) and FUNCTIONS[part.name].jumps else None


def _on_side(tree: Node, function: Node, sign: int) -> Node:
    """The link where ``function`` has this sign."""
    side = Num(Fraction(sign))

    def decided(part: Part) -> Part:
        if not isinstance(part, (Call, Compare)) or _switching(part) != function:
            return rebuild(part, decided)
        return Compare(part.op, side, ZERO) if isinstance(part, Compare) else call(part.name, (side,))

    return cast(Node, decided(tree))


def _of_hermite(k: int, cell: Cell) -> Cell:
    """A hull of He_k, that of its ends where it is monotone: it keeps its sign up to a zero at an end."""
    with working(64):
        parts = [_hull(cell)] if hermite(k - 1, _hull(cell)).contains(0) else map(arb, cell)
        values = [hermite(k, part) for part in parts]
        return min(float(x.lower()) for x in values), max(float(x.upper()) for x in values)


def _times(one: Hull, other: Hull) -> Hull:
    products = [a * b for a in one for b in other]
    low = np.minimum(np.minimum(products[0], products[1]), np.minimum(products[2], products[3]))
    high = np.maximum(np.maximum(products[0], products[1]), np.maximum(products[2], products[3]))
    return low, high


@dataclass(frozen=True)
class Slopes:
    """Bounds of the derivatives of F in p for low <= p <= high."""

    tree: Node
    name: str
    k: int
    low: Fraction
    high: Fraction

    @cached_property
    def _ends(self) -> Ends:
        return {self.name: (self.low, self.high)}

    @cached_property
    def _trees(self) -> tuple[Node, Node]:
        return self.tree, slope_in(self.tree, self.name)

    @cached_property
    def _growths(self) -> list[tuple[arb, int]]:
        """C and m of abs(f) <= C abs(z)^m far out, for s and s_p."""
        growths = [growth(tree, _FAR, self._ends) for tree in self._trees]
        if growths[0][1] > 1:
            raise Unresolved("the link is not shown to grow at most linearly, uniformly in the parameter")
        return growths

    @cached_property
    def _drift(self) -> float:
        """With abs(s) <= C abs(z) the weight e^{ts} moves the mass out by C REACH."""
        constant, m = self._growths[0]
        return m * float(REACH) * float(constant.upper())

    @cached_property
    def _radius(self) -> int:
        top = float(self._growths[0][0].upper()) if not self._growths[0][1] else 0.0
        return math.ceil(2 * self._drift + math.sqrt(2 * (45 + 2 * float(REACH) * top)))

    @property
    def _tails(self) -> list[Cell]:
        return [(-math.inf, -float(self._radius)), (float(self._radius), math.inf)]

    @cached_property
    def _cells(self) -> tuple[Hull, Hull, Hull, Array]:
        """Hulls of s, s_p and He_k on cells of x, and the masses of these."""
        near = min(self._radius, math.ceil(self._drift) + _NEAR)
        right = np.concatenate([np.arange(near * _WIDTH) / _WIDTH, np.arange(near, self._radius + 0.1, 0.25)])
        edges = np.concatenate([-right[:0:-1], right])
        spend(_OF_A_CELL * len(right))
        hulls = []
        for tree in self._trees:
            cells = _images(tree, list(pairwise(edges.tolist())), self._ends)
            if not np.isfinite(cells).all():
                raise Unresolved("the link or its slope in the parameter is not bounded on a cell")
            low, high = np.array(cells).T
            hulls.append((low, high))
        he = np.array([_of_hermite(self.k, cell) for cell in pairwise(edges)]).T
        # From the far end inwards, where differences of the distribution lose nothing.
        below = special.ndtr(-np.abs(edges))
        mass = np.abs(np.diff(below))
        return hulls[0], hulls[1], (he[0], he[1]), mass

    @np.errstate(over="ignore", invalid="ignore")
    def _moments(self, low: float, high: float) -> list[arb]:
        """M_0, ..., M_3 for low <= t <= high; no number where they leave the doubles."""
        s, moved, he, mass = self._cells
        least = np.minimum(low * s[0], high * s[0])
        most = np.maximum(low * s[1], high * s[1])
        factor = _times(_times(moved, he), (np.exp(least), np.exp(most)))
        moments = []
        for i in range(4):
            total = [float(end @ mass) for end in factor]
            size = float(np.maximum(np.abs(factor[0]), np.abs(factor[1])) @ mass)
            slack = arb(0, 1e-9 * size + 1e-300) + arb(0, self._beyond(i, high).upper())
            moments.append(arb(total[0]).union(arb(total[1])) + slack)
            factor = _times(factor, s)
        return moments

    def _beyond(self, i: int, t: float) -> arb:
        """E[|s^i s_p e^{ts} He_k|] beyond the radius.

        |s| <= C x: e^{ts} phi(x) <= e^{q^2/2} phi(x - q), q = tC <= R/2, and x <= 2 (x - q) there.
        """
        (constant, m), (other, n) = self._growths
        powers = self.k + i * m + n
        q = arb(t) * constant if m else arb(0)
        growth = (q * q / 2 + (arb(0) if m else arb(t) * constant)).exp()
        mass = 2 ** (powers * m) * _outside(powers, arb(self._radius) - q)
        value: arb = 2 * constant**i * other * growth * mass
        return value

    @cached_property
    def _crossings(self) -> list[tuple[arb, arb, arb]] | None:
        """phi He_k dz/dp, and s to the left and to the right of z, where s may jump at a z that moves with p.

        None where such a z is not followed through all p: it may turn, vanish or go beyond the radius.
        """
        found = []
        for function in dict.fromkeys(map(_switching, walk(self.tree))):
            if function is None or Var(self.name) not in walk(function):
                continue
            runs = None if any(map(_switching, walk(function))) else self._undecided(function)
            if runs is None:
                return None
            for run in runs:
                zero = self._followed(function, run)
                if zero is None:
                    return None
                z, moved, sign = zero
                if sign:
                    x, sides = _hull(z), (_on_side(self.tree, function, side) for side in (-sign, sign))
                    left, right = (self._at(side, z) for side in sides)
                    found.append((density_at(x) * hermite(self.k, x) * moved, left, right))
        return found

    @property
    def bounded(self) -> bool:
        with working(64):
            return self._crossings is not None

    def _at(self, tree: Node, z: Cell) -> arb:
        return _hull(_images(tree, [z], self._ends)[0])

    def _undecided(self, function: Node) -> list[Cell] | None:
        """Where the function may vanish, as intervals at whose ends it does not; None beyond the radius."""
        if any(map(_may_vanish, _images(function, self._tails, self._ends))):
            return None
        end = float(self._radius)
        waiting, runs = [(-end, end)], list[Cell]()
        while waiting:
            low, high = waiting.pop()
            spend(_OF_A_CELL)
            if not _may_vanish(*_images(function, [(low, high)], self._ends)):
                continue
            if high - low > 1 / _WIDTH:
                middle = (low + high) / 2
                waiting += [(middle, high), (low, middle)]
            elif runs and runs[-1][1] == low:
                runs[-1] = runs[-1][0], high
            else:
                runs.append((low, high))
        return runs

    def _followed(self, function: Node, run: Cell) -> tuple[Cell, arb, int] | None:
        """Where the zero is, dz/dp, and the sign beyond it, 0 for no zero; None where it may turn."""
        steeper = derivative(substitute(function, _HELD, Var(self.name)))
        in_z = substitute(steeper, Var(self.name), _HELD)
        signs = [sign_of(self._at(function, (end, end))) for end in run]
        slope = self._at(in_z, run)
        if 0 in signs or not slope.is_finite() or slope.contains(0):
            return None
        if signs[0] == signs[1]:
            return run, arb(0), 0
        for _ in range(3):
            middle = (run[0] + run[1]) / 2
            step = arb(middle) - self._at(function, (middle, middle)) / slope
            ends = step.intersection(_hull(run))
            low, high = float(ends.lower()), float(ends.upper())
            run = math.nextafter(low, -math.inf), math.nextafter(high, math.inf)
            slope = self._at(in_z, run)
        return run, -self._at(slope_in(function, self.name), run) / slope, signs[1]

    def settled(self, noise: Noise) -> bool:
        """Whether F is shown to keep one sign at all t >= REACH for every p.

        By dominance, as in ``signal``: of s e^{ts} He_k, and under noise also of e^{ts} He_k with its sign.
        """
        kinds = (False,) if noise.kind == "none" else (False, True)
        return any(all(self._dominates(sign, weight) for weight in kinds) for sign in (1, -1))

    @np.errstate(over="ignore", invalid="ignore")
    def _dominates(self, sign: int, weight: bool) -> bool:
        s, _, he, mass = self._cells
        (constant, m), _ = self._growths
        sides = he if sign > 0 else (-he[1], -he[0])
        least, most = sides if weight else _times(s, sides)
        # With He_k of the right sign only s < 0 is wrong, however high s jumps within the cell.
        wrong = np.where(sides[0] >= 0, np.minimum(s[1], 0), s[1])[least < 0]
        # Not below all values of s: any level above the largest that is wrong serves.
        level = max(float(np.min(s[0])), float(np.max(wrong, initial=-math.inf)))
        for side, tail in zip((-1, 1), _images(self.tree, self._tails, self._ends), strict=True):
            if min(sign * side**self.k * x for x in ((1,) if weight else tail)) < 0:
                level = max(level, tail[1])
        right = s[0] > level
        reach = float(REACH)
        gained = (least * np.exp(np.minimum(reach * (s[0] - level), 700)) * mass)[right].sum()
        lost = (np.maximum(-least, most) * np.exp(reach * (s[1] - level)) * mass)[~right].sum()
        # Far out what is wrong lies below the level, and what is right is left out.
        with working(64):
            powers, size = (0, arb(1)) if weight else (m, constant)
            beyond = float((2 * size * _outside(self.k + powers, arb(self._radius))).upper())
        return bool(gained * (1 - 1e-9) > (lost + beyond) * (1 + 1e-9))

    def over(self, t: arb, noise: Noise) -> Bounds:
        """F_p, F_tp and F_ttp for every t >= 0 of the ball and every p; infinite where a jump is lost."""
        low, high = float(t.lower()), float(t.upper())
        with working(64):
            crossings = self._crossings
            if crossings is None:
                return _ANYTHING
            m = self._moments(max(0.0, low) * (1 - _ROUNDING), high * (1 + _ROUNDING))
            h = [t * m[0], *(i * m[i - 1] + t * m[i] for i in range(1, 4))]
            for weight, *sides in crossings:
                left, right = ((t * s).exp() for s in sides)
                for i in range(4):
                    h[i] += weight * (left - right)
                    left, right = left * sides[0], right * sides[1]
            _, k1, k2, k3, _ = cumulants(noise, t)
            return (
                h[1] + k1 * h[0],
                h[2] + k1 * h[1] + k2 * h[0],
                h[3] + k1 * h[2] + 2 * k2 * h[1] + k3 * h[0],
            )


@dataclass(frozen=True)
class Parts:
    """The slopes on parts of the range low <= p <= high, each bounded once."""

    tree: Node
    name: str
    k: int
    low: Fraction
    high: Fraction
    noise: Noise
    _known: dict[tuple[int, int], Slopes] = field(default_factory=dict, repr=False)
    _bounds: dict[tuple[Slopes, int], Bounds] = field(default_factory=dict, repr=False)

    def around(self, low: Fraction, high: Fraction) -> list[Slopes] | None:
        """Those that cover [low, high], finer ones where a jump is lost; None if no finer one will do."""
        parts = _PARTS
        while True:
            step = (self.high - self.low) / parts
            first, last = math.floor((low - self.low) / step), math.ceil((high - self.low) / step)
            around = [self._part(parts, i) for i in range(max(0, first), min(parts, last))]
            if all(part.bounded for part in around):
                return around
            if step <= high - low:
                return None
            parts *= 2

    def _part(self, parts: int, i: int) -> Slopes:
        if (parts, i) not in self._known:
            step = (self.high - self.low) / parts
            start = self.low + i * step
            self._known[parts, i] = Slopes(self.tree, self.name, self.k, start, start + step)
        return self._known[parts, i]

    def over(self, around: list[Slopes]) -> Callable[[arb], Bounds]:
        """F_p, F_tp, F_ttp for all p of the parts over a ball of t, from bounds on coarse boxes around it."""
        wide = float(REACH) / _TILTS
        hulls: dict[int, Bounds] = {}

        def hull(j: int) -> Bounds:
            if j not in hulls:
                hulls[j] = _union([self._bound(part, j) for part in around])
            return hulls[j]

        def over(t: arb) -> Bounds:
            first, last = (min(_TILTS - 1, max(0, int(float(end) / wide))) for end in (t.lower(), t.upper()))
            return hull(first) if first == last else _union([hull(j) for j in range(first, last + 1)])

        return over

    def _bound(self, part: Slopes, j: int) -> Bounds:
        if (part, j) not in self._bounds:
            wide = REACH / _TILTS
            t = exact(j * wide).union(exact((j + 1) * wide))
            self._bounds[part, j] = part.over(t, self.noise)
        return self._bounds[part, j]

    def settled(self) -> bool:
        return all(self._part(_PARTS, i).settled(self.noise) for i in range(_PARTS))


def _union(bounds: Sequence[Bounds]) -> Bounds:
    first, *others = bounds
    for other in others:
        first = first[0].union(other[0]), first[1].union(other[1]), first[2].union(other[2])
    return first


def _outside(n: int, radius: arb) -> arb:
    """At least the integral of (2x)^n phi beyond the radius."""
    return (2 * radius) ** n / radius * density_at(radius) / (1 - max(n - 1, 0) / radius**2)
