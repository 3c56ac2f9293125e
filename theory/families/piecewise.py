"""s a polynomial of degree at most 2 on each piece; with finitely many levels, sums over these.

Levels: h_k = sum_v e^{tv} E[He_k; s = v], by the antiderivative -He_{k-1} phi. Otherwise truncated Gaussian
moments, by erf, erfi and recurrence. On a bounded piece a z^2 + b z + c with a > 0 the weight e^{ts} phi is a
Gaussian only while 2at < 1. At 2at = 1 its integrals are elementary, beyond it they hold erfi; the form is
then a Piecewise in t.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import combinations, pairwise
from math import factorial
from typing import TypeVar

import sympy
from flint import fmpq_mpoly

from ...link.tree import Node
from ..exact import hermite, t, z
from ..exact.constants import Undecided, collected, compare, increasing, sign
from ..exact.polynomial import polynomial
from ..shape.pieces import exact_pieces, levels
from .form import ClosedForm, Collected, Exponential, Numbers, exponential_sum, plus_noise

Levels = tuple[tuple[sympy.Expr, sympy.Expr, sympy.Expr], ...]
Weights = dict[sympy.Expr, sympy.Expr]
#: In place of pi.
_PI = sympy.Dummy(positive=True)


def constant_form(tree: Node) -> ClosedForm | None:
    """The family's form, or None when the link is not a step function with exact end points."""
    steps = levels(tree)
    if steps is None or len(steps) < 2:
        return None

    def h(k: int) -> sympy.Expr:
        return exponential_sum(masses(steps, k))

    def alpha(k: int, variance: sympy.Rational) -> sympy.Expr:
        slope = exponential_sum({value: value * weight for value, weight in masses(steps, k).items()})
        return plus_noise(h(k), slope, variance) if variance else slope

    def centered(k: int) -> sympy.Expr:
        try:
            return exponential_sum(apart(masses(steps, k), masses(steps, 0)), 1 / sympy.factor_terms(h(0)))
        except Undecided:
            return alpha(k, sympy.S.Zero) - h(k) * alpha(0, sympy.S.Zero) / h(0)

    derivation = "sum over the levels v of e^{tv} E[He_k; s = v]"
    return ClosedForm("piecewise constant", derivation, sympy.oo, h, alpha, None, centered)


def apart(weights: Weights, base: Weights) -> Weights:
    """h_k' h_0 - h_k h_0': the sum over pairs u, v of (v - u)(m_v p_u - m_u p_v) e^{(u + v)t}.

    Raises Undecided where two exponents are not told apart.
    """
    return collected(
        (sympy.expand(u + v), (v - u) * (weights[v] * base[u] - weights[u] * base[v]))
        for u, v in combinations(weights, 2)
    )


def masses(steps: Levels, k: int) -> dict[sympy.Expr, sympy.Expr]:
    """E[He_k(Z); s(Z) = v] for every level v, exact."""
    totals = collected((value, mass_between(low, high, k)) for low, high, value in steps)
    totals = {value: sympy.expand(mass) for value, mass in totals.items()}
    # With rational ends no surd but sqrt(2) and sqrt(pi) occurs.
    if all(end.is_Rational or end.is_infinite for low, high, _ in steps for end in (low, high)):
        return totals
    return {value: _rationalised(mass) for value, mass in totals.items()}


def _rationalised(mass: sympy.Expr) -> sympy.Expr:
    """Without surds in denominators; SymPy searches each sqrt(pi) there for a rational number, for 50 ms."""
    return sympy.radsimp(mass.xreplace({sympy.pi: _PI})).xreplace({_PI: sympy.pi})


def mass_between(low: sympy.Expr, high: sympy.Expr, k: int) -> sympy.Expr:
    """E[He_k(Z); low < Z < high], exact."""
    return _upper(low, k) - _upper(high, k)


