"""Claims of the form "this signal has at most so many zeros": how each numeric leg counts them.

The zeros are those for all real t with E e^{ty} < oo, with multiplicity. Those at t = 0 are known from i0;
those at t < 0 are the zeros of the signal of -s at -t.
"""

from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise
from typing import Protocol

import numpy as np
from flint import arb
from numpy.typing import NDArray

from ...link import NOISELESS, Node, Noise, Signal, negate
from ...numerics.estimates import quadrature, sampling
from ...numerics.estimates.quadrature import noisy_moments
from ...numerics.expectation.oracle import NotIntegrable, Unresolved, oracle, t_range
from ...numerics.lowering.pointwise import compile_numpy, hermite
from ...numerics.precision import as_fraction, exact
from ...numerics.threshold.signal import STARTS, SignalCoefficient, spread
from ...theory.exact.polynomial import polynomial
from ...theory.threshold import closed_threshold
from ..claim import Subject
from ..link_facts.beyond import dominance
from ..number import show
from ..verdict import Finding, Leg, Outcome, Scope, absent, refutes, supports, undecided
from .equation import Moment, has_light_tails
from .trials import SAMPLES, estimates, inputs, normal_limit, order_and_power

#: Up to which t and -t zeros are looked for where no proof excludes them beyond, for a link of scale 1.
_FAR = Fraction(6)
_POINTS = 12
#: What rounding costs where two terms cancel.
_DOUBLE = 1e-15
Signs = list[tuple[float, float]]


@dataclass(frozen=True, slots=True)
class Count:
    """The ``kind`` signal has at most ``most`` zeros under ``noise``: none, Gaussian or uniform."""

    kind: Signal
    most: int
    noise: Noise = NOISELESS

    def __str__(self) -> str:
        return self.kind if self.noise == NOISELESS else f"{self.kind}, noise {self.noise}"


def at_zero(subject: Subject, kind: Signal) -> int:
    """The multiplicity of the zero at t = 0."""
    return order_and_power(subject)[1] - (kind != Signal.WEIGHT)


def sides(subject: Subject) -> list[tuple[int, Node]]:
    """(1, s) and (-1, -s), those of them for which some t > 0 is admissible."""
    both = ((1, subject.link.tree), (-1, negate(subject.link.tree)))
    return [(side, tree) for side, tree in both if t_range(tree).finite_below > 0]


@dataclass(frozen=True, slots=True)
class _Isolated:
    """The zeros on (0, end], and whether none lies beyond."""

    zeros: tuple[arb, ...]
    end: Fraction
    all: bool


def _isolate(tree: Node, star: int, power: int, count: Count) -> _Isolated:
    """Raises NotIntegrable and Unresolved where zeros are not separated from their surroundings."""
    beyond = settled(tree, star, count)
    end = beyond or last(tree)
    search = SignalCoefficient(oracle(tree), star, count.kind, count.noise).isolate_zeros(end, power, 10)
    if search.unresolved:
        raise Unresolved("the signal is not separated from 0 everywhere")
    return _Isolated(search.zeros, search.searched_to, beyond is not None and search.searched_to >= beyond)


def last(tree: Node, far: Fraction = _FAR) -> Fraction:
    """In proportion to the scale of the link; near a finite t_max every enclosure is slow."""
    limit, far = t_range(tree).finite_below, far / spread(tree)
    return far if not limit.is_finite() or limit > exact(2 * far) else as_fraction(limit.lower()) * 3 / 4


def settled(tree: Node, star: int, count: Count) -> Fraction | None:
    """From where on dominance excludes zeros of h_k*, and under noise those of h_k*' + K_e' h_k* too."""
    if count.kind == Signal.CENTERED or t_range(tree).finite_below.is_finite():
        return None
    weights = (
        (True,) if count.kind == Signal.WEIGHT else (False,) if count.noise == NOISELESS else (False, True)
    )
    shown = dominance(tree, star, weights, STARTS[:5])
    return None if shown is None else max(each.start for each in shown)


def by_algebra(subject: Subject, count: Count, proved: int | None, reason: str) -> Finding:
    """The stated bound against the proved one, and against the exact zeros where the signal is solved.

    The zeros of polynomials are solved without a count of sign changes, so they decide the whole statement.
    """
    closed = [(side, closed_threshold(tree, count.kind, count.noise)) for side, tree in sides(subject)]
    zeros = [side * zero for side, found in closed if found is not None for zero in found.zeros]
    total = len(zeros) + at_zero(subject, count.kind)
    if total > count.most:
        shown = ", ".join(map(str, zeros)) or "none"
        witness = (
            f"{count}: {at_zero(subject, count.kind)} zeros at t = 0, others: {shown}; {count.most} stated"
        )
        return refutes("more exact zeros than stated", witness)
    if proved is None:
        return absent(f"{count}: {reason}")
    if count.most < proved:
        return undecided(f"{count}: the proved bound is {proved}: {reason}")
    solved = polynomial(subject.link.tree) is not None and all(found is not None for _, found in closed)
    detail = f"{count}: at most {proved} sign changes: {reason}; the rest is the proof on paper"
    if solved:
        detail = f"{count}: {total} zeros, solved exactly; at most {proved} sign changes: {reason}"
    return supports(detail, scope="statement" if solved else "steps")


