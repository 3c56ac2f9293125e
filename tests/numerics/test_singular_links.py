"""Certified moments of links with singular points. Oracles: Gamma functions, and mpmath's quadrature.

E|Z|^t = 2^(t/2) Gamma((t + 1)/2)/sqrt(pi) is E e^{t log|Z|}.
"""

from fractions import Fraction

import mpmath
import pytest
from flint import acb, arb
from tiltproof.link import parse
from tiltproof.numerics.expectation.oracle import NotIntegrable, oracle, t_range
from tiltproof.numerics.lowering.arb import values
from tiltproof.numerics.lowering.removable import continued
from tiltproof.numerics.precision import working

from tiltproof import policy

_CUTS = [-14, -8, -4, -2, -1, 0, 1, 2, 4, 8, 14]


def by_mpmath(f: "mpmath.mpf", t: float, k: int) -> mpmath.mpf:
    """E[s e^{ts} He_k] by tanh-sinh rules, which take a logarithm at an end of an interval."""
    he = {0: lambda z: 1, 1: lambda z: z, 2: lambda z: z * z - 1, 4: lambda z: z**4 - 6 * z * z + 3}[k]
    return mpmath.quad(lambda z: f(z) * mpmath.exp(t * f(z)) * he(z) * mpmath.npdf(z), _CUTS)


@pytest.mark.parametrize(
    ("link", "function", "k"),
    [("sin(z)/z", lambda z: mpmath.sin(z) / z, 2),
     ("1/tanh(z) - 1/z", lambda z: mpmath.coth(z) - 1 / z, 1),
     ("(1 - cos(z))/z**2", lambda z: 2 * (mpmath.sin(z / 2) / z) ** 2, 4),
     ("He(3, cos(z))*sin(z)/z", lambda z: (mpmath.cos(z) ** 2 - 3) * mpmath.sin(2 * z) / (2 * z), 2),
     ("z/tanh(z)", lambda z: z * mpmath.coth(z), 2),
     ("z*log(abs(z))", lambda z: z * mpmath.log(abs(z)), 2),
     ("sin(z)/abs(z)", lambda z: mpmath.sin(z) / abs(z), 1),
     ("log(abs(z**2 - 1))", lambda z: mpmath.log(abs(z**2 - 1)), 2)],
)  # fmt: skip
def test_moments_are_those_of_another_quadrature(link: str, function: "mpmath.mpf", k: int) -> None:
    ball = oracle(parse(link).tree).tilted_moments((k,), (1,), Fraction(1, 2), 12)[1, k]
    with mpmath.workdps(20):
        assert abs(mpmath.mpf(ball.mid().str(20, radius=False)) - by_mpmath(function, 0.5, k)) < 1e-11


@pytest.mark.parametrize("t", [Fraction(1, 2), Fraction(3)])
@pytest.mark.parametrize("side", [1, -1])
def test_the_tilt_of_a_logarithm_is_a_moment_of_the_gaussian(t: Fraction, side: int) -> None:
    if side * t <= -1:
        with pytest.raises(NotIntegrable, match="not integrable at z = 0"):
            oracle(parse("-log(abs(z))").tree).tilted_moments((0,), (0,), t, 12)
        return
    found = oracle(parse("log(abs(z))" if side > 0 else "-log(abs(z))").tree)
    ball = found.tilted_moments((0,), (0,), t, 20)[0, 0]
    with working(120):
        power = arb(side * t.numerator) / t.denominator
        assert ball.overlaps(arb(2) ** (power / 2) * ((power + 1) / 2).gamma() / arb.pi().sqrt())
        assert ball.rad() < arb(10) ** -18


