"""Recovery as a table, and the progress of its sweep."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from time import monotonic

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn
from rich.table import Table

from ...answers.recover import EXPONENT_LEVEL, FRACTION_LEVEL, Recovery, Run
from .tables import console, pairs

#: Overlaps kept per neuron when they are drawn.
RECORDS = 60
#: Seconds after which the time left is known well enough, and how much of it is worth a line.
_SETTLED, _LONG = 15.0, 900.0


def show(found: Recovery) -> None:
    """A block of lines: what was trained and what leads; one row per dimension; the exponent."""
    if found.step is None:
        step = ", ".join(f"{run.step:.4g} at d = {run.d}" for run in found.runs)
    else:
        step = f"{found.step:.4g} " + ("d^(-1)" if found.order <= 2 else f"d^(-{found.order}/2)")
    pairs(
        [
            ("link, beta", f"{found.link}, {'oo (no weights)' if found.beta is None else found.beta}"),
            ("signal, noise", f"{found.signal}, {found.noise}"),
            ("activation", found.activation.text),
            ("leading order", f"{found.order}: {found.order_reason}"),
            ("step", f"eta = {step}, {'direct' if found.direct else 'chain'}"),
            *([("no law", found.lawless)] if found.lawless else []),
        ]
    )
    out = console()
    out.print()
    out.print(_runs(found))
    out.print()
    pairs([("exponent", _exponent(found))])
    if found.plain is not None:
        out.print()
        show(found.plain)


def _runs(found: Recovery) -> Table:
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="bold")
    for name in (
        "d",
        "horizon",
        "fraction",
        f"{100 * FRACTION_LEVEL:g}% interval",
        "law",
        "forecast",
        "median",
    ):
        table.add_column(name, overflow="fold", justify="right")
    for run in found.runs:
        low, high = run.fraction_interval
        law = "open" if run.predicted_fraction is None else f"{run.predicted_fraction:.3f}"
        forecast = "open" if run.forecast_fraction is None else f"{run.forecast_fraction:.3f}"
        table.add_row(
            str(run.d), f"{run.horizon:.4g}", f"{run.fraction:.3f}", f"[{low:.3f}, {high:.3f}]", law,
            forecast, _median(run),
        )  # fmt: skip
    return table


def _median(run: Run) -> str:
    if run.median_samples is None:
        return f"{run.censored} of {run.good} censored"
    return f"{run.median_samples:.4g}"


def _exponent(found: Recovery) -> str:
    slope = found.exponent
    law = "log(samples/log d)" if slope.logarithm else "log samples"
    predicted = f"{'none' if slope.predicted is None else slope.predicted} predicted for {law} on log d"
    if slope.fitted is None:
        return f"{predicted}; a fit needs the medians of two dimensions"
    level = f"{100 * EXPONENT_LEVEL:g}%"
    if slope.lower is None and slope.upper is None:
        interval = f"no {level} interval, as resampled medians are censored: more --replicas give one"
    elif slope.lower is None or slope.upper is None:
        end = f"at most {slope.upper:.3f}" if slope.lower is None else f"at least {slope.lower:.3f}"
        interval = f"{end} with {level} confidence, the other end is censored: more --replicas give it"
    else:
        interval = f"{level} interval [{slope.lower:.3f}, {slope.upper:.3f}]"
    if slope.correction is not None:
        predicted += f"; less {slope.correction:+.3f} for finite d, by the forecast"
    return f"{slope.fitted:.3f}, {interval}; {predicted}"


@contextmanager
def progress(quiet: bool) -> Iterator[Callable[[float], None]]:
    """A bar with the time left on standard error; where that is no terminal, a line when it will be long."""
    errors = Console(stderr=True)
    columns = (TextColumn("training"), BarColumn(), TaskProgressColumn(), TimeRemainingColumn())
    bar = Progress(*columns, console=errors, transient=True, disable=quiet or not errors.is_terminal)
    with bar:
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
