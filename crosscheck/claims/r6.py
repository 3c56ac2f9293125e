"""R6. At an exceptional temperature recovery at order k* fails; above it it works."""

from dataclasses import dataclass, replace
from fractions import Fraction
from functools import lru_cache, partial
from math import factorial

import numpy as np
import sympy
from flint import arb

from ...link import parse
from ...numerics.precision import working
from ...numerics.recovery.forecast import NotSolved, forecast
from ...numerics.recovery.population import population
from ...numerics.recovery.scaling import detectable, share_interval
from ...theory.recovery import activation_coefficient, good_share
from ..claim import Assumption, Claim, Subject, Variant, legs
from ..legs.neurons import any_steps, at_threshold, drawn, laws, of_each
from ..legs.sgd_setting import LabelLaw, Setting
from ..legs.trials import GENERATIVE, TILT
from ..number import show
from ..verdict import Finding, Outcome, broken, refutes, supports, undecided

#: The relative distance from t0 at which alpha_{k*} must have opposite signs on both sides.
_NEAR = Fraction(1, 10**9)
#: What alpha_{k*} must exceed there, over the root of E T^2, to be no zero of any multiplicity.
_VISIBLE = 1e-6
_ORDERS = range(1, 9)
_FAR, _HEURISTIC = 10**5, 0.01
#: Above this share of the diffusion d is too small for K n eta^2 to be small.
_NOISY = 0.05
#: Dimensions and neurons, for the fast tier and for the full one.
_DS, _NEURONS = (300,), 60
_WIDE_DS, _WIDE_NEURONS = (100, 1000, 10_000), 100


@dataclass(frozen=True, slots=True)
class Statement:
    """Of the neurons of good sign, the shares that recover at beta = ``place`` beta1 and at 2 beta1."""

    place: Fraction = Fraction(1)
    there: Fraction = Fraction(0)
    above: Fraction = Fraction(1)

    def share(self, order: int, *, above: bool) -> float:
        """The claimed fraction of all neurons at one of the two temperatures."""
        return float((self.above if above else self.there) * Fraction(good_share(order)))


def _pair(subject: Subject, statement: Statement, law: LabelLaw) -> tuple[Setting, Setting]:
    pair = at_threshold(subject.link, statement.place, law)
    assert isinstance(pair, tuple)
    return pair


def _laws(subject: Subject) -> list[LabelLaw]:
    """The first of the laws, in the full tier every one under which alpha_{k*} has a zero."""
    link = subject.link
    first, *others = [*laws(subject), *drawn(link)] if subject.full else laws(subject)[:1]
    return [first, *(law for law in others if isinstance(at_threshold(link, Fraction(1), law), tuple))]


def derive(subject: Subject, statement: Statement) -> Finding:
    return _derived(_pair(subject, statement, laws(subject)[0])[1].order, statement)


@lru_cache(maxsize=16)
def _derived(order: int, statement: Statement) -> Finding:
    """For every link with a zero of alpha_{k*}: the first-order term of m'^2, and the limit of the bound."""
    he = parse(f"He({order}, z)/{factorial(order)}").tree
    if [activation_coefficient(he, k) for k in _ORDERS] != [int(k == order) for k in _ORDERS]:
        return broken("b_k of He_k*/k*! is not [k = k*]")
    m, g, a, u, length = sympy.symbols("m g A u |x|", real=True)
    p, x = m + g * a, 2 * g * u + g**2 * length**2
    # m'^2 = p^2/(1 + X) <= 1, so m'^2 = p^2 (1 - X) + m'^2 X^2 is at most p^2 (1 - X) + X^2.
    if sympy.simplify(p**2 / (1 + x) - p**2 * (1 - x) - p**2 / (1 + x) * x**2) != 0:
        return broken("m'^2 is not p^2 (1 - X) + m'^2 X^2")
    if sympy.expand((p**2 * (1 - x) + x**2).diff(g).subs(g, 0) - 2 * m * (a - m * u)) != 0:
        return broken("the first-order term is not 2 m G (A - m u)")
    # Its mean is 2 m a (1 - m^2) D(m) by R1, and D = alpha_{k*} m^{k*-1}/(k*-1)! vanishes.
    d, c, delta = sympy.symbols("d C delta", positive=True)
    samples = c * d ** max(order - 1, 1) * (sympy.log(d) if order == 2 else 1)
    step = delta * d ** -sympy.Rational(max(order, 2), 2)
    limit = sympy.limit(1 / d + samples * step**2, d, sympy.oo)
    if limit != statement.there:
        witness = f"alpha_{order} = 0: the fraction tends to {limit}, claimed {statement.there}"
        return refutes("without a drift m^2 grows by K eta^2 a step", witness)
    detail = f"where alpha_{order} = 0, E m^2 grows by K eta^2 a step at most: P <= 4(1/d + K n eta^2) -> 0"
    return supports(detail)


