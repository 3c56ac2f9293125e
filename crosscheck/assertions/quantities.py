"""IE, GE, t_max and beta1 of a link: exactly where that is proved, as balls always."""

from dataclasses import dataclass
from fractions import Fraction

import sympy
from flint import arb

from ...link import ADDITIVE, Label, Link, Noise, Signal
from ...numerics.expectation.oracle import Unresolved
from ...numerics.precision import bits_for, working
from ...theory.exact import Known
from ...theory.shape.facts import facts
from ..link_facts.exponents import Exponent, exponents, tilt_limit
from ..link_facts.zeros import zeros
from ..number import ball_to
from ..verdict import Verdict

#: Digits of beta1, unless more are asked for.
_DIGITS = 30


@dataclass(frozen=True, slots=True)
class Numbers:
    """The words without arguments for one link, noise law, signal kind and label."""

    link: Link
    noise: Noise
    signal: Signal
    label: Label = ADDITIVE

    def exactly(self, name: str) -> sympy.Expr | None:
        """The exact value, or None when it is not proved."""
        if name == "t_max":
            return self._limit.value
        if name == "beta1":
            answer = zeros(self.link, self.signal, self.noise, _DIGITS, self.label)
            return answer.beta1.closed_form if answer.status is Verdict.PROVED else None
        exponent = self._exponent(name)
        if exponent.status is not Verdict.PROVED:
            return None
        return sympy.oo if exponent.value is None else sympy.Integer(exponent.value)

    def ball(self, name: str, digits: int) -> arb:
        """An enclosure. Raises Unresolved where nothing is known."""
        value = self.exactly(name)
        if value is not None:
            return arb.pos_inf() if value is sympy.oo else ball_to(value, digits)
        if name == "beta1":
            return self._beta1(digits)
        if name == "t_max":
            raise Unresolved(f"t_max is not known: {self._limit.reason}")
        exponent = self._exponent(name)
        if exponent.value is None:
            raise Unresolved(f"{name} is not decided: {exponent.reason}")
        return arb(exponent.value)

    @property
    def _limit(self) -> Known[sympy.Expr]:
        return facts(self.link.tree).t_max if self.label == ADDITIVE else tilt_limit(self.link, self.label)

    def _exponent(self, name: str) -> Exponent:
        known = exponents(self.link, self.label)
        return known.information_exponent if name == "IE" else known.generative_exponent

    def _beta1(self, digits: int) -> arb:
        answer = zeros(self.link, self.signal, self.noise, max(digits, _DIGITS), self.label)
        if not answer.status.green:
            raise Unresolved(f"beta1 is not decided: {answer.reason}")
        with working(bits_for(digits) + 40):
            return answer.beta1.ball

    def carries_signal(self, k: int) -> bool:
        """Whether alpha_k is the signal that beta1 refers to."""
        return self.signal == Signal.LABEL and k == exponents(self.link, self.label).generative_exponent.value

    def none_exceptional_below(self, high: Fraction) -> bool:
        """Whether the signal that beta1 refers to is proved to have no zero with beta <= ``high``."""
        answer = zeros(self.link, self.signal, self.noise, _DIGITS, self.label)
        known = answer.status.green and answer.complete
        return known and all(each.bounds[0] > high for each in answer.exceptional)

    @property
    def signal_vanishes_at_beta1(self) -> bool:
        """Whether the signal is 0 at beta1 by the meaning of it: it may be a mere lower end."""
        answer = zeros(self.link, self.signal, self.noise, _DIGITS, self.label)
        first = answer.exceptional[:1]
        return answer.status.green and bool(first) and first[0] == answer.beta1
