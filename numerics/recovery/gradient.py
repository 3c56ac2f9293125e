"""The second moment of the gradient's factor G = T(y) g'(u) as a function of the overlap, by midpoint rules.

Double precision and not certified: it sets step sizes and the shrinking that finite steps cause,
(eta^2/2) E[G^2 |x|^2] m a step to the leading order in d.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache
from math import factorial

import numpy as np
from flint import arb
from numpy.typing import NDArray

from ...link import Signal
from ...link.label import NOISELESS, Noise
from ...link.tree import Node
from ..expectation.noise import cumulants
from ..lowering.numpy import compile_numpy, hermite
from ..precision import exact, working

Array = NDArray[np.float64]
_RADII = (10.0, 14.0, 20.0, 40.0, 80.0)
_CELLS, _INNER_CELLS, _INNER_RADIUS = 1200, 400, 9.0
_OVERLAPS = np.linspace(-0.5, 0.5, 5)
_DIFFERENCE = 1e-5


@dataclass(frozen=True, slots=True)
class GradientNoise:
    """E[T^2 g'(u)^2] at overlap m as a polynomial of degree 4 in m; ``along``: E[T^2 A^2] E g'^2 at m = 0.

    near: what the second order of a step holds beside (d/2) m E G^2, as a polynomial likewise. ends: the
    root of E[T^2 g'(u)^2 (A - m u)^2] at m = -1/2 and at m = 1/2, the spread of a step in units of eta.
    """

    polynomial: tuple[float, ...]
    near: tuple[float, ...]
    along: float
    ends: tuple[float, float]

    def at(self, m: Array | float) -> Array:
        return np.asarray(np.polynomial.polynomial.polyval(m, np.asarray(self.polynomial)))

    def loss(self, m: Array | float, d: int) -> Array:
        """-E[m' - m]/eta^2 to the second order in eta: E[G^2 (A u + m |x|^2/2 - 3 m u^2/2)].

        From m' = (m + eta G A)(1 + X)^{-1/2}, X = 2 eta G u + eta^2 G^2 |x|^2, where E|x|^2 is
        A^2 + B^2 + d - 2.
        """
        return np.asarray(d / 2 * self.at(m) * m + np.polynomial.polynomial.polyval(m, np.asarray(self.near)))


def gradient_noise(link: Node, activation: Node, t: Fraction, signal: Signal, noise: Noise) -> GradientNoise:
    """E[T^2 g'^2] for x = A theta* + B v + r, u = mA + sqrt(1 - m^2) B.

    Raises ArithmeticError where T^2 phi does not decay within 80, or g'^2 phi within 9.
    """
    a, mass = _signal_square(link, t, signal, noise)
    parts = _slope_squares(activation, _radius(a))
    values, near, ends = [], [], []
    for m, (plain, once, twice) in zip(_OVERLAPS, parts, strict=True):
        s = np.sqrt(1 - m * m)
        values.append(float(mass @ plain))
        # A u + m (A^2 + B^2 - 2)/2 - 3 m u^2/2 in powers of B, u = m A + s B.
        second = (1.5 * m * (1 - m * m) * a**2 - m) * plain + (1 - 3 * m * m) * s * a * once
        near.append(float(mass @ (second + (m / 2 - 1.5 * m * s * s) * twice)))
        if abs(m) == _OVERLAPS[-1]:
            # A - m u = s^2 A - m s B.
            square = s**4 * a**2 * plain - 2 * m * s**3 * a * once + (m * s) ** 2 * twice
            ends.append(float(mass @ square) ** 0.5)
    at, beside = (
        tuple(float(c) for c in np.polynomial.polynomial.polyfit(_OVERLAPS, each, 4))
        for each in (values, near)
    )
    along = float(mass @ a**2) * float(parts[len(parts) // 2][0].mean())
    return GradientNoise(at, beside, along, (ends[0], ends[1]))


@lru_cache(maxsize=32)
def _slope_squares(activation: Node, radius: float) -> list[tuple[Array, Array, Array]]:
    """E[g'(mA + sqrt(1 - m^2) B)^2 B^j] for j = 0, 1, 2 on the midpoints of A, for each overlap m."""
    a, _ = _midpoints(radius, _CELLS)
    b, inner = _midpoints(_INNER_RADIUS, _INNER_CELLS)
    inner = inner * np.exp(-(b**2) / 2) / np.sqrt(2 * np.pi)
    slope = derivative(activation)
    square = slope(b) ** 2 * inner
    if not np.isfinite(square).all() or max(square[0], square[-1]) > 1e-9 * square.max():
        raise ArithmeticError(f"E g'(Z)^2 does not converge within |z| <= {_INNER_RADIUS:g}")
    weights = np.stack([inner, inner * b, inner * b**2], axis=1)
    found = []
    for m in _OVERLAPS:
        u = m * a[:, None] + np.sqrt(1 - m * m) * b[None, :]
        plain, once, twice = (slope(u) ** 2 @ weights).T
        found.append((plain, once, twice))
    return found


def derivative(activation: Node) -> Callable[[Array], Array]:
    """g' by central differences."""
    g = compile_numpy(activation)
    return lambda u: (g(u + _DIFFERENCE) - g(u - _DIFFERENCE)) / (2 * _DIFFERENCE)


def _signal_square(link: Node, t: Fraction, signal: Signal, noise: Noise) -> tuple[Array, Array]:
    """Midpoints in z, and E[T(y)^2 | z] phi(z) times the cell's width."""
    s, at = compile_numpy(link), float(t)
    for radius in _RADII:
        z, width = _midpoints(radius, _CELLS)
        density = width / np.sqrt(2 * np.pi) * np.exp(2 * at * s(z) - z**2 / 2)
        values = density * _polynomial(s(z), s, t, signal, noise)
        edge = max(abs(values[0]), abs(values[-1]))
        if np.isfinite(values).all() and edge <= 1e-9 * values.max():
            return z, values
    raise ArithmeticError(f"E T(y)^2 does not converge within |z| <= {_RADII[-1]:g} at t = {at:.6g}")


def _polynomial(y: Array, s: Callable[[Array], Array], t: Fraction, signal: Signal, noise: Noise) -> Array:
    """E[(T(y + e)/e^{t(y+e)})^2 e^{2te}] for the noise e: the square that stands before e^{2ty}."""
    with working(80):
        growth, first, second, *_ = (float(x.mid()) for x in cumulants(noise, exact(2 * t)))
        shift = 0.0 if signal != "centered" else _tilted_mean(s, float(t)) + _slope(noise, exact(t))
    if signal == "weight":
        return np.full_like(y, np.exp(growth))
    return np.asarray(np.exp(growth) * ((y - shift + first) ** 2 + second))


def _slope(noise: Noise, t: arb) -> float:
    return float(cumulants(noise, t)[1].mid())


def _tilted_mean(s: Callable[[Array], Array], t: float) -> float:
    """K'(t)."""
    z, width = _midpoints(_RADII[-1], 40 * _CELLS)
    log_weights = t * s(z) - z**2 / 2
    weights = np.exp(log_weights - log_weights.max()) * width
    return float(weights @ s(z) / weights.sum())


def _radius(midpoints: Array) -> float:
    return round(float(midpoints[-1] + (midpoints[-1] - midpoints[-2]) / 2), 6)


def _midpoints(radius: float, cells: int) -> tuple[Array, Array]:
    edges = np.linspace(-radius, radius, cells + 1)
    return (edges[1:] + edges[:-1]) / 2, np.full(cells, 2 * radius / cells)


def signal_to_noise(link: Node, k: int, t: Fraction, noise: Noise = NOISELESS) -> float | None:
    """E[T He_k]^2/(k! E T^2) of the ``label`` signal; None where E T^2 is not seen to converge."""
    try:
        z, square = _signal_square(link, t, "label", noise)
    except ArithmeticError:
        return None
    with working(80):
        growth, shift = (float(x.mid()) for x in cumulants(noise, exact(t))[:2])
    s = compile_numpy(link)
    density = np.exp(growth + float(t) * s(z) - z**2 / 2) / np.sqrt(2 * np.pi) * (z[1] - z[0])
    signal = float(density @ ((s(z) + shift) * hermite(k, z)))
    return signal**2 / (factorial(k) * float(square.sum()))
