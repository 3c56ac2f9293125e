"""Views on a terminal of 80 columns."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby
from typing import TYPE_CHECKING

from rich.console import Console, ConsoleOptions, RenderableType
from rich.padding import Padding
from rich.segment import Segment
from rich.table import Table as Grid
from rich.text import Text

from ...crosscheck.number import Number
from ...crosscheck.verdict import Verdict
from ...link.text import printable
from . import closed
from .view import (
    SHORT,
    Block,
    Changes,
    Coloured,
    Column,
    Columns,
    Lines,
    Piece,
    Row,
    Rows,
    Table,
    View,
    kind,
    number,
)  # fmt: skip

if TYPE_CHECKING:
    from ...crosscheck.run.report import Change

_STYLES = {
    "proved": "bold green",
    "enclosed": "green",
    "checked": "green",
    "statistical": "cyan",
    "refuted": "bold red",
    "open": "bold yellow",
    "not-applicable": "dim",
}


class _Output(Console):
    def on_broken_pipe(self) -> None:
        closed()

    def render(self, renderable: RenderableType, options: ConsoleOptions | None = None) -> Iterator[Segment]:
        """What a claim file or a baseline holds never steers the terminal."""
        for segment in super().render(renderable, options):
            yield segment if segment.control else segment._replace(text=printable(segment.text))


def show(view: View, digits: int | None = SHORT) -> None:
    """The blocks of a view, an empty line between them; numbers to so many digits, or None for all."""
    out = _Output(highlight=False, soft_wrap=False, emoji=False)
    for place, block in enumerate(view.blocks):
        if place:
            out.print()
        for renderable in _renderables(block, digits, out.width):
            # A command stays one line, to be copied.
            out.print(renderable, soft_wrap=isinstance(renderable, Text) and bool(renderable.no_wrap))


def _renderables(block: Block, digits: int | None, width: int) -> Iterator[RenderableType]:
    match block:
        case Rows(rows):
            yield _pairs(rows, digits)
        case Columns():
            yield from _in_columns(block, digits, width)
        case Table():
            for part in _parts(block, width):
                yield _grid(block, part, digits)
            if block.legend:
                yield Text(block.legend)
        case Lines(lines):
            for line in lines:
                text = Text.assemble(*(_text(piece, digits) for piece in line))
                if text.plain.startswith("  tiltproof "):
                    text.no_wrap = True
                    yield text
                else:
                    inset = len(text.plain) - len(text.plain.lstrip())
                    yield Padding(text[inset:], (0, 0, 0, inset))
        case Changes(found):
            # What is said of runs is loaded for them alone.
            from .results import compared

            for group, changes in groupby(found.changes, key=lambda change: change.kind):
                yield Text(str(group), style="bold red" if group.regression else "bold")
                yield from (Padding(_change(change), (0, 0, 0, 2)) for change in changes)
            yield Text(compared(found))


def _in_columns(block: Columns, digits: int | None, width: int) -> Iterator[RenderableType]:
    """A row for each head, or the heads in turn where rows are long or have their own reasons."""
    names = (block.name, *(row.label for row in block.rows[0]))
    named = list(zip(block.heads, block.rows, strict=True))
    cells = tuple((head, *(row.pieces[0] for row in rows)) for head, rows in named)
    reasons = {row.reason: Row(row.label, row.reason) for rows in block.rows for row in rows if row.reason}
    long = max(_text(cell, digits).cell_len for line in cells for cell in line[1:])
    if long + max(map(len, (block.name, *block.heads))) + 4 > width or len(reasons) > 2:
        in_turn = [row for head, rows in named for row in (Row(block.name, head), *rows)]
        yield _pairs((*in_turn, *block.below), digits)
        return
    table = Table(block.caption, tuple(Column(name, fold=False) for name in names), cells)
    yield from _renderables(table, digits, width)
    if below := (*reasons.values(), *block.below):
        yield _pairs(below, digits)


def _text(piece: Piece, digits: int | None) -> Text:
    match piece:
        case Verdict():
            return Text(str(piece), style=_STYLES[kind(piece)])
        case Coloured(text, colour):
            return Text(text, style=_STYLES[colour])
        case Number():
            return Text(number(piece, digits))
        case _:
            return Text(piece)


def _pairs(rows: Sequence[Row], digits: int | None) -> Grid:
    grid = Grid(box=None, show_header=False, pad_edge=False, padding=(0, 2, 0, 0))
    grid.add_column(style="bold", no_wrap=True)
    grid.add_column(overflow="fold")
    for row in rows:
        if not row.aside:
            grid.add_row(row.label, Text.assemble(*(_text(piece, digits) for piece in row.pieces)))
            if row.reason:
                grid.add_row("", Text(row.reason))
    return grid


def _parts(table: Table, width: int) -> Iterator[slice]:
    """Which columns stand beside the first, so that no head is cut; columns that fold take what there is."""
    if any(column.fold for column in table.columns[1:]):
        yield slice(1, len(table.columns))
        return
    sizes = [
        min(max(len(column.name), *(_text(cell, SHORT).cell_len for cell in cells)), column.most or width) + 2
        for column, cells in zip(table.columns, zip(*table.rows, strict=True), strict=True)
    ]
    start, taken = 1, sizes[0]
    for place, size in enumerate(sizes[1:], 1):
        if taken + size > width and place > start:
            yield slice(start, place)
            start, taken = place, sizes[0]
        taken += size
    yield slice(start, len(sizes))


def _grid(table: Table, part: slice, digits: int | None) -> Grid:
    """The first column of a table and a part of the others."""
    grid = Grid(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="bold")
    for column in (table.columns[0], *table.columns[part]):
        grid.add_column(
            column.name,
            overflow="fold" if column.fold else "ellipsis",
            no_wrap=not column.fold,
            max_width=column.most,
            ratio=column.share,
            justify="right" if column.right else "left",
        )
    for row in table.rows:
        grid.add_row(*(_text(piece, digits) for piece in (row[0], *row[part])))
    return grid


def _change(change: Change) -> Text:
    where = f", {change.where}" if change.where else ""
    return Text.assemble(
        (f"{change.claim} on {change.link}", "bold"), where, "\n", ("- ", "red"), change.was, "\n",
        ("+ ", "green"), change.now,
    )  # fmt: skip
