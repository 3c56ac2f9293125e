"""G3. The signal at high temperature is its first nonzero moment times a power of t."""

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise
from math import factorial
from typing import Any

import mpmath
import sympy
from flint import arb

from ...link import Signal, raised
from ...numerics.estimates import quadrature
from ...numerics.expectation.oracle import Interval, oracle
from ...numerics.precision import exact, working
from ...theory.exact import t
from ...theory.shape.growth import moderate
from ..claim import Claim, Subject, Variant, legs
from ..legs.equation import Moment, has_light_tails, least_size
from ..legs.trials import (
    DIMENSION,
    SAMPLES,
    TILT,
    WITNESS,
    Row,
    estimates,
    gentle_tilt,
    judged,
    order_and_power,
)
from ..number import show
from ..verdict import Finding, absent, refutes, supports, undecided

#: gentle_tilt is divided by this: the O(t) is then far below 1%.
_SHRINK = 4096
#: The extrapolation starts at gentle_tilt over this, as high moments of -He_4 grow fast.
_COARSE, _LEVELS = 1024, 3
_TOLERANCE = 1e-3
#: By how much the extrapolation may enlarge an error of one value.
_AMPLIFIED = 16


@dataclass(frozen=True, slots=True)
class Statement:
    """factor*mu t^(e + late)/e!, e = i0 - 1 (``weight``: i0 + weight_late); first: i0 is taken to be 1."""

    factor: Fraction = Fraction(1)
    late: int = 0
    weight_late: int = 0
    first: bool = False

    def order(self, kind: Signal, power: int) -> int:
        """The power of t."""
        return power + self.weight_late + self.late if kind == Signal.WEIGHT else power - 1 + self.late


def _known(subject: Subject, statement: Statement) -> tuple[int, int]:
    """k* and i0."""
    star, power = order_and_power(subject)
    return star, 1 if statement.first else power


def _least(subject: Subject) -> arb | None:
    """Half of the size of the moment at the true witness power."""
    return least_size(subject, *reversed(_known(subject, Statement())))


def _times(subject: Subject) -> tuple[Fraction, Fraction]:
    at = gentle_tilt(subject)
    return at / _SHRINK, at / (2 * _SHRINK)


def derive(subject: Subject, statement: Statement) -> Finding:
    """The series of each kind with symbols for the moments that are not proved to be 0."""
    witness = subject.exponents.witness
    if witness is None:
        return undecided("no exact moment proves the witness power")
    star, power = _known(subject, statement)
    if power != witness.power:
        text = f"E[s{raised(power)} He_{star}] = 0, and i0 = {witness.power}: {witness.reason}"
        return refutes("a multiple of 0 is claimed", text)
    if not moderate(subject.link.tree):
        return undecided("that every moment exists is not shown")
    mu, later, first, second = sympy.symbols("mu later first second", real=True)
    h = mu * t**power / factorial(power) + later * t ** (power + 1) / factorial(power + 1)
    mass = 1 + first * t + second * t**2 / 2
    for kind in Signal:
        true = kind.coefficient(h, sympy.diff(h, t), sympy.diff(mass, t) / mass)
        ends = factorial(power if kind == Signal.WEIGHT else power - 1)
        stated = sympy.Rational(statement.factor) * mu * t ** statement.order(kind, power) / ends
        ratio = sympy.limit(sympy.cancel(true / stated), t, 0)
        if ratio != 1:
            return refutes("another leading term", f"{kind}: true/stated -> {ratio}")
    detail = f"every moment exists; E[s^i He_{star}] = 0 for i < {power}, mu is not 0: {witness.reason}"
    return supports(detail, scope="statement")


@dataclass(frozen=True, slots=True)
class _Scaled:
    """A coefficient over t^e/e!, and how far from mu it may be."""

    label: str
    value: arb
    room: arb


