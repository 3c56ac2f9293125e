"""V4. Which temperatures are forecast to be admissible: the set grows with n and knows its upper end.

The cost c(t, n) in B is V3's forecast, so B is one too and bounds nothing at finite n; the set that V8
guarantees has both properties as well.
"""

from dataclasses import dataclass, replace
from fractions import Fraction

import numpy as np
import sympy
from flint import arb
from scipy import special

from ...link import Noise
from ...numerics.deployment.learning import BIASES, readout
from ...numerics.deployment.leverage import Leverage
from ...numerics.deployment.readout import Recipe
from ...numerics.deployment.suboptimality import SecondOrder, Suboptimality, Terms, best_second_order
from ...numerics.expectation.oracle import Interval, oracle
from ...numerics.experiments.gap import clipped, unclipped
from ...numerics.experiments.readouts import Experiment, train_many
from ...numerics.precision import exact, working
from ...theory.exact import t
from ...theory.policy import oscillation, prefactor
from ..claim import Claim, Subject, Variant, legs, of_statement
from ..legs.fit_bound import DELTA, finite_range, fits
from ..legs.trials import HALF_TILT, NOT_CONSTANT, gentle_tilt
from ..number import ball, show
from ..verdict import Finding, Outcome, absent, refutes, supports, together, undecided

_NOISE = Noise("gaussian", Fraction(1))
_OSCILLATION, _TARGET = Fraction(1, 2), Fraction(10)
_FEW, _MANY = 1000, 100_000
_BIASES = (Fraction(-1), Fraction(1))
_DIGITS, _BITS = 16, 110
#: How far eps is tried from v - E s, as a share of it.
_BESIDE = Fraction(1, 50)
_NEAREST = 2**12
#: The readouts trained on data: their noise, their number, and how far t osc(s) is tried for the best beta2.
_LABELS, _FITS, _FURTHEST = Noise("gaussian", Fraction(1, 2)), 40, 12


@dataclass(frozen=True, slots=True)
class Statement:
    """A grows with n (``direction`` 1) or shrinks; it is bounded above below ``share`` (v - E s).

    So is the set that V8 guarantees, below ``certain`` (v - E s).
    D holds ``reach`` times the leverage L(t), and ``width`` times osc(s) where fits are clipped.
    """

    direction: int = 1
    share: Fraction = Fraction(1)
    certain: Fraction = Fraction(1)
    reach: Fraction = Fraction(1)
    width: Fraction = Fraction(1)


def _bound(subject: Subject, n: int, top: Fraction) -> Suboptimality:
    with working(_BITS):
        law = readout(subject.link.tree, top, noise=_NOISE, biases=_BIASES)
        return Suboptimality(law, law, Terms(exact(_TARGET), exact(_OSCILLATION), arb(0), arb(0), n), _BITS)


@of_statement
def derive(statement: Statement) -> Finding:
    if statement.reach != 1 or statement.width != 1 or statement.certain != 1:
        return undecided("no algebra decides what D must be, nor the constants of V8")
    bias, spread = sympy.symbols("b sigma", nonnegative=True)
    n, fluctuation = sympy.symbols("n F", positive=True)
    v, mean = sympy.symbols("v m", real=True)
    slope = sympy.diff(sympy.sqrt(bias + fluctuation / n), n)
    if not (slope * statement.direction).is_nonpositive:
        witness = (
            f"b = 0, F = n = 1: the bound changes by {slope.subs({bias: 0, fluctuation: 1, n: 1})} per sample"
        )
        return refutes("the learning cost falls with n", witness)
    # V and the cost are continuous at t = 0, with V(0) = E s.
    limit = sympy.limit(prefactor().subs(oscillation, sympy.Symbol("D", positive=True)), t, 0)
    hot = sympy.simplify(v - mean + limit * spread * sympy.sqrt(bias + fluctuation / n))
    critical = sympy.Rational(statement.share) * (v - mean)
    if sympy.simplify(hot - critical) != 0:
        witness = f"v = 1, E s = 0: B -> {hot.subs({v: 1, mean: 0})}, not {critical.subs({v: 1, mean: 0})}"
        return refutes("another limit as beta -> oo", witness)
    return supports("of steps 2 and 3: d/dn sqrt(b + F/n) <= 0; (e^{tD} - 1)/D -> 0 as t -> 0")


