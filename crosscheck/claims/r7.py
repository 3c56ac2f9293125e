"""R7. Strong recovery: the overlap at which stage 1 ends, and how fast it gets there.

rho = 1 - m^2.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from math import ceil, factorial, isfinite, sqrt

import numpy as np
import sympy
from flint import arb

from ...numerics.precision import exact, working
from ...numerics.recovery.chain import run_chain
from ...numerics.recovery.training import Course
from ...theory.exact import hermite
from ..claim import Assumption, Claim, Subject, Variant, legs, of_statement
from ..legs.ends import DIMENSION, ExactStep, Plan, Trial, no_ends, plan, trials
from ..legs.neurons import over
from ..legs.trials import Row, judged
from ..number import show
from ..verdict import Finding, absent, broken, refutes, supports

_BITS = 110
_U = sympy.Symbol("u", real=True)
#: h of m = sigma (1 - h^2)/(1 + h^2), and the dimensions, where a step's means are enclosed.
_NEAR, _DS, _AGREE = Fraction(1, 2**20), (5, 1000), 1e-6
#: Of the exact step: levels of rho, the largest one that can be claimed, relative distance.
_LEVELS, _FARTHEST, _CLOSE = (1e-3, 5e-4), 0.25, 0.01
#: Of the simulation: means of rho, and the share of one that a finite step may change, by tier.
_RHOS, _SMALL, _WIDE_SMALL = (0.05, 0.03, 0.02, 0.012, 0.008, 0.005, 0.003), 0.15, 0.06
#: Of the full tier: further means of rho as shares of the largest.
_FURTHER = (0.6, 0.4)
#: Neurons at each end and, in relaxation times, what is left out and what is averaged over, by tier.
_NEURONS, _LEFT_OUT, _AVERAGED = 32, 3, 5
_WIDE_NEURONS, _WIDE_AVERAGED = 64, 24
#: Steps of all neurons at one end and one step size, by tier; where they do not suffice nothing is run.
_MOST = {False: 3 * 10**7, True: 3 * 10**9}


@dataclass(frozen=True, slots=True)
class Statement:
    """E rho -> ``factor`` q/|D| (eta (d - ``taken``))^``power``, an excess shrinking at ``rate`` |D|.

    at_start: q at m = 0 in place of m = sigma. bent: D' in place of D. mirrored: D and q of the other end.
    """

    factor: Fraction = Fraction(1, 2)
    taken: int = 1
    power: int = 1
    rate: Fraction = Fraction(2)
    at_start: bool = False
    bent: bool = False
    mirrored: bool = False

    def constants(self, trial: Trial) -> tuple[arb, arb]:
        """q and |D| as stated."""
        chosen = trial.other if self.mirrored else trial.here
        square = trial.square_at_start if self.at_start else chosen.square
        return square, abs(trial.bend if self.bent else chosen.drift)

    def level(self, trial: Trial, eta: arb, d: int) -> arb:
        """E rho as stated; not finite where the stated drift vanishes."""
        square, drift = self.constants(trial)
        return exact(self.factor) * square / drift * (eta * (d - self.taken)) ** self.power


@of_statement
def derive(statement: Statement) -> Finding:
    """For every link: P and S of the exact step at m = sigma, and what the two balance at."""
    if (wrong := _drift_at_end()) is not None:
        return broken(wrong)
    eta, g, a, b, q, m, sigma = sympy.symbols("eta G A B Q m sigma", real=True)
    u, square = sympy.symbols("u |x|^2", real=True)
    after = 1 - (m + eta * g * a) ** 2 / (1 + 2 * eta * g * u + eta**2 * g**2 * square)
    first, second = (sympy.expand(after.diff(eta, n).subs(eta, 0) / factorial(n)) for n in (1, 2))
    # With R1, E[G (A - m u)] = a (1 - m^2) D(m), this is -2 a m D(m) rho: at the rate 2 |D| at the end.
    rate = sympy.cancel(-first / (m * g * (a - m * u)))
    if rate != 2:
        return broken(f"the first order is {first}")
    if rate != sympy.Rational(statement.rate):
        witness = f"E[rho' - rho] has the first order -{rate} eta |D| rho, claimed {statement.rate}"
        return refutes("another rate", witness)
    spread = sympy.expand(second.subs({m: sigma, u: sigma * a, square: a**2 + b**2 + q}))
    spread = sympy.expand(spread.subs({sigma**4: 1, sigma**2: 1}))
    if sympy.expand(spread - g**2 * (b**2 + q)) != 0:
        return broken(f"the second order at the end is {spread}")
    # Neither B nor Q ~ chi2_{d-2} is in G there: E[G^2 (B^2 + Q)] = (d - 1) E[T^2 g'(sigma A)^2].
    d, big, drawn = sympy.symbols("d q D", positive=True)
    level, rho = eta * (d - 1) * big / (rate * drawn), sympy.Symbol("rho")
    if sympy.simplify((eta**2 * (d - 1) * big - rate * eta * drawn * rho).subs(rho, level)) != 0:
        return broken("the mean does not rest at this level")
    stated = sympy.Rational(statement.factor) * big / drawn * (eta * (d - statement.taken)) ** statement.power
    gap = sympy.simplify(stated / level - 1)
    if gap != 0:
        witness = f"rho' = rho - {rate} eta |D| rho + eta^2 (d-1) q rests at {level}, claimed {stated}"
        return refutes("another level", witness)
    if statement.at_start or statement.bent or statement.mirrored:
        return refutes("other constants", _example(statement))
    small = sympy.Symbol("epsilon", positive=True)
    steps = sympy.log(sympy.Rational(3, 4) / small) / (rate * drawn)
    if sympy.limit(steps / sympy.log(1 / small), small, 0, "+") != 1 / (rate * drawn):
        return broken("the steps do not grow like the logarithm")
    return supports(
        f"E[rho' - rho] = -{rate} eta |D| rho + eta^2 (d-1) q to the second order at the end, which rests at "
        f"{level}; from rho = 3/4 in log(1/(eta d))/({rate} eta |D|) steps"
    )


def _drift_at_end() -> str | None:
    """For g = He_k/k! Stein's D(sigma) = E[h (z g' - sigma g'')] at u = sigma z is c_k sigma^{k-1}/(k-1)!."""
    for k in range(1, 9):
        slope, bend = hermite(k - 1, _U), hermite(k - 1, _U).diff(_U)
        if sympy.expand(_U * slope - bend - hermite(k, _U)) != 0:
            return f"u He_{k - 1}(u) - He_{k - 1}'(u) is not He_{k}(u)"
    return None


def _example(statement: Statement) -> str:
    """T = He_2 + He_3 and g = He_2/2 + He_3/6 at m -> 1: D and q, and what the statement takes for them."""
    signal, slope = hermite(2, _U) + hermite(3, _U), hermite(1, _U) + hermite(2, _U) / 2
    m = sympy.Symbol("m")
    drift = sum(_mean(signal * hermite(k, _U)) * m ** (k - 1) / factorial(k - 1) for k in (2, 3))
    q = {side: _mean(signal**2 * slope.subs(_U, side * _U) ** 2) for side in (1, -1)}
    end = -1 if statement.mirrored else 1
    taken = drift.diff(m) if statement.bent else drift
    square = _mean(signal**2) * _mean(slope**2) if statement.at_start else q[end]
    return (
        f"T = He_2 + He_3, g = He_2/2 + He_3/6, m -> 1: q = {q[1]}, D = {drift.subs(m, 1)}; "
        f"claimed q = {square}, D = {taken.subs(m, end)}"
    )


def _mean(p: sympy.Expr) -> sympy.Expr:
    """E p(Z)."""
    terms = sympy.Poly(p, _U).terms()
    return sum((c * sympy.factorial2(n - 1) for (n,), c in terms if n % 2 == 0), sympy.S.Zero)


def enclosed(statement: Statement, trial: Trial) -> Finding:
    """The step at which the mean of rho stands still, and how fast it falls without noise, at a tiny rho."""
    near, report = trial.step_means(_NEAR), []
    with working(_BITS):
        rho, drift = exact(near.rho), abs(trial.here.drift)
        rate = 2 * trial.here.sign * exact(near.m) * near.pull / rho
        if not abs(rate / (exact(statement.rate) * drift) - 1) < _AGREE:
            witness = f"{trial.name}, D = {show(drift, 8)}: an excess shrinks at the rate {show(rate, 8)}"
            return refutes("another rate", f"{witness}, claimed {statement.rate} |D|")
        for d in _DS:
            eta = near.resting_step(trial.here.sign, d)
            stated = statement.level(trial, eta, d)
            line = f"{trial.name}, d = {d}, eta = {show(eta, 8)}: rho rests at {show(rho, 8)}"
            if not stated.is_finite() or not abs(stated / rho - 1) < _AGREE:
                return refutes("another level", f"{line}, claimed {show(stated, 8)}")
            report.append(line)
    q = show(trial.here.square, 8)
    return supports(f"{report[-1]}, by q = {q}, D = {show(trial.here.drift, 8)}")


def integrated(statement: Statement, trial: Trial) -> Finding:
    """The mean of the exact step at the stated level, which must stay, and its slope there, as eta -> 0."""
    step = ExactStep(trial)
    with working(_BITS):
        residual = float(trial.here.residual.mid())
        speed = float(statement.rate) * abs(float(trial.here.drift.mid()))
        etas = [level / (residual * (DIMENSION - 1)) for level in _LEVELS]
        stated = [float(statement.level(trial, arb(eta), DIMENSION).mid()) for eta in etas]
    moves, rates = [], []
    for eta, rho in zip(etas, stated, strict=True):
        if not 0 < rho < _FARTHEST:
            line = f"{trial.name}, eta = {eta:.3g}: rho rests near {residual * eta * (DIMENSION - 1):.3g}"
            return refutes("another level", f"{line}, claimed {rho:.3g}")
        once, twice = (step.move(eta, level) for level in (rho, 2 * rho))
        moves.append(once / (eta * speed * rho))
        rates.append((once - twice) / (eta * speed * rho))
    # What is of the order of rho falls out of twice the second less the first: its rho is half of the first.
    move, rate = (2 * pair[1] - pair[0] for pair in (moves, rates))
    line = (
        f"{trial.name}: from the claimed rho = {stated[1]:.4g}, d = {DIMENSION}, the mean moves by "
        f"{move:+.4f} of what the drift takes, and an excess shrinks at {rate:.4f} of the claimed rate, "
        "as eta -> 0"
    )
    if not abs(move) < _CLOSE or not abs(rate - 1) < _CLOSE:
        return refutes("the mean of the exact step", line)
    return supports(line)


@dataclass(frozen=True, slots=True)
class Measured:
    """The mean of rho over runs at one step, its standard error, and what the statement has for it."""

    plan: Plan
    mean: float
    error: float
    stated: float

    def row(self, name: str) -> Row:
        """Less what the finite step changes, of which a part as small again may be missed."""
        factor = self.plan.factor
        label = (
            f"{name}, eta d = {self.plan.eta * DIMENSION:.3g}: E rho over {factor:.3f} for the finite step"
        )
        room = (factor - 1) ** 2 * self.stated
        return Row(label, self.mean / factor, self.error / factor, self.stated, room)


def _plans(trial: Trial, full: bool) -> list[Plan]:
    """The longest of the steps that change little; in the full tier two shorter ones too."""
    for rho in _RHOS:
        plans = [plan(trial, rho)]
        if abs(plans[0].factor - 1) < (_WIDE_SMALL if full else _SMALL):
            break
    return plans + [plan(trial, share * plans[0].rho) for share in _FURTHER if full]


def simulated(subject: Subject, statement: Statement) -> Finding:
    """Means of rho by the exact chain at both ends; in the full tier under noise too, and with rho -> 0."""
    chosen = trials(subject) if subject.full else trials(subject)[:2]
    neurons = _WIDE_NEURONS if subject.full else _NEURONS
    rows = []
    for trial in chosen:
        plans = _plans(trial, subject.full)
        needed = max(_relaxation(trial, each) for each in plans) * neurons * (_LEFT_OUT + _averaged(subject))
        if needed > _MOST[subject.full]:
            return absent(f"{trial.name} takes {needed:.2g} steps: not simulated")
        measured = [_measured(subject, trial, statement, each) for each in plans]
        if (lost := next((one for one in measured if not isfinite(one.stated)), None)) is not None:
            line = f"{trial.name}: E rho = {lost.mean:.4g} +- {lost.error:.2g}, no bound claimed"
            return refutes("another level", line)
        rows += [one.row(trial.name) for one in measured]
        if subject.full:
            rows.append(_limit(trial, measured))
    return judged(subject, rows, neurons, f" neurons at each end, d = {DIMENSION}", freedom=neurons - 1)


def _averaged(subject: Subject) -> int:
    return _WIDE_AVERAGED if subject.full else _AVERAGED


def _relaxation(trial: Trial, plan: Plan) -> float:
    """Steps in which an excess of rho falls by the factor e."""
    return 1 / (2 * plan.eta * abs(float(trial.here.drift.mid())))


def _measured(subject: Subject, trial: Trial, statement: Statement, plan: Plan) -> Measured:
    """Runs that start at the mean of the plan, which says nothing of where they end.

    Of any other mean e^-3 is missed.
    """
    neurons, averaged = _WIDE_NEURONS if subject.full else _NEURONS, _averaged(subject)
    setup, here = trial.setup, trial.here
    training = replace(setup, activation=trial.activation).training(plan.eta)
    rng, total = subject.rng(f"R7 {trial.name} {plan.rho}"), np.zeros(neurons)
    m = np.full(neurons, here.side * sqrt(1 - plan.rho))
    relaxation = _relaxation(trial, plan)
    for i in range(averaged + 1):
        steps = ceil(relaxation * (1 if i else _LEFT_OUT))
        m = run_chain(training, DIMENSION, m, float(here.sign), Course(steps, stop_at=2.0), rng).final
        total += (1 - m**2) * (i > 0)
    means = total / averaged
    with working(_BITS):
        stated = float(statement.level(trial, arb(plan.eta), DIMENSION).mid())
    return Measured(plan, float(means.mean()), float(means.std(ddof=1)) / sqrt(neurons), stated)


def _limit(trial: Trial, measured: Sequence[Measured]) -> Row:
    """The means over the statement's, as they came, on a line down to rho = 0.

    What such a line misses of the factors of the finite steps is how far it may be off.
    """
    rho, value, error, factor = np.transpose(
        [(one.plan.rho, one.mean / one.stated, one.error / one.stated, one.plan.factor) for one in measured]
    )
    at_zero = np.linalg.pinv(np.stack([np.ones_like(rho), rho], axis=1))[0]
    room = abs(float(at_zero @ factor) - 1)
    spread = float(np.sqrt(at_zero**2 @ error**2))
    return Row(f"{trial.name}: E rho over the law as rho -> 0", float(at_zero @ value), spread, 1.0, room)


CLAIM: Claim[Statement] = Claim(
    id="R7",
    title="Strong recovery: the overlap that training ends with",
    formula="E|T g'(u)|^(2+eps) bounded over |m| in [1/2, 1], D continuous up to sigma = +-1, sigma a D(m) "
    "> 0 from sigma/2 to sigma, eta d -> 0: from m = sigma/2 E(1-m^2) = eta (d-1) q/(2|D(sigma)|) (1 + "
    "o(1)) after C log(1/(eta d))/eta steps for C > 1/(2 |D(sigma)|), and not yet for C < 1/(2 |D(sigma)|); "
    "q = E[T^2 g'(sigma z)^2]",
    latex=r"\sup_{1/2\le|m|\le1}\mathbb{E}|Tg'(u)|^{2+\epsilon}<\infty,\ "
    r"D\text{ continuous up to }\sigma=\pm1,\ "
    r"\sigma aD(m)>0\text{ from }\tfrac\sigma2\text{ to }\sigma,\ \eta d\to0:\quad "
    r"\mathbb{E}(1-m^2)=\eta(d-1)\frac{\mathbb{E}[T^2g'(\sigma z)^2]}{2|D(\sigma)|}(1+o(1))"
    r"\text{ after }C\,\frac{\log(1/(\eta d))}{\eta}\text{ steps},\ C>\frac1{2|D(\sigma)|}",
    kind="law",
    sentence="S5",
    source="linearisation of the chain R2 at its ends (Ornstein-Uhlenbeck)",
    assumptions=(Assumption("k* decided, E|T g'|^(2+eps) < oo at some beta, D of one sign", no_ends),),
    quantified="activation He_k*/k*! + He_(k*+1)/(C (k*+1)!), both ends, with and without noise; d to 1000",
    statement=Statement(),
    legs=legs(derive, over(trials, enclosed), over(trials, integrated), simulated),
    variants=(
        Variant("the factor 2 left out", Statement(factor=Fraction(1)), "tanh"),
        Variant("q at m = 0 in place of the end", Statement(at_start=True), "square"),
        Variant("D' in place of D", Statement(bent=True), "sign-cubic"),
        Variant("eta d squared", Statement(power=2), "tanh"),
        Variant("eta d in place of eta (d - 1)", Statement(taken=0), "sign"),
        Variant("D and q of the other end", Statement(mirrored=True), "sigmoid"),
        Variant("an excess that shrinks at half the rate", Statement(rate=Fraction(1)), "cos"),
    ),
)
