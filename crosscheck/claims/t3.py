"""T3. The shape of the link excludes zeros of the signal.

Quantity:    the zeros of the order-k* signal of a link of proved shape.
Statement:   none at beta >= -ess inf s (`label`) or at any beta (`weight`, `centered`) when s is monotone, or
             even and monotone in |z|; none at any beta when s(z) z >= 0, for z^m e^{-cz^2} with moments of
             one sign, and for cos(az) and sin(az) (`label`; `weight` of the last three). Centred noise on
             the `label` adds no zero.
Kind:        upper
Source:      one sign change against an increasing function (Chebyshev, Karlin). Abstract, S5.
Assumptions: t_max > 0; a witness power is known; a shape is proved.
Checks:      symbolic (the proof of the shape), enclosure (certified search), quadrature, simulation.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction

import sympy
from scipy import stats

from ...link import NOISELESS, Noise
from ...numerics import montecarlo, quadrature
from ...numerics.expectation import NotIntegrable, Unresolved, oracle
from ...numerics.signal import Signal, exceptional
from ...theory.monotone import monotone
from ...theory.sufficient import structural
from ...theory.threshold import closed_threshold
from ..answers.exponents import exponents
from ..answers.zeros import search_end
from ..assumptions import TILT, WITNESS
from ..claim import Assumption, Claim, Formula, Variant
from ..compare import show
from ..sampled import DIMENSION, SAMPLES
from ..subject import Subject
from ..temperatures import gentle_tilt
from ..verdict import Evidence, Outcome

_KINDS: tuple[Signal, ...] = ("label", "weight", "centered")
_NOISY = Noise("gaussian", Fraction(1, 2))
#: Up to which t = 1/beta zeros are looked for.
_FAR = Fraction(3)


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
    """One signal kind and noise law, without a zero on (0, end]."""

    kind: Signal
    noise: Noise
    end: Fraction

    def __str__(self) -> str:
        return self.kind if self.noise == NOISELESS else f"{self.kind}, noise {self.noise}"


def _cases(subject: Subject, statement: Statement) -> Iterator[_Case]:
    for kind in _KINDS:
        bound = statement.bound(subject, kind)
        if bound is None:
            continue
        # Near a finite t_max every enclosure is slow.
        end = min(search_end(subject.link) * Fraction(4, 5), _FAR)
        if bound != 0:
            end = min(end, Fraction(str(1 / bound if bound.is_Rational else sympy.N(1 / bound, 20))))
        yield _Case(kind, NOISELESS, end)
        if kind == "label":
            yield _Case(kind, _NOISY, end)


def _star(subject: Subject) -> int:
    value = exponents(subject.link).generative_exponent.value
    assert value is not None
    return value


def derive(subject: Subject, statement: Statement) -> Evidence:
    reasons = []
    for kind in _KINDS:
        bound = statement.bound(subject, kind)
        if bound is None:
            continue
        closed = closed_threshold(subject.link.tree, kind)
        if closed is not None and closed.zeros and sympy.N(1 / closed.zeros[0] - bound) > 0:
            witness = f"{kind}: zero at beta = {sympy.radsimp(1 / closed.zeros[0])}, stated bound {bound}"
            return Evidence("symbolic", Outcome.REFUTES, closed.reason, witness)
        proof = structural(subject.link.tree, kind)
        if proof is None or sympy.N(bound - proof.beta) < 0:
            return Evidence("symbolic", Outcome.UNDECIDED, f"{kind}: no proof of the bound {bound}")
        reasons.append(f"{kind}, beta >= {bound}: {proof.reason}")
    return Evidence("symbolic", Outcome.SUPPORTS, "; ".join(reasons))


def enclosed(subject: Subject, statement: Statement) -> Evidence:
    power = exponents(subject.link).witness_power
    assert power is not None
    ends = []
    for case in _cases(subject, statement):
        source = oracle(subject.link.tree)
        try:
            found = exceptional(
                source, _star(subject), case.kind, case.noise, case.end, power, 12, first=True
            )
        except (NotIntegrable, Unresolved) as reason:
            return Evidence("enclosure", Outcome.UNDECIDED, f"{case}: {reason}")
        if found.zeros:
            witness = f"{case}: zero at beta = {show(1 / found.zeros[0])}"
            return Evidence("enclosure", Outcome.REFUTES, "a zero where none is stated", witness)
        if found.unresolved or found.searched_to < case.end:
            return Evidence("enclosure", Outcome.UNDECIDED, f"{case}: not separated from 0 everywhere")
        ends.append(f"{case}: beta >= {float(1 / case.end):.4g}")
    return Evidence("enclosure", Outcome.SUPPORTS, f"certified without a zero, {'; '.join(ends)}")


def integrated(subject: Subject, statement: Statement) -> Evidence:
    """The noiseless signal by mpmath along (0, end]: one sign."""
    star, tree, count = _star(subject), subject.link.tree, 0
    for case in _cases(subject, statement):
        if case.noise != NOISELESS:
            continue
        points = [case.end * Fraction(n, 8) for n in (1, 3, 5, 7)]
        try:
            values = [_signal(quadrature.tilted_moments(tree, (0, star), (0, 1), p, 15), star, case.kind)
                      for p in points]  # fmt: skip
        except quadrature.Divergent as reason:
            return Evidence("quadrature", Outcome.UNDECIDED, f"{case}: {reason}")
        if min(values) < 0 < max(values):
            shown = ", ".join(f"{v:.4g} at t = {float(p):.4g}" for p, v in zip(points, values, strict=True))
            return Evidence("quadrature", Outcome.REFUTES, "a change of sign", f"{case}: {shown}")
        count += 1
    return Evidence("quadrature", Outcome.SUPPORTS, f"one sign at four temperatures, {count} signal kinds")


def _signal(table: dict[tuple[int, int], quadrature.Estimate], star: int, kind: Signal) -> float:
    h, alpha = table[0, star].value, table[1, star].value
    if kind == "weight":
        return float(h)
    return float(alpha if kind == "label" else alpha - h * table[1, 0].value / table[0, 0].value)


def simulated(subject: Subject, statement: Statement) -> Evidence:
    """The noisy `label` and the `weight` signal at one temperature: at every t > 0 their signs agree."""
    star, at = _star(subject), gentle_tilt(subject)
    assert at is not None
    stated = [kind for kind in ("label", "weight") if statement.bound(subject, kind) is not None]
    if len(stated) < 2:
        return Evidence("simulation", Outcome.ABSENT, "only one of the two signals is spoken of")
    sample = montecarlo.simulate(
        subject.link.tree, (star,), (0, 1), (float(at),), d=DIMENSION, n=SAMPLES, noise=_NOISY,
        rng=subject.rng("T3"),
    )  # fmt: skip
    scores = (sample.mean / sample.standard_error).ravel()
    limit = float(stats.norm.isf(subject.alarm / 4))
    detail = (
        f"n = {SAMPLES}, t = {at}: h_{star} and alpha_{star} are {scores[0]:.1f} and {scores[1]:.1f} "
        f"standard errors from 0 (limit {limit:.2f})"
    )
    if abs(scores).min() < limit:
        return Evidence("simulation", Outcome.ABSENT, f"{detail}: too few samples to tell the sign")
    if scores[0] * scores[1] < 0:
        return Evidence("simulation", Outcome.REFUTES, "opposite signs", detail)
    return Evidence("simulation", Outcome.SUPPORTS, detail)


def _no_witness(subject: Subject) -> str | None:
    known = exponents(subject.link)
    if known.generative_exponent.value is None:
        return "the generative exponent is infinite or undecided"
    return None if known.witness_power is not None else "no E[s^i He_k*] is shown to be nonzero"


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
    assumptions=(
        TILT,
        WITNESS,
        Assumption("a shape is proved", _shapeless),
    ),
    quantified="every beta above the bound; the numbers look down to 1/3 (or to just above 1/t_max)",
    statement=Statement(),
    legs={"symbolic": derive, "enclosure": enclosed, "quadrature": integrated, "simulation": simulated},
    scopes={
        "symbolic": "steps",
        "enclosure": "instances",
        "quadrature": "instances",
        "simulation": "instances",
    },
    variants=(
        Variant("bound 1% too small", Statement(factor=Fraction(99, 100)), "where(z > 0, -1, -101/100)"),
        Variant("monotone links have no zero at any beta", Statement(any_beta=True), "tanh-9/10"),
        Variant("the sign of s plays no part", Statement(any_beta=True), "square-10"),
        Variant(
            "odd links have no zero at any beta", Statement(odd=True), "3*z*cos(z)", drops="a shape is proved"
        ),
    ),
)
