"""Doubles with what they are off, against exact fractions and wide balls."""

from fractions import Fraction

import numpy as np
import pytest
from flint import arb
from tiltproof.numerics.deployment.columns import Doubles, joined, pairs
from tiltproof.numerics.precision import Unresolved, working


def _random(seed: int, *shape: int) -> Doubles:
    rng = np.random.default_rng(seed)
    value = rng.standard_normal(shape) * 10.0 ** rng.integers(-9, 9, shape)
    return Doubles(value, np.abs(value) * 1e-13 * rng.random(shape))


def _ends(one: Doubles) -> list[list[Fraction]]:
    """All that lies at the lower, and at the upper ends."""
    return [
        [Fraction(v) + sign * Fraction(e) for v, e in zip(one.value.flat, one.off.flat, strict=True)]
        for sign in (-1, 1)
    ]


def _holds(found: Doubles, true: list[Fraction]) -> bool:
    parts = zip(found.value.flat, found.off.flat, true, strict=True)
    return all(abs(Fraction(v) - x) <= Fraction(e) for v, e, x in parts)


@pytest.mark.parametrize("name", ["__add__", "__sub__", "__mul__"])
def test_an_operation_holds_what_its_numbers_may_give(name: str) -> None:
    a, b = _random(1, 40), _random(2, 40)
    found = getattr(a, name)(b)
    for xs in _ends(a):
        for ys in _ends(b):
            assert _holds(found, [getattr(x, name)(y) for x, y in zip(xs, ys, strict=True)])


def test_a_sum_over_many_nodes_holds_the_true_one() -> None:
    rows, column = _random(3, 3, 400), _random(4, 400)
    found = rows @ column
    for xs in _ends(rows):
        for ys in _ends(column):
            true = [
                sum(x * y for x, y in zip(xs[i * 400 : (i + 1) * 400], ys, strict=True)) for i in range(3)
            ]
            assert _holds(found, [Fraction(x) for x in true])
    assert (found.off <= 1e-12 * (np.abs(rows.value) @ np.abs(column.value))).all()


def test_balls_are_rounded_outward_and_back() -> None:
    with working(128):
        third = arb(1) / 3
        found = Doubles.of([[third], [arb(1, 0.25)]])
        assert _holds(found, [Fraction(1, 3), Fraction(5, 4)])
        assert all(ball.contains(x) for ball, x in zip(found.balls(), (third.mid(), arb(0.75)), strict=True))


def test_a_ball_holds_all_that_stands_in_its_row() -> None:
    rows = joined([Doubles(np.array([[1.0], [2.0]]), np.full((2, 1), 0.5)), _random(5, 2, 1)])
    for ball, values in zip(rows.balls(), rows.value.reshape(2, -1), strict=True):
        assert all(ball.contains(arb(float(v))) for v in values)


def test_pairs_are_the_products_of_rows() -> None:
    rows = Doubles(np.array([[2.0], [3.0], [5.0]]), np.zeros((3, 1)))
    assert pairs(rows).value.ravel().tolist() == [4, 6, 9, 10, 15, 25]


def test_what_leaves_the_doubles_is_no_bound() -> None:
    with np.errstate(over="ignore"):
        vast = Doubles(np.array([1e200]), np.zeros(1))
        with pytest.raises(Unresolved, match="leave the doubles"):
            (vast * vast).balls()
