"""The command ``threshold``."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from ...crosscheck.arguments import only_additive
from ...crosscheck.files import check_files
from ...link import Label, Link, Noise
from .options import (
    answer,
    command,
    digits_option,
    json_option,
    label_option,
    link_argument,
    noise_option,
    plot_option,
    signal_option,
)  # fmt: skip

if TYPE_CHECKING:
    from ...crosscheck.link_facts.threshold import Threshold


@command('tiltproof threshold "tanh(z) - 9/10"')
@link_argument
@signal_option
@noise_option
@label_option
@digits_option
@plot_option("signal, SNR and coefficients")
@click.option("--certificate", type=click.Path(path_type=Path), default=None, metavar="FILE",
              help="Write what was proved to this file, for `tiltproof check`.")  # fmt: skip
@json_option
def threshold(
    link: Link,
    signal: Any,
    noise: Noise,
    label: Label,
    digits: int,
    figure: Path | None,
    certificate: Path | None,
    as_json: bool,
) -> None:
    """The threshold beta1, t_max, every exceptional temperature."""
    from ...crosscheck.link_facts.threshold import threshold as ask

    if certificate:
        only_additive(label, "a certificate")
    if figure:
        only_additive(label, "the figure")
    check_files({"--certificate": certificate, "--plot": figure})
    found = ask(link, signal, noise, digits, label)
    answer(
        found,
        as_json,
        partial(_certify, found, digits, certificate) if certificate else None,
        partial(_plot, found, figure) if figure else None,
    )


def _certify(found: Threshold, digits: int, path: Path) -> None:
    from ...crosscheck.certificate.write import certificate, save

    save(certificate(found, digits), path)


def _plot(found: Threshold, path: Path) -> None:
    from ..output.plots import plot

    plot(found, path)
