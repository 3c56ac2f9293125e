"""The four lowerings agree on random links, through the claim that says so."""

from hypothesis import HealthCheck, assume, given, settings
from tiltproof.crosscheck.claim import Subject
from tiltproof.crosscheck.claims import CLAIMS
from tiltproof.crosscheck.run.scheduler import check
from tiltproof.crosscheck.verdict import Outcome, Verdict
from tiltproof.link import Link, LinkError, parse
from tiltproof.link.text import text
from tiltproof.link.tree import Node

from ..link.strategies import trees


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much]
)
@given(trees(depth=3))
def test_four_lowerings_agree_on_random_links(tree: Node) -> None:
    link = _link(tree)
    result = check(CLAIMS["L1"], Subject(link))
    legs = {e.leg: e for e in result.evidence}
    # Doubles overflow or cancel in a random tree; the two exact readings and mpmath never may.
    assert legs["enclosure"].outcome is not Outcome.REFUTES, result.witness
    assert legs["quadrature"].outcome is not Outcome.REFUTES, result.witness
    assert Outcome.ERROR not in {e.outcome for e in result.evidence}, result.evidence


def _link(tree: Node) -> Link:
    try:
        return parse(text(tree))
    except LinkError:
        assume(False)
        raise


def test_kinks_are_among_the_points() -> None:
    result = check(CLAIMS["L1"], Subject(parse("where(z > 1/3, sign(z - 2), abs(z + 1))")))
    # Points are instances, however they are chosen.
    assert result.verdict is Verdict.CHECKED
