"""How far an unclipped fit can be from the link anywhere, given how far it is from it under the policy.

With psi = (1, tanh(z - b_j)), g and rhat two combinations of them, g fixed, Delta = rhat - s, and pi of
density e^{tr}/M with inf r = a finite:

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

from ...link.tree import Neg, Node, Var, substitute
from ..expectation.tail_growth import limits
from ..lowering.arb import NotAnalytic, compile_arb
from ..lowering.balls import Dual, Function
from ..lowering.pointwise import Array, compile_numpy
from ..precision import exact, rounded, working
from ..work import allowance, remembered
from .feature_sums import RewardLaw, Tilted
from .gram import doubles, frobenius, identity, symmetric
from .learning import BIASES, Readout
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
        law = RewardLaw(Var(), Var(), BIASES, Fraction(1), Fraction(1))
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
