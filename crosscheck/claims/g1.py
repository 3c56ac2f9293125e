"""G1, G2. The generative exponent is at most the information exponent; tilting turns one into the other."""

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

from flint import arb

from ...link.text import raised
from ...numerics.estimates import quadrature
from ...numerics.expectation.oracle import NotIntegrable, Unresolved
from ...theory.exponents import Exponent
from ..claim import Claim, Subject, Variant, legs
from ..legs.equation import (
    Equation,
    Moment,
    by_enclosure,
    by_quadrature,
    by_simulation,
    enclose,
    least_size,
    simulated,
)
from ..legs.trials import GENERATIVE, NOT_CONSTANT, TILT, gentle_tilt, tilts
from ..link_facts.exponents import exponents
from ..number import show
from ..verdict import Finding, Outcome, absent, refutes, supports, undecided

_POWERS = (1, 2, 3)


@dataclass(frozen=True, slots=True)
class ExponentsStatement:
    """The exponents are the proved ones plus these offsets."""

    information: int = 0
    generative: int = 0


@dataclass(frozen=True, slots=True)
class _Asserted:
    """What the statement says about moments (i, k): these vanish, those are at least so large."""

    information: int
    generative: int
    zeros: tuple[tuple[int, int], ...]
    nonzero: tuple[tuple[int, int, arb | None], ...]


def _asserted(subject: Subject, statement: ExponentsStatement) -> _Asserted | None:
    """A shifted exponent keeps the size that the moment has at the true one."""
    known = exponents(subject.link)
    ie, ge = known.information_exponent.value, known.generative_exponent.value
    if ie is None or ge is None:
        return None
    information, generative = ie + statement.information, ge + statement.generative
    zeros = {(power, k) for power in _POWERS for k in range(1, generative)}
    zeros |= {(1, k) for k in range(1, information)}
    nonzero = [(1, information, least_size(subject, 1, ie))]
    power = known.witness_power
    if power is not None and (power, generative) != (1, information):
        nonzero.append((power, generative, least_size(subject, power, ge)))
    return _Asserted(information, generative, tuple(sorted(zeros)), tuple(nonzero))


def _name(power: int, k: int) -> str:
    return f"E[y{raised(power)} He_{k}]"


def exponents_derive(subject: Subject, statement: ExponentsStatement) -> Finding:
    asserted = _asserted(subject, statement)
    exact = subject.exponents
    if asserted is None:
        return undecided(exact.generative.reason)
    if asserted.generative > asserted.information:
        witness = f"GE = {asserted.generative} > IE = {asserted.information}"
        return refutes("T = y is one of the label transformations", witness)
    pairs = (("IE", asserted.information, exact.information), ("GE", asserted.generative, exact.generative))
    for name, claimed, known in pairs:
        if not _consistent(claimed, known):
            witness = f"{name} = {known.value or known.lower}, not {claimed}: {known.reason}"
            return refutes("another exponent is proved", witness)
    if all(known.status == "PROVED" for _, _, known in pairs):
        detail = (
            f"IE = {asserted.information}: {exact.information.reason}; "
            f"GE = {asserted.generative}: {exact.generative.reason}"
        )
        return supports(detail, scope="statement")
    return undecided("exact algebra leaves whether a moment is nonzero")


def _consistent(claimed: int, known: Exponent) -> bool:
    if known.status == "PROVED":
        return claimed == known.value
    return claimed >= known.lower and (known.upper is None or claimed <= known.upper)


def exponents_by_enclosure(subject: Subject, statement: ExponentsStatement) -> Finding:
    asserted = _asserted(subject, statement)
    if asserted is None:
        return undecided("an exponent is undecided")
    tree, shown = subject.link.tree, []
    for power, k in asserted.zeros:
        value = enclose(Moment(tree, k, power), 15)
        if not value.contains(0):
            witness = f"{_name(power, k)} = {show(value)}, which must vanish"
            return refutes("a certified nonzero moment", witness)
    for power, k, least in asserted.nonzero:
        value = enclose(Moment(tree, k, power), 15)
        if least is not None and value.abs_upper() < least:
            witness = f"{_name(power, k)} = {show(value)}, stated at least {show(least, 6)} in size"
            return refutes("a moment smaller than stated", witness)
        if value.contains(0):
            return undecided(f"{_name(power, k)} is not separated from 0")
        shown.append(f"{_name(power, k)} = {show(value, 6)}")
    detail = f"{' and '.join(shown)} are certified nonzero; {len(asserted.zeros)} lower moments enclose 0"
    return _rated(subject, asserted, detail)


