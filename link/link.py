"""A link function: what was written, its tree, and its name in the library of worked values."""

import difflib
import re
from dataclasses import dataclass, field
from fractions import Fraction
from typing import NamedTuple

from .build import number
from .domain import require_defined
from .functions import CANONICAL
from .parse import MAX_LENGTH, parse_expression
from .text import LinkError, excerpt
from .text import text as written
from .tree import Node, Num


class Named(NamedTuple):
    """A link with a name: its expression in ``z`` and one sentence that says why it is here."""

    name: str
    text: str
    about: str


_LINKS = (
    Named("linear", "z", "The simplest link; the tilt only shifts the Gaussian."),
    Named("linear-3", "z - 3", "A shift makes the label signal vanish at two temperatures, (3 +- sqrt 5)/2."),
    Named("square", "z**2", "The simplest even link: generative exponent 2, and beta must exceed 2."),
    Named("square-10", "z**2 - 10", "A quadratic with two exceptional temperatures, 5 and 4."),
    Named("parabola", "z**2 + z", "A quadratic that is not even, so its generative exponent is 1."),
    Named("He2", "He(2, z)", "The second Hermite polynomial."),
    Named("He3", "He(3, z)", "Information exponent 3, generative exponent 1; no finite temperature works."),
    Named("He4", "He(4, z)", "Information exponent 4, generative exponent 2; no finite temperature works."),
    Named("He5", "He(5, z)", "Information exponent 5, generative exponent 1; no finite temperature works."),
    Named("He6", "He(6, z)", "Information exponent 6, generative exponent 2; no finite temperature works."),
    Named("minus-He4", "-He(4, z)", "Bounded above, so every temperature works; its moment series diverges."),
    Named("step", "where(z > 0, -1, -3)", "Two negative levels: the threshold is 2/ln 3."),
    Named("sign", "sign(z)", "The simplest classifier; odd, so no temperature is exceptional."),
    Named("staircase", "sign(z)*where(abs(z) < sqrt(2*log(3)), 1, -2)",
          "Odd with information exponent 3 and generative exponent 1: the tilt pays here."),
    Named("sign-cubic", "sign(z*(z**2 - 2*log(2)))", "Information and generative exponent are both 3."),
    Named("window", "where(abs(z) < 1, 1, 0)", "An even step: 1 near the origin and 0 elsewhere."),
    Named("bump4", "z**2*exp(-z**2)", "Information and generative exponent are both 4."),
    Named("gaussian-bump", "exp(-z**2/2)", "A smooth even bump: both exponents are 2."),
    Named("tanh", "tanh(z)", "Odd, monotone and bounded: threshold 0."),
    Named("tanh-9/10", "tanh(z) - 9/10", "A shifted sigmoid with two exceptional temperatures."),
    Named("tanh-He3", "tanh(He(3, z)/sqrt(6))", "He_3 squashed: bounded, generative exponent 1."),
    Named("tanh-He4", "tanh(He(4, z)/5)", "He_4 squashed: bounded and even, generative exponent 2."),
    Named("clip-He3", "clip(He(3, z), -4, 4)", "He_3 clipped at +-4, with an exceptional temperature."),
    Named("clip-square", "clip(z**2, 0, 4)", "A bounded even link with kinks at 2 and -2."),
    Named("relu", "relu(z)", "The rectifier."),
    Named("abs", "abs(z)", "The absolute value: even with a kink."),
    Named("hardtanh", "clip(z, -1, 1)", "The identity clipped to [-1, 1]."),
    Named("sigmoid", "sigmoid(z)", "The logistic function."),
    Named("softplus", "softplus(z)", "A smooth rectifier."),
    Named("gelu", "gelu(z)", "The Gaussian error linear unit; not monotone."),
    Named("sin", "sin(z)", "An odd periodic link."),
    Named("cos", "cos(z)", "An even periodic link."),
    Named("z-cos", "z*cos(z)", "Oscillates without bound: infinitely many exceptional temperatures."),
    Named("erf", "erf(z)", "The error function, a sigmoid with closed Gaussian moments."),
)  # fmt: skip

_NAME = re.compile(r"[A-Za-z][A-Za-z0-9/-]*")

#: The library by name, in the order of reading.
LIBRARY: dict[str, Named] = {named.name: named for named in _LINKS}


def meant(name: str) -> str | None:
    """The name in the library that ``name`` seems to be a slip of; an expression is none."""
    if not _NAME.fullmatch(name.strip()):
        return None
    return next(iter(difflib.get_close_matches(name.strip()[:40], LIBRARY, n=1, cutoff=0.75)), None)


