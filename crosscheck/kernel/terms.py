"""Terms of Coq: numbers, and what is put together of terms, with no more parentheses than are read.

A term knows the level at which it stands without parentheses; the levels are Coq's.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from fractions import Fraction
from typing import NamedTuple

from ...theory.exact import he

#: Coq's levels of precedence.
ATOM, APPLIED, POWER, PRODUCT, SUM = 0, 10, 30, 40, 50


class Coq(NamedTuple):
    """A term, and the level at which it stands without parentheses."""

    text: str
    level: int

    def at(self, level: int) -> str:
        return self.text if self.level <= level else f"({self.text})"


def number(value: Fraction) -> Coq:
    top, bottom = value.numerator, value.denominator
    whole = Coq(str(top), ATOM) if top >= 0 else Coq(f"- {-top}", SUM)
    return whole if bottom == 1 else Coq(f"{whole.text} / {bottom}", PRODUCT if top >= 0 else SUM)


def argument(value: Fraction) -> str:
    """A number that stands as an argument."""
    return number(value).at(ATOM)


def applied(name: str, *arguments: Coq) -> Coq:
    return Coq(" ".join([name, *(argument.at(ATOM) for argument in arguments)]), APPLIED)


def binary(op: str, left: Coq, right: Coq) -> Coq:
    """+ and - keep sums on their left as they are, * and / products."""
    level = SUM if op in "+-" else PRODUCT
    return Coq(f"{left.at(level)} {op} {right.at(level - 1)}", level)


def power(base: Coq, exponent: int) -> Coq:
    return Coq(f"{base.at(APPLIED)} ^ {exponent}", POWER)


def hermite(order: int, x: Coq) -> Coq:
    """He_k(x) by its coefficients, from the highest power down."""
    terms = [(int(c), i) for i, c in enumerate(he(order).coeffs()) if c != 0][::-1]
    whole: Coq | None = None
    for coefficient, exponent in terms:
        size = number(Fraction(abs(coefficient)))
        if exponent:
            term = x if exponent == 1 else power(x, exponent)
            term = term if abs(coefficient) == 1 else binary("*", size, term)
        else:
            term = size
        whole = term if whole is None else binary("-" if coefficient < 0 else "+", whole, term)
    assert whole is not None
    return whole


def half(whole: Coq) -> Coq:
    return binary("/", whole, number(Fraction(2)))


def gap(x: Coq, y: Coq) -> Coq:
    return applied("Rabs", binary("-", x, y))


def larger(x: Coq, y: Coq) -> Coq:
    return half(binary("+", binary("+", x, y), gap(x, y)))


def smaller(x: Coq, y: Coq) -> Coq:
    return half(binary("-", binary("+", x, y), gap(x, y)))


ONE, TWO = number(Fraction(1)), number(Fraction(2))


def minus(x: Coq) -> Coq:
    return Coq(f"- {x.at(POWER)}", SUM)


def over(top: Coq, exponent: Coq) -> Coq:
    """top / (1 + e^exponent)."""
    return binary("/", top, binary("+", ONE, applied("exp", exponent)))


def doubled(x: Coq) -> Coq:
    return binary("*", TWO, x)


def hyperbolic(op: str) -> Callable[[Coq], Coq]:
    return lambda x: half(binary(op, applied("exp", x), applied("exp", minus(x))))


def named(name: str) -> tuple[Callable[[Coq], Coq], None]:
    return lambda x: applied(name, x), None


def decimal(value: Fraction, places: int, side: int) -> str:
    """The nearest decimal below (side -1) or above."""
    units = math.floor(value * 10**places) if side < 0 else math.ceil(value * 10**places)
    digits = f"{abs(units):0{max(places, 0) + 1}d}"
    shown = f"{digits[:-places]}.{digits[-places:]}" if places > 0 else str(abs(units) * 10**-places)
    return f"(- {shown})" if units < 0 else shown
