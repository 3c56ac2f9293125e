"""V6. With one learning cost, surrogate weights admit no temperature that label weights do not.

With each scheme's own cost label weights pay e^{K_e(2t)-2K_e(t)}. Both for the forecast set, as in V4, and
for the one that V8 guarantees.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction

import numpy as np
import sympy
from flint import arb
from scipy import special

from ...link import Noise, Num, combine
from ...numerics.deployment.learning import readout
from ...numerics.deployment.suboptimality import Suboptimality, Terms
from ...numerics.expectation.oracle import Interval, ball_of, oracle, t_range
from ...numerics.experiments.readouts import train_many
from ...numerics.precision import exact, working
from ...theory.exact import t
from ...theory.policy import oscillation, pilot_factor, pilot_oscillation, prefactor, remainder_weight
from ..claim import Claim, Subject, Variant, legs, of_statement
from ..legs.fit_bound import BOUNDED, DELTA, Fit, fits
from ..legs.trials import HALF_TILT, NOT_CONSTANT, gentle_tilt
from ..number import ball, show
from ..verdict import Finding, absent, broken, refutes, supports, together, undecided

_NOISE = Noise("gaussian", Fraction(1))
_OSCILLATION, _PILOT = Fraction(1, 2), Fraction(1, 4)
_TARGET, _SAMPLES = Fraction(10), 10_000
_BIASES = (Fraction(-1), Fraction(1))
_DIGITS, _BITS = 16, 90
#: D_0 of the pilot of the readouts over osc(s); cells of [t/2, t]; fits trained, and the samples of each.
_SHORT, _CELLS, _FITS, _FEW = Fraction(1, 10), 32, 100, 2000


@dataclass(frozen=True, slots=True)
class Order:
    """B_label <= B_surrogate with the factor e^{rate t D_0/2}; ``own``: each at its own cost; or reversed."""

    rate: int = 1
    own: bool = False
    reversed: bool = False


@dataclass(frozen=True, slots=True)
class Statement:
    """The order of the forecast bounds, and of those that V8 and V8s guarantee."""

    forecast: Order = Order()
    guaranteed: Order = Order()


def _points(subject: Subject) -> tuple[Fraction, ...]:
    gentle = gentle_tilt(subject)
    far = t_range(subject.link.tree).finite_below
    return (gentle, Fraction(5, 2)) if not far.is_finite() else (gentle,)


def _sides(subject: Subject, order: Order) -> tuple[Suboptimality, Suboptimality]:
    """(the smaller side, the larger side) of the forecasts as the statement has them."""
    top = max(_points(subject))
    pilot = combine("*", Num(Fraction(9, 10)), subject.link.tree)
    with working(_BITS):
        law = readout(subject.link.tree, top, noise=_NOISE, biases=_BIASES)
        fit = law
        if order.own:
            fit = readout(subject.link.tree, top, noise=_NOISE, biases=_BIASES, pilot=pilot)
        label, surrogate = (
            Suboptimality(law, one, Terms(exact(_TARGET), exact(_OSCILLATION), arb(0), pays, _SAMPLES), _BITS)
            for one, pays in ((law, arb(0)), (fit, order.rate * exact(_PILOT)))
        )
    return (surrogate, label) if order.reversed else (label, surrogate)


@of_statement
def derive(statement: Statement) -> Finding:
    """B_surrogate - B_label = X (e^{t D_0/2} - 1) with X >= 0; V8's bounds grow with the error."""
    u = sympy.Symbol("u", nonnegative=True)
    for order in (statement.forecast, statement.guaranteed):
        factor = pilot_factor().subs(pilot_oscillation, 2 * u / t) ** order.rate
        rise = sympy.diff(factor, u) * (-1 if order.reversed else 1)
        if order.own:
            return undecided("two different costs are not ordered by any proof")
        if rise.is_negative:
            short = sympy.Abs(factor - 1).subs(u, 1)
            witness = f"bound X = 1 at t D_0 = 2: the larger side falls short by {short}"
            return refutes("the order is the other one", witness)
        if not (factor.subs(u, 0) == 1 and rise.is_nonnegative):
            return undecided(f"the sign of {factor} - 1 was not proved")
    x = sympy.Symbol("x", positive=True)
    d = oscillation
    for found, claimed in (
        (prefactor(), (sympy.exp(t * d) - 1) / d),
        (remainder_weight(x), (sympy.exp(x) - 1 - x) / x**2),
    ):
        if sympy.simplify(found - claimed) != 0:
            return broken(f"{found} is not {claimed}")
    return supports(
        "step 1: B_surrogate - B_label = X (e^{t D_0/2} - 1) >= 0 for the common bound X >= 0; step 3: "
        "(e^{tD} - 1)/D and e_2 are mixtures of exponentials that grow"
    )


