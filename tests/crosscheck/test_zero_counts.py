"""T9 to T11: how many zeros `weight`, `centered` and noisy `label` signals have, and when a list is complete.

The temperatures were found by SciPy: quad and brentq.
"""

import pytest
from tiltproof.crosscheck.answers.changes import most_zeros
from tiltproof.link import parse, parse_noise

from tiltproof import threshold

FLIPPED = "sign(z)*where(abs(z) < 1, 3, 1)"


@pytest.mark.parametrize(
    ("link", "signal", "noise", "most"),
    [
        ("tanh", "weight", "none", 1),
        ("tanh-He3", "weight", "none", 3),
        ("tanh", "centered", "none", 0),
        (FLIPPED, "centered", "none", 2),
        ("tanh(z) - 3/2", "label", "none", 1),
        ("tanh(z) - 3/2", "label", "gaussian(1/2)", 2),
        ("tanh", "label", "gaussian(1/2)", 0),
        ("tanh", "label", "uniform(2)", 0),
        ("tanh(z) - 3/2", "label", "uniform(2)", 2),
        ("tanh-He3", "label", "uniform(2)", None),
        ("tanh", "label", "rademacher(2)", None),
    ],
)
def test_at_most_so_many_zeros(link: str, signal: str, noise: str, most: int | None) -> None:
    assert most_zeros(parse(link), signal, parse_noise(noise)) == most  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("link", "signal", "noise", "betas"),
    [
        ("tanh(z) - 3/2", "label", "none", [1.328052]),
        ("tanh(z) - 3/2", "label", "gaussian(1/2)", [1.044999, 0.403424]),
        ("tanh-He3", "weight", "none", [0.221724]),
        (FLIPPED, "centered", "none", [1.214734]),
    ],
)
def test_a_list_that_uses_up_the_sign_changes_is_complete(
    link: str, signal: str, noise: str, betas: list[float]
) -> None:
    found = threshold(link, signal=signal, noise=noise, digits=8)
    assert [float(zero.lower) for zero in found.exceptional] == pytest.approx(betas, rel=2e-6)
    assert found.complete