def _scaled(subject: Subject, statement: Statement, at: Fraction) -> tuple[arb, Iterator[_Scaled]]:
    """mu, and every kind at t = ``at``.

    |g_i0(u) - mu| <= u sup|g_{i0+1}|, and the coefficient over its power of t is a mean of g_i0 over (0, t)
    in which u has the mean t/i0 (``weight``: t/(i0+1)); ``centered`` loses h_k M'/M.
    """
    star, power = _known(subject, statement)
    source = oracle(subject.link.tree)
    mu = source.tilted_moments((star,), (power,), Fraction(0), 12)[power, star]
    exact_t = source.tilted_moments((0, star), (0, 1), at, 12)
    hull = source.tilted_moments((0, star), (0, 1, power, power + 1), Interval(Fraction(0), at), 8)
    growth, reach = hull[power + 1, star].abs_upper(), hull[power, star].abs_upper()
    drift = (hull[1, 0] / hull[0, 0]).abs_upper()
    h, alpha = exact_t[0, star], exact_t[1, star]
    room = {Signal.LABEL: growth / power, Signal.WEIGHT: growth / (power + 1)}
    room[Signal.CENTERED] = room[Signal.LABEL] + reach * drift / power

    def each() -> Iterator[_Scaled]:
        for kind in Signal:
            ends = factorial(power if kind == Signal.WEIGHT else power - 1)
            value = kind.coefficient(h, alpha, exact_t[1, 0] / exact_t[0, 0])
            scaled = value * ends / exact(at ** statement.order(kind, power))
            yield _Scaled(f"{kind} at t = {at}", scaled, room[kind] * exact(at))

    return mu, each()


def enclosed(subject: Subject, statement: Statement) -> Finding:
    widest, least = 0.0, _least(subject)
    with working(160):
        for at in _times(subject):
            mu, cases = _scaled(subject, statement, at)
            if least is not None and mu.abs_upper() < least:
                witness = f"mu = {show(mu, 8)}, stated at least {show(least, 6)} in size"
                return refutes("mu is smaller than stated", witness)
            if mu.contains(0):
                return undecided("mu is not separated from 0")
            stated = exact(statement.factor) * mu
            for case in cases:
                gap = abs(case.value - stated)
                if gap > case.room:
                    witness = (
                        f"{case.label}: {show(case.value, 8)} over its power of t, stated {show(stated, 8)}"
                    )
                    return refutes("farther off than O(t) allows", witness)
                if not gap <= case.room:
                    return undecided(f"{case.label}: the bound is not decided")
                widest = max(widest, float((case.room / abs(mu)).upper()))
    detail = (
        f"a multiple of t bounds the distance from the leading term on all of (0, {_times(subject)[0]}], as "
        f"lower moments vanish by algebra; {widest:.1g} at its end"
    )
    return supports(detail, scope="statement")


def integrated(subject: Subject, statement: Statement) -> Finding:
    star, power = _known(subject, statement)
    at = gentle_tilt(subject)
    points = [at / (_COARSE * 2**j) for j in range(_LEVELS)]
    at_zero = quadrature.tilted_moment(subject.link.tree, star, power, Fraction(0), 20)
    tables = [quadrature.tilted_moments(subject.link.tree, (0, star), (0, 1), p, 20) for p in points]
    mu, least = at_zero.value, _least(subject)
    if least is not None and float(abs(mu) + 10 * at_zero.error) < float(least.lower()):
        witness = f"mu = {mpmath.nstr(mu, 8)}, stated at least {show(least, 6)} in size"
        return refutes("mu is smaller than stated", witness)
    for kind in Signal:
        ends, order = factorial(power if kind == Signal.WEIGHT else power - 1), statement.order(kind, power)
        scales = [ends / _mpf(point) ** order for point in points]
        blur = max(_blur(table, star) * scale for table, scale in zip(tables, scales, strict=True))
        if not at_zero.error + _AMPLIFIED * blur <= _TOLERANCE / 10 * abs(mu):
            return undecided(f"{kind}: quadrature errs by {mpmath.nstr(blur, 2)} over its power of t")
        values = [
            _coefficient(table, star, kind) * scale for table, scale in zip(tables, scales, strict=True)
        ]
        limit, stated = _extrapolated(values), _mpf(statement.factor) * mu
        if abs(limit - stated) > _TOLERANCE * abs(stated):
            witness = f"{kind}: tends to {mpmath.nstr(limit, 8)}, stated {mpmath.nstr(stated, 8)}"
            return refutes("another limit", witness)
    return supports(f"limits extrapolated to t = 0 agree with {float(mu):.8g}")


