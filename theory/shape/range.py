"""How far a link reaches: limits at both ends, exact extremes, and bounds that may not be sharp."""

from functools import lru_cache

import sympy

from ...link.tree import Bin, Call, Neg, Node, Num, Where, walk, whole
from ..exact import he
from ..exact.constants import Undecided, compare, decided_sign, is_zero, largest, sign, smallest
from ..exact.functions import FUNCTIONS, plain
from ..exact.lower import apply, constant, lower
from ..exact.polynomial import affine_step, derivative, evaluate, polynomial, real_zeros
from .monotone import monotone, strict_sign
from .pieces import exact_pieces, levels
from .powered_gaussian import powered_gaussian


@lru_cache(maxsize=4096)
def limit(tree: Node, side: int) -> sympy.Expr | None:
    """The limit of the link at side * oo, possibly infinite; None when it is not shown."""
    coefficients = polynomial(tree)
    if coefficients is not None:
        if len(coefficients) == 1:
            return coefficients[0]
        leading = sign(coefficients[-1])
        return None if not leading else sympy.oo * leading * side ** (len(coefficients) - 1)
    if isinstance(tree, Neg):
        inner = limit(tree.arg, side)
        return None if inner is None else -inner
    if isinstance(tree, Bin):
        return _limit_binary(tree, side)
    if isinstance(tree, Where):
        pieces = exact_pieces(tree)
        return None if pieces is None else limit(pieces[-1 if side > 0 else 0].tree, side)
    assert isinstance(tree, Call)
    return _limit_call(tree, side)


def _limit_binary(tree: Bin, side: int) -> sympy.Expr | None:
    left, right = limit(tree.left, side), limit(tree.right, side)
    if left is None or right is None:
        return None
    if tree.op == "**" and isinstance(tree.right, Num):
        if right < 0 and is_zero(left) is not False:
            return None
        # s**0 is 1 everywhere, also where s grows without bound.
        value = sympy.S.One if right == 0 else left**right if left.is_finite or right > 0 else sympy.S.Zero
    elif tree.op == "/":
        if is_zero(right) is not False:
            # Infinite, but from which side the denominator comes is not known.
            return None
        value = sympy.S.Zero if right.is_infinite and left.is_finite else left / right
    else:
        value = {"+": left + right, "-": left - right, "*": left * right}.get(tree.op)
    return value if value is not None and (value.is_number and value is not sympy.nan) else None


def _limit_call(tree: Call, side: int) -> sympy.Expr | None:
    function = FUNCTIONS[tree.name]
    if function.jumps and (strict := strict_sign(tree.args[0], side)):
        return apply(tree.name, sympy.Integer(strict))
    args = [limit(arg, side) for arg in tree.args]
    if any(a is None for a in args):
        return None
    x = args[-1 if tree.name == "He" else 0]
    assert x is not None
    if x.is_infinite and function.limits is not None:
        return function.limits[x is sympy.oo]
    if (meant := plain(tree)) is not None:
        return limit(meant, side)
    zero = is_zero(x) if x.is_finite else False
    if function.jumps and zero is not False:
        # The side from which 0 is approached decides, not the value in 0.
        return None
    if tree.name == "log" and zero is not False:
        return -sympy.oo if zero else None
    if tree.name == "tan" and x.is_finite and is_zero(sympy.cos(x)) is not False:
        return None
    if tree.name in ("clip", "min", "max") or (x.is_finite and tree.name != "He"):
        return apply(tree.name, *args)
    return None


@lru_cache(maxsize=1024)
def extremes(tree: Node) -> tuple[sympy.Expr, sympy.Expr, str] | None:
    """(ess inf s, ess sup s, why), exact and possibly infinite; None where they are not shown."""
    steps = levels(tree)
    try:
        if steps is not None:
            values = [value for _, _, value in steps]
            return _least(values), -_least([-v for v in values]), "the least and the largest of its levels"
        shape = monotone(tree).value
        ends = None if shape is None else _of_monotone(tree, shape)
        return ends or _of_polynomial(tree) or _of_bump(tree) or _of_outer(tree)
    except Undecided:
        return None


def _least(values: list[sympy.Expr]) -> sympy.Expr:
    least = values[0]
    for value in values[1:]:
        least = value if compare(value, least) < 0 else least
    return least


