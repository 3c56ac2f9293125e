"""B2. Counts: a Poisson label of rate s has at t the coefficients of s at e^t - 1."""

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
from ..legs.test_temperatures import TILT, gentle_tilt
from ..verdict import Evidence, refutes, supports
from .drawn import Case, drawn_legs

_LABEL = Label("poisson")
_ORDERS = (1, 2)


@dataclass(frozen=True, slots=True)
class Statement:
    """h_k(t) = h_k[s](inner (e^t - 1)), alpha_k = e^{chain t} alpha_k[s]; e^{t0} = 1 + mapped/beta1[s]."""

    inner: Fraction = Fraction(1)
    chain: int = 1
    mapped: Fraction = Fraction(1)


def cases(subject: Subject, statement: Statement) -> list[Case]:
    return list(_cases(subject, statement))


def _cases(subject: Subject, statement: Statement) -> Iterator[Case]:
    tree, room = subject.link.tree, gentle_tilt(subject)
    growth = 1 + room
    for k in _ORDERS:
        for power in (0, 1):
            front = sympy.Rational(growth) ** (statement.chain * power)
            right = Moment(tree, k, power, statement.inner * room)
            yield Case(tree, _LABEL, k, power, growth=growth, terms=((front, right),))


def derive(statement: Statement) -> Evidence:
    """sum_n e^{tn} s^n e^{-s}/n! = e^{s(e^t - 1)}, whose derivative has the factor e^t."""
    s, beta, x = sympy.symbols("s beta x", positive=True)
    n = sympy.Symbol("n", integer=True, nonnegative=True)
    series = sympy.summation(x**n / sympy.factorial(n), (n, 0, sympy.oo))
    given = sympy.exp(-s) * series.subs(x, s * sympy.exp(t))
    inner = sympy.Rational(statement.inner) * (sympy.exp(t) - 1)
    stated = {0: sympy.exp(s * inner), 1: sympy.exp(statement.chain * t) * s * sympy.exp(s * inner)}
    for power in (0, 1):
        gap = sympy.simplify(sympy.diff(given, t, power) - stated[power])
        if gap != 0:
            witness = f"off by {sympy.N(gap.subs({s: 1, t: 1}), 6)} at s = 1, t = 1, power {power}"
            return refutes("symbolic", "the moment of the counts is another", witness)
    t0 = sympy.log(1 + sympy.Rational(statement.mapped) / beta)
    if sympy.simplify(sympy.exp(t0) - 1 - 1 / beta) != 0:
        witness = f"e^t0 - 1 = {sympy.exp(t0) - 1} is not 1/beta1[s]"
        return refutes("symbolic", "the threshold is mapped elsewhere", witness)
    detail = "the exponential series summed with s and t symbols; t -> e^t - 1 increases and is inverted"
    return supports("symbolic", detail)


def _no_rate(subject: Subject) -> str | None:
    return refused(subject.link.tree, _LABEL)


CLAIM: Claim[Statement] = Claim(
    id="B2",
    title="Counts",
    formula=Formula(
        "y Poisson of rate s >= 0: h_k(t) = h_k^s(e^t - 1) and alpha_k(t) = e^t alpha_k^s(e^t - 1), so GE "
        "and i0 are those of s, beta1 = 1/log(1 + 1/beta1^s) and t_max = log(1 + t_max^s)",
        r"h_k(t)=h_k[s](e^t-1),\quad \beta_1=\frac{1}{\log(1+1/\beta_1[s])},\quad "
        r"t_{\max}=\log(1+t_{\max}[s])",
    ),
    kind="equal",
    sentence="S4",
    source="the generating function of the Poisson law; uniqueness of Laplace transforms",
    assumptions=(Assumption("s >= 0", _no_rate), TILT),
    quantified="every t and k in the derivation; k = 1, 2 at one t",
    statement=Statement(),
    legs={"symbolic": of_statement(derive), **drawn_legs("B2", cases)},
    variants=(
        Variant("at half of e^t - 1", Statement(inner=Fraction(1, 2)), "sigmoid"),
        Variant("alpha_k without the factor e^t", Statement(chain=0), "abs"),
        Variant("alpha_k with the factor e^(2t)", Statement(chain=2), "square"),
    ),
)
