"""What a clip range that cuts into the range of the link leaves out: ||s - clip(s)||_{pi*}, enclosed."""

from __future__ import annotations

import math
from dataclasses import dataclass
from fractions import Fraction

from flint import arb

from ...link.build import call, combine
from ...link.tree import Node, Num
from ..deployment.feature_sums import upper
from ..expectation.oracle import Interval
from ..precision import working
from .sums import BITS, Law, Tilted


@dataclass(frozen=True)
class Beyond:
    """||s - clip(s)||_{pi*} at most, of a clip range that cuts into the range of the link.

    law: of s - clip(s) under the tilt by s.
    """

    law: Law

    @classmethod
    def of(cls, link: Node, clip: tuple[float, float], t_top: Fraction) -> Beyond:
        low, high = (Num(Fraction(end)) for end in clip)
        away = combine("-", link, call("clip", (link, low, high)))
        # A law serves twice its t_top, for squares of weights: there are none here.
        return cls(Law(away, link, (), Fraction(1), t_top / 2))

    def at(self, t: Fraction | Interval) -> float:
        """The bound at t, or for all t of an interval."""
        with working(BITS):
            tilted, away = Tilted(self.law, t, arb(0)), self.law.design.s
            errors = [tilted.error(1, power, 0) for power in (0, 2)]
            mass, square = tilted.means(1, [[arb(1)] * len(away), [v * v for v in away]], errors)
            return math.sqrt(upper(square / mass))
