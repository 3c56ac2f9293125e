"""Stage 1 on labels that are drawn: signals, the chain, and when neurons recover.

Oracles: ``channel.moments`` for means of what is drawn, vectors for the chain, the diffusion for medians.
"""

from fractions import Fraction

import numpy as np
import pytest
from scipy import stats
from tiltproof.link import LinkError, Target, parse, parse_label
from tiltproof.numerics.estimates.sampling import given_moments
from tiltproof.numerics.expectation.labels import moments
from tiltproof.numerics.recovery.chain import run_chain
from tiltproof.numerics.recovery.training import Course, Training, labels, run_direct

from tests.commands.in_process import run
from tiltproof import recover

CASES = [
    ("sigmoid(z)", "bernoulli(-1, 1)"),
    ("softplus(z)", "poisson"),
    ("tanh(z) + z**2/20", "flip(1/4)"),
    ("tanh(z)", "heteroscedastic(1 + tanh(z)/2)"),
    ("tanh(z)", "preference(1/2)"),
]
T, SAMPLES = Fraction(1, 4), 200_000


def training(link: str, label: str, step: float = 0.3) -> Training:
    batch = 2 if label.startswith("preference") else 1
    return Training(Target(parse(link), T, label=parse_label(label)), parse("z**2 + z").tree, step, batch)


@pytest.mark.parametrize(("link", "label"), CASES)
@pytest.mark.parametrize("k", [1, 2])
def test_the_signal_that_is_drawn_has_the_certified_coefficients(link: str, label: str, k: int) -> None:
    of, rng = training(link, label), np.random.default_rng(k)
    z = rng.standard_normal((SAMPLES, of.batch))
    values = (labels(of)(z, rng) * (z if k == 1 else z**2 - 1)).mean(axis=1)
    claimed = float(
        moments(of.target.link.tree, of.target.label).tilted_moments((k,), (1,), T, 6)[1, k].mid()
    )
    # The halves of a pair add up: their mean is the coefficient of the label itself.
    assert abs(values.mean() - claimed) < 6 * values.std() / SAMPLES**0.5


@pytest.mark.parametrize(("link", "label"), CASES)
@pytest.mark.parametrize("i", [0, 1, 2])
def test_moments_given_z_have_the_certified_means(link: str, label: str, i: int) -> None:
    tree, law = parse(link).tree, parse_label(label)
    z = np.linspace(-9, 9, 3001)
    mass = np.exp(-(z**2) / 2) / np.sqrt(2 * np.pi) * (z[1] - z[0])
    claimed = float(moments(tree, law).tilted_moments((0,), (i,), T, 6)[i, 0].mid())
    assert float(mass @ given_moments(tree, law, float(T), z)[i]) == pytest.approx(claimed, abs=1e-6)


@pytest.mark.parametrize(("link", "label"), CASES)
def test_the_chain_has_the_law_of_vectors(link: str, label: str) -> None:
    starts = np.full(10_000, 0.3)
    chain, direct = (
        one(training(link, label), 5, starts, 1.0, Course(4, stop_at=2.0), np.random.default_rng(seed)).final
        for one, seed in ((run_chain, 1), (run_direct, 2))
    )
    assert stats.ks_2samp(np.round(chain, 9), np.round(direct, 9)).pvalue > 1e-6


def test_a_preference_moves_both_of_its_inputs() -> None:
    of = training("tanh(z)", "preference(1/2)")
    signal = labels(of)(np.random.default_rng(0).standard_normal((50, 2)), np.random.default_rng(1))
    assert (signal[:, 0] == -signal[:, 1]).all()
    with pytest.raises(LinkError, match="batch of 2"):
        Training(of.target, of.activation, 0.1)


@pytest.mark.parametrize(
    ("link", "label", "order"),
    [
        ("sigmoid(z)", "bernoulli", 1),
        ("abs(z)", "poisson", 2),
        ("tanh(z)", "flip(1/4)", 1),
        ("tanh(z)", "heteroscedastic(1/4)", 1),
        ("z", "preference(1)", 1),
        pytest.param("abs(z)", "preference(1)", 2, marks=pytest.mark.slow),
    ],
)
def test_neurons_recover_when_the_forecast_says(link: str, label: str, order: int) -> None:
    found = recover(link, 4, 128, replicas=200, label=label)
    (made,) = found.runs
    assert (found.order, str(found.label).partition("(")[0]) == (order, label.partition("(")[0])
    low, high = made.fraction_interval
    assert made.predicted_fraction is not None
    assert low <= made.predicted_fraction <= high
    assert made.median_samples is not None
    assert made.forecast_median is not None
    # The median of a hundred neurons has a standard error of about 5%.
    assert made.median_samples == pytest.approx(made.forecast_median, rel=0.25)


def test_labels_change_the_order_that_leads() -> None:
    assert recover("staircase", "oo", 40, replicas=2).order == 3
    assert recover("tanh", 2, 40, replicas=2, label="flip(1/2)").order == 2
    assert recover("staircase", "oo", 40, replicas=2, label="preference(1)").order == 1


@pytest.mark.parametrize(
    ("link", "label", "more", "seen"),
    [
        ("tanh", "bernoulli", (), "clip(tanh(z), 0, 1)"),
        ("z**2", "poisson", (), "larger beta"),
        ("z", "preference(1)", ("--neurons", "2"), "leave --neurons out"),
        ("z", "flip(1/4)", ("--until", "0.9"), "leave --until out"),
        ("z", "poisson", ("--noise", "gaussian(1)"), "noise"),
    ],
)
def test_what_cannot_be_trained_is_refused(link: str, label: str, more: tuple[str, ...], seen: str) -> None:
    done = run("recover", link, "--beta", "2", "--d", "32", "--label", label, *more)
    assert done.returncode in (2, 3)
    assert seen in done.stderr
