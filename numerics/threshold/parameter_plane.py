"""The signal of a link with a parameter p over boxes of (t, p): zeros in t that hold for every p, and folds.

F(t, p) = h_k' + K_e' h_k is the signal of the member at p. For p within r of q, values and t-derivatives are
those at q, which the oracle of an ordinary link knows, moved by at most r sup|F_p|, r sup|F_tp|, ... (mean
value theorem), as ``parameter_slopes`` bounds them. i0 = 1, so that F does not vanish at t = 0.

On a narrow P let U be an interval of t such that outside U every zero is isolated for all p in P, F has one
and the same sign at both ends of U, and F_tt and F_p are not 0 on U x P. Then F(., p) is strictly convex or
concave on U, so that it has at most two zeros there, and its extremal value on U is strictly monotone in p:
at most one p in P has a double zero in U; the number of zeros changes by two there and nowhere else. A zero
passes an end T of [0, REACH] where F(T, p) = 0: for exactly one p if F_p is not 0 there and the signs at the
ends of P differ, and nothing else happens if F_t is not 0 on an interval up to T outside of which all is
isolated.
"""

import heapq
import math
from contextlib import suppress
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import cached_property
from itertools import count

from flint import arb

from ...link.label import Noise, Signal
from ...link.tree import Node, Num, Var, substitute
from ..expectation.labels import cumulants
from ..expectation.oracle import oracle, tilt_of
from ..lowering.arb import symmetry
from ..lowering.balls import Dual
from ..lowering.zeros import Isolation, isolate
from ..precision import Unresolved, as_fraction, exact, sign_of, working
from ..work import Exhausted, allowance, spend
from .parameter_slopes import REACH, Parts, Slopes
from .signal import SignalCoefficient

_BITS = 128
#: Intervals of t between these widths are searched at once.
_NARROWEST, _IMPATIENT, _WIDEST = Fraction(1, 64), Fraction(1, 4), Fraction(2)
#: How often the range is halved where zeros are not resolved, before folds are looked for there.
_DEPTHS, _BESIDE_EVEN = (10, 14), 8
#: To which radius a critical value is isolated at least.
_SHARP = 1e-12
#: What a search on one interval counts as beside the expectations.
_OF_A_SEARCH = 8_000
#: The work that a fold may take.
_OF_A_FOLD = 1e6


def _spread(reach: arb, slope: arb) -> arb:
    """How far a value moves within ``reach`` of the middle."""
    return arb(0, (reach * slope).abs_upper())


@dataclass(frozen=True, slots=True)
class Zeros:
    """For every p in P: the zeros in (0, REACH], one in each ball, where nothing is proved, and from where on
    there is no zero.
    """

    zeros: tuple[arb, ...]
    unresolved: tuple[tuple[arb, arb], ...]
    clear: Fraction = REACH


#: Between which t a zero lies; no upper end where there may be none.
Between = tuple[arb, arb | None]


@dataclass(frozen=True, slots=True)
class Fold:
    """The one p at which two zeros meet at t, or at which one passes t, 0 or REACH (``passing``).

    others: how many more zeros each member has. first: where the first zero of any member is.
    """

    p: arb
    t: arb
    passing: bool = False
    others: int = 0
    first: Between | None = None


@dataclass(frozen=True, slots=True)
class Cell:
    """Values of the parameter from low to high. zeros: those of every member; None where not resolved."""

    low: Fraction
    high: Fraction
    zeros: tuple[arb, ...] | None
    fold: Fold | None = None

    @property
    def settled(self) -> bool:
        return self.zeros is not None or self.fold is not None

    @property
    def first(self) -> Between | None:
        """Where the first zero of any member is, None where there is none or it is not known."""
        if self.zeros:
            return self.zeros[0].lower().max(arb(0)), self.zeros[0].upper()
        return None if self.fold is None else self.fold.first


