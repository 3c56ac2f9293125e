"""The command ``exponents``."""

from __future__ import annotations

from ...link import Label, Link, Noise
from .options import answer, command, digits_option, json_option, label_option, link_argument, noise_option


@command('tiltproof exponents "He(3, z)"')
@link_argument
@noise_option
@label_option
@digits_option
@json_option
def exponents(link: Link, noise: Noise, label: Label, digits: int, as_json: bool) -> None:
    """Information and generative exponent, each with its reason.

    With lambda^2, what the best transformation of the label carries of the order at the generative exponent.
    """
    from ..answers.exponents import exponents as ask

    answer(ask(link, noise, label, digits), as_json)
