"""The commands that ask for numbers of one link: ``exponents``, ``coefficients`` and ``policy``."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import click

from ...crosscheck.arguments import only_additive
from ...link import Label, Link, Noise
from ...link.family import Family
from .options import (
    ORDERS,
    answer_each,
    beta_option,
    command,
    digits_option,
    exact,
    json_option,
    label_option,
    link_argument,
    noise_option,
    signal_option,
)  # fmt: skip


@command('tiltproof exponents "He(3, z)"\n  tiltproof exponents "He(k, z)" --for "k=1:4"')
@link_argument(members=True)
@noise_option
@label_option
@digits_option
@json_option
def exponents(link: Link | Family, noise: Noise, label: Label, digits: int, as_json: bool) -> None:
    """Information and generative exponent, each with its reason.

    With lambda^2, what the best transformation of the label carries of the order at the generative exponent.
    """
    from ..answers.exponents import exponents as ask

    answer_each(link, lambda one: ask(one, noise, label, digits), as_json)


@command("tiltproof coefficients tanh --k 0:8 --beta 2")
@link_argument(members=True)
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
    link: Link | Family,
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

        answer_each(link, lambda one: formulas(one, orders, signal, noise, label), as_json)
        return
    from ..answers.coefficients import coefficients as ask

    answer_each(link, lambda one: ask(one, orders, beta, digits, signal, noise, label), as_json)


@command("tiltproof policy tanh --beta 1/2")
@link_argument(members=True)
@beta_option
@noise_option
@label_option
@digits_option
@json_option
def policy(
    link: Link | Family, beta: Fraction, noise: Noise, label: Label, digits: int, as_json: bool
) -> None:
    """The tilted policy: K, V, KL, chi2, effective-sample ratio."""
    only_additive(label, "the policy")
    from ..answers.policy import policy as ask

    answer_each(link, lambda one: ask(one, beta, noise, digits), as_json)
