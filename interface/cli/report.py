"""The command ``report``."""

from __future__ import annotations

import sys
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import click

from ...crosscheck.files import check_folder, write_whole
from ...link import Link
from .options import answer, command, digits_option, json_option, link_argument, seed_option, workers_option

if TYPE_CHECKING:
    from ..answers.report import LinkReport
    from ..output.view import View


@command('tiltproof report "tanh(z) - 9/10" --html tanh.html')
@link_argument
@click.option("--html", "target", type=click.Path(path_type=Path), default=None, metavar="FILE",
              help="Write everything about the link to one HTML page.")  # fmt: skip
@workers_option
@digits_option
@seed_option
@json_option
def report(
    link: Link, target: Path | None, workers: int | None, digits: int, seed: int, as_json: bool
) -> None:
    """Everything about one link, on the terminal or as HTML.

    Exponents, threshold, coefficients, policy, admissible set, and the verdict of every claim on it.
    """
    from ..answers.report import report as ask
    from ..output.terminal import checking

    if target is not None:
        check_folder("--html", target)
    with checking(as_json, links=[link]) as step:
        found = ask(link, digits=digits, seed=seed, workers=workers, progress=step)
    write = partial(_write, found, target) if target else None
    answer(_short(found, target) if target and not as_json else found, as_json, write)
    sys.exit(found.verify.exit_code)


def _short(found: LinkReport, path: Path) -> View:
    """What the page says in full, in two lines, and where it is."""
    from ..output.conclusions import conclusion
    from ..output.view import Lines, View

    return View((Lines(((conclusion(found.threshold),), (conclusion(found.verify),), (str(path),))),))


def _write(found: LinkReport, path: Path) -> None:
    from ..output.reports.pages import render_link
    from ..output.terminal import working

    with working():
        write_whole(path, render_link(found).encode())
