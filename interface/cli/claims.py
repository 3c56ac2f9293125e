"""The command ``claims``."""

from __future__ import annotations

import click

from ..output.standard import write_json
from .options import command, json_option
from .types import ClaimType


@command("tiltproof claims T1")
@click.argument("claim_id", type=ClaimType(), required=False, metavar="[ID]")
@json_option
def claims(claim_id: str | None, as_json: bool) -> None:
    """List the claims, or show all that is known of one."""
    from ...crosscheck.claims import CLAIMS
    from ..output.terminal import claims as present

    chosen = [CLAIMS[claim_id]] if claim_id else list(CLAIMS.values())
    if as_json:
        write_json([present.as_json(claim) for claim in chosen])
    elif claim_id:
        present.show_one(chosen[0])
    else:
        present.show_all(chosen)
