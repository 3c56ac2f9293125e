"""The command ``report``."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from ...link import Link
from .options import answer, command, digits_option, json_option, link_argument, seed_option, workers_option


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
    from ...crosscheck.files import check_folder, write_whole
    from ..answers.report import report as ask
    from ..output.terminal import report as present
    from ..output.terminal.verify import progress, writing

    if target is not None:
        check_folder("--html", target)
    with progress(quiet=as_json) as step:
        found = ask(link, digits=digits, seed=seed, workers=workers, progress=step)
    try:
        answer(found, as_json, present.show)
    finally:
        if target is not None:
            from ..output.pages import link_page

            with writing():
                write_whole(target, link_page.render(found).encode())
    sys.exit(found.verdicts.exit_code)
