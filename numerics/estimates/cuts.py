"""Where panels of a quadrature end: at kinks and jumps, towards singular points, and towards steep layers.

Found by sampling and bisecting, with no code of the certified oracle.
"""

from collections.abc import Iterator
from functools import lru_cache

import numpy as np

from ...link.build import combine
from ...link.domain import rough_at, singular_points
from ...link.tree import Bin, Call, Compare, Node, Num, walk
from ..lowering.functions import FUNCTIONS
from ..lowering.pointwise import Array, Real, compile_mpmath, compile_numpy, mp

_SAMPLES = 2**14
#: More kinks of one function are not cut at, nor more layers (80 panels each): the error estimate says so.
_MOST_KINKS, _MOST_LAYERS = 400, 16
#: Digits of the nodes that are handed out as doubles.
ROUNDED = 15
#: A layer: between two samples s changes so many times more than two away, and by this part of its spread.
_STEEP, _SEEN = 10.0, 1e-6
#: Panels halve down to 2^-40 towards a layer, which doubles tell from a jump.
_HALVINGS = 40


@lru_cache(maxsize=64)
def panel_ends(tree: Node, radius: int, digits: int) -> tuple[Real, ...]:
    """Where panels of [-radius, radius] end, to the working precision, which follows from ``digits``."""
    kinks = _kinks(tree, radius)
    found = {*kinks, *_around_singular_points(tree, digits), *_around_layers(tree, radius, kinks)}
    return tuple(sorted(cut for cut in found if abs(cut) < radius))


def rounded_ends(tree: Node, radius: int) -> Array:
    """Where panels of [-radius, radius] end, in doubles."""
    with mp.workdps(ROUNDED + 8):
        return np.array(panel_ends(tree, radius, ROUNDED), dtype=np.float64)


def _kinks(tree: Node, radius: int) -> list[Real]:
    """Where the switching functions change sign, to working precision, in increasing order."""
    kinks = []
    for function, low, high in _kink_brackets(tree, radius):
        value = compile_mpmath(function)
        a, b = mp.mpf(low), mp.mpf(high)
        rising = value(b) > 0
        for _ in range(mp.prec + 4):
            middle = (a + b) / 2
            if (value(middle) > 0) == rising:
                b = middle
            else:
                a = middle
        kinks.append((a + b) / 2)
    merged: list[Real] = []
    for kink in sorted(kinks):
        if -radius < kink < radius and (not merged or kink - merged[-1] > mp.mpf(10) ** (-mp.dps + 3)):
            merged.append(kink)
    return merged


@lru_cache(maxsize=512)
def _kink_brackets(tree: Node, radius: int) -> tuple[tuple[Node, float, float], ...]:
    points = _points(radius)
    found = []
    for function in dict.fromkeys(_switching(tree)):
        signs = np.sign(compile_numpy(function)(points))
        found += [(function, float(points[i]), float(points[i + 1])) for i in _crossings(signs)]
    return tuple(found)


def _crossings(signs: Array) -> list[int]:
    """Where the sign changes from one sample point to the next; at most 400 of them are of use."""
    changes = np.flatnonzero(signs[:-1] * signs[1:] < 0)
    return [int(i) for i in changes[:_MOST_KINKS]]


def _switching(tree: Node) -> Iterator[Node]:
    for part in walk(tree):
        if isinstance(part, Compare):
            yield combine("-", part.left, part.right)
        elif isinstance(part, Bin) and part.op == "**" and isinstance(part.right, Num):
            if part.right.value.denominator != 1:
                yield part.left
        elif isinstance(part, Call) and (part.name == "sqrt" or FUNCTIONS[part.name].branch is not None):
            yield part.args[0]
        elif isinstance(part, Call) and part.name == "clip":
            yield from (combine("-", part.args[0], bound) for bound in part.args[1:])
        elif isinstance(part, Call) and part.name in ("min", "max"):
            yield from (combine("-", a, b) for i, a in enumerate(part.args) for b in part.args[i + 1 :])


def _around_singular_points(tree: Node, digits: int) -> Iterator[Real]:
    """Those points, and panels that halve towards them: beside a logarithm no rule is good otherwise.

    Not beside a power series: the nodes stay where what cancels in it leaves digits enough.
    """
    rough = rough_at(tree)
    for point in singular_points(tree):
        center = mp.mpf(point.numerator) / point.denominator
        yield from _towards(center, 4 * digits if point in rough else 0)


def _around_layers(tree: Node, radius: int, kinks: list[Real]) -> Iterator[Real]:
    """Places where s is smooth and as steep as a jump, and panels that halve towards them.

    Beside the end of a panel such a layer lies between all nodes of both rules, which would agree without it.
    """
    points = _points(radius)
    with np.errstate(all="ignore"):
        s = compile_numpy(tree)(points)
        rise = np.abs(np.diff(s))
        inside = s[np.abs(points) < 4]
        beside = np.maximum(rise[:-4], rise[4:])
        steep = np.flatnonzero(rise[2:-2] > np.maximum(_STEEP * beside, _SEEN * np.ptp(inside))) + 2
    if len(steep) > _MOST_LAYERS:
        return
    for low, high in ((float(points[i]), float(points[i + 1])) for i in steep):
        if any(low <= kink <= high for kink in kinks):
            continue
        yield from _towards(mp.mpf(_narrowed(tree, low, high)), _HALVINGS)


def _towards(center: Real, halvings: int) -> Iterator[Real]:
    """A place, and the ends of panels that halve towards it from 1 away."""
    yield center
    for i in range(halvings):
        yield from (center + side * mp.mpf(2) ** -i for side in (-1, 1))


def _narrowed(tree: Node, low: float, high: float) -> float:
    """The middle of the part of [low, high] in which most of the change of s happens."""
    for _ in range(_HALVINGS):
        middle = (low + high) / 2
        a, b, c = compile_numpy(tree)(np.array([low, middle, high]))
        low, high = (low, middle) if abs(b - a) >= abs(c - b) else (middle, high)
    return (low + high) / 2


def _points(radius: int) -> Array:
    """An offset keeps round numbers, where kinks like to be, off the sample points."""
    return np.asarray(-radius + (np.arange(-1, _SAMPLES + 1) + 0.37) * (2 * radius / _SAMPLES))
