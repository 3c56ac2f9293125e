"""The line cut into stretches on which several expressions are smooth, for the checker: by bisection alone.

A stretch is halved until ball evaluation decides every abs, sign, max, where, ... on it; what is still
undecided on a sliver of width 2^-bits stays a gap, and its mass is bounded by a hull.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import cast

from flint import arb

from ...link.build import combine, negate
from ...link.tree import Bin, Call, Node, Num, Part, Where, rebuild
from ...numerics.lower_arb import compile_arb, holds

_CELLS = 20_000


class NotConfirmed(ArithmeticError):
    """The checker could not confirm a statement; the message says which and why."""


@dataclass(frozen=True, slots=True)
class Stretch:
    """[low, high] with exact ends, on which ``trees`` are smooth; None on a gap."""

    low: arb
    high: arb
    trees: tuple[Node, ...] | None


def stretches(trees: tuple[Node, ...], radius: int, bits: int) -> list[Stretch]:
    """[-radius, radius] in increasing order, without a hole."""
    found: list[Stretch] = []
    waiting = [(arb(-radius), arb(radius))]
    narrow = arb(2) ** -bits
    for _ in range(_CELLS):
        if not waiting:
            return found
        low, high = waiting.pop()
        smooth = _resolved(trees, low.union(high))
        if smooth is not None or high - low < narrow:
            last = found[-1] if found else None
            if last is not None and last.trees == smooth:
                found[-1] = Stretch(last.low, high, smooth)
            else:
                found.append(Stretch(low, high, smooth))
            continue
        middle = ((low + high) / 2).mid()
        waiting += [(middle, high), (low, middle)]
    raise NotConfirmed("the link has too many kinks to be cut into smooth pieces")


class _Mixed(Exception):
    """A switch takes both branches on the ball."""


def _resolved(trees: tuple[Node, ...], z: arb) -> tuple[Node, ...] | None:
    try:
        return tuple(cast(Node, _smooth(tree, z)) for tree in trees)
    except _Mixed:
        return None


def _smooth(part: Part, z: arb) -> Part:
    """The expression without a switch that equals ``part`` on all of ``z``."""
    if isinstance(part, Where):
        truth = holds(part.condition, z)
        if truth is None:
            raise _Mixed
        return _smooth(part.then if truth else part.other, z)
    if isinstance(part, Call) and part.name in ("max", "min", "clip"):
        return _chosen(part, z)
    if isinstance(part, Call) and part.name in ("abs", "sign", "relu", "Heaviside"):
        u = part.args[0]
        positive = _positive(u, z)
        if part.name == "abs":
            return _smooth(u if positive else negate(u), z)
        if part.name == "relu":
            return _smooth(u, z) if positive else Num(Fraction(0))
        return Num(Fraction(1 if positive else -1 if part.name == "sign" else 0))
    if _is_root(part):
        radicand = part.args[0] if isinstance(part, Call) else cast(Bin, part).left
        if not _positive(radicand, z):
            raise _Mixed
    return rebuild(part, lambda child: _smooth(child, z))


def _is_root(part: Part) -> bool:
    if isinstance(part, Call):
        return part.name == "sqrt"
    fractional = isinstance(part, Bin) and part.op == "**" and isinstance(part.right, Num)
    return fractional and cast(Num, cast(Bin, part).right).value.denominator != 1


def _positive(node: Node, z: arb) -> bool:
    value = compile_arb(node)(z)
    if value > 0:
        return True
    if value < 0:
        return False
    raise _Mixed


def _chosen(node: Call, z: arb) -> Part:
    if node.name == "clip":
        x, low, high = node.args
        inner = x if _positive(combine("-", x, low), z) else low
        return _smooth(inner if _positive(combine("-", high, inner), z) else high, z)
    best = node.args[0]
    for other in node.args[1:]:
        if other != best and _positive(combine("-", other, best), z) == (node.name == "max"):
            best = other
    return _smooth(best, z)
