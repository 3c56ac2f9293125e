"""What a user's claim may take is counted: the answer depends on the claim, not on machine or past."""

from fractions import Fraction

import pytest
import sympy
from tiltproof.crosscheck.assertions import by_balls, exact, pointwise
from tiltproof.crosscheck.claim import Subject
from tiltproof.crosscheck.claims import CLAIMS
from tiltproof.crosscheck.run.report import Result
from tiltproof.crosscheck.run.scheduler import check
from tiltproof.crosscheck.verdict import Verdict
from tiltproof.interface.answers.claim import claim
from tiltproof.link import NOISELESS, Signal, parse
from tiltproof.numerics import work
from tiltproof.numerics.expectation.oracle import oracle
from tiltproof.numerics.threshold.snr import Ratio, largest

TWO = {"beta": "(0.2, 20)", "p": "(0.2, 20)"}


def square() -> Result:
    return claim("(alpha(1, beta) - alpha(1, p))**2 >= 0", "sin(5*z)", TWO)


def test_a_claim_whose_work_is_used_up_stays_open_and_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(by_balls, "WORK", 2e5)
    found = square()
    assert found.verdict is Verdict.UNDECIDED
    assert any(each.detail.endswith("narrow the range or split the claim") for each in found.evidence)


def test_what_was_asked_before_changes_no_cell(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(by_balls, "WORK", 2e5)
    pointwise._curves.cache_clear()
    first = square()
    claim("V(beta) < 1 and alpha(3, beta) < 100", "sin(5*z)", {"beta": "(0.2, 20)"})
    assert square().evidence == first.evidence


@pytest.mark.parametrize(
    ("name", "link"),
    # Links that no other test asks about.
    [("T1", "tanh(z) - 91/101"), ("V3", "91/101*tanh(z)"), ("H4", "tanh(z) - 91/103")],
)
def test_a_claim_takes_as_much_work_whenever_it_is_checked(name: str, link: str) -> None:
    taken = [work._METER.taken]
    for _ in range(2):
        check(CLAIMS[name], Subject(parse(link)))
        taken.append(work._METER.taken)
    assert taken[2] - taken[1] == taken[1] - taken[0] > 0


def test_the_search_for_the_largest_snr_takes_as_much_from_its_allowance_whenever_it_is_made() -> None:
    ratio = Ratio(oracle(parse("91/101*tanh(z) + 20").tree), 1, Signal.WEIGHT, NOISELESS)
    spent = []
    for _ in range(2):
        with work.allowance(1e7) as account:
            largest(ratio, Fraction(4), 3, level=False)
        spent.append(account.spent)
    assert spent[0] == spent[1] > 0


def test_a_claim_that_fails_with_its_last_work_has_its_witness(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(by_balls, "WORK", 2e4)
    found = claim("V(beta) + p < 1/2", "tanh(z)", {"beta": "(0.2, 5)", "p": "[0, 1]"})
    assert found.verdict is Verdict.REFUTED
    assert "V(beta) + p < 1/2 is false, V(beta) + p =" in (found.witness or "")


@pytest.mark.parametrize(
    ("assertion", "name", "range_"),
    [
        ("1/(2 - beta) > 0", "beta", "[1, 2]"),
        ("V(beta)/(beta - 2)**2 > 0", "beta", "[2, 3]"),
        ("log(beta - 1) < 5", "beta", "[1, 2]"),
        ("1/p > 0", "p", "[0, 2]"),
    ],
)
def test_a_side_without_a_value_at_a_closed_end_keeps_the_claim_open(
    assertion: str, name: str, range_: str
) -> None:
    found = claim(assertion, "tanh(z)", {name: range_})
    assert found.verdict is Verdict.UNDECIDED
    assert any("at the closed end" in each.detail for each in found.evidence)


def test_a_comparison_fails_at_a_point_where_another_has_no_value() -> None:
    found = claim("beta != 2 and 1/(beta - 2) != 0", "tanh(z)", {"beta": "(1, 3)"})
    assert found.verdict is Verdict.REFUTED
    assert "beta = 2" in (found.witness or "")


def test_a_wave_that_is_whole_at_every_decimal_is_told_from_its_top() -> None:
    b = sympy.Symbol("b", positive=True)
    assert exact._differs(sympy.cos(2 * sympy.pi * 10**6 * b) - 1)


def test_a_tower_of_powers_is_not_written_out() -> None:
    assert claim("beta**beta**beta > 1/2", "tanh(z)", {"beta": "[1, 3]"}).verdict is Verdict.ENCLOSED
    assert claim("beta**beta**beta > 1/2", "tanh(z)", {"beta": "[1, 20]"}).verdict is Verdict.UNDECIDED
    assert claim("exp(exp(exp(beta))) > beta**beta**beta", "tanh(z)", {"beta": "(0.1, 20)"}).verdict in (
        Verdict.ENCLOSED,
        Verdict.UNDECIDED,
    )
