"""One HTML page for a run of verify: the matrix of verdicts, the evidence of every cell, claims and links."""

from __future__ import annotations

from collections.abc import Iterator
from html import escape

import sympy

from ....crosscheck.claim import Claim
from ....crosscheck.claims import CLAIMS
from ....crosscheck.run.report import Report, Result
from ....crosscheck.verdict import Verdict
from ....link import LIBRARY, LinkError, parse
from ....theory.exact.lower import lower
from ..matrix import MARKS, Matrix, legend_of
from ..words import why
from .evidence import popover
from .figures import Figure, of_links
from .page import WORDS, contents, formula, kind, page, scrolling, slug, table, verdict_badge


def render(report: Report) -> str:
    return page(f"tiltproof {report.version}: verdicts", _body(report))


def _body(report: Report) -> Iterator[str]:
    yield "<h1>Verdicts</h1>"
    yield (
        f"<p class=soft>tiltproof {escape(report.version)}, seed {report.seed}, "
        f"{len(report.results)} pairs of claim and link in {report.seconds:.1f} s</p>"
    )
    yield counts(report)
    yield contents({"matrix": "Claims and links", **_open(report), "claims": "Claims", "links": "Links"})
    if report.baseline is not None:
        yield from _baseline(report)
    yield "<h2 id=matrix>Claims and links</h2>"
    yield "<p>A letter opens the evidence behind it.</p>"
    yield scrolling("verdicts by link and claim", _matrix(report), tall=True)
    legend = ", ".join(
        f"<strong>{mark}</strong> {WORDS[verdict]}" for verdict, mark in legend_of(report).items()
    )
    yield f"<p class=soft>{legend}</p>"
    yield from unsettled(report)
    yield "<h2 id=claims>Claims</h2>"
    for name in Matrix.of(report).claims:
        yield from _claim(report, name)
    yield "<h2 id=links>Links</h2>"
    links = Matrix.of(report).links
    for link, figures in zip(links, of_links(links), strict=True):
        yield from _link(link, figures)
    for result in report.results:
        if result.verdict is not Verdict.NOT_APPLICABLE:
            yield popover(result, cell_id(result))


def _open(report: Report) -> dict[str, str]:
    return {"open": "Not green"} if any(unsettled(report)) else {}


def cell_id(result: Result) -> str:
    return slug(result.claim, result.link)


def counts(report: Report) -> str:
    items = "".join(
        f"<li>{verdict_badge(verdict)} {count}</li>"
        for verdict in Verdict
        if (count := report.summary[str(verdict)])
    )
    return f'<ul class="counts">{items}</ul>'


def _matrix(report: Report) -> str:
    matrix = Matrix.of(report)
    found = {(result.claim, result.link): result for result in report.results}
    head = "".join(
        f'<th scope="col"><a href="#{slug("claim", name)}">{escape(name)}</a></th>' for name in matrix.claims
    )
    rows = "".join(
        f'<tr><th scope="row"><a href="#{slug("link", link)}">{escape(link)}</a></th>'
        f"{''.join(_cell(found.get((name, link))) for name in matrix.claims)}</tr>"
        for link in matrix.links
    )
    return (
        '<table class="matrix"><caption>Verdict of every claim (column) on every link (row)</caption>'
        f'<thead><tr><th scope="col"><span>link</span></th>{head}</tr></thead><tbody>{rows}</tbody></table>'
    )


def _cell(result: Result | None) -> str:
    if result is None or result.verdict is Verdict.NOT_APPLICABLE:
        return '<td class="not-applicable"><span aria-label="not applicable" role="img">–</span></td>'
    label = f"{result.claim} on {result.link}: {WORDS[result.verdict]}"
    return (
        f'<td class="{kind(result.verdict)}"><button popovertarget="{cell_id(result)}" '
        f'aria-label="{escape(label)}">{MARKS[result.verdict]}</button></td>'
    )


def unsettled(report: Report) -> Iterator[str]:
    """What is not green, in full, so that nobody has to look for it in the table."""
    items = [
        f"<li>{verdict_badge(result.verdict)} {escape(result.claim)} on <code>{escape(result.link)}</code>: "
        f"{escape(why(result))}</li>"
        for result in report.results
        if not result.verdict.green and result.verdict is not Verdict.NOT_APPLICABLE
    ]
    items += [
        f"<li>{verdict_badge(Verdict.VACUOUS)} {escape(name)}: no link met its assumptions</li>"
        for name in report.vacuous
    ]
    if items:
        yield f"<h2 id=open>Not green</h2><ul>{''.join(items)}</ul>"


def _baseline(report: Report) -> Iterator[str]:
    found = report.baseline
    assert found is not None
    count = len(found.regressions)
    summary = f"{found.compared} compared, {count} regressions, {found.added} new"
    yield f"<h2>Against the baseline</h2><p>{summary}.</p>"
    if found.changes:
        rows = [
            [
                f'<span class="{"refuted" if change.kind.regression else "proved"}">{change.kind}</span>',
                escape(change.claim),
                f"<code>{escape(change.link)}</code>",
                escape(change.where),
                escape(change.was),
                escape(change.now),
            ]
            for change in found.changes
        ]
        yield table(
            "What changed since the baseline", ["change", "claim", "link", "where", "was", "now"], rows
        )


def _claim(report: Report, name: str) -> Iterator[str]:
    claim = CLAIMS.get(name)
    title = name if claim is None else f"{name}. {claim.title}"
    yield f'<section id="{slug("claim", name)}"><h3>{escape(title)}</h3>'
    if claim is not None:
        yield from _statement(claim)
    skipped = [r for r in report.results if r.claim == name and r.verdict is Verdict.NOT_APPLICABLE]
    if skipped:
        items = "".join(f"<li><code>{escape(r.link)}</code>: {escape(r.reason)}</li>" for r in skipped)
        word = "link" if len(skipped) == 1 else "links"
        yield f"<details><summary>Not applicable to {len(skipped)} {word}</summary><ul>{items}</ul></details>"
    yield "</section>"


def _statement(claim: Claim[object]) -> Iterator[str]:
    yield formula(claim.formula.latex, claim.formula.text)
    yield f"<p>For {escape(claim.quantified)}.</p>"
    if claim.assumptions:
        yield f"<p>Assumes: {escape('; '.join(assumption.text for assumption in claim.assumptions))}.</p>"
    falsified = f"{len(claim.variants)} falsified variants, each refuted in the tests"
    origin = f"From the abstract, {claim.sentence}. Rests on: {escape(claim.source)}"
    yield f"<p class=soft>{origin}. {falsified}.</p>"


def _link(name: str, figures: tuple[Figure, ...] | str) -> Iterator[str]:
    yield f'<section id="{slug("link", name)}"><h3><code>{escape(name)}</code></h3>'
    yield link_formula(name)
    if name in LIBRARY:
        yield f"<p class=soft>{escape(LIBRARY[name].about)}</p>"
    if isinstance(figures, str):
        yield f"<p class=soft>No figures: {escape(figures)}.</p>"
    else:
        shown = "".join(figure.markup() for figure in figures)
        summary = f"<summary>{len(figures)} figures</summary>"
        yield f'<details>{summary}<div class="figures">{shown}</div></details>'
    yield "</section>"


def link_formula(name: str) -> str:
    """s(z) as a formula."""
    try:
        link = parse(name)
    except LinkError:
        return ""
    return formula(f"s(z)={sympy.latex(lower(link.tree))}", f"s(z) = {link.text}")
