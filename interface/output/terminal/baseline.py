"""What changed since an earlier run, readable."""

from __future__ import annotations

from itertools import groupby

from rich.padding import Padding
from rich.text import Text

from ....crosscheck.run.report import Change, Comparison
from .tables import console


def show(found: Comparison) -> None:
    """One block per kind of change, regressions first; then one line that sums up."""
    out = console()
    for kind, changes in groupby(found.changes, key=lambda change: change.kind):
        out.print(Text(str(kind), style="bold red" if kind.regression else "bold"))
        for change in changes:
            out.print(Padding(_line(change), (0, 0, 0, 2)))
    out.print(Text(summary(found)))


def summary(found: Comparison) -> str:
    count = len(found.regressions)
    said = "no regression" if count == 0 else f"{count} regression{'s' * (count > 1)}"
    other = len(found.changes) - count
    return f"{said} against the baseline: {found.compared} compared, {other} other changes, {found.added} new"


def _line(change: Change) -> Text:
    where = f", {change.where}" if change.where else ""
    return Text.assemble(
        (f"{change.claim} on {change.link}", "bold"), where, "\n", ("- ", "red"), change.was, "\n",
        ("+ ", "green"), change.now,
    )  # fmt: skip
