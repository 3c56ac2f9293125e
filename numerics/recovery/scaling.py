"""Medians with censoring and log-log slopes, with bootstrap confidence intervals."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import special

from ..lowering.pointwise import Array

Steps = NDArray[np.int64]
_RESAMPLES = 2000
#: Decimals of a slope: BLAS sums in an order that depends on the processor.
DECIMALS = 9


class TooCensored(ArithmeticError):
    """At least half of the neurons had not recovered within the horizon: their median is not known."""


def median(steps: Steps) -> float:
    """The median of steps to recovery where -1 stands for "not within the horizon".

    Censored values are larger than every other one, so the median is known as long as fewer than half of
    them are censored; raises TooCensored otherwise.
    """
    if 2 * np.count_nonzero(steps < 0) >= steps.size:
        raise TooCensored(
            f"{np.count_nonzero(steps < 0)} of {steps.size} neurons had not recovered within the horizon"
        )
    return float(np.median(np.where(steps < 0, np.inf, steps.astype(np.float64))))


@dataclass(frozen=True, slots=True)
class Slope:
    """A slope fitted to (log d, log samples); its confidence interval; its standard error by bootstrap.

    medians: the samples at each d. logarithm: whether they were divided by log d first.
    """

    value: float
    lower: float
    upper: float
    error: float
    medians: tuple[float, ...]
    logarithm: bool


def fit(
    ds: Sequence[int],
    steps: Sequence[Steps],
    rng: np.random.Generator,
    *,
    logarithm: bool = False,
    level: float = 0.95,
) -> Slope:
    """The least-squares slope of log(median) on log d (of log(median/log d) with ``logarithm``).

    Neurons are resampled at each d. A resample in which a median is censored counts as infinitely steep at
    whichever end that makes worse: it widens the interval. Raises TooCensored; ValueError below two d.
    """
    if len(set(ds)) < 2:
        raise ValueError("a slope needs at least two different d")
    x = np.log(np.asarray(ds, dtype=np.float64))
    offset = np.log(x) if logarithm else np.zeros_like(x)
    # A neuron that starts beyond 1/2 takes no step; as in the resamples it counts as one.
    medians = tuple(max(median(s), 1.0) for s in steps)
    weights = (x - x.mean()) / ((x - x.mean()) ** 2).sum()
    value = round(float(weights @ (np.log(medians) - offset)), DECIMALS)
    drawn = np.stack([_resampled(s, rng) for s in steps])
    with np.errstate(invalid="ignore"):
        # Two censored ends give inf - inf: nothing is known of that slope.
        slopes = np.round(weights @ (np.log(drawn) - offset[:, None]), DECIMALS)
    tail = (1 - level) / 2
    lower = float(np.quantile(np.where(np.isnan(slopes), -np.inf, slopes), tail, method="lower"))
    upper = float(np.quantile(np.where(np.isnan(slopes), np.inf, slopes), 1 - tail, method="higher"))
    spread = float(np.std(slopes)) if np.isfinite(slopes).all() else float("inf")
    return Slope(value, lower, upper, spread, medians, logarithm)


def median_error(steps: Steps, rng: np.random.Generator) -> float:
    """The standard error of log(median) by bootstrap; infinite where a resampled median is censored."""
    drawn = _resampled(steps, rng)
    return float(np.std(np.log(drawn))) if np.isfinite(drawn).all() else float("inf")


def _resampled(steps: Steps, rng: np.random.Generator) -> Array:
    """Medians of bootstrap resamples; inf where the resample is censored."""
    values = np.where(steps < 0, np.inf, np.maximum(steps, 1).astype(np.float64))
    drawn = values[rng.integers(0, values.size, (_RESAMPLES, values.size))]
    # The upper median: the mean of the two middle ones would turn one infinite value into two.
    return np.asarray(np.sort(drawn, axis=1)[:, values.size // 2])


def share_interval(successes: int, n: int, level: float) -> tuple[float, float]:
    """The Clopper-Pearson interval of a binomial share."""
    tail = (1 - level) / 2
    lower = float(special.betaincinv(successes, n - successes + 1, tail)) if successes else 0.0
    upper = float(special.betainccinv(successes + 1, n - successes, tail)) if successes < n else 1.0
    return lower, upper


def mean_interval(shares: Array, level: float) -> tuple[float, float]:
    """For the mean of independent numbers in [0, 1]: Chernoff's bound, which holds for any such law.

    All q with n KL(mean, q) <= log(2/(1 - level)).
    """
    mean, bound = float(shares.mean()), float(np.log(2 / (1 - level))) / shares.size

    def beyond(q: float) -> bool:
        distance = special.rel_entr(mean, q) + special.rel_entr(1 - mean, 1 - q)
        return bool(distance > bound)

    ends = []
    for outer in (0.0, 1.0):
        inner = mean
        if not beyond(outer):
            ends.append(outer)
            continue
        for _ in range(60):
            middle = (inner + outer) / 2
            inner, outer = (inner, middle) if beyond(middle) else (middle, outer)
        ends.append(outer)
    return ends[0], ends[1]


def detectable(share: float, n: int, level: float) -> float:
    """How far from ``share`` a true share must lie for the interval to exclude it 99 times in 100.

    1.0 when no share is that far.
    """
    from scipy import stats  # half a second, which every other command would wait for

    counts = np.arange(n + 1)
    lower, upper = np.transpose([share_interval(int(k), n, level) for k in counts])
    rejected = (lower > share) | (upper < share)
    for gap in np.arange(0.01, 1.0, 0.01):
        others = [other for other in (share - gap, share + gap) if 0 <= other <= 1]
        if others and all(stats.binom.pmf(counts, n, other)[rejected].sum() > 0.99 for other in others):
            return float(gap)
    return 1.0
