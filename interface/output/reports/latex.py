r"""LaTeX tables of the verdicts and the claims' statements, for ``\input``.

The matrix of built-in claims needs amsmath and amssymb; the table of a user's own claims, a row to each claim
and link, amsmath, array, booktabs and longtable. No cell is wider than its column: formulas and names may
break wherever ``\allowbreak`` stands.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from ....crosscheck.assertions.user_claim import of
from ....crosscheck.claims import CLAIMS
from ....crosscheck.run.report import Report, Result
from ....link import parse
from ..results import MARKS, Matrix, content, counts, margin
from ..view import in_words

#: Claims side by side in one table, on a text width of about 12 cm.
_COLUMNS = 14
_ESCAPES = {
    "\\": r"\textbackslash{}", "{": r"\{", "}": r"\}", "#": r"\#", "$": r"\$", "%": r"\%", "&": r"\&",
    "_": r"\_", "^": r"\textasciicircum{}", "~": r"\textasciitilde{}", "<": r"\textless{}",
    ">": r"\textgreater{}", "|": r"\textbar{}", "-": "{-}", "`": r"\textasciigrave{}",
}  # fmt: skip

#: Latin letters and the punctuation of texts.
_PRINTED = re.compile("[ -~\u00a1-\u017e\u2013\u2014\u2018-\u201e\u2026]")


def render(report: Report) -> str:
    return "\n".join(_lines(report)) + "\n"


def _lines(report: Report) -> Iterator[str]:
    yield f"% tiltproof {report.version}, seed {report.seed}"
    if own := [result for result in report.results if content(result)]:
        yield from _lemmas(report, own)
    matrix = Matrix.of([result for result in report.results if result not in own])
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
            yield rf"\item[{escape(claim.id)}] {escape(claim.title)}: \({claim.latex}\)"
        yield r"\end{description}"


#: Shares of the text width beside the verdicts, whose column is as wide as they are.
_WIDTHS = {"claim": 0.14, "statement": 0.27, "for all": 0.14, "link": 0.13}


def _lemmas(report: Report, own: Sequence[Result]) -> Iterator[str]:
    """A user's claims: label, formula, range, link, verdict and margin; below,
    source and conditions."""
    columns = "".join(rf">{{\raggedright\arraybackslash}}p{{{w}\linewidth}}" for w in _WIDTHS.values())
    last = r">{\raggedright\arraybackslash}p{0.1\linewidth}"
    heads = " & ".join((*_WIDTHS, "verdict", "margin"))
    yield r"{\footnotesize\setlength{\tabcolsep}{2pt}\sloppy"
    yield rf"\begin{{longtable}}{{@{{}}{columns}l{last}@{{}}}}"
    caption = f"Claims checked by tiltproof {escape(report.version)}"
    yield rf"\caption{{{caption}.}}\label{{tab:tiltproof}}\\"
    yield rf"\toprule {heads} \\ \midrule \endfirsthead"
    yield rf"\toprule {heads} \\ \midrule \endhead"
    yield r"\bottomrule \endfoot"
    before = ""
    for result in own:
        said = result.claimed
        assert said is not None
        # The same lemma on its next link.
        again = result.claim == before
        head = ("", "", "") if again else (_breakable(result.claim), said.latex, said.latex_for)
        text = content(result)
        notes = [_words(said.source)] if said.source and not again else []
        notes += [
            f"{key} {_breakable(text[key])}"
            for key in ("assume", "noise", "signal")
            if key in text and not again
        ]
        yield rf"{head[0]} & \({head[1]}\) & \({head[2]}\) &"
        end = r"\\*" if notes else r"\\"
        yield rf"\({of(parse(said.link).tree)}\) & {in_words(str(result.verdict))} & {_margin(result)} {end}"
        if notes:
            yield r"\multicolumn{6}{@{\quad}>{\raggedright\arraybackslash}p{0.94\linewidth}@{}}"
            yield rf"{{{'; '.join(notes)}}} \\"
        before = result.claim
    yield r"\end{longtable}}"


def _margin(result: Result) -> str:
    sign, _, number = margin(result).rpartition(" ")
    mantissa, _, exponent = number.partition("e")
    power = rf"\cdot\allowbreak 10^{{{exponent}}}" if exponent else ""
    relation = {"<=": r"\le ", ">=": r"\ge "}.get(sign, "")
    return rf"\({relation}{mantissa}{power}\)" if number else ""


def _breakable(text: str) -> str:
    """A name in a typewriter face, whose lines may end after any fifth character or mark."""
    parts = (escape(text[i : i + 5]) for i in range(0, len(text), 5))
    return r"\texttt{" + r"\allowbreak ".join(parts) + "}"


def _words(text: str) -> str:
    """Plain text, in which a long word may break as a name does."""
    return " ".join(r"\allowbreak ".join(map(escape, re.findall(".{1,8}", word))) for word in text.split())


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
    legend = ", ".join(f"{escape(mark)} {in_words(word)}" for word, mark in matrix.legend.items())
    return f"Verdicts of tiltproof {escape(report.version)}: {in_words(counts(report, ', '))}. {legend}."


def _short(link: str) -> str:
    return link if len(link) <= 40 else f"{link[:37]}..."


def escape(text: str) -> str:
    """Plain text as LaTeX prints it; a question mark for what pdfLaTeX has no letter for."""
    return "".join(_ESCAPES.get(c, c if _PRINTED.match(c) else "?") for c in text)
