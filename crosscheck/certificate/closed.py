"""What is known exactly of a polynomial and of a link of finitely many levels: what is 0, and why."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

from ...link import Noise
from ...link.tree import Bin, Call, Const, Neg, Node, Num, Var, is_constant
from .arithmetic.exact import Exact, Unknown, exact_value
from .arithmetic.work import NotConfirmed, Work
from .levels import Steps, steps_of

#: No polynomial of a higher degree is multiplied out.
_DEGREE = 60
Poly = list[Exact]
_ZERO, _ONE = Exact({}), Exact.of(1)


def polynomial(node: Node) -> Poly:
    """The coefficients, from the constant on. Raises Unknown."""
    if is_constant(node):
        return [exact_value(node)]
    if isinstance(node, Var):
        return [_ZERO, _ONE]
    if isinstance(node, Neg):
        return _times([-_ONE], polynomial(node.arg))
    if isinstance(node, Call) and node.name == "He" and isinstance(node.args[0], Num):
        return _hermite(int(node.args[0].value), polynomial(node.args[1]))
    if not isinstance(node, Bin):
        raise Unknown
    left = polynomial(node.left)
    if node.op == "**":
        if not isinstance(node.right, Num) or node.right.value.denominator > 1 or node.right.value < 0:
            raise Unknown
        return _raised(left, int(node.right.value))
    if node.op == "/":
        if not is_constant(node.right):
            raise Unknown
        return _times(left, [exact_value(node.right).power(-1)])
    right = polynomial(node.right)
    if node.op == "*":
        return _times(left, right)
    return _plus(left, right if node.op == "+" else _times([-_ONE], right))


def _plus(p: Poly, q: Poly) -> Poly:
    length = max(len(p), len(q))
    p, q = p + [_ZERO] * (length - len(p)), q + [_ZERO] * (length - len(q))
    total = [a + b for a, b in zip(p, q, strict=True)]
    while len(total) > 1 and total[-1].is_zero:
        total.pop()
    return total


def _times(p: Poly, q: Poly) -> Poly:
    if len(p) + len(q) > _DEGREE:
        raise Unknown
    result = [_ZERO] * (len(p) + len(q) - 1)
    for i, a in enumerate(p):
        for j, b in enumerate(q):
            result[i + j] += a * b
    return result


def _raised(p: Poly, power: int) -> Poly:
    result = [_ONE]
    for _ in range(power):
        result = _times(result, p)
    return result


def _hermite(order: int, p: Poly) -> Poly:
    before, current = [_ONE], p
    for j in range(1, order):
        before, current = current, _plus(_times(p, current), _times([Exact.of(-j)], before))
    return current if order else before


@dataclass(frozen=True, slots=True)
class Closed:
    """The polynomial or the steps that s is, where it is one of them."""

    polynomial: Poly | None
    steps: Steps | None

    @classmethod
    def of(cls, tree: Node, work: Work) -> Closed:
        try:
            return cls(polynomial(tree), None)
        except Unknown:
            pass
        try:
            return cls(None, steps_of(tree, work))
        except NotConfirmed:
            return cls(None, None)

    def moment(self, power: int, k: int) -> Exact:
        """E[s^power He_k], power >= 1. Raises Unknown."""
        if self.polynomial is not None:
            product = _times(_raised(self.polynomial, power), _hermite(k, [_ZERO, _ONE]))
            total, moment = _ZERO, Fraction(1)
            for n in range(0, len(product), 2):
                total += product[n] * Exact.of(moment)
                moment *= n + 1
            return total
        root = exact_value(Const("pi")) * Exact.of(2)
        return self._summed(k, lambda v: v.power(power)) * root.power(Fraction(-1, 2))

    def carries_no(self, k: int) -> bool:
        """Whether E[He_k | s] = 0 is shown: every level has the weight 0."""
        try:
            return self.steps is not None and all(w.is_zero for _, w in self.steps.exact_weights(k))
        except Unknown:
            return False

    def signal(self, k: int, kind: str, noise: Noise, t: Exact) -> Exact:
        """A positive multiple of the signal of order k at t. Raises Unknown."""
        if self.polynomial is not None:
            return self._of_parabola(k, kind, noise, t)
        if kind == "weight":
            return self._summed(k, lambda v: (v * t).exponential())
        if kind == "centered" or noise.kind != "none":
            raise Unknown
        return self._summed(k, lambda v: v * (v * t).exponential())

    def _summed(self, k: int, f) -> Exact:  # type: ignore[no-untyped-def]
        if self.steps is None:
            raise Unknown
        total = _ZERO
        for v, w in self.steps.exact_weights(k):
            total += Exact({}) if w.is_zero else f(v) * w
        return total

    def _of_parabola(self, k: int, kind: str, noise: Noise, t: Exact) -> Exact:
        """s = a z^2 + b z + c: under the tilt Z has the variance 1/(1 - 2at) and the mean bt/(1 - 2at)."""
        assert self.polynomial is not None
        if len(self.polynomial) > 3 or noise.kind not in ("none", "gaussian"):
            raise Unknown
        c, b, a = [*self.polynomial, _ZERO, _ZERO][:3]
        two = Exact.of(2)
        variance = (_ONE - two * a * t).power(-1)
        mean, excess = b * t * variance, variance - _ONE
        growth = two * a * variance * variance
        drift = b * variance + b * t * growth
        # g_j = E He_j under the tilt, and its derivative in t.
        g = [_ONE, mean]
        for j in range(1, k):
            g.append(mean * g[j] + Exact.of(j) * excess * g[j - 1])
        slope = Exact.of(k) * drift * g[k - 1]
        if k > 1:
            slope += Exact.of(Fraction(k * (k - 1), 2)) * growth * g[k - 2]
        if kind == "weight":
            return g[k]
        if kind == "centered":
            return slope
        value = c + a * (variance + mean * mean) + b * mean
        if noise.kind == "gaussian":
            value += Exact.of(noise.scale**2) * t
        return value * g[k] + slope