def enclosed(subject: Subject, statement: Statement) -> Finding:
    evidence = _forecast(subject, statement.forecast)
    return together([evidence, *_guaranteed(subject, statement.guaranteed)])


def _forecast(subject: Subject, order: Order) -> Finding:
    smaller, larger = _sides(subject, order)
    for at in _points(subject):
        balls = smaller.ball(at), larger.ball(at)
        if balls[0] is None or balls[1] is None:
            return undecided(f"the cost at t = {at} is not enclosed")
        if balls[0] > balls[1]:
            pair = f"{show(balls[0], 8)} exceeds {show(balls[1], 8)}"
            witness = f"t = {at}, noise {_NOISE}, n = {_SAMPLES}: {pair}"
            return refutes("the bounds are in the other order", witness)
        if not balls[0] <= balls[1]:
            return undecided(f"the bounds at t = {at} overlap")
    return supports("both bounds enclosed and ordered at every t tried")


def _guaranteed(subject: Subject, order: Order) -> list[Finding]:
    """{B <= eps} of both weights at one error R: no t of the smaller set is outside the larger one."""
    if BOUNDED.fails(subject) or NOT_CONSTANT.fails(subject):
        return []
    if order.own:
        return [undecided("V8's constants are enclosed from above only")]
    fit = fits(subject)[0]
    guarantee = fit.guarantee(_SAMPLES, DELTA)
    error, width, at = guarantee.norm, fit.t / 2 / _CELLS, fit.t * Fraction(3, 4)
    counts = [0, 0]
    with working(_BITS):
        levels = [_bound(fit, Interval(at, at), error, rate) for rate in (0, order.rate)]
        eps = ((levels[0] + levels[1]) / 2).mid()
        shown = f"{fit}, R = {error:.4g}, eps = {show(eps, 6)}"
        cells = (Interval(fit.t / 2 + i * width, fit.t / 2 + (i + 1) * width) for i in range(_CELLS))
        for place in (Interval(at, at), *cells):
            sides = [_bound(fit, place, error, rate) for rate in (0, order.rate)]
            counts = [count + bool(side < eps) for count, side in zip(counts, sides, strict=True)]
            larger, smaller = sides[::-1] if order.reversed else sides
            if smaller < eps and larger > eps:
                pair = f"{show(smaller, 8)} against {show(larger, 8)}"
                witness = f"{shown}, t from {place.lower} to {place.upper}: {pair}"
                return [refutes("the smaller guaranteed set is not in the larger one", witness)]
            if smaller < eps and not larger < eps:
                return [
                    undecided(f"{shown}: from t = {place.lower} to {place.upper} the sets are not told apart")
                ]
    own = fits(subject, surrogate=True)[0].guarantee(_SAMPLES, DELTA).bound
    detail = (
        f"{shown}: of {_CELLS} cells of [t/2, t] and 3t/4 label weights are admitted on {counts[0]}, "
        f"surrogate weights on {counts[1]} of these; at t with its own constants each loses at most "
        f"{guarantee.bound:.6g} and {own:.6g}"
    )
    return [supports(detail)]


def _bound(fit: Fit, t: Interval, error: float, rate: int) -> arb:
    """v - V(pi*) and V8's loss, by range or first order, at the error R e^{rate t D_0/2}."""
    mass, first, second = (
        oracle(fit.link).tilted_moments((0,), (0, 1, 2), t, _DIGITS)[power, 0] for power in range(3)
    )
    (low, high), mean, at = map(ball, fit.span), first / mass, ball_of(t)
    off = exact(_SHORT) * (high - low) / 2
    norm = arb(error) * (rate * at * off).exp()
    d = (high - low + norm).min(2 * (high - low))
    learned = (at * d).expm1() / d * (second / mass - mean * mean).sqrt() * norm
    return high - mean + learned.min(mean - low)


def rounded(subject: Subject, statement: Statement) -> Finding:
    smaller, larger = _sides(subject, statement.forecast)
    for at in _points(subject):
        low, high = (b.estimate(float(at)).total(_SAMPLES) for b in (smaller, larger))
        if low > high + 1e-9 * abs(high):
            return refutes("the bounds are in the other order", f"t = {at}: {low:.8g} exceeds {high:.8g}")
    shown = ["ordered in doubles at every t tried"]
    for low, high, what in _integrated(subject, statement.guaranteed):
        if low > high + 1e-9 * abs(high):
            return refutes("V8's bounds are in the other order", f"{what}: {low:.8g} exceeds {high:.8g}")
        shown.append(f"{what}: {low:.6g} <= {high:.6g}")
    return supports("; ".join(shown))


