"""How fast a link grows, for the checker: polynomial bounds of every sub-expression on a tail.

Coarse on purpose: it must be easy to read, and it only bounds what lies beyond the integration.
"""

from dataclasses import dataclass
from fractions import Fraction
from math import ceil

from flint import arb, arb_poly

from ...link.tree import Bin, Call, Compare, Neg, Node, Num, Var, Where, by_sign, combined, is_constant, whole
from ...numerics.lowering.arb import compile_arb
from ...numerics.precision import exact

#: (lo, hi): lo(x) <= v(x) <= hi(x) on a tail; None where nothing is known. The same object twice: exactly.
Range = tuple[arb_poly | None, arb_poly | None]
_ANY: Range = (None, None)
_BOUNDED = {"tanh": 1, "erf": 1, "sin": 1, "cos": 1, "sign": 1, "atan": 2}


def constant(value: arb | int) -> arb_poly:
    return arb_poly([value])


def same(p: arb_poly) -> Range:
    return p, p


def larger(p: arb_poly, q: arb_poly) -> arb_poly:
    """Coefficientwise maximum, above both for x >= 0."""
    return arb_poly([p[i].max(q[i]) for i in range(max(len(p), len(q)))])


def positive(p: arb_poly) -> arb_poly:
    """A polynomial with coefficients >= 0 above p, for x >= 0."""
    return larger(p, arb_poly([]))


def size(v: Range) -> arb_poly:
    """A polynomial with coefficients >= 0 above |v|, for x >= 0."""
    low, high = ([abs(c) for c in p.coeffs()] if p is not None else [] for p in v)
    return larger(arb_poly(low), arb_poly(high))


def total(v: Range, w: Range) -> Range:
    if v[0] is v[1] and w[0] is w[1] and v[0] is not None and w[0] is not None:
        return same(v[0] + w[0])
    low, high = (None if p is None or q is None else p + q for p, q in zip(v, w, strict=True))
    return low, high


def negative(v: Range) -> Range:
    high, low = (None if p is None else -p for p in v)
    return (low, low) if v[0] is v[1] else (low, high)


def either(v: Range, w: Range) -> Range:
    hi = None if v[1] is None or w[1] is None else larger(v[1], w[1])
    return None if v[0] is None or w[0] is None else -larger(-v[0], -w[0]), hi


