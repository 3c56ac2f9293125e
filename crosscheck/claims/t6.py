"""T6, T9, T10, T11. A signal has no more zeros than a measure of the label has sign changes.

Gaussian noise adds none to zeta_{k*} P_y, and one at most to the label's (T11): there f(x) =
E[g(x - s(Z)) He_{k*}(Z)], g the density of the noise; the enclosure finds signs of f and isolates zeros.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from itertools import pairwise
from typing import Literal

import numpy as np
import sympy

from ...link import Noise, Signal
from ...link.build import call, combine, negate
from ...link.tree import Compare, Node, Num, Where
from ...numerics.estimates import quadrature
from ...numerics.estimates.quadrature import mean_with
from ...numerics.estimates.signal_grid import seen_changes
from ...numerics.expectation.oracle import Unresolved, oracle
from ...numerics.lowering.pointwise import compile_numpy
from ...theory import zero_bounds as shape
from ...theory.families.piecewise import apart, masses
from ...theory.shape.pieces import levels
from ...theory.zero_bounds import PairChanges, changes_of, noisy_label_changes, pair_changes
from ..claim import Claim, Subject, Variant, condition, legs
from ..legs.trials import COUNTED, SAMPLES, TILT, WITNESS, changes, estimates, normal_limit, order_and_power
from ..legs.zero_count import (
    Count,
    by_algebra,
    by_enclosure,
    by_quadrature,
    by_simulation,
    integrals,
    last,
    numeric_legs,
    on_side,
    sides,
    turns,
)
from ..link_facts.beyond import odd_signal
from ..verdict import Finding, Outcome, refutes, supports, undecided

#: Up to which t and -t quadrature looks for zeros of the `label` signal, in spreads of s.
_FAR = Fraction(64)
_POINTS = 14
_BY_BALLS = "the sign changes are counted from balls"


@dataclass(frozen=True, slots=True)
class Bound:
    """The ``signal`` has at most ``fewer`` zeros less than ``measure`` has sign changes.

    measure: ``label`` y zeta_{k*} P_y, ``weight`` zeta_{k*} P_y, ``pairs``, or ``alike``, the pairs with
    every level of the same mass.
    """

    signal: Signal
    measure: Literal["label", "weight", "pairs", "alike"]
    fewer: int = 0

    def counts(self, subject: Subject) -> Sequence[Count]:
        return [Count(self.signal, self._changes(subject) - self.fewer)]

    def _changes(self, subject: Subject) -> int:
        if self.measure == "pairs":
            return _pairs(subject).most
        if self.measure == "alike":
            steps = levels(subject.link.tree)
            assert steps is not None
            signal = masses(steps, order_and_power(subject)[0])
            return changes_of(apart(signal, dict.fromkeys(signal, sympy.S.One)))
        return changes(subject).label if self.measure == "label" else changes(subject).weight


def _pairs(subject: Subject) -> PairChanges:
    pairs = pair_changes(subject.link.tree)
    assert pairs is not None
    return pairs


_LABEL, _WEIGHT = Bound(Signal.LABEL, "label"), Bound(Signal.WEIGHT, "weight")
_PAIRS = Bound(Signal.CENTERED, "pairs")


def derive(subject: Subject, statement: Bound) -> Finding:
    [count] = statement.counts(subject)
    if count.kind == Signal.CENTERED:
        pairs = _pairs(subject)
        return by_algebra(subject, count, pairs.most, pairs.reason)
    proved = shape.sign_changes(subject.link.tree)
    if proved is None:
        return by_algebra(subject, count, None, _BY_BALLS)
    most = proved.label if count.kind == Signal.LABEL else proved.weight
    return by_algebra(subject, count, most, proved.reason)


def integrated(subject: Subject, statement: Bound) -> Finding:
    """A histogram of the label recounts the changes; mpmath looks for zeros on both sides of t = 0."""
    star, _ = order_and_power(subject)
    known = changes(subject)
    seen = seen_changes(subject.link.tree, star)
    if seen[0] > known.label or seen[1] > known.weight:
        witness = f"a histogram of y shows {seen[0]} and {seen[1]}, counted {known.label} and {known.weight}"
        return refutes("more sign changes of the measure than counted", witness)
    [count], signs = statement.counts(subject), list[tuple[float, float]]()
    for side, tree in sides(subject):
        end = last(tree, _FAR)
        # Denser towards 0: from a thousandth of the end.
        points = (end * Fraction(j**4, _POINTS**4) + end / 4096 for j in range(1, _POINTS + 1))
        signs += on_side(side, integrals(tree, star, points, count), count)
    how = f"a histogram shows {seen[0]} of {known.label} changes of the measure; "
    return turns(signs, count, how)


T6: Claim[Bound] = Claim(
    id="T6",
    title="How many exceptional temperatures there can be",
    formula="alpha_k* has at most as many real zeros as y zeta_k*(y) P_y(dy) has sign changes, i0 - 1 at "
    "t = 0",
    latex=r"\#\{t:\alpha_{k^*}(t)=0\}\le S^-\bigl(y\,\zeta_{k^*}(y)\,P_y(dy)\bigr)",
    kind="upper",
    sentence="S5",
    source="variation diminishing Laplace transforms",
    assumptions=(TILT, WITNESS, COUNTED),
    quantified="all real t; the numbers look to where dominance excludes zeros, or to |t| = 6 or 64",
    statement=_LABEL,
    legs={"symbolic": derive, **numeric_legs("T6"), "quadrature": integrated},
    variants=(
        Variant("one sign change fewer", replace(_LABEL, fewer=1), "linear-3"),
        Variant("the zeros at t = 0 left out", replace(_LABEL, fewer=2), "staircase"),
        Variant("the sign changes of zeta without y", replace(_LABEL, measure="weight"), "tanh-9/10"),
        Variant("two sign changes fewer", replace(_LABEL, fewer=2), "square-10"),
        Variant("one fewer than the level sets show", replace(_LABEL, fewer=1), "tanh-He3"),
    ),
)


T9: Claim[Bound] = Claim(
    id="T9",
    title="How many zeros the weight signal can have",
    formula="h_k* has at most as many real zeros as zeta_k*(y) P_y(dy) has sign changes, i0 of them at t = 0",
    latex=r"\#\{t:h_{k^*}(t)=0\}\le S^-\bigl(\zeta_{k^*}(y)\,P_y(dy)\bigr)",
    kind="upper",
    sentence="S5",
    source="variation diminishing Laplace transforms",
    assumptions=(TILT, WITNESS, COUNTED),
    quantified="all real t; the numbers look to where dominance excludes zeros, or to |t| = 6",
    statement=_WEIGHT,
    legs={"symbolic": derive, **numeric_legs("T9")},
    variants=(
        Variant("one sign change fewer", replace(_WEIGHT, fewer=1), "tanh"),
        Variant("the sign changes of y zeta in their place", replace(_WEIGHT, measure="label"), "tanh-He3"),
        Variant("two sign changes fewer", replace(_WEIGHT, fewer=2), "clip-He3"),
    ),
)


PAIRED = condition(
    "sign changes of the pairs known",
    lambda s: pair_changes(s.link.tree),
    "s has a continuous range, and zeta_k* is not shown to be monotone",
)

T10: Claim[Bound] = Claim(
    id="T10",
    title="How many zeros the centred signal can have",
    formula="M (h_k*/M)' has at most as many real zeros as the image of (v-u)(zeta(v)-zeta(u)) P_y(du) "
    "P_y(dv)/2 under u+v has sign changes, i0 - 1 of them at t = 0",
    latex=r"\#\{t:(h_{k^*}/M)'(t)=0\}\le S^-(\kappa),\quad \kappa(dx)="
    r"\tfrac12\int_{u+v\in dx}(v-u)(\zeta_{k^*}(v)-\zeta_{k^*}(u))\,P_y(du)\,P_y(dv)",
    kind="upper",
    sentence="S5",
    source="variation diminishing Laplace transforms",
    assumptions=(TILT, WITNESS, PAIRED),
    quantified="all real t; the numbers look to |t| = 6, or just inside t_max",
    statement=_PAIRS,
    legs={"symbolic": derive, **numeric_legs("T10")},
    variants=(
        Variant(
            "one sign change fewer", replace(_PAIRS, fewer=1), "where(z < 1/2, 0, where(z < 3/2, 1, -1))"
        ),
        Variant(
            "the sign changes of zeta in place of those of the pairs",
            replace(_PAIRS, measure="weight"),
            "sign(z)*where(abs(z) < 1, 3, 1)",
        ),
        Variant(
            "every level of the same mass",
            replace(_PAIRS, measure="alike"),
            "where(z < -1/4, 1, where(z < 5/4, -1, 0))",
        ),
    ),
)


GAUSSIAN, UNIFORM = Noise("gaussian", Fraction(1, 2)), Noise("uniform", Fraction(1))
#: Values of z at and between whose labels the sign of f is looked at.
_PLACES = (-3.0, -2.0, -1.25, -0.5, 0.0, 0.5, 1.25, 2.0, 3.0)


@dataclass(frozen=True, slots=True)
class DensityBound:
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


def derive_density(subject: Subject, statement: DensityBound) -> Finding:
    known = changes(subject)
    sign_count = shape.sign_changes(subject.link.tree)
    if statement.changes(subject) < 1:
        star, _ = order_and_power(subject)
        witness = f"no sign change stated, but f is not 0 and its integral is E He_{star} = 0"
        return refutes("f changes sign at least once", witness)
    if statement.changes(subject) < known.weight:
        detail = f"for the density only {known.weight} sign changes at most are proved: {known.reason}"
        return undecided(detail)
    for count in statement.counts(subject):
        proved = noisy_label_changes(known, count.noise, odd=odd_signal(subject.link))
        reason = known.reason if sign_count else "the sign changes are counted from balls"
        finding = by_algebra(subject, count, proved if sign_count else None, reason)
        if finding.outcome is not Outcome.SUPPORTS:
            return finding
    detail = f"at most {known.weight} sign changes: {known.reason}; the rest is the proof on paper"
    return supports(detail, scope="steps")


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


def _turned(signs: Sequence[tuple[Fraction, float]], most: int, how: str) -> Finding:
    found = [(a, b) for (a, p), (b, q) in pairwise(signs) if p * q < 0]
    shown = ", ".join(f"({float(a):.4g}, {float(b):.4g})" for a, b in found) or "none"
    detail = f"f, {how}: changes of sign at {len(signs)} points: {shown}; at most {most} stated"
    outcome = Outcome.REFUTES if len(found) > most else Outcome.SUPPORTS
    return Finding(outcome, detail, detail if outcome is Outcome.REFUTES else None)


def density_enclosed(subject: Subject, statement: DensityBound) -> Finding:
    star, _ = order_and_power(subject)
    signs = []
    for x in _points(subject):
        try:
            value = oracle(_density(subject.link.tree, GAUSSIAN, x)).tilted_moments((star,), (1,), 0, 4)[
                1, star
            ]
        except Unresolved as reason:
            return undecided(f"f({float(x):.6g}): {reason}")
        if not value.contains(0):
            signs.append((x, 1.0 if value > 0 else -1.0))
    found = _turned(signs, statement.changes(subject), str(GAUSSIAN))
    return _both(found, by_enclosure(subject, statement.counts(subject)))


def density_integrated(subject: Subject, statement: DensityBound) -> Finding:
    star, _ = order_and_power(subject)
    signs = []
    for x in _points(subject)[1::2]:
        found = _signed(subject.link.tree, star, x)
        if abs(found.value) > 10 * found.error:
            signs.append((x, float(found.value)))
    seen = _turned(signs, statement.changes(subject), str(GAUSSIAN))
    return _both(seen, by_quadrature(subject, statement.counts(subject)))


def _signed(tree: Node, star: int, x: Fraction) -> quadrature.Estimate:
    """f(x), in doubles where they show its sign. Raises Divergent."""
    shift, twice = float(x), 2 * float(GAUSSIAN.scale) ** 2
    value = mean_with(tree, star, lambda s: np.exp(-((shift - s) ** 2) / twice))
    if abs(value.value) > 10 * value.error:
        return value
    return quadrature.tilted_moment(_density(tree, GAUSSIAN, x), star, 1, Fraction(0), 12)


def density_simulated(subject: Subject, statement: DensityBound) -> Finding:
    """f estimated at every point from its own samples; only signs beyond the run-wide limit count."""
    star, _ = order_and_power(subject)
    points = _points(subject)
    limit = normal_limit(subject, 2 * len(points))
    signs = []
    for x in points:
        density = _density(subject.link.tree, GAUSSIAN, x)
        sample = estimates(subject.rng(f"T11|{x}"), density, (star,), (1,), (0.0,))
        mean, error = float(sample.mean[0, 0, 0]), float(sample.standard_error[0, 0, 0])
        if abs(mean) > limit * error:
            signs.append((x, mean))
    how = f"{GAUSSIAN}, n = {SAMPLES}, limit {limit:.2f}"
    seen = _turned(signs, statement.changes(subject), how)
    return _both(seen, by_simulation(subject, statement.counts(subject), "T11"))


def _both(density: Finding, zeros: Finding) -> Finding:
    """The sign changes of f and the zeros of the signal, both of them on the points that were tried."""
    if density.outcome is Outcome.REFUTES or zeros.outcome not in (Outcome.SUPPORTS, Outcome.ABSENT):
        return density if density.outcome is Outcome.REFUTES else zeros
    return supports(f"{density.detail}; {zeros.detail}", scope="instances")


T11: Claim[DensityBound] = Claim(
    id="T11",
    title="How many zeros the label signal can have under noise",
    formula="under Gaussian noise zeta_k* P_y changes sign at most S times, S the sign changes of zeta_k* "
    "P_s; alpha_k* has at most S + 1 real zeros (S - 1 for odd s and k*), i0 - 1 of them at t = 0; uniform "
    "noise likewise if S = 1",
    latex=r"S^-(\zeta_{k^*}P_{s+e})\le S^-(\zeta_{k^*}P_s)=S,\qquad \#\{t:\alpha_{k^*}(t)=0\}\le S+1",
    kind="upper",
    sentence="S5",
    source="Polya frequency functions diminish variation",
    assumptions=(TILT, WITNESS, COUNTED),
    quantified="gaussian(1/2), and uniform(1) if S = 1; all real t and x, of which the numbers try some",
    statement=DensityBound(),
    legs=legs(derive_density, density_enclosed, density_integrated, density_simulated),
    variants=(
        Variant("the density changes sign once less", DensityBound(fewer=1), "tanh"),
        Variant("noise adds no zero to the label signal", DensityBound(noiseless=True), "tanh(z) - 3/2"),
        Variant("S - 1 zeros for every link", DensityBound(odd=True), "linear-3"),
    ),
)

CLAIMS = {claim.id: claim for claim in (T6, T9, T10, T11)}
