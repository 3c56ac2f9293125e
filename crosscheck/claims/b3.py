"""B3. Flipped signs of an odd link: nothing is lost but a constant factor."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction

import sympy

from ...link import Label
from ..claim import Assumption, Claim, Formula, Subject, Variant, of_statement
from ..legs.equation import Moment
from ..legs.test_temperatures import TILT, gentle_tilt
from ..verdict import Evidence, refutes, supports
from .drawn import Case, drawn_legs

_CHANCE = Fraction(1, 4)
_LABEL = Label("flip", (_CHANCE,))
_ORDERS = (1, 2, 3)


@dataclass(frozen=True, slots=True)
class Statement:
    """Odd k: (1 - lost q) h_k[s]; even k: (1 - even q) h_k[s]; the witness keeps (1 - lost q) for odd i0."""

    lost: int = 2
    even: int = 0


def cases(subject: Subject, statement: Statement) -> list[Case]:
    return list(_cases(subject, statement))


def _cases(subject: Subject, statement: Statement) -> Iterator[Case]:
    tree, at = subject.link.tree, gentle_tilt(subject)
    for k in _ORDERS:
        kept = sympy.Rational(1 - (statement.lost if k % 2 else statement.even) * _CHANCE)
        for power in (0, 1):
            yield Case(tree, _LABEL, k, power, at, terms=((kept, Moment(tree, k, power, at)),))


def derive(statement: Statement) -> Evidence:
    """(1 - q) h_k(t) + q h_k(-t), and z -> -z turns h_k(-t) of an odd s into (-1)^k h_k(t).

    That nothing but q = 1/2 hides the order: the system for nu(A) and nu(-A) has determinant (1-q)^2 - q^2.
    """
    q, h = sympy.symbols("q h", real=True)
    for k in _ORDERS:
        total = (1 - q) * h + q * (-1) ** k * h
        stated = (1 - (statement.lost if k % 2 else statement.even) * q) * h
        if sympy.expand(total - stated) != 0:
            witness = f"k = {k}: {sympy.factor(total)}, statement {sympy.factor(stated)}"
            return refutes("symbolic", "the factor is another", witness)
    determinant = sympy.factor(sympy.Matrix([[1 - q, q], [q, 1 - q]]).det())
    if sympy.solve(determinant, q) != [sympy.Rational(1, 2)]:
        return refutes("symbolic", "another q hides the order", f"determinant {determinant}")
    return supports(
        "symbolic", f"z -> -z for every t and q; the determinant {determinant} vanishes at q = 1/2 only"
    )


def _not_odd(subject: Subject) -> str | None:
    known = subject.facts.parity
    return None if known.value == "odd" else "s is not shown to be odd"


CLAIM: Claim[Statement] = Claim(
    id="B3",
    title="Flipped signs",
    formula=Formula(
        "y = s(z) eps, P(eps = -1) = q: h_k(t) = (1 - q) h_k^s(t) + q h_k^s(-t); s odd: (1 - 2q) h_k^s "
        "for odd k, h_k^s for even k; GE and i0 are those of s unless q = 1/2, where GE is that of abs(s)",
        r"h_k(t)=(1-q)h_k[s](t)+q\,h_k[s](-t)=\begin{cases}(1-2q)\,h_k[s](t)&k\text{ odd}\\"
        r"h_k[s](t)&k\text{ even}\end{cases}\quad\text{for odd }s",
    ),
    kind="equal",
    sentence="S4",
    source="the substitution z -> -z",
    assumptions=(Assumption("s is odd", _not_odd), TILT),
    quantified="every q, t and k in the derivation; q = 1/4 and k = 1, 2, 3 at one t",
    statement=Statement(),
    legs={"symbolic": of_statement(derive), **drawn_legs("B3", cases)},
    variants=(
        Variant("1 - q in place of 1 - 2q", Statement(lost=1), "tanh"),
        Variant("even orders lose the factor too", Statement(even=2), "staircase"),
        Variant("nothing is lost at odd orders", Statement(lost=0), "sin"),
    ),
)
