"""Draws and weighted means against the same sums written plainly, closed forms and enclosures."""

from __future__ import annotations

import math
from collections.abc import Callable
from fractions import Fraction

import numpy as np
import pytest
from numpy.polynomial.hermite_e import hermevander
from scipy import stats
from tiltproof.link import NOISELESS, Noise, parse, parse_label, parse_noise
from tiltproof.numerics.estimates.quadrature import Divergent, Estimate, law_nodes, noisy_moments
from tiltproof.numerics.estimates.sampling import (
    TooFewEffective,
    draw_label,
    draw_noise,
    given_moments,
    label_moment,
    sample_tilted,
    simulate,
    tilted_means,
)
from tiltproof.numerics.expectation.labels import moments

NOISES = ("none", "gaussian(3/2)", "uniform(3/2)", "rademacher(3/2)")
LABELS = [
    ("sigmoid(2*z)", "bernoulli(-1, 2)"),
    ("1 + sin(z)", "poisson"),
    ("sigmoid(z)/50", "poisson"),
    ("tanh(z) - 1/2", "flip(1/3)"),
    ("sin(z)", "heteroscedastic(1 + z**2/4)"),
    ("2*z", "preference(1/2)"),
]


@pytest.mark.parametrize("name", NOISES)
def test_noise_has_the_law_that_its_name_says(name: str) -> None:
    noise = parse_noise(name)
    drawn = draw_noise(noise, 40_000, np.random.default_rng(1))
    if noise.kind == "none":
        assert not drawn.any()
    elif noise.kind == "rademacher":
        assert set(drawn) == {-1.5, 1.5}
        assert stats.binomtest(int((drawn > 0).sum()), 40_000).pvalue > 1e-3
    else:
        law = stats.norm(0, 1.5) if noise.kind == "gaussian" else stats.uniform(-1.5, 3)
        assert stats.kstest(drawn, law.cdf).pvalue > 1e-3


def test_means_and_standard_errors_are_those_of_all_samples_whatever_the_blocks() -> None:
    rng, n, d = np.random.default_rng(7), 20_000, 3
    found = simulate(parse("z").tree, (0, 2), (0, 1), (0.0, 0.5), d=d, n=n,
                     noise=Noise("uniform", Fraction(1)), rng=np.random.default_rng(7))  # fmt: skip
    direction = rng.standard_normal(d)
    direction /= np.linalg.norm(direction)
    z, y = [], []
    for size in (8192, 8192, n - 2 * 8192):
        z.append(rng.standard_normal((size, d)) @ direction)
        y.append(z[-1] + rng.uniform(-1, 1, size))
    at, label = np.concatenate(z), np.concatenate(y)
    for i, t in enumerate((0.0, 0.5)):
        for j in (0, 1):
            for column, k in enumerate((0, 2)):
                values = label**j * np.exp(t * label) * hermevander(at, 2)[:, k]
                assert found.mean[i, j, column] == pytest.approx(values.mean(), rel=1e-9, abs=1e-12)
                error = values.std(ddof=1) / math.sqrt(n)
                assert found.standard_error[i, j, column] == pytest.approx(error, rel=1e-9, abs=1e-15)
    assert (found.n, found.d) == (n, d)


@pytest.mark.parametrize(
    ("link", "t", "law"),
    [("z", 1.0, stats.norm(1, 1)), ("-z**2", 1.5, stats.norm(0, 0.5)), ("2*z", 4.0, stats.norm(8, 1))],
)
def test_draws_of_the_tilted_law_follow_it(link: str, t: float, law: stats.rv_continuous) -> None:
    drawn = sample_tilted(parse(link).tree, t, 20_000, np.random.default_rng(3))
    assert stats.kstest(drawn, law.cdf).pvalue > 1e-3
    # Draws are not bound to a grid: no two are alike.
    assert len(set(drawn)) == 20_000


def test_a_tilted_law_that_does_not_decay_is_not_drawn_from() -> None:
    with pytest.raises(ArithmeticError, match="does not decay"):
        sample_tilted(parse("z**2").tree, 0.5, 10, np.random.default_rng(0))


