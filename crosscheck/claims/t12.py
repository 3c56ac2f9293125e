"""T12. The structural bound of the threshold is sharp, for every link of its shape.

b = 1 - eps L, L = ess inf s, is the bound of T3 for eps s - 1.
"""

from dataclasses import dataclass
from fractions import Fraction

import numpy as np
import sympy
from flint import arb
from numpy.typing import NDArray

from ...link import Node, Num, combine
from ...numerics.estimates import quadrature
from ...numerics.expectation.oracle import Interval, oracle
from ...numerics.lowering.pointwise import compile_numpy, hermite
from ...numerics.precision import exact, working
from ...numerics.threshold.signal import spread
from ...theory.exact.constants import sign
from ...theory.exponents import rising_order
from ...theory.shape.pieces import levels
from ...theory.shape.range import bounds
from ...theory.signal import known_moment
from ..claim import Assumption, Claim, Subject, Variant, legs
from ..legs.trials import SAMPLES, TILT, inputs, normal_limit
from ..number import ball, show
from ..verdict import Finding, absent, refutes, supports, undecided

Doubles = NDArray[np.float64]
#: eps in units of one over the scale of the link.
_SMALL = Fraction(1, 128)


@dataclass(frozen=True, slots=True)
class Statement:
    """beta1/b -> ``limit``, and (limit b - beta1)/eps -> mu_2/(``over`` mu_1) - ``lowest`` L."""

    limit: Fraction = Fraction(1)
    over: int = 2
    lowest: int = 1

    def rate(self, low: arb, first: arb, second: arb) -> arb:
        return second / (self.over * first) - self.lowest * low


@dataclass(frozen=True, slots=True)
class _Shape:
    """The link, k* and L; eps: the number at which numbers are tried."""

    tree: Node
    star: int
    low: sympy.Expr
    eps: Fraction


def _shape(subject: Subject) -> _Shape:
    tree = subject.link.tree
    star = rising_order(tree)
    assert star is not None
    return _Shape(tree, star, bounds(tree)[0], _SMALL / spread(tree))


def derive(subject: Subject, statement: Statement) -> Finding:
    """Two levels: beta1 in closed form for every eps. Other links: the first terms of the series."""
    shape = _shape(subject)
    steps = levels(shape.tree)
    if steps is not None and len(values := {value for _, _, value in steps}) == 2:
        return _two_levels(shape, statement, *values)
    x, first, second, low = sympy.symbols("x mu_1 mu_2 L")
    # The moments of s - L, then x h'/h and, from b x/eps = x h'/h, the rate at which b - beta1 falls.
    moved = second - 2 * low * first
    series = first * x + moved * x**2 / 2
    rate = sympy.limit((x * sympy.diff(series, x) / series - 1) / x, x, 0)
    stated = second / (statement.over * first) - statement.lowest * low
    exact_moments = [known_moment(shape.tree, i, shape.star) for i in (1, 2)]
    if statement.limit != 1:
        witness = (
            f"b - beta1 = eps ({sympy.expand(rate)}) + O(eps^2), so beta1/b -> 1, {statement.limit} stated"
        )
        return refutes("the first terms of the series", witness)
    gap = sympy.expand(rate - stated)
    if gap == 0:
        detail = "x h'/h = 1 + x (mu_2/(2 mu_1) - L) + O(x^2) with the moments of s - L; the rest is on paper"
        return supports(detail, scope="steps")
    if None in exact_moments:
        return absent("mu_1 and mu_2 have no closed form")
    value = gap.subs({first: exact_moments[0], second: exact_moments[1], low: shape.low})
    if not (side := sign(value)):
        if side is None:
            return undecided(f"whether {value} is 0 on this link is not decided")
        return supports("the same number on this link", scope="steps")
    witness = f"(b - beta1)/eps -> the stated rate {sympy.expand(stated)} plus {value}"
    return refutes("the first terms of the series", witness)


