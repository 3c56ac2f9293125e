"""Power series whose coefficients are exact numbers, or intervals where no exact number is known."""

import math
from collections.abc import Callable, Sequence
from fractions import Fraction

from . import interval
from .functions import FUNCTIONS
from .interval import Interval

Coefficient = Fraction | Interval
Series = tuple[Coefficient, ...]
ZERO, ONE = Fraction(0), Fraction(1)


def hull(c: Coefficient) -> Interval:
    return c if isinstance(c, Interval) else interval.exact(c)


def add(a: Coefficient, b: Coefficient) -> Coefficient:
    if isinstance(a, Fraction) and isinstance(b, Fraction):
        return a + b
    return b if a == 0 else a if b == 0 else hull(a) + hull(b)


def _product(a: Coefficient, b: Coefficient) -> Coefficient:
    if isinstance(a, Fraction) and isinstance(b, Fraction):
        return a * b
    return ZERO if a == 0 or b == 0 else hull(a) * hull(b)


def _quotient(a: Coefficient, b: Coefficient) -> Coefficient:
    if isinstance(a, Fraction) and isinstance(b, Fraction):
        return a / b
    return ZERO if a == 0 else hull(a) * hull(b).inverse()


def _at(
    exactly: dict[int, Fraction], f: Callable[[Interval], Interval]
) -> Callable[[Coefficient], Coefficient]:
    """A function that is rational at a few numbers."""

    def value(c: Coefficient) -> Coefficient:
        known = exactly.get(int(c)) if isinstance(c, Fraction) and c.denominator == 1 else None
        return f(hull(c)) if known is None else known

    return value


def plus(u: Series, v: Series) -> Series:
    return tuple(map(add, u, v))


def _scaled(u: Series, factor: Coefficient) -> Series:
    return tuple(_product(c, factor) for c in u)


def times(u: Series, v: Series) -> Series:
    return tuple(_dot(u[: n + 1], v[n::-1]) for n in range(min(len(u), len(v))))


def _dot(u: Sequence[Coefficient], v: Sequence[Coefficient]) -> Coefficient:
    total: Coefficient = ZERO
    for a, b in zip(u, v, strict=True):
        if a and b:  # most series have gaps, and only an exact 0 is false
            total = add(total, _product(a, b))
    return total


def ratio(u: Series, v: Series) -> Series:
    terms: list[Coefficient] = []
    for n in range(min(len(u), len(v))):
        rest = _dot(terms, v[n:0:-1])
        terms.append(_quotient(add(u[n], _product(rest, Fraction(-1))), v[0]))
    return tuple(terms)


def constant(c: Coefficient, like: Series) -> Series:
    return (c, *(ZERO for _ in like[1:]))


def _slopes(u: Series) -> Series:
    return tuple(_product(Fraction(j), c) for j, c in enumerate(u))[1:]


def _integral(value: Coefficient, slope: Series) -> Series:
    return (value, *(_quotient(c, Fraction(j + 1)) for j, c in enumerate(slope)))


def _exp(u: Series) -> Series:
    terms: list[Coefficient] = [_at({0: ONE}, interval.exp)(u[0])]
    slopes = _slopes(u)
    for n, _ in enumerate(u[1:], 1):
        terms.append(_quotient(_dot(slopes[:n], terms[::-1]), Fraction(n)))
    return tuple(terms)


def _log(u: Series) -> Series:
    return _integral(_at({1: ZERO}, interval.log)(u[0]), ratio(_slopes(u), u[:-1]))


def _waves(u: Series) -> tuple[Series, Series]:
    s: list[Coefficient] = [_at({0: ZERO}, lambda x: FUNCTIONS["sin"].image([x]))(u[0])]
    c: list[Coefficient] = [_at({0: ONE}, lambda x: FUNCTIONS["cos"].image([x]))(u[0])]
    slopes = _slopes(u)
    for n, _ in enumerate(u[1:], 1):
        turned = _quotient(_dot(slopes[:n], s[::-1]), Fraction(-n))
        s.append(_quotient(_dot(slopes[:n], c[::-1]), Fraction(n)))
        c.append(turned)
    return tuple(s), tuple(c)


def _root(u: Series) -> Series:
    first: Coefficient = FUNCTIONS["sqrt"].image([hull(u[0])])
    if isinstance(u[0], Fraction):
        top, bottom = (math.isqrt(n) for n in (u[0].numerator, u[0].denominator))
        first = Fraction(top, bottom) if Fraction(top, bottom) ** 2 == u[0] else first
    terms = [first]
    for c in u[1:]:
        rest = _dot(terms[1:], terms[:0:-1])
        terms.append(_quotient(add(c, _product(rest, Fraction(-1))), _product(Fraction(2), first)))
    return tuple(terms)


def _from_slope(name: str, slope: Callable[[Series], Series]) -> Callable[[Series], Series]:
    """f(u) for f(0) = 0 from f'(u)."""
    value = _at({0: ZERO}, lambda x: FUNCTIONS[name].image([x]))
    return lambda u: _integral(value(u[0]), times(slope(u), _slopes(u)))


def _sinh(u: Series) -> Series:
    return _scaled(plus(_exp(u), _scaled(_exp(_scaled(u, Fraction(-1))), Fraction(-1))), Fraction(1, 2))


def _cosh(u: Series) -> Series:
    return _scaled(plus(_exp(u), _exp(_scaled(u, Fraction(-1)))), Fraction(1, 2))


def _and_one(u: Series, one: int = 1) -> Series:
    return plus(u, constant(Fraction(one), u))


def _reciprocal(u: Series) -> Series:
    return ratio(constant(ONE, u), u)


_DENSITY = hull(Fraction(2)) * interval.exact(Fraction(math.sqrt(1 / math.pi))).increasing(lambda x: x)
_HALF_ROOT = interval.exact(Fraction(math.sqrt(0.5))).increasing(lambda x: x)
_erf = _from_slope("erf", lambda u: _scaled(_exp(_scaled(times(u, u), Fraction(-1))), _DENSITY))


def _sigmoid(u: Series) -> Series:
    return _reciprocal(_and_one(_exp(_scaled(u, Fraction(-1)))))


#: The analytic functions of the language on series; the others are taken by their sign, or by their bounds.
ON_SERIES: dict[str, Callable[[Series], Series]] = {
    "exp": _exp, "log": _log, "sqrt": _root, "sin": lambda u: _waves(u)[0], "cos": lambda u: _waves(u)[1],
    "tan": lambda u: ratio(*_waves(u)), "sinh": _sinh, "cosh": _cosh,
    "tanh": lambda u: ratio(_sinh(u), _cosh(u)),
    "atan": _from_slope("atan", lambda u: _reciprocal(_and_one(times(u, u)))),
    "erf": _erf, "sigmoid": _sigmoid, "softplus": lambda u: _log(_and_one(_exp(u))),
    "gelu": lambda u: _scaled(times(u, _and_one(_erf(_scaled(u, _HALF_ROOT)))), Fraction(1, 2)),
    "silu": lambda u: times(u, _sigmoid(u)),
    "expm1": lambda u: _and_one(_exp(u), -1), "log1p": lambda u: _log(_and_one(u)),
}  # fmt: skip
