"""Re-checking a certificate: every statement in it, and that together they leave nothing out.

Shared with the rest: the link parser and the ball evaluation of an expression, nothing else. Integration,
pieces, tails, growth and the cover of (0, T] are done here, in a second and simpler way.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

from flint import arb

from ...link import NOISELESS, Noise, parse, parse_noise
from . import beyond, cells, levels
from .conclusion import Conclusion, decimal, no_temperature, stated_t_max
from .integral import Expectations
from .pieces import NotConfirmed
from .shape import Away, Certificate, Dominance, Rejected, Zero
from .signal import Coefficient
from .tail import tilt_ranges
from .witness import named, witness


@dataclass(frozen=True, slots=True)
class Checked:
    """The outcome, one of three: accepted; accepted if the ``conditions`` hold; rejected for a ``reason``.

    accepted: every statement is proved, on no condition. reason: what is false or not confirmed, or None.
    """

    link: str
    signal: str
    noise: str
    beta1: tuple[str, str]
    reason: str | None
    conditions: tuple[str, ...]
    confirmed: tuple[str, ...]
    integrals: int

    @property
    def accepted(self) -> bool:
        return self.reason is None and not self.conditions

    def as_json(self) -> dict[str, Any]:
        return {
            "link": self.link,
            "signal": self.signal,
            "noise": self.noise,
            "beta1": {"lower": self.beta1[0], "upper": self.beta1[1]},
            "accepted": self.accepted,
            "conditions": list(self.conditions),
            "reason": self.reason,
            "confirmed": list(self.confirmed),
            "integrals": self.integrals,
        }


def check(stated: Certificate) -> Checked:
    """Re-check every statement. Raises LinkError when the link, noise or a closed form is no expression."""
    link, noise = parse(stated.link), parse_noise(stated.noise)
    # The zeros of the other signals do not depend on independent noise.
    noise = noise if stated.signal == "label" else NOISELESS
    checker = _Checker(stated, Expectations(link.tree), noise, stated_t_max(stated.t_max))
    reason = None
    try:
        checker.run()
    except (Rejected, NotConfirmed) as error:
        reason = str(error)
    ends = tuple(
        "inf" if end is None else f"{float(end):.12g}" for end in (stated.beta1.lower, stated.beta1.upper)
    )
    return Checked(
        stated.link, stated.signal, stated.noise, (ends[0], ends[1]), reason,
        () if reason else tuple(checker.conditions), tuple(checker.confirmed), checker.expectations.spent,
    )  # fmt: skip


@dataclass
class _Checker:
    stated: Certificate
    expectations: Expectations
    noise: Noise
    t_max: arb
    confirmed: list[str] = field(default_factory=list)
    conditions: list[str] = field(default_factory=list)

    def run(self) -> None:
        self._check_t_max()
        c = self.stated
        if c.generative is not None:
            self._check_exponents(c.generative)
        if self.t_max.is_zero():
            no_temperature(c)
            self.confirmed.append("no finite temperature works: beta1 is infinite")
            return
        if c.generative is None or c.witness is None or c.near_zero is None:
            raise Rejected(
                "the generative exponent, its witness and the bound near t = 0 are needed, and are missing"
            )
        coefficient = Coefficient(self.expectations, c.generative, c.signal, self.noise)
        self._check_cover(c.near_zero.end)
        cells.near_zero(self.expectations, c.generative, c.witness.power, c.signal, c.near_zero)
        for cell in c.cells:
            if isinstance(cell, Away):
                cells.away(coefficient, cell)
            elif isinstance(cell, Zero):
                cells.simple_zero(coefficient, cell, c.digits)
        self._say_cells(c.generative)
        self._check_beyond(c.generative, c.witness.power)
        conclusion = Conclusion(c, self.t_max)
        conclusion.check()
        self.conditions += conclusion.conditions

    def _say_cells(self, k: int) -> None:
        c = self.stated
        found = len(c.zeros)
        count = {0: "no zero", 1: "one zero, which is simple"}.get(found, f"{found} zeros, all simple")
        known = "" if not c.opens else ", apart from what is left open"
        self.confirmed.append(f"the order-{k} signal for beta >= {decimal(1 / c.end)}: {count}{known}")
        self.confirmed += [
            f"left open: beta in [{decimal(1 / cell.end)}, {decimal(1 / cell.start)}]" for cell in c.opens
        ]

    def _check_t_max(self) -> None:
        """The stated t_max must be what the growth of s shows; ``unknown`` states nothing."""
        if self.t_max.is_nan():
            self.confirmed.append("t_max is left open")
            return
        finite, infinite = tilt_ranges(self.expectations.tree)
        least, most = (end.str(10, radius=False) if end.is_finite() else "oo" for end in (finite, infinite))
        if self.t_max < infinite or self.t_max > finite:
            seen = f"= {most}" if finite.overlaps(infinite) else f"in [{least}, {most}]"
            raise Rejected(
                f"t_max = {self.stated.t_max} is not confirmed: the growth of s shows t_max {seen}"
            )
        self.confirmed.append(f"t_max = {self.stated.t_max}, from the growth of s")

    def _check_exponents(self, generative: int) -> None:
        stated = self.stated.witness
        if stated is None:
            raise Rejected(f"the generative exponent is stated to be {generative}, but no witness is given")
        if stated.order != generative:
            raise Rejected(
                f"the witness is of order {stated.order}, the generative exponent stated is {generative}"
            )
        tilts = [] if self.t_max.is_zero() or self.stated.near_zero is None else self.stated.tilts
        self.conditions += witness(self.expectations, stated, self.stated.digits, tilts)
        self.confirmed.append(f"{named(stated.power, stated.order)} lies in its enclosure, without 0")

    def _check_cover(self, start: Fraction) -> None:
        at = start
        for cell in self.stated.cells:
            if cell.start != at:
                what = "is missing" if cell.start > at else "is stated twice"
                raise Rejected(
                    f"the sub-interval of t between {decimal(at)} and {decimal(cell.start)} {what}"
                )
            at = cell.end

    def _check_beyond(self, k: int, power: int) -> None:
        c = self.stated
        if isinstance(c.beyond, Dominance):
            if c.beyond.start > c.end:
                raise Rejected(f"dominance starts at t = {decimal(c.beyond.start)}, above the last cell")
            beyond.dominance(self.expectations.tree, k, c.signal, self.noise != NOISELESS, c.beyond)
            self.confirmed.append(
                f"no zero for beta <= {decimal(1 / c.beyond.start)}: the top of s dominates"
            )
        elif c.beyond is not None:
            changes = levels.sign_changes(
                self.expectations.tree, k, c.signal, self.noise != NOISELESS, c.beyond
            )
            at_zero = power if c.signal == "weight" else power - 1
            if c.opens or len(c.zeros) + at_zero < changes:
                raise Rejected(
                    f"the weights of the levels change sign {changes} times: more zeros than"
                    f" {len(c.zeros)} isolated and {at_zero} at t = 0 are possible"
                )
            self.confirmed.append(f"no further zero: the weights of the levels change sign {changes} times")
