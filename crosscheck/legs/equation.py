"""Claims of the form "this expectation equals that": how each numeric leg decides one of them.

The left side is an expectation that the oracles evaluate from the link's syntax tree. The right side
is what the theory says: an exact number plus exact multiples of other expectations, correct up to a
proven remainder. No leg ever evaluates both sides from the same expression.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import partial
from typing import Any, TypeVar

import mpmath
import sympy
from flint import arb

from ...link.tree import Node
from ...numerics.estimates import quadrature
from ...numerics.expectation.oracle import NotIntegrable, Unresolved, oracle
from ...numerics.precision import decimal_bounds, relative_digits, working
from ...numerics.work import Exhausted, allowance
from ...theory.families.form import Expansion
from ..claim import Subject
from ..number import Number, ball, ball_to, series_to, show
from ..verdict import Finding, Leg, Outcome, absent, refutes, supports, undecided
from .trials import DIMENSION, SAMPLES, Row, estimates, judged

S = TypeVar("S")
V = TypeVar("V")
#: What evaluates both sides. Raises Divergent.
Sides = Callable[[], tuple[quadrature.Estimate, quadrature.Estimate]]

_QUADRATURE_DIGITS = 15
#: What sums of doubles lose, as a part of the result.
_DOUBLE = 1e-12
#: Relative differences of doubles below this change from processor to processor.
_ROUNDING = 1e-14
#: With heavier tails the sample hardly ever holds the values that make up the mean.
_KURTOSIS = 40
#: The work that both sides of one equation may take, a few seconds.
_WORK = 2e6


@dataclass(frozen=True, slots=True)
class Moment:
    """E[f(Z)^power e^{t f(Z)} He_k(Z)] for the function with syntax tree ``tree``."""

    tree: Node
    k: int
    power: int = 0
    t: Fraction = Fraction(0)

    def __str__(self) -> str:
        parts = [f"y^{self.power}" if self.power > 1 else "y" * self.power]
        parts += [f"e^(y*{self.t})"] if self.t else []
        return f"E[{' '.join([*filter(None, parts), f'He_{self.k}'])}]"


@dataclass(frozen=True, slots=True)
class Equation:
    """``left == constant + sum of coefficient*moment``, up to ``remainder`` in absolute value.

    ``remainder`` bounds the part of a series that is not summed: ``(coefficient, moments)`` is worth
    ``coefficient*sqrt(sum of moments)``. ``series`` is a further term, a series in t taken at left.t.
    """

    label: str
    left: Moment
    constant: sympy.Expr = sympy.S.Zero
    terms: tuple[tuple[sympy.Expr, Moment], ...] = ()
    remainder: tuple[sympy.Expr, tuple[Moment, ...]] | None = None
    series: Expansion | None = None

    @property
    def exact(self) -> sympy.Expr | None:
        """The right side where it is one exact number."""
        return None if self.terms or self.remainder or self.series else self.constant


def enclose(moment: Moment, digits: int) -> arb:
    """The oracle's certified enclosure of one expectation."""
    table = oracle(moment.tree).tilted_moments((moment.k,), (moment.power,), moment.t, digits)
    return table[moment.power, moment.k]


def right_side(equation: Equation, digits: int) -> arb:
    """A certified enclosure of the right side, remainder included."""
    with working(int(3.4 * digits) + 80):
        total = ball(equation.constant)
        values = _shared(equation, lambda tree, ks, powers, t: oracle(tree).tilted_moments(
            ks, powers, t, digits + 5))  # fmt: skip
        for coefficient, moment in equation.terms:
            total += ball(coefficient) * values[moment]
        if equation.remainder:
            coefficient, moments = equation.remainder
            squared = sum((enclose(moment, 10) for moment in moments), arb(0))
            total += arb(0, (ball(coefficient) * squared.sqrt()).abs_upper())
        if equation.series is not None:
            total += series_to(equation.series, sympy.Rational(equation.left.t), digits + 3)
    return total


def _shared(
    equation: Equation,
    evaluate: Callable[[Node, tuple[int, ...], tuple[int, ...], Fraction], dict[tuple[int, int], V]],
) -> dict[Moment, V]:
    """The moments on the right side: those of one function at one t are evaluated together."""
    groups: dict[tuple[Node, Fraction], list[Moment]] = {}
    for _, moment in equation.terms:
        groups.setdefault((moment.tree, moment.t), []).append(moment)
    moments_by_value: dict[Moment, V] = {}
    for (tree, t), moments in groups.items():
        ks, powers = {m.k for m in moments}, {m.power for m in moments}
        table = evaluate(tree, tuple(sorted(ks)), tuple(sorted(powers)), t)
        moments_by_value |= {m: table[m.power, m.k] for m in moments}
    return moments_by_value