def test_weighted_means_are_those_of_the_tilt_with_errors_of_the_right_size() -> None:
    """s = z at t = 1/2: u ~ N(1/2, 1), v ~ N(0, 1), E w^2/(E w)^2 = e^{1/4}."""
    observables = (lambda u, v, y: u, lambda u, v, y: u * v, lambda u, v, y: v * v)
    runs = [
        tilted_means(parse("z").tree, 0.5, observables, d=5, n=4000, rng=np.random.default_rng(i))
        for i in range(60)
    ]
    means, errors = (np.array([getattr(run, name) for run in runs]) for name in ("mean", "standard_error"))
    off = (means - [0.5, 0.0, 1.0]) / errors
    assert (np.abs(off.mean(axis=0)) < 4 / math.sqrt(60)).all()
    assert ((off**2).mean(axis=0) > 0.6).all()
    assert ((off**2).mean(axis=0) < 1.6).all()
    shares = np.array([run.effective / run.n for run in runs])
    own = np.array([run.effective_error for run in runs])
    score = (shares - math.exp(-0.25)) / own
    assert abs(score.mean()) < 4 / math.sqrt(60)
    assert 0.6 < (score**2).mean() < 1.6
    assert (runs[0].n, runs[0].d) == (4000, 5)


def test_noise_is_part_of_the_label_that_weights() -> None:
    found = tilted_means(parse("z").tree, 1.0, [lambda u, v, y: y - u], d=2, n=50_000,
                         rng=np.random.default_rng(5), noise=parse_noise("rademacher(1/2)"))  # fmt: skip
    assert abs(found.mean[0] - 0.5 * math.tanh(0.5)) < 4 * found.standard_error[0]


def test_too_few_effective_samples_are_no_estimate() -> None:
    with pytest.raises(TooFewEffective, match="of 1000 weighted samples"):
        tilted_means(parse("z").tree, 4.0, [lambda u, v, y: u], d=2, n=1000, rng=np.random.default_rng(0))
    found = tilted_means(parse("z").tree, 0.0, [lambda u, v, y: u], d=2, n=101, rng=np.random.default_rng(0))
    assert found.effective == pytest.approx(101)


@pytest.mark.parametrize(("link", "label"), LABELS, ids=[f"{label} of {link}" for link, label in LABELS])
@pytest.mark.parametrize("k", [0, 1, 3])
def test_moments_of_a_drawn_label_are_the_enclosed_ones(link: str, label: str, k: int) -> None:
    tree, law = parse(link).tree, parse_label(label)
    table = moments(tree, law).tilted_moments((k,), (0, 1, 2), Fraction(1, 4), 10)
    for (i, _), ball in table.items():
        found = label_moment(tree, law, k, i, 0.25)
        assert abs(float(found.value) - float(ball)) <= 10 * float(found.error) + 1e-9 * float(found.size)
        assert found.error <= 1e-6 * found.size


@pytest.mark.parametrize(
    ("link", "label", "t", "expected"),
    [
        # E e^{ty} = (1 - 2u)^{-1/2} at u = e^t - 1, and its derivative in t.
        ("z**2", "poisson", 0.35, lambda t: math.exp(t) * (3 - 2 * math.exp(t)) ** -1.5),
        # E e^{ty} = (1 - t^2)^{-1/2}.
        ("0*z", "heteroscedastic(z**2)", 0.9, lambda t: t * (1 - t * t) ** -1.5),
        ("z**2", "flip(1/2)", 0.45, lambda t: ((1 - 2 * t) ** -1.5 - (1 + 2 * t) ** -1.5) / 2),
    ],
    ids=["poisson", "heteroscedastic", "flip"],
)
def test_moments_of_a_drawn_label_hold_close_to_t_max(
    link: str, label: str, t: float, expected: Callable[[float], float]
) -> None:
    found = label_moment(parse(link).tree, parse_label(label), 0, 1, t)
    assert float(found.value) == pytest.approx(expected(t), rel=1e-9)


def test_what_doubles_do_not_hold_is_no_estimate() -> None:
    with pytest.raises(Divergent, match=r"where doubles end, at t = 0\.49"):
        label_moment(parse("z**2").tree, parse_label("flip(1/2)"), 0, 1, 0.49)


