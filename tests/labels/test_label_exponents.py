"""Exponents under labels that are drawn, also against published ones."""

from fractions import Fraction

import pytest
from tiltproof.crosscheck.link_facts.exponents import vanishes
from tiltproof.link import parse, parse_label
from tiltproof.numerics.expectation.preference import preferred

from tiltproof import LinkError, Verdict, exponents

GREEN = (Verdict.PROVED, Verdict.ENCLOSED)


@pytest.mark.parametrize(
    ("link", "label", "information", "generative", "witness"),
    [
        ("sigmoid(2*z)", "bernoulli", 1, 1, 1),
        # GE(p) = 1 < IE(p) = 3: a coin of bias p hides which level p has.
        ("where(z > 0, 1, 0)*where(abs(z) < sqrt(2*log(3)), 3/4, 0)"
         " + where(z < 0, 1, 0)*where(abs(z) < sqrt(2*log(3)), 1/4, 1)"
         " + where(z == 0, 1/2, 0)", "bernoulli", 3, 3, 1),
        ("exp(z/2)", "poisson", 1, 1, 1),
        ("bump4", "poisson", 4, 4, 1),
        ("abs(staircase)", None, 2, 2, 1),
        ("staircase", "flip(1/4)", 3, 1, 3),
        ("z", "flip(1/2)", None, 2, 2),
        ("tanh(z) - 9/10", "flip(1/2)", None, 1, 2),
        ("sign(z)", "flip(1/2)", None, None, None),
        ("staircase", "flip(1/2)", None, 2, 2),
        ("0", "heteroscedastic(1 + z**2)", None, 2, 2),
        ("z**2", "heteroscedastic(exp(-z**2))", 2, 2, 1),
        ("z", "heteroscedastic(z**2)", 1, 1, 1),
        ("He3", "heteroscedastic(1/2)", 3, 1, 3),
        ("He3", "heteroscedastic(z**2)", 3, 1, 3),
        ("He2", "heteroscedastic(exp(z))", 2, 1, 2),
        ("abs(z)", "preference(1)", 2, 2, 1),
        ("sign-cubic", "preference(1)", 3, 3, 1),
        ("bump4", "preference(1/3)", 4, 4, 1),
        # Both below IE(s) = 3: the reward is seen through tanh.
        ("staircase", "preference(1)", 1, 1, 1),
        ("cos(3*z) - z", "preference(2)", 1, 1, 1),
    ],
)  # fmt: skip
def test_exponents_under_labels(
    link: str, label: str | None, information: int | None, generative: int | None, witness: int | None
) -> None:
    if link == "abs(staircase)":
        link = "where(abs(z) < sqrt(2*log(3)), 1, 2)"
    found = exponents(link, label=label)
    assert found.information_exponent.value == information
    assert found.generative_exponent.value == generative
    assert found.witness_power == witness
    assert all(each.status in GREEN for each in (found.information_exponent, found.generative_exponent))


@pytest.mark.parametrize(
    ("link", "label", "generative", "source"),
    [
        ("z*exp(-z**2/2)", None, 1, "an odd bump has E[y He_1] = 2^{-3/2}"),
        ("z**2*exp(-z**2)", None, 4, "Damian, Pillaud-Vivien, Lee, Bruna 2024"),
        ("sign(z**2 - 1)", None, 2, "1-bit phase retrieval: Mondelli, Montanari 2018"),
        ("where(abs(z) < 0.674489, 1, -1)", None, 2, "symmetric door: Maillard et al. 2020"),
        ("where(abs(z) < 0.674489, 1, 0)", "bernoulli", 2, "the same, as a probability"),
        ("z**2", "poisson", 2, "Poisson phase retrieval: Mondelli, Montanari 2018"),
        ("sigmoid(z)", "bernoulli", 1, "logistic teacher: Sur, Candes 2019"),
        ("z**2", None, 2, "phase retrieval: Mondelli, Montanari 2018"),
    ],
)  # fmt: skip
def test_published_exponents(link: str, label: str | None, generative: int, source: str) -> None:
    assert source
    assert exponents(link, label=label).generative_exponent.value == generative


@pytest.mark.parametrize(("a", "side"), [("1.5146989842493193423", -1), ("1.5146989842493193424", 1)])
def test_sharp_preferences_see_the_mid_ranks(a: str, side: int) -> None:
    """Levels 1, then -2 beyond a, odd: E[mid-rank He_1] passes 0 where P = (1 + 2P) e^{-a^2/2},

    P = P(|z| < a): there IE(g) is 3.
    """
    tree = parse(f"sign(z)*where(abs(z) < {a}, 1, -2)").tree
    value = preferred(tree, Fraction(1, 100), (1,), 30)[1]
    assert (value > 0) if side > 0 else (value < 0)


def test_an_open_preference_is_undecided() -> None:
    # E e^{c|s|} is infinite for a cubic: no frequency sum is proved, and no rule of shape applies.
    found = exponents("He3", label="preference(1)")
    assert found.generative_exponent.status is Verdict.UNDECIDED
    assert found.lambda_squared is None


def test_the_answer_names_its_label_and_noise() -> None:
    assert exponents("z", label="flip(1/4)", digits=10).as_json()["label"] == "flip(1/4)"
    assert exponents("z", "gaussian(1)").as_json()["noise"] == "gaussian(1)"
    with pytest.raises(LinkError, match="goes with no noise"):
        exponents("z", "gaussian(1)", "flip(1/4)")


def test_an_odd_link_is_preferred_with_odd_orders_alone() -> None:
    """GE = 2, and g(z) is odd: E[g He_1] = E[g He_2] = 0."""
    found = exponents("sign(z)*(1 - 2*exp(-z**2/2))", label="preference(1)").information_exponent
    assert found.value == 3
    assert found.reason is not None
    assert "for 1 <= j < 3" in found.reason


@pytest.mark.parametrize(
    ("link", "label", "zero", "other"),
    [
        ("tanh(z)", "preference(1)", {2, 4}, {0, 1, 3}),
        ("sigmoid(z)", "bernoulli", {2, 4}, {0, 1, 3}),
        ("where(z == 0, 1, 0)", "bernoulli", {1, 2}, {0}),
        ("tanh(z)", "flip(1/2)", {1}, {0, 2}),
        ("tanh(z)", "flip(1/4)", set(), {0, 1, 2, 3}),
        ("1 + cos(z)", "poisson", {1, 3}, {0, 2}),
        ("z**2", "heteroscedastic(exp(z))", set(), {0, 1, 2}),
    ],
)
def test_the_orders_that_vanish_at_every_temperature(
    link: str, label: str, zero: set[int], other: set[int]
) -> None:
    s, law = parse(link), parse_label(label)
    assert {k for k in zero | other if vanishes(s, law, k)} == zero
