"""The command ``verify``."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

import click

from ...link import Link, LinkError
from .options import LinkType, answer, command, digits_option, json_option, seed_option


@command("tiltproof verify --claim T1 --link tanh-9/10")
@click.option("--claim", "claims", multiple=True, metavar="ID", help="Check this claim (repeatable).")
@click.option("--link", "links", multiple=True, type=LinkType(), help="Check on this link (repeatable).")
@click.option(
    "--claims", "file", type=click.Path(path_type=Path), default=None, metavar="FILE.toml",
    help="Check the claims of this file; the built-in ones only where --claim or --link asks for them.",
)  # fmt: skip
@click.option(
    "--workers", type=click.IntRange(1, 256), default=None, help="Worker processes; as many as cores."
)
@digits_option
@seed_option
@json_option
def verify(
    claims: Sequence[str],
    links: Sequence[Link],
    file: Path | None,
    workers: int | None,
    digits: int,
    seed: int,
    as_json: bool,
) -> None:
    """Check every claim on every link it applies to."""
    from ..user_claims.load import load

    lemmas = load(file) if file else ()
    # Only now what takes a second to load: a bad file is refused at once.
    from ..claims import CLAIMS
    from ..present import verify as present
    from ..run import verify as ask

    for name in claims:
        if name not in CLAIMS:
            raise LinkError(f"unknown claim '{name}': the claims are {', '.join(CLAIMS)}")
    for lemma in lemmas:
        if lemma.id in CLAIMS:
            raise LinkError(f"{file}: the id '{lemma.id}' is a built-in claim's: write another id")
    with present.progress(quiet=as_json) as step:
        report = ask(claims, links, seed=seed, workers=workers, digits=digits, lemmas=lemmas, progress=step)
    answer(report, as_json, present.show)
    sys.exit(report.exit_code)
