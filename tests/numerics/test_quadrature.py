"""The mpmath quadrature: right, within the error it states, and never silent about divergence.

Oracles: closed forms derived by hand (shift, completion of the square, truncated normal moments,
Stein's identity), typed in below, and thresholds known to 20 digits.
"""

from collections.abc import Callable
from fractions import Fraction
from typing import Any

import mpmath
import numpy as np
import pytest
from tiltproof.link import parse
from tiltproof.numerics.estimates import quadrature
from tiltproof.numerics.estimates.cuts import panel_ends
from tiltproof.numerics.estimates.quadrature import Divergent, mean_with, tilted_moment, tilted_moments
from tiltproof.numerics.lowering.pointwise import mp

T = Fraction(3, 10)
Exact = Callable[[Any], Any]


def phi0() -> Any:
    return 1 / mp.sqrt(2 * mp.pi)


#: (link, k, power, t, closed form in t).
CLOSED: list[tuple[str, int, int, Fraction, Exact]] = [
    ("z + 2", 3, 0, T, lambda t: mp.exp(2 * t + t**2 / 2) * t**3),
    ("z - 3", 1, 1, T, lambda t: mp.exp(-3 * t + t**2 / 2) * (1 - 3 * t + t**2)),
    ("z**2 - 10", 2, 0, T, lambda t: mp.exp(-10 * t) * (1 - 2 * t) ** mp.mpf("-1.5") * 2 * t),
    ("z**2", 0, 0, Fraction(49, 100), lambda t: 1 / mp.sqrt(1 - 2 * t)),
    ("where(z > 0, -1, -3)", 1, 1, T, lambda t: phi0() * (3 * mp.exp(-3 * t) - mp.exp(-t))),
    ("staircase", 1, 1, T, lambda t: -4 * phi0() / 3 * (mp.cosh(2 * t) - mp.cosh(t))),
    ("sign-cubic", 3, 1, T, lambda t: 4 * mp.log(2) * phi0() * mp.cosh(t)),
    ("relu(z)", 1, 0, T, lambda t: t * mp.exp(t**2 / 2) * mp.ncdf(t)),
    ("abs(z)", 0, 0, T, lambda t: 2 * mp.exp(t**2 / 2) * mp.ncdf(t)),
    ("abs(z - 1/3)", 1, 1, Fraction(0), lambda t: mp.erf(-1 / (3 * mp.sqrt(2)))),
    ("sin(z)", 1, 1, Fraction(0), lambda t: mp.exp(mp.mpf(-1) / 2)),
    ("cos(z)", 2, 1, Fraction(0), lambda t: -mp.exp(mp.mpf(-1) / 2)),
    ("erf(z)", 1, 1, Fraction(0), lambda t: 2 / mp.sqrt(3 * mp.pi)),
    ("gelu(z)", 0, 1, Fraction(0), lambda t: 1 / (2 * mp.sqrt(mp.pi))),
    ("exp(z)", 2, 1, Fraction(0), lambda t: mp.exp(mp.mpf(1) / 2)),
    ("bump4", 4, 2, Fraction(0), lambda t: -24 * mp.mpf(5) ** mp.mpf("-3.5")),
    ("abs(z)**(1/2)", 0, 1, Fraction(0), lambda t: 2 ** mp.mpf("0.25") * mp.gamma(0.75) / mp.sqrt(mp.pi)),
]

#: (link, k, beta): alpha_k changes sign at this temperature.
THRESHOLDS = [
    ("tanh(z) - 9/10", 1, "0.47720340610302870941894"),
    ("tanh(z) - 9/10", 1, "0.168483694102056109"),
    ("tanh(He(3, z)/sqrt(6))", 1, "0.30619091457514471038782"),
    ("tanh(He(4, z)/5)", 2, "0.58606158052793600369"),
    ("clip(He(3, z), -4, 4)", 1, "2.178721056535516768793"),
]

DIVERGENT = [("He(3, z)", T), ("z**2", Fraction(1, 2)), ("z**2", Fraction(3, 5)), ("exp(z)", T),
             ("exp(z**2)", Fraction(0)), ("exp(-z**3)", Fraction(0)), ("abs(z)**3", T),
             ("where(z > 9, z**3, 0)", T)]  # fmt: skip


@pytest.mark.parametrize(("source", "k", "power", "t", "exact"), CLOSED, ids=lambda v: str(v)[:24])
def test_true_error_is_within_the_stated_error(
    source: str, k: int, power: int, t: Fraction, exact: Exact
) -> None:
    found = tilted_moment(parse(source).tree, k, power, t, 20)
    with mp.workdps(40):
        assert abs(found.value - exact(mp.mpf(t.numerator) / t.denominator)) <= found.error


