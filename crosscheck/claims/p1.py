"""P1. The tilted policy in one dimension: value, divergence and objective from the log partition function."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

import sympy

from ...numerics.deployment import policy as certified
from ...numerics.precision import working
from ...theory.exact.symbols import t
from ...theory.policy import abstract_moment, abstract_reward, closed_policy, from_log_partition, on_the_line
from ..claim import Claim, Formula, Subject, Variant, of_statement
from ..legs.identity import Identity, Reader, Real, numeric_legs
from ..legs.samples import judged_means, weighted
from ..legs.test_temperatures import TILT, gentle_tilt
from ..verdict import Evidence, refutes, supports


@dataclass(frozen=True, slots=True)
class Statement:
    """V = factor K', KL = t K' - share K, J = K/t^power, and E_{pi*} <v,x>^2 = across for v across theta*."""

    factor: Fraction = Fraction(1)
    share: Fraction = Fraction(1)
    power: int = 1
    across: Fraction = Fraction(1)


def identities(subject: Subject, statement: Statement, at: Fraction) -> list[Identity]:
    tree = subject.link.tree

    def value(read: Reader) -> Real:
        mass, first = read.moments(tree, at, (0, 1))
        return first / mass

    def divergence(read: Reader) -> Real:
        # E_{pi*} log(dpi*/dgamma), the density being e^{ts}/M.
        mass, first = read.moments(tree, at, (0, 1))
        return (read.number(at) * first - read.log(mass) * mass) / mass

    def gained(read: Reader) -> Real:
        k, first, _ = read.slopes(tree, at)
        return read.number(at) * first - read.number(statement.share) * k

    def scaled(read: Reader) -> Real:
        return read.log(read.moments(tree, at, (0,))[0]) / read.number(at) ** statement.power

    factor = statement.factor
    rows = [
        Identity(f"V at t = {at}", value, lambda read: read.number(factor) * read.slopes(tree, at)[1]),
        Identity(f"KL at t = {at}", divergence, gained),
        Identity(f"J at t = {at}", lambda read: value(read) - divergence(read) / read.number(at), scaled),
    ]
    if (closed := closed_policy(tree)) is not None:
        exact = closed.at(sympy.Rational(at))
        scaled_value = sympy.Rational(factor) * exact.value
        rows += [
            Identity(f"closed form of V at t = {at}", value, lambda read: read.read(scaled_value)),
            Identity(f"closed form of KL at t = {at}", divergence, lambda read: read.read(exact.kl)),
        ]
    return rows


@of_statement
def derive(statement: Statement) -> Evidence:
    """For any s: differentiate K = log M under the integral and compare with the policy's definitions."""
    s, mass, first = abstract_reward, abstract_moment(0), abstract_moment(1)
    log_mass = sympy.Symbol("K", real=True)
    forms = from_log_partition(sympy.log(mass))
    # log dpi*/dgamma = ts - K pointwise, so KL is linear in the two integrals.
    pointwise = sympy.expand_log(sympy.log(sympy.exp(t * s) / sympy.exp(log_mass)), force=True)
    value = first / mass
    kl = t * value - sympy.log(mass)
    checks = [
        ("log-density", pointwise, t * s - log_mass),
        ("V", value, sympy.Rational(statement.factor) * forms.value),
        ("KL", kl, t * forms.value - sympy.Rational(statement.share) * forms.log_partition),
        ("J", value - kl / t, sympy.log(mass) / t**statement.power),
        # x = z theta* + rest: e^{ts(z)} phi(z) phi_{d-1}(rest)/M keeps the factor phi_{d-1}.
        ("variance across theta*", sympy.S.One, sympy.Rational(statement.across)),
    ]
    for name, left, right in checks:
        gap = sympy.cancel(left - right)
        if gap != 0:
            example = on_the_line(gap).subs(t, 3)
            witness = f"for s(z) = z at t = 3 the {name} is off by {sympy.simplify(example)}"
            return refutes("symbolic", f"{name}: another value follows", witness)
    detail = "s abstract: (log M)' = E[s e^{ts}]/M under the integral, and log dpi*/dgamma = ts - K"
    return supports("symbolic", detail)


def simulated(subject: Subject, statement: Statement) -> Evidence:
    at = gentle_tilt(subject)
    with working(80):
        exact = certified.moments(subject.link.tree, at, 12)
        k, slope = float(exact.log_partition.mid()), float(exact.value.mid())
    observables = lambda u, v, y: y, lambda u, v, y: float(at) * y - k, lambda u, v, y: v**2
    means = weighted(subject.rng("P1"), subject.link.tree, at, observables)
    claimed = (
        float(statement.factor) * slope,
        float(at) * slope - float(statement.share) * k,
        float(statement.across),
    )
    labels = [f"{name} at t = {at}" for name in ("V", "KL", "variance across theta*")]
    return judged_means(subject, means, labels, claimed, f" ({means.effective:.0f} effective)")


CLAIM: Claim[Statement] = Claim(
    id="P1",
    title="The tilted policy from its log partition function",
    formula=Formula(
        "for 0 < t < t_max: V(pi*) = K'(t), KL(pi*||gamma) = tK'(t) - K(t), J(pi*) = K(t)/t, and only "
        "<theta*,x> is tilted",
        r"V(\pi^*)=K'(t),\quad \mathrm{KL}(\pi^*\|\gamma)=tK'(t)-K(t),\quad J(\pi^*)=K(t)/t",
    ),
    kind="equal",
    sentence="S1",
    source="exponential families",
    assumptions=(TILT,),
    quantified="every t in (0, t_max) in the derivation, two of them in the enclosures",
    statement=Statement(),
    legs={"symbolic": derive, **numeric_legs(identities, slice(2), slice(1, 2)), "simulation": simulated},
    variants=(
        Variant("V 1% too large", Statement(factor=Fraction(101, 100)), "linear"),
        Variant("KL = tK' - K/2", Statement(share=Fraction(1, 2)), "tanh"),
        Variant("J = K/t^2", Statement(power=2), "square"),
        Variant("orthogonal directions shrink to variance 9/10", Statement(across=Fraction(9, 10)), "relu"),
    ),
)
