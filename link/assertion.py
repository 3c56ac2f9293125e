"""The language of claims: comparisons of numbers that belong to a link, in the tokens of the link language.

An assertion becomes a condition of ordinary nodes. A word with arguments is a ``Call`` of that name, a word
without is a ``Const``, a parameter is a ``Var``; ``not`` is carried inward at once. Never evaluated as code.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Any, cast

from . import build
from .domain import require_defined
from .functions import CANONICAL, REFUSED, SPELLINGS
from .parse import MAX_LENGTH, Parser, Token, tokens, unknown
from .remedies import reread
from .text import LinkError, decimal, excerpt, nearest
from .text import text as written
from .tree import Call, Compare, Comparison, Condition, Const, Logic, Node, Num, Part, Var, children, walk

#: Words with arguments, as they are written; ``mean`` takes an expression in z.
CALLS = {
    "alpha": "alpha(k, beta)", "h": "h(k, beta)", "mu": "mu(i, k)", "lambda2": "lambda2(k)",
    "logM": "logM(beta)", "V": "V(beta)", "Var": "Var(beta)", "J": "J(beta)", "KL": "KL(beta)",
    "chi2": "chi2(beta)", "ESS": "ESS(beta)", "snr": "snr(beta)", "mean": "mean(z**2)",
}  # fmt: skip
#: Words whose last argument is a temperature.
TEMPERED = ("alpha", "h", "logM", "V", "Var", "J", "KL", "chi2", "ESS", "snr")
#: Words that need E e^{2s/beta} too, and say so by 0 or oo where that is infinite.
DOUBLED = ("chi2", "ESS", "snr")
NAMES = ("IE", "GE", "t_max", "beta1", "oo")
RESERVED = {"z", "pi", "E", "where", "and", "or", "not", *CALLS, *NAMES, *SPELLINGS}
MAX_COMPARISONS = 60
#: Words with an order k, and which argument that is: an integer, or GE or IE of the link.
ORDERED = {"alpha": 0, "h": 0, "mu": 1, "lambda2": 0}
_MAX_ORDER = 200
_MAX_POWER = 64
_OPPOSITE: dict[str, Comparison] = {"<": ">=", "<=": ">", ">": "<=", ">=": "<", "==": "!=", "!=": "=="}


def parse_assertion(
    text: str,
    parameters: tuple[str, ...] = (),
    values: Mapping[str, Fraction] | None = None,
    *,
    open_orders: bool = False,
) -> Condition:
    """The condition that ``text`` states about the real ``parameters``; those in ``values`` are replaced.

    open_orders: orders may be parameters too, in a condition that is shown and not decided.

    Raises LinkError with the place and a remedy when the text is not an assertion.
    """

    def read(written: str) -> Part:
        parser = _parser(written, parameters, values)
        parser.open_orders = open_orders
        return parser.assertion()

    part = reread(text, read)
    if not isinstance(part, (Compare, Logic)):
        raise LinkError("an assertion must compare two numbers: write alpha(1, beta) > 0")
    return part


def parse_term(text: str) -> Node:
    """A number in the words of an assertion without parameters, such as ``1/t_max``. Raises LinkError."""
    parser = _parser(text, (), None)
    parser.ending = True
    node = parser.value(parser.expression(0), "an end of a range is a number")
    parser.finish()
    return node


def _parser(text: str, parameters: tuple[str, ...], values: Mapping[str, Fraction] | None) -> _Assertion:
    if len(text) > MAX_LENGTH:
        raise LinkError(f"the assertion has {len(text)} characters: write at most {MAX_LENGTH}")
    listed = tokens(text, "an assertion such as alpha(1, beta) > 0")
    return _Assertion(listed, parameters, values=dict(values or {}))


@dataclass(slots=True)
class _Assertion(Parser):
    #: Inside mean(...) there is z, and none of the words.
    averaging: bool = False
    #: An end of a range holds no parameter.
    ending: bool = False
    open_orders: bool = False
    comparisons: int = 0

    def assertion(self) -> Part:
        part = self.condition()
        self.finish()
        return part

    def finish(self) -> None:
        if self.token.kind != "end":
            self.refuse("expected an operator or the end")

    def comparison(self) -> Part:
        negations = 0
        while self.token.text == "not":
            self.take()
            negations += 1
        # The parent is named because a dataclass with slots is a new class, which super() does not find.
        part = Parser.comparison(self)
        self.comparisons += isinstance(part, Compare)
        if self.comparisons > MAX_COMPARISONS:
            raise LinkError(f"the assertion has more than {MAX_COMPARISONS} comparisons: split the claim")
        if negations and not isinstance(part, (Compare, Logic)):
            raise LinkError("'not' stands before a comparison: write not (alpha(1, beta) < 0)")
        return opposite(cast(Condition, part)) if negations % 2 else part

    def name(self, token: Token) -> Node:
        word, called = token.text, self.token.text == "("
        if word in self.values and not called:
            return build.number(self.values[word])
        if word in NAMES and not called and not self.averaging:
            return Const(cast(Any, word))
        if word in CALLS and called and not self.averaging:
            return self.word(word)
        known = word in self.variables or word in ("pi", "E")
        if (not called and known) or (called and word.lower() in (*CANONICAL, "where")):
            return Parser.name(self, token)
        raise unknown(token, self._unknown(token, called))

    def word(self, name: str) -> Node:
        if name == "mean":
            return self.mean()
        start = self.position
        args = self.arguments(name)
        wanted = CALLS[name].count(",") + 1
        if len(args) != wanted:
            plural = "argument" if wanted == 1 else "arguments"
            raise LinkError(f"{name} takes {wanted} {plural}, not {len(args)}: write {CALLS[name]}")
        if name == "mu":
            self._integer(args[0], name, "power i", 0, _MAX_POWER)
        if (place := ORDERED.get(name)) is not None and args[place] not in (Const("GE"), Const("IE")):
            self._integer(args[place], name, "order k", int(name == "lambda2"), _MAX_ORDER)
        if name not in TEMPERED:
            return Call(name, args)
        words = [token.text for token in self.tokens[start : self.position]]
        beta = words[len(words) - words[::-1].index(",") :] if "," in words else words
        if "t" in beta and "/" not in beta:
            raise LinkError(
                f"{name} takes a temperature beta, and t stands for its inverse, beta = 1/t: "
                f"write {CALLS[name].replace('beta', '1/t')}"
            )
        if isinstance(args[-1], Num) and args[-1].value <= 0:
            raise LinkError(
                f"{name} at the temperature {args[-1].value}: a temperature is positive,"
                f" write {CALLS[name].replace('beta', '1/2')}"
            )
        return Call(name, args)

    def mean(self) -> Node:
        self.expect("(", "after mean")
        outside, self.variables, self.averaging = self.variables, ("z",), True
        tree = self.value(self.expression(0), "of mean")
        self.expect(")", "to close mean(")
        self.variables, self.averaging = outside, False
        if build.degree(tree) > build.MAX_DEGREE:
            raise LinkError(f"mean(...) is of a degree beyond {build.MAX_DEGREE}: write a smaller degree")
        require_defined(tree)
        return Call("mean", (tree,))

    def _integer(self, arg: Node, word: str, what: str, least: int, most: int) -> None:
        if self.open_orders and isinstance(arg, Var):
            return
        if not isinstance(arg, Num) or arg.value.denominator != 1 or not least <= arg.value <= most:
            raise LinkError(
                f"the {what} of {word} must be an integer from {least} to {most}:"
                f' write {CALLS[word].replace("k", "2")} or declare k = "1:6"'
            )

    def _unknown(self, token: Token, called: bool) -> str:
        word = token.text
        seen = f"unknown {'function' if called else 'name'} '{excerpt(word)}' at position {token.at + 1}"
        if self.averaging:
            if word in (*CALLS, *NAMES):
                return f"{seen}: inside mean(...) stands an expression in z alone, write mean(z**2)"
            declared = "; a real parameter cannot stand inside mean(...)" if not called else ""
            return f"{seen}: mean takes an expression in z, write mean(z**2){declared}"
        if not called and word in CALLS:
            return f"{seen}: write {CALLS[word]}"
        if called and word in (*NAMES, *self.variables, *self.values):
            return f"'{excerpt(word)}' at position {token.at + 1} is a number, not a function: write {word}"
        if not called and word == "t":
            return f"{seen}: t = 1/beta is the inverse of a temperature, write beta, as in V(beta)"
        if not called and word == "z":
            return f"{seen}: z stands only inside mean(...), write mean(z**2)"
        if called and (reason := REFUSED.get(word.lower())):
            return f"{seen}: {reason}"
        names = (*CALLS, *SPELLINGS, "where")
        if not called:
            names = (*self.variables, *self.values, *NAMES, "pi", "E")
        near = None if word in ("beta", "k") else nearest(word, names)
        remedy = f"did you mean {near}?" if near not in (None, word) else ""
        if called:
            return f"{seen}: " + (
                remedy or f"the words are {', '.join(CALLS)}, besides the functions of a link"
            )
        if self.ending:
            return f"{seen}: {remedy or 'an end of a range is a number such as 20, oo or 2*beta1'}"
        name = excerpt(word)
        declare = f'declare its range: --for "{name}=(0.5,20)", in a file for = {{ {name} = "(0.5, 20)" }}'
        return f"{seen}: {f'{remedy} Otherwise ' if remedy else ''}{declare}"


def orders_by_name(part: Part) -> set[str]:
    """GE and IE where they are the order of a word, as in alpha(GE, beta)."""
    ordered = (node for node in walk(part) if isinstance(node, Call) and node.name in ORDERED)
    orders = (node.args[ORDERED[node.name]] for node in ordered)
    return {order.name for order in orders if isinstance(order, Const)}


def names_in(text: str) -> set[str]:
    """The names that an assertion is written with."""
    return {token.text for token in tokens(text) if token.kind == "name"}


def opposite(part: Condition) -> Condition:
    """The condition that holds exactly where ``part`` does not."""
    if isinstance(part, Compare):
        return replace(part, op=_OPPOSITE[part.op])
    joined = "or" if part.op == "and" else "and"
    return Logic(cast(Any, joined), opposite(part.left), opposite(part.right))


def comparisons(part: Condition) -> list[Compare]:
    """The comparisons that ``part`` joins, from left to right."""
    if isinstance(part, Compare):
        return [part]
    return [*comparisons(part.left), *comparisons(part.right)]


def parameters_of(part: Part) -> set[str]:
    """The parameters that occur, those inside mean(...) not being any."""
    if isinstance(part, Var):
        return {part.name}
    if isinstance(part, Call) and part.name == "mean":
        return set()
    return set().union(*(parameters_of(child) for child in children(part)))


MAX_VALUES = 500
#: The size of an end that is a number, or of its inverse; what is meant beyond is 0 or oo.
FARTHEST = Fraction(10) ** 100
_NAME = re.compile(r"[A-Za-z_]\w{0,39}", re.ASCII)
_INTEGERS = re.compile(r"\s*(-?\d{1,18})\s*:\s*(-?\d{1,18})\s*", re.ASCII)
_OO = Const("oo")


@dataclass(frozen=True, slots=True)
class Range:
    """All reals between two exact numbers; an end belongs to it when it is ``closed``; upper may be oo."""

    lower: Node
    upper: Node
    closed_lower: bool
    closed_upper: bool

    def __str__(self) -> str:
        left, right = "[" if self.closed_lower else "(", "]" if self.closed_upper else ")"
        return f"{left}{end_text(self.lower)}, {end_text(self.upper)}{right}"


def end_text(node: Node) -> str:
    return decimal(node.value) if isinstance(node, Num) else written(node)


Values = tuple[Fraction, ...]
Quantifier = Range | Values


def parse_quantifier(name: str, spec: object) -> Quantifier:
    """What the parameter ``name`` ranges over. Raises LinkError with a remedy."""
    require_name(name)
    if isinstance(spec, int) and not isinstance(spec, bool):
        return (Fraction(spec),)
    if isinstance(spec, float):
        if not math.isfinite(spec):
            raise LinkError(_refused(name, spec, "is not finite"))
        spec = str(spec)
    if not isinstance(spec, str):
        raise LinkError(_refused(name, spec, "is not a range"))
    if (match := _INTEGERS.fullmatch(spec)) is not None:
        return _integers(name, spec, int(match[1]), int(match[2]))
    if "=" in spec:
        example = "--for 'beta=[1, oo)' --for 'c=2'"
        raise LinkError(f"{name} = '{excerpt(spec)}' names a second parameter: give each its own, {example}")
    body = spec.strip()
    if body[:1] in ("(", "[") and body[-1:] in (")", "]") and (cut := _comma(body)) > 0:
        return _interval(name, body, cut)
    if body[:1] != "[" and body:
        try:
            node = parse_term(body)
        except LinkError:
            raise LinkError(_refused(name, spec, "is not a range")) from None
        if isinstance(node, Num):
            return (node.value,)
    raise LinkError(_refused(name, spec, "is not a range"))


def require_name(name: str) -> None:
    """Raises LinkError when ``name`` cannot be a parameter."""
    if not _NAME.fullmatch(name):
        raise LinkError(f"the parameter '{excerpt(name)}' is not a name: write a name such as beta or k")
    if name in RESERVED:
        raise LinkError(f"'{name}' already has a meaning in an assertion: name the parameter beta or k")


def _refused(name: str, spec: object, why: str) -> str:
    return f'{name} = \'{excerpt(str(spec))}\' {why}: write "(0.5, 20)", "[1, oo)", "1:6" or one number'


def _integers(name: str, spec: str, first: int, last: int) -> Values:
    if last < first:
        raise LinkError(_refused(name, spec, "is empty"))
    if last - first >= MAX_VALUES:
        raise LinkError(f"{name} = '{excerpt(spec)}' holds more than {MAX_VALUES} integers: write fewer")
    return tuple(map(Fraction, range(first, last + 1)))


def _comma(body: str) -> int:
    """Where the comma between the ends stands, or -1."""
    depth = 0
    for at, character in enumerate(body):
        depth += (character in "([") - (character in ")]")
        if character == "," and depth == 1:
            return at
    return -1


def _interval(name: str, body: str, cut: int) -> Range:
    try:
        lower, upper = parse_term(body[1:cut]), parse_term(body[cut + 1 : -1])
    except LinkError as error:
        raise LinkError(f"{name} = '{excerpt(body)}' has an end that cannot be read: {error}") from None
    values = Range(lower, upper, body[0] == "[", body[-1] == "]")
    if lower == _OO or _negative_infinity(lower):
        raise LinkError(_refused(name, body, "has no finite lower end"))
    if upper == _OO and values.closed_upper:
        raise LinkError(f"{name} = '{excerpt(body)}' is closed at oo, which is no number: write oo)")
    for end in (lower, upper):
        if any(isinstance(part, Call) and part.name == "mean" for part in walk(end)):
            raise LinkError(_refused(name, body, "has an end that is an integral"))
    for end in (lower, upper):
        if isinstance(end, Num) and end.value and not 1 / FARTHEST <= abs(end.value) <= FARTHEST:
            raise LinkError(_refused(name, body, "has an end beyond 1e100 or within 1e-100 of 0"))
    if isinstance(lower, Num) and isinstance(upper, Num):
        single = lower.value == upper.value and values.closed_lower and values.closed_upper
        if lower.value > upper.value or (lower.value == upper.value and not single):
            raise LinkError(_refused(name, body, "is empty"))
    return values


def _negative_infinity(node: Node) -> bool:
    return any(part == _OO for part in walk(node)) and node != _OO
