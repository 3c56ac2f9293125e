"""A link beside a point where its expression has no value: sin(z)/z, z*log(abs(z)) and log(abs(z)) at 0.

On one side of the point, z = z0 + side u with 0 < u <= r, a node is a power of u times a power series whose
first coefficients are known exactly, so that what cancels in sin(z)/z or 1/tanh(z) - 1/z is seen to cancel;
or else bounds and a rate, |v| <= C u^(rate - e) for every e > 0, which lets logarithms pass.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from fractions import Fraction

from . import interval
from .build import chosen
from .functions import FUNCTIONS
from .interval import Interval
from .power_series import ON_SERIES, ONE, ZERO, Coefficient, Series, add, constant, hull, plus, ratio, times
from .text import NONZERO, Fault
from .tree import Bin, Call, Compare, Condition, Const, Neg, Node, Num, Var, Where, by_sign, kleene, whole

#: Coefficients that are kept: a quotient may cancel a zero of nearly so high an order.
_TERMS = 12


#: Functions of one argument that are bounded, and monotone: what goes in may be unbounded.
_SQUASHING = ("tanh", "atan", "erf", "sigmoid")
#: Functions that grow no faster than their argument.
_LINEAR = ("abs", "relu", "softplus", "gelu", "silu", "min", "max", "clip")


@dataclass(frozen=True, slots=True)
class Germ:
    """u^shift g(u): the series of g at u = 0, and over the cell of all u."""

    shift: int
    point: Series
    over: Series
    cell: Interval

    def each(self, f: Callable[[Series], Series]) -> Germ:
        return replace(self, point=f(self.point), over=f(self.over))

    def stripped(self) -> Germ:
        """The same without leading coefficients that are exactly 0: (g(u) - g(0))/u is a mean of g'."""
        germ = self
        while len(germ.point) > 1 and germ.point[0] == 0:
            germ = replace(germ, shift=germ.shift + 1, point=germ.point[1:], over=germ.over[1:])
        return germ

    def raised(self, powers: int) -> Germ:
        """The same with a shift smaller by ``powers``."""
        germ = self
        for _ in range(powers):
            variable: Series = (self.cell, ONE, *(ZERO for _ in germ.over[2:]))
            over = times(variable[: len(germ.over)], germ.over)
            germ = replace(germ, shift=germ.shift - 1, point=(ZERO, *germ.point[:-1]), over=over)
        return germ

    def plus(self, other: Germ) -> Germ:
        least = min(self.shift, other.shift)
        a, b = self.raised(self.shift - least), other.raised(other.shift - least)
        return replace(a, point=plus(a.point, b.point), over=plus(a.over, b.over)).stripped()

    def times(self, other: Germ) -> Germ:
        point, over = times(self.point, other.point), times(self.over, other.over)
        return replace(self, shift=self.shift + other.shift, point=point, over=over)

    def divided(self, below: Germ) -> Germ:
        point, over = ratio(self.point, below.point), ratio(self.over, below.over)
        return replace(self, shift=self.shift - below.shift, point=point, over=over)

    @property
    def sign(self) -> int | None:
        """The one sign for all u in the cell; 0 where it is 0 throughout."""
        germ = self.stripped()
        if all(c == 0 for c in (*germ.point, *germ.over)):
            return 0
        value = hull(germ.over[0])
        return 1 if value.positive else -1 if value.hi < 0 else None

    def rough(self) -> Rough:
        germ = self.stripped()
        value, size = hull(germ.over[0]), replace(germ.cell, positive=True).power(abs(germ.shift))
        image = value * (size if germ.shift >= 0 else size.inverse())
        return Rough(image, Fraction(germ.shift))


@dataclass(frozen=True, slots=True)
class Rough:
    """Bounds for all u in the cell, and a rate with |v| <= C u^(rate - e) for every e > 0.

    tame: v is bounded, by what number is not known.
    """

    image: Interval
    rate: Fraction
    tame: bool = False

    @property
    def bounded(self) -> bool:
        return self.tame or self.rate > 0 or (self.image.lo > -math.inf and self.image.hi < math.inf)


Value = Germ | Rough


