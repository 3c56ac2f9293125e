"""T2. A sufficient threshold in closed form, by Lambert's function.

Quantity:    the zeros of the `label` and `weight` signals of a bounded label, |y| <= B.
Statement:   no zero at beta > B/W_0(x), x = i0 |mu|/(sqrt(k*!) B^i0) (`weight`: i0 + 1 in front), mu = E[s^i0
             He_k*]: there the first term of the series exceeds the bound of the rest, and at B/W_0(x) the
             two are equal.
Kind:        upper
Source:      Cauchy-Schwarz and the exponential series. Abstract, S5.
Assumptions: |y| <= B; a witness power i0 is known.
Checks:      symbolic, enclosure (equality at the bound, no zero above it), quadrature, simulation.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache
from math import factorial
from typing import Literal

import sympy
from flint import arb
from scipy import stats

from ...link import NOISELESS, Noise
from ...numerics import montecarlo, quadrature
from ...numerics.expectation import NotIntegrable, Unresolved, oracle
from ...numerics.noise import cumulants, noisy
from ...numerics.precision import as_fraction, exact, working
from ...numerics.signal import exceptional
from ...theory.facts import facts
from ..answers.exponents import exponents
from ..answers.sufficient import label_bound
from ..assumptions import WITNESS
from ..claim import Assumption, Claim, Formula, Variant
from ..compare import ball, show
from ..sampled import DIMENSION, SAMPLES
from ..subject import Subject
from ..verdict import Evidence, Outcome

_UNIFORM = Noise("uniform", Fraction(1, 2))
_DIGITS = 20
_INSIDE = (Fraction(1, 3), Fraction(9, 10))


@dataclass(frozen=True, slots=True)
class Statement:
    """The bound is factor*B/W_0(x), x = (i0 + front)|mu|/((k*!)^power B^i0).

    one_sided: B is the supremum of y in the place of that of |y|.
    """

    factor: Fraction = Fraction(1)
    front: int = 0
    power: Fraction = Fraction(1, 2)
    one_sided: bool = False


@dataclass(frozen=True, slots=True)
class _Case:
    """One signal kind and noise law: k*, n (i0, or i0 + 1 for ``weight``), mu, B and the stated bound."""

    kind: Literal["label", "weight"]
    noise: Noise
    k: int
    i0: int
    n: int
    mu: arb
    size: arb
    beta: arb

    def __str__(self) -> str:
        return f"{self.kind}, noise {self.noise}"

    def leading(self, t: arb) -> arb:
        return self.mu * t ** (self.n - 1) / factorial(self.n - 1)

    def rest(self, t: arb) -> arb:
        """sqrt(k!) (tB)^n e^{tB}/n!, times B for ``label``: bounds all later terms of the series."""
        scale = arb(factorial(self.k)).sqrt() * self.size ** (self.i0 - self.n + 1)
        return scale * (t * self.size) ** self.n * (t * self.size).exp() / factorial(self.n)


def _cases(subject: Subject, statement: Statement) -> Iterator[_Case]:
    known, tree = exponents(subject.link), subject.link.tree
    k, i0 = known.generative_exponent.value, known.witness_power
    assert k is not None
    assert i0 is not None
    mu = oracle(tree).tilted_moments((k,), (i0,), Fraction(0), _DIGITS + 5)[i0, k]
    kinds: tuple[tuple[Literal["label", "weight"], Noise], ...] = (
        ("label", NOISELESS), ("weight", NOISELESS), ("label", _UNIFORM)
    )  # fmt: skip
    for kind, noise in kinds:
        size = label_bound(subject.link, noise)
        if statement.one_sided:
            size = abs(sympy.sympify(facts(tree).supremum.value)) + sympy.Rational(noise.scale)
        top, n = ball(size), i0 + (kind == "weight")
        x = (n + statement.front) * abs(mu) / (ball(sympy.factorial(k) ** statement.power) * top**i0)
        yield _Case(kind, noise, k, i0, n, mu, top, exact(statement.factor) * top / x.lambertw())


def derive(subject: Subject, statement: Statement) -> Evidence:
    return _derived(statement)


@lru_cache(maxsize=16)
def _derived(statement: Statement) -> Evidence:
    """The ratio of the rest to the first term at the stated bound, with w = W_0(x), so w e^w = x."""
    if statement.one_sided:
        return Evidence("symbolic", Outcome.ABSENT, "this leg takes B as given")
    n, i, size, k, mu, w = sympy.symbols("n i B k mu w", positive=True)
    x = (n + statement.front) * mu / (sympy.factorial(k) ** sympy.Rational(statement.power) * size**i)
    u = w / sympy.Rational(statement.factor)
    ratio = sympy.sqrt(sympy.factorial(k)) * size**i * u * sympy.exp(u) / (n * mu)
    at_bound = sympy.simplify(ratio * (x / (w * sympy.exp(w))))
    if at_bound != 1:
        value = sympy.N(at_bound.subs({n: 1, k: 2, w: sympy.Rational(1, 2)}), 6)
        witness = f"at the bound the rest over the first term is {value} for i0 = 1, k* = 2, W_0(x) = 1/2"
        return Evidence("symbolic", Outcome.REFUTES, "the two are not equal there", witness)
    detail = "|mu_i| <= B^i sqrt(k!), (n + j)! >= n! j!, and w -> w e^w increases with inverse W_0"
    return Evidence("symbolic", Outcome.SUPPORTS, detail)


def enclosed(subject: Subject, statement: Statement) -> Evidence:
    with working(140):
        for case in _cases(subject, statement):
            end = 1 / case.beta
            first, rest = abs(case.leading(end)), case.rest(end)
            if not first.overlaps(rest):
                witness = f"{case}: first term {show(first)}, bound of the rest {show(rest)}"
                return Evidence("enclosure", Outcome.REFUTES, "not equal at the bound", witness)
            try:
                found = _refuted(subject, case, end)
            except (NotIntegrable, Unresolved) as reason:
                return Evidence("enclosure", Outcome.UNDECIDED, f"{case}: {reason}")
            if found is not None:
                return found
    return Evidence("enclosure", Outcome.SUPPORTS, "equality at the bound, and certified no zero above it")


def _refuted(subject: Subject, case: _Case, end: arb) -> Evidence | None:
    """A coefficient farther from its first term than stated, or a zero above the bound."""
    source = oracle(subject.link.tree)
    for part in _INSIDE:
        at = as_fraction(end) * part
        t = exact(at)
        value = _coefficient(source.tilted_moments((case.k,), (0, 1), at, 12), case, t)
        gap, room = abs(value - case.leading(t)), case.rest(t)
        if gap > room:
            witness = f"{case}, t = {float(at):.6g}: {show(gap)} from the first term, bound {show(room)}"
            return Evidence("enclosure", Outcome.REFUTES, "the rest is larger than its bound", witness)
        if not gap <= room:
            return Evidence("enclosure", Outcome.UNDECIDED, f"{case}: the rest is not decided at t = {at}")
    upper = as_fraction(end.lower())
    found = exceptional(source, case.k, case.kind, case.noise, upper, case.i0, 12, first=True)
    if found.zeros:
        witness = f"{case}: zero at beta = {show(1 / found.zeros[0])}, bound {show(case.beta)}"
        return Evidence("enclosure", Outcome.REFUTES, "a zero above the bound", witness)
    if found.unresolved or found.searched_to < upper:
        return Evidence("enclosure", Outcome.UNDECIDED, f"{case}: the range above the bound is not cleared")
    return None


def _coefficient(table: dict[tuple[int, int], arb], case: _Case, t: arb) -> arb:
    """E[y e^{ty} He_k], or E[e^{ty} He_k] for ``weight``, of the noisy label."""
    pair = noisy([table[0, case.k], table[1, case.k]], case.noise, t)
    growth: arb = cumulants(case.noise, t)[0].exp()
    return growth * pair[case.kind == "label"]


def integrated(subject: Subject, statement: Statement) -> Evidence:
    """Noiseless: how far mpmath's coefficient is from its first term, which it computes itself."""
    with working(140):
        cases = [case for case in _cases(subject, statement) if case.noise == NOISELESS]
        tree = subject.link.tree
        mu = float(quadrature.tilted_moment(tree, cases[0].k, cases[0].i0, Fraction(0), 15).value)
        for case in cases:
            for part in _INSIDE:
                at = part / Fraction(float(case.beta.mid()))
                power = int(case.kind == "label")
                value = float(quadrature.tilted_moment(tree, case.k, power, at, 15).value)
                first = mu * float(at) ** (case.n - 1) / factorial(case.n - 1)
                room = float(case.rest(exact(at)).mid())
                if abs(value - first) > room * (1 + 1e-9) + 1e-12 or value * first <= 0:
                    witness = (
                        f"{case}, t = {float(at):.6g}: {value:.8g}, first term {first:.8g}, bound {room:.8g}"
                    )
                    return Evidence(
                        "quadrature", Outcome.REFUTES, "the first term does not dominate", witness
                    )
    return Evidence("quadrature", Outcome.SUPPORTS, f"the first term dominates at {2 * len(cases)} points")


