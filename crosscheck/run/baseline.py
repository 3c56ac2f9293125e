"""Comparing a run of verify with an earlier one: what got worse, what got better, what is new."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator
from dataclasses import fields
from decimal import Decimal

from ...link import LinkError
from ..claims import IDS
from ..verdict import RANK, Evidence, Outcome, Value, Verdict
from .report import Change, Claimed, Comparison, Kind, Report, Result

#: From worst to best; words that share a rank are worth the same.
#: Longer closed forms are compared as text alone.
_LONGEST_FORM = 400


def compare(
    earlier: Report,
    now: Report,
    claims: Collection[str] = (),
    links: Collection[str] = (),
    *,
    file: bool = False,
) -> Comparison:
    """What changed from ``earlier`` to ``now``.

    claims, links: what this run was asked for (everything when empty); the rest of the baseline is left out,
    so that a run on one link does not report that all others vanished. file: whether a claim file was
    checked, whose claims have their own links.

    Raises LinkError where the baseline holds nothing of what was asked for.
    """
    found = {(result.claim, result.link): result for result in now.results}
    asked = asked_of(earlier, claims, links, file=file)
    changes: list[Change] = []
    for old in asked:
        new = found.pop((old.claim, old.link), None)
        if new is None:
            changes.append(_change(Kind.VANISHED, old, "", str(old.verdict), "not checked"))
        else:
            changes += _between(old, new)
    changes += [
        Change(Kind.WEAKER, name, "every link", "", "met by some link", "VACUOUS")
        for name in now.vacuous
        if name not in earlier.vacuous and any(old.claim == name for old in asked)
    ]
    order = list(Kind)
    changes.sort(key=lambda change: order.index(change.kind))
    return Comparison(tuple(changes), len(asked), len(found))


def regressions(earlier: Report, result: Result) -> list[str]:
    """What is worse in one result than in the baseline, each in a line."""
    old = [each for each in earlier.results if (each.claim, each.link) == (result.claim, result.link)]
    changes = [change for each in old for change in _between(each, result) if change.kind.regression]
    return [f"{c.kind}{f', {c.where}' if c.where else ''}: {c.was} -> {c.now}" for c in changes]


def asked_of(earlier: Report, claims: Collection[str], links: Collection[str], *, file: bool) -> list[Result]:
    """The results of the baseline that a run is compared with. Raises LinkError where there are none."""

    def concerns(old: Result) -> bool:
        if file and old.claim not in IDS:
            return True
        return (not claims or old.claim in claims) and (not links or old.link in links)

    if found := [old for old in earlier.results if concerns(old)]:
        return found
    raise LinkError(
        "the baseline holds none of the claims and links that are asked for: write one with --json-out "
        "and the same --claims, --claim and --link"
    )


def _change(kind: Kind, result: Result, where: str, was: str, now: str) -> Change:
    return Change(kind, result.claim, result.link, where, was, now)


def _between(old: Result, new: Result) -> Iterator[Change]:
    if old.claimed is not None and new.claimed is not None:
        for name in (field.name for field in fields(Claimed) if "later" not in field.metadata):
            was, now = getattr(old.claimed, name), getattr(new.claimed, name)
            if was != now:
                yield _change(Kind.CLAIM, new, name, was, now)
    words = str(old.verdict), str(new.verdict)
    if new.verdict is Verdict.REFUTED and old.verdict is not Verdict.REFUTED:
        yield _change(Kind.REFUTED, new, "", words[0], f"{words[1]}: {new.witness}")
    elif _worse(old.verdict, new.verdict):
        yield _change(Kind.WEAKER, new, "", words[0], words[1] + (f": {new.reason}" if new.reason else ""))
    elif _worse(new.verdict, old.verdict):
        yield _change(Kind.STRONGER, new, "", *words)
    if new.verdict is Verdict.NOT_APPLICABLE:
        return
    legs = {each.leg: each for each in new.evidence}
    for evidence in old.evidence:
        yield from _between_legs(new, evidence, legs.get(evidence.leg))


def _worse(was: Verdict, now: Verdict) -> bool:
    """A green claim that no longer applies is lost; one that never applied promised nothing."""
    if was is Verdict.NOT_APPLICABLE:
        return False
    return was.green if now is Verdict.NOT_APPLICABLE else RANK[now] < RANK[was]


def _between_legs(result: Result, old: Evidence, new: Evidence | None) -> Iterator[Change]:
    if old.outcome is Outcome.SUPPORTS and (new is None or new.outcome is not Outcome.SUPPORTS):
        now = "no such leg" if new is None else f"{new.outcome}: {new.detail}"
        yield _change(Kind.LEG, result, f"{old.leg} leg", str(old.outcome), now)
        return
    found = _named(new.values if new is not None else ())
    for name, was in _named(old.values).items():
        where = f"{old.leg}: {name}"
        now_value = found.get(name)
        if now_value is None:
            yield _change(Kind.VANISHED, result, where, _interval(was), "not worked out")
        else:
            yield from _between_values(result, where, was, now_value)


def _named(values: tuple[Value, ...]) -> dict[str, Value]:
    """By quantity; those that share a name are numbered in their order."""
    seen: Counter[str] = Counter()
    found = {}
    for value in values:
        seen[value.quantity] += 1
        nth = seen[value.quantity]
        found[value.quantity if nth == 1 else f"{value.quantity} ({nth})"] = value
    return found


def _between_values(result: Result, where: str, was: Value, now: Value) -> Iterator[Change]:
    if Decimal(was.upper) < Decimal(now.lower) or Decimal(now.upper) < Decimal(was.lower):
        yield _change(Kind.DISJOINT, result, where, _interval(was), _interval(now))
    if was.closed_form is not None and was.closed_form != now.closed_form:
        equal = now.closed_form is not None and _equal(was.closed_form, now.closed_form)
        kind = Kind.REWRITTEN if equal else Kind.FORM
        yield _change(kind, result, where, was.closed_form, now.closed_form or "no closed form")


def _interval(value: Value) -> str:
    return value.lower if value.lower == value.upper else f"[{value.lower}, {value.upper}]"


def _equal(a: str, b: str) -> bool:
    """Whether two closed forms are shown to be the same number."""
    import sympy

    from ...link import LinkError, parse_expression
    from ...theory.exact.lower import lower

    if max(len(a), len(b)) > _LONGEST_FORM or "oo" in (a.strip("-"), b.strip("-")):
        return False
    try:
        gap = lower(parse_expression(a, variables=())) - lower(parse_expression(b, variables=()))
    except LinkError:
        return False
    return bool(sympy.simplify(gap) == 0)
