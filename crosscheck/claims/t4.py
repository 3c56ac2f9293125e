"""T4. Scaling, shift and reflection of the tilted coefficients, hence of the threshold.

Quantity:    the coefficients of c s, s + c and s(-z).
Statement:   alpha_k[cs](t/c) = c alpha_k[s](t); h_k[s + c](t) = e^{tc} h_k[s](t);
             alpha_k[s(-z)] = (-1)^k alpha_k[s].
             Hence beta1(cs) = c beta1(s), and `weight` and `centered` thresholds ignore a shift.
Kind:        equal
Source:      change of variables. Abstract, S5.
Assumptions: t_max > 0.
Checks:      symbolic, enclosure, quadrature, simulation.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

import sympy

from ...link.build import combine, negate
from ...link.tree import Num, Var, substitute
from ...theory.hermite import hermite
from ..assumptions import TILT
from ..claim import Claim, Formula, Variant
from ..equation import Equation, Moment, numeric_legs
from ..subject import Subject
from ..temperatures import gentle_tilt
from ..verdict import Evidence, Outcome

_C = Fraction(3)
_ORDERS = (1, 2)


@dataclass(frozen=True, slots=True)
class Statement:
    """alpha[cs](t/c) = c^scaling alpha[s](t); h[s + c] = e^{shift t c} h[s]; reflection (-1)^(k + parity)."""

    scaling: int = 1
    shift: Fraction = Fraction(1)
    parity: int = 0


def equations(subject: Subject, statement: Statement) -> Sequence[Equation]:
    tree = subject.link.tree
    t = gentle_tilt(subject)
    assert t is not None
    scaled, moved = combine("*", Num(_C), tree), combine("+", tree, Num(_C))
    mirrored = substitute(tree, negate(Var()))
    found = []
    for k in _ORDERS:
        base, weight = Moment(tree, k, 1, t), Moment(tree, k, 0, t)
        factor = sympy.Rational(_C) ** statement.scaling
        found += [
            Equation(f"scaling, k = {k}", Moment(scaled, k, 1, t / _C), terms=((factor, base),)),
            Equation(
                f"shift, k = {k}",
                Moment(moved, k, 0, t),
                terms=((sympy.exp(sympy.Rational(statement.shift * t * _C)), weight),),
            ),
            Equation(
                f"reflection, k = {k}",
                Moment(mirrored, k, 1, t),
                terms=((sympy.Integer((-1) ** (k + statement.parity)), base),),
            ),
        ]
    return found


def derive(subject: Subject, statement: Statement) -> Evidence:
    """The identities hold under the expectation, for every value y of the link."""
    y, t, c, z = sympy.symbols("y t c z", positive=True)
    checks = [
        ("scaling", c * y * sympy.exp(t / c * (c * y)) - c**statement.scaling * y * sympy.exp(t * y)),
        (
            "shift",
            sympy.exp(t * (y + c)) - sympy.exp(sympy.Rational(statement.shift) * t * c) * sympy.exp(t * y),
        ),
    ]
    checks += [
        (f"reflection, k = {k}", hermite(k, -z) - (-1) ** (k + statement.parity) * hermite(k, z))
        for k in _ORDERS
    ]
    for name, gap in checks:
        if sympy.simplify(gap) != 0:
            return Evidence(
                "symbolic", Outcome.REFUTES, f"{name} fails pointwise", f"difference {sympy.factor(gap)}"
            )
    return Evidence("symbolic", Outcome.SUPPORTS, "the three identities hold pointwise under the expectation")


CLAIM: Claim[Statement] = Claim(
    id="T4",
    title="Scaling, shift and reflection",
    formula=Formula(
        "beta1(c s) = c beta1(s); h_k[s + c](t) = e^(tc) h_k[s](t); alpha_k[s(-z)] = (-1)^k alpha_k[s]",
        r"\beta_1(cs)=c\,\beta_1(s),\quad h_k[s+c](t)=e^{tc}h_k[s](t),\quad "
        r"\alpha_k[s(-\cdot)]=(-1)^k\alpha_k[s]",
    ),
    kind="equal",
    sentence="S5",
    source="change of variables",
    assumptions=(TILT,),
    quantified="k = 1, 2 and c = 3",
    statement=Statement(),
    legs={"symbolic": derive, **numeric_legs("T4", equations)},
    scopes={
        "symbolic": "steps",
        "enclosure": "instances",
        "quadrature": "instances",
        "simulation": "instances",
    },
    variants=(
        Variant("beta1(cs) = c^2 beta1(s)", Statement(scaling=2), "tanh"),
        Variant("shift exponent 1% too large", Statement(shift=Fraction(101, 100)), "sigmoid"),
        Variant("reflection without the sign", Statement(parity=1), "parabola"),
    ),
)
