"""V9. Features of a learned direction: what its overlap costs, and the bound with it."""

from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Literal

import numpy as np
import sympy
from flint import arb

from ...link import Node, Num, Var, combine, negate
from ...numerics.estimates.fit_moments import jump_limit, stepwise_unexplained
from ...numerics.expectation.oracle import oracle
from ...numerics.lowering.derivative import derivative
from ...numerics.lowering.pointwise import compile_numpy
from ...numerics.precision import exact, working
from ...theory import policy as steps
from ...theory.exact.lower import rational
from ...theory.shape.pieces import levels
from ..claim import Claim, Subject, Variant, legs, of_statement
from ..legs.fit_bound import BOUNDED, OVERLAP, Fit, compared, covered, fits
from ..legs.identity import tilted
from ..legs.trials import NOT_CONSTANT, TILT
from ..number import show
from ..verdict import Finding, broken, refutes, supports, together, undecided

_DIGITS, _BITS = 12, 160
#: t osc(s): far from 0, so that pi* is far from gamma.
_TILTS = (3, 1)
#: 1 - m^2 where the limit at jumps is compared, and to which part.
_NEAR, _AGREED = 1e-8, 1e-3
#: The range of overlaps on which an integral is held against its chord, and the rules for it.
_RANGE, _NODES, _INNER = (0.8, 1.0), 2001, 120


@dataclass(frozen=True, slots=True)
class Statement:
    """b at the overlap m, or at 1; the lower bound times ``factor``, its E s'^2 under ``law``.

    jumps: b_m^2 is of order (1 - m^2)^jumps for a step function. bend: over a range of overlaps integrals
    leave their chords.
    """

    overlap: Literal["m", "1"] = "m"
    factor: int = 1
    law: Literal["pi*", "gamma"] = "pi*"
    jumps: Fraction = Fraction(1, 2)
    bend: bool = True

    def overlap_of(self, fit: Fit) -> Fit:
        """The readout whose bias is stated for ``fit``."""
        return fit if self.overlap == "m" else replace(fit, overlap=Fraction(1))


@of_statement
def derive(statement: Statement) -> Finding:
    m = rational(OVERLAP)
    # s = z and t -> 0: b_m^2 is Var(z given u) = 1 - m^2, features (1, u).
    least = 1 - m**2
    stated = 0 if statement.overlap == "1" else least
    if stated < least:
        return refutes("z is not known from u", f"s = z, t -> 0, m = {m}: b^2 = {least}, not {stated}")
    if statement.factor > 1:
        witness = f"s = z, t -> 0, m = {m}: b_m^2 = {least} < {statement.factor * least}"
        return refutes("above the least error", witness)
    if statement.law == "gamma" or statement.jumps != sympy.Rational(1, 2):
        return undecided("no proof gives this order")
    if not statement.bend:
        witness = "A = He_2/2, q = He_2: I(m) = m^2, at m = 1/2 between 1/4 and 1 it is 1/4, the chord 17/32"
        return refutes("integrals bend between two overlaps", witness)
    equations = [*steps.conditional_law(), *steps.range_of_overlaps()]
    for equation in equations:
        if steps.differ(equation) != 0:
            return broken(f"{equation[0]}: {steps.differ(equation)} is left")
    return supports(f"{len(equations)} identities of steps 1, 3, 4, 5, 11 and 12")


