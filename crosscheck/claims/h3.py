"""H3. Closed forms of the tilted Hermite coefficients."""

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache
from math import ceil

import sympy

from ...numerics.precision import working
from ...theory.exact import hermite, t, z
from ...theory.exact.constants import Undecided, collected, is_zero
from ...theory.families import ClosedForm, SeriesForm
from ...theory.families.form import Numbers
from ...theory.families.piecewise import Quadratic, Recurrence, quadratics, times_quadratic
from ..claim import Claim, Subject, Variant, condition
from ..legs.equation import Equation, Moment, numeric_legs
from ..legs.trials import TILT, gentle_tilt, tilts
from ..number import ball, show
from ..verdict import Finding, Scope, absent, broken, refutes, supports, undecided

_ORDERS = (0, 1, 2, 3)


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
    rows = []
    for at in (gentle_tilt(subject), *tilts(subject)[1:]):
        for k in _ORDERS:
            for power, name in enumerate(("h_k", "alpha_k")):
                left = Moment(tree, k, power, at)
                rows.append(statement.equation(form, f"{name}, k = {k}, t = {at}", left))
    return rows


def derive(subject: Subject, statement: Statement) -> Finding:
    form = _form(subject)
    if isinstance(form, SeriesForm):
        return absent("an infinite series: enclosed with its remainder instead")
    if form.family == "piecewise quadratic":
        return _piecewise_quadratic(subject, statement, form)
    how = _piecewise_constant if subject.facts.levels is not None else _gaussian
    try:
        gaps, detail = how(subject, statement, form)
    except Undecided as reason:
        return undecided(f"not decided: {reason}")
    for k in _ORDERS:
        gaps[f"h_{k}' - alpha_{k}"] = sympy.diff(statement.h(form, k), t) - statement.alpha(form, k)
    return _judged(subject, gaps, f"{form.family}: {detail}", "statement")


def _judged(subject: Subject, gaps: dict[str, sympy.Expr], detail: str, scope: Scope) -> Finding:
    """Every difference must vanish identically in t. It refutes where a ball at one t excludes 0."""
    for name, gap in gaps.items():
        if shown_to_vanish(gap) or _exponents_cancel(gap):
            continue
        at = _early(subject)
        with working(300):
            value = ball(gap.subs(t, at))
        if value.is_finite() and not value.contains(0):
            return refutes("two expressions in t differ", f"{name} is {show(value)} at t = {at}, not 0")
        return undecided(f"{name} is not shown to vanish")
    return supports(detail, scope=scope)


def _early(subject: Subject) -> sympy.Rational:
    """A t below every t_max and every 2at = 1 of this link."""
    pieces = quadratics(subject.link.tree) or ()
    steepest = max([1.0, *(abs(float(piece.a)) for piece in pieces)])
    return sympy.Rational(1, 1000 * ceil(steepest))


def _exponents_cancel(gap: sympy.Expr) -> bool:
    """Whether the weights of e^{vt}, equal v found by value, all cancel in a sum of such terms."""
    terms = []
    for term in sympy.Add.make_args(sympy.expand(gap.rewrite(sympy.exp))):
        exponents = sympy.Add(*(f.args[0] for f in sympy.Mul.make_args(term) if isinstance(f, sympy.exp)))
        rest = sympy.Mul(*(f for f in sympy.Mul.make_args(term) if not isinstance(f, sympy.exp)))
        exponents = sympy.expand(exponents)
        rate = exponents.coeff(t)
        if rest.has(t) or (exponents - rate * t).has(t):
            return False
        terms.append((rate, rest * sympy.exp(exponents - rate * t)))
    try:
        return all(is_zero(weight) is True for weight in collected(terms).values())
    except Undecided:
        return False


def _piecewise_quadratic(subject: Subject, statement: Statement, form: ClosedForm) -> Finding:
    """The antiderivative of each piece, differentiated, and summed over the ends.

    Where a bounded piece has 2at >= 1 the form has branches of its own, which only numbers check.
    """
    pieces = quadratics(subject.link.tree)
    if pieces is None or not completes_the_square():
        return broken("completing the square fails")
    gaps, branches = {}, False
    for k in _ORDERS:
        for name, power, claimed in (("h", 0, statement.h), ("alpha", 1, statement.alpha)):
            value = claimed(form, k)
            branches |= value.has(sympy.Piecewise)
            gaps[f"{name}_{k} minus the sum of antiderivatives"] = _first(value) - summed(pieces, k, power)
    detail = "antiderivatives of He_k e^(ts) phi, checked by differentiation and summed over the ends"
    if branches:
        detail += ", for t below the first 2at = 1 of a piece"
    return _judged(subject, gaps, f"{form.family}: {detail}", "steps" if branches else "statement")


