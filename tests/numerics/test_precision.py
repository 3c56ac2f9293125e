"""Balls as exact numbers and as decimals, at sizes that no memory holds."""

from decimal import Decimal
from fractions import Fraction

import pytest
from flint import arb
from tiltproof.numerics.deployment.policy import sharp
from tiltproof.numerics.precision import Unresolved, as_fraction, decimal_bounds, relative_digits, working

HUGE = arb("1e1000000000")


@pytest.mark.parametrize(
    "value", [HUGE, -HUGE, 1 / HUGE, arb(10**30).exp(), arb.pos_inf(), arb.nan()],
    ids=["large", "negative", "small", "exponential", "infinite", "none"],
)  # fmt: skip
def test_a_number_too_long_to_be_written_out_is_refused(value: arb) -> None:
    with pytest.raises(Unresolved):
        as_fraction(value)


def test_the_middle_of_a_ball_is_exact() -> None:
    assert as_fraction(arb(3) / 8) == Fraction(3, 8)
    assert as_fraction(arb(0)) == 0
    assert as_fraction(arb(2) ** -3000) == Fraction(1, 2**3000)


@pytest.mark.parametrize(
    ("value", "bounds"),
    [(arb(0, HUGE), ("-inf", "inf")), (arb(1, HUGE), ("-inf", "inf")), (arb.nan(), ("-inf", "inf"))],
    ids=["around 0", "around 1", "none"],
)  # fmt: skip
def test_a_ball_that_tells_nothing_has_no_bounds(value: arb, bounds: tuple[str, str]) -> None:
    assert decimal_bounds(value, 10) == bounds


def test_a_huge_number_is_enclosed() -> None:
    lower, upper = (Decimal(end) for end in decimal_bounds(HUGE, 10))
    assert Decimal("9.99999999e999999999") < lower < Decimal("1e1000000000") < upper
    assert upper < Decimal("1.00000001e1000000000")


@pytest.mark.parametrize(("lost", "times"), [(0, 1), (7, 2), (40, 3)])
def test_a_value_is_sharpened_until_it_has_its_digits(lost: int, times: int) -> None:
    asked: list[int] = []

    def compute(wanted: int) -> arb:
        asked.append(wanted)
        return arb(1, arb(10) ** (lost - wanted))

    with working(400):
        found = sharp(compute, 20)
    assert relative_digits(found) >= 20
    assert asked[0] == 25
    # By the digits that are missing; a ball that holds 0 does not tell how many.
    assert len(asked) == times
    assert asked[-1] <= 25 + max(lost - 5, 0) + 4


def test_a_zero_ends_as_a_small_ball_and_what_is_no_number_at_once() -> None:
    asked: list[int] = []

    def compute(wanted: int) -> arb:
        asked.append(wanted)
        return arb(0, arb(10) ** -wanted)

    with working(400):
        found = sharp(compute, 20)
        assert found.contains(0)
        assert found.rad() < arb(10) ** -30
        assert asked == [25, 48]
        assert not sharp(lambda wanted: arb.nan(), 20).is_finite()
