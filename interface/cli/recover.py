"""The command ``recover``."""

from __future__ import annotations

from fractions import Fraction
from functools import partial
from pathlib import Path
from typing import Any

import click

from ...link import Label, Link, Noise
from .options import (
    DIMENSIONS,
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
    seed_option,
    signal_option,
)  # fmt: skip


@command("tiltproof recover tanh --beta 2 --d 100,1000,10000 --replicas 50")
@link_argument
@click.option("--beta", type=exact("beta", infinite=True), required=True,
              help="The temperature of the weights, such as 2 or 0.5; oo for none.")  # fmt: skip
@click.option("--d", "ds", type=DIMENSIONS, required=True, help="Dimensions, such as 100,1000,10000.")
@click.option("--replicas", type=Whole(1, 10**6), default=100, show_default=True,
              metavar="R", help="Neurons at each dimension.")  # fmt: skip
@click.option("--activation", type=LINK, default=None, metavar="EXPR",
              help="The activation; He_k* + He_1 + He_3, each over k!, if left out.")  # fmt: skip
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
@plot_option("overlaps, fractions and the slope")
@seed_option
@json_option
def recover(
    link: Link, beta: Any, ds: list[int], replicas: int, activation: Link | None, step: Fraction | None,
    signal: Any, noise: Noise, label: Label, neurons: int, passes: int, contrast: bool,
    until: Fraction | None, direct: bool, store: Path | None, figure: Path | None, seed: int, as_json: bool,
) -> None:  # fmt: skip
    """Stage 1 simulated: recovered fraction, samples, exponent.

    Single neurons learn theta* by spherical online SGD in the dimensions --d. The exponent is the fitted
    slope of log samples against log d, beside the one that the generative exponent predicts. With --until
    they are trained on to that overlap, and the table says where training would end.
    """
    from ...crosscheck.files import check_files
    from ..answers.recover import recover as ask
    from ..output import plots_recovery
    from ..output.terminal import training

    if figure is not None:
        check_files({"--plot": figure}, {"--store": store})
    with training(quiet=as_json) as share:
        found = ask(
            link, beta, ds, replicas=replicas, activation=activation,
            step=None if step is None else float(step), direct=direct, signal=signal, noise=noise,
            label=label, seed=seed, contrast=contrast, neurons=neurons, passes=passes, until=until,
            store=store,
            records=plots_recovery.RECORDS if figure else 0, progress=share,
        )  # fmt: skip
    if found.damaged:
        click.echo(f"{found.damaged} damaged blocks of '{store}' were computed again", err=True)
    answer(found, as_json, partial(plots_recovery.plot, found, figure) if figure else None)
