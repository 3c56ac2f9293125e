"""T8. Families that bend a link: exceptional temperatures are curves, which end where two of them meet."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import count

import sympy

from ...link.build import combine
from ...link.tree import Num, Var, substitute
from ...theory.exact.symbols import he, z
from ..claim import Claim, Formula, Subject, Variant, of_statement
from ..legs.equation import Equation, Moment, numeric_legs
from ..legs.test_temperatures import TILT, WITNESS, gentle_tilt, order
from ..verdict import Evidence, refutes, supports

#: How far the argument of the link is moved in the numeric legs, either way.
_STEP = Fraction(1, 4)
#: Orders up to which the generating function is expanded in the derivation.
_ORDERS, _TERMS = 4, 6


@dataclass(frozen=True, slots=True)
class Statement:
    """E[y e^{ty} He_k] of s(z + p) is the sum of (side p)^j/j! alpha_{k+j}(t); j! only where ``divided``.

    speed: by what its first term is multiplied.
    """

    side: int = 1
    divided: bool = True
    speed: Fraction = Fraction(1)

    def coefficient(self, j: int, p: sympy.Expr) -> sympy.Expr:
        weight = (self.side * p) ** j / (sympy.factorial(j) if self.divided else 1)
        return weight * sympy.Rational(str(self.speed)) if j == 1 else weight


def equations(subject: Subject, statement: Statement) -> Sequence[Equation]:
    """alpha_k of s(z + p), p = 1/4 and -1/4, from the coefficients of s alone."""
    tree, t, k = subject.link.tree, gentle_tilt(subject), order(subject)
    found = []
    for p in (_STEP, -_STEP):
        moved = substitute(tree, combine("+", Var(), Num(p)))
        exact = sympy.Rational(str(p))
        terms, size = _summed(k, sympy.Rational(str(_STEP)), subject.digits)
        found.append(
            Equation(
                f"p = {p}, k = {k}",
                Moment(moved, k, 1, t),
                terms=tuple(
                    (statement.coefficient(j, exact), Moment(tree, k + j, 1, t)) for j in range(terms)
                ),
                remainder=(size, (Moment(tree, 0, 2, 2 * t),)),
            )
        )
    return found


def _summed(k: int, p: sympy.Rational, digits: int) -> tuple[int, sympy.Expr]:
    """How many terms are summed, and what the others are at most, over (E (s e^{ts})^2)^{1/2}.

    |alpha_n| <= sqrt(n!) (E (s e^{ts})^2)^{1/2} (Cauchy and Schwarz); p^j sqrt((k + j)!)/j! falls by a factor
    of at most q = p sqrt(k + j + 1)/(j + 1) from j on.
    """
    for j in count(1):
        ratio = p * sympy.sqrt(k + j + 1) / (j + 1)
        first = p**j * sympy.sqrt(sympy.factorial(k + j)) / sympy.factorial(j)
        if float(ratio) < 0.5 and float(first) < 10.0 ** -(digits + 8):
            return j, 2 * first
    raise AssertionError("p^j sqrt((k + j)!)/j! tends to 0")


@of_statement
def derive(statement: Statement) -> Evidence:
    """He_k(z - p) e^{pz - p^2/2}, by which E[f(Z + p) He_k] is an expectation of f(Z), expanded in p."""
    p = sympy.Symbol("p", real=True)
    for k in range(1, _ORDERS + 1):
        moved = sum(int(c) * (z - p) ** j for j, c in enumerate(he(k).coeffs()))
        ratio = moved * sympy.exp(p * z - p**2 / 2)
        known = sympy.series(ratio, p, 0, _TERMS).removeO()
        stated = sum(
            statement.coefficient(j, p) * sum(int(c) * z**i for i, c in enumerate(he(k + j).coeffs()))
            for j in range(_TERMS)
        )
        if gap := sympy.expand(known - stated):
            return refutes("symbolic", "another expansion in p", f"k = {k}: off by {gap}")
    detail = f"the expansion for k = 1..{_ORDERS} up to p^{_TERMS - 1}, so F_p = alpha_(k+1) at p = 0"
    return supports("symbolic", detail)


CLAIM: Claim[Statement] = Claim(
    id="T8",
    title="Families of links and curves of zeros",
    formula=Formula(
        "alpha_k[s(z + p)](t) = sum_j p^j/j! alpha_{k+j}[s](t); simple zeros of a family move with "
        "dt/dp = -F_p/F_t, and their number changes only at double zeros and at the ends",
        r"\alpha_k[s(\cdot+p)](t)=\sum_j\frac{p^j}{j!}\alpha_{k+j}[s](t),\quad "
        r"\frac{dt}{dp}=-\frac{F_p}{F_t}",
    ),
    kind="equal",
    sentence="S5",
    source="Taylor's theorem under the Gaussian; implicit functions",
    assumptions=(TILT, WITNESS),
    quantified="every t and p in the derivation; one t and p = -1/4, 1/4",
    statement=Statement(),
    legs={**numeric_legs("T8", equations), "symbolic": derive},
    variants=(
        Variant("the argument moves the other way", Statement(side=-1), "tanh"),
        Variant("factorials left out", Statement(divided=False), "sigmoid"),
        Variant("zeros move twice as fast", Statement(speed=Fraction(2)), "tanh-9/10"),
    ),
)
