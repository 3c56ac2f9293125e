"""G1. The generative exponent never exceeds the information exponent, and what both are.

Quantity:    IE = min{k >= 1 : E[y He_k] != 0}, GE = min{k >= 1 : E[He_k | y] != 0}.
Statement:   GE <= IE, with the values that the witnesses prove.
Kind:        equal
Source:      Damian, Pillaud-Vivien, Lee, Bruna 2024 (arXiv:2403.05529); Lee, Oko, Suzuki, Wu 2024
             (arXiv:2406.01581) for polynomials. Abstract, S6.
Assumptions: the link is not constant.
Checks:      symbolic (witness, parity, polynomial theorem, finite range, ...), enclosure of the
             witnesses away from zero, quadrature, simulation.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

from ...link.text import raised
from ...link.tree import is_constant
from ...numerics import quadrature
from ...numerics.expectation import NotIntegrable, Unresolved
from ...theory.exponents import Exponent
from ..answers.exponents import exponents
from ..claim import Assumption, Claim, Formula, Variant
from ..compare import show
from ..equation import Moment, enclose, simulated
from ..subject import Subject
from ..verdict import Evidence, Outcome, Verdict

_POWERS = (1, 2, 3)


@dataclass(frozen=True, slots=True)
class Statement:
    """The exponents are the proved ones plus these offsets."""

    information: int = 0
    generative: int = 0


@dataclass(frozen=True, slots=True)
class _Asserted:
    """What the statement says about moments: these vanish, this one does not."""

    information: int
    generative: int
    witness: tuple[int, int] | None
    zeros: tuple[tuple[int, int], ...]


def _asserted(subject: Subject, statement: Statement) -> _Asserted | None:
    known = exponents(subject.link)
    if known.information_exponent.value is None or known.generative_exponent.value is None:
        return None
    information = known.information_exponent.value + statement.information
    generative = known.generative_exponent.value + statement.generative
    zeros = {(power, k) for power in _POWERS for k in range(1, generative)}
    zeros |= {(1, k) for k in range(1, information)}
    power = known.witness_power
    witness = None if power is None else (power, generative)
    return _Asserted(information, generative, witness, tuple(sorted(zeros)))


def derive(subject: Subject, statement: Statement) -> Evidence:
    asserted = _asserted(subject, statement)
    exact = subject.exponents
    if asserted is None:
        return Evidence("symbolic", Outcome.UNDECIDED, exact.generative.reason)
    if asserted.generative > asserted.information:
        witness = f"GE = {asserted.generative} > IE = {asserted.information}"
        return Evidence("symbolic", Outcome.REFUTES, "T = y is one of the label transformations", witness)
    pairs = (("IE", asserted.information, exact.information), ("GE", asserted.generative, exact.generative))
    for name, claimed, known in pairs:
        if not _consistent(claimed, known):
            witness = f"{name} = {known.value or known.lower}, not {claimed}: {known.reason}"
            return Evidence("symbolic", Outcome.REFUTES, "another exponent is proved", witness)
    if all(known.status == "PROVED" for _, _, known in pairs):
        detail = (
            f"IE = {asserted.information}: {exact.information.reason}; "
            f"GE = {asserted.generative}: {exact.generative.reason}"
        )
        return Evidence("symbolic", Outcome.SUPPORTS, detail)
    return Evidence("symbolic", Outcome.UNDECIDED, "exact algebra leaves whether a moment is nonzero")


def _consistent(claimed: int, known: Exponent) -> bool:
    if known.status == "PROVED":
        return claimed == known.value
    return claimed >= known.lower and (known.upper is None or claimed <= known.upper)


def by_enclosure(subject: Subject, statement: Statement) -> Evidence:
    asserted = _asserted(subject, statement)
    if asserted is None:
        return Evidence("enclosure", Outcome.UNDECIDED, "an exponent is undecided")
    tree = subject.link.tree
    try:
        for power, k in asserted.zeros:
            value = enclose(Moment(tree, k, power), 15)
            if not value.contains(0):
                witness = f"E[y{raised(power)} He_{k}] = {show(value)}, which must vanish"
                return Evidence("enclosure", Outcome.REFUTES, "a certified nonzero moment", witness)
        nonzero = [(1, asserted.information)] + ([asserted.witness] if asserted.witness else [])
        for power, k in nonzero:
            value = enclose(Moment(tree, k, power), 15)
            if value.contains(0):
                detail = f"E[y{raised(power)} He_{k}] is not separated from 0"
                return Evidence("enclosure", Outcome.UNDECIDED, detail)
    except (NotIntegrable, Unresolved) as reason:
        return Evidence("enclosure", Outcome.UNDECIDED, str(reason))
    known = exponents(subject.link)
    decided = (known.information_exponent.status, known.generative_exponent.status)
    detail = f"moments {nonzero} certified nonzero; {len(asserted.zeros)} lower ones enclose 0"
    settled = Verdict.ENCLOSED in decided or not asserted.zeros
    return Evidence("enclosure", Outcome.SUPPORTS if settled else Outcome.UNDECIDED, detail)


def by_quadrature(subject: Subject, statement: Statement) -> Evidence:
    asserted = _asserted(subject, statement)
    if asserted is None:
        return Evidence("quadrature", Outcome.UNDECIDED, "an exponent is undecided")
    tree = subject.link.tree
    try:
        for power, k in asserted.zeros:
            found = quadrature.tilted_moment(tree, k, power, Fraction(0), 15)
            if abs(found.value) > 1e3 * found.error + 1e-9:
                witness = f"E[y{raised(power)} He_{k}] = {float(found.value):.8g}, which must vanish"
                return Evidence("quadrature", Outcome.REFUTES, "a nonzero moment", witness)
        found = quadrature.tilted_moment(tree, asserted.information, 1, Fraction(0), 15)
    except quadrature.Divergent as reason:
        return Evidence("quadrature", Outcome.UNDECIDED, str(reason))
    if abs(found.value) <= 10 * found.error:
        witness = f"E[y He_{asserted.information}] = {float(found.value):.3g}, which must not vanish"
        return Evidence("quadrature", Outcome.REFUTES, "a vanishing moment", witness)
    return Evidence(
        "quadrature", Outcome.SUPPORTS, f"E[y He_{asserted.information}] = {float(found.value):.6g}"
    )


def by_simulation(subject: Subject, statement: Statement) -> Evidence:
    asserted = _asserted(subject, statement)
    if asserted is None:
        return Evidence("simulation", Outcome.UNDECIDED, "an exponent is undecided")
    zeros: Sequence[tuple[Moment, float]] = [
        (Moment(subject.link.tree, k, i), 0.0) for i, k in asserted.zeros
    ]
    if not zeros:
        return Evidence(
            "simulation", Outcome.ABSENT, "no moment is claimed to vanish, so there is nothing to test"
        )
    return simulated(subject, "G1", zeros)


def _constant(subject: Subject) -> str | None:
    return "a constant link has GE = oo" if is_constant(subject.link.tree) else None


CLAIM: Claim[Statement] = Claim(
    id="G1",
    title="Information and generative exponent",
    formula=Formula(
        "GE(s) <= IE(s), with E[y^i He_k] = 0 below them and a nonzero witness at each",
        r"\mathrm{GE}(s)\le\mathrm{IE}(s),\quad \mathbb{E}[y^i\mathrm{He}_k]=0\ (k<\mathrm{GE}),\quad "
        r"\mathbb{E}[y\,\mathrm{He}_{\mathrm{IE}}]\ne0",
    ),
    kind="equal",
    sentence="S6",
    source="Damian et al. 2024; Lee et al. 2024",
    assumptions=(Assumption("s is not constant", _constant),),
    quantified="every k below the exponents",
    statement=Statement(),
    legs={
        "symbolic": derive,
        "enclosure": by_enclosure,
        "quadrature": by_quadrature,
        "simulation": by_simulation,
    },
    scopes={
        "symbolic": "steps",
        "enclosure": "instances",
        "quadrature": "instances",
        "simulation": "instances",
    },
    variants=(
        Variant("information exponent one too large", Statement(information=1), "tanh"),
        Variant("information exponent one too small", Statement(information=-1), "He3"),
        Variant("generative exponent one too large", Statement(generative=1), "tanh-He4"),
        Variant("generative exponent one too small", Statement(generative=-1), "bump4"),
        Variant("generative above information exponent", Statement(generative=3), "sign-cubic"),
    ),
)
