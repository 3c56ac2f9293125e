"""Write status.md from the JSON of a run on the library: ``python docs/status.py RUN.json status.md``."""

import sys
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

from tiltproof.crosscheck.claims import CLAIMS
from tiltproof.crosscheck.run.report import Report, load
from tiltproof.crosscheck.verdict import Verdict
from tiltproof.interface.output.reports.markdown import code, plain
from tiltproof.interface.output.results import MARKS, Matrix, why

HEAD = """\
# Status

What `tiltproof verify` comes to on the library. Written by `make status`, not by hand; the tests compare its
claims, links and a sample of its cells with what the tool says now.
"""
LETTERS = """\
A letter says what decided: **P** PROVED, the whole statement by exact algebra; **E** ENCLOSED, the whole
statement by certified balls; **C** CHECKED, instances of it or steps of its proof (the rest is the proof on
paper); **S** STATISTICAL, simulation alone. **-** NOT_APPLICABLE: an assumption fails on that link.
**R** is REFUTED. **?** UNDECIDED, **T** TIMEOUT, **!** ERROR and **V** VACUOUS are open, and explained below.
"""


def page(report: Report) -> str:
    return "\n".join(_lines(report)) + "\n"


def _lines(report: Report) -> Iterator[str]:
    matrix = Matrix.of(report.results)
    yield HEAD
    yield f"Version {report.version}, seed {report.seed}, {len(report.results)} pairs of claim and link:"
    yield ", ".join(f"{count} {word}" for word, count in report.summary.items() if count) + ".\n"
    yield LETTERS
    yield from _table(
        ["link", *map(_page_of, matrix.claims)],
        [[code(link), *(MARKS[matrix[name, link]] for name in matrix.claims)] for link in matrix.links],
    )
    yield "\n## What is open\n"
    yield from _open(report)
    yield "\n## By claim\n"
    yield from _table(
        ["claim", "", "P", "E", "C", "S", "open", "-"], [_row(report, name) for name in matrix.claims]
    )
    yield "\n## Where a claim does not apply\n"
    yield from _table(["claims", "assume", "which fails on"], list(_inapplicable(report)))


def _page_of(name: str) -> str:
    return f"[{name}](claims/{name.lower()}.md)"


def _open(report: Report) -> Iterator[str]:
    cells = [r for r in report.results if not r.verdict.green and r.verdict is not Verdict.NOT_APPLICABLE]
    for result in cells:
        yield f"- **{result.verdict}** {_page_of(result.claim)} on {code(result.link)}: {plain(why(result))}"
    for name in report.vacuous:
        yield f"- **VACUOUS** {_page_of(name)}: no link meets its assumptions"
    if not cells and not report.vacuous:
        yield "Nothing: every claim is green on every link that it applies to."


def _row(report: Report, name: str) -> list[str]:
    found = [result.verdict for result in report.results if result.claim == name]
    shown = (*(verdict for verdict in Verdict if verdict.green), None, Verdict.NOT_APPLICABLE)
    counts = [found.count(verdict) if verdict else _count_open(found) for verdict in shown]
    return [_page_of(name), plain(CLAIMS[name].title), *(str(count or "") for count in counts)]


def _count_open(found: list[Verdict]) -> int:
    return sum(not verdict.green and verdict is not Verdict.NOT_APPLICABLE for verdict in found)


def _inapplicable(report: Report) -> Iterator[list[str]]:
    """Claims that fail on the same links for the same reason stand together."""
    groups: defaultdict[tuple[str, str], list[str]] = defaultdict(list)
    for result in report.results:
        if result.verdict is Verdict.NOT_APPLICABLE:
            groups[result.claim, result.reason.partition(":")[0]].append(result.link)
    alike: defaultdict[tuple[str, tuple[str, ...]], list[str]] = defaultdict(list)
    for (name, assumption), links in groups.items():
        alike[assumption, tuple(links)].append(name)
    for (assumption, shared), names in alike.items():
        yield [", ".join(map(_page_of, names)), code(assumption), ", ".join(map(code, shared))]


def _table(head: list[str], rows: list[list[str]]) -> Iterator[str]:
    for row in (head, ["---"] * len(head), *rows):
        yield f"| {' | '.join(row)} |"


if __name__ == "__main__":
    Path(sys.argv[2]).write_text(page(load(Path(sys.argv[1]))))
