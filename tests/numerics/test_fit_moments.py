"""The constants of a readout by quadrature, against closed forms; one way of integrating against another."""

import math
from fractions import Fraction
from functools import partial

import numpy as np
import pytest
from flint import arb
from scipy import linalg, special
from tiltproof.link import NOISELESS, Noise, parse
from tiltproof.numerics.estimates.fit_moments import FitMoments, jump_limit, stepwise_unexplained
from tiltproof.numerics.guarantee.bound import Range
from tiltproof.numerics.guarantee.clipping import Pointwise

from .test_guarantee import CASES, ONE, TANH, model


def readout(
    text: str, biases: tuple[int, ...] = (), noise: Noise = NOISELESS, m: Fraction = ONE
) -> FitMoments:
    return FitMoments(parse(text).tree, noise, tuple(map(Fraction, biases)), Fraction(0), m, ONE)


def test_one_feature_of_a_two_valued_link_has_closed_forms() -> None:
    """sign at t = 1: pi* has mean tanh 1 and variance 1/cosh^2 1; E w^2 = cosh 2/cosh^2 1."""
    found, mean = readout("sign(z)"), math.tanh(1)
    assert abs(found.value - mean) < 1e-12
    assert abs(found.bias - 1 / math.cosh(1)) < 1e-12
    assert abs(found.fourth - math.cosh(2) / math.cosh(1) ** 2) < 1e-12
    scores = [math.exp(s) / math.cosh(1) * (s - mean) for s in (1, -1)]
    assert abs(found.energy - sum(x**2 for x in scores) / 2) < 1e-12
    assert abs(found.quartic - sum(x**4 for x in scores) / 2) < 1e-12
    assert abs(found.largest - max(map(abs, scores))) < 1e-12


def test_noise_multiplies_the_weights_and_adds_its_tilted_variance() -> None:
    """A link that is all but constant: F = e^{K(2t)-2K(t)} (K''(2t) + (K'(2t)-K'(t))^2), K = tau^2 t^2/2."""
    found, tau = readout("tanh(z)/10**6", noise=Noise("gaussian", Fraction(1, 2))), 0.5
    assert abs(found.energy - math.exp(tau**2) * (tau**2 + tau**4)) < 1e-5


def test_what_a_direction_leaves_unexplained_is_integrated_two_ways() -> None:
    m = Fraction(24, 25)
    plane = readout("sign(z)", m=m).unexplained
    assert abs(plane - stepwise_unexplained(np.zeros(1), np.array([-1.0, 1.0]), 1.0, float(m))) < 1e-6


def test_the_variance_of_z_given_u_is_one_minus_the_squared_overlap() -> None:
    assert abs(readout("z", m=Fraction(4, 5)).unexplained - 0.36) < 1e-9


def test_at_a_jump_the_unexplained_variance_is_of_order_eps() -> None:
    edges, levels = np.zeros(1), np.array([-1.0, 1.0])
    limit = jump_limit(edges, levels, 1.0)
    assert abs(limit - 0.4803253) < 1e-7
    ratio = stepwise_unexplained(edges, levels, 1.0, math.sqrt(1 - 1e-10)) / 1e-5
    assert abs(ratio - limit) < 1e-6


def test_a_link_among_its_features_leaves_no_misfit() -> None:
    found = readout("tanh(z)", (0,))
    assert found.bias < 1e-12
    assert found.misfit < 1e-24
    assert found.unexplained == 0


