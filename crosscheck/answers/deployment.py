"""The search for admissible temperatures: how far to look, certified sets, and the best one."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import cache, cached_property, partial
from math import ceil

import numpy as np
import sympy
from flint import arb

from ...link import Link, Noise
from ...link.tree import Node
from ...numerics.admissible import Admissible
from ...numerics.admissible import admissible as certified
from ...numerics.expectation import Unresolved, t_range
from ...numerics.learning import BIASES, Readout, readout
from ...numerics.leverage import Leverage
from ...numerics.precision import dyadic_below, exact, relative_digits, working
from ...numerics.snr import mean_deviation
from ...numerics.suboptimality import Estimate, Suboptimality, Terms
from ...theory.bounds import bounds
from ...theory.range import extremes
from ..compare import ball
from .admissible_set import AdmissibleSet, Best, Interval
from .deployment_words import SHORT, amplification, goes_beyond, limits, why_beyond
from .enclosure import Enclosed, from_ball

_ROUGH_DIGITS, _ROUGH_BITS = 18, 72
_EXTRA_DIGITS = 14
_SCAN, _SCAN_DIGITS = 32, 9
_DRAWN = 120
#: The range scanned, in t times half of osc(s) (of the mean deviation where that is infinite).
_SCAN_START, _SCAN_END = 0.02, 16.0
#: Beyond this log(chi2 + 1) no sample size helps, and the range is not searched.
_LARGEST = 50.0
#: The search goes this far past a set's last t, and past its first where it has no last one.
_PAST, _FURTHER = 1.02, 1.25
#: How far it goes, in t osc(s), where a set has no last t.
_TILTED = 8.0
#: The share of a finite t_max/2 that is searched: the expectations blow up at its end.
_INSIDE = 0.9


@dataclass(frozen=True, slots=True)
class Constants:
    """Exact constants of B.

    oscillation: D if given. width: osc(s). target: v. pilot_oscillation: D_0 = osc(r* - r_a0), None when it
    is infinite or unknown. infimum, pilot_infimum: ess inf of the link and of the pilot, or lower bounds.
    """

    oscillation: sympy.Expr | None
    width: sympy.Expr
    target: sympy.Expr
    pilot_oscillation: sympy.Expr | None
    infimum: sympy.Expr
    pilot_infimum: sympy.Expr


def range_of(tree: Node) -> tuple[sympy.Expr, sympy.Expr]:
    """Exact ess inf and ess sup, or bounds of them."""
    found = extremes(tree)
    return bounds(tree) if found is None else found[:2]


@dataclass(frozen=True)
class Question:
    link: Link
    pilot: Link
    noise: Noise
    epsilon: Fraction
    n: int
    digits: int
    constants: Constants

    def answer(self) -> AdmissibleSet:
        limit = self._t_limit()
        end = dyadic_below(limit, SHORT)
        scan = {k: b for own in self._costs for k, b in self._sums(end, _SCAN_DIGITS, own).items()}
        last = float(scan["label"].law.t_top) * 0.999
        points = np.geomspace(min(_SCAN_START / self._scale, last / 2), last, _SCAN)
        curves = {name: [b.estimate(float(t)) for t in points] for name, b in scan.items()}
        tops = self._reach(scan, curves, limit)
        best = _golden(scan["label"], curves["label"], lambda e: e.total(self.n))
        roughs = {own: self._rough(tops[own], own) for own in self._costs}
        shown = {
            name: self._intervals(found)
            for own in self._costs
            for name, found in self._certified(roughs[own], tops[own], own).items()
        }
        top, rough = tops[False], roughs[False]
        drawn = np.geomspace(points[0], points[-1], _DRAWN).tolist()
        at_best, label = self._bound_at(best.t, rough["label"])
        return AdmissibleSet(
            self.link, self.epsilon, self.n, self.noise, *self._control(label, at_best.beta, best),
            self._shown(self.constants.target), self.pilot,
            shown["label"], shown.get("surrogate", ()), shown["label"], shown.get("surrogate_own", ()),
            "surrogate" in shown, at_best, *limits(shown["label"], scan["label"], best, top, self.epsilon),
            self._enough_samples(scan["label"], curves["label"], rough["label"]),
            at_best.bound.upper, 1 / top,
            self._note(shown, best.t),
            tuple((t, *(b.estimate(t).total(self.n) for b in scan.values())) for t in drawn),
        )  # fmt: skip

    @property
    def _costs(self) -> tuple[bool, ...]:
        """The learning costs at hand: the label's, and, where surrogate weights apply, their own."""
        return (False,) if self.constants.pilot_oscillation is None else (False, True)

    def _rough(self, top: Fraction, own: bool) -> dict[str, Suboptimality]:
        """B at the least precision that still tells it apart at the end of the range."""
        digits = _ROUGH_DIGITS
        while True:
            found = self._sums(top, digits, own, _ROUGH_BITS)
            jets = [b.jet(top) for b in found.values()]
            if all(jet is not None and relative_digits(jet.value) > 3 for jet in jets):
                return found
            if digits > 5 * _ROUGH_DIGITS:
                raise Unresolved(f"the learning cost of '{self.link}' is not enclosed at beta = {1 / top}")
            digits = int(1.6 * digits)

    def _reaching(self, t: Fraction, b: Suboptimality) -> Suboptimality:
        return b if t <= b.law.t_top else self._rough(t, False)["label"]

    def _certified(self, rough: dict[str, Suboptimality], top: Fraction, own: bool) -> dict[str, Admissible]:
        """The sets at one cost; digits lost to cancellation are made up for by asking for more."""
        extra = _EXTRA_DIGITS
        while True:
            precise = cache(partial(self._sums, top, self.digits + extra, own))
            try:
                return {
                    name: certified(b, partial(_named, precise, name), self.epsilon, top, self.digits)
                    for name, b in rough.items()
                }
            except Unresolved:
                if extra > 4 * _EXTRA_DIGITS:
                    raise
                extra *= 2

    def _t_limit(self) -> float:
        """Both weights need a finite variance: 2t below t_max of the link and of the pilot."""
        ends = [t_range(tree).finite_below for tree in (self.link.tree, self.pilot.tree)]
        end = min([_SCAN_END / self._scale, *(float(end) / 2 * _INSIDE for end in ends if end.is_finite())])
        while end > 0.1 / self._scale and self._amplification(end) > _LARGEST:
            end *= 0.8
        return end

    @cached_property
    def _scale(self) -> float:
        """The size of s in whose inverse the range of t is measured, so that c s is searched as s is."""
        if self.constants.width.is_finite:
            return float(self.constants.width) / 2
        return mean_deviation(self.link.tree) or 1.0

    def _amplification(self, t: float) -> float:
        """log(chi2 + 1) of the larger of both weights, roughly."""
        at = dyadic_below(t, SHORT)
        return max(amplification(tree, at) for tree in (self.link.tree, self.pilot.tree))

    def _sums(self, top: Fraction, digits: int, own: bool, bits: int = 0) -> dict[str, Suboptimality]:
        """B on 0 < t <= top of the schemes at the label's cost, or of the surrogate at its ``own``."""
        bits = bits or int(3.4 * digits) + 60
        with working(bits):
            known = self.constants
            d = None if known.oscillation is None else ball(known.oscillation)
            width = ball(known.width) if known.width.is_finite else arb.pos_inf()
            terms = Terms(ball(known.target), d, width, arb(0), self.n)
            law: Readout = readout(self.link.tree, top, digits, noise=self.noise)
            label = Suboptimality(law, law, terms, bits, self._leverage(law, known.infimum))
            if known.pilot_oscillation is None:
                return {"label": label}
            surrogate = label.with_pilot(ball(known.pilot_oscillation))
            if not own:
                return {"label": label, "surrogate": surrogate}
            fit = readout(self.link.tree, top, digits, noise=self.noise, pilot=self.pilot.tree)
            leverage = self._leverage(fit, known.pilot_infimum)
            return {"surrogate_own": Suboptimality(law, fit, surrogate.terms, bits, leverage)}

    def _leverage(self, fit: Readout, infimum: sympy.Expr) -> Leverage | None:
        """The control of D by the features, where D is not given."""
        if self.constants.oscillation is not None or not infimum.is_finite:
            return None
        return Leverage(fit, ball(infimum))

    def _reach(
        self, scan: dict[str, Suboptimality], curves: dict[str, list[Estimate]], limit: float
    ) -> dict[bool, Fraction]:
        """How far up in t the certified search goes, for each cost: a little past its sets.

        The surrogate's set at the label's cost lies inside the label's, so that the label's end serves both.
        """
        leading = {own: name for own, name in _LEADING.items() if name in scan}
        ends = {own: self._end(scan[name], curves[name], limit) for own, name in leading.items()}
        return {own: dyadic_below(min(end, limit), SHORT) for own, end in ends.items()}

    def _end(self, b: Suboptimality, curve: list[Estimate], limit: float) -> float:
        """Just past the last t at which B <= epsilon, or past the best one where there is none."""
        epsilon = float(self.epsilon)
        totals = [e.total(self.n) for e in curve]
        last = max((i for i, total in enumerate(totals) if total <= epsilon), default=None)
        if last is None:
            return curve[int(np.argmin(totals))].t * _PAST
        if last + 1 == len(curve):
            # No end is ahead: to certify a long stretch inside the set would only cost time.
            first = next(e.t for e, total in zip(curve, totals, strict=True) if total <= epsilon)
            width = self.constants.width
            tilted = _TILTED / float(width) if width.is_finite else 0.0
            return min(limit, max(_FURTHER * first, tilted, _PAST * curve[int(np.argmin(totals))].t))
        low, high = curve[last].t, curve[last + 1].t
        for _ in range(12):
            middle = (low + high) / 2
            low, high = (middle, high) if b.estimate(middle).total(self.n) <= epsilon else (low, middle)
        return high * _PAST

    def _intervals(self, found: Admissible) -> tuple[Interval, ...]:
        """Pieces of t as intervals of beta = 1/t, increasing in beta."""
        intervals = []
        with working(int(4 * self.digits) + 80):
            for piece in reversed(found.pieces):
                upper = (
                    Enclosed(None, "inf", "inf")
                    if piece.lower.is_zero()
                    else from_ball(1 / piece.lower, self.digits)
                )
                intervals.append(Interval(from_ball(1 / piece.upper, self.digits), upper, piece.crosses))
        return tuple(intervals)

    def _bound_at(self, t: float, b: Suboptimality) -> tuple[Best, Suboptimality]:
        """The bound near t, certified, and the function that gives it: ``b`` or one that reaches further."""
        beta = Fraction(f"{1 / t:.6g}")
        b = self._reaching(1 / beta, b)
        jet = b.jet(1 / beta)
        assert jet is not None
        return Best(beta, from_ball(jet.value, 6)), b

    def _control(self, b: Suboptimality, beta: Fraction, best: Estimate) -> tuple[Enclosed, str]:
        """D at the best temperature, and where it comes from."""
        if self.constants.oscillation is not None:
            return self._shown(self.constants.oscillation), "given"
        d = b.oscillation(1 / beta)
        assert d is not None
        return from_ball(d, 6), best.learned(self.n)[2]

    def _note(self, shown: dict[str, tuple[Interval, ...]], t: float) -> str:
        """Why there is no surrogate set, or why the surrogate's own one goes beyond the label's."""
        if "surrogate_own" not in shown:
            return "surrogate sets not applicable: osc(r* - r_a0) is not finite"
        if not goes_beyond(shown["surrogate_own"], shown["label"]):
            return ""
        return why_beyond(self.link.tree, self.pilot.tree, self.noise, t)

    def _enough_samples(self, scan: Suboptimality, curve: Sequence[Estimate], b: Suboptimality) -> int | None:
        """The smallest n found for which some beta is admissible, certified at that beta; or None.

        At least the number of features: fewer samples do not determine the fit.
        """
        epsilon = float(self.epsilon)
        best = _golden(scan, curve, lambda e: e.samples(epsilon))
        need, at = best.samples(epsilon), Fraction(best.t)
        for slack in (1 - 1e-5, 1.0001, 1.01, 1.1) if np.isfinite(need) else ():
            n = max(len(BIASES) + 1, ceil(need * slack))
            jet = self._reaching(at, b).with_samples(n).jet(at)
            if jet is not None and jet.value <= exact(self.epsilon):
                return n
        return None

    def _shown(self, value: sympy.Expr) -> Enclosed:
        with working(200):
            return replace(from_ball(ball(value), self.digits), closed_form=value)


def _named(source: Callable[[], dict[str, Suboptimality]], name: str) -> Suboptimality:
    return source()[name]


#: The scheme that reaches furthest at the label's cost, and at the surrogate's own.
_LEADING = {False: "label", True: "surrogate_own"}


def _golden(b: Suboptimality, curve: Sequence[Estimate], size: Callable[[Estimate], float]) -> Estimate:
    """The least ``size`` near the least one of the curve; SciPy's minimiser would take longer to load."""
    index = int(np.argmin([size(e) for e in curve]))
    low, high = curve[max(index - 1, 0)].t, curve[min(index + 1, len(curve) - 1)].t
    ratio = (np.sqrt(5) - 1) / 2
    inner = [b.estimate(t) for t in (high - ratio * (high - low), low + ratio * (high - low))]
    while high - low > 1e-4 * high:
        if size(inner[0]) < size(inner[1]):
            high = inner[1].t
            inner = [b.estimate(high - ratio * (high - low)), inner[0]]
        else:
            low = inner[0].t
            inner = [inner[1], b.estimate(low + ratio * (high - low))]
    return min((curve[index], *inner), key=size)
