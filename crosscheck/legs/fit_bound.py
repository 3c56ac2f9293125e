"""The finite-sample bound on one bounded link: its constants twice, and readouts trained to break it."""

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property

import numpy as np
import sympy
from flint import arb
from scipy import special

from ...link import Node, Noise, Num, combine
from ...numerics.deployment.readout import Recipe
from ...numerics.estimates.fit_moments import FitMoments
from ...numerics.expectation.oracle import Interval
from ...numerics.experiments.readouts import Experiment, train_many
from ...numerics.guarantee.bound import Guarantee, Range, guarantee
from ...numerics.guarantee.clipping import Pointwise
from ...numerics.guarantee.constants import Constants, Model
from ...numerics.precision import working
from ...numerics.work import remembered
from ...theory.shape.range import extremes
from ..claim import Subject, condition
from ..number import ball
from ..verdict import Finding, refutes, supports, undecided

OVERLAP = Fraction(24, 25)
_RIDGE = Fraction(1, 100)
#: How far bounds may exceed what they bound: those by cells (clipping), over the whole plane, and the others.
_CELLS, _PLANE, _TIGHT = 3.0, 30.0, 1e-3
_ROUNDING, _RESOLVED = 1e-9, 1e-3
_BITS = 160
DELTA = 0.05
#: Samples of a fit and fits of a setting, by tier.
_SIZES = {False: (2000, 100), True: (10_000, 1000)}
#: The margin that is reported for numbers of violations.
_MARGIN = 1e-3


@dataclass(frozen=True)
class Fit:
    """A readout of features 1, tanh(u - b) at one t, with weights e^{ty} or e^{t pilot_scale s}."""

    link: Node
    span: tuple[sympy.Expr, sympy.Expr]
    t: Fraction
    noise: Noise
    biases: tuple[Fraction, ...]
    ridge: Fraction
    overlap: Fraction = Fraction(1)
    pilot_scale: Fraction | None = None

    @property
    def pilot(self) -> Node | None:
        return None if self.pilot_scale is None else combine("*", Num(self.pilot_scale), self.link)

    @cached_property
    def clip(self) -> tuple[float, float]:
        """The range of the link, rounded outwards."""
        with working(_BITS):
            low, high = (ball(end) for end in self.span)
            return (
                math.nextafter(float(low.lower()), -math.inf),
                math.nextafter(float(high.upper()), math.inf),
            )

    @property
    def osc(self) -> float:
        return self.clip[1] - self.clip[0]

    @property
    def chosen(self) -> tuple[Node, Noise, tuple[Fraction, ...], Fraction, Fraction, Fraction, Node | None]:
        """What both rooms' constants are made of."""
        return self.link, self.noise, self.biases, self.ridge, self.overlap, self.t, self.pilot

    @property
    def constants(self) -> Constants:
        """By enclosure."""
        return _constants(self)

    @property
    def moments(self) -> tuple[FitMoments, FitMoments]:
        """By quadrature, with two rules."""
        return FitMoments(*self.chosen, 1), FitMoments(*self.chosen, 0)

    @property
    def experiment(self) -> Experiment:
        """Such a readout trained on data."""
        recipe = Recipe(self.biases, self.ridge, self.clip)
        return Experiment(recipe, self.link, self.noise, self.t, float(self.overlap), self.pilot)

    @property
    def ceiling(self) -> float:
        """An upper bound of the reward in the weights."""
        scale = 1.0 if self.pilot_scale is None else float(self.pilot_scale)
        return scale * self.clip[1] + _ROUNDING

    def over(self, ts: Interval) -> Constants:
        """Hulls of the constants over an interval of t, up to the fit's own."""
        model = Model(*self.chosen)
        return model.constants(ts, model.weighting.frame((ts.lower + ts.upper) / 2, self.ridge))

    def guarantee(self, n: int, delta: float, constants: Constants | None = None) -> Guarantee:
        """At the fit's t, or where the ``constants`` are taken."""
        low, high = self.clip
        away = 0.0
        if self.pilot_scale is not None:
            away = abs(1 - float(self.pilot_scale)) * self.osc * (1 + _ROUNDING)
        with working(_BITS):
            reach = Range(low, high, self.clip, self.ceiling, 0.0, away)
            return guarantee(constants or self.constants, reach, n, delta, ball(self.span[1]))

    def summed(self, n: int, delta: float) -> float:
        """The bound for label weights by quadrature, with Markov's inequality."""
        moments = self.moments[0]
        radius = moments.radius(n, delta)
        return moments.loss(radius, moments.norm(radius), *self.clip)

    def __str__(self) -> str:
        weights = "label" if self.pilot_scale is None else f"surrogate ({self.pilot_scale} s)"
        at = ", ".join(map(str, self.biases))
        fit = f"biases {at}, ridge {self.ridge}, m = {self.overlap}"
        return f"{weights} weights, t = {self.t}, noise {self.noise}, {fit}"


