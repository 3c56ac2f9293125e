"""lambda_k^2 and level signal-to-noise ratios in closed form, against sums over a fine grid of z."""

import numpy as np
import pytest
import sympy
from scipy import special
from tiltproof.link import parse, parse_noise
from tiltproof.numerics.lowering.pointwise import compile_numpy
from tiltproof.theory.signal import best_signal, in_lowest_terms, level_ratio, limit_at_zero, starts_level

#: Cell ends, the mass of each cell, and E[He_k; cell] for k = 1 and 2, by antiderivatives.
_ENDS = np.linspace(-9, 9, 180_001)
_MIDDLES = (_ENDS[1:] + _ENDS[:-1]) / 2
_PHI = np.exp(-(_ENDS**2) / 2) / np.sqrt(2 * np.pi)
_MASS = np.diff(special.ndtr(_ENDS))
_WEIGHT = {1: -np.diff(_PHI), 2: -np.diff(_ENDS * _PHI)}


def on_the_grid(link: str, k: int) -> float:
    """sum over the values y of E[He_k; s = y]^2/(k! P(s = y))."""
    s = np.round(compile_numpy(parse(link).tree)(_MIDDLES), 12)
    _, which = np.unique(s, return_inverse=True)
    mass = np.bincount(which, _MASS)
    weight = np.bincount(which, _WEIGHT[k])
    kept = mass > 1e-300
    return float((weight[kept] ** 2 / mass[kept]).sum() / k)


@pytest.mark.parametrize(
    ("link", "k"),
    [
        ("relu(z)", 1),
        ("clip(z, -1, 2)", 1),
        ("max(z, -1/2)**3", 1),
        ("abs(z)", 2),
        ("clip(z**2, 1/2, 4)", 2),
        ("relu(abs(z) - 1)", 2),
        ("staircase", 1),
        ("where(abs(z) < 1, log(4), where(z > 0, 2*log(2), 0))", 1),
    ],
)
def test_best_signal(link: str, k: int) -> None:
    value = best_signal(parse(link).tree, k)
    assert value is not None
    assert float(value) == pytest.approx(on_the_grid(link, k), abs=1e-6)


@pytest.mark.parametrize(
    ("link", "k"), [("z - 3*tanh(z)", 1), ("relu(z)", 2), ("abs(z) + z/2", 1), ("sin(z)", 1)]
)
def test_best_signal_of_labels_that_do_not_tell_z(link: str, k: int) -> None:
    assert best_signal(parse(link).tree, k) is None


def test_a_level_ratio_needs_one_level() -> None:
    window = level_ratio(parse("window").tree, 2)
    assert window is not None
    assert sympy.simplify(window - sympy.exp(-1) / (sympy.pi * sympy.erf(1 / sympy.sqrt(2)))) == 0
    assert level_ratio(parse("staircase").tree, 1) is None
    assert level_ratio(parse("relu(z)").tree, 1) is None


#: z - c and noise of variance v: 1/(1 + c^2 + v). sin(z): e^{-1}/((1 - e^{-2})/2 + v). z^2 - 1: 2/(2 + v).
@pytest.mark.parametrize(
    ("link", "noise", "value"),
    [
        ("z - 3", "gaussian(1/2)", sympy.Rational(4, 41)),
        ("z - 3", "uniform(3)", sympy.Rational(1, 13)),
        ("sin(z)", "rademacher(1)", sympy.exp(-1) / (sympy.Rational(3, 2) - sympy.exp(-2) / 2)),
        ("z**2 - 1", "gaussian(1)", sympy.Rational(2, 3)),
    ],
)
def test_limit_at_zero(link: str, noise: str, value: sympy.Expr) -> None:
    found = limit_at_zero(parse(link).tree, 2 if "**" in link else 1, parse_noise(noise))
    assert found is not None
    assert sympy.simplify((found - value).rewrite(sympy.exp)) == 0


def test_a_limit_without_exact_moments_is_not_given() -> None:
    assert limit_at_zero(parse("relu(z) - abs(sin(z))/2").tree, 1, parse_noise("gaussian(1)")) is None


@pytest.mark.parametrize(
    ("link", "noise", "level"),
    [
        # z - c: mu_{2,1}/mu_{1,1} = -2c and E y^3/E y^2 = -c(c^2 + 3 + 3v)/(1 + c^2 + v) agree at v = c^2 - 1
        ("z - 5/4", "gaussian(3/4)", True),
        ("z - 5/4", "gaussian(1)", False),
        ("z - 5/4", "gaussian(1/2)", False),
        ("sin(z)", "gaussian(1)", True),
        ("relu(z) - abs(sin(z))/2", "gaussian(1)", False),
    ],
)
def test_whether_the_ratio_starts_level(link: str, noise: str, level: bool) -> None:
    assert starts_level(parse(link).tree, 1, parse_noise(noise)) is level


@pytest.mark.parametrize(
    ("link", "k", "noise", "value"),
    [("z - 3", 1, "none", 1), ("3*z - 3", 1, "gaussian(3)", sympy.Rational(1, 2)),
     ("z**2 - 10", 2, "none", 1),
     ("relu(z)", 1, "none", sympy.pi / (2 * sympy.pi - 2))],
)  # fmt: skip
def test_the_centred_limit_has_the_variance_below(link: str, k: int, noise: str, value: sympy.Expr) -> None:
    found = limit_at_zero(parse(link).tree, k, parse_noise(noise), "centered")
    assert found is not None
    assert sympy.simplify(found - value) == 0


def test_there_is_no_limit_for_weights_alone() -> None:
    assert limit_at_zero(parse("z - 3").tree, 1, parse_noise("none"), "weight") is None


@pytest.mark.parametrize(
    ("link", "k", "noise", "level"),
    [
        ("z - 3", 1, "none", True),
        ("3*tanh(z) - 9/10", 1, "gaussian(1)", True),
        ("z**2 - 10", 2, "none", True),
        # Noise adds to E (y - E y)^2 alone.
        ("z**2 - 10", 2, "gaussian(1)", False),
        ("relu(z) - abs(sin(z))/2", 1, "none", False),
    ],
)
def test_whether_the_centred_ratio_starts_level(link: str, k: int, noise: str, level: bool) -> None:
    assert starts_level(parse(link).tree, k, parse_noise(noise), "centered") is level


@pytest.mark.parametrize(
    ("link", "k", "ratio"),
    [
        ("where(z > 0, -1, -3)", 1, "2/pi"),
        ("sign(z*(z**2 - 2*log(2)))", 3, "4*log(2)**2/(3*pi)"),
        ("where(z > 1, 2, where(z > 0, 1, 0))", 1, None),
        ("tanh(z)", 1, None),
    ],
)
def test_two_levels_have_one_centred_ratio(link: str, k: int, ratio: str | None) -> None:
    found = level_ratio(parse(link).tree, k, "centered")
    assert (None if found is None else str(sympy.simplify(found))) == ratio
    assert level_ratio(parse(link).tree, k, "weight") is None


def test_powers_of_e_beyond_any_digits_are_left_as_they_are() -> None:
    ratio = 1 / (sympy.exp(-(10**12)) + sympy.pi)
    assert in_lowest_terms(ratio) == ratio
