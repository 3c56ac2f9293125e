"""P4. The price of exponential weights: effective sample size and chi-squared divergence.

The enclosures include t_max/2 and both sides of it; the samples are noisy.
"""

import math
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import lru_cache
from typing import Literal

import sympy

from ...link import Node, Noise, Num, combine
from ...numerics.deployment import policy as certified
from ...numerics.expectation.oracle import NotIntegrable, Unresolved, oracle, t_range
from ...numerics.precision import dyadic_below, exact
from ...theory.exact import t, z
from ...theory.exact.lower import rational
from ...theory.policy import (
    abstract_moment,
    abstract_reward,
    closed_policy,
    from_log_partition,
    rational_mass,
)
from ...theory.signal import cumulant
from ..claim import Claim, Subject, Variant, legs
from ..legs.identity import Identity, Reader, Real, by_balls, by_estimates
from ..legs.trials import DIMENSION, SAMPLES, TILT, Row, gentle_tilt, judged, tilts, weighted
from ..link_facts.exponents import tilt_limit
from ..verdict import Finding, Outcome, refutes, supports, undecided

_NOISE = Noise("gaussian", Fraction(1, 2))


@dataclass(frozen=True, slots=True)
class Statement:
    """chi2 + 1 = e^{K(2t) - doubled K(t)}, infinite beyond ``share`` t_max; noise counts ``noisy`` times.

    edge: whether chi2 is infinite at that end: ``iff`` M(t_max) is, or always.
    """

    doubled: Fraction = Fraction(2)
    share: Fraction = Fraction(1, 2)
    noisy: int = 1
    edge: Literal["iff", "always"] = "iff"


def identities(subject: Subject, statement: Statement, at: Fraction) -> list[Identity]:
    tree = subject.link.tree
    twice = combine("*", Num(Fraction(2)), tree)

    def second(read: Reader) -> Real:
        # E[(dpi*/dgamma)^2], the square of the density being e^{t(2s)}/M^2.
        return read.moments(twice, at, (0,))[0] / read.moments(tree, at, (0,))[0] ** 2

    def claimed(read: Reader) -> Real:
        double = read.log(read.moments(tree, 2 * at, (0,))[0])
        single = read.log(read.moments(tree, at, (0,))[0])
        return read.exp(double - read.number(statement.doubled) * single)

    rows = [Identity(f"chi2 + 1 at t = {at}", second, claimed)]
    if (closed := closed_policy(tree)) is not None:
        form = closed.at(sympy.Rational(at)).chi2 + 1
        rows.append(Identity(f"closed form of chi2 + 1 at t = {at}", second, lambda read: read.read(form)))
    return rows


def derive(subject: Subject, statement: Statement) -> Finding:
    """The steps for any s, and what is said of t_max/2 where M(t_max) of this link is known exactly."""
    derivation = _derived(statement)
    end = _t_max(subject)
    if derivation.outcome is Outcome.REFUTES or end is None:
        return derivation
    mass = rational_mass(subject.link.tree, rational(end))
    if mass is None:
        return derivation
    if statement.edge == "always" and mass is not sympy.oo:
        witness = f"M(t_max) = {mass}, so chi2 is finite at t = {end / 2}, the statement says infinite"
        return refutes("the weights' variance", witness)
    return replace(derivation, detail=f"{derivation.detail}; M(t_max) = {mass} on this link")


def _t_max(subject: Subject) -> Fraction | None:
    """t_max where it is finite and rational, so that chi2 can be asked for at exactly half of it."""
    value = tilt_limit(subject.link).value
    if value is None or not sympy.sympify(value).is_Rational or value == 0:
        return None
    return Fraction(value)


@lru_cache(maxsize=16)
def _derived(statement: Statement) -> Finding:
    """E (dpi*/dgamma)^2 = M(2t)/M(t)^2 for any s; Kish's size is n (E w)^2/E w^2 with independent noise."""
    s, mass = abstract_reward, abstract_moment(0)
    double = mass.subs(t, 2 * t)
    true = double / mass**2
    claimed = sympy.exp(sympy.log(double) - sympy.Rational(statement.doubled) * sympy.log(mass))
    if sympy.simplify(true - claimed) != 0:
        example = sympy.simplify((true / claimed).subs(s, z).doit().subs(t, 1))
        return refutes("another chi2", f"for s(z) = z at t = 1 the ratio of both sides is {example}")
    forms = from_log_partition(sympy.log(mass), statement.noisy * cumulant(_NOISE))
    # E w = M E e^{te} and E w^2 = M(2t) E e^{2te} by independence.
    laplace = sympy.exp(cumulant(_NOISE))
    kish = (mass * laplace) ** 2 / (double * laplace.subs(t, 2 * t))
    gap = sympy.simplify(kish / forms.ess_ratio)
    if gap != 1:
        witness = f"with {_NOISE} noise the two sides differ by the factor {gap}"
        return refutes("another effective sample size", witness)
    # M(2t) is finite for 2t below t_max and infinite beyond, by the meaning of t_max.
    limit = sympy.Symbol("t_max", positive=True)
    gap = sympy.solve(2 * t - limit, t)[0] - sympy.Rational(statement.share) * limit
    if gap != 0:
        witness = f"M(2t) is infinite from t = t_max/2 on, the statement's end is off by {gap}"
        return refutes("another end of finite variance", witness)
    detail = "(dpi*/dgamma)^2 = e^{2ts}/M^2 pointwise; E w and E w^2 factor over the independent noise"
    return supports(detail)


