"""T5. The signal-to-noise ratio of a signal, and what no transformation of the label can exceed.

Quantity:    SNR(t) = E[T_t(y) He_k*]^2/(k*! E T_t(y)^2) for each signal kind, 2t < t_max.
Statement:   SNR <= lambda^2 <= 1, lambda^2 = E zeta_k*^2/k*!; (log SNR)' = 2A'/A - D'/D for A = E[T_t He_k*],
             D = E T_t^2; noise brings the factor e^{2K_e(t) - K_e(2t)}, its powers averaged under the tilt;
             for `label` SNR(0+) = mu_{1,k*}^2/(k*! E y^2).
Kind:        equal
Source:      Cauchy-Schwarz and Jensen's inequality. Abstract, S5.
Assumptions: t_max > 0; the generative exponent is decided.
Checks:      symbolic, enclosure (mean value theorem over short intervals of t), quadrature, simulation.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache
from math import factorial
from typing import Any, Literal

import mpmath
import sympy
from flint import arb

from ...link import Noise
from ...link.build import combine
from ...link.tree import Node, Num
from ...numerics import montecarlo, quadrature
from ...numerics.best_signal import best_signal
from ...numerics.expectation import Interval, NotIntegrable, Unresolved, oracle
from ...numerics.precision import exact, working
from ...theory.efficiency import best_signal as closed_ceiling
from ...theory.signal import cumulant
from ...theory.symbols import t as tilt
from ..answers.exponents import exponents
from ..assumptions import GENERATIVE, TILT
from ..claim import Claim, Formula, Variant
from ..compare import ball, show
from ..equation import Moment, has_light_tails
from ..sampled import DIMENSION, SAMPLES, Row, judged
from ..subject import Subject
from ..temperatures import gentle_tilt, tilts
from ..verdict import Evidence, Outcome

Kind = Literal["label", "weight", "centered"]
_KINDS: tuple[Kind, ...] = ("label", "weight", "centered")
_FLIP, _GAUSSIAN = Noise("rademacher", Fraction(1, 2)), Noise("gaussian", Fraction(1, 2))
#: Intervals of t, as a part of t, over which the slope is compared with a difference.
_STEP = Fraction(1, 64)
_SMALL = Fraction(1, 4096)
_QUADRATURE_DIGITS, _TOLERANCE = 15, 1e-9
Table = dict[tuple[int, int], Any]


@dataclass(frozen=True, slots=True)
class Statement:
    """SNR <= ceiling*lambda^2, (log SNR)' = slope*A'/A - D'/D, noise factor e^{2K_e(t) - damping*K_e(2t)}.

    around_mean: SNR(0+) of ``label`` has the variance of y in the place of E y^2.
    """

    ceiling: Fraction = Fraction(1)
    slope: int = 2
    damping: Fraction = Fraction(1)
    around_mean: bool = False


@dataclass(frozen=True, slots=True)
class _Parts:
    """A, A', D and D' of one signal kind."""

    a: Any
    slope_a: Any
    d: Any
    slope_d: Any


def _parts(kind: Kind, k: int, once: Table, twice: Table) -> _Parts:
    """From E[y^i e^{ty} He_k], E[y^i e^{ty}] (``once``) and E[y^i e^{2ty}] (``twice``)."""
    h, y = [once[i, k] for i in range(3)], [twice[i, 0] for i in range(4)]
    if kind == "weight":
        return _Parts(h[0], h[1], y[0], 2 * y[1])
    if kind == "label":
        return _Parts(h[1], h[2], y[2], 2 * y[3])
    c = once[1, 0] / once[0, 0]
    moved = once[2, 0] / once[0, 0] - c * c
    return _Parts(
        h[1] - c * h[0],
        h[2] - c * h[1] - moved * h[0],
        y[2] - 2 * c * y[1] + c * c * y[0],
        2 * (y[3] - 2 * c * y[2] + c * c * y[1]) - 2 * moved * (y[1] - c * y[0]),
    )


def _ratio(parts: _Parts, k: int) -> Any:
    return parts.a * parts.a / (factorial(k) * parts.d)


def _derivative(parts: _Parts, k: int, slope: int) -> Any:
    """SNR' = SNR (slope A'/A - D'/D), written without a division by A."""
    rest = slope * parts.a * parts.slope_a - parts.a * parts.a * parts.slope_d / parts.d
    return rest / (factorial(k) * parts.d)


