"""Whether the first layer finds the direction: recovered fraction, samples to recovery, fitted exponent."""

from __future__ import annotations

import os
import zlib
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from itertools import pairwise
from math import inf, isfinite, log, sqrt
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from ...crosscheck.arguments import as_label, as_noise, as_scheduler, as_whole
from ...crosscheck.legs.sgd_setting import Setting, default_activation, setting
from ...crosscheck.link_facts.exponents import Exponent, exponents, require_allowed
from ...crosscheck.record import Record, Shown
from ...crosscheck.workers.cluster import Cluster
from ...link import ADDITIVE, NOISELESS, Label, Link, LinkError, Noise, Signal, as_link, positive
from ...numerics.recovery import scaling
from ...numerics.recovery.diffusion import Forecast, NotSolved, forecast
from ...numerics.recovery.schedule import Schedule
from ...numerics.recovery.sweep import Executor, Neurons, Point, Store, Threads, sweep
from ...theory import recovery
from .strong import Reuse, Strong, further, reaching, reused, strong

#: Confidence of the interval of a fraction, and of a fitted exponent.
FRACTION_LEVEL, EXPONENT_LEVEL = 0.999, 0.95
_REPLICAS = 100
_MOST_NEURONS = 256
#: Steps of one neuron, coordinates counted where vectors are stepped: a day of one core or more.
_MOST_STEPS = 10**13
#: The farthest overlap that may be asked for: beyond, steps are too short to be of use.
_FARTHEST = 0.9999
#: Steps in one block of the store at most, unless one neuron takes more: seconds of one core.
_BLOCK_STEPS, _BLOCK_NEURONS = 2 * 10**8, 16


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


