"""Polynomial links: exact coefficients, exact Gaussian moments, and normal forms of any link.

A normal form tells that two ways to write one function are the same, and takes c u + d apart.
"""

from collections.abc import Hashable, Sequence
from fractions import Fraction
from functools import lru_cache
from itertools import zip_longest
from typing import NamedTuple

import sympy
from flint import fmpq, fmpq_poly

from ...link.tree import Bin, Call, Compare, Logic, Neg, Node, Num, Var, Where, whole
from . import he, monomial_moment
from .constants import Undecided, decided_sign, increasing, is_zero
from .functions import FUNCTIONS, plain
from .lower import constant

#: Coefficients of a polynomial, constant term first; the last one is not 0.
Coefficients = tuple[sympy.Expr, ...]

_MAX_IRRATIONAL_DEGREE = 24
_MAX_DEGREE = 1200


@lru_cache(maxsize=2048)
def rational_polynomial(tree: Node) -> fmpq_poly | None:
    """The link as a polynomial with rational coefficients, or None when it is not written as one."""
    if isinstance(tree, Var):
        return fmpq_poly([0, 1])
    if isinstance(tree, Num):
        return fmpq_poly([fmpq(tree.value.numerator, tree.value.denominator)])
    if isinstance(tree, Neg):
        inner = rational_polynomial(tree.arg)
        return None if inner is None else -inner
    if isinstance(tree, Call) and tree.name == "He":
        inner = rational_polynomial(tree.args[1])
        return None if inner is None else fmpq_poly(he(whole(tree.args[0])))(inner)
    if not isinstance(tree, Bin):
        return None
    left, right = rational_polynomial(tree.left), rational_polynomial(tree.right)
    return None if left is None or right is None else _rational_binary(tree.op, left, right)


def _rational_binary(op: str, left: fmpq_poly, right: fmpq_poly) -> fmpq_poly | None:
    if op == "+":
        return left + right
    if op == "-":
        return left - right
    if op == "*":
        return left * right
    if right.degree() > 0:
        return None
    number = right[0]
    if op == "/":
        return None if number == 0 else left / number
    return left ** int(number.p) if number.q == 1 and number >= 0 else None


@lru_cache(maxsize=2048)
def polynomial(tree: Node) -> Coefficients | None:
    """The coefficients of a polynomial link (constant term first), exact numbers; None when not shown.

    ``(0,)`` is the zero polynomial; otherwise the last coefficient is proved nonzero.
    """
    exact = rational_polynomial(tree)
    if exact is not None:
        return tuple(sympy.Rational(int(c.p), int(c.q)) for c in exact.coeffs()) or (sympy.S.Zero,)
    raw = _general(tree)
    return None if raw is None else trimmed(raw)


def trimmed(coefficients: Sequence[sympy.Expr]) -> Coefficients | None:
    """Without leading zeros; None when it is not decided whether the leading one vanishes."""
    kept = list(coefficients)
    while len(kept) > 1:
        zero = is_zero(kept[-1])
        if zero is None:
            return None
        if not zero:
            break
        kept.pop()
    return tuple(kept)


def _general(tree: Node) -> list[sympy.Expr] | None:
    exact = rational_polynomial(tree)
    if exact is not None:
        return [sympy.Rational(int(c.p), int(c.q)) for c in exact.coeffs()] or [sympy.S.Zero]
    number = constant(tree)
    if number is not None:
        return [number]
    if isinstance(tree, Neg):
        inner = _general(tree.arg)
        return None if inner is None else [-c for c in inner]
    if isinstance(tree, Call) and tree.name == "He":
        inner, order = _general(tree.args[1]), whole(tree.args[0])
        if inner is None or order * (len(inner) - 1) > _MAX_IRRATIONAL_DEGREE:
            return None
        return _compose([sympy.Integer(int(c)) for c in he(order).coeffs()], inner)
    if not isinstance(tree, Bin):
        return None
    left = _general(tree.left)
    if left is None:
        return None
    if tree.op == "**":
        return _power(left, tree.right)
    right = _general(tree.right)
    return None if right is None else _general_binary(tree.op, left, right)


def _power(base: list[sympy.Expr], exponent: Node) -> list[sympy.Expr] | None:
    if not isinstance(exponent, Num) or exponent.value.denominator != 1 or exponent.value < 0:
        return None
    n = int(exponent.value)
    if n * (len(base) - 1) > _MAX_IRRATIONAL_DEGREE:
        return None
    return _compose([sympy.S.Zero] * n + [sympy.S.One], base)


def _general_binary(op: str, left: list[sympy.Expr], right: list[sympy.Expr]) -> list[sympy.Expr] | None:
    if op in "+-":
        pairs = zip_longest(left, right, fillvalue=sympy.S.Zero)
        return [a + b if op == "+" else a - b for a, b in pairs]
    if op == "*":
        return product(left, right) if len(left) + len(right) <= _MAX_IRRATIONAL_DEGREE + 2 else None
    return [c / right[0] for c in left] if len(right) == 1 else None


