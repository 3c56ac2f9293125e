"""Truncated power series with ball coefficients: the value and the derivatives of a function over a ball.

Where x runs over a ball, coefficient j holds f^(j)(x)/j! for every x in it. So with the coefficients over the
ball as remainder, and those at its middle, Taylor's theorem encloses the values of f tightly.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import factorial

from flint import arb

from ..precision import exact


@dataclass(frozen=True, slots=True)
class Jet:
    """The series sum_j coefficients[j] x^j, truncated after its last coefficient."""

    coefficients: tuple[arb, ...]

    @property
    def value(self) -> arb:
        return self.coefficients[0]

    @property
    def order(self) -> int:
        return len(self.coefficients) - 1

    def __neg__(self) -> Jet:
        return Jet(tuple(-c for c in self.coefficients))

    def __add__(self, other: Jet) -> Jet:
        return Jet(tuple(a + b for a, b in zip(self.coefficients, other.coefficients, strict=False)))

    def __sub__(self, other: Jet) -> Jet:
        return Jet(tuple(a - b for a, b in zip(self.coefficients, other.coefficients, strict=False)))

    def __mul__(self, other: Jet) -> Jet:
        return Jet(tuple(_convolved(self.coefficients, other.coefficients)))

    def __truediv__(self, other: Jet) -> Jet:
        a, b = self.coefficients, other.coefficients
        quotient: list[arb] = []
        for n in range(min(len(a), len(b))):
            rest = sum((quotient[j] * b[n - j] for j in range(n)), arb(0))
            quotient.append((a[n] - rest) / b[0])
        return Jet(tuple(quotient))

    def times(self, factor: arb) -> Jet:
        return Jet(tuple(c * factor for c in self.coefficients))

    def derivative(self) -> Jet:
        """f' as a series, one order shorter."""
        return Jet(tuple(j * c for j, c in enumerate(self.coefficients))[1:])

    def stretched(self, factor: int | arb) -> Jet:
        """The series in x of f(factor x)."""
        return Jet(tuple(c * factor**j for j, c in enumerate(self.coefficients)))

    def power(self, n: int) -> Jet:
        """The n-th power, n >= 0; an even power of a ball is never below 0."""
        if n == 0:
            return constant(arb(1), self.order)
        result = self
        for _ in range(n - 1):
            result = result * self
        value = self.value
        if n % 2 == 0 and value.contains(0) and not value.is_exact():
            return Jet((arb(0).union(value.abs_upper() ** n), *result.coefficients[1:]))
        return Jet((value**n, *result.coefficients[1:]))

    def integrated(self, value: arb, slope: Jet) -> Jet:
        """The series g with g(0) = ``value`` and g' = ``slope`` times the derivative of this one."""
        product = _convolved(self.derivative().coefficients, slope.coefficients)
        return Jet((value, *(c / (j + 1) for j, c in enumerate(product))))

    def composed(self, inner: Jet) -> Jet:
        """The series of f(inner), this one being f about the ball that ``inner`` starts from."""
        moved = Jet((arb(0), *inner.coefficients[1:]))
        total = constant(self.coefficients[-1], inner.order)
        for c in reversed(self.coefficients[:-1]):
            total = total * moved + constant(c, inner.order)
        return total


def constant(value: arb, order: int) -> Jet:
    return Jet((value, *([arb(0)] * order)))


def variable(value: arb, order: int) -> Jet:
    """The series of x itself about the ball ``value``."""
    return Jet((value, arb(1), *([arb(0)] * (order - 1)))[: order + 1])


def rough(value: arb, order: int) -> Jet:
    """A value whose derivatives are not known."""
    return Jet((value, *([arb.nan()] * order)))


def _convolved(a: Sequence[arb], b: Sequence[arb]) -> list[arb]:
    width = min(len(a), len(b))
    return [sum((a[j] * b[n - j] for j in range(n + 1)), arb(0)) for n in range(width)]


