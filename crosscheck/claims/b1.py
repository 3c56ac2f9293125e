"""B1. Labels with two values: every function of y is a multiple of y but for a constant."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction

import sympy

from ...link import Label
from ...theory.channel import refused
from ...theory.exact.symbols import t
from ..claim import Assumption, Claim, Formula, Subject, Variant, of_statement
from ..legs.equation import Moment
from ..legs.test_temperatures import NOT_CONSTANT
from ..verdict import Evidence, refutes, supports
from .drawn import Case, drawn_legs

_LABEL = Label("bernoulli", (Fraction(-1), Fraction(2)))
#: v0/v1 = 3 and v1 - v0 = 1, so that e^{t0} = 3.
_NEGATIVE = Label("bernoulli", (Fraction(-3, 2), Fraction(-1, 2)))
_ORDERS, _AT = (1, 2), Fraction(1, 3)


@dataclass(frozen=True, slots=True)
class Statement:
    """h_k = factor (e^{tv1} + sign e^{tv0}) E[p He_k]; alpha_k = 0 where e^{t(v1 - v0)} = (v0/v1)^zero."""

    factor: Fraction = Fraction(1)
    sign: int = -1
    zero: int = 1


def cases(subject: Subject, statement: Statement) -> list[Case]:
    return list(_cases(subject, statement))


def _cases(subject: Subject, statement: Statement) -> Iterator[Case]:
    tree, at = subject.link.tree, sympy.Rational(_AT)
    (v0, v1), front = map(sympy.Rational, _LABEL.numbers), sympy.Rational(statement.factor)
    low, high = sympy.exp(v0 * at), sympy.exp(v1 * at)
    for k in _ORDERS:
        share = Moment(tree, k, 1)
        yield Case(tree, _LABEL, k, 0, _AT, terms=((front * (high + statement.sign * low), share),))
        slope = v1 * high + statement.sign * v0 * low
        yield Case(tree, _LABEL, k, 1, _AT, terms=((front * slope, share),))
        yield Case(tree, _NEGATIVE, k, 1, growth=Fraction(3) ** statement.zero)


def derive(statement: Statement) -> Evidence:
    """E[T(y) He_k] = E[(p T(v1) + (1 - p) T(v0)) He_k], with E He_k = 0 for k >= 1."""
    v0, v1, p = sympy.symbols("v0 v1 p", real=True)
    given = p * sympy.exp(t * v1) + (1 - p) * sympy.exp(t * v0)
    # What multiplies p; what does not is a constant, orthogonal to He_k.
    slope = sympy.diff(given, p)
    stated = sympy.Rational(statement.factor) * (sympy.exp(t * v1) + statement.sign * sympy.exp(t * v0))
    if sympy.simplify(slope - stated) != 0:
        gap = sympy.simplify((slope - stated).subs({v0: -1, v1: 2, t: 1}))
        return refutes("symbolic", "the factor is another", f"off by {gap} at v0 = -1, v1 = 2, t = 1")
    u, v = sympy.symbols("u v", positive=True)
    at = statement.zero * sympy.log((v + u) / v) / u
    # v0 = -(v + u) < v1 = -v < 0.
    left = sympy.diff(slope, t).subs({v0: -(v + u), v1: -v}).subs(t, at)
    if sympy.simplify(sympy.expand(left, power_exp=True)) != 0:
        shown = sympy.N(left.subs({u: 2, v: 1}), 6)
        return refutes("symbolic", "t0 is no zero", f"v e^(tv) - u e^(tu) = {shown} at v0 = -3, v1 = -1")
    detail = "y given z integrated with v0, v1, t and p symbols; t0 put into the derivative"
    return supports("symbolic", detail)


def _no_probability(subject: Subject) -> str | None:
    return refused(subject.link.tree, _LABEL)


CLAIM: Claim[Statement] = Claim(
    id="B1",
    title="Labels with two values",
    formula=Formula(
        "P(y = v1 given z) = p(z), else y = v0: h_k = (e^(t v1) - e^(t v0)) E[p He_k] and "
        "alpha_k = (v1 e^(t v1) - v0 e^(t v0)) E[p He_k] for k >= 1, so GE = IE = IE(p); for v0 < v1 < 0 "
        "every alpha_k is 0 at t0 = log(v0/v1)/(v1 - v0), otherwise the signal has no zero",
        r"h_k=(e^{tv_1}-e^{tv_0})\,\mathbb{E}[p\,\mathrm{He}_k],\quad "
        r"\alpha_k=(v_1e^{tv_1}-v_0e^{tv_0})\,\mathbb{E}[p\,\mathrm{He}_k]\quad(k\ge1)",
    ),
    kind="equal",
    sentence="S4",
    source="Fubini's theorem",
    assumptions=(Assumption("0 <= s <= 1", _no_probability), NOT_CONSTANT),
    quantified="all v0, v1, t and k in the derivation; k = 1, 2 at t = 1/3 for (-1, 2), t0 for (-3/2, -1/2)",
    statement=Statement(),
    legs={"symbolic": of_statement(derive), **drawn_legs("B1", cases)},
    variants=(
        Variant("h_k 1% too large", Statement(factor=Fraction(101, 100)), "sigmoid"),
        Variant("the values' exponentials added", Statement(sign=1), "window"),
        Variant("the zero at 2 t0", Statement(zero=2), "gaussian-bump"),
    ),
)
