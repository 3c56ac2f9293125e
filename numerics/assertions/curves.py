"""h_k(t) = E[e^{ts} He_k] and its derivatives over balls of t, from Taylor models that are kept.

A model covers a dyadic cell of t and serves every smaller ball inside it.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, field
from fractions import Fraction
from functools import cached_property

from flint import arb

from ...link.build import combine
from ...link.tree import Num
from ..expectation.oracle import Interval, NotIntegrable, Oracle, Tilt, Unresolved, oracle
from ..expectation.taylor import TaylorModel, taylor_models
from ..lowering.series import Jet, from_derivatives, rough
from ..precision import as_fraction, exact, working
from ..work import allowance, spend

#: The widest cell is 2^2, the narrowest 2^-26.
_LEVELS = range(-2, 27, 2)
#: Where the remainder of a model is this much of the function, a narrower cell is taken.
_LOOSE = 1e-9
_BITS = 64
#: The work on one cell, or on the moments at t = 0: a model that takes more is none.
_WORK = 5e5
#: By order.
Models = dict[int, TaylorModel | None]


@dataclass(frozen=True)
class Curves:
    """The curves h_k of one link, k in ``ks``.

    vanishes(i, k): whether E[s^i He_k] = 0 is proved, which no ball can tell. unit: a power of 10 near the
    spread of s. The models are those of s/unit, as h_k(t) of s is h_k(unit t) of s/unit: so that cells of t
    are as fine as the link asks for. What is kept is paid for at the price that it had when it was found.
    """

    oracle: Oracle
    vanishes: Callable[[int, int], bool]
    ks: frozenset[int]
    unit: Fraction = Fraction(1)
    _models: dict[tuple[Fraction, int], tuple[Models, float]] = field(default_factory=dict, repr=False)
    _at_zero: dict[tuple[int, int], tuple[Jet, float]] = field(default_factory=dict, repr=False)

    def jet(self, k: int, t: arb, order: int) -> Jet:
        """The series of h_k about the ball ``t`` >= 0; not a number where that is not resolved.

        At t = 0 exactly, coefficients that are proved to vanish are exactly 0.
        """
        if t.is_zero():
            return self._origin(k, order)
        scale = exact(self.unit)
        model = self._model(k, scale * t)
        if model is None:
            return rough(arb.nan(), order)
        return from_derivatives([model.derivative(j, scale * t) for j in range(order + 1)]).stretched(scale)

    @cached_property
    def _standard(self) -> Oracle:
        """Expectations of s/unit."""
        if self.unit == 1:
            return self.oracle
        return oracle(combine("/", self.oracle.tree, Num(self.unit)))

    def sharp(self, k: int, t: Tilt, order: int, digits: int) -> Jet:
        """The series about an exact t, or a tiny interval of t, by expectations to ``digits`` digits."""
        powers = tuple(range(order + 1))
        table = self.oracle.tilted_moments((k,), powers, t, digits)
        return from_derivatives([table[j, k] for j in powers])

    def _origin(self, k: int, order: int) -> Jet:
        if (k, order) not in self._at_zero:
            with allowance(_WORK) as account:
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
            return self.oracle.tilted_moments((k,), (i,), 0, 20)[i, k]
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
            with allowance(_WORK) as account:
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
        coefficients = model.derivatives[0].coeffs()
        reach = exact(width)
        rest = coefficients[-1].abs_upper() * reach ** (len(coefficients) - 1)
        size = max((float(c.abs_lower()) * float(reach) ** j for j, c in enumerate(coefficients[:3])))
        return bool(math.isfinite(size) and float(rest) <= _LOOSE * size)


def tilt_of(t: arb) -> Tilt:
    """A ball of t > 0 as the oracle takes it: exact, or an interval."""
    low, high = as_fraction(t.lower()), as_fraction(t.upper())
    return low if low == high else Interval(max(low, Fraction(0)), high)
