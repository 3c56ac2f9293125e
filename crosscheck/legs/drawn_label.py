"""Labels drawn given z: E[y^i e^{ty} He_k] from the definition of the label, against a reduction.

Enclosures take both sides from different integrals (``by_definition`` sums over counts, splits into parts, or
expands); quadrature and simulation take the left side from the law of y given z.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import partial
from math import log
from typing import TypeVar

import numpy as np
import sympy
from flint import arb

from ...link import Label, Node
from ...numerics.estimates.quadrature import Estimate
from ...numerics.estimates.sampling import draw_label, label_moment
from ...numerics.expectation.by_definition import defined
from ...numerics.expectation.labels import moments
from ...numerics.expectation.oracle import NotIntegrable, Unresolved, tilt_of
from ...numerics.lowering.pointwise import hermite
from ...numerics.precision import exact, working
from ..claim import Subject
from ..verdict import Finding, Leg, absent, undecided
from .equation import Equation, Moment, agreed, by_sides, estimated_right, right_side
from .trials import DIMENSION, SAMPLES, Row, inputs, judged

S = TypeVar("S")
#: Digits to which both sides must agree; a sum over 120 counts or a dozen powers gives no more.
DIGITS = 8
_KURTOSIS = 40


@dataclass(frozen=True, slots=True)
class Case:
    """E[y^power e^{ty} He_k] == constant + sum of coefficient * moment.

    t = log(growth) where that is given.
    """

    tree: Node
    label: Label
    k: int
    power: int
    t: Fraction = Fraction(0)
    growth: Fraction | None = None
    constant: sympy.Expr = sympy.S.Zero
    terms: tuple[tuple[sympy.Expr, Moment], ...] = ()

    def __str__(self) -> str:
        y = "y " * self.power
        at = f"t = {self.t}" if self.growth is None else f"t = log({self.growth})"
        return f"E[{y}e^(ty) He_{self.k}] at {at} of {self.label}"

    @property
    def at(self) -> float:
        return float(self.t) if self.growth is None else log(self.growth)

    @property
    def right(self) -> Equation:
        """The right side, as equations have it."""
        return Equation(str(self), Moment(self.tree, self.k), self.constant, self.terms)


Cases = Callable[[Subject, S], Iterable[Case]]


def numeric_legs(name: str, cases: Cases[S]) -> dict[Leg, Callable[[Subject, S], Finding]]:
    """The three numeric legs."""
    return {
        "enclosure": lambda subject, statement: agreed(
            ((case, partial(_balls, case)) for case in cases(subject, statement)), DIGITS - 2
        ),
        "quadrature": lambda subject, statement: by_sides(
            (case, partial(_sides, case)) for case in cases(subject, statement)
        ),
        "simulation": lambda subject, statement: _simulated(name, subject, list(cases(subject, statement))),
    }


def _balls(case: Case) -> tuple[arb, arb]:
    left = defined(case.tree, case.label, case.k, case.power, case.growth, case.t, DIGITS + 2)
    return left, right_side(case.right, DIGITS + 2)


def _sides(case: Case) -> tuple[Estimate, Estimate]:
    left = label_moment(case.tree, case.label, case.k, case.power, case.at)
    right = estimated_right(case.right)
    return left, Estimate(float(right.value), float(right.error), float(right.size))


def _simulated(name: str, subject: Subject, cases: Sequence[Case]) -> Finding:
    rows = []
    for case in cases:
        try:
            if not light(case):
                continue
            right = right_side(case.right, DIGITS)
        except (NotIntegrable, Unresolved) as reason:
            return undecided(f"{case}: {reason}")
        rng = subject.rng(f"{name}|{case}")
        z = inputs(rng)
        y = draw_label(case.tree, case.label, z, rng)
        values = y**case.power * np.exp(case.at * y) * hermite(case.k, z)
        rows.append(Row.of(str(case), values, float(right.mid()), float(right.rad())))
    if not rows:
        return absent("no tested expectation has a small proved kurtosis")
    return judged(subject, rows, SAMPLES, f" in d = {DIMENSION}")


def light(case: Case) -> bool:
    """Whether y^i e^{ty} has a proved kurtosis that is small enough for the normal limit."""
    if case.label.kind in ("bernoulli", "preference"):
        return True
    label = moments(case.tree, case.label)
    sizes = []
    for part in (4, 2):
        with working(96):
            at = exact(case.t) if case.growth is None else exact(case.growth).log()
            tilt = part * case.t if case.growth is None else tilt_of(part * at)
        try:
            table = label.tilted_moments((0,), (part * case.power,), tilt, 6)
        except NotIntegrable:
            return False
        sizes.append(table[part * case.power, 0])
    with working(96):
        return bool(sizes[0] < _KURTOSIS * sizes[1] * sizes[1])
