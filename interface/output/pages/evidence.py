"""The evidence of one verdict as a popover: a dialog that needs no script and that Escape closes."""

from __future__ import annotations

from html import escape

from ....crosscheck.run.report import Result
from ....crosscheck.verdict import Evidence, Outcome, Value
from ..terminal.tables import interval
from ..words import said
from .page import verdict_badge

_SHOWN = 40
_CLASSES = {
    Outcome.SUPPORTS: "proved",
    Outcome.REFUTES: "refuted",
    Outcome.UNDECIDED: "open",
    Outcome.ERROR: "open",
}


def popover(result: Result, name: str) -> str:
    """The dialog with id ``name``: the verdict, what every leg found, the certified numbers."""
    title = f"{escape(result.claim)} on <code>{escape(result.link)}</code>"
    hides = f'popovertarget="{name}" popovertargetaction="hide"'
    close = f'<button class="close" {hides} aria-label="close">×</button>'
    heading = f'<h2 id="{name}-title" tabindex="-1" autofocus>{title}</h2>'
    opening = f'<div popover id="{name}" role="dialog" aria-labelledby="{name}-title">{close}'
    return f"{opening}{heading}{content(result)}</div>"


def content(result: Result) -> str:
    """The verdict, the witness or reason, and every leg's finding."""
    parts = [f"<p>{verdict_badge(result.verdict)} <span class=soft>{result.seconds:.2f} s</span></p>"]
    if result.witness:
        parts.append(f"<p><strong>Witness.</strong> {escape(result.witness)}</p>")
    if result.reason:
        parts.append(f"<p>{escape(result.reason)}</p>")
    if result.evidence:
        parts.append(f"<dl>{''.join(map(_leg, result.evidence))}</dl>")
    return "".join(parts)


def _leg(evidence: Evidence) -> str:
    witness = f"<dd>{escape(evidence.witness)}</dd>" if evidence.witness else ""
    values = f"<dd>{_values(evidence)}</dd>" if evidence.values else ""
    outcome = f'<span class="{_CLASSES.get(evidence.outcome, "soft")}">{said(evidence)}</span>'
    return f"<dt>{evidence.leg}: {outcome}</dt><dd>{escape(evidence.detail)}</dd>{witness}{values}"


def _values(evidence: Evidence) -> str:
    count = len(evidence.values)
    items = "".join(f"<li>{_value(value)}</li>" for value in evidence.values[:_SHOWN])
    rest = f"<li>and {count - _SHOWN} more in the JSON</li>" if count > _SHOWN else ""
    word = "certified value" if count == 1 else "certified values"
    return f'<details><summary>{count} {word}</summary><ul class="values">{items}{rest}</ul></details>'


def _value(value: Value) -> str:
    exact = f" = <code>{escape(value.closed_form)}</code>" if value.closed_form else ""
    return f"{escape(value.quantity)}{exact} ∈ <code>{interval(value.lower, value.upper)}</code>"
