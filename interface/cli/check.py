"""The command ``check``."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from .options import answer, command, json_option


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