def limit(tree: Node, place: tuple[Fraction, int, Fraction], parameters: dict[str, Interval]) -> Value:
    """What ``tree`` is beside a point: ``place`` is the point, the side of it and the reach r.

    Raises Fault where it is not shown to be finite there.
    """
    return _Side(*place, parameters).of(tree)


@dataclass(frozen=True, slots=True)
class _Side:
    point: Fraction
    side: int
    reach: Fraction
    parameters: dict[str, Interval]

    def constant(self, c: Coefficient) -> Germ:
        cell = Interval(0.0, float(self.reach))
        like = (ZERO,) * _TERMS
        return Germ(0, constant(c, like), constant(c, like), cell)

    def of(self, node: Node) -> Value:
        if isinstance(node, Var):
            if node.name in self.parameters:
                return self.constant(self.parameters[node.name])
            germ = self.constant(self.point)
            step = (ZERO, Fraction(self.side), *(ZERO for _ in germ.over[2:]))
            away = hull(Fraction(self.side)) * germ.cell
            return replace(
                germ, point=plus(germ.point, step), over=(add(self.point, away), *step[1:])
            ).stripped()
        if isinstance(node, Num):
            return self.constant(node.value)
        if isinstance(node, Const):
            near = math.pi if node.name == "pi" else math.e
            return self.constant(interval.exact(Fraction(near)).increasing(lambda x: x))
        if isinstance(node, Neg):
            return self.product(self.constant(Fraction(-1)), self.of(node.arg))
        if isinstance(node, Where):
            truth = self.truth(node.condition)
            if truth is not None:
                return self.of(node.then if truth else node.other)
            then, other = rough(self.of(node.then)), rough(self.of(node.other))
            bounded = then.bounded and other.bounded
            return Rough(then.image.hull(other.image), min(then.rate, other.rate), bounded)
        return self.binary(node) if isinstance(node, Bin) else self.call(node)

    def truth(self, condition: Condition) -> bool | None:
        if isinstance(condition, Compare):
            sign = _sign(self.difference(self.of(condition.left), self.of(condition.right)))
            return by_sign(condition.op, sign)
        return kleene(condition.op, self.truth(condition.left), self.truth(condition.right))

    def difference(self, a: Value, b: Value) -> Value:
        return self.sum(a, self.product(self.constant(Fraction(-1)), b))

    @staticmethod
    def sum(a: Value, b: Value) -> Value:
        if isinstance(a, Germ) and isinstance(b, Germ):
            return a.plus(b)
        a, b = rough(a), rough(b)
        return Rough(a.image + b.image, min(a.rate, b.rate), a.bounded and b.bounded)

    @staticmethod
    def product(a: Value, b: Value) -> Value:
        if isinstance(a, Germ) and isinstance(b, Germ):
            return a.times(b)
        a, b = rough(a), rough(b)
        return Rough(a.image * b.image, a.rate + b.rate, a.bounded and b.bounded)

    def binary(self, node: Bin) -> Value:
        left, right = self.of(node.left), self.of(node.right)
        if node.op == "+":
            return self.sum(left, right)
        if node.op == "-":
            return self.difference(left, right)
        if node.op == "*":
            return self.product(left, right)
        if node.op == "/":
            return self.quotient(node, left, right)
        return self.power(node, left, right)

    def quotient(self, node: Bin, left: Value, right: Value) -> Value:
        below = right.stripped() if isinstance(right, Germ) else right
        inverted = isinstance(below, Germ) or below.image.lo > 0 or below.image.hi < 0
        if not (_sign(below) and inverted):
            raise Fault(node, "has a pole", NONZERO, False)
        if isinstance(left, Germ) and isinstance(below, Germ):
            return left.stripped().divided(below).stripped()
        if isinstance(below, Germ):
            return self.product(left, self.constant(ONE).divided(below))
        return self.product(left, Rough(below.image.inverse(), ZERO))

    def power(self, node: Bin, base: Value, by: Value) -> Value:
        exponent = node.right.value if isinstance(node.right, Num) else None
        if exponent is not None and exponent.denominator == 1 and isinstance(base, Germ):
            found, square, n = self.constant(ONE), base, abs(int(exponent))
            while n:
                found = found.times(square) if n % 2 else found
                square, n = square.times(square) if n > 1 else square, n // 2
            return found if exponent >= 0 else self.quotient(node, self.constant(ONE), found)
        size, by = rough(base), rough(by)
        if exponent is not None and exponent.denominator == 1 and exponent >= 0:
            return Rough(size.image.power(int(exponent)), size.rate * exponent, size.bounded)
        if _sign(base) != 1 and not (exponent is not None and exponent > 0 and size.image.nonnegative):
            raise Fault(
                node,
                "raises a number that is not positive to such a power",
                "write abs( ) around the base",
                False,
            )
        if exponent is None and not (size.image.lo > 0 and size.image.hi < math.inf and by.bounded):
            raise Fault(
                node, "has an exponent that varies beside a zero or a pole", "write exp( ) of it", False
            )
        positive = replace(size.image, positive=True)
        image = interval.exp(interval.log(positive) * by.image)
        return Rough(image, size.rate * exponent if exponent is not None else ZERO)

    def call(self, node: Call) -> Value:
        if node.name == "He":
            return self.hermite(node)
        args = [self.of(arg) for arg in node.args]
        signs = [_sign(arg) for arg in args]
        first, sign = args[0], signs[0]
        if node.name in ("min", "max", "clip"):
            try:
                return self.of(chosen(node, self.decided))
            except LookupError:
                pass
        elif node.name in ("abs", "relu", "sign", "Heaviside") and sign is not None:
            if node.name in ("sign", "Heaviside"):
                return self.constant(Fraction(sign) if node.name == "sign" else Fraction(sign + 1, 2))
            factor = sign if node.name == "abs" else max(sign, 0)
            return self.product(self.constant(Fraction(factor)), first)
        outside = FUNCTIONS[node.name].outside
        images = [rough(arg).image for arg in args]
        if sign == 1:
            images[0] = replace(images[0], positive=True)
        refused = outside(node, images) if outside else None
        if refused:
            raise Fault(node, refused.what, refused.remedy, refused.proved or sign == -1)
        bounded = all(rough(arg).bounded for arg in args)
        if isinstance(first, Germ) and node.name in ON_SERIES:
            germ = first.stripped()
            regular = germ.shift >= 0 if node.name not in ("log", "sqrt") else germ.shift == 0
            if regular:
                return germ.raised(germ.shift).each(ON_SERIES[node.name])
        return self.bounded_call(node, args, images, bounded)

    def bounded_call(self, node: Call, args: list[Value], images: list[Interval], bounded: bool) -> Value:
        image, rates = FUNCTIONS[node.name].image(images), [rough(arg).rate for arg in args]
        if bounded and node.name not in ("log", "log1p", "sqrt"):
            return Rough(image, ZERO, tame=True)
        if node.name in ("log", "log1p") and (isinstance(args[0], Germ) or images[0].lo > 0):
            # The logarithm of a power of u, or of what lies above a positive number.
            return Rough(image, ZERO)
        if node.name == "sqrt":
            return Rough(image, rates[0] / 2)
        if node.name in _LINEAR or node.name in _SQUASHING:
            least = min(ZERO, *rates) if node.name in _LINEAR else ZERO
            return Rough(image, least)
        if node.name in ("sin", "cos") and rates[0] >= 0:
            return Rough(image, ZERO)
        if node.name == "exp" and images[0].hi < math.inf:
            return Rough(image, ZERO)
        oscillates = node.name in ("sin", "cos", "tan")
        what = "oscillates without end" if oscillates else "is not bounded"
        remedy = "write a where( ) that keeps away from that point, such as where(abs(z) > 1/1000, ..., 0)"
        raise Fault(node, what, remedy, False)

    def decided(self, difference: Node) -> int:
        sign = _sign(self.of(difference))
        if sign is None:
            raise LookupError
        return sign

    def hermite(self, node: Call) -> Value:
        order, argument = whole(node.args[0]), self.of(node.args[1])
        before: Value = self.constant(ONE)
        current = argument
        for k in range(1, order):
            below = self.product(self.constant(Fraction(-k)), before)
            before, current = current, self.sum(self.product(argument, current), below)
        return current if order else before


def rough(value: Value) -> Rough:
    return value if isinstance(value, Rough) else value.rough()


def _sign(value: Value) -> int | None:
    """The one sign beside the point, if it is seen."""
    if isinstance(value, Germ):
        return value.sign
    return 1 if value.image.positive else -1 if value.image.hi < 0 else None
