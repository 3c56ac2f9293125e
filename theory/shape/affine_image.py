"""A link as c u + d with exact numbers c, d and a core u that is no such image itself."""

from __future__ import annotations

import sympy

from ...link.tree import Bin, Neg, Node
from ..exact.functions import plain
from ..exact.lower import constant


def affine_image(tree: Node) -> tuple[sympy.Expr, sympy.Expr, Node]:
    """(c, d, u) with s = c u + d."""
    if isinstance(tree, Neg):
        c, d, core = affine_image(tree.arg)
        return -c, -d, core
    if isinstance(tree, Bin):
        left, right = constant(tree.left), constant(tree.right)
        if right is not None and left is None:
            c, d, core = affine_image(tree.left)
            if tree.op in ("+", "-"):
                return c, d + right if tree.op == "+" else d - right, core
            if tree.op in ("*", "/"):
                factor = right if tree.op == "*" else 1 / right
                return c * factor, sympy.expand(d * factor), core
        if left is not None and right is None and tree.op in ("+", "-", "*"):
            c, d, core = affine_image(tree.right)
            if tree.op == "*":
                return c * left, sympy.expand(d * left), core
            return (c, d + left, core) if tree.op == "+" else (-c, left - d, core)
    if (meant := plain(tree)) is not None and isinstance(meant, Bin) and meant.op in "+-":
        return affine_image(meant)
    return sympy.S.One, sympy.S.Zero, tree
