"""What a claim came to, and which of its legs decided it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Literal

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

    def __bool__(self) -> bool:
        """``green``: no word is green by being written."""
        return self.green

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
class Value:
    """A number that a leg worked out, as data: ``lower <= quantity <= upper`` in outward decimals.

    closed_form: the exact value as text that the link language reads back, or None.
    """

    quantity: str
    lower: str
    upper: str
    closed_form: str | None = None

    def as_json(self) -> dict[str, str | None]:
        return {
            "quantity": self.quantity,
            "closed_form": self.closed_form,
            "lower": self.lower,
            "upper": self.upper,
        }


@dataclass(frozen=True, slots=True)
class Evidence:
    """The finding of one leg.

    ``detail`` says in words what was done (digits reached, sample size, power); ``witness`` is
    required when the leg refutes: the parameters and both sides' values. ``values``: the certified
    numbers behind it, which a later run can be compared with.
    """

    leg: Leg
    outcome: Outcome
    detail: str
    witness: str | None = None
    values: tuple[Value, ...] = ()

    def __post_init__(self) -> None:
        if self.outcome is Outcome.REFUTES and not self.witness:
            raise ValueError(f"the {self.leg} leg refutes without a witness")

    def as_json(self) -> dict[str, Any]:
        return {
            "outcome": str(self.outcome),
            "detail": self.detail,
            "witness": self.witness,
            "values": [value.as_json() for value in self.values],
        }


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
