"""IE, GE, t_max and beta1 of a link: exactly where that is proved, as balls always."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

import sympy
from flint import arb

from ...link import Link, Noise, Signal
from ...numerics.expectation.oracle import Unresolved
from ...numerics.precision import bits_for, exact, working
from ...theory.shape.facts import facts
from ..compare import ball_to
from ..link_facts.exponents import exponents
from ..link_facts.threshold import threshold
from ..verdict import Verdict


@dataclass(frozen=True, slots=True)
class Numbers:
    """The words without arguments for one link, noise law and signal kind."""

    link: Link
    noise: Noise
    signal: Signal

    def exactly(self, name: str) -> sympy.Expr | None:
        """The exact value, or None when it is not proved."""
        if name == "t_max":
            return facts(self.link.tree).t_max.value
        if name == "beta1":
            beta1 = threshold(self.link, self.signal, self.noise).beta1
            return beta1.value.closed_form if beta1.status is Verdict.PROVED else None
        known = exponents(self.link)
        found = known.information_exponent if name == "IE" else known.generative_exponent
        if found.status is not Verdict.PROVED:
            return None
        return sympy.oo if found.value is None else sympy.Integer(found.value)

    def ball(self, name: str, digits: int) -> arb:
        """An enclosure. Raises Unresolved where nothing is known."""
        value = self.exactly(name)
        if value is not None:
            return arb.pos_inf() if value is sympy.oo else ball_to(value, digits)
        if name == "beta1":
            return self._beta1(digits)
        if name == "t_max":
            raise Unresolved(f"t_max is not known: {facts(self.link.tree).t_max.reason}")
        known = exponents(self.link)
        found = known.information_exponent if name == "IE" else known.generative_exponent
        if found.value is None:
            raise Unresolved(f"{name} is not decided: {found.reason}")
        return arb(found.value)

    def _beta1(self, digits: int) -> arb:
        found = threshold(self.link, self.signal, self.noise, max(digits, 30)).beta1
        if not found.status.green:
            raise Unresolved(f"beta1 is not decided: {found.reason}")
        with working(bits_for(digits) + 40):
            low, high = (exact(Fraction(end)) for end in (found.value.lower, found.value.upper))
            return low.union(high)

    def carries_signal(self, k: int) -> bool:
        """Whether alpha_k is the signal that beta1 refers to."""
        return self.signal == "label" and k == exponents(self.link).generative_exponent.value

    @property
    def signal_vanishes_at_beta1(self) -> bool:
        """Whether the signal is 0 at beta1 by the meaning of it: it may be a mere lower end."""
        found = threshold(self.link, self.signal, self.noise)
        first = found.exceptional[:1]
        return found.beta1.status.green and bool(first) and first[0] == found.beta1.value
