"""Exact numbers and expressions: SymPy with proved signs, zeros and normal forms, and one table of functions.

The door holds their vocabulary: symbols, the polynomials He_k, values with their proofs. Nothing here knows
what a signal or a threshold is.
"""

from dataclasses import dataclass
from functools import lru_cache
from math import comb, factorial
from typing import Generic, TypeVar

import sympy
from flint import fmpz_poly

#: The argument of the link, distributed as N(0, 1).
z = sympy.Symbol("z", real=True)
#: The inverse temperature t = 1/beta > 0.
t = sympy.Symbol("t", positive=True)
#: The order k of a Hermite coefficient where a form holds for every k.
order = sympy.Symbol("k", integer=True, nonnegative=True)


V = TypeVar("V")


@dataclass(frozen=True, slots=True)
class Known(Generic[V]):
    """``value`` is proved for the ``reason`` given; None when nothing is proved, and why not."""

    value: V | None
    reason: str


@lru_cache(maxsize=512)
def he(k: int) -> fmpz_poly:
    """He_k, k >= 0, by He_{k+1} = x He_k - k He_{k-1}."""
    before, current = fmpz_poly([0]), fmpz_poly([1])
    for j in range(k):
        before, current = current, fmpz_poly([0, 1]) * current - j * before
    return current


@lru_cache(maxsize=512)
def hermite(k: int, symbol: sympy.Symbol) -> sympy.Expr:
    """He_k as a SymPy polynomial in ``symbol``."""
    return sum(int(c) * symbol**j for j, c in enumerate(he(k).coeffs()) if c != 0)


def linearisation(j: int, k: int) -> dict[int, int]:
    """The coefficients c_n of He_j He_k = sum_n c_n He_n: n = j + k - 2r, c_n = r! C(j,r) C(k,r)."""
    return {j + k - 2 * r: factorial(r) * comb(j, r) * comb(k, r) for r in range(min(j, k) + 1)}


def monomial_moment(n: int, k: int) -> int:
    """E[Z^n He_k(Z)] = n!/(n-k)! (n-k-1)!! when n >= k and n - k is even, else 0."""
    if n < k or (n - k) % 2:
        return 0
    half = (n - k) // 2
    return factorial(n) // (factorial(half) << half)
