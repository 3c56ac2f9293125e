"""T6. The signal has no more zeros than the label has sign changes."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

from scipy import special

from ...link import NOISELESS
from ...link.tree import Node
from ...numerics.estimates.signal_grid import seen_changes
from ...numerics.expectation.oracle import oracle
from ...numerics.threshold.signal import SignalCoefficient
from ...theory import zero_bounds as shape
from ...theory.families import closed_form
from ...theory.shape.facts import facts
from ...theory.threshold import zeros_before
from ..claim import Claim, Formula, Subject, Variant
from ..legs.samples import SAMPLES, estimates
from ..legs.test_temperatures import COUNTED, TILT, WITNESS, changes, order_and_power, tilts
from ..legs.zero_count import Count, at_zero, integrals, last, means, on_side, sides, turns
from ..number import show
from ..verdict import Evidence, absent, refutes, supports, undecided

#: Up to which t and -t zeros are looked for, in spreads of s: by balls, and by quadrature.
_FAR, _FARTHER = Fraction(4), Fraction(64)
_POINTS = 14


@dataclass(frozen=True, slots=True)
class Statement:
    """At most ``fewer`` zeros less than the sign changes; ``weight``: those of zeta_{k*} dP_y without y."""

    fewer: int = 0
    weight: bool = False

    def most(self, subject: Subject) -> int:
        found = changes(subject)
        return (found.weight if self.weight else found.label) - self.fewer


def _sides(subject: Subject, far: Fraction = _FAR) -> list[tuple[int, Node, Fraction]]:
    """(sign, link, end): alpha_k of s at -t is minus alpha_k of -s at t."""
    return [(side, tree, last(tree, far)) for side, tree in sides(subject)]


def _at_zero(subject: Subject) -> int:
    return at_zero(subject, "label") if len(sides(subject)) == 2 else 0


def derive(subject: Subject, statement: Statement) -> Evidence:
    found = shape.sign_changes(subject.link.tree)
    if found is None:
        return absent("symbolic", "the sign changes are counted from balls")
    most, (star, _) = statement.most(subject), order_and_power(subject)
    counts = [_exact_zeros(tree, star) for _, tree, _ in _sides(subject)]
    count = sum(each or 0 for each in counts) + _at_zero(subject)
    if count > most:
        witness = (
            f"{count} zeros by an exact count, {_at_zero(subject)} of them at t = 0; at most {most} stated"
        )
        return refutes("symbolic", "more zeros than stated", witness)
    if most < found.label:
        return undecided("symbolic", f"the proved bound is {found.label}: {found.reason}")
    return supports("symbolic", f"at most {most} sign changes: {found.reason}; Rolle's theorem by induction")


def _exact_zeros(tree: Node, star: int) -> int | None:
    """The zeros of the closed form on (0, t_max), counted; None where there is none or it is not counted."""
    form, limit = closed_form(tree), facts(tree).t_max.value
    return None if form is None or limit is None else zeros_before(form.alpha(star), limit)


def enclosed(subject: Subject, statement: Statement) -> Evidence:
    star, power = order_and_power(subject)
    most, zeros, ends = statement.most(subject), [], []
    for side, tree, end in _sides(subject):
        found = SignalCoefficient(oracle(tree), star, "label", NOISELESS).isolate_zeros(end, power, 10)
        zeros += [side * zero for zero in found.zeros]
        ends.append(f"{'-' if side < 0 else ''}{float(found.searched_to):.3g}")
        if found.unresolved:
            return undecided("enclosure", "the signal is not separated from 0 everywhere")
    count = len(zeros) + _at_zero(subject)
    shown = ", ".join(show(zero, 8) for zero in zeros) or "none elsewhere"
    detail = f"{count} zeros for t up to {' and '.join(ends)}: {_at_zero(subject)} at 0, {shown}"
    if count > most:
        return refutes("enclosure", "more zeros than stated", f"{detail}; at most {most} stated")
    return supports("enclosure", f"{detail}; at most {most}")


def integrated(subject: Subject, statement: Statement) -> Evidence:
    """A histogram of the label recounts the changes; mpmath looks for zeros on both sides of t = 0."""
    star, _ = order_and_power(subject)
    known = changes(subject)
    seen = seen_changes(subject.link.tree, star)
    if seen[0] > known.label or seen[1] > known.weight:
        witness = f"a histogram of y shows {seen[0]} and {seen[1]}, counted {known.label} and {known.weight}"
        return refutes("quadrature", "more sign changes of the measure than counted", witness)
    count, signs = Count("label", statement.most(subject)), []
    for side, tree, end in _sides(subject, _FARTHER):
        # Denser towards 0: from a thousandth of the end.
        points = (end * Fraction(j**4, _POINTS**4) + end / 4096 for j in range(1, _POINTS + 1))
        signs += on_side(side, integrals(tree, star, points, count), count)
    how = f"a histogram shows {seen[0]} of {known.label} changes of the measure; "
    return turns("quadrature", signs, count, how)


def simulated(subject: Subject, statement: Statement) -> Evidence:
    """The same from samples, counting only signs that are beyond the run-wide limit."""
    star, _ = order_and_power(subject)
    ts = tuple(float(t) / 2 for t in tilts(subject))
    sample = estimates(subject.rng("T6"), subject.link.tree, (star,), (1,), ts)
    limit = -float(special.ndtri(subject.alarm / (2 * len(ts))))
    signs = means(ts, sample, limit)
    if len(signs) < 2:
        return absent("simulation", f"n = {SAMPLES}: at most one sign is beyond the limit {limit:.2f}")
    count = Count("label", statement.most(subject))
    return turns("simulation", signs, count, f"n = {SAMPLES}, limit {limit:.2f}: ")


CLAIM: Claim[Statement] = Claim(
    id="T6",
    title="How many exceptional temperatures there can be",
    formula=Formula(
        "alpha_k* has at most as many real zeros as y zeta_k*(y) P_y(dy) has sign changes, i0 - 1 at t = 0",
        r"\#\{t:\alpha_{k^*}(t)=0\}\le S^-\bigl(y\,\zeta_{k^*}(y)\,P_y(dy)\bigr)",
    ),
    kind="upper",
    sentence="S5",
    source="variation diminishing Laplace transforms",
    assumptions=(TILT, WITNESS, COUNTED),
    quantified="all real t; balls look for zeros up to 4, quadrature up to 64 over the spread of s",
    statement=Statement(),
    legs={"symbolic": derive, "enclosure": enclosed, "quadrature": integrated, "simulation": simulated},
    variants=(
        Variant("one sign change fewer", Statement(fewer=1), "linear-3"),
        Variant("the zeros at t = 0 left out", Statement(fewer=2), "staircase"),
        Variant("the sign changes of zeta without y", Statement(weight=True), "tanh-9/10"),
        Variant("two sign changes fewer", Statement(fewer=2), "square-10"),
        Variant("one fewer than the level sets show", Statement(fewer=1), "tanh-He3"),
    ),
)
