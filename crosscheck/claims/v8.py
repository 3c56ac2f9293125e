"""V8. What a readout trained on n samples loses, with its probability: a bound for every n."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from math import exp

import sympy

from ...link import Noise
from ...link.build import call, combine, negate
from ...link.tree import Num
from ...numerics.expectation.noise import cumulants
from ...numerics.precision import exact
from ...theory import finite_sample as steps
from ...theory.policy import remainder_weight
from ..claim import Claim, Formula, Subject, Variant, of_statement
from ..legs.identity import Identity, Reader, Real, by_balls
from ..legs.readout.explicit_law import by_algebra, explicit_laws
from ..legs.readout.fit_bound import BOUNDED, compared, covered, fits, scale
from ..legs.test_temperatures import NOT_CONSTANT
from ..verdict import Evidence, Outcome, refutes, supports, together

_DIGITS, _AGREE = 16, 10
_KAPPA = Fraction(1, 2)


@dataclass(frozen=True, slots=True)
class Statement:
    """fourth: sigma^2 = ||E X^2||, and not ||E X|| <= 1. mass: F carries e^{mass (K_e(2t) - 2K_e(t))}.

    margin: r has the factor 1/(1 - kappa), and the failure of the Gram matrix is counted.
    """

    fourth: bool = True
    mass: int = 1
    margin: bool = True


@of_statement
def derive(statement: Statement) -> Evidence:
    if evidence := by_algebra(fourth=statement.fourth, margin=statement.margin):
        return evidence
    direct, claimed = steps.energy(label=True)
    if sympy.simplify(direct - claimed * steps.noise_factor ** (statement.mass - 1)) != 0:
        witness = f"unit Gaussian noise, t = 1: the factor is {sympy.exp(1)}, not {sympy.exp(statement.mass)}"
        return refutes("symbolic", "another second moment of the score", witness)
    x = sympy.Symbol("x", positive=True)
    equations = [
        *steps.coefficients(),
        *steps.score_moments(),
        *steps.tail_exponents(),
        steps.bousquet(),
        ("e_2", remainder_weight(x), (sympy.exp(x) - 1 - x) / x**2),
    ]
    for equation in equations:
        if steps.differ(equation) != 0:
            return Evidence("symbolic", Outcome.ERROR, f"{equation[0]}: {steps.differ(equation)} is left")
    if not steps.lower_tail_holds():
        return Evidence("symbolic", Outcome.ERROR, "e^{-x} <= 1 - x + x^2/2 is not shown")
    return supports("symbolic", f"{len(equations) + 2} identities of steps 2 to 10, 13, 16, 17 and 19")


def identities(subject: Subject, statement: Statement) -> Iterator[Identity]:
    """For the feature 1: the lower tail of the weights without noise, and F under noise +-a."""
    tree, width = subject.link.tree, scale(subject)
    at, flip = 1 / width, width / 4
    top = combine("*", Num(at), tree)

    def weighted(read: Reader) -> tuple[Real, Real]:
        once, twice = (read.moments(tree, k * at, (0,))[0] for k in (1, 2))
        return once, twice

    def tail(read: Reader) -> Real:
        scaled = negate(combine("*", Num(_KAPPA), call("exp", (top,))))
        return read.moments(scaled, Fraction(1), (0,))[0]

    def bound(read: Reader) -> Real:
        once, twice = weighted(read)
        rate = read.number(_KAPPA)
        return read.exp(-rate * once + rate * rate / 2 * (twice if statement.fourth else once))

    yield Identity(f"E exp(-a w) for w = e^(ts), a = {_KAPPA}, t = {at}", tail, bound, "<=")

    noise = Noise("rademacher", flip)

    def shifted(read: Reader, k: int, powers: tuple[int, ...]) -> list[tuple[Real, ...]]:
        """E[y^i e^{kty}] at e = +-a."""
        return [read.moments(combine("+", tree, Num(e)), k * at, powers) for e in (flip, -flip)]

    def target(read: Reader) -> Real:
        """E_{pi*} s."""
        mass, first = read.moments(tree, at, (0, 1))
        return first / mass

    def direct(read: Reader) -> Real:
        (mass, first), (other, second) = shifted(read, 1, (0, 1))
        total = (mass + other) / 2
        fit = (first + second) / 2 / total
        squares = [m2 - 2 * fit * m1 + fit * fit * m0 for m0, m1, m2 in shifted(read, 2, (0, 1, 2))]
        return sum(squares) / 2 / (total * total)

    def claimed(read: Reader) -> Real:
        once, twice = (cumulants(noise, k * exact(at)) for k in (1, 2))
        mass = read.moments(tree, at, (0,))[0]
        m0, m1, m2 = read.moments(tree, 2 * at, (0, 1, 2))
        offset = twice[1] - once[1] - target(read)
        inner = m2 + 2 * offset * m1 + (offset * offset + twice[2]) * m0
        return read.exp(statement.mass * (twice[0] - 2 * once[0])) * inner / (mass * mass)

    yield Identity(f"F for the feature 1 at t = {at}, noise {noise}", direct, claimed)


def enclosed(subject: Subject, statement: Statement) -> Evidence:
    laws = explicit_laws(fourth=statement.fourth, margin=statement.margin)
    comparison = by_balls(subject, list(identities(subject, statement)), digits=_DIGITS, agree=_AGREE)
    return together([laws, comparison])


def integrated(subject: Subject, statement: Statement) -> Evidence:
    findings = []
    for fit in fits(subject):
        once, twice = (cumulants(fit.noise, k * exact(fit.t))[0] for k in (1, 2))
        altered = {"F": exp((statement.mass - 1) * float(twice - 2 * once))}
        if not statement.fourth:
            altered["sigma^2"] = 1 / fit.constants.fourth
        findings.append(compared(fit, altered))
    return together(findings)


def simulated(subject: Subject, statement: Statement) -> Evidence:
    return covered(subject, "V8", fits(subject))


CLAIM: Claim[Statement] = Claim(
    id="V8",
    title="The value gap of a readout trained on n samples, with its probability",
    formula=Formula(
        "P(|G^(1/2)(theta_hat - theta)| > r) <= delta_1 + p exp(-n kappa^2/(2 sigma^2)), r = q/(1 - kappa), "
        "q^2 = F/(n delta_1) or sharper; then |V(pi*) - V(pi_rhat)| <= a bound in r, at every n",
        r"P\big(|G^{1/2}(\hat\theta-\theta)|>r\big)\le\delta_1+p\,e^{-n\kappa^2/(2\sigma^2)},\quad "
        r"r=\frac{1}{1-\kappa}\sqrt{\frac{F}{n\delta_1}}",
    ),
    kind="upper",
    sentence="S7, S8",
    source="Tropp's matrix Laplace transform, Markov's and Bousquet's inequalities",
    assumptions=(NOT_CONSTANT, BOUNDED),
    quantified="every n, kappa, delta_1, noise, features and ridge in the proof; features 1, tanh(u -+ 1), "
    "t = 1/osc(s), n = 2,000 (full: also 3/osc(s), n = 10,000)",
    statement=Statement(),
    legs={"symbolic": derive, "enclosure": enclosed, "quadrature": integrated, "simulation": simulated},
    variants=(
        Variant("sigma^2 without the fourth moment of the features", Statement(fourth=False), "sigmoid"),
        Variant("F without the noise's factor e^{K_e(2t) - 2K_e(t)}", Statement(mass=0), "tanh"),
        Variant("kappa left out", Statement(margin=False), "erf"),
    ),
)
