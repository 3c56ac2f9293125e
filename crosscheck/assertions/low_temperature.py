"""Comparisons for all low temperatures at once, where balls do not reach: beta in (0, b].

As beta falls, V, KL and chi2 rise, V towards ess sup s; the top of s settles the sign of alpha_k and h_k.
"""

from __future__ import annotations

from fractions import Fraction

from flint import arb

from ...link.assertion import TEMPERED
from ...link.tree import Call, Compare, Node, Num, Var
from ...numerics.assertions.evaluate import Evaluator, fixed
from ...numerics.expectation.oracle import NotIntegrable, Unresolved, oracle
from ...numerics.precision import working
from ...numerics.threshold.dominance import STARTS, settled_from
from ...theory.shape.facts import facts
from ..compare import ball_to
from .pointwise import Points

_DIGITS = 14


def sign_below(
    points: Points, part: Compare, name: str, high: Fraction, *, thorough: bool = True
) -> int | None:
    """The sign of left - right for every value of the parameter ``name`` in (0, high], or None.

    thorough: whether alpha_k and h_k are looked at, which takes seconds.
    """
    for word, other, side in ((part.left, part.right, 1), (part.right, part.left, -1)):
        if isinstance(word, Call) and word.name in TEMPERED and word.args[-1] == Var(name):
            if word.name in ("alpha", "h") and not thorough:
                return None
            try:
                found = _against(points, word, other, high)
            except (NotIntegrable, Unresolved, KeyError):
                return None
            return None if found is None else side * found
    return None


def _against(points: Points, word: Call, other: Node, high: Fraction) -> int | None:
    with working(120):
        level = _value(points, other)
        if word.name in ("alpha", "h"):
            k = int(word.args[0].value) if isinstance(word.args[0], Num) else 0
            return _settled(points, k, word.name == "h", high) if level.is_zero() else None
        here = _value(points, Call(word.name, (Num(high),)))
        if word.name in ("V", "KL", "chi2") and here > level:
            return 1
        if points.words.star is None:
            # For all that is known s is constant, and V does not stay below its top.
            return None
        if word.name == "V":
            return -1 if _top(points) <= level else None
        if word.name == "logM":
            # K is convex, so it rises on where it rises here; K falls where s stays below 0.
            if here > level and _value(points, Call("V", (Num(high),))) > 0:
                return 1
            return -1 if _top(points) <= 0 and here < level else None
    return None


def _value(points: Points, node: Node) -> arb:
    """A number without parameters. Raises KeyError on a parameter."""
    evaluator = Evaluator(points.words, points.numbers.ball, {}, fixed(arb(0), 0), _DIGITS)
    return evaluator.of(node).over.value


def _top(points: Points) -> arb:
    """ess sup s as a ball; not a number when it is not known."""
    top = facts(points.numbers.link.tree).supremum.value
    return arb.nan() if top is None or not top.is_finite else ball_to(top, 30)


def _settled(points: Points, k: int, weight: bool, high: Fraction) -> int | None:
    """The sign of alpha_k (h_k with ``weight``) at every temperature up to ``high``."""
    kinds = [weight]
    if points.numbers.noise.kind != "none" and not weight:
        # Noise adds K_e' h_k, with K_e' >= 0: both must have the sign.
        kinds.append(True)
    starts = tuple(start for start in STARTS if start * high <= 1)
    if not starts:
        return None
    found = [settled_from(oracle(points.numbers.link.tree), k, kind, starts) for kind in kinds]
    signs = {each.sign for each in found if each is not None}
    return signs.pop() if None not in found and len(signs) == 1 else None
