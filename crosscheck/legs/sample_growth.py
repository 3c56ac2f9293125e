"""The growth of samples to recovery between two dimensions, by the exact chain, and what it must equal."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from math import exp, isfinite, log

from scipy import stats

from ...numerics.recovery import scaling
from ...numerics.recovery.diffusion import Estimate, NotSolved, log_median
from ..claim import Subject
from ..verdict import Evidence, absent, refutes, supports
from .neurons import good_steps, under
from .sgd_setting import Setting

#: Two dimensions and the number of neurons by order, so that both medians take seconds.
_SIZES = {1: ((256, 2048), 100), 2: ((128, 1024), 150), 3: ((16, 128), 150), 4: ((8, 20), 120)}
#: In the full tier: four decades at order 1, three at 2, one and a half at 3, one at 4.
_WIDE = {1: ((32, 320_000), 60), 2: ((64, 65_536), 200), 3: ((16, 512), 400), 4: ((8, 80), 100)}
#: The critical start of the horizon: three in four neurons of good sign recover, so medians are known.
_CRITICAL = 0.3
#: Steps at most, by tier; where they do not suffice d is divided by 4, down to the least.
_MOST = {False: 3 * 10**7, True: 3 * 10**9}
_LEAST = 8

#: A claimed slope of log n on log d between two values of log d.
Growth = Callable[[float, float], float]


@dataclass(frozen=True, slots=True)
class Slope:
    """A fitted slope of log(median) on log d with its standard error, and the median at the larger d.

    correction: how much the diffusion's slope differs at these d from that of d^{(k-1) v 1} (log d), with
    what its grids cost. median, median_error: samples at the larger d, and the standard error of their
    logarithm. horizon: there.
    """

    made: Setting
    ds: tuple[int, int]
    value: float
    error: float
    correction: Estimate
    median: float
    median_error: float
    horizon: int

    @property
    def ends(self) -> tuple[float, float]:
        return log(self.ds[0]), log(self.ds[1])


def growth(order: int, low: float, high: float) -> float:
    """The slope of log(d^{(k-1) v 1}), times log d at k = 2, between two values of log d."""
    logs = (log(high) - log(low)) / (high - low) if order == 2 else 0.0
    return max(order - 1, 1) + logs


def slope(subject: Subject, made: Setting, label: str) -> Slope | str:
    """The slope for neurons of good sign, or the reason why it was not measured."""
    if made.order not in _SIZES:
        return f"order {made.order} takes d^{made.order - 1} samples: not simulated"
    ds, neurons = (_WIDE if subject.full else _SIZES)[made.order]
    try:
        horizons, expected = _plan(made, ds)
        while neurons * sum(exp(median.value) for median in expected) > _MOST[subject.full]:
            if ds[0] < 4 * _LEAST:
                return f"d = {ds[1]} takes {exp(expected[1].value):.2g} samples a neuron: not simulated"
            ds = (ds[0] // 4, ds[1] // 4)
            horizons, expected = _plan(made, ds)
    except NotSolved as reason:
        return str(reason)
    steps = [
        good_steps(made, d, h, neurons, subject.rng(f"{label} {d}{under(made.noise)}"))
        for d, h in zip(ds, horizons, strict=True)
    ]
    try:
        found = scaling.fit(ds, steps, subject.rng(f"{label} bootstrap"))
    except scaling.TooCensored as reason:
        return str(reason)
    if not isfinite(found.error):
        return "a bootstrap median is censored: the slope's error is not known"
    low, high = log(ds[0]), log(ds[1])
    correction = Estimate(
        (expected[1].value - expected[0].value) / (high - low) - growth(made.order, low, high),
        (expected[1].error + expected[0].error) / (high - low),
    )
    spread = scaling.median_error(steps[1], subject.rng(f"{label} median"))
    return Slope(made, ds, found.value, found.error, correction, found.medians[1], spread, horizons[1])


def _plan(made: Setting, ds: tuple[int, int]) -> tuple[list[int], list[Estimate]]:
    """The horizons at both dimensions, and the logarithms of the medians that the diffusion has there."""
    schedules = [made.schedule(d) for d in ds]
    horizons = [schedule.horizon(_CRITICAL) for schedule in schedules]
    return horizons, [log_median(s, h) for s, h in zip(schedules, horizons, strict=True)]


def compared(
    subject: Subject,
    claims: list[tuple[str, Slope | str, Growth]],
    medians: bool = False,
    shrinking: float = 1.0,
) -> Evidence:
    """Each measured slope against the claimed growth between its two values of log d.

    medians: and each median at the larger d against the diffusion's, in which the division by the norm
    shrinks m by ``shrinking`` times (eta^2/2) E[G^2 |x|^2] m a step. A deviation counts beyond what the grids
    of the diffusion are estimated to cost in that very case.
    """
    tests = 2 * len(claims) if medians else len(claims)
    limit = float(stats.norm.isf(subject.alarm / (2 * tests)))
    report = []
    for name, found, growth in claims:
        if isinstance(found, str):
            return absent("simulation", found)
        claimed = growth(*found.ends)
        where = f"d = {found.ds[0]} to {found.ds[1]}"
        corrected = found.value - found.correction.value
        rows = [("slope", where, corrected, claimed, found.error, found.correction.error)]
        if medians:
            try:
                right = _median(found, shrinking)
            except NotSolved as reason:
                return absent("simulation", str(reason))
            where = f"d = {found.ds[1]}"
            rows.append(("log n", where, log(found.median), right.value, found.median_error, right.error))
        for what, where, value, expected, error, slack in rows:
            line = f"{name}{where}: {what} {value:.3f} +- {error:.3f}, claimed {expected:.3f}"
            deviation = max(0.0, abs(value - expected) - slack) / error
            if deviation > limit:
                return refutes("simulation", f"{deviation:.1f} standard errors off, limit {limit:.2f}", line)
            power = (limit + 3) * error + slack
            report.append(f"{line} (an error of {power:.2f} would have been caught)")
    return supports("simulation", "; ".join(report))


def _median(found: Slope, shrinking: float) -> Estimate:
    """The logarithm of the diffusion's median at the larger d with so many times the shrinking."""
    made = found.made
    scaled = tuple(shrinking * c for c in made.gradient.polynomial)
    schedule = replace(made, gradient=replace(made.gradient, polynomial=scaled)).schedule(found.ds[1])
    return log_median(schedule, found.horizon)
