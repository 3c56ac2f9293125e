"""What every HTML page shares: one file without script, font or network, in light and in dark."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from html import escape

from ....crosscheck.verdict import Verdict
from .mathml import UnknownCommand, mathml
from .style import STYLE

#: What a screen reader and a caption say for a verdict.
WORDS = {verdict: str(verdict).lower().replace("_", " ") for verdict in Verdict}


def page(title: str, body: Iterable[str]) -> str:
    """The document; the policy forbids whatever could reach out of the file."""
    policy = "default-src 'none'; style-src 'unsafe-inline'; img-src data:"
    return "\n".join(
        (
            "<!doctype html>",
            '<html lang="en">',
            "<head>",
            '<meta charset="utf-8">',
            f'<meta http-equiv="Content-Security-Policy" content="{policy}">',
            '<meta name="viewport" content="width=device-width, initial-scale=1">',
            '<meta name="color-scheme" content="light dark">',
            '<link rel="icon" href="data:,">',
            f"<title>{escape(title)}</title>",
            f"<style>{STYLE}</style>",
            "</head>",
            "<body>",
            "<main>",
            *body,
            "</main>",
            "</body>",
            "</html>",
            "",
        )
    )


def formula(latex: str, text: str) -> str:
    """A formula as MathML, or its plain text where the LaTeX holds what MathML is not written for."""
    try:
        return f'<span class="formula">{mathml(latex)}</span>'
    except UnknownCommand:
        return f"<code>{escape(text)}</code>"


def table(caption: str, head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A table whose cells are markup; the first of each row is its header. It scrolls on its own."""
    shown = "".join(f'<th scope="col">{cell}</th>' for cell in head)
    body = "".join(
        f'<tr><th scope="row">{row[0]}</th>{"".join(f"<td>{cell}</td>" for cell in row[1:])}</tr>'
        for row in rows
    )
    inner = f"<caption>{escape(caption)}</caption><thead><tr>{shown}</tr></thead><tbody>{body}</tbody>"
    return scrolling(caption, f"<table>{inner}</table>")


def contents(sections: Mapping[str, str]) -> str:
    """Where to go from here: ids of the page's sections and their titles."""
    items = "".join(f'<li><a href="#{name}">{escape(title)}</a></li>' for name, title in sections.items())
    return f'<nav aria-label="Contents"><ul>{items}</ul></nav>'


def scrolling(label: str, markup: str, *, tall: bool = False) -> str:
    """A wide element that scrolls inside itself and that the keyboard reaches; a tall one keeps its head."""
    kind = "wide tall" if tall else "wide"
    return f'<div class="{kind}" role="region" tabindex="0" aria-label="{escape(label)}">{markup}</div>'


def verdict_badge(verdict: Verdict) -> str:
    return f'<span class="badge {kind(verdict)}">{WORDS[verdict]}</span>'


def kind(verdict: Verdict) -> str:
    """The class that colours a verdict."""
    if verdict.green or verdict in (Verdict.REFUTED, Verdict.NOT_APPLICABLE):
        return WORDS[verdict].replace(" ", "-")
    return "open"


def slug(*words: str) -> str:
    """An id that no other words share: what is not a letter or digit is written as its number."""
    joined = "--".join(words)
    return "x" + re.sub(r"[^A-Za-z0-9-]", lambda match: f"_{ord(match[0]):x}_", joined)
