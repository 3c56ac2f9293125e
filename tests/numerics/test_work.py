"""Work is counted, not timed: a search gives up at the same place on every machine."""

from fractions import Fraction

import pytest
from tiltproof.link import parse
from tiltproof.numerics.expectation.oracle import Unresolved, oracle
from tiltproof.numerics.work import Exhausted, allowance, spend

TREE = parse("tanh(3*z) + z/7").tree


def cost(digits: int = 20) -> float:
    with allowance(1e9) as account:
        oracle(TREE).tilted_moments((1,), (1,), Fraction(1), digits)
    return 1e9 - account.left


def test_the_count_does_not_depend_on_what_is_remembered() -> None:
    oracle.cache_clear()
    cold = cost()
    assert cold == cost() > 100


def test_a_search_that_uses_up_its_allowance_says_so() -> None:
    with allowance(10) as account, pytest.raises(Exhausted, match="used up"):
        oracle(TREE).tilted_moments((1,), (1,), Fraction(1), 20)
    assert account.exhausted
    assert issubclass(Exhausted, Unresolved)


def test_what_is_shared_is_paid_once() -> None:
    owner = object()
    with allowance(10) as account:
        spend(6, owner, "part")
        spend(6, owner, "part")
        assert account.left == 4
        with pytest.raises(Exhausted):
            spend(6, owner, "another part")


def test_a_search_inside_pays_for_itself() -> None:
    with allowance(10) as outer:
        with allowance(100):
            spend(50)
        assert outer.left == 10


def test_without_an_allowance_nothing_is_counted() -> None:
    spend(1e30)
