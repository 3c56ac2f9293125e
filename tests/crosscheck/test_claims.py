"""A verifier that cannot fail proves nothing: every falsified variant must come out REFUTED."""

from typing import Any

import pytest
from tiltproof.crosscheck.claim import Claim, Subject, Variant
from tiltproof.crosscheck.claims import CLAIMS
from tiltproof.crosscheck.run.scheduler import check
from tiltproof.crosscheck.verdict import Finding, Outcome, Verdict, decide
from tiltproof.link import parse

from .algebra_alone import ALGEBRA_ALONE
from .evidence import changed

#: Links on which the truth takes a second or more, where the other links of the claim speak for them.
LONG = {
    "B5": ("step",), "B6": ("window",), "H3": ("clip-square", "bump4"), "R1": ("staircase", "sign"),
    "R3": ("bump4",), "R4": ("sign-cubic",), "R5": ("minus-He4",), "R6": ("tanh-He4",),
    "R8": ("sign-cubic",), "R9": ("staircase",), "T3": ("where(z > 0, -1, -101/100)",), "T4": ("clip-He3",),
    "T5": ("relu", "sigmoid"), "T6": ("linear-3",), "T8": ("tanh",),
    "T10": ("where(z < -1/4, 1, where(z < 5/4, -1, 0))", "where(z < 1/2, 0, where(z < 3/2, 1, -1))"),
    "T13": ("z-cos",), "T14": ("clip-He3",), "V7": ("sigmoid",), "V8": ("sigmoid",),
}  # fmt: skip
#: Each claim on the links of its variants: as it stands, then the variants. Side by side they share what is
#: worked out for the link.
CASES = [
    pytest.param(
        claim,
        link,
        variant,
        id=f"{claim.id}-{variant.change if variant else link}",
        marks=pytest.mark.slow if variant is None and link in LONG.get(claim.id, ()) else [],
    )
    for claim in CLAIMS.values()
    for link in dict.fromkeys(variant.link for variant in claim.variants)
    for variant in (None, *(each for each in claim.variants if each.link == link))
]


@pytest.mark.parametrize(("claim", "link", "variant"), CASES)
def test_a_claim_holds_where_its_falsified_variants_are_refuted(
    claim: Claim[Any], link: str, variant: Variant[Any] | None
) -> None:
    result = check(claim, Subject(parse(link)), variant)
    assert not changed(result)
    if variant is None:
        dropped = [each for each in claim.variants if each.link == link and each.drops]
        assert result.verdict.green or (dropped and result.verdict is Verdict.NOT_APPLICABLE)
        return
    assert result.verdict is Verdict.REFUTED
    assert result.witness
    by_numbers = decide([found for found in result.evidence if found.leg != "symbolic"])
    assert (by_numbers is Verdict.REFUTED) != ((claim.id, variant.change) in ALGEBRA_ALONE)


def test_every_exception_names_a_variant() -> None:
    known = {(claim.id, variant.change) for claim in CLAIMS.values() for variant in claim.variants}
    assert ALGEBRA_ALONE.keys() <= known
    assert all(ALGEBRA_ALONE.values())


@pytest.mark.parametrize("claim", CLAIMS.values(), ids=lambda c: c.id)
def test_every_claim_has_at_least_three_variants_and_every_numeric_leg(claim) -> None:  # type: ignore[no-untyped-def]
    assert len(claim.variants) >= 3
    assert {"enclosure", "quadrature", "simulation"} <= set(claim.legs)


def test_a_refutation_needs_a_witness() -> None:
    with pytest.raises(ValueError, match="witness"):
        Finding(Outcome.REFUTES, "because")


@pytest.mark.parametrize("name", CLAIMS)
def test_no_claim_errs_on_a_constant_link(name: str) -> None:
    result = check(CLAIMS[name], Subject(parse("3")))
    assert result.verdict.green or result.verdict is Verdict.NOT_APPLICABLE


def test_stein_is_not_proved_where_the_mean_is_infinite() -> None:
    assert not check(CLAIMS["H1"], Subject(parse("exp(-z**2)**(-1)"))).verdict.green