@dataclass(frozen=True, slots=True)
class Tail:
    """Bounds of sub-expressions on z = side * x, x >= start > 0."""

    side: int
    start: arb

    def of(self, node: Node) -> Range:
        """(lo, hi) with lo(x) <= node(side * x) <= hi(x) for every x >= start; None where unknown."""
        if isinstance(node, Var):
            return same(arb_poly([0, self.side]))
        if is_constant(node):
            return same(constant(compile_arb(node)(arb(0))))
        if isinstance(node, Neg):
            return negative(self.of(node.arg))
        if isinstance(node, Bin):
            return self._binary(node)
        if isinstance(node, Where):
            holds = combined(node.condition, self._compared)
            if holds is not None:
                return self.of(node.then if holds else node.other)
            return either(self.of(node.then), self.of(node.other))
        assert isinstance(node, Call)
        return self._call(node)

    def lowest(self, p: arb_poly | None) -> arb | None:
        """A lower bound of p on the tail, when its coefficients about the start show one."""
        if p is None:
            return None
        first, *rest = p(arb_poly([self.start, 1])).coeffs() or [arb(0)]
        return first if all(c >= 0 for c in rest) else None

    def highest(self, p: arb_poly | None) -> arb | None:
        """An upper bound of p on the tail."""
        below = None if p is None else self.lowest(-p)
        return None if below is None else -below

    def sign(self, v: Range) -> int | None:
        """+1 or -1 where v keeps that sign strictly, else None."""
        low, high = self.lowest(v[0]), self.highest(v[1])
        if low is not None and low > 0:
            return 1
        return -1 if high is not None and high < 0 else None

    def _compared(self, part: Compare) -> bool | None:
        return by_sign(part.op, self.sign(total(self.of(part.left), negative(self.of(part.right)))))

    def _binary(self, node: Bin) -> Range:
        left = self.of(node.left)
        if node.op == "**":
            if isinstance(node.right, Num):
                return self._power(left, node.right.value)
            return self.of(_exponential(node))
        right = self.of(node.right)
        if node.op == "+":
            return total(left, right)
        if node.op == "-":
            return total(left, negative(right))
        if node.op == "*":
            damped = self._damped(node.left, right) or self._damped(node.right, left)
            return damped or self._product(left, right)
        return self._product(left, self._inverse(right))

    def _product(self, v: Range, w: Range) -> Range:
        if v[0] is v[1] and w[0] is w[1] and v[0] is not None and w[0] is not None:
            return same(v[0] * w[0])
        for (low, high), other in ((v, w), (w, v)):
            if low is high and low is not None and low.degree() <= 0:
                return self._scaled(low[0], other)
        if v[0] is None or v[1] is None or w[0] is None or w[1] is None:
            return _ANY
        if self._nonnegative(v) and self._nonnegative(w):
            return v[0] * w[0], v[1] * w[1]
        top = size(v) * size(w)
        return -top, top

    def _scaled(self, factor: arb, v: Range) -> Range:
        """A constant times v."""
        if not (factor >= 0 or factor <= 0):
            return _ANY
        low, high = (None if p is None else p * factor for p in v)
        return (low, high) if factor >= 0 else (high, low)

    def _damped(self, factor: Node, v: Range) -> Range | None:
        """e^q v, bounded where q falls faster than v can rise."""
        if not isinstance(factor, Call) or factor.name != "exp" or None in v:
            return None
        exponent = self.of(factor.args[0])[1]
        top = None if exponent is None else self.highest(exponent + self._log(size(v)))
        if top is None:
            return None
        return constant(0 if self._nonnegative(v) else -top.exp()), constant(top.exp())

    def _nonnegative(self, v: Range) -> bool:
        low = self.lowest(v[0])
        return low is not None and bool(low >= 0)

    def _inverse(self, v: Range) -> Range:
        if self.sign(v) == -1:
            return negative(self._inverse(negative(v)))
        low, high = self.lowest(v[0]), self.highest(v[1])
        if low is None or not low > 0:
            return _ANY
        if high is None:
            return constant(0), constant(1 / low)
        most = constant(1 / low)
        return same(most) if v[0] is v[1] else (constant(1 / high), most)

    def _power(self, v: Range, exponent: Fraction) -> Range:
        if exponent < 0:
            return self._inverse(self._power(v, -exponent))
        if exponent.denominator > 1:
            return constant(0), None if v[1] is None else self._root(v[1], exponent)
        result: Range = same(constant(1))
        for _ in range(int(exponent)):
            result = self._product(result, v)
        if exponent % 2 == 0 and result[0] is not result[1]:
            return constant(0), result[1]
        return result

    def _root(self, p: arb_poly, q: Fraction) -> arb_poly:
        """Above p^q: p(x) <= P(R) (x/R)^d with P of coefficients >= 0, and (x/R)^{dq} <= (x/R)^{ceil dq}."""
        height = (positive(p)(self.start) + arb("1e-300")).upper()
        degree = ceil(max(p.degree(), 0) * q)
        return arb_poly([*[0] * degree, (height.log() * exact(q)).exp() / self.start**degree])

    def _call(self, node: Call) -> Range:
        name = node.name
        if name == "He":
            return self._hermite(whole(node.args[0]), self.of(node.args[1]))
        if name in _BOUNDED:
            return self._monotone(name, self.of(node.args[0]))
        args = [self.of(arg) for arg in node.args]
        v = args[0]
        if name in ("max", "min", "clip"):
            return self._chosen(name, args)
        if name == "exp":
            return self._exponential(v)
        if name == "log":
            return self._logarithm(v)
        if name == "sqrt":
            return self._power(v, Fraction(1, 2))
        if name == "abs":
            sign = self.sign(v)
            if sign is not None:
                return v if sign > 0 else negative(v)
            return constant(0), None if None in v else size(v)
        if name == "Heaviside":
            sign = self.sign(v)
            return (constant(0), constant(1)) if sign is None else same(constant(int(sign > 0)))
        if name == "sigmoid":
            # (1 + tanh(v/2))/2
            half = arb(1) / 2
            return self._scaled(half, total(self._monotone("tanh", self._scaled(half, v)), same(constant(1))))
        if name == "expm1":
            return total(self._exponential(v), same(constant(-1)))
        if name == "log1p":
            return self._logarithm(total(v, same(constant(1))))
        if name in ("relu", "softplus", "gelu", "silu"):
            above = self._maximum(v, same(constant(0)))
            extra = arb(2).log() if name == "softplus" else arb(0)
            # gelu(v) >= max(v, 0) - 0.18 and silu(v) >= max(v, 0) - 0.279
            under = {"gelu": arb("-0.18"), "silu": arb("-0.279")}.get(name, arb(0))
            return total(above, (constant(under), constant(extra)))
        return self._hyperbolic(name, v)

    def _monotone(self, name: str, v: Range) -> Range:
        if name == "sign" and (sign := self.sign(v)) is not None:
            return same(constant(sign))
        limit = arb(_BOUNDED[name])
        low = high = None
        if name in ("tanh", "erf", "atan"):
            low, high = self.lowest(v[0]), self.highest(v[1])
        bounds = (
            -limit if low is None else getattr(low, name)(),
            limit if high is None else getattr(high, name)(),
        )
        return constant(bounds[0]), constant(bounds[1])

    def _hermite(self, order: int, v: Range) -> Range:
        before, current = same(constant(1)), v
        for k in range(1, order):
            step = negative(self._product(before, same(constant(k))))
            before, current = current, total(self._product(v, current), step)
        return current if order else before

    def _exponential(self, v: Range) -> Range:
        high = self.highest(v[1])
        low = constant(0)
        if v[0] is not None and self._nonnegative(v):
            # e^v >= 1 + v + v^2/2 + v^3/6 for v >= 0.
            low = arb_poly([1, 1, arb(1) / 2, arb(1) / 6])(v[0])
        return low, None if high is None else constant(high.exp())

    def _logarithm(self, v: Range) -> Range:
        low = self.lowest(v[0])
        lowest = None if low is None or not low > 0 else constant(low.log())
        return lowest, None if v[1] is None else self._log(v[1])

    def _log(self, p: arb_poly) -> arb_poly:
        """A linear function above log |p|: |p(x)| <= P(R) e^{deg P (x - R)/R} with P of coefficients >= 0."""
        height = (size(same(p))(self.start) + arb("1e-300")).upper()
        degree = max(p.degree(), 0)
        return arb_poly([height.log() - degree, arb(degree) / self.start])

    def log_size(self, node: Node) -> arb_poly | None:
        """A polynomial m with |v(x)| <= e^{m(x)}, also where v outgrows every polynomial."""
        v = self.of(node)
        if v[0] is not None and v[1] is not None:
            return self._log(size(v))
        if isinstance(node, Neg):
            return self.log_size(node.arg)
        if isinstance(node, Bin) and node.op == "**" and not isinstance(node.right, Num):
            return self.log_size(_exponential(node))
        if isinstance(node, Call) and node.name in ("exp", "expm1", "sinh", "cosh"):
            inner = self.of(node.args[0])
            if node.name == "expm1":
                # |e^v - 1| <= e^max(v, 0)
                return None if inner[1] is None else positive(inner[1])
            return inner[1] if node.name == "exp" else None if None in inner else size(inner)
        if not isinstance(node, Bin) or node.op not in ("+", "-", "*"):
            return None
        left, right = self.log_size(node.left), self.log_size(node.right)
        if left is None or right is None:
            return None
        return left + right if node.op == "*" else larger(left, right) + arb(2).log()

    def _hyperbolic(self, name: str, v: Range) -> Range:
        low, high = self.lowest(v[0]), self.highest(v[1])
        if low is not None and high is not None and name in ("sinh", "cosh", "tan"):
            ball = compile_arb(Call(name, (Var(),)))(low.union(high))
            return constant(ball.lower()), constant(ball.upper())
        if name not in ("sinh", "cosh") or v[0] is None or v[1] is None:
            return _ANY
        if self.sign(v) == -1:
            mirrored = self._hyperbolic(name, negative(v))
            return mirrored if name == "cosh" else negative(mirrored)
        if not self._nonnegative(v):
            return (constant(1), None) if name == "cosh" else _ANY
        # Two terms of the series, all of whose terms are positive.
        series = arb_poly([0, 1, 0, arb(1) / 6] if name == "sinh" else [1, 0, 0, 0, arb(1) / 24])
        return series(v[0]), None

    def _chosen(self, name: str, args: list[Range]) -> Range:
        if name == "clip":
            return self._minimum(self._maximum(args[0], args[1]), args[2])
        result = args[0]
        for other in args[1:]:
            result = self._maximum(result, other) if name == "max" else self._minimum(result, other)
        return result

    def _maximum(self, v: Range, w: Range) -> Range:
        sign = self.sign(total(v, negative(w)))
        if sign is not None:
            return v if sign > 0 else w
        hi = None if v[1] is None or w[1] is None else larger(v[1], w[1])
        steady = self.lowest(w[0]) is not None and self.lowest(v[0]) is None
        return w[0] if v[0] is None or steady else v[0], hi

    def _minimum(self, v: Range, w: Range) -> Range:
        return negative(self._maximum(negative(v), negative(w)))


def _exponential(power: Bin) -> Call:
    """a**b as e^(b log a)."""
    return Call("exp", (Bin("*", power.right, Call("log", (power.left,))),))
