"""Neurons on shared samples and samples used again: the compiled chains against vectors of R^d.

Oracle: the update as it is written down, here or in ``run_direct``, which share no line with the chains.
"""

from fractions import Fraction

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy import stats
from tiltproof.link import LinkError, Target, parse
from tiltproof.numerics.recovery.chain import random_grams, run_chain, run_together
from tiltproof.numerics.recovery.sweep import Neurons, Point, Task, simulate, sweep
from tiltproof.numerics.recovery.training import Course, Training, run_direct

NEVER, SAMPLES, STEPS, STEP, HALF = 2.0, 20_000, 4, 0.4, Fraction(1, 2)
LEVEL = 1e-6
COURSE = Course(STEPS, stop_at=NEVER)


def training(passes: int = 1, batch: int = 1) -> Training:
    return Training(Target(parse("tanh(z)"), HALF), parse("z**2 + z").tree, STEP, batch, passes)


def vectors(d: int, passes: int) -> NDArray[np.float64]:
    """<w_i, theta*> of two neurons on shared samples, theta* the first axis."""
    rng = np.random.default_rng(7)
    w = rng.standard_normal((SAMPLES, 2, d))
    w /= np.linalg.norm(w, axis=2, keepdims=True)
    for _ in range(STEPS):
        x = rng.standard_normal((SAMPLES, d))
        y = np.tanh(x[:, 0])
        for _ in range(passes):
            u = np.einsum("rnd,rd->rn", w, x)
            w = w + STEP * ((y * np.exp(0.5 * y))[:, None] * (2 * u + 1))[:, :, None] * x[:, None]
            w /= np.linalg.norm(w, axis=2, keepdims=True)
    return np.asarray(w[:, :, 0])


@pytest.mark.parametrize("passes", [1, 2])
@pytest.mark.parametrize("d", [3, 5])
def test_pairs_of_neurons_have_the_law_of_vectors(d: int, passes: int) -> None:
    rng = np.random.default_rng(3)
    grams = random_grams(d, 2, SAMPLES, rng)
    found = run_together(training(passes), d, grams, np.ones((SAMPLES, 2)), COURSE, rng).final
    chain, direct = found.reshape(-1, 2), vectors(d, passes)
    for of in (lambda m: m[:, 0], lambda m: m.prod(axis=1), lambda m: m.sum(axis=1)):
        assert stats.ks_2samp(of(chain), of(direct)).pvalue > LEVEL


@pytest.mark.parametrize("d", [3, 5])
def test_a_second_step_on_a_sample_has_the_law_of_vectors(d: int) -> None:
    starts = np.full(SAMPLES, 0.3)
    chain, direct, once = (
        run(training(passes), d, starts, 1.0, COURSE, np.random.default_rng(seed)).final
        for run, passes, seed in ((run_chain, 2, 1), (run_direct, 2, 2), (run_chain, 1, 3))
    )
    assert stats.ks_2samp(chain, direct).pvalue > LEVEL
    assert stats.ks_2samp(once, direct).pvalue < LEVEL


def test_shared_samples_are_not_independent_ones() -> None:
    rng = np.random.default_rng(5)
    grams = random_grams(5, 2, SAMPLES, rng)
    found = run_together(training(), 5, grams, np.ones((SAMPLES, 2)), COURSE, rng).final
    assert np.corrcoef(found.reshape(-1, 2).T)[0, 1] > 6 / SAMPLES**0.5


def of_diffusions(first: float, delta: float, kappa: float, pairs: int, steps: int) -> float:
    """How "i recovers" and "j recovers" correlate for sign-cubic at t = 1/2 as d -> oo: no step, no d.

    g' = b_1 + He_2/2, q = E T^2 E g'^2. X = a sqrt(d) m has the drift c X^2/2 - delta q X/2 and noise of
    variance delta q; two noises correlate like phi(r)/phi(1), dr = delta E T^2 (phi(r) - r phi(1)).
    """
    rng, h = np.random.default_rng(11), kappa / steps
    c, square = 4 * np.log(2) / np.sqrt(2 * np.pi) * np.cosh(0.5), np.cosh(1.0)
    whole = first**2 + 0.5
    x, r, gone = rng.standard_normal((2, pairs)), 0.0, np.zeros((2, pairs), dtype=bool)
    for _ in range(steps):
        phi = first**2 + r * r / 2
        noise = rng.standard_normal((2, pairs))
        noise[1] = phi / whole * noise[0] + np.sqrt(1 - (phi / whole) ** 2) * noise[1]
        moved = x + h * (c * x - delta * square * whole) * x / 2 + np.sqrt(h * delta * square * whole) * noise
        x = np.where(gone, x, moved)
        gone |= x > 60
        r += h * delta * square * (phi - r * whole)
    return float(np.corrcoef(gone)[0, 1])


@pytest.mark.slow
@pytest.mark.parametrize(("first", "seen"), [(1, 0.355), (0, -0.02)])
def test_at_a_long_step_who_recovers_correlates_as_in_two_diffusions(first: int, seen: float) -> None:
    """delta = 1/2, kappa = 4: 0.355(26) was seen at d = 100 with b_1 = 1, and nothing with b_1 = 0."""
    d, delta, kappa, pairs, rng = 100, 0.5, 4.0, 800, np.random.default_rng(5)
    activation = parse(f"{first}*z + He(3, z)/6").tree
    made = Training(Target(parse("sign-cubic"), HALF), activation, delta * d**-1.5)
    signs = rng.choice([-1.0, 1.0], (pairs, 2))
    run = run_together(
        made, d, random_grams(d, 2, pairs, rng), signs, Course(round(kappa / delta * d**2)), rng
    )
    chain = np.corrcoef((run.steps.reshape(-1, 2) >= 0).T)[0, 1]
    limit = of_diffusions(first, delta, kappa, 40_000, 500)
    assert abs(limit - seen) < 2 * 0.026
    assert abs(chain - limit) < 4 / pairs**0.5


@pytest.mark.parametrize("direct", [False, True], ids=["chain", "vectors"])
def test_a_neuron_that_has_stopped_stays_and_the_others_go_on(direct: bool) -> None:
    made = Training(Target(parse("z"), Fraction(0)), parse("z").tree, 0.01)
    point = Point(made, 20, 400, together=4, direct=direct)
    found = simulate(Task(point, 0, 40))
    assert found.steps.shape == found.starts.shape == (40,)
    assert len(set(found.steps.tolist())) > 20


def test_networks_do_not_depend_on_the_blocks() -> None:
    made = Training(Target(parse("tanh(z)"), Fraction(0)), parse("z").tree, 0.05)
    point = Point(made, 12, 300, together=3, block=6)
    once: list[Neurons] = sweep([point], [18])
    again = sweep([point], [18])
    assert (once[0].steps == again[0].steps).all()
    assert once[0].steps.size == 18


@pytest.mark.parametrize(
    ("run", "word"),
    [
        (
            lambda rng: run_together(training(), 2, random_grams(5, 2, 1, rng), [[1.0, 1.0]], Course(3), rng),
            "holds no",
        ),
        (lambda rng: run_chain(training(2, 3), 5, np.array([0.1]), 1.0, Course(3), rng), "batch of 1"),
        (lambda rng: training(0), "passes = 0"),
    ],
)
def test_what_cannot_be_run_is_refused(run, word: str) -> None:  # type: ignore[no-untyped-def]
    with pytest.raises(LinkError, match=word):
        run(np.random.default_rng(0))
