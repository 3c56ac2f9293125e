"""The command ``admissible``."""

from __future__ import annotations

import click

from ...link import Link, Noise
from .options import answer, command, json_option, link_argument, noise_option


@command('tiltproof admissible "tanh(z)" --epsilon 0.5 --n 1000000 --osc 0.2 --noise "gaussian(1)"')
@link_argument
@click.option("--epsilon", required=True, help="The sub-optimality allowed, such as 0.5.")
@click.option("--n", type=click.IntRange(1), required=True, help="Samples of the second stage.")
@click.option("--proxy", help="The pilot reward of the surrogate weights; 9/10 of the link if left out.")
@click.option("--osc", help="A bound of osc(rhat - r*); twice the link's oscillation if left out.")
@click.option("--target", help="The value to reach; the link's supremum if left out.")
@noise_option
@click.option("--digits", type=click.IntRange(2, 60), default=12, show_default=True,
              help="Decimal digits of the end points.")  # fmt: skip
@json_option
def admissible(
    link: Link, epsilon: str, n: int, proxy: str | None, osc: str | None, target: str | None, noise: Noise,
    digits: int, as_json: bool,
) -> None:  # fmt: skip
    """The deployment temperatures beta2 whose total sub-optimality is at most epsilon."""
    from ..answers.admissible import admissible as ask
    from ..present import admissible as present

    found = ask(link, epsilon, n, proxy=proxy, osc=osc, target=target, noise=noise, digits=digits)
    answer(found, as_json, present.show)
