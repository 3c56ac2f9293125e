"""A comparison at the limits of the temperatures, where balls do not reach.

As beta grows to oo: how far both sides agree, from their exact series in u = 1/beta. A limit that is met,
such as KL(beta) -> 0, is no failure of a strict inequality on an open range; balls cannot tell it, as they do
not know that a coefficient is 0. As beta falls to 0: V, KL and chi2 rise, V towards ess sup s; the top of s
settles the sign of alpha_k and h_k.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from fractions import Fraction
from functools import cached_property
from math import factorial

import sympy
from flint import arb

from ...link.assertion import TEMPERED
from ...link.tree import Call, Compare, Node, Num, Var
from ...numerics.expectation.oracle import NotIntegrable, Unresolved
from ...numerics.precision import working
from ...numerics.threshold.signal import STARTS
from ...theory.exact.constants import sign
from ...theory.exact.lower import rational
from ...theory.exact.symbols import t
from ...theory.shape.facts import facts
from ..link_facts.beyond import dominance
from ..number import ball_to
from .exact import Exact, Forms, NoForm, known_moment
from .pointwise import Points
from .quantities import Numbers

#: Coefficients that are looked at, and those that the words themselves are known to.
_LOOKED_AT, _KNOWN = 6, 8
_DIGITS = 14
#: Stands for all that is left out of a series: what holds for it is not known.
_REST = sympy.Symbol("rest", real=True)


@dataclass(frozen=True)
class Series(Forms):
    """The words as polynomials in t: h_k = sum_i mu_{i,k} t^i/i!, unknown moments being symbols."""

    numbers: Numbers

    def h(self, k: int) -> sympy.Expr:
        terms = (known_moment(self.numbers.link.tree, i, k) * t**i / factorial(i) for i in range(_KNOWN))
        return _cut(sum(terms) * self._noisy)

    @cached_property
    def _noisy(self) -> sympy.Expr:
        """E e^{te}."""
        a = rational(self.numbers.noise.scale)
        transforms = {
            "none": sympy.S.One,
            "gaussian": sympy.exp(a**2 * t**2 / 2),
            "uniform": sympy.sinh(a * t) / (a * t),
            "rademacher": sympy.cosh(a * t),
        }
        return sympy.series(transforms[self.numbers.noise.kind], t, 0, _KNOWN).removeO()

    @cached_property
    def log_partition(self) -> sympy.Expr:
        """K from n mu_n = sum_j C(n, j) j kappa_j mu_{n-j}, mu and kappa over their factorials here."""
        mu = [known_moment(self.numbers.link.tree, i, 0) / factorial(i) for i in range(_KNOWN)]
        kappa = [sympy.S.Zero]
        for n in range(1, _KNOWN):
            rest = sum((j * kappa[j] * mu[n - j] for j in range(1, n)), sympy.S.Zero)
            kappa.append(sympy.expand(mu[n] - rest / n))
        return sum((c * t**n for n, c in enumerate(kappa)), sympy.S.Zero) + _REST * t**_KNOWN


def _cut(series: sympy.Expr) -> sympy.Expr:
    polynomial = sympy.Poly(series, t)
    kept = (polynomial.coeff_monomial(t**i) * t**i for i in range(_KNOWN))
    return sum(kept, sympy.S.Zero) + _REST * t**_KNOWN


def contact_at_infinity(exact: Exact, part: Compare, name: str) -> int:
    """How many coefficients of left - right in powers of u are proved to be 0, from that of u^0 on."""
    u = sympy.Symbol("u", positive=True)
    source = replace(exact, forms=Series(exact.numbers))
    try:
        gap = source.of(part.left, {name: 1 / u}) - source.of(part.right, {name: 1 / u})
        expansion = sympy.expand(sympy.series(gap, u, 0, _LOOKED_AT).removeO())
    except (NoForm, ZeroDivisionError, NotImplementedError, ValueError, TypeError, sympy.PoleError):
        return 0
    terms = sympy.collect(expansion, u, evaluate=False)
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


def sign_below(points: Points, part: Compare, name: str, high: Fraction, thorough: bool) -> int | None:
    """The sign of left - right for every value of the parameter ``name`` in (0, high], or None.

    thorough: whether alpha_k and h_k are looked at, which takes seconds.
    """
    for word, other, side in ((part.left, part.right, 1), (part.right, part.left, -1)):
        if isinstance(word, Call) and word.name in TEMPERED and word.args[-1] == Var(name):
            if word.name in ("alpha", "h") and not thorough:
                return None
            try:
                side_of_word = _against(points, word, other, high)
            except (NotIntegrable, Unresolved, KeyError):
                return None
            return None if side_of_word is None else side * side_of_word
    return None


def _against(points: Points, word: Call, other: Node, high: Fraction) -> int | None:
    with working(120):
        level = _value(points, other)
        if word.name in ("alpha", "h"):
            k = int(word.args[0].value) if isinstance(word.args[0], Num) else 0
            return _settled(points, k, word.name == "h", high) if level.is_zero() else None
        here = _value(points, Call(word.name, (Num(high),)))
        if word.name in ("V", "KL", "chi2") and here > level:
            return 1
        if points.words.star is None:
            # For all that is known s is constant, and V does not stay below its top.
            return None
        if word.name == "V":
            return -1 if _top(points) <= level else None
        if word.name == "logM":
            # K is convex, so it rises on where it rises here; K falls where s stays below 0.
            if here > level and _value(points, Call("V", (Num(high),))) > 0:
                return 1
            return -1 if _top(points) <= 0 and here < level else None
    return None


def _value(points: Points, node: Node) -> arb:
    """A number without parameters. Raises KeyError on a parameter."""
    return points.value(node, _DIGITS)


def _top(points: Points) -> arb:
    """ess sup s as a ball; not a number when it is not known."""
    top = facts(points.numbers.link.tree).supremum.value
    return arb.nan() if top is None or not top.is_finite else ball_to(top, 30)


def _settled(points: Points, k: int, weight: bool, high: Fraction) -> int | None:
    """The sign of alpha_k (h_k with ``weight``) at every temperature up to ``high``."""
    kinds = [weight]
    if points.numbers.noise.kind != "none" and not weight:
        # Noise adds K_e' h_k, with K_e' >= 0: both must have the sign.
        kinds.append(True)
    starts = tuple(start for start in STARTS if start * high <= 1)
    if not starts:
        return None
    dominant = dominance(points.numbers.link.tree, k, kinds, starts)
    return None if dominant is None else dominant[0].sign
