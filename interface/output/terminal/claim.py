"""The verdict on one claim with the evidence of its legs."""

from __future__ import annotations

from rich.text import Text

from ....crosscheck.run.report import Result
from ....crosscheck.verdict import Outcome
from ..words import said
from .tables import pairs, verdict


def show(found: Result) -> None:
    rows: list[tuple[str, str | Text]] = [("verdict", verdict(found.verdict))]
    if found.reason:
        rows.append(("reason", found.reason))
    if found.witness:
        rows.append(("witness", found.witness))
    rows += [(e.leg, f"{said(e)}: {e.detail}") for e in found.evidence if e.outcome is not Outcome.ABSENT]
    pairs(rows)
