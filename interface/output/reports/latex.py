r"""LaTeX tables of the verdicts and the claims' statements, for ``\input``; it needs amsmath and amssymb."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from ....crosscheck.claims import CLAIMS
from ....crosscheck.run.report import Report
from ..results import MARKS, Matrix, counts

#: Claims side by side in one table, on a text width of about 12 cm.
_COLUMNS = 14
_ESCAPES = {
    "\\": r"\textbackslash{}", "{": r"\{", "}": r"\}", "#": r"\#", "$": r"\$", "%": r"\%", "&": r"\&",
    "_": r"\_", "^": r"\textasciicircum{}", "~": r"\textasciitilde{}", "<": r"\textless{}",
    ">": r"\textgreater{}", "|": r"\textbar{}", "-": "{-}", "`": r"\textasciigrave{}",
}  # fmt: skip


def render(report: Report) -> str:
    return "\n".join(_lines(report)) + "\n"


def _lines(report: Report) -> Iterator[str]:
    matrix = Matrix.of(report.results)
    yield f"% tiltproof {report.version}, seed {report.seed}"
    starts = range(0, len(matrix.claims), _COLUMNS)
    for place, start in enumerate(starts, 1):
        part = f" Part {place} of {len(starts)}." if len(starts) > 1 else ""
        yield r"\begin{table}"
        yield r"\centering\footnotesize"
        yield rf"\caption{{{_caption(report, matrix)}{part}}}"
        yield from _tabular(matrix, matrix.claims[start : start + _COLUMNS])
        yield r"\end{table}"
    known = [CLAIMS[name] for name in matrix.claims if name in CLAIMS]
    if known:
        yield r"\begin{description}"
        for claim in known:
            yield rf"\item[{escape(claim.id)}] {escape(claim.title)}: \({claim.formula.latex}\)"
        yield r"\end{description}"


def _tabular(matrix: Matrix, claims: Sequence[str]) -> Iterator[str]:
    yield rf"\begin{{tabular}}{{l{'c' * len(claims)}}}"
    yield r"\hline"
    yield rf"link & {' & '.join(map(escape, claims))} \\"
    yield r"\hline"
    for link in matrix.links:
        marks = " & ".join(escape(MARKS[matrix[name, link]]) for name in claims)
        yield rf"\texttt{{{escape(_short(link))}}} & {marks} \\"
    yield r"\hline"
    yield r"\end{tabular}"


def _caption(report: Report, matrix: Matrix) -> str:
    legend = ", ".join(f"{escape(mark)} {_word(word)}" for word, mark in matrix.legend.items())
    return f"Verdicts of tiltproof {escape(report.version)}: {_word(counts(report, ', '))}. {legend}."


def _word(verdict: str) -> str:
    return verdict.lower().replace("_", " ")


def _short(link: str) -> str:
    return link if len(link) <= 40 else f"{link[:37]}..."


def escape(text: str) -> str:
    """Plain text as LaTeX prints it."""
    return "".join(_ESCAPES.get(character, character) for character in text)
