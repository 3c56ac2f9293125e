"""V8s. The bound at n samples under surrogate weights, for a pilot from other samples."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from fractions import Fraction

import sympy

from ...link import NOISELESS
from ...link.build import combine
from ...link.tree import Num
from ...theory import finite_sample as steps
from ...theory.exact.symbols import t
from ...theory.policy import pilot_factor, pilot_oscillation
from ..claim import Claim, Formula, Subject, Variant, of_statement
from ..legs.identity import Identity, Reader, Real, by_balls, tilted
from ..legs.readout.explicit_law import by_algebra, explicit_laws
from ..legs.readout.fit_bound import BOUNDED, compared, covered, fits, scale, span
from ..legs.test_temperatures import NOT_CONSTANT
from ..verdict import Evidence, Outcome, refutes, supports, together

_DIGITS, _AGREE = 16, 10
_PILOT, _POOR = Fraction(9, 10), Fraction(1, 2)


@dataclass(frozen=True, slots=True)
class Statement:
    """F carries spread Var e. pilot: R^2 = e^{pilot t D_0} (b_a0^2 + ...). margin: as in V8."""

    spread: Fraction = Fraction(1)
    pilot: int = 1
    margin: bool = True


@of_statement
def derive(statement: Statement) -> Evidence:
    if evidence := by_algebra(fourth=True, margin=statement.margin):
        return evidence
    if statement.spread != 1:
        witness = f"rho = 0, Var e = 1: E[w^2 (y - f)^2 given x]/w^2 is 1, not {statement.spread}"
        return refutes("symbolic", "another second moment of the score", witness)
    if statement.pilot != 1:
        # s = 1 with chance 1/10, no pilot, e^t = 9: pi* is even, f = 1/10.
        under, own = Fraction(1, 2) * Fraction(82, 100), Fraction(9, 100)
        if statement.pilot < 1 and under > own:
            witness = f"s = 1 with chance 1/10, pilot 0, e^t = 9, n = oo: norm(Delta_0)^2 = {under} > {own}"
            return refutes("symbolic", "pi* is not the law of the weights", witness)
    direct, claimed = steps.energy(label=False)
    root = sympy.exp(t * pilot_oscillation)
    for left, right in ((direct, claimed), (pilot_factor() ** 2, root), *steps.any_law()):
        if sympy.simplify(left - right) != 0:
            return Evidence("symbolic", Outcome.ERROR, f"{left} is not {right}")
    return supports("symbolic", f"of steps 1, 3 and 4: {claimed}, the norm under any law, the pilot's factor")


def identities(subject: Subject, statement: Statement) -> Iterator[Identity]:
    """For the feature 1: F of a predictor c under noise +-a, and R for n = oo with the pilot s/2."""
    tree, width, ends = subject.link.tree, scale(subject), span(subject)
    at, flip = 1 / width, width / 4
    c = Fraction(float((ends[0] + ends[1]) / 2)).limit_denominator(8)

    def direct(read: Reader) -> Real:
        total = read.number(0)
        for e in (flip, -flip):
            square = combine("**", combine("+", tree, Num(e - c)), Num(Fraction(2)))
            total += read.moments(tilted(square, tree, 2 * _PILOT * at), Fraction(0), (1,))[0] / 2
        return total

    def claimed(read: Reader) -> Real:
        mass, first, second = read.moments(tree, 2 * _PILOT * at, (0, 1, 2))
        own = read.number(c)
        return second - 2 * own * first + (own * own + read.number(statement.spread * flip**2)) * mass

    yield Identity(f"F for the feature 1 at t = {at}, noise +-{flip}, over E w squared", direct, claimed)

    def pilot(read: Reader) -> tuple[Real, Real]:
        mass, first, second = read.moments(tree, _POOR * at, (0, 1, 2))
        mean = first / mass
        return mean, second / mass - mean * mean

    def error(read: Reader) -> Real:
        mean, _ = pilot(read)
        mass, first, second = read.moments(tree, at, (0, 1, 2))
        return second / mass - 2 * mean * first / mass + mean * mean

    def radius(read: Reader) -> Real:
        osc = read.read((ends[1] - ends[0]) * sympy.Rational(1, 2))
        return read.exp(statement.pilot * read.number(at) * osc) * pilot(read)[1]

    yield Identity(
        f"norm(Delta_0)^2 under pi* for n = oo, the feature 1, pilot s/2, t = {at}", error, radius, "<="
    )


def enclosed(subject: Subject, statement: Statement) -> Evidence:
    laws = explicit_laws(margin=statement.margin)
    comparison = by_balls(subject, list(identities(subject, statement)), digits=_DIGITS, agree=_AGREE)
    return together([laws, comparison])


def integrated(subject: Subject, statement: Statement) -> Evidence:
    findings = []
    for fit in fits(subject, surrogate=True):
        altered = {}
        if not statement.spread:
            quiet = replace(fit, noise=NOISELESS).constants.noise_energy
            altered["F"] = (quiet / fit.constants.noise_energy) ** 2
        findings.append(compared(fit, altered))
    return together(findings)


def simulated(subject: Subject, statement: Statement) -> Evidence:
    return covered(subject, "V8s", fits(subject, surrogate=True))


CLAIM: Claim[Statement] = Claim(
    id="V8s",
    title="The bound at n samples under surrogate weights",
    formula=Formula(
        "V8 with weights e^(t r_a0) of a pilot fixed before the samples: "
        "F = E w^2 (rho^2 + Var e) |varphi|^2 - beta_^2, "
        "norm(Delta_0) <= e^(t D_0/2) sqrt(b^2 + 2 beta_ r + r^2) under pi*, D_0 = osc(r* - r_a0)",
        r"F=\mathbb{E}\,w^2(\rho^2+\mathrm{Var}\,e)|\varphi|^2-\beta^2,\quad "
        r"w=e^{tr_{a0}}/\mathbb{E}e^{tr_{a0}},\quad "
        r"\|\Delta_0\|_{\pi^*}\le e^{tD_0/2}\sqrt{b^2+2\beta r+r^2}",
    ),
    kind="upper",
    sentence="S7, S9",
    source="V8; change of measure between exponential tilts",
    assumptions=(NOT_CONSTANT, BOUNDED),
    quantified="every bounded pilot of other samples in the proof; pilot 9s/10, features 1, tanh(u -+ 1), "
    "t = 1/osc(s), n = 2,000 (full: also 3/osc(s), n = 10,000)",
    statement=Statement(),
    legs={"symbolic": derive, "enclosure": enclosed, "quadrature": integrated, "simulation": simulated},
    variants=(
        Variant("the noise's variance left out of F", Statement(spread=Fraction(0)), "tanh"),
        Variant("the pilot's factor left out of R", Statement(pilot=0), "sigmoid(4*(z-2))"),
        Variant("kappa left out", Statement(margin=False), "sin"),
    ),
)
