"""The certified leg of a user's claim: balls over the whole range of its parameters."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import cache, partial
from typing import Any

import sympy
from flint import arb

from ...link import LinkError
from ...link.assertion import Range, comparisons, end_text
from ...link.text import text as written
from ...link.tree import Compare, Condition, Const, Logic, Node, Num, combined
from ...numerics.assertions.forall import Decision, ForAll
from ...numerics.assertions.parameter_range import End, Span
from ...numerics.expectation.oracle import NotIntegrable, Unresolved
from ...numerics.precision import bits_for, exact, working
from ...numerics.work import Exhausted, allowance
from ...theory.exact.sympy_limits import within_steps
from ..claim import Subject
from ..verdict import NO_PROOF, Finding, Outcome
from .by_algebra import Algebra, compared_with, symbolic, temperatures
from .pointwise import AGREE, BETA1, Balls, Forms, Points, end_ball, end_form, named, points_of
from .ranges import contact_at_infinity, sign_below
from .user_claim import UserClaim

#: Digits to which two sides agree on a whole range before they count as equal there.
AGREE_ON_RANGE = 8
#: Cells for one claim; exact algebra that decides it leaves balls only a second opinion.
_CELLS, _CELLS_WHEN_DECIDED = 4000, 20
#: The work on one claim, some ten seconds.
WORK = 4e6
_USED_UP = "the work allotted to one claim is used up, narrow the range or split the claim"
_NOWHERE: Mapping[str, Any] = {}


def enclosure(subject: Subject, claim: UserClaim) -> Finding:
    """Balls: every point of the range is covered, or one is found where the claim fails."""
    algebra = symbolic(subject, claim).outcome
    with allowance(WORK) as account:
        evidence = _enclosed(subject, claim, algebra)
    if account.exhausted and evidence.outcome is Outcome.UNDECIDED:
        return replace(evidence, detail=f"{evidence.detail}: {_USED_UP}")
    return evidence


def _enclosed(subject: Subject, claim: UserClaim, algebra: Outcome) -> Finding:
    cells = 0
    notes: set[str] = set()
    proved = algebra is Outcome.SUPPORTS
    most = _CELLS if algebra is Outcome.UNDECIDED else _CELLS_WHEN_DECIDED
    for integers in claim.combinations():
        points = points_of(subject, claim, integers)
        try:
            ruling = _decided(points, claim, most - cells, proved=proved)
        except (NotIntegrable, Unresolved) as reason:
            return _undecided(points, _USED_UP if isinstance(reason, Exhausted) else str(reason))
        if ruling.outcome is not Outcome.SUPPORTS:
            return ruling
        cells += ruling.cells
        notes |= ruling.notes
    combined = sum(1 for _ in claim.combinations())
    every = f"{combined} combinations, " if combined > 1 else ""
    detail = every if notes else f"{every}both sides are enclosed apart"
    if claim.real:
        detail = f"{every}enclosures cover the whole range with {cells} cell{'s' * (cells != 1)}"
    return Finding(Outcome.SUPPORTS, "; ".join(filter(None, [detail.rstrip(", "), *sorted(notes)])))


@dataclass(frozen=True, slots=True)
class _Found(Finding):
    cells: int = 0
    notes: frozenset[str] = frozenset()


def _supports(cells: int, notes: Iterable[str] = ()) -> _Found:
    return _Found(Outcome.SUPPORTS, "", cells=cells, notes=frozenset(notes))


def _undecided(points: Points, why: str, cells: int = 0) -> _Found:
    where = f"for {named(points.integers)}: " if points.integers else ""
    return _Found(Outcome.UNDECIDED, where + why, cells=cells)


def _refuted(points: Points, point: Mapping[str, Fraction]) -> _Found:
    # What was found with the last of the work is still told in full.
    with allowance(WORK):
        witness = points.witness(point)
    return _Found(Outcome.REFUTES, "the claim fails at a point", witness)


def _decided(points: Points, claim: UserClaim, most: int, *, proved: bool) -> _Found:
    if not claim.real:
        return _at_point(points)
    cells, notes, first_open = 0, frozenset[str](), None
    for piece in _pieces(points, claim):
        ruling = _covered(points, piece, most - cells, proved=proved)
        if ruling.outcome is Outcome.REFUTES:
            return ruling
        if ruling.outcome is Outcome.UNDECIDED:
            first_open = first_open or ruling
        cells, notes = cells + ruling.cells, notes | ruling.notes
    return first_open or _supports(cells, notes)


def _pieces(points: Points, claim: UserClaim) -> list[UserClaim]:
    """The claim on the parts into which numbers that its only parameter is compared with cut the range."""
    if len(claim.real) != 1:
        return [claim]
    [(name, range_)] = claim.real.items()
    cuts: list[tuple[Node, arb]] = []
    with working(bits_for(40)):
        low, high = (end_ball(end, points) for end in (range_.lower, range_.upper))
        for node in compared_with(name, claim.condition(points.integers)):
            value = end_ball(node, points)
            if low < value < high and not any(value.overlaps(other) for _, other in cuts):
                cuts.append((node, value))
    pieces, left, closed = [], range_.lower, range_.closed_lower
    for node, _ in sorted(cuts, key=lambda cut: float(cut[1].mid())):
        pieces.append(Range(left, node, closed, True))
        left, closed = node, False
    pieces.append(Range(left, range_.upper, closed, range_.closed_upper))
    others = tuple((n, values) for n, values in claim.ranges if n != name)
    return [replace(claim, ranges=((name, piece), *others)) for piece in pieces]


def _covered(points: Points, claim: UserClaim, most: int, *, proved: bool) -> _Found:
    condition, box = claim.condition(points.integers), spans(points, claim)
    if len(box) == 1:
        for name, range_ in claim.real.items():
            for node, closed in ((range_.lower, range_.closed_lower), (range_.upper, range_.closed_upper)):
                if closed and (ruling := _at_end(points, claim, name, node)) is not None:
                    return ruling
    notes: tuple[str, ...] = ()
    algebra = Algebra.of(Subject(points.numbers.link, claim.noise), claim, points.integers)
    if not proved and (left := _left_open(algebra, condition)) not in (condition, None):
        condition, notes = left, (f"the rest by exact algebra: {'; '.join(algebra.reasons)}",)

    @cache
    def contact(part: Compare, name: str, upper: bool) -> int:
        range_ = claim.real[name]
        form = _exact_end(range_.upper if upper else range_.lower, points)
        others = {other: s for other, s in algebra.symbols.items() if other != name}
        if form is sympy.oo:
            return 0 if others else within_steps(lambda: contact_at_infinity(points.exact, part, name), 0)
        return int(form is not None and points.equal(part, {name: form, **others}))

    agree, balls, below = _agree(condition), points.numbers.ball, partial(sign_below, points)
    search = ForAll(points.words, balls, condition, points.judge, contact, below, most, agree)
    equalities = any(part.op == "==" for part in comparisons(condition))
    decision = search.run(box)
    if equalities and decision.holds:
        # On cells what is small enough counts as 0, so one point must show that the sides are larger.
        point = {name: span.middle() for name, span in box.items()}
        try:
            agreed, why = _agreed(points, points.condition(point), AGREE_ON_RANGE), "not told from 0"
        except LinkError as reason:
            agreed, why = None, str(reason)
        if not agreed:
            return _undecided(points, f"the sides of == at {named(point)}: {why}", decision.cells)
    return _finding(decision, points, agree if equalities else None, notes)


def _left_open(algebra: Algebra, part: Condition) -> Condition | None:
    """The condition without the parts that are proved on the whole range; None when nothing remains."""
    if algebra.holds(part):
        return None
    if isinstance(part, Logic):
        left, right = _left_open(algebra, part.left), _left_open(algebra, part.right)
        if left is None or right is None:
            return left or right
        return replace(part, left=left, right=right)
    return part


def _agree(condition: Condition) -> int | None:
    equalities = any(part.op in ("==", "!=") for part in comparisons(condition))
    return AGREE_ON_RANGE if equalities else None


def _finding(decision: Decision, points: Points, agree: int | None, notes: tuple[str, ...]) -> _Found:
    if decision.holds:
        if agree:
            notes = (*notes, f"sides of == agree to {agree} digits, {NO_PROOF}")
        return _supports(decision.cells, notes)
    if decision.witness is not None:
        return _refuted(points, decision.witness)
    where = ", ".join(f"{name} in {span}" for name, span in (decision.stretch or {}).items())
    if decision.holds is False:
        integers = named(points.integers) + ", " if points.integers else ""
        witness = f"{integers}some {where}: the difference of both sides changes sign there"
        return _Found(Outcome.REFUTES, "both sides meet", witness)
    return _undecided(points, f"not decided for {where} ({decision.cells} cells)", decision.cells)


def _at_point(points: Points) -> _Found:
    condition = points.condition({})
    truth = points.truth(condition, {}, {})
    if truth is False:
        return _refuted(points, {})
    if truth:
        # Balls tell sides apart; that two are equal is known by the exact forms.
        equal = any("=" in part.op and points.sign(part, {}, {}) == 0 for part in comparisons(condition))
        return _supports(0, ["both sides are enclosed apart, or equal by exact algebra"] * equal)
    if _agreed(points, condition, AGREE):
        return _supports(0, (f"sides of == agree to {AGREE} digits, {NO_PROOF}",))
    part = next(part for part in comparisons(condition) if not _agreed(points, part, AGREE))
    shown = f"{written(part.left)} {part.op} {written(part.right)}"
    return _undecided(points, f"enclosures do not separate both sides of {shown}")


def _agreed(
    points: Points, part: Condition, digits: int, values: Balls = _NOWHERE, forms: Forms = _NOWHERE
) -> bool | None:
    """Whether the condition holds at a point, sides of ``==`` that agree to ``digits`` digits being equal."""

    def decide(one: Compare) -> bool | None:
        holds = points.truth(one, values, forms)
        close = holds is None and one.op == "=="
        return True if close and points.by_balls(one, values, AGREE + 4, digits) == 0 else holds

    return combined(part, decide)


def _at_end(points: Points, claim: UserClaim, name: str, node: Node) -> _Found | None:
    """What a closed end refutes or leaves open; None when the claim holds there."""
    if isinstance(node, Num):
        try:
            condition = points.condition({name: node.value})
        except LinkError as reason:
            end = named({name: node.value})
            return _undecided(points, f"not decided at the closed end {end}: {reason}")
        truth = _agreed(points, condition, AGREE_ON_RANGE)
        if truth is False:
            return _refuted(points, {name: node.value})
        place = named({name: node.value})
    else:
        form = _exact_end(node, points)
        with working(bits_for(40)):
            value = end_ball(node, points)
        condition = claim.condition(points.integers)
        forms = _NOWHERE if form is None else {name: form}
        truth = _agreed(points, condition, AGREE_ON_RANGE, {name: value}, forms)
        place = f"{name} = {written(node)}"
        if truth is False:
            shown = f"{place} = {value.str(12, radius=False)}: {claim.text} is false there"
            return _Found(Outcome.REFUTES, "the claim fails at a point", shown)
    return None if truth else _undecided(points, f"not decided at the closed end {place}")


def _exact_end(node: Node, points: Points) -> sympy.Expr | None:
    form = end_form(node, points)
    return BETA1 if isinstance(node, Const) and node.name == "beta1" else form


def holds_on_cells(points: Points, claim: UserClaim, most: int) -> bool:
    """Whether the claim is proved for the parameters' values of ``points``, by at most so many cells."""
    return _decided(replace(points, text=claim.text), claim, most, proved=True).outcome is Outcome.SUPPORTS


def spans(points: Points, claim: UserClaim) -> dict[str, Span]:
    """The ranges of the real parameters; the size of the temperatures that matter is that of the link.

    For beta1(c s) = c beta1(s).
    """
    tempered = temperatures(claim.condition(points.integers))
    unit = points.words.curves.unit
    return {
        name: _span(range_, points, unit if name in tempered else Fraction(1))
        for name, range_ in claim.real.items()
    }


def _span(range_: Range, points: Points, unit: Fraction) -> Span:
    ends = []
    for node, closed in ((range_.lower, range_.closed_lower), (range_.upper, range_.closed_upper)):
        with working(bits_for(40)):
            value = exact(node.value) if isinstance(node, Num) else end_ball(node, points)
        number = node.value if isinstance(node, Num) else None
        ends.append(End(value, number, closed, end_text(node)))
    return Span(ends[0], ends[1], unit=unit)
