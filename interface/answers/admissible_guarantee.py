"""The temperatures that are guaranteed at n samples: where to look by doubles, what is said by enclosure."""

from __future__ import annotations

import math
from bisect import bisect_left
from collections.abc import Callable, Sequence
from dataclasses import replace
from fractions import Fraction
from functools import cache

from flint import arb

from ...crosscheck.number import Number, ball, from_ball
from ...numerics.expectation.oracle import Interval
from ...numerics.guarantee.bound import Guarantee, Guarantees, Stretch
from ...numerics.guarantee.estimate import Choice, recommended
from ...numerics.precision import directed_decimal, exact, working
from .admissible_curve import Curve, Scheme, sharp
from .admissible_set import MULTIPLES, BestGuarantee, Fit, Forecast, Guaranteed, Nonempty, Temperatures

#: This share of the least t stands for no tilt at all.
_TINY = 1e-3
#: t_top past the last t of a scheme, as a factor.
_PAST = 1.04
_BITS, _DIGITS = 96, 6
#: Sample sizes that are tried, as powers of ten; and above the least one by doubles.
_LARGEST, _SLACKS = 15, (1.002, 1.02, 1.2, 1.6, 2.5, 5.0)
_EVERY = Temperatures(Number(None, "0", "0"), Number(None, "inf", "inf"))
_TERMS = {
    "misfit": "the features' misfit",
    "fluctuation": "the chance of the samples",
    "clipping": "errors that clipping may bend",
    "second order": "the square of the error, which the tilt enlarges",
    "first order": "the error, which the tilt enlarges",
    "range": "the range of the link, which no policy exceeds",
}


def guaranteed(
    label: Scheme, surrogate: Scheme | None, fit: Fit, free: bool, epsilon: Fraction, digits: int,
    told: Callable[[float], object],
) -> Guaranteed:  # fmt: skip
    """What is guaranteed with one fit. free: whether its features or its ridge were recommended.

    told: hears of the share that is done, by the times that the parts take for tanh.
    """
    curve = Curve(label, fit, label.n)
    runs, (least_t, _) = curve.runs(epsilon), curve.best
    top = _top(curve, runs, least_t)
    model = label.guarantees(fit, top)
    beta = Fraction(f"{1 / least_t:.4g}")
    at = model.at(1 / beta)
    stretches = _stretches(model, runs, epsilon, 1 / beta)
    told(0.55)
    other = None if surrogate is None else Curve(surrogate, fit, label.n)
    others = [] if other is None else _surrogate(other, epsilon)
    told(0.8)
    low, high = (None, None) if at is None else _limits(stretches, at)
    sets = [[_temperatures(one, digits) for one in reversed(each)] for each in (stretches, others)]
    if label.grants(epsilon):
        low = high = "none: no policy loses more, as no value is below inf s"
        sets = [[_EVERY], [] if surrogate is None else [_EVERY]]
    curves = [curve, *(replace(curve, n=k * label.n) for k in MULTIPLES[1:]), *([other] if other else [])]
    return Guaranteed(
        tuple(sets[0]),
        tuple(sets[1]),
        surrogate is not None,
        None if at is None else _best(beta, at, label.delta),
        low,
        high,
        _nonempty(label, fit, at, epsilon, free),
        _empty(label, epsilon),
        _drawn(curves),
    )


def forecast(label: Scheme, surrogate: Scheme | None, fit: Fit, epsilon: Fraction) -> Forecast:
    """The sets with the mean error of the fit as n -> oo, in doubles."""
    curve = Curve(label, fit, label.n, mean=True)
    common: tuple[Temperatures, ...] = ()
    own: tuple[Temperatures, ...] = ()
    if surrogate is not None:
        common = _crossings(replace(curve, away=surrogate.span.away), epsilon)
        own = _crossings(Curve(surrogate, fit, label.n, mean=True), epsilon)
    t, least = curve.best
    best = (1 / t, least) if least < curve.scheme.estimate.most else None
    curves = [curve, *(replace(curve, n=k * label.n) for k in MULTIPLES[1:])]
    return Forecast(_crossings(curve, epsilon), common, own, best, _drawn(curves))


