"""Links that are sums of polynomials times exponentials and sinusoids, and their exact moments."""

from __future__ import annotations

from functools import lru_cache

import sympy

from ..link.tree import Bin, Call, Neg, Node, Num
from . import hermite
from .hermite import Coefficients, evaluate, polynomial, product
from .lower import constant

MAX_TERMS = 40
#: s as a sum of P(z) e^{az}: the coefficients of P by the (complex) exponent a.
Waves = dict[sympy.Expr, list[sympy.Expr]]


@lru_cache(maxsize=512)
def waves(tree: Node) -> Waves | None:
    """The link as a sum of P(z) e^{az}, a complex: polynomials, exp, sin, cos, sinh, cosh of affine args."""
    exact = polynomial(tree)
    if exact is not None:
        return {sympy.S.Zero: list(exact)}
    if isinstance(tree, Neg):
        inner = waves(tree.arg)
        return None if inner is None else {a: [-c for c in p] for a, p in inner.items()}
    if isinstance(tree, Bin):
        return _combined(tree)
    if isinstance(tree, Call) and tree.name in _WAVES:
        affine = polynomial(tree.args[0])
        if affine is None or len(affine) > 2:
            return None
        offset, slope = (*affine, sympy.S.Zero)[:2]
        return {a * slope: [weight * sympy.exp(a * offset)] for a, weight in _WAVES[tree.name]}
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


def _add(total: Waves, a: sympy.Expr, p: list[sympy.Expr]) -> None:
    old = total.get(a, [])
    width = max(len(old), len(p))
    padded = [[*q, *[sympy.S.Zero] * (width - len(q))] for q in (old, p)]
    total[a] = [x + y for x, y in zip(*padded, strict=True)]


def _times(left: Waves, right: Waves) -> Waves:
    total: Waves = {}
    for a, p in left.items():
        for b, q in right.items():
            _add(total, sympy.expand(a + b), product(p, q))
    return total


def _raised(base: Waves, exponent: int) -> Waves:
    result: Waves = {sympy.S.Zero: [sympy.S.One]}
    for _ in range(exponent):
        result = _times(result, base)
    return result


def wave_moment(base: Waves, i: int, k: int) -> sympy.Expr:
    """The shift E[P(Z) e^{aZ}] = e^{a^2/2} E[P(Z + a)], here with P He_k in the place of P."""
    total = sympy.S.Zero
    order: Coefficients = tuple(sympy.Integer(int(c)) for c in hermite.he(k).coeffs())
    for a, p in _raised(base, i).items():
        shifted = [evaluate(_taylor(product(p, order), n), a) for n in range(len(p) + k)]
        mean = sum(c * hermite.monomial_moment(n, 0) for n, c in enumerate(shifted))
        total += sympy.exp(sympy.expand(a**2 / 2)) * mean
    return sympy.expand(sympy.expand(total).replace(sympy.exp, _in_the_plane))


def _in_the_plane(exponent: sympy.Expr) -> sympy.Expr:
    """e^{x + iy} as e^x (cos y + i sin y)."""
    x, y = exponent.as_real_imag()
    return sympy.exp(x) * (sympy.cos(y) + sympy.I * sympy.sin(y))


def _taylor(p: list[sympy.Expr], n: int) -> Coefficients:
    """The coefficients of P^(n)/n!, a polynomial in the point of expansion."""
    return tuple(sympy.binomial(j, n) * c for j, c in enumerate(p) if j >= n) or (sympy.S.Zero,)
