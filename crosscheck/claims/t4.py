"""T4. Scaling, shift and reflection of the tilted coefficients, hence of the threshold."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from fractions import Fraction

import sympy

from ...link import NOISELESS, Link, Signal, parse
from ...link import text as to_text
from ...link.build import combine, negate
from ...link.tree import Num, Var, substitute
from ...theory.exact.constants import sign
from ...theory.exact.symbols import hermite
from ...theory.threshold import ClosedThreshold, closed_threshold
from ..claim import Claim, Formula, Subject, Variant
from ..legs.equation import Equation, Moment, by_enclosure, numeric_legs
from ..legs.test_temperatures import TILT, gentle_tilt
from ..link_facts.zeros import zeros
from ..verdict import Evidence, Leg, Outcome, refutes, supports

_C = Fraction(3)
_ORDERS = (1, 2)
#: To which thresholds are compared.
_DIGITS = 8


@dataclass(frozen=True, slots=True)
class Statement:
    """alpha[cs](t/c) = c^scaling alpha[s](t); h[s + c] = e^{shift t c} h[s]; reflection (-1)^(k + parity).

    moved: beta1(s + c) = moved beta1(s) for ``weight`` and ``centered``.
    """

    scaling: int = 1
    shift: Fraction = Fraction(1)
    parity: int = 0
    moved: Fraction = Fraction(1)


def equations(subject: Subject, statement: Statement) -> Sequence[Equation]:
    tree = subject.link.tree
    t = gentle_tilt(subject)
    scaled, moved = combine("*", Num(_C), tree), combine("+", tree, Num(_C))
    mirrored = substitute(tree, negate(Var()))
    rows = []
    for k in _ORDERS:
        base, weight = Moment(tree, k, 1, t), Moment(tree, k, 0, t)
        factor = sympy.Rational(_C) ** statement.scaling
        rows += [
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
    return rows


@dataclass(frozen=True, slots=True)
class _Pair:
    """beta1 of ``other`` is ``factor`` times that of the subject, for this signal."""

    label: str
    other: Link
    signal: Signal
    factor: Fraction


def _pairs(subject: Subject, statement: Statement) -> list[_Pair]:
    text = subject.link.text
    scaled, moved = parse(f"{_C}*({text})"), parse(f"({text}) + {_C}")
    mirrored = parse(to_text(substitute(subject.link.tree, negate(Var()))))
    return [
        _Pair("beta1 of c s", scaled, Signal.LABEL, _C**statement.scaling),
        _Pair("beta1 of s + c, weight", moved, Signal.WEIGHT, statement.moved),
        _Pair("beta1 of s + c, centered", moved, Signal.CENTERED, statement.moved),
        _Pair("beta1 of s(-z)", mirrored, Signal.LABEL, Fraction(1)),
    ]


def derive(subject: Subject, statement: Statement) -> Evidence:
    """The identities hold under the expectation, for every y; exact thresholds of the link obey them."""
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
            return refutes("symbolic", f"{name} fails pointwise", f"difference {sympy.factor(gap)}")
    compared = 0
    for pair in _pairs(subject, statement):
        own, other = (closed_threshold(link.tree, pair.signal) for link in (subject.link, pair.other))
        if own is None or other is None:
            continue
        stated, found = (_first(each) for each in (own, other))
        if sign(found - sympy.Rational(pair.factor) * stated):
            return _differ("symbolic", pair, str(found), f"{pair.factor} * {stated}")
        compared += 1
    detail = (
        f"the three identities hold pointwise under the expectation; {compared} exact thresholds obey them"
    )
    return supports("symbolic", detail)


def _first(found: ClosedThreshold) -> sympy.Expr:
    """beta1."""
    return 1 / found.zeros[0] if found.zeros else found.floor


def _differ(leg: Leg, pair: _Pair, found: str, stated: str) -> Evidence:
    return refutes(leg, "thresholds differ", f"{pair.label}: {found}, stated {stated}")


def enclosed(subject: Subject, statement: Statement) -> Evidence:
    """The coefficients, and the thresholds as each link's own search encloses them."""
    coefficients = by_enclosure(subject, equations(subject, statement))
    if coefficients.outcome is not Outcome.SUPPORTS:
        return coefficients
    compared = 0
    for pair in _pairs(subject, statement):
        own, other = (zeros(link, pair.signal, NOISELESS, _DIGITS) for link in (subject.link, pair.other))
        if not (own.status.green and other.status.green):
            continue
        (low, high), (least, most) = (
            (Fraction(z.beta1.lower), Fraction(z.beta1.upper)) for z in (own, other)
        )
        if least > pair.factor * high or most < pair.factor * low:
            shown = (f"[{float(a):.10g}, {float(b):.10g}]" for a, b in ((least, most), (low, high)))
            return _differ("enclosure", pair, next(shown), f"{pair.factor} * {next(shown)}")
        compared += bool(own.exceptional and other.exceptional)
    detail = f"{coefficients.detail}; {compared} thresholds that are zeros agree to {_DIGITS} digits"
    return replace(coefficients, detail=detail)


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
    legs={**numeric_legs("T4", equations), "symbolic": derive, "enclosure": enclosed},
    variants=(
        Variant("beta1(cs) = c^2 beta1(s)", Statement(scaling=2), "tanh-9/10"),
        Variant("a shift doubles the other thresholds", Statement(moved=Fraction(2)), "clip-He3"),
        Variant("shift exponent 1% too large", Statement(shift=Fraction(101, 100)), "sigmoid"),
        Variant("reflection without the sign", Statement(parity=1), "parabola"),
    ),
)