def enclosed(subject: Subject, statement: Statement) -> Finding:
    at = gentle_tilt(subject)
    few, many = (_bound(subject, n, at) for n in (_FEW, _MANY))
    balls = few.ball(at), many.ball(at)
    if balls[0] is None or balls[1] is None:
        return undecided(f"the cost at t = {at} is not enclosed")
    low, high = (balls[1], balls[0])[:: statement.direction]
    if not low < high:
        witness = f"t = {at}: B = {show(balls[0], 8)} for n = {_FEW}, {show(balls[1], 8)} for {_MANY}"
        outcome = Outcome.REFUTES if low > high else Outcome.UNDECIDED
        return Finding(outcome, "B falls as n grows", witness if low > high else None)
    hot = _hot_end(subject, statement, many)
    if finite_range(subject) is None:
        return hot
    return together([_guaranteed(subject, statement), _guaranteed_end(subject, statement), hot])


def _guaranteed(subject: Subject, statement: Statement) -> Finding:
    """V8's bound at two n: the set that is guaranteed grows as well."""
    fit = fits(subject)[0]
    few, many = (fit.guarantee(n, DELTA).bound for n in (_FEW, _MANY))
    shown = f"V8's bound at {fit}: {few:.6g} for n = {_FEW}, {many:.6g} for {_MANY}"
    if (few - many) * statement.direction < 0:
        return refutes("the guaranteed bound falls as n grows", shown)
    return supports(shown)


def _guaranteed_end(subject: Subject, statement: Statement) -> Finding:
    """V8's bound on a whole interval (0, t]: above eps just below the claimed level, below eps just above."""
    fit, reached = fits(subject)[0], []
    with working(_BITS):
        mean = oracle(subject.link.tree).tilted_moments((0,), (1,), Fraction(0), _DIGITS)[1, 0]
        top = ball(fit.span[1])
        level = exact(statement.certain) * (top - mean)
        for bounded in (True, False):
            eps = level * exact(1 - _BESIDE if bounded else 1 + _BESIDE)
            width = fit.t / 16
            while width >= fit.t / _NEAREST:
                constants = fit.over(Interval(Fraction(0), width))
                guarantee, least = fit.guarantee(_MANY, DELTA, constants), top - constants.value
                outside, inside = least > eps, arb(guarantee.bound) < eps
                if outside if bounded else inside:
                    reached.append(float(1 / width))
                    break
                if inside if bounded else outside:
                    what = f"V8's bound is at most {guarantee.bound:.6g}, pi* alone loses {show(least, 6)}"
                    claimed = "bounded above" if bounded else "not bounded above"
                    witness = f"{fit}, beta >= {1 / width}: {what}, eps = {show(eps, 8)}, {claimed}"
                    return refutes("another end of the guaranteed set", witness)
                width /= 4
            else:
                return undecided("V8's bound is not told from eps near t = 0")
    return supports(
        f"eps 2% below v - E s: nothing is guaranteed for beta >= {reached[0]:g}; 2% above: every beta "
        f">= {reached[1]:g} is, n = {_MANY}"
    )


def _hot_end(subject: Subject, statement: Statement, bound: Suboptimality) -> Finding:
    """On a whole interval (0, t]: B > eps just below the claimed level, B < eps just above it."""
    with working(_BITS):
        mean = oracle(subject.link.tree).tilted_moments((0,), (1,), Fraction(0), _DIGITS)[1, 0]
        level = exact(statement.share) * (exact(_TARGET) - mean)
        reached = []
        for bounded in (True, False):
            eps = level * exact(1 - _BESIDE if bounded else 1 + _BESIDE)
            width = Fraction(1, 16)
            while width >= Fraction(1, _NEAREST):
                found = bound.ball(Interval(Fraction(0), width))
                if found is not None and (found > eps if bounded else found < eps):
                    reached.append(width)
                    break
                if found is not None and (found < eps if bounded else found > eps):
                    claimed = "bounded" if bounded else "not bounded"
                    ball = f"B lies in {show(found, 6)}, eps = {show(eps, 8)}"
                    return refutes("another limit as beta -> oo", f"beta >= {1 / width}: {ball}, {claimed}")
                width /= 4
            else:
                return undecided("B is not told from eps near t = 0")
    return supports(
        f"B falls from n = {_FEW} to {_MANY}; eps 2% below v - E s: B > eps for every beta >= "
        f"{1 / reached[0]}; 2% above: B < eps for every beta >= {1 / reached[1]}"
    )


