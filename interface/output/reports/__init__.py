"""Reports: a run as JSON, JUnit XML, Markdown, LaTeX and an HTML page; the page of a link."""

from __future__ import annotations

import json
from collections.abc import Mapping
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING

from ....crosscheck.files import write_whole
from ....link import LinkError

if TYPE_CHECKING:
    from ....crosscheck.run.report import Report

#: The option of `verify` that asks for a format, and what the file is for.
FORMATS = {
    "json_out": "the same JSON as --json, for --baseline of a later run",
    "junit": "JUnit XML, which continuous integration shows",
    "markdown": "a Markdown summary",
    "latex": "LaTeX tables of the verdicts",
    "html": "one HTML page with every verdict and its evidence",
}
#: Where a format's ``render(report) -> str`` stands, but for JSON.
_MODULES = {"junit": ".junit", "markdown": ".markdown", "latex": ".latex", "html": ".pages"}


def render(report: Report, name: str) -> str:
    """The report in the format ``name``."""
    if name == "json_out":
        return json.dumps(report.as_json(), indent=2) + "\n"
    return str(import_module(_MODULES[name], __name__).render(report))


def flag(name: str) -> str:
    return "--" + name.replace("_", "-")


def write(report: Report, files: Mapping[str, Path | None]) -> list[LinkError]:
    """Each file that was asked for, one by one; why some could not be written, which costs no other."""
    failures = []
    for name, path in files.items():
        if path is not None:
            content = render(report, name)
            try:
                write_whole(path, content.encode())
            except LinkError as failure:
                failures.append(failure)
    return failures
