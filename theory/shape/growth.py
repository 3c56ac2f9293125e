"""How fast a link grows: bounds by powers of |z| and their exponentials, and what s/|z|^d tends to."""

from collections.abc import Callable
from fractions import Fraction
from functools import lru_cache

import sympy

from ...link.domain import is_link, singular_points, unbounded_at
from ...link.tree import Bin, Call, Neg, Node, Num, Where
from ..exact.constants import sign
from ..exact.functions import FUNCTIONS, plain
from ..exact.lower import constant, rational
from ..exact.polynomial import polynomial
from .range import bounds, limit


@lru_cache(maxsize=1024)
def degree(tree: Node) -> Fraction | None:
    """A d with |s(z)| <= A + B|z|^d for some A and B; None where none is shown."""
    coefficients = polynomial(tree)
    if coefficients is not None:
        return Fraction(len(coefficients) - 1)
    if _bounded(tree):
        return Fraction(0)
    if isinstance(tree, Neg):
        return degree(tree.arg)
    if isinstance(tree, Bin):
        left = degree(tree.left)
        if left is None:
            return None
        if tree.op == "/":
            return left if _away_from_zero(tree.right) else None
        if tree.op == "**":
            return left * tree.right.value if isinstance(tree.right, Num) and tree.right.value >= 0 else None
        right = degree(tree.right)
        if right is None:
            return None
        return left + right if tree.op == "*" else max(left, right)
    if isinstance(tree, Where):
        return _highest(degree, tree.then, tree.other)
    if not isinstance(tree, Call):
        return None
    if (meant := plain(tree)) is not None:
        return degree(meant)
    if tree.name == "log":
        # Of at least a positive number.
        return exponential_degree(tree.args[0]) if sign(bounds(tree.args[0])[0]) == 1 else None
    if FUNCTIONS[tree.name].growth == "root":
        inner = degree(tree.args[0])
        return None if inner is None else inner / 2
    return _highest(degree, *tree.args) if FUNCTIONS[tree.name].growth == "linear" else None


@lru_cache(maxsize=1024)
def exponential_degree(tree: Node) -> Fraction | None:
    """A d with |s(z)| <= A e^{B|z|^d} for some A and B; None where none is shown."""
    if _bounded(tree):
        return Fraction(0)
    if degree(tree) is not None:
        return Fraction(1)
    if isinstance(tree, Neg):
        return exponential_degree(tree.arg)
    if isinstance(tree, Bin):
        if tree.op == "**":
            power = tree.right.value if isinstance(tree.right, Num) else -1
            return exponential_degree(tree.left) if power >= 0 else None
        if tree.op == "/":
            return exponential_degree(tree.left) if _away_from_zero(tree.right) else None
        return _highest(exponential_degree, tree.left, tree.right)
    if isinstance(tree, Where):
        return _highest(exponential_degree, tree.then, tree.other)
    if not isinstance(tree, Call):
        return None
    if (meant := plain(tree)) is not None:
        return exponential_degree(meant)
    growth = FUNCTIONS[tree.name].growth
    if growth == "exponential":
        return degree(tree.args[0])
    kept = growth in ("linear", "root") or tree.name == "He"
    return _highest(exponential_degree, *tree.args) if kept else None


def _highest(of: Callable[[Node], Fraction | None], *trees: Node) -> Fraction | None:
    degrees = [d for d in map(of, trees) if d is not None]
    return max(degrees) if len(degrees) == len(trees) else None


def slow(tree: Node) -> bool:
    """Whether |s| <= A + B|z|^d is shown for some d < 2, perhaps with logarithms: then E e^{ts} < oo."""
    power = degree(tree)
    if power is None and not unbounded_at(tree):
        power = _far(tree, True)
    return power is not None and power < 2


def moderate(tree: Node) -> bool:
    """Whether |s| <= A e^{B|z|} is shown, but for logarithms at points: then all E|s|^i |He_k| < oo."""
    power = exponential_degree(tree)
    if power is None:
        power = _far(tree, False)
    return power is not None and power <= 1


def _far(tree: Node, power: bool) -> Fraction | None:
    """For a link with singular points the d of ``degree`` (of ``exponential_degree``) beyond some |z|.

    Logarithms there count as bounded. Between, the link is bounded but beside those points.
    """
    return _far_degree(tree, power) if is_link(tree) and singular_points(tree) else None


def _far_degree(tree: Node, power: bool) -> Fraction | None:
    """The induction: for large |z| a divisor or a logarithm may be seen to be tame."""
    known = (degree if power else exponential_degree)(tree)
    if known is not None:
        return known
    if isinstance(tree, Neg):
        return _far_degree(tree.arg, power)
    if isinstance(tree, Where):
        return _highest(lambda part: _far_degree(part, power), tree.then, tree.other)
    if isinstance(tree, Bin):
        left = _far_degree(tree.left, power)
        if left is None or tree.op == "**":
            exponent = tree.right.value if isinstance(tree.right, Num) else -1
            return None if left is None or exponent < 0 else left * (exponent if power else 1)
        if tree.op == "/":
            return left if all(map(sign, _far_ends(tree.right))) else None
        right = _far_degree(tree.right, power)
        if right is None:
            return None
        return left + right if power and tree.op == "*" else max(left, right)
    if not isinstance(tree, Call):
        return None
    if (meant := plain(tree)) is not None:
        return _far_degree(meant, power)
    if tree.name == "log":
        tame = all(sign(end) == 1 for end in _far_ends(tree.args[0]))
        inner = _far_degree(tree.args[0], False) if tame else None
        # log of a power: below every power.
        return Fraction(0) if tame and _far_degree(tree.args[0], True) is not None else inner
    kept = FUNCTIONS[tree.name].growth in ("linear", "root")
    return _highest(lambda part: _far_degree(part, power), *tree.args) if kept else None


