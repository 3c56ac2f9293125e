"""What came of a run: the verdict on each claim and link, and what changed since an earlier run."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from ..shown import Shown
from ..verdict import LEGS, Evidence, Verdict
from .claimed import Claimed

SCHEMA = 1


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
class Change:
    """``was`` in the baseline, ``now`` in this run; ``where`` names claim, link and quantity."""

    kind: Kind
    claim: str
    link: str
    where: str
    was: str
    now: str

    def as_json(self) -> dict[str, Any]:
        return {
            "kind": str(self.kind),
            "claim": self.claim,
            "link": self.link,
            "where": self.where,
            "was": self.was,
            "now": self.now,
        }


@dataclass(frozen=True, slots=True)
class Comparison:
    """Every change, regressions first; compared: pairs of claim and link; added: pairs that are new."""

    changes: tuple[Change, ...]
    compared: int
    added: int

    @property
    def regressions(self) -> tuple[Change, ...]:
        return tuple(change for change in self.changes if change.kind.regression)

    def as_json(self) -> dict[str, Any]:
        return {
            "regressions": [change.as_json() for change in self.regressions],
            "others": [change.as_json() for change in self.changes if not change.kind.regression],
            "compared": self.compared,
            "added": self.added,
        }


@dataclass(frozen=True, slots=True)
class Result(Shown):
    """The verdict on one claim and link, with the evidence of every leg.

    claimed: what the claim says, for a later run to compare with.
    """

    claim: str
    link: str
    verdict: Verdict
    evidence: tuple[Evidence, ...]
    witness: str | None
    seconds: float
    reason: str = ""
    claimed: Claimed | None = None

    def __bool__(self) -> bool:
        """Whether the verdict is green, so that ``assert claim(...)`` fails where it is not."""
        return self.verdict.green

    def as_json(self) -> dict[str, Any]:
        legs: dict[str, dict[str, Any]] = {e.leg: e.as_json() for e in self.evidence}
        return {
            "claim": self.claim,
            "link": self.link,
            "verdict": str(self.verdict),
            "evidence": {leg: legs.get(leg) for leg in LEGS},
            "witness": self.witness,
            "reason": self.reason,
            "claimed": None if self.claimed is None else self.claimed.as_json(),
            "seconds": round(self.seconds, 3),
        }


@dataclass(frozen=True, slots=True)
class Report(Shown):
    """Everything that one run found, in the order in which it was asked.

    baseline: what changed since an earlier run, when one was compared with.
    """

    version: str
    seed: int
    results: tuple[Result, ...]
    seconds: float
    vacuous: tuple[str, ...] = field(default=())
    baseline: Comparison | None = None
    interrupted: bool = False

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

    def as_json(self) -> dict[str, Any]:
        return {
            "schema": SCHEMA,
            "version": self.version,
            "seed": self.seed,
            "results": [result.as_json() for result in self.results],
            "vacuous": list(self.vacuous),
            "summary": self.summary,
            "seconds": round(self.seconds, 3),
            **({"interrupted": True} if self.interrupted else {}),
            **({} if self.baseline is None else {"baseline": self.baseline.as_json()}),
        }


class Interrupted(KeyboardInterrupt):
    """The run was interrupted; ``report`` holds the verdicts so far, of ``asked`` that were asked for."""

    def __init__(self, report: Report, asked: int) -> None:
        super().__init__(f"{len(report.results)} of {asked} verdicts")
        self.report, self.asked = report, asked
