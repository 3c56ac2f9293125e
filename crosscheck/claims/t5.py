"""T5. The signal-to-noise ratio of a signal, and what no transformation of the label can exceed.

With A = E[T_t He_k*], D = E T_t^2, noise brings the factor e^{2K_e(t) - K_e(2t)}, its powers averaged under
the tilt.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache
from math import factorial, prod
from typing import Any

import sympy
from flint import arb

from ...link import NOISELESS, Node, Noise, Num, Signal, combine
from ...numerics.expectation.oracle import Unresolved, oracle
from ...numerics.precision import exact, working
from ...numerics.threshold.signal_ceiling import best_signal
from ...theory.exact import t as tilt
from ...theory.exact.constants import is_zero
from ...theory.exact.lower import rational
from ...theory.families.moments import moment
from ...theory.signal import best_signal as closed_ceiling
from ...theory.signal import cumulant, limit_at_zero
from ..claim import Claim, Subject, Variant, legs
from ..legs.equation import Moment, has_light_tails
from ..legs.signal_ratio import (
    Comparison,
    Estimated,
    Table,
    limit_estimate,
    parts_of,
    ratio_of,
    recommended_estimates,
    slope_estimate,
    slope_of,
    tables,
    within_ceiling,
)
from ..legs.trials import (
    DIMENSION,
    GENERATIVE,
    SAMPLES,
    TILT,
    Row,
    estimates,
    gentle_tilt,
    judged,
    order,
    tilts,
)
from ..link_facts.threshold import threshold
from ..number import ball
from ..verdict import Finding, absent, refutes, supports, undecided

_KINDS: tuple[Signal, ...] = (Signal.LABEL, Signal.WEIGHT, Signal.CENTERED)
_FLIP, _GAUSSIAN = Noise("rademacher", Fraction(1, 2)), Noise("gaussian", Fraction(1, 2))
#: Intervals of t, as a part of t, over which the slope is compared with a difference.
_STEPS = tuple(Fraction(1, 64) ** n for n in (1, 2, 4, 6))
_SMALL = Fraction(1, 4096)
_SHARP = Fraction(1, 1000)
#: Temperatures at which the recommended SNR must not be exceeded, as parts of the range compared.
_OTHERS = tuple(Fraction(j, 8) ** 2 for j in (1, 2, 4, 6, 8))


@dataclass(frozen=True, slots=True)
class Statement:
    """SNR <= ceiling lambda^2, (log SNR)' = slope A'/A - D'/D, noise factor e^{2K_e(t) - damping K_e(2t)}.

    centre: SNR(0+) of ``label`` is mu^2/(k*! (E y^2 - centre (E y)^2)). power: efficiency is
    SNR/lambda^(2 power). share: no SNR among those compared exceeds ``share`` times the recommended one.
    """

    ceiling: Fraction = Fraction(1)
    slope: int = 2
    damping: Fraction = Fraction(1)
    centre: Fraction = Fraction(0)
    power: int = 1
    share: Fraction = Fraction(1)


def _times(subject: Subject) -> tuple[Fraction, ...]:
    gentle = gentle_tilt(subject)
    return gentle, max(gentle, tilts(subject)[1] / 2)


def _comparisons(subject: Subject, statement: Statement) -> Iterator[Comparison]:
    tree, k = subject.link.tree, order(subject)
    carried, closed = best_signal(tree, k), closed_ceiling(tree, k)
    ceiling = exact(statement.ceiling) * carried
    if closed is not None:
        yield Comparison("lambda^2 by bins and in closed form", ceiling, ball(closed))
    for at in _times(subject):
        once, twice = tables(tree, k, at, at)
        for kind in _KINDS:
            value = ratio_of(parts_of(kind, k, once, twice), k)
            yield Comparison(f"SNR of {kind} at t = {at}, lambda^2", value, ceiling, below=True)
    yield from _mean_values(subject, statement)
    yield _noisy(subject, statement, at=_times(subject)[0])
    for kind in _KINDS:
        yield from _recommended(subject, statement, kind)


def _mean_values(subject: Subject, statement: Statement) -> Iterator[Comparison]:
    """Differences of the SNR over [t, t + h] against h times the range of the stated slope."""
    tree, k, at = subject.link.tree, order(subject), _times(subject)[0]
    for kind in _KINDS:
        for step in _STEPS:
            found = _mean_value(tree, k, kind, at, at * (1 + step), statement)
            if not found.open:
                break
        yield found
    yield _mean_value(tree, k, Signal.LABEL, Fraction(0), at * _SMALL, statement)


def _mean_value(
    tree: Node, k: int, kind: Signal, low: Fraction, high: Fraction, statement: Statement
) -> Comparison:
    first, last = tables(tree, k, low, low), tables(tree, k, high, high)
    start = ratio_of(parts_of(kind, k, *first), k) if low else _limit(first[0], k, statement)
    moved = ratio_of(parts_of(kind, k, *last), k) - start
    hull = parts_of(kind, k, *tables(tree, k, low, high))
    slope = slope_of(hull, k, statement.slope) * exact(high - low)
    name = "difference of the SNR" if low else "SNR(0+)"
    return Comparison(f"{name} of {kind} up to t = {high}, stated slope times h", moved, slope)


def _limit(once: Table, k: int, statement: Statement) -> Any:
    """SNR(0+) of ``label`` as stated, from the moments at t = 0."""
    # A power of a ball about 0 is no number.
    square = once[2, 0] - exact(statement.centre) * once[1, 0] * once[1, 0]
    return once[1, k] * once[1, k] / (factorial(k) * square)


def _recommended(subject: Subject, statement: Statement, kind: Signal) -> Iterator[Comparison]:
    """What ``threshold`` answers, against the SNR there and elsewhere, and against lambda^2 by bins."""
    found = threshold(subject.link, kind).recommended
    if found is None:
        return
    tree, k = subject.link.tree, order(subject)
    snr, efficiency = found.snr.ball, found.efficiency.ball
    low, high = found.tilts
    here = snr
    # Over a wide range the largest value is not met by a hull.
    if high - low <= _SHARP * high:
        here = _over(tree, k, kind, low, high)
        yield Comparison(f"SNR of {kind} at the recommended temperature, as answered", here, snr)
    try:
        carried = best_signal(tree, k)
    except Unresolved:
        carried = arb(0).union(arb(1))
    name = f"efficiency of {kind} times lambda^{2 * statement.power}, SNR at the recommended temperature"
    yield Comparison(name, efficiency * prod([carried] * statement.power, start=arb(1)), here)
    if not (down_to := Fraction(found.compared_down_to)):
        return
    for part in _OTHERS:
        at = part / down_to
        other = ratio_of(parts_of(kind, k, *tables(tree, k, at, at)), k)
        name = f"SNR of {kind} at t = {at}, the largest as stated"
        yield Comparison(name, other, exact(statement.share) * snr.upper(), below=True)


def _over(tree: Node, k: int, kind: Signal, low: Fraction, high: Fraction) -> Any:
    """The SNR over [low, high], or its limit at 0."""
    once, twice = tables(tree, k, low, high)
    if high > 0:
        return ratio_of(parts_of(kind, k, once, twice), k)
    if kind == Signal.WEIGHT:
        return arb(0)
    return _limit(once, k, Statement(centre=Fraction(kind == Signal.CENTERED)))


def _noisy(subject: Subject, statement: Statement, at: Fraction) -> Comparison:
    """``label`` under noise +-a: averages over s + a and s - a, against the stated factor."""
    tree, k = subject.link.tree, order(subject)
    left = [arb(0), arb(0)]
    for value in (_FLIP.scale, -_FLIP.scale):
        shifted = combine("+", tree, Num(value))
        left[0] += oracle(shifted).tilted_moments((k,), (1,), at, 15)[1, k] / 2
        left[1] += oracle(shifted).tilted_moments((0,), (2,), 2 * at, 15)[2, 0] / 2
    once, twice = tables(tree, k, at, at)
    growth, (c1, _), (c2, v2) = _stated_noise(statement, _FLIP, at, ball)
    a, d = once[1, k] + c1 * once[0, k], twice[2, 0] + 2 * c2 * twice[1, 0] + (v2 + c2 * c2) * twice[0, 0]
    factor = arb(factorial(k))
    return Comparison(
        f"SNR of label under {_FLIP} at t = {at}, stated factor",
        left[0] * left[0] / (factor * left[1]),
        growth * a * a / (factor * d),
    )


def _stated_noise(
    statement: Statement, noise: Noise, at: Fraction, read: Callable[[sympy.Expr], Any]
) -> tuple[Any, tuple[Any, Any], tuple[Any, Any]]:
    """e^{2K_e(t) - damping*K_e(2t)}, and the mean and variance of e under its tilts at t and 2t."""
    k, value = cumulant(noise), sympy.Rational(at)
    growth = sympy.exp(2 * k.subs(tilt, value) - sympy.Rational(statement.damping) * k.subs(tilt, 2 * value))
    first, second = sympy.diff(k, tilt), sympy.diff(k, tilt, 2)
    once, twice = [
        (read(first.subs(tilt, point)), read(second.subs(tilt, point))) for point in (value, 2 * value)
    ]
    return read(growth), once, twice


def derive(subject: Subject, statement: Statement) -> Finding:
    """The steps of the proof for abstract moments, and SNR(0+) of this link where its moments are exact."""
    return _derived(statement) or _at_zero(subject, statement)


@lru_cache(maxsize=16)
def _derived(statement: Statement) -> Finding | None:
    """A refutation by the first step that does not come out as stated, or None."""
    a, d, growth, twice = (sympy.Function(n, positive=True)(tilt) for n in ("A", "D", "L", "L2"))
    mean, q, rest, snr = sympy.symbols("m q r S", positive=True)
    slope = sympy.diff(2 * sympy.log(a) - sympy.log(d), tilt)
    damped = growth**2 / twice ** sympy.Rational(statement.damping)
    equal = [
        ("slope of log SNR", slope, statement.slope * sympy.diff(a, tilt) / a - sympy.diff(d, tilt) / d),
        ("E T He gains L(t) and E T^2 gains L2 = L(2t): the noise factor", growth**2 / twice, damped),
        ("E T^2 at t = 0, r = Var y", rest + mean**2, rest + (1 - rational(statement.centre)) * mean**2),
        ("efficiency of T = zeta, q = lambda^2", sympy.S.One, q / q**statement.power),
    ]
    # T = zeta + R with R orthogonal to zeta, E R^2 = r: E[T zeta]^2/E T^2 = q^2/(q + r), largest at r = 0.
    most = (q**2 / (q + rest)).subs(rest, 0)
    bounded = [
        ("lambda^2 at T = zeta", most, rational(statement.ceiling) * q),
        ("the largest SNR at its own temperature", snr, rational(statement.share) * snr),
    ]
    for name, true, stated in equal:
        if (gap := sympy.simplify(true - stated)) != 0:
            return refutes(name, f"{name}: off by {gap}")
    for name, true, stated in bounded:
        if (gap := sympy.simplify(true - stated)).is_positive:
            return refutes(name, f"{name}: exceeds what is stated by {gap}")
    return None


def _at_zero(subject: Subject, statement: Statement) -> Finding:
    """The limit of the closed forms of A and D at t -> 0, against moments integrated one by one."""
    tree, k = subject.link.tree, order(subject)
    detail = "E[T He_k] = E[T zeta_k], Cauchy-Schwarz, Jensen; chain rule; e^{t(s+e)} factors"
    first, square, mean = (moment(tree, i, j) for i, j in ((1, k), (2, 0), (1, 0)))
    value = limit_at_zero(tree, k, NOISELESS)
    form = subject.closed_form
    if form is not None:
        a, d = form.alpha(k).subs(tilt, 0), sympy.diff(form.h(0), tilt, 2).subs(tilt, 0)
        value = a**2 / (sympy.factorial(k) * d) if a.is_finite and d.is_finite else None
    if value is None or first is None or square is None or mean is None:
        return supports(f"{detail}; T_t -> y as t -> 0")
    stated = first**2 / (sympy.factorial(k) * (square - rational(statement.centre) * mean**2))
    same = is_zero(value - stated)
    if same is False:
        return refutes("another limit at t = 0", f"SNR(0+) of this link is {value}, stated {stated}")
    shown = f"SNR(0+) = {value} on this link" if same else "T_t -> y as t -> 0"
    return supports(f"{detail}; {shown}")


def enclosed(subject: Subject, statement: Statement) -> Finding:
    count = 0
    with working(160):
        for comparison in _comparisons(subject, statement):
            if (witness := comparison.witness()) is not None:
                return refutes("certified comparison", witness)
            if comparison.open:
                return undecided(f"{comparison.label}: not decided")
            count += 1
    return supports(f"{count} certified comparisons hold")


def integrated(subject: Subject, statement: Statement) -> Finding:
    """Sums over nodes of z: the ceiling, the slopes, the limit, and what ``threshold`` answers."""
    count = 0
    for found in _estimates(subject, statement):
        if found.wrong:
            return refutes("sums over nodes of z", found.witness)
        count += 1
    return supports(f"{count} comparisons hold within the error of the sums")


def _estimates(subject: Subject, statement: Statement) -> Iterator[Estimated]:
    tree, k = subject.link.tree, order(subject)
    for at in _times(subject):
        for kind in _KINDS:
            yield within_ceiling(tree, k, at, kind, float(statement.ceiling))
    for kind in _KINDS:
        yield slope_estimate(tree, k, _times(subject)[0], kind, statement.slope)
    yield limit_estimate(tree, k, _times(subject)[0], float(statement.centre))
    for kind in _KINDS:
        found = threshold(subject.link, kind).recommended
        if found is not None:
            yield from recommended_estimates(tree, k, kind, found, statement.power, float(statement.share))


def simulated(subject: Subject, statement: Statement) -> Finding:
    """E[T He_k*] and E T^2 of ``label`` under Gaussian noise, against what the stated factor gives."""
    tree, k, at = subject.link.tree, order(subject), _times(subject)[0]
    if not has_light_tails(Moment(tree, 0, 2, 2 * at)):
        return absent("E T^2 has no small proved kurtosis")
    sample = estimates(subject.rng("T5"), tree, (0, k), (1, 2), (float(at), float(2 * at)), _GAUSSIAN)
    with working(120):
        once, twice = tables(tree, k, at, at)
        growth, (c1, _), (c2, v2) = _stated_noise(statement, _GAUSSIAN, at, ball)
        mass = ball(sympy.exp(cumulant(_GAUSSIAN).subs(tilt, sympy.Rational(at))))
        a = mass * (once[1, k] + c1 * once[0, k])
        # SNR = A^2/(k! D), so D is the stated factor's own.
        d = mass * mass / growth * (twice[2, 0] + 2 * c2 * twice[1, 0] + (v2 + c2 * c2) * twice[0, 0])
        claimed = [("E[T He_k*]", (0, 0, 1), float(a.mid())), ("E T^2", (1, 1, 0), float(d.mid()))]
    rows = [Row.at(f"{name} at t = {at}", sample, where, value) for name, where, value in claimed]
    return judged(subject, rows, SAMPLES, f" in d = {DIMENSION}, noise {_GAUSSIAN}")


CLAIM: Claim[Statement] = Claim(
    id="T5",
    title="Signal-to-noise ratio and the recommended temperature",
    formula="SNR = E[T He_k*]^2/(k*! E T^2) <= lambda^2 = E zeta_k*^2/k*! <= 1, (log SNR)' = 2A'/A - D'/D; "
    "the recommended beta has the largest SNR compared, and efficiency SNR/lambda^2",
    latex=r"\mathrm{SNR}(t)=\frac{\mathbb{E}[T_t\mathrm{He}_{k^*}]^2}{k^*!\,\mathbb{E}T_t^2}\le\lambda_{k^*}^2\le1",
    kind="equal",
    sentence="S5",
    source="Cauchy-Schwarz and Jensen's inequality",
    assumptions=(TILT, GENERATIVE),
    quantified="three signal kinds at two t with 2t < t_max, noise rademacher(1/2) and gaussian(1/2)",
    statement=Statement(),
    legs=legs(derive, enclosed, integrated, simulated),
    variants=(
        Variant("lambda^2 1% too small", Statement(ceiling=Fraction(99, 100)), "sign"),
        Variant("A'/A in place of 2A'/A", Statement(slope=1), "tanh-9/10"),
        Variant("the noise factor e^(2K_e(t))", Statement(damping=Fraction(0)), "relu"),
        Variant("Var y in place of E y^2 in the limit", Statement(centre=Fraction(1)), "sigmoid"),
        Variant("SNR itself as the efficiency", Statement(power=0), "sign"),
        Variant("no SNR above 9/10 of the recommended one", Statement(share=Fraction(9, 10)), "tanh"),
    ),
)
