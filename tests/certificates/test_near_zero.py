"""What the checker works out itself: the sign near t = 0, and parabolas exactly."""

import math
from fractions import Fraction
from typing import Any

import pytest
from flint import arb, arb_poly
from numpy.polynomial.hermite_e import hermegauss, hermeval
from tiltproof.crosscheck.certificate.check_exponents import symmetry
from tiltproof.crosscheck.certificate.check_signal import near_zero
from tiltproof.crosscheck.certificate.closed import Closed
from tiltproof.crosscheck.certificate.exact import Exact, Work
from tiltproof.crosscheck.certificate.format import NearZero, Rejected
from tiltproof.crosscheck.certificate.integral import Expectations, _integral
from tiltproof.crosscheck.certificate.signal import Coefficient
from tiltproof.link import NOISELESS, parse, parse_expression, parse_noise


def coefficient(kind: Any, centre: Fraction) -> Coefficient:
    return Coefficient(Expectations(parse("z").tree, Work()), 1, kind, NOISELESS, centre)


#: E[z e^{tz} He_1] = (1 + t^2) e^{t^2/2} is least at t = 0, where it is 1; a centre c adds c t E[...].
@pytest.mark.parametrize(
    ("kind", "centre", "end", "least", "too_much"),
    [
        ("label", Fraction(0), Fraction(1, 2), "0.99", "1.01"),
        ("label", Fraction(3), Fraction(1, 2), "0.99", "1.01"),
        ("label", Fraction(-2), Fraction(1, 4), "0.45", "1.01"),
        ("weight", Fraction(-2), Fraction(1, 2), "0.99", "1.01"),
        # h_k' h_0 - h_k h_0' over its power of t: e^{t^2} >= 1.
        ("centered", Fraction(-2), Fraction(1, 4), "0.9", "1.01"),
    ],
)
def test_the_sign_near_zero_is_confirmed_as_far_as_it_is_true(
    kind: str, centre: Fraction, end: Fraction, least: str, too_much: str
) -> None:
    near_zero(coefficient(kind, centre), 1, NearZero(end, 1, Fraction(least)))
    for wrong in (NearZero(end, 1, Fraction(too_much)), NearZero(end, -1, Fraction(least))):
        with pytest.raises(Rejected, match="near t = 0"):
            near_zero(coefficient(kind, centre), 1, wrong)


@pytest.mark.slow
def test_a_centre_below_0_ends_the_sign_near_zero() -> None:
    """(1 + t^2)(1 - 2t) e^{t^2/2} changes sign at t = 1/2."""
    with pytest.raises(Rejected, match="near t = 0"):
        near_zero(coefficient("label", Fraction(-2)), 1, NearZero(Fraction(5, 8), 1, Fraction(1, 1000)))


PARABOLAS = {"z**2/4 - z + 1/3": (0.25, -1.0, 1 / 3), "-z**2 + z/2 - 2": (-1.0, 0.5, -2.0),
             "2*z - 1": (0.0, 2.0, -1.0)}  # fmt: skip


@pytest.mark.parametrize("text", PARABOLAS)
@pytest.mark.parametrize("k", [1, 2, 3, 4])
@pytest.mark.parametrize("noise", ["none", "gaussian(1/2)"])
def test_a_parabola_is_worked_out_exactly(text: str, k: int, noise: str) -> None:
    """Under the tilt Z is normal: moments and their slopes by a Gauss rule, up to the factor E e^{ty}."""
    a, b, c = PARABOLAS[text]
    x, w = hermegauss(30)
    w = w / w.sum()

    def moment(t: float) -> float:
        v = 1 / (1 - 2 * a * t)
        return float(w @ hermeval(b * t * v + math.sqrt(v) * x, [0] * k + [1]))

    t, h = 0.5, 1e-4
    v = 1 / (1 - 2 * a * t)
    z = b * t * v + math.sqrt(v) * x
    slope = (moment(t + h) - moment(t - h)) / (2 * h)
    mean = float(w @ (a * z * z + b * z + c)) + (t / 4 if noise != "none" else 0.0)
    expected = {"weight": moment(t), "centered": slope, "label": mean * moment(t) + slope}
    closed, at = Closed.of(parse(text).tree, Work()), Exact.of(Fraction(1, 2))
    for kind, value in expected.items():
        found = closed._of_parabola(k, kind, parse_noise(noise), at).rational
        assert found is not None
        assert float(found) == pytest.approx(value, rel=1e-6, abs=1e-6)


#: True of every one; the checker need not see all, but says nothing false.
PARITIES = {
    "z**2": "even", "z**3": "odd", "z**4": "even", "-z**5": "odd", "(z + 0*z)**6": "even",
    "tanh(z)**3": "odd", "tanh(z)**2": "even", "cos(z)**3": "even", "sin(z)*z": "even",
    "sin(z)*cos(z)": "odd", "z/(1 + z**2)": "odd", "z**2/(1 + z**2)": "even", "cos(z) - z**2": "even",
    "sin(z) + z": "odd", "sin(z) + cos(z)": None, "z + 1": None, "exp(z)": None, "exp(z**2/8)": "even",
    "abs(z)": "even",
    "He(3, z)": "odd", "He(4, z)": "even", "He(3, tanh(z))": "odd", "He(2, tanh(z))": "even",
    "He(3, cos(z))": "even", "max(abs(z), 1)": "even", "erf(z) - atan(z)": "odd", "(1 + z**2)**(1/2)": "even",
    "where(abs(z) < 1, z, -z)": "odd", "where(abs(z) < 1, z, 1)": None, "where(z**2 > 1, 1, cos(z))": "even",
    "where(z > 0, 1, 1/2)": None, "sinh(z/4)": "odd", "cosh(z/4)": "even", "sign(z)": "odd", "relu(z)": None,
}  # fmt: skip


@pytest.mark.parametrize("text", PARITIES)
def test_a_symmetry_is_seen_where_it_is_and_only_there(text: str) -> None:
    assert symmetry(parse_expression(text)) == PARITIES[text]


@pytest.mark.parametrize(
    ("factor", "exponent", "value"),
    [
        # e^{-9/2}/3, for P = 1 and for P = x^2 <= 9 e^{2(x-3)/3}; with e^x the slope is 1 - 3.
        ([1], [0], math.exp(-4.5) / 3),
        ([0, 0, 1], [0], 9 * math.exp(-4.5) / (3 - 2 / 3)),
        ([1], [0, 1], math.exp(3 - 4.5) / 2),
        # It does not fall, at once or for good.
        ([1], [0, 4], None),
        ([1], [0, 0, 0, 1e-3], None),
        ([1], [0, -10, 1], None),
    ],
)
def test_a_tail_is_bounded_where_the_exponent_falls_for_good(
    factor: list[float], exponent: list[float], value: float | None
) -> None:
    found = _integral(arb_poly(factor), arb_poly(exponent), arb(3))
    assert (found is None) == (value is None)
    if found is not None and value is not None:
        assert float(found) == pytest.approx(value / math.sqrt(2 * math.pi))
