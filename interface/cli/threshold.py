"""The command ``threshold``."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Any

import click

from ...crosscheck.arguments import only_additive
from ...crosscheck.files import check_files
from ...link import Label, LinkError, Noise, parse
from ...link.family import Family, parse_family
from .options import (
    TEXT,
    answer,
    command,
    digits_option,
    json_option,
    label_option,
    noise_option,
    plot_option,
    range_option,
    signal_option,
)  # fmt: skip


@command('tiltproof threshold "tanh(z) - 9/10"\n  tiltproof threshold "tanh(z) - c" --for "c=[0,2]"')
@click.argument("link", type=TEXT)
@range_option('What a symbol in the link stands for: "c=[0,2]", "k=1:8" or "a=2" (repeatable).')
@signal_option
@noise_option
@label_option
@digits_option
@plot_option("signal, SNR and coefficients")
@click.option("--certificate", type=click.Path(path_type=Path), default=None, metavar="FILE",
              help="Write what was proved to this file, for `tiltproof check`.")  # fmt: skip
@json_option
def threshold(
    link: str,
    ranges: dict[str, str],
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

    # Before an algebra system is loaded.
    chosen = parse_family(link, ranges) if ranges else parse(link)
    if certificate:
        only_additive(label, "a certificate")
    if figure:
        only_additive(label, "the figure")
    check_files({"--certificate": certificate, "--plot": figure})
    if certificate and isinstance(chosen, Family):
        raise LinkError("a certificate holds one link, not a range of them: give each symbol one number")
    found = ask(link, signal, noise, digits, label, ranges=ranges)
    answer(
        found,
        as_json,
        partial(_certify, found, digits, certificate) if certificate else None,
        partial(_plot, found, figure) if figure else None,
    )


def _certify(found: Any, digits: int, path: Path) -> None:
    from ...crosscheck.certificate.write import certificate, save

    save(certificate(found, digits), path)


def _plot(found: Any, path: Path) -> None:
    from ..output.plots import plot
    from ..output.plots_family import plot_family

    if hasattr(found, "family"):
        plot_family(found, path)
    else:
        plot(found, path)
