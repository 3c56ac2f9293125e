"""G1. The generative exponent never exceeds the information exponent, and what both are."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

from flint import arb

from ...link.text import raised
from ...numerics.estimates import quadrature
from ...theory.exponents import Exponent
from ..claim import Claim, Formula, Subject, Variant
from ..legs.equation import Moment, enclose, least_size, simulated
from ..legs.test_temperatures import NOT_CONSTANT
from ..link_facts.exponents import exponents
from ..number import show
from ..verdict import Evidence, Outcome, refutes, supports, undecided

_POWERS = (1, 2, 3)


@dataclass(frozen=True, slots=True)
class Statement:
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


def _asserted(subject: Subject, statement: Statement) -> _Asserted | None:
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


def derive(subject: Subject, statement: Statement) -> Evidence:
    asserted = _asserted(subject, statement)
    exact = subject.exponents
    if asserted is None:
        return undecided("symbolic", exact.generative.reason)
    if asserted.generative > asserted.information:
        witness = f"GE = {asserted.generative} > IE = {asserted.information}"
        return refutes("symbolic", "T = y is one of the label transformations", witness)
    pairs = (("IE", asserted.information, exact.information), ("GE", asserted.generative, exact.generative))
    for name, claimed, known in pairs:
        if not _consistent(claimed, known):
            witness = f"{name} = {known.value or known.lower}, not {claimed}: {known.reason}"
            return refutes("symbolic", "another exponent is proved", witness)
    if all(known.status == "PROVED" for _, _, known in pairs):
        detail = (
            f"IE = {asserted.information}: {exact.information.reason}; "
            f"GE = {asserted.generative}: {exact.generative.reason}"
        )
        return supports("symbolic", detail, scope="statement")
    return undecided("symbolic", "exact algebra leaves whether a moment is nonzero")


def _consistent(claimed: int, known: Exponent) -> bool:
    if known.status == "PROVED":
        return claimed == known.value
    return claimed >= known.lower and (known.upper is None or claimed <= known.upper)


def by_enclosure(subject: Subject, statement: Statement) -> Evidence:
    asserted = _asserted(subject, statement)
    if asserted is None:
        return undecided("enclosure", "an exponent is undecided")
    tree, shown = subject.link.tree, []
    for power, k in asserted.zeros:
        value = enclose(Moment(tree, k, power), 15)
        if not value.contains(0):
            witness = f"{_name(power, k)} = {show(value)}, which must vanish"
            return refutes("enclosure", "a certified nonzero moment", witness)
    for power, k, least in asserted.nonzero:
        value = enclose(Moment(tree, k, power), 15)
        if least is not None and value.abs_upper() < least:
            witness = f"{_name(power, k)} = {show(value)}, stated at least {show(least, 6)} in size"
            return refutes("enclosure", "a moment smaller than stated", witness)
        if value.contains(0):
            return undecided("enclosure", f"{_name(power, k)} is not separated from 0")
        shown.append(f"{_name(power, k)} = {show(value, 6)}")
    detail = f"{' and '.join(shown)} are certified nonzero; {len(asserted.zeros)} lower moments enclose 0"
    return _rated(subject, asserted, detail)


def _rated(subject: Subject, asserted: _Asserted, detail: str) -> Evidence:
    """That lower moments vanish is proved by algebra, or not at all: balls never show it."""
    exact, known = subject.exponents, exponents(subject.link)
    both = known.information_exponent, known.generative_exponent
    proved = all(e.status.green for e in both) and exact.information.lower == asserted.information
    if proved and exact.generative.lower == asserted.generative:
        below = (
            f"; those vanish as {exact.generative.below or exact.generative.reason}" if asserted.zeros else ""
        )
        return supports("enclosure", detail + below, scope="statement")
    outcome = Outcome.UNDECIDED if asserted.zeros else Outcome.SUPPORTS
    return Evidence("enclosure", outcome, detail)


def by_quadrature(subject: Subject, statement: Statement) -> Evidence:
    asserted = _asserted(subject, statement)
    if asserted is None:
        return undecided("quadrature", "an exponent is undecided")
    tree, shown, open_ones = subject.link.tree, [], []
    for power, k in asserted.zeros:
        estimate = quadrature.tilted_moment(tree, k, power, Fraction(0), 15)
        if estimate.refutes(0):
            witness = f"{_name(power, k)} = {float(estimate.value):.8g}, which must vanish"
            return refutes("quadrature", "a nonzero moment", witness)
        if not estimate.resolved():
            open_ones.append(_name(power, k))
    for power, k, least in asserted.nonzero:
        estimate = quadrature.tilted_moment(tree, k, power, Fraction(0), 15)
        stated = None if least is None else float(least.lower())
        if stated is not None and float(abs(estimate.value) + 10 * estimate.error) < stated:
            witness = f"{_name(power, k)} = {float(estimate.value):.3g}, stated at least {stated:.6g} in size"
            return refutes("quadrature", "a moment smaller than stated", witness)
        if not estimate.refutes(0):
            open_ones.append(_name(power, k))
        shown.append(f"{_name(power, k)} = {float(estimate.value):.6g}")
    if open_ones:
        return undecided("quadrature", f"{open_ones[0]} is not resolved by quadrature")
    return supports("quadrature", ", ".join(shown))


def by_simulation(subject: Subject, statement: Statement) -> Evidence:
    asserted = _asserted(subject, statement)
    if asserted is None:
        return undecided("simulation", "an exponent is undecided")
    tree = subject.link.tree
    zeros = [(Moment(tree, k, i), arb(0)) for i, k in asserted.zeros]
    nonzero = [(Moment(tree, k, i), least) for i, k, least in asserted.nonzero if least is not None]
    return simulated(subject, "G1", zeros, nonzero)


CLAIM: Claim[Statement] = Claim(
    id="G1",
    title="Information and generative exponent",
    formula=Formula(
        "GE(s) <= IE(s) for s not constant, with E[y^i He_k] = 0 below them and a nonzero witness at each",
        r"\mathrm{GE}(s)\le\mathrm{IE}(s),\quad \mathbb{E}[y^i\mathrm{He}_k]=0\ (k<\mathrm{GE}),\quad "
        r"\mathbb{E}[y\,\mathrm{He}_{\mathrm{IE}}]\ne0",
    ),
    kind="equal",
    sentence="S6",
    source="Damian et al. 2024; Lee et al. 2024",
    assumptions=(NOT_CONSTANT,),
    quantified="every k below the exponents",
    statement=Statement(),
    legs={
        "symbolic": derive,
        "enclosure": by_enclosure,
        "quadrature": by_quadrature,
        "simulation": by_simulation,
    },
    variants=(
        Variant("information exponent one too large", Statement(information=1), "tanh"),
        Variant("information exponent one too small", Statement(information=-1), "He3"),
        Variant("generative exponent one too large", Statement(generative=1), "tanh-He4"),
        Variant("generative exponent one too small", Statement(generative=-1), "bump4"),
        Variant("generative above information exponent", Statement(generative=3), "sign-cubic"),
    ),
)
