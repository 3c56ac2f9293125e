"""Lowering a syntax tree to ball arithmetic: real balls, complex boxes, and real balls with a derivative.

Piecewise functions have two readings. On real balls they give the hull of every branch that the ball
meets, which is always true. On complex boxes they are refused: an integrand must first be split into
pieces on which it is analytic, so a kink that was missed fails loudly instead of giving a false ball.
"""

from fractions import Fraction
from functools import lru_cache

from flint import acb, arb, fmpq

from ...link.domain import singular_points
from ...link.tree import (
    ARITHMETIC,
    Bin,
    Call,
    Compare,
    Condition,
    Const,
    Neg,
    Node,
    Num,
    Var,
    Where,
    kleene,
    walk,
)
from ..precision import exact
from .balls import ON_BALLS, Ball, Dual, Function, exp, log, natural, one


class NotAnalytic(ValueError):
    """A piecewise function met a complex box: the pieces were not resolved."""


_ONE = arb(1)


def hermite(order: int, x: Ball) -> Ball:
    """He_order(x), the probabilists' Hermite polynomial, by its recurrence."""
    if order == 0:
        return one(x)
    if order == 1:
        return x
    before, current = x, x * x - _ONE
    for k in range(2, order):
        before, current = current, x * current - before * k
    return current


def power(x: Ball, exponent: Fraction) -> Ball:
    if exponent.denominator == 1:
        return _whole(x, exponent.numerator)
    q = fmpq(exponent.numerator, exponent.denominator)
    if isinstance(x, acb):
        return x.pow(q, analytic=True)
    if isinstance(x, arb):
        # Only a positive exponent reaches 0, where the power is 0 and increasing.
        if x > 0:
            return x**q
        return arb(0).union(x.upper() ** q) if q > 0 and x.upper() > 0 else arb.nan()
    return exp(log(x) * exact(exponent))


def _whole(x: Ball, n: int) -> Ball:
    raised = x ** abs(n) if isinstance(x, Dual) else natural(x, abs(n))
    return raised if n >= 0 else one(x) / raised


@lru_cache(maxsize=1024)
def compile_arb(tree: Node) -> Function:
    """The function of ``tree`` on arb, acb or Dual numbers, at the precision of each call.

    Raises NotAnalytic when a complex box or a Dual reaches a piecewise function.
    """
    if isinstance(tree, Var):
        return lambda x: x
    if isinstance(tree, Num):
        value = fmpq(tree.value.numerator, tree.value.denominator)
        return lambda x: arb(value)
    if isinstance(tree, Const):
        return lambda x: arb.pi() if tree.name == "pi" else arb.const_e()
    if isinstance(tree, Neg):
        inner = compile_arb(tree.arg)
        return lambda x: -inner(x)
    if isinstance(tree, Bin):
        return _binary(tree)
    if isinstance(tree, Where):
        return _where(tree)
    if tree.name == "He":
        order, argument = tree.args
        assert isinstance(order, Num)
        n, inner = int(order.value), compile_arb(argument)
        return lambda x: hermite(n, inner(x))
    args = [compile_arb(arg) for arg in tree.args]
    function = ON_BALLS[tree.name].value
    if ON_BALLS[tree.name].analytic:
        inner = args[0]
        return lambda x: function(inner(x))
    return lambda x: function(*(_real(f(x)) for f in args))


@lru_cache(maxsize=1024)
def compile_link(tree: Node) -> Function:
    """The same with the limits of ``tree`` at its removable singularities, on arb and acb."""
    plain = compile_arb(tree)
    if not singular_points(tree):
        return plain
    return lambda x: _continued(tree, [x], [plain(x)])[0]


def values(tree: Node, xs: list[Ball]) -> list[Ball]:
    """The function of ``tree`` at each of ``xs``, which are all arb or all acb: one pass over the tree."""
    return _continued(tree, xs, _values(tree, xs))


def both_sides(tree: Node, xs: list[Ball]) -> tuple[list[Ball], list[Ball]]:
    """The function of ``tree`` at ``xs`` and at their negatives; odd and even parts are computed once."""
    right, left = _both_sides(tree, xs)
    return _continued(tree, xs, right), _continued(tree, [-x for x in xs], left)


def _continued(tree: Node, xs: list[Ball], ys: list[Ball]) -> list[Ball]:
    """The values, with those around a removable singularity found by its series."""
    if all(y.is_finite() for y in ys) or not singular_points(tree):
        return ys
    # Not loaded for other links: a check of their certificates does not rest on it.
    from .removable import continued

    return [y if y.is_finite() else continued(tree, x) for x, y in zip(xs, ys, strict=True)]


