"""V3. What the exponential weights cost the readout: the leading term of its excess risk as n -> oo.

A limit of expectations, which bounds nothing at finite n.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Literal

import numpy as np
import sympy
from flint import arb
from scipy import special

from ...link import Node, Noise, Num, combine
from ...numerics.deployment.learning import readout
from ...numerics.expectation.labels import cumulants
from ...numerics.experiments.readouts import RUNGS, excess_risk
from ...numerics.lowering.pointwise import Array
from ...numerics.precision import working
from ...numerics.work import remembered
from ...theory.exact import t
from ..claim import Claim, Subject, Variant, legs, of_statement
from ..legs.fit_bound import finite_range
from ..legs.identity import Identity, Reader, Real, by_balls, by_estimates
from ..legs.trials import HALF_TILT, Row, gentle_tilt, judged
from ..verdict import Finding, refutes, supports, undecided
from .v1 import noise_cumulants

GAUSSIAN = Noise("gaussian", Fraction(4, 5))
BIASES = (Fraction(-2), Fraction(0), Fraction(2))
#: Temperatures of the full tier, as shares of the largest t. For a bounded link that is at most 16/osc(s),
#: under noise of osc(s)/40: the cost then grows by the rarity of large rewards and less by the noise, whose
#: factor e^{K_e(2t) - 2K_e(t)} makes the spread of w^2, and so the samples needed, grow far faster.
_SHARES = (Fraction(1, 64), Fraction(1, 4), Fraction(1, 2), Fraction(1))
_PILOT = Fraction(9, 10)
_FURTHEST, _QUIET, _LOWERED = 16, 40, Fraction(7, 10)
#: The fewest effective samples of the weights w^2 = e^{2ty}, whose mean S is, in the whole run.
_LEAST = 25_000
_BITS = 140


@dataclass(frozen=True, slots=True)
class Size:
    """n: samples of the largest fit. blocks: blocks of n/16 samples in each of the independent batches."""

    n: int
    batches: int
    blocks: int

    @property
    def fits(self) -> int:
        """The number of disjoint fits on n samples."""
        return self.batches * self.blocks // RUNGS[-1]


NARROW, WIDE = Size(4096, 24, 128), Size(2**17, 24, 340)


@dataclass(frozen=True, slots=True)
class Mean:
    """The mean of independent batches and its standard error."""

    value: float
    error: float

    @classmethod
    def of(cls, batches: Array) -> Mean:
        return cls(float(batches.mean()), float(batches.std(ddof=1) / np.sqrt(len(batches))))


@dataclass(frozen=True, slots=True)
class LearningCurve:
    """At one t: the enclosed cost, and c(m) = m E Var_pi(fhat - f) at m = n k/16 for k in RUNGS.

    weights: ``label``, or ``surrogate`` by the pilot 9/10 of the link. risk: c(m) by batch, shape (batches,
    len(RUNGS)). cost: what c(m) tends to, None where it is not enclosed.
    """

    weights: Literal["label", "surrogate"]
    at: Fraction
    noise: Noise
    cost: float | None
    risk: Array

    @property
    def largest(self) -> Mean:
        """c(n) at the largest n."""
        return Mean.of(self.risk[:, -1])

    @property
    def slope(self) -> Mean:
        """The least squares slope of log(c(m)/m) on log m; its error by linearisation."""
        mean, logs = self.risk.mean(axis=0), np.log(RUNGS)
        lever = (logs - logs.mean()) / ((logs - logs.mean()) ** 2).sum()
        return Mean.of(float(lever @ np.log(mean)) - 1 + (self.risk / mean - 1) @ lever)

    @property
    def limit(self) -> Mean:
        """c(m) as m -> oo, by c(m) = c + a/m."""
        return Mean.of(2 * self.risk[:, -1] - self.risk[:, -2])

    @property
    def final_slope(self) -> Mean:
        """The slope as m -> oo: those of the last two doublings, extrapolated in 1/m, by linearisation."""
        last, before = np.diff(self.risk, axis=1)[:, [-1, -2]].T
        return Mean.of((2 * last - before) / (self.limit.value * np.log(2)) - 1)

    def __str__(self) -> str:
        if self.cost is None:
            return f"{self.weights}, t = {float(self.at):.3g}: the cost is not enclosed"
        largest, slope = self.largest, self.slope
        return (
            f"{self.weights}, t = {float(self.at):.3g}: cost {self.cost:.3g}, measured/cost "
            f"{largest.value / self.cost:.4f} +- {largest.error / self.cost:.4f}, slope {slope.value:.4f} "
            f"+- {slope.error:.4f}"
        )


def size(subject: Subject) -> Size:
    """How much is simulated in the tier of ``subject``."""
    return WIDE if subject.full else NARROW


@remembered(4)
def learning_curves(subject: Subject) -> Sequence[LearningCurve]:
    """One small t in the fast tier; four in the full one, far apart for a bounded link.

    Surrogate weights at the smallest of them. The same for every statement.
    """
    points, noise = _runs(subject)
    label = _curves(subject, points, noise, None)
    pilot = combine("*", Num(_PILOT), subject.link.tree)
    return [*label, *_curves(subject, points[:1], noise, pilot)]


def _curves(
    subject: Subject, points: Sequence[Fraction], noise: Noise, pilot: Node | None
) -> list[LearningCurve]:
    with working(_BITS):
        law = readout(subject.link.tree, max(points), noise=noise, pilot=pilot, biases=BIASES)
        costs = [law.cost(at) for at in points]
    made = size(subject)
    found = excess_risk(
        subject.link.tree, [float(at) for at in points], np.array([float(b) for b in BIASES]), noise,
        n=made.n, batches=made.batches, blocks=made.blocks, rng=subject.rng("V3"), pilot=pilot,
    )  # fmt: skip
    return [
        LearningCurve(
            "surrogate" if pilot else "label",
            at,
            noise,
            None if cost is None or not cost.fluctuation.is_finite() else float(cost.fluctuation.mid()),
            found[..., j],
        )
        for j, (at, cost) in enumerate(zip(points, costs, strict=True))
    ]


def _runs(subject: Subject) -> tuple[tuple[Fraction, ...], Noise]:
    """The temperatures t at which readouts are fitted, and the noise of their labels."""
    gentle = gentle_tilt(subject)
    if not subject.full:
        return (gentle,), GAUSSIAN
    if (span := finite_range(subject)) is None:
        return tuple(share * gentle * Fraction(3, 2) for share in _SHARES), GAUSSIAN
    osc = Fraction(float(span[1] - span[0])).limit_denominator(64)
    noise = Noise("gaussian", osc / _QUIET)
    top = _reached(subject, Fraction(_FURTHEST) / osc, noise)
    return tuple(share * top for share in _SHARES), noise


def _reached(subject: Subject, top: Fraction, noise: Noise) -> Fraction:
    """``top``, lowered until w^2 has enough effective samples, N e^{2K_y(2t) - K_y(4t)} of N (P4)."""
    with working(_BITS):
        law = readout(subject.link.tree, 2 * top, noise=noise, biases=BIASES)

    def log_mass(t: float) -> float:
        return law.estimate(t).log_mass + float(cumulants(noise, arb(t))[0])

    samples = WIDE.n * WIDE.fits
    while log_mass(4 * float(top)) - 2 * log_mass(2 * float(top)) > math.log(samples / _LEAST):
        top *= _LOWERED
    return top


_FLIP = Noise("rademacher", Fraction(1, 2))


@dataclass(frozen=True, slots=True)
class Statement:
    """S carries e^{mass K_e(2t)}, spread K_e''(2t) and K_e'(2t) - moved K_e'(t); the cost times factor.

    The excess risk falls like n^{-rate}.
    """

    mass: int = 1
    spread: Fraction = Fraction(1)
    moved: Fraction = Fraction(1)
    factor: Fraction = Fraction(1)
    rate: Fraction = Fraction(1)


def identities(subject: Subject, statement: Statement, at: Fraction) -> list[Identity]:
    """E[w^2 (y - f)^2], the entry of S at the feature 1, for the predictor f = s/2 + K_e'(t)."""
    tree = subject.link.tree

    def entry(read: Reader, reward: Node, at: Fraction, offset: Real, extra: Real) -> Real:
        """E[e^{2t reward}((reward/2 + offset)^2 + extra)]."""
        mass, first, second = read.moments(reward, 2 * at, (0, 1, 2))
        return second / 4 + offset * first + (offset * offset + extra) * mass

    def direct(read: Reader) -> Real:
        slope = noise_cumulants(read, _FLIP, at)[1]
        total = read.number(0)
        for flip in (_FLIP.scale, -_FLIP.scale):
            noisy = combine("+", tree, Num(flip))
            # y - f = (s + flip)/2 + flip/2 - K_e'
            total += entry(read, noisy, at, read.number(flip / 2) - slope, read.number(0)) / 2
        return total

    def claimed(read: Reader) -> Real:
        log_mass, twice, curvature = noise_cumulants(read, _FLIP, 2 * at)
        offset = twice - read.number(statement.moved) * noise_cumulants(read, _FLIP, at)[1]
        extra = read.number(statement.spread) * curvature
        value = read.exp(statement.mass * log_mass) * entry(read, tree, at, offset, extra)
        return read.number(statement.factor) * value

    return [Identity(f"an entry of S at t = {at}", direct, claimed)]


