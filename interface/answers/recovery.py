"""The result of training: the fraction recovered and the samples per dimension, and the fitted exponent."""

from __future__ import annotations

import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import inf, isfinite, log, sqrt
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from ...crosscheck.legs.sgd_setting import Setting
from ...crosscheck.link_facts.exponents import Exponent, exponents
from ...crosscheck.record import Record, Shown
from ...link import ADDITIVE, NOISELESS, Label, Link, Noise, Signal
from ...numerics.recovery import scaling
from ...numerics.recovery.forecast import Forecast, NotSolved, Schedule, forecast
from ...numerics.recovery.sweep import Neurons, Point
from ...theory import recovery
from .strong import FRACTION_LEVEL, Reuse, Strong, median_samples, share_of, strong

#: Confidence of the interval of a fitted exponent.
EXPONENT_LEVEL = 0.95


@dataclass(frozen=True, slots=True)
class Run(Record):
    """One dimension d. step: eta. horizon: samples after which a neuron counts as not recovered.

    order: the one that leads at |m| = d^{-1/2}, where neurons start; step, horizon and good signs go by it.
    fraction: over all neurons, with its 99.9% interval. predicted_fraction: R3's law, the limit d -> oo,
    delta -> 0 (None where it says nothing). forecast_fraction, forecast_median: the diffusion at this d and
    step, None where it has none. median_samples: over the good-sign neurons; None when half of them are
    censored. good, censored: how many neurons have a good sign, and how many of those had not recovered.
    strong: those that got as far as a given overlap, None where none was asked for. spread: the standard
    deviation of the fraction over networks whose neurons share samples, and independent_spread that of as
    many independent neurons, the root of p (1 - p)/N; None for single neurons.
    """

    d: int
    order: int
    replicas: int
    step: float
    horizon: int
    fraction: float
    fraction_interval: tuple[float, float]
    predicted_fraction: float | None
    forecast_fraction: float | None
    median_samples: float | None
    forecast_median: float | None
    good: int
    censored: int
    strong: Strong | None = None
    spread: float | None = None
    independent_spread: float | None = None


@dataclass(frozen=True, slots=True)
class Scaling(Record):
    """The fitted slope of log(median samples) on log d, of log(samples/log d) at order 2.

    fitted: the slope less ``correction``, by which the diffusion's own medians at these d rise faster than
    the law; None when fewer than two dimensions have a median. correction: None where there is no law, or
    the diffusion has no median; the slope is then as it came. lower, upper: its 95% interval for the
    sampling, widened by the size of the correction, since what the diffusion leaves out is of higher order
    in 1/d than what it corrects; None where resampled medians are censored. predicted: (order - 1) v 1, None
    where R4 says nothing.
    """

    fitted: float | None
    lower: float | None
    upper: float | None
    predicted: int | None
    logarithm: bool
    correction: float | None


@dataclass(frozen=True, slots=True, repr=False)
class Recovery(Shown, Record):
    """Stage 1 on one link at one temperature (``beta`` None: no weights).

    order: the first k at which signal and activation share a coefficient; order_reason: its proof. lawless:
    why R3 and R4 say nothing on some of the runs, or None. step: delta of eta = delta d^{-(order v 2)/2},
    None where another order leads at some d (each run has its eta). neurons: what every simulated neuron
    did, by run; good: which of them have a good sign. plain: the same without weights, where asked for.
    damaged: rows of the store that could not be used and were computed again.
    """

    link: Link
    beta: Fraction | None
    signal: Signal
    noise: Noise
    generative_exponent: Exponent
    activation: Link
    order: int
    order_reason: str
    lawless: str | None
    step: float | None
    direct: bool
    seed: int
    runs: tuple[Run, ...]
    exponent: Scaling
    neurons: tuple[Neurons, ...]
    good: tuple[NDArray[np.bool_], ...]
    plain: Recovery | None = None
    damaged: int = 0
    together: int = 1
    passes: int = 1
    recovered_at: float = 0.5
    label: Label = ADDITIVE

    keys: ClassVar = (
        "link beta=temperature signal noise label generative_exponent activation=activation.text "
        "order=reasoned_order lawless step simulator neurons=together passes recovered_at seed runs exponent "
        "without_weights=plain?"
    )

    @property
    def temperature(self) -> str:
        return "oo" if self.beta is None else str(self.beta)

    @property
    def reasoned_order(self) -> dict[str, Any]:
        return {"value": self.order, "reason": self.order_reason}

    @property
    def simulator(self) -> str:
        return "direct" if self.direct else "chain"


def second_passes(link: Link, setup: Reuse, points: Sequence[Point], outcomes: Sequence[Neurons]) -> Recovery:
    """By R9 every neuron gets there within a multiple of d; no diffusion is at hand."""
    runs = []
    for point, neurons in zip(points, outcomes, strict=True):
        steps, count = neurons.steps, neurons.steps.size
        runs.append(
            Run(
                point.d, 1, count, point.training.step, point.horizon, *share_of(steps >= 0), 1.0, None,
                median_samples(steps), None, count, int(np.count_nonzero(steps < 0)),
            )
        )  # fmt: skip
    everyone = tuple(np.ones(neurons.steps.size, dtype=bool) for neurons in outcomes)
    return Recovery(
        link, None, Signal.LABEL, NOISELESS, exponents(link).generative_exponent, setup.activation, 1,
        setup.reason, None, float(setup.gamma), points[0].direct, points[0].seed, tuple(runs),
        _fit(1, points[0], runs, outcomes, everyone, None), tuple(outcomes), everyone,
        passes=2, recovered_at=setup.end,
    )  # fmt: skip