def _two_levels(shape: _Shape, statement: Statement, u: sympy.Expr, v: sympy.Expr) -> Finding:
    """mu_i = (v^i - u^i) times one number, and beta1 = eps (v - u)/log((1 - eps u)/(1 - eps v))."""
    eps = sympy.Symbol("eps", positive=True)
    beta1 = eps * (v - u) / sympy.log((1 - eps * u) / (1 - eps * v))
    bound = 1 - eps * shape.low
    limit = sympy.limit(beta1 / bound, eps, 0, "+")
    stated = (v + u) / statement.over - statement.lowest * shape.low
    if side := sign(limit - sympy.Rational(statement.limit)):
        return refutes(f"beta1 = {beta1}", f"beta1/b -> {limit}, {statement.limit} stated")
    if side is None:
        return undecided(f"whether beta1/b -> {limit} is {statement.limit} is not decided")
    rate = sympy.limit((limit * bound - beta1) / eps, eps, 0, "+")
    if side := sign(rate - stated):
        return refutes(f"beta1 = {beta1}", f"(b - beta1)/eps -> {rate}, {stated} stated")
    if side is None:
        return undecided(f"whether (b - beta1)/eps -> {rate} is {stated} is not decided")
    return supports(f"beta1 = {beta1}, b = {bound}: the limits 1 and {rate}", scope="statement")


def enclosed(subject: Subject, statement: Statement) -> Finding:
    """Q = (x h'/h - 1)/x over (0, x1] for the h of s - L: (b - beta1)/eps is one of its values."""
    shape = _shape(subject)
    with working(96):
        end = exact(shape.eps)
        quotient = _quotient(shape)
        table = oracle(shape.tree).tilted_moments((shape.star,), (1, 2), Fraction(0), 12)
        rate = statement.rate(ball(shape.low), table[1, shape.star], table[2, shape.star])
    if not quotient > 0:
        return undecided(f"(b - beta1)/eps in {show(quotient, 4)} only")
    with working(96):
        # A zero at x <= x1 exists as soon as x1 h'/h < b x1/eps there.
        top = end / (1 + end * quotient.upper() + abs(ball(shape.low)) * end)
    detail = f"for every eps up to {show(top.lower(), 3)}, (b - beta1)/eps lies in {show(quotient, 6)}"
    if statement.limit != 1:
        return refutes("another limit", f"{detail}, so beta1/b -> 1; {statement.limit} stated")
    if not rate.overlaps(quotient):
        return refutes("another rate", f"{detail}; {show(rate)} stated")
    return supports(f"{detail}; stated limit {show(rate)}", scope="steps")


def _quotient(shape: _Shape) -> arb:
    """The hull of h'' over twice that of h' on [0, x1]; a rational L is taken off the link itself."""
    tree, low = shape.tree, ball(shape.low)
    if shape.low.is_Rational:
        tree, low = combine("-", tree, Num(Fraction(shape.low))), arb(0)
    table = oracle(tree).tilted_moments((shape.star,), (0, 1, 2), Interval(Fraction(0), shape.eps), 12)
    h, h1, h2 = (table[i, shape.star] for i in range(3))
    factor = (-arb(0).union(exact(shape.eps)) * low).exp()
    return (h2 - 2 * low * h1 + low**2 * h) * factor / (2 * (h1 - low * h) * factor)


def _around(shape: _Shape, statement: Statement, ratio: float) -> tuple[Fraction, Fraction]:
    """t = 1/beta beside the stated beta1, eps/4 scales of the link away; ratio: mu_2/(over mu_1)."""
    low, eps = float(ball(shape.low).mid()), float(shape.eps)
    stated = float(statement.limit) * (1 - eps * low) - eps * (ratio - statement.lowest * low)
    step = eps * float(spread(shape.tree)) / 4
    return Fraction(str(round(1 / (stated + step), 12))), Fraction(str(round(1 / (stated - step), 12)))


def integrated(subject: Subject, statement: Statement) -> Finding:
    """The sign of the signal of eps s - 1 by mpmath on both sides of the stated threshold."""
    shape = _shape(subject)
    table = quadrature.tilted_moments(shape.tree, (shape.star,), (1, 2), Fraction(0), 15)
    first, second = (float(table[i, shape.star].value) for i in (1, 2))
    points = _around(shape, statement, second / (statement.over * first))
    shrunk = combine("-", combine("*", Num(shape.eps), shape.tree), Num(Fraction(1)))
    found = [quadrature.tilted_moment(shrunk, shape.star, 1, t, 15) for t in points]
    shown = ", ".join(
        f"{float(each.value):.4g} at beta = {float(1 / t):.8g}" for each, t in zip(found, points, strict=True)
    )
    if any(abs(each.value) <= 100 * each.error for each in found):
        return undecided(f"below the error of the rule: {shown}")
    if found[0].value * found[1].value > 0:
        return refutes("no change of sign at the stated threshold", shown)
    return supports(f"eps = {shape.eps}: {shown}")


