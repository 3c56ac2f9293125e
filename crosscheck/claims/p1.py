"""P1 to P3. The tilted policy: value and divergence, what a lower temperature gains, a wrong reward loses.

The algebra of P3 is pointwise under E_{pi_rhat}, both rewards abstract.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import partial
from itertools import pairwise

import numpy as np
import sympy

from ...link import Node, Num, Var, call, combine
from ...numerics.deployment import policy as certified
from ...numerics.estimates.sampling import sample_tilted
from ...numerics.lowering.pointwise import compile_numpy
from ...numerics.precision import exact, working
from ...theory.exact import t
from ...theory.policy import abstract_moment, abstract_reward, closed_policy, from_log_partition, on_the_line
from ..claim import Claim, Subject, Variant, legs, of_statement
from ..legs.identity import Balls, Identity, Reader, Real, by_balls, by_estimates, numeric_legs, tilted, value
from ..legs.trials import NOT_CONSTANT, SAMPLES, TILT, Row, gentle_tilt, judged, judged_means, tilts, weighted
from ..verdict import Finding, refutes, supports


@dataclass(frozen=True, slots=True)
class ValueStatement:
    """V = factor K', KL = t K' - share K, J = K/t^power, and E_{pi*} <v,x>^2 = across for v across theta*."""

    factor: Fraction = Fraction(1)
    share: Fraction = Fraction(1)
    power: int = 1
    across: Fraction = Fraction(1)


def value_identities(subject: Subject, statement: ValueStatement, at: Fraction) -> list[Identity]:
    tree = subject.link.tree

    def divergence(read: Reader) -> Real:
        # E_{pi*} log(dpi*/dgamma), the density being e^{ts}/M.
        mass, first = read.moments(tree, at, (0, 1))
        return (read.number(at) * first - read.log(mass) * mass) / mass

    def gained(read: Reader) -> Real:
        k, first, _ = read.slopes(tree, at)
        return read.number(at) * first - read.number(statement.share) * k

    def scaled(read: Reader) -> Real:
        return read.log(read.moments(tree, at, (0,))[0]) / read.number(at) ** statement.power

    factor, v = statement.factor, partial(value, tree=tree, at=at)
    rows = [
        Identity(f"V at t = {at}", v, lambda read: read.number(factor) * read.slopes(tree, at)[1]),
        Identity(f"KL at t = {at}", divergence, gained),
        Identity(f"J at t = {at}", lambda read: v(read) - divergence(read) / read.number(at), scaled),
    ]
    if (closed := closed_policy(tree)) is not None:
        exact = closed.at(sympy.Rational(at))
        scaled_value = sympy.Rational(factor) * exact.value
        rows += [
            Identity(f"closed form of V at t = {at}", v, lambda read: read.read(scaled_value)),
            Identity(f"closed form of KL at t = {at}", divergence, lambda read: read.read(exact.kl)),
        ]
    return rows


@of_statement
def value_derive(statement: ValueStatement) -> Finding:
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
            return refutes(f"{name}: another value follows", witness)
    return supports("s abstract: (log M)' = E[s e^{ts}]/M under the integral, and log dpi*/dgamma = ts - K")


def value_simulated(subject: Subject, statement: ValueStatement) -> Finding:
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


P1: Claim[ValueStatement] = Claim(
    id="P1",
    title="The tilted policy from its log partition function",
    formula="for 0 < t < t_max: V(pi*) = K'(t), KL(pi*||gamma) = tK'(t) - K(t), J(pi*) = K(t)/t, and only "
    "<theta*,x> is tilted",
    latex=r"V(\pi^*)=K'(t),\quad \mathrm{KL}(\pi^*\|\gamma)=tK'(t)-K(t),\quad J(\pi^*)=K(t)/t",
    kind="equal",
    sentence="S1",
    source="exponential families",
    assumptions=(TILT,),
    quantified="every t in (0, t_max) in the derivation, two of them in the enclosures",
    statement=ValueStatement(),
    legs={
        "symbolic": value_derive,
        **numeric_legs(value_identities, slice(2), slice(1, 2)),
        "simulation": value_simulated,
    },
    variants=(
        Variant("V 1% too large", ValueStatement(factor=Fraction(101, 100)), "linear"),
        Variant("KL = tK' - K/2", ValueStatement(share=Fraction(1, 2)), "tanh"),
        Variant("J = K/t^2", ValueStatement(power=2), "square"),
        Variant(
            "orthogonal directions shrink to variance 9/10", ValueStatement(across=Fraction(9, 10)), "relu"
        ),
    ),
)


@dataclass(frozen=True, slots=True)
class VarianceStatement:
    """K'' = factor (E_{pi*} s^2 - centre V^2); V increases in t times ``direction``; V >= reach K/t."""

    factor: Fraction = Fraction(1)
    centre: Fraction = Fraction(1)
    direction: int = 1
    reach: Fraction = Fraction(1)


def variance_identities(
    subject: Subject, statement: VarianceStatement, points: Sequence[Fraction]
) -> list[Identity]:
    tree = subject.link.tree

    def curvature(at: Fraction, read: Reader) -> Real:
        return read.slopes(tree, at)[2]

    def variance(at: Fraction, read: Reader) -> Real:
        mass, first, second = read.moments(tree, at, (0, 1, 2))
        mean = first / mass
        centred = second / mass - read.number(statement.centre) * mean * mean
        return read.number(statement.factor) * centred

    def floor(at: Fraction, read: Reader) -> Real:
        k = read.log(read.moments(tree, at, (0,))[0])
        return read.number(statement.reach) * k / read.number(at)

    rows = []
    for at in points:
        rows.append(Identity(f"K'' at t = {at}", partial(curvature, at), partial(variance, at)))
        rows.append(
            Identity(f"K/t against V at t = {at}", partial(floor, at), partial(value, tree=tree, at=at), "<=")
        )
    for pair in pairwise(points):
        low, high = pair[:: statement.direction]
        before, after = (partial(value, tree=tree, at=at) for at in (low, high))
        rows.append(Identity(f"V at t = {low} against t = {high}", before, after, "<="))
    return rows


@of_statement
def variance_derive(statement: VarianceStatement) -> Finding:
    """For any s, K'' is the variance; K is convex with K(0) = 0, hence K(t)/t <= K'(t)."""
    mass, first, second = (abstract_moment(power) for power in range(3))
    true = from_log_partition(sympy.log(mass)).variance
    centred = second / mass - sympy.Rational(statement.centre) * (first / mass) ** 2
    gap = sympy.cancel(true - sympy.Rational(statement.factor) * centred)
    if gap != 0:
        example = sympy.simplify(on_the_line(gap).subs(t, 3))
        return refutes("another derivative", f"for s(z) = z at t = 3: off by {example}")
    # On s = z: V = t and K/t = t/2, and the inequalities must hold there at least.
    line = from_log_partition(t**2 / 2)
    rise = statement.direction * sympy.diff(line.value, t)
    above = sympy.expand(line.value - sympy.Rational(statement.reach) * line.objective)
    for name, margin in (("V rises", rise), ("V - K/t", above)):
        if margin.is_negative:
            witness = f"{name}: {margin} for s(z) = z, which should not be negative"
            return refutes("an inequality fails for s(z) = z", witness)
    return supports("s abstract: (log M)'' = E_{pi*} s^2 - V^2 > 0; K convex with K(0) = 0 gives K/t <= K'")