def enclosed(subject: Subject, statement: Statement) -> Finding:
    pairs = (_pair(subject, statement, law) for law in _laws(subject))
    return of_each(partial(_enclosed, statement), pairs)


def _enclosed(statement: Statement, pair: tuple[Setting, Setting]) -> Finding:
    there, above = pair
    order = above.order
    with working(110):
        low, high = (_alpha(there, 1 + sign * _NEAR) for sign in (-1, 1))
        visible = there.population.second_moment.sqrt() * _VISIBLE
        # A double zero leaves the sign, and is no refutation.
        if low * high > 0 and abs(low) > visible:
            witness = f"beta = {float(1 / there.target.t):.6g}: alpha_{order} = {show(low, 8)} and not 0"
            return refutes("there is a drift at this temperature", witness)
        if not low * high < 0:
            return undecided("no certified change of sign of alpha_{k*}")
    if None in above.kept:
        return undecided("the drift at 2 beta1 is not separated from 0")
    if not statement.above:
        witness = f"beta = 2 beta1: {above.reason}, and the drift keeps its sign up to |m| = 1/2"
        return refutes("recovery at 2 beta1 is denied", witness)
    if statement.there:
        witness = (
            f"alpha_{order} changes sign within 1e-9 of beta1, where a share {statement.there} is claimed"
        )
        return refutes("no drift at this order", witness)
    detail = f"alpha_{order} certified to change sign within 1e-9 of beta1; at 2 beta1 {above.reason}"
    return supports(f"{above.law}{detail}")


def _alpha(setup: Setting, factor: Fraction) -> arb:
    """alpha_k at so many times the t of the setting."""
    target = replace(setup.target, t=setup.target.t * factor)
    return population(target, setup.activation.tree, setup.order).signal_coefficients[setup.order]


def _forecasts(there: Setting, above: Setting, d: int) -> tuple[int, float, float]:
    """The horizon that suits 2 beta1, and what the diffusion has recovered by then at both temperatures."""
    horizon = above.schedule(d).horizon()
    shares = [forecast(setup.schedule(d), horizon).fraction for setup in (there, above)]
    return horizon, shares[0], shares[1]


def integrated(subject: Subject, statement: Statement) -> Finding:
    pairs = (_pair(subject, statement, law) for law in _laws(subject))
    return of_each(partial(_integrated, statement), pairs)


def _integrated(statement: Statement, pair: tuple[Setting, Setting]) -> Finding:
    above = pair[1]
    _, *found = _forecasts(*pair, _FAR)
    claimed = [statement.share(above.order, above=which) for which in (False, True)]
    detail = (
        f"{above.law}diffusion at d = {_FAR:.0e}: fraction {found[0]:.4f} at {statement.place} "
        f"beta1, claimed {claimed[0]:.2f}; {found[1]:.4f} at 2 beta1, claimed {claimed[1]:.2f}"
    )
    if max(abs(x - y) for x, y in zip(found, claimed, strict=True)) > _HEURISTIC:
        return refutes("another fraction", detail)
    return supports(detail)


def simulated(subject: Subject, statement: Statement) -> Finding:
    """Fractions of the exact chain at both temperatures, less the diffusion's finite-size correction."""
    tried = _laws(subject)
    shared = replace(subject, alarm=subject.alarm / len(tried))
    return of_each(partial(_simulated, shared, statement), tried)


