"""H4. Independent label noise multiplies the coefficients and leaves the exponent alone.

Quantity:    h_k and alpha_k of y = s(Z) + e, e independent of x with E e = 0 and K_e(t) = log E e^{te}.
Statement:   h_k^noisy = e^{K_e} h_k; alpha_k^noisy = e^{K_e} (alpha_k + K_e' h_k);
             E[y^i0 He_k*] = E[s^i0 He_k*], so that GE and the witness power stay.
Kind:        equal
Source:      Fubini's theorem; uniqueness of characteristic functions. Abstract, S4.
Assumptions: t_max > 0.
Checks:      symbolic (K_e of each law), enclosure (the noise as a function of a second Gaussian, or the
             link shifted to each value of the noise), quadrature over (z, e), simulation of noisy labels.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache
from math import comb

import sympy
from flint import arb

from ...link import Noise
from ...link.build import call, combine
from ...link.tree import Node, Num, Var
from ...numerics import montecarlo
from ...numerics.expectation import NotIntegrable, Unresolved, oracle
from ...numerics.noisy_quadrature import noisy_moments
from ...numerics.precision import relative_digits, working
from ...numerics.quadrature import Divergent
from ...theory.signal import cumulant, cumulant_slope
from ...theory.symbols import t
from ..answers.exponents import exponents
from ..assumptions import TILT
from ..claim import Claim, Formula, Variant
from ..compare import ball, show
from ..equation import Moment, has_light_tails
from ..sampled import DIMENSION, SAMPLES, Row, judged
from ..subject import Subject
from ..temperatures import gentle_tilt
from ..verdict import Evidence, Outcome

_LAWS = (
    Noise("gaussian", Fraction(1, 2)),
    Noise("uniform", Fraction(1)),
    Noise("rademacher", Fraction(1, 2)),
)
_ORDERS = (1, 2)
_DIGITS = 20
_TOLERANCE = 1e-9


@dataclass(frozen=True, slots=True)
class Statement:
    """h_k gains e^{growth K_e}, alpha_k the term slope K_e' h_k, E[s^i0 He_k*] the factor ``witness``.

    mean: what the noise has for a mean, while the statement takes it for centred.
    """

    growth: Fraction = Fraction(1)
    slope: Fraction = Fraction(1)
    witness: Fraction = Fraction(1)
    mean: Fraction = Fraction(0)

    def factors(self, noise: Noise) -> tuple[sympy.Expr, sympy.Expr]:
        """e^{K_e} and K_e' as stated."""
        growth = sympy.exp(sympy.Rational(self.growth) * cumulant(noise))
        return growth, sympy.Rational(self.slope) * cumulant_slope(noise)


@dataclass(frozen=True, slots=True)
class _Case:
    """E[y^power e^{ty} He_k] under one law of the noise, against stated multiples of noiseless moments."""

    noise: Noise
    k: int
    power: int
    at: Fraction
    stated: tuple[tuple[sympy.Expr, int], ...]

    def __str__(self) -> str:
        label = "y" if self.power == 1 else f"y^{self.power}"
        what = f"{label} e^(ty) He_{self.k}" if self.power else f"e^(ty) He_{self.k}"
        return f"E[{what}] at t = {self.at} under {self.noise}"


def cases(subject: Subject, statement: Statement) -> Iterator[_Case]:
    at = gentle_tilt(subject)
    assert at is not None
    known = exponents(subject.link)
    star, power = known.generative_exponent.value, known.witness_power
    for noise in _LAWS:
        growth, slope = (f.subs(t, sympy.Rational(at)) for f in statement.factors(noise))
        for k in _ORDERS:
            yield _Case(noise, k, 0, at, ((growth, 0),))
            yield _Case(noise, k, 1, at, ((growth, 1), (growth * slope, 0)))
        if star is not None and power is not None:
            factor = sympy.Rational(statement.witness)
            yield _Case(noise, star, power, Fraction(0), ((factor, power),))


def derive(subject: Subject, statement: Statement) -> Evidence:
    return _derived(statement)


