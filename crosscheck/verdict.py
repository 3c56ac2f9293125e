"""Verdicts, the findings of legs, and the rule by which findings decide a verdict."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import ClassVar, Literal

from .record import Record

Leg = Literal["symbolic", "enclosure", "quadrature", "simulation", "kernel"]
#: Those of every claim; Coq's kernel is asked by ``verify --kernel`` alone, and makes no verdict better.
LEGS: tuple[Leg, ...] = ("symbolic", "enclosure", "quadrature", "simulation")
#: What a supporting leg decided: the whole statement for the link at hand with all its parameters, instances
#: of it, or steps of its proof on paper.
Scope = Literal["statement", "instances", "steps"]

#: What is said of two sides that agree to some digits without an exact reason.
NO_PROOF = "which is no proof of equality"


class Verdict(StrEnum):
    """The words of a report. Only the first four are green, from strong to weak."""

    PROVED = "PROVED"
    ENCLOSED = "ENCLOSED"
    CHECKED = "CHECKED"
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
        return self in (Verdict.PROVED, Verdict.ENCLOSED, Verdict.CHECKED, Verdict.STATISTICAL)


#: The higher the better, and what is said of several is the lowest of theirs.
RANK = {
    Verdict.REFUTED: 0,
    Verdict.ERROR: 1,
    Verdict.TIMEOUT: 2,
    Verdict.VACUOUS: 3,
    Verdict.UNDECIDED: 3,
    Verdict.STATISTICAL: 4,
    Verdict.CHECKED: 5,
    Verdict.ENCLOSED: 6,
    Verdict.PROVED: 7,
    Verdict.NOT_APPLICABLE: 8,
}


class Outcome(StrEnum):
    """What one leg found. ``ABSENT`` needs a reason: no leg is skipped silently."""

    SUPPORTS = "supports"
    REFUTES = "refutes"
    UNDECIDED = "undecided"
    ABSENT = "absent"
    ERROR = "error"


#: How a bound is written.
_DECIMAL = re.compile(r"-?(\d+(\.\d+)?(e-?\d{1,10})?|inf)")


@dataclass(frozen=True, slots=True)
class Value(Record):
    """A number that a leg worked out, as data: ``lower <= quantity <= upper`` in outward decimals.

    closed_form: the exact value as text that the link language reads back, or None.
    """

    quantity: str
    lower: str
    upper: str
    closed_form: str | None = None

    def __post_init__(self) -> None:
        for end in (self.lower, self.upper):
            if not _DECIMAL.fullmatch(end):
                raise ValueError(f"{self.quantity} has the bound '{end[:40]}', which is no decimal")


@dataclass(frozen=True, slots=True)
class Margin(Record):
    """How far an inequality holds: the least of left - right over its range, between outward decimals.

    at: the parameters where the least value was met; ``beta -> oo`` names the open end near which it lies.
    A negative upper end says by how much the inequality fails there.
    """

    lower: str
    upper: str
    at: str


@dataclass(frozen=True, slots=True)
class Finding(Record):
    """What a leg found; which leg it is knows the claim that asks it.

    ``detail`` says in words what was done (digits reached, sample size, power); ``witness`` is
    required when the leg refutes: the parameters and both sides' values. ``values``: the certified
    numbers behind it, which a later run can be compared with. ``scope``: how much of the statement the
    leg decides; None stands for what the claim declares of the leg.
    """

    outcome: Outcome
    detail: str
    witness: str | None = None
    values: tuple[Value, ...] = ()
    scope: Scope | None = None

    def __post_init__(self) -> None:
        if self.outcome is Outcome.REFUTES and not self.witness:
            raise ValueError("a leg refutes without a witness")

    def by(self, leg: Leg, scope: Scope | None = None) -> Evidence:
        """The finding as that of ``leg``, with this ``scope`` where it names none itself."""
        return Evidence(self.outcome, self.detail, self.witness, self.values, self.scope or scope, leg=leg)


@dataclass(frozen=True, slots=True)
class Evidence(Finding):
    """The finding of a leg that is named."""

    leg: Leg = field(kw_only=True)

    #: In a report it stands under the name of its leg.
    keys: ClassVar = "outcome detail witness values scope"


def supports(detail: str, *, values: tuple[Value, ...] = (), scope: Scope | None = None) -> Finding:
    return Finding(Outcome.SUPPORTS, detail, None, values, scope)


def refutes(detail: str, witness: str) -> Finding:
    return Finding(Outcome.REFUTES, detail, witness)


def undecided(reason: str) -> Finding:
    return Finding(Outcome.UNDECIDED, reason)


def absent(reason: str) -> Finding:
    return Finding(Outcome.ABSENT, reason)


def broken(reason: str) -> Finding:
    """What should hold for every link does not: the leg itself is wrong."""
    return Finding(Outcome.ERROR, reason)


#: The outcomes that are no support, those that say most first.
_FAILURES = (Outcome.REFUTES, Outcome.ERROR, Outcome.UNDECIDED, Outcome.ABSENT)


def first_failure(findings: Sequence[Finding]) -> Finding | None:
    """A finding that refutes, else one that does not support, or None."""
    failed = [one for one in findings if one.outcome is not Outcome.SUPPORTS]
    return min(failed, key=lambda one: _FAILURES.index(one.outcome), default=None)


def together(findings: Sequence[Finding]) -> Finding:
    """The findings of one leg as one: the first failure, or all they say, with the values of the last."""
    detail = "; ".join(one.detail for one in findings if one.detail)
    return first_failure(findings) or replace(findings[-1], detail=detail)


#: The legs whose findings are proofs; the others are heuristic, and quadrature alone decides nothing.
_RIGOROUS: dict[Leg, Verdict] = {"symbolic": Verdict.PROVED, "enclosure": Verdict.ENCLOSED}


def decide(evidence: Sequence[Evidence]) -> Verdict:
    """The verdict on one claim and link.

    PROVED and ENCLOSED need a rigorous leg that decides the whole statement. A refutation stands unless
    such a leg supports the statement: then one of the two is wrong, and the verdict is ERROR.
    """
    outcomes = {e.outcome for e in evidence}
    if contradiction(evidence):
        return Verdict.ERROR
    if Outcome.REFUTES in outcomes:
        return Verdict.REFUTED
    if Outcome.ERROR in outcomes:
        return Verdict.ERROR
    scopes = {e.leg: e.scope for e in evidence if e.outcome is Outcome.SUPPORTS}
    for leg, verdict in _RIGOROUS.items():
        if scopes.get(leg) == "statement":
            return verdict
    if scopes.keys() & _RIGOROUS.keys():
        return Verdict.CHECKED
    return Verdict.STATISTICAL if "simulation" in scopes else Verdict.UNDECIDED


def contradiction(evidence: Sequence[Evidence]) -> str | None:
    """Both sides, where one leg proves the whole statement and another refutes it."""
    proofs = [e for e in evidence if e.leg in _RIGOROUS and e.outcome is Outcome.SUPPORTS]
    proof = next((e for e in proofs if e.scope == "statement"), None)
    refutation = next((e for e in evidence if e.outcome is Outcome.REFUTES), None)
    if proof is None or refutation is None:
        return None
    return (
        f"the legs contradict each other, one of them is wrong: {proof.leg} supports ({proof.detail}), "
        f"{refutation.leg} refutes ({refutation.witness})"
    )
