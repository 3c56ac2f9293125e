"""One HTML page for a run of verify: the matrix of verdicts, the evidence of every cell, claims and links."""

from __future__ import annotations

from ....crosscheck.run.report import Report
from ..results import Matrix, unsettled
from .figures import of_links
from .page import render as page


def render(report: Report) -> str:
    matrix = Matrix.of(report.results)
    open_section = {"open": "Not green"} if unsettled(report) else {}
    return page(
        "verdicts.html",
        report=report,
        matrix=matrix,
        sections={"matrix": "Claims and links", **open_section, "claims": "Claims", "links": "Links"},
        figures=list(zip(matrix.links, of_links(matrix.links), strict=True)),
    )
