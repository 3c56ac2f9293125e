"""One HTML page about one link: what every verb answers, its figures, the verdicts of the claims on it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from html import escape

import sympy

from ..answers.admissible_set import FEATURES, AdmissibleSet, Interval
from ..answers.enclosure import Enclosed
from ..answers.report import SAMPLES, LinkReport
from ..answers.threshold import Threshold
from ..claims import CLAIMS
from ..present.tables import brief, interval
from ..verdict import Verdict
from .evidence import popover
from .figures import of_admissible, of_link
from .html import cell_id, counts, link_formula, unsettled
from .page import WORDS, contents, formula, page, table, verdict_badge
from .words import why

_POLICY = (
    ("log_partition", "log partition K"),
    ("value", "value V"),
    ("variance", "variance of s"),
    ("kl", "KL divergence"),
    ("objective", "objective V - β KL"),
    ("chi2", "chi-squared"),
    ("ess_ratio", "effective sample ratio"),
)

_SECTIONS = {
    "exponents": "Exponents",
    "threshold": "Threshold",
    "coefficients": "Coefficients",
    "policy": "Policy",
    "admissible": "Admissible temperatures",
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
        _SECTIONS if found.coefficients else {k: v for k, v in _SECTIONS.items() if k not in _TILTED}
    )
    yield "<h2 id=exponents>Exponents</h2>"
    yield _exponents(found)
    yield "<h2 id=threshold>Threshold</h2>"
    yield from _threshold(found)
    yield f'<div class="figures">{"".join(figure.markup() for figure in of_link(found.link, "link"))}</div>'
    if found.coefficients is not None:
        yield "<h2 id=coefficients>Tilted Hermite coefficients</h2>"
        yield from _coefficients(found)
        yield "<h2 id=policy>Tilted policy</h2>"
        yield _policy(found)
    yield "<h2 id=admissible>Admissible temperatures</h2>"
    yield from _admissible(found)
    yield "<h2 id=claims>Claims on this link</h2>"
    yield from _verdicts(found)


def number(value: Enclosed, decimal: Callable[[str, str], str] = interval) -> str:
    """The closed form as a formula, and the enclosure where that is not a short exact number itself."""
    exact = value.closed_form
    if exact is None:
        return f"<code>{decimal(value.lower, value.upper)}</code>"
    shown = f'<span class="inline">{formula(sympy.latex(exact), str(exact))}</span>'
    if exact.is_Rational or exact.is_infinite:
        return shown
    return f"{shown} <code>{decimal(value.lower, value.upper)}</code>"


def pairs(rows: Sequence[tuple[str, str]]) -> str:
    return f"<dl>{''.join(f'<dt>{name}</dt><dd>{value}</dd>' for name, value in rows)}</dl>"


def _exponents(found: LinkReport) -> str:
    rows = []
    answers = found.exponents
    for name, exponent in (
        ("information exponent", answers.information_exponent),
        ("generative exponent", answers.generative_exponent),
    ):
        none = "none" if exponent.status is Verdict.PROVED else "undecided"
        value = none if exponent.value is None else str(exponent.value)
        rows.append((name, f"{value} {verdict_badge(exponent.status)} {escape(exponent.reason)}"))
    power = answers.witness_power
    rows.append(("witness power", "none proved" if power is None else str(power)))
    return pairs(rows)


def _threshold(found: LinkReport) -> Iterator[str]:
    answer = found.threshold
    yield pairs(_threshold_rows(answer))
    if answer.exceptional:
        rows = [[str(place), number(zero)] for place, zero in enumerate(answer.exceptional, 1)]
        yield table("Exceptional temperatures, where the signal vanishes", ["", "temperature"], rows)


def _threshold_rows(answer: Threshold) -> list[tuple[str, str]]:
    ends = "the list is complete" if answer.complete else f"searched down to {answer.searched_down_to}"
    first = answer.beta1
    rows = [
        ("largest tilt t_max", escape(answer.t_max.replace("oo", "∞"))),
        ("threshold β₁", f"{number(first.value)} {verdict_badge(first.status)} {escape(first.reason)}"),
        ("exceptional temperatures", f"{len(answer.exceptional)}; {ends}"),
    ]
    bounds = (
        ("Lambert bound", answer.sufficient.lambert),
        ("structural bound", answer.sufficient.structural),
    )
    rows += [(name, f"β₁ at most <code>{bound}</code>") for name, bound in bounds if bound is not None]
    best = answer.recommended
    if best is not None:
        rows += [
            ("recommended β₁", f"{number(best.beta)}: {escape(best.note)}"),
            ("signal-to-noise ratio there", number(best.snr)),
            ("efficiency", number(best.efficiency)),
        ]
    return rows


def _coefficients(found: LinkReport) -> Iterator[str]:
    assert found.coefficients is not None
    for name, symbol in (("alpha", "α"), ("h", "h")):
        head = ["k", *(f"β = {beta}" for beta in found.betas)]
        cells: dict[int, list[str]] = {}
        for entry in found.coefficients.coefficients:
            cells.setdefault(entry.k, []).append(number(getattr(entry, name), brief))
        yield table(f"{symbol}_k at a few temperatures", head, [[str(k), *row] for k, row in cells.items()])


def _policy(found: LinkReport) -> str:
    head = ["quantity", *(f"β = {beta}" for beta in found.betas)]
    rows = [
        [title, *(number(getattr(each, name), brief) for each in found.policies)] for name, title in _POLICY
    ]
    return table("The policy of density proportional to exp(s/β)", head, rows)


def _admissible(found: LinkReport) -> Iterator[str]:
    sets = found.admissible
    if sets is None:
        yield f"<p>No set with the default costs: {escape(found.not_admissible)}.</p>"
        return
    setting = f"epsilon = {sets.epsilon}, n = {SAMPLES}, proxy {sets.proxy}, features {FEATURES}"
    yield f"<p>With {escape(setting)}.</p>"
    yield pairs(_admissible_rows(sets))
    yield f'<div class="figures">{of_admissible(sets, "link").markup()}</div>'


def _admissible_rows(sets: AdmissibleSet) -> list[tuple[str, str]]:
    samples = "no n is enough" if sets.nonempty_n is None else f"n = {sets.nonempty_n}"
    rows = [
        (name, "; ".join(map(_interval, intervals)) or "empty")
        for name, intervals in (
            ("label weights", sets.label),
            ("surrogate weights, same cost", sets.surrogate),
            ("surrogate weights, own cost", sets.surrogate_own),
        )
    ]
    rows += [
        ("best temperature", f"{float(sets.best.beta):.6g}, bound {number(sets.best.bound)}"),
        ("below the set", escape(sets.low)),
        ("above the set", escape(sets.high)),
        ("not empty from", f"{samples}, or epsilon = {escape(sets.nonempty_epsilon)}"),
    ]
    return rows + ([("note", escape(sets.note))] if sets.note else [])


def _interval(found: Interval) -> str:
    ends = "" if found.proved_below else " (where the search ends)"
    return f"β from {number(found.lower)}{ends} to {number(found.upper)}"


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
