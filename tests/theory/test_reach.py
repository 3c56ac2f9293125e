"""How far a link reaches and how fast it grows, by values typed in: one link for every rule."""

from fractions import Fraction

import pytest
import sympy
from sympy import E, Rational, cosh, exp, log, oo, pi, sqrt, tanh
from tiltproof.link import parse
from tiltproof.theory.exact.lower import lower
from tiltproof.theory.exact.polynomial import affine_image
from tiltproof.theory.shape.growth import degree, explosive, moderate, order
from tiltproof.theory.shape.range import bounds, extremes, limit

BOUNDS = {
    "gelu(z)": (Rational(-9, 50), oo), "-gelu(z)": (-oo, Rational(9, 50)), "abs(sin(z)*2)": (0, 2),
    "cosh(2*sin(z) - 3)": (1, cosh(5)), "He(2, sin(z)*2)": (-5, 5), "He(3, sin(z))": (-4, 4),
    "clip(z*sin(z), -1, sin(z) + 3)": (-1, 4), "min(sin(z), z)": (-oo, 1),
    "max(sin(z), z, 1/2)": (Rational(1, 2), oo), "tanh(z**2*sin(z))": (-1, 1), "exp(sin(z) + z)": (0, oo),
    "exp(sin(z) - sin(2*z))": (exp(-2), exp(2)), "atan(z*sin(z))": (-pi / 2, pi / 2),
    "sin(z) - 3*cos(z)": (-4, 4), "sin(z) - exp(z)": (-oo, 1), "exp(z) - sin(z)": (-1, oo),
    "exp(z) + sin(z)": (-1, oo), "-exp(z) + sin(z)": (-oo, 1), "exp(z)*sin(z)": (-oo, oo),
    "-2*(exp(z) + sin(z))": (-oo, 2), "(sin(z) - 2)*(cos(z) + 3)": (-12, -2), "(sin(z)*3 - 1)**2": (0, 16),
    "(sin(z)*3 - 1)**3": (-64, 8), "sin(z)/(cos(z) + 3)": (Rational(-1, 2), Rational(1, 2)),
    "(5*sin(z))/(cos(z) - 3)": (Rational(-5, 2), Rational(5, 2)), "sin(z)/(1 + z**2)": (-1, 1),
    "where(z > sin(z), 2*sin(z), cos(z) - 4)": (-5, 2), "z**4 + z**3 + z**2 + 2*z": (-785, oo),
    "3 - z**4 - z**3 + z": (-oo, 1521), "z**3 + z**2": (-oo, oo), "-(sin(z) + exp(z))": (-oo, 1),
}  # fmt: skip


@pytest.mark.parametrize("link", BOUNDS)
def test_bounds(link: str) -> None:
    assert bounds(parse(link).tree) == BOUNDS[link]


LIMITS = {
    "z": (-oo, oo), "-z": (oo, -oo), "z**2": (oo, oo), "3 - z**3/2": (oo, -oo), "exp(z)": (0, oo),
    "tanh(z) - z": (oo, -oo), "tanh(z)*2 - atan(z)": (pi / 2 - 2, 2 - pi / 2), "2*erf(z)*sigmoid(z)": (0, 2),
    "softplus(z) - 1": (-1, oo), "relu(z)": (0, oo), "sinh(z)": (-oo, oo), "sign(z)": (-1, 1),
    "Heaviside(z)": (0, 1), "gelu(z)": (0, oo), "abs(z)": (oo, oo), "cosh(z)": (oo, oo),
    "log(2 + tanh(z))": (0, log(3)), "log(2 + exp(z))": (log(2), oo), "sqrt(1 + exp(z))": (1, oo),
    "z/(2 + exp(z))": (-oo, None), "tanh(z)/(3 + z**2)": (0, 0), "(1 + z**2)/(2 + tanh(z))": (oo, oo),
    "where(z > 0, 2, -3)": (-3, 2), "where(z > 0, z, -3)": (-3, oo), "clip(z, -1, 2)": (-1, 2),
    "min(z, 1)": (-oo, 1), "max(z, 1)": (1, oo), "He(2, tanh(z))": (None, None), "tanh(z)**3": (-1, 1),
    "(1 + exp(z))**(-1)": (1, 0), "(1 + z**2)**(1/2)": (oo, oo), "exp(z) - exp(-z)": (-oo, oo),
    "exp(z) - z - exp(2*z)": (oo, None), "sin(z)": (None, None), "tanh(1/(1 + z**2))": (0, 0),
    "exp(-z**2)": (0, 0), "cos(tanh(z))": (sympy.cos(1), sympy.cos(1)), "gelu(-z)": (oo, 0),
    "0*z + pi": (pi, pi), "-tanh(z)": (1, -1), "-sin(z)": (None, None),
    # A jump in the limit of its argument: the side from which 0 is approached decides.
    "sign(exp(-z**2))": (1, 1), "Heaviside(-exp(-z**2))": (0, 0), "sign(exp(z))": (1, 1),
    "Heaviside(1/(1 + z**2))": (1, 1), "sign(exp(-z**2)*z**3)": (-1, 1), "sign(tanh(z) - 1)": (-1, None),
    "z**2*Heaviside(exp(-z**2))": (oo, oo), "log(exp(-z**2))": (-oo, -oo), "sign(z)*sign(-z)": (-1, -1),
    "Heaviside(abs(sinh(z))*exp(-z**2))": (1, 1), "sign(-sqrt(exp(z)))": (-1, -1),
    "sign(min(exp(-z), 2) + relu(z))": (1, 1), "sign(clip(exp(z), -1, 2))": (1, 1),
    "1/exp(z)": (None, 0), "max(1/exp(-z), 0)": (0, None), "exp(z)**(-2)": (None, 0),
}  # fmt: skip


