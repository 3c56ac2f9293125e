r"""A user's assertion as LaTeX, in the order in which it is written; ``\allowbreak`` where a line may end."""

from __future__ import annotations

from fractions import Fraction

from ...link import LinkError
from ...link.assertion import Quantifier, Range, parse_assertion
from ...link.text import decimal
from ...link.tree import Bin, Call, Compare, Const, Logic, Neg, Node, Num, Part, Var, Where
from .user_claim import UserClaim

_GREEK = ("alpha", "beta", "gamma", "delta", "epsilon", "eta", "theta", "lambda", "mu", "sigma", "tau")
_CONSTANTS = {
    "pi": r"\pi", "E": "e", "oo": r"\infty", "IE": r"\mathrm{IE}", "GE": r"\mathrm{GE}",
    "t_max": r"t_{\max}", "beta1": r"\beta_1",
}  # fmt: skip
_WORDS = {
    "logM": r"\log M", "KL": r"\mathrm{KL}", "Var": r"\mathrm{Var}", "chi2": r"\chi^2",
    "ESS": r"\mathrm{ESS}", "snr": r"\mathrm{SNR}", "mean": r"\mathbb{E}", "V": "V", "J": "J",
    "exp": r"\exp", "log": r"\log", "sin": r"\sin", "cos": r"\cos", "tan": r"\tan", "sinh": r"\sinh",
    "cosh": r"\cosh", "tanh": r"\tanh", "atan": r"\arctan", "min": r"\min", "max": r"\max",
}  # fmt: skip
_RELATIONS = {"<": "<", "<=": r"\le", ">": ">", ">=": r"\ge", "==": "=", "!=": r"\ne"}
_BINDING = {"+": 1, "-": 1, "*": 2, "/": 2, "**": 4}
#: Digits in a row between which no line may end.
_DIGITS = 12


def latex(claim: UserClaim) -> str:
    """The assertion with its parameters as names; as it is written where one is the order of a He."""
    names = tuple(name for name, _ in claim.ranges)
    try:
        return of(parse_assertion(claim.text, names, open_orders=True))
    except LinkError:
        return r"\texttt{" + claim.text.replace("_", r"\_") + "}"


def latex_ranges(claim: UserClaim) -> str:
    r"""What each parameter ranges over, such as ``\beta \in (1/2, 20)``."""
    return r",\allowbreak\ ".join(_quantified(*each) for each in claim.ranges)


def _quantified(parameter: str, values: Quantifier) -> str:
    if isinstance(values, Range):
        left, right = "[" if values.closed_lower else "(", "]" if values.closed_upper else ")"
        inner = rf"{left}{_end(values.lower)},\allowbreak {_end(values.upper)}{right}"
        return rf"{name(parameter)} \in \allowbreak {inner}"
    ends = [of(Num(value)) for value in (values[0], values[-1])]
    if len(values) == 1:
        return f"{name(parameter)} = {ends[0]}"
    return rf"{name(parameter)} = {ends[0]},\allowbreak \dots,\allowbreak {ends[1]}"


def _end(node: Node) -> str:
    return decimal(node.value) if isinstance(node, Num) else of(node)


def of(part: Part) -> str:
    return _write(part, 0)


def _write(part: Part, floor: int) -> str:
    binding, text = _bare(part)
    return text if binding > floor else rf"({text})"


def _bare(part: Part) -> tuple[int, str]:
    if isinstance(part, Num):
        return _number(part.value)
    if isinstance(part, Const):
        return 5, _CONSTANTS[part.name]
    if isinstance(part, Var):
        return 5, name(part.name)
    if isinstance(part, Neg):
        return 3, f"-{_write(part.arg, 3)}"
    if isinstance(part, Bin):
        return _binary(part)
    if isinstance(part, Where):
        words = rf"{of(part.then)}\allowbreak\ \text{{if }}\allowbreak {of(part.condition)},\allowbreak\ "
        return 0, rf"{words}\text{{else }}\allowbreak {of(part.other)}"
    if isinstance(part, Compare):
        return 3, rf"{of(part.left)} {_RELATIONS[part.op]}\allowbreak {of(part.right)}"
    if isinstance(part, Logic):
        own = 2 if part.op == "and" else 1
        sides = _write(part.left, own - 1), _write(part.right, own)
        return own, rf"\allowbreak\ \text{{{part.op}}}\ \allowbreak ".join(sides)
    return 5, _call(part)


def _binary(part: Bin) -> tuple[int, str]:
    own = _BINDING[part.op]
    if part.op == "**":
        return own, rf"{_write(part.left, own)}^{{{of(part.right)}}}"
    sign = {"*": r"\,\allowbreak ", "/": r"/\allowbreak "}.get(part.op, rf" {part.op}\allowbreak ")
    right = _write(part.right, own)
    if part.op == "*" and right[:1].isdigit():
        sign = r"\cdot\allowbreak "
    return own, f"{_write(part.left, own - 1)}{sign}{right}"


def _call(part: Call) -> str:
    args = list(part.args)
    if part.name == "sqrt":
        return rf"\sqrt{{{of(args[0])}}}"
    if part.name == "abs":
        return rf"|{of(args[0])}|"
    if part.name in ("alpha", "h", "He", "lambda2"):
        head = {"alpha": r"\alpha", "h": "h", "He": r"\mathrm{He}", "lambda2": r"\lambda^2"}[part.name]
        head, args = f"{head}_{{{of(args[0])}}}", args[1:]
    elif part.name == "mu":
        return rf"\mu_{{{of(args[0])},{of(args[1])}}}"
    else:
        head = _WORDS.get(part.name, rf"\operatorname{{{part.name}}}")
    inner = r",\allowbreak ".join(map(of, args))
    left, right = "[]" if part.name == "mean" else "()"
    return rf"{head}{left}\allowbreak {inner}{right}" if args else head


def name(word: str) -> str:
    """A parameter: a Greek letter, a single letter with an index, or a word."""
    stem, _, index = word.partition("_")
    if not index and stem.rstrip("0123456789") and stem[-1:].isdigit():
        letters = stem.rstrip("0123456789")
        stem, index = letters, stem[len(letters) :]
    shown = rf"\{stem}" if stem in _GREEK else stem if len(stem) == 1 else rf"\mathit{{{stem}}}"
    index = index.replace("_", r"\_")
    return f"{shown}_{{{index}}}" if index else shown


def _number(value: Fraction) -> tuple[int, str]:
    text = _digits(abs(value.numerator))
    if value.denominator != 1:
        text += rf"/{_digits(value.denominator)}"
    return (2 if value.denominator != 1 else 5 if value >= 0 else 3), f"-{text}" if value < 0 else text


def _digits(number: int) -> str:
    text = str(number)
    return r"\allowbreak ".join(text[i : i + _DIGITS] for i in range(0, len(text), _DIGITS))
