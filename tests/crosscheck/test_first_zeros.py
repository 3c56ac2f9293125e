"""Thresholds that were once lost, refuted or a crash, against a quadrature of its own and scaling."""

from fractions import Fraction

import numpy as np
import pytest
from tiltproof.crosscheck.arguments import as_noise
from tiltproof.crosscheck.claim import Subject
from tiltproof.crosscheck.claims import CLAIMS
from tiltproof.crosscheck.legs import first_zero
from tiltproof.crosscheck.link_facts.threshold import threshold_alone
from tiltproof.crosscheck.link_facts.zeros import zeros
from tiltproof.crosscheck.run.scheduler import check
from tiltproof.crosscheck.verdict import Outcome, Verdict
from tiltproof.link import LIBRARY, Signal, parse, parse_noise

import tiltproof

DOUBLE = "z**2 - (5 + 2*sqrt(6))"
CLOSE = (
    "where(z < -sqrt(2*log(7000002/4000002)), -3, "
    "where(z < 0, -1, where(z < sqrt(2*log(14000004/2000001)), -2, 0)))"
)
OPEN = "where(z < -sqrt(2), -1, where(z < log(2), 2, where(z < pi/2, -3, tanh(z))))"
TINY = "clip((z**2 - 1)**2/10**12, 0, 4/10**12) - 39999999/10**19"


def alpha_2(t: float) -> float:
    """Of clip((z^2 - 1)^2, 0, 4) - 3.9999999, times a positive factor; Gauss rules crowd at sqrt 3."""
    level, edge = 3.9999999, np.sqrt(3)
    points, weights = np.polynomial.legendre.leggauss(40)
    cuts = np.array([0, 0.6, *(edge - 0.5 ** np.arange(0, 20)), edge])
    low, half = cuts[:-1, None], np.diff(cuts)[:, None] / 2
    z, mass = low + half * (points + 1), half * weights
    s = (z * z - 1) ** 2
    inner = np.sum(mass * (s - level) * np.exp(t * (s - 4)) * (z * z - 1) * np.exp(-z * z / 2))
    # E[He_2; |z| > sqrt 3] is sqrt 3 phi(sqrt 3).
    return float(inner + (4 - level) * edge * np.exp(-edge * edge / 2))


@pytest.mark.parametrize(("low", "high"), [(1.37492, 1.37493), (912.9, 913.1)])
def test_the_lost_zeros_are_there(low: float, high: float) -> None:
    assert alpha_2(low) * alpha_2(high) < 0


@pytest.mark.parametrize(
    ("link", "scale"), [(TINY, 1e-12), ("clip((z**2 - 1)**2, 0, 4) - 39999999/10**7", 1)]
)
def test_a_link_of_tiny_spread_keeps_its_zero(link: str, scale: float) -> None:
    found = zeros(parse(link), "label", as_noise(None), 12)
    assert float(found.beta1.lower) / scale == pytest.approx(0.7273112218174757, rel=1e-11)
    # The second zero, at t = 913 over the scale, lies beyond the search.
    assert not found.complete
    assert tiltproof.claim("beta1 == 0", link).verdict is Verdict.REFUTED


@pytest.mark.parametrize("digits", [2, 12])
@pytest.mark.parametrize(("link", "id"), [("tanh-9/10", "T1"), ("clip-He3", "T14"), (DOUBLE, "T1")])
def test_few_digits_of_a_zero_are_not_refuted(link: str, id: str, digits: int) -> None:
    claim = CLAIMS[id]
    found = claim.legs["quadrature"](Subject(parse(link), digits=digits), claim.statement)
    assert found.outcome is Outcome.SUPPORTS


@pytest.mark.parametrize("scale", ["10**-12", "10**12"])
@pytest.mark.parametrize(
    ("link", "signal"), [("tanh-9/10", "label"), ("clip-He3", "label"), ("clip-He3", "weight")]
)
def test_answers_scale_by_twelve_powers_of_ten(link: str, signal: str, scale: str) -> None:
    text, factor = LIBRARY[link].text, Fraction(10) ** int(scale.removeprefix("10**"))
    own, other = (zeros(parse(each), signal, as_noise(None), 12) for each in (text, f"({scale})*({text})"))  # type: ignore[arg-type]
    assert other.complete == own.complete
    assert [float(Fraction(z.lower) / factor) for z in other.exceptional] == pytest.approx(
        [float(z.lower) for z in own.exceptional], rel=1e-10
    )


@pytest.mark.parametrize("signal", ["weight", "centered"])
def test_a_huge_shift_leaves_the_other_signals_alone(signal: str) -> None:
    text = "max(min(He(3, z), 4), -4)"
    own, other = (zeros(parse(each), signal, as_noise(None), 8) for each in (text, f"{text} + 10**12"))  # type: ignore[arg-type]
    assert float(other.beta1.lower) == pytest.approx(float(own.beta1.lower), rel=1e-7)


@pytest.mark.parametrize(("link", "verdict"), [(DOUBLE, Verdict.PROVED), (CLOSE, Verdict.PROVED)])
def test_what_quadrature_cannot_tell_is_not_refuted(link: str, verdict: Verdict) -> None:
    assert check(CLAIMS["T1"], Subject(parse(link))).verdict is verdict


def test_an_open_tail_is_no_enclosure_of_the_whole() -> None:
    found = check(CLAIMS["T1"], Subject(parse(OPEN)))
    balls = next(each for each in found.evidence if each.leg == "enclosure")
    assert (balls.outcome, balls.scope) == (Outcome.SUPPORTS, "instances")


@pytest.mark.parametrize("name", ["T1", "T2"])
def test_a_switch_that_touches_zero_is_found(name: str) -> None:
    assert check(CLAIMS[name], Subject(parse("clip(z**2*sqrt(2), 0, 1)"))).verdict.green


def test_a_root_of_a_product_of_two_near_primes_is_taken() -> None:
    found = threshold_alone("z/10**9 - 3")
    assert float(found.beta1.value.lower) == pytest.approx(3, rel=1e-15)
    assert found.complete


def test_a_root_above_a_bound_below_zero_is_no_error() -> None:
    # It grows like z^3, so that no temperature works.
    found = tiltproof.threshold("where(z > 1, sqrt(1 + (He(3, z) + 1)**2), 0)")
    assert (found.t_max, found.beta1.value.lower) == (0, "inf")
    assert found.beta1.status is Verdict.PROVED


def test_the_contrast_link_has_no_zero() -> None:
    link = "z**3*exp(-z**2) - z*exp(-z**2)"
    found = threshold_alone(link, digits=10)
    assert (found.beta1.value.upper, found.complete) == ("0", True)
    z = np.linspace(-12, 12, 200_001)
    s = (z**3 - z) * np.exp(-z * z)
    signs = {np.sign(np.sum(s * np.exp(t * s - z * z / 2) * z)) for t in np.geomspace(0.05, 200, 60)}
    assert len(signs) == 1


@pytest.mark.parametrize("signal", Signal)
@pytest.mark.parametrize("scale", [Fraction(1), Fraction(1, 10**9)])
def test_the_error_of_a_quadrature_is_small_beside_the_signal_however_small_that_is(
    signal: Signal, scale: Fraction
) -> None:
    subject = Subject(parse(f"({scale})*(tanh(z) - 1/3)"))
    seen = first_zero._value(subject, first_zero.Statement(signal, parse_noise("uniform(1/2)")), Fraction(1))
    assert seen.error < 1e-7 * abs(seen.value)