def by_enclosure(subject: Subject, counts: Sequence[Count]) -> Finding:
    """All zeros isolated: on the whole line where dominance excludes others beyond, else up to some t."""
    star, power = order_and_power(subject)
    details, complete = [], True
    for count in counts:
        zeros: list[arb] = []
        ends = []
        for side, tree in sides(subject):
            try:
                isolated = _isolate(tree, star, power, count)
            except (NotIntegrable, Unresolved) as reason:
                return undecided(f"{count}: {reason}")
            zeros += [side * zero for zero in isolated.zeros]
            ends.append(f"{'-' * (side < 0)}{'oo' if isolated.all else format(float(isolated.end), '.3g')}")
            complete = complete and isolated.all
        total = len(zeros) + at_zero(subject, count.kind)
        shown = ", ".join(show(zero, 8) for zero in zeros) or "none elsewhere"
        detail = (
            f"{count}: {total} zeros for t up to {' and '.join(ends)}: {at_zero(subject, count.kind)} at 0, "
            f"{shown}; at most {count.most} stated"
        )
        if total > count.most:
            return refutes("more zeros than stated", detail)
        details.append(detail)
    scope: Scope = "statement" if complete else "instances"
    return supports("; ".join(details), scope=scope)


def by_quadrature(subject: Subject, counts: Sequence[Count]) -> Finding:
    """Changes of sign by mpmath on a grid of t on both sides of 0."""
    star, _ = order_and_power(subject)
    details = []
    for count in counts:
        signs: Signs = []
        try:
            for side, tree in sides(subject):
                points = (last(tree) * Fraction(j * j, _POINTS**2) for j in range(1, _POINTS + 1))
                signs += on_side(side, integrals(tree, star, points, count), count)
        except quadrature.Divergent as reason:
            return undecided(f"{count}: {reason}")
        evidence = turns(signs, count, "")
        if evidence.outcome is Outcome.REFUTES:
            return evidence
        details.append(evidence.detail)
    return supports("; ".join(details))


def integrals(tree: Node, star: int, points: Iterable[Fraction], count: Count) -> Signs:
    """(t, signal) by quadrature where its sign is beyond the error of the rule. Raises Divergent."""
    rows = [(float(at), *_signed(tree, star, at, count)) for at in points]
    return [(at, value) for at, value, error in rows if abs(value) > 10 * error]


def on_side(side: int, signs: Signs, count: Count) -> Signs:
    """What is seen of -s at t, as the signal of s at -t: d/dt turns its sign with that of t."""
    return [(side * t, value if count.kind == Signal.WEIGHT else side * value) for t, value in signs]


def means(ts: Sequence[float], sample: sampling.Sample, limit: float) -> Signs:
    """(t, mean over standard error) where that is beyond the limit."""
    scores = (sample.mean / sample.standard_error).ravel()
    return [(t, float(score)) for t, score in zip(ts, scores, strict=True) if abs(score) > limit]


def _signed(tree: Node, star: int, at: Fraction, count: Count) -> tuple[float, float]:
    """The signal at t = ``at``, up to a positive factor, with the estimated error. Raises Divergent."""
    bare = count.kind == Signal.LABEL and count.noise == NOISELESS
    ks, powers = ((star,), (1,)) if bare else ((0, star), (0, 1))
    # Doubles do where they show the sign: with fewer digits a cut-off nearer to 0 may suffice.
    with suppress(quadrature.Divergent):
        table = noisy_moments(tree, NOISELESS, ks, powers, at)
        value, error = combined(table, star, at, count)
        if abs(value) > 10 * error:
            return value, error
    return combined(quadrature.tilted_moments(tree, ks, powers, at, 12), star, at, count)


