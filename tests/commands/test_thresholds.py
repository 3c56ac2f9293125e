"""Thresholds of links that once went wrong, through the Python verb."""

from fractions import Fraction

import pytest
from tiltproof.crosscheck.link_facts.zeros import zeros
from tiltproof.crosscheck.verdict import Verdict
from tiltproof.link import LIBRARY, NOISELESS, Signal, parse, parse_noise

import tiltproof

#: (link, t_max, verdict on beta1, number of zeros, complete).
SEEN = {
    "exp(exp(z))": ("0", Verdict.PROVED, 0, True),
    # alpha_1 > 0 on (0, 1/(2 pi)): each factor of h_1 = b t (1-2at)^(-3/2) e^(...) rises.
    "pi*z**2 - sqrt(2)*z": ("1/(2*pi)", Verdict.PROVED, 0, True),
    "where(z == 0, 5, tanh(z))": ("oo", Verdict.ENCLOSED, 0, True),
    "cos(2*z) + z**2/5": ("5/2", Verdict.ENCLOSED, 1, True),
    "z**2 + z - 20": ("1/2", Verdict.ENCLOSED, 2, True),
    "z**2/2 - 2*log(1 + z**2)": ("1", Verdict.ENCLOSED, 1, True),
    "log(1 + exp(z**2))": ("1/2", Verdict.PROVED, 0, True),
    "z**2/3 + sqrt(1 + z**2) - 2": ("3/2", Verdict.ENCLOSED, 0, True),
    "gelu(z) - 1/2": ("oo", Verdict.ENCLOSED, 0, True),
    "-z**2*exp(-z**2)": ("oo", Verdict.ENCLOSED, 1, False),
    "min(1/exp(-z), 3)": ("oo", Verdict.ENCLOSED, 0, False),
    "sign(z)*where(abs(z) < 3/2, 1, -2)": ("oo", Verdict.ENCLOSED, 1, True),
    "-exp(z**2)": ("oo", Verdict.UNDECIDED, 0, False),
    "3": ("oo", Verdict.NOT_APPLICABLE, 0, False),
}


@pytest.mark.parametrize(
    "link",
    [pytest.param(link, marks=pytest.mark.slow if link == "log(1 + exp(z**2))" else []) for link in SEEN],
)
def test_a_threshold_is_answered(link: str) -> None:
    found = tiltproof.threshold(link, digits=12)
    assert (str(found.t_max), found.beta1.status, len(found.exceptional), found.complete) == SEEN[link]


@pytest.mark.parametrize("scale", [Fraction(1, 2**20), Fraction(2**12)])
@pytest.mark.parametrize(
    "link", ["tanh(z) - 9/10", "tanh-He4", "clip-He3", "z + cos(z) - 4", "where(abs(z) < 1, z**2, 1) - 3/4"]
)
def test_the_zeros_scale_with_the_link(link: str, scale: Fraction) -> None:
    text = LIBRARY[link].text if link in LIBRARY else link
    found, other = (zeros(parse(each), "label", NOISELESS, 12) for each in (link, f"({text})*{scale}"))
    assert other.complete == found.complete
    assert [float(zero.lower) for zero in other.exceptional] == pytest.approx(
        [float(zero.lower) * float(scale) for zero in found.exceptional], rel=1e-11
    )


def test_a_huge_link_that_no_dominance_settles_is_answered() -> None:
    # At t = 256 its signal would have cancelled over a hundred digits out of six thousand.
    found = tiltproof.threshold("50*(sign(3*z + 1) + 1/(5 + 5*z**2))", digits=10)
    assert (found.beta1.status, found.complete) == (Verdict.ENCLOSED, False)


@pytest.mark.parametrize("signal", ["label", "weight", "centered"])
@pytest.mark.parametrize("noise", [pytest.param("gaussian(1)", marks=pytest.mark.slow), "uniform(1/2)"])
def test_noise_moves_no_zero_but_those_of_the_label(signal: Signal, noise: str) -> None:
    link = parse("clip(He(3, z), -4, 4)")
    clean, noisy = (zeros(link, signal, law, 12) for law in (NOISELESS, parse_noise(noise)))
    same = [zero.lower for zero in clean.exceptional] == [zero.lower for zero in noisy.exceptional]
    assert same == (signal != "label")


def test_the_recommended_temperature_is_certified() -> None:
    found = tiltproof.threshold("z**2")
    assert found.recommended is not None
    # The stationary point of the closed form of the SNR.
    assert float(found.recommended.beta.lower) == pytest.approx(8 + 66**0.5, rel=1e-15)


def test_a_signal_too_weak_to_be_told_from_0_leaves_the_efficiency_open() -> None:
    # sin(8 z) carries about e^-32.
    found = tiltproof.threshold("sin(8*z)", digits=12).recommended
    assert found is not None
    assert found.efficiency.upper == "1"


@pytest.mark.parametrize("link", ["relu(z)", "z**2 + z", "tanh-He3", "clip-He3"])
def test_a_level_start_is_told_from_a_maximum(link: str) -> None:
    found = tiltproof.threshold(link).recommended
    assert found is not None
    assert found.beta.lower == "inf"
    assert 0 < float(found.efficiency.lower) <= float(found.efficiency.upper) < 1


def test_a_level_ratio_recommends_every_temperature() -> None:
    found = tiltproof.threshold("window").recommended
    assert found is not None
    assert (found.beta.lower, found.beta.upper) == ("0", "inf")
    assert found.note.startswith("not unique")
    assert float(found.snr.lower) == pytest.approx(0.171526974411, rel=1e-9)
    centred = tiltproof.threshold("step", "centered").recommended
    assert centred is not None
    assert (centred.beta.lower, centred.beta.upper) == ("0", "inf")
    assert (str(centred.snr.closed_form), str(centred.efficiency.closed_form)) == ("2/pi", "1")


@pytest.mark.parametrize(
    ("link", "noise", "snr"),
    [("z - 3", None, "1"), ("z**2 - 10", None, "1"), ("z - 3", "gaussian(1)", "1/2")],
)
def test_the_centred_signal_is_best_without_a_tilt(link: str, noise: str | None, snr: str) -> None:
    found = tiltproof.threshold(link, "centered", noise).recommended
    assert found is not None
    assert found.beta.lower == "inf"
    assert str(found.snr.closed_form) == snr


def test_fewer_temperatures_are_compared_where_the_signal_cancels() -> None:
    found = tiltproof.threshold("staircase", "centered").recommended
    assert found is not None
    assert found.note.startswith("not attained")


def test_an_exponent_that_needs_an_infinite_moment_is_undefined() -> None:
    found = tiltproof.exponents("-exp(z**2)").information_exponent
    assert (found.value, found.status) == (None, Verdict.UNDECIDED)
    assert found.reason == "undefined, as E abs(y He_1) is infinite"