def least_bias(link: Node, t: Fraction, m: Fraction, *, smooth: bool, law: str = "pi*") -> arb:
    """The lower bound of b_m^2: for a smooth link by a = q s', else the larger one by a = 1 or a = z."""
    away, kept = exact(1 - m * m), exact(m * m)
    if not smooth:
        signal = oracle(link).tilted_moments((1, 2), (1,), Fraction(0), _DIGITS)
        inverse = oracle(negate(link)).tilted_moments((0, 2, 4), (0,), t, _DIGITS)
        mass = oracle(link).tilted_moments((0,), (0,), t, _DIGITS)[0, 0]
        one, two, four = (inverse[0, k] for k in (0, 2, 4))
        # z^2 = He_2 + 1 and (1 - z^2)^2 = He_4 + 4 He_2 + 2.
        # A ball that holds 0 has no power in python-flint, and a product.
        by_one = signal[1, 1] * signal[1, 1] / (kept * one + away * (two + one))
        by_z = signal[1, 2] * signal[1, 2] / (kept * (two + one) + away * (four + 4 * two + 2 * one))
        return away * by_one.max(by_z) / mass

    def mean(f: Node, at: Fraction) -> arb:
        tree = tilted(f, link, at) if at else f
        return oracle(tree).tilted_moments((0,), (1,), Fraction(0), _DIGITS)[1, 0]

    slope = derivative(link)
    pull = combine("-", combine("*", Num(t), slope), Var())
    score = combine("+", derivative(slope), combine("*", slope, pull))
    square, rest = (combine("**", f, Num(Fraction(2))) for f in (slope, score))
    mass = oracle(link).tilted_moments((0,), (0,), t, _DIGITS)[0, 0]
    energy = mean(square, t) / mass if law == "pi*" else mean(square, Fraction(0))
    return away * energy / (kept + away * mean(rest, t) / mass / energy)


def enclosed(subject: Subject, statement: Statement) -> Finding:
    smooth, shown = bool(subject.facts.smooth.value), []
    for fit in fits(subject, overlap=OVERLAP, tilts=_TILTS):
        with working(_BITS):
            least = statement.factor * least_bias(
                fit.link, fit.t, fit.overlap, smooth=smooth, law=statement.law
            )
            square = arb(statement.overlap_of(fit).constants.bias) ** 2
            if least > square:
                witness = f"{fit}: b^2 <= {show(square)} is below b_m^2 >= {show(least)}"
                return refutes("a readout is better than it can be", witness)
            if not least <= square:
                return undecided(f"{fit}: {show(least)} and {show(square)} are not told apart")
            shown.append(f"{float(least):.3g} <= b^2, which is at most {float(square):.3g}")
    return supports(f"b_m^2 at least {'; '.join(shown)}")


def integrated(subject: Subject, statement: Statement) -> Finding:
    findings = []
    for fit in fits(subject, overlap=OVERLAP, tilts=_TILTS):
        stated = statement.overlap_of(fit).constants.bias / fit.constants.bias
        findings += [compared(fit, {"b": stated}), _between(subject, statement, fit)]
        findings.append(_on_a_range(statement, fit))
    return together([*findings, _at_jumps(subject, statement)])


def _between(subject: Subject, statement: Statement, fit: Fit) -> Finding:
    """lower bound <= E* Var*(s given u) <= b^2, and for a smooth link <= e^{t osc} (1 - m^2) E* s'^2."""
    (fine, coarse), away = fit.moments, float(1 - fit.overlap**2)
    value, error = fine.unexplained, 10 * abs(fine.unexplained - coarse.unexplained) + 1e-9
    if error > 1e-3 * value:
        return undecided(f"{fit}: E* Var*(s given u) is known to {error:.2g} only")
    bounds = [(f"b^2 = {fine.bias**2:.6g}", value, fine.bias**2)]
    if subject.facts.smooth.value:
        energy, rest = fine.slopes
        tilt = energy if statement.law == "pi*" else replace(fine, t=Fraction(0)).slopes[0]
        lower = statement.factor * away * tilt / (float(fit.overlap**2) + away * rest / tilt)
        upper = np.exp(float(fit.t) * fit.osc) * away * energy
        bounds += [
            (f"the lower bound {lower:.6g}", lower, value),
            (f"the upper bound {upper:.6g}", value, upper),
        ]
    for name, low, high in bounds:
        if low > high + error:
            witness = f"{fit}: E* Var*(s given u) = {value:.6g} against {name}"
            return refutes("the mean conditional variance is elsewhere", witness)
    return supports(f"E* Var*(s given u) = {value:.4g} obeys {', '.join(name for name, _, _ in bounds)}")


