"""The page about a link for which not every number is enclosed, or not every figure drawn."""

import pytest
from tiltproof.crosscheck.claim import Subject
from tiltproof.crosscheck.claims import CLAIMS
from tiltproof.crosscheck.link_facts.threshold import threshold
from tiltproof.crosscheck.run.report import Report
from tiltproof.crosscheck.verdict import Outcome
from tiltproof.interface.answers import report as answers
from tiltproof.interface.output.reports.figures import of_link
from tiltproof.interface.output.reports.pages import render_link
from tiltproof.link import parse


def test_what_is_not_enclosed_is_said_on_the_page(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(answers, "verify", lambda *_, **__: Report("1", 0, (), 0.0))
    found = answers.report("1000*sign(z) - 100", digits=10)
    assert found.coefficients is None
    assert found.missing[0].startswith("coefficients: at t = 1/beta = 2 the expectation")
    page = render_link(found, lambda share: None)
    assert "Not enclosed: coefficients: at t = 1/<var>β</var> = 2" in page
    assert "Tilted policy" in page
    assert "Tilted Hermite coefficients</h2>" not in page


def test_mass_beyond_the_grid_draws_no_figure() -> None:
    # The second zero, at beta = 3e-19, moves the mass to z = 3e9.
    assert not tuple(of_link(threshold("z/10**9 - 3"), "link"))


@pytest.mark.slow
def test_sums_that_are_rounding_alone_refute_nothing() -> None:
    claim = CLAIMS["T5"]
    found = claim.legs["quadrature"](Subject(parse("cos(4*pi*z)")), claim.statement)
    assert found.outcome is Outcome.SUPPORTS
