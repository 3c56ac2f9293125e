"""What each word of a verdict needs: scopes, contradictions, refutations."""

import pytest
from tiltproof.crosscheck.verdict import (
    Evidence,
    Leg,
    Outcome,
    Scope,
    Value,
    Verdict,
    broken,
    contradiction,
    decide,
)  # fmt: skip


def supports(leg: Leg, scope: Scope | None = "statement") -> Evidence:
    return Evidence(Outcome.SUPPORTS, f"{leg} found it", scope=scope, leg=leg)


def refutes(leg: Leg) -> Evidence:
    return Evidence(Outcome.REFUTES, "", f"{leg}: 1 is not 2", scope="instances", leg=leg)


@pytest.mark.parametrize(
    ("evidence", "verdict"),
    [
        ([supports("symbolic"), supports("enclosure")], Verdict.PROVED),
        ([supports("symbolic", "steps"), supports("enclosure")], Verdict.ENCLOSED),
        ([supports("symbolic", "steps")], Verdict.CHECKED),
        ([supports("enclosure", "instances"), supports("simulation")], Verdict.CHECKED),
        ([supports("symbolic", None)], Verdict.CHECKED),
        ([supports("simulation")], Verdict.STATISTICAL),
        ([supports("quadrature")], Verdict.UNDECIDED),
        ([supports("symbolic", "steps"), refutes("simulation")], Verdict.REFUTED),
        ([refutes("symbolic"), refutes("simulation")], Verdict.REFUTED),
        ([supports("symbolic"), refutes("quadrature")], Verdict.ERROR),
        ([supports("enclosure"), refutes("symbolic")], Verdict.ERROR),
        ([supports("symbolic"), broken("").by("simulation")], Verdict.ERROR),
    ],
    ids=lambda x: str(x) if isinstance(x, Verdict) else "+".join(f"{e.leg} {e.outcome}" for e in x),
)
def test_verdict_of_evidence(evidence: list[Evidence], verdict: Verdict) -> None:
    assert decide(evidence) is verdict


def test_a_contradiction_shows_both_sides() -> None:
    shown = contradiction([supports("symbolic"), refutes("simulation")])
    assert shown is not None
    assert "symbolic found it" in shown
    assert "simulation: 1 is not 2" in shown


def test_a_heuristic_leg_contradicts_nothing_where_only_steps_are_proved() -> None:
    assert contradiction([supports("symbolic", "steps"), refutes("simulation")]) is None


def test_only_four_words_are_green() -> None:
    assert [str(v) for v in Verdict if v.green] == ["PROVED", "ENCLOSED", "CHECKED", "STATISTICAL"]


def test_a_bound_is_a_decimal() -> None:
    with pytest.raises(ValueError, match="is no decimal"):
        Value("beta1", "5/2", "5/2")