def _of_monotone(tree: Node, shape: str) -> tuple[sympy.Expr, sympy.Expr, str] | None:
    right = limit(tree, 1)
    left = _beside_zero(tree) if "|z|" in shape else limit(tree, -1)
    if left is None or right is None:
        return None
    low, high = (left, right) if shape.startswith("increasing") else (right, left)
    return low, high, f"s is {shape}, so its ends are its limits"


def _of_polynomial(tree: Node) -> tuple[sympy.Expr, sympy.Expr, str] | None:
    coefficients = polynomial(tree)
    if coefficients is None or len(coefficients) < 2:
        return None
    if len(coefficients) % 2 == 0:
        return -sympy.oo, sympy.oo, "a polynomial of odd degree"
    critical = real_zeros(derivative(coefficients))
    if not critical:
        return None
    values = [sympy.radsimp(evaluate(coefficients, x)) for x in critical]
    if sign(coefficients[-1]) == 1:
        return _least(values), sympy.oo, "the least value at a critical point of the polynomial"
    return -sympy.oo, -_least([-v for v in values]), "the largest value at a critical point of the polynomial"


def _of_bump(tree: Node) -> tuple[sympy.Expr, sympy.Expr, str] | None:
    """z^m e^{-cz^2} is largest where z^2 = m/(2c)."""
    bump = powered_gaussian(tree)
    if bump is None:
        return None
    top = (bump.m / (2 * bump.c * sympy.E)) ** sympy.Rational(bump.m, 2) * bump.factor
    other = sympy.S.Zero if bump.m % 2 == 0 else -top
    low, high = (other, top) if decided_sign(bump.factor) > 0 else (top, other)
    if bump.m % 2:
        low, high = -abs(top), abs(top)
    return low, high, f"its extreme values lie at 0, at infinity and at z^2 = {bump.m / (2 * bump.c)}"


def _of_outer(tree: Node) -> tuple[sympy.Expr, sympy.Expr, str] | None:
    """psi(u) with psi continuous and monotone, or a wave over a continuous u that reaches infinity."""
    if (step := affine_step(tree)) is not None:
        c, d, core = step
        inner, rising = extremes(core), sign(c)
        if inner is None or not rising:
            return None
        low, high = inner[:2] if rising > 0 else (inner[1], inner[0])
        return c * low + d, c * high + d, inner[2]
    if not isinstance(tree, Call):
        return None
    if (meant := plain(tree)) is not None:
        return _of_outer(meant)
    if tree.name in ("sin", "cos") and len(polynomial(tree.args[0]) or ()) > 1:
        return -sympy.S.One, sympy.S.One, f"{tree.name} of a nonconstant polynomial runs through full waves"
    function, inner = FUNCTIONS[tree.name], extremes(tree.args[0])
    if inner is None:
        return None
    if tree.name == "clip" and all(constant(arg) is not None for arg in tree.args[1:]):
        ends = [apply("clip", end, *map(constant, tree.args[1:])) for end in inner[:2]]
    elif function.rising == "everywhere" and not function.jumps:
        # The image of an interval is the interval between the images.
        ends = [_end(tree.name, end) for end in inner[:2]]
    else:
        return None
    return ends[0], ends[1], f"{tree.name} is monotone and continuous; inside, {inner[2]}"


def _end(name: str, end: sympy.Expr) -> sympy.Expr:
    """The limit of a continuous monotone function at an end of the range of its argument."""
    limits = FUNCTIONS[name].limits
    if end.is_infinite and limits is not None:
        return limits[end is sympy.oo]
    return -sympy.oo if name == "log" and decided_sign(end) == 0 else apply(name, end)


def _beside_zero(tree: Node) -> sympy.Expr | None:
    """The limit as z falls to 0: what s is in the single point 0 does not count."""
    if any(
        isinstance(part, Where) or (isinstance(part, Call) and FUNCTIONS[part.name].jumps)
        for part in walk(tree)
    ):
        pieces = exact_pieces(tree)
        if pieces is None:
            return None
        tree = next(p.tree for p in pieces if p.high is sympy.oo or decided_sign(p.high) > 0)
    value = lower(tree, sympy.S.Zero)
    return value if value.is_number and value.is_finite else None


Interval = tuple[sympy.Expr, sympy.Expr]