def recover(
    link: Link | str,
    beta: int | float | str | Fraction,
    d: int | Iterable[int],
    *,
    replicas: int = _REPLICAS,
    activation: Link | str | None = None,
    step: float | None = None,
    direct: bool = False,
    signal: Signal = "label",
    noise: Noise | str | None = None,
    label: Label | str | None = None,
    seed: int = 0,
    neurons: int = 1,
    passes: int = 1,
    contrast: bool = False,
    until: float | str | Fraction | None = None,
    store: Path | str | None = None,
    records: int = 0,
    executor: Executor | None = None,
    scheduler: str | None = None,
    progress: Callable[[float], None] | None = None,
) -> Recovery:
    """Whether stage 1 finds the direction: neurons trained at each dimension, against R3 and R4.

    Parameters
    ----------
    link
        The link s: a Link, its text, or an expression of SymPy in z.
    beta
        The temperature of the weights e^{y/beta}, or ``"oo"`` for none.
    d
        A dimension, or several that increase.
    replicas
        Neurons at each dimension.
    activation
        He_{k*} + He_1 + He_3, each over k!, when left out; without weights He_IE in place of He_{k*}, with
        ``contrast`` both.
    step
        delta, in eta = delta d^{-(order v 2)/2}.
    direct
        The d-dimensional algorithm in place of the chain that has its law.
    signal
        ``label`` y e^{ty}, ``weight`` e^{ty} or ``centered`` (y - K_y') e^{ty}.
    noise
        A law such as ``"gaussian(1)"``; None for none.
    label
        How y is drawn given z, as ``"poisson"``; None for y = s + noise. Steps of preferences are on pairs.
    seed
        The result depends on it alone, not on the executor.
    neurons
        Networks of so many neurons, each on samples that its neurons share; ``replicas`` of them.
    passes
        2 for two steps in a row on each sample, without weights: claim R9, in place of R3 and R4.
    contrast
        Train without weights too, with the same activation.
    until
        Go on from |m| >= 1/2 to this overlap, with a step that leads there where ``step`` is left out.
    store
        A file that keeps finished blocks, so that a run can be resumed.
    records
        Overlaps kept per neuron.
    executor
        Where the blocks are run: threads of this process when left out.
    scheduler
        The address of a Dask scheduler, as ``tcp://10.0.0.1:8786``, whose workers run them.
    progress
        Called with the share done, from 0 to 1.

    Returns
    -------
    Recovery
        Recovered fraction with its interval, median samples and the fitted exponent.

    Raises
    ------
    LinkError
        On bad input.
    ArithmeticError
        Where it is not settled which order leads.

    Examples
    --------
    >>> import tiltproof
    >>> found = tiltproof.recover("tanh(z)", beta=1, d=[50, 100], replicas=20)
    >>> [run.d for run in found.runs], found.exponent.predicted
    ([50, 100], 1)

    Source
    ------
    Claims R2, R3, R4 and R7.
    """
    link, ds = as_link(link), _dimensions(d)
    if scheduler is not None:
        if executor is not None:
            raise LinkError("a scheduler is an executor: leave one of the two out")
        executor = Cluster(as_scheduler(scheduler))
    beta_value = None if str(beta).strip().lower() in ("oo", "inf") else positive(beta, "beta")
    law, overlap = as_noise(noise), None if until is None else _overlap(until)
    draw = as_label(label, law)
    require_allowed(link, draw)
    replicas = as_whole(replicas, "replicas", 1, 10**6, _REPLICAS)
    seed, records = as_whole(seed, "seed", 0, 2**63 - 1, 0), as_whole(records, "records", 0, 10**6, 0)
    if step is not None and not 0 < step < float("inf"):
        raise LinkError(f"step {step} is not a step size: write a positive number such as 0.1")
    if not 1 <= neurons <= _MOST_NEURONS:
        raise LinkError(f"neurons = {neurons} is no network: write a number from 1 to {_MOST_NEURONS}")
    if neurons > 1 and (overlap is not None or ds[0] <= neurons):
        raise LinkError(
            "neurons on shared samples are trained up to abs(m) = 1/2: leave --until out"
            if overlap is not None
            else f"d = {ds[0]} holds no {neurons} neurons besides theta*: write dimensions above {neurons}"
        )
    if passes != 1:
        more = beta_value is not None or contrast or neurons > 1 or overlap is not None
        if passes != 2 or more or law != NOISELESS or draw != ADDITIVE:
            raise LinkError(
                f"passes = {passes} is not known with these: two steps on each sample are understood without "
                "weights or noise, for single neurons up to a first overlap: write --passes 2 --beta oo alone"
            )
        if signal != "label":
            raise LinkError(f"signal '{signal}' has no second pass: leave --signal out")
        points, made = reused(link, activation, step, ds, seed, direct, records)
        found, damaged = _swept(points, replicas, store, executor, progress)
        return replace(_second_passes(link, made, points, found), damaged=damaged)
    if draw != ADDITIVE and overlap is not None:
        raise LinkError(f"the end of training is not known for {draw}: leave --until out")
    if draw.kind == "preference" and neurons > 1:
        raise LinkError("networks are trained on single inputs, not on preferences: leave --neurons out")
    if contrast and beta_value is None:
        raise LinkError("--contrast compares with no weights, and --beta oo has none: write a finite beta")
    chosen = activation
    if contrast and activation is None:
        chosen = default_activation(link, both=True, label=draw)
    chosen = None if chosen is None else as_link(chosen, "activation")
    tilts = [1 / beta_value if beta_value else Fraction(0), *([Fraction(0)] if contrast else [])]
    settings = [setting(link, at, chosen, signal, law, step, draw) for at in tilts]
    if overlap is not None:
        settings = [reaching(made, ds, overlap) for made in settings]
    points = [_point(made, n, seed, direct, records, overlap, neurons) for made in settings for n in ds]
    found, damaged = _swept(points, replicas * neurons, store, executor, progress)
    plain = _answer(settings[1], points[len(ds) :], found[len(ds) :], None) if contrast else None
    answer = _answer(settings[0], points[: len(ds)], found[: len(ds)], plain)
    return replace(answer, damaged=damaged)


def _swept(
    points: Sequence[Point],
    count: int,
    store: Path | str | None,
    executor: Executor | None,
    progress: Callable[[float], None] | None,
) -> tuple[list[Neurons], int]:
    """What ``count`` neurons did at each point, and how many rows of the store were computed again."""
    with Store(None if store is None else Path(store)) as kept:
        workers = executor or Threads(os.cpu_count() or 1)
        found = sweep(points, [count] * len(points), store=kept, executor=workers, progress=progress)
    return found, kept.damaged


def _median(steps: NDArray[np.int64]) -> float | None:
    try:
        return scaling.median(steps) if steps.size else None
    except scaling.TooCensored:
        return None


