"""V3. What the exponential weights cost the readout: the leading term of its excess risk as n -> oo.

A limit of expectations, which bounds nothing at finite n.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from fractions import Fraction

import sympy
from scipy import special

from ...link import Noise
from ...link.build import combine
from ...link.tree import Node, Num
from ...theory.exact.lower import rational
from ...theory.exact.symbols import t
from ..claim import Claim, Formula, Subject, Variant, of_statement
from ..legs.identity import Identity, Reader, Real, by_balls, by_estimates
from ..legs.learning_curve import learning_curves, size
from ..legs.samples import Row, judged
from ..legs.test_temperatures import HALF_TILT, gentle_tilt
from ..verdict import Evidence, refutes, supports, undecided

_FLIP = Noise("rademacher", Fraction(1, 2))


@dataclass(frozen=True, slots=True)
class Statement:
    """S carries e^{mass K_e(2t)}, spread K_e''(2t) and K_e'(2t) - moved K_e'(t); the cost times factor.

    The excess risk falls like n^{-rate}.
    """

    mass: int = 1
    spread: Fraction = Fraction(1)
    moved: Fraction = Fraction(1)
    factor: Fraction = Fraction(1)
    rate: Fraction = Fraction(1)


def _noise(read: Reader, at: Fraction) -> tuple[Real, Real, Real]:
    """K_e, K_e' and K_e'' of noise +-a."""
    a = rational(_FLIP.scale)
    k = sympy.log(sympy.cosh(a * t))
    value = rational(at)
    found = [read.read(sympy.diff(k, t, order).subs(t, value)) for order in range(3)]
    return found[0], found[1], found[2]


def identities(subject: Subject, statement: Statement, at: Fraction) -> list[Identity]:
    """E[w^2 (y - f)^2], the entry of S at the feature 1, for the predictor f = s/2 + K_e'(t)."""
    tree = subject.link.tree

    def entry(read: Reader, reward: Node, at: Fraction, offset: Real, extra: Real) -> Real:
        """E[e^{2t reward}((reward/2 + offset)^2 + extra)]."""
        mass, first, second = read.moments(reward, 2 * at, (0, 1, 2))
        return second / 4 + offset * first + (offset * offset + extra) * mass

    def direct(read: Reader) -> Real:
        slope = _noise(read, at)[1]
        total = read.number(0)
        for flip in (_FLIP.scale, -_FLIP.scale):
            noisy = combine("+", tree, Num(flip))
            # y - f = (s + flip)/2 + flip/2 - K_e'
            total += entry(read, noisy, at, read.number(flip / 2) - slope, read.number(0)) / 2
        return total

    def claimed(read: Reader) -> Real:
        log_mass, twice, curvature = _noise(read, 2 * at)
        offset = twice - read.number(statement.moved) * _noise(read, at)[1]
        extra = read.number(statement.spread) * curvature
        value = read.exp(statement.mass * log_mass) * entry(read, tree, at, offset, extra)
        return read.number(statement.factor) * value

    return [Identity(f"an entry of S at t = {at}", direct, claimed)]


@of_statement
def derive(statement: Statement) -> Evidence:
    """The fit solves sum w psi (y - psi' theta) = 0: theta_hat - theta ~ H^{-1} mean(w psi (y - f)).

    Its covariance is H^{-1} S H^{-1}/n; S follows from E e^{2te} e^j = L^{(j)}(2t), L = E e^{te}.
    """
    if statement.rate != 1:
        # The summands are independent with mean 0: the covariance of their mean is S/n.
        witness = f"n = 4: the excess risk is 1/4 of the trace, not {sympy.Integer(4) ** -statement.rate}"
        return refutes("symbolic", "another rate in n", witness)
    e, rho, once = sympy.symbols("e rho K1", real=True)
    laplace = sympy.Function("L", positive=True)(t)
    k = sympy.log(laplace)
    moments = [sympy.diff(laplace, t, order) if order else laplace for order in range(3)]
    # y - f = rho + e - K_e'(t); everything is evaluated at 2t except K_e'(t), named K1.
    expanded = sympy.Poly(sympy.expand((rho + e - once) ** 2), e)
    direct = sum(c * moments[power] for (power,), c in expanded.terms())
    offset = sympy.diff(k, t) - sympy.Rational(statement.moved) * once
    claimed = laplace**statement.mass * (
        (rho + offset) ** 2 + sympy.Rational(statement.spread) * sympy.diff(k, t, 2)
    )
    gap = sympy.simplify(direct - sympy.Rational(statement.factor) * claimed)
    if gap != 0:
        example = gap.subs({rho: 1, once: 1}).subs(laplace, sympy.exp(t**2 / 2)).doit().subs(t, 2)
        witness = f"unit Gaussian noise, rho = 1, t = 1: S per unit of psi psi' is off by {example}"
        return refutes("symbolic", "another S", witness)
    detail = "step 5, noise abstract: E e^{2te}(rho + e - K_e')^2 in L(2t), L'(2t), L''(2t)"
    return supports("symbolic", detail)


