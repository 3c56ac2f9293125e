"""The level sets of a link: the range of y cut into bins, and what of the line is mapped into each.

The end values of the monotone branches lie inside *thin* bins, whose preimages have next to no mass; so
every other bin is crossed by whole branches, and its edges have one simple preimage on each of them.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import pairwise

from flint import arb

from ..link.tree import Node
from .branches import Branch, branches, core
from .lower_arb import compile_arb
from .pieces import without_null_sets
from .precision import working
from .zeros import Unresolved

BITS = 128
#: What lies beyond has a mass of 1e-23.
RADIUS = 10
_GAP_BITS = 100
#: Further edges at the ends of branches, where s' may vanish: distances from the end in steps of the grid,
#: down to the width of a thin bin.
_CLOSER = tuple(1.1**-n for n in range(-15, 100))
#: Half the width of the bin around an end value of a branch; far wider than the balls of preimages.
_THIN = arb(2) ** -34


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
    it, and bins without a preimage are left out. half: on [0, RADIUS], for an even core.
    """

    core: Node
    branches: tuple[Branch, ...]
    bins: tuple[Bin, ...]
    half: bool


@lru_cache(maxsize=64)
def level_sets(tree: Node, per_unit: int = 32, *, half: bool = False, closer: bool = False) -> LevelSets:
    """The level sets with about ``per_unit`` edges to a unit of z; ``closer``: more at the ends of branches.

    Raises Unresolved where s' touches 0.
    """
    inner = without_null_sets(core(tree))
    with working(BITS):
        found = tuple(branches(inner, RADIUS, _GAP_BITS))
        if half:
            found = tuple(_right(found))
        moving = [branch for branch in found if branch.direction]
        thin = _thin(found)
        edges = _edges(moving, thin, per_unit, _CLOSER if closer else ())
        bins = [*_crossed(moving, edges, thin), *_atoms(found)]
        bins.sort(key=lambda each: (float(each.low), float(each.high)))
    return LevelSets(inner, found, tuple(bins), half)


def _right(found: tuple[Branch, ...]) -> Iterator[Branch]:
    """What lies right of 0."""
    for branch in found:
        if branch.lower >= 0 or (branch.upper > 0 and branch.direction == 0):
            yield replace(branch, lower=branch.lower.max(arb(0)))
        elif branch.upper > 0:
            raise Unresolved("an even link is not shown to turn at z = 0")


def _thin(found: tuple[Branch, ...]) -> list[tuple[arb, arb]]:
    """Disjoint intervals with exact ends around every end value of a branch, increasing."""
    merged: list[tuple[arb, arb]] = []
    for value in sorted((v for b in found for v in (b.bottom, b.top)), key=lambda v: float(v.mid())):
        margin = _THIN * (1 + abs(value)).upper()
        low, high = (value - margin).lower().mid(), (value + margin).upper().mid()
        if merged and low <= merged[-1][1]:
            merged[-1] = (merged[-1][0], merged[-1][1].max(high).mid())
        else:
            merged.append((low, high))
    return merged


def _edges(
    moving: list[Branch], thin: list[tuple[arb, arb]], per_unit: int, closer: tuple[float, ...]
) -> list[arb]:
    """The ends of the thin bins, and the values at grid points of z that lie outside them."""
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
    values.sort(key=float)
    edges: list[arb] = []
    for value in values:
        margin = _THIN * (1 + abs(value))
        outside = all(value < low - margin or value > high + margin for low, high in thin)
        if outside and (not edges or value > edges[-1] + margin):
            edges.append(value)
    return sorted([*edges, *(end for pair in thin for end in pair)], key=_exactly)


def _exactly(value: arb) -> tuple[float, float]:
    """A key that orders exact numbers which agree in their first 53 bits."""
    head = float(value)
    return head, float(value - arb(head))


def _crossed(moving: list[Branch], edges: list[arb], thin: list[tuple[arb, arb]]) -> list[Bin]:
    starts = {float(low) for low, _ in thin}
    held: list[list[Part]] = [[] for _ in edges]
    for branch in moving:
        inside = [i for i, edge in enumerate(edges) if branch.bottom < edge and edge < branch.top]
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
        Bin(low, high, tuple(parts), float(low) in starts)
        for (low, high), parts in zip(pairwise(edges), held, strict=False)
        if parts
    ]


def _atoms(found: tuple[Branch, ...]) -> list[Bin]:
    """Flat stretches of overlapping values together: they are one atom, or so near that they count as one."""
    merged: list[Bin] = []
    for branch in sorted((b for b in found if not b.direction), key=lambda b: float(b.bottom)):
        part = Part(branch, branch.lower, branch.upper)
        value = branch.bottom
        if merged and merged[-1].high.overlaps(value):
            old = merged[-1]
            merged[-1] = Bin(old.low, old.high, (*old.parts, part))
        else:
            merged.append(Bin(value, value, (part,)))
    return merged