def exp(u: Jet) -> Jet:
    values = [u.value.exp()]
    for n in range(1, u.order + 1):
        values.append(sum((j * u.coefficients[j] * values[n - j] for j in range(1, n + 1)), arb(0)) / n)
    return Jet(tuple(values))


def log(u: Jet) -> Jet:
    return u.integrated(u.value.log(), constant(arb(1), u.order) / u)


def real_power(u: Jet, exponent: Fraction) -> Jet:
    """u^exponent for a broken exponent; u must be positive where a derivative is wanted."""
    if not u.value > 0:
        # On the edge only the value is known, and for a positive exponent only.
        top = u.value.upper()
        inside = exponent > 0 and u.value.contains(0) and u.value.lower() >= 0
        value = (
            arb(0).union(top ** exact(exponent)) if inside and top > 0 else arb(0) if inside else arb.nan()
        )
        return rough(value, u.order)
    power = exp(log(u).times(exact(exponent)))
    return Jet((u.value ** exact(exponent), *power.coefficients[1:]))


def sine_and_cosine(u: Jet) -> tuple[Jet, Jet]:
    """sin u and cos u."""
    s, c = [u.value.sin()], [u.value.cos()]
    for n in range(1, u.order + 1):
        slopes = [j * u.coefficients[j] for j in range(1, n + 1)]
        s.append(sum((d * c[n - 1 - i] for i, d in enumerate(slopes)), arb(0)) / n)
        c.append(-sum((d * s[n - 1 - i] for i, d in enumerate(slopes)), arb(0)) / n)
    return Jet(tuple(s)), Jet(tuple(c))


def sqrt(u: Jet) -> Jet:
    return real_power(u, Fraction(1, 2))


def sin(u: Jet) -> Jet:
    return sine_and_cosine(u)[0]


def cos(u: Jet) -> Jet:
    return sine_and_cosine(u)[1]


def _with_value(value: arb, jet: Jet) -> Jet:
    return Jet((value, *jet.coefficients[1:]))


def sinh(u: Jet) -> Jet:
    return _with_value(u.value.sinh(), (exp(u) - exp(-u)).times(arb(1) / 2))


def cosh(u: Jet) -> Jet:
    return _with_value(u.value.cosh(), (exp(u) + exp(-u)).times(arb(1) / 2))


def tanh(u: Jet) -> Jet:
    return _with_value(u.value.tanh(), sinh(u) / cosh(u))


def tan(u: Jet) -> Jet:
    s, c = sine_and_cosine(u)
    return _with_value(u.value.tan(), s / c)


def atan(u: Jet) -> Jet:
    one = constant(arb(1), u.order)
    return u.integrated(u.value.atan(), one / (one + u.power(2)))


def erf(u: Jet) -> Jet:
    return u.integrated(u.value.erf(), exp(-u.power(2)).times(2 / arb.pi().sqrt()))


def sigmoid(u: Jet) -> Jet:
    half = arb(1) / 2
    return tanh(u.times(half)).times(half) + constant(half, u.order)


def softplus(u: Jet) -> Jet:
    return log(exp(u) + constant(arb(1), u.order))


def gelu(u: Jet) -> Jet:
    half = arb(1) / 2
    return u * (erf(u.times(half.sqrt())).times(half) + constant(half, u.order))


def silu(u: Jet) -> Jet:
    return u * sigmoid(u)


def expm1(u: Jet) -> Jet:
    return _with_value(u.value.expm1(), exp(u))


def log1p(u: Jet) -> Jet:
    one = constant(arb(1), u.order)
    return u.integrated(u.value.log1p(), one / (one + u))


def from_derivatives(derivatives: Sequence[arb]) -> Jet:
    """The series of f from the balls of f, f', f'', ..."""
    return Jet(tuple(d / factorial(j) for j, d in enumerate(derivatives)))
