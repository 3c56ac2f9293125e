"""The two-stage model on data: what deployment says of a perfect fit, and that more data helps."""

import numpy as np
import pytest
from tiltproof.link import NOISELESS, parse, parse_noise
from tiltproof.numerics.deployment.readout import deploy

from tiltproof import policy

LINK = parse("tanh(z)")
SPAN = (-1.0, 1.0)
NOISE = parse_noise("gaussian(1/2)")


def test_a_fit_without_noise_and_misfit_has_the_value_of_the_tilted_policy() -> None:
    ts = (0.5, 2.0)
    found = deploy(
        LINK.tree, SPAN, 1.0, ts, NOISELESS, d=20, n=400, penalty=0.0, rng=np.random.default_rng(1)
    )
    for j, t in enumerate(ts):
        exact = float(policy(LINK, 1 / t).value.lower)
        assert found.value[0, j] == pytest.approx(exact, abs=1e-3)
        assert found.value[1, j] == pytest.approx(exact, abs=1e-3)
    assert (np.abs(found.gap) < 1e-3).all()


def test_the_gap_is_what_the_best_policy_has_more() -> None:
    found = deploy(
        LINK.tree, SPAN, 0.9, (1.0,), NOISE, d=50, n=300, penalty=1e-3, rng=np.random.default_rng(2)
    )
    best = float(policy(LINK, 1).value.lower)
    assert found.gap == pytest.approx(best - found.value, abs=1e-3)
    assert (found.gap <= found.bound).all()
    assert (found.effective < 300).all()


def test_a_better_direction_gives_a_smaller_gap() -> None:
    gaps = []
    for overlap in (0.5, 0.99):
        rng = np.random.default_rng(3)
        fits = [
            deploy(LINK.tree, SPAN, overlap, (2.0,), NOISELESS, d=50, n=500, penalty=1e-4, rng=rng)
            for _ in range(10)
        ]
        gaps.append(np.mean([fit.gap for fit in fits]))
    assert gaps[1] < gaps[0] / 3