def _upper(end: sympy.Expr, k: int) -> sympy.Expr:
    """E[He_k(Z); Z > end]: He_{k-1} phi at the end point, or the Gaussian tail for k = 0."""
    if end is sympy.oo:
        return sympy.S.Zero
    if end is -sympy.oo:
        return sympy.S.One if k == 0 else sympy.S.Zero
    if k == 0:
        return sympy.Rational(1, 2) - sympy.erf(end / sympy.sqrt(2)) / 2
    density = sympy.exp(-(end**2) / 2) / sympy.sqrt(2 * sympy.pi)
    return sympy.expand(hermite(k - 1, z).subs(z, end) if k > 1 else sympy.S.One) * density


#: For a piece and its numbers: which multiples of which He_j are integrated against e^{ts} phi.
_Weights = Callable[[sympy.Expr, sympy.Expr, sympy.Expr, sympy.Expr], dict[int, sympy.Expr]]


def quadratic_form(tree: Node) -> ClosedForm | None:
    """The family's form, or None when a piece is not such a polynomial or has no exact end point."""
    pieces = quadratics(tree)
    if pieces is None or len(pieces) < 2:
        return None
    try:
        family = _Family(pieces)
    except Undecided:
        return None

    def h(k: int) -> sympy.Expr:
        return family.integral(k, lambda a, b, c, one: {k: one})

    def alpha(k: int, variance: sympy.Rational) -> sympy.Expr:
        return family.integral(k + 2, lambda a, b, c, one: times_quadratic(a, b, c, one, k), variance)

    derivation = "truncated Gaussian moments of each piece: partial integration of He_k e^{ts} phi"
    return ClosedForm("piecewise quadratic", derivation, family.t_max, h, alpha)


def quadratics(tree: Node) -> tuple[Quadratic, ...] | None:
    """The pieces as polynomials of degree at most 2, or None when one is not, or has no exact end."""
    pieces = exact_pieces(tree)
    if pieces is None:
        return None
    parabolas = []
    for piece in pieces:
        coefficients = polynomial(piece.tree)
        if coefficients is None or len(coefficients) > 3:
            return None
        c, b, a = (*coefficients, sympy.S.Zero, sympy.S.Zero)[:3]
        parabolas.append(Quadratic(a, b, c, piece.low, piece.high))
    return tuple(parabolas)


@dataclass(frozen=True)
class _Raised:
    """Weights of s + variance * t, the slope of e^{ts} under Gaussian noise."""

    weights: _Weights
    variance: sympy.Rational

    def among(self, piece: Quadratic, numbers: Numbers) -> dict[int, sympy.Expr]:
        """As polynomials in t."""
        a, b, c, rise = map(numbers.element, (piece.a, piece.b, piece.c, self.variance))
        return self.weights(a, b, c + rise * numbers.t, numbers.one)

    def at(self, piece: Quadratic, value: sympy.Expr) -> dict[int, sympy.Expr]:
        """As numbers, at t = ``value``."""
        return self.weights(piece.a, piece.b, piece.c + self.variance * value, sympy.S.One)


