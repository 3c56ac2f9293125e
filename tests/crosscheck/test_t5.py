"""T5 goes red where `threshold` gives a wrong efficiency, or a temperature that is not the best."""

from dataclasses import replace

import pytest
from tiltproof.crosscheck.claim import Subject
from tiltproof.crosscheck.claims import t5
from tiltproof.crosscheck.link_facts.recommended import Recommended
from tiltproof.crosscheck.link_facts.threshold import Threshold, threshold
from tiltproof.crosscheck.run.scheduler import check
from tiltproof.crosscheck.verdict import Outcome, Verdict
from tiltproof.link import Link, Signal, parse


def refuting(link: str, monkeypatch: pytest.MonkeyPatch, **wrong: object) -> set[str]:
    """The legs that refute T5 when ``threshold`` answers ``wrong`` for ``label``."""

    def answer(asked: Link, kind: Signal) -> Threshold:
        found = threshold(asked, kind)
        if kind != "label":
            return found
        assert isinstance(found.recommended, Recommended)
        return replace(found, recommended=replace(found.recommended, **wrong))

    monkeypatch.setattr(t5, "threshold", answer)
    result = check(t5.CLAIM, Subject(parse(link)))
    assert result.verdict is Verdict.REFUTED
    return {e.leg for e in result.evidence if e.outcome is Outcome.REFUTES}


@pytest.mark.parametrize("link", ["cos(pi*z)", "relu(z)"])
def test_an_efficiency_that_counts_lambda_as_1(link: str, monkeypatch: pytest.MonkeyPatch) -> None:
    found = threshold(parse(link)).recommended
    assert found is not None
    assert refuting(link, monkeypatch, efficiency=found.snr) == {"enclosure", "quadrature"}


def test_a_temperature_that_is_not_the_best(monkeypatch: pytest.MonkeyPatch) -> None:
    """The SNR of z - 3 falls from 1/10 at beta = oo."""
    found = threshold(parse("z - 3")).recommended
    assert found is not None
    wrong = replace(found.beta, lower="4", upper="4")
    assert refuting("z - 3", monkeypatch, beta=wrong) == {"enclosure", "quadrature"}


#: Quadrature alone refuted the first by its own noise, "SNR exceeds 1", and the last, which jumps at -c and c
#: alike, by grids that agreed where both were wrong.
@pytest.mark.parametrize(
    "link", [pytest.param("z/1000 - 3", marks=pytest.mark.slow), "sin(z)", "window", "sign-cubic"]
)
def test_true_answers_are_not_refuted(link: str) -> None:
    result = check(t5.CLAIM, Subject(parse(link)))
    assert result.verdict is Verdict.CHECKED
    found = {e.leg: e.outcome for e in result.evidence}
    assert found["enclosure"] is found["quadrature"] is Outcome.SUPPORTS
