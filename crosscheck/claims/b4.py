"""B4. A Gaussian label whose variance depends on z."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction

import sympy

from ...link import Label, parse
from ...link.build import call, combine
from ...link.tree import Num
from ...theory.exact.symbols import t
from ..claim import Assumption, Claim, Formula, Subject, Variant, of_statement
from ..legs.equation import Moment
from ..verdict import Evidence, refutes, supports
from .drawn import Case, drawn_legs

_VARIANCE = parse("exp(-z**2)").tree
_LABEL = Label("heteroscedastic", (), _VARIANCE)
_ORDERS, _AT = (1, 2), Fraction(1, 2)


@dataclass(frozen=True, slots=True)
class Statement:
    """m_t = e^{ts + square t^2 v}, m_t' = (s + slope t v) m_t."""

    square: Fraction = Fraction(1, 2)
    slope: Fraction = Fraction(1)


def cases(subject: Subject, statement: Statement) -> list[Case]:
    return list(_cases(subject, statement))


def _cases(subject: Subject, statement: Statement) -> Iterator[Case]:
    tree = subject.link.tree
    exponent = combine(
        "+",
        combine("*", Num(_AT), tree),
        combine("*", Num(statement.square * _AT**2), _VARIANCE),
    )
    mean = call("exp", (exponent,))
    slope = combine("*", combine("+", tree, combine("*", Num(statement.slope * _AT), _VARIANCE)), mean)
    for k in _ORDERS:
        yield Case(tree, _LABEL, k, 0, _AT, terms=((sympy.S.One, Moment(mean, k, 1)),))
        yield Case(tree, _LABEL, k, 1, _AT, terms=((sympy.S.One, Moment(slope, k, 1)),))


def derive(statement: Statement) -> Evidence:
    """Completing the square in the Gaussian integral over y."""
    s, y = sympy.symbols("s y", real=True)
    v = sympy.Symbol("v", positive=True)
    # ty - (y - s)^2/(2v) = constant - (y - s - tv)^2/(2v), and the last term integrates as at t = 0.
    constant = sympy.expand(t * y - (y - s) ** 2 / (2 * v) + (y - s - t * v) ** 2 / (2 * v))
    stated = t * s + sympy.Rational(statement.square) * t**2 * v
    if sympy.simplify(constant - stated) != 0:
        return refutes("symbolic", "the exponent is another", f"{constant}, statement {stated}")
    slope = s + sympy.Rational(statement.slope) * t * v
    if sympy.simplify(sympy.diff(constant, t) - slope) != 0:
        return refutes(
            "symbolic", "the derivative is another", f"{sympy.diff(constant, t)}, statement {slope}"
        )
    return supports("symbolic", "the square completed with s, v and t symbols, and differentiated")


def _unbounded(subject: Subject) -> str | None:
    low, high = subject.facts.infimum.value, subject.facts.supremum.value
    bounded = low is not None and high is not None and low.is_finite and high.is_finite
    return None if bounded else "s is not shown to be bounded"


CLAIM: Claim[Statement] = Claim(
    id="B4",
    title="A variance that depends on the input",
    formula=Formula(
        "y ~ N(s(z), v(z)) given z: E[e^(ty) given z] = e^(ts + t^2 v/2), so h_k = E[e^(ts + t^2 v/2) He_k] "
        "and alpha_k = E[(s + tv) e^(ts + t^2 v/2) He_k]",
        r"h_k=\mathbb{E}\bigl[e^{ts+t^2v/2}\mathrm{He}_k\bigr],\quad "
        r"\alpha_k=\mathbb{E}\bigl[(s+tv)\,e^{ts+t^2v/2}\mathrm{He}_k\bigr]",
    ),
    kind="equal",
    sentence="S4",
    source="the Laplace transform of the Gaussian law",
    assumptions=(Assumption("s is bounded", _unbounded),),
    quantified="every s, v, t and k in the derivation; v = e^(-z^2), k = 1, 2 at t = 1/2",
    statement=Statement(),
    legs={"symbolic": of_statement(derive), **drawn_legs("B4", cases)},
    variants=(
        Variant("t^2 v in place of t^2 v/2", Statement(square=Fraction(1)), "window"),
        Variant("alpha_k without the term tv", Statement(slope=Fraction(0)), "cos"),
        Variant("without the variance in the exponent", Statement(square=Fraction(0)), "gaussian-bump"),
    ),
)
