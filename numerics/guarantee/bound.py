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

The temperatures at which that is at most epsilon: from a t where the guarantee is enclosed below epsilon,
cells of t are added on both sides for as long as the guarantee of the whole cell stays there. So every t of a
stretch is guaranteed; what lies beyond its ends only resisted, by less than a cell of the least width.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field, replace
from fractions import Fraction
from functools import cached_property

from flint import arb

from ..deployment.feature_sums import BITS, Frame, RewardLaw, Tilted
from ..deployment.policy import exponential, exponential_slope
from ..expectation.oracle import Interval
from ..precision import Unresolved, dyadic_below, working
from ..work import spend
from .clipping import Beyond, Pointwise
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
    law = RewardLaw(model.link, model.link, (), Fraction(1), model.t_top)
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


#: The first cell, and the narrowest, as shares of t.
_FIRST, _LEAST = Fraction(1, 32), Fraction(1, 2**10)
#: After a cell that failed so many must hold before wider ones are tried again.
_CALM = 3
#: Frames for overlap < 1, which are dear, serve temperatures within this factor.
_SHARED = 1.07
#: The same for cells narrower than this share of t, and for single temperatures.
_NEARER, _NARROW = 1.02, 1 / 100
#: Work of one guarantee for each node and pair of features, at overlap 1 and on a cell of overlaps.
_OF_A_PAIR, _OF_A_CELL = 3, 8


@dataclass(frozen=True, slots=True)
class Stretch:
    """lower <= t <= upper are guaranteed. below, above: the guarantees of the cells that failed beyond."""

    lower: Fraction
    upper: Fraction
    below: Guarantee | None
    above: Guarantee | None


@dataclass(frozen=True)
class Guarantees:
    """The guarantees of one model for n samples; span, delta and target as in ``guarantee``.

    Of a model on a range of overlaps the least that is guaranteed at any of them. beyond: where the clip
    range cuts into that of the link; it takes the place of the span's.
    """

    model: Model
    span: Range
    n: int
    delta: float
    target: arb
    beyond: Beyond | None = None
    _frames: dict[tuple[float, int], Frame] = field(default_factory=dict, compare=False, repr=False)

    def at(self, t: Fraction | Interval, level: Fraction | None = None) -> Guarantee | None:
        """The guarantee at t, or for all t of an interval; by the range where constants are not enclosed.

        None where not even V(pi*) is. level: beyond it, the first overlaps with a bound above it answer.
        """
        middle = (t.lower + t.upper) / 2 if isinstance(t, Interval) else t
        try:
            spend(self._price)
            span = self.span if self.beyond is None else replace(self.span, beyond=self.beyond.at(t))
            frame = self._frame(t, middle)
            found = []
            for cell in self.model.cells:
                constants = cell.constants(t, self._fitted(cell, frame, t))
                found.append(guarantee(constants, span, self.n, self.delta, self.target))
                if level is not None and not found[-1].bound <= level:
                    break
        except Unresolved:
            try:
                return by_range(self.model, t, self.span, self.target)
            except Unresolved:
                return None
        return max(found, key=lambda one: one.bound)

    @cached_property
    def _price(self) -> int:
        first = self.model.cells[0]
        pairs = len(first.weighting.design.x) * first.size**2
        return pairs * (_OF_A_PAIR if first.overlap == 1 else _OF_A_CELL * len(self.model.cells))

    def _fitted(self, cell: Model, frame: Frame, t: Fraction | Interval) -> Frame:
        """The frame with the cell's own fit, at both ends of an interval of t."""
        if cell.overlap == 1 and not isinstance(t, Interval):
            return frame
        return cell.weighting.refitted(frame, t, cell.ridge)

    def _frame(self, t: Fraction | Interval, middle: Fraction) -> Frame:
        """One for all cells of overlaps, as the least one has it; below 1 shared by temperatures nearby."""
        cell = self.model.cells[0]
        if cell.overlap == 1:
            return cell.weighting.frame(middle, cell.ridge)
        wide = isinstance(t, Interval) and t.upper - t.lower > _NARROW * middle
        shared = _SHARED if wide else _NEARER
        key = shared, round(math.log(middle) / math.log(shared))
        if key not in self._frames:
            at = dyadic_below(shared ** key[1], 20)
            self._frames[key] = cell.weighting.frame(min(at, cell.t_top), cell.ridge)
        return self._frames[key]

    def stretch(self, start: Fraction, epsilon: Fraction, least: Fraction) -> Stretch | None:
        """The stretch of guaranteed t about ``start``, within [least, t_top]; None if start is not in it."""
        found = self.at(start, epsilon)
        if found is None or not found.bound <= epsilon:
            return None
        lower, below = self._reach(start, epsilon, least, -1)
        upper, above = self._reach(start, epsilon, self.model.t_top, 1)
        return Stretch(lower, upper, below, above)

    def _reach(
        self, start: Fraction, epsilon: Fraction, limit: Fraction, sign: int
    ) -> tuple[Fraction, Guarantee | None]:
        """How far the guarantee holds from ``start``, and that of the cell that failed (None: the limit)."""
        at, width, failed, calm = start, _FIRST * start, None, _CALM
        while at != limit and width >= _LEAST * at:
            other = min(at + width, limit) if sign > 0 else max(at - width, limit)
            found = self.at(Interval(min(at, other), max(at, other)), epsilon)
            if found is None or not found.bound <= epsilon:
                failed, width, calm = found, _short(width / 2), 0
                continue
            at, calm = other, calm + 1
            if calm >= _CALM:
                width *= 2
        return at, None if at == limit else failed


def _short(width: Fraction) -> Fraction:
    """A nearby dyadic number, so that ends do not grow in length."""
    return dyadic_below(float(width), 8)
