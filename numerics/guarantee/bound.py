"""How much value a fit on n samples may lose with probability at least 1 - delta, bounded by enclosure.

With the constants of ``constants`` and 0 < kappa < 1, except with probability delta_1 + p exp(-n kappa^2/(2
sigma^2)) the fit fhat obeys |fhat - f| <= |varphi| r everywhere, and in the norm of the weights'
law ||fhat - K_e' - s|| <= sqrt(||rho||^2 + 2 cross r + r^2). Then V(pi*) - V(pi_rhat) is at most the least
of

    range:        V(pi*) - inf s, which no policy exceeds, and which needs no sample,
    first order:  (e^{tD} - 1)/D sd_{pi*}(s) R,
    second order: t |Cov(s, rho)| + t |E varphi (s - V)| r + t E |s - V| (|rho| + |varphi| r - m)_+
                  + t^2 osc(s) (sqrt(E rho^2 e_2) + r sqrt(||E varphi varphi' e_2||))^2,

all under pi*, R the norm there. Proofs: docs/claims/v8.md, v8s.md (surrogate weights), v9.md (overlap < 1).
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from fractions import Fraction

from flint import arb

from ..deployment.feature_sums import BITS, Frame, Law, Tilted
from ..deployment.suboptimality import exponential, exponential_slope
from ..expectation.oracle import Interval
from ..precision import working
from .clipping import Pointwise
from .constants import Constants, Model

#: Shares of delta that the failure of the Gram matrix may take; the rest is the fluctuation's.
SHARES = (0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.25)
_MORE = 1 + 1e-9
#: The fourth powers of larger scores leave the doubles: nothing is guaranteed there.
_VAST = 1e60


@dataclass(frozen=True)
class Range:
    """low, high: bounds of ess inf s and ess sup s from outside, infinite where they are.

    clip: to which a fit is clipped. beyond: ||dist(s, clip)||_{pi*} at most, 0 if clip holds the range.
    ceiling: ess sup of the reward in the weights, at most. away: osc(s - pilot), 0 for label weights.
    """

    low: float
    high: float
    clip: tuple[float, float]
    ceiling: float
    beyond: float = 0.0
    away: float = 0.0


@dataclass(frozen=True)
class Guarantee:
    """V(pi_rhat) >= target - bound with probability >= 1 - delta, for every t of ``t``.

    lost: target - V(pi*). terms: what the fit may lose, by name. norm: R. radius: r. kappa, share: of the
    failure probability delta, share * delta is spent on the Gram matrix. most: target - inf s.
    """

    t: Fraction | Interval
    lost: float
    terms: dict[str, float]
    form: str
    norm: float
    radius: float
    kappa: float
    share: float
    most: float

    @property
    def learning(self) -> float:
        """What the fit may lose."""
        return math.fsum(self.terms.values()) * _MORE

    @property
    def bound(self) -> float:
        """What is lost in all."""
        return min(math.nextafter(self.lost + self.learning, math.inf), self.most)


def guarantee(constants: Constants, span: Range, n: int, delta: float, target: arb) -> Guarantee:
    """The guarantee for n samples at the t of the ``constants``; that of the range if no other is shown.

    Over an interval of t that of the part with the largest bound: some factors fall with t, others grow.
    """
    low, high = (Fraction(end) for end in constants.ends)
    top = _double_above(high)
    bounded = math.isfinite(span.high - span.low)
    points = Pointwise(constants, span.low, span.high) if bounded else None
    scores = _Scores(constants, points, span.ceiling)
    radius, kappa, share = min(_radius(constants, scores, n, delta, share) for share in SHARES)
    reached = radius + constants.eta
    norms = _norms(constants, span, top, reached)
    norm = max(norms)
    second = None
    if points and span.beyond == 0 and math.isfinite(norm):
        second = _second_order(constants, points, span, norm, radius)
    most, found = _above(target - arb(span.low)), []
    for i, ((value, spread), own) in enumerate(zip(constants.parts, norms, strict=True), 1):
        t = _double_above(low + (high - low) * Fraction(i, len(norms)))
        lost = _lost(target, value, most)
        forms = {
            "first order": {"first order": _first_order(span, t, spread, own)},
            "range": _range(most, lost),
        }
        if second is not None:
            once, twice = second
            forms["second order"] = {name: t * x for name, x in once.items()} | {
                "second order": t * t * twice[i - 1]
            }
        form = min(forms, key=lambda name: _sum(forms[name]))
        found.append(Guarantee(_span(constants), lost, forms[form], form, norm, radius, kappa, share, most))
    return max(found, key=lambda one: one.bound)


def by_range(model: Model, t: Fraction | Interval, span: Range, target: arb) -> Guarantee:
    """What holds of every policy, and so of a fit whose Gram matrix is not shown to be invertible."""
    law = Law(model.link, model.link, (), Fraction(1), model.t_top)
    with working(BITS):
        plain = Frame.plain()
        tilted, at = Tilted(law, t, plain), law.columns(plain)
        mass, first = (tilted.means(1, [u], tilted.missed(1, s=i))[0] for i, u in enumerate((at.one, at.s)))
        most = _above(target - arb(span.low))
        lost = _lost(target, first / mass, most)
    return Guarantee(t, lost, _range(most, lost), "range", math.inf, math.inf, math.inf, 0.0, most)


def _range(most: float, lost: float) -> dict[str, float]:
    return {"range": max(math.nextafter(most - lost, math.inf), 0.0)}


def _lost(target: arb, value: arb, most: float) -> float:
    """target - V(pi*), for V >= inf s even where its ball says nothing."""
    lost = _above(target - value)
    return lost if lost <= most else most


def _sum(terms: dict[str, float]) -> float:
    """Infinite where a term is not a number, so that no comparison passes it by."""
    total = math.fsum(terms.values())
    return math.inf if math.isnan(total) else total


def _above(value: arb) -> float:
    """A double at least as large, which is the value where it can be."""
    near = float(value.upper())
    return near if value <= arb(near) else math.nextafter(near, math.inf)


def _norms(constants: Constants, span: Range, top: float, reached: float) -> list[float]:
    """R on the parts of the interval of t."""

    def norm(square: float, cross: float, most: float) -> float:
        return math.sqrt(square + 2 * cross * reached + most * reached**2) * _MORE

    found = [norm(square, constants.cross, 1.0) for square in constants.squares]
    if constants.model.pilot is None:
        return found
    factor = exponential(top * span.away / 2) * _MORE
    own = [norm(square, *constants.policy_norm) for square in constants.policy_squares]
    return [min(x, y * factor) for x, y in zip(own, found, strict=True)]


def _double_above(t: Fraction) -> float:
    return math.nextafter(float(t), math.inf)


class _Scores:
    """Bounds of the mean of n scores zeta = G^{-1/2} (w psi (y - f) - Lambda theta)."""

    def __init__(self, constants: Constants, points: Pointwise | None, ceiling: float) -> None:
        self._energy, self._spread = constants.noise_energy, constants.noise_spread
        self._largest = points.largest(ceiling) if points else math.inf
        fourth = points.fourth(ceiling) if points else math.inf
        self._fourth = fourth if fourth < _VAST else math.inf

    def mean(self, n: int, delta: float) -> float:
        """What |zetabar| exceeds with probability at most delta.

        The least of Markov's inequality with two moments and with four, and Bousquet's for bounded labels: a
        choice made before the data.
        """
        energy, spread, largest = self._energy, self._spread, self._largest
        if not energy < _VAST:
            return math.inf
        size = energy / math.sqrt(n)
        two = size / math.sqrt(delta)
        # E |sum zeta|^4 <= n E |zeta|^4 + n^2 (F^2 + 2 ||Sigma||_F^2), and ||Sigma||_F^2 <= v F.
        fourth = energy**4 + 2 * (spread * energy) ** 2 + self._fourth**4 / n
        four = math.sqrt(math.sqrt(fourth / (n * n * delta)))
        x = -math.log(delta)
        bounded = size + math.sqrt(2 * x * (spread**2 + 2 * largest * size) / n) + largest * x / (3 * n)
        return min(two, four, bounded) * _MORE


def _radius(
    constants: Constants, scores: _Scores, n: int, delta: float, share: float
) -> tuple[float, float, float]:
    """(r, kappa, share), r infinite where kappa < 1 is not reached."""
    # p exp(-n kappa^2/(2 sigma^2)) = share * delta.
    kappa = math.sqrt(2 * math.log(constants.model.size / (share * delta)) * constants.fourth / n) * _MORE
    if not kappa < 1:
        return math.inf, kappa, share
    return scores.mean(n, (1 - share) * delta / _MORE) / (1 - kappa) * _MORE, kappa, share


def _first_order(span: Range, t: float, spread: float, norm: float) -> float:
    low, high = span.clip
    off = math.hypot(norm, span.beyond) * _MORE
    d = min(high - span.low + off, (high - span.low) + (span.high - low))
    return exponential_slope(t, d) * spread * off * _MORE


def _second_order(
    constants: Constants, points: Pointwise, span: Range, norm: float, radius: float
) -> tuple[dict[str, float], list[float]]:
    """What t multiplies, by name, and what t^2 does, on the parts of the interval of t."""
    reached = radius + constants.eta
    once = {
        "misfit": constants.covariance,
        "fluctuation": constants.direction * reached,
        "clipping": points.clipped(radius, *span.clip),
    }
    twice = [
        (span.high - span.low) * (math.sqrt(square) + reached * math.sqrt(matrix)) ** 2
        for square, matrix in constants.remainders(arb(span.clip[1]), norm)
    ]
    return once, twice


def _span(constants: Constants) -> Fraction | Interval:
    low, high = (Fraction(end) for end in constants.ends)
    return low if low == high else Interval(low, high)
