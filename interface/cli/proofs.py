"""The commands on proofs in files: ``check`` of a certificate, ``export`` of a theorem for Coq."""

from __future__ import annotations

import sys
from fractions import Fraction
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import click

from ...crosscheck.arguments import MOST_K
from ...crosscheck.files import check_files, write_whole
from ...link import Link, LinkError, positive
from ...link.text import excerpt
from .options import Read, Whole, answer, command, json_option, link_argument

if TYPE_CHECKING:
    from ...crosscheck.kernel.theorem import Theorem


@command("tiltproof check tanh.json")
@click.argument("file", type=click.Path(path_type=Path))
@json_option
def check(file: Path, as_json: bool) -> None:
    """Re-check a certificate that threshold or verify wrote.

    Exit code 0: every statement is proved, 1: one is false or not confirmed, 2: the file is no
    certificate, 3: accepted on a condition that is named.
    """
    from ...crosscheck.certificate.format import read

    stated = read(file)
    from ...crosscheck.certificate.check import check as ask

    found = ask(stated)
    answer(found, as_json)
    sys.exit(0 if found.accepted else 1 if found.reason else 3)


def _temperatures(text: str) -> tuple[Fraction, ...]:
    """One temperature, or the two ends of a range."""
    if not text.startswith("["):
        return (positive(text, "beta"),)
    low, comma, high = text.strip("[]").partition(",")
    if not comma or not text.endswith("]"):
        raise LinkError(f"--beta '{excerpt(text)}' is no closed range: write --beta \"[1/2,20]\"")
    ends = positive(low.strip(), "beta"), positive(high.strip(), "beta")
    if ends[0] >= ends[1]:
        raise LinkError(f"--beta '{excerpt(text)}' has its larger end first: write --beta \"[1/2,20]\"")
    return ends


@command("tiltproof export tanh --k 1 --beta 2 --coq tanh.v")
@link_argument()
@click.option(
    "--k", "order", type=Whole(0, MOST_K), default=1, show_default=True, help="The order of alpha_k."
)
@click.option("--beta", type=Read("NUMBER", _temperatures), required=True,
              help='An exact temperature such as 2, or a closed range such as "[1/2,20]".')  # fmt: skip
@click.option("--digits", type=Whole(2, 15), default=10, show_default=True,
              help="Decimal digits that are stated, at most 15.")  # fmt: skip
@click.option("--coq", "target", type=click.Path(path_type=Path), required=True, metavar="FILE",
              help="Write the theorem and its proof to this file, for `coqc FILE`.")  # fmt: skip
@json_option
def export(
    link: Link, order: int, beta: tuple[Fraction, ...], digits: int, target: Path, as_json: bool
) -> None:
    """The enclosure of alpha_k as a theorem for Coq.

    At one temperature its value between two decimals, on a range its sign.

    The file is self-contained: definitions, lemmas, the theorem and its proof, which Coq checks with the
    libraries CoqInterval and Coquelicot.
    """
    check_files({"--coq": target})
    if len(beta) == 1:
        from ...crosscheck.kernel.theorem import enclosure

        found = enclosure(link, order, beta[0], digits)
    else:
        from ...crosscheck.kernel.ranges import Temperatures, sign_on_range

        found = sign_on_range(link, order, Temperatures(beta[0], beta[1]))
    answer(found, as_json, partial(_write, found, target))


def _write(found: Theorem, path: Path) -> None:
    write_whole(path, found.text.encode())