def by_enclosure(subject: Subject, equations: Sequence[Equation]) -> Finding:
    """Both sides enclosed: disjoint refutes, overlapping to the stated digits supports."""
    values = []

    def sides(equation: Equation) -> tuple[arb, arb]:
        with allowance(_WORK, subject.digits):
            left = enclose(equation.left, subject.digits)
            right = right_side(equation, subject.digits)
        number = Number(equation.exact, *decimal_bounds(left, subject.digits))
        values.append(number.as_value(f"{equation.label}: {equation.left}"))
        return left, right

    finding = agreed(((each.label, partial(sides, each)) for each in equations), subject.digits - 2)
    return replace(finding, values=tuple(values)) if finding.outcome is Outcome.SUPPORTS else finding


def agreed(rows: Iterable[tuple[object, Callable[[], tuple[arb, arb]]]], digits: int) -> Finding:
    """Both sides of each row enclosed: disjoint refutes, overlapping to so many ``digits`` supports."""
    reached = []
    for label, sides in rows:
        try:
            left, right = sides()
        except (NotIntegrable, Unresolved) as reason:
            return undecided(f"{label}: {reason}")
        if not left.overlaps(right):
            witness = f"{label}: oracle {show(left)}, statement {show(right)}"
            return refutes("the enclosures are disjoint", witness)
        reached.append(_agreement(left, right))
    if not reached:
        return absent("no equation is claimed here")
    if min(reached) < digits:
        return undecided(f"the enclosures overlap but agree to {min(reached):.0f} digits only")
    return supports(f"{len(reached)} enclosures agree to {digits} digits")


def _agreement(left: arb, right: arb) -> float:
    """Digits to which two overlapping balls determine the same number (absolute near 0)."""
    gap = left - right
    if not gap.is_finite():
        return 0.0
    width = gap.abs_upper()
    scale = max(abs(left).abs_lower(), arb("1e-30"))
    if abs(left).abs_lower() == 0:
        return relative_digits(arb(1, width))
    return relative_digits(arb(1, width / scale))


def by_quadrature(equations: Sequence[Equation]) -> Finding:
    """mpmath's quadrature of both sides of every equation."""

    def sides(m: Moment, equation: Equation) -> tuple[quadrature.Estimate, quadrature.Estimate]:
        left = quadrature.tilted_moment(m.tree, m.k, m.power, m.t, _QUADRATURE_DIGITS)
        return left, estimated_right(equation)

    return by_sides((each.label, partial(sides, each.left, each)) for each in equations)


def by_sides(rows: Iterable[tuple[object, Sides]]) -> Finding:
    """Both sides of each row: refuted beyond ten times their errors, and supported to 8 digits."""
    worst, count = 0.0, 0
    for label, sides in rows:
        try:
            left, right = sides()
        except quadrature.Divergent as reason:
            return undecided(f"{label}: {reason}")
        both = quadrature.Estimate(left.value, left.error + right.error, max(left.size, right.size))
        if both.refutes(right.value):
            seen, stated = map(_decimals, (left.value, right.value))
            return refutes("the two sides differ", f"{label}: quadrature {seen}, statement {stated}")
        if not both.resolved():
            return undecided(f"{label}: quadrature errs by up to {mpmath.nstr(both.error, 2)}")
        worst = max(worst, float(abs(left.value - right.value) / both.size) if both.size else 0.0)
        count += 1
    if not count:
        return absent("no equation is claimed here")
    told = " to rounding" if worst < _ROUNDING else f", largest difference {worst:.0e}"
    return supports(f"{count} values agree{told}")


def _decimals(value: Any) -> str:
    """Doubles are told to fewer digits than numbers of mpmath."""
    return f"{value:.10g}" if isinstance(value, float) else mpmath.nstr(value, 12)