def simulated(subject: Subject, statement: Statement) -> Evidence:
    """The sign of the noisy `label` signal just above the bound; |y| is bounded, so the tails are light."""
    with working(140):
        case = next(case for case in _cases(subject, statement) if case.noise != NOISELESS)
        at = _INSIDE[1] / Fraction(float(case.beta.mid()))
        sign = 1 if case.mu > 0 else -1
    sample = montecarlo.simulate(
        subject.link.tree, (case.k,), (1,), (float(at),), d=DIMENSION, n=SAMPLES, noise=case.noise,
        rng=subject.rng("T2"),
    )  # fmt: skip
    mean, error = float(sample.mean[0, 0, 0]), float(sample.standard_error[0, 0, 0])
    limit = float(stats.norm.isf(subject.alarm))
    detail = f"n = {SAMPLES}, {sign * mean / error:.1f} standard errors on the stated side, limit {limit:.2f}"
    if sign * mean < -limit * error:
        witness = f"{case}, t = {float(at):.6g}: {mean:.5g} +- {error:.2g}, sign {sign} stated"
        return Evidence("simulation", Outcome.REFUTES, detail, witness)
    if sign * mean > limit * error:
        return Evidence("simulation", Outcome.SUPPORTS, detail)
    return Evidence("simulation", Outcome.ABSENT, f"{detail}: too few samples to tell the sign")


