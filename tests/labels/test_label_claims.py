"""A user's claims about labels that are drawn: what they may speak of, and what becomes of them."""

import pytest
from tiltproof.crosscheck.assertions.claim import as_claim
from tiltproof.crosscheck.assertions.claim_file import loads
from tiltproof.crosscheck.assertions.user_claim import Ranges, UserClaim, quantifier
from tiltproof.crosscheck.claim import Subject
from tiltproof.crosscheck.run.scheduler import check
from tiltproof.link import parse, parse_label

from tiltproof import LinkError, Verdict

FILE = 'schema = 1\n[[claim]]\nid = "one"\nlink = "z**2"\nlabel = "{label}"\nassert = "{text}"\n'


def verdict(link: str, label: str, text: str, ranges: Ranges = ()) -> Verdict:
    claim = UserClaim("one", text, ranges=ranges, links=(parse(link),), label=parse_label(label))
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
        # h_2(t) = 2u (1 - 2u)^{-3/2} at u = e^t - 1, and alpha_2 its derivative.
        ("z**2", "poisson", "h(2, 4) == 2*(exp(1/4) - 1)*(3 - 2*exp(1/4))**(-3/2)"),
        ("z**2", "poisson", "alpha(2, 4) == 2*exp(1/2)*(3 - 2*exp(1/4))**(-5/2)"),
        ("z**2", "poisson", "mu(1, 2) == 2 and mu(2, 2) == 14"),
        ("z**2", "poisson", "mean(z**4) == 3"),
        ("where(z > 0, 1/4, 3/4)", "bernoulli", "lambda2(1) == 1/(2*pi)"),
        ("where(z > 0, 1/4, 3/4)", "bernoulli(-1, 1)", "alpha(1, 2) == -cosh(1/2)/sqrt(2*pi)"),
        ("where(z > 0, 1/4, 3/4)", "bernoulli", "snr(2)/lambda2(1) == 1/2"),
        ("staircase", "flip(1/4)", "mu(1, 1) == 0 and mu(3, 1) != 0 and h(0, 2) > 1"),
        ("z", "heteroscedastic(z**2)", "mu(2, 2) == 4 and mu(1, 1) == 1"),
        ("sign(z)", "preference(1)", "mu(1, 1) == 2*tanh(1)/(2*sqrt(2*pi))"),
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
        ("z**2", "poisson", "h(2, 4) == 2/4*(1 - 2/4)**(-3/2)"),
        ("z**2", "poisson", "lambda2(2) == 1"),
        ("tanh(z)", "flip(1/4)", "alpha(1, 1) > 3/5"),
        ("sigmoid(z)", "bernoulli", "snr(2)/lambda2(1) > 1"),
        ("sign(z)", "preference(1)", "mu(1, 1) == sqrt(2/pi)"),
    ],
)
def test_false_claims_are_refuted(link: str, label: str, text: str) -> None:
    assert verdict(link, label, text) is Verdict.REFUTED


RANGES = [
    # alpha_2 of counts of rate z^2 is a rising function of u = e^t - 1 < 1/2.
    ("z**2", "poisson", "alpha(2, beta) > 2", "(4, oo)", Verdict.ENCLOSED),
    ("z**2", "poisson", "alpha(2, beta) > 3", "(5/2, oo)", Verdict.REFUTED),
    ("z**2", "poisson", "alpha(2, beta) > 0", "(2, oo)", Verdict.NOT_APPLICABLE),
    ("z**2", "poisson", "snr(beta) > 0", "(2, oo)", Verdict.NOT_APPLICABLE),
    ("sigmoid(2*z)", "bernoulli", "alpha(1, beta) > 0", "(0, oo)", Verdict.ENCLOSED),
    ("tanh(z)", "flip(1/4)", "abs(h(1, beta)) < 1", "[1, 20]", Verdict.ENCLOSED),
    ("tanh(z) + 1", "poisson", "alpha(1, beta) > 0", "(0, oo)", Verdict.ENCLOSED),
    ("z", "preference(1)", "alpha(1, beta) == cosh(1/beta)*mu(1, 1)", "[1, 20]", Verdict.ENCLOSED),
    ("z", "preference(1)", "alpha(3, beta) > 0", "[1, 20]", Verdict.REFUTED),
    ("z", "heteroscedastic(1)", "alpha(1, 2) > 2", None, Verdict.REFUTED),
]  # fmt: skip


@pytest.mark.parametrize(("link", "label", "text", "beta", "expected"), RANGES)
def test_a_temperature_of_a_label_ranges(
    link: str, label: str, text: str, beta: str | None, expected: Verdict
) -> None:
    ranges = () if beta is None else (("beta", quantifier("beta", beta)),)
    assert verdict(link, label, text, ranges) is expected


def test_a_link_that_the_label_does_not_allow_is_passed_over() -> None:
    assert verdict("tanh(z)", "poisson", "GE == 1") is Verdict.NOT_APPLICABLE


def test_the_key_is_read_from_a_file() -> None:
    (claim,) = loads(FILE.format(label="poisson", text="GE == 2"), "claims.toml")
    assert claim.label == parse_label("poisson")


@pytest.mark.parametrize(
    ("label", "text", "said"),
    [
        ("poison", "GE == 2", "claims.toml: line 5: key label: .*not a label"),
        ("poisson", "logM(4) > 0", "key assert: logM is about the policy whose reward is the link"),
        ("poisson", "h(2, 4) > KL(4)", "key assert: KL is about the policy .* write h.0, beta."),
    ],
)
def test_what_a_label_has_no_words_for_is_refused(label: str, text: str, said: str) -> None:
    with pytest.raises(LinkError, match=said):
        loads(FILE.format(label=label, text=text), "claims.toml")


def test_a_label_goes_with_no_noise() -> None:
    text = FILE.format(label="poisson", text="GE == 2").replace("assert", 'noise = "gaussian(1)"\nassert')
    with pytest.raises(LinkError, match="goes with no noise"):
        loads(text, "claims.toml")
