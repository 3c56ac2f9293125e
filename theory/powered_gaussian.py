"""Links of the form A z^m e^{-c z^2}: their moments are closed in the symbolic power i."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import sympy

from ..link.tree import Bin, Call, Neg, Node
from . import hermite
from .constants import sign
from .hermite import polynomial
from .lower import constant


@dataclass(frozen=True, slots=True)
class PoweredGaussian:
    """s = factor z^m e^{-c z^2} with m >= 1 and c > 0."""

    factor: sympy.Expr
    m: int
    c: sympy.Expr

    def moment(self, i: int, k: int) -> sympy.Expr:
        """factor^i E[z^{mi} e^{-ci z^2} He_k] = factor^i (base moment) (1 + 2ci)^{-(mi+k+1)/2} q_k(i)."""
        if (self.m * i + k) % 2:
            return sympy.S.Zero
        spread = 1 + 2 * self.c * i
        power = sympy.Rational(self.m * i + k + 1, 2)
        value = self.factor**i * _double_factorial(self.m * i - 1 + k % 2) * self.series(k).subs(_i, i)
        return sympy.radsimp(value / spread**power)

    def series(self, k: int) -> sympy.Expr:
        """q_k, a polynomial in the symbolic power i (of the parity that makes mi + k even).

        E[z^n e^{-az^2}] = (n-1)!! (1+2a)^{-(n+1)/2}; with n = mi + j over the terms of He_k, the common
        factor (mi - 1)!! (k even) or (mi)!! (k odd) and the lowest power of 1 + 2ci are taken out.
        """
        total, odd = sympy.S.Zero, k % 2
        for j, coefficient in enumerate(hermite.he(k).coeffs()):
            if coefficient != 0:
                steps = [self.m * _i + r for r in range(1 + odd, j, 2)]
                rise = (1 + 2 * self.c * _i) ** ((k - j) // 2)
                total += int(coefficient) * sympy.Mul(*steps) * rise
        return sympy.expand(total)


_i = sympy.Symbol("i", positive=True)


def _double_factorial(n: int) -> sympy.Expr:
    return sympy.factorial2(n) if n > 0 else sympy.S.One


@lru_cache(maxsize=512)
def powered_gaussian(tree: Node) -> PoweredGaussian | None:
    """The link as factor z^m e^{-c z^2}, or None when it is not written as one."""
    if isinstance(tree, Neg):
        inner = powered_gaussian(tree.arg)
        return None if inner is None else PoweredGaussian(-inner.factor, inner.m, inner.c)
    if not isinstance(tree, Bin) or tree.op not in "*/":
        return None
    if tree.op == "/":
        number, inner = constant(tree.right), powered_gaussian(tree.left)
        if inner is None or number is None:
            return None
        return PoweredGaussian(inner.factor / number, inner.m, inner.c)
    for first, second in ((tree.left, tree.right), (tree.right, tree.left)):
        bell, monomial, number = _bell(first), _monomial(second), constant(second)
        if bell is not None and monomial is not None:
            return PoweredGaussian(monomial[0], monomial[1], bell)
        inner = powered_gaussian(first)
        if inner is not None and number is not None:
            return PoweredGaussian(inner.factor * number, inner.m, inner.c)
    return None


def _bell(tree: Node) -> sympy.Expr | None:
    """c > 0 for e^{-c z^2}."""
    if not isinstance(tree, Call) or tree.name != "exp":
        return None
    inner = polynomial(tree.args[0])
    if inner is None or len(inner) != 3 or inner[0] != 0 or inner[1] != 0 or sign(inner[2]) != -1:
        return None
    return -inner[2]


def _monomial(tree: Node) -> tuple[sympy.Expr, int] | None:
    found = polynomial(tree)
    if found is None or len(found) < 2 or any(c != 0 for c in found[:-1]):
        return None
    return found[-1], len(found) - 1