def _values(tree: Node, xs: list[Ball]) -> list[Ball]:
    if isinstance(tree, Var):
        return xs
    if isinstance(tree, Neg):
        return [-y for y in _values(tree.arg, xs)]
    if isinstance(tree, Bin):
        if tree.op == "**" and isinstance(tree.right, Num):
            exponent, inner = tree.right.value, _values(tree.left, xs)
            if exponent.denominator == 1 and exponent >= 0:
                return [natural(y, exponent.numerator) for y in inner]
            return [power(y, exponent) for y in inner]
        if tree.op != "**":
            return list(map(ARITHMETIC[tree.op], _values(tree.left, xs), _values(tree.right, xs)))
    if isinstance(tree, Call) and ON_BALLS[tree.name].analytic:
        function, inner = ON_BALLS[tree.name], _values(tree.args[0], xs)
        # FLINT's own method, where there is one that needs no care at a cut.
        plain = getattr(type(inner[0]), tree.name) if function.meromorphic else function.value
        return list(map(plain, inner))
    if isinstance(tree, (Num, Const)):
        return [compile_arb(tree)(arb(0))] * len(xs)
    compiled = compile_arb(tree)
    return [compiled(x) for x in xs]


def _both_sides(tree: Node, xs: list[Ball]) -> tuple[list[Ball], list[Ball]]:
    if sign := symmetry(tree):
        right = _values(tree, xs)
        return right, right if sign > 0 else [-y for y in right]
    if isinstance(tree, Bin) and tree.op != "**":
        pairs = zip(_both_sides(tree.left, xs), _both_sides(tree.right, xs), strict=True)
        plus, minus = (list(map(ARITHMETIC[tree.op], a, b)) for a, b in pairs)
        return plus, minus
    # Not on boxes, where x and f(x) would vary apart.
    real = isinstance(xs[0], arb)
    mirrored = ON_BALLS[tree.name].mirrored if real and isinstance(tree, Call) else None
    if mirrored is not None and isinstance(tree, Call) and symmetry(tree.args[0]) < 0:
        inner = _values(tree.args[0], xs)
        right = list(map(ON_BALLS[tree.name].value, inner))
        return right, list(map(mirrored, inner, right))
    return _values(tree, xs), _values(tree, [-x for x in xs])


def _binary(tree: Bin) -> Function:
    f = compile_arb(tree.left)
    if tree.op == "**" and isinstance(tree.right, Num):
        exponent = tree.right.value
        if exponent.denominator == 1:
            n = exponent.numerator
            return lambda x: _whole(f(x), n)
        return lambda x: power(f(x), exponent)
    g = compile_arb(tree.right)
    if tree.op == "**":
        return lambda x: exp(g(x) * log(f(x)))
    operation = ARITHMETIC[tree.op]
    return lambda x: operation(f(x), g(x))


def _where(tree: Where) -> Function:
    then, other = compile_arb(tree.then), compile_arb(tree.other)

    def apply(x: Ball) -> Ball:
        truth = holds(tree.condition, _real(x))
        if truth is None:
            return _real(then(x)).union(_real(other(x)))
        return then(x) if truth else other(x)

    return apply


def holds(condition: Condition, x: arb) -> bool | None:
    """Whether the condition is true (or false) on all of the real ball ``x``; None when undecided."""
    if isinstance(condition, Compare):
        gap = compile_arb(condition.left)(x) - compile_arb(condition.right)(x)
        if gap > 0:
            return condition.op in (">", ">=", "!=")
        if gap < 0:
            return condition.op in ("<", "<=", "!=")
        if gap.is_zero():
            return condition.op in ("<=", ">=", "==")
        return None
    return kleene(condition.op, holds(condition.left, x), holds(condition.right, x))


def _real(x: Ball) -> arb:
    if isinstance(x, arb):
        return x
    raise NotAnalytic("a piecewise function is not analytic on a box: split the line at its kinks first")


@lru_cache(maxsize=4096)
def symmetry(tree: Node) -> int:
    """1 when s(-z) = s(z), -1 when s(-z) = -s(z), 0 when neither is seen by induction on the tree."""
    if isinstance(tree, Var):
        return -1
    if isinstance(tree, (Num, Const)):
        return 1
    if isinstance(tree, Neg):
        return symmetry(tree.arg)
    if isinstance(tree, Bin):
        return _symmetry_of(tree)
    if isinstance(tree, Where):
        return symmetry(tree.then) if _even(tree) and symmetry(tree.then) == symmetry(tree.other) else 0
    sides = {symmetry(arg) for arg in tree.args}
    if sides == {1}:
        return 1
    if tree.name == "He" and isinstance(tree.args[0], Num):
        inner = symmetry(tree.args[1])
        return inner if inner != -1 else 1 - 2 * int(tree.args[0].value % 2)
    return ON_BALLS[tree.name].parity if sides == {-1} else 0


def _even(tree: Where) -> bool:
    """Whether the condition holds at -z where it holds at z."""
    compared = [part for part in walk(tree.condition) if isinstance(part, Compare)]
    return all(symmetry(side) == 1 for part in compared for side in (part.left, part.right))


def _symmetry_of(tree: Bin) -> int:
    left, right = symmetry(tree.left), symmetry(tree.right)
    if tree.op in "+-":
        # A parameter of a family may be 0.
        return left if left == right or tree.right == Num(Fraction(0)) else 0
    if tree.op in "*/":
        return left * right
    if left == 1 and right == 1:
        return 1
    whole = isinstance(tree.right, Num) and tree.right.value.denominator == 1
    if left == -1 and whole and isinstance(tree.right, Num):
        return -1 if tree.right.value % 2 else 1
    return 0