def _star(subject: Subject) -> int:
    value = exponents(subject.link).generative_exponent.value
    assert value is not None
    return value


def _times(subject: Subject) -> tuple[Fraction, ...]:
    gentle = gentle_tilt(subject)
    assert gentle is not None
    return gentle, max(gentle, tilts(subject)[1] / 2)


def _tables(tree: Node, k: int, low: Fraction, high: Fraction) -> tuple[Table, Table]:
    """Enclosures at t and 2t, for one t or for every t in between."""
    single = low == high
    once = oracle(tree).tilted_moments((0, k), (0, 1, 2), low if single else Interval(low, high), 15)
    doubled = 2 * low if single else Interval(2 * low, 2 * high)
    return once, oracle(tree).tilted_moments((0,), (0, 1, 2, 3), doubled, 15)


@dataclass(frozen=True, slots=True)
class _Comparison:
    """``left`` must overlap ``right``, or not exceed it."""

    label: str
    left: arb
    right: arb
    below: bool = False

    def witness(self) -> str | None:
        wrong = self.left > self.right if self.below else not self.left.overlaps(self.right)
        if not wrong:
            return None
        relation = "exceeds" if self.below else "is not in"
        return f"{self.label}: {show(self.left)} {relation} {show(self.right)}"


def _comparisons(subject: Subject, statement: Statement) -> Iterator[_Comparison]:
    tree, k = subject.link.tree, _star(subject)
    carried, closed = best_signal(tree, k), closed_ceiling(tree, k)
    ceiling = exact(statement.ceiling) * carried
    if closed is not None:
        yield _Comparison("lambda^2 by bins and in closed form", ceiling, ball(closed))
    for at in _times(subject):
        once, twice = _tables(tree, k, at, at)
        for kind in _KINDS:
            value = _ratio(_parts(kind, k, once, twice), k)
            yield _Comparison(f"SNR of {kind} at t = {at}, lambda^2", value, ceiling, below=True)
    yield from _mean_values(subject, statement)
    yield _noisy(subject, statement, at=_times(subject)[0])


def _mean_values(subject: Subject, statement: Statement) -> Iterator[_Comparison]:
    """Differences of the SNR over [t, t + h] against h times the range of the stated slope."""
    tree, k, at = subject.link.tree, _star(subject), _times(subject)[0]
    ends = [(at, at * (1 + _STEP)), (Fraction(0), at * _SMALL)]
    for low, high in ends:
        hull = _tables(tree, k, low, high)
        first, last = _tables(tree, k, low, low), _tables(tree, k, high, high)
        for kind in _KINDS if low else _KINDS[:1]:
            start = _ratio(_parts(kind, k, *first), k)
            if not low:
                start = _limit(first, k, statement)
            moved = _ratio(_parts(kind, k, *last), k) - start
            slope = _derivative(_parts(kind, k, *hull), k, statement.slope) * exact(high - low)
            name = "SNR(0+)" if not low else "difference of the SNR"
            yield _Comparison(f"{name} of {kind} up to t = {high}, stated slope times h", moved, slope)


def _limit(tables: tuple[Table, Table], k: int, statement: Statement) -> Any:
    """SNR(0+) of ``label`` as stated, from the moments at t = 0."""
    once = tables[0]
    square = once[2, 0] - (once[1, 0] ** 2 if statement.around_mean else 0)
    return once[1, k] ** 2 / (factorial(k) * square)


