"""L1. Four readings of one link agree."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

import numpy as np
import sympy
from flint import arb

from ...link.domain import singular_points
from ...link.tree import Node
from ...numerics.lowering.arb import compile_arb
from ...numerics.lowering.pointwise import compile_mpmath, compile_numpy, mp
from ...numerics.precision import exact, working
from ...theory.exact.lower import lower
from ...theory.exact.symbols import z
from ..claim import Claim, Formula, Subject, Variant
from ..number import ball, show
from ..verdict import Evidence, Leg, refutes, supports, undecided

_POINTS = 24
_DIGITS = 40
#: What rounding in double precision may cost in a link of a few dozen operations.
_DOUBLE = Fraction(1, 10**9)


@dataclass(frozen=True, slots=True)
class Statement:
    """Arb's value at ``mirror``*z times ``factor`` plus ``offset`` equals the other readings."""

    factor: Fraction = Fraction(1)
    mirror: int = 1
    offset: Fraction = Fraction(0)

    def value(self, tree: Node, x: Fraction) -> arb:
        read: arb = compile_arb(tree)(exact(self.mirror * x))
        return read * exact(self.factor) + exact(self.offset)


def _points(subject: Subject) -> list[Fraction]:
    """Random dyadic points, the kinks that are dyadic, and points close beside every kink.

    A ball holds dyadic numbers exactly; around any other kink it holds both branches.
    """
    rng = subject.rng("L1")
    points = [Fraction(0), *(Fraction(int(n), 64) for n in rng.integers(-320, 321, _POINTS))]
    for kink in subject.facts.kinks.value or ():
        if kink.is_Rational and int(kink.q) & (int(kink.q) - 1) == 0:
            points.append(Fraction(int(kink.p), int(kink.q)))
        points += [Fraction(float(kink)) + side * Fraction(1, 2**20) for side in (-1, 1)]
    singular = singular_points(subject.link.tree)
    return [x for x in points if x not in singular]


def by_enclosure(subject: Subject, statement: Statement) -> Evidence:
    expression = lower(subject.link.tree)
    with working(4 * _DIGITS):
        read = [(x, ball(expression.subs(z, sympy.Rational(x)))) for x in _points(subject)]
        return _compared(subject, statement, "enclosure", "SymPy", read, Fraction(1, 10**_DIGITS))


def by_quadrature(subject: Subject, statement: Statement) -> Evidence:
    function = compile_mpmath(subject.link.tree)
    with mp.workdps(_DIGITS + 20), working(4 * _DIGITS):
        values = [(x, function(mp.mpf(x.numerator) / x.denominator)) for x in _points(subject)]
        read = [(x, arb(mp.nstr(value, _DIGITS + 10))) for x, value in values]
        return _compared(subject, statement, "quadrature", "mpmath", read, Fraction(1, 10 ** (_DIGITS - 10)))


def by_simulation(subject: Subject, statement: Statement) -> Evidence:
    points = [*map(float, _points(subject)), *subject.rng("L1 normal").standard_normal(100)]
    values = compile_numpy(subject.link.tree)(np.array(points))
    with working(4 * _DIGITS):
        read = [(Fraction(x), arb(float(value))) for x, value in zip(points, values, strict=True)]
        return _compared(subject, statement, "simulation", "NumPy", read, _DOUBLE)


def _compared(
    subject: Subject,
    statement: Statement,
    leg: Leg,
    name: str,
    read: Sequence[tuple[Fraction, arb]],
    room: Fraction,
) -> Evidence:
    """What was read against Arb to the relative room; a ball too wide to tell leaves the leg undecided."""
    for x, other in read:
        value = statement.value(subject.link.tree, x)
        gap = abs(other - value)
        allowed = exact(room) * (1 + abs(value))
        if gap > allowed:
            witness = f"z = {x}: {name} {show(other)}, statement {show(value)}"
            return refutes(leg, "two readings differ", witness)
        if not gap < allowed:
            return undecided(leg, f"the values at z = {x} are not resolved")
    return supports(leg, f"{name} and Arb agree at {len(read)} points, kinks included")


CLAIM: Claim[Statement] = Claim(
    id="L1",
    title="Four readings of one link",
    formula=Formula(
        "SymPy, Arb, mpmath and NumPy give s(z) the same value",
        r"s_{\mathrm{SymPy}}(z)=s_{\mathrm{Arb}}(z)=s_{\mathrm{mpmath}}(z)=s_{\mathrm{NumPy}}(z)",
    ),
    kind="equal",
    sentence="S2",
    source="the link language",
    assumptions=(),
    quantified=f"{_POINTS} random dyadic z, 100 normal z, dyadic kinks and both sides of every kink",
    statement=Statement(),
    legs={"enclosure": by_enclosure, "quadrature": by_quadrature, "simulation": by_simulation},
    scopes={"enclosure": "instances", "quadrature": "instances", "simulation": "instances"},
    variants=(
        Variant("values 1% too large", Statement(factor=Fraction(101, 100)), "tanh"),
        Variant("z read as -z", Statement(mirror=-1), "softplus"),
        Variant("values 1/1000 too large", Statement(offset=Fraction(1, 1000)), "sign"),
    ),
)
