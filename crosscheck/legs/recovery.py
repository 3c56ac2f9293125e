"""The exact chain at several d against the laws of recovery: the growth of samples, and recovered shares."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import lru_cache
from math import exp, isfinite, log, log10

import numpy as np
from scipy import special

from ...numerics.recovery import scaling
from ...numerics.recovery.forecast import Estimate, NotSolved, fraction, log_median
from ...numerics.recovery.scaling import detectable, share_interval
from ..claim import Subject
from ..verdict import Finding, absent, refutes, supports
from .neurons import any_steps, good_steps
from .sgd_setting import Setting
from .trials import normal_limit

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

    setup: Setting
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


@lru_cache(maxsize=16)
def slope(subject: Subject, setup: Setting, label: str) -> Slope | str:
    """The slope for neurons of good sign, or the reason why it was not measured; for every statement."""
    if setup.order not in _SIZES:
        return f"order {setup.order} takes d^{setup.order - 1} samples: not simulated"
    ds, neurons = (_WIDE if subject.full else _SIZES)[setup.order]
    try:
        horizons, expected = _plan(setup, ds)
        while neurons * sum(exp(median.value) for median in expected) > _MOST[subject.full]:
            if ds[0] < 4 * _LEAST:
                return f"d = {ds[1]} takes {exp(expected[1].value):.2g} samples a neuron: not simulated"
            ds = (ds[0] // 4, ds[1] // 4)
            horizons, expected = _plan(setup, ds)
    except NotSolved as reason:
        return str(reason)
    steps = [
        good_steps(setup, d, h, neurons, subject.rng(f"{label} {d}{setup.law}"))
        for d, h in zip(ds, horizons, strict=True)
    ]
    try:
        fit = scaling.fit(ds, steps, subject.rng(f"{label} bootstrap"))
    except scaling.TooCensored as reason:
        return str(reason)
    if not isfinite(fit.error):
        return "a bootstrap median is censored: the slope's error is not known"
    low, high = log(ds[0]), log(ds[1])
    correction = Estimate(
        (expected[1].value - expected[0].value) / (high - low) - growth(setup.order, low, high),
        (expected[1].error + expected[0].error) / (high - low),
    )
    spread = scaling.median_error(steps[1], subject.rng(f"{label} median"))
    return Slope(setup, ds, fit.value, fit.error, correction, fit.medians[1], spread, horizons[1])


def _plan(setup: Setting, ds: tuple[int, int]) -> tuple[list[int], list[Estimate]]:
    """The horizons at both dimensions, and the logarithms of the medians that the diffusion has there."""
    schedules = [setup.schedule(d) for d in ds]
    horizons = [schedule.horizon(_CRITICAL) for schedule in schedules]
    return horizons, [log_median(s, h) for s, h in zip(schedules, horizons, strict=True)]


def compared(
    subject: Subject,
    claims: list[tuple[str, Slope | str, Growth]],
    medians: bool = False,
    shrinking: float = 1.0,
) -> Finding:
    """Each measured slope against the claimed growth between its two values of log d.

    medians: and each median at the larger d against the diffusion's, in which the division by the norm
    shrinks m by ``shrinking`` times (eta^2/2) E[G^2 |x|^2] m a step. A deviation counts beyond what the grids
    of the diffusion are estimated to cost in that very case.
    """
    limit = normal_limit(subject, 2 * len(claims) if medians else len(claims))
    report = []
    for name, slope, growth in claims:
        if isinstance(slope, str):
            return absent(slope)
        claimed = growth(*slope.ends)
        where = f"d = {slope.ds[0]} to {slope.ds[1]}"
        corrected = slope.value - slope.correction.value
        rows = [("slope", where, corrected, claimed, slope.error, slope.correction.error)]
        if medians:
            try:
                right = _median(slope, shrinking)
            except NotSolved as reason:
                return absent(str(reason))
            where = f"d = {slope.ds[1]}"
            rows.append(("log n", where, log(slope.median), right.value, slope.median_error, right.error))
        for what, where, value, expected, error, slack in rows:
            line = f"{name}{where}: {what} {value:.3f} +- {error:.3f}, claimed {expected:.3f}"
            deviation = max(0.0, abs(value - expected) - slack) / error
            if deviation > limit:
                return refutes(f"{deviation:.1f} standard errors off, limit {limit:.2f}", line)
            power = (limit + 3) * error + slack
            report.append(f"{line} (an error of {power:.2f} would have been caught)")
    return supports("; ".join(report))


def _median(slope: Slope, shrinking: float) -> Estimate:
    """The logarithm of the diffusion's median at the larger d with so many times the shrinking."""
    setup = slope.setup
    scaled = tuple(shrinking * c for c in setup.gradient.polynomial)
    schedule = replace(setup, gradient=replace(setup.gradient, polynomial=scaled)).schedule(slope.ds[1])
    return log_median(schedule, slope.horizon)


