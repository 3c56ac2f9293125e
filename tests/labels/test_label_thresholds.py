"""Thresholds and coefficients under labels that are drawn."""

from fractions import Fraction

import pytest
import sympy
from tiltproof.crosscheck.link_facts.threshold import threshold_alone
from tiltproof.crosscheck.number import Number
from tiltproof.link import parse, parse_label
from tiltproof.numerics.estimates.sampling import label_moment

from tiltproof import LinkError, Verdict, coefficients, exponents, formulas, threshold

from ..commands.in_process import run


def encloses(number: Number, value: str) -> bool:
    unit = Fraction(1, 10 ** len(value.partition(".")[2]))
    return Fraction(number.lower) - unit <= Fraction(value) <= Fraction(number.upper) + unit


@pytest.mark.parametrize(
    ("link", "label", "t_max", "beta1", "value"),
    [
        ("z**2", "poisson", "log(3/2)", "1/log(3/2)", "2.46630346237643168600"),
        ("sigmoid(z)", "bernoulli(-3, -1)", "oo", "2/log(3)", "1.82047845325367"),
        ("sigmoid(z)", "bernoulli(-1, -3)", "oo", "2/log(3)", "1.82047845325367"),
        ("sigmoid(z)", "bernoulli(-1, 0)", "oo", "0", "0"),
        ("sigmoid(z)", "bernoulli(-3, 1)", "oo", "0", "0"),
        ("sigmoid(z)", "bernoulli(1, 3)", "oo", "0", "0"),
        ("z", "preference(1)", "oo", "0", "0"),
        ("tanh(z)", "flip(1/4)", "oo", "0", "0"),
        ("z - 3", "flip(0)", "oo", "sqrt(5)/2 + 3/2", "2.61803398874989"),
        ("3 - z", "flip(1)", "oo", "sqrt(5)/2 + 3/2", "2.61803398874989"),
        ("z - 3", "heteroscedastic(1)", "oo", "1", "1.0"),
        ("exp(z)", "poisson", "0", "oo", "inf"),
        ("1 + z**2", "heteroscedastic(z**2)", "-1 + sqrt(2)", "1/(-1 + sqrt(2))", "2.41421356237309"),
    ],
)  # fmt: skip
def test_thresholds_in_closed_form(link: str, label: str, t_max: str, beta1: str, value: str) -> None:
    found = threshold_alone(link, label=label)
    assert str(found.t_max) == t_max
    assert found.beta1.status is Verdict.PROVED
    if link == "z - 3" and label.startswith("hetero"):
        # 2 t^2 - 3 t + 1 = 0: t = 1/2 and 1.
        assert [zero.readable for zero in found.exceptional] == ["2", "1"]
        return
    assert sympy.simplify(sympy.sympify(beta1) - found.beta1.value.closed_form) == 0 or beta1 == "oo"
    assert value == "inf" or encloses(found.beta1.value, value)


def test_every_order_vanishes_where_two_negative_values_balance() -> None:
    found = threshold_alone("sigmoid(z)", label="bernoulli(-3, -1)")
    t = 1 / found.exceptional[0].closed_form
    known = formulas("where(z > 1, 1, 0)", [1, 2], label="bernoulli(-3, -1)").formulas
    assert [sympy.simplify(f.alpha.subs(sympy.Symbol("t", positive=True), t)) for f in known] == [0, 0]


@pytest.mark.parametrize("signal", ["weight", "centered"])
def test_other_signals_of_two_values_never_vanish(signal: str) -> None:
    found = threshold_alone("sigmoid(z)", signal, label="bernoulli(-3, -1)")
    assert found.beta1.value.closed_form == 0
    assert found.complete


def test_counts_keep_the_list_of_their_rate() -> None:
    rate, found = threshold_alone("z**2 + z + 3"), threshold_alone("z**2 + z + 3", label="poisson")
    assert len(rate.exceptional) == len(found.exceptional)
    assert found.complete == rate.complete


@pytest.mark.parametrize("link", ["tanh(He(3,z)/sqrt(6)) + 1", "tanh(He(4,z)/5) + 1"])
def test_the_mapped_threshold_is_a_zero_of_the_sum_over_counts(link: str) -> None:
    # The sum over n = 0, 1, ... of n e^{tn} s^n e^{-s}/n!, in doubles: nothing of the map is in it.
    found = threshold_alone(link, label="poisson")
    order = exponents(link, label="poisson").generative_exponent.value
    assert order is not None
    t0 = 2 / float(Fraction(found.exceptional[0].lower) + Fraction(found.exceptional[0].upper))
    below, above = (
        label_moment(parse(link).tree, parse_label("poisson"), order, 1, t0 * factor)
        for factor in (0.99, 1.01)
    )
    assert below.value * above.value < 0
    assert min(abs(below.value), abs(above.value)) > 100 * max(below.error, above.error)


