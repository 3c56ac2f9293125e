"""The bounds on the value gap under random reward errors, and the search that attacks them."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tiltproof.link import parse
from tiltproof.numerics.experiments.gap import (
    candidates,
    discrete,
    search,
    search_pilot,
    second_order,
    spread,
)

LAWS = [
    discrete(parse(name).tree, t) for name, t in (("tanh", 2.0), ("z", 0.5), ("staircase", 1.0), ("abs", 1.0))
]
knots = st.lists(st.floats(-3, 3), min_size=5, max_size=5)


@settings(max_examples=150, deadline=None)
@given(st.sampled_from(LAWS), knots)
def test_no_piecewise_linear_error_breaks_the_bound(law, heights) -> None:  # type: ignore[no-untyped-def]
    delta = np.interp(law.z, np.linspace(law.z[0], law.z[-1], 5), heights)
    osc = float(np.ptp(delta))
    if osc > 0:
        bound = np.expm1(law.t * osc) / osc * spread(law.p, law.reward) * spread(law.p, delta)
        assert abs(law.gap(delta)) <= bound * (1 + 1e-9) + 1e-12


@settings(max_examples=150, deadline=None)
@given(st.sampled_from(LAWS), knots, knots)
def test_no_pilot_breaks_the_surrogate_bound(law, heights, pilot) -> None:  # type: ignore[no-untyped-def]
    grid = np.linspace(law.z[0], law.z[-1], 5)
    delta, error = np.interp(law.z, grid, heights), np.interp(law.z, grid, pilot)
    osc = float(np.ptp(delta))
    if osc > 0:
        bound = np.expm1(law.t * osc) / osc * spread(law.p, law.reward) * np.exp(law.t * np.ptp(error) / 2)
        assert abs(law.gap(delta)) <= bound * spread(law.tilted(error), delta) * (1 + 1e-9) + 1e-12


@pytest.mark.parametrize("law", LAWS, ids=lambda law: f"t={law.t}")
def test_the_gap_is_the_integral_of_the_covariance(law) -> None:  # type: ignore[no-untyped-def]
    delta = np.cos(law.z)
    assert law.path_integral(delta) == pytest.approx(law.gap(delta), rel=1e-9)


def test_the_search_finds_a_bound_that_is_a_little_too_small() -> None:
    def sides(law, delta):  # type: ignore[no-untyped-def]
        osc = float(np.ptp(delta))
        bound = 0.98 * np.expm1(law.t * osc) / osc * spread(law.p, law.reward) * spread(law.p, delta)
        return abs(law.gap(delta)), bound

    tried = candidates(LAWS[0], np.random.default_rng(0))
    assert search(LAWS[0], tried, sides).ratio > 1


@settings(max_examples=150, deadline=None)
@given(st.sampled_from(LAWS), knots)
def test_no_clipped_error_breaks_the_bound_of_second_order(law, heights) -> None:  # type: ignore[no-untyped-def]
    delta = np.interp(law.z, np.linspace(law.z[0], law.z[-1], 5), heights)
    gap, first, remainder = second_order(law, delta)
    assert gap <= (first + remainder) * (1 + 1e-9) + 1e-12


def test_the_bound_of_second_order_is_sharp_for_small_multiples_of_the_reward() -> None:
    law = discrete(parse("z").tree, 0.5)
    gap, first, remainder = second_order(law, 1e-4 * (law.reward - law.p @ law.reward))
    assert gap == pytest.approx(first, rel=1e-3)
    assert remainder < 0.01 * first


def test_the_pilot_search_finds_a_missing_pilot_factor() -> None:
    def bound(law, delta, osc, error):  # type: ignore[no-untyped-def]
        own = np.expm1(law.t * osc) / osc * spread(law.p, law.reward)
        return own * spread(law.tilted(error), delta)

    assert search_pilot(LAWS[0], bound, np.random.default_rng(0)).ratio > 1
