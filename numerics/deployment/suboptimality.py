"""The forecast B of the total sub-optimality in t = 1/beta: value lost to a finite temperature, plus the
value that the fit loses at the mean of its learning cost as n -> oo.

B(t) = [v - V(t)] + (e^{tD} - 1)/D sd_{pi*}(r*) e^{t D_0/2} delta, with D_0 = 0 for label weights. That is V2
(V5) with delta in place of sd_pi(Delta), pi the weights' law. V2 bounds the loss of the fit at hand; delta^2
is what n E sd^2 tends to, over n: so B bounds nothing at finite n. D exceeds ess sup Delta - E_{pi*} Delta
for the estimator meant, where its error is delta:

given      the fit as it is, D a number that the user vouches for; delta^2 = Var_pi(Delta) = c(t, n).
leverage   the fit as it is, D = osc(s - g) + L(t) (delta + sd_pi(s - g)), delta as above, as follows.
clipping   the fit clipped to the range of s: Delta <= osc(s), and clipping never raises |Delta|, so
           D = osc(s) + e^{t D_0/2} delta with delta^2 = E_pi Delta^2, the uncentred cost.

Where D is not given, the smaller of the last two counts at each t, with its estimator, in doubles alone. All
fall as n grows.

Of the leverage: with psi = (1, tanh(z - b_j)), g and rhat two combinations of them, g fixed, Delta =
rhat - s, and pi of density e^{tr}/M with inf r = a finite,

    osc(Delta) <= osc(s - g) + L(t) (sd_pi(Delta) + sd_pi(s - g)),    L(t) = L_0 sqrt(M(t) e^{-ta}).

L_0 is the diameter of the curve psi in the metric of Cov_gamma(psi)^{-1}, so that osc(psi' delta) <= L_0
sd_gamma(psi' delta); and dgamma/dpi = M e^{-tr} <= M e^{-ta} moves the standard deviation from gamma to pi.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache

import numpy as np
from flint import arb, arb_mat
from scipy import special

from ...link.tree import Neg, Node, Var, substitute
from ..expectation.oracle import Interval, ball_of
from ..expectation.tail_growth import limits
from ..lowering.arb import NotAnalytic, compile_arb
from ..lowering.balls import Dual, Function
from ..lowering.pointwise import Array, compile_numpy
from ..precision import exact, rounded, working
from ..work import allowance, remembered
from .feature_sums import Law, Tilted
from .gram import doubles, frobenius, identity, symmetric
from .learning import BIASES, Readout, Rough, root
from .readout import features

#: Beyond this radius the features have settled, and the link is bounded by its growth.
_RADIUS = 12
#: Cells per unit length, for the curve of the features and for the range of s - g.
_CURVE, _RANGE = 64, 32
_BITS = 96
#: Decimals of the coefficients of g, and a factor that covers rounding to seven digits.
_DECIMALS, _MORE = 9, 1 + 1e-6
#: This share of osc(s - g), squared, is added to Var_pi(s - g): its root then has a slope at 0 too.
_SLIGHT = 2.0**-10


@dataclass(frozen=True)
class Leverage:
    """The bound for one readout on ``BIASES``; infimum: the finite ess inf of the weighting reward."""

    fit: Readout
    infimum: arb

    @property
    def oscillation(self) -> float:
        """An upper bound of osc(s - g)."""
        return _reference(self.fit.law.link)[1]

    @property
    def _least(self) -> float:
        return (_SLIGHT * self.oscillation) ** 2

    def estimate(self, t: float, law: Array, log_mass: float) -> tuple[float, float]:
        """L(t) and sd_pi(s - g) in doubles, for pi as probabilities of the nodes and log M(t)."""
        nodes = self.fit.law.nodes
        rest = nodes.s - self.fit.law.inner.psi.value @ np.array(_reference(self.fit.law.link)[0])
        variance = float(law @ (rest - law @ rest) ** 2) + self._least
        with np.errstate(over="ignore"):
            reach = diameter() * float(np.exp((log_mass - t * float(self.infimum)) / 2))
        return reach, math.sqrt(variance)


@lru_cache(maxsize=64)
def _reference(link: Node) -> tuple[tuple[float, ...], float]:
    """g's coefficients, and an upper bound of osc(s - g) on the line, infinite where s is not bounded.

    g is the least squares fit under a wide law, so that s - g is small far out too.
    """
    z = np.linspace(-8, 8, 801)
    root = np.exp(-(z**2) / 8)
    psi = features(z, np.array([float(b) for b in BIASES]))
    found = np.linalg.lstsq(root[:, None] * psi, root * compile_numpy(link)(z), rcond=1e-7)[0]
    start = tuple(round(float(v), _DECIMALS) for v in found)
    with working(_BITS):
        low, high = _range(link, start, [exact(b) for b in BIASES])
        width = (high - low).abs_upper()
        return start, float(width) * (1 + 1e-12) if width.is_finite() else math.inf


@remembered(1)
def diameter() -> float:
    """An upper bound of L_0.

    The curve is replaced by chords, which it leaves by at most h^2/8 sup|psi''|, |tanh''| <= 0.77.
    """
    with allowance(math.inf), working(_BITS):
        law = Law(Var(), Var(), BIASES, Fraction(1), Fraction(1))
        frame = law.frame(Fraction(0), Fraction(0))
        tilted = Tilted(law, Fraction(0), frame)
        found = tilted.means(1, [law.columns(frame).squares], tilted.missed(1, psi=2))
        (gram,) = symmetric(arb_mat([[v] for v in found]))
        off = frobenius(gram - identity(gram.nrows()))
        # In a frame that is orthonormal up to ``off``, C^{-1} is at most 1/(1 - off).
        if not off < 0.5:
            return math.inf
        least = 1 - off
    matrix = doubles(frame.matrix)[1:]
    places = np.array([float(b) for b in BIASES])
    h = 1 / _CURVE
    z = np.concatenate([[-np.inf], np.arange(-_RADIUS, _RADIUS + h / 2, h), [np.inf]])
    reach = float(np.sqrt((np.abs(matrix).sum(axis=0) ** 2).sum()))
    settled = 2 * math.exp(-2 * (_RADIUS - float(np.abs(places).max())))
    away = reach * (0.77 * h * h / 8 + settled + 1e-13)
    curve = np.tanh(z[:, None] - places) @ matrix
    squares = (curve**2).sum(axis=1)
    furthest = float((squares[:, None] + squares - 2 * curve @ curve.T).max()) + 1e-12 * float(squares.max())
    # A little more, to few digits: those beyond depend on the order in which a processor sums.
    return rounded((math.sqrt(furthest) + 2 * away) / math.sqrt(least) * _MORE, 7)


def _range(link: Node, theta: Sequence[float], biases: Sequence[arb]) -> tuple[arb, arb]:
    """Bounds of s - g on the whole line: cells of [-R, R], and each tail at once."""
    low, high = arb.pos_inf(), arb.neg_inf()
    for side, sign in ((link, 1), (substitute(link, Neg(Var())), -1)):
        start = arb(_RADIUS)
        lowest, highest = limits(side, start)
        if lowest is None or highest is None:
            return arb.neg_inf(), arb.pos_inf()
        # sign tanh(x - b) lies between its values at the radius and at infinity.
        g = arb(theta[0])
        for coefficient, b in zip(theta[1:], biases, strict=True):
            g += coefficient * sign * (start - sign * b).tanh().union(arb(1))
        low, high = low.min(lowest - g), high.max(highest - g)
    function = compile_arb(link)
    half = arb(1) / (2 * _RANGE)
    for i in range(-_RADIUS * _RANGE, _RADIUS * _RANGE):
        middle = arb(2 * i + 1) * half
        value = _cell(function, theta, biases, middle, half)
        low, high = low.min(value.lower()), high.max(value.upper())
    return low.lower(), high.upper()


def _cell(function: Function, theta: Sequence[float], biases: Sequence[arb], middle: arb, half: arb) -> arb:
    """s - g on a cell: by the mean value form, or where s has a kink by its own hull."""
    cell = middle + arb(0, half)
    g, slope = arb(theta[0]), arb(0)
    for coefficient, b in zip(theta[1:], biases, strict=True):
        g += coefficient * (middle - b).tanh()
        slope += coefficient * (1 - (cell - b).tanh() ** 2)
    try:
        s = function(Dual(cell, arb(1)))
        gap = (s.slope if isinstance(s, Dual) else arb(0)) - slope
        value = arb(function(middle) - g + gap * arb(0, half))
        if value.is_finite():
            return value
    except NotAnalytic:
        pass
    return arb(function(cell) - g - slope * arb(0, half))


#: Temperatures tried for the best one, as t (b - a).
_TILTS = np.geomspace(0.2, 12.0, 60)
#: Exponents above this leave the doubles: such a forecast is infinite.
_HUGE = 700.0


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


def remainder_factor(x: Array) -> Array:
    """e_2(x) = (e^x - 1 - x)/x^2 for x >= 0, by its series where cancellation would spoil it."""
    safe = np.clip(x, 1e-3, 300.0)
    return np.asarray(np.where(x < 1e-3, 0.5 + x / 6, (np.expm1(safe) - safe) / safe**2))


def exponential(x: float) -> float:
    """e^x, infinite beyond the doubles."""
    return math.exp(x) if x < _HUGE else math.inf


def exponential_slope(t: float, d: float) -> float:
    """(e^{td} - 1)/d, infinite beyond the doubles."""
    return math.expm1(t * d) / d if t * d < _HUGE else math.inf


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


def learned(t: arb, d: arb) -> arb:
    """(e^{tD} - 1)/D, which grows in t and D, so its ends give its hull. D >= 0, whatever its ball says."""
    ends = ((t.lower(), d.lower()), (t.upper(), d.upper()))
    low, high = ((a * b).expm1() / b if b > 0 else a for a, b in ends)
    return low.union(high)
