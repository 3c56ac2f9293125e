"""T10. The `centered` signal has no more zeros than a measure on pairs of labels has sign changes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import sympy

from ...theory.families.piecewise_constant import apart, masses
from ...theory.shape.pieces import levels
from ...theory.zero_bounds import PairChanges, changes_of, pair_changes
from ..claim import Assumption, Claim, Formula, Subject, Variant
from ..legs.test_temperatures import TILT, WITNESS, changes, order_and_power
from ..legs.zero_count import Count, by_algebra, numeric_legs
from ..verdict import Evidence


@dataclass(frozen=True, slots=True)
class Statement:
    """At most ``fewer`` zeros less than the sign changes of the pairs.

    single: the sign changes of zeta_{k*} P_y in their place; alike: every level of the same mass.
    """

    fewer: int = 0
    single: bool = False
    alike: bool = False

    def count(self, subject: Subject) -> Count:
        return Count("centered", self._changes(subject) - self.fewer)

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
    found = pair_changes(subject.link.tree)
    assert found is not None
    return found


def counts(subject: Subject, statement: Statement) -> Sequence[Count]:
    return [statement.count(subject)]


def derive(subject: Subject, statement: Statement) -> Evidence:
    found = _known(subject)
    return by_algebra(subject, statement.count(subject), found.most, found.reason)


def _uncounted(subject: Subject) -> str | None:
    known = pair_changes(subject.link.tree)
    return None if known is not None else "s has a continuous range, and zeta_k* is not shown to be monotone"


CLAIM: Claim[Statement] = Claim(
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
    statement=Statement(),
    legs={"symbolic": derive, **numeric_legs("T10", counts)},
    variants=(
        Variant("one sign change fewer", Statement(fewer=1), "where(z < 1/2, 0, where(z < 3/2, 1, -1))"),
        Variant(
            "the sign changes of zeta in place of those of the pairs",
            Statement(single=True),
            "sign(z)*where(abs(z) < 1, 3, 1)",
        ),
        Variant(
            "every level of the same mass", Statement(alike=True), "where(z < -1/4, 1, where(z < 5/4, -1, 0))"
        ),
    ),
)
