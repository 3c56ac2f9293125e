"""The command ``policy``."""

from __future__ import annotations

from fractions import Fraction

from ...crosscheck.arguments import only_additive
from ...link import Label, Link, Noise
from .options import (
    answer,
    beta_option,
    command,
    digits_option,
    json_option,
    label_option,
    link_argument,
    noise_option,
)  # fmt: skip


@command("tiltproof policy tanh --beta 1/2")
@link_argument
@beta_option
@noise_option
@label_option
@digits_option
@json_option
def policy(link: Link, beta: Fraction, noise: Noise, label: Label, digits: int, as_json: bool) -> None:
    """The tilted policy: K, V, KL, chi2, effective-sample ratio."""
    only_additive(label, "the policy")
    from ..answers.policy import policy as ask

    answer(ask(link, beta, noise, digits), as_json)
