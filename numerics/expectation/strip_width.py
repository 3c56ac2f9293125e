"""How far from the line a link is analytic: a half width a of a strip |Im z| < a, from the syntax tree alone.

By induction: sums, products and entire functions of what is analytic are analytic, and tanh, sigmoid,
softplus and atan are as long as the imaginary part of their argument stays below their nearest singularity.
"""

from __future__ import annotations

import math
from functools import lru_cache

from flint import arb

from ...link.tree import Bin, Call, Const, Neg, Node, Num, Var, is_constant
from ..lowering.arb import compile_arb
from ..lowering.functions import FUNCTIONS
from ..precision import working

_BITS = 53


@lru_cache(maxsize=4096)
def height(tree: Node) -> float:
    """A number a such that the link is analytic where |Im z| < a, or 0 where none is seen."""
    if isinstance(tree, (Var, Num, Const)):
        return math.inf
    if isinstance(tree, Neg):
        return height(tree.arg)
    if isinstance(tree, Bin):
        return _binary(tree)
    if not isinstance(tree, Call):
        return 0.0
    if is_constant(tree):
        return math.inf
    strip = FUNCTIONS[tree.name].strip
    if math.isinf(strip):
        return min(map(height, tree.args))
    if not strip:
        return 0.0
    with working(_BITS):
        slope = _slope(tree.args[0])
        # Im w = slope Im z for an affine argument w.
        if slope is None or not slope.is_finite():
            return 0.0
        steepest = float(slope.abs_upper()) * (1 + 1e-12)
        return strip / steepest if steepest else math.inf


def _binary(tree: Bin) -> float:
    if tree.op in "+-*":
        return min(height(tree.left), height(tree.right))
    if tree.op == "/":
        return height(tree.left) if is_constant(tree.right) else 0.0
    power = tree.right.value if isinstance(tree.right, Num) else None
    return height(tree.left) if power is not None and power.denominator == 1 and power >= 0 else 0.0


def _slope(tree: Node) -> arb | None:
    """The derivative of what is affine in z by its syntax."""
    if isinstance(tree, Var):
        return arb(1)
    if is_constant(tree):
        return arb(0)
    if isinstance(tree, Neg):
        inner = _slope(tree.arg)
        return None if inner is None else -inner
    if not isinstance(tree, Bin):
        return None
    if tree.op in "+-":
        left, right = _slope(tree.left), _slope(tree.right)
        if left is None or right is None:
            return None
        return left + right if tree.op == "+" else left - right
    for factor, other in ((tree.left, tree.right), (tree.right, tree.left)):
        if tree.op == "*" and is_constant(factor) and (inner := _slope(other)) is not None:
            return inner * arb(compile_arb(factor)(arb(0)))
    if tree.op == "/" and is_constant(tree.right) and (inner := _slope(tree.left)) is not None:
        return inner / arb(compile_arb(tree.right)(arb(0)))
    return None