@pytest.mark.parametrize("source", ["z - 3", "z**2 - 10", "where(z > 0, -1, -3)", "staircase", "relu(z)"])
def test_easy_links_reach_the_digits_asked_for(source: str) -> None:
    found = tilted_moment(parse(source).tree, 1, 1, T, 15)
    assert found.error < 1e-13 * (1 + abs(found.value))


@pytest.mark.parametrize(("source", "k", "beta"), THRESHOLDS)
def test_signal_changes_sign_at_the_known_threshold(source: str, k: int, beta: str) -> None:
    tree, t = parse(source).tree, 1 / Fraction(beta)
    below, above = (tilted_moment(tree, k, 1, t * (1 + Fraction(side, 10**5)), 15) for side in (-1, 1))
    assert below.value * above.value < 0


@pytest.mark.parametrize(("source", "t"), DIVERGENT)
def test_a_divergent_integral_gets_no_estimate(source: str, t: Fraction) -> None:
    with pytest.raises(Divergent, match="does not decay"):
        tilted_moment(parse(source).tree, 0, 1, t, 20)


def test_a_cutoff_farther_away_adds_its_own_panels_alone() -> None:
    quadrature._nodes.cache_clear()
    quadrature._of_panel.cache_clear()
    added = []
    with mp.workdps(20):
        for radius in (26, 44):
            before = quadrature._of_panel.cache_info().misses
            quadrature._nodes((), radius, 12, 1)
            added.append(quadrature._of_panel.cache_info().misses - before)
    assert added == [26, 44 - 26]


def test_no_panel_runs_back_from_a_singular_point_beyond_the_cutoff() -> None:
    found = panel_ends(parse("log(abs(z - 30))").tree, 8, 20)
    assert [low for low, _ in quadrature._panels(found, 8)] == list(range(-8, 8))


@pytest.mark.parametrize("shift", [0, Fraction(1, 3)])
def test_a_layer_as_steep_as_a_jump_is_seen(shift: Fraction) -> None:
    """E tanh(c(Z - b))^2 = 1 - 2 phi(b)/c, but for terms in c^-3."""
    found = tilted_moment(parse(f"tanh(10**6*(z - {shift}))").tree, 0, 2, Fraction(0), 20)
    assert abs(found.value - 1 + 2e-6 * mp.npdf(mp.mpf(shift.numerator) / shift.denominator)) < 1e-15


def test_kinks_off_the_sampling_grid_are_found() -> None:
    """E 1[|Z - 1/7| < 1/3] is a difference of normal distribution functions."""
    found = tilted_moment(parse("where(abs(z - 1/7) < 1/3, 1, 0)").tree, 0, 1, Fraction(0), 20)
    with mp.workdps(30):
        assert abs(found.value - mp.ncdf(mp.mpf(10) / 21) + mp.ncdf(mp.mpf(-4) / 21)) < 1e-20


def test_touching_without_crossing_is_harmless() -> None:
    found = tilted_moment(parse("abs((z - 1/3)**2)").tree, 2, 1, Fraction(0), 20)
    assert abs(found.value - 2) < 1e-19


def test_sharing_nodes_changes_nothing() -> None:
    tree = parse("tanh(z) - 9/10").tree
    table = tilted_moments(tree, (0, 1, 5), (0, 1, 2), T, 20)
    assert table.keys() == {(i, k) for i in (0, 1, 2) for k in (0, 1, 5)}
    for (i, k), shared in table.items():
        alone = tilted_moment(tree, k, i, T, 20)
        assert abs(shared.value - alone.value) <= shared.error + alone.error


def test_the_users_precision_is_left_alone_even_by_an_error() -> None:
    before = mpmath.mp.prec, mp.prec
    with pytest.raises(Divergent):
        tilted_moment(parse("He(3, z)").tree, 1, 1, T, 60)
    assert (mpmath.mp.prec, mp.prec) == before


@pytest.mark.parametrize(
    ("source", "k", "exact"),
    [
        ("z", 1, lambda t: t * mp.exp(t**2 / 2)),
        ("z", 2, lambda t: t**2 * mp.exp(t**2 / 2)),
        ("abs(z)", 0, lambda t: 2 * mp.exp(t**2 / 2) * mp.ncdf(t)),
        ("where(z > 0, -1, -3)", 1, lambda t: phi0() * (mp.exp(-t) - mp.exp(-3 * t))),
    ],
    ids=lambda v: str(v)[:24],
)
def test_sums_in_doubles_err_by_no_more_than_they_state(source: str, k: int, exact: Exact) -> None:
    found = mean_with(parse(source).tree, k, lambda s: np.exp(s / 2))
    assert abs(found.value - exact(mp.mpf(1) / 2)) <= found.error < 1e-11
