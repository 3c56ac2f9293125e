"""A verifier that cannot fail proves nothing: every falsified variant must come out REFUTED."""

import pytest
from tiltproof.crosscheck.claim import Subject
from tiltproof.crosscheck.claims import CLAIMS
from tiltproof.crosscheck.run.scheduler import check
from tiltproof.crosscheck.verdict import Evidence, Outcome, Verdict, decide
from tiltproof.link import parse

from .algebra_alone import ALGEBRA_ALONE
from .evidence import changed

VARIANTS = [(claim, variant) for claim in CLAIMS.values() for variant in claim.variants]


@pytest.mark.parametrize(
    ("claim", "variant"), VARIANTS, ids=lambda x: getattr(x, "change", getattr(x, "id", ""))
)
def test_falsified_variants_are_refuted_with_a_witness_and_by_numbers_alone(claim, variant) -> None:  # type: ignore[no-untyped-def]
    result = check(claim, Subject(parse(variant.link)), variant)
    assert result.verdict is Verdict.REFUTED
    assert result.witness
    numeric = [found for found in result.evidence if found.leg != "symbolic"]
    by_numbers = decide(numeric) is Verdict.REFUTED
    assert by_numbers != ((claim.id, variant.change) in ALGEBRA_ALONE)
    assert not changed(result)


def test_every_exception_names_a_variant() -> None:
    known = {(claim.id, variant.change) for claim, variant in VARIANTS}
    assert ALGEBRA_ALONE.keys() <= known
    assert all(ALGEBRA_ALONE.values())


@pytest.mark.parametrize(("name", "link"), dict.fromkeys((claim.id, v.link) for claim, v in VARIANTS))
def test_the_true_statement_holds_where_its_variant_fails(name: str, link: str) -> None:
    result = check(CLAIMS[name], Subject(parse(link)))
    dropped = [v for v in CLAIMS[name].variants if v.link == link and v.drops]
    assert result.verdict.green or (dropped and result.verdict is Verdict.NOT_APPLICABLE)
    assert not changed(result)


@pytest.mark.parametrize("claim", CLAIMS.values(), ids=lambda c: c.id)
def test_every_claim_has_at_least_three_variants_and_every_numeric_leg(claim) -> None:  # type: ignore[no-untyped-def]
    assert len(claim.variants) >= 3
    assert {"enclosure", "quadrature", "simulation"} <= set(claim.legs)


def test_a_refutation_needs_a_witness() -> None:
    with pytest.raises(ValueError, match="witness"):
        Evidence("symbolic", Outcome.REFUTES, "because")


@pytest.mark.parametrize("name", CLAIMS)
def test_no_claim_errs_on_a_constant_link(name: str) -> None:
    result = check(CLAIMS[name], Subject(parse("3")))
    assert result.verdict.green or result.verdict is Verdict.NOT_APPLICABLE


def test_stein_is_not_proved_where_the_mean_is_infinite() -> None:
    assert not check(CLAIMS["H1"], Subject(parse("exp(-z**2)**(-1)"))).verdict.green