def _mpf(value: Fraction) -> Any:
    return mpmath.mpf(value.numerator) / value.denominator


def _coefficient(table: dict[tuple[int, int], quadrature.Estimate], star: int, kind: Signal) -> Any:
    h, alpha = table[0, star].value, table[1, star].value
    return kind.coefficient(h, alpha, table[1, 0].value / table[0, 0].value)


def _blur(table: dict[tuple[int, int], quadrature.Estimate], star: int) -> Any:
    """The error of any of the three coefficients."""
    drift = abs(table[1, 0].value / table[0, 0].value)
    return table[1, star].error + (1 + drift) * table[0, star].error


def _extrapolated(values: list[Any]) -> Any:
    """The limit at t = 0 of a smooth function of t, from its values at t, t/2, t/4, ..."""
    rows, scale = values, 2
    while len(rows) > 1:
        rows = [(scale * fine - coarse) / (scale - 1) for coarse, fine in pairwise(rows)]
        scale *= 2
    return rows[0]


def simulated(subject: Subject, statement: Statement) -> Finding:
    star, power = _known(subject, statement)
    if power > 1:
        return absent(f"the signal is of order t^{power - 1}, below the sampling error")
    at, tree = _times(subject)[0], subject.link.tree
    if not has_light_tails(Moment(tree, star, 1, at)):
        return absent("the tested expectation has no small proved kurtosis")
    with working(160):
        mu, _ = _scaled(subject, statement, at)
    sample = estimates(subject.rng("G3"), tree, (star,), (1,), (float(at),), subject.noise)
    claimed = float(statement.factor) * float(mu.mid()) * float(at) ** statement.order(Signal.LABEL, power)
    # The statement's own O(t) is far below the standard error.
    row = Row.at(f"label at t = {at}", sample, (0, 0, 0), claimed)
    return judged(subject, [row], SAMPLES, f" in d = {DIMENSION}")


CLAIM: Claim[Statement] = Claim(
    id="G3",
    title="The signal at high temperature",
    formula="as t -> 0+, for t_max > 0 and i0 < oo: alpha_k*(t) = mu t^(i0-1)/(i0-1)! (1 + O(t)), "
    "`centered` the same, h_k*(t) = mu t^i0/i0! (1 + O(t)), mu = E[s^i0 He_k*] not 0",
    latex=r"\alpha_{k^*}(t)=\mu_{i_0,k^*}\frac{t^{i_0-1}}{(i_0-1)!}(1+O(t)),\quad "
    r"h_{k^*}(t)=\mu_{i_0,k^*}\frac{t^{i_0}}{i_0!}(1+O(t))",
    kind="equal",
    sentence="S4",
    source="Taylor's theorem for Laplace transforms",
    assumptions=(TILT, WITNESS),
    quantified="t -> 0+, all three signal kinds",
    statement=Statement(),
    legs=legs(derive, enclosed, integrated, simulated),
    variants=(
        Variant("leading constant 1% too large", Statement(factor=Fraction(101, 100)), "tanh"),
        Variant("opposite sign", Statement(factor=Fraction(-1)), "square-10"),
        Variant("one power of t too many", Statement(late=1), "sigmoid"),
        Variant("weight like label", Statement(weight_late=-1), "relu"),
        Variant("i0 = 1 in every case", Statement(first=True), "staircase"),
    ),
)
