"""Truncated power series with ball coefficients: the value and the derivatives of a function over a ball.

Where x runs over a ball, coefficient j holds f^(j)(x)/j! for every x in it. So with the coefficients over the
ball as remainder, and those at its middle, Taylor's theorem encloses the values of f tightly.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from math import factorial

from flint import acb, arb

from ..precision import Unresolved, exact
from . import balls


@dataclass(frozen=True, slots=True)
class Series:
    """The series sum_j coefficients[j] x^j, truncated after its last coefficient."""

    coefficients: tuple[arb, ...]

    @property
    def value(self) -> arb:
        return self.coefficients[0]

    @property
    def order(self) -> int:
        return len(self.coefficients) - 1

    def __neg__(self) -> Series:
        return Series(tuple(-c for c in self.coefficients))

    def __add__(self, other: Series) -> Series:
        return Series(tuple(a + b for a, b in zip(self.coefficients, other.coefficients, strict=False)))

    def __sub__(self, other: Series) -> Series:
        return Series(tuple(a - b for a, b in zip(self.coefficients, other.coefficients, strict=False)))

    def __mul__(self, other: Series) -> Series:
        return Series(tuple(_convolved(self.coefficients, other.coefficients)))

    def __truediv__(self, other: Series) -> Series:
        a, b = self.coefficients, other.coefficients
        quotient: list[arb] = []
        for n in range(min(len(a), len(b))):
            rest = sum((quotient[j] * b[n - j] for j in range(n)), arb(0))
            quotient.append((a[n] - rest) / b[0])
        return Series(tuple(quotient))

    def times(self, factor: arb) -> Series:
        return Series(tuple(c * factor for c in self.coefficients))

    def derivative(self) -> Series:
        """f' as a series, one order shorter."""
        return Series(tuple(j * c for j, c in enumerate(self.coefficients))[1:])

    def stretched(self, factor: int | arb) -> Series:
        """The series in x of f(factor x)."""
        return Series(tuple(c * factor**j for j, c in enumerate(self.coefficients)))

    def power(self, n: int) -> Series:
        """The n-th power, n >= 0; an even power of a real ball is never below 0."""
        if n == 0:
            return constant(arb(1), self.order)
        result = self
        for _ in range(n - 1):
            result = result * self
        return Series((balls.natural(self.value, n), *result.coefficients[1:]))

    def integrated(self, value: arb, slope: Series) -> Series:
        """The series g with g(0) = ``value`` and g' = ``slope`` times the derivative of this one."""
        product = _convolved(self.derivative().coefficients, slope.coefficients)
        return Series((value, *(c / (j + 1) for j, c in enumerate(product))))

    def composed(self, inner: Series) -> Series:
        """The series of f(inner), this one being f about the ball that ``inner`` starts from."""
        moved = Series((arb(0), *inner.coefficients[1:]))
        total = constant(self.coefficients[-1], inner.order)
        for c in reversed(self.coefficients[:-1]):
            total = total * moved + constant(c, inner.order)
        return total


def constant(value: arb, order: int) -> Series:
    return Series((value, *([arb(0)] * order)))


def variable(value: arb, order: int) -> Series:
    """The series of x itself about the ball ``value``."""
    return Series((value, arb(1), *([arb(0)] * (order - 1)))[: order + 1])


def value_only(value: arb, order: int) -> Series:
    """A value whose derivatives are not known."""
    return Series((value, *([arb.nan()] * order)))


def _convolved(a: Sequence[arb], b: Sequence[arb]) -> list[arb]:
    products = []
    for n in range(min(len(a), len(b))):
        # A loop: for so few terms ``sum`` would take longer than they do.
        total = a[0] * b[n]
        for j in range(1, n + 1):
            total += a[j] * b[n - j]
        products.append(total)
    return products


def exp(u: Series) -> Series:
    values = [u.value.exp()]
    for n in range(1, u.order + 1):
        values.append(sum((j * u.coefficients[j] * values[n - j] for j in range(1, n + 1)), arb(0)) / n)
    return Series(tuple(values))


