"""V8, V8s. What a readout trained on n samples loses, with its probability: label and surrogate weights."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from fractions import Fraction
from math import exp

import sympy

from ...link import NOISELESS, Noise, Num, call, combine, negate
from ...numerics.expectation.labels import cumulants
from ...numerics.precision import exact
from ...theory import policy as steps
from ...theory.exact import t
from ...theory.policy import pilot_factor, pilot_oscillation, remainder_weight
from ..claim import Claim, Subject, Variant, legs, of_statement
from ..legs.explicit_law import by_algebra, explicit_laws
from ..legs.fit_bound import BOUNDED, compared, covered, fits, scale, span
from ..legs.identity import Identity, Reader, Real, by_balls, tilted, value, variance
from ..legs.trials import NOT_CONSTANT
from ..verdict import Finding, broken, refutes, supports, together

_DIGITS, _AGREE = 16, 10
_KAPPA = Fraction(1, 2)


@dataclass(frozen=True, slots=True)
class LabelStatement:
    """fourth: sigma^2 = ||E X^2||, and not ||E X|| <= 1. mass: F carries e^{mass (K_e(2t) - 2K_e(t))}.

    margin: r has the factor 1/(1 - kappa), and the failure of the Gram matrix is counted.
    """

    fourth: bool = True
    mass: int = 1
    margin: bool = True


@of_statement
def label_derive(statement: LabelStatement) -> Finding:
    if evidence := by_algebra(fourth=statement.fourth, margin=statement.margin):
        return evidence
    direct, claimed = steps.energy(label=True)
    if sympy.simplify(direct - claimed * steps.noise_factor ** (statement.mass - 1)) != 0:
        witness = f"unit Gaussian noise, t = 1: the factor is {sympy.exp(1)}, not {sympy.exp(statement.mass)}"
        return refutes("another second moment of the score", witness)
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
            return broken(f"{equation[0]}: {steps.differ(equation)} is left")
    if not steps.lower_tail_holds():
        return broken("e^{-x} <= 1 - x + x^2/2 is not shown")
    return supports(f"{len(equations) + 2} identities of steps 2 to 10, 13, 16, 17 and 19")


def label_identities(subject: Subject, statement: LabelStatement) -> Iterator[Identity]:
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
        offset = twice[1] - once[1] - value(read, tree, at)
        inner = m2 + 2 * offset * m1 + (offset * offset + twice[2]) * m0
        return read.exp(statement.mass * (twice[0] - 2 * once[0])) * inner / (mass * mass)

    yield Identity(f"F for the feature 1 at t = {at}, noise {noise}", direct, claimed)


def label_enclosed(subject: Subject, statement: LabelStatement) -> Finding:
    laws = explicit_laws(fourth=statement.fourth, margin=statement.margin)
    comparison = by_balls(subject, list(label_identities(subject, statement)), digits=_DIGITS, agree=_AGREE)
    return together([laws, comparison])


def label_integrated(subject: Subject, statement: LabelStatement) -> Finding:
    findings = []
    for fit in fits(subject):
        once, twice = (cumulants(fit.noise, k * exact(fit.t))[0] for k in (1, 2))
        altered = {"F": exp((statement.mass - 1) * float(twice - 2 * once))}
        if not statement.fourth:
            altered["sigma^2"] = 1 / fit.constants.fourth
        findings.append(compared(fit, altered))
    return together(findings)


def label_simulated(subject: Subject, statement: LabelStatement) -> Finding:
    return covered(subject, "V8", fits(subject))


V8: Claim[LabelStatement] = Claim(
    id="V8",
    title="The value gap of a readout trained on n samples, with its probability",
    formula="P(|G^(1/2)(theta_hat - theta)| > r) <= delta_1 + p exp(-n kappa^2/(2 sigma^2)), r = q/(1 - "
    "kappa), q^2 = F/(n delta_1) or sharper; then |V(pi*) - V(pi_rhat)| <= a bound in r, at every n",
    latex=r"P\big(|G^{1/2}(\hat\theta-\theta)|>r\big)\le\delta_1+p\,e^{-n\kappa^2/(2\sigma^2)},\quad "
    r"r=\frac{1}{1-\kappa}\sqrt{\frac{F}{n\delta_1}}",
    kind="upper",
    sentence="S7, S8",
    source="Tropp's matrix Laplace transform, Markov's and Bousquet's inequalities",
    assumptions=(NOT_CONSTANT, BOUNDED),
    quantified="every n, kappa, delta_1, noise, features and ridge in the proof; features 1, tanh(u -+ 1), "
    "t = 1/osc(s), n = 2,000 (full: also 3/osc(s), n = 10,000)",
    statement=LabelStatement(),
    legs=legs(label_derive, label_enclosed, label_integrated, label_simulated),
    variants=(
        Variant("sigma^2 without the fourth moment of the features", LabelStatement(fourth=False), "sigmoid"),
        Variant("F without the noise's factor e^{K_e(2t) - 2K_e(t)}", LabelStatement(mass=0), "tanh"),
        Variant("kappa left out", LabelStatement(margin=False), "erf"),
    ),
)


_PILOT, _POOR = Fraction(9, 10), Fraction(1, 2)


@dataclass(frozen=True, slots=True)
class SurrogateStatement:
    """F carries spread Var e. pilot: R^2 = e^{pilot t D_0} (b_a0^2 + ...). margin: as in V8."""

    spread: Fraction = Fraction(1)
    pilot: int = 1
    margin: bool = True


@of_statement
def surrogate_derive(statement: SurrogateStatement) -> Finding:
    if evidence := by_algebra(fourth=True, margin=statement.margin):
        return evidence
    if statement.spread != 1:
        witness = f"rho = 0, Var e = 1: E[w^2 (y - f)^2 given x]/w^2 is 1, not {statement.spread}"
        return refutes("another second moment of the score", witness)
    if statement.pilot != 1:
        # s = 1 with chance 1/10, no pilot, e^t = 9: pi* is even, f = 1/10.
        under, own = Fraction(1, 2) * Fraction(82, 100), Fraction(9, 100)
        if statement.pilot < 1 and under > own:
            witness = f"s = 1 with chance 1/10, pilot 0, e^t = 9, n = oo: norm(Delta_0)^2 = {under} > {own}"
            return refutes("pi* is not the law of the weights", witness)
    direct, claimed = steps.energy(label=False)
    root = sympy.exp(t * pilot_oscillation)
    for left, right in ((direct, claimed), (pilot_factor() ** 2, root), *steps.any_law()):
        if sympy.simplify(left - right) != 0:
            return broken(f"{left} is not {right}")
    return supports(f"of steps 1, 3 and 4: {claimed}, the norm under any law, the pilot's factor")


def surrogate_identities(subject: Subject, statement: SurrogateStatement) -> Iterator[Identity]:
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

    def error(read: Reader) -> Real:
        mean = value(read, tree, _POOR * at)
        mass, first, second = read.moments(tree, at, (0, 1, 2))
        return second / mass - 2 * mean * first / mass + mean * mean

    def radius(read: Reader) -> Real:
        osc = read.read((ends[1] - ends[0]) * sympy.Rational(1, 2))
        return read.exp(statement.pilot * read.number(at) * osc) * variance(read, tree, _POOR * at)

    yield Identity(
        f"norm(Delta_0)^2 under pi* for n = oo, the feature 1, pilot s/2, t = {at}", error, radius, "<="
    )


def surrogate_enclosed(subject: Subject, statement: SurrogateStatement) -> Finding:
    laws = explicit_laws(margin=statement.margin)
    comparison = by_balls(
        subject, list(surrogate_identities(subject, statement)), digits=_DIGITS, agree=_AGREE
    )
    return together([laws, comparison])


def surrogate_integrated(subject: Subject, statement: SurrogateStatement) -> Finding:
    findings = []
    for fit in fits(subject, surrogate=True):
        altered = {}
        if not statement.spread:
            quiet = replace(fit, noise=NOISELESS).constants.noise_energy
            altered["F"] = (quiet / fit.constants.noise_energy) ** 2
        findings.append(compared(fit, altered))
    return together(findings)


def surrogate_simulated(subject: Subject, statement: SurrogateStatement) -> Finding:
    return covered(subject, "V8s", fits(subject, surrogate=True))


V8s: Claim[SurrogateStatement] = Claim(
    id="V8s",
    title="The bound at n samples under surrogate weights",
    formula="V8 with weights e^(t r_a0) of a pilot fixed before the samples: "
    "F = E w^2 (rho^2 + Var e) |varphi|^2 - beta_^2, "
    "norm(Delta_0) <= e^(t D_0/2) sqrt(b^2 + 2 beta_ r + r^2) under pi*, D_0 = osc(r* - r_a0)",
    latex=r"F=\mathbb{E}\,w^2(\rho^2+\mathrm{Var}\,e)|\varphi|^2-\beta^2,\quad "
    r"w=e^{tr_{a0}}/\mathbb{E}e^{tr_{a0}},\quad "
    r"\|\Delta_0\|_{\pi^*}\le e^{tD_0/2}\sqrt{b^2+2\beta r+r^2}",
    kind="upper",
    sentence="S7, S9",
    source="V8; change of measure between exponential tilts",
    assumptions=(NOT_CONSTANT, BOUNDED),
    quantified="every bounded pilot of other samples in the proof; pilot 9s/10, features 1, tanh(u -+ 1), "
    "t = 1/osc(s), n = 2,000 (full: also 3/osc(s), n = 10,000)",
    statement=SurrogateStatement(),
    legs=legs(surrogate_derive, surrogate_enclosed, surrogate_integrated, surrogate_simulated),
    variants=(
        Variant("the noise's variance left out of F", SurrogateStatement(spread=Fraction(0)), "tanh"),
        Variant("the pilot's factor left out of R", SurrogateStatement(pilot=0), "sigmoid(4*(z-2))"),
        Variant("kappa left out", SurrogateStatement(margin=False), "sin"),
    ),
)

CLAIMS = {claim.id: claim for claim in (V8, V8s)}
