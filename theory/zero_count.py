"""How many zeros an exact function of t has before a given place, counted without solving for them.

Factors that have no zero are left out. What remains must be a product of polynomials, counted by Sturm's
theorem, and of exponential sums, counted by Descartes' rule (no more real zeros, with multiplicity, than
changes of sign of the weights in the order of the exponents) or, for commensurable exponents, as polynomials
in e^{dt} by Sturm's theorem.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from itertools import pairwise
from typing import Any, TypeVar

import flint
import sympy
from flint import arb

from .exact.constants import Undecided, collected, decided_sign, enclosure, increasing
from .exact.symbols import t

#: Beyond this degree Sturm's chain of exact numbers grows too large.
_HIGHEST = 12
_MOST_TERMS = 24
#: Exact remainders are formed of numbers of so many operations in all; of others they are enclosed.
_SIMPLE = 40
_BITS = 1200

N = TypeVar("N", bound=Any)
Polynomial = list[sympy.Expr]


def vanishes_at(f: sympy.Expr, place: sympy.Expr) -> bool | None:
    """Whether f(place) = 0, or None where that is not decided."""
    try:
        factors = _factors(f, place)
        return None if factors is None else any(_zero_at(factor, place) for factor in factors)
    except Undecided:
        return None


def zeros_before(f: sympy.Expr, end: sympy.Expr, later: Sequence[sympy.Expr] = ()) -> int | None:
    """The number of distinct zeros of ``f`` in (0, end), or None where it is not counted.

    A zero that two factors share counts twice. later: numbers at or beyond ``end`` that may be zeros of f;
    those that are leave the fewer for (0, end).
    """
    try:
        factors = _factors(f, end)
        if factors is None:
            return None
        counts = [_count(factor, end, later) for factor in factors]
    except Undecided:
        return None
    return None if None in counts else sum(count for count in counts if count is not None)


def _factors(f: sympy.Expr, end: sympy.Expr) -> list[sympy.Expr] | None:
    """The factors that may vanish in (0, end], f being finite there; None for a function of another kind."""
    kept = []
    for factor in sympy.Mul.make_args(sympy.factor_terms(f)):
        base, exponent = factor.as_base_exp()
        if factor.has(sympy.Piecewise):
            return None
        if not factor.has(t):
            if decided_sign(factor) == 0:
                raise Undecided("the function is 0 everywhere")
        elif factor.func is sympy.exp or base == t or (exponent.is_number and decided_sign(exponent) < 0):
            continue
        elif exponent.is_Rational:
            kept.append(base)
        else:
            return None
    return kept


def _zero_at(factor: sympy.Expr, place: sympy.Expr) -> bool:
    total = _exponential_sum(factor)
    if total is None or factor.is_polynomial(t):
        return decided_sign(sympy.expand(factor.subs(t, place))) == 0
    found = sympy.Add(*(w * sympy.powsimp(sympy.exp(u * place)) for u, w in total.items()))
    return decided_sign(sympy.radsimp(sympy.expand(found))) == 0


def _count(factor: sympy.Expr, end: sympy.Expr, later: Sequence[sympy.Expr]) -> int | None:
    if factor.is_polynomial(t):
        return _sturm(list(reversed(sympy.Poly(factor, t).all_coeffs())), sympy.S.Zero, end)
    total = _exponential_sum(factor)
    if total is None:
        return None
    ordered = increasing(total)
    weights = [total[u] for u in ordered]
    signs = [decided_sign(w) for w in weights]
    most = sum(a != b for a, b in pairwise(signs)) - _order_at_zero(ordered, weights)
    most -= sum(_zero_at(factor, place) for place in increasing(later))
    if most <= 0:
        return 0
    return _in_powers(ordered, weights, end)


def _exponential_sum(factor: sympy.Expr) -> dict[sympy.Expr, sympy.Expr] | None:
    """{u: w} for sum w e^{ut} with constant u and w, without vanishing weights; None for anything else."""
    terms = []
    for term in sympy.Add.make_args(sympy.expand(factor.rewrite(sympy.exp))):
        weight, rest = term.as_independent(t)
        exponent = sympy.S.Zero if rest == 1 else rest.args[0] if rest.func is sympy.exp else None
        if exponent is None or exponent.has(sympy.I):
            return None
        slope = sympy.expand(exponent / t)
        if slope.has(t):
            return None
        terms.append((slope, weight))
    if len(terms) > _MOST_TERMS:
        return None
    return {u: w for u, w in collected(terms).items() if decided_sign(w)}


def _order_at_zero(exponents: list[sympy.Expr], weights: list[sympy.Expr]) -> int:
    """The multiplicity of the zero at t = 0: the first j with sum u^j w != 0."""
    for j in range(len(exponents)):
        if decided_sign(sympy.expand(sum(u**j * w for u, w in zip(exponents, weights, strict=True)))):
            return j
    raise Undecided("an exponential sum without a term")


def _in_powers(exponents: list[sympy.Expr], weights: list[sympy.Expr], end: sympy.Expr) -> int | None:
    """The zeros in (0, end) through x = e^{dt}, d the largest common step of the exponents."""
    gaps = [sympy.expand(u - exponents[0]) for u in exponents]
    if not all(gap.is_Rational for gap in gaps):
        return None
    step = sympy.gcd_list(gaps)
    if gaps[-1] / step > _HIGHEST:
        return None
    p = [sympy.S.Zero] * (int(gaps[-1] / step) + 1)
    for gap, weight in zip(gaps, weights, strict=True):
        p[int(gap / step)] = _ratio(weight, weights[-1])
    return _sturm(p, sympy.S.One, sympy.oo if end is sympy.oo else sympy.powsimp(sympy.exp(step * end)))


def _ratio(a: sympy.Expr, b: sympy.Expr) -> sympy.Expr:
    found = a / b
    return sympy.simplify(found) if sympy.count_ops(found) <= _SIMPLE else found


def _sturm(p: Polynomial, low: sympy.Expr, high: sympy.Expr) -> int | None:
    """The number of distinct zeros of p, lowest coefficient first, in (low, high)."""
    p = _trimmed(p)
    if len(p) - 1 > _HIGHEST:
        return None
    for end in (low, high):
        p = p if end is sympy.oo else _without_zero(p, end)
    if len(p) <= 1:
        return 0
    ends = (low, high)
    if all(c.is_algebraic for c in p) and sum(map(sympy.count_ops, p)) <= _SIMPLE:
        chain = _chain(p, sympy.S.Zero, lambda c: sympy.radsimp(sympy.expand(c)), decided_sign)
        values = [[c[-1] if x is sympy.oo else _value(c, x) for c in chain] for x in ends]
        signs = [list(map(decided_sign, row)) for row in values]
    else:
        # In balls a zero is never seen: then the signs are not decided.
        with _digits():
            balls = [enclosure(c, _BITS) for c in p]
            chain = _chain(balls, arb(0), lambda c: c, _ball_sign)
            signs = [[_ball_sign(c[-1] if x is sympy.oo else _ball_value(c, x)) for c in chain] for x in ends]
    return _variations(signs[0]) - _variations(signs[1])


def _chain(p: list[N], zero: N, tidy: Callable[[N], N], sign: Callable[[N], int]) -> list[list[N]]:
    """Sturm's chain of p; it ends at a constant, or before a remainder that is 0."""
    slope: list[N] = [c * j for j, c in enumerate(p)][1:]
    chain = [p, slope]
    while len(chain[-1]) > 1:
        rest: list[N] = chain[-2]
        divisor: list[N] = chain[-1]
        while len(rest) >= len(divisor):
            factor, shift = rest[-1] / divisor[-1], len(rest) - len(divisor)
            rest = [
                tidy(c - factor * divisor[j - shift]) if j >= shift else c for j, c in enumerate(rest[:-1])
            ]
            while rest and not sign(rest[-1]):
                rest = rest[:-1]
        if not rest:
            break
        chain.append([zero - c for c in rest])
    return chain


