"""The level from which the top of a link decides the sign of its signal."""

from contextlib import suppress

import numpy as np
import pytest
from numpy.polynomial import hermite_e
from tiltproof.link import parse
from tiltproof.numerics.expectation.oracle import oracle
from tiltproof.numerics.lowering.pointwise import compile_numpy
from tiltproof.numerics.threshold.signal import dominance_start
from tiltproof.numerics.work import Exhausted, allowance, spend

GRID = np.linspace(-9, 9, 180_001)


@pytest.mark.parametrize("weight", [False, True])
@pytest.mark.parametrize(
    ("link", "k"),
    [
        ("sign(z)*where(abs(z) < 3/2, 1, -2)", 1),
        ("tanh(z) - 9/10", 1),
        ("tanh(z**2) - 1/4", 2),
        # Far out the sign is wrong up to 1/2.
        ("where(z < -17/2, 1/2, 2*tanh(z) - 9/10)", 1),
        ("where(z > 17/2, 1/2, 2*tanh(-z) - 9/10)", 1),
    ],
)
def test_no_sample_above_the_level_has_the_wrong_sign(link: str, k: int, weight: bool) -> None:
    tree = parse(link).tree
    found = dominance_start(oracle(tree), k, weight)
    if found is None:
        assert weight
        return
    s = compile_numpy(tree)(GRID)
    integrand = hermite_e.hermeval(GRID, [0] * k + [1]) * (1 if weight else s)
    assert np.all(found.sign * integrand[s > float(found.level)] >= 0)


def test_the_work_of_who_asks_first_is_not_what_is_kept() -> None:
    dominance_start.cache_clear()
    tree = parse("tanh(z) - 9/10").tree
    with allowance(1):
        with suppress(Exhausted):
            spend(2)
        assert dominance_start(oracle(tree), 1, False) is not None
