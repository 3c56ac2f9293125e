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
    SpinnerColumn,
    TaskProgressColumn,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)  # fmt: skip

from ...crosscheck.assertions.user_claim import UserClaim
from ...crosscheck.run.report import Result
from ...crosscheck.run.scheduler import planned
from ...link import Link

#: Seconds after which the time left is known well enough, and how much of it is worth a line.
_SETTLED, _LONG = 15.0, 900.0


@contextmanager
def working(what: str = "drawing the figures and writing the files", quiet: bool = False) -> Iterator[None]:
    """A sign of life on a terminal's standard error, with the time spent, where steps cannot be counted."""
    errors = Console(stderr=True)
    if errors.is_terminal and not quiet:
        columns = SpinnerColumn(), TextColumn(what), TimeElapsedColumn()
        with Progress(*columns, console=errors, transient=True) as bar:
            bar.add_task(what, total=None)
            yield
    else:
        yield


@contextmanager
def _bar(errors: Console, quiet: bool, *columns: ProgressColumn) -> Iterator[Progress]:
    """A bar with the time left, drawn only on a terminal."""
    bar = Progress(*columns, TimeRemainingColumn(), console=errors, transient=True)
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
    columns = TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn()
    with _bar(Console(stderr=True), quiet, *columns) as bar:
        task = bar.add_task("checking", total=len(chosen) * len(tried) + len(own))

        def step(result: Result) -> None:
            bar.update(task, advance=1, description=f"{result.claim} {result.link}")

        yield step


@contextmanager
def training(quiet: bool) -> Iterator[Callable[[float], None]]:
    """The share of a training that is done; where no bar is drawn, a line when the rest will be long."""
    errors = Console(stderr=True)
    with _bar(errors, quiet, TextColumn("training"), BarColumn(), TaskProgressColumn()) as bar:
        task = bar.add_task("training", total=1.0)
        began, told = monotonic(), False

        def share(done: float) -> None:
            nonlocal told
            bar.update(task, completed=done)
            spent = monotonic() - began
            if not told and done > 0 and spent > _SETTLED and not errors.is_terminal:
                told = True
                if (left := spent * (1 / done - 1)) > _LONG:
                    hint = "smaller --d take less, --store FILE keeps what is finished"
                    errors.print(
                        f"about {left / 3600:.1f} hours left: {hint}", highlight=False, soft_wrap=True
                    )

        yield share
