"""Working precision, exact constants and outward-rounded decimals for ball arithmetic."""

from __future__ import annotations

import math
from collections.abc import Iterator
from contextlib import contextmanager
from fractions import Fraction

import flint
from flint import arb, fmpq


class NotIntegrable(ArithmeticError):
    """The requested expectation is proved not to exist."""


class Unresolved(ArithmeticError):
    """Neither a value nor its non-existence could be proved; the message says what is missing."""


@contextmanager
def working(bits: int) -> Iterator[None]:
    """Compute with ``bits`` binary digits inside the block and restore the precision afterwards.

    FLINT keeps one precision per process, so use processes and not threads for parallel work.
    """
    before = flint.ctx.prec
    flint.ctx.prec = bits
    try:
        yield
    finally:
        flint.ctx.prec = before


def exact(value: Fraction | int) -> arb:
    """The ball of least radius around a rational number at the working precision."""
    value = Fraction(value)
    return arb(fmpq(value.numerator, value.denominator))


def digits_to_bits(digits: int) -> int:
    """The least number of bits b with 2^b >= 10^digits, plus one."""
    return math.ceil(digits * math.log2(10)) + 1


def relative_digits(x: arb) -> float:
    """log10(|mid x| / rad x): 0 or less when the ball contains 0, ``inf`` for an exact number."""
    if not x.is_finite():
        return -math.inf
    if x.is_exact():
        return math.inf
    if x.contains(0):
        return 0.0
    return float(x.rel_accuracy_bits()) * math.log10(2)


def hull(lower: arb, upper: arb) -> arb:
    """A ball that contains everything from ``lower`` to ``upper``."""
    return lower.union(upper)


def decimal_bounds(x: arb, digits: int) -> tuple[str, str]:
    """Decimal strings (lower, upper) with at most ``digits`` significant digits that enclose ``x``.

    Rounded outwards; ``-inf`` and ``inf`` where the ball is not finite. A number with a short exact
    decimal expansion is printed exactly.
    """
    if not x.is_finite():
        return "-inf", "inf"
    with working(max(flint.ctx.prec, digits_to_bits(digits) + 16)):
        return _decimal(x.lower(), digits, False), _decimal(x.upper(), digits, True)


def _decimal(point: arb, digits: int, up: bool) -> str:
    mantissa, exponent = (int(part) for part in point.man_exp())
    if mantissa == 0:
        return "0"
    value = Fraction(mantissa) * Fraction(2) ** exponent
    # The estimate of the decimal exponent may be one off, which costs one digit and no rigour.
    size = math.floor((abs(mantissa).bit_length() + exponent) * math.log10(2))
    scale = size - digits
    scaled = value / Fraction(10) ** scale
    whole = math.ceil(scaled) if up else math.floor(scaled)
    while whole and whole % 10 == 0:
        whole, scale = whole // 10, scale + 1
    sign, figures = ("-" if whole < 0 else ""), str(abs(whole))
    leading = len(figures) - 1 + scale
    if not -5 <= leading <= max(digits, 6):
        tail = f".{figures[1:]}" if len(figures) > 1 else ""
        return f"{sign}{figures[0]}{tail}e{leading}"
    if scale >= 0:
        return f"{sign}{figures}{'0' * scale}"
    figures = figures.rjust(1 - scale, "0")
    return f"{sign}{figures[:scale]}.{figures[scale:]}"
