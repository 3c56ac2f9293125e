"""The line cut into monotone branches of a link: at its kinks and at the zeros of its derivative."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from flint import arb, fmpq_poly

from ...link.tree import Bin as Operation
from ...link.tree import Call, Neg, Node, Num, is_constant
from ..lowering.arb import compile_arb
from ..lowering.arb import values as at
from ..lowering.balls import Ball, Function
from ..lowering.derivative import derivative
from ..lowering.functions import FUNCTIONS
from ..lowering.pieces import cut, pieces, resolved_beyond
from ..lowering.pointwise import Array, compile_numpy
from ..lowering.removable import polynomial
from ..precision import Unresolved
from ..work import size, spend

_BISECTIONS = 70
_WHOLE = arb(1)
_CUT = arb("0.4871")
#: The line is cut this much beyond a round radius, where a critical point may well lie: at an end of the
#: interval it can be neither isolated nor excluded.
_BEYOND = arb(5113) / 2**17
#: Half the width of the ball in which a preimage found in double precision is then proved to lie.
_MARGIN = arb(2) ** -44


@dataclass(frozen=True, slots=True, eq=False)
class Branch:
    """[lower, upper], exact ends, on which the analytic ``tree`` is strictly monotone, or constant.

    direction: 1 rising, -1 falling, 0 constant. bottom, top: its values at the two ends, the smaller first.
    weight: by what its mass counts, where several functions share y.
    """

    lower: arb
    upper: arb
    tree: Node
    direction: int
    bottom: arb
    top: arb
    weight: arb = _WHOLE

    def preimages(self, values: Sequence[arb]) -> list[arb]:
        """Enclosures of the points at which each of the exact ``values``, all inside the range, is taken."""
        if not values:
            return []
        function = compile_arb(self.tree)
        spend(2 * len(values) * size(self.tree))
        guesses = [
            arb(guess) for guess in self._guessed(np.array([float(value) for value in values])).tolist()
        ]
        lows, highs = [guess - _MARGIN for guess in guesses], [guess + _MARGIN for guess in guesses]
        # In one call, as of a fast link there are a million.
        ends = zip(lows, highs, at(self.tree, lows), at(self.tree, highs), strict=True)
        balls = []
        for value, (low, high, first, last) in zip(values, ends, strict=True):
            inside = self.lower < low and high < self.upper
            if not (inside and self._between(first, last, value)):
                low, high = self._bisected(function, value)
            balls.append(low.union(high))
        return balls

    def _between(self, first: Ball, last: Ball, value: arb) -> bool:
        rise = self.direction
        return bool((first - value) * rise < 0 and (last - value) * rise > 0)

    def _guessed(self, values: Array) -> Array:
        function = compile_numpy(self.tree)
        low, high = np.full(len(values), float(self.lower)), np.full(len(values), float(self.upper))
        for _ in range(_BISECTIONS):
            middle = (low + high) / 2
            if ((middle == low) | (middle == high)).all():
                break
            # Compared, not subtracted: steep links leave the range of doubles.
            below = function(middle) < values if self.direction > 0 else function(middle) > values
            low, high = np.where(below, middle, low), np.where(below, high, middle)
        return np.asarray((low + high) / 2)

    def _bisected(self, function: Function, value: arb) -> tuple[arb, arb]:
        """The same in ball arithmetic, as far as the sign of the difference is proved."""
        spend(_BISECTIONS * size(self.tree))
        low, high = self.lower, self.upper
        for _ in range(2 * _BISECTIONS):
            # Uneven, so that a value taken at a round number is not hit: there no sign is seen.
            middle = (low + (high - low) * _CUT).mid()
            gap = (function(middle) - value) * self.direction
            if gap < 0:
                low = middle
            elif gap > 0:
                high = middle
            else:
                break
        return low, high


def branches(tree: Node, radius: int, bits: int) -> list[Branch]:
    """The branches of ``tree`` from just below -radius to just above radius, in increasing order.

    Between two branches lies a gap of width about 2^-bits. Raises Unresolved where a zero of s' is neither
    isolated nor excluded (a double zero, say).
    """
    monotone: list[Branch] = []
    end = radius + _BEYOND
    for piece in pieces(tree, -end, end, bits):
        slope = derivative(piece.tree)
        flat = polynomial(slope)
        if flat is not None and flat.degree() < 0:
            value = compile_arb(piece.tree)(((piece.lower + piece.upper) / 2).mid())
            monotone.append(Branch(piece.lower, piece.upper, piece.tree, 0, value, value))
            continue
        cells = cut([slope], piece.lower, piece.upper, bits)
        monotone += [_branch(low, high, piece.tree) for low, high in cells]
    return monotone


def _branch(low: arb, high: arb, tree: Node) -> Branch:
    function = compile_arb(tree)
    first, last = function(low), function(high)
    if first < last:
        return Branch(low, high, tree, 1, first, last)
    if last < first:
        return Branch(low, high, tree, -1, last, first)
    raise Unresolved(f"the link is not shown to change between z = {float(low):.6g} and {float(high):.6g}")


def core(tree: Node) -> Node:
    """u when s = psi(u) with psi injective, as far as the expression shows it: the same level sets."""
    inner = _inside(tree)
    return tree if inner is None else core(inner)


def _inside(tree: Node) -> Node | None:
    if isinstance(tree, Neg):
        return tree.arg
    if isinstance(tree, Call):
        return tree.args[0] if FUNCTIONS[tree.name].injective else None
    if not isinstance(tree, Operation):
        return None
    if tree.op == "**":
        odd = isinstance(tree.right, Num) and tree.right.value.denominator == 1 and tree.right.value % 2 == 1
        return tree.left if odd and isinstance(tree.right, Num) and tree.right.value > 0 else None
    for number, inner in ((tree.left, tree.right), (tree.right, tree.left)):
        if not is_constant(number) or (tree.op == "/" and number is tree.left):
            continue
        if tree.op in "+-" or not compile_arb(number)(arb(0)).contains(0):
            return inner
    return None


def settled_beyond(tree: Node, radius: int) -> bool:
    """Whether every switch met beyond ``radius`` is thrown by a polynomial without a zero there."""
    return all(_settled(tree, side * radius) for side in (1, -1))


def _settled(tree: Node, end: int) -> bool:
    """The same on the side of ``end``; switches are resolved in the order of ``resolved_beyond``."""
    while (switch := resolved_beyond(tree, end)) is not None:
        functions, tree = switch
        if not all(_no_zero_beyond(polynomial(each), end) for each in functions):
            return False
    return True


def rising_tail(tree: Node, end: int) -> bool:
    """Whether ``tree`` is a polynomial without a critical point beyond ``end``, on that side of 0."""
    p = polynomial(tree)
    return p is not None and _no_zero_beyond(p.derivative(), end)


def _no_zero_beyond(p: fmpq_poly | None, end: int) -> bool:
    """Budan's theorem: p(end + x) and p(end - x) without a change of sign among their coefficients."""
    if p is None:
        return False
    outwards = p(fmpq_poly([end, 1 if end > 0 else -1])).coeffs()
    return all(c >= 0 for c in outwards) or all(c <= 0 for c in outwards)
