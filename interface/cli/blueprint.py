"""The command ``blueprint``."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import click

from ...crosscheck.files import check_files, write_whole
from ...link import Link
from .options import LINK, answer, command, json_option, workers_option

if TYPE_CHECKING:
    from ..answers.blueprint import Blueprint


@command("tiltproof blueprint --html blueprint.html")
@click.option("--html", "target", type=click.Path(path_type=Path), default=None, metavar="FILE",
              help="Write the graph and every claim with its proof to one HTML page.")  # fmt: skip
@click.option("--claims", "file", type=click.Path(path_type=Path), default=None, metavar="FILE",
              help="Check the claims of this .toml or .tex file, and show them too.")  # fmt: skip
@click.option("--link", "links", multiple=True, type=LINK, help="Check the built-in claims on this link.")
@click.option("--verdicts", type=click.Path(path_type=Path), default=None, metavar="FILE",
              help="Take the verdicts of what verify --json-out wrote, in place of a run.")  # fmt: skip
@workers_option
@json_option
def blueprint(
    target: Path | None, file: Path | None, links: Sequence[Link], verdicts: Path | None,
    workers: int | None, as_json: bool,
) -> None:  # fmt: skip
    """What rests on what: abstract, claims, lemmas, your own.

    Each claim has the colour of its worst verdict. Without --link or --verdicts the built-in claims are not
    run.
    """
    from ...crosscheck.assertions.paper import load as load_claims
    from ...crosscheck.run.report import load
    from ...crosscheck.run.scheduler import verify
    from ..answers.blueprint import blueprint as ask
    from ..output.terminal import checking

    check_files({"--html": target}, {"--claims": file, "--verdicts": verdicts})
    lemmas = load_claims(file) if file else ()
    report = load(verdicts) if verdicts else None
    if report is None and (lemmas or links):
        with checking(as_json, links=links, lemmas=lemmas) as step:
            report = verify((), links, lemmas=lemmas, workers=workers, progress=step)
    found = ask(lemmas, report)
    answer(found, as_json, partial(_write, found, target) if target else None)


def _write(found: Blueprint, path: Path) -> None:
    from ..output.reports.blueprint import render

    write_whole(path, render(found).encode())
