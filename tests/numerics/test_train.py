"""What `tiltproof.train` answers: the bounds hold, the seed decides, nonsense is refused."""

from fractions import Fraction
from typing import Any

import pytest
from tiltproof.link import LinkError

from tiltproof import policy, train


@pytest.fixture(scope="module")
def model():  # type: ignore[no-untyped-def]
    return train("tanh(z)", [4, 1, "1/2"], d=50, n2=2000, noise="gaussian(1/2)", seed=1)


def test_stage_1_finds_the_direction(model) -> None:  # type: ignore[no-untyped-def]
    assert model.overlap > 0.95


def test_every_gap_obeys_its_bound(model) -> None:  # type: ignore[no-untyped-def]
    for fit in (*model.label, *model.surrogate):
        assert fit.gap <= fit.bound
        assert 1 <= fit.effective <= model.n2


def test_value_and_gap_add_up_to_the_best_value(model) -> None:  # type: ignore[no-untyped-def]
    for fit in model.label:
        best = float(policy("tanh(z)", fit.beta, digits=10).value.lower)
        assert fit.value + fit.gap == pytest.approx(best, abs=1e-3)


def test_noise_costs_label_weights_more_samples_than_surrogate_ones(model) -> None:  # type: ignore[no-untyped-def]
    assert model.label[2].effective < model.surrogate[2].effective


def test_the_seed_alone_decides(model) -> None:  # type: ignore[no-untyped-def]
    assert train("tanh(z)", [4, 1, "1/2"], d=50, n2=2000, noise="gaussian(1/2)", seed=1) == model


def test_features_ridge_and_clip_are_those_asked_for() -> None:
    found = train("tanh(z)", 1, d=50, n2=500, features="-1,0,1/2", ridge="0.25", clip=(-2, "1/2"), seed=1)
    assert found.biases == (-1, 0, Fraction(1, 2))
    assert (found.ridge, found.clip) == (Fraction(1, 4), (-2.0, 0.5))


def test_a_heavy_ridge_leaves_the_policy_without_reward() -> None:
    found = train("tanh(z)", 1, d=50, n2=500, ridge=10**9, seed=1)
    assert found.label[0].value == pytest.approx(0, abs=1e-6)


def test_a_link_without_bound_is_trained_where_a_clip_is_given() -> None:
    found = train("z", 1, d=50, n2=2000, clip=(-3, 3), features="-2,-1,0,1,2", seed=1)
    assert 0 < found.label[0].gap < 0.2
    assert found.label[0].bound is None


@pytest.mark.parametrize(
    ("link", "extra", "said"),
    [
        ("z", {}, "not bounded"),
        ("3", {}, "the generative exponent of '3' is not known"),
        ("tanh(z)", {"d": 2}, "d = 2 is not a whole number from 3"),
        ("tanh(z)", {"n1": 0}, "n1 = 0"),
        ("tanh(z)", {"n2": 10**9}, "n2 = 1000000000 is not"),
        ("z**2", {"clip": "0,4"}, "have no mean at beta2 = 1: write beta2 above 2"),
        ("He(3,z)", {"clip": "0,4"}, "have no mean at beta2 = 1: clip the link itself"),
        ("tanh(z)", {"clip": "1,-1"}, "clip '1,-1' is no range"),
        ("tanh(z)", {"clip": [1]}, "clip '1' is no range"),
        ("tanh(z)", {"features": "1,1"}, "2 biases, 1 of them different"),
        ("tanh(z)", {"features": "1,x"}, "bias 'x' is not an exact number"),
        ("tanh(z)", {"ridge": -1}, "ridge '-1' is negative"),
    ],
)
def test_what_cannot_be_trained_is_refused(link: str, extra: dict[str, Any], said: str) -> None:
    with pytest.raises(LinkError, match=said):
        train(link, 1, **extra)
