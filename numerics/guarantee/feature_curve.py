"""The curve of features and the fixed fit in doubles, bounded on cells of u by Taylor polynomials."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

import numpy as np

from ..deployment.feature_sums import doubles
from ..lowering.pointwise import Array
from .sums import Frame

#: At least sup |tanh''|.
_BEND = 0.77
#: Covers the rounding of some hundred operations in doubles.
MORE = 1 + 1e-10
_CELLS = 64


@dataclass(frozen=True)
class Curve:
    """On cells of u: |psi~| at most, and the reference psi~'theta^0 at the middles with its slope there.

    curve: |psi~'theta^0 - its tangent at the middle| at most.
    """

    length: Array
    fit: Array
    slope: Array
    curve: float

    @classmethod
    def of(cls, frame: Frame, biases: Sequence[Fraction], u: Array, half: float) -> Curve:
        """The cells of middles u and half width ``half``."""
        matrix, raw = doubles(frame.matrix), np.array([float(x) for x in frame.raw])
        values = [np.tanh(u - float(b)) for b in biases]
        bent = _BEND * half * half / 2

        def line(theta: Array) -> tuple[Array, Array, float]:
            value, slope = np.full(u.shape, theta[0]), np.zeros(u.shape)
            for weight, at in zip(theta[1:], values, strict=True):
                value += weight * at
                slope += weight * (1 - at * at)
            return value, slope, float(np.abs(theta[1:]).sum()) * bent * MORE

        square = np.zeros(u.shape)
        for value, slope, curve in map(line, matrix.T):
            square += (np.abs(value) + np.abs(slope) * half + curve + 1e-12) ** 2
        return cls(np.sqrt(square) * MORE, *line(raw))


def longest(frame: Frame, biases: Sequence[Fraction]) -> float:
    """|psi~| at most on the whole line."""
    edge = 20 + math.ceil(max((abs(b) for b in biases), default=0))
    u = np.arange(-edge * _CELLS, edge * _CELLS + 1) / _CELLS
    # Beyond the edge every tanh is within 2e^{-40} of its value there.
    settled = 2 * math.exp(-40) * frame.size * math.sqrt(1 + len(biases))
    return float(Curve.of(frame, biases, u, 0.5 / _CELLS).length.max()) + settled
