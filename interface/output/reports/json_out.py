"""The report as JSON."""

from __future__ import annotations

import json

from ....crosscheck.run.report import Report


def render(report: Report) -> str:
    return json.dumps(report.as_json(), indent=2) + "\n"