def _crossings(curve: Curve, epsilon: Fraction) -> tuple[Temperatures, ...]:
    """Where the bound of the doubles is at most epsilon, in increasing beta."""
    points, found = curve.points, []
    inside = [bound <= epsilon for _, bound in points]
    for i in range(len(points)):
        if not inside[i] or (i and inside[i - 1]):
            continue
        last = next((j - 1 for j in range(i, len(points)) if not inside[j]), len(points) - 1)
        low = Number(None, "inf", "inf")
        if i or curve.bound(_TINY * points[0][0]) > epsilon:
            low = _crossing(curve, epsilon, points[i][0], points[i - 1][0] if i else 0.0)
        end = points[last + 1][0] if last + 1 < len(points) else points[last][0]
        found.append(Temperatures(_crossing(curve, epsilon, points[last][0], end), low))
    return tuple(reversed(found))


def _crossing(curve: Curve, epsilon: Fraction, inside: float, outside: float) -> Number:
    """beta where the bound crosses epsilon between two t."""
    while abs(outside - inside) > 1e-8 * inside:
        middle = (inside + outside) / 2
        inside, outside = (middle, outside) if curve.bound(middle) <= epsilon else (inside, middle)
    with working(_BITS):
        return from_ball(1 / arb(inside).union(arb(outside)), _DIGITS)


def _surrogate(curve: Curve, epsilon: Fraction) -> list[Stretch]:
    runs = curve.runs(epsilon)
    if not runs:
        return []
    model = curve.scheme.guarantees(curve.fit, _top(curve, runs, curve.best[0]))
    return _stretches(model, runs, epsilon, None)


def _top(curve: Curve, runs: Sequence[Sequence[tuple[float, float]]], least: float) -> Fraction:
    """The end of the range of t to enclose: a little beyond what the doubles call for."""
    last = max([least, *(run[-1][0] for run in runs)])
    return min(sharp(_PAST * last), curve.scheme.limit)


def _stretches(
    model: Guarantees, runs: Sequence[Sequence[tuple[float, float]]], epsilon: Fraction, best: Fraction | None
) -> list[Stretch]:
    """The stretches about the lowest point of each run, in increasing t; ``best`` takes its place."""
    found: list[Stretch] = []
    for run in runs:
        t, _ = min(run, key=lambda one: (one[1], one[0]))
        # A short decimal in beta, so that a stretch which is no more than its start can be written down.
        start = 1 / Fraction(_decimal(1 / Fraction(str(t)), _DIGITS, up=True))
        if best is not None and run[0][0] <= best <= run[-1][0]:
            start = best
        if found and start <= found[-1].upper:
            continue
        least = Fraction(str(run[0][0])) / 2
        stretch = model.stretch(start, epsilon, least)
        if stretch is None:
            continue
        if stretch.lower == least:
            # Where even no tilt is enough, every temperature above is too.
            rest = model.at(Interval(Fraction(0), least))
            if rest is not None and rest.bound <= epsilon:
                stretch = replace(stretch, lower=Fraction(0))
        found.append(stretch)
    return found


def _temperatures(stretch: Stretch, digits: int) -> Temperatures:
    """In beta = 1/t, rounded inward, to as many more digits as a narrow stretch needs to hold them."""
    low = _decimal(1 / stretch.upper, digits, up=True)
    high = "inf" if not stretch.lower else _decimal(1 / stretch.lower, digits, up=False)
    if stretch.lower and Fraction(low) > Fraction(high):
        return _temperatures(stretch, 2 * digits)
    return Temperatures(Number(None, low, low), Number(None, high, high))


def _decimal(value: Fraction, digits: int, *, up: bool) -> str:
    return directed_decimal(value, digits + 2, math.ceil if up else math.floor)


def _above(value: float) -> str:
    """A double rounded up to a few digits."""
    return _decimal(Fraction(value), _DIGITS - 2, up=True)


def _best(beta: Fraction, at: Guarantee, delta: float) -> BestGuarantee:
    bound = _above(at.bound)
    return BestGuarantee(beta, Number(None, bound, bound), delta, at.lost, at.terms, at.share * delta)


def _limits(stretches: Sequence[Stretch], best: Guarantee) -> tuple[str | None, str | None]:
    """What stops the set at its lowest and at its highest temperature."""
    if not stretches:
        return None, None
    first, last = stretches[0], stretches[-1]
    low = _limit(last.above, best, f"looked at down to beta = {float(1 / last.upper):.4g} only")
    if not first.lower:
        return low, "none: even without a tilt the guarantee holds"
    return low, _limit(first.below, best, f"looked at up to beta = {float(1 / first.lower):.4g} only")


