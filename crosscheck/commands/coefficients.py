"""The command ``coefficients``."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import click

from ...link import Link, Noise
from .options import (
    answer,
    beta_option,
    command,
    digits_option,
    json_option,
    link_argument,
    noise_option,
    signal_option,
)
from .types import OrdersType


@command("tiltproof coefficients tanh --k 0:8 --beta 2")
@link_argument
@click.option(
    "--k", "orders", type=OrdersType(), default="0:4", show_default=True, help="One order or a range."
)
@beta_option
@signal_option
@noise_option
@digits_option
@json_option
def coefficients(
    link: Link, orders: list[int], beta: Fraction, signal: Any, noise: Noise, digits: int, as_json: bool
) -> None:
    """The tilted Hermite coefficients h_k and alpha_k."""
    from ..answers.coefficients import coefficients as ask
    from ..present import coefficients as present

    answer(ask(link, orders, beta, digits, signal, noise), as_json, present.show)
