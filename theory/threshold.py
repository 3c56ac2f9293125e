"""The temperature threshold where the zeros of the signal coefficient can be solved for exactly."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise
from math import gcd, lcm

import sympy

from ..link.label import NOISELESS, Noise
from ..link.tree import Node
from .exact.constants import Undecided, collected, compare, decided_sign, increasing
from .exact.polynomial import polynomial, real_zeros
from .exponents import Witness, exponents
from .families.piecewise_constant import apart, masses
from .shape.pieces import levels

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
    if kind != "label":
        noise = NOISELESS
    if noise.kind not in ("none", "gaussian" if levels(tree) is None else "rademacher"):
        return None
    scale = sympy.Rational(noise.scale.numerator, noise.scale.denominator)
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
    if kind != "label":
        ratio = "h_1/h_0 = at" if kind == "centered" else "h_1 = at e^(bt + a^2 t^2/2)"
        return ClosedThreshold((), sympy.S.Zero, f"{ratio} has no critical point" if kind == "centered"
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
    if kind != "label":
        what = f"h_{star}/h_0 is a multiple of t/(1 - 2at)"
        why = "whose derivative has no zero" if kind == "centered" else "which has no zero"
        return ClosedThreshold((), floor, f"{what}, {why}")
    p = _quadratic_factor(c + variance * sympy.Symbol("t"), b, a)
    coefficients = tuple(reversed(p.all_coeffs()))
    zeros = real_zeros(coefficients)
    reason = f"alpha_{star} is a nonzero multiple of {_shown(coefficients)}"
    if zeros is None:
        if _sturm(p, limit) != 0:
            return None
        return ClosedThreshold((), floor, f"{reason}, without a zero on (0, {limit}) by Sturm's theorem")
    return ClosedThreshold(_inside(zeros, limit), floor, reason)


def _quadratic_factor(c: sympy.Expr, b: sympy.Expr, a: sympy.Expr) -> sympy.Poly:
    """The polynomial in t of which alpha_{k*} of az^2 + bz + c is a multiple without zeros."""
    t = sympy.Symbol("t")
    r = 1 - 2 * a * t
    if decided_sign(b) == 0:
        return sympy.Poly(sympy.expand(r + 3 * a * t + c * t * r), t)
    inner = r**2 * (1 + c * t) + 3 * a * t * r + b**2 * t**2 * r + a * b**2 * t**3
    return sympy.Poly(sympy.expand(inner), t)


def _sturm(p: sympy.Poly, limit: sympy.Expr) -> int | None:
    """How many zeros p has in (0, limit], by Sturm's theorem; None when a coefficient is not rational."""
    if not all(x.is_Rational for x in p.all_coeffs()):
        return None
    return int(p.count_roots(0, None if limit is sympy.oo else limit))


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
        return _sturm(_quadratic_factor(c, b, a), limit)
    except Undecided:
        return None


def _shown(coefficients: tuple[sympy.Expr, ...]) -> str:
    t = sympy.Symbol("t")
    return str(
        sympy.Add(*(sympy.Mul(sympy.factor_terms(sympy.expand(c)), t**j) for j, c in enumerate(coefficients)))
    )


def _step(
    steps: tuple[tuple[sympy.Expr, sympy.Expr, sympy.Expr], ...],
    witness: Witness,
    kind: str,
    scale: sympy.Expr,
) -> ClosedThreshold | None:
    total = _signal(_spread(masses(steps, witness.k), scale), masses(steps, 0), kind)
    at_zero = witness.power - (kind != "weight")
    ordered = increasing(total)
    signs = [decided_sign(total[u]) for u in ordered]
    most = sum(a != b for a, b in pairwise(signs)) - at_zero
    count = f"an exponential sum has no more real zeros than sign changes, {at_zero} of them at t = 0"
    if most == 0:
        return ClosedThreshold((), sympy.S.Zero, count)
    zeros = _solved(total, ordered)
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
    if kind == "label":
        total = {v: v * m for v, m in weights.items()}
    else:
        total = weights if kind == "weight" else apart(weights, base)
    kept = {u: sympy.expand(w) for u, w in total.items()}
    return {u: w for u, w in kept.items() if decided_sign(w)}


def _solved(total: Sum, ordered: list[sympy.Expr]) -> tuple[sympy.Expr, ...] | None:
    """The positive zeros: two terms directly, commensurable exponents through a polynomial in e^{dt}."""
    if len(ordered) == 2:
        low, high = ordered
        ratio = sympy.simplify(-total[low] / total[high])
        if decided_sign(ratio) <= 0:
            return ()
        return _inside([_logarithm(ratio) / (high - low)], sympy.oo)
    gaps = [sympy.expand(u - ordered[0]) for u in ordered]
    if not all(gap.is_Rational for gap in gaps):
        return None
    step = _common(gaps)
    coefficients = [sympy.S.Zero] * (int(gaps[-1] / step) + 1)
    for gap, u in zip(gaps, ordered, strict=True):
        coefficients[int(gap / step)] = sympy.simplify(total[u] / total[ordered[-1]])
    zeros = real_zeros(tuple(coefficients))
    if zeros is None:
        return None
    return _inside([_logarithm(x) / step for x in zeros if decided_sign(x) > 0], sympy.oo)


def _common(gaps: list[sympy.Expr]) -> sympy.Rational:
    below: Callable[[sympy.Expr], int] = lambda gap: int(gap.q)  # noqa: E731 - a name for the denominator
    bottom = lcm(*map(below, gaps))
    return sympy.Rational(gcd(*(int(gap * bottom) for gap in gaps)), bottom)


def _logarithm(x: sympy.Expr) -> sympy.Expr:
    return -sympy.log(1 / x) if x.is_Rational and x < 1 else sympy.log(x)
