"""A run of verify as files: JSON, JUnit XML, Markdown, LaTeX and one HTML page."""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING

from ...link import LinkError
from ..files import check_folder, write_whole

if TYPE_CHECKING:
    from ..run import Report

#: The option of `verify` that asks for a format, and what the file is for. Each format is a module of that
#: name here with a function ``render(report) -> str``.
FORMATS = {
    "json_out": "the same JSON as --json, for --baseline of a later run",
    "junit": "JUnit XML, which continuous integration shows",
    "markdown": "a Markdown summary",
    "latex": "LaTeX tables of the verdicts",
    "html": "one HTML page with every verdict and its evidence",
}


def check_targets(files: Mapping[str, Path | None]) -> None:
    """Raise LinkError unless every file can be written, before hours of work are spent."""
    taken: dict[Path, str] = {}
    for name, path in files.items():
        if path is None:
            continue
        option = flag(name)
        check_folder(option, path)
        if (other := taken.setdefault(path.resolve(), option)) != option:
            raise LinkError(f"{other} and {option} name the same file '{path}': give each its own")


def flag(name: str) -> str:
    return "--" + name.replace("_", "-")


def write(report: Report, files: Mapping[str, Path | None]) -> None:
    """Each file that was asked for, all rendered before the first is written."""
    rendered = {
        path: import_module(f".{name}", __name__).render(report)
        for name, path in files.items()
        if path is not None
    }
    for path, content in rendered.items():
        write_whole(path, content.encode())
