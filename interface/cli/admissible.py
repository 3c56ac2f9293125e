"""The command ``admissible``."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Any

import click

from ...crosscheck.arguments import only_additive
from ...link import Label, Link
from .options import (
    LINK,
    Whole,
    answer,
    command,
    exact,
    json_option,
    label_option,
    link_argument,
    noise_option,
    plot_option,
)  # fmt: skip


@command("tiltproof admissible sigmoid --epsilon 0.4 --n 1e5 --noise 'gaussian(1/4)'")
@link_argument
@click.option("--epsilon", type=exact("epsilon"), required=True,
              help="The sub-optimality allowed, such as 0.5.")  # fmt: skip
@click.option("--n", type=Whole(1, 10**18), required=True, help="Samples of the second stage.")
@click.option("--delta", metavar="NUMBER", default="0.05", show_default=True,
              help="The probability with which all of it may fail.")  # fmt: skip
@click.option("--features", metavar="B1,B2,...",
              help="Biases b of the features tanh(u - b), at most 12; recommended if left out.")  # fmt: skip
@click.option("--ridge", metavar="L", help="The penalty of the fit; recommended if left out.")
@click.option("--overlap", metavar="M", default="1", show_default=True,
              help="Overlap of u = <w,x> with the link's direction, above 0.")  # fmt: skip
@click.option("--clip", metavar="LO,HI",
              help="The range that fits are clipped to; that of the link if left out.")  # fmt: skip
@click.option("--target", metavar="V", help="The value to reach; the link's supremum if left out.")
@click.option("--proxy", type=LINK, metavar="EXPR",
              help="The pilot reward of the surrogate weights; 9/10 of the link if left out.")  # fmt: skip
@noise_option
@label_option
@click.option("--digits", type=Whole(2, 60), default=6, show_default=True,
              metavar="D", help="Decimal digits of the end points, at most 60.")  # fmt: skip
@plot_option("the guaranteed and the forecast sub-optimality")
@json_option
def admissible(link: Link, label: Label, figure: Path | None, as_json: bool, **asked: Any) -> None:
    """Temperatures beta2 guaranteed to lose at most epsilon.

    Whichever beta2 of the set is chosen before the n samples, the deployed policy reaches the target but for
    epsilon with probability 1 - delta. For label weights and for surrogate weights; beside them a forecast
    as n grows, which guarantees nothing.
    """
    from ..answers.admissible import admissible as ask
    from ..output.plots import plot_admissible
    from ..output.terminal import working

    only_additive(label, "the admissible set")
    with working("bounding what is lost at every beta2", quiet=as_json):
        found = ask(link, **asked)
    answer(found, as_json, partial(plot_admissible, found, figure) if figure else None)
