"""The level sets of a link: the range of y cut into bins, and what of the line is mapped into each.

The line is cut into monotone branches at the kinks of s and at the zeros of s', both isolated. Their end
values lie inside *thin* bins, whose preimages have next to no mass; so every other bin is crossed by whole
branches, and its edges have one simple preimage on each of them. Every width is a part of the least range of
a branch, so that s and c s + d have the same bins.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from itertools import pairwise

from flint import arb

from ...link.tree import Node
from ..lowering.arb import compile_arb
from ..lowering.pieces import without_null_sets
from ..lowering.removable import polynomial
from ..precision import Unresolved, as_fraction, exact, working
from ..work import allowance, remembered
from .branches import Branch, branches, core

#: Functions with their probabilities.
Weighted = tuple[tuple[Node, Fraction], ...]
#: The work that one family of level sets may take, a second or two.
_WORK = 1.5e6
BITS = 128
#: What lies beyond has a mass of 1e-23.
RADIUS = 10
_GAP_BITS = 100
#: Further edges at the ends of branches, where s' may vanish: distances from the end in steps of the grid,
#: down to the width of a thin bin.
_CLOSER = tuple(1.1**-n for n in range(-15, 100))
#: Half the width of the bin around an end value, relative to the least range of a branch.
_THIN = arb(2) ** -34
#: Values that agree in more leading bits than this are not told apart.
_MOST_BITS = 1024


@dataclass(frozen=True, slots=True, eq=False)
class Part:
    """The stretch from ``left`` to ``right`` (balls) of one branch that is mapped into one bin."""

    branch: Branch
    left: arb
    right: arb

    @property
    def hull(self) -> arb:
        return self.left.union(self.right)


@dataclass(frozen=True, slots=True, eq=False)
class Bin:
    """The part of the line on which y lies between the exact numbers ``low`` and ``high``.

    thin: it holds the end value of a branch, so what it is crossed by is not known. An atom of y is a bin of
    its own with low = high.
    """

    low: arb
    high: arb
    parts: tuple[Part, ...]
    thin: bool = False

    @property
    def atom(self) -> bool:
        return self.parts[0].branch.direction == 0

    def halves(self) -> Iterator[Bin]:
        """The bins on both sides of the middle value, of a bin that is crossed by whole branches."""
        middle = ((self.low + self.high) / 2).mid()
        at = [part.branch.preimages([middle])[0] for part in self.parts]
        lower, upper = [], []
        for part, point in zip(self.parts, at, strict=True):
            first, second = Part(part.branch, part.left, point), Part(part.branch, point, part.right)
            rising = part.branch.direction > 0
            lower.append(first if rising else second)
            upper.append(second if rising else first)
        yield Bin(self.low, middle, tuple(lower))
        yield Bin(middle, self.high, tuple(upper))


@dataclass(frozen=True, slots=True, eq=False)
class LevelSets:
    """The level sets of ``core``, an injective image of which the link is, on [-RADIUS, RADIUS].

    bins: in increasing order of the core's values; a thin bin around the value of each atom stands before
    it, and bins without a preimage are left out. half: on [0, RADIUS], for an even core. bits: the precision
    that the values of the core need. Several functions may share the bins, each over the whole line.
    """

    core: Node
    branches: tuple[Branch, ...]
    bins: tuple[Bin, ...]
    half: bool
    bits: int


@remembered(16)
def mixed_level_sets(functions: Weighted, per_unit: int = 32, *, closer: bool = False) -> LevelSets:
    """The level sets of y = s_i with probability w_i, drawn beside z, for all functions s_i together.

    Raises what ``level_sets`` raises.
    """
    with allowance(_WORK):
        plain = tuple((without_null_sets(tree), weight) for tree, weight in functions)
        return _level_sets(plain, per_unit, False, closer)


@remembered(16)
def level_sets(tree: Node, per_unit: int = 32, *, half: bool = False, closer: bool = False) -> LevelSets:
    """The level sets with about ``per_unit`` edges to a unit of z; ``closer``: more at the ends of branches.

    Raises Unresolved where s' touches 0, and Exhausted where too many preimages take a bisection.
    """
    with allowance(_WORK):
        return _level_sets(((without_null_sets(core(tree)), Fraction(1)),), per_unit, half, closer)


def _level_sets(inner: Weighted, per_unit: int, half: bool, closer: bool) -> LevelSets:
    bits = BITS
    found = _found(inner, bits, half)
    if (cancelled := _cancelled(found)) > 0:
        # The values are that much larger than their differences.
        bits += cancelled
        found = _found(inner, bits, half)
    with working(bits):
        moving = [branch for branch in found if branch.direction]
        margin = _THIN * _least_range(moving) if moving else _THIN
        thin = _thin(found, margin)
        edges = _edges(thin, _points(moving, per_unit, _CLOSER if closer else ()), margin)
        bins = [*_crossed(moving, edges, thin), *_atoms(found)]
        bins.sort(key=lambda each: (as_fraction(each.low), as_fraction(each.high)))
    return LevelSets(inner[0][0], found, tuple(bins), half, bits)


def _found(inner: Weighted, bits: int, half: bool) -> tuple[Branch, ...]:
    with working(bits):
        found = tuple(
            replace(branch, weight=exact(weight))
            for each, weight in inner
            for branch in branches(each, RADIUS, _GAP_BITS + bits - BITS)
        )
        return tuple(_right(found)) if half else found


def _cancelled(found: Sequence[Branch]) -> int:
    """How many more leading bits than half of BITS the values share; Unresolved where that is too many."""
    moving = [branch for branch in found if branch.direction]
    if not moving:
        return 0
    with working(BITS):
        largest = max((float(_binary(abs(v))) for b in found for v in (b.bottom, b.top)), default=0.0)
        shared = int(largest - float(_binary(_least_range(moving)))) - BITS // 4
    if shared > _MOST_BITS:
        raise Unresolved("the values of the link differ by too little beside their size")
    return max(shared, 0)


def _binary(value: arb) -> arb:
    """log2 of a ball that may hold 0."""
    return value.abs_upper().max(arb(2) ** -(4 * _MOST_BITS)).log() / arb.const_log2()


def _least_range(moving: Sequence[Branch]) -> arb:
    return arb(min((b.top - b.bottom for b in moving), key=as_fraction).abs_lower())


def _right(found: tuple[Branch, ...]) -> Iterator[Branch]:
    """What lies right of 0."""
    for branch in found:
        if branch.lower >= 0 or (branch.upper > 0 and branch.direction == 0):
            yield replace(branch, lower=branch.lower.max(arb(0)))
        elif branch.upper > 0:
            raise Unresolved("an even link is not shown to turn at z = 0")


def _thin(found: tuple[Branch, ...], margin: arb) -> list[tuple[arb, arb]]:
    """Disjoint intervals with exact ends around every end value of a branch, increasing."""
    merged: list[tuple[arb, arb]] = []
    for value in sorted((v for b in found for v in (b.bottom, b.top)), key=as_fraction):
        low, high = (value - margin).lower().mid(), (value + margin).upper().mid()
        if merged and low <= merged[-1][1]:
            merged[-1] = (merged[-1][0], merged[-1][1].max(high).mid())
        else:
            merged.append((low, high))
    return merged


def _points(moving: list[Branch], per_unit: int, closer: tuple[float, ...]) -> list[arb]:
    """The values at grid points of z, on every branch."""
    values: list[arb] = []
    for branch in moving:
        function = compile_arb(branch.tree)
        first, last = float(branch.lower), float(branch.upper)
        count = max(int((last - first) * per_unit), 8)
        # Denser where the mass is: beyond 4 one point in eight is enough.
        points = [first + (last - first) * j / count for j in range(1, count)]
        kept = [x for j, x in enumerate(points) if abs(x) < 4 or j % 8 == 0]
        step = (last - first) / count
        kept += [x for near in closer for x in (first + near * step, last - near * step)]
        values += [function(arb(x)).mid() for x in kept]
    return sorted(values, key=as_fraction)


def _edges(thin: list[tuple[arb, arb]], values: list[arb], margin: arb) -> list[arb]:
    """The ends of the thin bins, and those of the increasing ``values`` that lie outside them."""
    edges: list[arb] = []
    for value in values:
        outside = all(value < low - margin or value > high + margin for low, high in thin)
        if outside and (not edges or value > edges[-1] + margin):
            edges.append(value)
    return sorted([*edges, *(end for pair in thin for end in pair)], key=as_fraction)


def _crossed(moving: list[Branch], edges: list[arb], thin: list[tuple[arb, arb]]) -> list[Bin]:
    starts = {as_fraction(low) for low, _ in thin}
    held: list[list[Part]] = [[] for _ in edges]
    for branch in moving:
        inside = _met(edges, branch)
        points = branch.preimages([edges[i] for i in inside])
        first, last = (branch.lower, branch.upper) if branch.direction > 0 else (branch.upper, branch.lower)
        # The piece below the first edge inside lies in the bin that ends there.
        start = (
            inside[0] - 1
            if inside
            else next(i for i, e in reversed(list(enumerate(edges))) if e < branch.bottom)
        )
        for offset, (a, b) in enumerate(pairwise([first, *points, last])):
            low, high = (a, b) if branch.direction > 0 else (b, a)
            held[start + offset].append(Part(branch, low, high))
    return [
        Bin(low, high, tuple(parts), as_fraction(low) in starts)
        for (low, high), parts in zip(pairwise(edges), held, strict=False)
        if parts
    ]


def _met(edges: list[arb], branch: Branch) -> range:
    """Which of the increasing ``edges`` lie between the ends of the branch."""
    first = bisect_left(edges, True, key=lambda edge: bool(branch.bottom < edge))
    return range(first, bisect_left(edges, True, lo=first, key=lambda edge: not edge < branch.top))


def _atoms(found: tuple[Branch, ...]) -> list[Bin]:
    """Flat stretches of one value together. Raises Unresolved where two values are not told apart."""
    merged: list[Bin] = []
    for branch in sorted((b for b in found if not b.direction), key=lambda b: as_fraction(b.bottom)):
        part = Part(branch, branch.lower, branch.upper)
        value = branch.bottom
        if merged and merged[-1].high.overlaps(value):
            old = merged[-1]
            if not all(_same_number(branch.tree, each.branch.tree) for each in old.parts):
                raise Unresolved(f"two levels near {float(value):.6g} are not told apart")
            merged[-1] = Bin(old.low, old.high, (*old.parts, part))
        else:
            merged.append(Bin(value, value, (part,)))
    return merged


def _same_number(one: Node, other: Node) -> bool:
    """Whether two constants are equal for a reason: written alike, or both rational."""
    first, second = polynomial(one), polynomial(other)
    return one == other or (first is not None and second is not None and first == second)
