"""H3. Closed forms of the tilted Hermite coefficients.

Quantity:    h_k(t) and alpha_k(t) for k = 0..3.
Statement:   each equals the closed form of its family (theory/tilt), or the sum of its series.
Kind:        equal
Source:      Gaussian integrals; antiderivatives of He_k e^{ts} phi; Jacobi-Anger. Abstract, S4.
Assumptions: the link belongs to a family with a closed form or a series, and t_max > 0.
Checks:      symbolic (pointwise identity of densities, or antiderivatives; not for series), enclosure
             (a series with the bound of what is left out), quadrature, simulation.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

import sympy

from ...numerics.precision import working
from ...theory.hermite import hermite
from ...theory.lower import lower
from ...theory.symbols import t, z
from ...theory.tilt import ClosedForm, SeriesForm
from ...theory.tilt.piecewise_quadratic import quadratics
from ..antiderivatives import completes_the_square, shown_to_vanish, summed
from ..assumptions import TILT
from ..claim import Assumption, Claim, Formula, Variant
from ..compare import ball, show
from ..equation import Equation, Moment, numeric_legs
from ..subject import Subject
from ..temperatures import gentle_tilt, tilts
from ..verdict import Evidence, Outcome

_ORDERS = (0, 1, 2, 3)
#: A t before the first 2at = 1 of any link tried here, at which two expressions are told apart.
_EARLY = sympy.Rational(1, 1000)


@dataclass(frozen=True, slots=True)
class Statement:
    """h_k = factor * (the closed form of order k + order at t * stretch)."""

    factor: Fraction = Fraction(1)
    order: int = 0
    stretch: int = 1

    def h(self, form: ClosedForm, k: int) -> sympy.Expr:
        return sympy.Rational(self.factor) * form.h(k + self.order).subs(t, self.stretch * t)

    def alpha(self, form: ClosedForm, k: int) -> sympy.Expr:
        return sympy.Rational(self.factor) * form.alpha(k + self.order).subs(t, self.stretch * t)

    def equation(self, form: ClosedForm | SeriesForm, label: str, left: Moment) -> Equation:
        """What is claimed of h_k (power 0) or alpha_k (power 1) at the t of ``left``."""
        if isinstance(form, SeriesForm):
            series = (form.alpha if left.power else form.h)(left.k + self.order)
            claimed = series.stretched(sympy.Integer(self.stretch)) * sympy.Rational(self.factor)
            return Equation(label, left, series=claimed)
        value = (self.alpha if left.power else self.h)(form, left.k)
        return Equation(label, left, constant=value.subs(t, sympy.Rational(left.t)))


def _form(subject: Subject) -> ClosedForm | SeriesForm:
    form = subject.closed_form or subject.series_form
    if form is None:
        raise LookupError("no closed form")
    return form


def equations(subject: Subject, statement: Statement) -> Sequence[Equation]:
    form, tree = _form(subject), subject.link.tree
    gentle = gentle_tilt(subject)
    found = []
    for at in (*((gentle,) if gentle else ()), *tilts(subject)[1:]):
        for k in _ORDERS:
            for power, name in enumerate(("h_k", "alpha_k")):
                left = Moment(tree, k, power, at)
                found.append(statement.equation(form, f"{name}, k = {k}, t = {at}", left))
    return found


def derive(subject: Subject, statement: Statement) -> Evidence:
    form = _form(subject)
    if isinstance(form, SeriesForm):
        return Evidence("symbolic", Outcome.ABSENT, "an infinite series: enclosed with its remainder instead")
    if form.family == "piecewise quadratic":
        return _piecewise_quadratic(subject, statement, form)
    for k in _ORDERS:
        slope = sympy.diff(statement.h(form, k), t) - statement.alpha(form, k)
        if sympy.simplify(slope) != 0:
            return Evidence(
                "symbolic", Outcome.REFUTES, "alpha_k is not h_k'", f"k = {k}: h_k' - alpha_k = {slope}"
            )
    if subject.facts.levels is not None:
        return _piecewise_constant(subject, statement, form)
    return _gaussian(subject, statement, form)


def _piecewise_quadratic(subject: Subject, statement: Statement, form: ClosedForm) -> Evidence:
    """The antiderivative of each piece, differentiated, and summed over the ends.

    Where a bounded piece has 2at >= 1 the form continues analytically: h_k is analytic in t.
    """
    pieces = quadratics(subject.link.tree)
    if pieces is None or not completes_the_square():
        return Evidence("symbolic", Outcome.ERROR, "completing the square fails")
    for k in _ORDERS:
        for name, power, claimed in (("h", 0, statement.h), ("alpha", 1, statement.alpha)):
            gap = _first(claimed(form, k)) - summed(pieces, k, power)
            if shown_to_vanish(gap):
                continue
            with working(200):
                value = ball(gap.subs(t, _EARLY))
            if value.contains(0):
                detail = f"{name}_{k} minus the sum of antiderivatives is not shown to cancel"
                return Evidence("symbolic", Outcome.UNDECIDED, detail)
            witness = f"{name}_{k} minus the sum of antiderivatives is {show(value)} at t = {_EARLY}"
            return Evidence("symbolic", Outcome.REFUTES, "the pieces sum to another value", witness)
    detail = "antiderivatives of He_k e^(ts) phi, checked by differentiation and summed over the ends"
    return Evidence("symbolic", Outcome.SUPPORTS, f"{form.family}: {detail}")


def _first(value: sympy.Expr) -> sympy.Expr:
    """The branch for small t."""
    return value.replace(lambda x: isinstance(x, sympy.Piecewise), lambda x: x.args[0][0])


def _gaussian(subject: Subject, statement: Statement, form: ClosedForm) -> Evidence:
    """e^{ts} phi is h_0 times a Gaussian density, whose Hermite moments have a known generating function."""
    h = [statement.h(form, k) for k in _ORDERS]
    mean = sympy.simplify(h[1] / h[0])
    variance = sympy.simplify(h[2] / h[0] + 1 - mean**2)
    # Twice the log of (e^{ts} phi)/(h_0 N(mean, variance)), without its constant log(variance/h_0^2).
    gap = 2 * t * lower(subject.link.tree) - z**2 + (z - mean) ** 2 / variance
    square = sympy.powsimp(variance / h[0] ** 2 * sympy.exp(sympy.expand(gap.subs(z, 0))))
    square = sympy.simplify(square.replace(sympy.exp, lambda x: sympy.exp(sympy.simplify(x))))
    if sympy.simplify(sympy.diff(gap, z)) != 0 or square != 1:
        witness = f"square of the ratio of both sides at z = 0: {square}"
        return Evidence("symbolic", Outcome.REFUTES, "e^{ts} phi is not h_0 times that Gaussian", witness)
    x = sympy.Symbol("x")
    series = sympy.series(sympy.exp(mean * x + (variance - 1) * x**2 / 2), x, 0, len(_ORDERS)).removeO()
    for k in _ORDERS:
        expected = h[0] * sympy.factorial(k) * series.coeff(x, k)
        if sympy.simplify(expected - h[k]) != 0:
            return Evidence(
                "symbolic", Outcome.REFUTES, "generating function", f"k = {k}: {h[k]}, not {expected}"
            )
    detail = f"{form.family}: e^(ts) phi = h_0 N({mean}, {variance}), and its Hermite generating function"
    return Evidence("symbolic", Outcome.SUPPORTS, detail)


def _piecewise_constant(subject: Subject, statement: Statement, form: ClosedForm) -> Evidence:
    """E[He_k; a < Z < b] through the antiderivative -He_{k-1} phi, level by level."""
    density = sympy.exp(-(z**2) / 2) / sympy.sqrt(2 * sympy.pi)
    assert subject.facts.levels is not None
    for k in _ORDERS[1:]:
        antiderivative = -hermite(k - 1, z) * density
        if sympy.simplify(sympy.diff(antiderivative, z) - hermite(k, z) * density) != 0:
            return Evidence("symbolic", Outcome.ERROR, "-He_{k-1} phi is not the antiderivative")
        total = sympy.Integer(0)
        for low, high, level in subject.facts.levels:
            top = sympy.Integer(0) if high is sympy.oo else antiderivative.subs(z, high)
            bottom = sympy.Integer(0) if low is -sympy.oo else antiderivative.subs(z, low)
            total += sympy.exp(t * level) * (top - bottom)
        gap = (total - statement.h(form, k)).rewrite(sympy.exp)
        if sympy.simplify(sympy.expand(gap)) != 0:
            witness = f"k = {k}: {statement.h(form, k)}, but the levels sum to {sympy.simplify(total)}"
            return Evidence("symbolic", Outcome.REFUTES, "the levels give another sum", witness)
    return Evidence(
        "symbolic", Outcome.SUPPORTS, f"{form.family}: sum over levels of e^(tv) times -He_(k-1) phi"
    )


def _no_family(subject: Subject) -> str | None:
    known = subject.closed_form is not None or subject.series_form is not None
    return None if known else "no closed-form family; the enclosure answers"


CLAIM: Claim[Statement] = Claim(
    id="H3",
    title="Closed forms of the tilted Hermite coefficients",
    formula=Formula(
        "E[e^(ty) He_k] = h_k(t) and E[y e^(ty) He_k] = h_k'(t) in the family's closed form",
        r"\mathbb{E}[e^{ty}\mathrm{He}_k(Z)] = h_k(t),\quad \mathbb{E}[y e^{ty}\mathrm{He}_k(Z)] = h_k'(t)",
    ),
    kind="equal",
    sentence="S4",
    source="Gaussian integrals",
    assumptions=(Assumption("closed-form family", _no_family), TILT),
    quantified="k = 0..3 and three t in (0, t_max)",
    statement=Statement(),
    legs={"symbolic": derive, **numeric_legs("H3", equations)},
    scopes={
        "symbolic": "steps",
        "enclosure": "instances",
        "quadrature": "instances",
        "simulation": "instances",
    },
    variants=(
        Variant("1% too large", Statement(factor=Fraction(101, 100)), "linear-3"),
        Variant("order k + 1 in place of k", Statement(order=1), "square-10"),
        Variant("t replaced by -t", Statement(stretch=-1), "step"),
        Variant("sign", Statement(factor=Fraction(-1)), "staircase"),
        Variant("1% too small on a piecewise link", Statement(factor=Fraction(99, 100)), "clip-square"),
        Variant("order k + 1 in a series", Statement(order=1), "sin"),
        Variant("t replaced by -t in a series", Statement(stretch=-1), "bump4"),
    ),
)
