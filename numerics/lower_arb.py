"""Lowering of a link to ball arithmetic: real balls for any tree, complex balls for analytic ones.

Complex evaluation is used to prove analyticity on a region: a ball that meets a branch cut or a
pole gives a ball that is not finite, and a piecewise node is refused loudly, so that a kink which
was missed can never pass for an analytic function.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import Any

from flint import acb, arb, fmpq, fmpq_poly

from ..link.tree import Bin, Call, Compare, Condition, Const, Logic, Neg, Node, Num, Var, Where, children

Ball = Any  # arb or acb: python-flint ships no type information
Lowered = Callable[[Ball], Ball]

#: Functions that are not analytic where their switching function vanishes.
PIECEWISE = frozenset({"abs", "sign", "Heaviside", "min", "max", "clip", "relu"})


def is_piecewise(node: object) -> bool:
    """Whether the node itself (not its children) switches between branches."""
    return isinstance(node, Where) or (isinstance(node, Call) and node.name in PIECEWISE)


def evaluate(tree: Node, z: Ball) -> Ball:
    """An enclosure of ``tree`` on the ball ``z``; not finite where none was found.

    ``z`` real (arb): any tree; where a switch is undecided the union of its branches.
    ``z`` complex (acb): analytic trees; a finite answer proves the tree analytic on the ball.
    Raises TypeError for a piecewise node on a complex ball.
    """
    return lower(tree)(z)


@lru_cache(maxsize=4096)
def lower(tree: Node) -> Lowered:
    """``tree`` compiled to a function of one real or complex ball."""
    if isinstance(tree, Var):
        return lambda z: z
    if isinstance(tree, Num):
        value = fmpq(tree.value.numerator, tree.value.denominator)
        return lambda z: arb(value)
    if isinstance(tree, Const):
        return (lambda z: arb.pi()) if tree.name == "pi" else (lambda z: arb(1).exp())
    if isinstance(tree, Neg):
        arg = lower(tree.arg)
        return lambda z: -arg(z)
    if isinstance(tree, Bin):
        return _binary(tree)
    if isinstance(tree, Where):
        return _where(tree)
    if tree.name == "He":
        return _hermite(tree)
    if tree.name in PIECEWISE:
        switch, args = _SWITCHES[tree.name], [lower(arg) for arg in tree.args]
        return lambda z: switch(*[_real(arg(z)) for arg in args])
    function, arg = _FUNCTIONS[tree.name], lower(tree.args[0])
    return lambda z: function(arg(z))


def decide(condition: Condition, z: arb) -> bool | None:
    """Whether the condition holds on all of the ball (True), nowhere (False), or undecided (None)."""
    if isinstance(condition, Logic):
        left, right = decide(condition.left, z), decide(condition.right, z)
        absorbing = condition.op == "or"
        if absorbing in (left, right):
            return absorbing
        return None if None in (left, right) else not absorbing
    left, right = _real(evaluate(condition.left, z)), _real(evaluate(condition.right, z))
    return compare(condition, left, right)


def compare(condition: Compare, left: arb, right: arb) -> bool | None:
    """``left op right`` for two balls: True, False, or None when the balls do not decide it."""
    below, above = bool(left < right), bool(left > right)
    equal = left.is_exact() and right.is_exact() and bool(left == right)
    if not (below or above or equal):
        if condition.op in ("<=", ">") and left <= right:
            return condition.op == "<="
        if condition.op in (">=", "<") and left >= right:
            return condition.op == ">="
        return None
    return {"<": below, "<=": below or equal, ">": above, ">=": above or equal, "==": equal, "!=": not equal}[
        condition.op
    ]


def _real(value: Ball) -> arb:
    if isinstance(value, acb):
        raise TypeError("a piecewise function was evaluated on a complex ball")
    return value


def _binary(tree: Bin) -> Lowered:
    left, right = lower(tree.left), lower(tree.right)
    if tree.op == "+":
        return lambda z: left(z) + right(z)
    if tree.op == "-":
        return lambda z: left(z) - right(z)
    if tree.op == "*":
        return lambda z: left(z) * right(z)
    if tree.op == "/":
        return lambda z: left(z) / right(z)
    if isinstance(tree.right, Num) and tree.right.value.denominator == 1:
        power = int(tree.right.value)
        return (lambda z: left(z) ** power) if power else (lambda z: arb(1))
    if isinstance(tree.right, Num):
        fraction = tree.right.value
        quotient = fmpq(fraction.numerator, fraction.denominator)
        return lambda z: _power(left(z), arb(quotient))
    return lambda z: _power(left(z), right(z))


def _power(base: Ball, exponent: Ball) -> Ball:
    if isinstance(base, acb) or isinstance(exponent, acb):
        return acb(base).pow(acb(exponent), analytic=True)
    if base > 0:
        return base**exponent
    # The link is defined wherever it is evaluated, so the base is never negative there.
    top = _nonnegative(base)
    return arb(0).union(top.upper() ** exponent) if exponent > 0 and top.upper() > 0 else base**exponent


def _nonnegative(x: arb) -> arb:
    if x.lower() >= 0 or not x.is_finite():
        return x
    return arb(0).union(arb.max(x.upper(), arb(0)))


def _sqrt(x: Ball) -> Ball:
    if isinstance(x, acb):
        return x.sqrt(analytic=True)
    if x > 0:
        return x.sqrt()
    top = _nonnegative(x)
    return arb(0).union(top.upper().sqrt()) if top.is_finite() else x.sqrt()


def _log(x: Ball) -> Ball:
    return x.log(analytic=True) if isinstance(x, acb) else x.log()


def _atan(x: Ball) -> Ball:
    if isinstance(x, acb) and not (abs(x.imag) < 1 or abs(x.real) > 0):
        return acb(arb.nan(), arb.nan())
    return x.atan()


def _sigmoid(x: Ball) -> Ball:
    if isinstance(x, arb) and x > 0:
        return 1 / (1 + (-x).exp())
    # The same function without the overflow of exp(-x) on the left.
    return 1 - 1 / (1 + x.exp()) if isinstance(x, acb) or not x < 0 else x.exp() / (1 + x.exp())


def _softplus(x: Ball) -> Ball:
    if isinstance(x, acb):
        # log(1 + e^x) = x + log(1 + e^-x): choose the side on which the exponential is small.
        return x + (1 + (-x).exp()).log(analytic=True) if x.real > 0 else (1 + x.exp()).log(analytic=True)
    return x + (-x).exp().log1p() if x > 0 else x.exp().log1p()


def _gelu(x: Ball) -> Ball:
    return x * (1 + (x / arb(2).sqrt()).erf()) / 2


_FUNCTIONS: dict[str, Callable[[Ball], Ball]] = {
    "exp": lambda x: x.exp(), "log": _log, "sqrt": _sqrt, "sin": lambda x: x.sin(), "cos": lambda x: x.cos(),
    "tan": lambda x: x.tan(), "sinh": lambda x: x.sinh(), "cosh": lambda x: x.cosh(),
    "tanh": lambda x: x.tanh(), "atan": _atan, "erf": lambda x: x.erf(), "sigmoid": _sigmoid,
    "softplus": _softplus, "gelu": _gelu,
}  # fmt: skip


def _extreme(pick: Callable[[arb, arb], arb]) -> Callable[..., arb]:
    def fold(*args: arb) -> arb:
        best = args[0]
        for arg in args[1:]:
            best = pick(best, arg)
        return best

    return fold


_SWITCHES: dict[str, Callable[..., arb]] = {
    "abs": lambda x: abs(x), "sign": lambda x: x.sgn(), "Heaviside": lambda x: (x.sgn() + 1) / 2,
    "min": _extreme(arb.min), "max": _extreme(arb.max), "relu": lambda x: arb.max(x, arb(0)),
    "clip": lambda x, low, high: arb.min(arb.max(x, low), high),
}  # fmt: skip


def _where(tree: Where) -> Lowered:
    then, other = lower(tree.then), lower(tree.other)

    def choose(z: Ball) -> Ball:
        holds = decide(tree.condition, _real(z))
        if holds is None:
            return _real(then(z)).union(_real(other(z)))
        return then(z) if holds else other(z)

    return choose


def _hermite(tree: Call) -> Lowered:
    order, arg = hermite_order(tree), lower(tree.args[1])

    def recur(z: Ball) -> Ball:
        x = arg(z)
        before, current = arb(0), arb(1)
        for k in range(order):
            before, current = current, x * current - k * before
        return current

    return recur


def hermite_order(tree: Call) -> int:
    """The order k of the node He_k(x)."""
    order = tree.args[0]
    if not isinstance(order, Num):
        raise ValueError("the order of a Hermite polynomial must be a number")
    return int(order.value)


@lru_cache(maxsize=4096)
def polynomial(tree: Node) -> fmpq_poly | None:
    """``tree`` as an exact polynomial in z with rational coefficients, or None when it is not one."""
    if isinstance(tree, Var):
        return fmpq_poly([0, 1])
    if isinstance(tree, Num):
        return fmpq_poly([fmpq(tree.value.numerator, tree.value.denominator)])
    if isinstance(tree, (Const, Where)):
        return None
    if isinstance(tree, Call):
        arg = polynomial(tree.args[1]) if tree.name == "He" else None
        if arg is None:
            return None
        before, current = fmpq_poly([0]), fmpq_poly([1])
        for k in range(hermite_order(tree)):
            before, current = current, arg * current - k * before
        return current
    parts = [polynomial(child) for child in children(tree)]  # type: ignore[arg-type]
    if None in parts:
        return None
    return -parts[0] if isinstance(tree, Neg) else _combine(tree, parts)


def _combine(tree: Bin, parts: list[fmpq_poly]) -> fmpq_poly | None:
    left, right = parts
    if tree.op == "+":
        return left + right
    if tree.op == "-":
        return left - right
    if tree.op == "*":
        return left * right
    if right.degree() > 0 or (tree.op == "/" and right.degree() < 0):
        return None
    constant = right[0]
    if tree.op == "/":
        return left * (1 / constant)
    return left ** int(constant.p) if constant.q == 1 and constant >= 0 else None
