"""Moments of labels from what defines them, against enclosures by moments of the link."""

from fractions import Fraction

import numpy as np
import pytest
from flint import arb
from numpy.polynomial.hermite_e import hermegauss, hermeval
from tiltproof.link import parse, parse_label
from tiltproof.numerics.expectation.by_definition import defined
from tiltproof.numerics.expectation.labels import moments
from tiltproof.numerics.expectation.oracle import Interval
from tiltproof.numerics.precision import working

T = Fraction(1, 2)


@pytest.mark.parametrize(
    ("link", "label"),
    [
        ("sigmoid(2*z)", "bernoulli(-1, 2)"),
        ("tanh(z) - 1/2", "flip(1/3)"),
        ("sin(z)", "heteroscedastic(exp(-z**2))"),
        ("2*z", "preference(1)"),
    ],
    ids=lambda text: text.partition("(")[0],
)
@pytest.mark.parametrize("k", [1, 2])
@pytest.mark.parametrize("i", [0, 1])
def test_two_ways_to_a_moment_of_a_label_meet(link: str, label: str, k: int, i: int) -> None:
    tree, law = parse(link).tree, parse_label(label)
    with working(96):
        other = moments(tree, law).tilted_moments((k,), (i,), T, 10)[i, k]
        found = defined(tree, law, k, i, None, T, 10)
        assert found.overlaps(other)
        assert found.rad() < 1e-9
        assert other.rad() < 1e-9


@pytest.mark.parametrize("k", [1, 2])
@pytest.mark.parametrize("i", [0, 1])
def test_counts_are_summed_one_by_one(k: int, i: int) -> None:
    """t = log(3/2), in doubles: E[y^i r^y | z] is e^{(r - 1)s}, times rs for i = 1."""
    r, (z, w) = 1.5, hermegauss(120)
    s = 1 + np.sin(z)
    direct = float(w / w.sum() @ (np.exp((r - 1) * s) * (r * s) ** i * hermeval(z, [0] * k + [1])))
    found = defined(parse("1 + sin(z)").tree, parse_label("poisson"), k, i, Fraction(3, 2), Fraction(0), 10)
    assert abs(float(found) - direct) < 1e-9
    assert found.rad() < 1e-9


def test_the_rest_of_a_power_series_in_the_variance_is_no_wider_than_its_bound() -> None:
    """v = 1 and s = z at t = 2: E[y e^{ty} He_1] = (t^2 + 1 + t^2) e^{t^2}, 8 of whose terms fall short."""
    tree, law = parse("z").tree, parse_label("heteroscedastic(1 + 0*z)")
    found = defined(tree, law, 1, 1, None, Fraction(2), 8)
    true = arb(9) * arb(4).exp()
    left_out = sum(2.0**n / float(np.prod(range(1, n + 1))) for n in range(8, 40)) * 5 * float(arb(2).exp())
    assert found.contains(true.mid())
    assert left_out < found.rad() < 40 * left_out


def test_no_moment_of_a_heteroscedastic_label_is_told_of_a_range() -> None:
    law = moments(parse("z").tree, parse_label("heteroscedastic(1 + z**2/4)"))
    with pytest.raises(ArithmeticError, match="over a range"):
        law.tilted_moments((1,), (0,), Interval(Fraction(1, 8), Fraction(1, 4)), 5)
