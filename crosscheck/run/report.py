"""The result of a run: the verdict on each claim and link, and what changed since an earlier run."""

import json
from collections import Counter
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field, fields
from decimal import Decimal
from enum import StrEnum
from pathlib import Path
from typing import Any, ClassVar

from ...link import LinkError, excerpt
from ..claims import IDS
from ..files import read_json
from ..record import Malformed, Record, Shown, record
from ..verdict import LEGS, RANK, Evidence, Margin, Outcome, Value, Verdict

SCHEMA = 1
_REMEDY = "give a file that `verify --json-out` of this version wrote"
#: MiB of a file.
_LARGEST = 256
#: Longer closed forms are compared as text alone.
_LONGEST_FORM = 400


@dataclass(frozen=True, slots=True)
class Claimed(Record):
    """A claim on one link.

    statement: the assertion. quantified: what its parameters range over. assume: what it asks of the link.
    noise, signal: as they were asked for, ``signal`` empty where the statement names its own. link: the
    expression, whatever name it goes by. source: where the claim stands. latex, latex_for: a user's statement
    and ranges as formulas.
    """

    statement: str
    quantified: str
    assume: str
    noise: str
    signal: str
    link: str
    source: str = field(default="", metadata={"later": True})
    latex: str = field(default="", metadata={"later": True})
    latex_for: str = field(default="", metadata={"later": True})


class Kind(StrEnum):
    """What a change is; all but the last two are regressions."""

    CLAIM = "another claim under the same id"
    REFUTED = "newly refuted"
    WEAKER = "weaker verdict"
    DISJOINT = "enclosures no longer overlap"
    FORM = "closed form changed"
    VANISHED = "vanished"
    LEG = "leg lost"
    STRONGER = "stronger verdict"
    REWRITTEN = "closed form rewritten"

    @property
    def regression(self) -> bool:
        return self not in (Kind.STRONGER, Kind.REWRITTEN)


@dataclass(frozen=True, slots=True)
class Change(Record):
    """``was`` in the baseline, ``now`` in this run; ``where`` names claim, link and quantity."""

    kind: Kind
    claim: str
    link: str
    where: str
    was: str
    now: str


@dataclass(frozen=True, slots=True)
class Comparison(Record):
    """Every change, regressions first; compared: pairs of claim and link; added: pairs that are new."""

    changes: tuple[Change, ...]
    compared: int
    added: int

    @property
    def regressions(self) -> tuple[Change, ...]:
        return tuple(change for change in self.changes if change.kind.regression)

    @property
    def others(self) -> tuple[Change, ...]:
        return tuple(change for change in self.changes if not change.kind.regression)

    keys: ClassVar = "regressions others compared added"


@dataclass(frozen=True, slots=True, repr=False)
class Result(Shown, Record):
    """The verdict on one claim and link, with the evidence of every leg.

    claimed: what the claim says, for a later run to compare with. margin: how far an inequality of a user
    holds. again: the command that shows the verdict again, at the witness where that is a point.
    """

    claim: str
    link: str
    verdict: Verdict
    evidence: tuple[Evidence, ...]
    witness: str | None
    seconds: float
    reason: str = ""
    claimed: Claimed | None = None
    margin: Margin | None = field(default=None, metadata={"later": True})
    again: str = field(default="", metadata={"later": True})

    def __bool__(self) -> bool:
        """Whether the verdict is green, so that ``assert claim(...)`` fails where it is not."""
        return self.verdict.green

    def as_json(self) -> dict[str, Any]:
        by_leg = {e.leg: e.as_json() for e in self.evidence}
        return {**Record.as_json(self), "evidence": {**dict.fromkeys(LEGS), **by_leg}}


@dataclass(frozen=True, slots=True)
class FromCache(Record):
    """taken: verdicts of earlier runs among the results. damaged: entries that were checked again.

    trouble: why verdicts of this run are not kept, or empty.
    """

    taken: int
    damaged: int
    trouble: str = ""


@dataclass(frozen=True, slots=True, repr=False)
class Report(Shown, Record):
    """Everything that one run found, in the order in which it was asked.

    baseline: what changed since an earlier run, when one was compared with. cache: what was taken from
    earlier runs, None where nothing may be.
    """

    version: str
    seed: int
    results: tuple[Result, ...]
    seconds: float
    vacuous: tuple[str, ...] = field(default=())
    baseline: Comparison | None = None
    interrupted: bool = False
    cache: FromCache | None = field(default=None, metadata={"later": True})

    schema: ClassVar = SCHEMA
    keys: ClassVar = "schema version seed results vacuous summary seconds interrupted? baseline?"

    @property
    def summary(self) -> dict[str, int]:
        counts = {str(verdict): 0 for verdict in Verdict}
        for result in self.results:
            counts[str(result.verdict)] += 1
        counts[str(Verdict.VACUOUS)] += len(self.vacuous)
        return counts

    @property
    def exit_code(self) -> int:
        """0 all green, 1 refuted or worse than the baseline, 3 something open and nothing refuted."""
        counts = self.summary
        if counts["REFUTED"] or (self.baseline is not None and self.baseline.regressions):
            return 1
        return 3 if any(counts[word] for word in ("UNDECIDED", "VACUOUS", "ERROR", "TIMEOUT")) else 0


