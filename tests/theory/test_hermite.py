"""Hermite polynomials and exact moments, against tables typed in and classical identities."""

from math import comb, factorial

import pytest
import sympy
from hypothesis import given
from hypothesis import strategies as st
from tiltproof.link import parse
from tiltproof.theory.exact import he, hermite, linearisation, monomial_moment, z
from tiltproof.theory.exact.polynomial import polynomial
from tiltproof.theory.exact.polynomial import polynomial_moment as moment

#: Coefficients of He_k, constant term first (Abramowitz and Stegun, table 22.13).
TABLE = [
    [1],
    [0, 1],
    [-1, 0, 1],
    [0, -3, 0, 1],
    [3, 0, -6, 0, 1],
    [0, 15, 0, -10, 0, 1],
    [-15, 0, 45, 0, -15, 0, 1],
    [0, -105, 0, 105, 0, -21, 0, 1],
    [105, 0, -420, 0, 210, 0, -28, 0, 1],
    [0, 945, 0, -1260, 0, 378, 0, -36, 0, 1],
]


@pytest.mark.parametrize("k", range(10))
def test_he_is_the_probabilists_polynomial(k: int) -> None:
    assert [int(c) for c in he(k).coeffs()] == TABLE[k]


@given(st.integers(0, 40))
def test_derivative_lowers_the_order(k: int) -> None:
    assert he(k + 1).derivative() == (k + 1) * he(k)


@given(st.integers(0, 12), st.integers(0, 12))
def test_orthogonality_through_monomial_moments(j: int, k: int) -> None:
    inner = sum(int(c) * monomial_moment(n, k) for n, c in enumerate(he(j).coeffs()))
    assert inner == (factorial(k) if j == k else 0)


@given(st.integers(0, 9), st.integers(0, 9))
def test_linearisation_gives_the_product(j: int, k: int) -> None:
    total = sum(c * he(n) for n, c in linearisation(j, k).items())
    assert total == he(j) * he(k)


@given(st.integers(0, 20), st.integers(0, 20))
def test_monomials_expand_in_hermite_polynomials(n: int, k: int) -> None:
    # z^n = sum_r C(n, 2r) (2r-1)!! He_{n-2r}, so E[Z^n He_k] = C(n, n-k) (n-k-1)!! k!.
    expected = 0
    if n >= k and (n - k) % 2 == 0:
        half = (n - k) // 2
        expected = comb(n, k) * factorial(k) * (factorial(2 * half) // (2**half * factorial(half)))
    assert monomial_moment(n, k) == expected


def test_expansion_is_exact_with_irrational_coefficients() -> None:
    assert polynomial(parse("sqrt(2)*He(3, z) - pi").tree) == (
        -sympy.pi,
        -3 * sympy.sqrt(2),
        0,
        sympy.sqrt(2),
    )


@pytest.mark.parametrize(("i", "k"), [(1, 3), (2, 2), (3, 1), (3, 3)])
def test_moments_of_he3_agree_with_integration(i: int, k: int) -> None:
    density = sympy.exp(-(z**2) / 2) / sympy.sqrt(2 * sympy.pi)
    integrand = sympy.expand(hermite(3, z) ** i * hermite(k, z)) * density
    assert moment(parse("He(3, z)").tree, i, k) == sympy.integrate(integrand, (z, -sympy.oo, sympy.oo))


@pytest.mark.parametrize(
    ("link", "coefficients"),
    [
        ("(z + 1)**0", (1,)),
        ("(pi*z + 1)**0", (1,)),
        ("He(2, pi*z)", (-1, 0, sympy.pi**2)),
        ("(pi*z - 1)**2/2", (sympy.Rational(1, 2), -sympy.pi, sympy.pi**2 / 2)),
        ("(1 + pi*z**2)**(-1)", None),
        ("(1 + pi*z**2)**(1/2)", None),
    ],
)
def test_powers_and_compositions_of_polynomials(
    link: str, coefficients: tuple[sympy.Expr, ...] | None
) -> None:
    assert polynomial(parse(link).tree) == coefficients
