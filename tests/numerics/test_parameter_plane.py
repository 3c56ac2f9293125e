"""Moments for every value of a parameter at once. Oracle: sums over a grid, and the growth seen there."""

import math
from collections.abc import Callable
from fractions import Fraction

import numpy as np
import pytest
from flint import arb
from tiltproof.link import parse_expression
from tiltproof.link.tree import Node, Num, Var, replaced
from tiltproof.numerics.lowering.pointwise import compile_numpy
from tiltproof.numerics.precision import working
from tiltproof.numerics.threshold.parameter_plane import Members, _growth, _outside, slope_in

LOW, HIGH, T = Fraction(1), Fraction(1025, 1024), 0.5
LINKS = ("tanh(p*z) - 9/10", "sin(p*z) - exp(-z**2)/2", "p**2*sigmoid(z - p)/3")
Z = np.arange(-14, 14, 1 / 64)
DENSITY = np.exp(-(Z**2) / 2) / math.sqrt(2 * math.pi) / 64


def read(text: str) -> Node:
    return parse_expression(text, variables=("z", "p"))


def at(tree: Node, p: Fraction) -> Callable[[np.ndarray], np.ndarray]:
    return compile_numpy(replaced(tree, Var("p"), Num(p)))


def hermite(k: int) -> np.ndarray:
    return np.polynomial.hermite_e.hermeval(Z, [0] * k + [1])


@pytest.mark.parametrize("text", LINKS)
def test_the_balls_hold_every_member_and_little_more(text: str) -> None:
    tree = read(text)
    members = Members(tree, "p", LOW, HIGH)
    slope = slope_in(tree, "p")
    found = members.tilted_moments((0, 1, 3), (0, 1, 2), Fraction(T), 10)
    for k in (0, 1, 3):
        values = []
        for p in (LOW, (LOW + HIGH) / 2, HIGH):
            s, moved = at(tree, p)(Z), at(slope, p)(Z)
            weight = np.exp(T * s) * hermite(k) * DENSITY
            values.append([float(np.sum(s**i * weight)) for i in range(3)])
            values[-1] += [float(np.sum((1 + T * s) * moved * weight))]
            values[-1] += [float(np.sum((2 * s + T * s * s) * moved * weight))]
        balls = [found[i, k] for i in range(3)] + list(members.slopes(k, arb(T)))
        for ball, seen in zip(balls, zip(*values, strict=True), strict=True):
            assert all(ball.overlaps(arb(value, 1e-12)) for value in seen)
            assert float(ball.rad()) < 0.02


@pytest.mark.parametrize(
    "text", ["p*z**2 + z", "-(z**3) - p*z", "(z + p)*z**2*tanh(z)", "(p - 3*z)**2", "p*sin(z)"]
)
def test_the_growth_on_the_tails_is_a_bound(text: str) -> None:
    tree, radius = read(text), 3
    constant, m = _growth(tree, radius, "p", (LOW, Fraction(2)))
    far = np.concatenate([np.geomspace(radius, 1e6, 60), -np.geomspace(radius, 1e6, 60)])
    for p in (LOW, Fraction(3, 2), Fraction(2)):
        assert np.all(np.abs(at(tree, p)(far)) <= float(constant) * (1 + np.abs(far)) ** m)


@pytest.mark.parametrize("n", range(7))
def test_what_is_left_beyond_the_radius_is_bounded_and_not_by_far(n: int) -> None:
    # The integral of x^n phi over [R, oo) is 2^(n/2 - 1) Gamma((n + 1)/2, R^2/2) / sqrt(pi).
    with working(128):
        radius = arb(9)
        half = arb(n + 1) / 2
        true = 2**n * arb(2) ** (half - arb(3) / 2) * (radius**2 / 2).gamma_upper(half) / arb.pi().sqrt()
        assert true < _outside(n, radius) * (1 + arb("1e-30"))
        assert _outside(n, radius) < true * 1.02
