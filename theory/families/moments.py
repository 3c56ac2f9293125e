"""Exact moments mu_{i,k} = E[s(Z)^i He_k(Z)] wherever one of the exactly solvable families holds the link."""

from __future__ import annotations

from functools import lru_cache
from itertools import zip_longest
from math import comb

import sympy

from ...link.tree import Bin, Call, Neg, Node, Num
from ..exact.constants import is_zero, sign
from ..exact.functions import plain
from ..exact.hermite import he, monomial_moment
from ..exact.lower import constant
from ..exact.normal_form import affine_image
from ..exact.polynomial import Coefficients, evaluate, polynomial, polynomial_moment, product
from ..shape.growth import moderate
from ..shape.parity import parity
from ..shape.pieces import exact_pieces, levels
from ..shape.powered_gaussian import bell
from .piecewise_constant import mass_between, masses


@lru_cache(maxsize=4096)
def moment(tree: Node, i: int, k: int) -> sympy.Expr | None:
    """E[s(Z)^i He_k(Z)] as an exact number, or None when no family holds the link."""
    # By symmetry alone nothing vanishes: the moment must exist.
    if vanishes_by_parity(tree, i, k) and moderate(tree):
        return sympy.S.Zero
    exact = polynomial_moment(tree, i, k)
    if exact is not None:
        return exact
    steps = levels(tree)
    if steps is not None:
        return sympy.expand(sum(value**i * mass for value, mass in masses(steps, k).items()))
    bump = bell(tree)
    if bump is not None:
        return bump.moment(i, k)
    sum_of_waves = waves(tree)
    found = None if sum_of_waves is None else wave_moment(sum_of_waves, i, k)
    if found is None:
        found = _piece_by_piece(tree, i, k)
    if found is None:
        found = _of_image(tree, i, k)
    return _by_parts(tree, k) if found is None and i == 1 else found


def _piece_by_piece(tree: Node, i: int, k: int) -> sympy.Expr | None:
    """The sum over the pieces of a link that is a real sum of exponentials of quadratics on each."""
    pieces = exact_pieces(tree)
    if pieces is None or len(pieces) == 1:
        return None
    total = sympy.S.Zero
    for piece in pieces:
        base = waves(piece.tree)
        if base is None or any(not a.is_real for a, _ in base):
            return None
        part = wave_moment(base, i, k, piece.low, piece.high)
        if part is None:
            return None
        total += part
    return sympy.expand(total)


def _of_image(tree: Node, i: int, k: int) -> sympy.Expr | None:
    """E[(c u + d)^i He_k] by the binomial theorem from the moments of u."""
    c, d, core = affine_image(tree)
    if core == tree:
        return None
    moments = [sympy.Integer(k == 0), *(moment(core, j, k) for j in range(1, i + 1))]
    if None in moments:
        return None
    terms = (comb(i, j) * c**j * d ** (i - j) * of_u for j, of_u in enumerate(moments))
    return sympy.expand(sum(terms, sympy.S.Zero))


def _by_parts(tree: Node, k: int) -> sympy.Expr | None:
    """E[s He_k] of a sum, or of sigmoid(u) = 1/2 + tanh(u/2)/2 for an odd u."""
    if isinstance(tree, Call) and tree.name == "sigmoid" and parity(tree.args[0]).value == "odd":
        return sympy.Rational(int(k == 0), 2) if k % 2 == 0 else None
    if not isinstance(tree, Bin) or tree.op not in "+-":
        return None
    left, right = moment(tree.left, 1, k), moment(tree.right, 1, k)
    if left is None or right is None:
        return None
    return left + right if tree.op == "+" else left - right


def vanishes(tree: Node, i: int, k: int) -> bool:
    """Whether E[s^i He_k] = 0 is proved."""
    value = moment(tree, i, k)
    return value is not None and is_zero(value) is True


def vanishes_by_parity(tree: Node, i: int, k: int) -> bool:
    """s^i He_k is odd."""
    shape = parity(tree).value
    return (shape == "even" and k % 2 == 1) or (shape == "odd" and (i + k) % 2 == 1)


MAX_TERMS = 40
#: Degree up to which a truncated moment is worked out.
_MAX_DEGREE = 96
#: s as a sum of P(z) e^{az - cz^2}: the coefficients of P by (a, c), a possibly complex.
Waves = dict[tuple[sympy.Expr, sympy.Expr], list[sympy.Expr]]
_FLAT = (sympy.S.Zero, sympy.S.Zero)


@lru_cache(maxsize=512)
def waves(tree: Node) -> Waves | None:
    """The link as a sum of P(z) e^{az - cz^2}: polynomials, exp of quadratics, and sin, cos, sinh, cosh of
    affine arguments."""
    exact = polynomial(tree)
    if exact is not None:
        return {_FLAT: list(exact)}
    if isinstance(tree, Neg):
        inner = waves(tree.arg)
        return None if inner is None else {a: [-c for c in p] for a, p in inner.items()}
    if isinstance(tree, Bin):
        return _combined(tree)
    if (meant := plain(tree)) is not None:
        return waves(meant)
    if isinstance(tree, Call) and tree.name in _WAVES:
        argument = polynomial(tree.args[0])
        if argument is None or len(argument) > (3 if tree.name == "exp" else 2):
            return None
        offset, slope, bend = (*argument, sympy.S.Zero, sympy.S.Zero)[:3]
        return {(a * slope, -a * bend): [weight * sympy.exp(a * offset)] for a, weight in _WAVES[tree.name]}
    return None


