"""Guesses at a text in another notation: code, LaTeX, school mathematics, other variables.

Each habit is a rewriting with the reason that a reader is told. Nothing is accepted by it: a text that only
its rewriting makes readable is refused, and the rewriting is what to write instead.
"""

import re
from collections.abc import Callable, Iterator
from typing import TypeVar

from .functions import CANONICAL, SPELLINGS
from .text import LinkError, excerpt

T = TypeVar("T")
#: A longer text is not written out again.
_LONGEST = 120
_NAMES = "|".join(sorted(SPELLINGS, key=len, reverse=True))
#: Functions of other languages under the names of this one.
_RENAMED = {
    "sgn": "sign", "signum": "sign", "expit": "sigmoid", "logistic": "sigmoid", "sigma": "sigmoid",
    "maximum": "max", "minimum": "min", "fabs": "abs", "absolute": "abs", "hermite": "He", "hermitee": "He",
}  # fmt: skip
_SIGNS = {
    "\u2264": "<=", "\u2265": ">=", "\u2260": "!=", "\u00b7": "*", "\u00d7": "*", "\u22c5": "*",
    "\u00f7": "/", "\u00b2": "**2", "\u00b3": "**3", "\u221e": "oo", "\u03b1": "alpha",
    "\u03b2": "beta", "\u03bc": "mu",
    **dict.fromkeys("\u2010\u2011\u2012\u2013\u2014\u2212", "-"),
}  # fmt: skip
_RULES: tuple[tuple[str, str, str], ...] = (
    (r"(?<=[\w)])\s*\u03c0", "*\u03c0", "a product needs its *"),
    (r"\u03c0\s*(?=[\w(])", "\u03c0*", "a product needs its *"),
    (r"\u03c0", "pi", "\u03c0 is pi"),
    (r"\$", "", "this is not LaTeX"),
    (r"^\s*lambda\s+\w+\s*:\s*", "", "an expression needs no lambda"),
    (r"\b(?:np|numpy|math|torch|F|tf|jnp|jax|sp|sympy|scipy|special|nn|functional)\.(?=[A-Za-z])", "",
     "functions stand without a module"),
    (r"\\frac\s*\{([^{}]*)\}\s*\{([^{}]*)\}", r"(\1)/(\2)", "this is not LaTeX"),
    (r"\\(?:left|right|,|;|!)", "", "this is not LaTeX"),
    (r"\\cdot|\\times", "*", "this is not LaTeX"),
    (r"\\leq?\b", "<=", "this is not LaTeX"),
    (r"\\geq?\b", ">=", "this is not LaTeX"),
    (r"\\operatorname\s*\{(\w+)\}", r"\1", "this is not LaTeX"),
    (r"\\([A-Za-z]+)\s+(\w+)", r"\1(\2)", "this is not LaTeX"),
    (r"\\([A-Za-z]+)", r"\1", "this is not LaTeX"),
    (r"(?:\bmathbb\s*\{E\}|\bE)\s*\[([^\[\]]*)\]", r"mean(\1)", "an expectation is mean( )"),
    (r"\b1\s*[\[{]([^\[\]{}]*)[\]}]", r"where(\1, 1, 0)", "an indicator is where( )"),
    (r"^(.+?)\s+if\s+(.+?)\s+else\s+(.+)$", r"where(\2, \1, \3)", "a choice is where( )"),
    (r"^if\s+(.+?)\s+then\s+(.+?)\s+else\s+(.+)$", r"where(\1, \2, \3)", "a choice is where( )"),
    (r"^if\s+(.+)$", r"where(\1, 1, 0)", "a choice is where( )"),
    (r"^((?:[^()]|\([^()]*\))*\d),(\d(?:[^()]|\([^()]*\))*)$", r"\1.\2", "a decimal has a point"),
    (r"\bHe?_?\{?(\d+)\}?\s*\(", r"He(\1, ", "a Hermite polynomial is He(k, z)"),
    (r"\b(alpha|h)_?\{?(\d+)\}?\s*\(", r"\1(\2, ", "an order is the first argument"),
    (rf"\b({_NAMES})\s*(?:\^|\*\*)\s*(\d+)\s*\(([^()]*)\)", r"\1(\3)**\2", "a power comes last"),
    (r"\b(?:e|exp)\s*(?:\^|\*\*)\s*(-?\w+)", r"exp(\1)", "a power of e is exp"),
    (r"\b(?:e|exp)\s*(?:\^|\*\*)\s*\(", "exp(", "a power of e is exp"),
    (r"\u03a6\s*\(([^()]*)\)", r"(1 + erf((\1)/sqrt(2)))/2", "it is written with erf"),
    (r"\|([^|]+)\|", r"abs(\1)", "an absolute value is abs"),
    (r"\u221a\s*(\w+)", r"sqrt(\1)", "a root is sqrt"),
    (r"\u221a\s*\(", "sqrt(", "a root is sqrt"),
    (r"\s*\^\s*", "**", "a power is **"),
    (r"[\[{]", "(", "brackets are round"),
    (r"[\]}]", ")", "brackets are round"),
    (rf"\b({_NAMES})(?:(?=z)|\s+)(z|\d+)(?![\w(])", r"\1(\2)", "arguments stand in brackets"),
    (rf"\b({_NAMES})\s*\(\s*\)", r"\1(z)", "a function needs its argument"),
    (r"(?<![\w.])(\d+(?:\.\d*)?|\.\d+)\s*(?![eE][+-]?\d)(?=[A-Za-z_(])(?!and\b|or\b)", r"\1*",
     "a product needs its *"),
    (r"\)\s*(?=[\w(])(?!and\b|or\b|not\b)", ")*", "a product needs its *"),
    (r"\b(z|pi)(?:\s*(?=\()|\s+(?=\w)(?!and\b|or\b|not\b))", r"\1*", "a product needs its *"),
)  # fmt: skip
#: For links alone: what an assertion may well be.
_OF_LINKS: tuple[tuple[str, str, str], ...] = (
    (r"^(?!z\s*=)\w+\s*(?:\(\s*\w+\s*\)\s*)?:?=\s*(?!=)", "", "a link is the right-hand side alone"),
    (r"^([^(),<>=]+?) ?(<=?) ?([^(),<>=]+?) ?(<=?)([^(),<>=]+)$", r"where(\1 \2 \3 and \3 \4\5, 1, 0)",
     "a comparison is not a number"),
    (r"^((?:[^(),<>=]|\([^()]*\))+(?:[<>]=?|==)(?:[^(),<>=]|\([^()]*\))+)$", r"where(\1, 1, 0)",
     "a comparison is not a number"),
)  # fmt: skip
_LETTER = re.compile(r"[A-Za-z][_\d]*", re.ASCII)
_NAME = re.compile(r"(?<![\w.])([A-Za-z_]\w*)(\s*\()?", re.ASCII)


