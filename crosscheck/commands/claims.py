"""The command ``claims``."""

from __future__ import annotations

import json

import click

from ...link import LinkError
from .options import command, json_option


@command("tiltproof claims T1")
@click.argument("claim_id", required=False, metavar="[ID]")
@json_option
def claims(claim_id: str | None, as_json: bool) -> None:
    """The claims: abstract sentence, statement, source, assumptions, legs and falsified variants."""
    from ..claims import CLAIMS
    from ..present import claims as present

    if claim_id is not None and claim_id not in CLAIMS:
        raise LinkError(f"unknown claim '{claim_id}': the claims are {', '.join(CLAIMS)}")
    chosen = [CLAIMS[claim_id]] if claim_id else list(CLAIMS.values())
    if as_json:
        click.echo(json.dumps([present.as_json(claim) for claim in chosen], indent=2))
    elif claim_id:
        present.show_one(chosen[0])
    else:
        present.show_all(chosen)