@of_statement
def derive(statement: Statement) -> Finding:
    """The fit solves sum w psi (y - psi' theta) = 0: theta_hat - theta ~ H^{-1} mean(w psi (y - f)).

    Its covariance is H^{-1} S H^{-1}/n; S follows from E e^{2te} e^j = L^{(j)}(2t), L = E e^{te}.
    """
    if statement.rate != 1:
        # The summands are independent with mean 0: the covariance of their mean is S/n.
        witness = f"n = 4: the excess risk is 1/4 of the trace, not {sympy.Integer(4) ** -statement.rate}"
        return refutes("another rate in n", witness)
    e, rho, once = sympy.symbols("e rho K1", real=True)
    laplace = sympy.Function("L", positive=True)(t)
    k = sympy.log(laplace)
    moments = [sympy.diff(laplace, t, order) if order else laplace for order in range(3)]
    # y - f = rho + e - K_e'(t); everything is evaluated at 2t except K_e'(t), named K1.
    expanded = sympy.Poly(sympy.expand((rho + e - once) ** 2), e)
    direct = sum(c * moments[power] for (power,), c in expanded.terms())
    offset = sympy.diff(k, t) - sympy.Rational(statement.moved) * once
    claimed = laplace**statement.mass * (
        (rho + offset) ** 2 + sympy.Rational(statement.spread) * sympy.diff(k, t, 2)
    )
    gap = sympy.simplify(direct - sympy.Rational(statement.factor) * claimed)
    if gap != 0:
        example = gap.subs({rho: 1, once: 1}).subs(laplace, sympy.exp(t**2 / 2)).doit().subs(t, 2)
        witness = f"unit Gaussian noise, rho = 1, t = 1: S per unit of psi psi' is off by {example}"
        return refutes("another S", witness)
    return supports("step 5, noise abstract: E e^{2te}(rho + e - K_e')^2 in L(2t), L'(2t), L''(2t)")


