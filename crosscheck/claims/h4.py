"""H4. Independent label noise multiplies the coefficients and leaves the exponent alone."""

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache, partial
from math import comb

import sympy
from flint import arb

from ...link import Node, Noise, Num, Var, call, combine, raised
from ...numerics.estimates.quadrature import Estimate, noisy_moments
from ...numerics.expectation.oracle import oracle
from ...numerics.precision import working
from ...theory.exact import t
from ...theory.exact.constants import decimals, sign
from ...theory.families.moments import vanishes
from ...theory.signal import cumulant, cumulant_slope
from ..claim import Claim, Subject, Variant, legs
from ..legs.equation import Moment, agreed, by_sides, has_light_tails
from ..legs.trials import DIMENSION, SAMPLES, TILT, Row, estimates, gentle_tilt, judged
from ..link_facts.exponents import exponents
from ..number import ball
from ..verdict import Finding, Outcome, absent, refutes, supports, undecided

_LAWS = (
    Noise("gaussian", Fraction(1, 2)),
    Noise("uniform", Fraction(1)),
    Noise("rademacher", Fraction(1, 2)),
)
_ORDERS = (1, 2)
_DIGITS = 20


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


def derive(subject: Subject, statement: Statement) -> Finding:
    """The law of each noise integrated exactly, then the moments of this link expanded under it."""
    general = _laws(statement)
    return general if general.outcome is Outcome.REFUTES else _expanded(subject, statement, general.detail)


@lru_cache(maxsize=16)
def _laws(statement: Statement) -> Finding:
    for noise in _LAWS:
        mass = _laplace(noise, statement.mean)
        growth, slope = statement.factors(noise)
        for name, true, stated in (("E e^{te}", mass, growth), ("K_e'", sympy.diff(mass, t) / mass, slope)):
            gap = sympy.simplify((true - stated).rewrite(sympy.exp))
            if gap != 0:
                at_one = gap.subs(t, 1)
                if not sign(at_one):
                    return undecided(f"{name} under {noise}: {gap} is not shown to be 0")
                witness = f"{name} under {noise} at t = 1: off by {decimals(at_one, 6)}"
                return refutes("the transform of the law is another", witness)
    detail = "E e^{te} of each law in closed form; e^{t(s+e)} factors, and alpha_k is the t-derivative of h_k"
    return supports(detail)


def _laplace(noise: Noise, mean: Fraction) -> sympy.Expr:
    """E e^{te}: a completed square, an exponential integrated, two values averaged; moved by the mean."""
    a, e = sympy.Rational(noise.scale), sympy.Symbol("e", real=True)
    moved = sympy.exp(sympy.Rational(mean) * t)
    if noise.kind == "gaussian":
        # te - e^2/(2 a^2) = constant - (e - a^2 t)^2/(2 a^2), and the last term integrates as at t = 0.
        constant = sympy.expand(t * e - e**2 / (2 * a**2) + (e - a**2 * t) ** 2 / (2 * a**2))
        return moved * sympy.exp(constant)
    if noise.kind == "uniform":
        inner = sympy.exp(t * e) / t
        return moved * (inner.subs(e, a) - inner.subs(e, -a)) / (2 * a)
    return moved * (sympy.exp(a * t) + sympy.exp(-a * t)) / 2


def _expanded(subject: Subject, statement: Statement, general: str) -> Finding:
    """E[y^i0 He_k*] = sum_j binomial(i0, j) E[e^{i0-j}] E[s^j He_k*], with this link's moments."""
    known = exponents(subject.link)
    star, power = known.generative_exponent.value, known.witness_power
    if star is None or power is None:
        return supports(f"{general}; this link has no witness to expand")
    mu = sympy.Symbol("mu", real=True)
    moments = [sympy.S.Zero] * power + [mu]
    for j in range(1, power):
        if not vanishes(subject.link.tree, j, star):
            return undecided(f"E[s^{j} He_{star}] = 0 is not shown")
    for noise in _LAWS:
        of_noise = _noise_moments(noise, statement.mean, power)
        total = sympy.Add(*(comb(power, j) * of_noise[power - j] * moments[j] for j in range(power + 1)))
        gap = sympy.expand(total - sympy.Rational(statement.witness) * mu)
        if gap != 0:
            witness = f"E[y{raised(power)} He_{star}] is off by {gap} under {noise}, mu that of s"
            return refutes("the moment under noise is another", witness)
    detail = f"{general}; E[y{raised(power)} He_{star}] expanded, E[s^j He_{star}] = 0 for j < {power}"
    return supports(detail)


