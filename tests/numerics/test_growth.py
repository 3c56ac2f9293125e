"""Growth at infinity: the range of t on which the tilt exists, and tails that are true bounds."""

from fractions import Fraction

import pytest
from flint import arb
from tiltproof.link import parse
from tiltproof.numerics.expectation.tails import t_range, tail
from tiltproof.numerics.precision import working


@pytest.mark.parametrize(
    ("link", "limit"),
    [("z**2 - 10", "0.5"), ("3*z**2 + z", "1/6"), ("z**2/2 - 2*log(1 + z**2)", "1"), ("He(3, z)", "0"),
     ("exp(z)", "0"), ("exp(exp(z))", "0"), ("z**2*tanh(z)", "0.5")],
)  # fmt: skip
def test_t_max_is_enclosed_from_both_sides(link: str, limit: str) -> None:
    known = t_range(parse(link).tree)
    with working(64):
        value = float(Fraction(limit))
        assert abs(float(known.finite_below) - value) < 1e-3
        assert abs(float(known.infinite_from) - value) < 1e-3


@pytest.mark.parametrize(
    "link",
    [
        "z - 3",
        "relu(z)",
        "-He(4, z)",
        "-exp(z**2)",
        "log(cosh(z))",
        "tanh(sinh(z))",
        "exp(z)/(1 + exp(z))",
        "clip(z**2, 0, 4)",
        "z*cos(z)",
    ],
)
def test_every_temperature_works(link: str) -> None:
    assert not t_range(parse(link).tree).finite_below.is_finite()


@pytest.mark.parametrize("radius", [8, 12, 20])
def test_the_tail_of_a_gaussian_moment_is_bounded_from_above(radius: int) -> None:
    # Oracle: E[Z^2; |Z| > R] = 2 (R phi(R) + 1 - Phi(R)), by parts.
    bound = tail(parse("z").tree, 1, 1, arb(0), arb(0), radius)
    assert bound is not None
    with working(200):
        r = arb(radius)
        density = (-r * r / 2).exp() / (2 * arb.pi()).sqrt()
        exact = 2 * (r * density + (r / arb(2).sqrt()).erfc() / 2)
        assert exact < bound
        assert bound < 4 * exact
