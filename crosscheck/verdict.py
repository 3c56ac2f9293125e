"""What a claim came to, and which of its legs decided it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Literal

LEGS = ("symbolic", "enclosure", "quadrature", "simulation")
Leg = Literal["symbolic", "enclosure", "quadrature", "simulation"]


class Verdict(StrEnum):
    """The words of a report. Only the first three are green."""

    PROVED = "PROVED"
    ENCLOSED = "ENCLOSED"
    STATISTICAL = "STATISTICAL"
    REFUTED = "REFUTED"
    UNDECIDED = "UNDECIDED"
    VACUOUS = "VACUOUS"
    ERROR = "ERROR"
    TIMEOUT = "TIMEOUT"
    NOT_APPLICABLE = "NOT_APPLICABLE"

    @property
    def green(self) -> bool:
        return self in (Verdict.PROVED, Verdict.ENCLOSED, Verdict.STATISTICAL)


class Outcome(StrEnum):
    """What one leg found. ``ABSENT`` needs a reason: no leg is skipped silently."""

    SUPPORTS = "supports"
    REFUTES = "refutes"
    UNDECIDED = "undecided"
    ABSENT = "absent"
    ERROR = "error"


@dataclass(frozen=True, slots=True)
class Evidence:
    """The finding of one leg.

    ``detail`` says in words what was done (digits reached, sample size, power); ``witness`` is
    required when the leg refutes: the parameters and both sides' values.
    """

    leg: Leg
    outcome: Outcome
    detail: str
    witness: str | None = None

    def __post_init__(self) -> None:
        if self.outcome is Outcome.REFUTES and not self.witness:
            raise ValueError(f"the {self.leg} leg refutes without a witness")


#: What the support of each leg is worth. Quadrature alone is heuristic and decides nothing.
_WORTH: tuple[tuple[Leg, Verdict], ...] = (
    ("symbolic", Verdict.PROVED),
    ("enclosure", Verdict.ENCLOSED),
    ("simulation", Verdict.STATISTICAL),
)


def decide(evidence: Sequence[Evidence]) -> Verdict:
    """The verdict on one claim and link: a refutation outweighs everything, an error all but that."""
    outcomes = {e.leg: e.outcome for e in evidence}
    if Outcome.REFUTES in outcomes.values():
        return Verdict.REFUTED
    if Outcome.ERROR in outcomes.values():
        return Verdict.ERROR
    for leg, verdict in _WORTH:
        if outcomes.get(leg) is Outcome.SUPPORTS:
            return verdict
    return Verdict.UNDECIDED