def _second_passes(link: Link, made: Reuse, points: Sequence[Point], found: Sequence[Neurons]) -> Recovery:
    """By R9 every neuron gets there within a multiple of d; no diffusion is at hand."""
    runs, kept = [], list(zip(points, found, strict=True))
    for point, neurons in kept:
        steps, count = neurons.steps, neurons.steps.size
        recovered = int(np.count_nonzero(steps >= 0))
        interval = scaling.share_interval(recovered, count, FRACTION_LEVEL)
        runs.append(
            Run(
                point.d, 1, count, point.step, point.horizon, recovered / count, interval, 1.0, None,
                _median(steps), None, count, count - recovered,
            )
        )  # fmt: skip
    seen = [(p.d, n.steps) for (p, n), run in zip(kept, runs, strict=True) if run.median_samples is not None]
    slope = Scaling(None, None, None, 1, False, None)
    if len(seen) > 1:
        rng = _bootstrap(points[0].seed)
        fitted = scaling.fit([d for d, _ in seen], [s for _, s in seen], rng, level=EXPONENT_LEVEL)
        lower, upper = (end if isfinite(end) else None for end in (fitted.lower, fitted.upper))
        slope = Scaling(fitted.value, lower, upper, 1, False, None)
    everyone = tuple(np.ones(neurons.steps.size, dtype=bool) for neurons in found)
    return Recovery(
        link, None, "label", NOISELESS, exponents(link).generative_exponent, made.activation, 1, made.reason,
        None, float(made.gamma), points[0].direct, points[0].seed, tuple(runs), slope, tuple(found), everyone,
        passes=2, recovered_at=made.end,
    )  # fmt: skip


def _answer(
    made: Setting, points: Sequence[Point], found: Sequence[Neurons], plain: Recovery | None
) -> Recovery:
    good = tuple(_good_signs(made.suited(p.d), n) for p, n in zip(points, found, strict=True))
    runs = tuple(_run(made, *each) for each in zip(points, found, good, strict=True))
    point, lawless = points[0], _lawless(made, runs)
    return Recovery(
        made.link, 1 / made.at if made.at else None, made.signal, made.noise,
        exponents(made.link, made.label).generative_exponent, made.activation, made.order, made.reason,
        lawless,
        made.delta if all(run.order == made.order for run in runs) else None, point.direct, point.seed, runs,
        _fit(made, runs, found, good, point.seed, lawless, point.together), tuple(found), good, plain,
        together=point.together, label=made.label,
    )  # fmt: skip


def _lawless(made: Setting, runs: Sequence[Run]) -> str | None:
    """Why R3 and R4 say nothing on these runs: for any d, or at those where another order still leads."""
    others = [f"{run.order} at d = {run.d}" for run in runs if run.order != made.order]
    if not others:
        return made.lawless
    early = (
        f"order {made.order} leads in the limit, but where neurons start, at abs(m) = d^(-1/2), "
        f"the larger term is that of order {', '.join(others)}"
    )
    return f"{made.lawless}; {early}" if made.lawless else early


def _dimensions(d: int | Iterable[int]) -> list[int]:
    several: Iterable[Any] = d if isinstance(d, Iterable) and not isinstance(d, str) else [d]
    ds = [as_whole(n, "d", 3, 10**9, 1000) for n in several]
    if not ds or any(a >= b for a, b in pairwise(ds)):
        raise LinkError(
            f"d = {','.join(map(str, ds))} is not increasing: write dimensions such as --d 100,1000"
        )
    return ds


def _overlap(until: float | str | Fraction) -> float:
    value = float(positive(until, "until"))
    if not 0.5 < value <= _FARTHEST:
        raise LinkError(
            f"until {until} is no overlap beyond 1/2: write one above 1/2, at most {_FARTHEST}, such as 0.99"
        )
    return value


