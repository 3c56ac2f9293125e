"""The laws of recovery on drawn labels, by the exact chain: samples to recovery and recovered shares."""

from dataclasses import replace
from functools import partial

import pytest
from tiltproof.crosscheck.claim import Subject
from tiltproof.crosscheck.claims.r3 import Statement as Fraction
from tiltproof.crosscheck.legs.neurons import drawn, single_term
from tiltproof.crosscheck.legs.recovery import compared, growth, shares, slope
from tiltproof.crosscheck.legs.sgd_setting import Setting
from tiltproof.crosscheck.verdict import Outcome
from tiltproof.link import parse

#: What is drawn for each link, and the order that leads with it.
LABELS = {
    "sigmoid": ("bernoulli(0, 1)", 1),
    "gaussian-bump": ("bernoulli(0, 1)", 2),
    "relu": ("poisson", 1),
    "abs": ("poisson", 2),
    "sign": ("preference(1)", 1),
    "z - 3": ("preference(1)", 1),
    "sign-cubic": ("preference(1)", 3),
    "tanh": ("flip(1/2)", 2),
    "tanh-9/10": ("heteroscedastic(exp(-z**2))", 1),
    "z**2 + z**3/(1 + z**2)": ("heteroscedastic(exp(-z**2))", 1),
}
SUBJECT = Subject(parse("tanh"), alarm=1e-5)


def setting(link: str) -> Setting:
    (law,) = drawn(parse(link))
    made = single_term(parse(link), law)
    assert isinstance(made, Setting)
    return made


@pytest.mark.parametrize("link", LABELS)
def test_a_link_gets_the_first_label_that_suits_it(link: str) -> None:
    made = setting(link)
    assert (str(made.target.label), made.order) == LABELS[link]


@pytest.mark.parametrize("link", [link for link, (_, order) in LABELS.items() if order < 3])
def test_samples_grow_as_the_exponent_of_the_label_says(link: str) -> None:
    made = setting(link)
    law = partial(growth, made.order)
    found = slope(SUBJECT, made, link)
    assert compared(SUBJECT, [("", found, law)], medians=True).outcome is Outcome.SUPPORTS
    assert compared(SUBJECT, [("", found, lambda low, high: law(low, high) + 0.5)]).outcome is Outcome.REFUTES


@pytest.mark.parametrize(
    "link", ["sigmoid", "sign", "tanh", pytest.param("sign-cubic", marks=pytest.mark.slow)]
)
def test_the_fraction_of_the_label_recovers(link: str) -> None:
    made, true = setting(link), Fraction()
    false = replace(true, first=true.later, later=true.first)
    judged = [
        shares(SUBJECT, made, 0.8, partial(law.law, made.order), partial(true.law, made.order)).outcome
        for law in (true, false)
    ]
    assert judged == [Outcome.SUPPORTS, Outcome.REFUTES]
