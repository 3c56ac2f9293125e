"""Whether the first layer finds the direction: recovered fraction, samples to recovery, fitted exponent."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from fractions import Fraction
from itertools import pairwise
from pathlib import Path
from typing import Any

from ...crosscheck.arguments import as_label, as_noise, as_scheduler, as_signal, as_whole
from ...crosscheck.legs.sgd_setting import Setting, default_activation, setting
from ...crosscheck.link_facts.exponents import require_allowed
from ...crosscheck.workers.cluster import Cluster
from ...link import ADDITIVE, NOISELESS, Label, Link, LinkError, Noise, Signal, Target, as_link, positive
from ...numerics.recovery.store import Store
from ...numerics.recovery.sweep import Executor, Neurons, Point, Threads, sweep
from ...numerics.work import question
from .recovery import Recovery, answer, second_passes
from .strong import further, reaching, reused

_REPLICAS = 100
_MOST_NEURONS = 256
#: Steps of one neuron, coordinates counted where vectors are stepped: a day of one core or more.
_MOST_STEPS = 10**13
#: The farthest overlap that may be asked for: beyond, steps are too short to be of use.
_FARTHEST = 0.9999
#: Steps in one block of the store at most, unless one neuron takes more: seconds of one core.
_BLOCK_STEPS, _BLOCK_NEURONS = 2 * 10**8, 16


def recover(
    link: Link | str,
    beta: int | float | str | Fraction,
    d: int | Iterable[int],
    *,
    replicas: int = _REPLICAS,
    activation: Link | str | None = None,
    step: float | None = None,
    direct: bool = False,
    signal: Signal | str = "label",
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
        if signal != Signal.LABEL:
            raise LinkError(f"signal '{signal}' has no second pass: leave --signal out")
        with question():
            points, setup = reused(link, activation, step, ds, seed, direct, records)
        outcomes, damaged = _swept(points, replicas, store, executor, progress)
        return replace(second_passes(link, setup, points, outcomes), damaged=damaged)
    if draw != ADDITIVE and overlap is not None:
        raise LinkError(f"the end of training is not known for {draw}: leave --until out")
    if draw.kind == "preference" and neurons > 1:
        raise LinkError("networks are trained on single inputs, not on preferences: leave --neurons out")
    if contrast and beta_value is None:
        raise LinkError("--contrast compares with no weights, and --beta oo has none: write a finite beta")
    tilts = [1 / beta_value if beta_value else Fraction(0), *([Fraction(0)] if contrast else [])]
    with question():
        chosen = activation
        if contrast and activation is None:
            chosen = default_activation(link, both=True, label=draw)
        chosen = None if chosen is None else as_link(chosen, "activation")
        kind = as_signal(signal)
        settings = [setting(Target(link, at, kind, law, draw), chosen, step) for at in tilts]
        if overlap is not None:
            settings = [reaching(setup, ds, overlap) for setup in settings]
        points = [_point(setup, n, seed, direct, records, overlap, neurons) for setup in settings for n in ds]
    outcomes, damaged = _swept(points, replicas * neurons, store, executor, progress)
    plain = answer(settings[1], points[len(ds) :], outcomes[len(ds) :], None) if contrast else None
    main = answer(settings[0], points[: len(ds)], outcomes[: len(ds)], plain)
    return replace(main, damaged=damaged)


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
        outcomes = sweep(points, [count] * len(points), store=kept, executor=workers, progress=progress)
    return outcomes, kept.damaged


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
    setup: Setting, d: int, seed: int, direct: bool, records: int, until: float | None, neurons: int
) -> Point:
    schedule = setup.suited(d)
    horizon = schedule.horizon()
    onward = 0 if until is None else further(setup, schedule, until)
    cost = d if direct else max(1, neurons**2)
    if (horizon + onward) * cost > _MOST_STEPS:
        raise LinkError(
            f"d = {d} needs {horizon + onward:.3g} samples at order {schedule.order}, which takes days: "
            "write smaller dimensions"
        )
    return Point(
        setup.training(schedule.step), d, horizon, seed=seed, direct=direct, records=records,
        block=neurons * max(1, min(_BLOCK_NEURONS, _BLOCK_STEPS // (horizon * neurons * cost))),
        until=until, further=onward, together=neurons,
    )  # fmt: skip
