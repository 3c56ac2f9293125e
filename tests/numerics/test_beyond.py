"""What a clip range cuts off from the link, against SciPy's quadrature."""

import math
from fractions import Fraction

import pytest
from scipy.integrate import quad
from tiltproof.link import parse
from tiltproof.numerics.expectation.oracle import Interval
from tiltproof.numerics.guarantee.clipping import Beyond


def _by_quadrature(s: float, t: float) -> float:
    def mean(power: int) -> float:
        def integrand(z: float) -> float:
            return float(max(z * z - s, 0.0) ** power * math.exp((t - 0.5) * z * z))

        return quad(integrand, -30, 30, points=[-math.sqrt(s), math.sqrt(s)], limit=200)[0]

    return math.sqrt(mean(2) / mean(0))


@pytest.mark.parametrize("t", [Fraction(0), Fraction(1, 16), Fraction(1, 5)], ids=str)
def test_the_part_of_a_parabola_above_the_clip_range(t: Fraction) -> None:
    found = Beyond.of(parse("z**2").tree, (0.0, 6.0), Fraction(1, 5)).at(t)
    true = _by_quadrature(6.0, float(t))
    assert true <= found <= true * (1 + 1e-6)


def test_an_interval_of_temperatures_holds_each_of_them() -> None:
    beyond = Beyond.of(parse("z").tree, (-0.5, 1.0), Fraction(2))
    over = beyond.at(Interval(Fraction(1, 2), Fraction(1)))
    assert max(beyond.at(Fraction(k, 8)) for k in range(4, 9)) <= over


def test_a_range_that_holds_the_link_cuts_nothing() -> None:
    assert Beyond.of(parse("tanh(z)").tree, (-1.0, 1.0), Fraction(1)).at(Fraction(1)) < 1e-9
