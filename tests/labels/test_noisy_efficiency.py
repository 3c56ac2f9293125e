"""The efficiency under noise: the SNR against what the noisy label carries, not against all of it."""

import math

import pytest
from scipy.optimize import minimize_scalar
from scipy.stats import norm

from tiltproof import threshold


@pytest.mark.parametrize(
    ("link", "noise", "efficiency"),
    # SNR(0+) = mu_1^2/E y^2 over lambda^2: 0.569427753659/0.580851093482 and 0.673695891445/0.923115254065.
    [
        ("tanh(z)", "gaussian(1/2)", 0.98033345),
        ("z**2", "gaussian(1/2)", 0.7298069),
        ("z", "gaussian(1)", 1.0),
    ],
)
def test_the_efficiency_under_gaussian_noise_is_sharp(link: str, noise: str, efficiency: float) -> None:
    best = threshold(link, noise=noise, digits=10).recommended
    assert best is not None
    assert float(best.efficiency.lower) == pytest.approx(efficiency, abs=1e-6)
    assert float(best.efficiency.upper) == pytest.approx(efficiency, abs=1e-6)


def test_the_efficiency_under_uniform_noise_is_sharp() -> None:
    # SNR(0+) over lambda^2 = 0.509404, by mpmath on both sides of the kinks of the density of y.
    best = threshold("tanh(z)", noise="uniform(1)", digits=10).recommended
    assert best is not None
    assert float(best.efficiency.lower) == pytest.approx(0.989809, abs=1e-3)
    assert float(best.efficiency.upper) == pytest.approx(0.989809, abs=1e-3)


def test_where_noise_is_not_enclosed_the_efficiency_may_be_anything_above_the_snr() -> None:
    best = threshold("clip(z, -1, 1)", noise="gaussian(1)", digits=10).recommended
    assert best is not None
    assert float(best.snr.lower) < float(best.efficiency.lower) < 0.5
    assert float(best.efficiency.upper) == 1


def test_a_centered_signal_may_rise_from_t_0_where_that_of_the_label_falls() -> None:
    """Levels 1 and -13/20 on z > 0, odd: (log SNR)''(0) is negative for y e^{ty}, not for its centered form.

    y - K_y' under noise of deviation r has the signal of s - K_s' and variance r^2 more at 2t.
    """
    levels = [(side * v, side * m, p) for side in (1, -1) for v, m, p in (
        (1.0, norm.pdf(1), norm.sf(1)), (-0.65, norm.pdf(0) - norm.pdf(1), norm.cdf(1) - 0.5))]  # fmt: skip
    r = 0.337

    def snr(t: float) -> float:
        mass = sum(p * math.exp(t * v) for v, _, p in levels)
        mean = sum(p * v * math.exp(t * v) for v, _, p in levels) / mass
        signal = sum(m * (v - mean) * math.exp(t * v) for v, m, _ in levels)
        twice = sum(p * math.exp(2 * t * v) * ((v - mean + r * r * t) ** 2 + r * r) for v, _, p in levels)
        return signal**2 * math.exp(-((r * t) ** 2)) / twice

    best = threshold("sign(z)*where(abs(z) > 1, 1, -13/20)", signal="centered", noise="gaussian(337/1000)")
    top = minimize_scalar(lambda t: -snr(t), bounds=(0.01, 1), method="bounded", options={"xatol": 1e-9})
    assert best.recommended is not None
    assert -top.fun > snr(1e-6) * 1.00003
    assert float(best.recommended.beta.lower) == pytest.approx(1 / top.x, rel=1e-3)
    assert float(best.recommended.snr.upper) == pytest.approx(-top.fun, rel=1e-8)
