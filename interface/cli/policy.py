"""The command ``policy``."""

from __future__ import annotations

from fractions import Fraction

from ...link import Link, Noise
from .options import answer, beta_option, command, digits_option, json_option, link_argument, noise_option


@command("tiltproof policy tanh --beta 1/2")
@link_argument
@beta_option
@noise_option
@digits_option
@json_option
def policy(link: Link, beta: Fraction, noise: Noise, digits: int, as_json: bool) -> None:
    """The tilted policy: K, V, KL, chi2, effective-sample ratio."""
    from ..answers.policy import policy as ask

    answer(ask(link, beta, noise, digits), as_json)