def _first(value: sympy.Expr) -> sympy.Expr:
    """The branch for small t."""
    return value.replace(lambda x: isinstance(x, sympy.Piecewise), lambda x: x.args[0][0])


def _gaussian(subject: Subject, statement: Statement, form: ClosedForm) -> tuple[dict[str, sympy.Expr], str]:
    """e^{ts} phi is h_0 times a Gaussian density, whose Hermite moments have a known generating function."""
    c, b, a = (*(subject.facts.polynomial or ()), sympy.S.Zero)[:3]
    variance = 1 / (1 - 2 * a * t)
    mean = b * t * variance
    exponent = sympy.expand(t * (a * z**2 + b * z + c) - z**2 / 2 + (z - mean) ** 2 / (2 * variance))
    height = sympy.exp(exponent.subs(z, 0)) / sympy.sqrt(1 - 2 * a * t)
    gaps = {"the exponent of e^(ts) phi over the density, in z": sympy.cancel(sympy.diff(exponent, z))}
    x = sympy.Symbol("x")
    series = sympy.series(sympy.exp(mean * x + (variance - 1) * x**2 / 2), x, 0, len(_ORDERS)).removeO()
    for k in _ORDERS:
        expected = sympy.factorial(k) * series.coeff(x, k)
        gaps[f"h_{k}/(h_0 of the density) - f_{k}"] = _ratio(statement.h(form, k), height) - expected
    detail = f"e^(ts) phi = h_0 N({mean}, {variance}) pointwise, and its Hermite generating function"
    return gaps, detail


def _ratio(value: sympy.Expr, height: sympy.Expr) -> sympy.Expr:
    """The quotient with one exponential, its exponent in lowest terms."""
    front, exponent = sympy.S.One, sympy.S.Zero
    for factor in sympy.Mul.make_args(value / height):
        if isinstance(factor, sympy.exp):
            exponent += factor.args[0]
        else:
            front *= factor
    return front * sympy.exp(sympy.radsimp(sympy.cancel(sympy.together(exponent))))


def _piecewise_constant(
    subject: Subject, statement: Statement, form: ClosedForm
) -> tuple[dict[str, sympy.Expr], str]:
    """E[He_k; a < Z < b] through the antiderivative -He_{k-1} phi (erf for k = 0), level by level."""
    density = sympy.exp(-(z**2) / 2) / sympy.sqrt(2 * sympy.pi)
    gaps = {}
    for k in _ORDERS:
        antiderivative = -hermite(k - 1, z) * density if k else sympy.erf(z / sympy.sqrt(2)) / 2
        he = hermite(k, z) if k else sympy.S.One
        gaps[f"the derivative for He_{k}"] = sympy.expand(
            (sympy.diff(antiderivative, z) - he * density) / density
        )
        total = sympy.Integer(0)
        for low, high, level in subject.facts.levels or ():
            top, bottom = (_at_end(antiderivative, end, k) for end in (high, low))
            total += sympy.exp(t * level) * (top - bottom)
        gaps[f"h_{k} minus the sum over the levels"] = statement.h(form, k) - total
    return gaps, "sum over levels of e^(tv) times -He_(k-1) phi"


def _at_end(antiderivative: sympy.Expr, end: sympy.Expr, k: int) -> sympy.Expr:
    if end.is_infinite:
        return sympy.S.Zero if k else sympy.sign(end) / 2
    return antiderivative.subs(z, end)


FAMILY = condition(
    "closed-form family",
    lambda s: s.closed_form is not None or s.series_form is not None,
    "no closed-form family; the enclosure answers",
)

