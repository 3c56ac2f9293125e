"""Verdicts by claim and link, as every report lays them out."""

from __future__ import annotations

from dataclasses import dataclass

from ...crosscheck.run.report import Report
from ...crosscheck.verdict import Verdict

#: One sign per verdict; every table explains them.
MARKS = {
    Verdict.PROVED: "P",
    Verdict.ENCLOSED: "E",
    Verdict.CHECKED: "C",
    Verdict.STATISTICAL: "S",
    Verdict.REFUTED: "R",
    Verdict.UNDECIDED: "?",
    Verdict.VACUOUS: "V",
    Verdict.ERROR: "!",
    Verdict.TIMEOUT: "T",
    Verdict.NOT_APPLICABLE: "-",
}


@dataclass(frozen=True, slots=True)
class Matrix:
    """The claims and links of a report in their order; a pair that was not checked is NOT_APPLICABLE."""

    claims: tuple[str, ...]
    links: tuple[str, ...]
    cells: dict[tuple[str, str], Verdict]

    @classmethod
    def of(cls, report: Report) -> Matrix:
        return cls(
            tuple(dict.fromkeys(result.claim for result in report.results)),
            tuple(dict.fromkeys(result.link for result in report.results)),
            {(result.claim, result.link): result.verdict for result in report.results},
        )

    def __getitem__(self, pair: tuple[str, str]) -> Verdict:
        return self.cells.get(pair, Verdict.NOT_APPLICABLE)


def legend_of(report: Report) -> dict[Verdict, str]:
    """The marks that occur in the matrix, in the order of the verdicts."""
    seen = {result.verdict for result in report.results}
    return {verdict: mark for verdict, mark in MARKS.items() if verdict in seen}
