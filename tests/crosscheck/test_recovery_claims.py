"""Simulation alone tells the falsified chains apart, and sees a trend in d where there is one."""

from dataclasses import replace
from fractions import Fraction

import pytest
from tiltproof.crosscheck.claim import Subject
from tiltproof.crosscheck.claims import CLAIMS
from tiltproof.crosscheck.legs.neurons import at_threshold, contrast, single_term
from tiltproof.crosscheck.legs.recovery import ShareLaw, compared, growth, shares, slope
from tiltproof.crosscheck.legs.sgd_setting import Setting
from tiltproof.crosscheck.run.scheduler import check
from tiltproof.crosscheck.verdict import Outcome, Verdict
from tiltproof.link import parse, parse_noise

CHAIN = CLAIMS["R2"]


def trained(name: str) -> tuple[Subject, Setting]:
    made = single_term(parse(name))
    assert isinstance(made, Setting)
    return Subject(parse(name)), made


@pytest.mark.parametrize("variant", CHAIN.variants, ids=lambda variant: variant.change)
def test_two_samples_tell_a_falsified_chain_from_vectors(variant) -> None:  # type: ignore[no-untyped-def]
    found = CHAIN.legs["simulation"](Subject(parse(variant.link)), variant.statement)
    assert found.outcome is Outcome.REFUTES
    assert "vectors and the statement" in (found.witness or "")


@pytest.mark.parametrize(("share", "outcome"), [(1.0, Outcome.SUPPORTS), (0.6, Outcome.REFUTES)])
def test_a_wrong_share_is_outside_its_interval(share: float, outcome: Outcome) -> None:
    claimed: ShareLaw = lambda scaled: share  # noqa: E731
    assert shares(*trained("tanh"), 0.8, claimed, lambda scaled: 1.0).outcome is outcome


def test_a_slope_that_is_off_by_one_is_refuted() -> None:
    subject, made = trained("tanh")
    found = slope(subject, made, "test")
    for power, outcome in ((1, Outcome.SUPPORTS), (3, Outcome.REFUTES)):
        judged = compared(subject, [("", found, lambda low, high, power=power: growth(power, low, high))])  # type: ignore[misc]
        assert judged.outcome is outcome


def test_an_order_that_takes_too_many_samples_is_not_measured() -> None:
    subject, made = trained("sign-cubic")
    assert isinstance(slope(subject, replace(made, order=5), "test"), str)


def test_the_threshold_is_tried_where_fourth_moments_exist() -> None:
    assert "E T(y)^4" in at_threshold(parse("square-10"), Fraction(1))  # 4 t0 = 4/5 > t_max = 1/2
    pair = at_threshold(parse("linear-3"), Fraction(1))
    assert isinstance(pair, tuple)
    there, above = pair
    assert there.target.t == 2 * above.target.t
    assert there.delta == above.delta


#: IE 3, GE 1, and alpha_1, alpha_3 of opposite signs: b_3 must be negative.
OPPOSITE = "z**3*exp(-z**2) - z*exp(-z**2)"


def test_the_contrast_tries_both_signs_of_the_activation() -> None:
    pair = contrast(parse(OPPOSITE))
    assert isinstance(pair, tuple)
    assert [made.order for made in pair] == [1, 3]
    assert all(made.lawless is None for made in pair)


@pytest.mark.parametrize("name", ["R3", "R4", pytest.param("R5", marks=pytest.mark.slow)])
def test_recovery_is_checked_where_the_tilt_turns_the_drift(name: str) -> None:
    assert check(CLAIMS[name], Subject(parse(OPPOSITE))).verdict is Verdict.CHECKED


@pytest.mark.parametrize("name", ["R3", "R4", "R6", "R7"])
@pytest.mark.parametrize("noise", ["gaussian(1)", "rademacher(1/2)"])
def test_recovery_is_checked_under_noise(name: str, noise: str) -> None:
    found = check(CLAIMS[name], Subject(parse("linear-3"), parse_noise(noise)))
    assert found.verdict is Verdict.CHECKED
    assert all(e.outcome is Outcome.SUPPORTS for e in found.evidence)


@pytest.mark.parametrize("name", ["R3", "R4", "R5", "R7"])
def test_the_moment_that_fails_is_named(name: str) -> None:
    found = check(CLAIMS[name], Subject(parse("He(3, z)")))
    assert found.verdict is Verdict.NOT_APPLICABLE
    assert "E|T(y)|^(2+eps) = oo at every finite beta" in found.reason


@pytest.mark.parametrize(("scale", "outcome"), [(1.0, Outcome.SUPPORTS), (0.0, Outcome.REFUTES)])
def test_what_the_division_by_the_norm_takes_is_seen_in_the_median(scale: float, outcome: Outcome) -> None:
    subject, made = trained("tanh")
    claims = [("", slope(subject, made, "test"), lambda low, high: growth(1, low, high))]
    assert compared(subject, claims, medians=True, shrinking=scale).outcome is outcome


ENDS = CLAIMS["R7"]
#: What a leg cannot see: a rate where the mean rests, and a fifteenth of a mean known to 3%.
UNSEEN = {"simulation": {"eta d in place of eta (d - 1)", "an excess that shrinks at half the rate"}}


@pytest.mark.parametrize("leg", ["symbolic", "enclosure", "quadrature", "simulation"])
@pytest.mark.parametrize("variant", ENDS.variants, ids=lambda variant: variant.change)
def test_each_leg_alone_tells_where_training_ends(leg, variant) -> None:  # type: ignore[no-untyped-def]
    subject = Subject(parse(variant.link))
    assert ENDS.legs[leg](subject, ENDS.statement).outcome is Outcome.SUPPORTS
    refuted = ENDS.legs[leg](subject, variant.statement).outcome is Outcome.REFUTES
    assert refuted != (variant.change in UNSEEN.get(leg, ()))


@pytest.mark.slow
@pytest.mark.parametrize("name", ["tanh", "square", "sign-cubic", "bump4", "relu"])
def test_means_on_a_line_down_to_zero_meet_the_law_of_the_end(name: str) -> None:
    found = ENDS.legs["simulation"](Subject(parse(name), full=True), ENDS.statement)
    assert found.outcome is Outcome.SUPPORTS


def test_an_end_that_takes_too_many_steps_is_not_run() -> None:
    # The noise is two thousand times the link.
    found = check(ENDS, Subject(parse("tanh(z)/1000"), parse_noise("gaussian(2)")))
    assert found.verdict is Verdict.CHECKED
    (run,) = (e for e in found.evidence if e.leg == "simulation")
    assert run.outcome is Outcome.ABSENT
    assert "not simulated" in run.detail


@pytest.mark.parametrize("text", ["tanh(z)*100 - 300", "sin(20*z)"])
@pytest.mark.parametrize("name", ["R3", "R7"])
def test_a_link_whose_signal_leaves_the_doubles_is_no_error(name: str, text: str) -> None:
    reason = CLAIMS[name].inapplicable(Subject(parse(text)))
    assert (reason is None) == (text != "sin(20*z)")
