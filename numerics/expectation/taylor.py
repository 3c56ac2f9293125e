"""Taylor models of h_k(t) = E[e^{ts} He_k] over intervals of t: cheap to evaluate on many cells.

The coefficients E[s^j e^{ts} He_k]/j! share nodes; the remainder is enclosed over the interval.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from functools import cached_property
from math import factorial

from flint import arb, arb_poly

from ...link.build import combine
from ...link.label import ADDITIVE, Label
from ...link.tree import Node, Num
from ..lowering.series import Series, from_derivatives, value_only
from ..precision import as_fraction, exact, working
from ..work import allowance, spend
from .labels import moments
from .oracle import Interval, Moments, NotIntegrable, Tilt, Unresolved

_ORDER = 16
_DIGITS = 12
_BITS = 64
#: The widest cell is 2^2, the narrowest 2^-26.
_LEVELS = range(-2, 27, 2)
#: Where the remainder of a model is this much of the function, a narrower cell is taken.
_LOOSE = 1e-9
#: The work on one cell, or on the moments at t = 0: a model that takes more is none.
_WORK = 5e5


class TaylorModel:
    """h(t) = sum_{j < J} c_j u^j + r u^J/J!, u = t - t_0: r encloses h^(J) on the whole interval."""

    def __init__(self, center: arb, coefficients: tuple[arb, ...], remainder: arb) -> None:
        self.center = center
        self.polynomial = arb_poly([*coefficients, remainder / factorial(len(coefficients))])

    def derivatives(self, order: int, t: arb) -> list[arb]:
        """h, h', ... h^(order) on the ball ``t`` inside the interval, by expansion about its middle.

        For each t the number that stands for r is one and the same in h, and Taylor's theorem for the
        derivatives has remainders of this form too, with their own value of r.
        """
        moved, around = _about_middle(self.polynomial, t - self.center)
        values = [moved(around)]
        for _ in range(order):
            moved = moved.derivative()
            values.append(moved(around))
        return values


class WronskianModel:
    """h'g - h g' and its derivative h''g - h g'' from models of h and g about one center.

    Multiplied out, so that what cancels on the whole interval cancels in the coefficients, not cell by cell.
    """

    def __init__(self, h: TaylorModel, g: TaylorModel) -> None:
        self.center = h.center
        f, e = h.polynomial, g.polynomial
        f1, e1 = f.derivative(), e.derivative()
        self._both = f1 * e - f * e1, f1.derivative() * e - f * e1.derivative()

    def both(self, t: arb) -> tuple[arb, arb]:
        """The Wronskian and its derivative on the ball ``t`` inside the interval."""
        value, slope = (_about_middle(p, t - self.center) for p in self._both)
        return value[0](value[1]), slope[0](slope[1])


def _about_middle(p: arb_poly, offset: arb) -> tuple[arb_poly, arb]:
    """p moved to the middle of the ball ``offset``, and what is left of the ball around it."""
    middle = offset.mid()
    return p(arb_poly([middle, 1])), offset - middle


def taylor_models(
    oracle: Moments, ks: Sequence[int], start: Fraction, end: Fraction
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


#: By order.
Models = dict[int, TaylorModel | None]


@dataclass(frozen=True)
class Curves:
    """The curves h_k of one link, or of the label that is drawn with it, k in ``ks``.

    vanishes(i, k): whether E[y^i He_k] = 0 is proved, which no ball can tell. unit: a power of 10 near the
    spread of s; 1 of a drawn label. The models are those of s/unit, as h_k(t) of s is h_k(unit t) of s/unit:
    so that cells of t are as fine as the link asks for. What is kept is paid for at the price that it had
    when it was found.
    """

    tree: Node
    vanishes: Callable[[int, int], bool]
    ks: frozenset[int]
    unit: Fraction = Fraction(1)
    label: Label = ADDITIVE
    _models: dict[tuple[Fraction, int], tuple[Models, float]] = field(default_factory=dict, repr=False)
    _at_zero: dict[tuple[int, int], tuple[Series, float]] = field(default_factory=dict, repr=False)

    def jet(self, k: int, t: arb, order: int) -> Series:
        """The series of h_k about the ball ``t`` >= 0; not a number where that is not resolved.

        At t = 0 exactly, coefficients that are proved to vanish are exactly 0.
        """
        if t.is_zero():
            return self._origin(k, order)
        scale = exact(self.unit)
        model = self._model(k, scale * t)
        if model is None:
            return value_only(arb.nan(), order)
        return from_derivatives(model.derivatives(order, scale * t)).stretched(scale)

    @cached_property
    def moments(self) -> Moments:
        """Expectations of y."""
        return moments(self.tree, self.label)

    @cached_property
    def _standard(self) -> Moments:
        """Expectations of s/unit."""
        if self.unit == 1:
            return self.moments
        return moments(combine("/", self.tree, Num(self.unit)), self.label)

    def sharp(self, k: int, t: Tilt, order: int, digits: int) -> Series:
        """The series about an exact t, or a tiny interval of t, by expectations to ``digits`` digits."""
        powers = tuple(range(order + 1))
        table = self.moments.tilted_moments((k,), powers, t, digits)
        return from_derivatives([table[j, k] for j in powers])

    def _origin(self, k: int, order: int) -> Series:
        if (k, order) not in self._at_zero:
            with allowance(_WORK, kept=True) as account:
                found = from_derivatives([self._derivative_at_zero(i, k) for i in range(order + 1)])
            self._at_zero[k, order] = found, account.spent
        found, price = self._at_zero[k, order]
        spend(price, self._at_zero, (k, order))
        return found

    def _derivative_at_zero(self, i: int, k: int) -> arb:
        if i == 0:
            return arb(1 if k == 0 else 0)
        return arb(0) if self.vanishes(i, k) else self._moment(i, k)

    def _moment(self, i: int, k: int) -> arb:
        try:
            return self.moments.tilted_moments((k,), (i,), 0, 20)[i, k]
        except (NotIntegrable, Unresolved):
            return arb.nan()

    def _model(self, k: int, t: arb) -> TaylorModel | None:
        low, high = t.lower(), t.upper()
        if not t.is_finite() or not high > 0:
            return None
        low_end, high_end = max(as_fraction(low), Fraction(0)), as_fraction(high)
        found = None
        for level in _LEVELS:
            width = Fraction(2) ** -level
            # A wide cell at a small t, or one that cannot hold the ball, is never the right one.
            if width > max(high_end, Fraction(1, 4)):
                continue
            if high_end - low_end > width:
                break
            found = self._cell(k, low_end // width * width, high_end, level) or found
            if found is not None and _tight(found, width):
                break
        return found

    def _cell(self, k: int, start: Fraction, reach: Fraction, level: int) -> TaylorModel | None:
        width = Fraction(2) ** -level
        stop = start + (width if reach <= start + width else 2 * width)
        key = (start, level if stop == start + width else -1000 - level)
        if key not in self._models:
            models: Models
            with allowance(_WORK, kept=True) as account:
                try:
                    models = {**taylor_models(self._standard, sorted(self.ks), start, stop)}
                except (NotIntegrable, Unresolved):
                    models = dict.fromkeys(self.ks)
            self._models[key] = models, account.spent
        models, price = self._models[key]
        spend(price, self._models, key)
        return models[k]


def _tight(model: TaylorModel, width: Fraction) -> bool:
    """Whether the remainder is small against what the first terms say of the function's size."""
    with working(_BITS):
        coefficients = model.polynomial.coeffs()
        reach = exact(width)
        rest = coefficients[-1].abs_upper() * reach ** (len(coefficients) - 1)
        size = max((float(c.abs_lower()) * float(reach) ** j for j, c in enumerate(coefficients[:3])))
        return bool(math.isfinite(size) and float(rest) <= _LOOSE * size)
