"""The assertion language: what it reads, and one clear sentence for what it refuses."""

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tiltproof.link import LinkError
from tiltproof.link.assertion import (
    Range,
    comparisons,
    opposite,
    parameters_of,
    parse_assertion,
    parse_quantifier,
)
from tiltproof.link.text import text as written
from tiltproof.link.tree import Call, Compare, Logic


def read(text: str):
    return parse_assertion(text, ("beta",), {"k": Fraction(2)})


def test_and_binds_tighter_than_or_and_not_tightest() -> None:
    found = read("not V(beta) > 1 and IE == 1 or GE == 2")
    assert isinstance(found, Logic)
    assert found.op == "or"
    assert [part.op for part in comparisons(found)] == ["<=", "==", "=="]


def test_not_turns_and_into_or() -> None:
    found = read("not (V(beta) > 1 and IE == 1)")
    assert isinstance(found, Logic)
    assert (found.op, [part.op for part in comparisons(found)]) == ("or", ["<=", "!="])
    assert opposite(opposite(found)) == found


def test_an_enumerated_parameter_is_replaced_and_a_real_one_stays() -> None:
    found = read("alpha(k, beta*k) > 0")
    assert isinstance(found, Compare)
    assert isinstance(found.left, Call)
    assert written(found.left) == "alpha(2, beta*2)"
    assert parameters_of(found) == {"beta"}


def test_parentheses_are_not_comparisons() -> None:
    read(" + ".join(["(beta)"] * 80) + " > 0")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("alpha(1, beta)", "must compare two numbers"),
        ("1 < beta < 2", "do not chain"),
        ("alpha(1, bet) > 0", "did you mean beta"),
        ("alpha(beta, 1) > 0", "order k of alpha must be an integer"),
        ("alpha(1) > 0", "alpha takes 2 arguments"),
        ("alpha(1, 0) > 0", "a temperature is positive"),
        ("z > 0", "z stands only inside mean"),
        ("mean(beta*z) > 0", "a real parameter cannot stand inside mean"),
        ("mean(V(2)) > 0", "an expression in z alone"),
        ("mean(1/z) > 0", "z = 0"),
        ("alpha > 0", "write alpha(k, beta)"),
        ("GE(2) > 0", "is a number, not a function"),
        ("9**9**9 > 0", "900 digits"),
        ("beta**1000 > 0", "exponent"),
        ("mu(1000, 1) > 0", "from 0 to 64"),
        ("__import__('os') > 0", "unexpected"),
        ("not 1", "'not' stands before a comparison"),
        (" and ".join(["1 > 0"] * 61), "more than 60 comparisons"),
        ("(" * 200 + "1 > 0", "nested"),
        ("1 > 0 " * 2000, "characters"),
    ],
)
def test_refusals_say_what_is_wrong(text: str, said: str) -> None:
    with pytest.raises(LinkError) as refused:
        read(text)
    assert said in str(refused.value)


@given(st.text(alphabet="alphk(1,bet)><=0. ornd*/-+muIGEVz^'\"\\;", max_size=60))
def test_any_text_is_read_or_refused(text: str) -> None:
    try:
        found = read(text)
    except LinkError:
        return
    assert isinstance(found, (Compare, Logic))


@pytest.mark.parametrize(
    ("spec", "shown"),
    [
        ("(0.5, 20)", "(0.5, 20)"),
        ("(1/3, 20)", "(1/3, 20)"),
        ("[1,oo)", "[1, oo)"),
        ("(beta1, 1/t_max]", "(beta1, 1/t_max]"),
    ],
)
def test_intervals(spec: str, shown: str) -> None:
    found = parse_quantifier("beta", spec)
    assert isinstance(found, Range)
    assert str(found) == shown


def test_integers_and_single_numbers() -> None:
    assert parse_quantifier("k", "1:4") == (1, 2, 3, 4)
    assert parse_quantifier("k", 3) == (3,)
    assert parse_quantifier("c", 0.5) == (Fraction(1, 2),)


@pytest.mark.parametrize(
    "spec", ["(2, 1)", "(1, 1)", "[1, oo]", "(-oo, 1)", "1:1000", "", "(1, 2", True, [1]]
)
def test_other_ranges_are_refused(spec: object) -> None:
    with pytest.raises(LinkError):
        parse_quantifier("beta", spec)


@pytest.mark.parametrize("name", ["z", "alpha", "oo", "exp", "2b", "a b", ""])
def test_a_parameter_needs_a_free_name(name: str) -> None:
    with pytest.raises(LinkError):
        parse_quantifier(name, "(0, 1)")
