"""Zeros of the signal coefficient in exact algebra: solved for where they can be, otherwise counted.

A function is counted by its factors. Those without a zero are left out; what remains must be a product of
polynomials, counted by Sturm's theorem, and of exponential sums, counted by Descartes' rule (no more real
zeros, with multiplicity, than changes of sign of the weights in the order of the exponents) or, for
commensurable exponents, as polynomials in e^{dt} by Sturm's theorem.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, TypeVar

import flint
import sympy
from flint import arb, arb_poly

from ..link.label import NOISELESS, Noise, Signal
from ..link.tree import Node
from .exact import t
from .exact.constants import Undecided, collected, compare, decided_sign, enclosure, increasing
from .exact.lower import rational
from .exact.polynomial import evaluate, polynomial, real_zeros
from .exponents import Witness, exponents
from .families.piecewise import apart, masses
from .shape.pieces import levels
from .zero_bounds import changes_of, variations

#: An exponential sum, sum over u of weights[u] e^{ut}.
Sum = dict[sympy.Expr, sympy.Expr]


@dataclass(frozen=True, slots=True)
class ClosedThreshold:
    """Every zero t of the signal coefficient on (0, t_max), increasing, exact: 1/zeros[0] is beta1.

    floor: 1/t_max, which is beta1 when there is no zero.
    """

    zeros: tuple[sympy.Expr, ...]
    floor: sympy.Expr
    reason: str


@lru_cache(maxsize=512)
def closed_threshold(tree: Node, kind: str, noise: Noise = NOISELESS) -> ClosedThreshold | None:
    """All zeros of the ``kind`` signal (label, weight or centered), or None.

    Solved for: a z + b, a z^2 + b z + c, both also under Gaussian noise, and links with finitely many
    levels, also under Rademacher noise, which only gives more levels. ``weight`` and ``centered`` do not
    depend on noise.
    """
    if kind != Signal.LABEL:
        noise = NOISELESS
    if noise.kind not in ("none", "gaussian" if levels(tree) is None else "rademacher"):
        return None
    scale = rational(noise.scale)
    witness = exponents(tree).witness
    if witness is None:
        return None
    coefficients, steps = polynomial(tree), levels(tree)
    try:
        if coefficients is not None and len(coefficients) == 2:
            return _affine(*coefficients, kind, scale**2)
        if coefficients is not None and len(coefficients) == 3:
            return _quadratic(*coefficients, kind, scale**2)
        if steps is not None:
            return _step(steps, witness, kind, scale)
    except Undecided:
        return None
    return None


def _inside(zeros: Iterable[sympy.Expr], limit: sympy.Expr) -> tuple[sympy.Expr, ...]:
    return tuple(x for x in zeros if decided_sign(x) > 0 and compare(x, limit) < 0)


def _affine(b: sympy.Expr, a: sympy.Expr, kind: str, variance: sympy.Expr) -> ClosedThreshold | None:
    """Noise adds its variance to that of a z."""
    if kind != Signal.LABEL:
        ratio = "h_1/h_0 = at" if kind == Signal.CENTERED else "h_1 = at e^(bt + a^2 t^2/2)"
        return ClosedThreshold((), sympy.S.Zero, f"{ratio} has no critical point" if kind == Signal.CENTERED
                               else f"{ratio} has no zero")  # fmt: skip
    square = sympy.expand(a**2 + variance)
    zeros = real_zeros((sympy.S.One, b, square))
    if zeros is None:
        return None
    reason = f"alpha_1 is a positive multiple of {_shown((sympy.S.One, b, square))}"
    return ClosedThreshold(_inside(zeros, sympy.oo), sympy.S.Zero, reason)


def _quadratic(
    c: sympy.Expr, b: sympy.Expr, a: sympy.Expr, kind: str, variance: sympy.Expr
) -> ClosedThreshold | None:
    """With r = 1 - 2at: h_1/h_0 = bt/r, h_2/h_0 = 2at/r when b = 0, h_0 = r^{-1/2} e^{ct + b^2 t^2/(2r)}.

    Gaussian noise adds K_e' = t times its variance to the derivative, as a constant that grows with t would.
    """
    rising = decided_sign(a) > 0
    limit = 1 / (2 * a) if rising else sympy.oo
    floor = 2 * a if rising else sympy.S.Zero
    star = 1 if decided_sign(b) else 2
    if kind != Signal.LABEL:
        what = f"h_{star}/h_0 is a multiple of t/(1 - 2at)"
        why = "whose derivative has no zero" if kind == Signal.CENTERED else "which has no zero"
        return ClosedThreshold((), floor, f"{what}, {why}")
    p = _quadratic_factor(c + variance * t, b, a)
    coefficients = tuple(reversed(p.all_coeffs()))
    zeros = real_zeros(coefficients)
    reason = f"alpha_{star} is a nonzero multiple of {_shown(coefficients)}"
    if zeros is None:
        if _sturm(list(coefficients), sympy.S.Zero, limit) != 0:
            return None
        return ClosedThreshold((), floor, f"{reason}, without a zero on (0, {limit}) by Sturm's theorem")
    return ClosedThreshold(_inside(zeros, limit), floor, reason)


def _quadratic_factor(c: sympy.Expr, b: sympy.Expr, a: sympy.Expr) -> sympy.Poly:
    """The polynomial in t of which alpha_{k*} of az^2 + bz + c is a multiple without zeros."""
    r = 1 - 2 * a * t
    if decided_sign(b) == 0:
        return sympy.Poly(sympy.expand(r + 3 * a * t + c * t * r), t)
    inner = r**2 * (1 + c * t) + 3 * a * t * r + b**2 * t**2 * r + a * b**2 * t**3
    return sympy.Poly(sympy.expand(inner), t)


@lru_cache(maxsize=512)
def zero_count(tree: Node) -> int | None:
    """How many zeros the noiseless ``label`` signal of az^2 + bz + c has on (0, t_max); None for other links.

    For a cubic without a solution in real radicals: its zeros are then isolated by other means.
    """
    coefficients = polynomial(tree)
    if coefficients is None or len(coefficients) != 3:
        return None
    c, b, a = coefficients
    try:
        limit = 1 / (2 * a) if decided_sign(a) > 0 else sympy.oo
        return _sturm(_quadratic_factor(c, b, a).all_coeffs()[::-1], sympy.S.Zero, limit)
    except Undecided:
        return None


def _shown(coefficients: tuple[sympy.Expr, ...]) -> str:
    terms = (sympy.Mul(sympy.factor_terms(sympy.expand(c)), t**j) for j, c in enumerate(coefficients))
    return str(sympy.Add(*terms)).replace("**", "^").replace("*", " ")


def _step(
    steps: tuple[tuple[sympy.Expr, sympy.Expr, sympy.Expr], ...],
    witness: Witness,
    kind: str,
    scale: sympy.Expr,
) -> ClosedThreshold | None:
    total = _signal(_spread(masses(steps, witness.k), scale), masses(steps, 0), kind)
    at_zero = witness.power - (kind != Signal.WEIGHT)
    most = changes_of(total) - at_zero
    count = f"an exponential sum has no more real zeros than sign changes, {at_zero} of them at t = 0"
    if most == 0:
        return ClosedThreshold((), sympy.S.Zero, count)
    zeros = _solved(total)
    if zeros is None:
        return None
    return ClosedThreshold(zeros, sympy.S.Zero, f"the exponential sum is solved for e^t; {count}")


def _spread(weights: Sum, scale: sympy.Expr) -> Sum:
    """The levels of s + e, e = +-scale with probability 1/2 each."""
    return collected(
        (sympy.expand(moved), weight / 2)
        for level, weight in weights.items()
        for moved in (level - scale, level + scale)
    )


def _signal(weights: Sum, base: Sum, kind: str) -> Sum:
    """The signal as an exponential sum in t, from E[He_k; s = v] and P(s = v)."""
    if kind == Signal.LABEL:
        total = {v: v * m for v, m in weights.items()}
    else:
        total = weights if kind == Signal.WEIGHT else apart(weights, base)
    kept = {u: sympy.expand(w) for u, w in total.items()}
    return {u: w for u, w in kept.items() if decided_sign(w)}


def _solved(total: Sum) -> tuple[sympy.Expr, ...] | None:
    """The positive zeros: two terms directly, commensurable exponents through a polynomial in e^{dt}."""
    ordered = increasing(total)
    if len(ordered) == 2:
        low, high = ordered
        ratio = sympy.simplify(-total[low] / total[high])
        if decided_sign(ratio) <= 0:
            return ()
        return _inside([_logarithm(ratio) / (high - low)], sympy.oo)
    powers = _in_powers(total, ordered)
    zeros = None if powers is None else real_zeros(tuple(map(sympy.simplify, powers[1])))
    if powers is None or zeros is None:
        return None
    return _inside([_logarithm(x) / powers[0] for x in zeros if decided_sign(x) > 0], sympy.oo)


def _in_powers(total: Sum, ordered: list[sympy.Expr]) -> tuple[sympy.Rational, Polynomial] | None:
    """The largest common step d of the exponents, and the polynomial in e^{dt}, its last coefficient 1."""
    gaps = [sympy.expand(u - ordered[0]) for u in ordered]
    if not all(gap.is_Rational for gap in gaps):
        return None
    step = sympy.gcd_list(gaps)
    if gaps[-1] / step > _HIGHEST_POWER:
        return None
    p = [sympy.S.Zero] * (int(gaps[-1] / step) + 1)
    for gap, u in zip(gaps, ordered, strict=True):
        p[int(gap / step)] = total[u] / total[ordered[-1]]
    return step, p


def _logarithm(x: sympy.Expr) -> sympy.Expr:
    return -sympy.log(1 / x) if x.is_Rational and x < 1 else sympy.log(x)


#: Beyond this degree Sturm's chain of exact numbers grows too large.
_HIGHEST = 12
#: A closed form is looked for up to this power of e^{dt}.
_HIGHEST_POWER = 1000
_MOST_TERMS = 24
#: Exact remainders are formed of numbers of so many operations in all; of others they are enclosed.
_SIMPLE = 40
_BITS = 1200

N = TypeVar("N", bound=Any)
Polynomial = list[sympy.Expr]


def vanishes_at(f: sympy.Expr, place: sympy.Expr) -> bool | None:
    """Whether f(place) = 0, or None where that is not decided."""
    try:
        factors = _factors(f)
        return None if factors is None else any(_zero_at(factor, place) for factor in factors)
    except Undecided:
        return None


def zeros_before(f: sympy.Expr, end: sympy.Expr, later: Sequence[sympy.Expr] = ()) -> int | None:
    """The number of distinct zeros of ``f`` in (0, end), or None where it is not counted.

    A zero that two factors share counts twice. later: numbers at or beyond ``end`` that may be zeros of f;
    those that are leave the fewer for (0, end).
    """
    try:
        factors = _factors(f)
        if factors is None:
            return None
        counts = [_count(factor, end, later) for factor in factors]
    except Undecided:
        return None
    return None if None in counts else sum(count for count in counts if count is not None)


def _factors(f: sympy.Expr) -> list[sympy.Expr] | None:
    """The factors that may vanish where f is finite; None for a function of another kind."""
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
    value = sympy.Add(*(w * sympy.powsimp(sympy.exp(u * place)) for u, w in total.items()))
    return decided_sign(sympy.radsimp(sympy.expand(value))) == 0


def _count(factor: sympy.Expr, end: sympy.Expr, later: Sequence[sympy.Expr]) -> int | None:
    if factor.is_polynomial(t):
        return _sturm(sympy.Poly(factor, t).all_coeffs()[::-1], sympy.S.Zero, end)
    total = _exponential_sum(factor)
    if total is None:
        return None
    ordered = increasing(total)
    most = changes_of(total) - _order_at_zero(total) - sum(_zero_at(factor, x) for x in increasing(later))
    if most <= 0:
        return 0
    powers = _in_powers(total, ordered)
    if powers is None:
        return None
    step, p = powers
    p = [sympy.simplify(c) if sympy.count_ops(c) <= _SIMPLE else c for c in p]
    return _sturm(p, sympy.S.One, sympy.oo if end is sympy.oo else sympy.powsimp(sympy.exp(step * end)))


def _exponential_sum(factor: sympy.Expr) -> Sum | None:
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


def _order_at_zero(total: Sum) -> int:
    """The multiplicity of the zero at t = 0: the first j with sum u^j w != 0."""
    for j in range(len(total)):
        if decided_sign(sympy.expand(sum(u**j * w for u, w in total.items()))):
            return j
    raise Undecided("an exponential sum without a term")


def _sturm(p: Polynomial, low: sympy.Expr, high: sympy.Expr) -> int | None:
    """The number of distinct zeros of p, lowest coefficient first, in (low, high)."""
    while p and decided_sign(p[-1]) == 0:
        p = p[:-1]
    if len(p) - 1 > _HIGHEST:
        return None
    ends = (low, high)
    for end in ends:
        p = p if end is sympy.oo else _without_zero(p, end)
    if len(p) <= 1:
        return 0
    if all(c.is_algebraic for c in p) and sum(map(sympy.count_ops, p)) <= _SIMPLE:
        chain = _chain(p, sympy.S.Zero, lambda c: sympy.radsimp(sympy.expand(c)), decided_sign)
        values = [[c[-1] if x is sympy.oo else evaluate(c, x) for c in chain] for x in ends]
        before, after = (variations(map(decided_sign, row)) for row in values)
        return before - after
    # In balls a zero is never seen: then the signs are not decided.
    with flint.ctx.workprec(_BITS):
        chain = _chain([enclosure(c, _BITS) for c in p], arb(0), lambda c: c, _ball_sign)
        balls = [[c[-1] if x is sympy.oo else arb_poly(c)(enclosure(x, _BITS)) for c in chain] for x in ends]
        before, after = (variations(map(_ball_sign, row)) for row in balls)
        return before - after


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


def _ball_sign(value: arb) -> int:
    if value.contains(0):
        raise Undecided("a sign in Sturm's chain")
    return 1 if value > 0 else -1


def _without_zero(p: Polynomial, x: sympy.Expr) -> Polynomial:
    """p divided by (t - x) as often as it vanishes at x."""
    while len(p) > 1 and decided_sign(evaluate(p, x)) == 0:
        quotient = [p[-1]]
        for c in reversed(p[1:-1]):
            quotient.append(sympy.expand(c + x * quotient[-1]))
        p = quotient[::-1]
    return p