def _point(
    made: Setting, d: int, seed: int, direct: bool, records: int, until: float | None, neurons: int
) -> Point:
    schedule = made.suited(d)
    horizon = schedule.horizon()
    onward = 0 if until is None else further(made, schedule, until)
    cost = d if direct else max(1, neurons**2)
    if (horizon + onward) * cost > _MOST_STEPS:
        raise LinkError(
            f"d = {d} needs {horizon + onward:.3g} samples at order {schedule.order}, which takes days: "
            "write smaller dimensions"
        )
    return Point(
        made.link.tree, made.activation.tree, made.at, d, schedule.step, horizon,
        signal=made.signal, noise=made.noise, seed=seed, direct=direct, records=records,
        block=neurons * max(1, min(_BLOCK_NEURONS, _BLOCK_STEPS // (horizon * neurons * cost))),
        until=until, further=onward, together=neurons, label=made.label,
        batch=2 if made.label.kind == "preference" else 1,
    )  # fmt: skip


def _good_signs(schedule: Schedule, neurons: Neurons) -> NDArray[np.bool_]:
    """Which neurons R3 lets recover: all at order 1, c a > 0 at even orders, c a m_0 > 0 at odd ones."""
    if schedule.order == 1:
        return np.ones(neurons.signs.size, dtype=bool)
    return np.asarray(schedule.c * neurons.signs * (neurons.starts if schedule.order % 2 else 1.0) > 0)


def _run(made: Setting, point: Point, neurons: Neurons, good: NDArray[np.bool_]) -> Run:
    schedule = made.suited(point.d)
    steps = neurons.steps[good]
    recovered, count = int(np.count_nonzero(neurons.steps >= 0)), neurons.steps.size
    try:
        expected: Forecast | None = forecast(schedule, point.horizon)
    except NotSolved:
        expected = None
    kappa = schedule.delta * point.horizon / point.d ** max(schedule.order - 1, 1)
    shares = (neurons.steps.reshape(-1, point.together) >= 0).mean(axis=1)
    spread = independent = None
    if point.together > 1:
        spread = float(shares.std(ddof=1)) if shares.size > 1 else None
        independent = sqrt(shares.mean() * (1 - shares.mean()) / point.together)
    expected_median = expected.median if expected and isfinite(expected.median) else None
    return Run(
        point.d, schedule.order, count, point.step, point.horizon, recovered / count,
        scaling.share_interval(recovered, count, FRACTION_LEVEL)
        if point.together == 1
        else scaling.mean_interval(shares, FRACTION_LEVEL),
        made.limit_fraction(kappa) if schedule.order == made.order else None,
        expected.fraction if expected else None, _median(steps),
        expected_median, int(good.sum()), int(np.count_nonzero(steps < 0)),
        None
        if point.until is None
        else strong(made, schedule, point.until, neurons, good, expected_median, FRACTION_LEVEL),
        spread, independent,
    )  # fmt: skip


def _bootstrap(seed: int) -> np.random.Generator:
    return np.random.default_rng(np.random.SeedSequence(seed, spawn_key=(zlib.crc32(b"bootstrap"),)))


def _fit(
    made: Setting,
    runs: Sequence[Run],
    found: Sequence[Neurons],
    good: Sequence[NDArray[np.bool_]],
    seed: int,
    lawless: str | None,
    together: int,
) -> Scaling:
    logarithm = made.order == 2 and lawless is None
    predicted = recovery.exponent(made.order) if lawless is None else None
    known = [
        (run, neurons.steps[signs])
        for run, neurons, signs in zip(runs, found, good, strict=True)
        if run.median_samples is not None
    ]
    if len(known) < 2:
        return Scaling(None, None, None, predicted, logarithm, None)
    ds = [run.d for run, _ in known]
    drawn = [steps for _, steps in known]
    slope = scaling.fit(ds, drawn, _bootstrap(seed), logarithm=logarithm, level=EXPONENT_LEVEL)
    expected = [run.forecast_median for run, _ in known if run.forecast_median is not None]
    correction = None
    if predicted is not None and len(expected) == len(ds):
        rises = [log(n / (log(d) if logarithm else 1.0)) for d, n in zip(ds, expected, strict=True)]
        correction = round(float(np.polyfit(np.log(ds), rises, 1)[0]) - predicted, scaling.DECIMALS)
    shift, doubt = correction or 0.0, abs(correction or 0.0)
    lower, upper = slope.lower - shift - doubt, slope.upper - shift + doubt
    if together > 1:
        # Its resamples take neurons for independent, which those on shared samples are not.
        lower = upper = inf
    return Scaling(
        slope.value - shift, lower if isfinite(lower) else None, upper if isfinite(upper) else None,
        predicted, logarithm, correction,
    )  # fmt: skip
