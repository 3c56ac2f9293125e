"""Where a link is shown to be of one sign, strictly or not, by induction on its tree."""

from __future__ import annotations

from functools import lru_cache

from ...link.tree import Bin, Call, Neg, Node, Num, Var, Where
from ..exact.constants import sign
from ..exact.functions import FUNCTIONS
from ..exact.lower import constant


def nonnegative(tree: Node, side: int = 0) -> bool:
    """Whether s >= 0 is shown on the line (side 0), on z > 0 (side 1) or on z < 0 (side -1)."""
    return _signs(tree, side)[0]


def has_the_sign_of_z(tree: Node) -> bool:
    """Whether s(z) z >= 0 is shown for every z."""
    return _signs(tree, 1)[0] and _signs(tree, -1)[1]


@lru_cache(maxsize=4096)
def strict_sign(tree: Node, side: int = 0) -> int:
    """1 where s > 0, -1 where s < 0 is shown throughout (``side`` as for ``nonnegative``), else 0."""
    number = constant(tree)
    if number is not None:
        return sign(number) or 0
    if isinstance(tree, Var):
        return side
    if isinstance(tree, Neg):
        return -strict_sign(tree.arg, side)
    if isinstance(tree, Where):
        then, other = strict_sign(tree.then, side), strict_sign(tree.other, side)
        return then if then == other else 0
    if isinstance(tree, Bin):
        return _strict_binary(tree, side)
    return _strict_call(tree, side) if isinstance(tree, Call) else 0


def _strict_binary(tree: Bin, side: int) -> int:
    left, right = strict_sign(tree.left, side), strict_sign(tree.right, side)
    if tree.op == "**":
        if left == -1 and isinstance(tree.right, Num) and tree.right.value.denominator == 1:
            return -1 if tree.right.value % 2 else 1
        return max(left, 0)
    if tree.op in "*/":
        return left * right
    turn = 1 if tree.op == "+" else -1
    for one in (1, -1):
        weak = _signs(tree.left, side)[one < 0], _signs(tree.right, side)[one * turn < 0]
        if all(weak) and one in (left, turn * right):
            return one
    return 0


def _strict_call(tree: Call, side: int) -> int:
    args = [strict_sign(arg, side) for arg in tree.args]
    known = FUNCTIONS[tree.name].sign
    if known == "positive":
        return 1
    if known == "of x":
        return args[0]
    if known == "positive off 0":
        return abs(args[0])
    if known == "positive above 0":
        return max(args[0], 0)
    if tree.name == "clip":
        inner, low, high = args
        return 1 if low == 1 or (inner == high == 1) else -1 if high == -1 or (inner == low == -1) else 0
    if tree.name in ("max", "min"):
        one = 1 if tree.name == "max" else -1
        return one if one in args else -one if set(args) == {-one} else 0
    return 0


@lru_cache(maxsize=4096)
def _signs(tree: Node, side: int) -> tuple[bool, bool]:
    """(s >= 0 is shown, s <= 0 is shown)."""
    number = constant(tree)
    if number is not None:
        found = sign(number)
        return found in (0, 1), found in (0, -1)
    if isinstance(tree, Var):
        return side > 0, side < 0
    if isinstance(tree, Neg):
        above, below = _signs(tree.arg, side)
        return below, above
    if isinstance(tree, Where):
        then, other = _signs(tree.then, side), _signs(tree.other, side)
        return then[0] and other[0], then[1] and other[1]
    if isinstance(tree, Bin):
        return _binary(tree, side)
    return _call(tree, side) if isinstance(tree, Call) else (False, False)


def _binary(tree: Bin, side: int) -> tuple[bool, bool]:
    (a, b), (c, d) = _signs(tree.left, side), _signs(tree.right, side)
    if tree.op == "**":
        whole = isinstance(tree.right, Num) and tree.right.value.denominator == 1
        if whole and isinstance(tree.right, Num) and tree.right.value % 2 == 0:
            return True, False
        return a, b and whole
    if tree.op == "+":
        return a and c, b and d
    if tree.op == "-":
        return a and d, b and c
    return (a and c) or (b and d), (a and d) or (b and c)


def _call(tree: Call, side: int) -> tuple[bool, bool]:
    args = [_signs(arg, side) for arg in tree.args]
    known = FUNCTIONS[tree.name].sign
    if known == "of x":
        return args[0]
    if known != "unknown":
        return True, False
    if tree.name == "clip":
        (inner, under), (low, _), (high, below) = args[0], args[1], args[2]
        return low or (inner and high), below or (under and args[1][1])
    if tree.name == "max":
        return any(a for a, _ in args), all(b for _, b in args)
    if tree.name == "min":
        return all(a for a, _ in args), any(b for _, b in args)
    return False, False