def _on_a_range(statement: Statement, fit: Fit) -> Finding:
    """E A(z) (T_m q)(z) for A = e^{ts}, q = tanh(u - 1), against its chord in log m: statement 5.

    For any finite measure of z the bound holds, so that only the rule for v errs.
    """
    low, high = _RANGE
    z = np.linspace(-8, 8, _NODES)
    mass = np.exp(float(fit.t) * compile_numpy(fit.link)(z) - z * z / 2)
    mass /= mass.sum()
    v, chance = np.polynomial.hermite_e.hermegauss(_INNER)
    middle = np.sqrt(low * high)

    def mean(m: float) -> float:
        inner = np.tanh(m * z[:, None] + np.sqrt(1 - m * m) * v - 1) @ chance / chance.sum()
        return float(mass @ inner)

    u = np.linspace(-12, 12, 24_001)
    y = np.tanh(u - 1)
    slope = 1 - y * y
    second, third, fourth = -2 * y * slope, (6 * y * y - 2) * slope, (16 * y - 24 * y**3) * slope
    most = float(np.abs(fourth - 2 * u * third + (u * u - 2) * second + u * slope).max()) * 1.001
    allowed = np.log(high / low) ** 2 / 8 * most * statement.bend
    away = abs(mean(middle) - (mean(low) + mean(high)) / 2)
    shown = f"{fit}: an integral is {away:.3g} off its chord over m in {list(_RANGE)}, at most {allowed:.3g}"
    if away > allowed + 1e-7:
        return refutes("an integral leaves its chord", shown)
    return supports(shown)


def _at_jumps(subject: Subject, statement: Statement) -> Finding:
    """For a step function, b_m^2 over (1 - m^2)^jumps at m near 1 against its limit."""
    pieces = levels(subject.link.tree)
    if pieces is None:
        return supports("")
    edges = np.array([float(low) for low, _, _ in pieces[1:]])
    values = np.array([float(value) for _, _, value in pieces])
    (fit, *_), m = fits(subject, overlap=OVERLAP, tilts=_TILTS), float(np.sqrt(1 - _NEAR))
    limit = jump_limit(edges, values, float(fit.t))
    ratio = stepwise_unexplained(edges, values, float(fit.t), m) / (1 - m * m) ** float(statement.jumps)
    if abs(ratio - limit) > _AGREED * limit:
        witness = f"t = {fit.t}, 1 - m^2 = {_NEAR}: the ratio is {ratio:.6g}, its limit {limit:.6g}"
        return refutes("another order at jumps", witness)
    return supports(f"b_m^2/sqrt(1 - m^2) = {ratio:.6g} at 1 - m^2 = {_NEAR}, limit {limit:.6g}")


def simulated(subject: Subject, statement: Statement) -> Finding:
    overlap = Fraction(97, 100) if subject.full else OVERLAP
    return covered(subject, "V9", fits(subject, overlap=overlap, tilts=_TILTS))


CLAIM: Claim[Statement] = Claim(
    id="V9",
    title="Features of a learned direction: the overlap in the bound",
    formula="V8 holds with u = m z + sqrt(1-m^2) v under pi*; no fit of u has E_pi*(s - g(u))^2 below "
    "(1-m^2) E_pi* s'^2/(m^2 + (1-m^2) Q), nor below the order sqrt(1-m^2) where s jumps",
    latex=r"\mathbb{E}_{\pi^*}(s-g(u))^2\ge\frac{(1-m^2)\,\mathbb{E}_{\pi^*}s'^2}{m^2+(1-m^2)Q},\quad "
    r"u=mz+\sqrt{1-m^2}\,v",
    kind="lower",
    sentence="S3, S7",
    source="conditional variance; van Trees, Poincare, Holley and Stroock",
    assumptions=(NOT_CONSTANT, BOUNDED, TILT),
    quantified="every function of u in the proof; m = 24/25, t = 3/osc(s), features 1, tanh(u), n = 2,000 "
    "(full: also 1/osc(s), features 1, tanh(u -+ 1), n = 10,000, trained at m = 97/100)",
    statement=Statement(),
    legs=legs(derive, enclosed, integrated, simulated),
    variants=(
        Variant("m ignored", Statement(overlap="1"), "tanh"),
        Variant("twice the least error", Statement(factor=2), "sigmoid"),
        Variant("the mean of s'^2 under gamma", Statement(law="gamma"), "tanh"),
        Variant("of order 1 - m^2 at jumps", Statement(jumps=Fraction(1)), "sign"),
        Variant("linear in log m on a range of overlaps", Statement(bend=False), "tanh"),
    ),
)