@dataclass
class _Family:
    """The pieces with their recurrences. breaks: the t < t_max at which 2at = 1 on some bounded piece."""

    pieces: tuple[Quadratic, ...]
    t_max: sympy.Expr = field(init=False)
    breaks: list[sympy.Expr] = field(init=False)
    _numbers: Numbers = field(init=False)
    _recurrences: dict[tuple[Quadratic, sympy.Expr | None], Recurrence] = field(default_factory=dict)

    def __post_init__(self) -> None:
        rising = [piece for piece in self.pieces if sign(piece.a) == 1]
        limits = [1 / (2 * p.a) for p in rising if p.low is -sympy.oo or p.high is sympy.oo]
        self.t_max = increasing(limits)[0] if limits else sympy.oo
        inner = increasing(1 / (2 * p.a) for p in rising)
        self.breaks = [x for x in inner if compare(x, self.t_max) < 0]
        ends = (x for p in self.pieces for x in (p.low, p.high) if x.is_finite)
        self._numbers = Numbers((*(x for p in self.pieces for x in (p.a, p.b, p.c)), *ends))

    def integral(self, order: int, weights: _Weights, variance: sympy.Rational = sympy.S.Zero) -> sympy.Expr:
        """sum over the pieces of the integral of sum_j weights_j He_j e^{ts} phi, j <= order.

        variance: the weights are those of s + variance * t.
        """
        raised = _Raised(weights, variance)
        if not self.breaks:
            return self._between(order, raised, self.pieces, frozenset())
        branches = []
        for low, high in pairwise((sympy.S.Zero, *self.breaks, self.t_max)):
            steep = frozenset(p.a for p in self.pieces if sign(p.a) == 1 and compare(1 / (2 * p.a), low) <= 0)
            branches.append((self._between(order, raised, self.pieces, steep), t < high))
            if high is not self.t_max:
                branches.append((self._at(order, raised, high, steep), sympy.Eq(t, high)))
        return sympy.Piecewise(*branches[:-1], (branches[-1][0], True))

    def _at(self, order: int, weights: _Raised, at: sympy.Expr, steep: frozenset[sympy.Expr]) -> sympy.Expr:
        """The integral at a t where some pieces are flat, 2at = 1."""
        flat = [p for p in self.pieces if p.a != 0 and compare(1 / (2 * p.a), at) == 0]
        rest = tuple(p for p in self.pieces if p not in flat)
        total = self._between(order, weights, rest, steep).subs(t, at)
        return total + sum(flat_moments(p, weights.at(p, at), at) for p in flat)

    def _between(
        self, order: int, weights: _Raised, pieces: tuple[Quadratic, ...], steep: frozenset[sympy.Expr]
    ) -> sympy.Expr:
        collected = Collected(self._numbers, steep)
        for piece in pieces:
            self._collect(collected, piece, order, weights, piece.a in steep)
        return collected.expression()

    def _collect(
        self, collected: Collected, piece: Quadratic, order: int, weights: _Raised, steep: bool
    ) -> None:
        """The antiderivative (p_k G - q_k E)/v^k at the upper end, minus that at the lower end."""
        chosen = weights.among(piece, self._numbers)
        whole, outer = self._recurrence(piece, None).combined(chosen, order), mass(piece, steep)
        for end, side in ((piece.high, 1), (piece.low, -1)):
            collected.add(outer, error_function(piece, end, steep), piece.a, side * whole, order)
            if end.is_finite:
                part = self._recurrence(piece, end).combined(chosen, order)
                collected.add(edge(piece, end), sympy.S.One, piece.a, -side * part, order)

    def _recurrence(self, piece: Quadratic, end: sympy.Expr | None) -> Recurrence:
        key = (piece, end)
        if key not in self._recurrences:
            self._recurrences[key] = Recurrence(piece, self._numbers, end)
        return self._recurrences[key]


N = TypeVar("N")


@dataclass(frozen=True, slots=True)
class Quadratic:
    """a z^2 + b z + c on (low, high), end points possibly infinite."""

    a: sympy.Expr
    b: sympy.Expr
    c: sympy.Expr
    low: sympy.Expr
    high: sympy.Expr


def times_quadratic(a: N, b: N, c: N, one: N, k: int) -> dict[int, N]:
    """The coefficients of (a z^2 + b z + c) He_k in Hermite polynomials, by order."""
    weights = {
        k + 2: a,
        k + 1: b,
        k: (2 * k + 1) * a + c * one,  # type: ignore[operator]
        k - 1: k * b,  # type: ignore[operator]
        k - 2: k * (k - 1) * a,  # type: ignore[operator]
    }
    return {order: weight for order, weight in weights.items() if order >= 0}


class Recurrence:
    """p_k, or with an end point q_k there, as polynomials in t."""

    def __init__(self, piece: Quadratic, numbers: Numbers, end: sympy.Expr | None = None) -> None:
        self._shift = numbers.element(piece.b) * numbers.t
        self._bend = 2 * numbers.element(piece.a) * numbers.t
        self._end = None if end is None else numbers.element(end)
        self._zero = numbers.zero
        self._values: list[fmpq_mpoly] = [numbers.one if end is None else numbers.zero]
        self._he: list[fmpq_mpoly] = [numbers.one]

    def __getitem__(self, k: int) -> fmpq_mpoly:
        while len(self._values) <= k:
            self._values.append(self._following())
        return self._values[k]

    def combined(self, weights: dict[int, fmpq_mpoly], order: int) -> fmpq_mpoly:
        """The numerator over v^order of sum_j weights[j] f_j/v^j."""
        v = 1 - self._bend
        return sum((weight * v ** (order - j) * self[j] for j, weight in weights.items()), self._zero)

    def _following(self) -> fmpq_mpoly:
        f, k = self._values, len(self._values) - 1
        v = 1 - self._bend
        new = self._shift * f[k]
        if k:
            new += k * self._bend * v * f[k - 1]
        return new if self._end is None else new + v**k * self._hermite(k, self._end)

    def _hermite(self, k: int, end: fmpq_mpoly) -> fmpq_mpoly:
        """He_k at the end point; called with k one larger each time."""
        if k:
            before = self._he[k - 2] if k > 1 else self._zero
            self._he.append(end * self._he[k - 1] - (k - 1) * before)
        return self._he[k]