def enclosed(subject: Subject, statement: Statement) -> Finding:
    return by_balls(subject, identities(subject, statement, gentle_tilt(subject)), digits=16, agree=10)


def integrated(subject: Subject, statement: Statement) -> Finding:
    return by_estimates(identities(subject, statement, gentle_tilt(subject)))


def simulated(subject: Subject, statement: Statement) -> Finding:
    """Learning curves, their 1/n extrapolated to 0, against the slope and the certified cost."""
    curves, rows = learning_curves(subject), []
    for curve in curves:
        if curve.cost is None:
            return undecided(str(curve))
        claimed = float(statement.factor) * curve.cost
        if curve.weights == "label":
            claimed *= math.exp((statement.mass - 1) * 2 * float(curve.noise.scale * curve.at) ** 2)
        limit, slope, where = curve.limit, curve.final_slope, f"{curve.weights} weights, t = {curve.at}"
        rows += [
            Row(f"the limit of n times the excess risk, {where}", limit.value, limit.error, claimed),
            Row(f"the slope in log n, {where}", slope.value, slope.error, -float(statement.rate)),
        ]
    made = size(subject)
    evidence = judged(subject, rows, made.n, f" at most, {made.fits} such fits", made.batches - 1)
    # The standard errors that a wrong cost must exceed to be caught, but for one case in a thousand.
    reach = -float(special.stdtrit(made.batches - 1, subject.alarm / (2 * len(rows)))) + 3
    power = [reach * curve.limit.error / curve.cost for curve in curves if curve.cost]
    caught = f"a cost off by {min(power):.1%} throughout or {max(power):.1%} anywhere would have been caught"
    return replace(evidence, detail="; ".join([evidence.detail, caught, *map(str, curves)]))


CLAIM: Claim[Statement] = Claim(
    id="V3",
    title="The learning cost of the weighted readout as n -> oo",
    formula="n E Var_pi*(fhat - f) -> tr(C H^-1 S H^-1) as n -> oo, S = E[w^2 (y-f)^2 psi psi'], w = "
    "e^(ty), for least squares without a penalty on fixed bounded features of <theta*, x>, one of them 1",
    latex=r"n\,\mathbb{E}\,\mathrm{Var}_{\pi^*}(\hat f-f)\to\mathrm{tr}(CH^{-1}SH^{-1})\ (n\to\infty),\quad "
    r"S=\mathbb{E}[w^2(y-f)^2\psi\psi^\top],\quad w=e^{ty}",
    kind="law",
    sentence="S7",
    source="M-estimation (sandwich covariance)",
    assumptions=(HALF_TILT,),
    quantified="every noise in the derivation of S; one small t, features 1 and tanh(z - b), b = -2, 0, 2; "
    "pilot 9/10 of the link for surrogate weights",
    statement=Statement(),
    legs=legs(derive, enclosed, integrated, simulated),
    variants=(
        Variant("the noise's factor e^{K_e(2t)} left out", Statement(mass=0), "tanh"),
        Variant("the noise's variance K_e''(2t) left out", Statement(spread=Fraction(0)), "sin"),
        Variant("the shift of the target forgotten", Statement(moved=Fraction(0)), "relu"),
        Variant("twice the cost", Statement(factor=Fraction(2)), "sigmoid"),
        Variant("the cost 5% too large", Statement(factor=Fraction(21, 20)), "hardtanh"),
        Variant("the excess risk falls like n^(-1/2)", Statement(rate=Fraction(1, 2)), "tanh"),
    ),
)
