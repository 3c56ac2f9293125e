"""T2, T3. Where no zero can be: beyond a bound in closed form, and by the shape of the link.

Beyond the bound of T2 the first term of the series exceeds what bounds the rest.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction

import sympy
from flint import arb
from scipy import special

from ...link import NOISELESS, Node, Noise, Signal
from ...numerics.estimates import quadrature
from ...numerics.expectation.oracle import NotIntegrable, Unresolved, oracle, t_range
from ...numerics.precision import as_fraction, exact, working
from ...numerics.threshold.signal import SignalCoefficient
from ...theory.exact.constants import sign
from ...theory.shape.facts import facts
from ...theory.shape.monotone import monotone
from ...theory.signal import known_moment
from ...theory.threshold import closed_threshold
from ...theory.zero_bounds import structural
from ..claim import Claim, Subject, Variant, condition, legs
from ..legs.equation import Moment, has_light_tails
from ..legs.trials import SAMPLES, TILT, WITNESS, estimates, gentle_tilt, normal_limit, order_and_power
from ..legs.zero_count import Count, integrals, last, means, settled, turns
from ..link_facts.threshold import label_bound
from ..number import ball, ball_to, from_exact, show
from ..verdict import Finding, Outcome, Scope, absent, refutes, supports, undecided

_UNIFORM = Noise("uniform", Fraction(1, 2))
_DIGITS = 20
_INSIDE = (Fraction(1, 10), Fraction(1, 3), Fraction(2, 3), Fraction(9, 10))
_LAMBERT_KINDS = ((Signal.LABEL, NOISELESS), (Signal.WEIGHT, NOISELESS), (Signal.LABEL, _UNIFORM))


@dataclass(frozen=True, slots=True)
class LambertStatement:
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
class _LambertCase:
    """One signal kind and noise law; no zero is stated at a beta above ``beta``."""

    kind: Signal
    noise: Noise
    beta: arb

    def __str__(self) -> str:
        return f"{self.kind}, noise {self.noise}"


def _lambert_cases(subject: Subject, statement: LambertStatement) -> Iterator[_LambertCase]:
    """Raises NotIntegrable and Unresolved where mu is not enclosed."""
    k, i0 = order_and_power(subject)
    mu = oracle(subject.link.tree).tilted_moments((k,), (i0,), Fraction(0), _DIGITS + 5)[i0, k]
    for kind, noise in _LAMBERT_KINDS:
        top, n = ball(statement.size(subject, noise)), i0 + (kind == Signal.WEIGHT)
        x = n * abs(mu) / (ball(sympy.sqrt(sympy.factorial(k))) * top ** (i0 * statement.power))
        yield _LambertCase(kind, noise, exact(statement.factor) * top**statement.scale / x.lambertw())


def lambert_derive(subject: Subject, statement: LambertStatement) -> Finding:
    """The exact zeros of the link against the bound in closed form, and the last step of its proof."""
    k, i0 = order_and_power(subject)
    mu = known_moment(subject.link.tree, i0, k)
    side = None if mu is None else sign(mu)
    if mu is None or not side:
        return absent(f"E[s^{i0} He_{k}] has no closed form")
    reasons = []
    for kind, noise in _LAMBERT_KINDS:
        size = statement.size(subject, noise)
        front = (i0 + (kind == Signal.WEIGHT)) * side * mu / sympy.sqrt(sympy.factorial(k))
        bound = sympy.Rational(statement.factor) * size**statement.scale
        bound /= sympy.LambertW(front / size ** (i0 * statement.power))
        closed = closed_threshold(subject.link.tree, kind, noise)
        if closed is not None and closed.zeros and ball(1 / closed.zeros[0]) > ball(bound):
            witness = f"{kind}: zero at beta = {sympy.radsimp(1 / closed.zeros[0])}, stated bound {bound}"
            return refutes(closed.reason, witness)
        if not _first_term_leads(size / bound, front / size**i0):
            detail = f"{kind}, noise {noise}: at the bound the first term is not shown to exceed the rest"
            return undecided(detail)
        reasons.append(f"{kind}, noise {noise}: {bound}")
    detail = f"{'; '.join(reasons)}: (B/beta) e^(B/beta) <= x there, the last step of the proof"
    return supports(detail, scope="steps")


def _first_term_leads(u: sympy.Expr, x: sympy.Expr) -> bool:
    """Whether u e^u <= x at u = B/bound: there rest over first term is u e^u/x."""
    # At u = W_0(x) both are equal, by the definition of W_0.
    return bool(sympy.simplify(u - sympy.LambertW(x)) == 0) or bool(ball(u * sympy.exp(u)) < ball(x))


def lambert_enclosed(subject: Subject, statement: LambertStatement) -> Finding:
    """A certified search over every beta above the bound."""
    star, power = order_and_power(subject)
    source, ends = oracle(subject.link.tree), []
    with working(140):
        for case in _lambert_cases(subject, statement):
            end = 1 / case.beta
            search = SignalCoefficient(source, star, case.kind, case.noise).isolate_zeros(
                as_fraction(end.upper()), power, 12, first=True
            )
            if search.zeros and search.zeros[0] < end:
                witness = f"{case}: zero at beta = {show(1 / search.zeros[0])}, bound {show(case.beta)}"
                return refutes("a zero above the bound", witness)
            if search.zeros or search.unresolved or not exact(search.searched_to) >= end:
                return undecided(f"{case}: the range above the bound is not cleared")
            ends.append(f"{case}: beta > {show(case.beta, 6)}")
    return supports(f"certified without a zero, {'; '.join(ends)}", scope="statement")


def lambert_integrated(subject: Subject, statement: LambertStatement) -> Finding:
    """Noiseless: one sign by mpmath at four beta above the bound, as far as beyond the rule's error."""
    star, power = order_and_power(subject)
    mu = float(quadrature.tilted_moment(subject.link.tree, star, power, Fraction(0), 15).value)
    seen = []
    for kind, _ in _LAMBERT_KINDS[:2]:
        count, n = Count(kind, 0), power + (kind == Signal.WEIGHT)
        top = float(ball_to(statement.size(subject, NOISELESS), 16))
        x = n * abs(mu) / (float(sympy.sqrt(sympy.factorial(star))) * top ** (power * statement.power))
        bound = float(statement.factor) * top**statement.scale / float(special.lambertw(x).real)
        signs = integrals(subject.link.tree, star, (part / Fraction(bound) for part in _INSIDE), count)
        judged = turns(signs, count, "")
        if judged.outcome is Outcome.REFUTES:
            return judged
        if len(signs) < 2:
            return undecided(f"{kind}: below the error of the rule")
        seen.append(f"{kind}: one sign at {len(signs)} beta > {bound:.6g}")
    return supports("; ".join(seen))


