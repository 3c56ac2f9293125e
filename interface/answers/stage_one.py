"""Stage 1 of the two-stage model on n1 samples: which beta1, and which overlap that is forecast to give.

The only guarantee of stage 1 is that of its signal. The overlap is a forecast; by simulation it can be tried.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from math import inf

import numpy as np

from ...crosscheck.legs.neurons import chosen_tilt
from ...crosscheck.legs.sgd_setting import Setting, setting
from ...crosscheck.link_facts.exponents import exponents
from ...crosscheck.link_facts.threshold import threshold_alone
from ...crosscheck.record import Record
from ...link import Link, LinkError, Noise
from ...numerics.precision import rounded
from ...numerics.recovery import scaling
from ...numerics.recovery.chain import run_chain
from ...numerics.recovery.diffusion import NotSolved, forecast
from ...numerics.recovery.ends import heavy_tails
from ...numerics.recovery.training import Training, random_starts
from .strong import open_ways, reaching

#: The overlaps that are looked for, as 1 - m, and the digits that are kept of that.
_NEAREST, _FARTHEST, _DIGITS, _NEXT = 1e-4, 0.49, 2, 1.06
_LEVEL = 0.999
#: Steps of all simulated neurons: a quarter of an hour.
_MOST_STEPS = 10**10


@dataclass(frozen=True, slots=True)
class Simulated(Record):
    """Neurons of good sign after n1 samples: how many have |m| >= the overlap, with its 99.9% interval."""

    neurons: int
    fraction: float
    fraction_interval: tuple[float, float]
    median_overlap: float


@dataclass(frozen=True, slots=True)
class StageOne(Record):
    """Stage 1 on n1 samples in dimension d.

    threshold: beyond it, for every beta1, the leading signal is proved not to vanish; ``inf`` where that is
    not proved of any. signal: whether it is proved at beta1. overlap: forecast for n1 samples, rounded down,
    for neurons of good sign; the median of the diffusion for |m| >= 1/2 and the mean way from there, by steps
    of half the longest length that leads to it. samples: how many that takes by the forecast.
    """

    d: int
    n1: int
    beta1: Fraction
    threshold: str
    signal: bool
    activation: Link
    step: float
    overlap: Fraction
    samples: float
    simulated: Simulated | None


def stage_one(
    link: Link, noise: Noise, d: int, n1: int, beta1: Fraction | None, replicas: int, seed: int
) -> StageOne:
    """Raises LinkError where n1 samples lead nowhere by the forecast, ArithmeticError where that is open."""
    beyond = threshold_alone(link, noise=noise, digits=12)
    end = beyond.beta1.value.upper
    if beta1 is None:
        star = exponents(link).generative_exponent.value
        at = None if star is None else chosen_tilt(link, star, noise)
        if at is None:
            raise LinkError(f"no temperature of stage 1 is at hand for '{link}': write --beta1")
        beta1 = 1 / at
        if end != "inf" and not beta1 > Fraction(end):
            beta1 = Fraction(rounded(2 * float(Fraction(end)), 2))
    made = setting(link, 1 / beta1, None, "label", noise)
    if (reason := heavy_tails(link.tree, made.at, made.activation.tree)) is not None:
        raise LinkError(
            f"the end of stage 1 is not known at beta1 = {beta1}: {reason}; write a larger --beta1"
        )
    nearest, farthest = _NEAREST, _FARTHEST
    if not (least := _samples(made, d, farthest)) <= n1:
        if least == inf:
            raise LinkError(
                f"at beta1 = {beta1} no number of samples is forecast to lead past abs(m) = 1/2 at d = {d}: "
                "write another --beta1"
            )
        raise LinkError(
            f"n1 = {n1} samples are forecast not to lead past abs(m) = 1/2 at d = {d}, which takes about "
            f"{least:.3g}: raise --n1"
        )
    while farthest > 1.01 * nearest:
        middle = (nearest * farthest) ** 0.5
        nearest, farthest = (nearest, middle) if _samples(made, d, middle) <= n1 else (middle, farthest)
    # A short distance from 1. Steps are rounded too, so that a smaller one need not take more samples.
    away = rounded(farthest, _DIGITS)
    while not (away >= farthest and _samples(made, d, away) <= n1) and away < _FARTHEST:
        away = min(rounded(away * _NEXT, _DIGITS), _FARTHEST)
    overlap = 1 - Fraction(str(away))
    schedule = reaching(made, [d], float(overlap)).suited(d)
    tried = None if not replicas else _simulated(made, d, n1, schedule.step, float(overlap), replicas, seed)
    return StageOne(
        d, n1, beta1, end, end != "inf" and beta1 > Fraction(end), made.activation, schedule.step, overlap,
        rounded(_samples(made, d, away), 3), tried,
    )  # fmt: skip


def _samples(made: Setting, d: int, away: float) -> float:
    """Samples to |m| = 1 - away by the forecast; infinite where it does not lead there."""
    if not open_ways(made, 1 - away):
        return inf
    shorter = reaching(made, [d], 1 - away)
    schedule, ways = shorter.suited(d), open_ways(shorter, 1 - away)
    try:
        weak = forecast(schedule, schedule.horizon()).median
    except NotSolved:
        return inf
    return weak + float(np.mean([way.steps(schedule.step, d, 1 - away) for way in ways]))


def _simulated(
    made: Setting, d: int, n1: int, step: float, overlap: float, replicas: int, seed: int
) -> Simulated:
    if replicas * n1 > _MOST_STEPS:
        raise LinkError(
            f"{replicas} neurons on n1 = {n1} samples take too long: write --replicas {_MOST_STEPS // n1} "
            "or fewer"
        )
    rng = np.random.default_rng(seed)
    training = Training(made.link.tree, "label", float(made.at), made.noise, made.activation.tree, step)
    starts = random_starts(d, replicas, rng)
    signs = np.full(replicas, np.sign(made.leading))
    if made.order >= 3 and made.order % 2:
        signs = signs * np.sign(starts)
    reached = np.abs(run_chain(training, d, starts, signs, n1, rng, stop_at=2.0).final)
    count = int(np.count_nonzero(reached >= overlap))
    return Simulated(
        replicas, count / replicas, scaling.share_interval(count, replicas, _LEVEL),
        rounded(float(np.median(reached)), 4),
    )  # fmt: skip
