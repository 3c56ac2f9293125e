"""A bound of the value gap that is sharp to first order in the error, for a fit clipped to the range.

Let a <= s <= b, Delta_0 the error of the fit before clipping, e_2(x) = (e^x - 1 - x)/x^2, V = V(pi*),
m = min(s - a, b - s), and means, covariances and norms under pi*. Then

    |gap| <= t |Cov(s, Delta_0)| + t E |s - V| (|Delta_0| - m)_+
             + t^2 (b - a) E Delta_0^2 e_2(t(b - s + ||Delta_0||)).

For a trained fit this becomes a forecast: to leading order in 1/n the error at z is Gaussian with mean
-rho(z) and variance lambda(z)^2/n, which gives the expectation of each term. All of it is in doubles.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from scipy import special

from ..expectation.complex_boxes import Doubles
from .learning import Readout

#: Temperatures tried for the best one, as t (b - a).
_TILTS = np.geomspace(0.2, 12.0, 60)


@dataclass(frozen=True, slots=True)
class SecondOrder:
    """The forecast at t, in parts: first order, clipping, remainder; ``lost`` is b - V(pi*)."""

    t: float
    lost: float
    first: float
    clipping: float
    remainder: float

    @property
    def bound(self) -> float:
        """What bounds the mean gap, to leading order in 1/n."""
        return self.first + self.clipping + self.remainder


def second_order(fit: Readout, t: float, n: int, low: float, high: float) -> SecondOrder:
    """The forecast for label-weighted fits on n samples, s in [low, high]."""
    rough, s = fit.estimate(t), fit.base.rounded.s
    law, psi = rough.law, rough.features
    variance = np.einsum("ij,jk,ik->i", psi, rough.covariance, psi) / n
    square = rough.residual**2 + variance
    norm = math.sqrt(float(law @ square))
    direction = (law * (s - rough.mean)) @ psi
    first = rough.bias + math.sqrt(float(direction @ rough.covariance @ direction) / n)
    room, spread = np.minimum(s - low, high - s), np.sqrt(variance)
    clipped = sum(_beyond(sign * rough.residual, spread, room) for sign in (1, -1))
    moved = float(law @ (np.abs(s - rough.mean) * clipped))
    remainder = (high - low) * float(law @ (square * remainder_factor(t * (high - s + norm))))
    return SecondOrder(t, high - rough.mean, t * first, t * moved, t**2 * remainder)


def best_second_order(fit: Readout, n: int, low: float, high: float) -> SecondOrder:
    """The t <= t_top at which value lost plus forecast is least, on a grid."""
    ts = [float(x) / (high - low) for x in _TILTS]
    found = [second_order(fit, t, n, low, high) for t in ts if t <= fit.t_top]
    return min(found, key=lambda one: one.lost + one.bound)


def _beyond(mean: Doubles, spread: Doubles, level: Doubles) -> Doubles:
    """E (X - level)_+ for X ~ N(mean, spread^2)."""
    u = (mean - level) / spread
    return np.asarray(
        spread * np.exp(-(u**2) / 2) / math.sqrt(2 * math.pi) + (mean - level) * special.ndtr(u)
    )


def remainder_factor(x: Doubles) -> Doubles:
    """e_2(x) = (e^x - 1 - x)/x^2 for x >= 0, by its series where cancellation would spoil it."""
    safe = np.clip(x, 1e-3, 300.0)
    return np.asarray(np.where(x < 1e-3, 0.5 + x / 6, (np.expm1(safe) - safe) / safe**2))
