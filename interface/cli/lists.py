"""The commands that list (``links``, ``claims``, ``blueprint``), and those on proofs in files."""

from __future__ import annotations

import math
import sys
from collections.abc import Sequence
from fractions import Fraction
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from ...crosscheck.arguments import MOST_K
from ...crosscheck.files import check_files, write_whole
from ...link import LIBRARY, Link, LinkError, positive
from ...link.link import meant
from ...link.text import excerpt
from ..output import write_json
from .options import (
    CLAIM,
    LINK,
    Read,
    Whole,
    answer,
    command,
    file_option,
    json_option,
    link_argument,
    workers_option,
)

if TYPE_CHECKING:
    from ...crosscheck.claim import Claim
    from ..answers.listed import Blueprint


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
        "statement": item.formula,
        "latex": item.latex,
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
@file_option("--html", "target", "Write the graph and every claim with its proof to one HTML page.")
@file_option("--claims", "file", "Check the claims of this .toml or .tex file, and show them too.")
@click.option("--link", "links", multiple=True, type=LINK, help="Check the built-in claims on this link.")
@file_option(
    "--verdicts", "verdicts", "Take the verdicts of what verify --json-out wrote, in place of a run."
)
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
    from ..answers.listed import blueprint as ask
    from ..output.progress import checking

    check_files({"--html": target}, {"--claims": file, "--verdicts": verdicts})
    lemmas = load_claims(file) if file else ()
    report = load(verdicts) if verdicts else None
    if report is None and (lemmas or links):
        with checking(as_json, links=links, lemmas=lemmas) as step:
            report = verify((), links, lemmas=lemmas, workers=workers, progress=step)
    graph = ask(lemmas, report)
    answer(graph, as_json, partial(_write_page, graph, target) if target else None)


def _write_page(graph: Blueprint, path: Path) -> None:
    from ..output.reports.blueprint import render

    write_whole(path, render(graph).encode())


@command("tiltproof check tanh.json")
@click.argument("file", type=click.Path(path_type=Path))
@json_option
def check(file: Path, as_json: bool) -> None:
    """Re-check a certificate that threshold or verify wrote.

    Exit code 0: every statement is proved, 1: one is false or not confirmed, 2: the file is no
    certificate, 3: accepted on a condition that is named.
    """
    from ...crosscheck.certificate.format import read

    stated = read(file)
    from ...crosscheck.certificate.check import check as ask

    outcome = ask(stated)
    answer(outcome, as_json)
    sys.exit(0 if outcome.accepted else 1 if outcome.reason else 3)


def _temperatures(text: str) -> tuple[Fraction, ...]:
    """One temperature, or the two ends of a range."""
    if not text.startswith("["):
        return (positive(text, "beta"),)
    low, comma, high = text.strip("[]").partition(",")
    if not comma or not text.endswith("]"):
        raise LinkError(f"--beta '{excerpt(text)}' is no closed range: write --beta \"[1/2,20]\"")
    ends = positive(low.strip(), "beta"), positive(high.strip(), "beta")
    if ends[0] >= ends[1]:
        raise LinkError(f"--beta '{excerpt(text)}' has its larger end first: write --beta \"[1/2,20]\"")
    return ends


@command("tiltproof export tanh --k 1 --beta 2 --coq tanh.v")
@link_argument()
@click.option(
    "--k", "order", type=Whole(0, MOST_K), default=1, show_default=True, help="The order of alpha_k."
)
@click.option("--beta", type=Read("NUMBER", _temperatures), required=True,
              help='An exact temperature such as 2, or a closed range such as "[1/2,20]".')  # fmt: skip
@click.option("--digits", type=Whole(2, 15), default=10, show_default=True,
              help="Decimal digits that are stated, at most 15.")  # fmt: skip
@click.option("--coq", "target", type=click.Path(path_type=Path), required=True, metavar="FILE",
              help="Write the theorem and its proof to this file, for `coqc FILE`.")  # fmt: skip
@json_option
def export(
    link: Link, order: int, beta: tuple[Fraction, ...], digits: int, target: Path, as_json: bool
) -> None:
    """The enclosure of alpha_k as a theorem for Coq.

    At one temperature its value between two decimals, on a range its sign.

    The file is self-contained: definitions, lemmas, the theorem and its proof, which Coq checks with the
    libraries CoqInterval and Coquelicot.
    """
    from ...numerics.work import allowance, question

    check_files({"--coq": target})
    with question(), allowance(math.inf):
        if len(beta) == 1:
            from ...crosscheck.kernel.theorem import enclosure

            theorem = enclosure(link, order, beta[0], digits)
        else:
            from ...crosscheck.kernel.ranges import Temperatures, sign_on_range

            theorem = sign_on_range(link, order, Temperatures(beta[0], beta[1]))
    answer(theorem, as_json, partial(write_whole, target, theorem.text.encode()))
