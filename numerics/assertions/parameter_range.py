"""A stretch of one parameter's range: between two rational numbers, or up to an end of the range or oo."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from fractions import Fraction

from flint import arb

from ...link.text import decimal
from ..lowering.series import EndpointSeries, Series, constant, variable
from ..precision import as_fraction, exact

#: Beyond this, and below its inverse, a stretch towards oo or 0 is not cut further.
_FAR = Fraction(4096)


@dataclass(frozen=True, slots=True)
class End:
    """An end of a range. value: a ball (infinite for oo); exact: the number where it is rational."""

    value: arb
    exact: Fraction | None
    closed: bool
    text: str

    @property
    def infinite(self) -> bool:
        return not self.value.is_finite()


@dataclass(frozen=True, slots=True)
class Span:
    """From ``low`` to ``high``, where None stands for the end of the whole range.

    unit: the size of the numbers that matter, beside which a stretch lies close to 0 or far out.
    """

    lower: End
    upper: End
    low: Fraction | None = None
    high: Fraction | None = None
    unit: Fraction = Fraction(1)

    def __str__(self) -> str:
        left = f"({self.lower.text}" if self.low is None else f"[{decimal(self.low)}"
        right = f"{self.upper.text})" if self.high is None else f"{decimal(self.high)}]"
        return f"{left}, {right}"

    @property
    def start(self) -> Fraction:
        """A rational number at most the lower end."""
        if self.low is not None:
            return self.low
        end = self.lower
        return as_fraction(end.value.lower()) if end.exact is None else end.exact

    @property
    def stop(self) -> Fraction | None:
        """A rational number at least the upper end, or None for oo."""
        if self.high is not None:
            return self.high
        if self.upper.infinite:
            return None
        end = self.upper
        return as_fraction(end.value.upper()) if end.exact is None else end.exact

    @property
    def size(self) -> float:
        """How much there is to cut: the width, measured by the numbers themselves."""
        stop = self.stop
        if stop is None:
            return math.inf
        width = float(stop - self.start)
        return width / max(min(abs(float(self.start)), abs(float(stop))), width / 8, 1e-300)

    @property
    def narrow(self) -> bool:
        """Whether a stretch that resists is not worth cutting: 10^-7 of the numbers, or towards 0 or oo."""
        stop = self.stop
        if stop is None:
            return self.start > _FAR * self.unit
        towards_zero = (self.low is None and self.start == 0) or (self.high is None and stop == 0)
        return stop - self.start < self.unit / _FAR if towards_zero else self.size < 1e-7

    def holds(self, x: Fraction) -> bool:
        """Whether ``x`` is proved to lie in the whole range, whose ends may be known as balls alone."""
        return self.reaches(x) and not any(
            x == end.exact and not end.closed for end in (self.lower, self.upper)
        )

    def reaches(self, x: Fraction) -> bool:
        """The same for the range with its ends."""
        low, high = self.lower, self.upper
        above = exact(x) > low.value if low.exact is None else x >= low.exact
        return bool(above and (exact(x) < high.value if high.exact is None else x <= high.exact))

    def halves(self) -> tuple[Span, Span]:
        at = self.middle()
        return replace(self, high=at), replace(self, low=at)

    def middle(self) -> Fraction:
        """A short number inside: the geometric mean of a long stretch of positive numbers."""
        start, stop = self.start, self.stop
        if stop is None:
            return 2 * max(math.ceil(abs(start) / self.unit), 1) * self.unit
        if start > 0 and stop > 4 * start:
            return simplest(start, stop, Fraction(math.sqrt(float(start * stop))))
        return simplest(start, stop, (start + stop) / 2)

    def near_end(self, upper: bool) -> Fraction:
        """An end that is a closed rational number, or a short number near the end."""
        end = self.upper if upper else self.lower
        if end.closed and end.exact is not None:
            return end.exact
        start, stop = self.start, self.stop
        if stop is None:
            far = 1024 * max(1, math.ceil(abs(start) / self.unit)) * self.unit
            return far if upper else start + self.unit / 1024
        near = start + (stop - start) * (Fraction(255, 256) if upper else Fraction(1, 256))
        return simplest(start, stop, near) if stop > start else start

    def ball(self) -> arb:
        """Every number of the stretch; not a number when that reaches oo."""
        stop = self.stop
        return arb.nan() if stop is None else exact(self.start).union(exact(stop))

    def inner(self, order: int) -> EndpointSeries:
        cell = self.ball()
        return EndpointSeries(0, variable(cell.mid(), order), variable(cell, order), cell)

    def at_end(self, order: int) -> EndpointSeries | None:
        """The parameter near an open end of the range, as a function of the distance u from it."""
        if self.low is None and self.high is not None:
            base, step = self.lower.value, arb(1)
            reach = exact(self.high) - base
        elif self.high is None and self.low is not None and not self.upper.infinite:
            base, step = self.upper.value, arb(-1)
            reach = base - exact(self.low)
        elif self.high is None and self.low is not None and self.low > 0:
            cell = _from_zero(1 / exact(self.low))
            one = constant(arb(1), order)
            return EndpointSeries(-1, one, one, cell, at_end=True)
        else:
            return None
        cell = _from_zero(reach)
        slope = (step, *[arb(0)] * (order - 1))
        return EndpointSeries(
            0, Series((base, *slope)), Series((base + step * cell, *slope)), cell, at_end=True
        )


def _from_zero(reach: arb) -> arb:
    """[0, reach], or a little more, with the lower end exactly 0."""
    half = (reach.upper() / 2).upper()
    return arb(half, half)


def simplest(low: Fraction, high: Fraction, near: Fraction) -> Fraction:
    """A decimal strictly between ``low`` and ``high``, of as few digits as lie close to ``near``."""
    width = high - low
    digits = -math.floor(math.log10(float(width))) if width else 0
    while True:
        scale = Fraction(10) ** digits
        decimal = Fraction(round(near * scale)) / scale
        if low < decimal < high and abs(decimal - near) <= width / 4:
            return decimal
        digits += 1


def shortest(low: Fraction, high: Fraction) -> Fraction:
    """A number strictly between with the fewest decimals, the middle one of these."""
    digits = -math.ceil(math.log10(float(high - low))) - 1
    while True:
        scale = Fraction(10) ** digits
        first, last = math.floor(low * scale) + 1, math.ceil(high * scale) - 1
        if first <= last:
            return Fraction((first + last) // 2) / scale
        digits += 1
