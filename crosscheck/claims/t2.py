"""T2. A sufficient threshold in closed form, by Lambert's function.

Beyond the bound the first term of the series exceeds what bounds the rest.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction

import sympy
from flint import arb
from scipy import special

from ...link import NOISELESS, Noise, Signal
from ...numerics.estimates import quadrature
from ...numerics.expectation.oracle import oracle
from ...numerics.precision import as_fraction, exact, working
from ...numerics.threshold.signal import SignalCoefficient
from ...theory.efficiency import known_moment
from ...theory.exact.constants import sign
from ...theory.shape.facts import facts
from ...theory.threshold import closed_threshold
from ..claim import Assumption, Claim, Formula, Subject, Variant
from ..legs.samples import SAMPLES, estimates
from ..legs.test_temperatures import WITNESS, order_and_power
from ..legs.zero_count import Count, integrals, means, turns
from ..link_facts.threshold import label_bound
from ..number import ball, ball_to, show
from ..verdict import Evidence, Outcome, absent, refutes, supports, undecided

_UNIFORM = Noise("uniform", Fraction(1, 2))
_DIGITS = 20
_INSIDE = (Fraction(1, 10), Fraction(1, 3), Fraction(2, 3), Fraction(9, 10))
_KINDS = ((Signal.LABEL, NOISELESS), (Signal.WEIGHT, NOISELESS), (Signal.LABEL, _UNIFORM))


@dataclass(frozen=True, slots=True)
class Statement:
    """The bound is factor*B^scale/W_0(x), x = n |mu|/(sqrt(k*!) B^(i0 power)).

    n: i0, or i0 + 1 for ``weight``.
    one_sided: B is the supremum of y in the place of that of |y|.
    """

    factor: Fraction = Fraction(1)
    scale: int = 1
    power: int = 1
    one_sided: bool = False

    def size(self, subject: Subject, noise: Noise) -> sympy.Expr:
        """B, exact."""
        if self.one_sided:
            return abs(sympy.sympify(facts(subject.link.tree).supremum.value)) + sympy.Rational(noise.scale)
        largest = label_bound(subject.link, noise)
        assert largest is not None
        return largest


@dataclass(frozen=True, slots=True)
class _Case:
    """One signal kind and noise law; no zero is stated at a beta above ``beta``."""

    kind: Signal
    noise: Noise
    beta: arb

    def __str__(self) -> str:
        return f"{self.kind}, noise {self.noise}"


def _cases(subject: Subject, statement: Statement) -> Iterator[_Case]:
    """Raises NotIntegrable and Unresolved where mu is not enclosed."""
    k, i0 = order_and_power(subject)
    mu = oracle(subject.link.tree).tilted_moments((k,), (i0,), Fraction(0), _DIGITS + 5)[i0, k]
    for kind, noise in _KINDS:
        top, n = ball(statement.size(subject, noise)), i0 + (kind == Signal.WEIGHT)
        x = n * abs(mu) / (ball(sympy.sqrt(sympy.factorial(k))) * top ** (i0 * statement.power))
        yield _Case(kind, noise, exact(statement.factor) * top**statement.scale / x.lambertw())


def derive(subject: Subject, statement: Statement) -> Evidence:
    """The exact zeros of the link against the bound in closed form, and the last step of its proof."""
    k, i0 = order_and_power(subject)
    mu = known_moment(subject.link.tree, i0, k)
    side = None if mu is None else sign(mu)
    if mu is None or not side:
        return absent("symbolic", f"E[s^{i0} He_{k}] has no closed form")
    reasons = []
    for kind, noise in _KINDS:
        size = statement.size(subject, noise)
        front = (i0 + (kind == Signal.WEIGHT)) * side * mu / sympy.sqrt(sympy.factorial(k))
        bound = sympy.Rational(statement.factor) * size**statement.scale
        bound /= sympy.LambertW(front / size ** (i0 * statement.power))
        closed = closed_threshold(subject.link.tree, kind, noise)
        if closed is not None and closed.zeros and ball(1 / closed.zeros[0]) > ball(bound):
            witness = f"{kind}: zero at beta = {sympy.radsimp(1 / closed.zeros[0])}, stated bound {bound}"
            return refutes("symbolic", closed.reason, witness)
        if not _first_term_leads(size / bound, front / size**i0):
            detail = f"{kind}, noise {noise}: at the bound the first term is not shown to exceed the rest"
            return undecided("symbolic", detail)
        reasons.append(f"{kind}, noise {noise}: {bound}")
    detail = f"{'; '.join(reasons)}: (B/beta) e^(B/beta) <= x there, the last step of the proof"
    return supports("symbolic", detail, scope="steps")


def _first_term_leads(u: sympy.Expr, x: sympy.Expr) -> bool:
    """Whether u e^u <= x at u = B/bound: there rest over first term is u e^u/x."""
    # At u = W_0(x) both are equal, by the definition of W_0.
    return bool(sympy.simplify(u - sympy.LambertW(x)) == 0) or bool(ball(u * sympy.exp(u)) < ball(x))


def enclosed(subject: Subject, statement: Statement) -> Evidence:
    """A certified search over every beta above the bound."""
    star, power = order_and_power(subject)
    source, ends = oracle(subject.link.tree), []
    with working(140):
        for case in _cases(subject, statement):
            end = 1 / case.beta
            search = SignalCoefficient(source, star, case.kind, case.noise).isolate_zeros(
                as_fraction(end.upper()), power, 12, first=True
            )
            if search.zeros and search.zeros[0] < end:
                witness = f"{case}: zero at beta = {show(1 / search.zeros[0])}, bound {show(case.beta)}"
                return refutes("enclosure", "a zero above the bound", witness)
            if search.zeros or search.unresolved or not exact(search.searched_to) >= end:
                return undecided("enclosure", f"{case}: the range above the bound is not cleared")
            ends.append(f"{case}: beta > {show(case.beta, 6)}")
    return supports("enclosure", f"certified without a zero, {'; '.join(ends)}", scope="statement")


def integrated(subject: Subject, statement: Statement) -> Evidence:
    """Noiseless: one sign by mpmath at four beta above the bound, as far as beyond the rule's error."""
    star, power = order_and_power(subject)
    mu = float(quadrature.tilted_moment(subject.link.tree, star, power, Fraction(0), 15).value)
    seen = []
    for kind, _ in _KINDS[:2]:
        count, n = Count(kind, 0), power + (kind == Signal.WEIGHT)
        top = float(ball_to(statement.size(subject, NOISELESS), 16))
        x = n * abs(mu) / (float(sympy.sqrt(sympy.factorial(star))) * top ** (power * statement.power))
        bound = float(statement.factor) * top**statement.scale / float(special.lambertw(x).real)
        signs = integrals(subject.link.tree, star, (part / Fraction(bound) for part in _INSIDE), count)
        judged = turns("quadrature", signs, count, "")
        if judged.outcome is Outcome.REFUTES:
            return judged
        if len(signs) < 2:
            return undecided("quadrature", f"{kind}: below the error of the rule")
        seen.append(f"{kind}: one sign at {len(signs)} beta > {bound:.6g}")
    return supports("quadrature", "; ".join(seen))


