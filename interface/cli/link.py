"""The commands about one link: ``exponents``, ``threshold``, ``coefficients`` and ``policy``."""

from __future__ import annotations

from fractions import Fraction
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from ...crosscheck.arguments import only_additive
from ...crosscheck.files import check_files, write_whole
from ...link import Label, Link, LinkError, Noise
from .options import (
    BETAS,
    ORDERS,
    TEXT,
    answer,
    answer_each,
    command,
    digits_option,
    json_option,
    label_option,
    link_argument,
    noise_option,
    plot_option,
    range_option,
    read,
    scheduler_option,
    signal_option,
)  # fmt: skip

if TYPE_CHECKING:
    from ...link.family import Family

#: Of beta1 in a theorem for Coq.
_COQ_DIGITS = 6


@command('tiltproof threshold "tanh(z) - 9/10"\n  tiltproof threshold "tanh(z) - c" --for "c=[0,2]"')
@click.argument("link", type=TEXT)
@range_option('What a symbol in the link stands for: "c=[0,2]", "k=1:8" or "a=2" (repeatable).')
@signal_option
@noise_option
@label_option
@digits_option
@scheduler_option
@plot_option("signal, SNR and coefficients")
@click.option("--certificate", type=click.Path(path_type=Path), default=None, metavar="FILE",
              help="Write what was proved to this file, for `tiltproof check`.")  # fmt: skip
@click.option("--coq", "theorem", type=click.Path(path_type=Path), default=None, metavar="FILE",
              help="Write the zeros to 6 digits as a theorem to this file, for `coqc FILE`.")  # fmt: skip
@json_option
def threshold(
    link: str,
    ranges: dict[str, str],
    signal: Any,
    noise: Noise,
    label: Label,
    digits: int,
    scheduler: str | None,
    figure: Path | None,
    certificate: Path | None,
    theorem: Path | None,
    as_json: bool,
) -> None:
    """The threshold beta1, t_max, every exceptional temperature."""
    # Before an algebra system is loaded.
    chosen = read(link, ranges)
    if certificate:
        only_additive(label, "a certificate")
    if figure:
        only_additive(label, "the figure")
    check_files({"--certificate": certificate, "--plot": figure, "--coq": theorem})
    if theorem and (
        not isinstance(chosen, Link) or (signal, str(noise), str(label)) != ("label", "none", "additive")
    ):
        raise LinkError(
            "a theorem for Coq is about one link, with signal label and without noise: leave these out"
        )
    if certificate and not isinstance(chosen, Link):
        raise LinkError("a certificate holds one link, not a range of them: give each symbol one number")
    from ...crosscheck.link_facts.threshold import threshold as ask

    proved = _proved(chosen) if theorem and isinstance(chosen, Link) else None
    found = ask(link, signal, noise, digits, label, ranges=ranges, scheduler=scheduler)
    answer(
        found,
        as_json,
        partial(_certify, found, digits, certificate) if certificate else None,
        partial(_plot if isinstance(chosen, Link) else _plot_family, found, figure) if figure else None,
        partial(write_whole, theorem, proved) if theorem and proved else None,
    )


def _proved(link: Link) -> bytes:
    from ...crosscheck.kernel.ranges import every_zero

    return every_zero(link, _COQ_DIGITS).text.encode()


def _certify(found: Any, digits: int, path: Path) -> None:
    from ...crosscheck.certificate.write import certificate, save

    save(certificate(found, digits), path)


def _plot(found: Any, path: Path) -> None:
    from ..output.plots import plot

    plot(found, path)


def _plot_family(found: Any, path: Path) -> None:
    from ..output.plots_family import plot_family

    plot_family(found, path)


@command('tiltproof exponents "He(3, z)"\n  tiltproof exponents "He(k, z)" --for "k=1:4"')
@link_argument(members=True)
@noise_option
@label_option
@digits_option
@json_option
def exponents(link: Link | Family, noise: Noise, label: Label, digits: int, as_json: bool) -> None:
    """Information and generative exponent, each with its reason.

    Also lambda^2, the most that any transformation of the label carries of the order GE.
    """
    from ..answers.exponents import exponents as ask

    answer_each(link, lambda one: ask(one, noise, label, digits), as_json)


@command("tiltproof coefficients tanh --k 0:8 --beta 2")
@link_argument(members=True)
@click.option("--k", "orders", type=ORDERS, default="0:4", show_default=True, help="One order or a range.")
@click.option(
    "--beta",
    type=BETAS,
    default=None,
    help="Temperatures, exact numbers such as 2 or 1/2,1,2; without it, closed forms in t = 1/beta.",
)
@signal_option
@noise_option
@label_option
@digits_option
@json_option
def coefficients(
    link: Link | Family,
    orders: list[int],
    beta: Fraction | list[Fraction] | None,
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
@click.option("--beta", type=BETAS, required=True,
              help="Temperatures, exact numbers such as 2 or 1/2,1,2.")  # fmt: skip
@noise_option
@label_option
@digits_option
@json_option
def policy(link: Link | Family, beta: Any, noise: Noise, label: Label, digits: int, as_json: bool) -> None:
    """The tilted policy: K, V, KL, chi2, effective-sample ratio."""
    only_additive(label, "the policy")
    from ..answers.policy import policy as ask

    answer_each(link, lambda one: ask(one, beta, noise, digits), as_json)