def rounded(subject: Subject, statement: Statement) -> Finding:
    """B in doubles at two n, and its value at t = 2^-16 against the claimed limit."""
    at = gentle_tilt(subject)
    bound = _bound(subject, _MANY, at)
    here = bound.estimate(float(at))
    rise = (here.total(_FEW) - here.total(_MANY)) * statement.direction
    if rise < 0:
        witness = f"t = {at}: B = {here.total(_FEW):.8g} for n = {_FEW}, {here.total(_MANY):.8g} for {_MANY}"
        return refutes("B falls as n grows", witness)
    near = bound.estimate(2.0**-16)
    mean = float(_TARGET) - bound.estimate(2.0**-30).lost
    claimed = float(statement.share) * (float(_TARGET) - mean)
    if abs(near.total(_MANY) - claimed) > 1e-3 * abs(claimed):
        witness = f"beta = 65536: B = {near.total(_MANY):.8g}, claimed limit {claimed:.8g}"
        return refutes("another limit as beta -> oo", witness)
    shown = f"in doubles; B = {near.total(_MANY):.6g} at beta = 65536"
    return supports(shown) if finite_range(subject) is None else _rounded_guarantee(subject, statement, shown)


def _rounded_guarantee(subject: Subject, statement: Statement, shown: str) -> Finding:
    """V8's bound in sums at two n, and near t = 0 against the claimed level, the least eps that is kept."""
    fit = fits(subject)[0]
    few, many = (fit.summed(n, DELTA) for n in (_FEW, _MANY))
    shown = f"{shown}; V8's bound at {fit}: {few:.6g} for n = {_FEW}, {many:.6g} for {_MANY}"
    if (few - many) * statement.direction < 0:
        return refutes("the guaranteed bound falls as n grows", shown)
    hot = replace(fit, t=fit.t / _NEAREST)
    total = hot.summed(_MANY, DELTA)
    claimed = float(statement.certain) * (fit.clip[1] - replace(fit, t=Fraction(0)).moments[0].value)
    shown = f"{shown}, {total:.6g} at beta = {float(1 / hot.t):g}"
    if abs(total - claimed) > float(_BESIDE) * claimed:
        return refutes("another end of the guaranteed set", f"{shown}, claimed limit {claimed:.6g}")
    return supports(shown)


@dataclass(frozen=True, slots=True)
class Trained:
    """The mean gap of trained readouts with its standard error, and its forecast at the best beta2."""

    best: SecondOrder
    mean: float
    error: float


def measured(subject: Subject, fits: int = _FITS) -> Trained | None:
    """Clipped readouts trained on data and deployed at the best beta2; None where s is not bounded."""
    span = finite_range(subject)
    if span is None:
        return None
    low, high = map(float, span)
    top = Fraction(_FURTHEST / (high - low)).limit_denominator(64)
    with working(_BITS):
        fit = readout(subject.link.tree, top, noise=_LABELS)
    best = best_second_order(fit, _MANY, low, high)
    trained = Experiment(
        Recipe(BIASES, Fraction(0), (low, high)), subject.link.tree, _LABELS, Fraction(best.t)
    )
    gaps = np.abs(train_many(trained, _MANY, fits, subject.rng("V4")).gap)
    return Trained(best, float(gaps.mean()), float(gaps.std(ddof=1) / np.sqrt(fits)))


def simulated(subject: Subject, statement: Statement) -> Finding:
    """Fits made to break D; in the full tier trained readouts too."""
    span = finite_range(subject)
    if span is None:
        return absent("s has no known finite range: D has nothing to hold for")
    if span[0] == span[1]:
        return absent("s is constant: there is nothing to get wrong")
    worst = []
    for at, b in _at_controls(subject, span):
        forecast = b.estimate(float(at))
        forecast = replace(
            forecast,
            reach=forecast.reach * float(statement.reach),
            width=forecast.width * float(statement.width),
        )
        rng, (low, high) = subject.rng("V4, D"), map(float, span)
        for name, found in (
            ("the fit as it is", unclipped(subject.link.tree, forecast, rng)),
            ("the clipped fit", clipped(subject.link.tree, forecast, low, high, rng)),
        ):
            if found.ratio > 1 + 1e-9:
                witness = f"t = {at}, {name}, {found.fit}: {found.found:.6g} exceeds D = {found.claimed:.6g}"
                return refutes("D is too small", witness)
            worst.append(f"{found.ratio:.3f} of D for {name} at t = {float(at):.3g}")
    shown = f"fits made to break D reach {', '.join(worst)}"
    return _trained(subject, shown) if subject.full else supports(shown)