def _simulated(subject: Subject, statement: Statement, law: LabelLaw) -> Finding:
    pair, truth = (_pair(subject, one, law) for one in (statement, Statement()))
    ds, n = (_WIDE_DS, _WIDE_NEURONS) if subject.full else (_DS, _NEURONS)
    level, report = 1 - subject.alarm / (2 * len(ds)), []
    for d in ds:
        try:
            horizon, *expected = _forecasts(*truth, d)
        except NotSolved as reason:
            report.append(f"{reason}, not simulated")
            continue
        if expected[0] > _NOISY:
            report.append(f"d = {d}: noise alone recovers a share {expected[0]:.2f} at beta1, not simulated")
            continue
        for which, setup in enumerate(pair):
            # Both with the step that suits 2 beta1.
            stream = subject.rng(f"R6 {d} {which}{law}")
            steps = any_steps(replace(setup, delta=pair[1].delta), d, horizon, n, stream)
            count = int(np.count_nonzero(steps >= 0))
            correction = expected[which] - Statement().share(setup.order, above=bool(which))
            claimed = min(1.0, max(0.0, statement.share(setup.order, above=bool(which)) + correction))
            lower, upper = share_interval(count, n, level)
            where = f"{law}{'2 beta1' if which else f'{statement.place} beta1'}"
            line = f"d = {d}, {where}: {count} of {n} recovered in {horizon} steps, claimed {claimed:.4f}"
            if not lower - 1e-9 <= claimed <= upper + 1e-9:
                return refutes(f"outside [{lower:.3f}, {upper:.3f}]", line)
            report.append(
                f"{line} (a fraction {detectable(claimed, n, level):.2f} away would have been caught)"
            )
    told = any("recovered in" in line for line in report)
    return Finding(Outcome.SUPPORTS if told else Outcome.ABSENT, "; ".join(report))


def _no_zero(subject: Subject) -> str | None:
    pair = at_threshold(subject.link, Fraction(1), laws(subject)[0])
    return pair if isinstance(pair, str) else None


CLAIM: Claim[Statement] = Claim(
    id="R6",
    title="At the threshold recovery fails, above it it works",
    formula="g = He_k*/k*!, eta = delta d^(-(k* v 2)/2), n = C d^((k*-1) v 1) (log d more at k* = 2), "
    "alpha_k* = 0 and E|T|^(4+eps) < oo at beta1: P(recovered) <= 4(1/d + K n eta^2) -> 0 at beta1, "
    "-> the share of R3 at 2 beta1",
    latex=r"g=He_{k^*}/k^*!,\ \eta=\delta d^{-(k^*\vee2)/2},\ n=Cd^{(k^*-1)\vee1},\ \alpha_{k^*}=0,\ "
    r"\mathbb{E}|T|^{4+\epsilon}<\infty\text{ at }\beta_1:\quad "
    r"P(\text{recovered})\le4(1/d+Kn\eta^2)\to0\text{ at }\beta_1,\ "
    r"\text{the share of R3 at }2\beta_1",
    kind="law",
    sentence="S5",
    source="optional stopping of m^2 - K n eta^2",
    assumptions=(TILT, GENERATIVE, Assumption("alpha_{k*} has a zero, E|T|^(4+eps) < oo there", _no_zero)),
    quantified="activation He_k*/k*!, beta1 and 2 beta1, the step and horizon that suit 2 beta1",
    statement=Statement(),
    legs=legs(derive, enclosed, integrated, simulated),
    variants=(
        Variant("recovery at the threshold too", Statement(there=Fraction(1)), "tanh-9/10"),
        Variant("failure a quarter above the threshold", Statement(place=Fraction(5, 4)), "tanh-9/10"),
        Variant("failure at half the threshold", Statement(place=Fraction(1, 2)), "tanh-9/10"),
        Variant("no recovery above the threshold either", Statement(above=Fraction(0)), "tanh-He4"),
    ),
)