def test_a_label_that_is_always_flipped_is_that_of_the_link_upside_down() -> None:
    plain, found = threshold_alone("tanh(z) - 9/10"), threshold_alone("9/10 - tanh(z)", label="flip(1)")
    assert encloses(found.beta1.value, "0.47720340610")
    assert found.beta1.value.lower == plain.beta1.value.lower
    assert found.exceptional == plain.exceptional


def test_flips_of_a_link_that_is_not_odd_are_searched() -> None:
    # (1-q) h_2'(t) - q h_2'(-t) of z**2 - 10 has other zeros than 1/5.
    plain, found = threshold_alone("z**2 - 10"), threshold_alone("z**2 - 10", label="flip(1/4)")
    assert found.beta1.status is Verdict.ENCLOSED
    assert found.exceptional
    assert Fraction(found.exceptional[0].upper) != Fraction(plain.exceptional[0].upper)


@pytest.mark.parametrize("variance", ["exp(z)", "cosh(z)", "z**4"])
def test_a_variance_that_grows_too_fast_allows_no_temperature(variance: str) -> None:
    found = threshold("z", label=f"heteroscedastic({variance})")
    assert (found.t_max, found.beta1.value.lower, found.beta1.status.name) == (0, "inf", "PROVED")


def test_a_variance_that_depends_on_z_is_left_open_where_nothing_is_proved() -> None:
    assert threshold_alone("z", label="heteroscedastic(z**2)").beta1.status is Verdict.UNDECIDED


@pytest.mark.parametrize(
    ("label", "snr", "efficiency"),
    # SNR = E[p He_1]^2/P, efficiency 1 - P; a fair coin of two opposite values loses nothing as beta -> oo.
    [("bernoulli(0, 1)", "0.3183098861837", "0.5"), ("bernoulli(-1, 1)", "0.636619772367", "1")],
)
def test_recommended_for_the_sign_as_a_coin(label: str, snr: str, efficiency: str) -> None:
    best = threshold("Heaviside(z)", label=label).recommended
    assert best is not None
    assert abs(Fraction(best.snr.lower) - Fraction(snr)) < Fraction(1, 10**5)
    assert abs(Fraction(best.efficiency.lower) - Fraction(efficiency)) < Fraction(1, 10**5)


@pytest.mark.parametrize(
    ("link", "label", "beta"),
    [
        ("where(z > 1, 1, 1/4)", "bernoulli(-1, 2)", "3"),
        ("z**2", "poisson", "4"),
        ("z**2 - z", "flip(1/3)", "4"),
        ("staircase", "preference(2)", "2"),
    ],
)
@pytest.mark.parametrize("k", [0, 1, 2, 3])
def test_closed_forms_agree_with_quadrature(link: str, label: str, k: int, beta: str) -> None:
    closed = coefficients(link, k, beta, 20, label=label).coefficients[0]
    for i, number in ((1, closed.alpha), (0, closed.h)):
        assert number.closed_form is not None
        found = label_moment(parse(link).tree, parse_label(label), k, i, 1 / float(beta))
        assert abs(float(number.lower) - float(found.value)) <= 10 * found.error + 1e-11 * found.size
        assert float(Fraction(number.upper) - Fraction(number.lower)) < 1e-12


def test_coefficients_of_the_logistic_coin() -> None:
    found = coefficients("sigmoid(2*z)", 1, "1", label="bernoulli").coefficients[0]
    # e E[p He_1].
    assert encloses(found.alpha, "0.82323914")


@pytest.mark.parametrize(
    "command",
    [
        ("policy", "tanh", "--beta", "1", "--label", "poisson"),
        ("admissible", "tanh", "--epsilon", "1", "--n", "10", "--label", "flip(1/4)"),
        ("threshold", "tanh", "--label", "flip(1/4)", "--plot", "x.svg"),
        ("exponents", "tanh", "--label", "flip(1/4)", "--noise", "uniform(1)"),
        ("threshold", "tanh", "--label", "poisson"),
    ],
    ids=" ".join,
)
def test_what_does_not_go_with_a_label_is_refused_in_one_sentence(command: tuple[str, ...]) -> None:
    done = run(*command)
    assert done.returncode == 2
    assert len(done.stderr.strip().splitlines()) == 1


def test_the_json_of_threshold_and_coefficients_names_the_label() -> None:
    assert threshold_alone("z", label="flip(1/4)").as_json()["label"] == "flip(1/4)"
    assert coefficients("z", 1, "2", label="flip(1/4)").as_json()["label"] == "flip(1/4)"
    with pytest.raises(LinkError, match="no probability"):
        threshold_alone("z", label="flip(3)")