def lambert_simulated(subject: Subject, statement: LambertStatement) -> Finding:
    """The signs of the noisy `label` signal above its bound; |y| is bounded, so the tails are light."""
    star, _ = order_and_power(subject)
    with working(140):
        case = next(case for case in _lambert_cases(subject, statement) if case.noise != NOISELESS)
        ts = [float((exact(part) / case.beta).mid()) for part in _INSIDE]
    sample = estimates(subject.rng("T2"), subject.link.tree, (star,), (1,), ts, case.noise)
    limit = normal_limit(subject, len(ts))
    signs = means(ts, sample, limit)
    if len(signs) < 2:
        return absent(f"n = {SAMPLES}: too few samples to tell two signs")
    return turns(signs, Count(Signal.LABEL, 0, case.noise), f"n = {SAMPLES}, limit {limit:.2f}: ")


BOUNDED = condition(
    "|y| <= B", lambda s: label_bound(s.link, NOISELESS) is not None, "s is not shown to be bounded"
)

T2: Claim[LambertStatement] = Claim(
    id="T2",
    title="A sufficient threshold by Lambert's function",
    formula="no zero at beta > B/W_0(i0 |mu|/(sqrt(k*!) B^i0)) for |y| <= B, mu = E[s^i0 He_k*]",
    latex=r"\beta>\frac{B}{W_0\bigl(i_0|\mu_{i_0,k^*}|/(\sqrt{k^*!}\,B^{i_0})\bigr)}"
    r"\ \Longrightarrow\ \alpha_{k^*}(1/\beta)\ne0",
    kind="upper",
    sentence="S5",
    source="Cauchy-Schwarz and the exponential series",
    assumptions=(BOUNDED, WITNESS),
    quantified="label and weight without noise, label under uniform(1/2); every beta above the bound",
    statement=LambertStatement(),
    legs=legs(lambert_derive, lambert_enclosed, lambert_integrated, lambert_simulated),
    variants=(
        Variant("bound twenty times too small", LambertStatement(factor=Fraction(1, 20)), "tanh-9/10"),
        Variant("1/W_0(x), the factor B left out", LambertStatement(scale=0), "where(z > 0, -10, -20)"),
        Variant("B^i0 left out of x", LambertStatement(power=0), "where(z > 0, -100, -200)"),
        Variant("the supremum of y taken for that of |y|", LambertStatement(one_sided=True), "tanh-9/10"),
    ),
)


