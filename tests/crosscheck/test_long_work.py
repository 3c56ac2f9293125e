"""Questions that took minutes: each ends with an answer, or says that its work is used up."""

from dataclasses import replace
from decimal import Decimal
from fractions import Fraction
from math import inf

import pytest
import sympy
from flint import arb
from tiltproof.crosscheck.claim import Subject
from tiltproof.crosscheck.claims import CLAIMS
from tiltproof.crosscheck.legs import equation, sgd_setting
from tiltproof.crosscheck.link_facts import zeros
from tiltproof.crosscheck.number import from_ball
from tiltproof.crosscheck.run import scheduler
from tiltproof.crosscheck.run.scheduler import check
from tiltproof.crosscheck.verdict import Outcome, Verdict
from tiltproof.link import NOISELESS, LinkError, Target, parse
from tiltproof.numerics.expectation.oracle import Unresolved
from tiltproof.numerics.precision import decimal_bounds
from tiltproof.numerics.work import allowance, spend

import tiltproof


@pytest.mark.parametrize("text", ["1/He(200, clip(z, 0, 2))", "1/He(200, sin(z))"])
def test_divisors_of_high_order_are_refused(text: str) -> None:
    with pytest.raises(LinkError, match="has a pole, or comes too close"):
        tiltproof.link(text)


@pytest.mark.parametrize("text", ["sign(z - z)", "relu(0*z)", "where(z != z, z, 0)"])
def test_the_policy_of_a_constant_in_disguise(text: str) -> None:
    found = tiltproof.policy(text, 2)
    assert Decimal(found.value.lower) <= 0 <= Decimal(found.value.upper) < Decimal("1e-1000")


def test_a_steep_sigmoid_is_answered() -> None:
    found = tiltproof.threshold("tanh(1e6*z)")
    assert found.beta1.value.closed_form == 0
    assert found.complete


@pytest.mark.slow
def test_fast_waves_are_answered() -> None:
    assert tiltproof.threshold("cos(1e4*z)").beta1.value.closed_form == 0


@pytest.mark.parametrize("share", ["1/10", pytest.param("1", marks=pytest.mark.slow)])
def test_a_fast_wave_on_a_line_is_given_up(share: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(zeros, "_WORK", float(Fraction(share) * Fraction(zeros._WORK)))
    beta1 = zeros.zeros.__wrapped__(parse("sin(1e3*z) + z"), "label", NOISELESS, 30)
    assert beta1.status == "UNDECIDED"
    assert "work allotted to this search is used up" in beta1.reason


@pytest.mark.parametrize("text", ["1e-2000000", "-3e2000000", "7e-20001", "2.5e1000000000"])
def test_numbers_of_very_many_digits_are_enclosed(text: str) -> None:
    lower, upper = map(Decimal, decimal_bounds(arb(text), 10))
    assert lower <= Decimal(text) <= upper
    assert lower.adjusted() - upper.adjusted() in (-1, 0, 1)
    assert from_ball(arb(text), 10).upper == str(upper).lower().replace("e+", "e")


def test_a_setting_whose_work_is_used_up_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sgd_setting, "_WORK", 10)
    with pytest.raises(Unresolved, match="work allotted to this search is used up"):
        sgd_setting.setting(Target(tiltproof.link("tanh(z) - 1/3"), Fraction(1, 7)))


def test_equations_whose_work_is_used_up_are_undecided(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(equation, "_WORK", 10)
    found = check(CLAIMS["H1"], Subject(parse("tanh(z) - 1/3")))
    by_leg = {evidence.leg: evidence.outcome for evidence in found.evidence}
    assert by_leg["enclosure"] == by_leg["simulation"] == Outcome.UNDECIDED


@pytest.mark.parametrize("asked_before", [False, True])
def test_all_legs_of_a_claim_share_its_work(asked_before: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    subject = Subject(parse("tanh(z) - 1/5"))
    if asked_before:
        assert check(CLAIMS["H1"], subject).verdict.green
    monkeypatch.setattr(scheduler, "_PARTS", {False: 1e-6})
    enclosure = next(each for each in check(CLAIMS["H1"], subject).evidence if each.leg == "enclosure")
    assert enclosure.outcome == Outcome.UNDECIDED
    assert "work allotted to one claim on one link is used up" in enclosure.detail


def test_an_assumption_that_the_work_does_not_settle_leaves_the_claim_open(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assumed = "alpha(1, 2) > 1/10"
    assert tiltproof.claim("IE == 1", "tanh(z) - 1/5", assume=assumed).verdict.green
    monkeypatch.setattr(scheduler, "_PARTS", {False: 1e-6})
    found = tiltproof.claim("IE == 1", "tanh(z) - 1/7", assume=assumed)
    assert found.verdict is Verdict.UNDECIDED
    assert "work allotted to one claim on one link is used up" in found.evidence[0].detail


def test_a_margin_takes_from_the_work_of_its_claim() -> None:
    def endless(*_: object) -> None:
        with allowance(inf):
            spend(1e12)

    found = check(replace(CLAIMS["T3"], margin=endless), Subject(parse("tanh(z) - 1/5")))
    assert found.verdict.green
    assert found.margin is None


def test_the_forecast_set_of_a_constant_is_no_question() -> None:
    assert check(CLAIMS["V4"], Subject(parse("3"))).verdict == "NOT_APPLICABLE"


def test_the_quadrature_leg_reads_numbers_that_need_a_hundred_thousand_bits() -> None:
    value, error = equation._number(1 - sympy.erf(354))
    assert abs(value) <= error < 1e-300
    root, error = equation._number(sympy.sqrt(2))
    assert abs(root**2 - 2) < 1e-14
    assert error < 1e-25


def test_a_level_near_zero_is_not_written_out() -> None:
    # Far out the link is e^{-10^10}, whose binary digits would fill the memory.
    found = tiltproof.threshold("exp(-(He(3, 5*z))**2)", digits=12)
    assert (found.beta1.value.closed_form, found.complete) == (0, True)


def test_the_efficiency_of_a_signal_lost_in_rounding_is_all_of_the_unit_interval() -> None:
    found = tiltproof.threshold("clip(where(z - 1e6 + z > 2, z - 1e6 + z, -1), -2, 2)")
    assert found.recommended is not None
    share = found.recommended.efficiency
    assert share is not None
    assert (share.lower, share.upper) == ("0", "1")
