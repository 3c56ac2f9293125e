"""The forecast of admissible temperatures: how far to look, the sets, the best one, and what limits them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import cache, partial
from math import ceil

import numpy as np
import sympy
from flint import arb

from ...crosscheck.number import Number, ball, from_ball
from ...link import Link, Noise
from ...link.tree import Node
from ...numerics.deployment.admissible import Admissible
from ...numerics.deployment.admissible import admissible as searched
from ...numerics.deployment.learning import BIASES, Readout, readout
from ...numerics.deployment.leverage import Leverage
from ...numerics.deployment.suboptimality import Suboptimality, Terms
from ...numerics.expectation.oracle import Unresolved
from ...numerics.precision import dyadic_below, exact, relative_digits, working
from ...numerics.work import allowance
from ...theory.shape.range import bounds, extremes
from .admissible_scan import Scan
from .admissible_set import (
    SHORT,
    AdmissibleSet,
    Best,
    Forecast,
    Interval,
    Looked,
    amplification,
    goes_beyond,
    limits,
    why_beyond,
)  # fmt: skip

_ROUGH_DIGITS, _ROUGH_BITS = 18, 72
_EXTRA_DIGITS = 14
_SCAN_DIGITS = 9
#: The work that the sets at one cost may take, eight times what a library link takes.
_WORK = 4e7
#: The range scanned, in t times half of osc(s).
_SCAN_START, _SCAN_END = 0.02, 16.0
#: Beyond this log(chi2 + 1) no sample size helps, and the range is not searched.
_LARGEST = 50.0
#: Digits of B at the best temperature; more where they do not tell it from epsilon.
_DIGITS = 6
#: The scheme that reaches furthest at the label's cost, and at the surrogate's own.
_LEADING = {False: "label", True: "surrogate_own"}


@dataclass(frozen=True, slots=True)
class Constants:
    """Exact constants of B.

    oscillation: D if given. width: osc(s), finite. supremum: ess sup s. target: v. pilot_oscillation: D_0 =
    osc(r* - r_a0), None when it is infinite or unknown. infimum, pilot_infimum: ess inf of the link and of
    the pilot. Where the exact range is not known, bounds from outside.
    """

    oscillation: sympy.Expr | None
    width: sympy.Expr
    supremum: sympy.Expr
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
        return AdmissibleSet(
            self.link, self.epsilon, self.n, self.noise, self._shown(self.constants.target), self.pilot,
            self._forecast(),
        )  # fmt: skip

    def _forecast(self) -> Forecast:
        limit = self._t_limit()
        start, last = _SCAN_START / self._scale, float(dyadic_below(limit, SHORT)) * 0.999
        coarse = self._every(dyadic_below(limit, SHORT))
        start, epsilon = min(start, last / 2), float(self.epsilon)
        scans = {name: Scan.of(b, start, last, epsilon) for name, b in coarse.items()}
        tops = {
            own: dyadic_below(scans[_LEADING[own]].end(limit, 2 * self._scale), SHORT) for own in self._costs
        }
        roughs = {own: self._rough(tops[own], own) for own in self._costs}
        found = {
            name: one
            for own in self._costs
            for name, one in self._searched(roughs[own], tops[own], own).items()
        }
        shown = {name: self._intervals(one) for name, one in found.items()}
        label, scan, rough = shown["label"], scans["label"], roughs[False]["label"]
        best, b = self._best(scan, label, rough)
        end = scan.b.estimate(1 / float(best.beta))
        osc, osc_source = self._control(b, best, end.learned(self.n)[2])
        low, high = limits(label, scan.b, end, tops[False], self.epsilon)
        leading = {_LEADING[own]: float(top) for own, top in tops.items()}
        drawn = zip(*(one.grid for one in scans.values()), strict=True)
        return Forecast(
            label=label,
            surrogate=shown.get("surrogate", ()),
            surrogate_own=shown.get("surrogate_own", ()),
            looked=self._looked(found, 1 / last),
            best=best,
            estimators={name: scans[name].estimators(top) for name, top in leading.items()},
            osc=osc,
            osc_source=osc_source,
            low=low,
            high=high,
            nonempty_n=self._enough_samples(scan, rough, best),
            nonempty_epsilon=best.loss.upper,
            note=self._note(shown, end.t),
            curve=tuple((row[0].t, *(e.total(self.n) for e in row)) for row in drawn),
        )

    @property
    def _costs(self) -> tuple[bool, ...]:
        """The learning costs at hand: the label's, and, where surrogate weights apply, their own."""
        return (False,) if self.constants.pilot_oscillation is None else (False, True)

    def _every(self, top: Fraction) -> dict[str, Suboptimality]:
        """All schemes, for doubles."""
        return {name: b for own in self._costs for name, b in self._sums(top, _SCAN_DIGITS, own).items()}

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

    def _searched(self, rough: dict[str, Suboptimality], top: Fraction, own: bool) -> dict[str, Admissible]:
        """The sets at one cost; digits lost to cancellation are made up for by asking for more."""
        extra = _EXTRA_DIGITS
        while True:
            precise = cache(partial(self._sums, top, self.digits + extra, own))
            try:
                with allowance(_WORK, self.digits):
                    return {
                        name: searched(b, partial(_named, precise, name), self.epsilon, top, self.digits)
                        for name, b in rough.items()
                    }
            except Unresolved:
                if extra > 4 * _EXTRA_DIGITS:
                    raise
                extra *= 2

    def _t_limit(self) -> float:
        """The largest t that is scanned."""
        end = _SCAN_END / self._scale
        while end > 0.1 / self._scale and self._amplification(end) > _LARGEST:
            end *= 0.8
        return end

    @property
    def _scale(self) -> float:
        """Half of osc(s), in whose inverse the range of t is measured, so that c s is searched as s is."""
        return float(self.constants.width) / 2

    def _amplification(self, t: float) -> float:
        """log(chi2 + 1) of the larger of the weights at hand, roughly."""
        at = dyadic_below(t, SHORT)
        trees = (self.link.tree, self.pilot.tree)[: len(self._costs)]
        return max(amplification(tree, at) for tree in trees)

    def _sums(self, top: Fraction, digits: int, own: bool, bits: int = 0) -> dict[str, Suboptimality]:
        """B on 0 < t <= top of the schemes at the label's cost, or of the surrogate at its ``own``."""
        bits = bits or int(3.4 * digits) + 60
        with working(bits):
            known = self.constants
            d = None if known.oscillation is None else ball(known.oscillation)
            terms = Terms(ball(known.target), d, ball(known.width), arb(0), self.n)
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

    def _intervals(self, found: Admissible) -> tuple[Interval, ...]:
        """Pieces of t as intervals of beta = 1/t, increasing in beta."""
        return tuple(
            self._interval(piece.lower, piece.upper, piece.crosses) for piece in reversed(found.pieces)
        )

    def _interval(self, low: arb, high: arb, ends_below: bool) -> Interval:
        with working(int(4 * self.digits) + 80):
            below, above = (
                Number(None, "inf", "inf") if t.is_zero() else from_ball(1 / t, self.digits)
                for t in (high, low)
            )
            return Interval(below, above, ends_below)

    def _looked(self, found: dict[str, Admissible], scanned: float) -> dict[str, Looked]:
        """How far each scheme's set was looked for; empty is proved only where no policy is good enough."""
        known = self.constants
        with working(_ROUGH_BITS):
            beyond = bool(ball(known.target) - ball(known.supremum) > exact(self.epsilon))
        empty = "no policy comes within epsilon of the target" if beyond else ""
        return {
            name: Looked(
                1 / one.searched_to,
                scanned,
                tuple(self._interval(low, high, False) for low, high in reversed(one.unresolved)),
                empty,
            )
            for name, one in found.items()
        }

    def _best(
        self, scan: Scan, label: tuple[Interval, ...], rough: Suboptimality
    ) -> tuple[Best, Suboptimality]:
        """The best temperature, in the set where that has any, and the function that gives B there.

        Where the least of the doubles lies outside of a set that is not empty, the middle of the set.
        """
        beta = Fraction(f"{1 / scan.best.t:.6g}")
        best, b = self._loss_at(beta, rough)
        if label and not Fraction(best.loss.upper) <= self.epsilon:
            low, high = Fraction(label[0].lower.upper), label[0].upper.lower
            middle = 2 * low if high == "inf" else (low + Fraction(high)) / 2
            best, b = self._loss_at(middle, rough)
        return best, b

    def _loss_at(self, beta: Fraction, rough: Suboptimality) -> tuple[Best, Suboptimality]:
        """B at beta, with as many digits as tell it from epsilon, and the function that gives it."""
        b = self._reaching(1 / beta, rough)
        jet = b.jet(1 / beta)
        if jet is None:
            raise Unresolved(
                f"the learning cost of '{self.link}' is not enclosed at beta = {float(beta):.6g}"
            )
        digits = _DIGITS
        loss = from_ball(jet.value, digits)
        while digits < _ROUGH_DIGITS and Fraction(loss.lower) <= self.epsilon < Fraction(loss.upper):
            digits += _DIGITS
            loss = from_ball(jet.value, digits)
        return Best(beta, loss), b

    def _control(self, b: Suboptimality, best: Best, source: str) -> tuple[Number, str]:
        """D at the best temperature, and where it comes from."""
        if self.constants.oscillation is not None:
            return self._shown(self.constants.oscillation), "given"
        d = b.oscillation(1 / best.beta)
        if d is None:
            raise Unresolved(f"osc(Delta) is not enclosed at beta = {float(best.beta):.6g}")
        return from_ball(d, _DIGITS), source

    def _note(self, shown: dict[str, tuple[Interval, ...]], t: float) -> str:
        """Why there is no surrogate set, or why its own one goes beyond the label's; what is not exact."""
        notes = []
        if extremes(self.link.tree) is None:
            notes.append(
                "osc(s) and, unless given, the target are bounds from above: the exact range is not known"
            )
        if "surrogate_own" not in shown:
            notes.append("surrogate sets not applicable: osc(r* - r_a0) is not shown to be finite")
        elif goes_beyond(shown["surrogate_own"], shown["label"]):
            notes.append(why_beyond(self.link.tree, self.pilot.tree, self.noise, t))
        return "; ".join(notes)

    def _enough_samples(self, scan: Scan, rough: Suboptimality, best: Best) -> int | None:
        """The smallest n found for which some beta has B <= epsilon, in balls at that beta; or None.

        At least the number of features: fewer samples do not determine the fit. B falls in n: so it is at
        most the n asked for where the best temperature has B <= epsilon, and may be put above it elsewhere.
        """
        at, need = Fraction(scan.frugal.t), scan.frugal.samples(float(self.epsilon))
        inside = Fraction(best.loss.upper) <= self.epsilon
        for slack in (1 - 1e-5, 1.0001, 1.01, 1.1) if np.isfinite(need) else ():
            n = max(len(BIASES) + 1, ceil(need * slack))
            if n >= self.n and inside:
                return self.n
            jet = self._reaching(at, rough).with_samples(n).jet(at)
            if jet is not None and jet.value <= exact(self.epsilon):
                return n if inside else max(n, self.n + 1)
        return self.n if inside else None

    def _shown(self, value: sympy.Expr) -> Number:
        with working(200):
            return replace(from_ball(ball(value), self.digits), closed_form=value)


def _named(source: Callable[[], dict[str, Suboptimality]], name: str) -> Suboptimality:
    return source()[name]
