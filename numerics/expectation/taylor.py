"""Taylor models of h_k(t) = E[e^{ts} He_k] over an interval of t: cheap to evaluate on many cells.

The coefficients E[s^j e^{ts} He_k]/j! share nodes; the remainder is enclosed over the interval.
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from math import factorial

from flint import arb, arb_poly

from ..precision import exact, working
from .oracle import Interval, Oracle

_ORDER = 16
_DIGITS = 12
_BITS = 64
_DERIVATIVES = 8


class TaylorModel:
    """h(t) = sum_{j < J} c_j u^j + r u^J/J!, u = t - t_0: r encloses h^(J) on the whole interval."""

    def __init__(self, center: arb, coefficients: tuple[arb, ...], remainder: arb) -> None:
        self.center = center
        p = arb_poly([*coefficients, remainder / factorial(len(coefficients))])
        self.derivatives = [p]
        for _ in range(1, _DERIVATIVES):
            self.derivatives.append(self.derivatives[-1].derivative())

    def derivative(self, order: int, t: arb) -> arb:
        """h^(order) on the ball ``t`` inside the interval, order 0..7, by expansion about its middle.

        For each t the number that stands for r is one and the same in h, and Taylor's theorem for the
        derivatives has remainders of this form too, with their own value of r.
        """
        return _about_middle(self.derivatives[order], t - self.center)


class WronskianModel:
    """h'g - h g' and its derivative h''g - h g'' from models of h and g about one center.

    Multiplied out, so that what cancels on the whole interval cancels in the coefficients, not cell by cell.
    """

    def __init__(self, h: TaylorModel, g: TaylorModel) -> None:
        self.center = h.center
        f, e = h.derivatives, g.derivatives
        self.derivatives = [f[1] * e[0] - f[0] * e[1], f[2] * e[0] - f[0] * e[2]]

    def derivative(self, order: int, t: arb) -> arb:
        """The Wronskian (order 0) or its derivative (order 1) on the ball ``t`` inside the interval."""
        return _about_middle(self.derivatives[order], t - self.center)


def _about_middle(p: arb_poly, offset: arb) -> arb:
    middle = offset.mid()
    moved = p(arb_poly([middle, 1]))
    return moved(offset - middle)


def taylor_models(
    oracle: Oracle, ks: Sequence[int], start: Fraction, end: Fraction
) -> dict[int, TaylorModel]:
    """The models of h_k for each k on [start, end]. Raises what ``tilted_moments`` raises."""
    middle = (start + end) / 2
    table = oracle.tilted_moments(ks, tuple(range(_ORDER)), middle, _DIGITS)
    hull = oracle.tilted_moments(ks, (_ORDER,), Interval(start, end), 6)
    with working(_BITS):
        return {
            k: TaylorModel(
                exact(middle), tuple(table[j, k] / factorial(j) for j in range(_ORDER)), hull[_ORDER, k]
            )
            for k in ks
        }
