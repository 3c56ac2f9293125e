"""The sharpened maximum of the SNR against closed forms and against a search in mpmath."""

import mpmath
import pytest
from flint import arb
from tiltproof.link import parse_noise
from tiltproof.numerics.precision import relative_digits, working

import tiltproof


def test_a_square_has_its_best_temperature_at_a_quadratic_number() -> None:
    """By hand, from the closed forms of h_2 and M: 8 + sqrt 66."""
    found = tiltproof.threshold("z**2", digits=40).recommended
    assert found is not None
    with working(200):
        low, high = arb(found.beta.lower), arb(found.beta.upper)
        assert low < 8 + arb(66).sqrt() < high
        assert relative_digits(low.union(high)) > 40


@pytest.mark.parametrize(
    ("signal", "noise"), [("label", "none"), ("weight", "gaussian(1/2)"), ("centered", "none")]
)
def test_the_slope_changes_sign_there(signal: str, noise: str) -> None:
    law = None if noise == "none" else parse_noise(noise)
    found = tiltproof.threshold("where(z > 1, z, -1)", signal, law, digits=20).recommended  # type: ignore[arg-type]
    assert found is not None
    best = float(found.beta.lower)
    here, *around = (_snr(signal, noise, 1 / (best * factor)) for factor in (1, 0.999, 1.001))
    assert all(here > value for value in around)
    assert abs(here - mpmath.mpf(found.snr.lower)) < 1e-12


def _snr(signal: str, noise: str, t: float) -> mpmath.mpf:
    """By quadrature over z, and the noise by its moments under the tilt."""
    growth = {"none": lambda u: mpmath.mpf(1), "gaussian(1/2)": lambda u: mpmath.exp(u * u / 8)}[noise]

    def moments(u: float, k: int) -> list[mpmath.mpf]:
        """The derivatives in u of E e^{uy} He_k, k = 0 or 1."""

        def whole(v: mpmath.mpf) -> mpmath.mpf:
            plain = mpmath.ncdf(1) * mpmath.exp(-v) if k == 0 else -mpmath.npdf(1) * mpmath.exp(-v)
            upper = mpmath.exp(v * v / 2) * (
                mpmath.ncdf(v - 1) if k == 0 else v * mpmath.ncdf(v - 1) + mpmath.npdf(v - 1)
            )
            return growth(v) * (plain + upper)

        with mpmath.workdps(40):
            return [mpmath.diff(whole, mpmath.mpf(u), n) for n in range(3)]

    h, base, y = moments(t, 1), moments(t, 0), moments(2 * t, 0)
    if signal == "weight":
        return h[0] ** 2 / y[0]
    if signal == "label":
        return h[1] ** 2 / y[2]
    c = base[1] / base[0]
    return (h[1] - c * h[0]) ** 2 / (y[2] - 2 * c * y[1] + c * c * y[0])
