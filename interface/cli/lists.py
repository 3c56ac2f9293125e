"""The commands that list: ``links``, ``claims``, and ``blueprint``, what rests on what."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from ...crosscheck.files import check_files, write_whole
from ...link import LIBRARY, Link, LinkError
from ...link.link import meant
from ..output import write_json
from .options import CLAIM, LINK, answer, command, json_option, workers_option

if TYPE_CHECKING:
    from ...crosscheck.claim import Claim
    from ..answers.blueprint import Blueprint


@command("tiltproof links tanh")
@click.argument("name", required=False)
@json_option
def links(name: str | None, as_json: bool) -> None:
    """List the named links, or show one."""
    if name is not None and name not in LIBRARY:
        hint = "" if (near := meant(name)) is None else f"did you mean {near}? "
        raise LinkError(f"unknown link '{name}': {hint}`tiltproof links` lists the names")
    chosen = [LIBRARY[name]] if name else list(LIBRARY.values())
    if as_json:
        write_json([entry._asdict() for entry in chosen])
    else:
        from ..output import results, terminal

        terminal.show(results.links(chosen))


@command("tiltproof claims T1")
@click.argument("claim_id", type=CLAIM, required=False, metavar="[ID]")
@json_option
def claims(claim_id: str | None, as_json: bool) -> None:
    """List the claims, or show all that is known of one."""
    from ...crosscheck.claims import CLAIMS

    chosen = [CLAIMS[claim_id]] if claim_id else list(CLAIMS.values())
    if as_json:
        write_json([_as_json(claim) for claim in chosen])
    else:
        from ..output import results, terminal

        terminal.show(results.claim(chosen[0]) if claim_id else results.claims(chosen))


def _as_json(item: Claim[Any]) -> dict[str, Any]:
    return {
        "id": item.id,
        "title": item.title,
        "statement": item.formula.text,
        "latex": item.formula.latex,
        "kind": item.kind,
        "sentence": item.sentence,
        "source": item.source,
        "assumptions": [a.text for a in item.assumptions],
        "quantified": item.quantified,
        "legs": list(item.legs),
        "scopes": dict(item.scopes),
        "variants": [{"change": v.change, "link": v.link} for v in item.variants],
    }


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
