"""Two steps in a row on each sample, without weights: what a pair of steps does to m on average, as d -> oo.

With T(y) = y, eta = gamma/d and a polynomial g the two steps have together F = a y (g'(u) + g'(u + a gamma y
g'(u))), and E[m'' - m]/eta -> (1-m^2) sum_j c_j m^{j-1}/(j-1)! - (gamma m/2) E F^2 (claim R9).
"""

from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache
from math import factorial, sqrt

import numpy as np
import sympy
from flint import arb

from ...link import Link, LinkError, parse
from ...numerics.expectation.oracle import oracle
from ...numerics.precision import exact, working
from ...theory.exact import monomial_moment
from ...theory.exact.polynomial import polynomial
from ...theory.shape.range import bounds
from .exponents import exponents

#: The activation g, a polynomial, and gamma.
Choice = tuple[Link, Fraction]
U, Y, A = sympy.symbols("u y A", real=True)
_DIGITS, BITS = 20, 110
#: How often its spread the largest label may be, where means of F are sampled.
_SPREAD = 30.0


@dataclass(frozen=True, slots=True)
class PairLaw:
    """gamma^{i-1+``power``}/(i-1)! (``divided``) in c_j; shrinking ``shrunk`` times (gamma m/2) E F^2."""

    power: int = 0
    divided: bool = True
    shrunk: Fraction = Fraction(1)

    def factor(self, i: int, a: int, gamma: Fraction) -> Fraction:
        """What E[y^i He_j] E[g'^{i-1} g^(i) He_{j-1}] has before it."""
        return a * (a * gamma) ** (i - 1) * gamma**self.power / (factorial(i - 1) if self.divided else 1)


TRUE = PairLaw()


def slope_of(activation: Link) -> sympy.Poly:
    """g'. Raises LinkError where g is no polynomial with rational coefficients."""
    known = polynomial(activation.tree)
    if known is None or not all(c.is_Rational for c in known):
        raise LinkError(
            f"the activation '{activation}' is no polynomial, and for others it is not known what a second "
            "step on a sample does: write one such as z - He(3, z)/6"
        )
    return sympy.Poly(sum(c * U**n for n, c in enumerate(known)), U).diff()


def terms_of(activation: Link) -> dict[int, sympy.Poly]:
    """i -> g'^{i-1} g^(i)."""
    slope = slope_of(activation)
    found, bent = {}, slope
    for i in range(1, slope.degree() + 2):
        found[i] = slope ** (i - 1) * bent
        bent = bent.diff()
    return found


def twice(activation: Link, gamma: Fraction, a: int) -> sympy.Poly:
    """F as it is defined."""
    slope = slope_of(activation).as_expr()
    later = slope.subs(U, U + a * sympy.Rational(gamma) * Y * slope)
    return sympy.Poly(sympy.expand(a * Y * (slope + later)), Y, U)


@lru_cache(maxsize=128)
def own_coefficients(law: PairLaw, choice: Choice, j: int, a: int = 1) -> dict[int, Fraction]:
    """i -> what stands before E[y^i He_j] in c_j."""
    terms = terms_of(choice[0])
    found = {i: law.factor(i, a, choice[1]) * _gaussian(p, j - 1) for i, p in terms.items()}
    found[1] += a * _gaussian(terms[1], j - 1)
    return found


def _gaussian(p: sympy.Poly, k: int) -> Fraction:
    """E[p(Z) He_k(Z)]."""
    return sum((Fraction(c) * monomial_moment(n, k) for (n,), c in p.terms()), Fraction(0))


@lru_cache(maxsize=32)
def drift(link: Link, law: PairLaw, m: Fraction, a: int, choice: Choice) -> arb:
    """The mean of (m'' - m)/eta as stated."""
    terms = terms_of(choice[0])
    ks = tuple(range(1, max(p.degree() for p in terms.values()) + 2))
    table = oracle(link.tree).tilted_moments(ks, tuple(terms), Fraction(0), _DIGITS)
    with working(BITS):
        total = arb(0)
        for j in ks:
            own = own_coefficients(law, choice, j, a)
            c = sum((exact(weight) * table[i, j] for i, weight in own.items()), arb(0))
            total += c * exact(m ** (j - 1) / factorial(j - 1))
        shrinking = exact(law.shrunk * choice[1] * m / 2) * square(link, m, a, choice)
        return exact(1 - m * m) * total - shrinking


