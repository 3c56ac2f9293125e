"""lambda_k^2 against closed forms, and against mpmath where two preimages mix."""

import mpmath
import pytest
from flint import arb
from tiltproof.link import parse
from tiltproof.numerics.expectation.oracle import Unresolved, oracle
from tiltproof.numerics.threshold.level_sets import level_sets
from tiltproof.numerics.threshold.signal_ceiling import best_signal

#: E[Z^2; Z < -1].
_BELOW = mpmath.ncdf(-1) + mpmath.npdf(1)


@pytest.mark.parametrize(
    ("link", "k", "value"),
    [
        ("tanh(z)", 1, "1"),
        ("-exp(z)", 3, "1"),
        ("z**2", 2, "1"),
        ("sign(z)", 1, str(2 / mpmath.pi)),
        ("relu(z)", 1, str(1 / mpmath.pi + mpmath.mpf(1) / 2)),
        # z itself below -1, an atom above 1, and |z| in between, which knows nothing of the sign.
        ("where(z < -1, -z, abs(clip(z, -1, 1)))", 1, str(_BELOW + mpmath.npdf(1) ** 2 / mpmath.ncdf(-1))),
    ],
)
def test_closed_values(link: str, k: int, value: str) -> None:
    found = best_signal(parse(link).tree, k)
    assert found.contains(arb(value)) or found.overlaps(arb(value, 1e-12))
    assert found.rad() < 1e-3


def test_two_preimages_against_quadrature() -> None:
    """z^2 + z takes each value at z and at -1 - z, where its slopes are the same up to sign."""

    def squared(z: mpmath.mpf) -> mpmath.mpf:
        a, b = mpmath.npdf(z), mpmath.npdf(-1 - z)
        return ((z * a + (-1 - z) * b) / (a + b)) ** 2 * a

    found = best_signal(parse("z**2 + z").tree, 1)
    value = mpmath.quad(squared, [-12, -4, -1, 0, 1, 4, 12])
    assert found.lower() < arb(str(value)) < found.upper()


@pytest.mark.parametrize("link", ["tanh-He3", "clip-He3", "sin", "gelu", "z-cos", "clip(z**2 + z, 0, 3)"])
def test_no_power_of_the_label_carries_more(link: str) -> None:
    tree = parse(link).tree
    moments = oracle(tree).tilted_moments((0, 1), (1, 2), 0, 15)
    mean, signal = moments[1, 0], moments[1, 1]
    ratio = signal * signal / (moments[2, 0] - mean * mean)
    assert ratio < best_signal(tree, 1).upper()


def test_more_bins_do_not_contradict_fewer() -> None:
    tree = parse("bump4").tree
    assert len(level_sets(tree, 64).bins) > len(level_sets(tree, 32).bins)
    assert best_signal(tree, 4).overlaps(arb("0.2301", "0.0005"))


def test_a_slope_that_touches_zero_is_not_resolved() -> None:
    with pytest.raises(Unresolved, match="neither isolated nor excluded"):
        best_signal(parse("z - sin(z)").tree, 1)


def test_a_link_beyond_the_range_of_doubles_is_answered_without_a_warning() -> None:
    """He_4(z/2) - 3 cosh(z - 1000) is all but e^{-z}: what is carried lies in [0, 1], however wide."""
    found = best_signal(parse("He(4, z/2) - 3*cosh(z - 1000)").tree, 1)
    assert found.overlaps(arb("0.5", "0.5"))
