"""What the reports say about a result in words."""

from __future__ import annotations

from collections.abc import Iterator

from ...crosscheck.run.report import Result
from ...crosscheck.verdict import Evidence, Outcome, Verdict


def why(result: Result) -> str:
    """Why a result is what it is: its witness, its reason, or what its legs found."""
    if result.verdict is Verdict.REFUTED and result.witness:
        return result.witness
    if result.reason:
        return result.reason
    if result.verdict.green:
        return ", ".join(f"{e.leg} ({e.scope})" for e in result.evidence if e.outcome is Outcome.SUPPORTS)
    kinds = (Outcome.UNDECIDED, Outcome.ERROR)
    return "; ".join(f"{e.leg}: {e.detail}" for e in result.evidence if e.outcome in kinds)


def evidence_lines(result: Result) -> Iterator[str]:
    """One line per leg, with the witness of one that refutes."""
    for evidence in result.evidence:
        witness = f" ({evidence.witness})" if evidence.witness else ""
        yield f"{evidence.leg} {said(evidence)}: {evidence.detail}{witness}"


def said(evidence: Evidence) -> str:
    """The outcome of a leg, with how much of the statement a supporting one decides."""
    if evidence.outcome is not Outcome.SUPPORTS or evidence.scope is None:
        return str(evidence.outcome)
    return f"{evidence.outcome} ({evidence.scope})"
