"""The command ``claims``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from ..output.standard import write_json
from .options import CLAIM, command, json_option

if TYPE_CHECKING:
    from ...crosscheck.claim import Claim


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
