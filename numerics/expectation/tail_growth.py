"""How fast a link grows on its tails: each sub-expression enclosed on a whole tail, by induction on the tree.

Beside a point z0 where the link has no value the same is done for x >= R with z = z0 +- e^{-x}: there
log|z - z0| is the polynomial -x.
"""

from collections.abc import Mapping
from dataclasses import replace
from fractions import Fraction
from functools import lru_cache

from flint import arb, fmpq, fmpq_poly

from ...link.tree import (
    Bin,
    Call,
    Compare,
    Condition,
    Neg,
    Node,
    Num,
    Var,
    Where,
    by_sign,
    is_constant,
    kleene,
    substitute,
    walk,
)
from ..lowering.arb import compile_arb
from ..lowering.functions import FUNCTIONS
from ..lowering.removable import polynomial
from ..lowering.tail_algebra import Algebra, Bound, absolute, add, constant, largest, minus, sharper, supremum
from ..precision import Unresolved, exact, working

_BITS = 96


def bound(tree: Node, start: arb) -> Bound:
    """The bound of ``tree`` on [start, oo), start >= 1."""
    return _Tail(start).of(tree)


def limits(tree: Node, start: arb) -> tuple[arb | None, arb | None]:
    """A lower and an upper bound of ``tree`` on [start, oo); None where it is not seen to be bounded."""
    return Algebra(start).constant_range(bound(tree, start))


class _Tail(Algebra):
    """The induction: a node's bound from those of its parts."""

    __slots__ = ()

    def of(self, node: Node) -> Bound:
        exact_polynomial = polynomial(node)
        if exact_polynomial is not None:
            return self.exactly(tuple(arb(c) for c in exact_polynomial.coeffs()) or constant(0))
        return self.composed(node)

    def composed(self, node: Node) -> Bound:
        """From the bounds of its parts."""
        if is_constant(node):
            return self.exactly(constant(compile_arb(node)(arb(0))))
        if isinstance(node, Neg):
            return self.negative(self.of(node.arg))
        if isinstance(node, Where):
            truth = self.truth(node.condition)
            if truth is not None:
                return self.of(node.then if truth else node.other)
            return self.either(self.of(node.then), self.of(node.other))
        if isinstance(node, Bin):
            return self.binary(node)
        assert isinstance(node, Call)
        return self.call(node)

    def truth(self, condition: Condition) -> bool | None:
        if isinstance(condition, Compare):
            sign = self.sign(self.plus(self.of(condition.left), self.negative(self.of(condition.right))))
            return by_sign(condition.op, sign)
        return kleene(condition.op, self.truth(condition.left), self.truth(condition.right))

    def plus(self, a: Bound, b: Bound) -> Bound:
        """u + v >= u (1 - |v|/u), where u outgrows v, as e^z outgrows a power."""
        found = super().plus(a, b)
        for large, other in ((a, b), (b, a)):
            if large.low is not None and len(large.low) > 1 and other.mag is not None:
                gap = supremum(add(other.mag, minus(large.low)), self.start)
                if gap is not None and gap < 0:
                    low = add(large.low, constant((1 - gap.exp()).log()))
                    found = replace(found, low=sharper(found.low, low))
        return found

    def binary(self, node: Bin) -> Bound:
        left = self.of(node.left)
        if node.op == "**" and isinstance(node.right, Num):
            return self.raised(left, node.right.value)
        right = self.of(node.right)
        if node.op == "+":
            return self.plus(left, right)
        if node.op == "-":
            return self.plus(left, self.negative(right))
        if node.op == "*":
            return self.raised(left, Fraction(2)) if node.left == node.right else self.times(left, right)
        if node.op == "/":
            return self.quotient(left, right)
        return self.exponential(self.times(right, self.logarithm(left)))

    # -- functions ---------------------------------------------------------------------------------

    def call(self, node: Call) -> Bound:
        if node.name == "He":
            return self.hermite(node)
        args = [self.of(arg) for arg in node.args]
        return FUNCTIONS[node.name].tail(self, *args)

    def hermite(self, node: Call) -> Bound:
        order, argument = node.args[0], self.of(node.args[1])
        assert isinstance(order, Num)
        before, current = self.exactly(constant(1)), argument
        for k in range(1, int(order.value)):
            step = self.times(before, self.exactly(constant(-k)))
            before, current = current, self.plus(self.times(argument, current), step)
        return current if order.value else before


class _Family(_Tail):
    """The induction for every value of the parameters at once."""

    __slots__ = ("ends",)
    ends: Mapping[str, tuple[Fraction, Fraction]]

    def __init__(self, start: arb, ends: Mapping[str, tuple[Fraction, Fraction]]) -> None:
        super().__init__(start)
        # The algebra is frozen.
        object.__setattr__(self, "ends", ends)

    def of(self, node: Node) -> Bound:
        if isinstance(node, Var) and node.name in self.ends:
            low, high = self.ends[node.name]
            return self.within(constant(exact(low)), constant(exact(high)))
        # A polynomial is one of z alone.
        free = any(isinstance(part, Var) and part.name in self.ends for part in walk(node))
        return self.composed(node) if free else super().of(node)


