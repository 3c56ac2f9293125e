"""T9. The `weight` signal has no more zeros than zeta_{k*} P_y has sign changes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ...theory import zero_bounds as shape
from ..claim import Claim, Formula, Subject, Variant
from ..legs.test_temperatures import COUNTED, TILT, WITNESS, changes
from ..legs.zero_count import Count, by_algebra, numeric_legs
from ..verdict import Evidence


@dataclass(frozen=True, slots=True)
class Statement:
    """At most ``fewer`` zeros less than the sign changes; ``label``: than those of y zeta_{k*} P_y."""

    fewer: int = 0
    label: bool = False

    def count(self, subject: Subject) -> Count:
        found = changes(subject)
        return Count("weight", (found.label if self.label else found.weight) - self.fewer)


def counts(subject: Subject, statement: Statement) -> Sequence[Count]:
    return [statement.count(subject)]


def derive(subject: Subject, statement: Statement) -> Evidence:
    found = shape.sign_changes(subject.link.tree)
    count = statement.count(subject)
    if found is None:
        return by_algebra(subject, count, None, "the sign changes are counted from balls")
    return by_algebra(subject, count, found.weight, found.reason)


CLAIM: Claim[Statement] = Claim(
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
    statement=Statement(),
    legs={"symbolic": derive, **numeric_legs("T9", counts)},
    variants=(
        Variant("one sign change fewer", Statement(fewer=1), "tanh"),
        Variant("the sign changes of y zeta in their place", Statement(label=True), "tanh-He3"),
        Variant("two sign changes fewer", Statement(fewer=2), "clip-He3"),
    ),
)