def simulated(subject: Subject, statement: Statement) -> Finding:
    """The same two signs from samples of (y e^{ty} + e^{-t}) He_k*, which has the mean of y e^{ty} He_k*."""
    shape, rng = _shape(subject), subject.rng("T12")
    z = inputs(rng, 2)
    s, polynomial = compile_numpy(shape.tree)(z), hermite(shape.star, z)
    # The stated threshold from the first half, the signs from the second.
    ratio, error = _ratio(s[0], polynomial[0], statement.over)
    if 10 * error > float(spread(shape.tree)) / 4:
        return absent(f"n = {SAMPLES}: mu_2/({statement.over} mu_1) = {ratio:.3g} +- {error:.1g} only")
    points = _around(shape, statement, ratio)
    y = float(shape.eps) * s[1] - 1
    scores = []
    for t in map(float, points):
        values = (y * np.exp(t * y) + np.exp(-t)) * polynomial[1]
        scores.append(float(values.mean() / values.std() * np.sqrt(SAMPLES)))
    limit = normal_limit(subject, 2)
    detail = (
        f"eps = {shape.eps}, n = {SAMPLES}: {scores[0]:.1f} and {scores[1]:.1f} standard errors from 0 at "
        f"beta = {float(1 / points[0]):.6g} and {float(1 / points[1]):.6g} (limit {limit:.2f})"
    )
    if min(map(abs, scores)) < limit:
        return absent(f"{detail}: too few samples to tell the sign")
    if scores[0] * scores[1] > 0:
        return refutes("no change of sign at the stated threshold", detail)
    return supports(detail)


def _ratio(s: Doubles, polynomial: Doubles, over: int) -> tuple[float, float]:
    """mu_2/(over mu_1) with its standard error; a constant taken off s, as E He_k = 0, spares digits."""
    center = s.mean()
    first, second = (s - center) * polynomial, (s - center) ** 2 * polynomial
    ratio = second.mean() / first.mean()
    error = (second - ratio * first).std() / abs(first.mean()) / np.sqrt(len(s))
    return float(ratio + 2 * center) / over, float(error) / over


def _unbounded(subject: Subject) -> str | None:
    tree = subject.link.tree
    if rising_order(tree) is None:
        return "s is not shown to be monotone, or even and monotone in |z|"
    return None if bounds(tree)[0] is not -sympy.oo else "s is not shown to be bounded below"


CLAIM: Claim[Statement] = Claim(
    id="T12",
    title="The structural bound is sharp",
    formula="beta1(eps s - 1)/(1 - eps L) -> 1 as eps -> 0+, L = ess inf s; "
    "(1 - eps L - beta1)/eps -> mu_2/(2 mu_1) - L",
    latex=r"\frac{\beta_1(\varepsilon s-1)}{1-\varepsilon\,\mathrm{ess\,inf}\,s}"
    r"\to1\quad(\varepsilon\to0+)",
    kind="law",
    sentence="S5",
    source="the series of h_k* at t = 0",
    assumptions=(TILT, Assumption("s of T3's shape and bounded below", _unbounded)),
    quantified="eps -> 0+; the enclosure holds for all eps up to one that it names",
    statement=Statement(),
    legs=legs(derive, enclosed, integrated, simulated),
    scopes={"symbolic": "steps", "enclosure": "steps", "quadrature": "instances", "simulation": "instances"},
    variants=(
        Variant("the limit 9/10", Statement(limit=Fraction(9, 10)), "tanh"),
        Variant("mu_2/mu_1 in place of mu_2/(2 mu_1)", Statement(over=1), "sigmoid"),
        Variant("L left out of the rate", Statement(lowest=0), "step"),
    ),
)