def _far_ends(tree: Node) -> tuple[sympy.Expr, sympy.Expr]:
    """Both limits, 0 where one is not known."""
    return tuple(sympy.S.Zero if end is None else end for end in (limit(tree, -1), limit(tree, 1)))


def explosive(tree: Node) -> bool:
    """Whether s = c e^u, c cosh u or c sinh u with c > 0, and u is a polynomial reaching +oo or explosive.

    What grows like a power of z at most may be added.
    """
    if (meant := plain(tree)) is not None:
        return explosive(meant)
    if isinstance(tree, Bin) and tree.op in "*/":
        number, inner = constant(tree.right), tree.left
        if number is None and tree.op == "*":
            number, inner = constant(tree.left), tree.right
        return number is not None and sign(number) == 1 and explosive(inner)
    if isinstance(tree, Bin) and tree.op in "+-":
        if explosive(tree.left):
            return degree(tree.right) is not None
        return tree.op == "+" and explosive(tree.right) and degree(tree.left) is not None
    if not isinstance(tree, Call) or FUNCTIONS[tree.name].growth != "exponential":
        return False
    inner = tree.args[0]
    if explosive(inner):
        return True
    return polynomial(inner) is not None and sympy.oo in (limit(inner, 1), limit(inner, -1))


def _bounded(tree: Node) -> bool:
    return all(end.is_finite for end in bounds(tree))


def _away_from_zero(tree: Node) -> bool:
    low, high = bounds(tree)
    return sign(low) == 1 or sign(high) == -1


#: (d, c).
Order = tuple[Fraction, sympy.Expr]


@lru_cache(maxsize=1024)
def order(tree: Node, side: int) -> Order | None:
    """(d, c) with s(z)/|z|^d -> c as z -> side * oo, c finite and not 0; None when none is shown."""
    coefficients = polynomial(tree)
    if coefficients is not None:
        top = len(coefficients) - 1
        return _known(Fraction(top), coefficients[-1] * side**top)
    end = limit(tree, side)
    if end is not None and end.is_finite and sign(end):
        return Fraction(0), end
    if isinstance(tree, Neg):
        inner = order(tree.arg, side)
        return None if inner is None else (inner[0], -inner[1])
    if isinstance(tree, Bin):
        return _sum(tree, side) if tree.op in ("+", "-") else _product(tree, side)
    return _call(tree, side) if isinstance(tree, Call) else None


def _known(power: Fraction, factor: sympy.Expr) -> Order | None:
    return (power, factor) if sign(factor) else None


def _sum(tree: Bin, side: int) -> Order | None:
    left, right = order(tree.left, side), order(tree.right, side)
    if right is not None and tree.op == "-":
        right = right[0], -right[1]
    if left is not None and right is not None and left[0] == right[0]:
        return _known(left[0], left[1] + right[1])
    for leading, other, node in ((left, right, tree.right), (right, left, tree.left)):
        if leading is None:
            continue
        # What is left over may grow at any rate below the leading one, or vanish.
        below = degree(node) if other is None else other[0]
        if (below is not None and below < leading[0]) or (leading[0] >= 0 and limit(node, side) == 0):
            return leading
    return None


def _product(tree: Bin, side: int) -> Order | None:
    left = order(tree.left, side)
    if left is None:
        return None
    if tree.op == "**":
        power = tree.right.value if isinstance(tree.right, Num) else None
        if power is None or (power.denominator > 1 and sign(left[1]) != 1):
            return None
        return left[0] * power, left[1] ** rational(power)
    right = order(tree.right, side)
    if right is None:
        return None
    return (
        (left[0] + right[0], left[1] * right[1])
        if tree.op == "*"
        else (left[0] - right[0], left[1] / right[1])
    )


def _call(tree: Call, side: int) -> Order | None:
    argument = tree.args[0]
    if tree.name == "log" and isinstance(argument, Call) and argument.name == "cosh":
        # log cosh u lies between |u| - log 2 and |u|.
        inner = order(argument.args[0], side)
        return (inner[0], abs(inner[1])) if inner is not None and inner[0] > 0 else None
    if not FUNCTIONS[tree.name].follows and tree.name != "sqrt":
        return None
    inner = order(argument, side)
    if inner is None:
        return None
    power, factor = inner
    if tree.name == "abs":
        return power, abs(factor)
    if sign(factor) != 1:
        return None
    if tree.name == "sqrt":
        return power / 2, sympy.sqrt(factor)
    return inner if power > 0 else None
