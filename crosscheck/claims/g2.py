"""G2. Tilting turns the information exponent into the generative exponent."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ...numerics.expectation.oracle import NotIntegrable, Unresolved
from ..claim import Claim, Formula, Subject, Variant
from ..legs.equation import Equation, Moment, by_enclosure, by_quadrature, by_simulation, enclose
from ..legs.test_temperatures import GENERATIVE, TILT, gentle_tilt, tilts
from ..link_facts.exponents import exponents
from ..number import show
from ..verdict import Evidence, Outcome, absent, refutes, supports, undecided

_NOTHING = "k* = 1: no coefficient is claimed to vanish, so there is nothing to test"


@dataclass(frozen=True, slots=True)
class Statement:
    """alpha_k vanishes for k < k* + beyond; ``information``: IE stands in the place of GE."""

    beyond: int = 0
    information: bool = False
    vanishes_at_star: bool = False

    def order(self, subject: Subject) -> int | None:
        known = exponents(subject.link)
        chosen = known.information_exponent if self.information else known.generative_exponent
        return None if chosen.value is None else chosen.value + self.beyond


def equations(subject: Subject, statement: Statement) -> Sequence[Equation]:
    star = statement.order(subject)
    assert star is not None
    top = star + 1 if statement.vanishes_at_star else star
    at, tree = (gentle_tilt(subject), *tilts(subject)[1:2]), subject.link.tree
    return [Equation(f"k = {k}, t = {t}", Moment(tree, k, 1, t)) for k in range(1, top) for t in at]


def derive(subject: Subject, statement: Statement) -> Evidence:
    star = statement.order(subject)
    known = subject.exponents.generative
    if star is None or known.status != "PROVED":
        return undecided("symbolic", known.reason)
    assert known.value is not None
    if star > known.value or (statement.vanishes_at_star and star >= known.value):
        witness = f"alpha_{known.value} is not identically 0: {known.reason}"
        return refutes("symbolic", "k* is the generative exponent", witness)
    detail = (
        f"zeta_k = 0 for k < {star} ({known.reason}); h_{star} is the Laplace transform of a nonzero "
        "signed measure and vanishes at t = 0, so its derivative is not identically 0"
    )
    return supports("symbolic", detail, scope="statement")


def enclosed(subject: Subject, statement: Statement) -> Evidence:
    zeros = by_enclosure(subject, equations(subject, statement))
    if zeros.outcome not in (Outcome.SUPPORTS, Outcome.ABSENT) or statement.vanishes_at_star:
        return zeros
    star = statement.order(subject)
    assert star is not None
    for t in tilts(subject):
        try:
            value = enclose(Moment(subject.link.tree, star, 1, t), 15)
        except (NotIntegrable, Unresolved):
            continue
        if not value.contains(0):
            detail = f"alpha_{star}({t}) = {show(value, 8)} is certified nonzero"
            if star == 1:
                return supports("enclosure", detail, scope="statement")
            # Balls never show that alpha_k vanishes: it does where zeta_k = 0 is proved.
            known = subject.exponents.generative
            if known.lower == star:
                detail += f"; zeta_k = 0 below, as {known.below or known.reason}"
                return supports("enclosure", detail, scope="statement")
            return undecided("enclosure", f"{zeros.detail}; {detail}")
    return undecided("enclosure", f"alpha_{star} is not separated from 0 at any t tried")


def integrated(subject: Subject, statement: Statement) -> Evidence:
    found = equations(subject, statement)
    return by_quadrature(found) if found else absent("quadrature", _NOTHING)


def simulated(subject: Subject, statement: Statement) -> Evidence:
    found = equations(subject, statement)
    return by_simulation(subject, found, "G2") if found else absent("simulation", _NOTHING)


CLAIM: Claim[Statement] = Claim(
    id="G2",
    title="The tilted information exponent equals the generative exponent",
    formula=Formula(
        "t_max > 0, GE < oo: alpha_k = 0 on (0, t_max) for 1 <= k < GE, and alpha_GE is not identically 0",
        r"\alpha_k\equiv0\ (1\le k<k^*),\qquad \alpha_{k^*}\not\equiv0,\qquad k^*=\mathrm{GE}(s)",
    ),
    kind="equal",
    sentence="S4, S6",
    source="uniqueness of Laplace transforms",
    assumptions=(TILT, GENERATIVE),
    quantified="1 <= k <= k* and every t in (0, t_max)",
    statement=Statement(),
    legs={"symbolic": derive, "enclosure": enclosed, "quadrature": integrated, "simulation": simulated},
    variants=(
        Variant("one order too many vanishes", Statement(beyond=1), "sign"),
        Variant(
            "information exponent in place of the generative one", Statement(information=True), "staircase"
        ),
        Variant("alpha_k* vanishes too", Statement(vanishes_at_star=True), "tanh-He4"),
    ),
)
