"""Mistakes in what is forecast that once stayed green: each must be refuted by a claim."""

from collections.abc import Iterator
from dataclasses import replace

import pytest
from flint import arb
from tiltproof.crosscheck.claim import Subject
from tiltproof.crosscheck.claims import CLAIMS
from tiltproof.crosscheck.claims.v3 import learning_curves
from tiltproof.crosscheck.run.scheduler import check
from tiltproof.crosscheck.verdict import Verdict
from tiltproof.link import NOISELESS, Noise, parse
from tiltproof.numerics.deployment import learning, leverage
from tiltproof.numerics.deployment.suboptimality import Suboptimality
from tiltproof.numerics.expectation.labels import score_terms


@pytest.fixture(autouse=True)
def forgotten_curves() -> Iterator[None]:
    """The curves of true code do not answer for a mutant's, nor a mutant's for those of true code."""
    learning_curves.cache_clear()
    yield
    learning_curves.cache_clear()


def _verdict(claim: str) -> Verdict:
    return check(CLAIMS[claim], Subject(parse("tanh"))).verdict


@pytest.mark.parametrize("claim", ["V3", "V4"])
def test_nothing_is_refuted_without_a_mistake(claim: str) -> None:
    assert _verdict(claim) is Verdict.CHECKED


def test_a_thousandth_of_the_leverage_is_refuted(monkeypatch: pytest.MonkeyPatch) -> None:
    true = leverage.diameter
    monkeypatch.setattr(leverage, "diameter", lambda: true() / 1000)
    assert _verdict("V4") is Verdict.REFUTED


def test_clipping_at_a_tenth_of_the_range_is_refuted(monkeypatch: pytest.MonkeyPatch) -> None:
    true = Suboptimality.estimate
    monkeypatch.setattr(
        Suboptimality, "estimate", lambda self, t: replace(found := true(self, t), width=found.width / 10)
    )
    assert _verdict("V4") is Verdict.REFUTED


def test_a_label_cost_10_percent_too_large_is_refuted(monkeypatch: pytest.MonkeyPatch) -> None:
    def larger(noise: Noise, t: arb, *, label: bool) -> tuple[arb, arb, arb]:
        factor, kappa, nu = score_terms(noise, t, label=label)
        return factor * arb("1.1") if label else factor, kappa, nu

    monkeypatch.setattr(learning, "score_terms", larger)
    assert _verdict("V3") is Verdict.REFUTED


def test_a_surrogate_cost_without_the_noise_is_refuted(monkeypatch: pytest.MonkeyPatch) -> None:
    def quiet(noise: Noise, t: arb, *, label: bool) -> tuple[arb, arb, arb]:
        return score_terms(noise if label else NOISELESS, t, label=label)

    monkeypatch.setattr(learning, "score_terms", quiet)
    assert _verdict("V3") is Verdict.REFUTED
