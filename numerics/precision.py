"""Working precision, exact numbers as balls, and balls as outward-rounded decimals."""

import math
from collections.abc import Callable, Sequence
from decimal import MAX_EMAX, MIN_EMIN, ROUND_CEILING, ROUND_FLOOR, Context, Decimal, localcontext
from fractions import Fraction
from typing import Any

from flint import arb, ctx, fmpq


class Unresolved(ArithmeticError):
    """A certificate could not be found; the message names the place that resists."""


class NotIntegrable(ArithmeticError):
    """The expectation is proved to be infinite, or not to exist."""


class working:
    """Ball arithmetic at ``bits`` bits; FLINT keeps one precision per process, so it is put back.

    A class, as a generator takes three times as long.
    """

    __slots__ = ("_before", "_bits")

    def __init__(self, bits: int) -> None:
        self._bits = bits

    def __enter__(self) -> None:
        self._before = ctx.prec
        ctx.prec = self._bits

    def __exit__(self, *_: object) -> None:
        ctx.prec = self._before


def bits_for(digits: int) -> int:
    """Bits that hold ``digits`` decimal digits with a margin for rounding in long sums."""
    return math.ceil(digits * math.log2(10)) + 30


def exact(value: Fraction | int) -> arb:
    """A rational number as the tightest ball at the working precision."""
    return arb(fmpq(value.numerator, value.denominator))


def sign_of(value: arb) -> int:
    """1 or -1 where the ball has that sign, 0 where that is not known."""
    return 1 if value > 0 else -1 if value < 0 else 0


def horner(coefficients: Sequence[Any], x: Any) -> Any:
    """sum_j coefficients[j] x^j on balls, real or complex."""
    total = arb(0)
    for c in reversed(coefficients):
        total = total * x + c
    return total


def relative_digits(value: arb) -> float:
    """Decimal digits of relative accuracy; 0 for a ball that holds zero, infinite for an exact number."""
    if value.rad() == 0:
        return math.inf
    if not value.is_finite() or value.contains(0):
        return 0.0
    ratio = float(value.rad() / value.abs_lower())
    if 1e-300 < ratio < 1e300:
        return -math.log10(ratio)
    with working(64):
        return float(-((value.rad() / value.abs_lower()).log() / arb.const_log10()).mid())


def narrowed(direct: arb, at_middle: arb, slope: arb, x: arb) -> arb:
    """f over the ball x: enclosed directly, and by the mean value theorem from f(mid x) and f'(x)."""
    form = at_middle + slope * (x - x.mid())
    return arb(direct.intersection(form) if form.is_finite() else direct)


def rounded(value: float, digits: int) -> float:
    """A double to ``digits`` significant digits.

    The last bits of a sum by BLAS or of a power depend on the processor; what is drawn, stored or handed
    out must not.
    """
    return float(f"{value:.{digits}g}")


#: Beyond 2^(+-this) a number is not written out: e^(10^9) alone would take minutes, e^(10^12) all memory.
_MOST_BITS = 2**20


def as_fraction(value: arb) -> Fraction:
    """The midpoint of a ball, which is a dyadic rational, exactly.

    Raises Unresolved where it is infinite, or too large or small to be written out.
    """
    middle = value.mid()
    mantissa, exponent = map(int, middle.man_exp() if middle.is_finite() else (0, _MOST_BITS))
    if abs(exponent) >= _MOST_BITS:
        raise Unresolved("a number is too large or too small to be written out")
    return Fraction(mantissa) * Fraction(2) ** exponent


def dyadic_below(value: float, bits: int) -> Fraction:
    """The number of ``bits`` binary digits next below ``value`` > 0, which a ball holds exactly."""
    mantissa, exponent = math.frexp(value)
    return Fraction(math.floor(mantissa * 2**bits)) * Fraction(2) ** (exponent - bits)


#: Beyond this size, and below its inverse, exact fractions would take minutes.
_EXTREME = arb("1e20000")


def decimal_bounds(value: arb, digits: int) -> tuple[str, str]:
    """``(lower, upper)`` as decimal strings rounded outward at ``digits`` + 2 significant digits.

    An unbounded ball gives ``-inf`` and ``inf``, as does one around 0 that reaches beyond 1e20000.
    """
    if not value.is_finite():
        if value.rad() == 0 and not value.is_nan():
            return ("inf", "inf") if value > 0 else ("-inf", "-inf")
        return "-inf", "inf"
    if value.contains(0) and not value.abs_upper() < _EXTREME:
        return "-inf", "inf"
    if not value.contains(0) and not 1 / _EXTREME < value.abs_upper() < _EXTREME:
        return _extreme_bounds(value, digits + 2)
    if not value.is_zero() and value.abs_upper() < 1 / _EXTREME:
        # A ball around 0 so small may be wider: digits so far behind the point tell nothing.
        value = arb(0, 1 / _EXTREME)
    if 0 < value.rad() < 1 / _EXTREME:
        value += arb(0, 1 / _EXTREME)
    middle, radius = as_fraction(value), as_fraction(value.rad())
    return (
        directed_decimal(middle - radius, digits + 2, math.floor),
        directed_decimal(middle + radius, digits + 2, math.ceil),
    )


def _extreme_bounds(value: arb, digits: int) -> tuple[str, str]:
    """The same by FLINT's decimals, which enclose the ball, for a value of very many digits."""
    with working(bits_for(digits)):
        middle, _, radius = value.str(digits + 3).strip("[]").partition(" +/- ")
    ends = []
    for sign, rounding in ((-1, ROUND_FLOOR), (1, ROUND_CEILING)):
        with localcontext(Context(digits, rounding, Emin=MIN_EMIN, Emax=MAX_EMAX)):
            ends.append(str(Decimal(middle) + sign * Decimal(radius or 0)).lower().replace("e+", "e"))
    return ends[0], ends[1]


def directed_decimal(value: Fraction, digits: int, rounding: Callable[[Fraction], int]) -> str:
    if value == 0:
        return "0"
    # |value| < 10^magnitude, and at most by a factor of 100.
    magnitude = math.ceil((value.numerator.bit_length() - value.denominator.bit_length() + 1) * math.log10(2))
    shift = digits - magnitude
    return _positional(rounding(value * Fraction(10) ** shift), shift)


def _positional(units: int, shift: int) -> str:
    """units * 10^-shift, without an exponent unless the number is very long."""
    sign, body = ("-" if units < 0 else ""), str(abs(units))
    if -shift >= 30 or shift - len(body) > 30:
        return f"{sign}{body[0]}.{body[1:].rstrip('0') or '0'}e{len(body) - 1 - shift}"
    if shift <= 0:
        return f"{sign}{body}{'0' * -shift}"
    body = body.rjust(shift + 1, "0")
    whole, part = body[:-shift], body[-shift:].rstrip("0")
    return f"{sign}{whole}.{part}" if part else f"{sign}{whole}"
