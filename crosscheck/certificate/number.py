"""A number that a certificate states as a text: it is given a narrow ball, or refused."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

from flint import arb

from ...link import LinkError
from ...link.parse import parse_expression
from ...link.tree import Node
from ...numerics.lowering.arb import compile_arb
from ...numerics.precision import exact, working
from .arithmetic.exact import Exact, Unknown, exact_value
from .format import Enclosure, Rejected

#: Bits at which texts are evaluated: enough for numbers of 300 digits.
BITS = 1400
_WIDEST = -100


@dataclass(frozen=True, slots=True)
class Constant:
    """``ball`` holds it, relatively no wider than 2^-100."""

    text: str
    node: Node
    ball: arb

    @property
    def exact(self) -> Exact | None:
        try:
            return exact_value(self.node)
        except Unknown:
            return None

    def lies_in(self, stated: Enclosure) -> bool:
        """Whether the number is shown to lie in the enclosure."""
        if stated.lower is None or stated.upper is None:
            return False
        rational = None if self.exact is None else self.exact.rational
        if rational is not None:
            return stated.lower <= rational <= stated.upper
        return inside(self.ball, stated)


def inside(value: arb, stated: Enclosure) -> bool:
    """Whether the whole ball lies in the enclosure."""
    if stated.lower is None or stated.upper is None:
        return False
    with working(BITS):
        return bool(exact(stated.lower) <= value) and bool(value <= exact(stated.upper))


def number(text: str) -> Constant:
    """Raises Rejected when the text is no number, or one that is not seen sharply."""
    shown = f"'{text[:60]}{'...' if len(text) > 60 else ''}'"
    try:
        node = parse_expression(text, variables=())
    except LinkError as error:
        raise Rejected(f"{shown} is not a number that can be read: {error}") from None
    with working(BITS):
        ball = compile_arb(node)(arb(0))
        sharp = ball.is_finite() and ball.rad() <= arb(2) ** _WIDEST * ball.abs_lower()
    if not sharp:
        raise Rejected(f"{shown} is not seen as one number: its ball is relatively wider than 2^{_WIDEST}")
    return Constant(text, node, ball)


def decimal(value: Fraction) -> str:
    """Nine digits, for the reader."""
    try:
        return f"{float(value):.9g}"
    except OverflowError:
        return "a huge number"