def _variations(signs: list[int]) -> int:
    return sum(a != b for a, b in pairwise(sign for sign in signs if sign))


def _value(p: Polynomial, x: sympy.Expr) -> sympy.Expr:
    return sympy.expand(sum(c * x**j for j, c in enumerate(p)))


def _ball_value(p: list[arb], x: sympy.Expr) -> arb:
    at, total = enclosure(x, _BITS), arb(0)
    for c in reversed(p):
        total = total * at + c
    return total


def _ball_sign(value: arb) -> int:
    if value.contains(0):
        raise Undecided("a sign in Sturm's chain")
    return 1 if value > 0 else -1


@contextmanager
def _digits() -> Iterator[None]:
    before = flint.ctx.prec
    try:
        flint.ctx.prec = _BITS
        yield
    finally:
        flint.ctx.prec = before


def _without_zero(p: Polynomial, x: sympy.Expr) -> Polynomial:
    """p divided by (t - x) as often as it vanishes at x."""
    while len(p) > 1 and decided_sign(_value(p, x)) == 0:
        quotient = [p[-1]]
        for c in reversed(p[1:-1]):
            quotient.append(sympy.expand(c + x * quotient[-1]))
        p = quotient[::-1]
    return p


def _trimmed(p: Polynomial) -> Polynomial:
    """Without leading coefficients that are 0."""
    while p and decided_sign(p[-1]) == 0:
        p = p[:-1]
    return p
