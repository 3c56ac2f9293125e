"""The derivative of an activation: tree to tree, and its coefficients where it is a polynomial."""

from fractions import Fraction
from functools import lru_cache

import numpy as np
from flint import arb

from ...link.build import ONE, ZERO, call, combine, negate, plus, times
from ...link.text import LinkError
from ...link.tree import Bin, Call, Compare, Const, Neg, Node, Num, Var, Where
from ..precision import working
from .functions import FUNCTIONS
from .pieces import pieces
from .pointwise import compile_numpy
from .removable import polynomial

_TWO = Num(Fraction(2))
#: |<w, x>| stays inside but for a chance of 1e-32; jumps are looked for here.
_REACH = 12
#: Beyond this degree powers of z cancel too much, and He_k is better run by its recurrence.
_MAX_DEGREE = 12


@lru_cache(maxsize=4096)
def derivative(tree: Node) -> Node:
    """g'(z) wherever g is differentiable; at a kink one of the two sides."""
    if isinstance(tree, Var):
        return ONE
    if isinstance(tree, (Num, Const)):
        return ZERO
    if isinstance(tree, Neg):
        return negate(derivative(tree.arg))
    if isinstance(tree, Bin):
        return _of_operation(tree)
    if isinstance(tree, Where):
        return _choice(tree.condition, derivative(tree.then), derivative(tree.other))
    if tree.name in ("min", "max"):
        first, *rest = tree.args
        for arg in rest:
            first = call(tree.name, (first, arg))
        return _of_extremum(first) if isinstance(first, Call) else derivative(first)
    if tree.name == "clip":
        inner, low, high = tree.args
        return derivative(call("min", (call("max", (inner, low)), high)))
    if tree.name == "He":
        order, inner = tree.args
        assert isinstance(order, Num)
        if order.value == 0:
            return ZERO
        lower = call("He", (Num(order.value - 1), inner))
        return times(times(order, lower), derivative(inner))
    (inner,) = tree.args
    return times(FUNCTIONS[tree.name].slope(inner), derivative(inner))


def _of_operation(tree: Bin) -> Node:
    f, g = tree.left, tree.right
    df, dg = derivative(f), derivative(g)
    if tree.op == "+":
        return plus(df, dg)
    if tree.op == "-":
        return plus(df, negate(dg))
    if tree.op == "*":
        return plus(times(df, g), times(f, dg))
    if tree.op == "/":
        return combine("/", plus(times(df, g), negate(times(f, dg))), combine("**", g, _TWO))
    if dg == ZERO:
        return times(times(g, combine("**", f, combine("-", g, ONE))), df)
    # f^g = e^{g log f}
    inner = plus(times(dg, call("log", (f,))), times(g, combine("/", df, f)))
    return times(tree, inner)


def _of_extremum(tree: Call) -> Node:
    first, second = tree.args
    condition = Compare(">=" if tree.name == "max" else "<=", first, second)
    return _choice(condition, derivative(first), derivative(second))


def _choice(condition: object, then: Node, other: Node) -> Node:
    return then if then == other else Where(condition, then, other)  # type: ignore[arg-type]


def coefficients(tree: Node) -> tuple[float, ...] | None:
    """The coefficients of a polynomial of degree at most 12, constant first; None for any other function."""
    p = polynomial(tree)
    if p is None or p.degree() > _MAX_DEGREE:
        return None
    return tuple(float(Fraction(int(c.p), int(c.q))) for c in p.coeffs()) or (0.0,)


def require_continuous(tree: Node) -> None:
    """Raises LinkError when the activation jumps: its gradient would miss what happens at the jump."""
    if polynomial(tree) is not None:
        return
    with working(80):
        cut = pieces(tree, arb(-_REACH), arb(_REACH), 60)
        ends = np.array([[float(p.lower), float(p.upper)] for p in cut])
        parts = [compile_numpy(p.tree) for p in cut]
    scale = float(np.abs(compile_numpy(tree)(np.linspace(-3, 3, 61))).max())
    for (_, upper), (lower, _), left, right in zip(ends[:-1], ends[1:], parts[:-1], parts[1:], strict=True):
        before, after = float(left(np.array([upper]))[0]), float(right(np.array([lower]))[0])
        # Between the two lies a gap of 1e-18, over which a root changes by 1e-9.
        if not abs(before - after) <= 1e-8 * max(scale, abs(before)):
            raise LinkError(
                f"the activation jumps from {before:.4g} to {after:.4g} near {upper:.4g}, so its gradient "
                "misses the jump: write a continuous one such as relu(z), tanh(z) or He(3, z)"
            )
