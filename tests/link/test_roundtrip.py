"""Random trees: printing and re-parsing gives the same tree."""

from hypothesis import given
from tiltproof.link import parse_expression, text
from tiltproof.link.tree import Node

from .strategies import trees


@given(trees())
def test_printing_and_parsing_back_gives_the_same_tree(tree: Node) -> None:
    assert parse_expression(text(tree)) == tree
