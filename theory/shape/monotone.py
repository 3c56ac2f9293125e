"""Signs of a link, and its monotonicity on the line or in |z|, by induction on its tree."""

from __future__ import annotations

from functools import lru_cache
from itertools import pairwise
from typing import Literal

import sympy

from ...link.tree import Bin, Call, Compare, Neg, Node, Num, Var, Where
from ..exact.constants import Undecided, decided_sign, sign
from ..exact.functions import FUNCTIONS
from ..exact.lower import constant, lower
from ..exact.polynomial import derivative, evaluate, polynomial, real_zeros
from ..exact.symbols import Known
from .parity import parity
from .pieces import inside, stretches


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
        return _weak_binary(tree, side)
    return _weak_call(tree, side) if isinstance(tree, Call) else (False, False)


def _weak_binary(tree: Bin, side: int) -> tuple[bool, bool]:
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


def _weak_call(tree: Call, side: int) -> tuple[bool, bool]:
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


#: 1 nondecreasing, -1 nonincreasing, 0 constant.
Direction = int
Shape = Literal["increasing", "decreasing", "increasing in |z|", "decreasing in |z|"]


def monotone(tree: Node) -> Known[Shape]:
    """The shape of a monotone link (not necessarily strictly), or of an even one in |z|."""
    found = direction(tree, False)
    if found:
        shape: Shape = "increasing" if found > 0 else "decreasing"
        return Known(shape, f"s is {shape}, by induction on the expression")
    if parity(tree).value == "even":
        found = direction(tree, True)
        if found:
            shape = "increasing in |z|" if found > 0 else "decreasing in |z|"
            return Known(shape, f"s is even and {shape}")
    return Known(None, "no monotonicity is shown")


def direction(tree: Node, half: bool) -> Direction | None:
    """The direction in which ``tree`` is shown to be monotone on the line, or on z > 0 when ``half``."""
    return _direction(tree, half) or _by_pieces(tree, half)


@lru_cache(maxsize=4096)
def _direction(tree: Node, half: bool) -> Direction | None:
    """The direction of ``tree`` on the line, or on z > 0 when ``half``."""
    if constant(tree) is not None:
        return 0
    coefficients = polynomial(tree)
    if coefficients is not None:
        return _polynomial(coefficients, half)
    if isinstance(tree, Neg):
        inner = _direction(tree.arg, half)
        return None if inner is None else -inner
    if isinstance(tree, Bin):
        return _binary(tree, half)
    if isinstance(tree, Where):
        return _where(tree, half)
    return _call(tree, half) if isinstance(tree, Call) else 1


def _by_pieces(tree: Node, half: bool) -> Direction | None:
    """The direction of a link of polynomial pieces: on each of them, and to and from each point between."""
    pieces = stretches(tree)
    if pieces is None or len(pieces) == 1:
        return None
    seen: set[Direction] = set()
    before: tuple[sympy.Expr, ...] | None = None
    try:
        for piece in pieces:
            if half and piece.high is not sympy.oo and decided_sign(piece.high) <= 0:
                continue
            low = piece.low
            if half and (low is -sympy.oo or decided_sign(low) < 0):
                low = sympy.S.Zero
            coefficients = polynomial(piece.tree)
            slopes = None if coefficients is None else _slopes(coefficients, low, piece.high)
            if coefficients is None or slopes is None:
                return None
            seen |= slopes
            if low is not -sympy.oo:
                # In the point itself s may be neither limit.
                here = lower(tree, low)
                seen.add(decided_sign(evaluate(coefficients, low) - here))
                if before is not None:
                    seen.add(decided_sign(here - evaluate(before, low)))
            before = coefficients
    except Undecided:
        return None
    seen.discard(0)
    return seen.pop() if len(seen) == 1 else None


def _slopes(coefficients: tuple[sympy.Expr, ...], low: sympy.Expr, high: sympy.Expr) -> set[Direction] | None:
    """The signs of the slope on (low, high); None when its zeros are not solvable."""
    slope = derivative(coefficients)
    zeros = real_zeros(slope)
    if zeros is None:
        return None
    inner = [
        x
        for x in zeros
        if (low is -sympy.oo or decided_sign(x - low) > 0)
        and (high is sympy.oo or decided_sign(high - x) > 0)
    ]
    return {decided_sign(evaluate(slope, inside(a, b))) for a, b in pairwise([low, *inner, high])}


def _polynomial(coefficients: tuple[sympy.Expr, ...], half: bool) -> Direction | None:
    try:
        signs = _slopes(coefficients, sympy.S.Zero if half else -sympy.oo, sympy.oo)
    except Undecided:
        return None
    return signs.pop() if signs is not None and len(signs) == 1 else None


def _binary(tree: Bin, half: bool) -> Direction | None:
    left, right = _direction(tree.left, half), _direction(tree.right, half)
    if left is None or right is None:
        return None
    if tree.op in ("+", "-"):
        return _sum(left, right if tree.op == "+" else -right)
    for factor, direction in ((tree.left, right), (tree.right, left)):
        number = constant(factor)
        if number is None or (tree.op == "/" and factor is tree.left):
            continue
        if tree.op in ("*", "/"):
            positive = sign(number)
            return None if positive is None else positive * direction
    if tree.op == "**" and isinstance(tree.right, Num) and tree.right.value > 0:
        odd = tree.right.value.denominator == 1 and tree.right.value % 2 == 1
        return left if odd or nonnegative(tree.left, int(half)) else None
    if tree.op == "*" and nonnegative(tree.left, int(half)) and nonnegative(tree.right, int(half)):
        return _sum(left, right)
    return None


def _sum(a: Direction, b: Direction) -> Direction | None:
    return a or b if a * b >= 0 else None


def _where(tree: Where, half: bool) -> Direction | None:
    """One comparison of a monotone function with a constant, between two constants."""
    then, other, condition = constant(tree.then), constant(tree.other), tree.condition
    if then is None or other is None or not isinstance(condition, Compare):
        return None
    if condition.op not in ("<", "<=", ">", ">=") or constant(condition.right) is None:
        return None
    inner, step = _direction(condition.left, half), sign(then - other)
    if inner is None or step is None:
        return None
    return inner * step * (1 if condition.op in (">", ">=") else -1)


def _call(tree: Call, half: bool) -> Direction | None:
    args = [_direction(arg, half) for arg in tree.args]
    rising = FUNCTIONS[tree.name].rising
    if rising == "everywhere" or (rising == "from 0" and nonnegative(tree.args[0], int(half))):
        return args[0]
    if tree.name in ("min", "max", "clip"):
        known = [a for a in args if a is not None]
        if len(known) < len(args):
            return None
        signs = {a for a in known if a}
        return (signs.pop() if signs else 0) if len(signs) <= 1 else None
    return None