def _rated(subject: Subject, asserted: _Asserted, detail: str) -> Finding:
    """That lower moments vanish is proved by algebra, or not at all: balls never show it."""
    exact, known = subject.exponents, exponents(subject.link)
    both = known.information_exponent, known.generative_exponent
    proved = all(e.status.green for e in both) and exact.information.lower == asserted.information
    if proved and exact.generative.lower == asserted.generative:
        below = (
            f"; those vanish as {exact.generative.below or exact.generative.reason}" if asserted.zeros else ""
        )
        return supports(detail + below, scope="statement")
    outcome = Outcome.UNDECIDED if asserted.zeros else Outcome.SUPPORTS
    return Finding(outcome, detail)


def exponents_by_quadrature(subject: Subject, statement: ExponentsStatement) -> Finding:
    asserted = _asserted(subject, statement)
    if asserted is None:
        return undecided("an exponent is undecided")
    tree, shown, open_ones = subject.link.tree, [], []
    for power, k in asserted.zeros:
        estimate = quadrature.tilted_moment(tree, k, power, Fraction(0), 15)
        if estimate.refutes(0):
            witness = f"{_name(power, k)} = {float(estimate.value):.8g}, which must vanish"
            return refutes("a nonzero moment", witness)
        if not estimate.resolved():
            open_ones.append(_name(power, k))
    for power, k, least in asserted.nonzero:
        estimate = quadrature.tilted_moment(tree, k, power, Fraction(0), 15)
        stated = None if least is None else float(least.lower())
        if stated is not None and float(abs(estimate.value) + 10 * estimate.error) < stated:
            witness = f"{_name(power, k)} = {float(estimate.value):.3g}, stated at least {stated:.6g} in size"
            return refutes("a moment smaller than stated", witness)
        if not estimate.refutes(0):
            open_ones.append(_name(power, k))
        shown.append(f"{_name(power, k)} = {float(estimate.value):.6g}")
    if open_ones:
        return undecided(f"{open_ones[0]} is not resolved by quadrature")
    return supports(", ".join(shown))


def exponents_by_simulation(subject: Subject, statement: ExponentsStatement) -> Finding:
    asserted = _asserted(subject, statement)
    if asserted is None:
        return undecided("an exponent is undecided")
    tree = subject.link.tree
    zeros = [(Moment(tree, k, i), arb(0)) for i, k in asserted.zeros]
    nonzero = [(Moment(tree, k, i), least) for i, k, least in asserted.nonzero if least is not None]
    return simulated(subject, "G1", zeros, nonzero)


G1: Claim[ExponentsStatement] = Claim(
    id="G1",
    title="Information and generative exponent",
    formula="GE(s) <= IE(s) for s not constant, with E[y^i He_k] = 0 below them and a nonzero witness at "
    "each",
    latex=r"\mathrm{GE}(s)\le\mathrm{IE}(s),\quad \mathbb{E}[y^i\mathrm{He}_k]=0\ (k<\mathrm{GE}),\quad "
    r"\mathbb{E}[y\,\mathrm{He}_{\mathrm{IE}}]\ne0",
    kind="equal",
    sentence="S6",
    source="Damian et al. 2024; Lee et al. 2024",
    assumptions=(NOT_CONSTANT,),
    quantified="every k below the exponents",
    statement=ExponentsStatement(),
    legs=legs(exponents_derive, exponents_by_enclosure, exponents_by_quadrature, exponents_by_simulation),
    variants=(
        Variant("information exponent one too large", ExponentsStatement(information=1), "tanh"),
        Variant("information exponent one too small", ExponentsStatement(information=-1), "He3"),
        Variant("generative exponent one too large", ExponentsStatement(generative=1), "tanh-He4"),
        Variant("generative exponent one too small", ExponentsStatement(generative=-1), "bump4"),
        Variant("generative above information exponent", ExponentsStatement(generative=3), "sign-cubic"),
    ),
)