@pytest.mark.parametrize("link", LIMITS)
def test_limits(link: str) -> None:
    tree = parse(link).tree
    assert (limit(tree, -1), limit(tree, 1)) == LIMITS[link]


EXTREMES = {
    "where(z > 0, 2, -3)": (-3, 2), "where(abs(z) < 1, pi, 22/7)": (pi, Rational(22, 7)),
    "-tanh(z)*3": (-3, 3), "3*exp(-2*z**2)": (0, 3), "-3*exp(-2*z**2)": (-3, 0),
    "2*z**4*exp(-3*z**2/2)": (0, 32 * exp(-2) / 9), "-2*z**4*exp(-3*z**2/2)": (-32 * exp(-2) / 9, 0),
    "-z*exp(-z**2)": (-exp(-Rational(1, 2)) / sqrt(2), exp(-Rational(1, 2)) / sqrt(2)),
    "z**3 - z": (-oo, oo), "z**4 - z**2": (Rational(-1, 4), oo), "2 - z**4 + z**2": (-oo, Rational(9, 4)),
    "z**2 - 2*z + 3": (2, oo), "sin(z**2 + z)": (-1, 1), "1 - 2*sin(3*z)": (-1, 3),
    "sin(3*z)/(-4) - 1": (Rational(-5, 4), Rational(-3, 4)),
    "(2 + cos(z))/4": (Rational(1, 4), Rational(3, 4)), "3/(2 + cos(z))": None, "exp(sin(3*z))": (1 / E, E),
    "tanh(sin(z) - 1)": (-tanh(2), 0), "clip(sin(z)*3, -1, 2)": (-1, 2), "clip(sin(z), cos(z), 2)": None,
    "clip(sin(z), -2, 2 + cos(z))": None, "abs(sin(z))": None, "log(2 + sin(z))": (0, log(3)),
    "sigmoid(z**3 - z)": (0, 1), "exp(z**2 - z)": (exp(-Rational(1, 4)), oo),
    "-(z**4 - z**2)": (-oo, Rational(1, 4)), "relu(z**2 - z)": (0, oo), "abs(z) - 2": (-2, oo),
    "z**6 + z**5 + z**3 + z": None, "2*z - 3": (-oo, oo),
    "-sign(z)**2 - tanh(z)**2": (-2, -1), "abs(sign(z)) + cosh(z)": (2, oo), "abs(tanh(z))": (0, 1),
    "1 - Heaviside(abs(z)) - z**2": (-oo, 0), "abs(sign(sinh(z))) + z**2": None,
}  # fmt: skip


@pytest.mark.parametrize("link", EXTREMES)
def test_extreme_values(link: str) -> None:
    found, known = extremes(parse(link).tree), EXTREMES[link]
    assert (found is None) == (known is None)
    if found is not None and known is not None:
        assert [a == b or sympy.simplify(a - b) == 0 for a, b in zip(found[:2], known, strict=True)] == [
            True,
            True,
        ]


