"""JUnit XML: one suite per claim, one case per link.

REFUTED is a failure; what stays open (UNDECIDED, VACUOUS, TIMEOUT, ERROR) is an error, since it is not green;
NOT_APPLICABLE is skipped. Regressions against a baseline form a suite of their own. The order of elements
and the attributes follow the schema of Ant's JUnit task, which the looser ones contain.
"""

from __future__ import annotations

import io
import re
from datetime import UTC, datetime

from junitparser import Attr, Error, Failure, JUnitXml, Skipped, SystemErr, SystemOut, TestCase, TestSuite
from junitparser.junitparser import FinalResult

from ....crosscheck.claims import CLAIMS
from ....crosscheck.run.report import Change, Report, Result
from ....crosscheck.verdict import Verdict
from ..results import content, finding, tightest, why

#: What XML 1.0 cannot hold, escaped or not.
_FORBIDDEN = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


class _Suite(TestSuite):
    """With the two attributes that Ant's schema wants besides."""

    package = Attr()
    id = Attr()


def render(report: Report) -> str:
    root = JUnitXml()
    when = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S")
    for name in dict.fromkeys(result.claim for result in report.results):
        cases = [_case(name, r.link, r.seconds, _outcome(r)) for r in report.results if r.claim == name]
        if name in report.vacuous:
            vacuous = Error("no link met the assumptions", "VACUOUS")
            cases.append(_case(name, "assumptions", 0, vacuous))
        root.add_testsuite(_suite(name, cases, _about(name, report), len(root), when, report))
    if report.baseline is not None:
        cases = [_regression(change) for change in report.baseline.regressions]
        about = f"{report.baseline.compared} results compared"
        root.add_testsuite(_suite("baseline", cases, about, len(root), when, report))
    file = io.BytesIO()
    root.write(file, pretty=True)
    return file.getvalue().decode()


def _suite(name: str, cases: list[TestCase], about: str, place: int, when: str, report: Report) -> TestSuite:
    """In the order that the schema wants: properties, cases, what was written."""
    suite = _Suite(_clean(name))
    suite.package, suite.id, suite.hostname, suite.timestamp = "tiltproof", str(place), "localhost", when
    suite.add_property("version", report.version)
    suite.add_property("seed", str(report.seed))
    suite.add_testcases(cases)
    suite.extend([SystemOut(_clean(about)), SystemErr()])  # type: ignore[no-untyped-call]
    return suite


def _case(suite: str, name: str, seconds: float, outcome: FinalResult | None) -> TestCase:
    case = TestCase(_clean(name), f"tiltproof.{_clean(suite)}", round(seconds, 3))
    if outcome is not None:
        case.result = [outcome]
    return case


def _outcome(result: Result) -> FinalResult | None:
    word = str(result.verdict)
    if result.verdict.green:
        return None
    if result.verdict is Verdict.NOT_APPLICABLE:
        return Skipped(_clean(result.reason), word)
    kind = Failure if result.verdict is Verdict.REFUTED else Error
    outcome = kind(_clean(f"{word}: {why(result)}"), word)
    outcome.text = _clean("\n".join(
        [f"{e.leg} {finding(e)}: {e.detail}{f' ({e.witness})' if e.witness else ''}" for e in result.evidence]
        + ([f"again: {result.again}"] if result.again else [])
    ))  # fmt: skip
    return outcome


def _regression(change: Change) -> TestCase:
    where = ", ".join(filter(None, (f"{change.claim} on {change.link}", change.where)))
    outcome = Failure(_clean(f"{change.kind}: {where}"), str(change.kind))
    outcome.text = _clean(f"was: {change.was}\nnow: {change.now}")
    return _case("baseline", where, 0, outcome)


def _about(name: str, report: Report) -> str:
    claim = CLAIMS.get(name)
    if claim is not None:
        return f"{claim.title}: {claim.formula}"
    first = next(result for result in report.results if result.claim == name)
    said = [f"{key}: {text}" for key, text in content(first).items() if key != "link"]
    held = [f"margin on {r.link}: {tightest(r)}" for r in report.results if r.claim == name and r.margin]
    return "\n".join([*said, *held])


def _clean(text: str) -> str:
    return _FORBIDDEN.sub("\ufffd", text)
