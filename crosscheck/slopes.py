"""The growth of samples to recovery between two dimensions, by the exact chain, and what it must equal."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from math import isfinite, log

from scipy import stats

from ..numerics.recovery import scaling
from ..numerics.recovery.diffusion import forecast
from .neurons import good_steps
from .setting import Setting
from .subject import Subject
from .verdict import Evidence, Outcome

#: Two dimensions and the number of neurons by order, so that both medians take seconds.
_SIZES = {1: ((256, 2048), 100), 2: ((128, 1024), 150), 3: ((16, 128), 150), 4: ((8, 20), 120)}
#: In the full tier: four decades at order 1, three at 2, one and a half at 3, one at 4.
_WIDE = {1: ((32, 320_000), 60), 2: ((64, 65_536), 60), 3: ((16, 512), 250), 4: ((8, 80), 100)}
#: The critical start of the horizon: three in four neurons of good sign recover, so medians are known.
_CRITICAL = 0.3
#: Steps at most, by tier.
_MOST = {False: 10**9, True: 3 * 10**9}

#: A claimed slope of log n on log d between two values of log d.
Growth = Callable[[float, float], float]


@dataclass(frozen=True, slots=True)
class Slope:
    """A fitted slope of log(median) on log d with its standard error.

    correction: how much the diffusion's slope differs at these d from that of d^{(k-1) v 1} (log d).
    """

    ds: tuple[int, int]
    value: float
    error: float
    correction: float

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
    schedules = [made.schedule(d) for d in ds]
    horizons = [schedule.horizon(_CRITICAL) for schedule in schedules]
    expected = [forecast(s, h).median for s, h in zip(schedules, horizons, strict=True)]
    if expected[1] * neurons > _MOST[subject.full]:
        return f"d = {ds[1]} takes {expected[1]:.2g} samples a neuron: not simulated"
    steps = [
        good_steps(made, d, h, neurons, subject.rng(f"{label} {d}"))
        for d, h in zip(ds, horizons, strict=True)
    ]
    try:
        found = scaling.fit(ds, steps, subject.rng(f"{label} bootstrap"))
    except scaling.TooCensored as reason:
        return str(reason)
    if not isfinite(found.error):
        return "a bootstrap median is censored: the slope's error is not known"
    low, high = log(ds[0]), log(ds[1])
    correction = log(expected[1] / expected[0]) / (high - low) - growth(made.order, low, high)
    return Slope(ds, found.value, found.error, correction)


def compared(subject: Subject, claims: list[tuple[str, Slope | str, Growth]]) -> Evidence:
    """Each measured slope against the claimed growth between its two values of log d."""
    limit = float(stats.norm.isf(subject.alarm / (2 * len(claims))))
    report = []
    for name, found, growth in claims:
        if isinstance(found, str):
            return Evidence("simulation", Outcome.ABSENT, found)
        claimed = growth(*found.ends)
        line = (
            f"{name}d = {found.ds[0]} to {found.ds[1]}: slope {found.value - found.correction:.3f} "
            f"+- {found.error:.3f}, claimed {claimed:.3f}"
        )
        deviation = abs(found.value - found.correction - claimed) / found.error
        if deviation > limit:
            detail = f"{deviation:.1f} standard errors off, limit {limit:.2f}"
            return Evidence("simulation", Outcome.REFUTES, detail, line)
        report.append(f"{line} (an error of {(limit + 3) * found.error:.2f} would have been caught)")
    return Evidence("simulation", Outcome.SUPPORTS, "; ".join(report))