class Interrupted(KeyboardInterrupt):
    """The run was interrupted; ``report`` holds the verdicts so far, of ``asked`` that were asked for."""

    def __init__(self, report: Report, asked: int) -> None:
        super().__init__(f"{len(report.results)} of {asked} verdicts")
        self.report, self.asked = report, asked


def load(path: Path) -> Report:
    """The report in ``path``, as ``verify --json`` wrote it.

    Raises LinkError when the file cannot be read, is no such report or has another schema version.
    """
    content = read_json(path, _LARGEST, _REMEDY)
    if not isinstance(content, dict) or "schema" not in content:
        raise LinkError(f"'{path}' has no schema version: {_REMEDY}")
    if content["schema"] is not SCHEMA:
        seen = json.dumps(content["schema"])[:40]
        raise LinkError(f"'{path}' has schema {seen}, this version reads {SCHEMA}: {_REMEDY}")
    try:
        return _report(content)
    except Malformed as problem:
        raise LinkError(f"'{path}' is no report of verify, as {problem}: {_REMEDY}") from None


def result_of(entry: Any) -> Result:
    """One result of a report. Raises Malformed."""
    _name_legs(entry)
    result: Result = record(Result, entry)
    return result


def _name_legs(entry: Any) -> None:
    """The evidence as a list, in place: in JSON it stands by leg."""
    if isinstance(entry, dict) and isinstance(legs := entry.get("evidence"), dict):
        each = ((leg, legs[leg]) for leg in LEGS if legs.get(leg))
        entry["evidence"] = [{**e, "leg": leg} if isinstance(e, dict) else e for leg, e in each]


def _report(content: dict[str, Any]) -> Report:
    if content.get("interrupted"):
        raise Malformed("its run was interrupted, so what it lacks would not be missed")
    results = content.get("results")
    for entry in results if isinstance(results, list) else []:
        _name_legs(entry)
    report: Report = record(Report, {**content, "interrupted": False, "baseline": None})
    if not report.results:
        raise Malformed("it holds no result, and nothing can be worse than nothing")
    pairs = Counter((result.claim, result.link) for result in report.results)
    (claim, link), count = pairs.most_common(1)[0]
    if count > 1:
        pair = excerpt(f"{claim} on {link}", 120)
        raise Malformed(f"{pair} stands there {'twice' if count == 2 else f'{count} times'}")
    return report


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
    by_pair = {(result.claim, result.link): result for result in now.results}
    asked = asked_of(earlier, claims, links, file=file)
    changes: list[Change] = []
    for old in asked:
        new = by_pair.pop((old.claim, old.link), None)
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
    return Comparison(tuple(changes), len(asked), len(by_pair))


def regressions(earlier: Report, result: Result) -> list[str]:
    """What is worse in one result than in the baseline, each in a line."""
    old = [each for each in earlier.results if (each.claim, each.link) == (result.claim, result.link)]
    changes = [change for each in old for change in _between(each, result) if change.kind.regression]
    return [f"{c.kind}{f', {c.where}' if c.where else ''}: {c.was} -> {c.now}" for c in changes]


def asked_of(earlier: Report, claims: Collection[str], links: Collection[str], *, file: bool) -> list[Result]:
    """The results of the baseline that a run is compared with. Raises LinkError where there are none."""

    own = [name for name in claims if name not in IDS]

    def concerns(old: Result) -> bool:
        if file and old.claim not in IDS:
            return not own or old.claim in own
        return (not claims or old.claim in claims) and (not links or old.link in links)

    if chosen := [old for old in earlier.results if concerns(old)]:
        return chosen
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
    newly = new.verdict is Verdict.REFUTED is not old.verdict
    for evidence in old.evidence:
        leg = legs.get(evidence.leg)
        # A leg that refutes is told as the verdict.
        if not (newly and leg is not None and leg.outcome is Outcome.REFUTES):
            yield from _between_legs(new, evidence, leg)


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
    values = _named(new.values if new is not None else ())
    for name, was in _named(old.values).items():
        where = f"{old.leg}: {name}"
        now_value = values.get(name)
        if now_value is None:
            yield _change(Kind.VANISHED, result, where, _interval(was), "not worked out")
        else:
            yield from _between_values(result, where, was, now_value)


def _named(values: tuple[Value, ...]) -> dict[str, Value]:
    """By quantity; those that share a name are numbered in their order."""
    seen: Counter[str] = Counter()
    by_name = {}
    for value in values:
        seen[value.quantity] += 1
        nth = seen[value.quantity]
        by_name[value.quantity if nth == 1 else f"{value.quantity} ({nth})"] = value
    return by_name


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

    from ...link import parse_expression
    from ...theory.exact.lower import lower

    if max(len(a), len(b)) > _LONGEST_FORM or "oo" in (a.strip("-"), b.strip("-")):
        return False
    try:
        gap = lower(parse_expression(a, variables=())) - lower(parse_expression(b, variables=()))
    except LinkError:
        return False
    return bool(sympy.simplify(gap) == 0)
