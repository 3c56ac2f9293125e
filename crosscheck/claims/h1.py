"""H1. Stein's identity and the Gaussian shift.

Stein needs s smooth with derivatives of at most exponential-linear growth. The algebra integrates by parts.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

import sympy

from ...link.build import combine
from ...link.tree import Bin, Call, Node, Num, Var, substitute
from ...theory.exact.lower import lower, to_tree
from ...theory.exact.symbols import hermite, z
from ..claim import Assumption, Claim, Formula, Subject, Variant
from ..legs.equation import Equation, Moment, numeric_legs
from ..verdict import Evidence, refutes, supports, undecided

_ORDERS = (1, 2, 3)
_SHIFT = Fraction(1, 2)


@dataclass(frozen=True, slots=True)
class Statement:
    """E[s He_k] = factor * sign^k * E[s^(k + extra)]; E[s e^{aZ}] = e^{exponent a^2} E[s(Z + a)]."""

    factor: Fraction = Fraction(1)
    sign: int = 1
    extra: int = 0
    exponent: Fraction = Fraction(1, 2)


def equations(subject: Subject, statement: Statement) -> Sequence[Equation]:
    tree = subject.link.tree
    rows = [_shift(tree, statement)]
    expression = lower(tree)
    for k in _ORDERS:
        # The derivative where it exists: across a jump that is not the weak one, which is a variant here.
        derivative = sympy.diff(expression, z, k + statement.extra).replace(sympy.DiracDelta, _nothing)
        coefficient = sympy.Rational(statement.factor) * statement.sign**k
        left = Moment(tree, k, 1)
        if derivative.is_number:
            rows.append(Equation(f"k = {k}", left, constant=coefficient * derivative))
        else:
            rows.append(Equation(f"k = {k}", left, terms=((coefficient, Moment(to_tree(derivative), 0, 1)),)))
    return rows


def _nothing(*_: sympy.Expr) -> sympy.Expr:
    return sympy.S.Zero


def _shift(tree: Node, statement: Statement) -> Equation:
    a = Num(_SHIFT)
    weighted = combine("*", tree, Call("exp", (combine("*", a, Var()),)))
    shifted = substitute(tree, Bin("+", Var(), a))
    factor = sympy.exp(sympy.Rational(statement.exponent * _SHIFT**2))
    right = ((factor, Moment(shifted, 0, 1)),)
    return Equation(f"shift by {_SHIFT}", Moment(weighted, 0, 1), terms=right)


def derive(subject: Subject, statement: Statement) -> Evidence:
    """phi He_k = (-1)^k phi^(k), so k integrations by parts move every derivative to s."""
    density = sympy.exp(-(z**2) / 2)
    for k in _ORDERS:
        order = k + statement.extra
        # k integrations by parts turn (-1)^k phi^(k) into s^(k); the statement claims s^(order).
        moved = sympy.simplify(sympy.diff(density, z, order) * (-1) ** order / density)
        claimed = sympy.Rational(statement.factor) * statement.sign**k * moved
        if sympy.expand(claimed - hermite(k, z)) != 0:
            witness = f"k = {k}: {sympy.expand(claimed)} in place of {hermite(k, z)}"
            return refutes("symbolic", "integration by parts gives another factor", witness)
    a = sympy.Symbol("a", real=True)
    exponent = sympy.Rational(statement.exponent) * a**2 - (z - a) ** 2 / 2
    if sympy.expand(a * z - z**2 / 2 - exponent) != 0:
        witness = f"exponent {sympy.expand(exponent)} in place of {a * z - z**2 / 2}"
        return refutes("symbolic", "completing the square gives another constant", witness)
    growth = subject.facts.tame_derivatives
    if growth.value:
        detail = f"integration by parts; boundary terms vanish: {growth.reason}"
        return supports("symbolic", detail, scope="statement")
    return undecided("symbolic", f"boundary terms: {growth.reason}")


def _smooth(subject: Subject) -> str | None:
    kinks = subject.facts.smooth
    return None if kinks.value else kinks.reason


CLAIM: Claim[Statement] = Claim(
    id="H1",
    title="Stein's identity and the Gaussian shift",
    formula=Formula(
        "s smooth, abs(s^(k)(z)) <= C e^(c z^2) with c < 1/2: E[s(Z) He_k(Z)] = E[s^(k)(Z)] for k = 1, 2, 3, "
        "and E[s(Z) e^(aZ)] = e^(a^2/2) E[s(Z + a)] for every a",
        r"\mathbb{E}[s(Z)\mathrm{He}_k(Z)] = \mathbb{E}[s^{(k)}(Z)],\quad "
        r"\mathbb{E}[s(Z)e^{aZ}] = e^{a^2/2}\,\mathbb{E}[s(Z+a)]",
    ),
    kind="equal",
    sentence="S4",
    source="Stein 1972; Cameron and Martin 1944",
    assumptions=(Assumption("s is smooth", _smooth),),
    quantified="k = 1, 2, 3 and every real a; numbers at a = 1/2",
    statement=Statement(),
    legs={"symbolic": derive, **numeric_legs("H1", equations)},
    variants=(
        Variant("right side 1% too large", Statement(factor=Fraction(101, 100)), "tanh"),
        Variant("sign (-1)^k", Statement(sign=-1), "tanh"),
        Variant("one derivative too many", Statement(extra=1), "gaussian-bump"),
        Variant("e^(a^2) in place of e^(a^2/2)", Statement(exponent=Fraction(1)), "sigmoid"),
        Variant("across a jump", Statement(), "sign", drops="s is smooth"),
    ),
)
