"""Reports: a run as JSON, JUnit XML, Markdown, LaTeX and an HTML page; the page of a link."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING

from ....crosscheck.files import write_whole
from ....link import LinkError, printable

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


def render(report: Report, name: str, *, figures: Callable[[float], object] | bool = True) -> str:
    """The report in the format ``name``. figures: whether, or what hears of the share drawn."""
    if name == "json_out":
        return json.dumps(report.as_json(), indent=2) + "\n"
    options = {"figures": figures} if name == "html" else {}
    return str(import_module(_MODULES[name], __name__).render(report, **options))


def github_lines(report: Report, places: Mapping[str, tuple[str, int]]) -> Iterator[str]:
    """What is not green as commands of GitHub Actions, which shows them at the line of the claim."""
    from ..results import unsettled

    told = [
        (
            "error" if str(verdict) == "REFUTED" else "warning",
            claim,
            f"{verdict}{f' on {link}' * bool(link)}: {why}",
        )
        for verdict, claim, link, why in unsettled(report)
    ]
    for change in report.baseline.regressions if report.baseline is not None else ():
        told.append(("error", change.claim, f"{change.kind} on {change.link}: {change.was} -> {change.now}"))
    for level, claim, message in told:
        file, line = places.get(claim, ("", 0))
        where = f"file={_property(file)},line={line}," if file else ""
        yield f"::{level} {where}title={_property(claim)}::{_escaped(message)}"


def _escaped(text: str) -> str:
    """In the encoding of these commands; nothing in a claim can start another one."""
    return printable(text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A"))


def _property(text: str) -> str:
    return _escaped(text).replace(":", "%3A").replace(",", "%2C")


def flag(name: str) -> str:
    return "--" + name.replace("_", "-")


def write(
    report: Report, files: Mapping[str, Path | None], *, figures: Callable[[float], object] | bool = True
) -> list[LinkError]:
    """Each file that was asked for, one by one; why some could not be written, which costs no other."""
    failures = []
    for name, path in files.items():
        if path is not None:
            content = render(report, name, figures=figures)
            try:
                write_whole(path, content.encode())
            except LinkError as failure:
                failures.append(failure)
    return failures