#: Dimensions of the chain by order, and the steps that one of them may take, in both tiers.
_DS = {1: (32, 256), 2: (32, 256), 3: (16, 64), 4: (8, 16)}
_WIDE_DS = {
    1: (100, 1000, 10**4, 10**5, 10**6), 2: (100, 1000, 10**4, 10**6), 3: (32, 100, 316, 1000), 4: (8, 16, 32)
}  # fmt: skip
_STEPS, _WIDE_STEPS = 4 * 10**7, 6 * 10**8
#: Fewer neurons than this say nothing; at the top of the full tier a few are worth having.
_FEWEST, _WIDE_FEWEST = 30, 5
#: Where the full tier moves vectors of R^d too, and how many coordinates it may move.
_DIRECT_DS = {1: (64, 256, 1024), 2: (64, 256, 1024), 3: (64, 128), 4: (8, 16)}
_MOST_COORDINATES = 3 * 10**8

#: A recovered fraction as a function of kappa |c|.
ShareLaw = Callable[[float], float]


@dataclass(frozen=True, slots=True)
class Trial:
    """``count`` of ``n`` neurons recovered at dimension d, where the law corrected for d has ``claimed``.

    grid: what the grids of the diffusion, from which the correction comes, are estimated to cost.
    """

    d: int
    direct: bool
    count: int
    n: int
    claimed: float
    grid: float

    def __str__(self) -> str:
        how = " (vectors)" if self.direct else ""
        return f"d = {self.d}{how}: {self.count} of {self.n} recovered, claimed {self.claimed:.4f}"


def shares(subject: Subject, setup: Setting, u: float, claimed: ShareLaw, true: ShareLaw) -> Finding:
    """Each share within its interval, and no trend in log d, at the false-alarm rate of the subject.

    u: the critical start that the horizon is chosen for, order 3 on. claimed, true: the law under test, and
    the true one, from which the diffusion differs at finite d by the correction.
    """
    trials, skipped = _trials(subject, setup, u, claimed, true)
    level = 1 - subject.alarm / (len(trials) + 1)
    report = [f"{setup.law}{line}" for line in skipped]
    for trial in trials:
        lower, upper = share_interval(trial.count, trial.n, level)
        if not lower - trial.grid <= trial.claimed <= upper + trial.grid:
            return refutes(f"outside [{lower:.3f}, {upper:.3f}]", f"{setup.law}{trial}")
        gap = detectable(trial.claimed, trial.n, level)
        seen = (
            f"a fraction {gap:.2f} away would have been caught" if gap < 1 else "too few to tell shares apart"
        )
        report.append(f"{setup.law}{trial} ({seen})")
    chain = [trial for trial in trials if not trial.direct]
    if len(chain) >= 2:
        slope, error = _trend(chain)
        limit = -float(special.ndtri((1 - level) / 2))
        line = f"trend per decade of d {slope:+.3f} +- {error:.3f}, band {limit * error:.2f}"
        if abs(slope) > limit * error:
            return refutes("the fraction moves with d", line)
        report.append(line)
    return supports("; ".join(report))


def _trials(
    subject: Subject, setup: Setting, u: float, claimed: ShareLaw, true: ShareLaw
) -> tuple[list[Trial], list[str]]:
    wanted = 400 if setup.order >= 3 else 100
    ds, most = (_WIDE_DS, _WIDE_STEPS) if subject.full else (_DS, _STEPS)
    order = min(setup.order, 4)
    plan = [(d, False, most) for d in ds[order]]
    if subject.full:
        plan += [(d, True, _MOST_COORDINATES // d) for d in _DIRECT_DS[order]]
    trials, skipped = [], []
    for d, direct, steps_at_most in plan:
        schedule = setup.schedule(d)
        horizon = schedule.horizon(u)
        n = min(wanted, steps_at_most // horizon)
        if n < (_WIDE_FEWEST if subject.full else _FEWEST):
            skipped.append(
                f"d = {d}{' (vectors)' * direct} takes {horizon:.2g} steps a neuron: not simulated"
            )
            continue
        stream = subject.rng(f"R3 {d}{' direct' * direct}{setup.law}")
        steps = any_steps(setup, d, horizon, n, stream, direct=direct)
        scaled = horizon / float(d) ** max(setup.order - 1, 1) * setup.delta * abs(setup.leading)
        diffused = fraction(schedule, horizon)
        share = min(1.0, max(0.0, claimed(scaled) + diffused.value - true(scaled)))
        trials.append(Trial(d, direct, int(np.count_nonzero(steps >= 0)), n, share, diffused.error + 1e-9))
    return trials, skipped


def _trend(trials: list[Trial]) -> tuple[float, float]:
    """The slope of (share - claimed) on log10 d by weighted least squares, and its standard error."""
    x = np.array([log10(trial.d) for trial in trials])
    y = np.array([trial.count / trial.n - trial.claimed for trial in trials])
    # A claimed share of 0 or 1 has no variance; one neuron more or less is then the unit.
    weight = np.array([t.n / max(t.claimed * (1 - t.claimed), 1 / t.n) for t in trials])
    centred = x - (weight @ x) / weight.sum()
    spread = float(weight @ centred**2)
    return float(weight * centred @ y) / spread, spread**-0.5
