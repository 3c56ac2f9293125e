"""Arithmetic and functions of balls: real balls, complex boxes, and real balls with a derivative.

The certificate checker trusts this file, so its table is apart from the rest of ``functions.py``.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import reduce
from typing import Any

from flint import acb, arb

from ...link.functions import FUNCTIONS as LANGUAGE

Ball = Any  # arb, acb or Dual: one arithmetic, three kinds of number
Function = Callable[[Ball], Ball]


@dataclass(frozen=True, slots=True)
class Dual:
    """A real ball and the ball of its derivative, for interval Newton steps."""

    value: arb
    slope: arb

    def __neg__(self) -> Dual:
        return Dual(-self.value, -self.slope)

    def __add__(self, other: Ball) -> Dual:
        b = dual(other)
        return Dual(self.value + b.value, self.slope + b.slope)

    __radd__ = __add__

    def __sub__(self, other: Ball) -> Dual:
        return self + -dual(other)

    def __rsub__(self, other: Ball) -> Dual:
        return dual(other) - self

    def __mul__(self, other: Ball) -> Dual:
        b = dual(other)
        return Dual(self.value * b.value, self.value * b.slope + self.slope * b.value)

    __rmul__ = __mul__

    def __rtruediv__(self, other: Ball) -> Dual:
        return dual(other) / self

    def __truediv__(self, other: Ball) -> Dual:
        b = dual(other)
        quotient = self.value / b.value
        return Dual(quotient, (self.slope - quotient * b.slope) / b.value)

    def __pow__(self, n: int) -> Dual:
        if n == 0:
            return dual(arb(1))
        return Dual(natural(self.value, n), natural(self.value, n - 1) * n * self.slope)

    def chain(self, value: arb, derivative: arb) -> Dual:
        return Dual(value, derivative * self.slope)


def dual(x: Ball) -> Dual:
    return x if isinstance(x, Dual) else Dual(x, arb(0))


def lift(name: str, derivative: Callable[[arb, arb], arb]) -> Function:
    """The method ``name`` of a ball, extended to duals; ``derivative(x, f(x))`` is f'(x)."""

    def apply(x: Ball) -> Ball:
        if isinstance(x, Dual):
            value = getattr(x.value, name)()
            return x.chain(value, derivative(x.value, value))
        return getattr(x, name)()

    return apply


exp = lift("exp", lambda x, f: f)
tanh = lift("tanh", lambda x, f: 1 - f * f)
erfc = lift("erfc", lambda x, f: -2 * (-x * x).exp() / arb.pi().sqrt())
sin = lift("sin", lambda x, f: x.cos())
cos = lift("cos", lambda x, f: -x.sin())
tan = lift("tan", lambda x, f: 1 + f * f)
sinh = lift("sinh", lambda x, f: x.cosh())
cosh = lift("cosh", lambda x, f: x.sinh())
erf = lift("erf", lambda x, f: 2 * (-x * x).exp() / arb.pi().sqrt())


def log(x: Ball) -> Ball:
    if isinstance(x, Dual):
        return x.chain(x.value.log(), 1 / x.value)
    return x.log(analytic=True) if isinstance(x, acb) else x.log()


def sqrt(x: Ball) -> Ball:
    if isinstance(x, acb):
        return x.sqrt(analytic=True)
    if isinstance(x, Dual):
        root = sqrt(x.value)
        return x.chain(root, 1 / (2 * root))
    # A radicand is never negative on the real line; only its ball may reach below zero.
    return x.nonnegative_part().sqrt()


def atan(x: Ball) -> Ball:
    if isinstance(x, acb):
        # atan z = (log(1 + iz) - log(1 - iz))/(2i), whose cuts the flag can see.
        turned = acb(0, 1) * x
        return ((1 + turned).log(analytic=True) - (1 - turned).log(analytic=True)) * acb(0, arb(-1) / 2)
    if isinstance(x, Dual):
        return x.chain(x.value.atan(), 1 / (1 + natural(x.value, 2)))
    return x.atan()


def sigmoid(x: Ball) -> Ball:
    half = arb(1) / 2
    return tanh(x * half) * half + half


def softplus(x: Ball) -> Ball:
    if isinstance(x, arb) and x > 0:
        return x + ((-x).exp() + 1).log()
    return log(exp(x) + arb(1))


def gelu(x: Ball) -> Ball:
    # Through erfc(-x), which keeps its relative accuracy where gelu is tiny.
    return x * erfc(x * (-1 / arb(2).sqrt())) * (arb(1) / 2)


def silu(x: Ball) -> Ball:
    return x * sigmoid(x)


