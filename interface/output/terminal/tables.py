"""What the tables share: rows of name and value, enclosures to the last digit, verdicts in colour."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import takewhile
from typing import Any

from rich.console import Console, ConsoleOptions, RenderableType
from rich.segment import Segment
from rich.table import Table
from rich.text import Text

from ....crosscheck.number import Enclosed
from ....crosscheck.verdict import Verdict
from ....link.text import printable
from ..standard import closed

STYLE = {
    Verdict.PROVED: "bold green",
    Verdict.ENCLOSED: "green",
    Verdict.CHECKED: "green",
    Verdict.STATISTICAL: "cyan",
    Verdict.REFUTED: "bold red",
    Verdict.NOT_APPLICABLE: "dim",
}


class _Output(Console):
    def on_broken_pipe(self) -> None:
        closed()

    def render(self, renderable: RenderableType, options: ConsoleOptions | None = None) -> Iterator[Segment]:
        """What a claim file or a baseline holds never steers the terminal."""
        for segment in super().render(renderable, options):
            yield segment if segment.control else segment._replace(text=printable(segment.text))


def console() -> Console:
    return _Output(highlight=False, soft_wrap=False)


def pairs(rows: Sequence[tuple[str, str | Text]]) -> None:
    table = Table(box=None, show_header=False, pad_edge=False, padding=(0, 2, 0, 0))
    table.add_column(style="bold", no_wrap=True)
    table.add_column(overflow="fold")
    for name, value in rows:
        table.add_row(name, value if isinstance(value, Text) else Text(value))
    console().print(table)


def number(value: Enclosed) -> str:
    if value.closed_form is not None and (value.closed_form.is_Rational or value.closed_form.is_infinite):
        return str(value.closed_form)
    decimal = interval(value.lower, value.upper)
    return decimal if value.closed_form is None else f"{value.closed_form} = {decimal}"


def interval(lower: str, upper: str) -> str:
    """``0.4772[03, 04]``: the digits that both ends share stand once."""
    if lower == upper:
        return lower
    low, high = _aligned(lower, upper)
    shared = _shared(low, high)
    if len(low) != len(high) or shared < 4 or "e" in low:
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


def brief(lower: str, upper: str, digits: int = 12) -> str:
    """``0.47720340610...``: the first digits, where both ends share them; else the interval."""
    first = re.match(rf"-?0*\.?0*(?:\d\.?){{{digits}}}", lower)
    if first is None or first.end() > _shared(lower, upper) or "e" in lower + upper:
        return interval(lower, upper)
    return lower if first.end() == len(lower) == len(upper) else f"{first[0]}..."


def verdict(verdict: Verdict) -> Text:
    return Text(str(verdict), style=STYLE.get(verdict, "bold yellow"))


def expression(link: Any) -> str:
    return f"s(z) = {link.text}" if link.name else ""


def common_digits(value: Enclosed) -> str:
    """The digits on which both ends of an enclosure agree."""
    if value.lower == value.upper or "inf" in (value.lower, value.upper):
        return value.lower
    shared = 0
    while value.lower[: shared + 1] == value.upper[: shared + 1]:
        shared += 1
    return value.lower[:shared] + "..."
