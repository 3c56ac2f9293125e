"""Simulation alone tells the falsified chains apart, and sees a trend in d where there is one."""

from dataclasses import replace

import pytest
from tiltproof.crosscheck.claims import CLAIMS
from tiltproof.crosscheck.neurons import at_threshold, single_term
from tiltproof.crosscheck.setting import Setting
from tiltproof.crosscheck.shares import Law, shares
from tiltproof.crosscheck.slopes import compared, growth, slope
from tiltproof.crosscheck.subject import Subject
from tiltproof.crosscheck.verdict import Outcome
from tiltproof.link import parse

CHAIN = CLAIMS["R2"]


def trained(name: str) -> tuple[Subject, Setting]:
    made = single_term(parse(name))
    assert made is not None
    return Subject(parse(name)), made


@pytest.mark.parametrize("variant", CHAIN.variants, ids=lambda variant: variant.change)
def test_two_samples_tell_a_falsified_chain_from_vectors(variant) -> None:  # type: ignore[no-untyped-def]
    found = CHAIN.legs["simulation"](Subject(parse(variant.link)), variant.statement)
    assert found.outcome is Outcome.REFUTES
    assert "vectors and the statement" in (found.witness or "")


@pytest.mark.parametrize(("share", "outcome"), [(1.0, Outcome.SUPPORTS), (0.6, Outcome.REFUTES)])
def test_a_wrong_share_is_outside_its_interval(share: float, outcome: Outcome) -> None:
    claimed: Law = lambda scaled: share  # noqa: E731
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
    assert at_threshold(parse("square-10"), parse("1").tree.value) is None  # 4 t0 = 4/5 > t_max = 1/2
    pair = at_threshold(parse("linear-3"), parse("1").tree.value)
    assert pair is not None
    there, above = pair
    assert there.at == 2 * above.at
    assert there.delta == above.delta
