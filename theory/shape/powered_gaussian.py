"""Links of the form A z^m e^{-c z^2}: their moments are closed in the symbolic power i."""

from dataclasses import dataclass
from functools import lru_cache

import sympy

from ...link.tree import Bin, Call, Neg, Node
from ..exact import he
from ..exact.constants import sign
from ..exact.polynomial import polynomial


@dataclass(frozen=True, slots=True)
class PoweredGaussian:
    """s = factor z^m e^{-c z^2} with m >= 0 and c > 0."""

    factor: sympy.Expr
    m: int
    c: sympy.Expr

    def moment(self, i: int, k: int) -> sympy.Expr:
        """factor^i E[z^{mi} e^{-ci z^2} He_k] = factor^i (base moment) (1 + 2ci)^{-(mi+k+1)/2} q_k(i)."""
        if (self.m * i + k) % 2:
            return sympy.S.Zero
        value = self.general(k).subs(_i, i)
        return sympy.radsimp(value) if self.c.is_Rational else value

    def general(self, k: int, power: sympy.Expr | None = None) -> sympy.Expr:
        """The moment as an expression in the symbolic power i (or ``power``), for m i + k even."""
        moment = _general(self, k)
        return moment if power is None else moment.subs(_i, power)

    def series(self, k: int) -> sympy.Expr:
        """q_k, a polynomial in the symbolic power i (of the parity that makes mi + k even).

        E[z^n e^{-az^2}] = (n-1)!! (1+2a)^{-(n+1)/2}; with n = mi + j over the terms of He_k, the common
        factor (mi - 1)!! (k even) or (mi)!! (k odd) and the lowest power of 1 + 2ci are taken out.
        """
        total, odd = sympy.S.Zero, k % 2
        for j, coefficient in enumerate(he(k).coeffs()):
            if coefficient != 0:
                steps = [self.m * _i + r for r in range(1 + odd, j, 2)]
                rise = (1 + 2 * self.c * _i) ** ((k - j) // 2)
                total += int(coefficient) * sympy.Mul(*steps) * rise
        return sympy.expand(total)


_i = sympy.Symbol("i", positive=True)


@lru_cache(maxsize=512)
def _general(link: PoweredGaussian, k: int) -> sympy.Expr:
    spread = 1 + 2 * link.c * _i
    q, exponent = link.series(k), -(link.m * _i + k + 1) / 2
    # In lowest terms: q_k often holds powers of 1 + 2ci.
    while q != 0:
        quotient, rest = sympy.div(q, spread, _i)
        if rest != 0:
            break
        q, exponent = quotient, exponent + 1
    rising = sympy.factorial2(link.m * _i - 1 + k % 2)
    return sympy.factor(q) * link.factor**_i * rising * spread ** sympy.expand(exponent)


@lru_cache(maxsize=512)
def powered_gaussian(tree: Node) -> PoweredGaussian | None:
    """The link as factor z^m e^{-c z^2} with m >= 1, or None when it is not written as one."""
    form = bell(tree)
    return None if form is None or form.m == 0 else form


@lru_cache(maxsize=512)
def bell(tree: Node) -> PoweredGaussian | None:
    """The link as factor z^m e^{-c z^2} with m >= 0, or None when it is not written as one."""
    read = _read(tree)
    return None if read is None or sign(read[2]) != 1 else PoweredGaussian(*read)


def _read(tree: Node) -> tuple[sympy.Expr, int, sympy.Expr] | None:
    """(A, m, c) of a product of numbers, powers of z and exponentials, A z^m e^{-c z^2}."""
    coefficients = polynomial(tree)
    if coefficients is not None:
        monomial = all(c == 0 for c in coefficients[:-1]) and coefficients[-1] != 0
        return (coefficients[-1], len(coefficients) - 1, sympy.S.Zero) if monomial else None
    if isinstance(tree, Neg):
        inner = _read(tree.arg)
        return None if inner is None else (-inner[0], *inner[1:])
    if isinstance(tree, Call) and tree.name == "exp":
        exponent = polynomial(tree.args[0])
        if exponent is None or len(exponent) != 3 or exponent[1] != 0:
            return None
        return sympy.exp(exponent[0]), 0, -exponent[2]
    if not isinstance(tree, Bin) or tree.op not in "*/":
        return None
    left, right = _read(tree.left), _read(tree.right)
    if left is None or right is None:
        return None
    if tree.op == "*":
        return left[0] * right[0], left[1] + right[1], left[2] + right[2]
    return (left[0] / right[0], left[1], left[2] - right[2]) if right[1] == 0 else None