def square(link: Link, m: Fraction, a: int, choice: Choice) -> arb:
    """q = E F^2."""
    return mean(link, twice(*choice, a).as_expr() ** 2, m)


@lru_cache(maxsize=32)
def mean(link: Link, expression: sympy.Expr, m: Fraction) -> arb:
    """E p(y, u, A), u = mA + sqrt(1-m^2) B, by moments of B and E[y^i A^n] in terms of He_k; no Mehler."""
    need: dict[tuple[int, int], sympy.Expr] = {}
    aside = 1 - sympy.Rational(m) ** 2
    for (i, n, along), c in sympy.Poly(sympy.expand(expression), Y, U, A).terms():
        for r in range(0, n + 1, 2):
            # Odd powers of B have mean 0, even ones (r-1)!!.
            weight = c * sympy.binomial(n, r) * aside ** (r // 2) * sympy.Rational(m) ** (n - r)
            key = i, n - r + along
            need[key] = need.get(key, sympy.S.Zero) + weight * sympy.factorial2(r - 1)
    powers = tuple(sorted({i for i, _ in need}))
    ks = tuple(range(max(n for _, n in need) + 1))
    table = oracle(link.tree).tilted_moments(ks, powers, Fraction(0), _DIGITS)
    with working(BITS):
        total = arb(0)
        for (i, n), c in need.items():
            for k in range(n % 2, n + 1, 2):
                # A^n = sum_k E[Z^n He_k]/k! He_k(A).
                part = Fraction(monomial_moment(n, k), factorial(k))
                total += exact(Fraction(c) * part) * table[i, k]
        return total


#: What all links are tried with, and what a contrast may take.
PLAIN: Choice = (parse("z - He(3, z)/6"), Fraction(1, 2))
_CHOICES: list[Choice] = [
    (parse(f"z {sign} {size}*He(3, z)/6"), Fraction(gamma, 10))
    for gamma in (3, 5, 8)
    for sign, size in (("-", 1), ("+", 1), ("-", 2), ("+", 2))
]


@lru_cache(maxsize=64)
def choice_for(link: Link) -> Choice:
    """g and gamma: where reuse brings k* = 1 < IE, those with which neurons get farthest."""
    if not contrasts(link):
        return PLAIN
    return max(_CHOICES, key=lambda choice: rest(link, choice))


def contrasts(link: Link) -> bool:
    found = exponents(link)
    first = found.information_exponent.value
    return found.generative_exponent.value == 1 and first is not None and first > 1 and bounded(link)


def bounded(link: Link) -> bool:
    low, high = (float(end) for end in bounds(link.tree))
    if not np.isfinite([low, high]).all():
        return False
    square = float(oracle(link.tree).tilted_moments((0,), (2,), Fraction(0), 6)[2, 0].mid())
    return max(abs(low), abs(high)) <= _SPREAD * sqrt(square)


def rest(link: Link, choice: Choice) -> float:
    """How far the mean carries every neuron from 0, whatever a: where its drift first vanishes, up to 1/2."""
    reached = []
    for a in (1, -1):
        side = 1 if _true(link, Fraction(0), a, choice) > 0 else -1
        steps = [Fraction(n, 40) for n in range(1, 21)]
        ahead = (m for m in steps if side * _true(link, side * m, a, choice) <= 0)
        reached.append(next(ahead, Fraction(1, 2)) - Fraction(1, 40))
    return float(min(reached))


def _true(link: Link, m: Fraction, a: int, choice: Choice) -> float:
    return float(drift(link, TRUE, m, a, choice).mid())


def time_to(link: Link, choice: Choice, end: float) -> float:
    """eta times the pairs of steps from 0 to ``end`` on average, for the slower sign a."""
    slowest = 0.0
    for a in (1, -1):
        side = 1 if _true(link, Fraction(0), a, choice) > 0 else -1
        places = [Fraction(n, 8) * Fraction(end).limit_denominator(1000) for n in range(9)]
        slowest = max(slowest, sum(end / 9 / abs(_true(link, side * m, a, choice)) for m in places))
    return slowest
