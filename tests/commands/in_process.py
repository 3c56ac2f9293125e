"""The command line in this process: what it writes and how it ends, without the start of an interpreter."""

import io
import os
import shlex
import signal
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass
from unittest import mock

import click
from tiltproof.crosscheck.workers import TERMINATING
from tiltproof.interface.cli.main import main


@dataclass(frozen=True)
class Ended:
    returncode: object
    stdout: str
    stderr: str


def run(*arguments: str) -> Ended:
    """``tiltproof`` with these arguments, as on a terminal of 80 columns."""
    out, errors = io.StringIO(), io.StringIO()
    handlers = {number: signal.getsignal(number) for number in TERMINATING}
    try:
        with redirect_stdout(out), redirect_stderr(errors), mock.patch.dict(os.environ, COLUMNS="80"):
            main(arguments)
    except SystemExit as ended:
        return Ended(ended.code, out.getvalue(), errors.getvalue())
    finally:
        for number, handler in handlers.items():
            signal.signal(number, handler)
    raise AssertionError("a command ends with its exit code")


def example(command: click.Command) -> list[str]:
    """The arguments of the example that a command's help shows."""
    _, _, line = str(command.epilog).rpartition("  ")
    name, *arguments = shlex.split(line)
    assert (name, arguments[0]) == ("tiltproof", command.name)
    return arguments
