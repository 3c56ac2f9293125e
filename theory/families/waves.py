"""Links that are sums of polynomials times exponentials of quadratics, and their exact moments.

Sinusoids are exponentials with imaginary exponents; bells e^{-cz^2} are among them.
"""

from __future__ import annotations

from functools import lru_cache

import sympy

from ...link.tree import Bin, Call, Neg, Node, Num
from ..exact import hermite
from ..exact.constants import sign
from ..exact.functions import plain
from ..exact.lower import constant
from ..exact.polynomial import Coefficients, evaluate, polynomial, product

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
    old = total.get(a, [])
    width = max(len(old), len(p))
    padded = [[*q, *[sympy.S.Zero] * (width - len(q))] for q in (old, p)]
    total[a] = [x + y for x, y in zip(*padded, strict=True)]


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
    order: Coefficients = tuple(sympy.Integer(int(c)) for c in hermite.he(k).coeffs())
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
        return [scale * hermite.monomial_moment(n, 0) for n in range(count)]
    edges = [
        (side, end, sympy.exp(sympy.expand(exponent - end**2 / 2)) / sympy.sqrt(2 * sympy.pi))
        for side, end in ((1, low), (-1, high))
        if end.is_finite
    ]

    def at_the_ends(n: int) -> sympy.Expr:
        return sympy.Add(*(side * end ** (n - 1) * density for side, end, density in edges))

    found = [scale * (_below(high) - _below(low)), at_the_ends(1)]
    for n in range(2, count):
        found.append((n - 1) * found[n - 2] + at_the_ends(n))
    return found[:count]


def _below(end: sympy.Expr) -> sympy.Expr:
    """P(X < end)."""
    if end.is_infinite:
        return sympy.S.One if end is sympy.oo else sympy.S.Zero
    return sympy.S.Half + sympy.erf(end / sympy.sqrt(2)) / 2


def _in_the_plane(exponent: sympy.Expr) -> sympy.Expr:
    """e^{x + iy} as e^x (cos y + i sin y)."""
    x, y = exponent.as_real_imag()
    return sympy.exp(x) * (sympy.cos(y) + sympy.I * sympy.sin(y))


def _taylor(p: list[sympy.Expr], n: int) -> Coefficients:
    """The coefficients of P^(n)/n!, a polynomial in the point of expansion."""
    return tuple(sympy.binomial(j, n) * c for j, c in enumerate(p) if j >= n) or (sympy.S.Zero,)