_SHAPE_KINDS: tuple[Signal, ...] = (Signal.LABEL, Signal.WEIGHT, Signal.CENTERED)
_NOISY = Noise("gaussian", Fraction(1, 2))


@dataclass(frozen=True, slots=True)
class ShapeStatement:
    """The bounds times ``factor``; 0 for every monotone link (``any_beta``) or every odd one (``odd``)."""

    factor: Fraction = Fraction(1)
    any_beta: bool = False
    odd: bool = False

    def bound(self, subject: Subject, kind: Signal) -> sympy.Expr | None:
        """No zero at or above this beta; None where the statement says nothing."""
        tree = subject.link.tree
        if self.any_beta and monotone(tree).value is not None:
            return sympy.S.Zero
        if self.odd and subject.facts.parity.value == "odd":
            return sympy.S.Zero
        proof = structural(tree, kind)
        return None if proof is None else sympy.Rational(self.factor) * proof.beta


@dataclass(frozen=True, slots=True)
class _ShapeCase:
    """One signal under one noise, without a zero on (0, end]; whole: nor beyond, as far as stated."""

    count: Count
    end: Fraction
    whole: bool

    def __str__(self) -> str:
        return str(self.count)

    @property
    def noisy(self) -> bool:
        return self.count.noise != NOISELESS


def _shape_cases(subject: Subject, statement: ShapeStatement) -> Iterator[_ShapeCase]:
    tree = subject.link.tree
    for kind in _SHAPE_KINDS:
        bound = statement.bound(subject, kind)
        if bound is None:
            continue
        if bound != 0:
            # Of an irrational end only what lies before it is looked at.
            stated = Fraction(str(1 / bound) if bound.is_Rational else from_exact(1 / bound, 20).lower)
            end, whole = min(_far(tree), stated), bound.is_Rational and stated <= _far(tree)
        else:
            beyond = settled(tree, order_and_power(subject)[0], Count(kind, 0))
            end, whole = beyond or _far(tree), beyond is not None
        yield _ShapeCase(Count(kind, 0), end, whole)
        if kind == Signal.LABEL:
            yield _ShapeCase(Count(kind, 0, _NOISY), min(end, _far(tree)), whole=False)


def _far(tree: Node) -> Fraction:
    """Up to which t the numbers look where no proof excludes zeros beyond."""
    return last(tree) / (1 if t_range(tree).finite_below.is_finite() else 2)


def shape_derive(subject: Subject, statement: ShapeStatement) -> Finding:
    reasons, solved = [], True
    for kind in _SHAPE_KINDS:
        bound = statement.bound(subject, kind)
        if bound is None:
            continue
        closed, proof = closed_threshold(subject.link.tree, kind), structural(subject.link.tree, kind)
        if closed is not None and closed.zeros and sign(1 / closed.zeros[0] - bound) in (0, 1):
            witness = f"{kind}: zero at beta = {sympy.radsimp(1 / closed.zeros[0])}, stated bound {bound}"
            return refutes(closed.reason, witness)
        below = closed is not None and (not closed.zeros or sign(1 / closed.zeros[0] - bound) == -1)
        if not below and (proof is None or sign(bound - proof.beta) not in (0, 1)):
            return undecided(f"{kind}: no proof of the bound {bound}")
        solved = solved and below
        if closed is not None and below:
            reasons.append(f"{kind}, beta >= {bound}: the exact zeros are known, {closed.reason}")
        elif proof is not None:
            reasons.append(f"{kind}, beta >= {bound}: {proof.reason}; the rest is the proof on paper")
    return supports("; ".join(reasons), scope="statement" if solved else "steps")