def product(left: Sequence[sympy.Expr], right: Sequence[sympy.Expr]) -> list[sympy.Expr]:
    """The coefficients of a product of two polynomials."""
    out = [sympy.S.Zero] * (len(left) + len(right) - 1)
    for i, a in enumerate(left):
        for j, b in enumerate(right):
            out[i + j] += a * b
    return [sympy.expand(c) for c in out]


def _compose(outer: list[sympy.Expr], inner: list[sympy.Expr]) -> list[sympy.Expr]:
    result = [sympy.S.Zero]
    for c in reversed(outer):
        result = product(result, inner)
        result[0] += c
    return result


def derivative(coefficients: Sequence[sympy.Expr]) -> Coefficients:
    """The coefficients of the derivative, ``(0,)`` for a constant."""
    return tuple(j * c for j, c in enumerate(coefficients))[1:] or (sympy.S.Zero,)


def evaluate(coefficients: Sequence[sympy.Expr], point: sympy.Expr) -> sympy.Expr:
    """The value of the polynomial at an exact point."""
    return sympy.expand(sum(c * point**j for j, c in enumerate(coefficients)))


def polynomial_moment(tree: Node, i: int, k: int) -> sympy.Expr | None:
    """mu_{i,k} = E[s(Z)^i He_k(Z)] of a polynomial link, exact; None when s is not shown to be one
    or s^i has too high a degree (1200; 24 when a coefficient is irrational)."""
    exact = rational_polynomial(tree)
    if exact is not None:
        if exact.degree() * i > _MAX_DEGREE:
            return None
        total = sum((c * monomial_moment(n, k) for n, c in enumerate((exact**i).coeffs())), fmpq(0))
        return sympy.Rational(int(total.p), int(total.q))
    coefficients = polynomial(tree)
    if coefficients is None or (len(coefficients) - 1) * i > _MAX_IRRATIONAL_DEGREE:
        return None
    raised = _power(list(coefficients), Num(Fraction(i)))
    assert raised is not None
    return sympy.expand(sum(c * monomial_moment(n, k) for n, c in enumerate(raised)))


def real_zeros(coefficients: Coefficients) -> list[sympy.Expr] | None:
    """The distinct real zeros in increasing order, exact; None when they are not solvable here.

    Rational polynomials are factored; what remains must have degree at most 2, or be a polynomial of
    degree at most 2 in z^2. The zero polynomial and nonzero constants have no isolated zeros.
    """
    if len(coefficients) <= 1:
        return []
    try:
        roots: list[sympy.Expr] = []
        for factor in _factors(coefficients):
            zeros = _solve(factor)
            if zeros is None:
                return None
            roots += zeros
        return increasing(roots)
    except Undecided:
        return None


def _factors(coefficients: Coefficients) -> list[Coefficients]:
    factors: list[Coefficients] = []
    lowest = next(j for j, c in enumerate(coefficients) if is_zero(c) is not True)
    if lowest:
        factors.append((sympy.S.Zero, sympy.S.One))
    rest = coefficients[lowest:]
    if all(c.is_Rational for c in rest):
        _, parts = fmpq_poly([fmpq(int(c.p), int(c.q)) for c in rest]).factor()
        return factors + [
            tuple(sympy.Rational(int(c.p), int(c.q)) for c in part.coeffs()) for part, _ in parts
        ]
    return [*factors, rest]


def _solve(c: Coefficients) -> list[sympy.Expr] | None:
    if len(c) == 1:
        return []
    if len(c) == 2:
        return [-c[0] / c[1]]
    if len(c) == 3:
        return _quadratic(c)
    if len(c) == 5 and is_zero(c[1]) and is_zero(c[3]):
        squares = _quadratic((c[0], c[2], c[4]))
        roots = []
        for square in squares:
            if decided_sign(square) >= 0:
                root = sympy.sqrt(sympy.sqrtdenest(square))
                roots += [root, -root]
        return roots
    return None


def _quadratic(c: Coefficients) -> list[sympy.Expr]:
    discriminant = sympy.expand(c[1] ** 2 - 4 * c[0] * c[2])
    sign = decided_sign(discriminant)
    if sign < 0:
        return []
    root = sympy.sqrt(discriminant)
    return [sympy.radsimp((-c[1] + side * root) / (2 * c[2])) for side in ((-1, 1) if sign else (1,))]


class Signed(NamedTuple):
    """sign times the function that ``key`` stands for."""

    sign: int
    key: Hashable


#: The multiples by which functions enter a sum.
_Terms = dict[Hashable, sympy.Expr]


def same(a: Node, b: Node) -> bool:
    """Whether both trees are shown to be one function; False where that is only not seen."""
    return normal(a) == normal(b)


