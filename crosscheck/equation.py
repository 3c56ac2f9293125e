"""Claims of the form "this expectation equals that": how each numeric leg decides one of them.

The left side is an expectation that the oracles evaluate from the link's syntax tree. The right side
is what the theory says: an exact number plus exact multiples of other expectations, correct up to a
proven remainder. No leg ever evaluates both sides from the same expression.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import TypeVar

import mpmath
import sympy
from flint import arb
from scipy import stats

from ..link import NOISELESS
from ..link.build import call
from ..link.tree import Node
from ..numerics import montecarlo, quadrature
from ..numerics.expectation import NotIntegrable, Unresolved, oracle
from ..numerics.precision import relative_digits, working
from .compare import ball, show
from .subject import Subject
from .verdict import Evidence, Leg, Outcome

S = TypeVar("S")

_QUADRATURE_DIGITS = 15
_SAMPLES = 40_000
_DIMENSION = 8


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

    ``remainder`` bounds the part of a series that is not summed: ``(coefficient, moment)`` pairs, each
    worth ``coefficient*sqrt(moment)``.
    """

    label: str
    left: Moment
    constant: sympy.Expr = sympy.Integer(0)
    terms: tuple[tuple[sympy.Expr, Moment], ...] = ()
    remainder: tuple[sympy.Expr, Moment] | None = None


def enclose(moment: Moment, digits: int) -> arb:
    """The oracle's certified enclosure of one expectation."""
    table = oracle(moment.tree).tilted_moments((moment.k,), (moment.power,), moment.t, digits)
    return table[moment.power, moment.k]


def right_side(equation: Equation, digits: int) -> arb:
    """A certified enclosure of the right side, remainder included."""
    with working(int(3.4 * digits) + 80):
        total = ball(equation.constant)
        for coefficient, moment in equation.terms:
            total += ball(coefficient) * enclose(moment, digits + 5)
        if equation.remainder:
            coefficient, moment = equation.remainder
            bound = (ball(coefficient) * enclose(moment, 10).sqrt()).abs_upper()
            total += arb(0, bound)
    return total


def by_enclosure(subject: Subject, equations: Sequence[Equation]) -> Evidence:
    """Both sides enclosed: disjoint refutes, overlapping to the stated digits supports."""
    reached = []
    for equation in equations:
        try:
            left = enclose(equation.left, subject.digits)
            right = right_side(equation, subject.digits)
        except (NotIntegrable, Unresolved) as reason:
            return Evidence("enclosure", Outcome.UNDECIDED, f"{equation.label}: {reason}")
        if not left.overlaps(right):
            witness = f"{equation.label}: oracle {show(left)}, statement {show(right)}"
            return Evidence("enclosure", Outcome.REFUTES, "the enclosures are disjoint", witness)
        reached.append(_agreement(left, right))
    digits = min(reached)
    if digits < subject.digits - 2:
        detail = f"the enclosures overlap but agree to {digits:.0f} digits only"
        return Evidence("enclosure", Outcome.UNDECIDED, detail)
    detail = f"{len(equations)} enclosures agree to {subject.digits} digits"
    return Evidence("enclosure", Outcome.SUPPORTS, detail)


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


def by_quadrature(equations: Sequence[Equation]) -> Evidence:
    """mpmath's quadrature of the left side against the right side, to 12 digits."""
    worst = 0.0
    for equation in equations:
        left_moment = equation.left
        try:
            left = quadrature.tilted_moment(
                left_moment.tree, left_moment.k, left_moment.power, left_moment.t, _QUADRATURE_DIGITS
            )
        except quadrature.Divergent as reason:
            return Evidence("quadrature", Outcome.UNDECIDED, f"{equation.label}: {reason}")
        right, error = _quadrature_right(equation)
        gap, room = abs(left.value - right), error + left.error + mpmath.mpf(10) ** -12 * (1 + abs(right))
        if gap > room:
            witness = f"{equation.label}: quadrature {mpmath.nstr(left.value, 12)}, statement {mpmath.nstr(right, 12)}"
            return Evidence("quadrature", Outcome.REFUTES, "the two sides differ", witness)
        worst = max(worst, float(gap))
    return Evidence(
        "quadrature", Outcome.SUPPORTS, f"{len(equations)} values agree, largest difference {worst:.0e}"
    )


