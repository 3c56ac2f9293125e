"""The library of links as a table."""

from __future__ import annotations

from collections.abc import Sequence

from rich.table import Table
from rich.text import Text

from ....link import Named
from .tables import console


def show(chosen: Sequence[Named]) -> None:
    """Name, expression and sentence of each link."""
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="bold")
    table.add_column("name", no_wrap=True)
    table.add_column("s(z)", overflow="fold", ratio=2)
    table.add_column("what it is", overflow="fold", ratio=3)
    for entry in chosen:
        table.add_row(entry.name, Text(entry.text), Text(entry.about))
    console().print(table)