@lru_cache(maxsize=4096)
def normal(tree: Node) -> Signed:
    """A key of the function: equal keys are equal functions. That of -s is that of s with the other sign."""
    coefficients = polynomial(tree)
    if coefficients is not None:
        flip = coefficients[-1].could_extract_minus_sign()
        return Signed(
            -1 if flip else 1, ("polynomial", *(sympy.expand(-c if flip else c) for c in coefficients))
        )
    terms = _terms(tree)
    if not terms:
        return Signed(1, ("polynomial", sympy.S.Zero))
    ordered = sorted(terms.items(), key=repr)
    flip = ordered[0][1].could_extract_minus_sign()
    ordered = [(key, -weight if flip else weight) for key, weight in ordered]
    if len(ordered) == 1 and ordered[0][1] == 1:
        return Signed(-1 if flip else 1, ordered[0][0])
    return Signed(-1 if flip else 1, ("sum", *ordered))


def _terms(tree: Node) -> _Terms:
    """The tree as a sum of multiples; those that cancel are left out."""
    total: _Terms = {}
    _collect(tree, sympy.S.One, total)
    return {key: weight for key, weight in total.items() if not is_zero(weight)}


def _collect(tree: Node, factor: sympy.Expr, total: _Terms) -> None:
    coefficients = polynomial(tree)
    if coefficients is not None:
        for power, c in enumerate(coefficients):
            _add(total, ("power", power), factor * c)
    elif (step := affine_step(tree)) is not None:
        c, d, inner = step
        _add(total, ("power", 0), factor * d)
        _collect(inner, factor * c, total)
    elif isinstance(tree, Bin) and tree.op in "+-":
        _collect(tree.left, factor, total)
        _collect(tree.right, factor if tree.op == "+" else -factor, total)
    elif (meant := plain(tree)) is not None:
        _collect(meant, factor, total)
    else:
        sign, key = _single(tree)
        _add(total, key, sign * factor)


def _add(total: _Terms, key: Hashable, weight: sympy.Expr) -> None:
    total[key] = sympy.expand(total.get(key, sympy.S.Zero) + weight)


def _single(tree: Node) -> Signed:
    """A node that is no sum and no multiple."""
    if isinstance(tree, Bin):
        left, right = normal(tree.left), normal(tree.right)
        if tree.op == "*":
            return Signed(left.sign * right.sign, ("*", *sorted((left.key, right.key), key=repr)))
        if tree.op == "/":
            return Signed(left.sign * right.sign, ("/", left.key, right.key))
        if isinstance(tree.right, Num) and tree.right.value.denominator == 1:
            return Signed(left.sign if tree.right.value % 2 else 1, ("**", left.key, tree.right.value))
        return Signed(1, ("**", left, right))
    if isinstance(tree, Where):
        return Signed(1, ("where", _condition(tree.condition), normal(tree.then), normal(tree.other)))
    assert isinstance(tree, Call)
    args = [normal(arg) for arg in tree.args]
    shape = FUNCTIONS[tree.name].parity
    if shape == "odd":
        return Signed(args[0].sign, (tree.name, args[0].key))
    if shape == "even":
        return Signed(1, (tree.name, args[0].key))
    return Signed(1, (tree.name, *(sorted(args, key=repr) if tree.name in ("min", "max") else args)))


def _condition(condition: Compare | Logic) -> Hashable:
    if isinstance(condition, Logic):
        return condition.op, _condition(condition.left), _condition(condition.right)
    return condition.op, normal(condition.left), normal(condition.right)


def affine_step(tree: Node) -> tuple[sympy.Expr, sympy.Expr, Node] | None:
    """(c, d, u) with s = c u + d by the outermost operation, u not constant; None for any other link."""
    tree = plain(tree) or tree
    one, zero = sympy.S.One, sympy.S.Zero
    if isinstance(tree, Neg):
        return -one, zero, tree.arg
    if not isinstance(tree, Bin):
        return None
    left, right = constant(tree.left), constant(tree.right)
    if left is None and right is not None:
        steps = {"+": (one, right), "-": (one, -right), "*": (right, zero), "/": (1 / right, zero)}
        return (*steps[tree.op], tree.left) if tree.op in steps else None
    if left is not None and right is None:
        steps = {"+": (one, left), "-": (-one, left), "*": (left, zero)}
        return (*steps[tree.op], tree.right) if tree.op in steps else None
    return None


def affine_image(tree: Node) -> tuple[sympy.Expr, sympy.Expr, Node]:
    """(c, d, u) with s = c u + d and a u that is no such image itself."""
    step = affine_step(tree)
    if step is None:
        return sympy.S.One, sympy.S.Zero, tree
    c, d, core = affine_image(step[2])
    return step[0] * c, sympy.expand(step[0] * d) + step[1], core