def enclosed(subject: Subject, statement: Statement) -> Finding:
    return _wrong_end(subject, statement) or by_balls(subject, _identities(subject, statement, 2))


def _identities(subject: Subject, statement: Statement, most: int) -> list[Identity]:
    """Those at the first temperatures where M(2t) is proved finite."""
    limit = t_range(subject.link.tree).finite_below
    points = [at for at in tilts(subject) if exact(2 * at) < limit]
    return [each for at in points[:most] for each in identities(subject, statement, at)]


def _wrong_end(subject: Subject, statement: Statement) -> Finding | None:
    """chi2 must be proved infinite or finite where the statement says so, at and around t_max/2."""
    tree, end = subject.link.tree, _t_max(subject)
    limit = t_range(tree).infinite_from
    if not limit.is_finite():
        return None
    twice = combine("*", Num(Fraction(2)), tree)
    about = dyadic_below(float(limit), 12) if end is None else end
    for share in (Fraction(2, 5), *([] if end is None else [Fraction(1, 2)]), Fraction(3, 5)):
        at = about * share
        stated: bool | None = share > statement.share
        if share == statement.share:
            stated = True if statement.edge == "always" else _diverges(tree, 2 * at)
        # E (dpi*/dgamma)^2 as an expectation of the link 2s.
        diverges = _diverges(twice, at)
        if stated is None or diverges is None:
            return undecided(f"whether chi2 is finite at t = {at} is open")
        if diverges != stated:
            words = ("finite", "infinite")
            witness = f"chi2 at t = {at} is {words[diverges]}, the statement says {words[stated]}"
            return refutes("the weights' variance", witness)
    return None


def _diverges(tree: Node, t: Fraction) -> bool | None:
    """Whether E e^{ts} is infinite: by the growth of s, or by a closed form; None where neither tells."""
    try:
        oracle(tree).tilted_moments((0,), (0,), t, 5)
    except NotIntegrable:
        return True
    except Unresolved:
        mass = rational_mass(tree, rational(t))
        return None if mass is None else mass is sympy.oo
    return False


def integrated(subject: Subject, statement: Statement) -> Finding:
    return by_estimates(_identities(subject, statement, 1))


def simulated(subject: Subject, statement: Statement) -> Finding:
    """Kish's effective share of weighted noisy samples in R^8."""
    at = gentle_tilt(subject) / 2  # the share's standard error needs E w^4
    means = weighted(subject.rng("P4"), subject.link.tree, at, (), _NOISE)
    double, single = (float(certified.log_partition(subject.link.tree, j * at, 12).mid()) for j in (2, 1))
    extra = float(_NOISE.scale) ** 2 * float(at) ** 2
    claimed = math.exp(float(statement.doubled) * single - double - statement.noisy * extra)
    row = Row(f"effective share at t = {at}", means.effective / means.n, means.effective_error, claimed)
    return judged(subject, [row], SAMPLES, f" in d = {DIMENSION}, noise {_NOISE}")


CLAIM: Claim[Statement] = Claim(
    id="P4",
    title="What exponential weights cost in samples",
    formula="for 0 < t < t_max: ESS/n -> e^(2K_y(t)-K_y(2t)); chi2(pi*||gamma) + 1 = e^(K(2t)-2K(t)), "
    "infinite for 2t > t_max, and at 2t = t_max iff M(t_max) = oo",
    latex=r"\mathrm{ESS}/n\to e^{2K_y(t)-K_y(2t)},\qquad \chi^2(\pi^*\|\gamma)+1=e^{K(2t)-2K(t)}",
    kind="equal",
    sentence="S8",
    source="importance sampling (Kish), exponential families",
    assumptions=(TILT,),
    quantified="every t in (0, t_max) in the derivation; at and around t_max/2 where t_max is finite",
    statement=Statement(),
    legs=legs(derive, enclosed, integrated, simulated),
    variants=(
        Variant("e^(K(2t)-K(t))", Statement(doubled=Fraction(1)), "tanh"),
        Variant("infinite variance only beyond t_max", Statement(share=Fraction(1)), "square"),
        Variant("noise costs no samples", Statement(noisy=0), "sigmoid"),
        Variant("infinite variance from t_max/4 on", Statement(share=Fraction(1, 4)), "parabola"),
        Variant("infinite variance at t_max/2 always", Statement(edge="always"), "z**2/2 - 2*log(1 + z**2)"),
    ),
)