@lru_cache(maxsize=16)
def _derived(statement: Statement) -> Evidence:
    """The law of each noise integrated exactly, then the product rule."""
    if statement.witness != 1 or statement.mean != 0:
        return Evidence("symbolic", Outcome.ABSENT, "this leg takes the law of the noise as given")
    for noise in _LAWS:
        mass = _laplace(noise)
        growth, slope = statement.factors(noise)
        for name, true, stated in (("E e^{te}", mass, growth), ("K_e'", sympy.diff(mass, t) / mass, slope)):
            gap = sympy.simplify((true - stated).rewrite(sympy.exp))
            if gap != 0:
                value = sympy.N(gap.subs(t, 1), 6)
                witness = f"{name} under {noise} at t = 1: off by {value}"
                return Evidence("symbolic", Outcome.REFUTES, "the transform of the law is another", witness)
    detail = "E e^{te} of each law in closed form; e^{t(s+e)} factors, and alpha_k is the t-derivative of h_k"
    return Evidence("symbolic", Outcome.SUPPORTS, detail)


def _laplace(noise: Noise) -> sympy.Expr:
    """E e^{te}: a completed square, an exponential integrated, two values averaged."""
    a, e = sympy.Rational(noise.scale), sympy.Symbol("e", real=True)
    if noise.kind == "gaussian":
        # te - e^2/(2 a^2) = constant - (e - a^2 t)^2/(2 a^2), and the last term integrates as at t = 0.
        constant = sympy.expand(t * e - e**2 / (2 * a**2) + (e - a**2 * t) ** 2 / (2 * a**2))
        return sympy.exp(constant)
    if noise.kind == "uniform":
        inner = sympy.exp(t * e) / t
        return (inner.subs(e, a) - inner.subs(e, -a)) / (2 * a)
    return (sympy.exp(a * t) + sympy.exp(-a * t)) / 2


def enclosed(subject: Subject, statement: Statement) -> Evidence:
    reached, count = float("inf"), 0
    with working(160):
        for case in cases(subject, statement):
            try:
                left = _noisy_ball(subject.link.tree, case, statement.mean)
                right = _stated_ball(subject.link.tree, case)
            except (NotIntegrable, Unresolved) as reason:
                return Evidence("enclosure", Outcome.UNDECIDED, f"{case}: {reason}")
            if not left.overlaps(right):
                witness = f"{case}: oracle {show(left)}, statement {show(right)}"
                return Evidence("enclosure", Outcome.REFUTES, "the enclosures are disjoint", witness)
            scale = max(abs(left).abs_lower(), arb("1e-30"))
            width = (left - right).abs_upper() / (scale if not left.contains(0) else 1)
            reached, count = min(reached, relative_digits(arb(1, width))), count + 1
    if reached < _DIGITS - 2:
        return Evidence("enclosure", Outcome.UNDECIDED, f"the enclosures agree to {reached:.0f} digits only")
    return Evidence("enclosure", Outcome.SUPPORTS, f"{count} enclosures agree to {_DIGITS - 2} digits")


def _noisy_ball(tree: Node, case: _Case, mean: Fraction) -> arb:
    """Fubini: over the two values of a discrete noise, or over the noise as a function of a Gaussian."""
    if case.noise.kind == "rademacher":
        values = [mean + case.noise.scale, mean - case.noise.scale]
        rows = [_moments(combine("+", tree, Num(v)), case.k, (case.power,), case.at) for v in values]
        return (rows[0][0] + rows[1][0]) / 2
    powers = tuple(range(case.power + 1))
    of_link = _moments(tree, case.k, powers, case.at)
    of_noise = _moments(combine("+", _law(case.noise), Num(mean)), 0, powers, case.at)
    return sum((comb(case.power, j) * of_link[j] * of_noise[case.power - j] for j in powers), arb(0))


def _stated_ball(tree: Node, case: _Case) -> arb:
    values = _moments(tree, case.k, tuple(sorted({power for _, power in case.stated})), case.at)
    by_power = dict(zip(sorted({power for _, power in case.stated}), values, strict=True))
    return sum((ball(factor) * by_power[power] for factor, power in case.stated), arb(0))


def _moments(tree: Node, k: int, powers: tuple[int, ...], at: Fraction) -> list[arb]:
    table = _tilted(tree, at) if at else oracle(tree).tilted_moments((k,), powers, at, _DIGITS)
    return [table[power, k] for power in powers]


@lru_cache(maxsize=16)
def _tilted(tree: Node, at: Fraction) -> dict[tuple[int, int], arb]:
    """Everything that the cases ask of one function at one t."""
    return oracle(tree).tilted_moments((0, *_ORDERS), (0, 1), at, _DIGITS)


