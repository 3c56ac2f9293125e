"""V1. Label noise moves the target of the label-weighted fit by a constant only.

That the shift K_e' is harmless needs an unpenalised constant among the features.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

import numpy as np
import sympy

from ...link import Noise
from ...link.build import combine
from ...link.tree import Node, Num
from ...numerics.lowering.pointwise import compile_numpy
from ...numerics.precision import working
from ...theory.exact.lower import rational
from ...theory.exact.symbols import t
from ...theory.signal import cumulant
from ..claim import Claim, Formula, Subject, Variant, of_statement
from ..legs.identity import Balls, Identity, Reader, Real, numeric_legs
from ..legs.samples import judged_means, weighted
from ..legs.test_temperatures import TILT, gentle_tilt
from ..verdict import Evidence, Outcome, refutes, supports

#: The predictor is f = s/2 + 1/3, so that the risk is quadratic in s.
_SLOPE, _OFFSET = Fraction(1, 2), Fraction(1, 3)
_FLIP = Noise("rademacher", Fraction(1, 2))
_GAUSSIAN = Noise("gaussian", Fraction(1, 2))


@dataclass(frozen=True, slots=True)
class Statement:
    """The target is r* + shift K_e', the rest spread K_e'', the factor e^{mass K_e}."""

    shift: Fraction = Fraction(1)
    spread: Fraction = Fraction(1)
    mass: Fraction = Fraction(1)


def _risk(read: Reader, tree: Node, at: Fraction, offset: Real, extra: Real) -> Real:
    """E[e^{ts}((s/2 + offset)^2 + extra)] from the link's moments."""
    mass, first, second = read.moments(tree, at, (0, 1, 2))
    slope = read.number(1 - _SLOPE)
    return slope * slope * second + 2 * slope * offset * first + (offset * offset + extra) * mass


def _claimed(read: Reader, tree: Node, at: Fraction, noise: Noise, statement: Statement) -> Real:
    value = rational(at)
    k = cumulant(noise)
    log_mass, slope, curvature = (read.read(sympy.diff(k, t, order).subs(t, value)) for order in range(3))
    offset = read.number(statement.shift) * slope - read.number(_OFFSET)
    extra = read.number(statement.spread) * curvature
    return read.exp(read.number(statement.mass) * log_mass) * _risk(read, tree, at, offset, extra)


def identities(subject: Subject, statement: Statement, at: Fraction) -> list[Identity]:
    """Noise +-a: the risk is the average over the two links s + a and s - a."""
    tree = subject.link.tree

    def averaged(read: Reader) -> Real:
        total = read.number(0)
        for flip in (_FLIP.scale, -_FLIP.scale):
            noisy = combine("+", tree, Num(flip))
            # y - f with s = y - flip: y/2 + flip/2 - 1/3.
            offset = read.number(_SLOPE * flip - _OFFSET)
            total += _risk(read, noisy, at, offset, read.number(0)) / 2
        return total

    label = f"risk under noise {_FLIP} at t = {at}"
    return [Identity(label, averaged, lambda read: _claimed(read, tree, at, _FLIP, statement))]


@of_statement
def derive(statement: Statement) -> Evidence:
    """With L(t) = E e^{te} abstract: L' = E e e^{te} and L'' = E e^2 e^{te}, so the square expands."""
    r, f = sympy.symbols("r f", real=True)
    laplace = sympy.Function("L", positive=True)(t)
    k = sympy.log(laplace)
    moments = [sympy.diff(laplace, t, order) if order else laplace for order in range(3)]
    expanded = sympy.Poly(sympy.expand((r + sympy.Symbol("e") - f) ** 2), sympy.Symbol("e"))
    risk = sum(c * moments[power] for (power,), c in expanded.terms())
    slope, curvature = sympy.diff(k, t), sympy.diff(k, t, 2)
    target = (r + sympy.Rational(statement.shift) * slope - f) ** 2
    claimed = laplace ** sympy.Rational(statement.mass) * (
        target + sympy.Rational(statement.spread) * curvature
    )
    gap = sympy.simplify(risk - claimed)
    if gap != 0:
        example = gap.subs({r: 1, f: 0}).subs(laplace, sympy.exp(t**2 / 2)).doit().subs(t, 1)
        witness = f"unit Gaussian noise, r* = 1, f = 0, t = 1: off by {sympy.simplify(example)}"
        return refutes("symbolic", "the integrands differ", witness)
    constant, partition = sympy.symbols("c K", real=True)
    # Tilting by f + c divides by e^{K + tc}.
    moved = (t * (f + constant) - (partition + t * constant)) - (t * f - partition)
    if sympy.simplify(moved) != 0:
        return Evidence("symbolic", Outcome.ERROR, "a constant moves the policy")
    detail = "steps 1, 2, 4, noise abstract: E e^{te}(r+e-f)^2 in L, L', L''; tilting by f + c and by f agree"
    return supports("symbolic", detail)


def simulated(subject: Subject, statement: Statement) -> Evidence:
    """The weighted mean of (y - f)^2 over noisy samples in R^8, which is the risk over E e^{ty}."""
    at = gentle_tilt(subject)
    tree = subject.link.tree
    value = rational(at)
    with working(120):
        read = Balls(12)
        mass = read.moments(tree, at, (0,))[0] * read.read(sympy.exp(cumulant(_GAUSSIAN).subs(t, value)))
        claimed = float((_claimed(read, tree, at, _GAUSSIAN, statement) / mass).mid())
    s = compile_numpy(tree)
    observables = [lambda u, v, y: np.square(y - float(_SLOPE) * s(u) - float(_OFFSET))]
    means = weighted(subject.rng("V1"), tree, at, observables, _GAUSSIAN)
    return judged_means(subject, means, [f"weighted risk at t = {at}"], [claimed], f", noise {_GAUSSIAN}")


CLAIM: Claim[Statement] = Claim(
    id="V1",
    title="Label noise moves the weighted target by a constant",
    formula=Formula(
        "E[e^(ty)(y-f)^2] = e^(K_e) E[e^(t r*)((r* + K_e'(t) - f)^2 + K_e''(t))] for noise e independent of "
        "x, where both sides are finite",
        r"\mathbb{E}[e^{ty}(y-f)^2]=e^{K_e}\,\mathbb{E}\bigl[e^{tr^*}\bigl((r^*+K_e'-f)^2+K_e''\bigr)\bigr]",
    ),
    kind="equal",
    sentence="S7",
    source="exponential tilting of independent noise",
    assumptions=(TILT,),
    quantified="every noise and predictor in the derivation; f = s/2 + 1/3 in the numbers",
    statement=Statement(),
    legs={"symbolic": derive, **numeric_legs(identities, slice(2), slice(1)), "simulation": simulated},
    variants=(
        Variant("the target does not move", Statement(shift=Fraction(0)), "tanh"),
        Variant("the target moves twice as far", Statement(shift=Fraction(2)), "square"),
        Variant("without the factor e^{K_e}", Statement(mass=Fraction(0)), "relu"),
        Variant("the spread K_e'' left out", Statement(spread=Fraction(0)), "sign"),
    ),
)