def _at_controls(
    subject: Subject, span: tuple[sympy.Expr, sympy.Expr]
) -> list[tuple[Fraction, Suboptimality]]:
    """B with D from features or clipping, at a temperature where D is nearly sharp and at a low one."""
    with working(_BITS):
        low, high = map(ball, span)
        width = Fraction(float(span[1] - span[0]))
        points = [(share / width).limit_denominator(2**20) for share in (Fraction(1, 32), Fraction(2))]
        law = readout(subject.link.tree, max(points), noise=_LABELS)
        terms = Terms(high, None, high - low, arb(0), _MANY)
        b = Suboptimality(law, law, terms, _BITS, Leverage(law, low))
    return [(at, b) for at in points]


def _trained(subject: Subject, shown: str) -> Finding:
    """The gaps of readouts trained on data against the forecast of second order, at its best beta2."""
    measurement = measured(subject)
    assert measurement is not None
    best = measurement.best
    shown = (
        f"{shown}; beta = {1 / best.t:.4g}, n = {_MANY}, noise {_LABELS}, {_FITS} fits: mean gap "
        f"{measurement.mean:.3g} +- {measurement.error:.1g}, forecast at most {best.bound:.3g}, ratio "
        f"{best.bound / measurement.mean:.1f}"
    )
    if measurement.mean - best.bound > -measurement.error * float(special.ndtri(subject.alarm)):
        return refutes("the mean gap exceeds its forecast", shown)
    return supports(shown)


CLAIM: Claim[Statement] = Claim(
    id="V4",
    title="The forecast set grows with n and is bounded above below v - E s",
    formula="A_eps(n) = {beta : B(beta, n) <= eps} grows with n; bounded above if eps < v - E s, not if "
    "eps > v - E s; B = [v - V] + (e^(tD) - 1)/D sd_pi*(r*) sqrt(c), c = bias + F/n the forecast of V3, "
    "exact as n -> oo only",
    latex=r"A_\varepsilon(n)=\{\beta:B(\beta,n)\le\varepsilon\}\subseteq A_\varepsilon(n+1),\quad "
    r"\lim_{\beta\to\infty}B=v-\mathbb{E}s,\quad "
    r"B=v-V+\tfrac{e^{tD}-1}{D}\,\mathrm{sd}_{\pi^*}(r^*)\sqrt{b+F/n}",
    kind="law",
    sentence="S8",
    source="V2, V3 and continuity at t = 0",
    assumptions=(NOT_CONSTANT, HALF_TILT),
    quantified="every cost bias + F/n in the derivation; unit Gaussian noise, v = 10, D = 1/2 in the "
    "numbers; D by leverage and by clipping for about 30 fits at two t",
    statement=Statement(),
    legs=legs(derive, enclosed, rounded, simulated),
    variants=(
        Variant("the set shrinks as n grows", Statement(direction=-1), "tanh"),
        Variant("bounded above only below half of v - E s", Statement(share=Fraction(1, 2)), "sigmoid"),
        Variant("bounded above up to twice v - E s", Statement(share=Fraction(2)), "abs"),
        Variant("the level v - E s 5% too high", Statement(share=Fraction(105, 100)), "sin"),
        Variant("guaranteed up to twice v - E s only", Statement(certain=Fraction(2)), "tanh"),
        Variant("guaranteed at half of v - E s", Statement(certain=Fraction(1, 2)), "sigmoid"),
        Variant("the leverage 5% too small", Statement(reach=Fraction(19, 20)), "sigmoid"),
        Variant("a tenth of the range for clipped fits", Statement(width=Fraction(1, 10)), "tanh"),
    ),
)
