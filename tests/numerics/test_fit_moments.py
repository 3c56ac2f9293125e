"""The constants of a readout by quadrature, against closed forms; one way of integrating against another."""

import math
from fractions import Fraction

import numpy as np
from tiltproof.link import NOISELESS, Noise, parse
from tiltproof.numerics.estimates.fit_moments import FitMoments, jump_limit, stepwise_unexplained

ONE = Fraction(1)


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
