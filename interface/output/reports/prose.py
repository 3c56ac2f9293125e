"""The mathematics of plain text as a page sets it: Greek letters, sub- and superscripts, signs.

``alpha_{k*}(1/beta) <= e^(2t)`` reads on a terminal; on a page the same words are typeset. What is code (an
option, a name of a file, a command) is left alone.
"""

from __future__ import annotations

import re

from markupsafe import Markup, escape

_GREEK = {
    "alpha": "α", "beta": "β", "gamma": "γ", "delta": "δ", "epsilon": "ε", "zeta": "ζ", "eta": "η",
    "theta": "θ", "kappa": "κ", "lambda": "λ", "mu": "μ", "nu": "ν", "xi": "ξ", "pi": "π", "rho": "ρ",
    "sigma": "σ", "tau": "τ", "phi": "φ", "chi": "χ", "psi": "ψ", "omega": "ω",
    "Phi": "Φ", "Sigma": "Σ", "Delta": "Δ", "Gamma": "Γ",
}  # fmt: skip
_SIGNS = {
    "<=": "≤", ">=": "≥", "!=": "≠", "->": "→", "oo": "∞", "<->": "↔", "sqrt ": "√", "integral ": "∫ ",
    "grad ": "∇",
}  # fmt: skip
_LETTERS = "|".join(sorted(_GREEK, key=len, reverse=True))
#: A group in braces or brackets, at most twice inside another.
_GROUP = r"\{(?:[^{}]|\{(?:[^{}]|\{[^{}]*\})*\})*\}"
_BRACKET = r"\((?:[^()]|\((?:[^()]|\([^()]*\))*\))*\)"
#: What may stand below or above: a group, or a short word or a number, a star behind it.
_SMALL = rf"(?:{_GROUP}|{_BRACKET}|-?[A-Za-z0-9]{{1,4}}(?:\*(?![\w(]))?(?![A-Za-z0-9])|\+|-)"
_TOKEN = re.compile(
    # No part of a longer word, of an option or of the name of a file.
    rf"(?<![A-Za-z_.\\])(?<!--)(?<![a-z]{{2}}[/-])(?P<base>(?:{_LETTERS})(?P<digit>\d?)(?![A-Za-z0-9])"
    rf"|(?:He|IE|GE|osc|[A-Za-z])(?=[_^]{_SMALL})|(?<!\d)\d+(?=\^))"
    rf"(?P<scripts>(?:[_^]{_SMALL})*)(?![\w-]*[./]\w+\.\w)(?!\.[a-z]{{2}})"
    rf"|(?P<closed>[)\]|])(?P<above>\^{_SMALL})"
    r"|(?P<sign><->|<=|>=|!=|->|(?<!\w)oo(?!\w)|(?<!\w)(?:sqrt|integral|grad) (?=[\w({]))"
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
    if closed := match["closed"]:
        return escape(closed) + _scripts(match["above"])
    base, digit = match["base"], match["digit"] or ""
    word = base.removesuffix(digit) if digit else base
    place = "sup" if word == "chi" else "sub"  # chi2 is chi squared
    below = Markup("<{0}>{1}</{0}>").format(place, digit) if digit else Markup()
    head = Markup("<var>{}</var>").format(_GREEK.get(word, word)) if word.isalpha() else escape(word)
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