def estimated_right(equation: Equation) -> quadrature.Estimate:
    """The right side by mpmath's quadrature."""
    value, error = _number(equation.constant)
    size = abs(value)
    terms = _shared(equation, lambda tree, ks, powers, t: quadrature.tilted_moments(
        tree, ks, powers, t, _QUADRATURE_DIGITS))  # fmt: skip
    for coefficient, moment in equation.terms:
        (factor, unknown), term = _number(coefficient), terms[moment]
        value += factor * term.value
        error += abs(factor) * term.error + unknown * abs(term.value)
        size += abs(factor) * term.size
    if equation.remainder:
        coefficient, moments = equation.remainder
        rest = sum(
            quadrature.tilted_moment(m.tree, m.k, m.power, m.t, _QUADRATURE_DIGITS).value for m in moments
        )
        error += sum(map(abs, _number(coefficient))) * mpmath.sqrt(abs(rest))
    if equation.series is not None:
        term_sum, unknown = _middle(series_to(equation.series, sympy.Rational(equation.left.t), 25))
        value, error = value + term_sum, error + unknown
    return quadrature.Estimate(value, error, max(size, abs(value)))


def _number(exact: sympy.Expr) -> tuple[mpmath.mpf, mpmath.mpf]:
    """An exact number to 25 digits, and its error: from a ball, as SymPy takes minutes over 1 - erf(354)."""
    return _middle(ball_to(exact, 25))


def _middle(enclosed: arb) -> tuple[mpmath.mpf, mpmath.mpf]:
    value, error = enclosed.mid().str(25, radius=False), enclosed.rad().str(5, radius=False)
    return mpmath.mpf(value), mpmath.mpf(error)


def by_simulation(subject: Subject, equations: Sequence[Equation], label: str) -> Finding:
    """Samples of x in R^8 with a random direction against the right side, at the run-wide rate."""
    pairs = []
    for equation in equations:
        try:
            with allowance(_WORK):
                if has_light_tails(equation.left):
                    pairs.append((equation.left, right_side(equation, 12)))
        except Unresolved as reason:
            return undecided(f"{equation.label}: {reason}")
    return simulated(subject, label, pairs)


def simulated(
    subject: Subject,
    label: str,
    pairs: Sequence[tuple[Moment, arb]],
    at_least: Sequence[tuple[Moment, arb]] = (),
) -> Finding:
    """Each moment estimated from its own samples and compared with the ball that must hold it.

    at_least: moments with what their size must not fall below.
    """
    tested = [(moment, right, False) for moment, right in pairs if has_light_tails(moment)]
    tested += [(moment, least, True) for moment, least in at_least if has_light_tails(moment)]
    if not tested:
        return absent(f"no tested expectation has a kurtosis proved below {_KURTOSIS}")
    rows = []
    for moment, right, least in tested:
        rng = subject.rng(f"{label}|{moment}")
        sample = estimates(rng, moment.tree, (moment.k,), (moment.power,), (float(moment.t),))
        rows.append(Row.at(str(moment), sample, (0, 0, 0), float(right.mid()), float(right.rad()), least))
    # A twentieth of the allowed rate: what remains of skewness in the means may raise it that much.
    return judged(subject, rows, SAMPLES, f", d = {DIMENSION}", share=1 / 20, rounding=_DOUBLE)


def has_light_tails(moment: Moment) -> bool:
    """Whether y^i e^{ty} has a proved kurtosis that is small enough for the normal limit."""
    tree, power, t = moment.tree, moment.power, moment.t
    try:
        fourth, second = (enclose(Moment(tree, 0, n * power, n * t), 6) for n in (4, 2))
    except Exhausted:
        raise
    except (NotIntegrable, Unresolved):
        return False
    return bool(fourth < _KURTOSIS * second * second)


def numeric_legs(
    label: str, equations: Callable[[Subject, S], Sequence[Equation]]
) -> dict[Leg, Callable[[Subject, S], Finding]]:
    """The three numeric legs of a claim that consists of equations."""
    return {
        "enclosure": lambda subject, statement: by_enclosure(subject, equations(subject, statement)),
        "quadrature": lambda subject, statement: by_quadrature(equations(subject, statement)),
        "simulation": lambda subject, statement: by_simulation(subject, equations(subject, statement), label),
    }


def least_size(subject: Subject, power: int, k: int) -> arb | None:
    """Half of abs(E[s^power He_k]), certified; None where the moment is not separated from 0."""
    try:
        value = enclose(Moment(subject.link.tree, k, power), 15)
    except (NotIntegrable, Unresolved):
        return None
    return None if value.contains(0) else abs(value).lower() / 2
