"""The command ``exponents``."""

from __future__ import annotations

from ...link import Link
from .options import answer, command, json_option, link_argument


@command('tiltproof exponents "He(3, z)"')
@link_argument
@json_option
def exponents(link: Link, as_json: bool) -> None:
    """Information and generative exponent, each with its reason."""
    from ...crosscheck.link_facts.exponents import exponents as ask

    answer(ask(link), as_json)
