"""What `tiltproof.train` answers: the bounds hold, the seed decides, nonsense is refused."""

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


@pytest.mark.parametrize(
    ("link", "extra", "said"),
    [
        ("z", {}, "not bounded"),
        ("3", {}, "the generative exponent of '3' is not known"),
        ("tanh(z)", {"d": 2}, "d = 2 is out of range"),
        ("tanh(z)", {"n1": 0}, "n1 = 0"),
        ("tanh(z)", {"n2": 10**9}, "out of range"),
    ],
)
def test_what_cannot_be_trained_is_refused(link: str, extra: dict[str, int], said: str) -> None:
    with pytest.raises(LinkError, match=said):
        train(link, 1, **extra)
