"""The end of the temperatures: the stated t_max against the growth of s at both ends of the line."""

from __future__ import annotations

from collections.abc import Iterator

from flint import arb

from ...link.tree import Bin, Neg, Node
from ...numerics.precision import working
from .arithmetic.exact import Exact, Unknown
from .arithmetic.growth import Tail
from .arithmetic.tail import tilt_ranges
from .closed import Poly, polynomial
from .format import Rejected
from .number import BITS, Number, number

_FAR = 64


def stated_t_max(text: str) -> Number | None:
    """The number t_max; None where it is left open. Raises Rejected."""
    return None if text in ("oo", "unknown") else number(text)


def confirm(tree: Node, text: str) -> list[str]:
    """Raise Rejected unless the growth of s shows the stated t_max; return the conditions that are left."""
    if text == "unknown":
        return []
    with working(BITS):
        finite, infinite = tilt_ranges(tree)
        if text == "oo":
            shown = finite == arb.pos_inf()
        else:
            stated = number(text)
            if _settled(stated, infinite) or _is_quadratic(tree, stated):
                return []
            width = arb(2) ** -100 * abs(stated.ball)
            shown = abs(finite - stated.ball) < width and abs(infinite - stated.ball) < width
    if not shown:
        least, most = (end.str(10, radius=False) if end.is_finite() else "oo" for end in (finite, infinite))
        raise Rejected(
            f"t_max = {text[:60]} is not confirmed: the growth of s shows t_max in [{least}, {most}]"
        )
    return [] if text == "oo" else [f"t_max = {text}"]


def _settled(stated: Number, infinite: arb) -> bool:
    """t_max = 0: no tilt is integrable."""
    return bool(stated.ball.is_zero() and infinite.is_zero())


def _is_quadratic(tree: Node, stated: Number) -> bool:
    """Whether s = a z^2 + O(z) at both ends with a = 1/(2 t_max) > 0, exactly."""
    total: Poly = [Exact({})]
    for sign, term in _terms(tree, 1):
        try:
            p = polynomial(term)
        except Unknown:
            if not _at_most_linear(term):
                return False
        else:
            length = max(len(p), len(total))
            filled = [[*q, *[Exact({})] * (length - len(q))] for q in (total, p)]
            total = [a + Exact.of(sign) * b for a, b in zip(*filled, strict=True)]
    while total and total[-1].is_zero:
        total.pop()
    if len(total) != 3 or stated.exact is None or not stated.ball > 0:
        return False
    return (Exact.of(2) * total[2] * stated.exact - Exact.of(1)).is_zero


def _terms(node: Node, sign: int) -> Iterator[tuple[int, Node]]:
    if isinstance(node, Neg):
        yield from _terms(node.arg, -sign)
    elif isinstance(node, Bin) and node.op in ("+", "-"):
        yield from _terms(node.left, sign)
        yield from _terms(node.right, sign if node.op == "+" else -sign)
    else:
        yield sign, node


def _at_most_linear(term: Node) -> bool:
    ranges = [Tail(side, arb(_FAR)).of(term) for side in (1, -1)]
    return all(p is not None and len(p) <= 2 for v in ranges for p in v)
