"""A user's claims about labels that are drawn: what they may speak of, and what becomes of them."""

import pytest
from tiltproof.crosscheck.assertions.claim import as_claim
from tiltproof.crosscheck.assertions.claim_file import loads
from tiltproof.crosscheck.assertions.user_claim import UserClaim
from tiltproof.crosscheck.claim import Subject
from tiltproof.crosscheck.run.scheduler import check
from tiltproof.link import parse, parse_label

from tiltproof import LinkError, Verdict

FILE = 'schema = 1\n[[claim]]\nid = "one"\nlink = "z**2"\nlabel = "{label}"\nassert = "{text}"\n'


def verdict(link: str, label: str, text: str) -> Verdict:
    claim = UserClaim("one", text, links=(parse(link),), label=parse_label(label))
    claim.validate()
    return check(as_claim(claim), Subject(parse(link))).verdict


@pytest.mark.parametrize(
    ("link", "label", "text"),
    [
        ("z**2", "poisson", "beta1 == 1/log(3/2)"),
        ("z**2", "poisson", "t_max == log(3/2) and GE == 2"),
        ("sigmoid(z)", "bernoulli(-3, -1)", "beta1 == 2/log(3)"),
        ("staircase", "preference(1)", "IE == 1"),
        ("staircase", "flip(1/4)", "IE == 3 and GE == 1"),
        ("bump4", "poisson", "GE <= IE"),
    ],
)
def test_true_claims_are_proved(link: str, label: str, text: str) -> None:
    assert verdict(link, label, text) is Verdict.PROVED


@pytest.mark.parametrize(
    ("link", "label", "text"),
    [
        # True of the link without the label.
        ("z**2", "poisson", "beta1 == 2"),
        ("staircase", "preference(1)", "IE == 3"),
        ("sigmoid(z)", "bernoulli(-3, -1)", "beta1 == 0"),
        ("z", "flip(1/2)", "GE == 1"),
    ],
)
def test_false_claims_are_refuted(link: str, label: str, text: str) -> None:
    assert verdict(link, label, text) is Verdict.REFUTED


def test_a_link_that_the_label_does_not_allow_is_passed_over() -> None:
    assert verdict("tanh(z)", "poisson", "GE == 1") is Verdict.NOT_APPLICABLE


def test_the_key_is_read_from_a_file() -> None:
    (claim,) = loads(FILE.format(label="poisson", text="GE == 2"), "claims.toml")
    assert claim.label == parse_label("poisson")


@pytest.mark.parametrize(
    ("label", "text", "said"),
    [
        ("poison", "GE == 2", "claims.toml: line 5: key label: .*not a label"),
        ("poisson", "alpha(2, 4) > 0", "key assert: alpha is a word of additive labels"),
        ("poisson", "mean(z) == 0", "key assert: mean is a word of additive labels"),
    ],
)
def test_what_a_label_has_no_words_for_is_refused(label: str, text: str, said: str) -> None:
    with pytest.raises(LinkError, match=said):
        loads(FILE.format(label=label, text=text), "claims.toml")


def test_a_label_goes_with_no_noise() -> None:
    text = FILE.format(label="poisson", text="GE == 2").replace("assert", 'noise = "gaussian(1)"\nassert')
    with pytest.raises(LinkError, match="goes with no noise"):
        loads(text, "claims.toml")
