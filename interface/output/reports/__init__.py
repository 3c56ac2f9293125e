"""A run of verify as files: JSON, JUnit XML, Markdown, LaTeX and one HTML page."""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING

from ....crosscheck.files import write_whole
from ....link import LinkError

if TYPE_CHECKING:
    from ....crosscheck.run.report import Report

#: The option of `verify` that asks for a format, and what the file is for. Each is a module with a
#: function ``render(report) -> str``.
FORMATS = {
    "json_out": "the same JSON as --json, for --baseline of a later run",
    "junit": "JUnit XML, which continuous integration shows",
    "markdown": "a Markdown summary",
    "latex": "LaTeX tables of the verdicts",
    "html": "one HTML page with every verdict and its evidence",
}
_MODULES = {"html": "..pages.verdicts", **{name: f".{name}" for name in FORMATS if name != "html"}}


def flag(name: str) -> str:
    return "--" + name.replace("_", "-")


def write(report: Report, files: Mapping[str, Path | None]) -> list[LinkError]:
    """Each file that was asked for, one by one; why some could not be written, which costs no other."""
    failures = []
    for name, path in files.items():
        if path is not None:
            content = import_module(_MODULES[name], __name__).render(report)
            try:
                write_whole(path, content.encode())
            except LinkError as failure:
                failures.append(failure)
    return failures
