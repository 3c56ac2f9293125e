"""The command ``threshold``."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from ...crosscheck.files import check_files
from ...link import Link, Noise
from .options import answer, command, digits_option, json_option, link_argument, noise_option, signal_option


@command('tiltproof threshold "tanh(z) - 9/10"')
@link_argument
@signal_option
@noise_option
@digits_option
@click.option("--plot", "figure", type=click.Path(path_type=Path), default=None, metavar="FILE",
              help="Draw signal, SNR and coefficients to this .svg or .png file.")  # fmt: skip
@click.option("--certificate", type=click.Path(path_type=Path), default=None, metavar="FILE",
              help="Write what was proved to this file, for `tiltproof check`.")  # fmt: skip
@json_option
def threshold(
    link: Link,
    signal: Any,
    noise: Noise,
    digits: int,
    figure: Path | None,
    certificate: Path | None,
    as_json: bool,
) -> None:
    """The threshold beta1, t_max, every exceptional temperature."""
    from ...crosscheck.link_facts.threshold import threshold as ask
    from ..output.terminal import threshold as present

    check_files({"--certificate": certificate, "--plot": figure})
    if figure is not None:
        from ..output import plots

        plots.check_target(figure)
    found = ask(link, signal, noise, digits)
    try:
        answer(found, as_json, present.show)
    finally:
        if certificate is not None:
            from ...crosscheck.certificate import write

            write.save(write.certificate(found, digits), certificate)
        if figure is not None:
            plots.plot(found, figure)
