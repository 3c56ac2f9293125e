"""Quadrature says that two sides differ only where they do so by more than its own error."""

from fractions import Fraction

import mpmath
import pytest
import sympy
from tiltproof.crosscheck.claim import Subject
from tiltproof.crosscheck.claims import CLAIMS
from tiltproof.crosscheck.legs.identity import Estimates, Identity, Reader, Real, by_estimates
from tiltproof.crosscheck.verdict import Outcome
from tiltproof.link import parse
from tiltproof.numerics.precision import Unresolved


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


def test_a_stated_number_is_read_from_an_enclosure() -> None:
    # Digits by SymPy would have to tell erf(354) from 1, which takes minutes.
    hardly = sympy.exp(-125000) + 1 - sympy.erf(354)
    assert float(mpmath.log10(Estimates().read(hardly))) == pytest.approx(-54286.8, abs=0.05)
    assert float(Estimates().read(sympy.sqrt(2))) == pytest.approx(2**0.5, rel=1e-15)
    with pytest.raises(Unresolved):
        Estimates().read(10**18000 * (1 - sympy.erf(200)))


@pytest.mark.parametrize(
    "link",
    [
        "where(z > 0, sqrt(3 + 2*sqrt(2)), -1)",
        pytest.param("where(z > 0, sqrt(2) + 1, 1 - sqrt(3 + 2*sqrt(2)))", marks=pytest.mark.slow),
        "where(z > log(2), log(6) - log(3), -log(2)/3)",
    ],
)
def test_limits_of_nested_numbers_refute_nothing_true(link: str) -> None:
    claim = CLAIMS["T12"]
    assert claim.legs["symbolic"](Subject(parse(link)), claim.statement).outcome is Outcome.SUPPORTS