def log(u: Series) -> Series:
    return u.integrated(balls.log(u.value), constant(arb(1), u.order) / u)


def real_power(u: Series, exponent: Fraction) -> Series:
    """u^exponent for a fractional exponent; u must be positive where a derivative is wanted."""
    if isinstance(u.value, acb):
        return exp(log(u).times(exact(exponent)))
    if not u.value > 0:
        # On the edge only the value is known, and for a positive exponent only.
        top = u.value.upper()
        inside = exponent > 0 and u.value.contains(0) and u.value.lower() >= 0
        value = (
            arb(0).union(top ** exact(exponent)) if inside and top > 0 else arb(0) if inside else arb.nan()
        )
        return value_only(value, u.order)
    power = exp(log(u).times(exact(exponent)))
    return Series((u.value ** exact(exponent), *power.coefficients[1:]))


def sine_and_cosine(u: Series) -> tuple[Series, Series]:
    """sin u and cos u."""
    s, c = [u.value.sin()], [u.value.cos()]
    for n in range(1, u.order + 1):
        slopes = [j * u.coefficients[j] for j in range(1, n + 1)]
        s.append(sum((d * c[n - 1 - i] for i, d in enumerate(slopes)), arb(0)) / n)
        c.append(-sum((d * s[n - 1 - i] for i, d in enumerate(slopes)), arb(0)) / n)
    return Series(tuple(s)), Series(tuple(c))


def sqrt(u: Series) -> Series:
    return real_power(u, Fraction(1, 2))


def sin(u: Series) -> Series:
    return sine_and_cosine(u)[0]


def cos(u: Series) -> Series:
    return sine_and_cosine(u)[1]


def _with_value(value: arb, jet: Series) -> Series:
    return Series((value, *jet.coefficients[1:]))


def sinh(u: Series) -> Series:
    return _with_value(u.value.sinh(), (exp(u) - exp(-u)).times(arb(1) / 2))


def cosh(u: Series) -> Series:
    return _with_value(u.value.cosh(), (exp(u) + exp(-u)).times(arb(1) / 2))


def tanh(u: Series) -> Series:
    return _with_value(u.value.tanh(), sinh(u) / cosh(u))


def tan(u: Series) -> Series:
    s, c = sine_and_cosine(u)
    return _with_value(u.value.tan(), s / c)


def atan(u: Series) -> Series:
    one = constant(arb(1), u.order)
    return u.integrated(balls.atan(u.value), one / (one + u.power(2)))


def erf(u: Series) -> Series:
    return u.integrated(u.value.erf(), exp(-u.power(2)).times(2 / arb.pi().sqrt()))


def sigmoid(u: Series) -> Series:
    half = arb(1) / 2
    return tanh(u.times(half)).times(half) + constant(half, u.order)


def softplus(u: Series) -> Series:
    return log(exp(u) + constant(arb(1), u.order))


def gelu(u: Series) -> Series:
    half = arb(1) / 2
    return u * (erf(u.times(half.sqrt())).times(half) + constant(half, u.order))


def silu(u: Series) -> Series:
    return u * sigmoid(u)


def expm1(u: Series) -> Series:
    return _with_value(u.value.expm1(), exp(u))


def log1p(u: Series) -> Series:
    one = constant(arb(1), u.order)
    return u.integrated(balls.log1p(u.value), one / (one + u))


def from_derivatives(derivatives: Sequence[arb]) -> Series:
    """The series of f from the balls of f, f', f'', ..."""
    return Series(tuple(d / factorial(j) for j, d in enumerate(derivatives)))


Apply = Callable[[Series], Series]