@dataclass(frozen=True, slots=True)
class Link:
    """A link function s: R -> R.

    ``tree`` is its syntax tree, ``text`` an expression that parses back to it, and ``name`` the
    library's name or None. Two links are equal, and of one hash, when their trees are.
    """

    tree: Node
    text: str = field(compare=False)
    name: str | None = field(default=None, compare=False)

    def __str__(self) -> str:
        return self.name or self.text


def parse(text: str) -> Link:
    """A library name such as ``tanh`` or an expression in ``z`` such as ``tanh(z) - 9/10``.

    Raises LinkError when the text is neither, or when the function is not defined at some real z.
    """
    if len(text) > MAX_LENGTH:
        raise LinkError(f"the link has {len(text)} characters: write at most {MAX_LENGTH}")
    if not text.strip():
        raise LinkError("the link is empty: write an expression in z such as tanh(z) - 9/10")
    named = LIBRARY.get(text.strip())
    try:
        tree = parse_expression(named.text if named else text)
    except LinkError as error:
        known = text.strip().lower() in CANONICAL or ": write " in str(error)
        if known or (near := meant(text)) is None:
            raise
        raise LinkError(f"unknown link '{excerpt(text.strip())}': did you mean {near}?") from None
    require_defined(tree)
    if len(whole := written(tree)) > MAX_LENGTH:
        raise LinkError(
            f"the link has {len(whole)} characters when its numbers are written as fractions: write numbers "
            f"of fewer digits, at most {MAX_LENGTH} characters in all"
        )
    return Link(tree, whole, named.name if named else None)


def as_link(link: Link | str, argument: str = "link") -> Link:
    """A link function s: R -> R, by name, by its text, or from an expression of SymPy in z.

    Parameters
    ----------
    link
        A name of the library such as ``"tanh"``, or an expression such as ``"tanh(z) - 9/10"``.
    argument
        What the link is called in a refusal.

    Returns
    -------
    Link
        With its syntax tree; ``text`` parses back to it.

    Raises
    ------
    LinkError
        Where the text is no link, or the function is not defined at some real z: one sentence that says what
        to write instead. Functions of Python are refused, as their formula is not seen.

    Examples
    --------
    >>> import tiltproof
    >>> str(tiltproof.link("0.5*tanh(z)"))
    '1/2*tanh(z)'

    Source
    ------
    The language of links: docs/adding-a-link.md.
    """
    if isinstance(link, Link):
        return link
    kind = type(link).__name__
    if callable(link) and not isinstance(link, str):
        raise LinkError(f"{argument} is a {kind}, whose formula is not seen: write it as text, 'tanh(z)'")
    if not isinstance(link, str) and not hasattr(link, "free_symbols"):
        raise LinkError(f"{argument} {excerpt(repr(link))} is of the type {kind}: write text, as 'tanh(z)'")
    try:
        return parse(str(link))
    except LinkError as error:
        if argument == "link":
            raise
        raise LinkError(f"{argument}: {error}", seen=error.seen, at=error.at, source=error.source) from None


#: Beyond these doubles would overflow where only orders of magnitude are compared.
_SMALLEST, _LARGEST = Fraction(1, 10**100), Fraction(10**100)


def rational(value: int | float | str | Fraction, name: str) -> Fraction:
    """``value`` as an exact number, 0 or of size 1e-100 to 1e100; a float stands for its shortest decimal.

    name: what the number is, for the message. Raises LinkError when it is no such number.
    """
    try:
        node = number(value) if isinstance(value, Fraction) else parse_expression(str(value), variables=())
    except LinkError:
        node = None
    if not isinstance(node, Num) or not (node.value == 0 or _SMALLEST <= abs(node.value) <= _LARGEST):
        raise LinkError(
            f"{name} '{excerpt(str(value))}' is not an exact number of size 1e-100 to 1e100: "
            "write a number such as 2 or -0.5"
        )
    return node.value


def positive(value: int | float | str | Fraction, name: str) -> Fraction:
    """``value`` as an exact number from 1e-100 to 1e100; a float stands for its shortest decimal.

    name: what the number is, for the message. Raises LinkError when it is no such number.
    """
    try:
        node = number(value) if isinstance(value, Fraction) else parse_expression(str(value), variables=())
    except LinkError:
        node = None
    if not isinstance(node, Num) or node.value <= 0:
        seen = excerpt(str(value))
        raise LinkError(f"{name} '{seen}' is not a positive exact number: write a number such as 2 or 0.5")
    if not _SMALLEST <= node.value <= _LARGEST:
        raise LinkError(
            f"{name} '{excerpt(str(value))}' lies outside 1e-100 to 1e100: write a number in between"
        )
    return node.value