expm1 = lift("expm1", lambda x, f: x.exp())


def log1p(x: Ball) -> Ball:
    if isinstance(x, acb):
        return (x + 1).log(analytic=True)
    if isinstance(x, Dual):
        return x.chain(x.value.log1p(), 1 / (1 + x.value))
    return x.log1p()


#: Relative radius from which a power of a ball is taken through its ends.
_WIDE = 1e-6


def natural(x: Ball, n: int) -> Ball:
    """x**n by squaring: FLINT's own power of a ball that holds zero is not a number.

    On a wide real ball the image comes from the ends, as the square of a ball may reach below zero.
    """
    if n > 1 and isinstance(x, arb) and not x.is_exact() and x.rad() > _WIDE * x.abs_upper():
        top = natural(x.abs_upper(), n)
        if x.contains(0):
            return (arb(0) if n % 2 == 0 else -top).union(top)
        image = natural(x.abs_lower(), n).union(top)
        return image if n % 2 == 0 or x > 0 else -image
    if not n:
        return arb(1)
    result, square = None, x
    while True:
        if n % 2:
            result = square if result is None else square * result
        n //= 2
        if not n:
            return result
        square = square * square


def one(x: Ball) -> Ball:
    return Dual(arb(1), arb(0)) if isinstance(x, Dual) else arb(1)


def _maximum(*xs: arb) -> arb:
    return reduce(lambda a, b: a.max(b), xs)


def _minimum(*xs: arb) -> arb:
    return reduce(lambda a, b: a.min(b), xs)


def _elsewhere(*_: Any) -> Any:
    """He takes an order, and is run by its recurrence before the table is asked."""
    raise AssertionError("He came to the table of functions on balls")


@dataclass(frozen=True, slots=True)
class OnBalls:
    """One function f of the language, on balls.

    value: also on complex balls and with a derivative where f is ``analytic``; where it switches, the hull
    on real balls. meromorphic: FLINT has it by this name for both kinds of ball, without a cut in the plane.
    parity: 1 even, -1 odd, 0 neither. mirrored: f(-x) from x and f(x), where that saves work.
    """

    value: Callable[..., Ball]
    analytic: bool
    meromorphic: bool
    parity: int
    mirrored: Callable[[Ball, Ball], Ball] | None


#: By name, with the same names as the language has: value, analytic, meromorphic, parity, mirrored.
ON_BALLS: dict[str, OnBalls] = {
    "exp": OnBalls(exp, True, True, 0, lambda x, f: 1 / f),
    "log": OnBalls(log, True, False, 0, None),
    "sqrt": OnBalls(sqrt, True, False, 0, None),
    "sin": OnBalls(sin, True, True, -1, None),
    "cos": OnBalls(cos, True, True, 1, None),
    "tan": OnBalls(tan, True, True, -1, None),
    "sinh": OnBalls(sinh, True, True, -1, None),
    "cosh": OnBalls(cosh, True, True, 1, None),
    "tanh": OnBalls(tanh, True, True, -1, None),
    "atan": OnBalls(atan, True, False, -1, None),
    "erf": OnBalls(erf, True, True, -1, None),
    "abs": OnBalls(lambda x: x.abs_lower().union(x.abs_upper()), False, False, 1, None),
    "sign": OnBalls(lambda x: x.sgn(), False, False, -1, None),
    "Heaviside": OnBalls(lambda x: (x.sgn() + 1) / 2, False, False, 0, None),
    "min": OnBalls(_minimum, False, False, 0, None),
    "max": OnBalls(_maximum, False, False, 0, None),
    "clip": OnBalls(lambda x, a, b: _minimum(_maximum(x, a), b), False, False, 0, None),
    "relu": OnBalls(lambda x: x.max(arb(0)), False, False, 0, None),
    "sigmoid": OnBalls(sigmoid, True, False, 0, lambda x, f: 1 - f),
    "softplus": OnBalls(softplus, True, False, 0, lambda x, f: f - x),
    "gelu": OnBalls(gelu, True, False, 0, lambda x, f: f - x),
    "silu": OnBalls(silu, True, False, 0, lambda x, f: f - x),
    "expm1": OnBalls(expm1, True, True, 0, None),
    "log1p": OnBalls(log1p, True, False, 0, None),
    "He": OnBalls(_elsewhere, False, False, 0, None),
}  # fmt: skip

if missing := LANGUAGE.keys() ^ ON_BALLS.keys():
    names = ", ".join(sorted(missing))
    raise ImportError(f"numerics/lowering/balls.py and link/functions.py differ in {names}")