def variance_simulated(subject: Subject, statement: VarianceStatement) -> Finding:
    """Draws of the tilted law itself (not weighted ones): their spread against K'' by differences."""
    at = gentle_tilt(subject)
    tree, rng = subject.link.tree, subject.rng("P2")
    s = compile_numpy(tree)(sample_tilted(tree, float(at), SAMPLES, rng))
    low, high = (certified.moments(tree, at * Fraction(n, 1000), 15) for n in (999, 1001))
    slope = float((high.value - low.value).mid()) / (float(at) / 500)
    squares = (s - s.mean()) ** 2 + (1 - float(statement.centre)) * s.mean() ** 2
    row = Row(
        f"Var_(pi*) s at t = {at}",
        float(statement.factor) * float(squares.mean()),
        float(statement.factor) * float(squares.std()) / float(np.sqrt(SAMPLES)),
        slope,
    )
    return judged(subject, [row])


P2: Claim[VarianceStatement] = Claim(
    id="P2",
    title="Lowering the temperature gains value",
    formula="for s not constant and 0 < t < t_max: dV/dt = K''(t) = Var_(pi*)(s) > 0 and K(t)/t <= V(t)",
    latex=r"\frac{dV}{dt}=K''(t)=\mathrm{Var}_{\pi^*}(s)>0,\qquad K(t)/t\le V(t)",
    kind="equal",
    sentence="S8",
    source="convexity of cumulant generating functions",
    assumptions=(TILT, NOT_CONSTANT),
    quantified="every t in (0, t_max) in the derivation, two of them in the enclosures",
    statement=VarianceStatement(),
    legs=legs(
        variance_derive,
        lambda subject, s: by_balls(subject, variance_identities(subject, s, tilts(subject)[:2])),
        lambda subject, s: by_estimates(variance_identities(subject, s, tilts(subject)[:1])),
        variance_simulated,
    ),
    variants=(
        Variant("variance halved", VarianceStatement(factor=Fraction(1, 2)), "sigmoid"),
        Variant("second moment in place of the variance", VarianceStatement(centre=Fraction(0)), "linear-3"),
        Variant("V decreases in t", VarianceStatement(direction=-1), "tanh"),
        Variant("V >= 3K/t", VarianceStatement(reach=Fraction(3)), "relu"),
    ),
)


