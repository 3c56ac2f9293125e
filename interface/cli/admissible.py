"""The command ``admissible``."""

from __future__ import annotations

from fractions import Fraction
from functools import partial
from pathlib import Path

import click

from ...link import Link, Noise
from .options import (
    LINK,
    Whole,
    answer,
    command,
    exact,
    json_option,
    link_argument,
    noise_option,
    plot_option,
)  # fmt: skip


@command("tiltproof admissible tanh --epsilon 0.5 --n 1000000")
@link_argument
@click.option("--epsilon", type=exact("epsilon"), required=True,
              help="The sub-optimality allowed, such as 0.5.")  # fmt: skip
@click.option("--n", type=Whole(1, 10**18), required=True, help="Samples of the second stage.")
@click.option("--proxy", type=LINK, metavar="EXPR",
              help="The pilot reward of the surrogate weights; 9/10 of the link if left out.")  # fmt: skip
@click.option("--osc", type=exact("osc"),
              help="Taken to bound osc(rhat - r*); from the features or clipping if left out.")  # fmt: skip
@click.option("--target", metavar="NUMBER", help="The value to reach; the link's supremum if left out.")
@noise_option
@click.option("--digits", type=Whole(2, 60), default=12, show_default=True,
              metavar="D", help="Decimal digits of the end points, at most 60.")  # fmt: skip
@plot_option("the forecasts and the sets")
@json_option
def admissible(
    link: Link, epsilon: Fraction, n: int, proxy: Link | None, osc: Fraction | None, target: str | None,
    noise: Noise, digits: int, figure: Path | None, as_json: bool,
) -> None:  # fmt: skip
    """Forecast the deployment temperatures beta2 within epsilon.

    Those whose total sub-optimality is forecast to be at most epsilon with n samples in the second stage, by
    the mean of the learning cost as n -> oo; for label weights and for surrogate weights. At finite n nothing
    is guaranteed.
    """
    from ..answers.admissible import admissible as ask
    from ..output.plots import plot_admissible

    found = ask(link, epsilon, n, proxy=proxy, osc=osc, target=target, noise=noise, digits=digits)
    answer(found, as_json, partial(plot_admissible, found, figure) if figure else None)
