"""The content of an answer, once: blocks of rows, tables and lines, which every output renders."""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import MAX_EMAX, MIN_EMIN, ROUND_CEILING, ROUND_FLOOR, Context, Decimal, localcontext
from itertools import takewhile
from typing import TYPE_CHECKING, ClassVar, NamedTuple

import sympy

from ...crosscheck.number import Number
from ...crosscheck.verdict import Value, Verdict
from ...link import Link
from ...link.domain import undefined_at

if TYPE_CHECKING:
    from ...crosscheck.run.report import Comparison


class Coloured(NamedTuple):
    """Text in the colour of a ``kind`` of verdict."""

    text: str
    kind: str


Piece = str | Number | Verdict | Coloured


def in_words(verdicts: str) -> str:
    """What a screen reader, a caption and a box say for a verdict, or for a list of them."""
    return verdicts.lower().replace("_", " ")


def kind(verdict: Verdict) -> str:
    """What colours a verdict: its own word, or ``open`` where nothing is settled."""
    if verdict.green or verdict in (Verdict.REFUTED, Verdict.NOT_APPLICABLE):
        return verdict.lower().replace("_", "-")
    return "open"


@dataclass(frozen=True, slots=True)
class Row:
    """A label, what stands beside it, and below that the reason.

    about: what is asked of, which a page about that link leaves out. aside: for pages only, where there is
    room; so are the certified ``values`` behind the row.
    """

    label: str
    value: Piece | tuple[Piece, ...]
    reason: str = ""
    about: bool = False
    aside: bool = False
    values: tuple[Value, ...] = ()

    @property
    def pieces(self) -> tuple[Piece, ...]:
        return (self.value,) if isinstance(self.value, str | Number | Coloured) else self.value


@dataclass(frozen=True, slots=True)
class Rows:
    form: ClassVar[str] = "rows"
    rows: tuple[Row, ...]


@dataclass(frozen=True, slots=True)
class Columns:
    """The same rows for several values of ``name``, side by side where there is room; then what all share."""

    form: ClassVar[str] = "columns"
    caption: str
    name: str
    heads: tuple[str, ...]
    rows: tuple[tuple[Row, ...], ...]
    below: tuple[Row, ...] = ()


class Column(NamedTuple):
    """On a terminal a long cell goes on below, or is cut unless ``fold``; share: its part of the width."""

    name: str
    fold: bool = True
    most: int | None = None
    share: int | None = None
    right: bool = False


@dataclass(frozen=True, slots=True)
class Table:
    """The first cell of each row is its head; ``legend`` explains the cells."""

    form: ClassVar[str] = "table"
    caption: str
    columns: tuple[Column, ...]
    rows: tuple[tuple[Piece, ...], ...]
    legend: str = ""


@dataclass(frozen=True, slots=True)
class Lines:
    form: ClassVar[str] = "lines"
    lines: tuple[tuple[Piece, ...], ...]


@dataclass(frozen=True, slots=True)
class Changes:
    """What changed against a baseline."""

    form: ClassVar[str] = "changes"
    found: Comparison


Block = Rows | Columns | Table | Lines | Changes


@dataclass(frozen=True, slots=True)
class View:
    """latex: the one formula that the answer comes to, without dollar signs."""

    blocks: tuple[Block, ...]
    latex: str = ""


def link_row(link: Link) -> Row:
    written, points = f"{link}  s(z) = {link.text}" if link.name else str(link), undefined_at(link.tree)
    if points:
        written += f"  for z other than {', '.join(map(str, points))}"
    return Row("link", written, about=True)


#: Significant digits on a terminal, unless more are asked for.
SHORT = 12
#: An enclosure of 0 that is narrower than this is told by its width alone.
_NOUGHT = Decimal("1e-9")


def number(value: Number, digits: int | None = None) -> str:
    """The closed form where there is one, and the enclosure where that is not a short exact number itself.

    digits: to how many the enclosure is rounded outward, or None for all.
    """
    if value.closed_form is not None and (value.closed_form.is_Rational or value.closed_form.is_infinite):
        return str(value.closed_form)
    if digits is None:
        decimal = interval(value.lower, value.upper)
    else:
        low, high = rounded(value.lower, digits, up=False), rounded(value.upper, digits, up=True)
        decimal = interval(low, high)
    return decimal if value.closed_form is None else f"{value.closed_form} = {decimal}"


def rounded(text: str, digits: int, *, up: bool) -> str:
    """A decimal to so many digits, rounded outward; huge and tiny ones as powers of 10."""
    with localcontext(Context(digits, ROUND_CEILING if up else ROUND_FLOOR, Emin=MIN_EMIN, Emax=MAX_EMAX)):
        value = (+Decimal(text)).normalize()
    if not value.is_finite() or value == 0:
        return "0" if value == 0 else text
    if -5 <= value.adjusted() < 12:
        return f"{value:f}"
    return f"{value:e}".replace("e+", "e")


def interval(lower: str, upper: str) -> str:
    """``0.4772[03, 04]``: the digits that both ends share stand once. Infinity is oo, as in a link."""
    lower, upper = lower.replace("inf", "oo"), upper.replace("inf", "oo")
    if lower == upper:
        return lower
    if "oo" not in (lower.lstrip("-"), upper) and Decimal(lower) < 0 < Decimal(upper):
        # The signs of such ends say nothing.
        width = max(-Decimal(lower), Decimal(upper))
        if width < _NOUGHT:
            return f"0 to within {rounded(str(width), 2, up=True)}"
    power = lower.partition("e")[2]
    if power and power == upper.partition("e")[2]:
        return f"{interval(lower.partition('e')[0], upper.partition('e')[0])}e{power}"
    low, high = _aligned(lower, upper)
    shared = _shared(low, high)
    if len(low) != len(high) or shared < 4 or "e" in low + high:
        return f"[{lower}, {upper}]"
    return f"{low[:shared]}[{low[shared:]}, {high[shared:]}]"


def _shared(lower: str, upper: str) -> int:
    return sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], zip(lower, upper, strict=False)))


def _aligned(lower: str, upper: str) -> tuple[str, str]:
    """Both with as many decimals: zeros at the end are not written elsewhere."""
    if "." not in lower or "." not in upper or "e" in lower + upper:
        return lower, upper
    places = [len(end.partition(".")[2]) for end in (lower, upper)]
    return lower + "0" * (max(places) - places[0]), upper + "0" * (max(places) - places[1])


def brief(lower: str, upper: str) -> str:
    """``0.47720340610...``: the first digits, where both ends share them; else the interval."""
    first = re.match(rf"-?0*\.?0*(?:\d\.?){{{SHORT}}}", lower)
    if first is None or first.end() > _shared(lower, upper) or "e" in lower + upper:
        return interval(lower, upper)
    return lower if first.end() == len(lower) == len(upper) else f"{first[0]}..."


def common_digits(value: Number) -> str:
    """The digits on which both ends of an enclosure agree."""
    if value.lower == value.upper or "inf" in (value.lower, value.upper):
        return value.lower
    return f"{value.lower[: _shared(value.lower, value.upper)]}..."


def tex(value: Number) -> str:
    """A number as LaTeX."""
    if value.closed_form is not None:
        return str(sympy.latex(value.closed_form))
    return brief(value.lower, value.upper).replace("...", r"\dots").replace("inf", r"\infty")
