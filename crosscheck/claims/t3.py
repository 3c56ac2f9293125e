"""T3. The shape of the link excludes zeros of the signal."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction

import sympy
from scipy import special

from ...link import NOISELESS, Noise, Signal
from ...link.tree import Node
from ...numerics.estimates import quadrature
from ...numerics.expectation.oracle import NotIntegrable, Unresolved, oracle, t_range
from ...numerics.threshold.signal import SignalCoefficient
from ...theory.exact.constants import sign
from ...theory.shape.monotone import monotone
from ...theory.threshold import closed_threshold
from ...theory.zero_bounds import structural
from ..claim import Assumption, Claim, Formula, Subject, Variant
from ..legs.equation import Moment, has_light_tails
from ..legs.samples import SAMPLES, estimates
from ..legs.test_temperatures import TILT, WITNESS, gentle_tilt, order_and_power
from ..legs.zero_count import Count, integrals, last, means, settled, turns
from ..number import from_exact, show
from ..verdict import Evidence, Outcome, Scope, absent, refutes, supports, undecided

_KINDS: tuple[Signal, ...] = (Signal.LABEL, Signal.WEIGHT, Signal.CENTERED)
_NOISY = Noise("gaussian", Fraction(1, 2))


@dataclass(frozen=True, slots=True)
class Statement:
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
class _Case:
    """One signal under one noise, without a zero on (0, end]; whole: nor beyond, as far as stated."""

    count: Count
    end: Fraction
    whole: bool

    def __str__(self) -> str:
        return str(self.count)

    @property
    def noisy(self) -> bool:
        return self.count.noise != NOISELESS


def _cases(subject: Subject, statement: Statement) -> Iterator[_Case]:
    tree = subject.link.tree
    for kind in _KINDS:
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
        yield _Case(Count(kind, 0), end, whole)
        if kind == Signal.LABEL:
            yield _Case(Count(kind, 0, _NOISY), min(end, _far(tree)), whole=False)


def _far(tree: Node) -> Fraction:
    """Up to which t the numbers look where no proof excludes zeros beyond."""
    return last(tree) / (1 if t_range(tree).finite_below.is_finite() else 2)


def derive(subject: Subject, statement: Statement) -> Evidence:
    reasons, solved = [], True
    for kind in _KINDS:
        bound = statement.bound(subject, kind)
        if bound is None:
            continue
        closed, proof = closed_threshold(subject.link.tree, kind), structural(subject.link.tree, kind)
        if closed is not None and closed.zeros and sign(1 / closed.zeros[0] - bound) in (0, 1):
            witness = f"{kind}: zero at beta = {sympy.radsimp(1 / closed.zeros[0])}, stated bound {bound}"
            return refutes("symbolic", closed.reason, witness)
        below = closed is not None and (not closed.zeros or sign(1 / closed.zeros[0] - bound) == -1)
        if not below and (proof is None or sign(bound - proof.beta) not in (0, 1)):
            return undecided("symbolic", f"{kind}: no proof of the bound {bound}")
        solved = solved and below
        if closed is not None and below:
            reasons.append(f"{kind}, beta >= {bound}: the exact zeros are known, {closed.reason}")
        elif proof is not None:
            reasons.append(f"{kind}, beta >= {bound}: {proof.reason}; the rest is the proof on paper")
    return supports("symbolic", "; ".join(reasons), scope="statement" if solved else "steps")


def enclosed(subject: Subject, statement: Statement) -> Evidence:
    star, power = order_and_power(subject)
    ends, whole = [], True
    for case in _cases(subject, statement):
        source = oracle(subject.link.tree)
        try:
            signal = SignalCoefficient(source, star, case.count.kind, case.count.noise)
            search = signal.isolate_zeros(case.end, power, 12, first=True)
        except (NotIntegrable, Unresolved) as reason:
            return undecided("enclosure", f"{case}: {reason}")
        if search.zeros:
            witness = f"{case}: zero at beta = {show(1 / search.zeros[0])}"
            return refutes("enclosure", "a zero where none is stated", witness)
        if search.unresolved or search.searched_to < case.end:
            return undecided("enclosure", f"{case}: not separated from 0 everywhere")
        whole = whole and (case.whole or case.noisy)
        reach = "every beta stated" if case.whole else f"beta >= {float(1 / case.end):.4g}"
        ends.append(f"{case}: {reach}")
    scope: Scope = "statement" if whole else "instances"
    return supports("enclosure", f"certified without a zero, {'; '.join(ends)}", scope=scope)


def integrated(subject: Subject, statement: Statement) -> Evidence:
    """The noiseless signal by mpmath along (0, end]: one sign, where it is beyond the error of the rule."""
    star, tree, seen = order_and_power(subject)[0], subject.link.tree, []
    for case in _cases(subject, statement):
        if case.noisy:
            continue
        points = [min(case.end, _far(tree)) * Fraction(n, 8) for n in (1, 3, 5, 7)]
        try:
            signs = integrals(tree, star, points, case.count)
        except quadrature.Divergent as reason:
            return undecided("quadrature", f"{case}: {reason}")
        judged = turns("quadrature", signs, case.count, "")
        if judged.outcome is Outcome.REFUTES:
            return judged
        if len(signs) < 2:
            return undecided("quadrature", f"{case}: below the error of the rule")
        seen.append(f"{case}: one sign at {len(signs)} temperatures")
    return supports("quadrature", "; ".join(seen))


def simulated(subject: Subject, statement: Statement) -> Evidence:
    """The noisy `label` and the `weight` signal, each at two temperatures above its bound: one sign."""
    star, tree = order_and_power(subject)[0], subject.link.tree
    chosen = [c for c in _cases(subject, statement) if c.noisy or c.count.kind == Signal.WEIGHT]
    limit = -float(special.ndtri(subject.alarm / (4 * max(len(chosen), 1))))
    seen = []
    for case in chosen:
        end = min(case.end, gentle_tilt(subject))
        ts, power = (float(end / 3), float(end)), int(case.count.kind == Signal.LABEL)
        if not has_light_tails(Moment(tree, star, power, end)):
            continue
        sample = estimates(subject.rng(f"T3|{case}"), tree, (star,), (power,), ts, case.count.noise)
        signs = means(ts, sample, limit)
        judged = turns("simulation", signs, case.count, f"n = {SAMPLES}, limit {limit:.2f}: ")
        if judged.outcome is Outcome.REFUTES:
            return judged
        if len(signs) == len(ts):
            seen.append(judged.detail)
    if not seen:
        return absent("simulation", f"n = {SAMPLES}: too few samples to tell two signs")
    return supports("simulation", "; ".join(seen))


def _shapeless(subject: Subject) -> str | None:
    proofs = [structural(subject.link.tree, kind) for kind in _KINDS]
    return None if any(proofs) else "s is of none of the shapes for which zeros are excluded"


CLAIM: Claim[Statement] = Claim(
    id="T3",
    title="What the shape of the link excludes",
    formula=Formula(
        "s monotone (k* = 1) or even and monotone in |z| (k* = 2): no zero of the label signal at beta >= "
        "-ess inf s, none of weight and centered at any beta",
        r"\zeta_{k^*}\text{ changes sign once}\ \Longrightarrow\ "
        r"\alpha_{k^*}(1/\beta)\ne0\ \ (\beta\ge-\operatorname{ess\,inf}s)",
    ),
    kind="upper",
    sentence="S5",
    source="one sign change against an increasing function",
    assumptions=(TILT, WITNESS, Assumption("a shape is proved", _shapeless)),
    quantified="every beta from the bound on; the numbers look to where dominance sets in, or to t = 3",
    statement=Statement(),
    legs={"symbolic": derive, "enclosure": enclosed, "quadrature": integrated, "simulation": simulated},
    variants=(
        Variant("bound 1% too small", Statement(factor=Fraction(99, 100)), "where(z > 0, -1, -101/100)"),
        Variant("monotone links have no zero at any beta", Statement(any_beta=True), "tanh-9/10"),
        Variant("the sign of s plays no part", Statement(any_beta=True), "square-10"),
        Variant(
            "odd links have no zero at any beta", Statement(odd=True), "3*z*cos(z)", drops="a shape is proved"
        ),
    ),
)