@dataclass(frozen=True)
class Plane:
    """F of a family with the parameter ``name`` in [low, high]."""

    tree: Node
    name: str
    k: int
    low: Fraction
    high: Fraction
    noise: Noise

    @cached_property
    def _parts(self) -> Parts:
        return Parts(self.tree, self.name, self.k, self.low, self.high, self.noise)

    def member(self, p: Fraction) -> SignalCoefficient:
        of_p = oracle(substitute(self.tree, Num(p), Var(self.name)))
        return SignalCoefficient(of_p, self.k, Signal.LABEL, self.noise)

    def _even_at(self, p: Fraction) -> bool:
        """Whether F vanishes at p for every t, so that zeros are isolated for no p around it."""
        return self.k % 2 == 1 and symmetry(substitute(self.tree, Num(p), Var(self.name))) == 1

    def _derivatives(self, member: SignalCoefficient, t: Fraction, end: Fraction | None = None) -> list[arb]:
        """F, F_t and F_tt of a member, at t or on [t, end]."""
        cell = exact(t) if end is None else exact(t).union(exact(end))
        table = member.oracle.tilted_moments((self.k,), (0, 1, 2, 3), tilt_of(cell), 25)
        h, h1, h2, h3 = (table[i, self.k] for i in range(4))
        _, k1, k2, k3, _ = cumulants(self.noise, cell)
        return [h1 + k1 * h, h2 + k1 * h1 + k2 * h, h3 + k1 * h2 + 2 * k2 * h1 + k3 * h]

    def search(self, low: Fraction, high: Fraction, start: Fraction, end: Fraction) -> Isolation:
        """The zeros on [start, end] that hold for low <= p <= high."""
        around = self._parts.around(low, high)
        if around is None:
            return Isolation((), ((exact(start), exact(end)),))
        spend(_OF_A_SEARCH)
        middle, reach = self.member((low + high) / 2), exact((high - low) / 2)
        signal, slopes = middle.modelled(start, end), self._parts.over(around)

        def hull(t: arb) -> Dual:
            one, (moved, turned, _) = signal(t), slopes(t)
            return Dual(one.value + _spread(reach, moved), one.slope + _spread(reach, turned))

        with working(64):
            return isolate(
                hull, exact(start), exact(end), bits=36, narrowest=float(end - start) / 256, cells=400
            )

    def _resists(self, low: Fraction, high: Fraction, t: Fraction) -> bool:
        """Whether F at t is not of one sign for every member, so that no search up to t succeeds."""
        around = self._parts.around(low, high)
        if around is None:
            return True
        value, moved = (
            self._derivatives(self.member((low + high) / 2), t)[0],
            self._parts.over(around)(exact(t))[0],
        )
        return bool((value + _spread(exact((high - low) / 2), moved)).contains(0))

    def zeros(
        self,
        low: Fraction,
        high: Fraction,
        start: Fraction = Fraction(0),
        end: Fraction = REACH,
        *,
        patient: bool = True,
    ) -> Zeros:
        """The zeros on [start, end] for every member; without patience down to the first t that resists.

        Large t resist most, and come first.
        """
        zeros: list[arb] = []
        unresolved: list[tuple[arb, arb]] = []
        width, clear, narrowest = Fraction(1), end, _NARROWEST if patient else _IMPATIENT
        with working(_BITS):
            if not patient and self._resists(low, high, end):
                return Zeros((), ((exact(start), exact(end)),), clear)
            while start < end:
                stop = max(start, end - width)
                search = self.search(low, high, stop, end)
                # The next search ends where this one resists, so that no zero stays at an end of both.
                down_to = _ceiling(search.unresolved[-1][1]) if search.unresolved else stop
                for zero in search.zeros:
                    if down_to > stop and zero.overlaps(exact(down_to)):
                        down_to = _ceiling(zero.upper())
                if down_to == stop or end - down_to >= width / 4:
                    zeros += [zero for zero in search.zeros if down_to == stop or zero > exact(down_to)]
                    width = min(2 * width, _WIDEST) if down_to == stop else max(width / 2, narrowest)
                    end, clear = down_to, clear if zeros or unresolved else down_to
                elif width > narrowest:
                    width /= 2
                elif patient:
                    zeros += search.zeros
                    unresolved += search.unresolved
                    end = stop
                else:
                    return Zeros((), ((exact(stop), exact(end)),), clear)
        return Zeros(
            tuple(sorted(zeros, key=float)), tuple(sorted(unresolved, key=lambda each: float(each[0])))
        )

    def fold(self, low: Fraction, high: Fraction, near: tuple[Fraction, Fraction]) -> Fold | None:
        """The double zero in the interval ``near`` of t; None where the conditions above are not shown.

        The caller shows that the numbers of zeros at both ends of P differ by two.
        """
        box, reach = Slopes(self.tree, self.name, self.k, low, high), exact((high - low) / 2)
        middle = self.member((low + high) / 2)
        with working(_BITS):
            whole = exact(near[0]).union(exact(near[1]))
            moved, _, bent = box.over(whole, self.noise)
            bend = self._derivatives(middle, *near)[2] + _spread(reach, bent)
            signs = []
            for end in near:
                there = box.over(exact(end), self.noise)[0]
                signs.append(sign_of(self._derivatives(middle, end)[0] + _spread(reach, there)))
            if signs[0] == 0 or signs[0] != signs[1] or bend.contains(0) or moved.contains(0):
                return None
            return self._sharpened(box, whole)

    def _sharpened(self, box: Slopes, t: arb) -> Fold | None:
        """Interval Newton for F = 0 and F_t = 0 in (t, p), from a box that holds exactly one solution.

        None where the box is too wide for it.
        """
        p = exact(box.low).union(exact(box.high))
        for _ in range(24):
            at, q = as_fraction(t.mid()), as_fraction(p.mid())
            member = self.member(q)
            f, g, _ = self._derivatives(member, at)
            # Slopes over the first box serve to the end: what they multiply tends to 0.
            f_p, f_tp, f_ttp = box.over(t, self.noise)
            reach = p.rad()
            hull = self._derivatives(member, as_fraction(t.lower()), as_fraction(t.upper()))
            f_t = hull[1] + _spread(reach, f_tp)
            f_tt = hull[2] + _spread(reach, f_ttp)
            # Cramer's rule for [[f_t, f_p], [f_tt, f_tp]] (dt, dp) = -(f, g).
            bottom = f_t * f_tp - f_p * f_tt
            dt, dp = -(f * f_tp - g * f_p) / bottom, -(f_t * g - f_tt * f) / bottom
            if not (dt.is_finite() and dp.is_finite()):
                break
            moved_t, moved_p = exact(at) + dt, exact(q) + dp
            if not (moved_t.overlaps(t) and moved_p.overlaps(p)):
                raise Unresolved("interval Newton leaves the box of a fold")
            smaller_t, smaller_p = moved_t.intersection(t), moved_p.intersection(p)
            slow = smaller_p.rad() > p.rad() * 0.9 and smaller_t.rad() > t.rad() * 0.9
            t, p = smaller_t, smaller_p
            if slow:
                break
        return Fold(p, t) if p.rad() < _SHARP else None

    def passing(self, low: Fraction, high: Fraction, near: tuple[Fraction, Fraction]) -> Fold | None:
        """The one p at which a zero passes that end of ``near`` which is 0 or REACH; or None."""
        box, edge = Slopes(self.tree, self.name, self.k, low, high), near[0] and near[1]
        with working(_BITS):
            t, whole = exact(edge), exact(near[0]).union(exact(near[1]))
            turned = box.over(whole, self.noise)[1]
            rising = self._derivatives(self.member((low + high) / 2), *near)[1]
            if (rising + _spread(exact((high - low) / 2), turned)).contains(0):
                return None
            signs = [sign_of(self._derivatives(self.member(p), edge)[0]) for p in (low, high)]
            moved = box.over(t, self.noise)[0]
            if signs[0] * signs[1] >= 0 or moved.contains(0):
                return None
            p = exact(low).union(exact(high))
            for _ in range(24):
                q = as_fraction(p.mid())
                step = exact(q) - self._derivatives(self.member(q), edge)[0] / moved
                smaller = step.intersection(p)
                slow = smaller.rad() > p.rad() * 0.9
                p = smaller
                if slow:
                    break
            return Fold(p, t, passing=True)

    def closed(self) -> bool:
        """Whether it is shown that no member has a zero from t = REACH on."""
        return self._parts.settled()

    def diagram(self) -> list[Cell]:
        """The range of the parameter in cells, in increasing order; those that take too much work left open.

        A cell with a fold holds exactly one critical value; its neighbours' numbers hold up to there.
        """
        cells = [Cell(self.low, self.high, None)]
        for narrow in _DEPTHS:
            cells = self._refined(cells, (self.high - self.low) / 2**narrow)
            cells = [self._folded(cell, *around) for cell, *around in _runs(cells)]
        return cells

    def _refined(self, cells: list[Cell], narrow: Fraction) -> list[Cell]:
        """Those that are open halved, again and again until they are narrow or the work ends."""
        done = [cell for cell in cells if cell.settled]
        order = count()
        waiting: list[tuple[Fraction, int, Cell, Fraction]] = []

        def halve(cell: Cell, clear: Fraction = REACH) -> None:
            """Where all members have no zero, half of them need not be searched again."""
            middle = (cell.low + cell.high) / 2
            for half in (Cell(cell.low, middle, None), Cell(middle, cell.high, None)):
                heapq.heappush(waiting, (half.low - half.high, next(order), half, clear))

        for cell in cells:
            if not cell.settled:
                halve(cell)
        with suppress(Exhausted):
            while waiting:
                # Wide cells first: what is left open where the work ends is narrow.
                *_, cell, clear = waiting[0]
                zeros = self.zeros(cell.low, cell.high, end=clear, patient=False)
                heapq.heappop(waiting)
                small = cell.high - cell.low <= max(narrow, self._least(cell))
                # Beside t = 0 a zero is told from it, so that beta1 is bounded.
                if not zeros.unresolved and (small or all(zero > 0 for zero in zeros.zeros)):
                    done.append(Cell(cell.low, cell.high, zeros.zeros))
                elif small:
                    done.append(cell)
                else:
                    halve(cell, zeros.clear)
        return sorted([*done, *(cell for *_, cell, _ in waiting)], key=lambda cell: cell.low)

    def _least(self, cell: Cell) -> Fraction:
        """Beside a member without a signal no cell is narrower."""
        flat = self._even_at(cell.low) or self._even_at(cell.high)
        return (self.high - self.low) / 2**_BESIDE_EVEN if flat else Fraction(0)

    def _folded(self, cell: Cell, before: Cell | None, after: Cell | None) -> Cell:
        """An unresolved cell with its fold, where one is shown."""
        if cell.settled or before is None or after is None or None in (before.zeros, after.zeros):
            return cell
        counts = [len(each.zeros or ()) for each in (before, after)]
        width = cell.high - cell.low
        low, high = max(before.low, cell.low - width / 4), min(after.high, cell.high + width / 4)
        if abs(counts[0] - counts[1]) not in (1, 2):
            return cell
        with allowance(_OF_A_FOLD), suppress(Unresolved):
            double = self._fold_in(low, high, min(counts), abs(counts[0] - counts[1]) == 1)
            return cell if double is None else Cell(cell.low, cell.high, None, double)
        return cell

    def _fold_in(self, low: Fraction, high: Fraction, others: int, passing: bool) -> Fold | None:
        """others: how many zeros there are beside those that meet or leave."""
        rough = self.zeros(low, high)
        if not rough.unresolved or len(rough.zeros) != others:
            return None
        with working(_BITS):
            start, end = (as_fraction(each) for each in (rough.unresolved[0][0], rough.unresolved[-1][1]))
        room = max((end - start) / 2, _NARROWEST)
        below = above = Zeros((), ())
        if passing and start == 0:
            end += room
        elif passing and end != REACH:
            return None
        else:
            start, end = max(start - room, _NARROWEST), min(end + room, REACH)
        if start:
            below = self.zeros(low, high, Fraction(0), start)
        if not passing or not start:
            above = self.zeros(low, high, end)
        if below.unresolved or above.unresolved or len(below.zeros) + len(above.zeros) != others:
            return None
        found = (self.passing if passing else self.fold)(low, high, (start, end))
        if found is None:
            return None
        # Before it two zeros meet, or after it they did, and a later one is the first.
        first = exact(start), above.zeros[0].upper() if above.zeros else None
        if below.zeros:
            first = below.zeros[0].lower(), below.zeros[0].upper()
        return replace(found, others=others, first=first)


def _ceiling(t: arb) -> Fraction:
    """A short number at t or just above."""
    return Fraction(math.ceil(as_fraction(t) * 2**20), 2**20)


def _runs(cells: list[Cell]) -> list[tuple[Cell, Cell | None, Cell | None]]:
    """Unresolved neighbours as one cell, each cell with those on both sides."""
    joined: list[Cell] = []
    for cell in cells:
        if joined and not joined[-1].settled and not cell.settled:
            joined[-1] = Cell(joined[-1].low, cell.high, None)
        else:
            joined.append(cell)
    sides: list[Cell | None] = [None, *joined, None]
    return [(cell, sides[j], sides[j + 2]) for j, cell in enumerate(joined)]
