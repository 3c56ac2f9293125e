"""Random trees: printing and re-parsing gives the same tree."""

import pytest
from hypothesis import given
from tiltproof.link import LinkError, parse, parse_expression
from tiltproof.link.parse import MAX_LENGTH
from tiltproof.link.text import text
from tiltproof.link.tree import Node

from .strategies import trees


@given(trees())
def test_printing_and_parsing_back_gives_the_same_tree(tree: Node) -> None:
    assert parse_expression(text(tree)) == tree


@pytest.mark.parametrize(
    "long",
    ["+".join(["9" * 900] * 2) + "+z", "z+" + "+".join(["0." + "3" * 880] * 11),
     "+".join(f"1e-900*z**{k}" for k in range(1, 40))],
    ids=["long sum", "long fractions", "long powers"],
)  # fmt: skip
def test_a_link_with_long_numbers_is_refused_or_read_back(long: str) -> None:
    try:
        link = parse(long)
    except LinkError:
        # Written as fractions its numbers are longer than the text was.
        assert len(text(parse_expression(long))) > MAX_LENGTH
        return
    assert parse(link.text) == link