#: The learned reward is rhat = _SHRINK s + Delta/4 with Delta = cos(z): wrong in scale and in shape.
_SHRINK = Fraction(4, 5)
_PART = Fraction(1, 4)
_SHAPE = call("cos", (Var(),))


@dataclass(frozen=True, slots=True)
class RegretStatement:
    """J(pi*) - J(pi_rhat) = factor beta^power KL, with the arguments of KL ``swapped`` or not."""

    factor: Fraction = Fraction(1)
    power: int = 1
    swapped: bool = False


def learned(tree: Node) -> Node:
    """The learned reward rhat of the claim, as a tree."""
    return combine("+", combine("*", Num(_SHRINK), tree), combine("*", Num(_PART), _SHAPE))


def regret_identities(subject: Subject, statement: RegretStatement, at: Fraction) -> list[Identity]:
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
def regret_derive(statement: RegretStatement) -> Finding:
    """Under E_{pi_rhat} both sides are the same function of the two rewards."""
    s, r, k, k_hat = sympy.symbols("s r K K_hat", real=True)
    beta = 1 / t
    log_hat, log_star = t * r - k_hat, t * s - k  # log-densities against gamma
    lost = beta * k - (s - beta * log_hat)
    kl = log_star - log_hat if statement.swapped else log_hat - log_star
    claimed = sympy.Rational(statement.factor) * beta**statement.power * kl
    gap = sympy.simplify(lost - claimed)
    if gap != 0:
        return refutes("the integrands differ", f"difference {gap}")
    detail = "J(pi*) = beta K, and beta K - s + beta(t rhat - K_rhat) = beta log(dpi_rhat/dpi*) pointwise"
    return supports(detail)


def regret_simulated(subject: Subject, statement: RegretStatement) -> Finding:
    """J(pi_rhat) from inputs in R^8 weighted by e^{t rhat}, against beta K minus the certified divergence."""
    at = gentle_tilt(subject)
    tree = subject.link.tree
    rhat, beta = learned(tree), float(1 / at)
    s, r = compile_numpy(tree), compile_numpy(rhat)
    with working(160):
        gap = regret_identities(subject, statement, at)[0].right(Balls(15))
        k, k_hat = (certified.log_partition(side, at, 12) for side in (tree, rhat))
        claimed = float((k / exact(at) - gap).mid())
        shift = float(k_hat.mid())
    observables = [lambda u, v, y: s(u) - beta * (float(at) * r(u) - shift)]
    means = weighted(subject.rng("P3"), rhat, at, observables)
    how = f" ({means.effective:.0f} effective)"
    return judged_means(subject, means, [f"J(pi_rhat) at t = {at}"], [claimed], how)


P3: Claim[RegretStatement] = Claim(
    id="P3",
    title="The objective lost by a learned reward",
    formula="for E e^(ts), E e^(t rhat) < oo and s integrable under pi_rhat: J(pi*) - J(pi_rhat) = "
    "beta KL(pi_rhat||pi*)",
    latex=r"J(\pi^*)-J(\pi_{\hat r})=\beta\,\mathrm{KL}(\pi_{\hat r}\|\pi^*)",
    kind="equal",
    sentence="S1",
    source="Gibbs variational principle (Donsker-Varadhan)",
    assumptions=(TILT,),
    quantified="every rhat in the derivation; rhat = 4s/5 + cos(z)/4 in the enclosures",
    statement=RegretStatement(),
    legs={
        "symbolic": regret_derive,
        **numeric_legs(regret_identities, slice(1, 2), slice(1)),
        "simulation": regret_simulated,
    },
    variants=(
        Variant("KL(pi*||pi_rhat), the other way round", RegretStatement(swapped=True), "tanh"),
        Variant("without the factor beta", RegretStatement(power=0), "abs"),
        Variant("beta^2 in place of beta", RegretStatement(power=2), "square"),
        Variant("1% too large", RegretStatement(factor=Fraction(101, 100)), "sigmoid"),
    ),
)

CLAIMS = {claim.id: claim for claim in (P1, P2, P3)}
