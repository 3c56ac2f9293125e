"""What the reports say about a result in words."""

from __future__ import annotations

from collections.abc import Iterator

from ..run import Result
from ..verdict import Outcome, Verdict


def why(result: Result) -> str:
    """Why a result is what it is: its witness, its reason, or what its legs found."""
    if result.verdict is Verdict.REFUTED and result.witness:
        return result.witness
    if result.reason:
        return result.reason
    if result.verdict.green:
        return ", ".join(e.leg for e in result.evidence if e.outcome is Outcome.SUPPORTS)
    kinds = (Outcome.UNDECIDED, Outcome.ERROR)
    return "; ".join(f"{e.leg}: {e.detail}" for e in result.evidence if e.outcome in kinds)


def evidence_lines(result: Result) -> Iterator[str]:
    """One line per leg, with the witness of one that refutes."""
    for evidence in result.evidence:
        witness = f" ({evidence.witness})" if evidence.witness else ""
        yield f"{evidence.leg} {evidence.outcome}: {evidence.detail}{witness}"
