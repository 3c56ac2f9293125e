"""Learning curves of the weighted readout: the measured excess risk against n, beside its enclosed limit."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache
from typing import Literal

import numpy as np
from flint import arb
from numpy.typing import NDArray

from ...link import Noise
from ...link.build import combine
from ...link.tree import Node, Num
from ...numerics.deployment.learning import readout
from ...numerics.expectation.noise import cumulants
from ...numerics.experiments.readouts import RUNGS, excess_risk
from ...numerics.precision import working
from ...theory.shape.range import extremes
from ..claim import Subject
from .test_temperatures import gentle_tilt

Array = NDArray[np.float64]
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
_DIGITS, _BITS = 30, 200


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


@lru_cache(maxsize=4)
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
        law = readout(subject.link.tree, max(points), _DIGITS, noise=noise, pilot=pilot, biases=BIASES)
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
            None
            if cost is None or not cost.fluctuation.value.is_finite()
            else float(cost.fluctuation.value.mid()),
            found[..., j],
        )
        for j, (at, cost) in enumerate(zip(points, costs, strict=True))
    ]


def _runs(subject: Subject) -> tuple[tuple[Fraction, ...], Noise]:
    """The temperatures t at which readouts are fitted, and the noise of their labels."""
    gentle = gentle_tilt(subject)
    if not subject.full:
        return (gentle,), GAUSSIAN
    span = extremes(subject.link.tree)
    if span is None or not (span[0].is_finite and span[1].is_finite):
        return tuple(share * gentle * Fraction(3, 2) for share in _SHARES), GAUSSIAN
    osc = Fraction(float(span[1] - span[0])).limit_denominator(64)
    noise = Noise("gaussian", osc / _QUIET)
    top = _reached(subject, Fraction(_FURTHEST) / osc, noise)
    return tuple(share * top for share in _SHARES), noise


def _reached(subject: Subject, top: Fraction, noise: Noise) -> Fraction:
    """``top``, lowered until w^2 has enough effective samples, N e^{2K_y(2t) - K_y(4t)} of N (P4)."""
    with working(_BITS):
        law = readout(subject.link.tree, 2 * top, _DIGITS, noise=noise, biases=BIASES)

    def log_mass(t: float) -> float:
        return law.estimate(t).log_mass + float(cumulants(noise, arb(t))[0])

    samples = WIDE.n * WIDE.fits
    while log_mass(4 * float(top)) - 2 * log_mass(2 * float(top)) > math.log(samples / _LEAST):
        top *= _LOWERED
    return top
