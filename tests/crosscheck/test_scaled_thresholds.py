"""Thresholds of c s + d at extreme c and d: what T4 says of each answer, and values from mpmath."""

from fractions import Fraction

import pytest
from tiltproof.crosscheck.arguments import as_noise
from tiltproof.crosscheck.link_facts.beyond import search_end
from tiltproof.crosscheck.link_facts.zeros import Zeros, zeros
from tiltproof.link import Signal, parse

HUGE, TINY = Fraction(10**12), Fraction(1, 10**12)
QUICK = ("z**2 - 10", "cos(pi*z)", "tanh(z) - 9/10")
#: Their `centered` signal, and that of waves, takes seconds.
SLOW = ("clip(He(3, z), -4, 4)", "tanh(He(4, z)/5)", "sin(2*z)")
LINKS = (*QUICK, *(pytest.param(link, marks=pytest.mark.slow) for link in SLOW))


def answered(link: str, signal: Signal = "label") -> Zeros:
    return zeros(parse(link), signal, as_noise(None), 12)


def agree(found: Zeros, base: Zeros, c: Fraction) -> None:
    """The same verdict, and c times the same exceptional temperatures."""
    assert found.status == base.status
    assert found.complete == base.complete
    assert len(found.exceptional) == len(base.exceptional)
    for own, other in zip(found.exceptional, base.exceptional, strict=True):
        assert Fraction(own.lower) <= c * Fraction(other.upper)
        assert c * Fraction(other.lower) <= Fraction(own.upper)


@pytest.mark.parametrize("c", [HUGE, TINY], ids=["huge", "tiny"])
@pytest.mark.parametrize("signal", ["label", "weight", pytest.param("centered", marks=pytest.mark.slow)])
@pytest.mark.parametrize("link", LINKS)
def test_answers_scale_with_the_link(link: str, signal: Signal, c: Fraction) -> None:
    agree(answered(f"({c})*({link})", signal), answered(link, signal), c)


@pytest.mark.parametrize("d", ["10**12", "-10**12"])
@pytest.mark.parametrize("signal", ["weight", pytest.param("centered", marks=pytest.mark.slow)])
@pytest.mark.parametrize("link", LINKS)
def test_a_huge_shift_moves_no_zero_of_weight_and_centered(link: str, signal: Signal, d: str) -> None:
    agree(answered(f"({link}) + ({d})", signal), answered(link, signal), Fraction(1))


@pytest.mark.parametrize(
    ("link", "beta1"),
    [
        # h'/h = 10^12 near t = 10^-12, h = sum over odd i of E[tanh(Z)^i Z] t^i/i! (mpmath, 40 digits).
        ("tanh(z) - 10**12", "999999999999.99999999999976671401"),
        ("2*(tanh(z) - 10**12)", "1999999999999.99999999999953342802"),
        ("10**12*(z**2 - 10)", "5000000000000"),
        ("10**12*tanh(z) - 9*10**11", "477203406103.02870941894"),
    ],
)
def test_the_threshold_of_a_link_far_from_its_own_scale(link: str, beta1: str) -> None:
    found = zeros(parse(link), "label", as_noise(None), 30)
    low, high = Fraction(found.beta1.lower), Fraction(found.beta1.upper)
    assert found.complete
    assert abs(low - Fraction(beta1)) < Fraction(beta1) / 10**20
    assert high - low <= low / 10**28


def test_a_shift_by_the_scale_of_the_link_is_none_by_its_unit() -> None:
    agree(answered("10**12*tanh(z) - 10**12"), answered("tanh(z) - 1"), HUGE)


@pytest.mark.parametrize("c", [HUGE, TINY], ids=["huge", "tiny"])
def test_the_search_ends_in_proportion_to_t_max(c: Fraction) -> None:
    assert search_end(parse(f"({c})*(z**2 - 10)")) * c == pytest.approx(Fraction(15, 32), rel=1e-3)


def test_a_root_of_a_polynomial_on_one_branch_leaves_no_temperature() -> None:
    found = answered("where(z > 1, sqrt(1 + (He(3, z) + 1)**2), 0)")
    assert (found.status, found.beta1.lower) == ("PROVED", "inf")


def test_a_search_that_runs_out_of_work_keeps_the_zero_that_it_found(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tiltproof.crosscheck.link_facts.zeros._WORK", 1.5e6)
    found = answered("tanh(He(4, z)/5)/10**12 - 10**12")
    assert found.status == "ENCLOSED"
    assert not found.complete
    # h'/h = 1/t + O(10^-12) for the small link, so t = 10^-12 to 20 digits and more.
    assert Fraction(found.beta1.lower) <= 10**12 <= Fraction(found.beta1.upper)
