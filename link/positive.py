"""A positive exact number such as a temperature, from text or from a number."""

from __future__ import annotations

from fractions import Fraction

from .build import number
from .errors import LinkError, excerpt
from .parse import parse_expression
from .tree import Num


def positive(value: int | float | str | Fraction, name: str) -> Fraction:
    """``value`` > 0 as an exact number; a float stands for its shortest decimal, ``1/3`` for itself.

    name: what the number is, for the message. Raises LinkError when it is no positive exact number.
    """
    try:
        node = number(value) if isinstance(value, Fraction) else parse_expression(str(value), variables=())
    except LinkError:
        node = None
    if not isinstance(node, Num) or node.value <= 0:
        seen = excerpt(str(value))
        raise LinkError(f"{name} '{seen}' is not a positive exact number: write a number such as 2 or 0.5")
    return node.value
