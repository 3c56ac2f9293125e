"""T9 to T11: how many zeros `weight`, `centered` and noisy `label` signals have, and when a list is complete.

The temperatures were found by SciPy: quad and brentq.
"""

from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest
from scipy.stats import norm
from tiltproof.crosscheck.assertions import quantities
from tiltproof.crosscheck.link_facts import zeros
from tiltproof.crosscheck.link_facts.beyond import most_zeros
from tiltproof.crosscheck.link_facts.threshold import threshold_alone
from tiltproof.crosscheck.verdict import Verdict
from tiltproof.link import NOISELESS, Signal, parse, parse_noise

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
        pytest.param(FLIPPED, "centered", "none", [1.214734], marks=pytest.mark.slow),
    ],
)
def test_a_list_that_uses_up_the_sign_changes_is_complete(
    link: str, signal: str, noise: str, betas: list[float]
) -> None:
    found = threshold_alone(link, signal=signal, noise=noise, digits=8)
    assert [float(zero.lower) for zero in found.exceptional] == pytest.approx(betas, rel=2e-6)
    assert found.complete


def steps(seed: int) -> tuple[str, np.ndarray, np.ndarray, np.ndarray]:
    """A random step link, its levels in increasing order, their masses P and their signals E[Z; s = v]."""
    rng = np.random.default_rng(seed)
    count = int(rng.integers(3, 6))
    cuts = np.sort(rng.choice(np.arange(-4, 5), count - 1, replace=False))
    values = rng.choice(np.arange(-4, 5), count, replace=False)
    text = str(values[-1])
    for cut, value in zip(cuts[::-1], values[-2::-1], strict=True):
        text = f"where(z < {cut}/2, {value}, {text})"
    ends = np.concatenate([[-np.inf], cuts / 2, [np.inf]])
    order = np.argsort(values)
    mass, signal = np.diff(norm.cdf(ends)), -np.diff(norm.pdf(ends))
    return text, values[order].astype(float), mass[order], signal[order]


@pytest.mark.parametrize("seed", range(12))
def test_no_step_link_has_more_changes_of_sign_on_a_grid_than_its_bound(seed: int) -> None:
    text, v, p, m = steps(seed)
    weights = np.exp(np.multiply.outer(np.linspace(-12, 12, 4801), v))
    (h, alpha, base, slope), (of_h, of_alpha, of_slope) = (
        [weights @ each for each in parts]
        for parts in ((m, m * v, p, p * v), (abs(m), abs(m * v), p * abs(v)))
    )
    signals = {
        "weight": (h, of_h),
        "label": (alpha, of_alpha),
        "centered": (alpha * base - h * slope, of_alpha * base + of_h * of_slope),
    }
    for signal, (seen, terms) in signals.items():
        # Where terms cancel to rounding no sign is counted.
        kept = seen[abs(seen) > 1e-11 * terms]
        most = most_zeros(parse(text), signal, parse_noise("none"))  # type: ignore[arg-type]
        assert most is not None
        assert np.count_nonzero(np.diff(np.sign(kept))) <= most


def test_the_search_below_zero_is_counted_and_claims_nothing_beyond(monkeypatch: pytest.MonkeyPatch) -> None:
    search = zeros._Search(parse("tanh(z) + 3/2"), "label", NOISELESS, 20)
    assert search._below_zero(1, 1) == 1
    monkeypatch.setattr(zeros, "_WORK_BELOW", 0)
    assert search._below_zero(1, 1) == 0


@pytest.mark.parametrize("status", [Verdict.PROVED, Verdict.ENCLOSED, Verdict.UNDECIDED])
@pytest.mark.parametrize("complete", [True, False])
def test_no_zero_lies_below_only_where_the_list_is_proved_to_be_complete(
    monkeypatch: pytest.MonkeyPatch, status: Verdict, complete: bool
) -> None:
    link = parse("tanh(z) - 9/10")
    true = zeros.zeros(link, Signal.LABEL, NOISELESS, 10)
    numbers = quantities.Numbers(link, NOISELESS, Signal.LABEL)
    found = replace(true, status=status, complete=complete, exceptional=true.exceptional[:1])
    monkeypatch.setattr(quantities, "zeros", lambda *_: found)
    assert numbers.none_exceptional_below(Fraction(2, 5)) == (status.green and complete)
    assert not numbers.none_exceptional_below(Fraction(1, 2))
    assert numbers.signal_vanishes_at_beta1 == status.green
    found = replace(true, exceptional=())
    assert not numbers.signal_vanishes_at_beta1