def _integrated(subject: Subject, order: Order) -> Iterator[tuple[float, float, str]]:
    """All of V8's bound in sums: the smaller and the larger side as the statement has them."""
    if BOUNDED.fails(subject) or NOT_CONSTANT.fails(subject):
        return
    for tilt in (1, 3):
        pair = [fits(subject, surrogate=other, tilts=(tilt,))[0] for other in (False, True)]
        label, surrogate = (fit.moments[0] for fit in pair)
        away = math.exp(order.rate * float(pair[0].t) * float(_SHORT) * pair[0].osc / 2)
        radii = [each.radius(_SAMPLES, DELTA) for each in (label, surrogate)]
        common = label.loss(radii[0], away * label.norm(radii[0]), *pair[0].clip)
        if order.own:
            norm = min(away * surrogate.norm(radii[1]), surrogate.norm_under_policy(radii[1]))
            common = surrogate.loss(radii[1], norm, *pair[0].clip)
        sides = (label.loss(radii[0], label.norm(radii[0]), *pair[0].clip), common)
        yield *(sides[::-1] if order.reversed else sides), f"{pair[0]}, n = {_SAMPLES}"


def simulated(subject: Subject, statement: Statement) -> Finding:
    """What the smaller set admits is obeyed by fits of the larger one's weights, whose bound is no larger."""
    if reason := BOUNDED.fails(subject) or NOT_CONSTANT.fails(subject):
        return absent(f"{reason}: no fit is guaranteed anything")
    order, pair = statement.guaranteed, [fits(subject, surrogate=other)[0] for other in (False, True)]
    moments, radius = pair[0].moments[0], pair[0].guarantee(_FEW, DELTA).radius
    away = math.exp(order.rate * float(pair[0].t) * float(_SHORT) * pair[0].osc / 2)
    most = moments.loss(radius, away * moments.norm(radius), *pair[0].clip)
    limit, rng, shown = most - (pair[0].clip[1] - moments.value), subject.rng("V6"), []
    for fit in pair:
        found = train_many(fit.experiment, _FEW, _FITS, rng)
        above = int((np.abs(found.gap) > limit).sum())
        what = f"{above} of {_FITS} fits lose more than {limit:.4g}, mean error {found.error.mean():.4g}"
        shown.append(f"{fit}: {what}")
        if fit is pair[order.reversed] and above and special.bdtrc(above - 1, _FITS, DELTA) < subject.alarm:
            return refutes(f"more than a share {DELTA} at n = {_FEW}", shown[-1])
    return supports(f"n = {_FEW}; {'; '.join(shown)}")


CLAIM: Claim[Statement] = Claim(
    id="V6",
    title="At one common cost the surrogate's set is the smaller one",
    formula="B_label(t) <= B_surrogate(t) for one cost c, D and D_0 in both, hence A_surrogate is a subset "
    "of A_label, forecast and as V8 guarantees it; nothing is claimed with each scheme's own cost",
    latex=r"B_{\mathrm{label}}\le B_{\mathrm{surrogate}}\ \Rightarrow\ "
    r"A_{\mathrm{surrogate}}\subseteq A_{\mathrm{label}}",
    kind="upper",
    sentence="S9",
    source="the pilot's factor of V5",
    assumptions=(HALF_TILT,),
    quantified="every cost, eps, n and t in the derivation; unit Gaussian noise and two t for the forecasts; "
    "pilot 9s/10, features 1, tanh(u -+ 1), t from 1/(2 osc(s)) to 3/osc(s) for the guarantees (s bounded)",
    statement=Statement(),
    legs=legs(derive, enclosed, rounded, simulated),
    variants=(
        Variant("each scheme at its own cost", Statement(Order(own=True)), "tanh"),
        Variant("the pilot's error helps: e^{-t D_0/2}", Statement(Order(rate=-1)), "sigmoid"),
        Variant("the inclusion the other way round", Statement(Order(reversed=True)), "square"),
        Variant("each guaranteed set at its own cost", Statement(guaranteed=Order(own=True)), "tanh"),
        Variant("the pilot's error helps a guarantee", Statement(guaranteed=Order(rate=-1)), "sigmoid"),
        Variant("the guaranteed inclusion reversed", Statement(guaranteed=Order(reversed=True)), "sign"),
    ),
)
