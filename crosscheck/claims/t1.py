"""T1. The threshold is the first zero of the tilted coefficient, and depends on the link alone.

Quantity:    beta1(s), signal `label`, noiseless.
Statement:   alpha_{k*}(1/beta) != 0 for every beta > beta1; beta1 = 1/t0 with alpha_{k*}(t0) = 0, or 1/t_max.
Kind:        equal
Source:      real-analyticity of alpha_{k*} on (0, t_max). Abstract, S5.
Assumptions: t_max > 0; the generative exponent is decided.
Checks:      symbolic (closed form or structural proof), enclosure (exclusion on (0, t0), isolation at
             t0), quadrature (sign change at t0), simulation (same sign on both halves of (0, t0)).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction

import sympy
from flint import arb
from scipy import stats

from ...link import NOISELESS
from ...numerics import montecarlo, quadrature
from ...numerics.expectation import oracle
from ...numerics.precision import exact, working
from ...numerics.signal import exceptional
from ...theory.sufficient import structural
from ...theory.symbols import t
from ...theory.threshold import closed_threshold
from ..answers.enclosure import from_ball, from_exact
from ..answers.exponents import exponents
from ..answers.zeros import Zeros, search_end, zeros
from ..assumptions import TILT, WITNESS
from ..claim import Claim, Formula, Variant
from ..compare import show
from ..subject import Subject
from ..temperatures import tilts
from ..verdict import Evidence, Leg, Outcome, Verdict

_SAMPLES = 60_000
_FAR = Fraction(8)


@dataclass(frozen=True, slots=True)
class Statement:
    """The claimed threshold: the ``which``-th exceptional temperature times ``factor``.

    ``instead``: claim a zero at this beta where there is none; ``none``: claim that there is no zero.
    """

    factor: Fraction = Fraction(1)
    which: int = 0
    instead: Fraction | None = None
    none: bool = False

    def beta(self, subject: Subject) -> arb | None:
        """The claimed threshold as a ball, None where no zero is claimed."""
        answer = _answer(subject)
        if self.instead is not None:
            return exact(self.instead)
        if self.none or not answer.exceptional:
            return None
        zero = answer.exceptional[self.which]
        return arb(zero.lower).union(arb(zero.upper)) * exact(self.factor)


def _answer(subject: Subject) -> Zeros:
    return zeros(subject.link, "label", NOISELESS, subject.digits)


def _star(subject: Subject) -> int:
    value = exponents(subject.link).generative_exponent.value
    assert value is not None
    return value


def derive(subject: Subject, statement: Statement) -> Evidence:
    with working(4 * subject.digits + 60):
        claimed = statement.beta(subject)
        closed = closed_threshold(subject.link.tree, "label")
        if closed is None:
            return _structural(subject, claimed)
        form = subject.closed_form
        assert form is not None
        if not closed.zeros:
            if claimed is None:
                return Evidence("symbolic", Outcome.SUPPORTS, closed.reason)
            witness = f"no zero, but beta1 = {show(claimed)} is claimed"
            return Evidence("symbolic", Outcome.REFUTES, closed.reason, witness)
        first = closed.zeros[0]
        rest = sympy.simplify(form.alpha(_star(subject)).subs(t, first))
        if rest != 0:
            return Evidence(
                "symbolic", Outcome.REFUTES, "the closed form is not a zero", f"alpha({first}) = {rest}"
            )
        value = 1 / arb(sympy.N(first, subject.digits + 10).__str__())
        detail = f"beta1 = {sympy.radsimp(1 / first)}: {closed.reason}"
        if claimed is None or not _near(claimed, value, subject.digits - 4):
            witness = f"beta1 = {show(value)}, claimed {'no zero' if claimed is None else show(claimed)}"
            return Evidence("symbolic", Outcome.REFUTES, detail, witness)
        found = from_exact(sympy.radsimp(1 / first), subject.digits).as_value("beta1")
        return Evidence("symbolic", Outcome.SUPPORTS, detail, values=(found,))


def _structural(subject: Subject, claimed: arb | None) -> Evidence:
    proof = structural(subject.link.tree, "label")
    if proof is None or proof.beta != 0:
        return Evidence("symbolic", Outcome.ABSENT, "neither a closed form nor a structural proof")
    if claimed is None:
        return Evidence("symbolic", Outcome.SUPPORTS, f"no zero at any beta: {proof.reason}")
    witness = f"beta1 = {show(claimed)} is claimed, but alpha has no zero"
    return Evidence("symbolic", Outcome.REFUTES, proof.reason, witness)


def _near(a: arb, b: arb, digits: int) -> bool:
    return bool((a - b).abs_upper() < abs(b).abs_upper() * arb(10) ** -digits)


def enclosed(subject: Subject, statement: Statement) -> Evidence:
    star, power = _star(subject), exponents(subject.link).witness_power
    if power is None:
        return Evidence("enclosure", Outcome.UNDECIDED, "no witness power is proved")
    upper = search_end(subject.link)
    if subject.facts.supremum.value in (None, sympy.oo):
        # At low temperatures an unbounded link puts all mass far out, and every enclosure is slow.
        upper = min(upper, _FAR)
    found = exceptional(
        oracle(subject.link.tree), star, "label", NOISELESS, upper, power, subject.digits, first=True
    )
    with working(4 * subject.digits + 60):
        claimed = statement.beta(subject)
        first = 1 / found.zeros[0] if found.zeros else None
        if found.unresolved and (first is None or found.zeros[0] > found.unresolved[0][0]):
            low, high = (float(1 / end) for end in reversed(found.unresolved[0]))
            return Evidence(
                "enclosure", Outcome.UNDECIDED, f"alpha is not separated from 0 on [{low:.4g}, {high:.4g}]"
            )
        if first is None and (claimed is None or claimed < 1 / exact(upper)):
            detail = f"alpha_{star} is certified nonzero for every beta >= {1 / upper}"
            return Evidence("enclosure", Outcome.SUPPORTS, detail)
        if first is None:
            assert claimed is not None
            witness = f"no zero at any beta >= {1 / upper}, claimed {show(claimed)}"
            return Evidence("enclosure", Outcome.REFUTES, "exclusion on the whole range", witness)
        if claimed is None or not first.overlaps(claimed):
            witness = (
                f"first zero at beta = {show(first)}, claimed {'none' if claimed is None else show(claimed)}"
            )
            return Evidence("enclosure", Outcome.REFUTES, "the first zero lies elsewhere", witness)
        detail = f"first zero of alpha_{star} isolated at beta = {show(first, 20)}, excluded above"
        value = from_ball(first, subject.digits).as_value("beta1")
        return Evidence("enclosure", Outcome.SUPPORTS, detail, values=(value,))


def integrated(subject: Subject, statement: Statement) -> Evidence:
    """The sign of alpha_{k*} by mpmath on both sides of the claimed zero, and along (0, t0)."""
    claimed, star = statement.beta(subject), _star(subject)
    if claimed is None:
        return _same_sign(subject, tilts(subject), "no zero is claimed")
    zero = 1 / Fraction(str(float(claimed.mid())))
    sides = [_alpha(subject, star, zero * Fraction(n, 1000)) for n in (999, 1001)]
    if sides[0] * sides[1] >= 0:
        witness = f"alpha_{star} = {sides[0]:.3g} and {sides[1]:.3g} just beside t0 = {float(zero):.8g}"
        return Evidence("quadrature", Outcome.REFUTES, "no sign change at the claimed zero", witness)
    inside = tuple(zero * Fraction(n, 10) for n in (2, 5, 9))
    return _same_sign(subject, inside, f"sign change at beta = {float(1 / zero):.10g}")


def _alpha(subject: Subject, star: int, at: Fraction) -> float:
    return float(quadrature.tilted_moment(subject.link.tree, star, 1, at, 15).value)


def _same_sign(subject: Subject, points: tuple[Fraction, ...], detail: str) -> Evidence:
    star = _star(subject)
    values = [_alpha(subject, star, at) for at in points]
    if min(values) < 0 < max(values):
        shown = ", ".join(
            f"alpha_{star}({float(p):.4g}) = {v:.4g}" for p, v in zip(points, values, strict=True)
        )
        return Evidence("quadrature", Outcome.REFUTES, "a sign change where none is claimed", shown)
    return Evidence("quadrature", Outcome.SUPPORTS, detail)


def simulated(subject: Subject, statement: Statement) -> Evidence:
    """alpha_{k*} estimated at two temperatures above the claimed threshold: the signs must agree."""
    claimed, star = statement.beta(subject), _star(subject)
    inside = (
        tilts(subject)[0]
        if claimed is None
        else min(tilts(subject)[0], Fraction(str(float(0.9 / claimed.mid()))))
    )
    points = (inside / 4, inside)
    limit = float(stats.norm.isf(subject.alarm / 4))
    sample = montecarlo.simulate(
        subject.link.tree, (star,), (1,), tuple(float(p) for p in points), d=8, n=_SAMPLES,
        noise=NOISELESS, rng=subject.rng("T1"),
    )  # fmt: skip
    scores = (sample.mean / sample.standard_error).ravel()
    detail = (
        f"n = {_SAMPLES}: alpha_{star} is {scores[0]:.1f} and {scores[1]:.1f} standard errors from 0 "
        f"(limit {limit:.2f})"
    )
    if abs(scores).min() < limit:
        return Evidence("simulation", Outcome.UNDECIDED, f"{detail}: too few samples to tell the sign")
    if scores[0] * scores[1] < 0:
        return Evidence("simulation", Outcome.REFUTES, "opposite signs above the claimed threshold", detail)
    return Evidence("simulation", Outcome.SUPPORTS, detail)


def _no_witness(subject: Subject) -> str | None:
    power = exponents(subject.link).witness_power
    return None if power is not None else "no E[y^i He_k*] is shown to be nonzero, zeros may gather at t = 0"


Check = Callable[[Subject, Statement], Evidence]


def _when_decided(leg: Leg, check: Check) -> Check:
    """``check``, or UNDECIDED where the threshold itself is: then there is no statement to test."""

    def checked(subject: Subject, statement: Statement) -> Evidence:
        found = _answer(subject)
        if found.status is Verdict.UNDECIDED:
            return Evidence(leg, Outcome.UNDECIDED, found.reason)
        return check(subject, statement)

    return checked


_LEGS: dict[Leg, Check] = {
    "symbolic": derive, "enclosure": enclosed, "quadrature": integrated, "simulation": simulated
}  # fmt: skip

CLAIM: Claim[Statement] = Claim(
    id="T1",
    title="The temperature threshold",
    formula=Formula(
        "alpha_k*(1/beta) != 0 for every beta > beta1, and beta1 is its largest zero (or 1/t_max)",
        r"\beta_1=\inf\{b\ge1/t_{\max}:\alpha_{k^*}(1/\beta)\ne0\ \forall\beta>b\}",
    ),
    kind="equal",
    sentence="S5",
    source="real-analyticity of Laplace transforms",
    assumptions=(TILT, WITNESS),
    quantified="every beta > beta1, down to 1/64 (1/8 when s is unbounded) or to just above 1/t_max",
    statement=Statement(),
    legs={leg: _when_decided(leg, check) for leg, check in _LEGS.items()},
    scopes={
        "symbolic": "steps",
        "enclosure": "instances",
        "quadrature": "instances",
        "simulation": "instances",
    },
    variants=(
        Variant("beta1 1% too large", Statement(factor=Fraction(101, 100)), "tanh-9/10"),
        Variant("beta1 1% too small", Statement(factor=Fraction(99, 100)), "square-10"),
        Variant("the second zero in place of the first", Statement(which=1), "linear-3"),
        Variant("no exceptional temperature", Statement(none=True), "clip-He3"),
        Variant("an exceptional temperature at 1/2", Statement(instead=Fraction(1, 2)), "tanh"),
    ),
)
