"""A function of one real variable on a small cell, with its value far more exact than the cell is wide.

u^shift g(u), with the series of g about one point of the cell and about the whole cell. For an inner
cell the shift is 0 and the point is the middle. For a cell [0, d] the point is 0, so that limits and
vanishing leading terms at the end of a range are kept exactly.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from fractions import Fraction

from flint import arb

from . import series as series
from .series import Jet, constant, real_power, rough
from .zeros import Unresolved

Apply = Callable[[Jet], Jet]


@dataclass(frozen=True, slots=True)
class Germ:
    """u^shift g(u) on u in ``cell``; ``point`` and ``over`` are the series of g there.

    at_end: the cell is [0, d] and the point its end 0; only then can there be a shift.
    """

    shift: int
    point: Jet
    over: Jet
    cell: arb
    at_end: bool = False

    def each(self, apply: Apply) -> Germ:
        """f of this function, for f that is given by what it does to a series."""
        grounded = self.grounded()
        return replace(grounded, point=apply(grounded.point), over=apply(grounded.over))

    def __neg__(self) -> Germ:
        return replace(self, point=-self.point, over=-self.over)

    def __add__(self, other: Germ) -> Germ:
        least = min(self.shift, other.shift)
        a, b = self._raised(self.shift - least), other._raised(other.shift - least)
        return replace(a, shift=least, point=a.point + b.point, over=a.over + b.over)

    def __sub__(self, other: Germ) -> Germ:
        return self + -other

    def __mul__(self, other: Germ) -> Germ:
        shift = self.shift + other.shift
        return replace(self, shift=shift, point=self.point * other.point, over=self.over * other.over)

    def __truediv__(self, other: Germ) -> Germ:
        below = other.stripped()
        shift = self.shift - below.shift
        return replace(self, shift=shift, point=self.point / below.point, over=self.over / below.over)

    def power(self, n: int) -> Germ:
        if n < 0:
            return self.same(arb(1)) / self.power(-n)
        return replace(self, shift=self.shift * n, point=self.point.power(n), over=self.over.power(n))

    def broken_power(self, exponent: Fraction) -> Germ:
        return self.each(lambda jet: real_power(jet, exponent))

    def _raised(self, times: int) -> Germ:
        """The same function with a shift smaller by ``times``."""
        if times == 0:
            return self
        order = self.point.order
        zeros = tuple([arb(0)] * times)
        point = Jet((*zeros, *self.point.coefficients)[: order + 1])
        over = self.over * series.variable(self.cell, self.over.order).power(times)
        return replace(self, shift=self.shift - times, point=point, over=over)

    def same(self, value: arb) -> Germ:
        """The constant function on the same cell."""
        order = self.point.order
        return replace(self, shift=0, point=constant(value, order), over=constant(value, order))

    def grounded(self) -> Germ:
        """The same function with shift 0; not a number where it has a pole."""
        if self.shift < 0:
            stripped = self.stripped()
            if stripped.shift < 0:
                return loose(self, arb.nan(), arb.nan())
            return stripped._raised(stripped.shift)
        return self._raised(self.shift)

    def stripped(self) -> Germ:
        """The same function with leading coefficients that are exactly 0 divided out.

        Only where the point is u = 0: there (g(u) - g(0))/u has, on the cell, the series of g one order
        on, as it is the mean of g' between 0 and u.
        """
        germ = self
        while germ.at_end and germ.point.order > 0 and germ.point.value.is_zero():
            point, over = Jet(germ.point.coefficients[1:]), Jet(germ.over.coefficients[1:])
            germ = replace(germ, shift=germ.shift + 1, point=point, over=over)
        return germ

    def vanishing(self, times: int) -> Germ:
        """The same function, when its first ``times`` coefficients at the point are proved to be 0."""
        grounded = self.grounded()
        known = grounded.point.coefficients
        zeros = [arb(0) if c.is_finite() else c for c in known[:times]]
        return replace(grounded, point=Jet((*zeros, *known[times:])))

    def values(self) -> arb:
        """An enclosure of g over the cell: the sign of the function wherever u > 0."""
        offset = self.cell if self.at_end else self.cell - self.cell.mid()
        order = self.point.order
        total = self.over.coefficients[order]
        for c in reversed(self.point.coefficients[:order]):
            total = total * offset + c
        direct = self.over.value
        if not total.is_finite() or not direct.is_finite():
            return total if total.is_finite() else direct
        if not total.overlaps(direct):
            raise Unresolved("two enclosures of one value are disjoint: one of them is not valid")
        return total.intersection(direct)


def loose(germ: Germ, point: arb, over: arb) -> Germ:
    """A germ of which only the values are known."""
    order = germ.point.order
    return replace(germ, shift=0, point=rough(point, order), over=rough(over, order))
