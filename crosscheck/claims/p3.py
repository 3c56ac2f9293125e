"""P3. Deploying a learned reward costs exactly its divergence from the optimal policy.

The algebra is pointwise under E_{pi_rhat}, both rewards abstract.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

import sympy

from ...link.build import call, combine
from ...link.tree import Node, Num, Var
from ...numerics.deployment import policy as certified
from ...numerics.lowering.pointwise import compile_numpy
from ...numerics.precision import exact, working
from ...theory.exact.symbols import t
from ..claim import Claim, Formula, Subject, Variant, of_statement
from ..legs.identity import Balls, Identity, Reader, Real, numeric_legs, tilted
from ..legs.samples import judged_means, weighted
from ..legs.test_temperatures import TILT, gentle_tilt
from ..verdict import Evidence, refutes, supports

#: The learned reward is rhat = _SHRINK s + Delta/4 with Delta = cos(z): wrong in scale and in shape.
_SHRINK = Fraction(4, 5)
_PART = Fraction(1, 4)
_SHAPE = call("cos", (Var(),))


@dataclass(frozen=True, slots=True)
class Statement:
    """J(pi*) - J(pi_rhat) = factor beta^power KL, with the arguments of KL ``swapped`` or not."""

    factor: Fraction = Fraction(1)
    power: int = 1
    swapped: bool = False


def learned(tree: Node) -> Node:
    """The learned reward rhat of the claim, as a tree."""
    return combine("+", combine("*", Num(_SHRINK), tree), combine("*", Num(_PART), _SHAPE))


def identities(subject: Subject, statement: Statement, at: Fraction) -> list[Identity]:
    tree = subject.link.tree
    rhat = learned(tree)
    delta = combine("-", rhat, tree)

    def lost(read: Reader) -> Real:
        """J(pi*) - J(pi_rhat), each by its definition."""
        beta = 1 / read.number(at)
        mass, own = read.moments(rhat, at, (0, 1))
        best = read.log(read.moments(tree, at, (0,))[0]) * beta
        value = read.moments(tilted(tree, rhat, at), Fraction(0), (1,))[0] / mass
        return best - (value - beta * (read.number(at) * own / mass - read.log(mass)))

    def divergence(read: Reader) -> Real:
        """E_pi log(dpi/dpi') for the density ratio e^{t(rhat - s)} M/M_rhat, or its inverse."""
        base, sign = (tree, -1) if statement.swapped else (rhat, 1)
        mean = read.moments(tilted(delta, base, at), Fraction(0), (1,))[0]
        mean /= read.moments(base, at, (0,))[0]
        k, k_hat = (read.log(read.moments(side, at, (0,))[0]) for side in (tree, rhat))
        kl = sign * (read.number(at) * mean + k - k_hat)
        return read.number(statement.factor) * kl / read.number(at) ** statement.power

    return [Identity(f"J(pi*) - J(pi_rhat) at t = {at}", lost, divergence)]


@of_statement
def derive(statement: Statement) -> Evidence:
    """Under E_{pi_rhat} both sides are the same function of the two rewards."""
    s, r, k, k_hat = sympy.symbols("s r K K_hat", real=True)
    beta = 1 / t
    log_hat, log_star = t * r - k_hat, t * s - k  # log-densities against gamma
    lost = beta * k - (s - beta * log_hat)
    kl = log_star - log_hat if statement.swapped else log_hat - log_star
    claimed = sympy.Rational(statement.factor) * beta**statement.power * kl
    gap = sympy.simplify(lost - claimed)
    if gap != 0:
        return refutes("symbolic", "the integrands differ", f"difference {gap}")
    detail = "J(pi*) = beta K, and beta K - s + beta(t rhat - K_rhat) = beta log(dpi_rhat/dpi*) pointwise"
    return supports("symbolic", detail)


def simulated(subject: Subject, statement: Statement) -> Evidence:
    """J(pi_rhat) from inputs in R^8 weighted by e^{t rhat}, against beta K minus the certified divergence."""
    at = gentle_tilt(subject)
    tree = subject.link.tree
    rhat, beta = learned(tree), float(1 / at)
    s, r = compile_numpy(tree), compile_numpy(rhat)
    with working(160):
        gap = identities(subject, statement, at)[0].right(Balls(15))
        k, k_hat = (certified.log_partition(side, at, 12) for side in (tree, rhat))
        claimed = float((k / exact(at) - gap).mid())
        shift = float(k_hat.mid())
    observables = [lambda u, v, y: s(u) - beta * (float(at) * r(u) - shift)]
    means = weighted(subject.rng("P3"), rhat, at, observables)
    how = f" ({means.effective:.0f} effective)"
    return judged_means(subject, means, [f"J(pi_rhat) at t = {at}"], [claimed], how)


CLAIM: Claim[Statement] = Claim(
    id="P3",
    title="The objective lost by a learned reward",
    formula=Formula(
        "for E e^(ts), E e^(t rhat) < oo and s integrable under pi_rhat: J(pi*) - J(pi_rhat) = "
        "beta KL(pi_rhat||pi*)",
        r"J(\pi^*)-J(\pi_{\hat r})=\beta\,\mathrm{KL}(\pi_{\hat r}\|\pi^*)",
    ),
    kind="equal",
    sentence="S1",
    source="Gibbs variational principle (Donsker-Varadhan)",
    assumptions=(TILT,),
    quantified="every rhat in the derivation; rhat = 4s/5 + cos(z)/4 in the enclosures",
    statement=Statement(),
    legs={"symbolic": derive, **numeric_legs(identities, slice(1, 2), slice(1)), "simulation": simulated},
    variants=(
        Variant("KL(pi*||pi_rhat), the other way round", Statement(swapped=True), "tanh"),
        Variant("without the factor beta", Statement(power=0), "abs"),
        Variant("beta^2 in place of beta", Statement(power=2), "square"),
        Variant("1% too large", Statement(factor=Fraction(101, 100)), "sigmoid"),
    ),
)
