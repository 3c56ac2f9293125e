"""Conditions on ranges where balls do not reach: by the exact zeros of the factors of closed forms, and at
limits.

As beta grows to oo: how far both sides agree, from their exact series in u = 1/beta. A limit that is met,
such as KL(beta) -> 0, is no failure of a strict inequality on an open range; balls cannot tell it, as they do
not know that a coefficient is 0. As beta falls to 0: V, KL and chi2 rise, V towards ess sup s; the top of s
settles the sign of alpha_k and h_k.
"""

from dataclasses import dataclass, replace
from fractions import Fraction
from functools import cached_property, lru_cache
from itertools import pairwise
from math import factorial

import sympy
from flint import arb

from ...link.assertion import TEMPERED, Range, comparisons
from ...link.tree import Call, Compare, Condition, Node, Num, Var, by_sign, combined, walk
from ...numerics.expectation.oracle import NotIntegrable, Unresolved
from ...numerics.precision import sign_of, working
from ...theory.exact import t
from ...theory.exact.constants import Undecided, compare, increasing, sign
from ...theory.exact.polynomial import real_zeros
from ...theory.exact.sympy_limits import within_steps
from ...theory.shape.facts import facts
from ...theory.signal import cumulant
from ..link_facts.beyond import dominance, dominance_starts
from ..number import ball_to
from .exact import Concrete, Exact, Forms, NoForm, is_zero, known_moment, label_moment
from .pointwise import Points
from .quantities import Numbers

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


@dataclass(frozen=True, slots=True)
class Ruling:
    """holds: True on the whole range, False at ``point``, or None where exact algebra does not tell."""

    holds: bool | None
    point: sympy.Expr | None = None


@dataclass(frozen=True, slots=True)
class _Gap:
    """left - right as an expression in ``x`` that is continuous on the stretch, and its zeros there."""

    value: sympy.Expr
    x: sympy.Symbol
    zeros: tuple[sympy.Expr, ...] = ()

    def sign(self, point: sympy.Expr) -> int | None:
        if any(compare(point, zero) == 0 for zero in self.zeros):
            return 0
        return sign(self.value.subs(self.x, point))


def rule(exact: Exact, condition: Condition, name: str, range_: Range) -> Ruling:
    """Whether the condition holds: between two zeros of its comparisons each of these keeps its sign."""
    try:
        low, high = (exact.of(end, {}) for end in (range_.lower, range_.upper))
        stretch = Stretch(low, high, range_.closed_lower, range_.closed_upper)
        if low.free_symbols or high.free_symbols or compare(low, high) >= 0:
            return Ruling(None)
        return _rule(exact, condition, name, stretch)
    except (NoForm, Undecided):
        return Ruling(None)


def _rule(exact: Exact, condition: Condition, name: str, stretch: Stretch) -> Ruling:
    gaps = {part: _gap(exact, part, name, stretch) for part in comparisons(condition)}
    zeros = increasing(zero for gap in gaps.values() if gap is not None for zero in gap.zeros)
    strictly = replace(stretch, closed_lower=False, closed_upper=False)
    inner = [zero for zero in zeros if strictly.holds(zero)]
    ends = [stretch.lower] * stretch.closed_lower + [stretch.upper] * stretch.closed_upper

    def holds(point: sympy.Expr) -> bool | None:
        def decide(part: Compare) -> bool | None:
            gap = gaps[part]
            return None if gap is None else by_sign(part.op, gap.sign(point))

        return combined(condition, decide)

    points = [*inner, *ends]
    truths = [holds(point) for point in points]
    if False in truths:
        return Ruling(False, points[truths.index(False)])
    # Where it fails on a whole stretch, balls find a point of few decimals.
    bounds = [stretch.lower, *inner, stretch.upper]
    samples = (Stretch(a, b, False, False).inside() for a, b in pairwise(bounds))
    return Ruling(True if all(truths) and all(map(holds, samples)) else None)


def _gap(exact: Exact, part: Compare, name: str, stretch: Stretch) -> _Gap | None:
    """left - right on the stretch, or None where its zeros are not known."""
    try:
        return _known_gap(exact, part, name, stretch)
    # The last three: SymPy's way to say that a form is no polynomial, or that it knows no method.
    except (NoForm, Undecided, ZeroDivisionError, sympy.PolynomialError, NotImplementedError):
        return None


