"""H2. The label coefficient is the derivative of the weight coefficient, and its power series."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import ceil, factorial, floor, log2

import sympy
from flint import arb

from ...link.build import negate
from ...numerics.expectation.oracle import t_range
from ...theory.exact.constants import sign
from ...theory.exact.symbols import t as symbol_t
from ...theory.families.moments import moment
from ..claim import Assumption, Claim, Formula, Subject, Variant
from ..legs.equation import Equation, Moment, enclose, numeric_legs
from ..verdict import Evidence, refutes, supports, undecided

_ORDERS = (1, 2)
_TERMS = 24
#: Coefficients of a closed form that are compared with moments.
_EXPANDED = 3


@dataclass(frozen=True, slots=True)
class Statement:
    """alpha_k = factor * sum_i t^i/(i + late)! mu_{i+1+skip,k} and d/dt e^{ty} = y^power e^{ty}."""

    factor: Fraction = Fraction(1)
    late: int = 0
    skip: int = 0
    power: int = 1


def _radius(subject: Subject) -> arb:
    tree = subject.link.tree
    return t_range(tree).finite_below.min(t_range(negate(tree)).finite_below)


def _tilt(subject: Subject) -> Fraction:
    """A t at which the remainder after _TERMS terms stays below the digits compared.

    t times the size of s is about 1/16, and t at most a 64th of the radius.
    """
    limit, size = _radius(subject), float(enclose(Moment(subject.link.tree, 0, 2), 6).upper()) ** 0.5
    t = 1 / (16 * Fraction(2) ** ceil(log2(size))) if size > 0 else Fraction(1, 16)
    if not limit < 64 * t.numerator / t.denominator:
        return t
    return Fraction(2) ** floor(log2(float(limit.lower()))) / 64


def equations(subject: Subject, statement: Statement) -> Sequence[Equation]:
    tree, t = subject.link.tree, _tilt(subject)
    rows = []
    for k in _ORDERS:
        terms = tuple(
            (
                sympy.Rational(statement.factor * t**i / factorial(i + statement.late)),
                Moment(tree, k, i + 1 + statement.skip),
            )
            for i in range(_TERMS)
        )
        # |e^{ts} - sum_{i<N}| <= |ts|^N/N! e^{t|s|}, then Cauchy-Schwarz against He_k, and
        # e^{2t|s|} <= e^{2ts} + e^{-2ts}.
        scale = sympy.Rational(t**_TERMS, factorial(_TERMS)) * sympy.sqrt(factorial(k))
        both = tuple(Moment(side, 0, 2 * _TERMS + 2, 2 * t) for side in (tree, negate(tree)))
        rest = (scale, both)
        rows.append(
            Equation(f"k = {k}, t = {t}", Moment(tree, k, statement.power, t), terms=terms, remainder=rest)
        )
    return rows


def derive(subject: Subject, statement: Statement) -> Evidence:
    """d/dt e^{ty} = y e^{ty} and the exponential series, both under the integral; then this link's own."""
    t, y = sympy.symbols("t y")
    slope = sympy.diff(sympy.exp(t * y), t) / sympy.exp(t * y)
    if sympy.simplify(slope - y**statement.power) != 0:
        return refutes("symbolic", "the derivative is another", f"{slope} is not y^{statement.power}")
    for order in range(6):
        true = sympy.diff(y * sympy.exp(t * y), t, order).subs(t, 0) / factorial(order)
        claimed = sympy.Rational(statement.factor) * y ** (order + 1 + statement.skip)
        claimed /= factorial(order + statement.late)
        if sympy.simplify(true - claimed) != 0:
            witness = f"coefficient of t^{order}: {claimed} in place of {true}"
            return refutes("symbolic", "the series is another", witness)
    return _expanded(subject)


def _expanded(subject: Subject) -> Evidence:
    """Where the link has a closed form of h_k: its derivatives at 0 are the moments worked out apart."""
    detail = "e^{t|y|} dominates on a neighbourhood of t, so derivative and sum pass under the integral"
    form, tree = subject.closed_form, subject.link.tree
    if form is None:
        return supports("symbolic", f"{detail}; no closed form of h_k to expand")
    count = 0
    for k in _ORDERS:
        for i in range(1, _EXPANDED + 1):
            known, derived = moment(tree, i, k), sympy.diff(form.h(k), symbol_t, i).subs(symbol_t, 0)
            if known is None or not derived.is_number or not derived.is_finite:
                continue
            gap = sign(sympy.expand(derived - known))
            if gap is None:
                return undecided("symbolic", f"h_{k}^({i})(0) = {known} is not decided")
            if gap:
                witness = f"h_{k}^({i})(0) = {derived}, E[s^{i} He_{k}] = {known}"
                return refutes("symbolic", "the closed form has another series", witness)
            count += 1
    return supports("symbolic", f"{detail}; {count} coefficients of this link's h_k agree")


def _two_sided(subject: Subject) -> str | None:
    if _radius(subject) > 0:
        return None
    return "E e^(t|s|) is not shown to be finite for any t > 0, so the series is at most asymptotic"


CLAIM: Claim[Statement] = Claim(
    id="H2",
    title="The tilted coefficient is a derivative and a power series",
    formula=Formula(
        "alpha_k(t) = h_k'(t) = sum_i t^i/i! E[y^(i+1) He_k] for 0 < t < min(t_max(s), t_max(-s))",
        r"\alpha_k(t) = h_k'(t) = \sum_{i\ge0}\frac{t^i}{i!}\,\mathbb{E}[y^{i+1}\mathrm{He}_k]",
    ),
    kind="equal",
    sentence="S4",
    source="differentiation of a Laplace transform",
    assumptions=(Assumption("|s| has exponential moments", _two_sided),),
    quantified="every k and t; tried for k = 1, 2 at a t inside the radius of convergence",
    statement=Statement(),
    legs={"symbolic": derive, **numeric_legs("H2", equations)},
    variants=(
        Variant("series 1% too large", Statement(factor=Fraction(101, 100)), "tanh"),
        Variant("(i + 1)! in place of i!", Statement(late=1), "sigmoid"),
        Variant("moments shifted by one power", Statement(skip=1), "softplus"),
        Variant("derivative y^2 e^(ty)", Statement(power=2), "relu"),
    ),
)