CLAIM: Claim[Statement] = Claim(
    id="H3",
    title="Closed forms of the tilted Hermite coefficients",
    formula="E[e^(ty) He_k] = h_k(t) and E[y e^(ty) He_k] = h_k'(t) in the family's closed form, 0 < t < "
    "t_max",
    latex=r"\mathbb{E}[e^{ty}\mathrm{He}_k(Z)] = h_k(t),\quad \mathbb{E}[y e^{ty}\mathrm{He}_k(Z)] = h_k'(t)",
    kind="equal",
    sentence="S4",
    source="Gaussian integrals",
    assumptions=(FAMILY, TILT),
    quantified="k = 0..3 and every t in (0, t_max); numbers at three t",
    statement=Statement(),
    legs={"symbolic": derive, **numeric_legs("H3", equations)},
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


_A, _B, _C = sympy.symbols("a b c", real=True)


@lru_cache(maxsize=64)
def antiderivative_parts(k: int) -> tuple[sympy.Expr, sympy.Expr]:
    """p_k and q_k in the symbols a, b, t and z. Raises ArithmeticError when they fail the identity."""
    numbers = Numbers((_A, _B, z))
    general = Quadratic(_A, _B, sympy.S.Zero, -sympy.oo, sympy.oo)
    p, q = (sympy.Mul(*numbers.factors(Recurrence(general, numbers, end)[k])) for end in (None, z))
    v = 1 - 2 * _A * t
    if sympy.expand(p - sympy.diff(q, z) - q * (_B * t - v * z) - v**k * _he(k)) != 0:
        raise ArithmeticError(f"F_{k} is no antiderivative of He_{k} e^(ts) phi")
    return p, q


@lru_cache(maxsize=1)
def completes_the_square() -> bool:
    """ct + b^2t^2/(2v) - y^2 = ts - z^2/2 in the symbols a, b, c, t, z."""
    v = 1 - 2 * _A * t
    left = _C * t + (_B**2 * t**2 - (v * z - _B * t) ** 2) / (2 * v)
    right = t * (_A * z**2 + _B * z + _C) - z**2 / 2
    return bool(sympy.expand(sympy.cancel((left - right) * 2 * v)) == 0)


def summed(pieces: Sequence[Quadratic], k: int, power: int) -> sympy.Expr:
    """E[s^power e^{ts} He_k], power 0 or 1, from F_j at the ends of the pieces, while 2at < 1 on each."""
    total = sympy.S.Zero
    for piece in pieces:
        for j, weight in (_weights(piece, k) if power else {k: sympy.S.One}).items():
            total += weight * (_at(piece, j, piece.high) - _at(piece, j, piece.low))
    return total


def _weights(piece: Quadratic, k: int) -> dict[int, sympy.Expr]:
    """s He_k in Hermite polynomials. Raises ArithmeticError when the identity fails."""
    weights = times_quadratic(piece.a, piece.b, piece.c, sympy.S.One, k)
    s = piece.a * z**2 + piece.b * z + piece.c
    if sympy.expand(s * _he(k) - sum(weight * _he(j) for j, weight in weights.items())) != 0:
        raise ArithmeticError(f"s He_{k} is expanded wrongly")
    return weights


def _he(k: int) -> sympy.Expr:
    return hermite(k, z) if k else sympy.S.One


def _at(piece: Quadratic, k: int, end: sympy.Expr) -> sympy.Expr:
    """F_k at an end point."""
    p, q = antiderivative_parts(k)
    v = 1 - 2 * piece.a * t
    values = {_A: piece.a, _B: piece.b}
    height = sympy.exp(piece.c * t + sympy.expand(piece.b**2) / 2 * t**2 / v) / (2 * sympy.sqrt(v))
    if end.is_infinite:
        return p.subs(values) * height * sympy.sign(end) / v**k
    y = end * sympy.sqrt(v) / sympy.sqrt(2)
    if piece.b != 0:
        y = sympy.expand(v * end - piece.b * t) / (sympy.sqrt(2) * sympy.sqrt(v))
    value = sympy.expand(piece.a * end**2 + piece.b * end + piece.c)
    edge = sympy.exp(t * value - sympy.expand(end**2) / 2) / sympy.sqrt(2 * sympy.pi)
    return (p.subs(values) * height * sympy.erf(y) - q.subs({**values, z: end}) * edge) / v**k


def shown_to_vanish(expression: sympy.Expr) -> bool:
    """Whether the rational functions of t in front of every root, exponential and erf all cancel.

    False says only that this is not shown.
    """
    names: dict[sympy.Expr, sympy.Dummy] = {}

    def named(x: sympy.Expr) -> sympy.Expr:
        return names.setdefault(x, sympy.Dummy())

    def split(x: sympy.Expr) -> sympy.Expr:
        whole = sympy.floor(x.exp)
        return x.base**whole * named(x.base ** (x.exp - whole))

    def error_function(argument: sympy.Expr) -> sympy.Expr:
        # SymPy takes the sign out of an expanded argument in one and the same way.
        sign, inner = sympy.erf(sympy.expand(argument)).as_coeff_Mul()
        return sign * named(inner)

    rational = expression.replace(sympy.erf, error_function)
    rational = rational.replace(lambda x: isinstance(x, sympy.exp), named)
    rational = rational.replace(lambda x: x.is_Pow and x.has(t) and not x.exp.is_Rational, named)
    rational = rational.replace(lambda x: x.is_Pow and x.has(t) and not x.exp.is_Integer, split)
    numerator = sympy.expand(sympy.together(rational).as_numer_denom()[0])
    if numerator == 0:
        return True
    try:
        coefficients = sympy.Poly(numerator, t, *names.values()).coeffs()
    except sympy.PolynomialError:
        return False
    return all(is_zero(c) is True for c in coefficients)
