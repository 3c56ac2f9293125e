"""Answers as tables, pages, figures and reports; writing to standard output, which may be a closed pipe.

What is said of an answer in words is said once, whatever it is printed on.
"""

from __future__ import annotations

import json
import os
import sys
from typing import Any, NoReturn, TextIO

import click

#: SIGPIPE, which Windows does not name.
_PIPE = 13


def write_json(found: Any) -> None:
    try:
        click.echo(json.dumps(found, indent=2))
    except BrokenPipeError:
        closed()


def closed() -> NoReturn:
    """End as a program does whose pipe was closed: silently, and with no code that means a verdict."""
    silence(sys.stdout)
    sys.exit(128 + _PIPE)


def silence(*streams: TextIO) -> None:
    """Nothing more is written to them, not even what the interpreter flushes at its end."""
    for stream in streams:
        os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())
