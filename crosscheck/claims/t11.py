"""T11. Gaussian noise adds no sign change to zeta_{k*} P_y, and one at most to the label's.

f(x) = E[g(x - s(Z)) He_{k*}(Z)], g the density of the noise. The enclosure finds signs of f and isolates
zeros.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise

import numpy as np
from scipy import special

from ...link import Noise, Signal
from ...link.build import call, combine, negate
from ...link.tree import Compare, Node, Num, Where
from ...numerics.estimates import quadrature
from ...numerics.estimates.quadrature import mean_with
from ...numerics.expectation.oracle import Unresolved, oracle
from ...numerics.lowering.pointwise import compile_numpy
from ...theory import zero_bounds as shape
from ...theory.zero_bounds import noisy_label_changes
from ..claim import Claim, Formula, Subject, Variant
from ..legs.samples import SAMPLES, estimates
from ..legs.test_temperatures import COUNTED, TILT, WITNESS, changes, order_and_power
from ..legs.zero_count import Count, by_algebra, by_enclosure, by_quadrature, by_simulation
from ..link_facts.beyond import odd_signal
from ..verdict import Evidence, Leg, Outcome, refutes, supports, undecided

GAUSSIAN, UNIFORM = Noise("gaussian", Fraction(1, 2)), Noise("uniform", Fraction(1))
#: Values of z at and between whose labels the sign of f is looked at.
_PLACES = (-3.0, -2.0, -1.25, -0.5, 0.0, 0.5, 1.25, 2.0, 3.0)


@dataclass(frozen=True, slots=True)
class Statement:
    """f changes sign at most S - ``fewer`` times.

    noiseless: `label` has no more zeros than without noise; odd: at most S - 1, whether s is odd or not.
    """

    fewer: int = 0
    noiseless: bool = False
    odd: bool = False

    def changes(self, subject: Subject) -> int:
        return changes(subject).weight - self.fewer

    def counts(self, subject: Subject) -> Sequence[Count]:
        sign_count = changes(subject)
        counts = []
        for noise in (GAUSSIAN, UNIFORM):
            most = noisy_label_changes(sign_count, noise, odd=self.odd or odd_signal(subject.link))
            if most is not None:
                counts.append(Count(Signal.LABEL, sign_count.label if self.noiseless else most, noise))
        return counts


def derive(subject: Subject, statement: Statement) -> Evidence:
    known = changes(subject)
    sign_count = shape.sign_changes(subject.link.tree)
    if statement.changes(subject) < 1:
        star, _ = order_and_power(subject)
        witness = f"no sign change stated, but f is not 0 and its integral is E He_{star} = 0"
        return refutes("symbolic", "f changes sign at least once", witness)
    if statement.changes(subject) < known.weight:
        detail = f"for the density only {known.weight} sign changes at most are proved: {known.reason}"
        return undecided("symbolic", detail)
    for count in statement.counts(subject):
        proved = noisy_label_changes(known, count.noise, odd=odd_signal(subject.link))
        reason = known.reason if sign_count else "the sign changes are counted from balls"
        evidence = by_algebra(subject, count, proved if sign_count else None, reason)
        if evidence.outcome is not Outcome.SUPPORTS:
            return evidence
    detail = f"at most {known.weight} sign changes: {known.reason}; the rest is the proof on paper"
    return supports("symbolic", detail, scope="steps")


def _density(tree: Node, noise: Noise, x: Fraction) -> Node:
    """g(x - s(z)) up to a positive factor."""
    gap = combine("-", Num(x), tree)
    if noise.kind == "uniform":
        return Where(Compare("<=", call("abs", (gap,)), Num(noise.scale)), Num(Fraction(1)), Num(Fraction(0)))
    square = combine("/", combine("**", gap, Num(Fraction(2))), Num(2 * noise.scale**2))
    return call("exp", (negate(square),))


def _points(subject: Subject) -> list[Fraction]:
    """Labels and the values between and beyond them, increasing."""
    values = np.unique(np.round(compile_numpy(subject.link.tree)(np.array(_PLACES)), 6))
    inner = [(a + b) / 2 for a, b in pairwise(values)]
    ends = [values[0] - 1.5, values[0] - 0.5, values[-1] + 0.5, values[-1] + 1.5]
    return sorted({Fraction(str(round(float(x), 6))) for x in [*values, *inner, *ends]})


def _turned(leg: Leg, signs: Sequence[tuple[Fraction, float]], most: int, how: str) -> Evidence:
    found = [(a, b) for (a, p), (b, q) in pairwise(signs) if p * q < 0]
    shown = ", ".join(f"({float(a):.4g}, {float(b):.4g})" for a, b in found) or "none"
    detail = f"f, {how}: changes of sign at {len(signs)} points: {shown}; at most {most} stated"
    outcome = Outcome.REFUTES if len(found) > most else Outcome.SUPPORTS
    return Evidence(leg, outcome, detail, detail if outcome is Outcome.REFUTES else None)


def enclosed(subject: Subject, statement: Statement) -> Evidence:
    star, _ = order_and_power(subject)
    signs = []
    for x in _points(subject):
        try:
            value = oracle(_density(subject.link.tree, GAUSSIAN, x)).tilted_moments((star,), (1,), 0, 4)[
                1, star
            ]
        except Unresolved as reason:
            return undecided("enclosure", f"f({float(x):.6g}): {reason}")
        if not value.contains(0):
            signs.append((x, 1.0 if value > 0 else -1.0))
    found = _turned("enclosure", signs, statement.changes(subject), str(GAUSSIAN))
    return _both(found, by_enclosure(subject, statement.counts(subject)))


def integrated(subject: Subject, statement: Statement) -> Evidence:
    star, _ = order_and_power(subject)
    signs = []
    for x in _points(subject)[1::2]:
        found = _signed(subject.link.tree, star, x)
        if abs(found.value) > 10 * found.error:
            signs.append((x, float(found.value)))
    seen = _turned("quadrature", signs, statement.changes(subject), str(GAUSSIAN))
    return _both(seen, by_quadrature(subject, statement.counts(subject)))


def _signed(tree: Node, star: int, x: Fraction) -> quadrature.Estimate:
    """f(x), in doubles where they show its sign. Raises Divergent."""
    shift, twice = float(x), 2 * float(GAUSSIAN.scale) ** 2
    value = mean_with(tree, star, lambda s: np.exp(-((shift - s) ** 2) / twice))
    if abs(value.value) > 10 * value.error:
        return value
    return quadrature.tilted_moment(_density(tree, GAUSSIAN, x), star, 1, Fraction(0), 12)


def simulated(subject: Subject, statement: Statement) -> Evidence:
    """f estimated at every point from its own samples; only signs beyond the run-wide limit count."""
    star, _ = order_and_power(subject)
    points = _points(subject)
    limit = -float(special.ndtri(subject.alarm / (4 * len(points))))
    signs = []
    for x in points:
        density = _density(subject.link.tree, GAUSSIAN, x)
        sample = estimates(subject.rng(f"T11|{x}"), density, (star,), (1,), (0.0,))
        mean, error = float(sample.mean[0, 0, 0]), float(sample.standard_error[0, 0, 0])
        if abs(mean) > limit * error:
            signs.append((x, mean))
    how = f"{GAUSSIAN}, n = {SAMPLES}, limit {limit:.2f}"
    seen = _turned("simulation", signs, statement.changes(subject), how)
    return _both(seen, by_simulation(subject, statement.counts(subject), "T11"))


def _both(density: Evidence, zeros: Evidence) -> Evidence:
    """The sign changes of f and the zeros of the signal, both of them on the points that were tried."""
    if density.outcome is Outcome.REFUTES or zeros.outcome not in (Outcome.SUPPORTS, Outcome.ABSENT):
        return density if density.outcome is Outcome.REFUTES else zeros
    return supports(density.leg, f"{density.detail}; {zeros.detail}", scope="instances")


CLAIM: Claim[Statement] = Claim(
    id="T11",
    title="How many zeros the label signal can have under noise",
    formula=Formula(
        "under Gaussian noise zeta_k* P_y changes sign at most S times, S the sign changes of zeta_k* P_s; "
        "alpha_k* has at most S + 1 real zeros (S - 1 for odd s and k*), i0 - 1 of them at t = 0; uniform "
        "noise likewise if S = 1",
        r"S^-(\zeta_{k^*}P_{s+e})\le S^-(\zeta_{k^*}P_s)=S,\qquad \#\{t:\alpha_{k^*}(t)=0\}\le S+1",
    ),
    kind="upper",
    sentence="S5",
    source="Polya frequency functions diminish variation",
    assumptions=(TILT, WITNESS, COUNTED),
    quantified="gaussian(1/2), and uniform(1) if S = 1; all real t and x, of which the numbers try some",
    statement=Statement(),
    legs={"symbolic": derive, "enclosure": enclosed, "quadrature": integrated, "simulation": simulated},
    variants=(
        Variant("the density changes sign once less", Statement(fewer=1), "tanh"),
        Variant("noise adds no zero to the label signal", Statement(noiseless=True), "tanh(z) - 3/2"),
        Variant("S - 1 zeros for every link", Statement(odd=True), "linear-3"),
    ),
)
