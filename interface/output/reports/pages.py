"""HTML pages of a run and of a link, and answers in a notebook.

A page is one file without script, font or network, in light and in dark.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from functools import cache
from pathlib import Path
from typing import Any

import sympy
from jinja2 import Environment, FileSystemLoader
from latex2mathml.converter import convert
from markupsafe import Markup, escape

from ....crosscheck.claims import CLAIMS
from ....crosscheck.number import Number
from ....crosscheck.run.report import Report
from ....crosscheck.verdict import Value, Verdict
from ....link import LIBRARY, LinkError, parse
from ....theory.exact.lower import lower
from ...answers.report import LinkReport
from .. import results
from ..conclusions import conclusion
from ..results import Matrix
from ..view import Coloured, Piece, Row, View, brief, in_words, interval, kind
from ..views import policies, view
from .figures import Figure, of_admissible, of_link, of_links

_HERE = Path(__file__).parent
#: What SymPy fences with stretching brackets although it is one line high: browsers set space beside these.
_LOW = re.compile(r"\\left\(([^\\()]*)\\right\)")
#: Browsers set space around any operator: not wanted around fences, a slash, names of functions and infinity.
_TIGHT = (
    (
        re.compile(r"<mo([^>]*)>(&#x000(?:28|29|2F|5B|5D|7B|7C|7D);)</mo>"),
        r'<mo\1 lspace="0" rspace="0">\2</mo>',
    ),
    (re.compile(r"<mo>([A-Za-z]+|&#x0221E;)</mo>"), r"<mi>\1</mi>"),
)
#: A decimal, perhaps cut: before the point and from it on. A blank is as wide as a digit.
_DECIMAL, _BLANK = re.compile(r"([-−]?\d+)((?:\.\d*)?(?:\.\.\.)?)$"), "\u2007"
#: Characters of the longest closed form that stands in a column.
_READABLE = 60
#: Of a link: four of its curves, and one of the admissible set.
_FIGURES = 5
#: Rows of what a user wrote.
_WRITTEN = ("assert", "assume", "for", "link", "link, proxy", "noise", "source")
#: The sections of a link's page, and those that a link without any temperature does not have.
_SECTIONS = {
    "exponents": "Exponents",
    "threshold": "Threshold",
    "coefficients": "Tilted Hermite coefficients",
    "policy": "Tilted policy",
    "admissible": "Admissible temperatures",
    "claims": "Claims on this link",
}


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(_HERE), autoescape=True, trim_blocks=True, lstrip_blocks=True
    )
    environment.filters |= {
        "aligned": aligned,
        "changes": results.changes,
        "compared": results.compared,
        "content": results.content,
        "counts": results.by_verdict,
        "enclosure": _enclosure,
        "formula": formula,
        "kind": kind,
        "link_formula": link_formula,
        "margin": results.margin,
        "markup": markup,
        "points": _points,
        "prose": prose,
        "row": _row,
        "said": results.said,
        "slug": slug,
        "tightest": results.tightest,
        "verdict": Verdict,
        "unsettled": results.unsettled,
        "view": view,
        "why": results.why,
        "word": in_words,
    }
    style = (_HERE / "style.css").read_text(encoding="utf-8")
    environment.globals |= {
        "claims": CLAIMS,
        "library": LIBRARY,
        "marks": results.MARKS,
        "style": Markup(style),
    }
    return environment


def render(report: Report, *, figures: Callable[[float], object] | bool = True) -> str:
    """A run of verify: a row to each claim of the user, the matrix of the others, claims and links."""
    whole, own = Matrix.of(report.results), [each for each in report.results if results.content(each)]
    drawings: Sequence[tuple[Figure, ...] | str] = ["they were not asked for"] * len(whole.links)
    if figures:
        drawings = of_links(whole.links, figures if callable(figures) else bool)
    unsettled = {"open": "Not green"} if results.unsettled(report) else {}
    return page(
        "verdicts.html",
        report=report,
        matrix=Matrix.of([each for each in report.results if each not in own]),
        own=own,
        names=whole.claims,
        sections={"matrix": "Claims and links", **unsettled, "claims": "Claims", "links": "Links"},
        figures=list(zip(whole.links, drawings, strict=True)),
    )


def render_link(answer: LinkReport, told: Callable[[float], object]) -> str:
    """One link: what every verb answers, its figures, the verdicts of the claims on it.

    told: hears of the share of the figures that is drawn.
    """
    figures = []
    for figure in of_link(answer.threshold, "link"):
        figures.append(figure)
        told(len(figures) / _FIGURES)
    sets = None if answer.admissible is None else of_admissible(answer.admissible, "link")
    told(1.0)
    return page(
        "link.html",
        answer=answer,
        short={
            name: conclusion(getattr(answer, "verify" if name == "claims" else name))
            for name in ("exponents", "threshold", "admissible", "claims")
        },
        sections={name: title for name, title in _SECTIONS.items() if name not in _untold(answer)},
        figures=figures,
        policies=policies(answer.policies) if answer.policies else None,
        sets=sets,
    )


def _untold(answer: LinkReport) -> set[str]:
    """The sections with nothing in them."""
    told = {"coefficients": answer.coefficients is not None, "policy": bool(answer.policies)}
    return {name for name, any_ in told.items() if not any_}


def page(template: str, **values: Any) -> str:
    return _environment().get_template(template).render(**values)


def section(shown: View) -> str:
    """The markup of a view alone, as a notebook shows it."""
    parts: Any = _environment().get_template("parts.html").module
    return str(parts.answer(shown, lay=parts.pairs))


def markup(piece: Piece, short: bool = False) -> Markup:
    """A piece of a view: numbers as a formula beside their enclosure, cut to some digits if ``short``."""
    if isinstance(piece, Verdict):
        return Markup('<span class="badge {}">{}</span>').format(kind(piece), in_words(piece))
    if isinstance(piece, Number):
        return _number(piece, short)
    if isinstance(piece, Coloured):
        return Markup('<span class="{}">{}</span>').format(piece.kind, piece.text)
    return Markup("<br/>").join(map(escape, piece.split("\n")))


def prose(text: str) -> Markup:
    """Words with their mathematics typeset; a line of its own for each of theirs."""
    return Markup("<br/>").join(map(typeset, text.split("\n")))


def _row(row: Row, short: bool = False) -> Markup:
    """What stands beside a label, and the reason; what a user wrote, or may copy, is shown as it is."""
    exact = row.label in _WRITTEN
    pieces = [prose(each) if type(each) is str and not exact else markup(each, short) for each in row.pieces]
    if row.label == "again":
        pieces = [Markup("<code>{}</code>").format(each) for each in row.pieces]
    return Markup("").join(pieces) + (Markup("<br/>") + prose(row.reason) if row.reason else "")


def aligned(texts: Sequence[str]) -> list[str]:
    """Decimals below each other filled up to one place of the point; what else there is, as it is."""
    parts = {text: _DECIMAL.match(text) for text in texts}
    whole = max((len(part[1]) for part in parts.values() if part), default=0)
    rest = max((len(part[2]) for part in parts.values() if part), default=0)
    filled = (
        f"{_BLANK * (whole - len(part[1]))}{text}{_BLANK * (rest - len(part[2]))}"
        if (part := parts[text])
        else text
        for text in texts
    )
    return list(filled)


def _points(rows: Sequence[Row]) -> list[Markup]:
    """One column of rows; the decimals of its numbers stand below each other."""
    numbers = [row.value if isinstance(row.value, Number) else None for row in rows]
    shown = aligned(["" if each is None else brief(each.lower, each.upper) for each in numbers])
    return [
        _row(row, True) if number is None else _number(number, True, text)
        for row, number, text in zip(rows, numbers, shown, strict=True)
    ]


def _number(value: Number, short: bool, text: str = "") -> Markup:
    decimal = Markup("<code>{}</code>").format(
        text or (brief if short else interval)(value.lower, value.upper)
    )
    if (exact := value.closed_form) is None or (short and len(str(exact)) > _READABLE):
        return decimal
    shown = Markup('<span class="inline">{}</span>').format(formula(sympy.latex(exact), str(exact)))
    return shown if exact.is_Rational or exact.is_infinite else shown + " " + decimal


def formula(latex: str, text: str) -> Markup:
    """A formula as MathML, or its plain text where the converter does not know a command."""
    # A browser breaks no formula.
    math = convert(_LOW.sub(r"(\1)", latex.replace(r"\allowbreak", "")))
    if "\\" in math:
        return Markup("<code>{}</code>").format(text)
    for pattern, tight in _TIGHT:
        math = pattern.sub(tight, math)
    return Markup(f'<span class="formula">{math}</span>')


def link_formula(name: str) -> Markup:
    """s(z) as a formula; nothing for what is no link."""
    try:
        link = parse(name)
    except LinkError:
        return Markup()
    return formula(f"s(z)={sympy.latex(lower(link.tree))}", f"s(z) = {link.text}")


def slug(words: tuple[str, ...]) -> str:
    """An id that no other words share: what is not a letter or digit is written as its number."""
    return "x" + re.sub(r"[^A-Za-z0-9-]", lambda match: f"_{ord(match[0]):x}_", "--".join(words))


def _enclosure(value: Value) -> str:
    return interval(value.lower, value.upper)


_GREEK = {
    "alpha": "α", "beta": "β", "gamma": "γ", "delta": "δ", "epsilon": "ε", "zeta": "ζ", "eta": "η",
    "theta": "θ", "kappa": "κ", "lambda": "λ", "mu": "μ", "nu": "ν", "xi": "ξ", "pi": "π", "rho": "ρ",
    "sigma": "σ", "tau": "τ", "phi": "φ", "chi": "χ", "psi": "ψ", "omega": "ω", "eps": "ε",
    "Phi": "Φ", "Sigma": "Σ", "Delta": "Δ", "Gamma": "Γ", "Lambda": "Λ",
}  # fmt: skip
_SIGNS = {
    "<=": "≤", ">=": "≥", "!=": "≠", "->": "→", "oo": "∞", "<->": "↔", "sqrt ": "√", "sqrt": "√",
    "grad ": "∇",
}  # fmt: skip
_LETTERS = "|".join(sorted(_GREEK, key=len, reverse=True))
#: A group in braces or brackets, at most twice inside another.
_GROUP = r"\{(?:[^{}]|\{(?:[^{}]|\{[^{}]*\})*\})*\}"
_BRACKET = r"\((?:[^()]|\((?:[^()]|\([^()]*\))*\))*\)"
#: What may stand below or above: a group, or a short word or a number, a star behind it; a^2t is a^2 t.
_SMALL = (
    rf"(?:{_GROUP}|{_BRACKET}|(?:{_LETTERS})\b|(?<=\^)\d(?=[a-z](?:\^|\b))"
    r"|-?[A-Za-z0-9]{1,4}(?:\*(?![\w(]))?(?![A-Za-z0-9])|\+|-)"
)
_TOKEN = re.compile(
    # No part of a longer word, of an option or of the name of a file.
    rf"(?<![A-Za-z_.\\])(?<!--)(?<![a-z]{{2}}[/-])(?P<base>(?:{_LETTERS})(?P<digit>\d?)(?![A-Za-z0-9])"
    rf"|(?:He|IE|GE|osc|sum|int|sup|sd|Var|Cov|[A-Za-z])'*(?=[_^]{_SMALL})|(?<!\d)\d+(?=\^))"
    rf"(?P<scripts>(?:[_^]{_SMALL})*)(?![\w-]*[./]\w+\.\w)(?!\.[a-z]{{2}})"
    rf"|(?P<closed>[)\]|])(?P<above>(?:[_^]{_SMALL})+)"
    r"|(?P<sign><->|<=|>=|!=|->|(?<!\w)oo(?!\w)|(?<!\w)(?:(?:sqrt|grad) (?=[\w({])|sqrt(?=\()))"
    # As programs write it; pi*, Var*( and k* are names.
    rf"|(?<=[\w)])\*\*(?P<power>{_BRACKET}|-?\w+)"
    r"|(?P<times>(?<=[\w)])\*(?=[A-Za-z0-9])|(?:(?<=[\d)])|(?<=(?<!\w)[A-Za-z]))\*(?=\())"
)
_SCRIPT = re.compile(rf"([_^])({_SMALL})")


def typeset(text: str) -> Markup:
    """Plain text, its mathematics typeset; everything else is escaped and as it was."""
    parts, end = [], 0
    for match in _TOKEN.finditer(text):
        parts += [escape(text[end : match.start()]), _set(match)]
        end = match.end()
    return Markup("").join([*parts, escape(text[end:])])


def _set(match: re.Match[str]) -> Markup:
    if sign := match["sign"]:
        return Markup(_SIGNS[sign])
    if match["times"]:
        return Markup("·")
    if power := match["power"]:
        return _scripts(f"^{power}")
    if closed := match["closed"]:
        return escape(closed) + _scripts(match["above"])
    base, digit = match["base"], match["digit"] or ""
    word = base.removesuffix(digit) if digit else base
    place = "sup" if word == "chi" else "sub"  # chi2 is chi squared
    below = Markup("<{0}>{1}</{0}>").format(place, digit) if digit else Markup()
    letter = {**_GREEK, "sum": "∑", "int": "∫"}.get(word, word)
    head = Markup("<var>{}</var>").format(letter) if word.isalpha() else escape(word)
    return head + below + _scripts(match["scripts"])


def _scripts(text: str) -> Markup:
    parts = Markup()
    for script in _SCRIPT.finditer(text):
        inner = script[2]
        if inner[0] in "{(" and inner[-1] in "})":
            inner = inner[1:-1]
        tag = "sub" if script[1] == "_" else "sup"
        parts += Markup("<{0}>{1}</{0}>").format(tag, typeset(inner))
    return parts
