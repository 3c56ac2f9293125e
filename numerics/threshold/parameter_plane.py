"""The signal of a link with a parameter p over boxes of (t, p): zeros in t that hold for every p, and folds.

Expectations over all p of an interval P come from Gauss rules on panels, with s(x, P) a ball at each node,
errors by the ellipse bound of ``expectation.gauss`` on boxes (z, P), and tails by bounds of s on [R, oo) x P.
The link must be bounded and analytic in z, with i0 = 1, so that the signal does not vanish at t = 0.

On a narrow P let U be an interval of t such that outside U every zero is isolated for all p in P, the signal
f has one and the same sign at both ends of U, and f_tt and f_p are not 0 on U x P. Then f(., p) is strictly
convex or concave on U, so that it has at most two zeros there, and its extremal value on U is strictly
monotone in p: at most one p in P has a double zero in U; the number of zeros changes by two there and nowhere
else.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from functools import cached_property

import numpy as np
from flint import acb, arb, arb_mat

from ...link.domain import image
from ...link.label import NOISELESS, Signal
from ...link.tree import Bin, Const, Neg, Node, Num, Var, replaced
from ..expectation.gauss import gauss_rule
from ..expectation.oracle import Tilt, ball_of, tilt_of
from ..lowering.arb import hermite, with_symbol
from ..lowering.derivative import derivative
from ..lowering.zeros import Unresolved
from ..precision import as_fraction, exact, sign_of, working
from ..work import spend
from .signal import SignalCoefficient
from .signal_ceiling import density_at

#: Up to which t = 1/beta zeros are searched.
REACH = Fraction(8)
_RHO, _BITS = 3, 128
#: Points of the rule on each panel where P is wide, and where it is narrow.
_POINTS = (14, 26)
_NARROW = Fraction(1, 10**4)
#: Intervals of t between these widths are searched at once.
_NARROWEST, _IMPATIENT, _WIDEST = Fraction(1, 64), Fraction(1, 4), Fraction(2)
#: The range is halved so often before zeros are looked for, and at most so often where they are not resolved.
_FIRST, _DEEPEST = 3, 14
_HELD = Const("oo")


def slope_in(tree: Node, name: str) -> Node:
    """The derivative in the parameter, z held fast."""
    found = derivative(replaced(tree, Var(), _HELD))  # type: ignore[arg-type]
    return replaced(found, _HELD, Var())  # type: ignore[return-value]


@dataclass(frozen=True)
class Members:
    """Expectations E[s^i e^{ts} He_k] that hold for every p with low <= p <= high."""

    tree: Node
    name: str
    low: Fraction
    high: Fraction
    _tables: dict[tuple[int, int], arb_mat] = field(default_factory=dict, compare=False, repr=False)
    _logs: dict[int, list[float]] = field(default_factory=dict, compare=False, repr=False)

    @cached_property
    def _p(self) -> arb:
        return exact(self.low).union(exact(self.high))

    @cached_property
    def _bound(self) -> arb:
        """abs(s) on the whole line."""
        low, high = image(self.tree, -math.inf, math.inf, {self.name: (self.low, self.high)})
        if not math.isfinite(low + high):
            raise Unresolved("the link is not shown to be bounded, uniformly in the parameter")
        return arb(max(abs(low), abs(high)))

    @cached_property
    def _radius(self) -> int:
        return math.ceil(math.sqrt(2 * (45 + 2 * float(REACH) * float(self._bound))))

    @cached_property
    def _nodes(self) -> list[tuple[arb, arb, arb]]:
        """x, s(x, P), and the weight with the density."""
        found, s = [], with_symbol(self.tree, self.name, self._p)
        for low, half in self._panels:
            for root, weight in gauss_rule(self._points, _BITS + 32):
                x = low + half * (1 + root)
                found.append((x, s(x), weight * half * density_at(x)))
        return found

    @property
    def _points(self) -> int:
        return _POINTS[self.high - self.low < _NARROW]

    @cached_property
    def _panels(self) -> list[tuple[arb, arb]]:
        return [(arb(i) / 2, arb(1) / 4) for i in range(-2 * self._radius, 2 * self._radius)]

    @cached_property
    def _boxes(self) -> list[tuple[acb, float, float, float]]:
        """Around the ellipse of each panel: z, log abs(s), Re s, and the logarithm of the other factors."""
        found, s, rho = [], with_symbol(self.tree, self.name, acb(self._p)), arb(_RHO)
        high, flat = (rho + 1 / rho) / 2, (rho - 1 / rho) / 2
        rule = arb(64) / 15 * rho ** (2 - 2 * self._points) / (1 - rho**-2)
        for low, half in self._panels:
            # In four parts along the line, which a steep link asks for.
            step = half * high / 2
            for j in range(4):
                middle = low + half + step * (2 * j - 3) / 2
                z = acb(arb(middle.mid(), (step / 2).upper()), arb(0, (half * flat).upper()))
                value = acb(s(z))
                if not value.is_finite():
                    raise Unresolved(f"the link is not shown to be analytic near z = {float(middle):.3g}")
                rest = rule * half * abs((-(z * z) / 2).exp()) / (2 * arb.pi()).sqrt()
                size = _above(abs(value).upper().max(arb("1e-30")).log())
                found.append((z, size, _above(value.real), _above(rest.upper().log())))
        return found

    def tilted_moments(
        self, ks: Sequence[int], powers: Sequence[int], t: Tilt, digits: int
    ) -> dict[tuple[int, int], arb]:
        """Hulls over all p, and all t >= 0 of an interval; ``digits`` is not reached where P is wide."""
        spend(2000)
        with working(_BITS):
            tilt = ball_of(t)
            found: dict[tuple[int, int], arb] = {}
            grown = arb_mat([[(tilt * s).exp() * mass] for _, s, mass in self._nodes])
            for k in ks:
                table = self._table(k, max(powers)) * grown
                errors = self._errors(powers, tilt, self._hermite(k), (arb(1), k))
                found |= {(i, k): table[i, 0] + arb(0, errors[i]) for i in powers}
            return found

    def _table(self, k: int, most: int) -> arb_mat:
        """s^i He_k at the nodes, i = 0..most."""
        if (k, most) not in self._tables:
            rows = [[hermite(k, x) for x, _, _ in self._nodes]]
            for _ in range(most):
                rows.append([s * last for (_, s, _), last in zip(self._nodes, rows[-1], strict=True)])
            self._tables[k, most] = arb_mat(rows)
        return self._tables[k, most]

    def _hermite(self, k: int) -> list[float]:
        """Logarithms of bounds of He_k on the boxes."""
        if k not in self._logs:
            self._logs[k] = [
                _above(abs(acb(hermite(k, z))).upper().max(arb("1e-30")).log()) for z, *_ in self._boxes
            ]
        return self._logs[k]

    def _errors(
        self, powers: Sequence[int], t: arb, factor: list[float], tail: tuple[arb, int]
    ) -> dict[int, arb]:
        """Of the Gauss rule and of the tails, for s^i e^{ts} f.

        factor: logarithms of bounds of f on the boxes. tail: C and n, abs(f) <= C (2x)^n beyond the radius.
        """
        size, real, rest = (np.array(column) for column in list(zip(*self._boxes, strict=True))[1:])
        # A panel's ellipse lies in its four boxes: their largest bound is at most the sum.
        top = rest + np.array(factor) + np.maximum(float(t.upper()) * real, float(t.lower()) * real)
        constant, n = tail
        mass = _outside(n, arb(self._radius))
        growth = (t.upper() * self._bound).exp()
        return {
            i: arb(1.000001 * float(np.exp(top + i * size).sum()))
            + 2 * constant * self._bound**i * growth * mass
            for i in powers
        }

    def slopes(self, k: int, t: arb) -> tuple[arb, arb]:
        """f_p = E[(1 + ts) s_p e^{ts} He_k] and f_tp = E[(2s + ts^2) s_p e^{ts} He_k]."""
        tree = slope_in(self.tree, self.name)
        moved, on_boxes = (with_symbol(tree, self.name, p) for p in (self._p, acb(self._p)))
        constant, m = _growth(tree, self._radius, self.name, (self.low, self.high))
        with working(_BITS):
            front = [[moved(x) * (t * s).exp() * mass] for x, s, mass in self._nodes]
            table = self._table(k, 2) * arb_mat(front)
            factor = [
                log_h + _above(abs(acb(on_boxes(z))).upper().max(arb("1e-30")).log())
                for (z, *_), log_h in zip(self._boxes, self._hermite(k), strict=True)
            ]
            errors = self._errors((0, 1, 2), t, factor, (constant, k + m))
            parts = [table[i, 0] + arb(0, errors[i].upper()) for i in range(3)]
            return parts[0] + t * parts[1], 2 * parts[1] + t * parts[2]


def _outside(n: int, radius: arb) -> arb:
    """At least the integral of (2x)^n phi beyond the radius."""
    return (2 * radius) ** n / radius * density_at(radius) / (1 - max(n - 1, 0) / radius**2)


def _above(x: arb) -> float:
    """A double that is not below the ball."""
    value = float(x.upper())
    return value + 1e-9 * abs(value) + 1e-12


def _growth(node: Node, radius: int, name: str, ends: tuple[Fraction, Fraction]) -> tuple[arb, int]:
    """C and m with abs(node) <= C (1 + abs(z))^m for abs(z) >= radius and every p. Raises Unresolved."""
    found = [
        image(node, *side, {name: ends}) for side in ((float(radius), math.inf), (-math.inf, -float(radius)))
    ]
    size = max(abs(end) for pair in found for end in pair)
    if math.isfinite(size):
        return arb(size), 0
    if isinstance(node, Var):
        return arb(1), 1
    if isinstance(node, Neg):
        return _growth(node.arg, radius, name, ends)
    if isinstance(node, Bin) and node.op in "+-*":
        (a, m), (b, n) = (_growth(side, radius, name, ends) for side in (node.left, node.right))
        return (a * b, m + n) if node.op == "*" else (a + b, max(m, n))
    if isinstance(node, Bin) and node.op == "**" and isinstance(node.right, Num):
        a, m = _growth(node.left, radius, name, ends)
        exponent = node.right.value
        if exponent.denominator == 1 and exponent > 0:
            return a ** int(exponent), m * int(exponent)
    raise Unresolved("the link's slope in the parameter is not bounded on the tails")


@dataclass(frozen=True, slots=True)
class Zeros:
    """For every p in P: the zeros in (0, REACH], one in each ball, and where nothing is proved."""

    zeros: tuple[arb, ...]
    unresolved: tuple[tuple[arb, arb], ...]


def zeros_for_all(
    members: Members, k: int, start: Fraction = Fraction(0), end: Fraction = REACH, *, patient: bool = True
) -> Zeros:
    """The zeros of the ``label`` signal on [start, end] that hold for every member.

    Without patience the search ends where the first interval of t resists.
    """
    signal = SignalCoefficient(members, k, Signal.LABEL, NOISELESS)
    zeros: list[arb] = []
    unresolved: list[tuple[arb, arb]] = []
    width = Fraction(1, 2)
    with working(_BITS):
        while start < end:
            stop = min(start + width, end)
            found = signal.search(start, stop)
            if found.unresolved and width > (_NARROWEST if patient else _IMPATIENT):
                width /= 2
                continue
            if found.unresolved and not patient:
                return Zeros((), found.unresolved)
            zeros += found.zeros
            unresolved += found.unresolved
            start, width = stop, min(2 * width, _WIDEST)
    return Zeros(tuple(zeros), tuple(unresolved))


def moment(members: Members, k: int) -> arb:
    """E[s He_k] for every member."""
    return members.tilted_moments((k,), (1,), 0, 10)[1, k]


@dataclass(frozen=True, slots=True)
class Fold:
    """The one p at which two zeros meet, and where."""

    p: arb
    t: arb


def fold(members: Members, k: int, near: tuple[Fraction, Fraction]) -> Fold | None:
    """The double zero in the interval ``near`` of t; None where the conditions above are not shown.

    The caller shows that the numbers of zeros at both ends of P differ by two.
    """
    low, high = near
    signs = []
    with working(_BITS):
        for end in near:
            signs.append(sign_of(members.tilted_moments((k,), (1,), end, 10)[1, k]))
        whole = exact(low).union(exact(high))
        bend = members.tilted_moments((k,), (3,), tilt_of(whole), 10)[3, k]
        f_p, _ = members.slopes(k, whole)
        if signs[0] == 0 or signs[0] != signs[1] or bend.contains(0) or f_p.contains(0):
            return None
        return _sharpened(members, k, whole)


def _sharpened(members: Members, k: int, t: arb) -> Fold:
    """Interval Newton for f = 0 and f_t = 0 in (t, p), from a box that holds exactly one solution."""
    p = exact(members.low).union(exact(members.high))
    for _ in range(16):
        at, q = t.mid(), p.mid()
        here = Members(members.tree, members.name, as_fraction(q), as_fraction(q))
        table = here.tilted_moments((k,), (1, 2), tilt_of(at), 10)
        box = Members(members.tree, members.name, as_fraction(p.lower()), as_fraction(p.upper()))
        hull = box.tilted_moments((k,), (2, 3), tilt_of(t), 10)
        f_p, f_tp = box.slopes(k, t)
        f_t, f_tt = hull[2, k], hull[3, k]
        # Cramer's rule for [[f_t, f_p], [f_tt, f_tp]] (dt, dp) = -(f, f_t).
        bottom = f_t * f_tp - f_p * f_tt
        f, g = table[1, k], table[2, k]
        dt, dp = -(f * f_tp - g * f_p) / bottom, -(f_t * g - f_tt * f) / bottom
        if not (dt.is_finite() and dp.is_finite()):
            break
        moved_t, moved_p = at + dt, q + dp
        if not (moved_t.overlaps(t) and moved_p.overlaps(p)):
            raise Unresolved("interval Newton leaves the box of a fold")
        smaller_t, smaller_p = moved_t.intersection(t), moved_p.intersection(p)
        slow = smaller_p.rad() > p.rad() * 0.9 and smaller_t.rad() > t.rad() * 0.9
        t, p = smaller_t, smaller_p
        if slow:
            break
    return Fold(p, t)


@dataclass(frozen=True, slots=True)
class Cell:
    """Values of the parameter from low to high. zeros: those of every member; None where not resolved."""

    low: Fraction
    high: Fraction
    zeros: tuple[arb, ...] | None
    fold: Fold | None = None


def diagram(tree: Node, name: str, k: int, low: Fraction, high: Fraction) -> list[Cell]:
    """The range of the parameter in cells, in increasing order.

    A cell with a fold holds exactly one critical value; its neighbours' numbers of zeros hold up to there.
    """
    found: list[Cell] = []
    step = (high - low) / 2**_FIRST
    waiting = [(low + j * step, low + (j + 1) * step, _FIRST) for j in reversed(range(2**_FIRST))]
    while waiting:
        start, end, depth = waiting.pop()
        members = Members(tree, name, start, end)
        settled = not moment(members, k).contains(0)
        zeros = zeros_for_all(members, k, patient=False) if settled else None
        if zeros is not None and not zeros.unresolved:
            found.append(Cell(start, end, zeros.zeros))
        elif depth == _DEEPEST:
            again = zeros_for_all(members, k) if settled else Zeros((), ())
            found.append(Cell(start, end, again.zeros if settled and not again.unresolved else None))
        else:
            middle = (start + end) / 2
            waiting += [(middle, end, depth + 1), (start, middle, depth + 1)]
    return [_folded(tree, name, k, cell, *around) for cell, *around in _runs(found)]


def _runs(cells: list[Cell]) -> list[tuple[Cell, Cell | None, Cell | None]]:
    """Unresolved neighbours as one cell, each cell with those on both sides."""
    joined: list[Cell] = []
    for cell in cells:
        if joined and joined[-1].zeros is None and cell.zeros is None:
            joined[-1] = Cell(joined[-1].low, cell.high, None)
        else:
            joined.append(cell)
    sides: list[Cell | None] = [None, *joined, None]
    return [(cell, sides[j], sides[j + 2]) for j, cell in enumerate(joined)]


def _folded(tree: Node, name: str, k: int, cell: Cell, before: Cell | None, after: Cell | None) -> Cell:
    """An unresolved cell with its fold, where one is shown."""
    if cell.zeros is not None or before is None or after is None:
        return cell
    counts = [len(each.zeros or ()) for each in (before, after)]
    if abs(counts[0] - counts[1]) != 2:
        return cell
    width = cell.high - cell.low
    low = max(before.low, cell.low - width / 4)
    high = min(after.high, cell.high + width / 4)
    members = Members(tree, name, low, high)
    rough = zeros_for_all(members, k)
    if not rough.unresolved or len(rough.zeros) != min(counts):
        return cell
    with working(_BITS):
        start, end = (as_fraction(each) for each in (rough.unresolved[0][0], rough.unresolved[-1][1]))
    room = max((end - start) / 2, _NARROWEST)
    start, end = max(start - room, _NARROWEST), min(end + room, REACH)
    outside = [zeros_for_all(members, k, Fraction(0), start), zeros_for_all(members, k, end)]
    clear = not any(each.unresolved for each in outside)
    if not clear or sum(len(each.zeros) for each in outside) != min(counts):
        return cell
    try:
        found = fold(members, k, (start, end))
    except Unresolved:
        return cell
    return cell if found is None else Cell(cell.low, cell.high, None, found)
