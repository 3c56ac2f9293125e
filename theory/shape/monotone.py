"""Parity of a link, its signs, and its monotonicity on the line or in |z|, by induction on its tree."""

from functools import lru_cache
from itertools import pairwise, product, zip_longest
from typing import Literal

import sympy

from ...link.build import negate
from ...link.tree import Bin, Call, Compare, Condition, Logic, Neg, Node, Num, Var, Where, substitute, whole
from ..exact import Known
from ..exact.constants import Undecided, compare, decided_sign, is_zero, sign
from ..exact.functions import FUNCTIONS, Parity
from ..exact.lower import constant, lower
from ..exact.polynomial import Coefficients, affine_step, derivative, evaluate, polynomial, real_zeros, same
from .pieces import exact_pieces, inside, stretches

PARITIES: tuple[Parity, ...] = ("even", "odd")


def parity(tree: Node) -> Known[Parity]:
    """``even``, ``odd``, or None when neither is shown."""
    shape = _parity(tree)
    if shape is None:
        return _mirrored(tree)
    relation = "s(-z) = s(z)" if shape == "even" else "s(-z) = -s(z)"
    return Known(shape, f"{relation}, by induction on the expression")


@lru_cache(maxsize=1024)
def _mirrored(tree: Node) -> Known[Parity]:
    """From s(-z) written out: erf(z - 1) - erf(z + 1) is even."""
    mirror = substitute(tree, Neg(Var()))
    if same(mirror, tree):
        return Known("even", "s(-z) = s(z), term by term")
    if same(mirror, Neg(tree)):
        return Known("odd", "s(-z) = -s(z), term by term")
    for shape in PARITIES:
        if _mirrored_pieces(tree, shape):
            relation = "s(-z) = s(z)" if shape == "even" else "s(-z) = -s(z)"
            return Known(shape, f"{relation} almost everywhere, piece by piece")
    return Known(None, "no parity is shown")


def _mirrored_pieces(tree: Node, shape: Parity) -> bool:
    pieces = exact_pieces(tree)
    if pieces is None or len(pieces) == 1:
        return False
    for left, right in zip(pieces, reversed(pieces), strict=True):
        if left.low != -right.high and not is_zero(left.low + right.high):
            return False
        if not same(substitute(left.tree, Neg(Var())), right.tree if shape == "even" else Neg(right.tree)):
            return False
    return True


@lru_cache(maxsize=4096)
def _parity(tree: Node) -> Parity | None:
    coefficients = polynomial(tree)
    if coefficients is not None:
        present = {j % 2 for j, c in enumerate(coefficients) if c != 0}
        return "odd" if present == {1} else "even" if present <= {0} else None
    if isinstance(tree, Neg):
        return _parity(tree.arg)
    if isinstance(tree, Bin):
        return _parity_binary(tree)
    if isinstance(tree, Where):
        then, other = _parity(tree.then), _parity(tree.other)
        return then if then == other and _even_condition(tree.condition) else None
    assert isinstance(tree, Call)
    return _parity_call(tree)


def _parity_binary(tree: Bin) -> Parity | None:
    left, right = _parity(tree.left), _parity(tree.right)
    if tree.op in ("+", "-"):
        return left if left is not None and left == right else _cancelled(tree)
    if tree.op == "**" and isinstance(tree.right, Num):
        exponent = tree.right.value
        if left == "odd" and exponent.denominator == 1:
            return "odd" if exponent % 2 else "even"
        return left if left == "even" else None
    if left is None or right is None:
        return None
    if tree.op == "**":
        return "even" if left == right == "even" else None
    return "even" if left == right else "odd"


def _parity_call(tree: Call) -> Parity | None:
    args = tree.args[1:] if tree.name == "He" else tree.args
    parities = [_parity(arg) for arg in args]
    if all(p == "even" for p in parities):
        return "even"
    if tree.name in ("max", "min"):
        # z -> -z permutes the arguments.
        mirrored = (
            p == "even" or (p == "odd" and any(_opposite(a, b) for b in args))
            for a, p in zip(args, parities, strict=True)
        )
        return "even" if all(mirrored) else None
    if parities[0] != "odd":
        return None
    if tree.name == "He":
        return "odd" if whole(tree.args[0]) % 2 else "even"
    if tree.name == "clip":
        return "odd" if tree.args[1] == negate(tree.args[2]) and parities[2] == "even" else None
    return FUNCTIONS[tree.name].parity


def _cancelled(tree: Bin) -> Parity | None:
    """The parity of a sum in which polynomials of the other parity cancel, as in gelu(z) - z/2."""
    for target in PARITIES:
        left = _remainder_binary(tree, target)
        if left is not None and all(is_zero(c) for c in left):
            return target
    return None


@lru_cache(maxsize=4096)
def _remainder(tree: Node, target: Parity) -> Coefficients | None:
    """A polynomial p of the other parity with s - p of parity ``target``; None where none is seen.

    For odd u: gelu(u), softplus(u) and relu(u) are u/2 + even, sigmoid(u) and Heaviside(u) are 1/2 + odd.
    """
    coefficients = polynomial(tree)
    if coefficients is not None:
        kept = 1 if target == "even" else 0
        return tuple(c if j % 2 == kept else sympy.S.Zero for j, c in enumerate(coefficients))
    if _parity(tree) == target:
        return ()
    if isinstance(tree, Neg):
        return _times(_remainder(tree.arg, target), sympy.S.NegativeOne)
    if isinstance(tree, Bin):
        return _remainder_binary(tree, target)
    if isinstance(tree, Call) and _parity(tree.args[0]) == "odd":
        half = FUNCTIONS[tree.name].half
        if target == "odd" and half == "1/2":
            return (sympy.S.Half,)
        if target == "even" and half == "x/2":
            return _times(polynomial(tree.args[0]), sympy.S.Half)
    return None


def _remainder_binary(tree: Bin, target: Parity) -> Coefficients | None:
    left, right = constant(tree.left), constant(tree.right)
    if tree.op == "*" and left is not None:
        return _times(_remainder(tree.right, target), left)
    if tree.op in ("*", "/") and right is not None:
        return _times(_remainder(tree.left, target), right if tree.op == "*" else 1 / right)
    if tree.op not in ("+", "-"):
        return None
    a, b = _remainder(tree.left, target), _remainder(tree.right, target)
    if a is None or b is None:
        return None
    side = 1 if tree.op == "+" else -1
    return tuple(x + side * y for x, y in zip_longest(a, b, fillvalue=sympy.S.Zero))


def _times(p: Coefficients | None, factor: sympy.Expr) -> Coefficients | None:
    return None if p is None else tuple(factor * c for c in p)


def _opposite(a: Node, b: Node) -> bool:
    """Whether b = -a is seen."""
    p, q = polynomial(a), polynomial(b)
    if p is not None and q is not None:
        return q == tuple(-c for c in p)
    return negate(a) == b or negate(b) == a


def _even_condition(condition: Condition) -> bool:
    if isinstance(condition, Logic):
        return _even_condition(condition.left) and _even_condition(condition.right)
    assert isinstance(condition, Compare)
    return _parity(condition.left) == "even" and _parity(condition.right) == "even"


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
        return _monotone_binary(tree, half)
    if isinstance(tree, Where):
        return _where(tree, half)
    assert isinstance(tree, Call)
    return _monotone_call(tree, half)


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


def _monotone_binary(tree: Bin, half: bool) -> Direction | None:
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


def _monotone_call(tree: Call, half: bool) -> Direction | None:
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
