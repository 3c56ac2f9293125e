"""The progress of long work, on standard error."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, nullcontext
from time import monotonic

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    ProgressColumn,
    TaskProgressColumn,
    TextColumn,
    TimeRemainingColumn,
)  # fmt: skip
from rich.table import Column

from ...crosscheck.assertions.user_claim import UserClaim
from ...crosscheck.run.report import Result
from ...crosscheck.run.scheduler import planned
from ...link import Link

#: Seconds after which the time left is known well enough, and how much of it is worth a line.
_SETTLED, _LONG = 15.0, 900.0


@contextmanager
def _bar(errors: Console, quiet: bool, *columns: ProgressColumn) -> Iterator[Progress]:
    """What is done, a bar with the time left; drawn only on a terminal, where a long text is cut."""
    cut = Column(no_wrap=True, max_width=max(12, errors.width - 40))
    text = TextColumn("{task.description}", table_column=cut)
    bar = Progress(text, *columns, TimeRemainingColumn(), console=errors, transient=True)
    bar.disable = quiet or not errors.is_terminal
    # Rich up to 14 ends one that is not drawn with an empty line.
    with nullcontext() if bar.disable else bar:
        yield bar


@contextmanager
def checking(
    quiet: bool, claims: Sequence[str] = (), links: Sequence[Link] = (), lemmas: Sequence[UserClaim] = ()
) -> Iterator[Callable[[Result], None]]:
    """The progress of a run of ``verify``, result by result, with their number and the time left."""
    chosen, tried, own = planned(claims, links, lemmas)
    columns = BarColumn(), MofNCompleteColumn()
    with _bar(Console(stderr=True), quiet, *columns) as bar:
        task = bar.add_task("checking", total=len(chosen) * len(tried) + len(own))

        def step(result: Result) -> None:
            bar.update(task, advance=1, description=f"{result.claim} {result.link}")

        yield step


@contextmanager
def share(what: str, quiet: bool = False, hint: str = "") -> Iterator[Callable[[float], None]]:
    """The share of long work that is done; without a bar, a line with a hint when it is long."""
    errors = Console(stderr=True)
    with _bar(errors, quiet, BarColumn(), TaskProgressColumn()) as bar:
        task = bar.add_task(what, total=1.0)
        began, told = monotonic(), not hint or errors.is_terminal

        def step(done: float) -> None:
            nonlocal told
            bar.update(task, completed=done)
            spent = monotonic() - began
            if not told and done > 0 and spent > _SETTLED:
                told = True
                if (left := spent * (1 / done - 1)) > _LONG:
                    line = f"about {left / 3600:.1f} hours left: {hint}"
                    errors.print(line, highlight=False, soft_wrap=True)

        yield step