@pytest.mark.parametrize(
    ("link", "t_max"),
    [("-log(abs(z))", Fraction(1)), ("-2*log(abs(z))", Fraction(1, 2)), ("-log(z**2)", Fraction(1, 2)),
     ("z - log(abs(z))", Fraction(1)), ("-log(abs(z**2 - 1))/3", Fraction(3))],
)  # fmt: skip
def test_a_logarithm_that_rises_bounds_the_temperatures(link: str, t_max: Fraction) -> None:
    known = t_range(parse(link).tree)
    with working(96):
        assert known.finite_below.overlaps(arb(t_max.numerator) / t_max.denominator)
        assert known.infinite_from.overlaps(known.finite_below)


@pytest.mark.parametrize(("link", "t"), [("-log(abs(z))", 1), ("1 - 2*log(abs(z - 1))", Fraction(1, 2))])
def test_at_the_end_of_the_range_a_logarithm_leaves_no_mass(link: str, t: Fraction) -> None:
    """|z - z0|^{-1} is not integrable."""
    with pytest.raises(NotIntegrable, match="not integrable at z"):
        oracle(parse(link).tree).tilted_moments((0,), (0,), t, 10)


def test_an_amplification_there_is_infinite_and_not_open() -> None:
    assert policy("-log(abs(z))", 2, digits=8).chi2.lower == "inf"


@pytest.mark.parametrize("link", ["(exp(z) - 1)/z", "exp(z)/z - 1/z"])
def test_what_outgrows_the_rest_allows_no_temperature(link: str) -> None:
    assert t_range(parse(link).tree).infinite_from.is_zero()


@pytest.mark.parametrize("link", ["log(abs(z))**2", "-log(abs(z))**3"])
def test_a_power_of_a_logarithm_that_rises_allows_no_temperature(link: str) -> None:
    assert t_range(parse(link).tree).infinite_from.is_zero()


@pytest.mark.parametrize(
    ("link", "point", "value"),
    [("sin(z)/z", 0, 1), ("(1 - cos(z))/z**2", 0, "1/2"), ("1/(exp(z) - 1) - 1/z", 0, "-1/2"),
     ("(He(4, z) - 3)/z**2", 0, -6), ("(z**2 - 1)/(z - 1)", 1, 2)],
)  # fmt: skip
def test_at_the_point_the_value_is_the_limit(link: str, point: int, value: str | int) -> None:
    limit = Fraction(value)
    with working(80):
        (found,) = values(parse(link).tree, [arb(point)])
        assert found.contains(arb(limit.numerator) / limit.denominator)
        assert found.rad() < arb(10) ** -20


def test_around_the_point_a_box_holds_the_values() -> None:
    tree = parse("1/tanh(z) - 1/z").tree
    with working(80):
        (box,) = values(tree, [acb(arb(0, 0.2), arb(0, 0.2))])
        inside = acb("0.11", "-0.17")
        assert box.contains(1 / inside.tanh() - 1 / inside)


@pytest.mark.parametrize("link", ["sin(z)/abs(z)", "tanh(1/z)"])
def test_a_box_around_a_jump_is_not_analytic(link: str) -> None:
    from tiltproof.numerics.lowering.removable import continued

    with working(80):
        assert not continued(parse(link).tree, arb(0, 0.1)).is_finite()


@pytest.mark.parametrize("link", ["z/sinh(z) - z", "3*z/sinh(z/2) + z/3"])
def test_a_quotient_by_sinh_is_tame_on_both_tails(link: str) -> None:
    assert not t_range(parse(link).tree).finite_below.is_finite()


def test_a_box_at_a_singular_point_is_worked_out_once_at_each_precision() -> None:
    """Integrals ask for the same boxes at every t; a check of sin(z)/z asked 33,531 times for 427 of them."""
    tree = parse("sin(z)/z").tree

    def around(height: int) -> acb:
        return acb(arb(0, 1) / 8, arb(height) / 8)

    with working(100):
        found = continued(tree, around(0))
        assert continued(tree, around(0)) is found
        assert continued(tree, acb(arb(0, 1) / 8, arb(0, 1) / 8)) is not found
    with working(200):
        assert continued(tree, around(0)) is not found
        assert not continued(tree, acb(arb(0, arb.pos_inf()))).is_finite()
