"""JUnit XML: one suite per claim, one case per link.

REFUTED is a failure; what stays open (UNDECIDED, VACUOUS, TIMEOUT, ERROR) is an error, since it is not green;
NOT_APPLICABLE is skipped. Regressions against a baseline form a suite of their own. The order of elements
and the attributes follow the schema of Ant's JUnit task, which the looser ones contain.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import UTC, datetime
from xml.etree import ElementTree

from ....crosscheck.claims import CLAIMS
from ....crosscheck.run.report import Report, Result
from ....crosscheck.verdict import Verdict
from ..words import evidence_lines, why

#: What XML 1.0 cannot hold, escaped or not.
_FORBIDDEN = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def render(report: Report) -> str:
    root = ElementTree.Element("testsuites")
    when = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S")
    for name in dict.fromkeys(result.claim for result in report.results):
        suite = _suite(root, name, when, report)
        for result in (each for each in report.results if each.claim == name):
            _case(suite, result.link, result.seconds, *_outcome(result))
        if name in report.vacuous:
            _case(suite, "assumptions", 0, "error", "VACUOUS", "no link met the assumptions", "")
        _close(suite, _about(name))
    if report.baseline is not None:
        suite = _suite(root, "baseline", when, report)
        for change in report.baseline.regressions:
            where = ", ".join(filter(None, (f"{change.claim} on {change.link}", change.where)))
            body = f"was: {change.was}\nnow: {change.now}"
            _case(suite, where, 0, "failure", str(change.kind), f"{change.kind}: {where}", body)
        _close(suite, f"{report.baseline.compared} results compared")
    ElementTree.indent(root)
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{ElementTree.tostring(root, encoding="unicode")}\n'


def _suite(root: ElementTree.Element, name: str, when: str, report: Report) -> ElementTree.Element:
    place = {"package": "tiltproof", "id": str(len(root))}
    suite = ElementTree.SubElement(
        root, "testsuite", {**place, "name": _clean(name), "timestamp": when, "hostname": "localhost"}
    )
    properties = ElementTree.SubElement(suite, "properties")
    for key, value in (("version", report.version), ("seed", str(report.seed))):
        ElementTree.SubElement(properties, "property", {"name": key, "value": value})
    return suite


def _case(
    suite: ElementTree.Element, name: str, seconds: float, tag: str | None, kind: str, message: str, body: str
) -> None:
    place = {"name": _clean(name), "classname": f"tiltproof.{suite.get('name')}", "time": f"{seconds:.3f}"}
    case = ElementTree.SubElement(suite, "testcase", place)
    if tag is not None:
        outcome = ElementTree.SubElement(case, tag, {"type": kind, "message": _clean(message)})
        outcome.text = _clean(body)


def _outcome(result: Result) -> tuple[str | None, str, str, str]:
    """Element, type, message and body of a case."""
    word = str(result.verdict)
    if result.verdict.green:
        return None, word, "", ""
    if result.verdict is Verdict.NOT_APPLICABLE:
        return "skipped", word, result.reason, ""
    tag = "failure" if result.verdict is Verdict.REFUTED else "error"
    return tag, word, f"{word}: {why(result)}", "\n".join(evidence_lines(result))


def _close(suite: ElementTree.Element, about: str) -> None:
    """The counts, and the closing elements that the schema wants after the cases."""
    cases = suite.findall("testcase")
    suite.set("tests", str(len(cases)))
    for attribute, tag in (("failures", "failure"), ("errors", "error"), ("skipped", "skipped")):
        suite.set(attribute, str(_count(cases, tag)))
    suite.set("time", f"{sum(float(case.get('time', '0')) for case in cases):.3f}")
    ElementTree.SubElement(suite, "system-out").text = _clean(about)
    ElementTree.SubElement(suite, "system-err")


def _count(cases: Iterable[ElementTree.Element], tag: str) -> int:
    return sum(case.find(tag) is not None for case in cases)


def _about(name: str) -> str:
    claim = CLAIMS.get(name)
    return "" if claim is None else f"{claim.title}: {claim.formula.text}"


def _clean(text: str) -> str:
    return _FORBIDDEN.sub("\ufffd", text)
