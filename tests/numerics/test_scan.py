"""Scans in double precision against certified expectations."""

from fractions import Fraction

import numpy as np
import pytest
from tiltproof.interface.output.plots import sample
from tiltproof.link import parse
from tiltproof.numerics.estimates.scan import scan
from tiltproof.numerics.expectation.oracle import oracle
from tiltproof.numerics.precision import Unresolved
from tiltproof.numerics.threshold.snr import Ratio

import tiltproof

#: Links and the largest t: smooth, with kinks, steep, wavy, near t_max, with far tails.
LINKS = {
    "tanh": 8.0, "clip-He3": 3.0, "relu": 6.0, "tanh(40*z)": 30.0, "sin(7*z)": 30.0, "z**2": 0.49,
    "z*cos(z)": 7.0, "sign-cubic": 10.0, "-He(4, z)": 10.0,
}  # fmt: skip


@pytest.mark.parametrize("link", LINKS)
def test_means_agree_with_balls(link: str) -> None:
    tree, top = parse(link).tree, LINKS[link]
    found = scan(tree, range(6), (0, 1), np.linspace(top / 7, top, 7))
    assert found.error < 1e-8
    for j in (0, 6):
        table = oracle(tree).tilted_moments(range(6), (0, 1), Fraction(float(found.ts[j])), 12)
        for i in (0, 1):
            for k in range(6):
                value = float(table[i, k] / table[0, 0])
                size = np.sqrt(float((table[0, 0] + table[0, 4] + 6 * table[0, 2]) / table[0, 0]) + 5) ** 3
                assert found.of(i, k)[j] == pytest.approx(value, rel=1e-8, abs=1e-11 * size)
        assert found.log_mass[j] == pytest.approx(float(table[0, 0].log()), abs=1e-9)


@pytest.mark.parametrize(
    ("link", "signal", "noise"),
    [
        pytest.param("tanh(z) - 9/10", "label", "uniform(1)", marks=pytest.mark.slow),
        ("z**2 - 10", "centered", "gaussian(1/2)"),
        ("relu(z)", "weight", None),
        ("clip-He3", "centered", "rademacher(1/2)"),
    ],
)
def test_the_drawn_ratio_agrees_with_balls(link: str, signal: str, noise: str | None) -> None:
    asked = tiltproof.threshold(link, signal, noise, digits=8)  # type: ignore[arg-type]
    curves = sample(asked, 30)
    assert curves is not None
    drawn = curves.ratio(asked.signal)
    ratio = Ratio(oracle(asked.link.tree), curves.star, asked.signal, asked.noise)
    for j in (20, 29):
        assert drawn[j] == pytest.approx(float(ratio.over(Fraction(float(1 / curves.at[j]))).mid()), rel=1e-6)
    assert (drawn[~curves.finite] == 0).all()


def test_waves_that_no_rule_follows_are_not_drawn() -> None:
    with pytest.raises(Unresolved, match="two quadrature rules still differ"):
        scan(parse("sin(exp(2*z))").tree, (0, 1), (0, 1), [1.0, 5.0])