def simulated(subject: Subject, statement: Statement) -> Evidence:
    """The signs of the noisy `label` signal above its bound; |y| is bounded, so the tails are light."""
    star, _ = order_and_power(subject)
    with working(140):
        case = next(case for case in _cases(subject, statement) if case.noise != NOISELESS)
        ts = [float((exact(part) / case.beta).mid()) for part in _INSIDE]
    sample = estimates(subject.rng("T2"), subject.link.tree, (star,), (1,), ts, case.noise)
    limit = -float(special.ndtri(subject.alarm / (2 * len(ts))))
    signs = means(ts, sample, limit)
    if len(signs) < 2:
        return absent("simulation", f"n = {SAMPLES}: too few samples to tell two signs")
    return turns(
        "simulation", signs, Count(Signal.LABEL, 0, case.noise), f"n = {SAMPLES}, limit {limit:.2f}: "
    )


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
    variants=(
        Variant("bound twenty times too small", Statement(factor=Fraction(1, 20)), "tanh-9/10"),
        Variant("1/W_0(x), the factor B left out", Statement(scale=0), "where(z > 0, -10, -20)"),
        Variant("B^i0 left out of x", Statement(power=0), "where(z > 0, -100, -200)"),
        Variant("the supremum of y taken for that of |y|", Statement(one_sided=True), "tanh-9/10"),
    ),
)
