"""A link function: what was written, its tree, and the name under which it is shown."""

from __future__ import annotations

from dataclasses import dataclass, field
from fractions import Fraction

from .build import number
from .domain import require_defined
from .errors import LinkError, excerpt
from .functions import CANONICAL
from .library import LIBRARY, meant
from .parse import MAX_LENGTH, parse_expression
from .text import text as written
from .tree import Node, Num


@dataclass(frozen=True, slots=True)
class Link:
    """A link function s: R -> R.

    ``tree`` is its syntax tree, ``text`` an expression that parses back to it, and ``name`` the
    library's name or None. Two links are equal, and of one hash, when their trees are.
    """

    tree: Node
    text: str = field(compare=False)
    name: str | None = field(default=None, compare=False)

    def __str__(self) -> str:
        return self.name or self.text


def parse(text: str) -> Link:
    """A library name such as ``tanh`` or an expression in ``z`` such as ``tanh(z) - 9/10``.

    Raises LinkError when the text is neither, or when the function is not defined at some real z.
    """
    if len(text) > MAX_LENGTH:
        raise LinkError(f"the link has {len(text)} characters: write at most {MAX_LENGTH}")
    if not text.strip():
        raise LinkError("the link is empty: write an expression in z such as tanh(z) - 9/10")
    named = LIBRARY.get(text.strip())
    try:
        tree = parse_expression(named.text if named else text)
    except LinkError:
        if text.strip().lower() in CANONICAL or (near := meant(text)) is None:
            raise
        raise LinkError(f"unknown link '{excerpt(text.strip())}': did you mean {near}?") from None
    require_defined(tree)
    if len(whole := written(tree)) > MAX_LENGTH:
        raise LinkError(
            f"the link has {len(whole)} characters when its numbers are written as fractions: write numbers "
            f"of fewer digits, at most {MAX_LENGTH} characters in all"
        )
    return Link(tree, whole, named.name if named else None)


def as_link(link: Link | str) -> Link:
    """``link`` itself, or the parsed text."""
    return link if isinstance(link, Link) else parse(link)


#: Beyond these doubles would overflow where only orders of magnitude are compared.
_SMALLEST, _LARGEST = Fraction(1, 10**100), Fraction(10**100)


def positive(value: int | float | str | Fraction, name: str) -> Fraction:
    """``value`` as an exact number from 1e-100 to 1e100; a float stands for its shortest decimal.

    name: what the number is, for the message. Raises LinkError when it is no such number.
    """
    try:
        node = number(value) if isinstance(value, Fraction) else parse_expression(str(value), variables=())
    except LinkError:
        node = None
    if not isinstance(node, Num) or node.value <= 0:
        seen = excerpt(str(value))
        raise LinkError(f"{name} '{seen}' is not a positive exact number: write a number such as 2 or 0.5")
    if not _SMALLEST <= node.value <= _LARGEST:
        raise LinkError(
            f"{name} '{excerpt(str(value))}' lies outside 1e-100 to 1e100: write a number in between"
        )
    return node.value