def combined(
    table: dict[tuple[int, int], quadrature.Estimate], star: int, at: Fraction, count: Count
) -> tuple[float, float]:
    """The signal of the table up to a positive factor, with the estimated error."""
    if len(table) == 1:
        estimate = table[1, star]
        size = abs(estimate.value) + estimate.error or 1  # at a low temperature more than a double holds
        return float(estimate.value / size), float(estimate.error / size)
    h, alpha, m, v = (table[key] for key in ((0, star), (1, star), (0, 0), (1, 0)))
    if count.kind == Signal.WEIGHT:
        return float(h.value), float(h.error)
    if count.kind == Signal.LABEL:
        first, second = float(alpha.value), noise_slope(count.noise, float(at)) * float(h.value)
        error = float(alpha.error) + noise_slope(count.noise, float(at)) * float(h.error)
        return first + second, error + _DOUBLE * (abs(first) + abs(second))
    value = alpha.value * m.value - h.value * v.value
    error = (
        abs(alpha.value) * m.error + alpha.error * m.value + abs(h.value) * v.error + h.error * abs(v.value)
    )
    return float(value / m.value), float(error / m.value)


def noise_slope(noise: Noise, t: float) -> float:
    """K_e'(t) for t > 0."""
    a = float(noise.scale)
    slopes = {"none": 0.0, "gaussian": a * a * t, "rademacher": a * np.tanh(a * t)}
    return float(slopes[noise.kind] if noise.kind in slopes else a / np.tanh(a * t) - 1 / t)


def turns(signs: Iterable[tuple[float, float]], count: Count, how: str) -> Finding:
    """Between two values of opposite sign lies a zero."""
    ordered = sorted(signs)
    turning = [(a, b) for (a, x), (b, y) in pairwise(ordered) if x * y < 0]
    shown = ", ".join(f"({a:.4g}, {b:.4g})" for a, b in turning) or "none"
    detail = (
        f"{count}: {how}changes of sign seen at {len(ordered)} temperatures: {shown}; at most {count.most}"
    )
    if len(turning) > count.most:
        return refutes("more changes of sign than stated", detail)
    return supports(detail)


def by_simulation(subject: Subject, counts: Sequence[Count], label: str) -> Finding:
    """The same from samples, counting only signs that are beyond the run-wide limit."""
    star, _ = order_and_power(subject)
    ts = [
        side * float(at)
        for side, tree in sides(subject)
        for at in _sampled(tree)
        if has_light_tails(Moment(tree, star, 1, at))
    ]
    if not ts:
        return absent("no temperature leaves the samples light tails")
    limit = normal_limit(subject, len(ts) * len(counts))
    details = []
    for count in counts:
        scores = _scores(subject, star, ts, count, label)
        signs = [(t, score) for t, score in zip(ts, scores, strict=True) if abs(score) > limit]
        evidence = turns(signs, count, f"n = {SAMPLES}, limit {limit:.2f}: ")
        if evidence.outcome is Outcome.REFUTES:
            return evidence
        if len(signs) > 1:
            details.append(evidence.detail)
    if not details:
        return absent(f"n = {SAMPLES}: at most one sign is beyond the limit {limit:.2f}")
    return supports("; ".join(details))


def _sampled(tree: Node) -> tuple[Fraction, Fraction]:
    end = min(last(tree) / 2, Fraction(3, 2))
    return end / 4, end


def _scores(
    subject: Subject, star: int, ts: Sequence[float], count: Count, label: str
) -> NDArray[np.float64]:
    """Mean over standard error of the signal at each t."""
    rng = subject.rng(f"{label}|{count}")
    if count.kind != Signal.CENTERED:
        power = int(count.kind == Signal.LABEL)
        sample = estimates(rng, subject.link.tree, (star,), (power,), ts, count.noise)
        return np.asarray(sample.mean / sample.standard_error).ravel()
    # Pairs of independent inputs: E (y - y')(He_k - He_k') e^{t(y + y')}/2 = h_k' h_0 - h_k h_0'.
    z = inputs(rng, 2)
    y, polynomial = compile_numpy(subject.link.tree)(z), hermite(star, z)
    values = [(y[0] - y[1]) * (polynomial[0] - polynomial[1]) * np.exp(t * (y[0] + y[1])) for t in ts]
    return np.array([each.mean() / (each.std() / np.sqrt(SAMPLES)) for each in values])


class Counts(Protocol):
    """A statement that bounds numbers of zeros."""

    def counts(self, subject: Subject) -> Sequence[Count]: ...


def numeric_legs(label: str) -> dict[Leg, Callable[[Subject, Counts], Finding]]:
    """The three numeric legs of a claim that bounds numbers of zeros."""
    return {
        "enclosure": lambda subject, statement: by_enclosure(subject, statement.counts(subject)),
        "quadrature": lambda subject, statement: by_quadrature(subject, statement.counts(subject)),
        "simulation": lambda subject, statement: by_simulation(subject, statement.counts(subject), label),
    }
