"""The forecast B of the total sub-optimality in t = 1/beta: value lost to a finite temperature, plus the
value that the fit loses at the mean of its learning cost as n -> oo.

B(t) = [v - V(t)] + (e^{tD} - 1)/D sd_{pi*}(r*) e^{t D_0/2} delta, with D_0 = 0 for label weights. That is V2
(V5) with delta in place of sd_pi(Delta), pi the weights' law. V2 bounds the loss of the fit at hand; delta^2
is what n E sd^2 tends to, over n: so B bounds nothing at finite n. D exceeds ess sup Delta - E_{pi*} Delta
for the estimator meant, where its error is delta:

given      the fit as it is, D a number that the user vouches for; delta^2 = Var_pi(Delta) = c(t, n).
leverage   the fit as it is, D = osc(s - g) + L(t) (delta + sd_pi(s - g)), delta as above (see leverage).
clipping   the fit clipped to the range of s: Delta <= osc(s), and clipping never raises |Delta|, so
           D = osc(s) + e^{t D_0/2} delta with delta^2 = E_pi Delta^2, the uncentred cost.

Where D is not given, the smaller of the last two counts at each t, with its estimator, in doubles alone. All
fall as n grows.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from fractions import Fraction

import numpy as np
from flint import arb
from scipy import special

from ..expectation.oracle import Interval, ball_of
from ..lowering.pointwise import Array
from ..precision import working
from .learning import Readout, Rough, root
from .leverage import Leverage
from .policy import exponential, exponential_slope, learned, remainder_factor

#: Temperatures tried for the best one, as t (b - a).
_TILTS = np.geomspace(0.2, 12.0, 60)


@dataclass(frozen=True, slots=True)
class SecondOrder:
    """A forecast that is sharp to first order in the error, for fits clipped to the range [a, b] of s.

    Delta_0 being the error before clipping, e_2(x) = (e^x - 1 - x)/x^2, V = V(pi*), m = min(s - a, b - s),
    and means, covariances and norms under pi*,

        |gap| <= t |Cov(s, Delta_0)| + t E |s - V| (|Delta_0| - m)_+
                 + t^2 (b - a) E Delta_0^2 e_2(t(b - s + ||Delta_0||)).

    For a trained fit Delta_0(z) is to leading order in 1/n Gaussian with mean -rho(z) and variance
    lambda(z)^2/n, which gives the expectation of each part, in doubles. lost: b - V.
    """

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
    rough, s = fit.estimate(t), fit.law.nodes.s
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


def _beyond(mean: Array, spread: Array, level: Array) -> Array:
    """E (X - level)_+ for X ~ N(mean, spread^2)."""
    u = (mean - level) / spread
    return np.asarray(
        spread * np.exp(-(u**2) / 2) / math.sqrt(2 * math.pi) + (mean - level) * special.ndtr(u)
    )


@dataclass(frozen=True, slots=True)
class Terms:
    """The constants of B: target value v, D (None: from ``osc(s)`` = width and leverage), D_0, n."""

    target: arb
    oscillation: arb | None
    width: arb
    pilot_oscillation: arb
    n: int


@dataclass(frozen=True, slots=True)
class Estimate:
    """B at t in doubles, in parts: v - V, sd_{pi*}(r*) e^{t D_0/2}, the cost, and what controls D.

    given: D, or infinite. width: osc(s). away: the factor from pi to pi* of ||Delta||. rest, reach,
    rest_spread: osc(s - g), L(t) and sd_pi(s - g).
    """

    t: float
    lost: float
    spread: float
    cost: Rough
    given: float | None
    width: float
    away: float
    rest: float
    reach: float
    rest_spread: float

    def learned(self, n: float) -> float:
        """The forecast loss by learning from n samples."""
        deviation = math.sqrt(self.cost.bias + self.cost.fluctuation / n)
        if self.given is not None:
            return self._loss(self.given, deviation)
        norm = math.sqrt(self.cost.bias + self.cost.uncentred / n)
        return min(
            self._loss(self.rest + self.reach * (deviation + self.rest_spread), deviation),
            self._loss(self.width + self.away * norm, norm),
        )

    def _loss(self, d: float, delta: float) -> float:
        return exponential_slope(self.t, d) * self.spread * delta

    def total(self, n: float) -> float:
        """B for n samples."""
        return self.lost + self.learned(n)


@dataclass(frozen=True)
class Suboptimality:
    """B for one weighting: ``law`` gives V and sd_{pi*}, ``fit`` the learning cost.

    leverage: of ``fit``; None when D is given or the fit has none.
    """

    law: Readout
    fit: Readout
    terms: Terms
    bits: int
    leverage: Leverage | None = None

    def ball(self, t: Fraction | Interval) -> arb | None:
        """B at t, or its hull over an interval, for a D that is given; None when the interval is too wide."""
        with working(self.bits):
            at, d, cost = ball_of(t), self.terms.oscillation, self.fit.cost(t)
            if d is None or cost is None:
                return None
            value, spread = self.law.value(t)
            pilot = (at * self.terms.pilot_oscillation / 2).exp()
            total = self.terms.target - value
            total += spread * pilot * learned(at, d) * root(cost.variance(self.terms.n))
            return total if total.is_finite() else None

    def estimate(self, t: float) -> Estimate:
        """The parts of B in doubles."""
        law, cost = self.law.estimate(t), self.fit.estimate(t)
        pilot = exponential(t * float(self.terms.pilot_oscillation) / 2)
        rest, reach, rest_spread = math.inf, 1.0, 0.0
        if self.leverage is not None:
            rest = self.leverage.oscillation
            reach, rest_spread = self.leverage.estimate(t, cost.law, cost.log_mass)
        given = self.terms.oscillation
        return Estimate(
            t, float(self.terms.target) - law.mean, law.spread * pilot, cost,
            None if given is None else float(given), float(self.terms.width),
            1.0 if self.fit is self.law else pilot, rest, reach, rest_spread,
        )  # fmt: skip
