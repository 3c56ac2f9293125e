"""Functions at the nodes of a law, in doubles that bound what they are off.

A sum over the nodes then costs one product of arrays, and its rounding is bounded as that of any order of
summation (Higham, Accuracy and Stability of Numerical Algorithms, 2002, section 3.1).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from flint import arb

from ..lowering.pointwise import Array
from ..precision import Unresolved

#: Of one operation: twice the unit roundoff; what the bounds themselves may be rounded by; the subnormals.
_ROUNDING, _MORE, _LEAST = 2.0**-52, 1 + 1e-9, 1e-300


@dataclass(frozen=True, slots=True, eq=False)
class Doubles:
    """Real numbers: each within ``off`` of its ``value``, elementwise, as numpy broadcasts them."""

    value: Array
    off: Array

    @classmethod
    def of(cls, balls: Sequence[arb] | Sequence[Sequence[arb]]) -> Doubles:
        """Balls rounded to doubles."""
        table = np.array(balls, dtype=object)
        value = np.array([float(ball) for ball in table.flat]).reshape(table.shape)
        radius = np.array([float(ball.rad()) for ball in table.flat]).reshape(table.shape)
        return cls._rounded(value, radius)

    @classmethod
    def _rounded(cls, value: Array, off: Array) -> Doubles:
        """``value`` as one operation made it, of numbers for which ``off`` would be enough."""
        return cls(value, (off + np.abs(value) * _ROUNDING) * _MORE + _LEAST)

    @property
    def sizes(self) -> Array:
        """Absolute values at most."""
        return (np.abs(self.value) + self.off) * _MORE

    @property
    def transposed(self) -> Doubles:
        return Doubles(self.value.T, self.off.T)

    @property
    def halved(self) -> Doubles:
        return Doubles(self.value / 2, self.off / 2 + _LEAST)

    @property
    def summed(self) -> Doubles:
        """The rows added up, as one row."""
        ones = np.ones((1, len(self.value)))
        return Doubles(ones, 0 * ones) @ self

    def beside(self, other: Doubles) -> Doubles:
        """Those of both along the second axis."""
        return Doubles(
            np.concatenate([self.value, other.value], axis=1), np.concatenate([self.off, other.off], axis=1)
        )

    def __getitem__(self, at: Any) -> Doubles:
        return Doubles(self.value[at], self.off[at])

    def __add__(self, other: Doubles) -> Doubles:
        return self._rounded(self.value + other.value, self.off + other.off)

    def __sub__(self, other: Doubles) -> Doubles:
        return self._rounded(self.value - other.value, self.off + other.off)

    def __mul__(self, other: Doubles) -> Doubles:
        off = np.abs(self.value) * other.off + self.off * other.sizes
        return self._rounded(self.value * other.value, off)

    def __matmul__(self, other: Doubles) -> Doubles:
        """Sums of products over the last axis of the one and the first of the other."""
        count, sizes = self.value.shape[-1], np.abs(self.value)
        off = self.off @ other.sizes + sizes @ (other.off + (count + 2) * _ROUNDING * np.abs(other.value))
        return Doubles(self.value @ other.value, off * _MORE + _LEAST)

    def combined(self, weights: Doubles) -> Doubles:
        """The rows added up with these weights."""
        return Doubles(np.moveaxis(self.value, 0, -1), np.moveaxis(self.off, 0, -1)) @ weights

    def blurred(self, error: float | Array) -> Doubles:
        return Doubles(self.value, (self.off + error) * _MORE)

    @property
    def as_balls(self) -> list[arb]:
        """Each of a list as a ball."""
        return [arb(v, e) for v, e in zip(self.value.tolist(), self.off.tolist(), strict=True)]

    def balls(self) -> list[arb]:
        """One ball for each entry along the first axis, which holds all that stand there."""
        with np.errstate(invalid="ignore"):
            low, high = ((self.value + sign * self.off).reshape(len(self.value), -1) for sign in (-1, 1))
            low, high = low.min(axis=1), high.max(axis=1)
        if not (np.isfinite(low) & np.isfinite(high)).all():
            raise Unresolved("the weighted features leave the doubles")
        margin = _ROUNDING * np.maximum(np.abs(low), np.abs(high)) + _LEAST
        return [arb(a, e).union(arb(b, e)) for a, b, e in zip(low, high, margin.tolist(), strict=True)]


def joined(parts: Sequence[Doubles]) -> Doubles:
    """Arrays stacked along a new last axis."""
    return Doubles(np.stack([one.value for one in parts], -1), np.stack([one.off for one in parts], -1))


def pairs(rows: Doubles) -> Doubles:
    """The products of rows i >= j, in the order of ``place``."""
    i, j = np.tril_indices(len(rows.value))
    return rows[i] * rows[j]


@dataclass(frozen=True, eq=False)
class Columns:
    """T_m at the nodes z of the functions that the constants are made of.

    Each of shape (functions, overlaps, nodes), a range of overlaps held by its two ends. s: of z alone.
    first, cubes: psi~_j and |psi~|^2 psi~_j. squares, fourths: psi~_i psi~_j and |psi~|^2 psi~_i psi~_j for i
    >= j. length: |psi~|^2.
    """

    s: Doubles
    first: Doubles
    squares: Doubles
    length: Doubles
    cubes: Doubles
    fourths: Doubles
    _last: list[tuple[tuple[Doubles, ...], list[Residual]]] = field(
        default_factory=list, init=False, repr=False
    )

    @property
    def one(self) -> Doubles:
        ones = np.ones_like(self.s.value)
        return Doubles(ones, 0 * ones)

    def residuals(self, thetas: tuple[Doubles, ...]) -> list[Residual]:
        """rho^0 = s - psi~'theta multiplied out, so that one frame serves every theta; the last are kept."""
        if not (self._last and self._last[0][0] is thetas):
            self._last[:] = [(thetas, [self._residual(theta) for theta in thetas])]
        return self._last[0][1]

    def _residual(self, theta: Doubles) -> Residual:
        s, length, squares = self.s, self.length, self.squares
        i, j = np.indices((len(theta.value),) * 2)
        higher, lower = np.maximum(i, j), np.minimum(i, j)
        mixed = squares[higher * (higher + 1) // 2 + lower].combined(theta)
        # Each product of two stands for both of its orders.
        i, j = np.tril_indices(len(theta.value))
        twice = Doubles(np.where(i == j, 1.0, 2.0), np.zeros(len(i))) * pairs(theta)
        fit, along = (each.combined(theta)[None] for each in (self.first, self.cubes))
        # s^2 - 2sf + f^2 = s (rho - f) + f^2.
        rho, long = s - fit, s * length - along
        return Residual(
            rho,
            s * (rho - fit) + squares.combined(twice)[None],
            s * self.first - mixed,
            long,
            s * (long - along) + self.fourths.combined(twice)[None],
        )


@dataclass(frozen=True, eq=False)
class Residual:
    """T_m of rho^0 and its square, and of them times psi~_j and |psi~|^2."""

    rho: Doubles
    rho2: Doubles
    rho_psi: Doubles
    rho_length: Doubles
    rho2_length: Doubles
