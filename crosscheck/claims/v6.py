"""V6. With one learning cost, surrogate weights admit no temperature that label weights do not.

With each scheme's own cost label weights pay e^{K_e(2t)-2K_e(t)}. B is a forecast, as in V4.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

import sympy
from flint import arb

from ...link import Noise
from ...link.build import combine
from ...link.tree import Num
from ...numerics.deployment.learning import readout
from ...numerics.deployment.suboptimality import Suboptimality, Terms
from ...numerics.expectation.oracle import t_range
from ...numerics.precision import exact, working
from ...theory.exact.symbols import t
from ...theory.policy import pilot_factor, pilot_oscillation
from ..claim import Claim, Formula, Subject, Variant, of_statement
from ..legs.test_temperatures import HALF_TILT, gentle_tilt
from ..number import show
from ..verdict import Evidence, absent, refutes, supports, undecided

_NOISE = Noise("gaussian", Fraction(1))
_OSCILLATION, _PILOT = Fraction(1, 2), Fraction(1, 4)
_TARGET, _SAMPLES = Fraction(10), 10_000
_BIASES = (Fraction(-1), Fraction(1))
_DIGITS, _BITS = 16, 90


@dataclass(frozen=True, slots=True)
class Statement:
    """B_label <= B_surrogate with the factor e^{rate t D_0/2}; ``own``: each at its own cost; or reversed."""

    rate: int = 1
    own: bool = False
    reversed: bool = False


def _points(subject: Subject) -> tuple[Fraction, ...]:
    gentle = gentle_tilt(subject)
    far = t_range(subject.link.tree).finite_below
    return (gentle, Fraction(5, 2)) if not far.is_finite() else (gentle,)


def _sides(subject: Subject, statement: Statement) -> tuple[Suboptimality, Suboptimality]:
    """(the smaller side, the larger side) as the statement has them."""
    top = max(_points(subject))
    pilot = combine("*", Num(Fraction(9, 10)), subject.link.tree)
    with working(_BITS):
        law = readout(subject.link.tree, top, _DIGITS, noise=_NOISE, biases=_BIASES)
        fit = law
        if statement.own:
            fit = readout(subject.link.tree, top, _DIGITS, noise=_NOISE, biases=_BIASES, pilot=pilot)
        target, osc = exact(_TARGET), exact(_OSCILLATION)
        label = Suboptimality(law, law, Terms(target, osc, arb(0), arb(0), _SAMPLES), _BITS)
        pays = statement.rate * exact(_PILOT)
        surrogate = Suboptimality(law, fit, Terms(target, osc, arb(0), pays, _SAMPLES), _BITS)
    return (surrogate, label) if statement.reversed else (label, surrogate)


@of_statement
def derive(statement: Statement) -> Evidence:
    """B_surrogate - B_label = X (e^{t D_0/2} - 1) with X >= 0, so a subset for every eps and n."""
    u = sympy.Symbol("u", nonnegative=True)
    factor = pilot_factor().subs(pilot_oscillation, 2 * u / t) ** statement.rate
    rise = sympy.diff(factor, u) * (-1 if statement.reversed else 1)
    if statement.own:
        return undecided("symbolic", "two different costs are not ordered by any proof")
    if rise.is_negative:
        short = sympy.Abs(factor - 1).subs(u, 1)
        witness = f"bound X = 1 at t D_0 = 2: the larger side falls short by {short}"
        return refutes("symbolic", "the order is the other one", witness)
    if not (factor.subs(u, 0) == 1 and rise.is_nonnegative):
        return undecided("symbolic", f"the sign of {factor} - 1 was not proved")
    detail = "step 1: B_surrogate - B_label = X (e^{t D_0/2} - 1) >= 0 for the common bound X >= 0"
    return supports("symbolic", detail)


def enclosed(subject: Subject, statement: Statement) -> Evidence:
    smaller, larger = _sides(subject, statement)
    for at in _points(subject):
        jets = smaller.jet(at), larger.jet(at)
        if jets[0] is None or jets[1] is None:
            return undecided("enclosure", f"the cost at t = {at} is not enclosed")
        if jets[0].value > jets[1].value:
            pair = f"{show(jets[0].value, 8)} exceeds {show(jets[1].value, 8)}"
            witness = f"t = {at}, noise {_NOISE}, n = {_SAMPLES}: {pair}"
            return refutes("enclosure", "the bounds are in the other order", witness)
        if not jets[0].value <= jets[1].value:
            return undecided("enclosure", f"the bounds at t = {at} overlap")
    return supports("enclosure", "both bounds enclosed and ordered at every t tried")


def rounded(subject: Subject, statement: Statement) -> Evidence:
    smaller, larger = _sides(subject, statement)
    for at in _points(subject):
        low, high = (b.estimate(float(at)).total(_SAMPLES) for b in (smaller, larger))
        if low > high + 1e-9 * abs(high):
            witness = f"t = {at}: {low:.8g} exceeds {high:.8g}"
            return refutes("quadrature", "the bounds are in the other order", witness)
    return supports("quadrature", "ordered in doubles at every t tried")


def nothing_random(subject: Subject, statement: Statement) -> Evidence:
    return absent("simulation", "the claim compares two formulas; nothing in it is random")


CLAIM: Claim[Statement] = Claim(
    id="V6",
    title="At one common cost the surrogate's forecast set is the smaller one",
    formula=Formula(
        "B_label(t) <= B_surrogate(t) for one cost c, D and D_0 in both, hence A_surrogate is a subset of "
        "A_label; nothing is claimed with each scheme's own cost",
        r"B_{\mathrm{label}}\le B_{\mathrm{surrogate}}\ \Rightarrow\ "
        r"A_{\mathrm{surrogate}}\subseteq A_{\mathrm{label}}",
    ),
    kind="upper",
    sentence="S9",
    source="the pilot's factor of V5",
    assumptions=(HALF_TILT,),
    quantified="every cost, eps, n and t in the derivation; unit Gaussian noise and two t in the enclosures",
    statement=Statement(),
    legs={"symbolic": derive, "enclosure": enclosed, "quadrature": rounded, "simulation": nothing_random},
    variants=(
        Variant("each scheme at its own cost", Statement(own=True), "tanh"),
        Variant("the pilot's error helps: e^{-t D_0/2}", Statement(rate=-1), "sigmoid"),
        Variant("the inclusion the other way round", Statement(reversed=True), "square"),
    ),
)
