"""A user's lemma as a claim of the type that all claims have."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from functools import lru_cache
from itertools import product

from flint import arb

from ...link.assertion import TEMPERED, Range, parse_assertion
from ...link.text import raised
from ...link.text import text as written
from ...link.tree import Call, Const, Node, Num, Var, walk
from ...numerics.assertions.evaluate import Evaluator, fixed
from ...numerics.expectation.oracle import NotIntegrable, Unresolved, oracle, t_range
from ...numerics.expectation.tails import moment_is_settled, require_integrable
from ...numerics.precision import exact, working
from ...numerics.work import allowance
from ..claim import Assumption, Claim, Formula
from ..subject import Subject
from ..verdict import Evidence, Leg, Outcome
from .by_algebra import Algebra, symbolic
from .by_balls import WORK, enclosure
from .defined import undefined
from .pointwise import Points, end_ball, points_of
from .user_claim import Lemma

Decide = Callable[[Subject, Lemma], Evidence]
#: Where in a range a temperature is looked at: just inside its ends, and in the middle.
_SHARES = tuple(Fraction(share) for share in ("1/1000000", "1/2", "999999/1000000"))


@lru_cache(maxsize=64)
def claim(lemma: Lemma) -> Claim[Lemma]:
    """The claim with its legs; user claims have no falsified variants of their own."""
    ranges = ", ".join(f"{name} in {shown(values)}" for name, values in lemma.ranges)
    assumptions = [Assumption("every quantity exists", lambda subject: _missing(subject, lemma))]
    if lemma.assume:
        assumptions.insert(0, Assumption(lemma.assume, lambda subject: _fails(subject, lemma)))
    return Claim(
        id=lemma.id,
        title=lemma.source or lemma.id,
        formula=Formula(lemma.text, rf"\texttt{{{lemma.text}}}"),
        kind="law",
        sentence="user",
        source=lemma.source,
        assumptions=tuple(assumptions),
        quantified=f"all {ranges}" if ranges else "no parameters",
        statement=lemma,
        legs={
            "symbolic": _where_settled("symbolic", symbolic),
            "enclosure": _where_settled("enclosure", enclosure),
        },
        scopes={"symbolic": "statement", "enclosure": "statement"},
        variants=(),
    )


def shown(values: object) -> str:
    if isinstance(values, Range):
        return str(values)
    listed = [str(value) for value in values]  # type: ignore[attr-defined]
    return listed[0] if len(listed) == 1 else f"{listed[0]}..{listed[-1]}"


def _fails(subject: Subject, lemma: Lemma) -> str | None:
    """Why the link does not meet what the claim assumes."""
    assumed = Lemma(lemma.id, lemma.assume, noise=lemma.noise, signal=lemma.signal)
    points = points_of(subject, assumed, {})
    condition = parse_assertion(lemma.assume)
    truth = Algebra.of(subject, assumed, {}).ruling(condition).holds
    if truth is None:
        with allowance(WORK):
            truth = points.truth(condition, {}, {})
    if truth:
        return None
    return points.sides({}) or "false" if truth is False else "not decided for this link"


def _missing(subject: Subject, lemma: Lemma) -> str | None:
    """The first word of the claim that has no value on the range, or a range that is empty."""
    with allowance(WORK):
        return _found_missing(subject, lemma)


def _found_missing(subject: Subject, lemma: Lemma) -> str | None:
    tree = subject.link.tree
    for integers in lemma.combinations():
        points = points_of(subject, lemma, integers)
        for name, range_ in lemma.real.items():
            if reason := _empty(name, range_, points):
                return reason
        for part in walk(lemma.condition(integers)):
            if not isinstance(part, (Call, Const)):
                continue
            try:
                if isinstance(part, Const):
                    if part.name == "IE":
                        points.words.moment(1, 1, 5)
                elif part.name == "mu":
                    points.words.moment(int(_number(part.args[0])), int(_number(part.args[1])), 5)
                elif part.name == "mean":
                    oracle(part.args[0]).mean(5)
                elif part.name in TEMPERED and (
                    reason := _not_positive(part.args[-1], lemma, points)
                    or _no_tilt(tree, part.args[-1], lemma, points)
                ):
                    return reason
            except NotIntegrable as reason:
                return str(reason)
            except Unresolved:
                continue
    return None


def _where_settled(leg: Leg, decide: Decide) -> Decide:
    """``decide``, or UNDECIDED where it is open whether a quantity of the claim exists at all."""

    def decided(subject: Subject, lemma: Lemma) -> Evidence:
        reason = _open(subject, lemma)
        if reason is None:
            found = decide(subject, lemma)
            reason = undefined(subject, lemma) if found.outcome is Outcome.SUPPORTS else None
            if reason is None:
                return found
        return Evidence(leg, Outcome.UNDECIDED, reason)

    return decided


def _open(subject: Subject, lemma: Lemma) -> str | None:
    """A moment of the claim that is neither proved finite nor infinite."""
    for integers in lemma.combinations():
        for part in walk(lemma.condition(integers)):
            tree, power = subject.link.tree, 1
            if isinstance(part, Call) and part.name == "mean":
                tree = part.args[0]
            elif isinstance(part, Call) and part.name == "mu":
                power = int(_number(part.args[0]))
            elif not (isinstance(part, Const) and part.name == "IE"):
                continue
            if not moment_is_settled(tree, power):
                return f"E abs({written(tree)}){raised(power)} is not shown to be finite"
    return None


def _number(node: Node) -> int:
    assert isinstance(node, Num)
    return int(node.value)


def _ends(range_: Range) -> tuple[Node, Node]:
    return range_.lower, range_.upper


def _empty(name: str, range_: Range, points: Points) -> str | None:
    try:
        with working(160):
            low, high = (end_ball(node, points, 36) for node in _ends(range_))
    except (NotIntegrable, Unresolved):
        return None
    # low >= high, with oo >= oo.
    return (
        f"the range {range_} of {name} is empty" if low >= high or (low > 0 and not low.is_finite()) else None
    )


def _not_positive(beta: Node, lemma: Lemma, points: Points) -> str | None:
    """Why the temperature is not positive, where a corner or the middle of the range shows it."""
    names = sorted({part.name for part in walk(beta) if isinstance(part, Var)})
    for shares in product(*(_looked_at(lemma.real[name]) for name in names)):
        with working(160):
            values = {}
            for name, share in zip(names, shares, strict=True):
                low, high = (end_ball(end, points, 36) for end in _ends(lemma.real[name]))
                if not high.is_finite():
                    high = 2**10 * (1 + abs(low))
                values[name] = fixed(low + (high - low) * exact(share), 0)
            found = Evaluator(points.words, points.numbers.ball, values, fixed(arb(0), 0), 36).of(beta)
            if found.over.value <= 0:
                return f"the temperature {written(beta)} is not positive on the whole range"
    return None


def _looked_at(range_: Range) -> tuple[Fraction, ...]:
    """The shares of a range, with the ends that belong to it."""
    ends = ((range_.closed_lower, Fraction(0)), (range_.closed_upper, Fraction(1)))
    return (*_SHARES, *(share for closed, share in ends if closed))


def _no_tilt(tree: Node, beta: Node, lemma: Lemma, points: Points) -> str | None:
    """Why the tilt does not exist at the lowest temperature, where that is a number or a parameter."""
    limit = t_range(tree).infinite_from
    if isinstance(beta, Num):
        require_integrable(tree, exact(1 / beta.value), 1)
        return None
    if not limit.is_finite():
        return None
    if not isinstance(beta, Var):
        return _beyond(beta, limit, lemma, points)
    range_ = lemma.real[beta.name]
    with working(160):
        low = end_ball(range_.lower, points, 36)
        beyond = low.is_zero() or 1 / low > limit
    if beyond:
        shown_limit = "0" if limit.is_zero() else limit.str(6, radius=False)
        return f"E e^(s/beta) is infinite for some {beta.name} in {range_}: t_max = {shown_limit}"
    if range_.closed_lower and isinstance(range_.lower, Num):
        require_integrable(tree, exact(1 / range_.lower.value), 1)
    return None


def _beyond(beta: Node, limit: arb, lemma: Lemma, points: Points) -> str | None:
    """The same for a temperature that is an expression in one occurrence of one parameter."""
    names = [part.name for part in walk(beta) if isinstance(part, Var)]
    if len(names) != 1:
        return None
    with working(96):
        low, high = (end_ball(end, points, 20) for end in _ends(lemma.real[names[0]]))
        if not high.is_finite():
            high = 2**40 * (1 + abs(low))
        cell = fixed(low.union(high), 0)
        temperature = Evaluator(points.words, points.numbers.ball, {names[0]: cell}, cell).of(beta).over.value
        if not (1 / temperature).upper() > limit * arb("1.000001"):
            return None
    return f"E e^(s/b) is infinite for some b = {written(beta)}: t_max = {limit.str(6, radius=False)}"


__all__ = ["claim"]
