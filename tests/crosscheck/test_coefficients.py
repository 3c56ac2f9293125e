"""The coefficients of the noisy label, and of the three kinds of signal."""

from fractions import Fraction

import pytest
from tiltproof.interface.answers.coefficients import Coefficient, coefficients

LINKS = ("tanh(z) - 1/2", "relu(z)", "cos(z + 1)")


def _one(link: str, **asked: str) -> Coefficient:
    (found,) = coefficients(link, 1, "3/2", 25, **asked).coefficients  # type: ignore[arg-type]
    return found


@pytest.mark.parametrize("link", LINKS)
def test_rademacher_noise_is_the_mean_of_two_shifted_links(link: str) -> None:
    noisy, up, down = _one(link, noise="rademacher(1/3)"), _one(f"{link} + 1/3"), _one(f"{link} - 1/3")
    for name in ("h", "alpha"):
        parts = [getattr(each, name) for each in (up, down)]
        low, high = (sum(Fraction(getattr(p, end)) for p in parts) / 2 for end in ("lower", "upper"))
        value = getattr(noisy, name)
        assert Fraction(value.lower) <= high
        assert low <= Fraction(value.upper)
        assert Fraction(value.upper) - Fraction(value.lower) <= Fraction(1, 10**24)


@pytest.mark.parametrize("noise", ["none", "gaussian(1/2)", "uniform(2)"])
@pytest.mark.parametrize("link", LINKS)
def test_centered_takes_the_mean_of_the_label_off(link: str, noise: str) -> None:
    base, first = coefficients(link, range(2), "3/2", 25, "centered", noise).coefficients
    slope = Fraction(base.alpha.lower) / Fraction(base.h.lower)
    expected = Fraction(first.alpha.lower) - slope * Fraction(first.h.lower)
    assert abs(Fraction(first.signal.lower) - expected) < Fraction(1, 10**22)


@pytest.mark.parametrize("beta", ["2", "100000"])
def test_uniform_noise_keeps_its_digits_at_high_temperature(beta: str) -> None:
    """K_e = log(sinh(at)/(at)) = (at)^2/6 - (at)^4/180 + (at)^6/2835 - ..."""
    (noisy,) = coefficients("tanh(z)", 1, beta, 30, noise="uniform(1/3)").coefficients
    (plain,) = coefficients("tanh(z)", 1, beta, 30).coefficients
    x = Fraction(1, 3) / Fraction(beta)
    sinhc, term = Fraction(0), Fraction(1)
    for j in range(12):
        sinhc += term
        term *= x * x / ((2 * j + 2) * (2 * j + 3))
    assert abs(Fraction(noisy.h.lower) / (Fraction(plain.h.lower) * sinhc) - 1) < Fraction(1, 10**28)


def test_what_vanishes_by_proof_is_exactly_zero() -> None:
    odd, second = coefficients("abs(tanh(z))", range(1, 3), 1, 12).coefficients
    assert odd.h.closed_form == odd.alpha.closed_form == 0
    assert second.h.closed_form is None


def test_a_series_shows_its_first_terms() -> None:
    found = coefficients("sin(z)", range(2), 2, 12)
    assert found.coefficients[1].series == (
        "2*I_1(1/2)*exp(-1/2) - 6*I_3(1/2)*exp(-9/2) + 10*I_5(1/2)*exp(-25/2) + ..."
    )
    assert found.derivation.startswith("periodic: Jacobi-Anger")