def reread(text: str, read: Callable[[str], T], variable: str | None = None) -> T:
    """``read(text)``. A refusal says what to write instead, where a rewriting of the text can be read.

    variable: the only one there is, which others stand for.
    """
    try:
        return read(text)
    except LinkError as error:
        if error.at is None:
            raise
        refusal = LinkError(str(error), seen=error.seen, at=error.at, source=text)
    reasons: dict[str, None] = {}
    meant = text.strip()
    if len(meant) <= _LONGEST:
        for written, why in _rewritings(meant, variable):
            meant = written
            reasons[why] = None
    if reasons:
        try:
            read(meant)
        except LinkError:
            raise refusal from None
        said = f"{refusal.seen}: {', '.join(reasons)}: write {excerpt(meant, _LONGEST)}"
        raise LinkError(said, seen=refusal.seen, at=refusal.at, source=text)
    raise refusal


def _rewritings(text: str, variable: str | None) -> Iterator[tuple[str, str]]:
    """The text after each rule that changed it, with the rule's reason."""
    for sign, meant in _SIGNS.items():
        if sign in text:
            text = text.replace(sign, meant)
            yield text, "write the minus sign as -" if meant == "-" else f"{sign} is {meant}"
    for pattern, new, why in (*_RULES, *(_OF_LINKS if variable else ())):
        changed = re.sub(pattern, new, text, flags=re.ASCII)
        if changed != text:
            text = changed
            yield text, why
    for match in list(_NAME.finditer(text)):
        if match[2] and match[1].lower() not in CANONICAL and (name := _RENAMED.get(match[1].lower())):
            text = re.sub(rf"\b{match[1]}(?=\s*\()", name, text)
            yield text, f"{match[1]} is {name}"
    if opened := text.count("(") - text.count(")"):
        text = text + ")" * opened if opened > 0 else text.removesuffix(")" * -opened)
        yield text, "brackets come in pairs"
    if variable is not None:
        others = {match[1] for match in _NAME.finditer(text) if not match[2]} - {"and", "or", "pi", "E"}
        if len(others) == 1 and (other := others.pop()) != variable and _LETTER.fullmatch(other):
            yield re.sub(rf"\b{other}\b", variable, text), f"the variable is {variable}"