def answer(
    setup: Setting, points: Sequence[Point], outcomes: Sequence[Neurons], plain: Recovery | None
) -> Recovery:
    good = tuple(_good_signs(setup.suited(p.d), n) for p, n in zip(points, outcomes, strict=True))
    runs = tuple(_run(setup, *each) for each in zip(points, outcomes, good, strict=True))
    point, target, lawless = points[0], setup.target, _lawless(setup, runs)
    return Recovery(
        target.link, 1 / target.t if target.t else None, target.signal, target.noise,
        exponents(target.link, target.label).generative_exponent, setup.activation, setup.order, setup.reason,
        lawless, setup.delta if all(run.order == setup.order for run in runs) else None,
        point.direct, point.seed, runs,
        _fit(setup.order, point, runs, outcomes, good, lawless), tuple(outcomes), good, plain,
        together=point.together, label=target.label,
    )  # fmt: skip


def _lawless(setup: Setting, runs: Sequence[Run]) -> str | None:
    """Why R3 and R4 say nothing on these runs: for any d, or at those where another order still leads."""
    others = [f"{run.order} at d = {run.d}" for run in runs if run.order != setup.order]
    if not others:
        return setup.lawless
    early = (
        f"order {setup.order} leads in the limit, but where neurons start, at abs(m) = d^(-1/2), "
        f"the larger term is that of order {', '.join(others)}"
    )
    return f"{setup.lawless}; {early}" if setup.lawless else early


def _good_signs(schedule: Schedule, neurons: Neurons) -> NDArray[np.bool_]:
    """Which neurons R3 lets recover: all at order 1, c a > 0 at even orders, c a m_0 > 0 at odd ones."""
    if schedule.order == 1:
        return np.ones(neurons.signs.size, dtype=bool)
    return np.asarray(schedule.c * neurons.signs * (neurons.starts if schedule.order % 2 else 1.0) > 0)


def _run(setup: Setting, point: Point, neurons: Neurons, good: NDArray[np.bool_]) -> Run:
    schedule = setup.suited(point.d)
    steps = neurons.steps[good]
    fraction, interval = share_of(neurons.steps >= 0)
    try:
        expected: Forecast | None = forecast(schedule, point.horizon)
    except NotSolved:
        expected = None
    kappa = schedule.delta * point.horizon / point.d ** max(schedule.order - 1, 1)
    shares = (neurons.steps.reshape(-1, point.together) >= 0).mean(axis=1)
    spread = independent = None
    if point.together > 1:
        interval = scaling.mean_interval(shares, FRACTION_LEVEL)
        spread = float(shares.std(ddof=1)) if shares.size > 1 else None
        independent = sqrt(shares.mean() * (1 - shares.mean()) / point.together)
    expected_median = expected.median if expected and isfinite(expected.median) else None
    return Run(
        point.d, schedule.order, neurons.steps.size, point.training.step, point.horizon, fraction, interval,
        setup.limit_fraction(kappa) if schedule.order == setup.order else None,
        expected.fraction if expected else None, median_samples(steps),
        expected_median, int(good.sum()), int(np.count_nonzero(steps < 0)),
        None
        if point.until is None
        else strong(setup, point.until, point.d, neurons, good, expected_median),
        spread, independent,
    )  # fmt: skip


def _fit(
    order: int, point: Point, runs: Sequence[Run], outcomes: Sequence[Neurons],
    good: Sequence[NDArray[np.bool_]], lawless: str | None,
) -> Scaling:  # fmt: skip
    logarithm = order == 2 and lawless is None
    predicted = recovery.exponent(order) if lawless is None else None
    known = [
        (run, neurons.steps[signs])
        for run, neurons, signs in zip(runs, outcomes, good, strict=True)
        if run.median_samples is not None
    ]
    if len(known) < 2:
        return Scaling(None, None, None, predicted, logarithm, None)
    ds = [run.d for run, _ in known]
    drawn = [steps for _, steps in known]
    rng = np.random.default_rng(np.random.SeedSequence(point.seed, spawn_key=(zlib.crc32(b"bootstrap"),)))
    slope = scaling.fit(ds, drawn, rng, logarithm=logarithm, level=EXPONENT_LEVEL)
    expected = [run.forecast_median for run, _ in known if run.forecast_median is not None]
    correction = None
    if predicted is not None and len(expected) == len(ds):
        rises = [log(n / (log(d) if logarithm else 1.0)) for d, n in zip(ds, expected, strict=True)]
        correction = round(float(np.polyfit(np.log(ds), rises, 1)[0]) - predicted, scaling.DECIMALS)
    shift, doubt = correction or 0.0, abs(correction or 0.0)
    lower, upper = slope.lower - shift - doubt, slope.upper - shift + doubt
    if point.together > 1:
        # Its resamples take neurons for independent, which those on shared samples are not.
        lower = upper = inf
    return Scaling(
        slope.value - shift, lower if isfinite(lower) else None, upper if isfinite(upper) else None,
        predicted, logarithm, correction,
    )  # fmt: skip
