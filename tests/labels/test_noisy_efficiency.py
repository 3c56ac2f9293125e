"""The efficiency under noise: the SNR against what the noisy label carries, not against all of it."""

import pytest

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
