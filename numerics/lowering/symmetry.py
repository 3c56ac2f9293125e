"""Whether a link is odd or even in z, read off the syntax tree: half of the work on both sides of 0."""

from __future__ import annotations

from functools import lru_cache

from ...link.tree import Bin, Call, Const, Neg, Node, Num, Var
from .balls import ON_BALLS


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
        return _binary(tree)
    if not isinstance(tree, Call):
        return 0
    sides = {symmetry(arg) for arg in tree.args}
    if sides == {1}:
        return 1
    if tree.name == "He" and isinstance(tree.args[0], Num):
        inner = symmetry(tree.args[1])
        return inner if inner != -1 else 1 - 2 * int(tree.args[0].value % 2)
    return ON_BALLS[tree.name].parity if sides == {-1} else 0


def _binary(tree: Bin) -> int:
    left, right = symmetry(tree.left), symmetry(tree.right)
    if tree.op in "+-":
        return left if left == right else 0
    if tree.op in "*/":
        return left * right
    if left == 1 and right == 1:
        return 1
    whole = isinstance(tree.right, Num) and tree.right.value.denominator == 1
    if left == -1 and whole and isinstance(tree.right, Num):
        return -1 if tree.right.value % 2 else 1
    return 0
