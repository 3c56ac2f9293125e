"""How far both sides of a comparison agree as beta grows to oo: their series in u = 1/beta, exact.

A limit that is met, such as KL(beta) -> 0, is no failure of a strict inequality on an open range; balls
cannot tell it, as they do not know that a coefficient is 0.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from math import factorial

import sympy

from ...link import Link, Noise
from ...link.tree import Compare
from ...theory.exact.constants import sign
from ...theory.exact.symbols import t
from .exact import Exact, NoForm, known_moment

#: Coefficients that are looked at, and those that the words themselves are known to.
_LOOKED_AT, _KNOWN = 6, 8
#: Stands for all that is left out of a series: what holds for it is not known.
_REST = sympy.Symbol("rest", real=True)


@dataclass(frozen=True)
class Series:
    """The words as polynomials in t: h_k = sum_i mu_{i,k} t^i/i!, unknown moments being symbols."""

    link: Link
    noise: Noise

    def h(self, k: int) -> sympy.Expr:
        terms = (known_moment(self.link.tree, i, k) * t**i / factorial(i) for i in range(_KNOWN))
        return _cut(sum(terms) * self._noisy)

    @cached_property
    def _noisy(self) -> sympy.Expr:
        """E e^{te}."""
        a = sympy.Rational(self.noise.scale.numerator, self.noise.scale.denominator)
        transforms = {
            "none": sympy.S.One,
            "gaussian": sympy.exp(a**2 * t**2 / 2),
            "uniform": sympy.sinh(a * t) / (a * t),
            "rademacher": sympy.cosh(a * t),
        }
        return sympy.series(transforms[self.noise.kind], t, 0, _KNOWN).removeO()

    def alpha(self, k: int) -> sympy.Expr:
        return sympy.diff(self.h(k), t)

    @cached_property
    def log_partition(self) -> sympy.Expr:
        """K from n mu_n = sum_j C(n, j) j kappa_j mu_{n-j}, mu and kappa over their factorials here."""
        mu = [known_moment(self.link.tree, i, 0) / factorial(i) for i in range(_KNOWN)]
        kappa = [sympy.S.Zero]
        for n in range(1, _KNOWN):
            rest = sum((j * kappa[j] * mu[n - j] for j in range(1, n)), sympy.S.Zero)
            kappa.append(sympy.expand(mu[n] - rest / n))
        return sum((c * t**n for n, c in enumerate(kappa)), sympy.S.Zero) + _REST * t**_KNOWN

    def value(self) -> sympy.Expr:
        return sympy.diff(self.log_partition, t)

    def exists_below(self) -> sympy.Expr:
        return sympy.oo


def _cut(series: sympy.Expr) -> sympy.Expr:
    polynomial = sympy.Poly(series, t)
    kept = (polynomial.coeff_monomial(t**i) * t**i for i in range(_KNOWN))
    return sum(kept, sympy.S.Zero) + _REST * t**_KNOWN


def contact_at_infinity(exact: Exact, part: Compare, name: str) -> int:
    """How many coefficients of left - right in powers of u are proved to be 0, from that of u^0 on."""
    u = sympy.Symbol("u", positive=True)
    source = replace(exact, forms=Series(exact.link, exact.noise))
    try:
        gap = source.of(part.left, {name: 1 / u}) - source.of(part.right, {name: 1 / u})
        found = sympy.expand(sympy.series(gap, u, 0, _LOOKED_AT).removeO())
    except (NoForm, ZeroDivisionError, NotImplementedError, ValueError, TypeError, sympy.PoleError):
        return 0
    terms = sympy.collect(found, u, evaluate=False)
    powers = {_power(term, u): coefficient for term, coefficient in terms.items()}
    if None in powers or any(n < 0 and not _vanishes(c) for n, c in powers.items() if n is not None):
        return 0
    return next((n for n in range(_LOOKED_AT) if not _vanishes(powers.get(n, sympy.S.Zero))), _LOOKED_AT)


def _power(term: sympy.Expr, u: sympy.Symbol) -> int | None:
    base, exponent = term.as_base_exp()
    if term == 1:
        return 0
    return int(exponent) if base == u and exponent.is_Integer else None


def _vanishes(coefficient: sympy.Expr) -> bool:
    if coefficient.free_symbols:
        return bool(sympy.expand(coefficient) == 0)
    return coefficient == 0 or sign(coefficient) == 0 or sympy.expand(coefficient.rewrite(sympy.exp)) == 0