_HALF = sympy.Rational(1, 2)
_WAVES: dict[str, tuple[tuple[sympy.Expr, sympy.Expr], ...]] = {
    "exp": ((sympy.S.One, sympy.S.One),),
    "cosh": ((sympy.S.One, _HALF), (-sympy.S.One, _HALF)),
    "sinh": ((sympy.S.One, _HALF), (-sympy.S.One, -_HALF)),
    "cos": ((sympy.I, _HALF), (-sympy.I, _HALF)),
    "sin": ((sympy.I, -sympy.I / 2), (-sympy.I, sympy.I / 2)),
}


def _combined(tree: Bin) -> Waves | None:
    left = waves(tree.left)
    if left is None:
        return None
    if tree.op == "**":
        if not isinstance(tree.right, Num) or tree.right.value.denominator != 1 or tree.right.value < 0:
            return None
        exponent = int(tree.right.value)
        return _raised(left, exponent) if len(left) ** exponent <= MAX_TERMS else None
    right = waves(tree.right)
    if right is None:
        return None
    if tree.op == "*":
        return _times(left, right) if len(left) * len(right) <= MAX_TERMS else None
    if tree.op == "/":
        number = constant(tree.right)
        return None if number is None else {a: [c / number for c in p] for a, p in left.items()}
    total = {a: list(p) for a, p in left.items()}
    for a, p in right.items():
        _add(total, a, p if tree.op == "+" else [-c for c in p])
    return total


def _add(total: Waves, a: tuple[sympy.Expr, sympy.Expr], p: list[sympy.Expr]) -> None:
    total[a] = [x + y for x, y in zip_longest(total.get(a, []), p, fillvalue=sympy.S.Zero)]


def _times(left: Waves, right: Waves) -> Waves:
    total: Waves = {}
    for a, p in left.items():
        for b, q in right.items():
            _add(total, (sympy.expand(a[0] + b[0]), sympy.expand(a[1] + b[1])), product(p, q))
    return total


def _raised(base: Waves, exponent: int) -> Waves:
    result: Waves = {_FLAT: [sympy.S.One]}
    for _ in range(exponent):
        result = _times(result, base)
    return result


def wave_moment(
    base: Waves, i: int, k: int, low: sympy.Expr = -sympy.oo, high: sympy.Expr = sympy.oo
) -> sympy.Expr | None:
    """E[s^i He_k; low < Z < high], a real on a bounded stretch; None where it does not exist or is too long.

    With v = 1 + 2c and m = a/v: E[P(Z) e^{aZ - cZ^2}] = e^{a^2/(2v)} v^{-1/2} E[P(m + X/sqrt(v))], the ends
    at (low - m) sqrt(v) and (high - m) sqrt(v).
    """
    if len(base) ** i > MAX_TERMS:
        return None
    total = sympy.S.Zero
    order: Coefficients = tuple(sympy.Integer(int(c)) for c in he(k).coeffs())
    for (a, c), p in _raised(base, i).items():
        v = sympy.expand(1 + 2 * c)
        if sign(v) != 1 or len(p) + k > _MAX_DEGREE:
            return None
        q, mean, root = product(p, order), a / v, sympy.sqrt(v)
        left, right = (end if end.is_infinite else sympy.expand((end - mean) * root) for end in (low, high))
        moments = _between(left, right, len(q), sympy.expand(a**2 / (2 * v)))
        # P(m + X/sqrt(v)) by Taylor's theorem.
        shifted = (evaluate(_taylor(q, n), mean) / root ** (n + 1) for n in range(len(q)))
        total += sympy.Add(*(x * y for x, y in zip(shifted, moments, strict=True) if x != 0))
    value = sympy.expand(total)
    if value.has(sympy.I):
        value = sympy.expand(value.replace(sympy.exp, _in_the_plane))
    return value


def _between(low: sympy.Expr, high: sympy.Expr, count: int, exponent: sympy.Expr) -> list[sympy.Expr]:
    """e^exponent E[X^n; low < X < high] for n < count: (n - 1) times that of n - 2, and the ends."""
    scale = sympy.exp(exponent)
    if low.is_infinite and high.is_infinite:
        return [scale * monomial_moment(n, 0) for n in range(count)]
    edges = [
        (side, end, sympy.exp(sympy.expand(exponent - end**2 / 2)) / sympy.sqrt(2 * sympy.pi))
        for side, end in ((1, low), (-1, high))
        if end.is_finite
    ]

    def at_the_ends(n: int) -> sympy.Expr:
        return sympy.Add(*(side * end ** (n - 1) * density for side, end, density in edges))

    moments = [scale * mass_between(low, high, 0), at_the_ends(1)]
    for n in range(2, count):
        moments.append((n - 1) * moments[n - 2] + at_the_ends(n))
    return moments[:count]


def _in_the_plane(exponent: sympy.Expr) -> sympy.Expr:
    """e^{x + iy} as e^x (cos y + i sin y)."""
    x, y = exponent.as_real_imag()
    return sympy.exp(x) * (sympy.cos(y) + sympy.I * sympy.sin(y))


def _taylor(p: list[sympy.Expr], n: int) -> Coefficients:
    """The coefficients of P^(n)/n!, a polynomial in the point of expansion."""
    return tuple(sympy.binomial(j, n) * c for j, c in enumerate(p) if j >= n) or (sympy.S.Zero,)
