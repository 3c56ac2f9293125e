"""Whether the first layer finds the direction: recovered fraction, samples to recovery, fitted exponent."""

from __future__ import annotations

import os
import zlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from itertools import pairwise
from math import isfinite
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...link import Link, LinkError, Noise, as_link, positive
from ...numerics.recovery import scaling
from ...numerics.recovery.diffusion import forecast
from ...numerics.recovery.store import Store
from ...numerics.recovery.sweep import Executor, Neurons, Point, Threads, sweep
from ...numerics.signal import Signal
from ...theory import recovery
from ..setting import Setting, setting
from .asked import as_noise
from .exponents import Exponent, exponents
from .shown import Shown

#: Confidence of the interval of a fraction, and of a fitted exponent.
FRACTION_LEVEL, EXPONENT_LEVEL = 0.999, 0.95
_REPLICAS = 100
_MOST_STEPS = 2**62
_ENDS = ("lower", "upper")
#: Steps in one block of the store at most, unless one neuron takes more: seconds of one core.
_BLOCK_STEPS, _BLOCK_NEURONS = 2 * 10**8, 16


@dataclass(frozen=True, slots=True)
class Run:
    """One dimension d. step: eta. horizon: samples after which a neuron counts as not recovered.

    fraction: over all neurons, with its 99.9% interval. predicted_fraction: R3's law, the limit d -> oo,
    delta -> 0 (None where it is open). forecast_fraction, forecast_median: the diffusion at this d and step.
    median_samples: over the good-sign neurons; None when half of them are censored. good, censored: how many
    neurons have a good sign, and how many of those had not recovered by the horizon.
    """

    d: int
    replicas: int
    step: float
    horizon: int
    fraction: float
    fraction_interval: tuple[float, float]
    predicted_fraction: float | None
    forecast_fraction: float
    median_samples: float | None
    forecast_median: float
    good: int
    censored: int

    def as_json(self) -> dict[str, Any]:
        found = {name: getattr(self, name) for name in self.__dataclass_fields__}
        median = self.forecast_median
        return {
            **found,
            "fraction_interval": list(self.fraction_interval),
            "forecast_median": median if np.isfinite(median) else None,
        }


@dataclass(frozen=True, slots=True)
class Scaling:
    """The fitted slope of log(median samples) on log d, of log(samples/log d) at order 2.

    fitted, lower, upper: None when fewer than two dimensions have a median; lower, upper infinite where a
    resampled median is censored. predicted: (order - 1) v 1.
    """

    fitted: float | None
    lower: float | None
    upper: float | None
    predicted: int
    logarithm: bool

    def as_json(self) -> dict[str, Any]:
        """JSON has no infinity: an end that is not known is null."""
        found = {name: getattr(self, name) for name in self.__dataclass_fields__}
        ends = {
            name: x if x is not None and isfinite(x) else None for name, x in found.items() if name in _ENDS
        }
        return {**found, **ends}


@dataclass(frozen=True, slots=True)
class Recovery(Shown):
    """Stage 1 on one link at one temperature (``beta`` None: no weights).

    order: the first k at which signal and activation share a coefficient; order_reason: its proof. leading:
    that c = alpha_k b_k. step: delta of eta = delta d^{-(order v 2)/2}. neurons: what every simulated
    neuron did, by run. plain: the same without weights, where asked for. damaged: rows of the store that
    could not be used and were computed again.
    """

    link: Link
    beta: Fraction | None
    signal: Signal
    noise: Noise
    generative_exponent: Exponent
    activation: Link
    order: int
    order_reason: str
    leading: float
    step: float
    direct: bool
    seed: int
    runs: tuple[Run, ...]
    exponent: Scaling
    neurons: tuple[Neurons, ...]
    plain: Recovery | None = None
    damaged: int = 0

    def as_json(self) -> dict[str, Any]:
        return {
            "link": str(self.link),
            "beta": "oo" if self.beta is None else str(self.beta),
            "signal": self.signal,
            "noise": str(self.noise),
            "generative_exponent": self.generative_exponent.as_json(),
            "activation": self.activation.text,
            "order": {"value": self.order, "reason": self.order_reason},
            "step": self.step,
            "simulator": "direct" if self.direct else "chain",
            "seed": self.seed,
            "runs": [run.as_json() for run in self.runs],
            "exponent": self.exponent.as_json(),
            **({"without_weights": self.plain.as_json()} if self.plain is not None else {}),
        }