#: d with |s| <= A + B|z|^d, whether |s| <= A e^(B|z|), whether s is an exponential that outgrows any z^2.
GROWTH = {
    "z**3": (3, True, False), "tanh(z)": (0, True, False), "z**3*sin(z)": (3, True, False),
    "z*sin(z) + z**2*cos(z)": (2, True, False), "z**2/(2 + sin(z))": (2, True, False),
    "z**2/(sin(z) - 2)": (2, True, False), "z**2/(1 + z**4)": (2, True, False),
    "z/(1 + exp(z))": (1, True, False), "z/exp(z)": (None, False, False), "(z*sin(z))**3": (3, True, False),
    "(1 + z**2)**(1/2)": (1, True, False), "where(z > sin(z), z**3, z*sin(z))": (3, True, False),
    "log(1 + exp(z))": (1, True, False), "log(1 + exp(z**2))": (2, True, False),
    "log(exp(z))": (None, False, False), "sqrt(1 + z**4)": (2, True, False),
    "abs(z**3*sin(z))": (3, True, False), "max(z, z**2*sin(z), 1)": (2, True, False),
    "exp(z)": (None, True, True), "exp(z)*sin(z)": (None, True, False), "exp(z*sin(z))": (None, True, False),
    "exp(z**2)": (None, False, True), "exp(-z**2)*z": (0, True, False), "cosh(2*z + 1)": (None, True, True),
    "exp(sin(z) - z**2*sin(z)**2)": (0, True, False), "exp(-z**4 + sin(z))": (0, True, False),
    "sinh(-z**2)": (None, False, False), "exp(-z**3)": (None, False, True),
    "exp(z) + z**3": (None, True, True), "exp(z**2) + z": (None, False, True),
    "z - exp(z)": (None, True, False), "exp(z)/2 - z": (None, True, True), "z + exp(z)*3": (None, True, True),
    "exp(z) - exp(-z)": (None, True, False), "exp(z)*(-2)": (None, True, False),
    "exp(z)/(2 + sin(z))": (None, True, False), "exp(z)**3": (None, True, False),
    "exp(z)**(-1)": (None, False, False), "sqrt(exp(z))": (None, True, False),
    "He(3, exp(z))": (None, True, False), "clip(exp(z**2), 0, z**2)": (None, False, False),
    "max(exp(z), z**3)": (None, True, False), "3*exp(z**2)": (None, False, True),
    "-3*exp(z**2)": (None, False, False), "2*exp(exp(z**2))": (None, False, True),
    "z*exp(z)": (None, True, False), "where(z > 0, exp(z), exp(z**2))": (None, False, False),
    "where(z > 0, exp(z), z)": (None, True, False),
}  # fmt: skip


@pytest.mark.parametrize("link", GROWTH)
def test_growth(link: str) -> None:
    tree, (power, tame, fast) = parse(link).tree, GROWTH[link]
    assert (degree(tree), moderate(tree), explosive(tree)) == (
        None if power is None else Fraction(power),
        tame,
        fast,
    )


#: (d, c) with s/|z|^d -> c at -oo and at +oo.
ORDERS: dict[str, tuple[tuple[object, object] | None, tuple[object, object] | None]] = {
    "2 - z**3": ((3, 1), (3, -1)),
    "sqrt(4 + z**4) - 10": ((2, 1), (2, 1)), "-z**2*tanh(z)": ((2, 1), (2, -1)),
    "log(cosh(2*z - 1))**2": ((2, 4), (2, 4)), "log(cosh(1/(1 + z**2)))": (None, None),
    "softplus(3 - z)**2": ((2, 1), None), "relu(z**2 - z) + gelu(z)": ((2, 1), (2, 1)),
    "z**4/(1 + z**2)*3": ((2, 3), (2, 3)), "z**2 + z*sin(z)": ((2, 1), (2, 1)), "z*sin(z) - z": (None, None),
    "sigmoid(z) - z": ((1, 1), (1, -1)), "abs(z**3)**(1/3) - 2*z": ((1, 3), (1, -1)),
    "(1 + z**2)**(-1)": ((-2, 1), (-2, 1)), "z*tanh(z) - z": ((1, 2), None), "sin(z)": (None, None),
    "abs(1 - tanh(z)*z)": ((1, 1), (1, 1)), "sqrt(2 + tanh(z))": ((0, 1), (0, sqrt(3))),
}  # fmt: skip


@pytest.mark.parametrize("link", ORDERS)
def test_orders_at_the_ends(link: str) -> None:
    tree = parse(link).tree
    assert (order(tree, -1), order(tree, 1)) == ORDERS[link]


#: (c, d, core) with s = c core + d.
AFFINE = {
    "-z": (-1, 0, "z"), "3 - 2*tanh(z)": (-2, 3, "tanh(z)"), "(tanh(z) + 1)*pi": (pi, pi, "tanh(z)"),
    "2*(tanh(z) - 3)": (2, -6, "tanh(z)"),
    "(tanh(z) - 1)/(-4)": (Rational(-1, 4), Rational(1, 4), "tanh(z)"),
    "-(tanh(z)*3 + 2)": (-3, -2, "tanh(z)"), "5 + tanh(z)": (1, 5, "tanh(z)"),
    "z*tanh(z)": (1, 0, "z*tanh(z)"), "1/(1 + z**2)": (1, 0, "1/(1 + z**2)"), "2": (1, 0, "2"),
    "tanh(z)**2": (1, 0, "tanh(z)**2"), "(1 + sin(z))*(-2) + 1/2": (-2, Rational(-3, 2), "sin(z)"),
    "3*(2 - z)": (-3, 6, "z"),
}  # fmt: skip


@pytest.mark.parametrize("link", AFFINE)
def test_affine_image(link: str) -> None:
    factor, shift, core = affine_image(parse(link).tree)
    assert (factor, shift, lower(core)) == (*AFFINE[link][:2], lower(parse(AFFINE[link][2]).tree))


def test_a_power_0_is_1_where_its_base_grows() -> None:
    assert limit(parse("min(z, z + 1)**0").tree, 1) == limit(parse("min(z, z + 1)**0").tree, -1) == 1
    assert bounds(parse("where(z < z + z, 0, z) + min(z, z)**0").tree)[1] == 1
