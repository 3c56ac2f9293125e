"""Exact moments against Gaussian integrals worked out by hand and against quadrature."""

import mpmath
import pytest
import sympy
from tiltproof.crosscheck.number import ball
from tiltproof.link import parse
from tiltproof.numerics.expectation.oracle import oracle
from tiltproof.numerics.lowering.pointwise import compile_mpmath
from tiltproof.theory.exact.polynomial import evaluate
from tiltproof.theory.families.moments import moment, waves
from tiltproof.theory.shape.powered_gaussian import powered_gaussian

E, ROOT = sympy.exp, sympy.sqrt


@pytest.mark.parametrize(
    ("link", "i", "k", "value"),
    [
        ("exp(-z**2/2)", 1, 0, 1 / ROOT(2)),
        ("exp(-z**2/2)", 2, 0, 1 / ROOT(3)),
        ("exp(-z**2/2)", 1, 2, -ROOT(2) / 4),
        ("3*(sin(z) + exp(-z**2/2))", 1, 1, 3 * E(-sympy.Rational(1, 2))),
        ("(sin(z) + exp(-z**2/2))/4", 1, 0, ROOT(2) / 8),
        ("z**2*exp(-z**2)", 1, 0, ROOT(3) / 9),
        ("1 - exp(-z**2/2)", 2, 0, 1 - ROOT(2) + 1 / ROOT(3)),
        ("2*exp(1 - z**2) - 3", 2, 0, 4 * E(2) / ROOT(5) - 12 * E(1) / ROOT(3) + 9),
    ],
)
def test_moments_of_bells_and_their_affine_images(link: str, i: int, k: int, value: sympy.Expr) -> None:
    found = moment(parse(link).tree, i, k)
    assert found is not None
    assert sympy.simplify(found - value) == 0


@pytest.mark.parametrize("k", [0, 2, 4])
def test_a_moment_of_an_affine_image_is_that_of_quadrature(k: int) -> None:
    found = moment(parse("5 - 2*z**2*exp(-z**2)").tree, 3, k)
    he = {0: lambda z: 1, 2: lambda z: z**2 - 1, 4: lambda z: z**4 - 6 * z**2 + 3}[k]
    wanted = mpmath.quad(
        lambda z: (5 - 2 * z**2 * mpmath.exp(-(z**2))) ** 3 * he(z) * mpmath.npdf(z), [-12, -3, 0, 3, 12]
    )
    assert abs(found - wanted) < 1e-12


#: Links of pieces, whose moments hold erf and densities at the cuts.
PIECEWISE = [
    "relu(z+2)-2*relu(z+1)+2*relu(z-1)-relu(z-2)",
    "sign(z)*(1 - 2*exp(-z**2/2))",
    "clip(z**2, 1/2, 3)",
    "where(z < 1/3, exp(z/2 + z**2/8), z - 2)",
    "abs(z - 1)*exp(-abs(z))",
    "max(z**3, z)/4",
]


@pytest.mark.parametrize("i", [1, 2, 3])
@pytest.mark.parametrize("link", PIECEWISE)
def test_moments_piece_by_piece_are_those_of_quadrature(link: str, i: int) -> None:
    tree = parse(link).tree
    s = compile_mpmath(tree)
    cuts = [-14, -4, -2, -1, 0, mpmath.mpf(1) / 3, mpmath.sqrt("0.5"), 1, mpmath.sqrt(3), 2, 4, 14]
    cuts = sorted({*cuts, *(-x for x in cuts)})
    for k in (0, 1, 4):
        he = {0: lambda z: 1, 1: lambda z: z, 4: lambda z: z**4 - 6 * z**2 + 3}[k]
        found = moment(tree, i, k)
        assert found is not None
        wanted = mpmath.quad(lambda z, he=he: s(z) ** i * he(z) * mpmath.npdf(z), cuts)
        assert abs(sympy.N(found, 20) - wanted) < 1e-10 * (1 + abs(wanted))


def test_a_moment_that_does_not_exist_has_no_value() -> None:
    assert moment(parse("exp(z**2/4)").tree, 1, 2) is not None
    assert moment(parse("exp(z**2/4)").tree, 2, 2) is None
    assert moment(parse("where(z > 0, exp(z**2/2), 1)").tree, 1, 1) is None


