"""Text: of a tree, in a form that the parser reads back to the same tree, and in messages."""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from fractions import Fraction

from .tree import Bin, Call, Compare, Const, Logic, Neg, Node, Num, Part, Var, Where

#: How much of a text is shown around a place.
_WIDTH = 72


class LinkError(ValueError):
    """A text that is not a valid link, noise or temperature; the message says what to write instead.

    seen: the first part of the message; at: where in the text ``source`` it was seen.
    """

    def __init__(self, message: str, *, seen: str = "", at: int | None = None, source: str = "") -> None:
        super().__init__(message)
        self.seen, self.at, self.source = seen, at, source

    def of(self, option: str) -> LinkError:
        """The same, which names the option first where it does not speak of it."""
        bare = option.lstrip("-")
        text = str(self).removeprefix(f"{bare}: ")
        if not option or option in text or text.startswith(bare):
            return self
        return LinkError(f"{option}: {text}", seen=self.seen, at=self.at, source=self.source)

    @property
    def caret(self) -> str:
        """The line of the text with a caret below the place, or nothing where there is no place."""
        if self.at is None or not self.source.isprintable():
            return ""
        start = max(0, self.at - _WIDTH // 2)
        return f"{self.source[start : start + _WIDTH]}\n{' ' * (self.at - start)}^"


#: What to write in place of a divisor that may be 0.
NONZERO = "write a divisor that is never 0, such as 1 + z**2"


class Fault(Exception):
    """``node`` is not shown to be defined; ``proved`` when it is shown undefined."""

    def __init__(self, node: Node, what: str, remedy: str, proved: bool) -> None:
        super().__init__(what)
        self.node, self.what, self.remedy, self.proved = node, what, remedy, proved


def excerpt(text: str, limit: int = 40) -> str:
    """``text`` short enough for one sentence, control characters shown as escapes."""
    return printable(text if len(text) <= limit else text[: limit - 3] + "...").replace("\n", "\\n")


def printable(text: str) -> str:
    """``text`` with all that could steer a terminal shown as escapes; lines stay lines."""
    return "".join(c if c.isprintable() or c == "\n" else repr(c)[1:-1] for c in text)


_POWER = {"+": 1, "-": 1, "*": 2, "/": 2, "**": 4}
_ATOM = 5


def text(part: Part) -> str:
    """The link language's text of ``part``: ``parse_expression(text(s)) == s``."""
    return _write(part, 0)


def _write(part: Part, floor: int) -> str:
    """``part``, in parentheses unless it binds tighter than ``floor``."""
    binding, written = _bare(part)
    return written if binding > floor else f"({written})"


def _bare(part: Part) -> tuple[int, str]:
    if isinstance(part, (Var, Const)):
        return _ATOM, part.name
    if isinstance(part, Num):
        return _number_binding(part.value), str(part.value)
    if isinstance(part, Neg):
        return 3, f"-{_write(part.arg, 3)}"
    if isinstance(part, Bin):
        own = _POWER[part.op]
        left, right = (own, own - 1) if part.op == "**" else (own - 1, own)
        space = "" if own >= 2 else " "
        return own, f"{_write(part.left, left)}{space}{part.op}{space}{_write(part.right, right)}"
    if isinstance(part, Call):
        return _ATOM, f"{part.name}({', '.join(text(arg) for arg in part.args)})"
    if isinstance(part, Where):
        return _ATOM, f"where({text(part.condition)}, {text(part.then)}, {text(part.other)})"
    if isinstance(part, Compare):
        return 3, f"{text(part.left)} {part.op} {text(part.right)}"
    assert isinstance(part, Logic)
    own = 2 if part.op == "and" else 1
    return own, f"{_write(part.left, own - 1)} {part.op} {_write(part.right, own)}"


def _number_binding(value: Fraction) -> int:
    """A fraction is written with ``/``, a negative number with ``-``; the parser folds both back."""
    if value.denominator != 1:
        return 2 if value > 0 else 1
    return _ATOM if value >= 0 else 3


def decimal(value: Fraction) -> str:
    """An exact decimal when that has at most 19 places, else the fraction."""
    for digits in range(20):
        scaled = value * 10**digits
        if scaled.denominator == 1:
            text = f"{abs(int(scaled)):0{digits + 1}d}"
            body = f"{text[: len(text) - digits]}.{text[len(text) - digits :]}" if digits else text
            return f"-{body}" if value < 0 else body
    return str(value)


def nearest(word: str, names: Iterable[str]) -> str | None:
    """The name of which ``word`` seems to be a slip, whatever its case."""
    folded = {name.lower(): name for name in names}
    # Two letters in each other's place are the commonest slip.
    if swapped := next((n for n in folded if sorted(n) == sorted(word.lower()[:40])), None):
        return folded[swapped]
    return next((folded[n] for n in difflib.get_close_matches(word.lower()[:40], list(folded), n=1)), None)


def raised(power: int) -> str:
    """What follows a symbol raised to ``power`` in prose: nothing for 1, else ``^power``."""
    return "" if power == 1 else f"^{power}"
