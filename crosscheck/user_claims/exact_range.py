"""The sign of a closed form over a whole range of one parameter, from the exact zeros of its factors."""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import pairwise

import sympy

from ...link.assertion import TEMPERED
from ...link.quantifier import Range
from ...link.tree import Call, Compare, Condition, Logic, walk
from ...numerics.evaluate import verdict
from ...theory.constants import Undecided, compare, increasing, sign
from ...theory.roots import real_zeros
from .exact import Concrete, Exact, NoForm, is_zero
from .patience import patiently

_LARGEST = 400


@dataclass(frozen=True, slots=True)
class Stretch:
    """A range with exact ends; ``upper`` may be oo."""

    lower: sympy.Expr
    upper: sympy.Expr
    closed_lower: bool
    closed_upper: bool

    def holds(self, x: sympy.Expr) -> bool:
        low, high = compare(x, self.lower), compare(x, self.upper)
        return (low > 0 or (low == 0 and self.closed_lower)) and (
            high < 0 or (high == 0 and self.closed_upper)
        )

    def inside(self) -> sympy.Expr:
        """A number strictly between the ends."""
        if self.upper is sympy.oo:
            return sympy.ceiling(self.lower) + 1
        return (self.lower + self.upper) / 2


def holds_on(exact: Exact, condition: Condition, name: str, range_: Range) -> bool:
    """Whether the condition is proved to hold on the whole range."""
    try:
        low, high = (exact.of(end, {}) for end in (range_.lower, range_.upper))
        stretch = Stretch(low, high, range_.closed_lower, range_.closed_upper)
        if low.free_symbols or high.free_symbols or compare(low, high) >= 0:
            return False
        return _holds(exact, condition, name, stretch)
    except (NoForm, Undecided, sympy.PolynomialError, NotImplementedError):
        return False


def _holds(exact: Exact, part: Condition, name: str, stretch: Stretch) -> bool:
    if isinstance(part, Logic):
        found = [_holds(exact, side, name, stretch) for side in (part.left, part.right)]
        return all(found) if part.op == "and" else any(found)
    signs = _signs(exact, part, name, stretch)
    return signs is not None and all(verdict(part.op, each) for each in signs)


def _signs(exact: Exact, part: Compare, name: str, stretch: Stretch) -> set[int] | None:
    """The signs that left - right takes on the stretch, or None."""
    x = sympy.Symbol(name, positive=True) if sign(stretch.lower) in (0, 1) else sympy.Symbol(name, real=True)
    if sign(stretch.lower) == 0 and stretch.closed_lower:
        return None
    inner = Exact(exact.link, exact.noise, exact.numbers, _Everywhere(exact.link, exact.noise))
    gap = inner.of(part.left, {name: x}) - inner.of(part.right, {name: x})
    limit = Concrete(exact.link, exact.noise).form.t_max if _tempered(part) else sympy.oo
    # Every temperature of the range must lie above 1/t_max; at an open end it may be equal.
    if limit is not sympy.oo:
        margin = sign(stretch.lower * limit - 1)
        if margin is None or margin < 0 or (margin == 0 and stretch.closed_lower):
            return None
    if is_zero(gap) == 0:
        return {0}
    if gap.free_symbols != {x} or sympy.count_ops(gap) > _LARGEST:
        return None
    product = patiently(lambda: sympy.factor(sympy.together(gap)), None)
    found = None if product is None else _of_product(product, x, stretch)
    if found is None and product is not None and is_zero(sympy.diff(gap, x)) == 0:
        value = sign(sympy.sympify(gap.subs(x, stretch.inside())))
        return None if value is None else {value}
    return found


class _Everywhere(Concrete):
    """Closed forms without asking for t < t_max, which is asked of the whole range at once."""

    def exists_below(self) -> sympy.Expr:
        return sympy.oo


def _tempered(part: Compare) -> bool:
    return any(isinstance(node, Call) and node.name in TEMPERED for node in walk(part))


def _of_product(product: sympy.Expr, x: sympy.Symbol, stretch: Stretch) -> set[int] | None:
    """The signs of a product whose factors are exponentials, powers and polynomials in x."""
    zeros: set[sympy.Expr] = set()
    for factor in sympy.Mul.make_args(product):
        found = _zeros(factor, x, stretch)
        if found is None:
            return None
        zeros |= {zero for zero in found if stretch.holds(zero)}
    open_stretch = replace(stretch, closed_lower=False, closed_upper=False)
    inner = sorted_between([zero for zero in zeros if open_stretch.holds(zero)], stretch)
    signs = {0} if zeros else set()
    for low, high in pairwise(inner):
        point = Stretch(low, high, False, False).inside()
        value = sign(sympy.sympify(product.subs(x, point)))
        if value is None:
            return None
        signs.add(value)
    return signs


def sorted_between(zeros: list[sympy.Expr], stretch: Stretch) -> list[sympy.Expr]:
    """The ends with the zeros between them, in increasing order. Raises Undecided."""
    return [stretch.lower, *increasing(zeros), stretch.upper]


def _zeros(factor: sympy.Expr, x: sympy.Symbol, stretch: Stretch) -> list[sympy.Expr] | None:
    """The zeros of one factor that is defined and continuous on the stretch, or None."""
    if not factor.has(x):
        return []
    if isinstance(factor, sympy.exp):
        # Only a quotient of polynomials is known to be defined: its poles must lie outside.
        return [] if _regular(factor.exp, x, stretch) else None
    if factor.is_Pow and not factor.exp.has(x):
        base = sympy.together(factor.base)
        zeros = _rational_zeros(base, x, stretch)
        if zeros is None:
            return None
        inside = [zero for zero in zeros if stretch.holds(zero)]
        if factor.exp.is_Integer and factor.exp > 0:
            return inside
        if inside:
            return None
        if factor.exp.is_Integer:
            return []
        # A root asks for a positive base.
        return [] if sign(base.subs(x, stretch.inside())) == 1 else None
    return _rational_zeros(factor, x, stretch)


def _rational_zeros(u: sympy.Expr, x: sympy.Symbol, stretch: Stretch) -> list[sympy.Expr] | None:
    numerator, _ = sympy.fraction(sympy.together(u))
    return _polynomial_zeros(numerator, x, stretch) if _regular(u, x, stretch) else None


def _regular(u: sympy.Expr, x: sympy.Symbol, stretch: Stretch) -> bool:
    """Whether u is a quotient of polynomials without a pole on the stretch."""
    numerator, denominator = sympy.fraction(sympy.together(u))
    if not numerator.is_polynomial(x) or not denominator.is_polynomial(x):
        return False
    poles = _polynomial_zeros(denominator, x, stretch)
    return poles is not None and not any(stretch.holds(pole) for pole in poles)


def _polynomial_zeros(p: sympy.Expr, x: sympy.Symbol, stretch: Stretch) -> list[sympy.Expr] | None:
    """The zeros on the stretch at least: none by Sturm's theorem, else all where they can be written down."""
    if not p.is_polynomial(x):
        return None
    polynomial = sympy.Poly(p, x)
    ends = (stretch.lower, stretch.upper)
    if polynomial.domain in (sympy.ZZ, sympy.QQ) and all(e.is_Rational or e is sympy.oo for e in ends):
        low, high = (None if end is sympy.oo else end for end in ends)
        at_ends = sum(polynomial.eval(end) == 0 for end in (low, high) if end is not None)
        if polynomial.count_roots(low, high) == 0 == at_ends:
            return []
    return real_zeros(tuple(reversed(polynomial.all_coeffs())))
