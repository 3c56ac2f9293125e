"""The command ``claim``."""

from __future__ import annotations

import sys

import click

from ...link import LinkError, Noise
from ...link.label import Label
from .options import (
    TEXT,
    answer,
    command,
    digits_option,
    json_option,
    label_option,
    noise_option,
    range_option,
)  # fmt: skip


@command('tiltproof claim "alpha(1, beta) > 0" --link tanh --for "beta=(0.5,20)"')
@click.argument("assertion")
@click.option("--link", required=True, type=TEXT, help="The link that it is claimed for.")
@range_option('What a parameter ranges over: "beta=(0.5,20)", "beta=[1,oo)" or "k=1:6" (repeatable).')
@click.option("--assume", default="", metavar="ASSERTION", help="What the link must meet, such as GE == 1.")
@click.option(
    "--signal", type=click.Choice(["label", "weight", "centered"]), default="label", show_default=True,
    help="The signal that beta1 and snr refer to.",
)  # fmt: skip
@noise_option
@label_option
@digits_option
@json_option
def claim(
    assertion: str,
    link: str,
    ranges: dict[str, str],
    assume: str,
    signal: str,
    noise: Noise,
    label: Label,
    digits: int,
    as_json: bool,
) -> None:
    """Decide one assertion of your own about a link.

    It is decided for all values of its parameters. The words are alpha(k,beta) h(k,beta) mu(i,k) IE GE
    lambda2(k) t_max beta1 logM(beta) V(beta) Var(beta) J(beta) KL(beta) chi2(beta) ESS(beta) snr(beta)
    mean(EXPRESSION IN z); k may be GE or IE.
    """
    from ..answers.claim import claim as ask

    try:
        found = ask(
            assertion, link, ranges, assume=assume, noise=noise, signal=signal,  # type: ignore[arg-type]
            digits=digits, label=label,
        )  # fmt: skip
    except LinkError as error:
        raise (error.of("--link") if error.source == link else error) from None
    answer(found, as_json)
    sys.exit(0 if found.verdict.green else 1 if found.verdict == "REFUTED" else 3)
