"""Recovered shares at several d, by the exact chain and by vectors of R^d, against a law without d."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from math import log10

import numpy as np
from scipy import stats

from ...numerics.recovery.diffusion import fraction
from ...numerics.recovery.scaling import detectable, share_interval
from ..claim import Subject
from ..verdict import Evidence, refutes, supports
from .neurons import any_steps, under
from .sgd_setting import Setting

#: Dimensions of the chain by order, and the steps that one of them may take, in both tiers.
_DS = {1: (32, 256), 2: (32, 256), 3: (16, 64), 4: (8, 16)}
_WIDE_DS = {
    1: (100, 1000, 10**4, 10**5, 10**6),
    2: (100, 1000, 10**4, 10**6),
    3: (32, 100, 316, 1000),
    4: (8, 16, 32),
}
_MOST, _WIDE_MOST = 4 * 10**7, 6 * 10**8
#: Fewer neurons than this say nothing; at the top of the full tier a few are worth having.
_FEWEST, _WIDE_FEWEST = 30, 5
#: Where the full tier moves vectors of R^d too, and how many coordinates it may move.
_DIRECT_DS = {1: (64, 256, 1024), 2: (64, 256, 1024), 3: (64, 128), 4: (8, 16)}
_MOST_COORDINATES = 3 * 10**8

#: A recovered fraction as a function of kappa |c|.
Law = Callable[[float], float]


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


def shares(subject: Subject, made: Setting, u: float, claimed: Law, true: Law) -> Evidence:
    """Each share within its interval, and no trend in log d, at the false-alarm rate of the subject.

    u: the critical start that the horizon is chosen for, order 3 on. claimed, true: the law under test, and
    the true one, from which the diffusion differs at finite d by the correction.
    """
    trials, skipped = _trials(subject, made, u, claimed, true)
    level = 1 - subject.alarm / (len(trials) + 1)
    report = [f"{under(made.noise)}{line}" for line in skipped]
    for trial in trials:
        lower, upper = share_interval(trial.count, trial.n, level)
        if not lower - trial.grid <= trial.claimed <= upper + trial.grid:
            return refutes("simulation", f"outside [{lower:.3f}, {upper:.3f}]", f"{under(made.noise)}{trial}")
        gap = detectable(trial.claimed, trial.n, level)
        seen = (
            f"a fraction {gap:.2f} away would have been caught" if gap < 1 else "too few to tell shares apart"
        )
        report.append(f"{under(made.noise)}{trial} ({seen})")
    chain = [trial for trial in trials if not trial.direct]
    if len(chain) >= 2:
        slope, error = _trend(chain)
        limit = float(stats.norm.isf((1 - level) / 2))
        line = f"trend per decade of d {slope:+.3f} +- {error:.3f}, band {limit * error:.2f}"
        if abs(slope) > limit * error:
            return refutes("simulation", "the fraction moves with d", line)
        report.append(line)
    return supports("simulation", "; ".join(report))


def _trials(
    subject: Subject, made: Setting, u: float, claimed: Law, true: Law
) -> tuple[list[Trial], list[str]]:
    wanted = 400 if made.order >= 3 else 100
    ds, most = (_WIDE_DS, _WIDE_MOST) if subject.full else (_DS, _MOST)
    order = min(made.order, 4)
    plan = [(d, False, most) for d in ds[order]]
    if subject.full:
        plan += [(d, True, _MOST_COORDINATES // d) for d in _DIRECT_DS[order]]
    found, skipped = [], []
    for d, direct, steps_at_most in plan:
        schedule = made.schedule(d)
        horizon = schedule.horizon(u)
        n = min(wanted, steps_at_most // horizon)
        if n < (_WIDE_FEWEST if subject.full else _FEWEST):
            skipped.append(
                f"d = {d}{' (vectors)' * direct} takes {horizon:.2g} steps a neuron: not simulated"
            )
            continue
        stream = subject.rng(f"R3 {d}{' direct' * direct}{under(made.noise)}")
        steps = any_steps(made, d, horizon, n, stream, direct=direct)
        scaled = horizon / float(d) ** max(made.order - 1, 1) * made.delta * abs(made.leading)
        diffused = fraction(schedule, horizon)
        share = min(1.0, max(0.0, claimed(scaled) + diffused.value - true(scaled)))
        found.append(Trial(d, direct, int(np.count_nonzero(steps >= 0)), n, share, diffused.error + 1e-9))
    return found, skipped


def _trend(trials: list[Trial]) -> tuple[float, float]:
    """The slope of (share - claimed) on log10 d by weighted least squares, and its standard error."""
    x = np.array([log10(trial.d) for trial in trials])
    y = np.array([trial.count / trial.n - trial.claimed for trial in trials])
    # A claimed share of 0 or 1 has no variance; one neuron more or less is then the unit.
    weight = np.array([t.n / max(t.claimed * (1 - t.claimed), 1 / t.n) for t in trials])
    centred = x - (weight @ x) / weight.sum()
    spread = float(weight @ centred**2)
    return float(weight * centred @ y) / spread, spread**-0.5