@remembered(8)
def _constants(fit: Fit) -> Constants:
    model = Model(*fit.chosen)
    return model.constants(fit.t, model.weighting.frame(fit.t, fit.ridge))


def finite_range(subject: Subject) -> tuple[sympy.Expr, sympy.Expr] | None:
    """(ess inf s, ess sup s), exact; None where one is infinite or not known."""
    ends = extremes(subject.link.tree)
    return ends[:2] if ends is not None and ends[0].is_finite and ends[1].is_finite else None


def span(subject: Subject) -> tuple[sympy.Expr, sympy.Expr]:
    """(ess inf s, ess sup s), where BOUNDED is assumed."""
    ends = finite_range(subject)
    assert ends is not None
    return ends


def scale(subject: Subject) -> Fraction:
    """A short rational near osc(s)."""
    low, high = span(subject)
    return max(Fraction(float(high - low)).limit_denominator(64), Fraction(1, 64))


def fits(
    subject: Subject,
    *,
    surrogate: bool = False,
    overlap: Fraction = Fraction(1),
    tilts: Sequence[int] = (1, 3),
) -> list[Fit]:
    """The readouts tried, at the first of ``tilts`` (t osc(s)): least squares and ridge, each with a noise.

    At overlap 1 they have two biases, below it one, and only least squares. Full: two biases, every tilt,
    least squares and ridge with both noises.
    """
    width, ends = scale(subject), span(subject)
    noises = Noise("gaussian", width / 4), Noise("rademacher", width / 4)
    pairs = [(ridge, noise) for ridge in (Fraction(0), _RIDGE) for noise in noises]
    biases: tuple[Fraction, ...] = (Fraction(-1), Fraction(1))
    if not subject.full:
        tilts, pairs = tilts[:1], pairs[::3] if overlap == 1 else pairs[:1]
        biases = biases if overlap == 1 else (Fraction(0),)
    pilot = Fraction(9, 10) if surrogate else None
    return [
        Fit(subject.link.tree, ends, tilt / width, noise, biases, ridge, overlap, pilot)
        for tilt in tilts
        for ridge, noise in pairs
    ]


def compared(fit: Fit, altered: Mapping[str, float] | None = None) -> Finding:
    """Every constant by enclosure is a bound of what quadrature gives, and a narrow one.

    How narrow: those by cells of z (clipping, B, F_4) are given apart, in brackets.

    altered: factors by which a falsified statement has the constants of these names changed.
    """
    worst, cells = 0.0, 0.0
    for name, bound, (fine, coarse), room in _pairs(fit):
        claimed = bound * (altered or {}).get(name, 1.0)
        error = abs(fine - coarse) + _ROUNDING * max(1.0, abs(fine))
        if error > _RESOLVED * max(1.0, abs(fine)):
            return undecided(f"{name}, {fit}: quadrature errs by up to {error:.2g}")
        if claimed < fine - error:
            witness = f"{name}, {fit}: stated {claimed:.10g}, integrated {fine:.10g}"
            return refutes("a constant is below what it bounds", witness)
        excess = (claimed - fine - error) / max(abs(fine), 1e-3)
        if excess > room:
            return undecided(f"{name}, {fit}: the enclosure is {excess:.1%} too wide")
        if room >= _CELLS:
            cells = max(cells, excess)
        else:
            worst = max(worst, excess)
    return supports(f"{fit}: enclosed bounds at most {worst:.1%} ({cells:.0%}) above the integrals")