def _known_gap(exact: Exact, part: Compare, name: str, stretch: Stretch) -> _Gap | None:
    x = sympy.Symbol(name, positive=True) if sign(stretch.lower) in (0, 1) else sympy.Symbol(name, real=True)
    if sign(stretch.lower) == 0 and stretch.closed_lower:
        return None
    inner = replace(exact, forms=_Everywhere(exact.numbers))
    gap = inner.of(part.left, {name: x}) - inner.of(part.right, {name: x})
    limit = Concrete(exact.numbers).exists_below() if _tempered(part) else sympy.oo
    # Every temperature of the range must lie above 1/t_max; at an open end it may be equal.
    if limit is not sympy.oo:
        margin = sign(stretch.lower * limit - 1)
        if margin is None or margin < 0 or (margin == 0 and stretch.closed_lower):
            return None
    if is_zero(gap) == 0:
        return _Gap(sympy.S.Zero, x)
    if gap.free_symbols - {x} or gap.has(sympy.oo, sympy.nan, sympy.zoo) or sympy.count_ops(gap) > _LARGEST:
        return None
    product = _factored(gap)
    zeros = None if product is None else _zeros_of_product(product, x, stretch)
    if zeros is not None:
        return _Gap(product, x, tuple(zeros))
    constant = product is not None and is_zero(sympy.diff(gap, x)) == 0
    return _Gap(gap.subs(x, stretch.inside()), x) if constant else None


@lru_cache(maxsize=64)
def _factored(gap: sympy.Expr) -> sympy.Expr | None:
    """As a product: each stretch of a range asks for it."""
    return within_steps(lambda: sympy.factor(sympy.together(gap)), None)


class _Everywhere(Concrete):
    """Closed forms without asking for t < t_max, which is asked of the whole range at once."""

    def exists_below(self) -> sympy.Expr:
        return sympy.oo


def _tempered(part: Compare) -> bool:
    return any(isinstance(node, Call) and node.name in TEMPERED for node in walk(part))


def _zeros_of_product(product: sympy.Expr, x: sympy.Symbol, stretch: Stretch) -> list[sympy.Expr] | None:
    """The zeros on the stretch of a product whose factors are exponentials, powers and polynomials in x."""
    zeros: set[sympy.Expr] = set()
    for factor in sympy.Mul.make_args(product):
        own = _zeros(factor, x, stretch)
        if own is None:
            return None
        zeros |= {zero for zero in own if stretch.holds(zero)}
    return increasing(zeros)


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
        tree, label = self.numbers.link.tree, self.numbers.label
        terms = (label_moment(tree, label, i, k) * t**i / factorial(i) for i in range(_KNOWN))
        return _cut(sum(terms) * self._noisy)

    @cached_property
    def _noisy(self) -> sympy.Expr:
        """E e^{te}."""
        return sympy.series(sympy.exp(cumulant(self.numbers.noise)), t, 0, _KNOWN).removeO()

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
            return -1 if _top_is_at_most(points, other, level) else None
        if word.name == "logM":
            # K is convex, so it rises on where it rises here; K falls where s stays below 0.
            if here > level and _value(points, Call("V", (Num(high),))) > 0:
                return 1
            return -1 if _top_is_at_most(points, Num(Fraction(0)), arb(0)) and here < level else None
    return None


def _value(points: Points, node: Node) -> arb:
    """A number without parameters. Raises KeyError on a parameter."""
    return points.value(node, _DIGITS)


def _top_is_at_most(points: Points, other: Node, level: arb) -> bool:
    """Whether ess sup s is known and at most the number ``other``, of which ``level`` is a ball."""
    top = facts(points.numbers.link.tree).supremum.value
    if top is None or not top.is_finite:
        return False
    if not (ball := ball_to(top, 30)).overlaps(level):
        return bool(ball < level)
    try:
        return compare(top, points.exact.of(other, {})) <= 0
    except (NoForm, Undecided):
        return False


def _settled(points: Points, k: int, weight: bool, high: Fraction) -> int | None:
    """The sign of alpha_k (h_k with ``weight``) at every temperature up to ``high``.

    Those of counts are e^t alpha_k and h_k of their rate at e^t - 1 >= t. Of other labels the list of all
    zeros of the signal says that none is left.
    """
    numbers = points.numbers
    if numbers.label.kind not in ("additive", "poisson"):
        if weight or not (numbers.carries_signal(k) and numbers.none_exceptional_below(high)):
            return None
        return sign_of(_value(points, Call("alpha", (Num(Fraction(k)), Num(high))))) or None
    kinds = [weight]
    if numbers.noise.kind != "none" and not weight:
        # Noise adds K_e' h_k, with K_e' >= 0: both must have the sign.
        kinds.append(True)
    starts = tuple(start for start in dominance_starts(numbers.link) if start * high <= 1)
    if not starts:
        return None
    dominant = dominance(numbers.link.tree, k, kinds, starts)
    return None if dominant is None else dominant[0].sign