def growth(tree: Node, start: int, ends: Mapping[str, tuple[Fraction, Fraction]]) -> tuple[arb, int]:
    """C and m with |v| <= C |z|^m for |z| >= start >= 1 and all parameters. Raises Unresolved."""
    with working(_BITS):
        tail, sides = _Family(arb(start), ends), (tree, substitute(tree, Neg(Var())))
        sizes = [size for size in map(tail.size, map(tail.of, sides)) if size is not None]
        if len(sizes) < 2:
            raise Unresolved("the growth of the link is not bounded on its tails, uniformly in the parameter")
        size = largest(*sizes)
        degree = max((j for j, c in enumerate(size) if not c.is_zero()), default=0)
        return tail.lowered(size, degree)[0], degree


#: Between f(v)/v for |v| <= 1/4, for every function that is v near 0 but for a term of second order.
_NEAR_THE_IDENTITY = {
    **dict.fromkeys(("sin", "tan", "sinh", "tanh", "atan", "expm1", "log1p"), ("0.85", "1.2")),
    "erf": ("1", "1.2"),
}


class _Beside(_Tail):
    """The induction beside a point: in x = -log|z - z0| for x >= start, on one side."""

    __slots__ = ("z",)
    z: fmpq_poly

    def __init__(self, start: arb, point: Fraction, side: int) -> None:
        super().__init__(start)
        # The algebra is frozen.
        object.__setattr__(self, "z", fmpq_poly([fmpq(point.numerator, point.denominator), side]))

    def of(self, node: Node) -> Bound:
        p = polynomial(node)
        return super().of(node) if p is None else self.polynomial(p(self.z))

    def polynomial(self, p: fmpq_poly) -> Bound:
        """p(u) for u = e^{-x}: of its lowest term, but for a factor near 1."""
        order = next((j for j, c in enumerate(p.coeffs()) if c != 0), None)
        if order is None or p.degree() == 0:
            return self.exactly(constant(arb(p[0])))
        lowest, reach = arb(p[order]), (-self.start).exp()
        higher = [abs(arb(c)) * reach ** (j + 1) for j, c in enumerate(p.coeffs()[order + 1 :])]
        rest = sum(higher, arb(0)) / abs(lowest)
        if order == 0:
            spread = lowest * arb(1, rest.abs_upper())
            return self.within(constant(spread.lower()), constant(spread.upper()))
        if not rest < 0.5:
            return Bound()
        size, rate = abs(lowest), (arb(0), arb(-order))
        mag, low = (add(constant((size * (1 + sign * rest)).log()), rate) for sign in (1, -1))
        top = constant((size * (1 + rest) * reach**order).upper())
        found = self.within(constant(0), top, mag, low)
        return found if lowest > 0 else self.negative(found)

    def size_of(self, node: Node) -> Bound:
        """|v|, whose least size is kept also where v < 0."""
        p = polynomial(node)
        if p is not None:
            found = self.of(node)
            return self.of(Neg(node)) if found.low is None else found
        if isinstance(node, Neg):
            return self.size_of(node.arg)
        if isinstance(node, Bin):
            if node.op == "*":
                return self.times(self.size_of(node.left), self.size_of(node.right))
            if node.op == "/":
                return self.quotient(self.size_of(node.left), self.size_of(node.right))
            if node.op == "**" and isinstance(node.right, Num) and node.right.value.denominator == 1:
                return self.raised(self.size_of(node.left), node.right.value)
        if isinstance(node, Call) and node.name == "abs":
            return self.size_of(node.args[0])
        if isinstance(node, Call) and (ratios := _NEAR_THE_IDENTITY.get(node.name)) is not None:
            inner = self.size_of(node.args[0])
            top = supremum(inner.hi, self.start)
            if top is not None and top < 0.25:
                low, high = (constant(arb(ratio)) for ratio in ratios)
                return self.times(inner, self.within(low, high))
        return absolute(self, self.of(node))

    def binary(self, node: Bin) -> Bound:
        found = super().binary(node)
        if node.op == "/" and found.hi is None:
            size = self.quotient(self.size_of(node.left), self.size_of(node.right))
            if size.hi is not None:
                return self.within(minus(size.hi), size.hi, size.mag)
        if node.op == "**" and isinstance(node.right, Num) and node.right.value % 2 == 0:
            return self.size_of(node)
        return found

    def call(self, node: Call) -> Bound:
        return self.size_of(node) if node.name == "abs" else super().call(node)


@lru_cache(maxsize=512)
def beside(tree: Node, point: Fraction, start: int) -> tuple[Bound, Bound]:
    """The link at point + e^{-x} and at point - e^{-x} for x >= start."""
    with working(_BITS):
        right, left = (_Beside(exact(start), point, side).of(tree) for side in (1, -1))
        return right, left
