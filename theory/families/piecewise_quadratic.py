"""s a polynomial of degree at most 2 on each piece: truncated Gaussian moments, by erf, erfi and recurrence.

On a bounded piece a z^2 + b z + c with a > 0 the weight e^{ts} phi is a Gaussian only while 2at < 1.
At 2at = 1 its integrals are elementary, beyond it they hold erfi; the form is then a Piecewise in t.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import pairwise

import sympy

from ...link.tree import Node
from ..exact.constants import Undecided, compare, increasing, sign
from ..exact.polynomial import polynomial
from ..exact.symbols import t
from ..shape.pieces import exact_pieces
from .collected import Collected, Numbers
from .form import ClosedForm
from .truncated import Quadratic, Recurrence, edge, error_function, flat_moments, mass, times_quadratic

#: For a piece and its numbers: which multiples of which He_j are integrated against e^{ts} phi.
_Weights = Callable[[sympy.Expr, sympy.Expr, sympy.Expr, sympy.Expr], dict[int, sympy.Expr]]


def closed_form(tree: Node) -> ClosedForm | None:
    """The family's form, or None when a piece is not such a polynomial or has no exact end point."""
    found = quadratics(tree)
    if found is None or len(found) < 2:
        return None
    try:
        family = _Family(found)
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
    found = []
    for piece in pieces:
        coefficients = polynomial(piece.tree)
        if coefficients is None or len(coefficients) > 3:
            return None
        c, b, a = (*coefficients, sympy.S.Zero, sympy.S.Zero)[:3]
        found.append(Quadratic(a, b, c, piece.low, piece.high))
    return tuple(found)


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