def test_a_wave_over_a_number_is_a_wave() -> None:
    found = waves(parse("sin(z)/2").tree)
    assert found is not None
    assert found == waves(parse("1/2*sin(z)").tree)
    assert waves(parse("sin(z)/(2 + cos(z))").tree) is None


def test_multiples_of_sums_keep_their_sign() -> None:
    value = moment(parse("-(cos(z) + tanh(z))").tree, 1, 2)
    assert value is not None
    assert sympy.simplify(value - sympy.exp(-sympy.Rational(1, 2))) == 0


@pytest.mark.parametrize(
    "link",
    [
        "sin(2*z + 1)",
        "cos(z - 1/2)",
        "sinh(z/2)",
        "cosh(1 - z)",
        "exp(-z)*z",
        "z*sin(z)**2",
        "z*exp(z - z**2/3)*cosh(z)",
    ],
)
def test_waves_are_sums_of_exponentials(link: str) -> None:
    found = waves(parse(link).tree)
    assert found is not None
    s = compile_mpmath(parse(link).tree)
    for x in (sympy.Rational(1, 3), sympy.Rational(-5, 4)):
        written = sum(evaluate(tuple(p), x) * sympy.exp(a * x - c * x**2) for (a, c), p in found.items())
        assert complex(written) == pytest.approx(float(s(mpmath.mpf(x.p) / x.q)), rel=1e-12)


def test_a_sigmoid_of_an_odd_function_is_odd_around_one_half() -> None:
    tree = parse("sigmoid(sin(z))").tree
    assert [moment(tree, 1, k) for k in (0, 1, 2)] == [sympy.Rational(1, 2), None, 0]


def test_differences_are_taken_part_by_part() -> None:
    value = moment(parse("cos(z) - exp(-z**2/2)").tree, 1, 0)
    assert value is not None
    assert sympy.simplify(value - sympy.exp(-sympy.Rational(1, 2)) + sympy.sqrt(2) / 2) == 0


def test_powers_of_waves() -> None:
    assert waves(parse("(sin(z))**0").tree) == {(0, 0): [1]}
    assert waves(parse("(2 + sin(z))**(-1)").tree) is None


def test_the_sign_of_a_bump() -> None:
    found = powered_gaussian(parse("-(3*z**2*exp(-z**2))").tree)
    assert found is not None
    assert (found.factor, found.m, found.c) == (-3, 2, 1)


@pytest.mark.parametrize(
    ("link", "k", "value"),
    [
        ("gelu(z)", 1, "1/2"),
        ("z*sigmoid(z)", 1, "1/2"),
        ("silu(z)", 1, "1/2"),
        ("silu(2*z) - z", 1, "0"),
        ("z/(1 + exp(-z))", 1, "1/2"),
        ("softplus(2*z)", 1, "1"),
        ("softplus(z)", 3, "0"),
        ("1/(1 + exp(z))", 0, "1/2"),
        ("erf(z)", 1, "2/sqrt(3*pi)"),
        ("gelu(z)", 2, "3/(4*sqrt(pi))"),
        ("z**2*erf(z + 1)", 1, "50*sqrt(3)*exp(-1/3)/(27*sqrt(pi))"),
        ("gelu(z) + relu(z)", 1, "1"),
    ],
)
def test_a_symmetry_or_stein_gives_the_moment(link: str, k: int, value: str) -> None:
    found = moment(parse(link).tree, 1, k)
    assert found is not None
    assert sympy.simplify(found - sympy.sympify(value)) == 0


@pytest.mark.parametrize("link", ["erf(z/2 - 1)", "gelu(2*z + 1)", "3*erf(z) - z + 1/2", "2 - sigmoid(-3*z)"])
def test_moments_of_sums_and_products_lie_in_certified_balls(link: str) -> None:
    tree = parse(link).tree
    table = oracle(tree).tilted_moments(tuple(range(5)), (1,), 0, 15)
    found = {k: moment(tree, 1, k) for k in range(5)}
    assert all(ball(value).overlaps(table[1, k]) for k, value in found.items() if value is not None)
    assert sum(value is not None for value in found.values()) >= 3


def test_a_product_of_two_functions_has_no_such_moment() -> None:
    assert moment(parse("exp(z)*sigmoid(z)").tree, 1, 1) is None
    assert moment(parse("(z + 1)*sigmoid(z)").tree, 1, 1) is None
