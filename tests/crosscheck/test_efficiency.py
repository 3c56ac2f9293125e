"""The efficiency against lambda^2 of periodic links, where many preimages mix, by folding the density."""

import numpy as np
import pytest
from tiltproof.crosscheck.link_facts.threshold import threshold
from tiltproof.link import parse
from tiltproof.numerics.precision import Unresolved
from tiltproof.numerics.threshold import signal_ceiling as bins
from tiltproof.numerics.threshold.signal_ceiling import best_signal

#: lambda_2^2 of cos(a z): half the mean of (f''/f)^2 over one period, f the density folded to it.
_EXACT = {"cos(pi*z)": 0.00503909036, "tanh(3*cos(pi*z))": 0.00503909036}


def folded(a: float) -> float:
    """lambda_2^2 of any injective function of cos(a z): He_2 phi = phi'', and both fold to the period."""
    period, copies = 2 * np.pi / a, np.arange(-40, 41)
    w = (np.arange(4096) + 0.5) / 4096 * period
    x = w[:, None] + period * copies
    phi = np.exp(-(x**2) / 2) / np.sqrt(2 * np.pi)
    f, second = phi.sum(1), ((x**2 - 1) * phi).sum(1)
    return float((second**2 / f).mean() * period / 2)


@pytest.mark.parametrize("link", list(_EXACT))
def test_the_fold_gives_the_known_value(link: str) -> None:
    assert folded(np.pi) == pytest.approx(_EXACT[link], rel=1e-8)
    found = best_signal(parse(link).tree, 2)
    assert float(found.lower()) < _EXACT[link] < float(found.upper())


@pytest.mark.parametrize(
    ("link", "low", "high"),
    [
        ("cos(pi*z)", 0.999844848, 0.99984485),
        pytest.param("tanh(3*cos(pi*z))", 0.940727856, 0.940727858, marks=pytest.mark.slow),
        pytest.param("cos(2*pi*z)", 1 - 1e-6, 1, marks=pytest.mark.slow),
        pytest.param("sin(pi*z)**2", 0.478, 0.551, marks=pytest.mark.slow),
        pytest.param("cos(4*pi*z)", 1 - 1e-6, 1, marks=pytest.mark.slow),
    ],
)
def test_the_efficiency_holds_the_true_value(link: str, low: float, high: float) -> None:
    found = threshold(link).recommended
    if found is None:
        # The work allotted may end before anything is known of waves so fast.
        assert link in ("sin(pi*z)**2", "cos(4*pi*z)")
        return
    assert 0 <= float(found.efficiency.lower) <= low
    assert high <= float(found.efficiency.upper) <= 1
    assert 0 <= float(found.snr.lower) <= float(found.snr.upper)


def test_an_unresolved_ceiling_is_between_nothing_and_everything(monkeypatch: pytest.MonkeyPatch) -> None:
    def resists(*_: object, **__: object) -> None:
        raise Unresolved("a branch resists")

    monkeypatch.setattr(bins, "level_sets", resists)
    bins.best_signal.cache_clear()
    found = threshold("sin(z) + z/3 - 1/7").recommended
    bins.best_signal.cache_clear()
    assert found is not None
    assert found.efficiency.upper == "1"
    assert float(found.efficiency.lower) <= float(found.snr.lower)