def _pairs(fit: Fit) -> Iterator[tuple[str, float, tuple[float, float], float]]:
    found, rules = fit.constants, fit.moments
    (low, high), osc, radius = fit.clip, fit.osc, fit.osc / 8

    def both(name: str) -> tuple[float, float]:
        return getattr(rules[0], name), getattr(rules[1], name)

    # The largest eigenvalue of p features is taken at most p^(1/64) times too large.
    largest = (1 + len(fit.biases)) ** (1 / 64) - 1 + _TIGHT
    yield "b", found.bias, both("bias"), _TIGHT
    yield "beta_", found.cross, both("cross"), _TIGHT
    whole = tuple(one.energy + one.cross**2 for one in rules)
    yield "F", found.noise_energy**2, (whole[0], whole[1]), _TIGHT
    yield "sigma^2", found.fourth, both("fourth"), largest
    if fit.overlap == 1:
        yield "||Sigma||", found.noise_spread**2, both("spread_of_scores"), largest
    cross, size = found.policy_norm
    yield "E rho^2 under pi*", max(found.policy_squares), both("misfit"), _TIGHT
    yield "E rho varphi under pi*", cross, both("own_cross"), _TIGHT
    yield "E varphi varphi' under pi*", size, both("own_size"), largest
    yield "V", float(found.value.upper()), both("value"), _TIGHT
    yield "-V", -float(found.value.lower()), (-rules[0].value, -rules[1].value), _TIGHT
    yield "sd(s)", found.spread, both("spread"), _TIGHT
    yield "Cov(s, rho)", found.covariance, both("covariance"), _TIGHT
    yield "E varphi (s - V)", found.direction, both("direction"), _TIGHT
    fine = rules[0].clipping(radius, low, high)
    points = Pointwise(found, low, high)
    clipped = points.clipped(radius, low, high)
    # Integrands with a kink: quadrature is good to a few digits only.
    yield "clipping", clipped * (1 + 1e-3) + 1e-4 * osc, (fine, fine), _CELLS
    quartic = tuple(one.quartic**0.25 for one in rules)
    yield "F_4^(1/4)", points.fourth(fit.ceiling), (quartic[0], quartic[1]), _CELLS
    if fit.noise.kind != "gaussian":
        # A supremum, found at nodes only.
        room = _CELLS if fit.overlap == 1 else _PLANE
        yield "B", points.largest(fit.ceiling), (rules[0].largest,) * 2, room
    square, matrix = found.remainders(arb(high), osc / 4)[0]
    sums = [one.remainders(osc / 4, high) for one in rules]
    yield "E rho^2 e_2", square, (sums[0][0], sums[1][0]), _TIGHT
    yield "E varphi varphi' e_2", matrix, (sums[0][1], sums[1][1]), largest


def covered(subject: Subject, name: str, chosen: Sequence[Fit]) -> Finding:
    """Readouts trained on fresh samples: at most a share DELTA of them may exceed any of the bounds.

    name: of the claim, for the random stream. Refuted where the chance of so many is below the alarm granted.
    """
    (n, replicas), rng, report = _SIZES[subject.full], subject.rng(name), []
    seen = 0
    most = int(special.bdtrik(1 - _MARGIN, replicas, DELTA)) + 1
    for fit in chosen:
        bound = fit.guarantee(n, DELTA)
        trained = train_many(fit.experiment, n, replicas, rng)
        reached = bound.radius + fit.constants.eta
        # The norm of the error is measured in the law of the weights.
        own = math.sqrt(fit.constants.bias**2 + 2 * fit.constants.cross * reached + reached**2)
        limits = {"|G^{1/2}(theta_hat - theta)|": reached, "norm(Delta_0)": own, "gap": bound.learning}
        found = (trained.deviation, trained.error, np.abs(trained.gap))
        for (what, limit), values in zip(limits.items(), found, strict=True):
            violations = int((values > limit + _ROUNDING).sum())
            if violations and special.bdtrc(violations - 1, replicas, DELTA) < subject.alarm:
                witness = f"{fit}: {what} exceeds {limit:.4g} in {violations} of {replicas} fits"
                return refutes(f"more than a share {DELTA} at n = {n}", witness)
            seen = max(seen, violations)
            if violations > most:
                return undecided(f"{fit}: {what} exceeds {limit:.4g} in {violations} of {replicas}")
        shares = [
            float(np.quantile(values, 0.95)) / limit
            for limit, values in zip(limits.values(), found, strict=True)
        ]
        report.append(f"{fit}: 95% quantiles over bounds {', '.join(f'{share:.3f}' for share in shares)}")
    head = (
        f"{replicas} fits on n = {n} for each setting, delta = {DELTA}: "
        "neither |G^(1/2)(theta_hat - theta)| <= r "
        f"nor norm(Delta_0) <= R nor the bound of the gap is violated more than {most} times, "
        f"and none more than {seen} times here"
    )
    return supports("; ".join([head, *report]))


BOUNDED = condition("s is bounded", finite_range, "s is not bounded, or its range is not known")
