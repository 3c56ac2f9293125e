"""T1, T7, T13, T14, T15. The threshold is the first zero of the signal, and depends on the link alone.

For shifted links a s - c the exceptional temperatures are a level set of one function of t (T7).
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from itertools import pairwise
from typing import Any

import mpmath
import sympy

from ...link import NOISELESS, Link, Node, Num, Signal, combine, parse_noise
from ...link import text as to_text
from ...numerics.estimates import quadrature
from ...numerics.precision import as_fraction, sign_of, working
from ...theory.exact import t as tilt
from ...theory.exact.constants import sign
from ...theory.signal import rational_ratio
from ...theory.threshold import closed_threshold
from ..claim import Claim, Subject, Variant
from ..legs.equation import Equation, Moment, by_enclosure, by_quadrature, enclose, numeric_legs
from ..legs.first_zero import LEGS, SCOPES, Statement
from ..legs.trials import TILT, WITNESS, gentle_tilt, order
from ..link_facts.zeros import zeros
from ..verdict import Finding, Outcome, refutes, supports, undecided

#: What a variant changes.
_CHANGES: dict[str, dict[str, Any]] = {
    "beta1 1% too large": {"factor": Fraction(101, 100)},
    "beta1 1% too small": {"factor": Fraction(99, 100)},
    "the second zero in place of the first": {"which": 1},
    "no exceptional temperature": {"none": True},
    "an exceptional temperature at 1/2": {"instead": Fraction(1, 2)},
}


def _threshold_claim(
    id: str,
    title: str,
    signal: tuple[str, str],
    quantified: str,
    statement: Statement,
    links: tuple[str | None, ...],
    law: str = "",
) -> Claim[Statement]:
    """beta1 is the largest zero in beta of a signal, as text and as LaTeX; ``links``: one a change.

    law: of the noise, where there is one.
    """
    conditions = f"t_max > 0, i0 < oo and {law}" if law else "t_max > 0 and i0 < oo"
    text, latex = signal
    return Claim(
        id=id,
        title=title,
        formula=f"for {conditions}: {text}(1/beta) != 0 for every beta > beta1, and beta1 is its "
        "largest zero (or 1/t_max)",
        latex=rf"\beta_1=\inf\{{b\ge1/t_{{\max}}:{latex}(1/\beta)\ne0\ \forall\beta>b\}}"
        r"\quad(t_{\max}>0,\ i_0<\infty)",
        kind="equal",
        sentence="S5",
        source="real-analyticity of Laplace transforms",
        assumptions=(TILT, WITNESS),
        quantified=quantified,
        statement=statement,
        legs=LEGS,
        scopes=SCOPES,
        variants=tuple(
            Variant(change, replace(statement, **changed), link)
            for (change, changed), link in zip(_CHANGES.items(), links, strict=True)
            if link is not None
        ),
    )


THRESHOLDS = (
    _threshold_claim(
        "T1",
        "The temperature threshold",
        ("alpha_k*", r"\alpha_{k^*}"),
        "every beta > beta1",
        Statement(),
        ("tanh-9/10", "square-10", "linear-3", "clip-He3", "tanh"),
    ),
    _threshold_claim(
        "T13",
        "The threshold of the weight signal",
        ("h_k*", r"h_{k^*}"),
        "every beta > beta1; independent noise multiplies h_k by a positive factor",
        Statement(signal=Signal.WEIGHT),
        ("clip-He3", "clip-He3", "z-cos", "clip-He3", "linear"),
    ),
    _threshold_claim(
        "T14",
        "The threshold of the centred signal",
        ("(h_k*/h_0)'", r"(h_{k^*}/h_0)'"),
        "every beta > beta1; independent noise multiplies h_k and h_0 by one factor",
        Statement(signal=Signal.CENTERED),
        ("clip-He3", "clip-He3", None, "clip-He3", "tanh"),
    ),
    _threshold_claim(
        "T15",
        "The temperature threshold under noise",
        ("(h_k*' + K_e' h_k*)", r"(h_{k^*}'+K_e'h_{k^*})"),
        "every beta > beta1, for one law of the noise",
        Statement(noise=parse_noise("gaussian(1/2)")),
        ("linear-3", "square-10", "linear-3", "clip-He3", "tanh"),
        law="e ~ N(0, 1/4)",
    ),
)


_SHIFT, _SCALE = Fraction(3, 2), Fraction(1, 2)
#: Shifts whose thresholds are compared, in increasing order.
_SHIFTS = (Fraction(0), Fraction(1), Fraction(3))
#: How far from a level the sign is looked at, in parts of 1 + its size.
_ASIDE = Fraction(1, 10**6)
_DIGITS = 8


@dataclass(frozen=True, slots=True)
class ShiftedStatement:
    """alpha_k[a s - c](t) = e^{-tc} (a h_k'(at) - side c h_k(at)); alpha_k[s - c](t) = 0 at c = level R(t).

    order: of the sign of beta1(s - c') - beta1(s - c) for c' > c.
    """

    side: int = 1
    level: Fraction = Fraction(1)
    order: int = 1


def _shifted(tree: Node, shift: Fraction) -> Node:
    return combine("-", tree, Num(shift)) if shift else tree


def equations(subject: Subject, statement: ShiftedStatement) -> Sequence[Equation]:
    tree, t, k = subject.link.tree, gentle_tilt(subject), order(subject)
    rows = []
    for scale in (Fraction(1), _SCALE):
        a, c = sympy.Rational(str(scale)), sympy.Rational(str(_SHIFT))
        front = sympy.exp(-sympy.Rational(str(t)) * c)
        moved = _shifted(combine("*", Num(scale), tree) if scale != 1 else tree, _SHIFT)
        terms = (
            (front * a, Moment(tree, k, 1, scale * t)),
            (-front * statement.side * c, Moment(tree, k, 0, scale * t)),
        )
        rows.append(Equation(f"a = {scale}, c = {_SHIFT}, k = {k}", Moment(moved, k, 1, t), terms=terms))
    return rows


def _sides(subject: Subject, statement: ShiftedStatement) -> Iterator[tuple[int, Moment]]:
    """The signal of s - c for c a little below and above the level of t, with the sign that it must have."""
    tree, t, k = subject.link.tree, gentle_tilt(subject), order(subject)
    h, alpha = (enclose(Moment(tree, k, power, t), 20) for power in (0, 1))
    with working(120):
        level = as_fraction((alpha / h).mid()).limit_denominator(10**15) * statement.level
    for aside in (-1, 1):
        shift = level + aside * _ASIDE * (1 + abs(level))
        yield -aside * sign_of(h), Moment(_shifted(tree, shift), k, 1, t)


def shifted_derive(subject: Subject, statement: ShiftedStatement) -> Finding:
    """The product rule, and R' at a zero; exact zeros of shifted links lie on the level set of R."""
    c, t = sympy.symbols("c t", positive=True)
    h, noise = sympy.Function("h")(t), sympy.Function("K")(t)
    whole = sympy.exp(-t * c) * sympy.exp(noise) * h
    stated = sympy.exp(-t * c + noise) * (sympy.diff(h, t) + (sympy.diff(noise, t) - statement.side * c) * h)
    if (gap := sympy.simplify(sympy.diff(whole, t) - stated)) != 0:
        return refutes("the signal of s - c is another", f"off by {gap}")
    ratio = sympy.diff(sympy.log(h), t) + sympy.diff(noise, t)
    signal = sympy.diff(h, t) + (sympy.diff(noise, t) - c) * h
    slope = sympy.diff(signal, t).subs(c, ratio).doit()
    if (gap := sympy.simplify(slope - h * sympy.diff(ratio, t))) != 0:
        return undecided(f"the slope at a zero is off by {gap}")
    count, known = 0, rational_ratio(subject.link.tree, NOISELESS)
    for shift in _SHIFTS:
        closed = closed_threshold(_shifted(subject.link.tree, shift), "label")
        for zero in () if closed is None else closed.zeros:
            if known is None:
                continue
            value = sympy.Rational(str(statement.level)) * known.ratio.subs(tilt, zero)
            if sign(sympy.radsimp(value) - sympy.Rational(str(shift))):
                return refutes("an exact zero lies off the level", f"t = {zero}, c = {shift}: {value}")
            count += 1
    return supports(f"the product rule with h, K_e and c symbols; {count} exact zeros have R(t) = c")


def shifted_enclosed(subject: Subject, statement: ShiftedStatement) -> Finding:
    """Coefficients from each tree, the sign of the signal on both sides of a level, and thresholds."""
    coefficients = by_enclosure(subject, equations(subject, statement))
    if coefficients.outcome is not Outcome.SUPPORTS:
        return coefficients
    for side, moment in _sides(subject, statement):
        value = enclose(moment, _DIGITS)
        if sign_of(value) != side:
            return _wrong(moment, str(sign_of(value)), side)
    # Other claims ask for the zeros of the link itself to all digits.
    digits = (max(_DIGITS, subject.digits), _DIGITS, _DIGITS)
    found = [
        zeros(Link(tree, to_text(tree)), Signal.LABEL, NOISELESS, enough)
        for tree, enough in zip(_trees(subject), digits, strict=True)
    ]
    compared = 0
    for (c, one), (d, other) in pairwise(zip(_SHIFTS, found, strict=True)):
        if not (one.status.green and other.status.green) or "inf" in (one.beta1.upper, other.beta1.upper):
            continue
        ends = [tuple(map(Fraction, (each.beta1.lower, each.beta1.upper))) for each in (one, other)]
        (low, high), (least, most) = ends if statement.order > 0 else reversed(ends)
        if most < low:
            witness = f"beta1 at c = {c}: {one.beta1!r}, at c = {d}: {other.beta1!r}"
            return refutes("beta1 is ordered otherwise", witness)
        compared += least >= low and most >= high
    detail = f"{coefficients.detail}; the signal turns at its level; {compared} pairs of thresholds in order"
    return replace(coefficients, detail=detail)


def _trees(subject: Subject) -> list[Node]:
    return [_shifted(subject.link.tree, shift) for shift in _SHIFTS]


def estimated(subject: Subject, statement: ShiftedStatement) -> Finding:
    """The same coefficients and signs by mpmath's quadrature."""
    coefficients = by_quadrature(equations(subject, statement))
    if coefficients.outcome is not Outcome.SUPPORTS:
        return coefficients
    for side, moment in _sides(subject, statement):
        value = quadrature.tilted_moment(moment.tree, moment.k, moment.power, moment.t, 15)
        if abs(value.value) <= 10 * value.error:
            return undecided(f"{moment}: {mpmath.nstr(value.value, 5)} is within its error")
        if side * value.value < 0:
            return _wrong(moment, mpmath.nstr(value.value, 5), side)
    return replace(coefficients, detail=f"{coefficients.detail}; the signal turns at its level")


def _wrong(moment: Moment, seen: str, side: int) -> Finding:
    return refutes("the signal does not turn at this level", f"{moment}: {seen}, stated sign {side}")


T7: Claim[ShiftedStatement] = Claim(
    id="T7",
    title="Shifted links and the graph of R",
    formula="alpha_{k*}[s - c](t) = 0 iff R(t) = c, R = (log|h_{k*}|)' + K_e'; double zeros are the critical "
    "points of R; beta1(s - c) does not decrease in c",
    latex=r"\alpha_{k^*}[s-c](t)=0\iff R(t)=c,\quad R=(\log|h_{k^*}|)'+K_e'",
    kind="equal",
    sentence="S5",
    source="product rule; intermediate values",
    assumptions=(TILT, WITNESS),
    quantified="every t and c in the derivation; one t, c = 0, 1, 3/2, 3 and a = 1, 1/2",
    statement=ShiftedStatement(),
    legs={
        **numeric_legs("T7", equations),
        "symbolic": shifted_derive,
        "enclosure": shifted_enclosed,
        "quadrature": estimated,
    },
    variants=(
        Variant("the shift is added", ShiftedStatement(side=-1), "tanh"),
        Variant("levels 1% too high", ShiftedStatement(level=Fraction(101, 100)), "square"),
        Variant("beta1 falls as c grows", ShiftedStatement(order=-1), "sigmoid"),
    ),
)

CLAIMS = {claim.id: claim for claim in (*THRESHOLDS, T7)}
