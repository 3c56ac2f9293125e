"""Where the sides of a claim have a value: what is undefined is neither equal to itself nor greater than 0.

Algebra carries log(-1) along and divides x by x as if there were no 0. So a claim holds only where each of
its divisors, logarithms, roots, powers, tangents, clips and temperatures is proved to be defined on the
whole range of its parameters, or stands behind a condition that makes up for it.
"""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction

from ...link.assertion import TEMPERED, Range, opposite
from ...link.text import text as written
from ...link.tree import Bin, Call, Compare, Condition, Const, Logic, Node, Num, Part, Var, Where, children
from ...numerics.expectation.oracle import NotIntegrable, Unresolved
from ...numerics.precision import working
from ..subject import Subject
from ..verdict import Outcome
from .by_algebra import symbolic
from .by_balls import enclosure
from .pointwise import Points, end_ball, points_of
from .user_claim import Lemma

_ZERO = Num(Fraction(0))
_POSITIVE = ("exp", "cosh", "sigmoid", "softplus")


def undefined(subject: Subject, lemma: Lemma) -> str | None:
    """The first part of the claim that is not shown to have a value on the whole range, or None."""
    ranges = tuple(lemma.real.items())
    for integers in lemma.combinations():
        points = points_of(subject, lemma, integers)
        for need in dict.fromkeys(_needs(lemma.condition(integers))):
            if isinstance(need, Compare) and _plain(need, lemma.real, points):
                continue
            asked = Lemma(lemma.id, written(need), ranges=ranges, noise=lemma.noise, signal=lemma.signal)
            if all(leg(subject, asked).outcome is not Outcome.SUPPORTS for leg in (symbolic, enclosure)):
                return f"a side has a value only where {written(need)}, which is not shown on the whole range"
    return None


def _needs(part: Part) -> Iterator[Condition]:
    """The conditions under which every operation of ``part`` is defined, the innermost first."""
    if isinstance(part, Call) and part.name == "mean":
        # Its argument is a link, and proved to be defined when it is read.
        return
    if isinstance(part, Where):
        yield from _needs(part.condition)
        for branch, otherwise in ((part.then, opposite(part.condition)), (part.other, part.condition)):
            yield from (Logic("or", otherwise, need) for need in _needs(branch))
        return
    if isinstance(part, Logic):
        for side, other in ((part.left, part.right), (part.right, part.left)):
            needs = _needs(side)
            yield from (Logic("or", other, need) if part.op == "or" else need for need in needs)
        return
    for child in children(part):
        yield from _needs(child)
    yield from _own(part)


def _own(part: Part) -> Iterator[Compare]:
    """What the outermost operation of ``part`` asks of its arguments."""
    if isinstance(part, Bin) and part.op == "/":
        yield Compare("!=", part.right, _ZERO)
    elif isinstance(part, Bin) and part.op == "**":
        yield from _of_power(part.left, part.right)
    elif isinstance(part, Call):
        u, *rest = part.args
        if part.name == "log":
            yield Compare(">", u, _ZERO)
        elif part.name == "sqrt":
            yield Compare(">=", u, _ZERO)
        elif part.name == "tan":
            yield Compare("!=", Call("cos", (u,)), _ZERO)
        elif part.name == "clip":
            yield Compare("<=", rest[0], rest[1])
        elif part.name in TEMPERED:
            yield Compare(">", part.args[-1], _ZERO)


def _of_power(base: Node, exponent: Node) -> Iterator[Compare]:
    if not isinstance(exponent, Num):
        yield Compare(">", base, _ZERO)
    elif exponent.value.denominator != 1:
        yield Compare(">" if exponent.value < 0 else ">=", base, _ZERO)
    elif exponent.value < 0:
        yield Compare("!=", base, _ZERO)


def _plain(need: Compare, ranges: dict[str, Range], points: Points) -> bool:
    """Whether the need is met at a glance: a number, a parameter or a word that is above 0."""
    u = need.left
    if need.right != _ZERO or need.op not in ("!=", ">", ">="):
        return False
    if isinstance(u, Num):
        return u.value > 0
    if isinstance(u, Const):
        return u.name in ("pi", "E", "oo", "IE", "GE")
    if isinstance(u, Var):
        return _above_zero(ranges[u.name], points)
    # h_0 is E e^{ty}.
    return isinstance(u, Call) and (u.name in _POSITIVE or (u.name == "h" and u.args[0] == _ZERO))


def _above_zero(range_: Range, points: Points) -> bool:
    if range_.lower == Const("beta1"):
        return not range_.closed_lower
    try:
        with working(160):
            low = end_ball(range_.lower, points, 36)
    except (NotIntegrable, Unresolved):
        return False
    return bool(low > 0 or (low >= 0 and not range_.closed_lower))


__all__ = ["undefined"]
