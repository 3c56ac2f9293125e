"""From text to tree: a whitelist of tokens and a precedence climber. User text is never evaluated."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Literal, NamedTuple, NoReturn, cast

from . import build
from .functions import CANONICAL, FUNCTIONS, REFUSED, SPELLINGS
from .text import LinkError, excerpt, nearest
from .tree import COMPARISONS, Compare, Comparison, Const, Logic, Node, Operator, Part, Var, Where

MAX_LENGTH = 10_000
#: Nesting of the text and of the tree; every walk of a tree may then recurse safely.
MAX_DEPTH = 100
_TOKEN = re.compile(
    r"\s*(?:(?P<number>(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?)|(?P<name>[^\W\d]\w*)"
    r"|(?P<symbol>\*\*|<=|>=|==|!=|[-+*/(),<>])|(?P<bad>\S))",
    re.ASCII,
)
_BINARY: dict[str, int] = {"+": 1, "-": 1, "*": 2, "/": 2, "**": 4}
_UNARY = 3
_LOGIC = {"or": 1, "and": 2}
#: Names of parameters: reals, and k, an integer.
SYMBOLS = ("a", "b", "c", "d", "p", "q", "k")
#: Characters that other notations, word processors and keyboards put in place of ours.
_REMEDIES = {
    "^": "write ** for a power",
    "=": "write == to compare",
    **dict.fromkeys("[]{}", "write ( )"),
    **dict.fromkeys("\u2010\u2011\u2012\u2013\u2014\u2212", "write the minus sign as -"),
    **dict.fromkeys("\u00b7\u00d7\u22c5", "write * for a product"),
    "\u00f7": "write / for a quotient",
    "\u00b2": "write **2 for a square",
    "\u00b3": "write **3 for a cube",
    "\u221a": "write sqrt(x) for a root",
    "\u03c0": "write pi",
    "\u221e": "write oo, where a range may end there",
    **dict.fromkeys("\"'`\u2018\u2019\u201c\u201d", "leave the quotation marks to the shell"),
}


class Token(NamedTuple):
    kind: str
    text: str
    at: int


def parse_expression(
    text: str, variables: tuple[str, ...] = ("z",), values: Mapping[str, Fraction] | None = None
) -> Node:
    """The tree of ``text``, an expression in ``variables``, without asking where it is defined.

    values: numbers that stand in place of names.

    Raises LinkError with the place and a remedy when the text is not in the link language.
    """
    if len(text) > MAX_LENGTH:
        raise LinkError(f"the expression has {len(text)} characters: write at most {MAX_LENGTH}")
    variable = variables[0] if len(variables) == 1 else None

    def read(written: str) -> Node:
        return Parser(tokens(written), variables, values=dict(values or {})).whole()

    try:
        node = read(text)
    except LinkError:
        # A remedy for what is refused: loaded then, so that no checker of certificates has to trust it.
        from .remedies import reread

        node = reread(text, read, variable)
    if (degree := build.degree(node)) > build.MAX_DEGREE:
        raise LinkError(
            f"the expression reaches degree {degree}: write one of degree at most {build.MAX_DEGREE}"
        )
    return node


def tokens(text: str, example: str = "an expression in z such as tanh(z) - 9/10") -> list[Token]:
    """The tokens of ``text``, the last one of kind ``end``.

    Raises LinkError, which asks for an ``example``, on any other character.
    """
    listed = []
    for match in _TOKEN.finditer(text):
        kind = cast(str, match.lastgroup)
        seen, at = match[kind], match.start(kind)
        if kind == "bad":
            remedy = _REMEDIES.get(seen, f"write {example}")
            where = f"unexpected '{excerpt(seen)}' at position {at + 1}"
            raise LinkError(f"{where}: {remedy}", seen=where, at=at)
        listed.append(Token(kind, seen, at))
    return [*listed, Token("end", "", len(text))]


@dataclass(slots=True)
class Parser:
    """A precedence climber over tokens; ``assertion`` extends it by the words of a claim."""

    tokens: list[Token]
    variables: tuple[str, ...]
    position: int = 0
    nesting: int = 0
    values: dict[str, Fraction] = field(default_factory=dict)

    @property
    def token(self) -> Token:
        return self.tokens[self.position]

    def take(self) -> Token:
        token = self.token
        self.position += 1
        return token

    def expect(self, symbol: str, context: str) -> None:
        if self.token.text != symbol:
            self.refuse(f"expected '{symbol}' {context}")
        self.position += 1

    def refuse(self, why: str) -> NoReturn:
        token = self.token
        seen = (
            "the text ends" if token.kind == "end" else f"'{excerpt(token.text)}' at position {token.at + 1}"
        )
        raise LinkError(f"{seen}: {why}", seen=seen, at=token.at)

    def whole(self) -> Node:
        node = self.value(self.expression(0), "a link is a number for every z")
        if self.token.text in (*COMPARISONS, "and", "or"):
            self.refuse("a comparison is not a number: write where(z > 0, 1, 0)")
        if self.token.kind != "end":
            self.refuse("expected an operator or the end")
        return node

    def expression(self, floor: int) -> Part:
        """An expression whose binary operators all bind tighter than ``floor``."""
        self.nesting += 1
        if self.nesting > MAX_DEPTH:
            raise LinkError(f"the expression is nested more than {MAX_DEPTH} deep: write it flatter")
        left = self.operand()
        links = 0
        while (power := _BINARY.get(self.token.text, 0)) > floor:
            links += 1
            if self.nesting + links > MAX_DEPTH:
                raise LinkError(f"the expression chains more than {MAX_DEPTH} operators: write it shorter")
            op = cast(Operator, self.take().text)
            # ** binds to the right: 2**3**2 is 2**(3**2).
            right = self.value(self.expression(power - 1 if op == "**" else power), f"of '{op}'")
            left = build.combine(op, self.value(left, f"of '{op}'"), right)
        self.nesting -= 1
        return left

    def operand(self) -> Part:
        token = self.take()
        if token.kind == "number":
            return build.number(_exact(token.text))
        if token.kind == "name":
            return self.name(token)
        if token.text == "(":
            inner = self.condition()
            self.expect(")", "to close the parenthesis")
            return inner
        if token.text in ("-", "+"):
            arg = self.value(self.expression(_UNARY), f"of '{token.text}'")
            return build.negate(arg) if token.text == "-" else arg
        self.position -= 1
        return self.refuse("expected a number, z, a function or '('")

    def name(self, token: Token) -> Node:
        lowered = token.text.lower()
        if self.token.text == "(":
            if lowered == "where":
                return self.where()
            if lowered in CANONICAL:
                return build.call(lowered, self.arguments(token.text))
        elif token.text in self.values:
            return build.number(self.values[token.text])
        elif token.text in self.variables:
            return Var(token.text)
        elif token.text in ("pi", "E"):
            return Const(cast(Literal["pi", "E"], token.text))
        raise unknown(token, _unknown(token, self.token.text == "(", self.variables))

    def arguments(self, name: str) -> tuple[Node, ...]:
        self.expect("(", f"after {name}")
        args = [self.value(self.expression(0), f"of {name}")]
        while self.token.text == ",":
            self.take()
            args.append(self.value(self.expression(0), f"of {name}"))
        self.expect(")", f"to close {name}(")
        return tuple(args)

    def where(self) -> Where:
        self.expect("(", "after where")
        condition = self.condition()
        if not isinstance(condition, (Compare, Logic)):
            raise LinkError("the first argument of where must be a comparison: write where(z > 0, z, 0)")
        self.expect(",", "in where(condition, a, b)")
        then = self.value(self.expression(0), "of where")
        self.expect(",", "in where(condition, a, b)")
        other = self.value(self.expression(0), "of where")
        self.expect(")", "to close where(")
        return Where(condition, then, other)

    def condition(self, floor: int = 0) -> Part:
        """Comparisons joined by ``and`` (binds tighter) and ``or``; a bare expression passes through."""
        left = self.comparison()
        links = 0
        while (power := _LOGIC.get(self.token.text.lower(), 0)) > floor:
            links += 1
            if links > MAX_DEPTH:
                raise LinkError(f"the condition chains more than {MAX_DEPTH} comparisons: write it shorter")
            token = self.take()
            word = cast(Literal["and", "or"], token.text.lower())
            right = self.condition(power)
            if not isinstance(left, (Compare, Logic)) or not isinstance(right, (Compare, Logic)):
                seen = f"'{word}' at position {token.at + 1}"
                raise LinkError(f"{seen} joins comparisons: write z > 0 {word} z < 1", seen=seen, at=token.at)
            left = Logic(word, left, right)
        return left

    def comparison(self) -> Part:
        left = self.expression(0)
        if self.token.text not in COMPARISONS:
            return left
        op = cast(Comparison, self.take().text)
        right = self.value(self.expression(0), f"of '{op}'")
        if self.token.text in COMPARISONS:
            self.refuse("comparisons do not chain: write 0 < z and z < 1")
        return Compare(op, self.value(left, f"of '{op}'"), right)

    def value(self, part: Part, context: str) -> Node:
        if isinstance(part, (Compare, Logic)):
            raise LinkError(
                f"a comparison stands where a number is needed ({context}): write where(z > 0, 1, 0)"
            )
        return part


def _exact(text: str) -> Fraction:
    mantissa, _, exponent = text.lower().partition("e")
    # Before any arithmetic; how many bits a number may have is asked of every one that is made.
    if len(mantissa) > 910 or len(exponent) > 4:
        raise LinkError("a number has more than 900 digits, which is too large: write a smaller number")
    return Fraction(mantissa.rstrip(".") or "0") * Fraction(10) ** int(exponent or 0)


def unknown(token: Token, message: str) -> LinkError:
    """A refusal of a name, which ``message`` explains after what was seen."""
    return LinkError(message, seen=message.partition(": ")[0], at=token.at)


def _unknown(token: Token, called: bool, variables: tuple[str, ...]) -> str:
    seen = f"unknown {'function' if called else 'name'} '{excerpt(token.text)}' at position {token.at + 1}"
    if not called and (function := CANONICAL.get(token.text.lower())):
        return f"{seen}: {function} is a function, write {function}(z)"
    if called and (reason := REFUSED.get(token.text.lower())):
        return f"{seen}: {reason}"
    if not called and token.text in SYMBOLS:
        span = "1:8" if token.text == "k" else "[0, 2]"
        return (
            f'{seen}: a symbol needs a value, write a number in its place, or --for "{token.text}=2", '
            f'for threshold and claim also --for "{token.text}={span}"'
        )
    if near := nearest(token.text, [*SPELLINGS, "where"] if called else [*variables, "pi", "E"]):
        return f"{seen}: did you mean {near}?"
    if called:
        return f"{seen}: the functions are {', '.join(sorted([*FUNCTIONS, 'where'], key=str.lower))}"
    return f"{seen}: the variable is {' or '.join(variables)}, the constants are pi and E"