def enclosed(subject: Subject, statement: Statement) -> Evidence:
    return by_balls(subject, identities(subject, statement, gentle_tilt(subject)), digits=16, agree=10)


def integrated(subject: Subject, statement: Statement) -> Evidence:
    return by_estimates(identities(subject, statement, gentle_tilt(subject)))


def simulated(subject: Subject, statement: Statement) -> Evidence:
    """Learning curves, their 1/n extrapolated to 0, against the slope and the certified cost."""
    curves, rows = learning_curves(subject), []
    for curve in curves:
        if curve.cost is None:
            return undecided("simulation", str(curve))
        claimed = float(statement.factor) * curve.cost
        if curve.weights == "label":
            claimed *= math.exp((statement.mass - 1) * 2 * float(curve.noise.scale * curve.at) ** 2)
        limit, slope, where = curve.limit, curve.final_slope, f"{curve.weights} weights, t = {curve.at}"
        rows += [
            Row(f"the limit of n times the excess risk, {where}", limit.value, limit.error, claimed),
            Row(f"the slope in log n, {where}", slope.value, slope.error, -float(statement.rate)),
        ]
    made = size(subject)
    evidence = judged(subject, rows, made.n, f" at most, {made.fits} such fits", made.batches - 1)
    # The standard errors that a wrong cost must exceed to be caught, but for one case in a thousand.
    reach = -float(special.stdtrit(made.batches - 1, subject.alarm / (2 * len(rows)))) + 3
    power = [reach * curve.limit.error / curve.cost for curve in curves if curve.cost]
    caught = f"a cost off by {min(power):.1%} throughout or {max(power):.1%} anywhere would have been caught"
    return replace(evidence, detail="; ".join([evidence.detail, caught, *map(str, curves)]))


CLAIM: Claim[Statement] = Claim(
    id="V3",
    title="The learning cost of the weighted readout as n -> oo",
    formula=Formula(
        "n E Var_pi*(fhat - f) -> tr(C H^-1 S H^-1) as n -> oo, S = E[w^2 (y-f)^2 psi psi'], w = e^(ty), for "
        "least squares without a penalty on fixed bounded features of <theta*, x>, one of them 1",
        r"n\,\mathbb{E}\,\mathrm{Var}_{\pi^*}(\hat f-f)\to\mathrm{tr}(CH^{-1}SH^{-1})\ (n\to\infty),\quad "
        r"S=\mathbb{E}[w^2(y-f)^2\psi\psi^\top],\quad w=e^{ty}",
    ),
    kind="law",
    sentence="S7",
    source="M-estimation (sandwich covariance)",
    assumptions=(HALF_TILT,),
    quantified="every noise in the derivation of S; one small t, features 1 and tanh(z - b), b = -2, 0, 2; "
    "pilot 9/10 of the link for surrogate weights",
    statement=Statement(),
    legs={"symbolic": derive, "enclosure": enclosed, "quadrature": integrated, "simulation": simulated},
    variants=(
        Variant("the noise's factor e^{K_e(2t)} left out", Statement(mass=0), "tanh"),
        Variant("the noise's variance K_e''(2t) left out", Statement(spread=Fraction(0)), "sin"),
        Variant("the shift of the target forgotten", Statement(moved=Fraction(0)), "relu"),
        Variant("twice the cost", Statement(factor=Fraction(2)), "sigmoid"),
        Variant("the cost 5% too large", Statement(factor=Fraction(21, 20)), "hardtanh"),
        Variant("the excess risk falls like n^(-1/2)", Statement(rate=Fraction(1, 2)), "tanh"),
    ),
)