def _law(noise: Noise) -> Node:
    """The function of a standard Gaussian that has the law of the noise."""
    if noise.kind == "gaussian":
        return combine("*", Num(noise.scale), Var())
    root = call("sqrt", (Num(Fraction(2)),))
    return combine("*", Num(noise.scale), call("erf", (combine("/", Var(), root),)))


def integrated(subject: Subject, statement: Statement) -> Evidence:
    tree, worst, count = subject.link.tree, 0.0, 0
    shifted = combine("+", tree, Num(statement.mean)) if statement.mean else tree
    for case in cases(subject, statement):
        try:
            left = noisy_moments(shifted, case.noise, (case.k,), (case.power,), case.at)[case.power, case.k]
            right = _stated_float(tree, case)
        except Divergent as reason:
            return Evidence("quadrature", Outcome.UNDECIDED, f"{case}: {reason}")
        gap = abs(left - right) / (1 + abs(right))
        if gap > _TOLERANCE:
            witness = f"{case}: quadrature {left:.10g}, statement {right:.10g}"
            return Evidence("quadrature", Outcome.REFUTES, "the two sides differ", witness)
        worst, count = max(worst, gap), count + 1
    return Evidence("quadrature", Outcome.SUPPORTS, f"{count} values agree, largest difference {worst:.0e}")


def _stated_float(tree: Node, case: _Case) -> float:
    powers = [power for _, power in case.stated]
    values = noisy_moments(tree, Noise(), (case.k,), powers, case.at)
    return sum(float(factor) * values[power, case.k] for factor, power in case.stated)


def simulated(subject: Subject, statement: Statement) -> Evidence:
    at = gentle_tilt(subject)
    assert at is not None
    tree = subject.link.tree
    shifted = combine("+", tree, Num(statement.mean)) if statement.mean else tree
    rows = []
    if not has_light_tails(Moment(tree, 0, 1, at)):
        return Evidence("simulation", Outcome.ABSENT, "no tested expectation has a small proved kurtosis")
    with working(120):
        for noise in _LAWS:
            sample = montecarlo.simulate(
                shifted, _ORDERS, (0, 1), (float(at),), d=DIMENSION, n=SAMPLES, noise=noise,
                rng=subject.rng(f"H4|{noise}"),
            )  # fmt: skip
            for case in cases(subject, statement):
                if case.noise == noise and case.at == at:
                    where = (0, case.power, _ORDERS.index(case.k))
                    claimed = float(_stated_ball(tree, case).mid())
                    mean, error = float(sample.mean[where]), float(sample.standard_error[where])
                    rows.append(Row(str(case), mean, error, claimed))
    return judged(subject, rows, SAMPLES, f" in d = {DIMENSION}")


CLAIM: Claim[Statement] = Claim(
    id="H4",
    title="Independent label noise",
    formula=Formula(
        "h_k^noisy = e^(K_e) h_k, alpha_k^noisy = e^(K_e)(alpha_k + K_e' h_k), GE and i0 unchanged",
        r"h_k^{\mathrm{noisy}}=e^{K_e}h_k,\quad \alpha_k^{\mathrm{noisy}}=e^{K_e}(\alpha_k+K_e'h_k),\quad "
        r"\mathbb{E}[y^{i_0}\mathrm{He}_{k^*}]=\mathbb{E}[s^{i_0}\mathrm{He}_{k^*}]",
    ),
    kind="equal",
    sentence="S4",
    source="Fubini's theorem; uniqueness of characteristic functions",
    assumptions=(TILT,),
    quantified="gaussian(1/2), uniform(1) and rademacher(1/2), k = 1, 2 at one t; the witness at t = 0",
    statement=Statement(),
    legs={"symbolic": derive, "enclosure": enclosed, "quadrature": integrated, "simulation": simulated},
    scopes={
        "symbolic": "steps",
        "enclosure": "instances",
        "quadrature": "instances",
        "simulation": "instances",
    },
    variants=(
        Variant("K_e 1% too large", Statement(growth=Fraction(101, 100)), "tanh"),
        Variant("without the term K_e' h_k", Statement(slope=Fraction(0)), "sigmoid"),
        Variant("the term K_e' h_k subtracted", Statement(slope=Fraction(-1)), "parabola"),
        Variant("without the factor e^(K_e)", Statement(growth=Fraction(0)), "relu"),
        Variant("the witness 1% larger", Statement(witness=Fraction(101, 100)), "staircase"),
        Variant("noise of mean 1/10 taken for centred", Statement(mean=Fraction(1, 10)), "sin"),
    ),
)
