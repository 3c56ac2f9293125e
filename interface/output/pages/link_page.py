"""One HTML page about one link: what every verb answers, its figures, the verdicts of the claims on it."""

from __future__ import annotations

from collections.abc import Iterator
from html import escape

from ....crosscheck.claims import CLAIMS
from ....crosscheck.verdict import Verdict
from ...answers.report import LinkReport
from ..words import why
from .evidence import popover
from .figures import of_admissible, of_link
from .page import WORDS, contents, page, table, verdict_badge
from .sections import policies, section
from .verdicts import cell_id, counts, link_formula, unsettled

_SECTIONS = {
    "exponents": "Exponents",
    "threshold": "Threshold",
    "coefficients": "Coefficients",
    "policy": "Policy",
    "admissible": "Admissible temperatures (forecast)",
    "claims": "Claims",
}
#: Sections that a link without any temperature does not have.
_TILTED = ("coefficients", "policy")


def render(found: LinkReport) -> str:
    return page(f"{found.link}: tiltproof", _body(found))


def _body(found: LinkReport) -> Iterator[str]:
    yield f"<h1>The link <code>{escape(str(found.link))}</code></h1>"
    yield link_formula(str(found.link))
    yield f"<p class=soft>tiltproof {escape(found.verdicts.version)}, seed {found.verdicts.seed}</p>"
    yield counts(found.verdicts)
    yield contents(
        _SECTIONS
        if found.coefficients is not None
        else {k: v for k, v in _SECTIONS.items() if k not in _TILTED}
    )
    yield "<h2 id=exponents>Exponents</h2>"
    yield section(found.exponents)
    yield "<h2 id=threshold>Threshold</h2>"
    yield section(found.threshold)
    yield f'<div class="figures">{"".join(figure.markup() for figure in of_link(found.link, "link"))}</div>'
    if found.coefficients is not None:
        yield "<h2 id=coefficients>Tilted Hermite coefficients</h2>"
        yield section(found.coefficients)
        yield "<h2 id=policy>Tilted policy</h2>"
        yield policies(found.policies)
    yield "<h2 id=admissible>Admissible temperatures (forecast)</h2>"
    if found.admissible is None:
        yield f"<p>No set with the default costs: {escape(found.not_admissible)}.</p>"
    else:
        figure = of_admissible(found.admissible, "link").markup()
        yield f'{section(found.admissible)}<div class="figures">{figure}</div>'
    yield "<h2 id=claims>Claims on this link</h2>"
    yield from _verdicts(found)


def _verdicts(found: LinkReport) -> Iterator[str]:
    rows = []
    for result in found.verdicts.results:
        name = cell_id(result)
        applies = result.verdict is not Verdict.NOT_APPLICABLE
        shown = verdict_badge(result.verdict)
        if applies:
            label = escape(f"{result.claim}: {WORDS[result.verdict]}, evidence")
            shown = f'<button class="plain" popovertarget="{name}" aria-label="{label}">{shown}</button>'
        rows.append([escape(result.claim), escape(CLAIMS[result.claim].title), shown, escape(why(result))])
    yield table("Every claim on this link", ["claim", "title", "verdict", "by"], rows)
    yield from unsettled(found.verdicts)
    for result in found.verdicts.results:
        if result.verdict is not Verdict.NOT_APPLICABLE:
            yield popover(result, cell_id(result))
