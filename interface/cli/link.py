"""The commands that answer a question about one link, from its exponents to what both stages make of it."""

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
    DIMENSIONS,
    LINK,
    ORDERS,
    TEXT,
    Whole,
    answer,
    answer_each,
    command,
    digits_option,
    exact,
    file_option,
    json_option,
    label_option,
    link_argument,
    noise_option,
    plot_option,
    range_option,
    read,
    scheduler_option,
    seed_option,
    signal_option,
)

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
@file_option("--certificate", "certificate", "Write what was proved to this file, for `tiltproof check`.")
@file_option("--coq", "theorem", "Write the zeros to 6 digits as a theorem to this file, for `coqc FILE`.")
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


@command("tiltproof recover tanh --beta 2 --d 100,1000,10000 --replicas 50")
@link_argument()
@click.option("--beta", type=exact("beta", infinite=True), required=True,
              help="The temperature of the weights, such as 2 or 0.5; oo for none.")  # fmt: skip
@click.option("--d", "ds", type=DIMENSIONS, required=True, help="Dimensions, such as 100,1000,10000.")
@click.option("--replicas", type=Whole(1, 10**6), default=100, show_default=True,
              metavar="R", help="Neurons at each dimension.")  # fmt: skip
@click.option("--activation", type=LINK, default=None, metavar="EXPR",
              help="The activation; He_k* + He_1 + He_3, each divided by k!, if left out.")  # fmt: skip
@click.option("--step", type=exact("step"), default=None, metavar="DELTA",
              help="The step's scale, eta = DELTA d^(-k/2); from the SNR if left out.")  # fmt: skip
@signal_option
@noise_option
@label_option
@click.option("--neurons", type=Whole(1, 256), default=1, metavar="N",
              help="Networks of N neurons on shared samples, R of them.")  # fmt: skip
@click.option("--passes", type=Whole(1, 2), default=1, metavar="P",
              help="2: two steps in a row on each sample, with --beta oo.")  # fmt: skip
@click.option("--contrast", is_flag=True, help="Train without weights too, and show both.")
@click.option("--until", type=exact("until"), default=None, metavar="M",
              help="Go on from abs(m) = 1/2 to this overlap, such as 0.99.")  # fmt: skip
@click.option("--direct", is_flag=True, help="Simulate in d dimensions in place of the exact chain.")
@click.option("--store", type=click.Path(dir_okay=False, path_type=Path), default=None, metavar="FILE",
              help="Keep finished blocks in this file, so that the run can be resumed.")  # fmt: skip
@scheduler_option
@plot_option("overlaps, fractions and the slope")
@seed_option
@json_option
def recover(
    link: Link, beta: Any, ds: list[int], step: Fraction | None, store: Path | None, figure: Path | None,
    as_json: bool, **asked: Any,
) -> None:  # fmt: skip
    """Stage 1 simulated: recovered fraction, samples, exponent.

    Single neurons learn theta* by spherical online SGD in the dimensions --d. The exponent is the fitted
    slope of log samples against log d, beside the one that the generative exponent predicts. With --until
    they are trained on to that overlap, and the table says where training would end.
    """
    from ...crosscheck.files import check_files
    from ..answers.recover import recover as ask
    from ..output import plots_recovery
    from ..output.progress import share

    if figure is not None:
        check_files({"--plot": figure}, {"--store": store})
    hint = "smaller --d take less, --store FILE keeps what is finished"
    with share("training", as_json, hint) as told:
        result = ask(
            link, beta, ds, **asked, step=None if step is None else float(step), store=store,
            records=plots_recovery.RECORDS if figure else 0, progress=told,
        )  # fmt: skip
    if result.damaged:
        click.echo(f"{result.damaged} damaged blocks of '{store}' were computed again", err=True)
    answer(result, as_json, partial(plots_recovery.plot_recovery, result, figure) if figure else None)


@command("tiltproof admissible sigmoid --epsilon 0.4 --n 1e5 --noise 'gaussian(1/4)'")
@link_argument()
@click.option("--epsilon", type=exact("epsilon"), required=True,
              help="The sub-optimality allowed, such as 0.5.")  # fmt: skip
@click.option("--n", type=Whole(1, 10**18), required=True, help="Samples of the second stage.")
@click.option("--delta", metavar="NUMBER", default="0.05", show_default=True,
              help="The probability that the guarantee fails.")  # fmt: skip
@click.option("--features", metavar="B1,B2,...",
              help="Biases b of the features tanh(u - b), at most 12; recommended if left out.")  # fmt: skip
@click.option("--ridge", metavar="L", help="The penalty of the fit; recommended if left out.")
@click.option("--overlap", metavar="M", default="1", show_default=True,
              help="Overlap of u = <w,x> with the link's direction; 0.97,1: any from 0.97 on.")  # fmt: skip
@click.option("--clip", metavar="LO,HI",
              help="The range that fits are clipped to; that of the link if left out.")  # fmt: skip
@click.option("--target", metavar="V", help="The value to reach; the link's supremum if left out.")
@click.option("--proxy", type=LINK, metavar="EXPR",
              help="The pilot reward of the surrogate weights; 9/10 of the link if left out.")  # fmt: skip
@noise_option
@label_option
@click.option("--d", type=Whole(3, 10**9), default=None,
              help="With --n1, both stages: the dimension of x; the overlap is forecast.")  # fmt: skip
@click.option("--n1", type=Whole(1, 10**15), default=None, help="Samples of the first stage.")
@click.option("--beta1", type=exact("beta1"), default=None,
              help="The temperature of the first stage; recommended if left out.")  # fmt: skip
@click.option("--replicas", type=Whole(0, 10**6), default=0, metavar="R",
              help="Neurons trained on n1 samples to try that forecast.")  # fmt: skip
@seed_option
@click.option("--digits", type=Whole(2, 60), default=6, show_default=True,
              metavar="D", help="Decimal digits of the end points, at most 60.")  # fmt: skip
@plot_option("the guaranteed and the forecast sub-optimality")
@json_option
def admissible(link: Link, label: Label, figure: Path | None, as_json: bool, **asked: Any) -> None:
    """Temperatures beta2 guaranteed to lose at most epsilon.

    For each beta2 in the set, chosen before the n samples are drawn, the deployed policy comes within epsilon
    of the target with probability 1 - delta. The answer covers label weights and surrogate weights, and adds
    a forecast for large n, which guarantees nothing. With --d and --n1 it covers both stages.
    """
    from ..answers.admissible import admissible as ask
    from ..output.plots import plot_admissible
    from ..output.progress import share

    only_additive(label, "the admissible set")
    with share("bounding what is lost", as_json) as step:
        result = ask(link, **asked, progress=step)
    answer(result, as_json, partial(plot_admissible, result, figure) if figure else None)
