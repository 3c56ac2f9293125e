"""What came of a run: the verdict on each claim and link, and what changed since an earlier run."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Any, ClassVar

from ...link import LinkError
from ...link.text import excerpt
from ..files import read_json
from ..record import Malformed, Record, Shown, record
from ..verdict import LEGS, Evidence, Margin, Verdict

SCHEMA = 1
_REMEDY = "give a file that `verify --json-out` of this version wrote"
#: MiB.
_LARGEST = 256


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
        legs = {e.leg: {k: v for k, v in e.as_json().items() if k != "leg"} for e in self.evidence}
        by_leg = {**dict.fromkeys(LEGS), **legs}
        return {**Record.as_json(self), "evidence": by_leg}


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