def _quadrature_right(equation: Equation) -> tuple[mpmath.mpf, mpmath.mpf]:
    value = mpmath.mpf(str(sympy.N(equation.constant, 25)))
    error = mpmath.mpf(0)
    for coefficient, moment in equation.terms:
        term = quadrature.tilted_moment(moment.tree, moment.k, moment.power, moment.t, _QUADRATURE_DIGITS)
        factor = mpmath.mpf(str(sympy.N(coefficient, 25)))
        value += factor * term.value
        error += abs(factor) * term.error
    if equation.remainder:
        coefficient, moment = equation.remainder
        rest = quadrature.tilted_moment(moment.tree, moment.k, moment.power, moment.t, _QUADRATURE_DIGITS)
        error += abs(mpmath.mpf(str(sympy.N(coefficient, 25)))) * mpmath.sqrt(abs(rest.value))
    return value, error


def by_simulation(subject: Subject, equations: Sequence[Equation], label: str) -> Evidence:
    """Samples of x in R^8 with a random direction against the right side, at the run-wide rate."""
    pairs = [(e.left, float(right_side(e, 12).mid())) for e in equations if _has_light_tails(e.left)]
    return simulated(subject, label, pairs)


def simulated(subject: Subject, label: str, pairs: Sequence[tuple[Moment, float]]) -> Evidence:
    """Each moment estimated from its own samples and compared with the number it must equal."""
    tested = [(moment, right) for moment, right in pairs if _has_light_tails(moment)]
    if not tested:
        return Evidence(
            "simulation", Outcome.ABSENT, "no tested expectation has a provably finite fourth moment"
        )
    limit = float(stats.norm.isf(subject.alarm / (2 * len(tested))))
    worst, finest = 0.0, float("inf")
    for moment, right in tested:
        sample = montecarlo.simulate(
            moment.tree, (moment.k,), (moment.power,), (float(moment.t),), d=_DIMENSION, n=_SAMPLES,
            noise=NOISELESS, rng=subject.rng(f"{label}|{moment}"),
        )  # fmt: skip
        mean, error = float(sample.mean.ravel()[0]), float(sample.standard_error.ravel()[0])
        deviation = _deviation(mean - right, error)
        if deviation > limit:
            witness = f"{moment}: simulated {mean:.5g} +- {error:.2g}, statement {right:.5g}"
            detail = f"n = {_SAMPLES}, {deviation:.1f} standard errors off, limit {limit:.2f}"
            return Evidence("simulation", Outcome.REFUTES, detail, witness)
        worst, finest = max(worst, deviation), min(finest, error)
    detail = (
        f"n = {_SAMPLES}, d = {_DIMENSION}, {len(tested)} estimates at most {worst:.1f} standard errors off "
        f"(limit {limit:.2f}); a shift of {(limit + 3) * finest:.2g} would have been caught"
    )
    return Evidence("simulation", Outcome.SUPPORTS, detail)


def _deviation(gap: float, error: float) -> float:
    """The gap in standard errors; rounding alone separates a constant estimate from its value."""
    if error > 0:
        return abs(gap) / error
    return 0.0 if abs(gap) < 1e-12 else float("inf")


def _has_light_tails(moment: Moment) -> bool:
    """Whether the oracle proves a finite fourth moment, so that the normal limit may be used."""
    size = call("abs", (moment.tree,))
    try:
        enclose(Moment(size, 0, 4 * moment.power, 4 * moment.t), 3)
        enclose(Moment(moment.tree, 0, 0, 4 * moment.t), 3)
    except (NotIntegrable, Unresolved):
        return False
    return True


def numeric_legs(
    label: str, equations: Callable[[Subject, S], Sequence[Equation]]
) -> dict[Leg, Callable[[Subject, S], Evidence]]:
    """The three numeric legs of a claim that consists of equations."""
    return {
        "enclosure": lambda subject, statement: by_enclosure(subject, equations(subject, statement)),
        "quadrature": lambda subject, statement: by_quadrature(equations(subject, statement)),
        "simulation": lambda subject, statement: by_simulation(subject, equations(subject, statement), label),
    }