@lru_cache(maxsize=4096)
def bounds(tree: Node) -> Interval:
    """Proved bounds of the link, not always sharp, infinite where none is shown."""
    exact = extremes(tree)
    if exact is not None:
        return exact[0], exact[1]
    if isinstance(tree, Neg):
        low, high = bounds(tree.arg)
        return -high, -low
    if isinstance(tree, Call):
        return _bounds_call(tree)
    if isinstance(tree, Bin):
        return _bounds_binary(tree)
    if isinstance(tree, Where):
        (a, b), (c, d) = bounds(tree.then), bounds(tree.other)
        return smallest(a, c), largest(b, d)
    return _even_degree(tree)


def _bounds_call(tree: Call) -> Interval:
    function = FUNCTIONS[tree.name]
    if function.reach is not None:
        return function.reach
    if tree.name == "clip":
        (low, _), (_, high) = bounds(tree.args[1]), bounds(tree.args[2])
        return low, high
    if function.parity == "even" and function.rising == "from 0":
        return apply(tree.name, sympy.S.Zero), apply(tree.name, _size(bounds(tree.args[0])))
    if tree.name == "He":
        size = _size(bounds(tree.args[1]))
        terms = (abs(int(c)) * size**j for j, c in enumerate(he(whole(tree.args[0])).coeffs()) if c != 0)
        top = sum(terms, sympy.S.Zero)
        return (-top, top) if top.is_finite else _even_degree(tree)
    if (meant := plain(tree)) is not None:
        return bounds(meant)
    low, high = bounds(tree.args[0])
    if tree.name == "sqrt" and sign(low) != 1:
        # A root is taken of numbers >= 0 only, however far below the bound lies.
        low = sympy.S.Zero
    if tree.name in ("min", "max"):
        pairs = [bounds(arg) for arg in tree.args]
        choose = smallest if tree.name == "min" else largest
        return choose(*(a for a, _ in pairs)), choose(*(b for _, b in pairs))
    ends = function.limits
    if ends is not None and tree.name != "log":
        return (
            ends[0] if low.is_infinite else apply(tree.name, low),
            ends[1] if high.is_infinite else apply(tree.name, high),
        )
    return _even_degree(tree)


def _size(ends: Interval) -> sympy.Expr:
    return largest(abs(ends[0]), abs(ends[1]))


def _bounds_binary(tree: Bin) -> Interval:
    (a, b), (c, d) = bounds(tree.left), bounds(tree.right)
    if tree.op == "-":
        c, d = -d, -c
    if tree.op in ("+", "-"):
        low, high = a + c, b + d
        if low.is_finite or high.is_finite:
            return low, high
    if tree.op == "*" and all(x.is_finite for x in (a, b, c, d)):
        ends = [a * c, a * d, b * c, b * d]
        return smallest(*ends), largest(*ends)
    if tree.op in ("*", "/") and sign(a) in (0, 1) and sign(c) in (0, 1):
        if tree.op == "*":
            return a * c, sympy.oo
        return a / d if d.is_finite else sympy.S.Zero, b / c if b.is_finite and sign(c) else sympy.oo
    if tree.op == "**" and isinstance(tree.right, Num) and a.is_finite and b.is_finite:
        n = tree.right.value
        if n.denominator == 1 and n > 0:
            return (a ** int(n), b ** int(n)) if n % 2 else (sympy.S.Zero, _size((a, b)) ** int(n))
    if tree.op == "/" and a.is_finite and b.is_finite and (sign(c) == 1 or sign(d) == -1):
        top = _size((a, b)) / smallest(abs(c), abs(d))
        return -top, top
    number = constant(tree.left) if tree.op == "*" else None
    if number is not None and sign(number) == -1:
        return number * d, number * c
    return _even_degree(tree)


def _even_degree(tree: Node) -> Interval:
    """A polynomial of even degree is bounded on one side; a crude bound is the sum over its terms."""
    coefficients = polynomial(tree)
    if coefficients is None or len(coefficients) % 2 == 0:
        return -sympy.oo, sympy.oo
    leading = sign(coefficients[-1])
    if leading is None:
        return -sympy.oo, sympy.oo
    # |p - a z^n| <= |a z^n| beyond the Cauchy radius, and below it |z| <= radius bounds every term.
    radius = 1 + sum(abs(c / coefficients[-1]) for c in coefficients[:-1])
    least = -sum(abs(c) * radius**j for j, c in enumerate(coefficients))
    return (least, sympy.oo) if leading > 0 else (-sympy.oo, -least)
