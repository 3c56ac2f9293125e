"""Medians of censored data, slopes with their intervals, binomial intervals."""

import numpy as np
import pytest
from tiltproof.numerics.recovery.scaling import TooCensored, detectable, fit, median, share_interval

DS = (10, 100, 1000)


def powers(exponent: float, n: int = 200, seed: int = 1):  # type: ignore[no-untyped-def]
    rng = np.random.default_rng(seed)
    return [np.round(100 * d**exponent * rng.lognormal(0, 0.3, n)).astype(np.int64) for d in DS]


def test_the_median_counts_censored_values_as_larger_than_all() -> None:
    assert median(np.array([5, 1, -1, 3, 2])) == 3
    assert median(np.array([4, 2, -1, -1, 3])) == 4


def test_the_median_is_refused_when_half_is_censored() -> None:
    with pytest.raises(TooCensored, match="2 of 4"):
        median(np.array([1, 2, -1, -1]))


def test_the_slope_of_a_power_law_lies_in_its_interval() -> None:
    found = fit(DS, powers(2.0), np.random.default_rng(0))
    assert found.lower < 2 < found.upper
    assert found.upper - found.lower < 0.1


def test_the_interval_covers_as_often_as_it_says() -> None:
    rng = np.random.default_rng(5)
    fits = [fit(DS, powers(1.0, 60, seed), rng, level=0.9) for seed in range(120)]
    covered = sum(f.lower <= 1 <= f.upper for f in fits)
    assert 96 <= covered <= 118  # 108 expected, four standard deviations either side of it at least


def test_the_logarithm_is_divided_out() -> None:
    steps = [np.full(9, round(1000 * d * np.log(d))) for d in DS]
    assert fit(DS, steps, np.random.default_rng(0), logarithm=True).value == pytest.approx(1, abs=1e-5)
    assert fit(DS, steps, np.random.default_rng(0)).value > 1.15


def test_censored_resamples_widen_the_interval() -> None:
    steps = powers(1.0, 21)
    steps[2][:10] = -1
    found = fit(DS, steps, np.random.default_rng(0))
    assert found.upper == np.inf
    assert np.isfinite(found.lower)


def test_one_dimension_has_no_slope() -> None:
    with pytest.raises(ValueError, match="two different d"):
        fit((10, 10), powers(1.0)[:2], np.random.default_rng(0))


def test_the_interval_of_a_share_is_exact_at_its_ends() -> None:
    # All of n: the lower end p solves p^n = tail.
    assert share_interval(20, 20, 0.999)[0] == pytest.approx(0.0005 ** (1 / 20))
    assert share_interval(0, 20, 0.999)[0] == 0.0
    assert share_interval(20, 20, 0.999)[1] == 1.0


def test_what_is_detectable_shrinks_with_n() -> None:
    assert detectable(0.5, 400, 0.999) < detectable(0.5, 50, 0.999) < 1


def test_the_interval_cuts_its_share_of_the_resamples_off_at_both_ends() -> None:
    """Resampled slopes are near normal: the interval of level 0.9 is 2 * 1.645 deviations wide."""
    found = fit(DS, powers(1.5, 400), np.random.default_rng(2), level=0.9)
    assert (found.upper - found.lower) / found.error == pytest.approx(3.29, abs=0.2)