_NOTHING = "k* = 1: no coefficient is claimed to vanish, so there is nothing to test"


@dataclass(frozen=True, slots=True)
class TiltedStatement:
    """alpha_k vanishes for k < k* + beyond; ``information``: IE stands in the place of GE."""

    beyond: int = 0
    information: bool = False
    vanishes_at_star: bool = False

    def order(self, subject: Subject) -> int | None:
        known = exponents(subject.link)
        chosen = known.information_exponent if self.information else known.generative_exponent
        return None if chosen.value is None else chosen.value + self.beyond


def equations(subject: Subject, statement: TiltedStatement) -> Sequence[Equation]:
    star = statement.order(subject)
    assert star is not None
    top = star + 1 if statement.vanishes_at_star else star
    at, tree = (gentle_tilt(subject), *tilts(subject)[1:2]), subject.link.tree
    return [Equation(f"k = {k}, t = {t}", Moment(tree, k, 1, t)) for k in range(1, top) for t in at]


def tilted_derive(subject: Subject, statement: TiltedStatement) -> Finding:
    star = statement.order(subject)
    known = subject.exponents.generative
    if star is None or known.status != "PROVED":
        return undecided(known.reason)
    assert known.value is not None
    if star > known.value or (statement.vanishes_at_star and star >= known.value):
        witness = f"alpha_{known.value} is not identically 0: {known.reason}"
        return refutes("k* is the generative exponent", witness)
    detail = (
        f"zeta_k = 0 for k < {star} ({known.reason}); h_{star} is the Laplace transform of a nonzero "
        "signed measure and vanishes at t = 0, so its derivative is not identically 0"
    )
    return supports(detail, scope="statement")


def enclosed(subject: Subject, statement: TiltedStatement) -> Finding:
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
                return supports(detail, scope="statement")
            # Balls never show that alpha_k vanishes: it does where zeta_k = 0 is proved.
            known = subject.exponents.generative
            if known.lower == star:
                detail += f"; zeta_k = 0 below, as {known.below or known.reason}"
                return supports(detail, scope="statement")
            return undecided(f"{zeros.detail}; {detail}")
    return undecided(f"alpha_{star} is not separated from 0 at any t tried")


def integrated(subject: Subject, statement: TiltedStatement) -> Finding:
    found = equations(subject, statement)
    return by_quadrature(found) if found else absent(_NOTHING)


def tilted_simulated(subject: Subject, statement: TiltedStatement) -> Finding:
    found = equations(subject, statement)
    return by_simulation(subject, found, "G2") if found else absent(_NOTHING)


G2: Claim[TiltedStatement] = Claim(
    id="G2",
    title="The tilted information exponent equals the generative exponent",
    formula="t_max > 0, GE < oo: alpha_k = 0 on (0, t_max) for 1 <= k < GE, and alpha_GE is not "
    "identically 0",
    latex=r"\alpha_k\equiv0\ (1\le k<k^*),\qquad \alpha_{k^*}\not\equiv0,\qquad k^*=\mathrm{GE}(s)",
    kind="equal",
    sentence="S4, S6",
    source="uniqueness of Laplace transforms",
    assumptions=(TILT, GENERATIVE),
    quantified="1 <= k <= k* and every t in (0, t_max)",
    statement=TiltedStatement(),
    legs=legs(tilted_derive, enclosed, integrated, tilted_simulated),
    variants=(
        Variant("one order too many vanishes", TiltedStatement(beyond=1), "sign"),
        Variant(
            "information exponent in place of the generative one",
            TiltedStatement(information=True),
            "staircase",
        ),
        Variant("alpha_k* vanishes too", TiltedStatement(vanishes_at_star=True), "tanh-He4"),
    ),
)

CLAIMS = {claim.id: claim for claim in (G1, G2)}
