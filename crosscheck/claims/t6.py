"""T6, T9, T10. A signal has no more zeros than a measure of the label has sign changes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

import sympy

from ...link.label import Signal
from ...numerics.estimates.signal_grid import seen_changes
from ...theory import zero_bounds as shape
from ...theory.families.piecewise_constant import apart, masses
from ...theory.shape.pieces import levels
from ...theory.zero_bounds import PairChanges, changes_of, pair_changes
from ..claim import Assumption, Claim, Formula, Subject, Variant
from ..legs.test_temperatures import COUNTED, TILT, WITNESS, changes, order_and_power
from ..legs.zero_count import Count, by_algebra, integrals, last, numeric_legs, on_side, sides, turns
from ..verdict import Evidence, refutes

#: Up to which t and -t quadrature looks for zeros of the `label` signal, in spreads of s.
_FAR = Fraction(64)
_POINTS = 14
_BY_BALLS = "the sign changes are counted from balls"


@dataclass(frozen=True, slots=True)
class LabelBound:
    """At most ``fewer`` zeros less than the sign changes; ``weight``: those of zeta_{k*} dP_y without y."""

    fewer: int = 0
    weight: bool = False

    def count(self, subject: Subject) -> Count:
        signs = changes(subject)
        return Count(Signal.LABEL, (signs.weight if self.weight else signs.label) - self.fewer)


@dataclass(frozen=True, slots=True)
class WeightBound:
    """At most ``fewer`` zeros less than the sign changes; ``label``: than those of y zeta_{k*} P_y."""

    fewer: int = 0
    label: bool = False

    def count(self, subject: Subject) -> Count:
        signs = changes(subject)
        return Count(Signal.WEIGHT, (signs.label if self.label else signs.weight) - self.fewer)


@dataclass(frozen=True, slots=True)
class PairBound:
    """At most ``fewer`` zeros less than the sign changes of the pairs.

    single: the sign changes of zeta_{k*} P_y in their place; alike: every level of the same mass.
    """

    fewer: int = 0
    single: bool = False
    alike: bool = False

    def count(self, subject: Subject) -> Count:
        return Count(Signal.CENTERED, self._changes(subject) - self.fewer)

    def _changes(self, subject: Subject) -> int:
        if self.single:
            return changes(subject).weight
        if self.alike:
            steps = levels(subject.link.tree)
            assert steps is not None
            signal = masses(steps, order_and_power(subject)[0])
            return changes_of(apart(signal, dict.fromkeys(signal, sympy.S.One)))
        return _known(subject).most


def _known(subject: Subject) -> PairChanges:
    pairs = pair_changes(subject.link.tree)
    assert pairs is not None
    return pairs


def _count(subject: Subject, statement: LabelBound | WeightBound | PairBound) -> Sequence[Count]:
    return [statement.count(subject)]


def derive_label(subject: Subject, statement: LabelBound) -> Evidence:
    proved = shape.sign_changes(subject.link.tree)
    count = statement.count(subject)
    if proved is None:
        return by_algebra(subject, count, None, _BY_BALLS)
    return by_algebra(subject, count, proved.label, proved.reason)


def integrated(subject: Subject, statement: LabelBound) -> Evidence:
    """A histogram of the label recounts the changes; mpmath looks for zeros on both sides of t = 0."""
    star, _ = order_and_power(subject)
    known = changes(subject)
    seen = seen_changes(subject.link.tree, star)
    if seen[0] > known.label or seen[1] > known.weight:
        witness = f"a histogram of y shows {seen[0]} and {seen[1]}, counted {known.label} and {known.weight}"
        return refutes("quadrature", "more sign changes of the measure than counted", witness)
    count, signs = statement.count(subject), []
    for side, tree in sides(subject):
        end = last(tree, _FAR)
        # Denser towards 0: from a thousandth of the end.
        points = (end * Fraction(j**4, _POINTS**4) + end / 4096 for j in range(1, _POINTS + 1))
        signs += on_side(side, integrals(tree, star, points, count), count)
    how = f"a histogram shows {seen[0]} of {known.label} changes of the measure; "
    return turns("quadrature", signs, count, how)


T6: Claim[LabelBound] = Claim(
    id="T6",
    title="How many exceptional temperatures there can be",
    formula=Formula(
        "alpha_k* has at most as many real zeros as y zeta_k*(y) P_y(dy) has sign changes, i0 - 1 at t = 0",
        r"\#\{t:\alpha_{k^*}(t)=0\}\le S^-\bigl(y\,\zeta_{k^*}(y)\,P_y(dy)\bigr)",
    ),
    kind="upper",
    sentence="S5",
    source="variation diminishing Laplace transforms",
    assumptions=(TILT, WITNESS, COUNTED),
    quantified="all real t; the numbers look to where dominance excludes zeros, or to |t| = 6 or 64",
    statement=LabelBound(),
    legs={"symbolic": derive_label, **numeric_legs("T6", _count), "quadrature": integrated},
    variants=(
        Variant("one sign change fewer", LabelBound(fewer=1), "linear-3"),
        Variant("the zeros at t = 0 left out", LabelBound(fewer=2), "staircase"),
        Variant("the sign changes of zeta without y", LabelBound(weight=True), "tanh-9/10"),
        Variant("two sign changes fewer", LabelBound(fewer=2), "square-10"),
        Variant("one fewer than the level sets show", LabelBound(fewer=1), "tanh-He3"),
    ),
)


def derive_weight(subject: Subject, statement: WeightBound) -> Evidence:
    proved = shape.sign_changes(subject.link.tree)
    count = statement.count(subject)
    if proved is None:
        return by_algebra(subject, count, None, _BY_BALLS)
    return by_algebra(subject, count, proved.weight, proved.reason)


T9: Claim[WeightBound] = Claim(
    id="T9",
    title="How many zeros the weight signal can have",
    formula=Formula(
        "h_k* has at most as many real zeros as zeta_k*(y) P_y(dy) has sign changes, i0 of them at t = 0",
        r"\#\{t:h_{k^*}(t)=0\}\le S^-\bigl(\zeta_{k^*}(y)\,P_y(dy)\bigr)",
    ),
    kind="upper",
    sentence="S5",
    source="variation diminishing Laplace transforms",
    assumptions=(TILT, WITNESS, COUNTED),
    quantified="all real t; the numbers look to where dominance excludes zeros, or to |t| = 6",
    statement=WeightBound(),
    legs={"symbolic": derive_weight, **numeric_legs("T9", _count)},
    variants=(
        Variant("one sign change fewer", WeightBound(fewer=1), "tanh"),
        Variant("the sign changes of y zeta in their place", WeightBound(label=True), "tanh-He3"),
        Variant("two sign changes fewer", WeightBound(fewer=2), "clip-He3"),
    ),
)


def derive_pairs(subject: Subject, statement: PairBound) -> Evidence:
    proved = _known(subject)
    return by_algebra(subject, statement.count(subject), proved.most, proved.reason)


def _uncounted(subject: Subject) -> str | None:
    known = pair_changes(subject.link.tree)
    return None if known is not None else "s has a continuous range, and zeta_k* is not shown to be monotone"


T10: Claim[PairBound] = Claim(
    id="T10",
    title="How many zeros the centred signal can have",
    formula=Formula(
        "M (h_k*/M)' has at most as many real zeros as the image of (v-u)(zeta(v)-zeta(u)) P_y(du) P_y(dv)/2 "
        "under u+v has sign changes, i0 - 1 of them at t = 0",
        r"\#\{t:(h_{k^*}/M)'(t)=0\}\le S^-(\kappa),\quad \kappa(dx)="
        r"\tfrac12\int_{u+v\in dx}(v-u)(\zeta_{k^*}(v)-\zeta_{k^*}(u))\,P_y(du)\,P_y(dv)",
    ),
    kind="upper",
    sentence="S5",
    source="variation diminishing Laplace transforms",
    assumptions=(TILT, WITNESS, Assumption("sign changes of the pairs known", _uncounted)),
    quantified="all real t; the numbers look to |t| = 6, or just inside t_max",
    statement=PairBound(),
    legs={"symbolic": derive_pairs, **numeric_legs("T10", _count)},
    variants=(
        Variant("one sign change fewer", PairBound(fewer=1), "where(z < 1/2, 0, where(z < 3/2, 1, -1))"),
        Variant(
            "the sign changes of zeta in place of those of the pairs",
            PairBound(single=True),
            "sign(z)*where(abs(z) < 1, 3, 1)",
        ),
        Variant(
            "every level of the same mass", PairBound(alike=True), "where(z < -1/4, 1, where(z < 5/4, -1, 0))"
        ),
    ),
)

CLAIMS = {claim.id: claim for claim in (T6, T9, T10)}
