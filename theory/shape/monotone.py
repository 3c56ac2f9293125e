"""Signs of a link, and its monotonicity on the line or in |z|, by induction on its tree."""

from __future__ import annotations

from functools import lru_cache
from itertools import pairwise, product
from typing import Literal

import sympy

from ...link.tree import Bin, Call, Compare, Neg, Node, Num, Var, Where
from ..exact.constants import Undecided, compare, decided_sign, sign
from ..exact.functions import FUNCTIONS
from ..exact.lower import constant, lower
from ..exact.polynomial import affine_step, derivative, evaluate, polynomial, real_zeros
from ..exact.symbols import Known
from .parity import parity
from .pieces import inside, stretches

#: The signs -1, 0, 1 that a link may take.
_Signs = frozenset[int]
_ANY: _Signs = frozenset((-1, 0, 1))


def nonnegative(tree: Node, side: int = 0) -> bool:
    """Whether s >= 0 is shown on the line (side 0), on z > 0 (side 1) or on z < 0 (side -1)."""
    return _signs(tree, side) <= {0, 1}


def has_the_sign_of_z(tree: Node) -> bool:
    """Whether s(z) z >= 0 is shown for every z."""
    return _signs(tree, 1) <= {0, 1} and _signs(tree, -1) <= {0, -1}


def strict_sign(tree: Node, side: int = 0) -> int:
    """1 where s > 0, -1 where s < 0 is shown throughout (``side`` as for ``nonnegative``), else 0."""
    signs = _signs(tree, side)
    return next(iter(signs)) if len(signs) == 1 else 0


@lru_cache(maxsize=4096)
def _signs(tree: Node, side: int) -> _Signs:
    """All signs of s on one side or on the line; more where it is not shown that one is missing."""
    number = constant(tree)
    if number is not None:
        number_sign = sign(number)
        return _ANY if number_sign is None else frozenset((number_sign,))
    if isinstance(tree, Var):
        return frozenset((side,)) if side else _ANY
    if isinstance(tree, Neg):
        return frozenset(-x for x in _signs(tree.arg, side))
    if isinstance(tree, Where):
        return _signs(tree.then, side) | _signs(tree.other, side)
    if isinstance(tree, Bin):
        return _signs_of_binary(tree, _signs(tree.left, side), _signs(tree.right, side))
    assert isinstance(tree, Call)
    return _signs_of_call(tree, [_signs(arg, side) for arg in tree.args])


def _signs_of_binary(tree: Bin, left: _Signs, right: _Signs) -> _Signs:
    if tree.op == "**":
        if isinstance(tree.right, Num) and tree.right.value.denominator == 1:
            power = int(tree.right.value)
            return frozenset(int(x**power) for x in left if x or power >= 0)
        return left if left <= {0, 1} else _ANY
    if tree.op in "*/":
        return frozenset(x * y for x in left for y in right if y or tree.op == "*")
    if tree.op == "-":
        right = frozenset(-y for y in right)
    if {1, -1} <= left | right:
        return _ANY
    # Of no two opposite signs: a sum is 0 only where both are.
    return frozenset(x or y for x in left for y in right)


def _signs_of_call(tree: Call, args: list[_Signs]) -> _Signs:
    first, known = args[0], FUNCTIONS[tree.name].sign
    if known == "of x":
        return first
    if known == "positive" or (known == "positive above 0" and first == {1}):
        return frozenset((1,))
    if known == "positive off 0":
        return frozenset(abs(x) for x in first)
    if known == "positive above 0":
        return frozenset((0, 1))
    # The sign of a maximum is the maximum of the signs.
    if tree.name in ("max", "min"):
        return frozenset(map(max if tree.name == "max" else min, product(*args)))
    return (
        frozenset(min(max(x, low), high) for x, low, high in product(*args)) if tree.name == "clip" else _ANY
    )


#: 1 nondecreasing, -1 nonincreasing, 0 constant.
Direction = int
Shape = Literal["increasing", "decreasing", "increasing in |z|", "decreasing in |z|"]


def monotone(tree: Node) -> Known[Shape]:
    """The shape of a monotone link (not necessarily strictly), or of an even one in |z|."""
    way = direction(tree, False)
    if way:
        shape: Shape = "increasing" if way > 0 else "decreasing"
        return Known(shape, f"s is {shape}, by induction on the expression")
    if parity(tree).value == "even":
        way = direction(tree, True)
        if way:
            shape = "increasing in |z|" if way > 0 else "decreasing in |z|"
            return Known(shape, f"s is even and {shape}")
    return Known(None, "no monotonicity is shown")


def direction(tree: Node, half: bool) -> Direction | None:
    """The direction in which ``tree`` is shown to be monotone on the line, or on z > 0 when ``half``."""
    return _direction(tree, half) or _by_pieces(tree, half)


@lru_cache(maxsize=4096)
def _direction(tree: Node, half: bool) -> Direction | None:
    """The direction of ``tree`` on the line, or on z > 0 when ``half``."""
    coefficients = polynomial(tree)
    if coefficients is not None:
        return _polynomial(coefficients, half)
    if (step := affine_step(tree)) is not None:
        inner, factor = _direction(step[2], half), sign(step[0])
        return None if inner is None or factor is None else factor * inner
    if isinstance(tree, Bin):
        return _binary(tree, half)
    if isinstance(tree, Where):
        return _where(tree, half)
    assert isinstance(tree, Call)
    return _call(tree, half)


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
            signs = None if coefficients is None else slopes(coefficients, low, piece.high)
            if coefficients is None or signs is None:
                return None
            seen |= signs
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


def slopes(coefficients: tuple[sympy.Expr, ...], low: sympy.Expr, high: sympy.Expr) -> set[Direction] | None:
    """The signs of the slope of a polynomial on (low, high); None when its zeros are not solvable.

    Raises Undecided.
    """
    slope = derivative(coefficients)
    zeros = real_zeros(slope)
    if zeros is None:
        return None
    inner = [x for x in zeros if compare(low, x) < 0 and compare(x, high) < 0]
    return {decided_sign(evaluate(slope, inside(a, b))) for a, b in pairwise([low, *inner, high])}


def _polynomial(coefficients: tuple[sympy.Expr, ...], half: bool) -> Direction | None:
    try:
        signs = slopes(coefficients, sympy.S.Zero if half else -sympy.oo, sympy.oo)
    except Undecided:
        return None
    return signs.pop() if signs is not None and len(signs) == 1 else None


def _binary(tree: Bin, half: bool) -> Direction | None:
    left, right = _direction(tree.left, half), _direction(tree.right, half)
    if left is None or right is None:
        return None
    if tree.op in ("+", "-"):
        return _sum(left, right if tree.op == "+" else -right)
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
        ways = [a for a in args if a is not None]
        if len(ways) < len(args):
            return None
        signs = {a for a in ways if a}
        return (signs.pop() if signs else 0) if len(signs) <= 1 else None
    return None
