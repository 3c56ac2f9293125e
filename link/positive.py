"""A positive exact number such as a temperature, from text or from a number."""

from __future__ import annotations

from fractions import Fraction

from .build import number
from .errors import LinkError, excerpt
from .parse import parse_expression
from .tree import Num

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
