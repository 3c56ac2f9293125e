"""The command ``coefficients``."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import click

from ...link import Label, Link, Noise
from .options import (
    ORDERS,
    answer,
    command,
    digits_option,
    exact,
    json_option,
    label_option,
    link_argument,
    noise_option,
    signal_option,
)  # fmt: skip


@command("tiltproof coefficients tanh --k 0:8 --beta 2")
@link_argument
@click.option("--k", "orders", type=ORDERS, default="0:4", show_default=True, help="One order or a range.")
@click.option(
    "--beta",
    type=exact("beta"),
    default=None,
    help="The temperature, an exact number such as 2 or 0.5; without it, closed forms in t = 1/beta.",
)
@signal_option
@noise_option
@label_option
@digits_option
@json_option
def coefficients(
    link: Link,
    orders: list[int],
    beta: Fraction | None,
    signal: Any,
    noise: Noise,
    label: Label,
    digits: int,
    as_json: bool,
) -> None:
    """The tilted Hermite coefficients h_k and alpha_k.

    At a temperature, or without --beta as closed forms in t = 1/beta.
    """
    if beta is None:
        from ..answers.coefficients import formulas

        answer(formulas(link, orders, signal, noise, label), as_json)
        return
    from ..answers.coefficients import coefficients as ask

    answer(ask(link, orders, beta, digits, signal, noise, label), as_json)