def recover(
    link: Link | str,
    beta: int | float | str | Fraction,
    d: int | Sequence[int],
    *,
    replicas: int = _REPLICAS,
    activation: Link | str | None = None,
    step: float | None = None,
    direct: bool = False,
    signal: Signal = "label",
    noise: Noise | str | None = None,
    seed: int = 0,
    contrast: bool = False,
    store: Path | str | None = None,
    records: int = 0,
    executor: Executor | None = None,
    progress: Callable[[float], None] | None = None,
) -> Recovery:
    """Train ``replicas`` neurons at each dimension in ``d`` and compare with R3 and R4.

    beta: the temperature of the weights e^{y/beta}, or ``"oo"`` for none. activation: He_{k*} + He_1 + He_3,
    each over k!, when left out. step: delta. contrast: train without weights too, with the same activation.
    direct: the d-dimensional algorithm in place of the chain that has its law. store: a file that keeps
    finished blocks, so that a run can be resumed. records: overlaps kept per neuron. The result depends on
    the seed alone, not on the executor.

    Raises LinkError on bad input, ArithmeticError where it is not settled which order leads.
    """
    link, ds = as_link(link), _dimensions(d)
    beta_value = None if str(beta).strip().lower() in ("oo", "inf") else positive(beta, "beta")
    law = as_noise(noise)
    if replicas < 1:
        raise LinkError(f"replicas = {replicas} is no number of neurons: write 1 or more")
    if step is not None and not 0 < step < float("inf"):
        raise LinkError(f"step {step} is not a step size: write a positive number such as 0.1")
    if contrast and beta_value is None:
        raise LinkError("--contrast compares with no weights, and --beta oo has none: write a finite beta")
    chosen = None if activation is None else as_link(activation)
    tilts = [1 / beta_value if beta_value else Fraction(0), *([Fraction(0)] if contrast else [])]
    settings = [setting(link, at, chosen, signal, law, step) for at in tilts]
    points = [_point(made, n, seed, direct, records) for made in settings for n in ds]
    with Store(None if store is None else Path(store)) as kept:
        workers = executor or Threads(os.cpu_count() or 1)
        found = sweep(points, [replicas] * len(points), store=kept, executor=workers, progress=progress)
    plain = _answer(settings[1], points[len(ds) :], found[len(ds) :], None) if contrast else None
    answer = _answer(settings[0], points[: len(ds)], found[: len(ds)], plain)
    return replace(answer, damaged=kept.damaged)


def _answer(
    made: Setting, points: Sequence[Point], found: Sequence[Neurons], plain: Recovery | None
) -> Recovery:
    runs = tuple(_run(made, point, neurons) for point, neurons in zip(points, found, strict=True))
    point = points[0]
    return Recovery(
        made.link, 1 / made.at if made.at else None, made.signal, made.noise,
        exponents(made.link).generative_exponent, made.activation, made.order, made.reason, made.leading,
        made.delta, point.direct, point.seed, runs, _fit(made, points, found, point.seed), tuple(found),
        plain,
    )  # fmt: skip


def _dimensions(d: int | Sequence[int]) -> list[int]:
    ds = [d] if isinstance(d, int) else list(d)
    for n in ds:
        if not 3 <= n <= 10**9:
            raise LinkError(
                f"d = {n} is out of range: write dimensions from 3 to 1000000000, such as --d 100,1000"
            )
    if not ds or any(a >= b for a, b in pairwise(ds)):
        raise LinkError(
            f"d = {','.join(map(str, ds))} is not increasing: write dimensions such as --d 100,1000"
        )
    return ds


def _point(made: Setting, d: int, seed: int, direct: bool, records: int) -> Point:
    schedule = made.schedule(d)
    horizon = schedule.horizon()
    if horizon > _MOST_STEPS:
        raise LinkError(
            f"d = {d} needs {horizon:.3g} samples at order {made.order}: write smaller dimensions"
        )
    return Point(
        made.link.tree, made.activation.tree, made.at, d, schedule.step, horizon,
        signal=made.signal, noise=made.noise, seed=seed, direct=direct, records=records,
        block=max(1, min(_BLOCK_NEURONS, _BLOCK_STEPS // (horizon * (d if direct else 1)))),
    )  # fmt: skip


def good_signs(order: int, leading: float, neurons: Neurons) -> NDArray[np.bool_]:
    """Which neurons R3 lets recover: all at order 1, c a > 0 at even orders, c a m_0 > 0 at odd ones."""
    if order == 1:
        return np.ones(neurons.signs.size, dtype=bool)
    return np.asarray(leading * neurons.signs * (neurons.starts if order % 2 else 1.0) > 0)


def _run(made: Setting, point: Point, neurons: Neurons) -> Run:
    good = good_signs(made.order, made.leading, neurons)
    steps = neurons.steps[good]
    recovered, count = int(np.count_nonzero(neurons.steps >= 0)), neurons.steps.size
    expected = forecast(made.schedule(point.d), point.horizon)
    kappa = made.delta * point.horizon / point.d ** max(made.order - 1, 1)
    try:
        median = scaling.median(steps) if steps.size else None
    except scaling.TooCensored:
        median = None
    return Run(
        point.d, count, point.step, point.horizon, recovered / count,
        scaling.share_interval(recovered, count, FRACTION_LEVEL), made.limit_fraction(kappa),
        expected.fraction, median, expected.median, int(good.sum()), int(np.count_nonzero(steps < 0)),
    )  # fmt: skip


def _fit(made: Setting, points: Sequence[Point], found: Sequence[Neurons], seed: int) -> Scaling:
    predicted, logarithm = recovery.exponent(made.order), made.order == 2
    steps = [neurons.steps[good_signs(made.order, made.leading, neurons)] for neurons in found]
    known = [(p.d, s) for p, s in zip(points, steps, strict=True) if 2 * np.count_nonzero(s < 0) < s.size]
    if len(known) < 2:
        return Scaling(None, None, None, predicted, logarithm)
    ds, samples = zip(*known, strict=True)
    rng = np.random.default_rng(np.random.SeedSequence(seed, spawn_key=(zlib.crc32(b"bootstrap"),)))
    slope = scaling.fit(ds, samples, rng, logarithm=logarithm, level=EXPONENT_LEVEL)
    return Scaling(slope.value, slope.lower, slope.upper, predicted, logarithm)
