"""Verdicts as a matrix, and the progress of a run."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table
from rich.text import Text

from ....crosscheck.claims import CLAIMS
from ....crosscheck.run.report import Report, Result
from ....crosscheck.verdict import Verdict
from ..words import why
from . import baseline
from .tables import STYLE, console, verdict

#: One letter per verdict in the table; the words stand below it.
_LETTER = {
    Verdict.PROVED: "P",
    Verdict.ENCLOSED: "E",
    Verdict.CHECKED: "C",
    Verdict.STATISTICAL: "S",
    Verdict.REFUTED: "R",
    Verdict.NOT_APPLICABLE: "-",
}
_COLUMNS = 16


def show(found: Report) -> None:
    """Links against claims, one letter per cell; then whatever is not green, in full; then the summary."""
    out = console()
    built_in = [r for r in found.results if r.claim in CLAIMS]
    if built_in:
        cells = {(r.link, r.claim): r.verdict for r in built_in}
        ids = list(dict.fromkeys(r.claim for r in built_in))
        names = list(dict.fromkeys(r.link for r in built_in))
        for start in range(0, len(ids), _COLUMNS):
            out.print(_matrix(cells, names, ids[start : start + _COLUMNS]))
        out.print("P proved  E enclosed  C checked  S statistical  R refuted  ? open  - not applied\n")
    if own := [r for r in found.results if r.claim not in CLAIMS]:
        out.print(_listed(own))
        out.print()
    for result in found.results:
        if not result.verdict.green and result.verdict is not Verdict.NOT_APPLICABLE:
            out.print(Text.assemble(f"{result.claim} on {result.link}: ", verdict(result.verdict)))
            out.print(Text(f"  {why(result)}"))
    for name in found.vacuous:
        out.print(f"{name}: VACUOUS, no link met its assumptions")
    counts = "  ".join(f"{word} {count}" for word, count in found.summary.items() if count)
    out.print(f"{counts}\n{found.seconds:.1f} s, seed {found.seed}")
    if found.baseline is not None:
        out.print()
        baseline.show(found.baseline)


def _matrix(cells: dict[tuple[str, str], Verdict], names: Sequence[str], ids: Sequence[str]) -> Table:
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="bold")
    table.add_column("link", overflow="ellipsis", no_wrap=True, max_width=26)
    for name in ids:
        table.add_column(name, no_wrap=True)
    for link in names:
        row = [cells[link, name] for name in ids]
        table.add_row(
            Text(link), *(Text(_LETTER.get(v, "?"), style=STYLE.get(v, "bold yellow")) for v in row)
        )
    return table


def _listed(results: Sequence[Result]) -> Table:
    """A user's claims, whose ids and links are long, one by one."""
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="bold")
    table.add_column("claim", overflow="fold", max_width=30)
    table.add_column("link", overflow="ellipsis", no_wrap=True, max_width=26)
    table.add_column("verdict", no_wrap=True)
    for result in results:
        table.add_row(Text(result.claim), Text(result.link), verdict(result.verdict))
    return table


@contextmanager
def writing() -> Iterator[None]:
    """A sign of life on a terminal's standard error while figures are drawn and files written."""
    errors = Console(stderr=True)
    if errors.is_terminal:
        with errors.status("drawing the figures and writing the files"):
            yield
    else:
        yield


@contextmanager
def progress(quiet: bool) -> Iterator[Callable[[Result], None]]:
    """A progress bar on standard error, drawn only on a terminal."""
    errors = Console(stderr=True)
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    bar = Progress(*columns, console=errors, transient=True, disable=quiet or not errors.is_terminal)
    with bar:
        task = bar.add_task("checking", total=None)

        def step(result: Result) -> None:
            bar.update(task, advance=1, description=f"{result.claim} {result.link}")

        yield step