def mass(piece: Quadratic, steep: bool) -> Exponential:
    """M = e^{ct + b^2 t^2/(2v)}/(2 sqrt|v|), for which e^{ct} G = M ``error_function``. steep: v < 0."""
    v = 1 - 2 * piece.a * t
    exponent = sympy.Add(piece.c * t, sympy.expand(piece.b**2) / 2 * t**2 / v)
    return Exponential(exponent, 1 / (2 * sympy.sqrt(-v if steep else v)))


@lru_cache(maxsize=1024)
def error_function(piece: Quadratic, end: sympy.Expr, steep: bool) -> sympy.Expr:
    """erf((vz - bt)/sqrt(2v)) at an end point z, +-1 at +-oo; steep: erfi((wz + bt)/sqrt(2w)), w = -v."""
    if end in (sympy.oo, -sympy.oo):
        return sympy.sign(end)
    function, side = (sympy.erfi, -1) if steep else (sympy.erf, 1)
    v = side * (1 - 2 * piece.a * t)
    if piece.b == 0:
        if end == 0:
            return sympy.S.Zero
        flip = sign(end) or 1
        return flip * function(flip * end * sympy.sqrt(v) / sympy.sqrt(2), evaluate=False)
    slope = -sympy.expand(2 * piece.a * end + piece.b)
    # Both functions are odd: written so that the argument grows with t.
    flip = -1 if sign(slope) == -side else 1
    numerator = sympy.expand(flip * side * (end + slope * t))
    return flip * function(numerator / (sympy.sqrt(2) * sympy.sqrt(v)), evaluate=False)


def edge(piece: Quadratic, end: sympy.Expr) -> Exponential:
    """e^{ts} phi at an end point."""
    value = sympy.expand(piece.a * end**2 + piece.b * end + piece.c)
    return Exponential(t * value - sympy.expand(end**2) / 2, 1 / sympy.sqrt(2 * sympy.pi))


def flat_moments(piece: Quadratic, weights: dict[int, sympy.Expr], at: sympy.Expr) -> sympy.Expr:
    """E[sum_j weights[j] He_j e^{ts}] on a bounded piece at the t = ``at`` with 2at = 1: elementary.

    The weight is e^{bt z + ct}/sqrt(2 pi) alone: He_{k+1}/(k+1), or parts of e^{btz} He_k.
    """
    total = sympy.S.Zero
    for end, side in ((piece.high, 1), (piece.low, -1)):
        inner = sum(weight * _flat(piece.b * at, k, end) for k, weight in weights.items())
        total += side * sympy.expand(inner) * sympy.exp(sympy.expand(at * (piece.b * end + piece.c)))
    return total / sympy.sqrt(2 * sympy.pi)


def _flat(slope: sympy.Expr, k: int, end: sympy.Expr) -> sympy.Expr:
    """e^{-slope z} times the antiderivative of He_k e^{slope z}, at the end point."""
    if slope == 0:
        return hermite(k + 1, z).subs(z, end) / (k + 1)
    parts = (
        (-1) ** j * (factorial(k) // factorial(k - j)) * _he(k - j, end) / slope ** (j + 1)
        for j in range(k + 1)
    )
    return sum(parts)


def _he(k: int, end: sympy.Expr) -> sympy.Expr:
    return hermite(k, z).subs(z, end) if k else sympy.S.One