def shape_enclosed(subject: Subject, statement: ShapeStatement) -> Finding:
    star, power = order_and_power(subject)
    ends, whole = [], True
    for case in _shape_cases(subject, statement):
        source = oracle(subject.link.tree)
        try:
            signal = SignalCoefficient(source, star, case.count.kind, case.count.noise)
            search = signal.isolate_zeros(case.end, power, 12, first=True)
        except (NotIntegrable, Unresolved) as reason:
            return undecided(f"{case}: {reason}")
        if search.zeros:
            witness = f"{case}: zero at beta = {show(1 / search.zeros[0])}"
            return refutes("a zero where none is stated", witness)
        if search.unresolved or search.searched_to < case.end:
            return undecided(f"{case}: not separated from 0 everywhere")
        whole = whole and (case.whole or case.noisy)
        reach = "every beta stated" if case.whole else f"beta >= {float(1 / case.end):.4g}"
        ends.append(f"{case}: {reach}")
    scope: Scope = "statement" if whole else "instances"
    return supports(f"certified without a zero, {'; '.join(ends)}", scope=scope)


def shape_integrated(subject: Subject, statement: ShapeStatement) -> Finding:
    """The noiseless signal by mpmath along (0, end]: one sign, where it is beyond the error of the rule."""
    star, tree, seen = order_and_power(subject)[0], subject.link.tree, []
    for case in _shape_cases(subject, statement):
        if case.noisy:
            continue
        points = [min(case.end, _far(tree)) * Fraction(n, 8) for n in (1, 3, 5, 7)]
        try:
            signs = integrals(tree, star, points, case.count)
        except quadrature.Divergent as reason:
            return undecided(f"{case}: {reason}")
        judged = turns(signs, case.count, "")
        if judged.outcome is Outcome.REFUTES:
            return judged
        if len(signs) < 2:
            return undecided(f"{case}: below the error of the rule")
        seen.append(f"{case}: one sign at {len(signs)} temperatures")
    return supports("; ".join(seen))


def shape_simulated(subject: Subject, statement: ShapeStatement) -> Finding:
    """The noisy `label` and the `weight` signal, each at two temperatures above its bound: one sign."""
    star, tree = order_and_power(subject)[0], subject.link.tree
    chosen = [c for c in _shape_cases(subject, statement) if c.noisy or c.count.kind == Signal.WEIGHT]
    limit = normal_limit(subject, 2 * max(len(chosen), 1))
    seen = []
    for case in chosen:
        end = min(case.end, gentle_tilt(subject))
        ts, power = (float(end / 3), float(end)), int(case.count.kind == Signal.LABEL)
        if not has_light_tails(Moment(tree, star, power, end)):
            continue
        sample = estimates(subject.rng(f"T3|{case}"), tree, (star,), (power,), ts, case.count.noise)
        signs = means(ts, sample, limit)
        judged = turns(signs, case.count, f"n = {SAMPLES}, limit {limit:.2f}: ")
        if judged.outcome is Outcome.REFUTES:
            return judged
        if len(signs) == len(ts):
            seen.append(judged.detail)
    if not seen:
        return absent(f"n = {SAMPLES}: too few samples to tell two signs")
    return supports("; ".join(seen))


SHAPED = condition(
    "a shape is proved",
    lambda s: any(structural(s.link.tree, kind) for kind in _SHAPE_KINDS),
    "s is of none of the shapes for which zeros are excluded",
)

T3: Claim[ShapeStatement] = Claim(
    id="T3",
    title="What the shape of the link excludes",
    formula="s monotone (k* = 1) or even and monotone in |z| (k* = 2): no zero of the label signal at beta "
    ">= -ess inf s, none of weight and centered at any beta",
    latex=r"\zeta_{k^*}\text{ changes sign once}\ \Longrightarrow\ "
    r"\alpha_{k^*}(1/\beta)\ne0\ \ (\beta\ge-\mathrm{ess\,inf}\,s)",
    kind="upper",
    sentence="S5",
    source="one sign change against an increasing function",
    assumptions=(TILT, WITNESS, SHAPED),
    quantified="every beta from the bound on; the numbers look to where dominance sets in, or to t = 3",
    statement=ShapeStatement(),
    legs=legs(shape_derive, shape_enclosed, shape_integrated, shape_simulated),
    variants=(
        Variant("bound 1% too small", ShapeStatement(factor=Fraction(99, 100)), "where(z > 0, -1, -101/100)"),
        Variant("monotone links have no zero at any beta", ShapeStatement(any_beta=True), "tanh-9/10"),
        Variant("the sign of s plays no part", ShapeStatement(any_beta=True), "square-10"),
        Variant(
            "odd links have no zero at any beta",
            ShapeStatement(odd=True),
            "3*z*cos(z)",
            drops="a shape is proved",
        ),
    ),
)

CLAIMS = {claim.id: claim for claim in (T2, T3)}
