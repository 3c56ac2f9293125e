"""Truncated Gaussian moments under a quadratic tilt: one antiderivative per piece and end point.

Let E(z) = e^{atz^2 + btz} phi(z), v = 1 - 2at and G' = E. Then He_k E has the antiderivative
(p_k G - q_k E)/v^k with p_k a polynomial in t, and q_k one in t and z:

    f_{k+1} = bt f_k + 2at v k f_{k-1} (+ v^k He_k for f = q),   p_0 = 1, q_0 = 0,

because (He_k E)' = (k He_{k-1} - v z He_k + bt He_k) E and z He_k = He_{k+1} + k He_{k-1}.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from math import factorial
from typing import TypeVar

import sympy
from flint import fmpq_mpoly

from ..exact.constants import sign
from ..exact.hermite import hermite
from ..exact.symbols import t, z
from .collected import Exponential, Numbers

N = TypeVar("N")


@dataclass(frozen=True, slots=True)
class Quadratic:
    """a z^2 + b z + c on (low, high), end points possibly infinite."""

    a: sympy.Expr
    b: sympy.Expr
    c: sympy.Expr
    low: sympy.Expr
    high: sympy.Expr


def times_quadratic(a: N, b: N, c: N, one: N, k: int) -> dict[int, N]:
    """The coefficients of (a z^2 + b z + c) He_k in Hermite polynomials, by order."""
    found = {
        k + 2: a,
        k + 1: b,
        k: (2 * k + 1) * a + c * one,  # type: ignore[operator]
        k - 1: k * b,  # type: ignore[operator]
        k - 2: k * (k - 1) * a,  # type: ignore[operator]
    }
    return {order: weight for order, weight in found.items() if order >= 0}


class Recurrence:
    """p_k, or with an end point q_k there, as polynomials in t."""

    def __init__(self, piece: Quadratic, numbers: Numbers, end: sympy.Expr | None = None) -> None:
        self._shift = numbers.element(piece.b) * numbers.t
        self._bend = 2 * numbers.element(piece.a) * numbers.t
        self._end = None if end is None else numbers.element(end)
        self._zero = numbers.zero
        self._values: list[fmpq_mpoly] = [numbers.one if end is None else numbers.zero]
        self._he: list[fmpq_mpoly] = [numbers.one]

    def __getitem__(self, k: int) -> fmpq_mpoly:
        while len(self._values) <= k:
            self._values.append(self._following())
        return self._values[k]

    def combined(self, weights: dict[int, fmpq_mpoly], order: int) -> fmpq_mpoly:
        """The numerator over v^order of sum_j weights[j] f_j/v^j."""
        v = 1 - self._bend
        return sum((weight * v ** (order - j) * self[j] for j, weight in weights.items()), self._zero)

    def _following(self) -> fmpq_mpoly:
        f, k = self._values, len(self._values) - 1
        v = 1 - self._bend
        new = self._shift * f[k]
        if k:
            new += k * self._bend * v * f[k - 1]
        return new if self._end is None else new + v**k * self._hermite(k, self._end)

    def _hermite(self, k: int, end: fmpq_mpoly) -> fmpq_mpoly:
        """He_k at the end point; called with k one larger each time."""
        if k:
            before = self._he[k - 2] if k > 1 else self._zero
            self._he.append(end * self._he[k - 1] - (k - 1) * before)
        return self._he[k]


def mass(piece: Quadratic, steep: bool) -> Exponential:
    """M = e^{ct + b^2 t^2/(2v)}/(2 sqrt|v|), for which e^{ct} G = M ``error_function``. steep: v < 0."""
    v = 1 - 2 * piece.a * t
    exponent = sympy.Add(piece.c * t, sympy.expand(piece.b**2) / 2 * t**2 / v)
    return Exponential(exponent, 1 / (2 * sympy.sqrt(-v if steep else v)))


@lru_cache(maxsize=1024)
def error_function(piece: Quadratic, end: sympy.Expr, steep: bool) -> sympy.Expr:
    """erf((vz - bt)/sqrt(2v)) at an end point z, +-1 at +-oo; steep: erfi((wz + bt)/sqrt(2w)), w = -v."""
    if end in (sympy.oo, -sympy.oo):
        return sympy.sign(end)
    function, side = (sympy.erfi, -1) if steep else (sympy.erf, 1)
    v = side * (1 - 2 * piece.a * t)
    if piece.b == 0:
        if end == 0:
            return sympy.S.Zero
        flip = sign(end) or 1
        return flip * function(flip * end * sympy.sqrt(v) / sympy.sqrt(2), evaluate=False)
    slope = -sympy.expand(2 * piece.a * end + piece.b)
    # Both functions are odd: written so that the argument grows with t.
    flip = -1 if sign(slope) == -side else 1
    numerator = sympy.expand(flip * side * (end + slope * t))
    return flip * function(numerator / (sympy.sqrt(2) * sympy.sqrt(v)), evaluate=False)


def edge(piece: Quadratic, end: sympy.Expr) -> Exponential:
    """e^{ts} phi at an end point."""
    value = sympy.expand(piece.a * end**2 + piece.b * end + piece.c)
    return Exponential(t * value - sympy.expand(end**2) / 2, 1 / sympy.sqrt(2 * sympy.pi))


def flat_moments(piece: Quadratic, weights: dict[int, sympy.Expr], at: sympy.Expr) -> sympy.Expr:
    """E[sum_j weights[j] He_j e^{ts}] on a bounded piece at the t = ``at`` with 2at = 1: elementary.

    The weight is e^{bt z + ct}/sqrt(2 pi) alone: He_{k+1}/(k+1), or parts of e^{btz} He_k.
    """
    total = sympy.S.Zero
    for end, side in ((piece.high, 1), (piece.low, -1)):
        inner = sum(weight * _flat(piece.b * at, k, end) for k, weight in weights.items())
        total += side * sympy.expand(inner) * sympy.exp(sympy.expand(at * (piece.b * end + piece.c)))
    return total / sympy.sqrt(2 * sympy.pi)


def _flat(slope: sympy.Expr, k: int, end: sympy.Expr) -> sympy.Expr:
    """e^{-slope z} times the antiderivative of He_k e^{slope z}, at the end point."""
    if slope == 0:
        return hermite(k + 1, z).subs(z, end) / (k + 1)
    parts = (
        (-1) ** j * (factorial(k) // factorial(k - j)) * _he(k - j, end) / slope ** (j + 1)
        for j in range(k + 1)
    )
    return sum(parts)


def _he(k: int, end: sympy.Expr) -> sympy.Expr:
    return hermite(k, z).subs(z, end) if k else sympy.S.One