@pytest.mark.parametrize(("link", "label"), LABELS, ids=[f"{label} of {link}" for link, label in LABELS])
def test_labels_given_z_have_the_moments_and_the_draws_of_their_law(link: str, label: str) -> None:
    tree, law = parse(link).tree, parse_label(label)
    z = np.linspace(-8, 8, 1601)
    mass = stats.norm.pdf(z) * 0.01
    for i, given in enumerate(given_moments(tree, law, 0.25, z)):
        for k in (0, 1):
            expected = float(label_moment(tree, law, k, i, 0.25).value)
            assert float(mass @ (given * hermevander(z, 1)[:, k])) == pytest.approx(expected, abs=2e-6)
    at = np.full(60_000, 0.8)
    drawn = draw_label(tree, law, at, np.random.default_rng(2))
    near = int(np.abs(z - 0.8).argmin())
    once, twice = (given_moments(tree, law, 0.0, z)[i][near] for i in (1, 2))
    assert abs(drawn.mean() - once) < 4 * math.sqrt((twice - once**2) / 60_000)
    assert (drawn**2).mean() == pytest.approx(twice, rel=0.05)


@pytest.mark.parametrize("name", NOISES)
def test_a_noisy_linear_label_has_closed_forms(name: str) -> None:
    """s = 2z: E[e^{ty} He_k] = (2t)^k e^{2t^2} M(t), and E[y e^{ty}] is the derivative in t at k = 0."""
    noise, t = parse_noise(name), 0.25
    a = float(noise.scale)
    grown, slope = {"none": (1.0, 0.0), "gaussian": (math.exp((a * t) ** 2 / 2), a * a * t),
                    "uniform": (math.sinh(a * t) / (a * t or 1), a / math.tanh(a * t or 1) - 1 / t),
                    "rademacher": (math.cosh(a * t), a * math.tanh(a * t))}[noise.kind]  # fmt: skip
    found = noisy_moments(parse("2*z").tree, noise, (0, 1, 2), (0, 1), Fraction(1, 4))
    base = math.exp(2 * t * t) * grown
    for (i, k), each in found.items():
        once = (2 * t) ** k * base
        expected = once if i == 0 else once * (4 * t + slope + k / t)
        assert abs(each.value - expected) <= each.error <= 1e-10 * each.size
    # The size is that of the absolute value: of a mean of 0 too.
    assert found[1, 1].size >= abs(found[1, 1].value)
    odd = noisy_moments(parse("z").tree, noise, (1,), (0,), Fraction(0))[0, 1]
    assert odd.size == pytest.approx(math.sqrt(2 / math.pi), rel=1e-3)
    assert abs(odd.value) <= odd.error


@pytest.mark.parametrize("name", NOISES)
def test_nodes_of_noise_integrate_polynomials(name: str) -> None:
    noise = parse_noise(name)
    e, law = law_nodes(noise)
    a = float(noise.scale) if noise.kind != "none" else 0.0
    fourth = {"none": 0.0, "gaussian": 3 * a**4, "uniform": a**4 / 5, "rademacher": a**4}[noise.kind]
    second = a * a / (3 if noise.kind == "uniform" else 1)
    assert [float(law @ e**j) for j in (0, 1, 2, 4)] == pytest.approx([1, 0, second, fourth], abs=1e-12)


def test_an_estimate_refutes_only_beyond_ten_times_every_error() -> None:
    found = Estimate(1.0, 1e-3, 1.0)
    assert [found.refutes(1 - x) for x in (0.0099, 0.0101)] == [False, True]
    assert [found.refutes(1 + x, room=1e-3) for x in (0.0199, 0.0201)] == [False, True]
    assert [Estimate(1.0, 0.0, 1.0).refutes(1 + x) for x in (0.9e-12, 1.1e-12)] == [False, True]
    assert [Estimate(1.0, 0.0, 100.0).refutes(1 + x) for x in (0.9e-10, 1.1e-10)] == [False, True]
    assert [Estimate(1.0, x, 2.0).resolved() for x in (1.9e-8, 2.1e-8)] == [True, False]
    assert [Estimate(1.0, 1e-8, 2.0).resolved(x) for x in (0.9e-8, 1.1e-8)] == [True, False]
    assert Estimate(0.0, 0.0, 0.0).resolved()
    assert NOISELESS.kind == "none"
