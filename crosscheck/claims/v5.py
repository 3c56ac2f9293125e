"""V5. With weights from a pilot reward the value bound pays for the pilot's error."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

import numpy as np
import sympy

from ...link.build import call, combine
from ...link.tree import Node, Num
from ...numerics.experiments import gap as attack
from ...numerics.lowering.pointwise import Array
from ...theory.exact.symbols import t
from ...theory.policy import pilot_factor, pilot_oscillation
from ..claim import Claim, Formula, Subject, Variant, of_statement
from ..legs.identity import Identity, Reader, Real, numeric_legs
from ..legs.test_temperatures import NOT_CONSTANT, TILT, tilts
from ..verdict import Evidence, Outcome, refutes, supports, undecided
from .v2 import errors, reward_spread, spread, value_gap

_STRENGTH = Fraction(1)
_DIGITS = 8


@dataclass(frozen=True, slots=True)
class Statement:
    """The pilot's factor is factor e^{rate t D_0/2}."""

    rate: Fraction = Fraction(1)
    factor: Fraction = Fraction(1)


def pilot(tree: Node, osc: Fraction) -> Node:
    """An overconfident pilot: s plus osc/2 tanh(s), so that osc(r* - r_a0) <= osc."""
    return combine("+", tree, combine("*", Num(osc / 2), call("tanh", (tree,))))


def identities(subject: Subject, statement: Statement, at: Fraction) -> list[Identity]:
    tree, osc = subject.link.tree, _STRENGTH / at
    weights, delta = pilot(tree, osc), errors(tree, osc)[1]

    def bound(read: Reader) -> Real:
        d, own = read.number(osc), read.number(at)
        lost = read.number(statement.factor) * read.exp(read.number(statement.rate) * own * d / 2)
        own_factor = (read.exp(own * d) - 1) / d
        return own_factor * reward_spread(read, tree, at) * lost * spread(read, delta, weights, at)

    label = f"gap at t = {at} with an overconfident pilot"
    return [Identity(label, value_gap(tree, delta, at), bound, "<=")]


@of_statement
def derive(statement: Statement) -> Evidence:
    """dpi*/dpi_a0 = e^{tE}/E_{a0} e^{tE} with E = r* - r_a0 in [m, m + D_0]; a variance is a least square."""
    low = sympy.Symbol("m", real=True)
    ratio = sympy.exp(t * (low + pilot_oscillation)) / sympy.exp(t * low)
    if sympy.simplify(sympy.sqrt(ratio) / pilot_factor()) != 1:
        return Evidence("symbolic", Outcome.ERROR, "the density ratio is not bounded by e^{tD_0}")
    claimed = sympy.Rational(statement.factor) * sympy.exp(
        sympy.Rational(statement.rate) * t * pilot_oscillation / 2
    )
    at_zero = claimed.subs(pilot_oscillation, 0)
    if at_zero < 1:
        witness = f"with the perfect pilot r_a0 = r* (D_0 = 0) the factor is {at_zero} and V2 is sharp at 1"
        return refutes("symbolic", "below the sharp constant", witness)
    if sympy.simplify(claimed - pilot_factor()) != 0:
        return undecided("symbolic", f"the proof gives the factor {pilot_factor()}")
    detail = "of steps 1 and 3: with r* - r_a0 in [m, m + D_0] the quotient is e^{tD_0}, its root e^{tD_0/2}"
    return supports("symbolic", detail)


def searched(subject: Subject, statement: Statement) -> Evidence:
    """Random, adversarial and hidden errors Delta under several pilots on the discretised pi*."""

    def bound(law: attack.Law, delta: Array, osc: float, error: Array) -> float:
        pilot_law = law.tilted(error)
        factor = float(statement.factor) * np.exp(float(statement.rate) * law.t * np.ptp(error) / 2)
        own = np.expm1(law.t * osc) / osc * attack.spread(law.p, law.reward)
        return float(own * factor * attack.spread(pilot_law, delta))

    rng = subject.rng("V5")
    worst, tried, where = 0.0, 0, ""
    for at in tilts(subject)[::2]:
        attempt = attack.search_pilot(attack.discrete(subject.link.tree, float(at)), bound, rng)
        place = f"t = {float(at):.3g}, {attempt.kind}, osc(Delta) {attempt.oscillation:.3g}"
        if attempt.ratio > 1 + 1e-9:
            witness = f"{place}: gap {attempt.gap:.6g} exceeds the bound {attempt.bound:.6g}"
            return refutes("simulation", f"gap/bound = {attempt.ratio:.4f}", witness)
        tried += attempt.tried
        if attempt.ratio > worst:
            worst, where = attempt.ratio, place
    return supports("simulation", f"worst gap/bound of {tried} pairs of errors: {worst:.4f} ({where})")


CLAIM: Claim[Statement] = Claim(
    id="V5",
    title="The value gap under surrogate weights",
    formula=Formula(
        "|V(pi*) - V(pi_rhat)| <= (e^(tD) - 1)/D sd_pi*(r*) e^(t osc(r* - r_a0)/2) sd_pi_a0(Delta) where "
        "D = osc(Delta) and osc(r* - r_a0) are finite",
        r"|V(\pi^*)-V(\pi_{\hat r})|\le\frac{e^{tD}-1}{D}\,\mathrm{sd}_{\pi^*}(r^*)\,"
        r"e^{t\,\mathrm{osc}(r^*-r_{a_0})/2}\,\mathrm{sd}_{\pi_{a_0}}(\Delta)",
    ),
    kind="upper",
    sentence="S7, S9",
    source="change of measure between exponential tilts",
    assumptions=(TILT, NOT_CONSTANT),
    quantified="every Delta and pilot of finite oscillation in the derivation; searched pairs at two t",
    statement=Statement(),
    legs={
        "symbolic": derive,
        **numeric_legs(identities, slice(1), slice(1), digits=_DIGITS),
        "simulation": searched,
    },
    variants=(
        Variant("no pilot factor", Statement(rate=Fraction(0)), "step"),
        Variant("the pilot helps: e^{-t D_0/2}", Statement(rate=Fraction(-1)), "tanh"),
        Variant("a quarter of the exponent", Statement(rate=Fraction(1, 4)), "step"),
        Variant("half of the constant", Statement(factor=Fraction(1, 2)), "abs"),
    ),
)
