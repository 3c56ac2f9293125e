"""Quadrature says that two sides differ only where they do so by more than its own error."""

from fractions import Fraction

import pytest
from tiltproof.crosscheck.legs.identity import Identity, Reader, Real, by_estimates
from tiltproof.crosscheck.verdict import Outcome
from tiltproof.link import parse


def mean_square(text: str, value: Fraction) -> Identity:
    """E s^2 = value."""

    def left(read: Reader) -> Real:
        return read.moments(parse(text).tree, Fraction(0), (2,))[0]

    def right(read: Reader) -> Real:
        return read.number(value)

    return Identity("E s^2", left, right)


#: E sin(a Z)^2 = (1 - e^{-2a^2})/2, which is 1/2 to 500 digits.
@pytest.mark.parametrize("speed", [24, 40])
def test_waves_too_fast_for_the_rule_are_undecided(speed: int) -> None:
    found = by_estimates([mean_square(f"sin({speed}*z)", Fraction(1, 2))])
    assert found.outcome in (Outcome.UNDECIDED, Outcome.SUPPORTS)


def test_a_difference_of_one_in_a_thousand_is_seen() -> None:
    assert by_estimates([mean_square("z", Fraction(1001, 1000))]).outcome is Outcome.REFUTES
