"""P2. Lowering the temperature gains value: dV/dt is the variance of the reward under pi*."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import partial
from itertools import pairwise

import numpy as np
import sympy

from ...numerics.deployment import policy as certified
from ...numerics.estimates.sampling import sample_tilted
from ...numerics.lowering.pointwise import compile_numpy
from ...theory.exact.symbols import t
from ...theory.policy import abstract_moment, from_log_partition, on_the_line
from ..claim import Claim, Formula, Subject, Variant, of_statement
from ..legs.identity import Identity, Reader, Real, by_balls, by_estimates
from ..legs.samples import SAMPLES, Row, judged
from ..legs.test_temperatures import NOT_CONSTANT, TILT, gentle_tilt, tilts
from ..verdict import Evidence, refutes, supports


@dataclass(frozen=True, slots=True)
class Statement:
    """K'' = factor (E_{pi*} s^2 - centre V^2); V increases in t times ``direction``; V >= reach K/t."""

    factor: Fraction = Fraction(1)
    centre: Fraction = Fraction(1)
    direction: int = 1
    reach: Fraction = Fraction(1)


def identities(subject: Subject, statement: Statement, points: Sequence[Fraction]) -> list[Identity]:
    tree = subject.link.tree

    def curvature(at: Fraction, read: Reader) -> Real:
        return read.slopes(tree, at)[2]

    def value(at: Fraction, read: Reader) -> Real:
        mass, first = read.moments(tree, at, (0, 1))
        return first / mass

    def variance(at: Fraction, read: Reader) -> Real:
        mass, first, second = read.moments(tree, at, (0, 1, 2))
        mean = first / mass
        centred = second / mass - read.number(statement.centre) * mean * mean
        return read.number(statement.factor) * centred

    def floor(at: Fraction, read: Reader) -> Real:
        k = read.log(read.moments(tree, at, (0,))[0])
        return read.number(statement.reach) * k / read.number(at)

    rows = []
    for at in points:
        rows.append(Identity(f"K'' at t = {at}", partial(curvature, at), partial(variance, at)))
        rows.append(Identity(f"K/t against V at t = {at}", partial(floor, at), partial(value, at), "<="))
    for pair in pairwise(points):
        low, high = pair[:: statement.direction]
        label = f"V at t = {low} against t = {high}"
        rows.append(Identity(label, partial(value, low), partial(value, high), "<="))
    return rows


@of_statement
def derive(statement: Statement) -> Evidence:
    """For any s, K'' is the variance; K is convex with K(0) = 0, hence K(t)/t <= K'(t)."""
    mass, first, second = (abstract_moment(power) for power in range(3))
    true = from_log_partition(sympy.log(mass)).variance
    centred = second / mass - sympy.Rational(statement.centre) * (first / mass) ** 2
    gap = sympy.cancel(true - sympy.Rational(statement.factor) * centred)
    if gap != 0:
        example = sympy.simplify(on_the_line(gap).subs(t, 3))
        return refutes("symbolic", "another derivative", f"for s(z) = z at t = 3: off by {example}")
    # On s = z: V = t and K/t = t/2, and the inequalities must hold there at least.
    line = from_log_partition(t**2 / 2)
    rise = statement.direction * sympy.diff(line.value, t)
    above = sympy.expand(line.value - sympy.Rational(statement.reach) * line.objective)
    for name, margin in (("V rises", rise), ("V - K/t", above)):
        if margin.is_negative:
            witness = f"{name}: {margin} for s(z) = z, which should not be negative"
            return refutes("symbolic", "an inequality fails for s(z) = z", witness)
    detail = "s abstract: (log M)'' = E_{pi*} s^2 - V^2 > 0; K convex with K(0) = 0 gives K/t <= K'"
    return supports("symbolic", detail)


def enclosed(subject: Subject, statement: Statement) -> Evidence:
    return by_balls(subject, identities(subject, statement, tilts(subject)[:2]))


def integrated(subject: Subject, statement: Statement) -> Evidence:
    return by_estimates(identities(subject, statement, tilts(subject)[:1]))


def simulated(subject: Subject, statement: Statement) -> Evidence:
    """Draws of the tilted law itself (not weighted ones): their spread against K'' by differences."""
    at = gentle_tilt(subject)
    tree, rng = subject.link.tree, subject.rng("P2")
    s = compile_numpy(tree)(sample_tilted(tree, float(at), SAMPLES, rng))
    low, high = (certified.moments(tree, at * Fraction(n, 1000), 15) for n in (999, 1001))
    slope = float((high.value - low.value).mid()) / (float(at) / 500)
    squares = (s - s.mean()) ** 2 + (1 - float(statement.centre)) * s.mean() ** 2
    row = Row(
        f"Var_(pi*) s at t = {at}",
        float(statement.factor) * float(squares.mean()),
        float(statement.factor) * float(squares.std()) / float(np.sqrt(SAMPLES)),
        slope,
    )
    return judged(subject, [row])


CLAIM: Claim[Statement] = Claim(
    id="P2",
    title="Lowering the temperature gains value",
    formula=Formula(
        "for s not constant and 0 < t < t_max: dV/dt = K''(t) = Var_(pi*)(s) > 0 and K(t)/t <= V(t)",
        r"\frac{dV}{dt}=K''(t)=\mathrm{Var}_{\pi^*}(s)>0,\qquad K(t)/t\le V(t)",
    ),
    kind="equal",
    sentence="S8",
    source="convexity of cumulant generating functions",
    assumptions=(TILT, NOT_CONSTANT),
    quantified="every t in (0, t_max) in the derivation, two of them in the enclosures",
    statement=Statement(),
    legs={"symbolic": derive, "enclosure": enclosed, "quadrature": integrated, "simulation": simulated},
    variants=(
        Variant("variance halved", Statement(factor=Fraction(1, 2)), "sigmoid"),
        Variant("second moment in place of the variance", Statement(centre=Fraction(0)), "linear-3"),
        Variant("V decreases in t", Statement(direction=-1), "tanh"),
        Variant("V >= 3K/t", Statement(reach=Fraction(3)), "relu"),
    ),
)
