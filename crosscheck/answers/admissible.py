"""The admissible deployment temperatures: where value lost plus learning bound stay below epsilon."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import cache, partial
from typing import Any

import numpy as np
import sympy
from flint import arb

from ...link import NOISELESS, Link, LinkError, Noise, as_link, positive
from ...link.build import combine
from ...link.tree import Node, Num
from ...numerics.admissible import Admissible, Estimate, Suboptimality, Terms
from ...numerics.admissible import admissible as certified
from ...numerics.expectation import Unresolved, t_range
from ...numerics.learning import Readout, readout
from ...numerics.policy import log_partition
from ...numerics.precision import exact, relative_digits, working
from ...theory.bounds import bounds
from ...theory.range import extremes
from ..compare import ball
from .enclosure import Enclosed, from_ball

DIGITS = 12
FEATURES = "1 and tanh(z - b) for 12 biases b evenly spaced on [-3, 3]"
_SHRINK = Fraction(9, 10)
_ROUGH_DIGITS, _ROUGH_BITS = 18, 72
_EXTRA_DIGITS = 14
_SCAN, _SCAN_DIGITS = 32, 9
_SCAN_END = 16.0
#: Beyond this log(chi2 + 1) no sample size helps, and the range is not searched.
_LARGEST = 50.0
#: How far the certified search goes, in t osc(s), where nothing calls for more.
_TILTED = 6.0
#: The share of a finite t_max/2 that is searched: the expectations blow up at its end.
_INSIDE = 0.9


@dataclass(frozen=True, slots=True)
class Interval:
    """An interval of temperatures beta; ``upper`` may be infinite.

    proved_below: B exceeds epsilon right below ``lower``; else the search ended or failed there.
    """

    lower: Enclosed
    upper: Enclosed
    proved_below: bool

    def as_json(self) -> dict[str, Any]:
        return {"from": self.lower.as_json(), "to": self.upper.as_json(), "proved_below": self.proved_below}


@dataclass(frozen=True, slots=True)
class Best:
    """The best temperature found (by doubles) and a certified enclosure of the bound there."""

    beta: Fraction
    bound: Enclosed

    def as_json(self) -> dict[str, Any]:
        return {"beta": str(float(self.beta)), "bound": self.bound.as_json()}


@dataclass(frozen=True, slots=True)
class AdmissibleSet:
    """{beta : B(beta) <= epsilon} for label and surrogate weights, at one common cost and at their own.

    B = [v - V(pi*)] + (e^{tD} - 1)/D sd_{pi*}(r*) e^{t D_0/2} sqrt(c(t, n)), t = 1/beta, D_0 = 0 for label
    weights. c is the leading learning cost: ``label``, ``surrogate`` and ``label_own`` use the label
    scheme's, ``surrogate_own`` the surrogate scheme's. nonempty_n, nonempty_epsilon: from which n (None: no
    n is enough) and from which epsilon on the label set is not empty, both certified sufficient.
    searched_down_to: temperatures below were not searched. note: why a scheme has no set, if so.
    curve: (t, B for label, surrogate at the common cost, surrogate at its own), in doubles, for plotting.
    """

    link: Link
    epsilon: Fraction
    n: int
    noise: Noise
    osc: Enclosed
    target: Enclosed
    proxy: Link
    label: tuple[Interval, ...]
    surrogate: tuple[Interval, ...]
    label_own: tuple[Interval, ...]
    surrogate_own: tuple[Interval, ...]
    best: Best
    low: str
    high: str
    nonempty_n: int | None
    nonempty_epsilon: str
    searched_down_to: Fraction
    note: str
    curve: tuple[tuple[float, ...], ...]

    def as_json(self) -> dict[str, Any]:
        names = ("label", "surrogate", "label_own", "surrogate_own")
        return {
            "link": str(self.link),
            "epsilon": str(self.epsilon),
            "n": self.n,
            "noise": str(self.noise),
            "osc": self.osc.as_json(),
            "target": self.target.as_json(),
            "features": FEATURES,
            "proxy": str(self.proxy),
            **{name: [interval.as_json() for interval in getattr(self, name)] for name in names},
            "best": self.best.as_json(),
            "limits": {"low": self.low, "high": self.high},
            "nonempty_from": {"n": self.nonempty_n, "epsilon": self.nonempty_epsilon},
            "searched_down_to": str(self.searched_down_to),
            "note": self.note,
        }


def admissible(
    link: Link | str,
    epsilon: int | float | str | Fraction,
    n: int,
    *,
    proxy: Link | str | None = None,
    osc: int | float | str | Fraction | None = None,
    target: int | float | str | Fraction | None = None,
    noise: Noise | None = None,
    digits: int = DIGITS,
) -> AdmissibleSet:
    """The temperatures beta2 at which the total sub-optimality B is at most ``epsilon`` with n samples.

    proxy: the pilot reward r_a0 of the surrogate weights (default 9/10 of the link). osc: a bound D of
    osc(Delta) (default 2 osc(s), what clipping the fit to the link's range guarantees). target: the value v
    to be reached (default ess sup s). End points to ``digits`` digits.

    Raises LinkError when epsilon, n, osc or target is not usable, or the link is unbounded and they are
    missing; Unresolved when the link resists certification.
    """
    link, noise = as_link(link), noise or NOISELESS
    goal = positive(epsilon, "epsilon")
    if n < 1:
        raise LinkError(f"n = {n} is not a sample size: write a positive integer such as 100000")
    pilot = as_link(proxy) if proxy is not None else _shrunk(link)
    question = _Question(link, pilot, noise, goal, n, digits, *_constants(link, pilot, osc, target))
    return question.answer()


def _shrunk(link: Link) -> Link:
    from ...link.text import text

    tree = combine("*", Num(_SHRINK), link.tree)
    return Link(tree, text(tree))


def _constants(
    link: Link,
    pilot: Link,
    osc: int | float | str | Fraction | None,
    target: int | float | str | Fraction | None,
) -> tuple[sympy.Expr, sympy.Expr, sympy.Expr | None]:
    """D, v and D_0 = osc(r* - r_a0) (None when it is infinite or unknown), exact."""
    low, high = _range(link.tree)
    if osc is None and (high is sympy.oo or low is -sympy.oo):
        raise LinkError(
            f"'{link}' is unbounded, so clipping does not bound osc(Delta): give a bound with --osc"
        )
    if target is None and high is sympy.oo:
        raise LinkError(f"'{link}' has no finite supremum to aim at: give the target value with --target")
    d = 2 * (high - low) if osc is None else _exact(positive(osc, "osc"))
    if d == 0:
        raise LinkError(f"'{link}' is constant: every temperature is the same; write a link that varies")
    v = high if target is None else _number(target)
    if pilot.tree == _shrunk(link).tree:
        gap: sympy.Expr | None = (1 - _exact(_SHRINK)) * (high - low)
    else:
        below, above = _range(combine("-", link.tree, pilot.tree))
        gap = above - below
    return d, v, gap if gap is not None and gap.is_finite else None


def _range(tree: Node) -> tuple[sympy.Expr, sympy.Expr]:
    """Exact ess inf and ess sup, or bounds of them."""
    found = extremes(tree)
    return bounds(tree) if found is None else found[:2]


def _exact(value: Fraction) -> sympy.Rational:
    return sympy.Rational(value.numerator, value.denominator)


def _number(value: int | float | str | Fraction) -> sympy.Rational:
    text = str(value).strip()
    negative = text.startswith("-")
    if text.lstrip("-") == "0":
        return sympy.Integer(0)
    size = positive(text.removeprefix("-"), "target")
    return -_exact(size) if negative else _exact(size)


@dataclass(frozen=True)
class _Question:
    link: Link
    pilot: Link
    noise: Noise
    epsilon: Fraction
    n: int
    digits: int
    oscillation: sympy.Expr
    target: sympy.Expr
    pilot_oscillation: sympy.Expr | None

    def answer(self) -> AdmissibleSet:
        limit = self._t_limit()
        scan = self._sums(_below(limit), _SCAN_DIGITS)
        points = np.geomspace(0.02, float(scan["label"].law.design.t_top) / 2 * 0.999, _SCAN)
        curves = {name: [b.estimate(float(t)) for t in points] for name, b in scan.items()}
        top = self._reach(curves["label"], limit)
        best = _minimise(scan["label"], curves["label"], self.n, float(top))
        rough = self._rough(top)
        sets = self._certified(rough, top)
        shown = {name: self._intervals(found) for name, found in sets.items()}
        at_best = self._bound_at(rough["label"], best.t)
        return AdmissibleSet(
            self.link, self.epsilon, self.n, self.noise, self._shown(self.oscillation),
            self._shown(self.target), self.pilot,
            shown["label"], shown.get("surrogate", ()), shown["label"], shown.get("surrogate_own", ()),
            at_best, *self._limits(shown["label"], scan["label"], best, top),
            self._enough_samples(rough["label"], curves["label"]), at_best.bound.upper, 1 / top,
            "" if "surrogate" in rough else "surrogate sets not applicable: osc(r* - r_a0) is not finite",
            tuple(
                (e.t, *(curves[name][i].total(self.n) for name in ("label", *_OTHERS) if name in curves))
                for i, e in enumerate(curves["label"])
            ),
        )  # fmt: skip

    def _rough(self, top: Fraction) -> dict[str, Suboptimality]:
        """B at the least precision that still tells it apart at the end of the range."""
        digits = _ROUGH_DIGITS
        while True:
            found = self._sums(top, digits)
            jets = [b.jet(top) for b in found.values()]
            if all(jet is not None and relative_digits(jet.value) > 3 for jet in jets):
                return found
            if digits > 5 * _ROUGH_DIGITS:
                raise Unresolved(f"the learning cost of '{self.link}' is not enclosed at beta = {1 / top}")
            digits = int(1.6 * digits)

    def _certified(self, rough: dict[str, Suboptimality], top: Fraction) -> dict[str, Admissible]:
        """The sets of all schemes; digits lost to cancellation are made up for by asking for more."""
        extra = _EXTRA_DIGITS
        while True:
            try:
                return self._at_digits(rough, top, self.digits + extra)
            except Unresolved:
                if extra > 4 * _EXTRA_DIGITS:
                    raise
                extra *= 2

    def _at_digits(
        self, rough: dict[str, Suboptimality], top: Fraction, digits: int
    ) -> dict[str, Admissible]:
        common = cache(lambda: self._sums(top, digits, own=False))
        every = cache(lambda: self._sums(top, digits))
        found = {}
        for name, b in rough.items():
            source = every if name == "surrogate_own" else common
            precise = partial(_named, source, name)
            found[name] = certified(b, precise, self.epsilon, top, self.digits)
        return found

    def _t_limit(self) -> float:
        """Both weights need a finite variance: 2t below t_max of the link and of the pilot."""
        ends = [t_range(tree).finite_below for tree in (self.link.tree, self.pilot.tree)]
        finite = [float(end) / 2 * _INSIDE for end in ends if end.is_finite()]
        if finite and min(finite) <= 0:
            raise LinkError(
                f"'{self.link}' or its proxy has t_max = 0: no finite beta works; clip it or wrap it in tanh"
            )
        end = min([_SCAN_END, *finite])
        while end > 0.1 and self._amplification(end) > _LARGEST:
            end *= 0.8
        return end

    def _amplification(self, t: float) -> float:
        """log(chi2 + 1) of the larger of both weights, roughly."""
        at = _below(t)
        gaps = [
            log_partition(tree, 2 * at, 3) - 2 * log_partition(tree, at, 3)
            for tree in (self.link.tree, self.pilot.tree)
        ]
        return max(float(gap) for gap in gaps)

    def _sums(self, top: Fraction, digits: int, *, own: bool = True) -> dict[str, Suboptimality]:
        """B for each scheme on 0 < t <= top; without ``own`` only those at the common cost."""
        bits = _ROUGH_BITS if digits == _ROUGH_DIGITS else int(3.4 * digits) + 60
        with working(bits):
            d, v = ball(self.oscillation), ball(self.target)
            terms = Terms(v, d, arb(0), self.n)
            law: Readout = readout(self.link.tree, top, digits, noise=self.noise)
            found = {"label": Suboptimality(law, law, terms, bits)}
            if self.pilot_oscillation is not None:
                paying = replace(terms, pilot_oscillation=ball(self.pilot_oscillation))
                found["surrogate"] = Suboptimality(law, law, paying, bits)
            if self.pilot_oscillation is not None and own:
                fit = readout(self.link.tree, top, digits, noise=self.noise, pilot=self.pilot.tree)
                found["surrogate_own"] = Suboptimality(law, fit, paying, bits)
        return found

    def _reach(self, curve: list[Estimate], limit: float) -> Fraction:
        """How far up in t the certified search goes: past the last t admissible at the common cost."""
        admitted = [e.total(self.n) <= float(self.epsilon) for e in curve]
        inside = [e.t for e, yes in zip(curve, admitted, strict=True) if yes]
        best = min(curve, key=lambda e: e.total(self.n)).t
        # The first scanned t beyond the set lies past the crossing.
        after = [e.t for e in curve if e.t > max(inside, default=best)][:1]
        reach = max([1.2 * best, *after])
        low, high = _range(self.link.tree)
        if high - low is not sympy.oo and not (inside and not admitted[-1]):
            # No crossing ahead: a long stretch inside the set would only cost time.
            reach = min(reach, max(_TILTED / float(high - low), 1.2 * min(inside, default=best)))
        return _below(min(reach, limit))

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

    def _bound_at(self, b: Suboptimality, t: float) -> Best:
        beta = Fraction(1 / t).limit_denominator(10**6)
        jet = b.jet(1 / beta)
        assert jet is not None
        return Best(beta, from_ball(jet.value, 6))

    def _limits(
        self, intervals: Sequence[Interval], b: Suboptimality, best: Estimate, top: Fraction
    ) -> tuple[str, str]:
        """What stops the set at its lowest and at its highest temperature, in words."""
        if not intervals:
            if best.lost > float(self.epsilon):
                return (_words(best, self.n), f"even at the best beta the value lost is {best.lost:.3g}")
            need = _words(best, self.n)
            return (need, f"empty: at the best beta = {1 / best.t:.4g} B = {best.total(self.n):.4g}")
        first, last = intervals[0], intervals[-1]
        low = f"searched down to beta = {float(1 / top):.4g} only"
        if first.proved_below:
            low = _words(b.estimate(1 / float(first.lower.lower)), self.n)
        if last.upper.lower == "inf":
            high = "none: even the untilted policy's value is within epsilon of the target"
        else:
            end = b.estimate(1 / float(last.upper.lower))
            high = f"too little tilt: the policy's value is {end.lost:.3g} below the target"
        return low, high

    def _enough_samples(self, b: Suboptimality, curve: Sequence[Estimate]) -> int | None:
        """The smallest n found for which some beta is admissible, certified at that beta; or None."""
        top = float(b.law.design.t_top) / 2
        best = min((e for e in curve if e.t <= top), key=lambda e: e.samples(float(self.epsilon)))
        need = best.samples(float(self.epsilon))
        for slack in (1.0001, 1.01, 1.1) if np.isfinite(need) else ():
            n = int(need * slack) + 1
            jet = Suboptimality(b.law, b.fit, replace(b.terms, n=n), b.bits).jet(Fraction(best.t))
            if jet is not None and jet.value <= exact(self.epsilon):
                return n
        return None

    def _shown(self, value: sympy.Expr) -> Enclosed:
        with working(200):
            return replace(from_ball(ball(value), self.digits), closed_form=value)


def _named(source: Callable[[], dict[str, Suboptimality]], name: str) -> Suboptimality:
    return source()[name]


def _below(t: float) -> Fraction:
    """A short rational at most t."""
    return Fraction(int(t * 4096), 4096)


_OTHERS = ("surrogate", "surrogate_own")


def _minimise(b: Suboptimality, curve: Sequence[Estimate], n: int, top: float) -> Estimate:
    """The least B found for t <= top."""
    near = [e for e in curve if e.t <= top]
    index = int(np.argmin([e.total(n) for e in near]))
    low, high = near[max(index - 1, 0)].t, near[index + 1].t if index + 1 < len(near) else top
    # Golden section; SciPy's minimiser would take longer to load than this takes to run.
    ratio = (np.sqrt(5) - 1) / 2
    inner = [high - ratio * (high - low), low + ratio * (high - low)]
    values = [b.estimate(t).total(n) for t in inner]
    while high - low > 1e-4 * high:
        if values[0] < values[1]:
            high, inner = inner[1], [inner[1] - ratio * (inner[1] - low), inner[0]]
            values = [b.estimate(inner[0]).total(n), values[0]]
        else:
            low, inner = inner[0], [inner[1], inner[0] + ratio * (high - inner[0])]
            values = [values[1], b.estimate(inner[1]).total(n)]
    return b.estimate(inner[0])


def _words(end: Estimate, n: int) -> str:
    """Which part of the learning bound weighs most at a low temperature."""
    total = end.factor * float(np.sqrt(end.bias + end.fluctuation / n))
    share = end.fluctuation / n / (end.bias + end.fluctuation / n)
    source = (
        f"the exponential weights amplify the sampling cost to {end.fluctuation:.3g}/n"
        if share > 0.5
        else f"the features misfit the link by {np.sqrt(end.bias):.2g} under pi*"
    )
    return f"learning bound {total:.3g} against value lost {end.lost:.3g}: {source}"