#: The enclosures have neither quadrature nor panels in common with it. Their noise is Gaussian in CASES.
BOTH = {name: (args, t, span) for name, (args, t, span, _) in CASES.items()} | {
    "rademacher": (("tanh(z)", "rademacher(1/2)", (Fraction(-1), ONE), Fraction(1, 1000), ONE), 1, TANH),
    "uniform": (("tanh(z)", "uniform(3/4)", (Fraction(-1), ONE), Fraction(1, 10), ONE), 2, TANH),
    "overlap, surrogate": (
        ("tanh(z)", "uniform(3/4)", (Fraction(-1), ONE), Fraction(1, 100), Fraction(4, 5), "9*tanh(z)/10"),
        2, Range(-1.0, 1.0, (-1.0, 1.0), 0.9, away=0.2),
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", BOTH)
def test_quadrature_and_enclosures_agree_on_every_constant(name: str) -> None:
    args, t, span = BOTH[name]
    of = model(*args)
    enclosed = of.constants(Fraction(t), of.weighting.frame(Fraction(t), of.ridge))
    found = FitMoments(of.link, of.noise, of.biases, of.ridge, of.overlap, Fraction(t), of.pilot)
    near = partial(pytest.approx, rel=1e-5, abs=1e-9)
    assert (found.bias, found.cross) == near((enclosed.bias, enclosed.cross))
    assert found.energy + found.cross**2 == near(enclosed.noise_energy**2)
    assert (found.value, found.spread) == near((float(enclosed.value), enclosed.spread))
    assert (found.covariance, found.direction) == near((enclosed.covariance, enclosed.direction))
    assert found.misfit == near(enclosed.policy_squares[0])
    own = (found.own_cross, found.own_size) if of.pilot else (found.cross, 1.0)
    assert own[0] == near(enclosed.policy_norm[0])
    # The largest eigenvalue is bounded by a trace of powers.
    room = of.size ** (1 / 64) * (1 + 1e-5)
    assert own[1] <= enclosed.policy_norm[1] * (1 + 1e-9) <= own[1] * room
    assert found.fourth <= enclosed.fourth * (1 + 1e-5) <= found.fourth * room * (1 + 1e-5)
    if of.overlap == 1:
        assert found.spread_of_scores <= enclosed.noise_spread**2 * (1 + 1e-5)
        assert enclosed.noise_spread**2 <= found.spread_of_scores * room
    square, matrix = enclosed.remainders(arb(span.high), 0.25)[0]
    ours = found.remainders(0.25, span.high)
    assert ours[0] == near(square)
    assert ours[1] <= matrix * (1 + 1e-5) <= ours[1] * room * (1 + 1e-5)


@pytest.mark.parametrize("name", BOTH)
def test_what_is_bounded_point_by_point_is_little_above_quadrature(name: str) -> None:
    args, t, span = BOTH[name]
    of = model(*args)
    enclosed = of.constants(Fraction(t), of.weighting.frame(Fraction(t), of.ridge))
    points = Pointwise(enclosed, span.low, span.high)
    found = FitMoments(of.link, of.noise, of.biases, of.ridge, of.overlap, Fraction(t), of.pilot)
    clipped = found.clipping(0.05, span.low, span.high)
    assert clipped * (1 - 1e-6) <= points.clipped(0.05, span.low, span.high) <= clipped * 1.2
    # By Minkowski's inequality, which adds what a ridge pulls.
    fourth = found.quartic**0.25
    assert fourth * (1 - 1e-6) <= points.fourth(span.ceiling) <= (fourth + 2 * enclosed.pull) * 1.65
    if of.noise.kind == "gaussian":
        assert points.largest(span.ceiling) == math.inf
    elif of.noise.kind != "none":
        largest = found.largest
        assert largest * (1 - 1e-6) <= points.largest(span.ceiling) <= 2 * largest + 2 * enclosed.pull


def test_a_loss_is_the_least_of_three_bounds() -> None:
    found = readout("tanh(z)", (-1, 1), Noise("gaussian", Fraction(1, 2)))
    n, delta = 10**5, 0.05
    kappa = math.sqrt(2 * math.log(3 / 0.0005) * found.fourth / n)
    radius = math.sqrt(found.energy / (n * 0.0495)) / (1 - kappa)
    assert found.radius(n, delta) == pytest.approx(radius)
    assert found.radius(100, delta) == math.inf
    norm = math.sqrt(found.bias**2 + 2 * found.cross * radius + radius**2)
    assert found.norm(radius) == pytest.approx(norm)
    own = math.sqrt(found.misfit + 2 * found.own_cross * radius + found.own_size * radius**2)
    assert found.norm_under_policy(radius) == pytest.approx(own)
    lost = 1 - found.value

    def first(norm: float) -> float:
        d = min(2 + norm, 4)
        return math.expm1(d) / d * found.spread * norm

    square, matrix = found.remainders(norm, 1.0)
    second = found.covariance + found.direction * radius + found.clipping(radius, -1, 1)
    second += 2 * (math.sqrt(square) + radius * math.sqrt(matrix)) ** 2
    assert second < first(norm)
    assert found.loss(radius, norm, -1, 1) == pytest.approx(lost + second)
    assert found.loss(0.3, 1e-4, -1, 1) == pytest.approx(lost + first(1e-4))
    assert found.loss(9.0, 9.0, -1, 1) == pytest.approx(2)
    assert found.loss(math.inf, math.inf, -1, 1) == 2


def test_slopes_of_lines_and_parabolas_have_closed_forms() -> None:
    """Under e^{z - z^2/2} z ~ N(1, 1); under e^{-z^2/2 - z^2/2} z ~ N(0, 1/2), s' = -z, s'' = -1."""
    assert readout("z").slopes == pytest.approx((1, 1))
    assert readout("-z**2/2").slopes == pytest.approx((0.5, 1 - 4 * 0.5 + 4 * 3 * 0.25))


def test_weights_without_the_features_are_those_of_one_feature() -> None:
    mean_of_two = math.exp(0.25) * math.cosh(2) / math.cosh(1) ** 2
    found = readout("sign(z)", noise=Noise("gaussian", Fraction(1, 2)))
    assert found.second == pytest.approx(mean_of_two)
    assert found.fourth == pytest.approx(mean_of_two)
    assert found.spread_of_scores == pytest.approx(found.energy)


def test_three_steps_leave_unexplained_what_two_rules_say() -> None:
    edges, levels, m = np.array([-0.5, 1.0]), np.array([0.0, 2.0, -1.0]), Fraction(24, 25)
    plane = readout("where(z < -1/2, 0, where(z < 1, 2, -1))", m=m).unexplained
    # Cells of u that lie about both jumps are counted about each.
    apart = [stepwise_unexplained(edges[i : i + 1], levels[i : i + 2], 1.0, 0.9999999) for i in (0, 1)]
    masses = np.diff([0, *special.ndtr(edges), 1]) * np.exp(levels)
    weights = [
        float(np.array([special.ndtr(at), special.ndtr(-at)]) @ np.exp(levels[i : i + 2]))
        for i, at in enumerate(edges)
    ]
    both = sum(w * part for w, part in zip(weights, apart, strict=True)) / masses.sum()
    assert stepwise_unexplained(edges, levels, 1.0, 0.9999999) == pytest.approx(both, rel=1e-3)
    limit = jump_limit(edges, levels, 1.0)
    assert both / math.sqrt(1 - 0.9999999**2) == pytest.approx(limit, rel=1e-3)
    assert plane == pytest.approx(limit * math.sqrt(1 - float(m) ** 2), rel=0.2)


def test_the_second_moment_of_the_weights_in_the_metric_of_the_features() -> None:
    """The largest root of det(E w^2 psi psi' - x E w psi psi') for features 1, tanh(z - 1)."""
    found = readout("tanh(z)", (1,), Noise("gaussian", Fraction(1, 2)))
    z, dz = np.linspace(-10, 10, 20_001, retstep=True)
    gamma, psi = (
        np.exp(-(z**2) / 2) / math.sqrt(2 * math.pi) * dz,
        np.column_stack([np.ones_like(z), np.tanh(z - 1)]),
    )
    w = np.exp(np.tanh(z)) / (gamma @ np.exp(np.tanh(z)))
    gram, twice = (psi.T @ ((gamma * w**j)[:, None] * psi) for j in (1, 2))
    largest = linalg.eigh(math.exp(0.25) * twice, gram, eigvals_only=True)[-1]
    assert found.second == pytest.approx(largest, rel=1e-6)
