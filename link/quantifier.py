"""Over what a claim's parameters range: ``(0.5, 20)``, ``[1, oo)``, ``1:6`` or one number."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from fractions import Fraction

from .assertion import RESERVED, parse_term
from .errors import LinkError, excerpt
from .text import text as written
from .tree import Call, Const, Node, Num, walk

MAX_VALUES = 500
#: The size of an end that is a number, or of its inverse; what is meant beyond is 0 or oo.
FARTHEST = Fraction(10) ** 100
_NAME = re.compile(r"[A-Za-z_]\w{0,39}", re.ASCII)
_INTEGERS = re.compile(r"\s*(-?\d{1,18})\s*:\s*(-?\d{1,18})\s*", re.ASCII)
_OO = Const("oo")


@dataclass(frozen=True, slots=True)
class Range:
    """All reals between two exact numbers; an end belongs to it when it is ``closed``; upper may be oo."""

    lower: Node
    upper: Node
    closed_lower: bool
    closed_upper: bool

    def __str__(self) -> str:
        left, right = "[" if self.closed_lower else "(", "]" if self.closed_upper else ")"
        return f"{left}{written(self.lower)}, {written(self.upper)}{right}"


Values = tuple[Fraction, ...]
Quantifier = Range | Values


def parse_quantifier(name: str, spec: object) -> Quantifier:
    """What the parameter ``name`` ranges over. Raises LinkError with a remedy."""
    require_name(name)
    if isinstance(spec, int) and not isinstance(spec, bool):
        return (Fraction(spec),)
    if isinstance(spec, float):
        if not math.isfinite(spec):
            raise LinkError(_refused(name, spec, "is not finite"))
        spec = str(spec)
    if not isinstance(spec, str):
        raise LinkError(_refused(name, spec, "is not a range"))
    if (match := _INTEGERS.fullmatch(spec)) is not None:
        return _integers(name, spec, int(match[1]), int(match[2]))
    body = spec.strip()
    if body[:1] in ("(", "[") and body[-1:] in (")", "]") and (cut := _comma(body)) > 0:
        return _interval(name, body, cut)
    if body[:1] != "[" and body:
        try:
            node = parse_term(body)
        except LinkError:
            raise LinkError(_refused(name, spec, "is not a range")) from None
        if isinstance(node, Num):
            return (node.value,)
    raise LinkError(_refused(name, spec, "is not a range"))


def require_name(name: str) -> None:
    """Raises LinkError when ``name`` cannot be a parameter."""
    if not _NAME.fullmatch(name):
        raise LinkError(f"the parameter '{excerpt(name)}' is not a name: write a name such as beta or k")
    if name in RESERVED:
        raise LinkError(f"'{name}' already has a meaning in an assertion: name the parameter beta or k")


def _refused(name: str, spec: object, why: str) -> str:
    return f'{name} = \'{excerpt(str(spec))}\' {why}: write "(0.5, 20)", "[1, oo)", "1:6" or one number'


def _integers(name: str, spec: str, first: int, last: int) -> Values:
    if last < first:
        raise LinkError(_refused(name, spec, "is empty"))
    if last - first >= MAX_VALUES:
        raise LinkError(f"{name} = '{excerpt(spec)}' holds more than {MAX_VALUES} integers: write fewer")
    return tuple(map(Fraction, range(first, last + 1)))


def _comma(body: str) -> int:
    """Where the comma between the ends stands, or -1."""
    depth = 0
    for at, character in enumerate(body):
        depth += (character in "([") - (character in ")]")
        if character == "," and depth == 1:
            return at
    return -1


def _interval(name: str, body: str, cut: int) -> Range:
    try:
        lower, upper = parse_term(body[1:cut]), parse_term(body[cut + 1 : -1])
    except LinkError as error:
        raise LinkError(f"{name} = '{excerpt(body)}' has an end that cannot be read: {error}") from None
    found = Range(lower, upper, body[0] == "[", body[-1] == "]")
    if lower == _OO or _negative_infinity(lower):
        raise LinkError(_refused(name, body, "has no finite lower end"))
    if upper == _OO and found.closed_upper:
        raise LinkError(f"{name} = '{excerpt(body)}' is closed at oo, which is no number: write oo)")
    for end in (lower, upper):
        if any(isinstance(part, Call) and part.name == "mean" for part in walk(end)):
            raise LinkError(_refused(name, body, "has an end that is an integral"))
    for end in (lower, upper):
        if isinstance(end, Num) and end.value and not 1 / FARTHEST <= abs(end.value) <= FARTHEST:
            raise LinkError(_refused(name, body, "has an end beyond 1e100 or within 1e-100 of 0"))
    if isinstance(lower, Num) and isinstance(upper, Num):
        single = lower.value == upper.value and found.closed_lower and found.closed_upper
        if lower.value > upper.value or (lower.value == upper.value and not single):
            raise LinkError(_refused(name, body, "is empty"))
    return found


def _negative_infinity(node: Node) -> bool:
    return any(part == _OO for part in walk(node)) and node != _OO
