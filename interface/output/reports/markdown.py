"""A Markdown summary: the matrix of claims and links, what is not green, what changed, every claim's text."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from ....crosscheck.claims import CLAIMS
from ....crosscheck.run.report import Report
from ....link.text import printable
from ..results import MARKS, Matrix, compared, content, counts, from_cache, margin, not_applied, unsettled


def render(report: Report) -> str:
    return "\n".join(_lines(report)) + "\n"


def _lines(report: Report) -> Iterator[str]:
    yield "# Verdicts\n"
    yield f"{counts(report, ', ')}. tiltproof {report.version}, seed {report.seed}, {report.seconds:.1f} s.\n"
    yield from (f"{line}.\n" for line in from_cache(report))
    if shown := [result for result in report.results if result.claim in CLAIMS]:
        matrix = Matrix.of(shown)
        yield from _table(
            ["link", *map(plain, matrix.claims)],
            [[code(link), *(MARKS[matrix[name, link]] for name in matrix.claims)] for link in matrix.links],
        )
        yield ""
        yield ", ".join(f"{mark} {word}" for word, mark in matrix.legend.items()) + ".\n"
    if rows := unsettled(report):
        yield "## Not green\n"
        for verdict, claim, link, reason in rows:
            yield f"- **{verdict}** {plain(claim)}{f' on {code(link)}' if link else ''}: {plain(reason)}"
        yield ""
    if skipped := not_applied(report):
        yield "## Not applicable\n"
        for result in skipped:
            yield f"- {plain(result.claim)} on {code(result.link)}: {plain(result.reason)}"
        yield ""
    if report.baseline is not None:
        yield f"## Against the baseline\n\n{compared(report.baseline)}.\n"
        if report.baseline.changes:
            yield from _table(
                ["change", "claim", "link", "where", "was", "now"],
                [
                    [str(c.kind), plain(c.claim), code(c.link), plain(c.where), code(c.was), code(c.now)]
                    for c in report.baseline.changes
                ],
            )
            yield ""
    yield "## Claims\n"
    if shown:
        built_in = (CLAIMS[name] for name in matrix.claims)
        told = [[claim.id, f"{plain(claim.title)}: {code(claim.formula)}"] for claim in built_in]
        yield from _table(["claim", "statement"], told)
        yield ""
    keys = ("assert", "for", "assume", "link", "noise", "signal", "source")
    if own := [(result, said) for result in report.results if (said := content(result))]:
        yield from _table(
            ["claim", *keys, "verdict", "margin"],
            [
                [plain(r.claim), *(_said(said, key) for key in keys), str(r.verdict), plain(margin(r))]
                for r, said in own
            ],
        )


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> Iterator[str]:
    for row in (head, ["---"] * len(head), *rows):
        yield f"| {' | '.join(row)} |"


def _said(content: Mapping[str, str], key: str) -> str:
    return (plain if key == "source" else code)(content.get(key, ""))


def code(text: str) -> str:
    """A code span that a table cell can hold; one that contains backticks is fenced by more of them."""
    text = printable(" ".join(text.split())).replace("|", "\\|")
    if not text:
        return ""
    fence = "`"
    while fence in text:
        fence += "`"
    space = " " if text.startswith("`") or text.endswith("`") else ""
    return f"{fence}{space}{text}{space}{fence}"


def plain(text: str) -> str:
    """Prose with Markdown's own characters escaped."""
    return "".join(f"\\{c}" if c in r"\`*_[]<>|#" else c for c in printable(" ".join(text.split())))