@dataclass(frozen=True, slots=True)
class EndpointSeries:
    """u^shift g(u) on u in ``cell``; ``point`` and ``over`` are the series of g at a point and over it.

    The point is the middle; where ``at_end``, the cell is [0, d] and the point its end 0, so that limits and
    vanishing leading terms there are kept exactly, and only then can there be a shift.
    """

    shift: int
    point: Series
    over: Series
    cell: arb
    at_end: bool = False

    def each(self, apply: Apply) -> EndpointSeries:
        """f of this function, for f that is given by what it does to a series."""
        without_shift = self.without_shift()
        return replace(without_shift, point=apply(without_shift.point), over=apply(without_shift.over))

    def __neg__(self) -> EndpointSeries:
        return replace(self, point=-self.point, over=-self.over)

    def __add__(self, other: EndpointSeries) -> EndpointSeries:
        least = min(self.shift, other.shift)
        a, b = self._raised(self.shift - least), other._raised(other.shift - least)
        return replace(a, shift=least, point=a.point + b.point, over=a.over + b.over)

    def __sub__(self, other: EndpointSeries) -> EndpointSeries:
        return self + -other

    def __mul__(self, other: EndpointSeries) -> EndpointSeries:
        shift = self.shift + other.shift
        return replace(self, shift=shift, point=self.point * other.point, over=self.over * other.over)

    def __truediv__(self, other: EndpointSeries) -> EndpointSeries:
        below = other.stripped()
        shift = self.shift - below.shift
        return replace(self, shift=shift, point=self.point / below.point, over=self.over / below.over)

    def power(self, n: int) -> EndpointSeries:
        if n < 0:
            return self.same(arb(1)) / self.power(-n)
        return replace(self, shift=self.shift * n, point=self.point.power(n), over=self.over.power(n))

    def fractional_power(self, exponent: Fraction) -> EndpointSeries:
        return self.each(lambda jet: real_power(jet, exponent))

    def _raised(self, times: int) -> EndpointSeries:
        """The same function with a shift smaller by ``times``."""
        if times == 0:
            return self
        order = self.point.order
        zeros = tuple([arb(0)] * times)
        point = Series((*zeros, *self.point.coefficients)[: order + 1])
        over = self.over * variable(self.cell, self.over.order).power(times)
        return replace(self, shift=self.shift - times, point=point, over=over)

    def same(self, value: arb) -> EndpointSeries:
        """The constant function on the same cell."""
        order = self.point.order
        return replace(self, shift=0, point=constant(value, order), over=constant(value, order))

    def without_shift(self) -> EndpointSeries:
        """The same function with shift 0; not a number where it has a pole."""
        if self.shift < 0:
            stripped = self.stripped()
            if stripped.shift < 0:
                return values_only(self, arb.nan(), arb.nan())
            return stripped._raised(stripped.shift)
        return self._raised(self.shift)

    def stripped(self) -> EndpointSeries:
        """The same function with leading coefficients that are exactly 0 divided out.

        Only where the point is u = 0: there (g(u) - g(0))/u has, on the cell, the series of g one order
        on, as it is the mean of g' between 0 and u.
        """
        germ = self
        while germ.at_end and germ.point.order > 0 and germ.point.value.is_zero():
            point, over = Series(germ.point.coefficients[1:]), Series(germ.over.coefficients[1:])
            germ = replace(germ, shift=germ.shift + 1, point=point, over=over)
        return germ

    def vanishing(self, times: int) -> EndpointSeries:
        """The same function, when its first ``times`` coefficients at the point are proved to be 0."""
        without_shift = self.without_shift()
        known = without_shift.point.coefficients
        zeros = [arb(0) if c.is_finite() else c for c in known[:times]]
        return replace(without_shift, point=Series((*zeros, *known[times:])))

    def values(self) -> arb:
        """An enclosure of g over the cell: the sign of the function wherever u > 0."""
        offset = self.cell if self.at_end else self.cell - self.cell.mid()
        order = self.point.order
        total = self.over.coefficients[order]
        for c in reversed(self.point.coefficients[:order]):
            total = total * offset + c
        direct = self.over.value
        if not total.is_finite() or not direct.is_finite():
            return total if total.is_finite() else direct
        if not total.overlaps(direct):
            raise Unresolved("two enclosures of one value are disjoint: one of them is not valid")
        return total.intersection(direct)


def values_only(germ: EndpointSeries, point: arb, over: arb) -> EndpointSeries:
    """A germ of which only the values are known."""
    order = germ.point.order
    return replace(germ, shift=0, point=value_only(point, order), over=value_only(over, order))
