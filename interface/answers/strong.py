"""Stage 1 beyond its first half: trained on to a given overlap, or two steps in a row on each sample (R9)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import lru_cache
from math import ceil, inf

import numpy as np
from numpy.typing import NDArray

from ...crosscheck.legs.neurons import chosen_tilt
from ...crosscheck.legs.sgd_setting import LabelLaw, Setting, setting
from ...crosscheck.link_facts.exponents import exponents
from ...crosscheck.link_facts.second_pass import TRUE, choice_for, drift, rest, slope_of, time_to
from ...crosscheck.link_facts.threshold import threshold_alone
from ...crosscheck.number import show
from ...crosscheck.record import Record
from ...link import Link, LinkError, Noise, Target, as_link
from ...numerics.expectation.oracle import NotIntegrable, Unresolved
from ...numerics.precision import rounded
from ...numerics.recovery import scaling
from ...numerics.recovery.chain import run_chain
from ...numerics.recovery.ends import end, heavy_tails
from ...numerics.recovery.forecast import NotSolved, Schedule, forecast
from ...numerics.recovery.population import Approach, approach
from ...numerics.recovery.sweep import Neurons, Point
from ...numerics.recovery.training import Course, Training, random_starts
from ...numerics.work import allowance

#: Times the mean number of steps from |m| = 1/2: near the end an overlap is spread by sqrt(2/d) of 1 - m^2.
_PATIENCE = 3.0
#: The step that is written down, as a share of the longest one that gets there.
_SHARE = 0.5
_DIGITS, _STEP_DIGITS, _HORIZON_DIGITS = 6, 2, 4
#: Confidence of the interval of a fraction.
FRACTION_LEVEL = 0.999
#: The same for every dimension and step.
_end, _way = lru_cache(maxsize=64)(end), lru_cache(maxsize=64)(approach)


@dataclass(frozen=True, slots=True)
class Rest(Record):
    """Where the neurons that go to m = ``end`` come to rest: E(1 - m^2).

    law: R7's, for eta d -> 0, by certified D and q; None with ``no_law``, why it says nothing. forecast:
    where the second order of a step has the mean rest at this eta and d; None where it stays at |m| = 1/2.
    """

    end: int
    law: float | None
    no_law: str | None
    forecast: float | None


@dataclass(frozen=True, slots=True)
class Strong(Record):
    """Neurons that reached |m| >= ``overlap``, at one dimension.

    further: the samples that a neuron has for it after |m| >= 1/2. fraction: over all neurons, with its 99.9%
    interval. median_samples: from the start, over the good-sign neurons, None when half of them are censored.
    forecast_samples: the median of the diffusion for |m| >= 1/2 and the mean way from there. censored: how
    many good-sign neurons had not reached it.
    """

    overlap: float
    further: int
    fraction: float
    fraction_interval: tuple[float, float]
    median_samples: float | None
    forecast_samples: float | None
    censored: int
    rests: tuple[Rest, ...]


def median_samples(steps: NDArray[np.int64]) -> float | None:
    """None when half of them are censored."""
    try:
        return scaling.median(steps) if steps.size else None
    except scaling.TooCensored:
        return None


def share_of(hits: NDArray[np.bool_]) -> tuple[float, tuple[float, float]]:
    """The fraction of neurons with a hit, and its 99.9% interval."""
    count = int(np.count_nonzero(hits))
    return count / hits.size, scaling.share_interval(count, hits.size, FRACTION_LEVEL)


def strong(
    setup: Setting, until: float, d: int, neurons: Neurons, good: NDArray[np.bool_], weak: float | None
) -> Strong:
    """What became of the neurons; weak: the forecast of the median of samples to |m| >= 1/2."""
    assert neurons.reached is not None
    steps, schedule, ways = neurons.reached[good], setup.suited(d), open_ways(setup, until)
    onward = float(np.mean([way.steps(schedule.step, schedule.d, until) for way in ways]))
    return Strong(
        until, further(setup, schedule, until), *share_of(neurons.reached >= 0), median_samples(steps),
        None if weak is None else rounded(weak + onward, _DIGITS), int(np.count_nonzero(steps < 0)),
        tuple(_rest(setup, schedule, way) for way in ways),
    )  # fmt: skip


def _rest(setup: Setting, schedule: Schedule, way: Approach) -> Rest:
    multiple = _law(setup, way.side)
    forecast = way.balance(schedule.step, schedule.d)
    reason = multiple if isinstance(multiple, str) else None
    law = None if isinstance(multiple, str) else multiple * schedule.step * (schedule.d - 1)
    return Rest(
        way.side,
        None if law is None else rounded(law, _DIGITS),
        reason,
        None if forecast is None else rounded(forecast, _DIGITS),
    )


def _law(setup: Setting, side: int) -> float | str:
    """q/(2 |D|) of R7 at this end, or why its assumptions are not shown to hold."""
    kept = setup.population.sign_kept(side, Fraction(0), Fraction(1))
    if kept is None:
        return "the drift is not shown to keep its sign up to the end: only polynomials g are tried"
    if not kept:
        return "the drift changes sign on the way"
    try:
        return float(_end(setup.target, setup.activation.tree, side).residual.mid())
    except (NotIntegrable, Unresolved) as reason:
        return str(reason)


def open_ways(setup: Setting, until: float) -> list[Approach]:
    """The ways on which the drift leads from |m| = 1/2 to ``until``."""
    ways = (_way(setup.target, setup.activation.tree, side) for side in (1, -1))
    return [way for way in ways if way.leads(until)]


def further(setup: Setting, schedule: Schedule, until: float) -> int:
    """The steps that a neuron has from |m| >= 1/2 to ``until``."""
    steps = max(way.steps(schedule.step, schedule.d, until) for way in open_ways(setup, until))
    return max(1, int(rounded(ceil(_PATIENCE * steps), _HORIZON_DIGITS)))


def reaching(setup: Setting, ds: Sequence[int], until: float) -> Setting:
    """The setting with a step that gets to ``until`` at every dimension: its own, or a shorter one.

    Raises LinkError where the user's own step does not, or none does.
    """
    if (reason := heavy_tails(setup.target, setup.activation.tree)) is not None:
        raise LinkError(f"--until cannot be answered: {reason}; write an activation with a tamer slope")
    ways = open_ways(setup, until)
    if not ways:
        raise LinkError(
            f"the drift of '{setup.target.link}' changes sign before |m| = {until:g}, so no step leads "
            "there: write a smaller --until, or another --activation"
        )
    schedules = [setup.suited(d) for d in ds]
    longest = [min(way.longest_step(until, d) for way in ways) for d in ds]
    share = 1.0 if setup.given else _SHARE
    pairs = list(zip(schedules, longest, strict=True))
    beyond = next((schedule for schedule, limit in pairs if not schedule.step < share * limit), None)
    if beyond is None:
        return setup
    shorter = _rounded_down(min(_SHARE * limit * each.d ** (max(each.order, 2) / 2) for each, limit in pairs))
    if not setup.given:
        return replace(setup, delta=shorter, given=True)
    rests = [way.balance(beyond.step, beyond.d) for way in ways]
    known = [rest for rest in rests if rest is not None]
    where = f"ends at 1 - m^2 = {max(known):.3g}" if len(known) == len(rests) else "stays near |m| = 1/2"
    raise LinkError(
        f"with --step {setup.delta:g} training {where} at d = {beyond.d}, and --until {until:g} needs less "
        f"than {1 - until**2:.3g}: write --step {shorter:g} or less"
    )


def _rounded_down(value: float) -> float:
    """To two significant digits, never above ``value``."""
    short = rounded(value, _STEP_DIGITS)
    return short if short <= value else rounded(value * 0.95, _STEP_DIGITS)


#: The overlap trained for, as a share of where the mean first comes to rest; the horizon in average times.
_WAY, _AVERAGES = 0.5, 5
_WORK = 4e6


@dataclass(frozen=True, slots=True)
class Reuse:
    """activation: g. gamma = eta d. reason: what leads. end: the overlap at which a neuron has left 0."""

    activation: Link
    gamma: Fraction
    reason: str
    end: float


def reused(
    link: Link,
    activation: Link | str | None,
    step: float | None,
    ds: Sequence[int],
    seed: int,
    direct: bool,
    records: int,
) -> tuple[list[Point], Reuse]:
    """The points of the sweep. Raises LinkError where R9 says nothing of k* = 1 here."""
    if exponents(link).generative_exponent.value != 1:
        raise LinkError(
            f"'{link}' has no generative exponent 1 that is settled, and a second pass is understood for "
            "that alone: leave --passes out"
        )
    try:
        with allowance(_WORK):
            usual = choice_for(link)
            g = usual[0] if activation is None else as_link(activation, "activation")
            slope_of(g)
            gamma = usual[1] if step is None else Fraction(step).limit_denominator(10**6)
            choice = g, gamma
            leading = drift(link, TRUE, Fraction(0), 1, choice)
            end = _WAY * rest(link, choice)
            if leading.contains(0) or not end > 0:
                raise LinkError(
                    f"at eta = {float(gamma):.3g}/d with '{g}' the mean of two steps does not carry neurons "
                    "away from 0: write another --step or --activation"
                )
            time = time_to(link, choice, end)
    except NotIntegrable as refusal:
        raise LinkError(f"the mean of two steps on a sample does not exist: {refusal}") from None
    reason = f"without weights, c_1 = {show(leading, 8)} of two steps on each sample (R9)"
    points = []
    for d in ds:
        if d * end**2 < 4:
            raise LinkError(
                f"at d = {d} neurons start near abs(m) = d^(-1/2), too close to {end:.3g}, up to which they "
                f"are trained: write dimensions from {round(4 / end**2)}"
            )
        points.append(
            Point(
                Training(Target(link, Fraction(0)), g.tree, float(gamma) / d, passes=2), d,
                max(1, round(_AVERAGES * d * time / float(gamma))), seed=seed, direct=direct,
                records=records, stop_at=end,
            )
        )  # fmt: skip
    return points, Reuse(g, gamma, reason, end)


#: The overlaps that are looked for, as 1 - m, and the digits that are kept of that.
_NEAREST, _FARTHEST, _AWAY_DIGITS, _NEXT = 1e-4, 0.49, 2, 1.06
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
        at = None if star is None else chosen_tilt(link, star, LabelLaw(noise))
        if at is None:
            raise LinkError(f"no temperature of stage 1 is at hand for '{link}': write --beta1")
        beta1 = 1 / at
        if end != "inf" and not beta1 > Fraction(end):
            beta1 = Fraction(rounded(2 * float(Fraction(end)), 2))
    setup = setting(Target(link, 1 / beta1, noise=noise))
    if (reason := heavy_tails(setup.target, setup.activation.tree)) is not None:
        raise LinkError(
            f"the end of stage 1 is not known at beta1 = {beta1}: {reason}; write a larger --beta1"
        )
    nearest, farthest = _NEAREST, _FARTHEST
    if not (least := _samples(setup, d, farthest)) <= n1:
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
        nearest, farthest = (nearest, middle) if _samples(setup, d, middle) <= n1 else (middle, farthest)
    # A short distance from 1. Steps are rounded too, so that a smaller one need not take more samples.
    away = rounded(farthest, _AWAY_DIGITS)
    while not (away >= farthest and _samples(setup, d, away) <= n1) and away < _FARTHEST:
        away = min(rounded(away * _NEXT, _AWAY_DIGITS), _FARTHEST)
    overlap = 1 - Fraction(str(away))
    schedule = reaching(setup, [d], float(overlap)).suited(d)
    tried = None if not replicas else _simulated(setup, d, n1, schedule.step, float(overlap), replicas, seed)
    return StageOne(
        d, n1, beta1, end, end != "inf" and beta1 > Fraction(end), setup.activation, schedule.step, overlap,
        rounded(_samples(setup, d, away), 3), tried,
    )  # fmt: skip


def _samples(setup: Setting, d: int, away: float) -> float:
    """Samples to |m| = 1 - away by the forecast; infinite where it does not lead there."""
    if not open_ways(setup, 1 - away):
        return inf
    shorter = reaching(setup, [d], 1 - away)
    schedule, ways = shorter.suited(d), open_ways(shorter, 1 - away)
    try:
        weak = forecast(schedule, schedule.horizon()).median
    except NotSolved:
        return inf
    return weak + float(np.mean([way.steps(schedule.step, d, 1 - away) for way in ways]))


def _simulated(
    setup: Setting, d: int, n1: int, step: float, overlap: float, replicas: int, seed: int
) -> Simulated:
    if replicas * n1 > _MOST_STEPS:
        raise LinkError(
            f"{replicas} neurons on n1 = {n1} samples take too long: write --replicas {_MOST_STEPS // n1} "
            "or fewer"
        )
    rng = np.random.default_rng(seed)
    starts = random_starts(d, replicas, rng)
    signs, course = setup.good_signs(starts), Course(n1, stop_at=2.0)
    reached = np.abs(run_chain(setup.training(step), d, starts, signs, course, rng).final)
    return Simulated(replicas, *share_of(reached >= overlap), rounded(float(np.median(reached)), 4))
