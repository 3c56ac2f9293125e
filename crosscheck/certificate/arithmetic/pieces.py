"""The line cut into stretches on which several expressions are smooth, for the checker: by bisection alone.

A stretch is halved until the sign of whatever an abs, sign, max, where, ... depends on is seen on all of it;
what is still undecided on a sliver of width 2^-bits stays a gap.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache
from typing import cast

from flint import arb

from ....link.tree import (
    Bin,
    Call,
    Comparison,
    Condition,
    Logic,
    Neg,
    Node,
    Num,
    Part,
    Where,
    children,
    kleene,
    rebuild,
)
from ....numerics.lowering.arb import compile_arb
from .exact import NotConfirmed, Work, nodes

#: The sign of a smooth expression on some set: 1, -1, 0 where it is 0 throughout, None where it is not seen.
Sign = Callable[[Node], int | None]
_ZERO = Num(Fraction(0))
#: The signs of left - right for which a comparison holds.
_SIDES: dict[Comparison, tuple[int, ...]] = {
    "<": (-1,), "<=": (-1, 0), ">": (1,), ">=": (1, 0), "==": (0,), "!=": (1, -1)
}  # fmt: skip
_CHOICES = ("max", "min", "clip")
_SWITCHES = (*_CHOICES, "abs", "sign", "relu", "Heaviside")


@dataclass(frozen=True, slots=True)
class Stretch:
    """[low, high] with exact ends, on which ``trees`` are smooth; None on a gap."""

    low: arb
    high: arb
    trees: tuple[Node, ...] | None

    @property
    def ball(self) -> arb:
        return self.low.union(self.high)


def stretches(trees: tuple[Node, ...], radius: int, bits: int, work: Work) -> list[Stretch]:
    """[-radius, radius] in increasing order, without a hole."""
    parts: list[Stretch] = []
    waiting = [(arb(-radius), arb(radius))]
    narrow = arb(2) ** -bits
    while waiting:
        work.spend(sum(map(nodes, trees)))
        low, high = waiting.pop()
        smooth = _resolved(trees, low.union(high))
        if smooth is not None or high - low < narrow:
            last = parts[-1] if parts else None
            if last is not None and last.trees == smooth:
                parts[-1] = Stretch(last.low, high, smooth)
            else:
                parts.append(Stretch(low, high, smooth))
            continue
        middle = ((low + high) / 2).mid()
        waiting += [(middle, high), (low, middle)]
    return parts


def _resolved(trees: Sequence[Node], z: arb) -> tuple[Node, ...] | None:
    try:
        return tuple(smooth(tree, on_ball(z)) for tree in trees)
    except Mixed:
        return None


def on_ball(z: arb) -> Sign:
    def sign(node: Node) -> int | None:
        value = compile_arb(node)(z)
        return 1 if value > 0 else -1 if value < 0 else 0 if value.is_zero() else None

    return sign


class Mixed(Exception):
    """A switch has more than one outcome; ``on``: the smooth expression that decides it, None at a root."""

    def __init__(self, on: Node | None) -> None:
        super().__init__()
        self.on = on


def smooth(tree: Node, sign: Sign) -> Node:
    """The expression without a switch that equals ``tree`` where ``sign`` looks. Raises Mixed."""
    return cast(Node, _smooth(tree, sign))


def _smooth(part: Part, sign: Sign) -> Part:
    if _plain(part):
        return part
    if isinstance(part, Where):
        return _smooth(part.then if _true(part.condition, sign) else part.other, sign)
    if isinstance(part, Call) and part.name in _CHOICES:
        return _chosen(part, sign)
    if isinstance(part, Call) and part.name in _SWITCHES:
        u = part.args[0]
        side = _side(u, sign)
        if part.name in ("abs", "relu"):
            return _smooth(u, sign) if side > 0 else _smooth(Neg(u), sign) if part.name == "abs" else _ZERO
        return Num(Fraction(side) if part.name == "sign" else Fraction(side + 1, 2))
    if _is_root(part):
        radicand = part.args[0] if isinstance(part, Call) else cast(Bin, part).left
        if sign(radicand) != 1:
            raise Mixed(None)
    return rebuild(part, lambda child: _smooth(child, sign))


@lru_cache(maxsize=4096)
def _plain(part: Part) -> bool:
    """Whether nothing in ``part`` depends on a sign."""
    switch = isinstance(part, Where) or (isinstance(part, Call) and part.name in _SWITCHES)
    return not (switch or _is_root(part)) and all(map(_plain, children(part)))


def _side(u: Node, sign: Sign) -> int:
    side = sign(u)
    if side is None:
        # Perhaps a switch inside is to blame.
        u = smooth(u, sign)
        side = sign(u)
    if side is None:
        raise Mixed(u)
    return side


def _true(condition: Condition, sign: Sign) -> bool:
    blamed: list[Mixed] = []

    def truth(part: Condition) -> bool | None:
        if isinstance(part, Logic):
            return kleene(part.op, truth(part.left), truth(part.right))
        try:
            return _side(Bin("-", part.left, part.right), sign) in _SIDES[part.op]
        except Mixed as switch:
            blamed.append(switch)
            return None

    whole = truth(condition)
    if whole is None:
        raise blamed[0]
    return whole


def _is_root(part: Part) -> bool:
    if isinstance(part, Call):
        return part.name == "sqrt"
    fractional = isinstance(part, Bin) and part.op == "**" and isinstance(part.right, Num)
    return fractional and cast(Num, cast(Bin, part).right).value.denominator != 1


def _chosen(node: Call, sign: Sign) -> Part:
    best, *others = node.args
    for i, other in enumerate(others):
        largest = node.name == "max" or (node.name == "clip" and i == 0)
        if other != best and (_side(Bin("-", other, best), sign) > 0) == largest:
            best = other
    return _smooth(best, sign)


def outcomes(tree: Node, stretch: Stretch) -> list[tuple[Node, list[Node]]]:
    """Every expression that ``tree`` can be inside a gap but for isolated points, with what was undecided.

    Each undecided u is smooth on the gap, hence analytic, and not 0 at its lower end: its zeros are isolated.
    Raises NotConfirmed where that is not seen.
    """
    ball = on_ball(stretch.ball)
    ways: list[tuple[Node, list[Node]]] = []
    waiting: list[dict[Node, int]] = [{}]
    while waiting:
        assumed = waiting.pop()
        try:
            ways.append((smooth(tree, lambda u, a=assumed: a.get(u) or ball(u)), list(assumed)))  # type: ignore[misc]
        except Mixed as switch:
            u = switch.on
            if u is None or len(assumed) > 3 or not _isolated_zeros(u, stretch):
                raise NotConfirmed("what s is on a narrow gap between two pieces is not seen") from None
            waiting += [assumed | {u: 1}, assumed | {u: -1}]
    return ways


def _isolated_zeros(u: Node, gap: Stretch) -> bool:
    f = compile_arb(u)
    return bool(f(gap.ball).is_finite()) and not f(gap.low).contains(0)
