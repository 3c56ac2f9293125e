"""P4 at t = t_max/2: chi2 is infinite there iff M(t_max) is, and both cases are tried."""

import pytest
from tiltproof.crosscheck.claim import Subject
from tiltproof.crosscheck.claims import p4
from tiltproof.crosscheck.run.scheduler import check
from tiltproof.crosscheck.verdict import Outcome, Verdict
from tiltproof.link import parse


@pytest.mark.parametrize(
    "link", ["z**2/2 - abs(z)", "z**2/2 - 2*log(1 + z**2)", "z**2/2 + log(1 + z**2)", "3*z**2", "z**2 + z"]
)
def test_the_end_of_finite_variance(link: str) -> None:
    result = check(p4.CLAIM, Subject(parse(link)))
    assert result.verdict is Verdict.CHECKED
    assert {e.leg: e.outcome for e in result.evidence}["enclosure"] is Outcome.SUPPORTS


@pytest.mark.parametrize("link", ["z**2/2 - abs(z)", "z**2/2 - 2*log(1 + z**2)"])
def test_a_finite_chi2_at_the_end_refutes_that_it_is_always_infinite(link: str) -> None:
    found = p4.enclosed(Subject(parse(link)), p4.Statement(edge="always"))
    assert found.outcome is Outcome.REFUTES


def test_an_end_that_is_not_settled_is_undecided() -> None:
    subject = Subject(parse("z**2/2 - log(1 + z**2)/4"))
    assert p4.enclosed(subject, p4.Statement()).outcome is Outcome.UNDECIDED
