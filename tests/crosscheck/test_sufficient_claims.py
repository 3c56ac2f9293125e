"""T2 and T3 where a heuristic leg is weaker than its own noise, or asks beyond what the claim says."""

import pytest
from tiltproof.crosscheck.claim import Subject
from tiltproof.crosscheck.claims import CLAIMS
from tiltproof.crosscheck.run.scheduler import check
from tiltproof.crosscheck.verdict import Outcome, Verdict
from tiltproof.link import parse


def verdict(claim: str, link: str) -> Verdict:
    return check(CLAIMS[claim], Subject(parse(link))).verdict


@pytest.mark.parametrize(
    "link",
    [
        "tanh(z) - 9",
        pytest.param("tanh(z)/10**6 - 1", marks=pytest.mark.slow),
        "10**6*tanh(z) - 10**7",
        "where(z > 0, -1, -10001/10000)",
    ],
)
def test_the_structural_bound_is_not_refuted_below_itself(link: str) -> None:
    assert verdict("T3", link).green


@pytest.mark.parametrize("link", ["sin(8*z)", "clip(z**2*sqrt(2), 0, 1)", "1000*sign(z) - 100"])
def test_the_lambert_bound_is_enclosed_for_every_beta_above_it(link: str) -> None:
    assert verdict("T2", link) is Verdict.ENCLOSED


def test_quadrature_below_its_own_error_decides_nothing() -> None:
    found = check(CLAIMS["T2"], Subject(parse("sin(8*z)")))
    assert next(leg.outcome for leg in found.evidence if leg.leg == "quadrature") is Outcome.UNDECIDED


@pytest.mark.parametrize("link", ["clip(z**2*sqrt(2), 0, 1)", "clip(-pi*z**2/3, -1, 0)", "abs(sqrt(2)*z**2)"])
def test_an_irrational_factor_does_not_hide_where_a_polynomial_touches_zero(link: str) -> None:
    assert verdict("T1", link).green


@pytest.mark.parametrize("link", ["z", "z**2 - 10", "where(z > 0, -1, -3)"])
def test_exact_zeros_prove_the_structural_statement(link: str) -> None:
    assert verdict("T3", link) is Verdict.PROVED


def test_a_bound_at_every_beta_is_enclosed_where_dominance_excludes_zeros() -> None:
    assert verdict("T3", "bump4") is Verdict.ENCLOSED