def _limit(failed: Guarantee | None, best: Guarantee, otherwise: str) -> str:
    """What grew most from the best temperature to the cell beyond the end."""
    if failed is None:
        return otherwise
    if not failed.radius < math.inf:
        return (
            "no bound: the weighted Gram matrix is not shown to be near its mean, for lack of samples or "
            "because features depend on each other"
        )
    if failed.lost - best.lost > failed.learning - best.learning:
        return (
            f"too little tilt: pi* itself stays up to {failed.lost:.3g} below the target, "
            f"and learning may lose {failed.learning:.3g}"
        )
    return (
        f"learning may lose {failed.learning:.3g} beside {failed.lost:.3g} for pi* itself; {heaviest(failed)}"
    )


def heaviest(found: Guarantee | BestGuarantee) -> str:
    """The term of what may be lost by learning that is largest."""
    name = max(found.terms, key=lambda each: (found.terms[each], each))
    return f"most of it, {found.terms[name]:.3g}, by {_TERMS[name]}"


def _nonempty(scheme: Scheme, fit: Fit, at: Guarantee | None, epsilon: Fraction, free: bool) -> Nonempty:
    """From which epsilon on the label set is not empty, and from which n, each shown by enclosure.

    free: other features and another ridge may be taken where no n is enough for those of ``fit``.
    """
    level = None if at is None else _above(at.bound)
    inside = at is not None and at.bound <= epsilon
    samples = _samples(scheme, fit, epsilon)
    if samples is None and free:
        choice = _choice(scheme, epsilon)
        if choice is not None:
            fit = replace(fit, biases=choice.biases, ridge=choice.ridge)
            samples = _samples(scheme, fit, epsilon)
    if samples is not None:
        need, t = samples
        found = scheme.guarantees(fit, sharp(_PAST * t))
        for slack in _SLACKS:
            n = _rounded_up(need * slack)
            if inside and n >= scheme.n:
                break
            shown = replace(found, n=n).at(sharp(t))
            if shown is not None and shown.bound <= epsilon:
                return Nonempty(n, level, fit.biases, fit.ridge)
    return Nonempty(scheme.n if inside else None, level, fit.biases, fit.ridge)


def _choice(scheme: Scheme, epsilon: Fraction) -> Choice | None:
    """The fit recommended at the least power of ten that is enough for any fit, as the bound falls with n."""

    @cache
    def found(k: int) -> Choice:
        return recommended(scheme.estimate.with_samples(10**k), float(scheme.limit))

    powers = range(int(math.log10(scheme.n)) + 1, _LARGEST + 1)
    if not powers or found(_LARGEST).bound > epsilon:
        return None
    return found(powers[bisect_left(powers, True, key=lambda k: found(k).bound <= epsilon)])


def _samples(scheme: Scheme, fit: Fit, epsilon: Fraction) -> tuple[float, float] | None:
    """The least n in doubles at which some t has a bound of at most epsilon, and that t; None if no n is."""
    low, high = math.log10(len(fit.biases) + 2), float(_LARGEST)
    t, bound = Curve(scheme, fit, 10**_LARGEST).best
    if bound > epsilon:
        return None
    while high - low > 1e-3:
        middle = (low + high) / 2
        at, bound = Curve(scheme, fit, round(10**middle)).best
        if bound <= epsilon:
            high, t = middle, at
        else:
            low = middle
    return 10**high, t


def _rounded_up(n: float) -> int:
    """n to three digits."""
    unit = int(10 ** max(0, math.floor(math.log10(n)) - 2))
    return math.ceil(n / unit) * unit


def _empty(scheme: Scheme, epsilon: Fraction) -> str:
    """Why no temperature at all has V(pi_rhat) >= target - epsilon; "" where that is not proved."""
    if not math.isfinite(scheme.span.high):
        return ""
    with working(_BITS):
        beyond = ball(scheme.target) - scheme.span.high > exact(epsilon)
    return "no policy comes within epsilon of the target" if beyond else ""


def _drawn(curves: Sequence[Curve]) -> tuple[tuple[float, ...], ...]:
    """What a figure shows: t, and the bounds there."""
    return tuple((t, *(curve.bound(t) for curve in curves)) for t in curves[0].grid)