@lru_cache(maxsize=64)
def _noise_moments(noise: Noise, mean: Fraction, top: int) -> tuple[sympy.Expr, ...]:
    """E[e^j] for j <= top, from the transform of the law."""
    series = sympy.series(_laplace(noise, mean), t, 0, top + 1).removeO()
    return tuple(sympy.factorial(j) * sympy.expand(series).coeff(t, j) for j in range(top + 1))


def enclosed(subject: Subject, statement: Statement) -> Finding:
    tree = subject.link.tree

    def sides(case: _Case) -> tuple[arb, arb]:
        with working(160):
            return _noisy_ball(tree, case, statement.mean), _stated_ball(tree, case)

    rows = ((case, partial(sides, case)) for case in cases(subject, statement))
    return agreed(rows, _DIGITS - 2)


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


def _tilted(tree: Node, at: Fraction) -> dict[tuple[int, int], arb]:
    """Everything that the cases ask of one function at one t."""
    return oracle(tree).tilted_moments((0, *_ORDERS), (0, 1), at, _DIGITS)


def _law(noise: Noise) -> Node:
    """The function of a standard Gaussian that has the law of the noise."""
    if noise.kind == "gaussian":
        return combine("*", Num(noise.scale), Var())
    root = call("sqrt", (Num(Fraction(2)),))
    return combine("*", Num(noise.scale), call("erf", (combine("/", Var(), root),)))


def integrated(subject: Subject, statement: Statement) -> Finding:
    tree = subject.link.tree
    shifted = combine("+", tree, Num(statement.mean)) if statement.mean else tree

    def sides(case: _Case) -> tuple[Estimate, Estimate]:
        table = noisy_moments(shifted, case.noise, (case.k,), (case.power,), case.at)
        return table[case.power, case.k], _stated_estimate(tree, case)

    return by_sides((case, partial(sides, case)) for case in cases(subject, statement))


def _stated_estimate(tree: Node, case: _Case) -> Estimate:
    powers = [power for _, power in case.stated]
    table = noisy_moments(tree, Noise(), (case.k,), powers, case.at)
    terms = [(float(factor), table[power, case.k]) for factor, power in case.stated]
    return Estimate(
        sum(factor * term.value for factor, term in terms),
        sum(abs(factor) * term.error for factor, term in terms),
        sum(abs(factor) * term.size for factor, term in terms),
    )


def simulated(subject: Subject, statement: Statement) -> Finding:
    at = gentle_tilt(subject)
    tree = subject.link.tree
    shifted = combine("+", tree, Num(statement.mean)) if statement.mean else tree
    rows = []
    if not has_light_tails(Moment(tree, 0, 1, at)):
        return absent("no tested expectation has a small proved kurtosis")
    with working(120):
        for noise in _LAWS:
            sample = estimates(subject.rng(f"H4|{noise}"), shifted, _ORDERS, (0, 1), (float(at),), noise)
            for case in cases(subject, statement):
                if case.noise == noise and case.at == at:
                    where, stated = (0, case.power, _ORDERS.index(case.k)), _stated_ball(tree, case)
                    rows.append(Row.at(str(case), sample, where, float(stated.mid()), float(stated.rad())))
    return judged(subject, rows, SAMPLES, f" in d = {DIMENSION}")


CLAIM: Claim[Statement] = Claim(
    id="H4",
    title="Independent label noise",
    formula="e independent of x, E e = 0: h_k^noisy = e^(K_e) h_k, alpha_k^noisy = e^(K_e)(alpha_k + K_e' "
    "h_k), GE and i0 unchanged",
    latex=r"h_k^{\mathrm{noisy}}=e^{K_e}h_k,\quad \alpha_k^{\mathrm{noisy}}=e^{K_e}(\alpha_k+K_e'h_k),\quad "
    r"\mathbb{E}[y^{i_0}\mathrm{He}_{k^*}]=\mathbb{E}[s^{i_0}\mathrm{He}_{k^*}]",
    kind="equal",
    sentence="S4",
    source="Fubini's theorem; uniqueness of characteristic functions",
    assumptions=(TILT,),
    quantified="gaussian(1/2), uniform(1) and rademacher(1/2), k = 1, 2 at one t; the witness at t = 0",
    statement=Statement(),
    legs=legs(derive, enclosed, integrated, simulated),
    variants=(
        Variant("K_e 1% too large", Statement(growth=Fraction(101, 100)), "tanh"),
        Variant("without the term K_e' h_k", Statement(slope=Fraction(0)), "sigmoid"),
        Variant("the term K_e' h_k subtracted", Statement(slope=Fraction(-1)), "parabola"),
        Variant("without the factor e^(K_e)", Statement(growth=Fraction(0)), "relu"),
        Variant("the witness 1% larger", Statement(witness=Fraction(101, 100)), "staircase"),
        Variant("noise of mean 1/10 taken for centred", Statement(mean=Fraction(1, 10)), "sin"),
    ),
)
