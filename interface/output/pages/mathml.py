r"""The LaTeX of the claims and of SymPy's printer as presentation MathML.

Only what these two write is known: scripts, fractions, roots, accents, fences, alphabets, cases, and the
symbols listed below. Any other command raises :class:`UnknownCommand`, so that no formula is shown wrong.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from html import escape

from .symbols import ACCENTS, DOUBLE_STRUCK, LETTERS, LIMITS, NAMED, NEGATED, OPERATORS, SIZES, SPACES

_TOKEN = re.compile(r"\\[A-Za-z]+|\\.|\d+(?:\.\d+)?|\S")

#: Where spaces are part of what is shown.
_WORDS = re.compile(r"\\(?:text|mathrm|operatorname)\{[^{}]*\}")
_TIGHT = ' lspace="0" rspace="0"'
#: After these a minus is a sign and not a difference.
_OPENING = ("", "(", "[", "{", ",", "|", "=", "<", ">", "\\le", "\\ge", "\\leq", "\\geq")


class UnknownCommand(ValueError):
    """A LaTeX command that is not in the tables above."""


def mathml(latex: str, *, block: bool = False) -> str:
    """``<math>`` for a formula. Raises UnknownCommand on a command that is not known."""
    spaced = _WORDS.sub(lambda match: match[0].replace(" ", r"\ "), latex)
    parser = _Parser(_TOKEN.findall(spaced))
    body = parser.row(until=())
    display = ' display="block"' if block else ""
    return f"<math{display}>{body}</math>"


def _mo(sign: str, attributes: str = "") -> str:
    return f"<mo{attributes}>{escape(sign)}</mo>"


def _fence(sign: str, body: str) -> str:
    """A delimiter, stretched only around what is taller than a line."""
    tall = any(f"<{tag}" in body for tag in ("mfrac", "mtable", "mroot", "munder"))
    return "" if sign == "." else _mo(sign, f' stretchy="{str(tall).lower()}"{_TIGHT}')


class _Parser:
    """Recursive descent over the tokens; every method gives the markup of what it consumed."""

    def __init__(self, tokens: list[str]) -> None:
        self.tokens = tokens
        self.place = 0

    def peek(self) -> str:
        return self.tokens[self.place] if self.place < len(self.tokens) else ""

    def take(self) -> str:
        token = self.peek()
        if not token:
            raise UnknownCommand("the formula ends too early")
        self.place += 1
        return token

    def row(self, until: tuple[str, ...]) -> str:
        parts = []
        while self.peek() and self.peek() not in until:
            parts.append(self.scripted())
        return parts[0] if len(parts) == 1 else f"<mrow>{''.join(parts)}</mrow>"

    def scripted(self) -> str:
        """An atom with its subscript, superscript and primes."""
        limits = self.peek().removeprefix("\\") in LIMITS
        base, low, high = self.atom(), "", ""
        while self.peek() in ("^", "_", "'"):
            mark = self.take()
            if mark == "'":
                count = 1
                while self.peek() == "'":
                    self.take()
                    count += 1
                high = _joined(_mo("′" * count), high)
            elif mark == "^":
                high = _joined(high, self.argument())
            else:
                low = self.argument()
        below, above, both = ("munder", "mover", "munderover") if limits else ("msub", "msup", "msubsup")
        if low and high:
            return f"<{both}>{base}{low}{high}</{both}>"
        if low:
            return f"<{below}>{base}{low}</{below}>"
        return f"<{above}>{base}{high}</{above}>" if high else base

    def argument(self) -> str:
        """A braced group, or the one token that LaTeX takes in its place."""
        if self.peek() == "{":
            self.take()
            body = self.row(("}",))
            self.take()
            return body
        token = self.peek()
        if token.isdigit() and len(token) > 1:
            self.tokens[self.place : self.place + 1] = list(token)
        return self.atom()

    def atom(self) -> str:
        token = self.take()
        if token == "{":
            self.place -= 1
            return self.argument()
        if token.startswith("\\"):
            return self.command(token[1:])
        if token[0].isdigit():
            return f"<mn>{token}</mn>"
        if token.isalpha():
            return f"<mi>{escape(token)}</mi>"
        if token in "()[]|":
            return _mo(token, f' stretchy="false"{_TIGHT}')
        if token == "-":
            before = self.tokens[self.place - 2] if self.place > 1 else ""
            return _mo("−", ' form="prefix"' if before in _OPENING else "")
        return _mo(token, _TIGHT if token == "/" else "")

    def command(self, name: str) -> str:
        if name in LETTERS:
            return f"<mi>{LETTERS[name]}</mi>"
        if name in LIMITS:
            return _mo(LIMITS[name])
        if name in SPACES:
            return f'<mspace width="{SPACES[name]}"></mspace>'
        if name in NAMED:
            return f"<mi>{name}</mi>"
        if name in SIZES:
            return _mo(self.delimiter(), f' stretchy="true" minsize="1.3em" maxsize="1.3em"{_TIGHT}')
        if name in ACCENTS:
            return f'<mover accent="true">{self.argument()}{_mo(ACCENTS[name])}</mover>'
        if name in OPERATORS:
            return _mo(OPERATORS[name], ' stretchy="false"' if name in ("{", "}", "|") else "")
        construct = _CONSTRUCTS.get(name)
        if construct is None:
            raise UnknownCommand(f"no MathML for \\{name}")
        return construct(self)

    def delimiter(self) -> str:
        token = self.take()
        if not token.startswith("\\"):
            return token
        if token[1:] not in OPERATORS:
            raise UnknownCommand(f"no MathML for the delimiter {token}")
        return OPERATORS[token[1:]]

    def words(self) -> str:
        """The text of a braced group; spacing commands become spaces."""
        if self.peek() != "{":
            return self.take()
        self.take()
        parts = []
        while (token := self.take()) != "}":
            parts.append(" " if token.startswith("\\") else token)
        return "".join(parts)

    def fraction(self) -> str:
        return f"<mfrac>{self.argument()}{self.argument()}</mfrac>"

    def root(self) -> str:
        if self.peek() != "[":
            return f"<msqrt>{self.argument()}</msqrt>"
        self.take()
        order = self.row(("]",))
        self.take()
        return f"<mroot>{self.argument()}{order}</mroot>"

    def fenced(self) -> str:
        left = self.delimiter()
        body = self.row(("\\right",))
        self.take()
        return f"<mrow>{_fence(left, body)}{body}{_fence(self.delimiter(), body)}</mrow>"

    def negated(self) -> str:
        name = self.take().removeprefix("\\")
        if name not in NEGATED:
            raise UnknownCommand(f"no MathML for \\not\\{name}")
        return _mo(NEGATED[name])

    def name(self) -> str:
        return f'<mi mathvariant="normal">{escape(self.words())}</mi>'

    def struck(self) -> str:
        letter = self.words()
        return f"<mi>{DOUBLE_STRUCK.get(letter) or chr(0x1D538 + ord(letter) - ord('A'))}</mi>"

    def environment(self) -> str:
        if (name := self.words()) != "cases":
            raise UnknownCommand(f"no MathML for the environment {name}")
        rows, cells = [], []
        while True:
            cell = self.row(("&", "\\\\", "\\end"))
            cells.append(f"<mtd>{cell}</mtd>")
            if (end := self.take()) == "&":
                continue
            if "".join(cells) != "<mtd><mrow></mrow></mtd>":
                rows.append(f"<mtr>{''.join(cells)}</mtr>")
            cells = []
            if end == "\\end":
                self.words()
                table = f"<mtable>{''.join(rows)}</mtable>"
                return f"<mrow>{_fence('{', table)}{table}</mrow>"


_CONSTRUCTS: dict[str, Callable[[_Parser], str]] = {
    "frac": _Parser.fraction,
    "tfrac": _Parser.fraction,
    "dfrac": _Parser.fraction,
    "sqrt": _Parser.root,
    "left": _Parser.fenced,
    "not": _Parser.negated,
    "mathrm": _Parser.name,
    "operatorname": _Parser.name,
    "mathbb": _Parser.struck,
    "begin": _Parser.environment,
    "text": lambda parser: f"<mtext>{escape(parser.words())}</mtext>",
    "limits": lambda parser: "",
}


def _joined(a: str, b: str) -> str:
    return a + b if not (a and b) else f"<mrow>{a}{b}</mrow>"