def _unbounded(subject: Subject) -> str | None:
    return None if label_bound(subject.link, NOISELESS) is not None else "s is not shown to be bounded"


CLAIM: Claim[Statement] = Claim(
    id="T2",
    title="A sufficient threshold by Lambert's function",
    formula=Formula(
        "no zero at beta > B/W_0(i0 |mu|/(sqrt(k*!) B^i0)) for |y| <= B, mu = E[s^i0 He_k*]",
        r"\beta>\frac{B}{W_0\bigl(i_0|\mu_{i_0,k^*}|/(\sqrt{k^*!}\,B^{i_0})\bigr)}"
        r"\ \Longrightarrow\ \alpha_{k^*}(1/\beta)\ne0",
    ),
    kind="upper",
    sentence="S5",
    source="Cauchy-Schwarz and the exponential series",
    assumptions=(Assumption("|y| <= B", _unbounded), WITNESS),
    quantified="label and weight without noise, label under uniform(1/2); every beta above the bound",
    statement=Statement(),
    legs={"symbolic": derive, "enclosure": enclosed, "quadrature": integrated, "simulation": simulated},
    scopes={
        "symbolic": "steps",
        "enclosure": "instances",
        "quadrature": "instances",
        "simulation": "instances",
    },
    variants=(
        Variant("bound 1% too small", Statement(factor=Fraction(99, 100)), "tanh"),
        Variant("bound twenty times too small", Statement(factor=Fraction(1, 20)), "tanh-9/10"),
        Variant("i0 + 1 in place of i0", Statement(front=1), "sigmoid"),
        Variant("k*! in place of its root", Statement(power=Fraction(1)), "bump4"),
        Variant("the supremum of y taken for that of |y|", Statement(one_sided=True), "tanh-9/10"),
    ),
)
