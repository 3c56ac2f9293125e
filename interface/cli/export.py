"""The command ``export``."""

from __future__ import annotations

from fractions import Fraction
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import click

from ...crosscheck.arguments import MOST_K
from ...crosscheck.files import check_files, write_whole
from ...link import Link
from .options import Whole, answer, command, exact, json_option, link_argument

if TYPE_CHECKING:
    from ...crosscheck.kernel.theorem import Theorem


@command("tiltproof export tanh --k 1 --beta 2 --coq tanh.v")
@link_argument
@click.option(
    "--k", "order", type=Whole(0, MOST_K), default=1, show_default=True, help="The order of alpha_k."
)
@click.option("--beta", type=exact("beta"), required=True,
              help="The temperature, an exact number such as 2 or 0.5.")  # fmt: skip
@click.option("--digits", type=Whole(2, 15), default=10, show_default=True,
              help="Decimal digits that are stated, at most 15.")  # fmt: skip
@click.option("--coq", "target", type=click.Path(path_type=Path), required=True, metavar="FILE",
              help="Write the theorem and its proof to this file, for `coqc FILE`.")  # fmt: skip
@json_option
def export(link: Link, order: int, beta: Fraction, digits: int, target: Path, as_json: bool) -> None:
    """The enclosure of alpha_k as a theorem for Coq.

    The file is self-contained: definitions, lemmas, the theorem and its proof, which Coq checks with the
    libraries CoqInterval and Coquelicot.
    """
    check_files({"--coq": target})
    from ...crosscheck.kernel.theorem import enclosure

    found = enclosure(link, order, beta, digits)
    answer(found, as_json, partial(_write, found, target))


def _write(found: Theorem, path: Path) -> None:
    write_whole(path, found.text.encode())