def _noisy(subject: Subject, statement: Statement, at: Fraction) -> _Comparison:
    """``label`` under noise +-a: averages over s + a and s - a, against the stated factor."""
    tree, k = subject.link.tree, _star(subject)
    left = [arb(0), arb(0)]
    for value in (_FLIP.scale, -_FLIP.scale):
        shifted = combine("+", tree, Num(value))
        left[0] += oracle(shifted).tilted_moments((k,), (1,), at, 15)[1, k] / 2
        left[1] += oracle(shifted).tilted_moments((0,), (2,), 2 * at, 15)[2, 0] / 2
    once, twice = _tables(tree, k, at, at)
    growth, (c1, _), (c2, v2) = _stated_noise(statement, _FLIP, at, ball)
    a, d = once[1, k] + c1 * once[0, k], twice[2, 0] + 2 * c2 * twice[1, 0] + (v2 + c2 * c2) * twice[0, 0]
    factor = arb(factorial(k))
    return _Comparison(
        f"SNR of label under {_FLIP} at t = {at}, stated factor",
        left[0] ** 2 / (factor * left[1]),
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


def derive(subject: Subject, statement: Statement) -> Evidence:
    return _derived(statement)


@lru_cache(maxsize=16)
def _derived(statement: Statement) -> Evidence:
    """The slope, the noise factor and the limit for abstract moments; equality at T = zeta."""
    a, d, growth = (sympy.Function(name, positive=True)(tilt) for name in ("A", "D", "L"))
    slope = sympy.diff(2 * sympy.log(a) - sympy.log(d), tilt)
    stated = statement.slope * sympy.diff(a, tilt) / a - sympy.diff(d, tilt) / d
    if sympy.expand(slope - stated) != 0:
        return Evidence(
            "symbolic", Outcome.REFUTES, "another slope", f"off by {sympy.expand(slope - stated)}"
        )
    if statement.ceiling != 1:
        witness = f"T = zeta gives lambda^2 itself, stated at most {statement.ceiling} lambda^2"
        return Evidence("symbolic", Outcome.REFUTES, "Cauchy-Schwarz is an equality for T = zeta", witness)
    twice = sympy.Function("L2", positive=True)(tilt)
    if sympy.simplify(growth**2 / twice - growth**2 / twice ** sympy.Rational(statement.damping)) != 0:
        witness = f"E T He gains L(t), E T^2 gains L(2t) = L2: L^2/L2 is not L^2/L2^{statement.damping}"
        return Evidence("symbolic", Outcome.REFUTES, "another noise factor", witness)
    if statement.around_mean:
        witness = "T_t tends to y, and E y^2 = Var y + (E y)^2"
        return Evidence("symbolic", Outcome.REFUTES, "another limit at t = 0", witness)
    detail = (
        "E[T He_k] = E[T zeta_k], Cauchy-Schwarz, Jensen; chain rule; e^{t(s+e)} factors; T_t -> y as t -> 0"
    )
    return Evidence("symbolic", Outcome.SUPPORTS, detail)


def enclosed(subject: Subject, statement: Statement) -> Evidence:
    count = 0
    with working(160):
        try:
            for comparison in _comparisons(subject, statement):
                witness = comparison.witness()
                if witness is not None:
                    return Evidence("enclosure", Outcome.REFUTES, "certified comparison", witness)
                if (
                    comparison.below
                    and not comparison.left <= comparison.right
                    and comparison.left.rad() > 1e-9
                ):
                    return Evidence("enclosure", Outcome.UNDECIDED, f"{comparison.label}: not decided")
                count += 1
        except (NotIntegrable, Unresolved) as reason:
            return Evidence("enclosure", Outcome.UNDECIDED, str(reason))
    return Evidence("enclosure", Outcome.SUPPORTS, f"{count} certified comparisons hold")


def integrated(subject: Subject, statement: Statement) -> Evidence:
    """mpmath: the ceiling, and the slope of each kind by central differences."""
    tree, k = subject.link.tree, _star(subject)
    best = closed_ceiling(tree, k)
    ceiling = float(statement.ceiling) * (1.0 if best is None else float(best))
    at = _times(subject)[0]
    h = at / 512
    try:
        read = {j: _estimates(tree, k, at + j * h) for j in (-2, -1, 0, 1, 2)}
    except quadrature.Divergent as reason:
        return Evidence("quadrature", Outcome.UNDECIDED, str(reason))
    for kind in _KINDS:
        values = {j: _ratio(_parts(kind, k, *tables), k) for j, tables in read.items()}
        if values[0] > ceiling + _TOLERANCE:
            witness = f"SNR of {kind} at t = {at}: {float(values[0]):.10g} exceeds {ceiling:.10g}"
            return Evidence("quadrature", Outcome.REFUTES, "above lambda^2", witness)
        seen = (8 * (values[1] - values[-1]) - (values[2] - values[-2])) / (12 * mpmath.mpf(float(h)))
        stated = _derivative(_parts(kind, k, *read[0]), k, statement.slope)
        if abs(seen - stated) > 1e-6 * (abs(stated) + abs(values[0])):
            witness = f"slope of the SNR of {kind} at t = {at}: {float(seen):.8g}, stated {float(stated):.8g}"
            return Evidence("quadrature", Outcome.REFUTES, "another slope", witness)
    return Evidence(
        "quadrature", Outcome.SUPPORTS, "three signal kinds below lambda^2, with the stated slope"
    )


def _estimates(tree: Node, k: int, at: Fraction) -> tuple[Table, Table]:
    once = quadrature.tilted_moments(tree, (0, k), (0, 1, 2), at, _QUADRATURE_DIGITS)
    twice = quadrature.tilted_moments(tree, (0,), (0, 1, 2, 3), 2 * at, _QUADRATURE_DIGITS)
    return {key: e.value for key, e in once.items()}, {key: e.value for key, e in twice.items()}


def simulated(subject: Subject, statement: Statement) -> Evidence:
    """E[T He_k*] and E T^2 of ``label`` under Gaussian noise, against what the stated factor gives."""
    tree, k, at = subject.link.tree, _star(subject), _times(subject)[0]
    if not has_light_tails(Moment(tree, 0, 2, 2 * at)):
        return Evidence("simulation", Outcome.ABSENT, "E T^2 has no small proved kurtosis")
    sample = montecarlo.simulate(
        tree, (0, k), (1, 2), (float(at), float(2 * at)), d=DIMENSION, n=SAMPLES, noise=_GAUSSIAN,
        rng=subject.rng("T5"),
    )  # fmt: skip
    with working(120):
        once, twice = _tables(tree, k, at, at)
        growth, (c1, _), (c2, v2) = _stated_noise(statement, _GAUSSIAN, at, ball)
        mass = ball(sympy.exp(cumulant(_GAUSSIAN).subs(tilt, sympy.Rational(at))))
        a = mass * (once[1, k] + c1 * once[0, k])
        # SNR = A^2/(k! D), so D is the stated factor's own.
        d = mass * mass / growth * (twice[2, 0] + 2 * c2 * twice[1, 0] + (v2 + c2 * c2) * twice[0, 0])
        claimed = [("E[T He_k*]", (0, 0, 1), float(a.mid())), ("E T^2", (1, 1, 0), float(d.mid()))]
    rows = [
        Row(f"{name} at t = {at}", float(sample.mean[where]), float(sample.standard_error[where]), value)
        for name, where, value in claimed
    ]
    return judged(subject, rows, SAMPLES, f" in d = {DIMENSION}, noise {_GAUSSIAN}")


def _undecided(subject: Subject) -> str | None:
    value = exponents(subject.link).generative_exponent.value
    return None if value is not None else "the generative exponent is infinite or undecided"


CLAIM: Claim[Statement] = Claim(
    id="T5",
    title="Signal-to-noise ratio and the recommended temperature",
    formula=Formula(
        "SNR = E[T He_k*]^2/(k*! E T^2) <= lambda^2 = E zeta_k*^2/k*! <= 1, (log SNR)' = 2A'/A - D'/D",
        r"\mathrm{SNR}(t)=\frac{\mathbb{E}[T_t\mathrm{He}_{k^*}]^2}{k^*!\,\mathbb{E}T_t^2}\le\lambda_{k^*}^2\le1",
    ),
    kind="equal",
    sentence="S5",
    source="Cauchy-Schwarz and Jensen's inequality",
    assumptions=(TILT, GENERATIVE),
    quantified="three signal kinds at two t with 2t < t_max, noise rademacher(1/2) and gaussian(1/2)",
    statement=Statement(),
    legs={"symbolic": derive, "enclosure": enclosed, "quadrature": integrated, "simulation": simulated},
    scopes={
        "symbolic": "steps",
        "enclosure": "instances",
        "quadrature": "instances",
        "simulation": "instances",
    },
    variants=(
        Variant("lambda^2 1% too small", Statement(ceiling=Fraction(99, 100)), "sign"),
        Variant("A'/A in place of 2A'/A", Statement(slope=1), "tanh-9/10"),
        Variant("the noise factor e^(2K_e(t))", Statement(damping=Fraction(0)), "relu"),
        Variant("Var y in place of E y^2 in the limit", Statement(around_mean=True), "sigmoid"),
    ),
)
