"""A leg refutes only far beyond its own error; what it cannot resolve stays undecided."""

from collections.abc import Callable
from dataclasses import replace
from fractions import Fraction
from math import inf, nan

import pytest
from flint import arb
from tiltproof.crosscheck.claim import Subject
from tiltproof.crosscheck.claims import CLAIMS
from tiltproof.crosscheck.legs import drawn_label, equation, identity, neurons
from tiltproof.crosscheck.legs.equation import Moment, simulated
from tiltproof.crosscheck.legs.trials import Row, judged
from tiltproof.crosscheck.run.scheduler import check
from tiltproof.crosscheck.verdict import Finding, Outcome, Verdict, supports
from tiltproof.link import parse
from tiltproof.numerics.estimates.quadrature import Divergent, tilted_moment
from tiltproof.numerics.expectation.oracle import NotIntegrable, Unresolved

#: A true statement that a leg once refuted from its noise, with the verdict that it earns.
TRUE = [
    ("G1", "cos(7*z)", Verdict.PROVED),
    ("G1", "sin(8*z)", Verdict.PROVED),
    ("G1", "erf(z - 1) - erf(z + 1)", Verdict.PROVED),
    ("H2", "1000*sign(z) - 100", Verdict.CHECKED),
    ("H2", "tanh(z)/10**9", Verdict.CHECKED),
    pytest.param("H3", "z**2/(2 + sqrt(3))", Verdict.PROVED, marks=pytest.mark.slow),
    ("G1", "sign(z)**2", Verdict.NOT_APPLICABLE),
    ("G1", "z - z", Verdict.NOT_APPLICABLE),
    # Labels that are 0 give steps without noise, whose size has no unit.
    ("R2", "z - z", Verdict.NOT_APPLICABLE),
    ("R8", "relu(0*z)", Verdict.NOT_APPLICABLE),
    ("G1", "where(z == 0, 1, 0)", Verdict.NOT_APPLICABLE),
]


@pytest.mark.parametrize(("claim", "link", "verdict"), TRUE)
def test_a_true_statement_is_not_refuted(claim: str, link: str, verdict: Verdict) -> None:
    assert check(CLAIMS[claim], Subject(parse(link))).verdict is verdict


@pytest.mark.slow
def test_stein_is_not_refuted_by_what_quadrature_cannot_follow() -> None:
    result = check(CLAIMS["H1"], Subject(parse("sin(exp(z))")))
    legs = {evidence.leg: evidence.outcome for evidence in result.evidence}
    assert legs["quadrature"] is Outcome.UNDECIDED
    assert result.verdict is Verdict.PROVED


@pytest.mark.parametrize("link", ["cos(100*z)", "sin(exp(z))", "tanh(sin(tanh(5*sin(5*z))))"])
def test_quadrature_knows_what_it_does_not_resolve(link: str) -> None:
    found = tilted_moment(parse(link).tree, 3, 1, Fraction(0), 15)
    assert not found.resolved()
    assert not found.refutes(found.value + 3 * found.error)


def test_a_number_known_to_less_than_the_standard_error_is_not_tested() -> None:
    wide = Row("x", 0.0, 0.01, claimed=5.0, room=10.0)
    narrow = Row("x", 0.0, 0.01, claimed=5.0, room=1.0)
    subject = Subject(parse("z"))
    assert judged(subject, [wide]).outcome is Outcome.UNDECIDED
    assert judged(subject, [narrow]).outcome is Outcome.REFUTES


@pytest.mark.parametrize(("estimate", "error"), [(nan, 0.01), (0.0, nan), (inf, 0.01), (0.0, inf)])
def test_an_estimate_that_is_no_number_neither_supports_nor_refutes(estimate: float, error: float) -> None:
    assert judged(Subject(parse("z")), [Row("x", estimate, error, claimed=0.0)]).outcome is Outcome.ERROR


def test_a_worthless_ball_refutes_no_simulation() -> None:
    subject = Subject(parse("z"))
    moment = Moment(subject.link.tree, 1, 1)
    assert simulated(subject, "x", [(moment, arb(-5, 1000))]).outcome is Outcome.UNDECIDED
    assert simulated(subject, "x", [(moment, arb(-5, 1))]).outcome is Outcome.REFUTES
    assert simulated(subject, "x", [(moment, arb(1, "1e-9"))]).outcome is Outcome.SUPPORTS


def test_a_moment_smaller_than_stated_is_seen_by_samples() -> None:
    subject = Subject(parse("bump4"))
    small, large = (Moment(subject.link.tree, k, 1) for k in (3, 4))
    assert simulated(subject, "x", [], [(small, arb("0.1"))]).outcome is Outcome.REFUTES
    assert simulated(subject, "x", [], [(large, arb("0.1"))]).outcome is Outcome.SUPPORTS


def test_v3_is_measured_where_a_residual_is_a_ball_about_zero() -> None:
    # FLINT's own power of such a ball is not a number, and neither was the cost that it entered.
    (found,) = (
        each
        for each in check(CLAIMS["V3"], Subject(parse("tanh(z) - 9/10"))).evidence
        if each.leg == "simulation"
    )
    assert found.outcome is Outcome.SUPPORTS


@pytest.mark.parametrize("raised", [NotIntegrable, Unresolved, Divergent], ids=lambda kind: kind.__name__)
def test_a_leg_that_cannot_tell_is_undecided_and_says_why(raised: type[ArithmeticError]) -> None:
    def leg(subject: Subject, statement: object) -> Finding:
        raise raised("the integral is out of reach")

    claim = replace(CLAIMS["L1"], legs=dict.fromkeys(CLAIMS["L1"].legs, leg))
    result = check(claim, Subject(parse("tanh")))
    assert result.verdict is Verdict.UNDECIDED
    found = {each.detail for each in result.evidence if each.leg != "symbolic"}
    assert found == {"the integral is out of reach"}


NOTHING = drawn_label.numeric_legs("B1", lambda subject, statement: [])


@pytest.mark.parametrize(
    "leg",
    [
        lambda subject: equation.by_enclosure(subject, []),
        lambda subject: equation.by_quadrature([]),
        lambda subject: identity.by_balls(subject, []),
        lambda subject: identity.by_estimates([]),
        lambda subject: neurons.of_each(lambda case: supports("so it is"), []),
        *(lambda subject, leg=leg: leg(subject, None) for leg in NOTHING.values()),
    ],
)
def test_a_leg_that_compared_nothing_supports_nothing(leg: Callable[[Subject], Finding]) -> None:
    assert leg(Subject(parse("tanh"))).outcome is Outcome.ABSENT


@pytest.mark.parametrize(
    ("link", "reason"),
    [("exp(z) - exp(2*z)", "t_max > 0 is not shown"), ("z**3", "t_max = 0: s rises faster")],
)
def test_that_no_temperature_is_found_is_not_that_there_is_none(link: str, reason: str) -> None:
    result = check(CLAIMS["P1"], Subject(parse(link)))
    assert result.verdict is Verdict.NOT_APPLICABLE
    assert reason in result.reason
