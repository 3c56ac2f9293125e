"""The command ``links``."""

from __future__ import annotations

import click

from ...link import LIBRARY, LinkError
from ...link.link import meant
from ..output.standard import write_json
from .options import command, json_option


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
