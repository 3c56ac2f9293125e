"""What names a label, and what is refused in one sentence."""

from fractions import Fraction

import pytest
from tiltproof.crosscheck.arguments import as_label, only_additive
from tiltproof.crosscheck.link_facts.exponents import require_allowed
from tiltproof.link import ADDITIVE, NOISELESS, LinkError, parse, parse_label, parse_noise


@pytest.mark.parametrize(
    "text",
    ["additive", "bernoulli(0, 1)", "bernoulli(-1, 1/2)", "poisson", "flip(1/4)", "preference(2)",
     "heteroscedastic(1 + z**2)"],
)  # fmt: skip
def test_a_label_is_written_as_it_is_read(text: str) -> None:
    assert str(parse_label(text)) == text
    assert parse_label(str(parse_label(text))) == parse_label(text)


def test_bernoulli_takes_0_and_1_if_left_alone() -> None:
    assert parse_label("Bernoulli").numbers == (Fraction(0), Fraction(1))
    assert parse_label(None) == ADDITIVE


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("poison", "is not a label"),
        ("flip", "is not a label"),
        ("poisson(2)", "is not a label"),
        ("flip(2)", "no probability"),
        ("flip(-1/2)", "no probability"),
        ("bernoulli(1, 1)", "two different values"),
        ("bernoulli(1)", "two different values"),
        ("preference(0)", "not a positive"),
        ("preference(-1)", "not a positive"),
        ("heteroscedastic(log(z))", "logarithm"),
        ("heteroscedastic(__import__('os'))", "unexpected"),
        ("flip(z)", "exact number"),
    ],
)
def test_what_is_no_label_is_refused(text: str, said: str) -> None:
    with pytest.raises(LinkError, match=said):
        parse_label(text)


def test_only_additive_labels_go_with_noise() -> None:
    assert as_label("additive", parse_noise("uniform(1)")) == ADDITIVE
    assert as_label("poisson", NOISELESS) == parse_label("poisson")
    with pytest.raises(LinkError, match="goes with no noise"):
        as_label("poisson", parse_noise("uniform(1)"))


def test_what_has_no_theory_of_drawn_labels_says_so() -> None:
    only_additive(ADDITIVE, "the policy")
    with pytest.raises(LinkError, match="additive labels only"):
        only_additive(parse_label("flip(1/3)"), "the policy")


@pytest.mark.parametrize(
    ("link", "label"),
    [
        ("sigmoid(2*z)", "bernoulli"),
        ("1/(1 + exp(-2*z))", "bernoulli"),
        ("where(abs(z) < 1, 0, 1)", "bernoulli(-1, 1)"),
        ("exp(-z**2/2)", "bernoulli"),
        ("1/2 + z*exp(-z**2/2)/2", "bernoulli"),
        ("z**2", "poisson"),
        ("exp(z)", "poisson"),
        ("abs(z)*exp(-z/3)", "poisson"),
        ("abs(z)/(1 + z**2)", "poisson"),
        ("z", "heteroscedastic(z**2)"),
        ("z", "flip(1/4)"),
        ("z", "preference(1)"),
    ],
)
def test_links_that_are_a_probability_a_rate_or_have_a_variance_are_allowed(link: str, label: str) -> None:
    require_allowed(parse(link), parse_label(label))


@pytest.mark.parametrize(
    ("link", "label", "said"),
    [
        ("tanh(z)", "bernoulli", "taken for a probability but lies between -1 and 1"),
        ("sigmoid(z) + 1/1000", "bernoulli", "taken for a probability"),
        ("z", "poisson", "taken for a rate"),
        ("z**2 - 1/1000", "poisson", "taken for a rate"),
        ("z", "heteroscedastic(z)", "taken for a variance"),
        ("z", "heteroscedastic(z**2 - 1/1000)", "taken for a variance"),
    ],
)
def test_links_that_are_not_are_refused_with_what_to_write(link: str, label: str, said: str) -> None:
    with pytest.raises(LinkError, match=said) as refusal:
        require_allowed(parse(link), parse_label(label))
    assert "write" in str(refusal.value)
