"""The signal coefficient as a function of t = 1/beta, and certified isolation of all its zeros.

Up to a positive factor, with K_e the noise's cumulant generating function:
``label`` h_k' + K_e' h_k, ``weight`` h_k, ``centered`` h_k' h_0 - h_k h_0' (noise cancels).
Over a short interval of t each h_k is a Taylor polynomial whose coefficients E[s^j e^{ts} He_k] share
nodes, plus a remainder enclosed over the interval.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from math import factorial
from typing import Literal

from flint import arb

from ..link.noise import Noise
from .expectation import Interval, Oracle
from .lower_arb import Dual
from .precision import as_fraction, bits_for, exact, working
from .zeros import Unresolved, isolate

Signal = Literal["label", "weight", "centered"]
_ORDER = 10
_SEARCH_DIGITS = 12


@dataclass(frozen=True, slots=True)
class Exceptional:
    """Zeros of the signal coefficient on (0, searched_to], increasing in t, each simple and isolated.

    unresolved: intervals of t on which neither absence nor isolation is proved; elsewhere there is no zero.
    """

    zeros: tuple[arb, ...]
    searched_to: Fraction
    unresolved: tuple[tuple[arb, arb], ...]


def noise_slopes(noise: Noise, t: arb) -> tuple[arb, arb]:
    """K_e'(t) and K_e''(t) for the noise's cumulant generating function K_e = log E e^{te}."""
    a = exact(noise.scale)
    if noise.kind == "none":
        return arb(0), arb(0)
    if noise.kind == "gaussian":
        return a * a * t, a * a
    x = a * t
    if noise.kind == "rademacher":
        return a * x.tanh(), a * a / x.cosh() ** 2
    # uniform: K_e = log(sinh(x)/x); its Taylor form near 0 avoids the removable singularity.
    if x.contains(0) or abs(x) < 1e-3:
        reach = x.abs_upper()
        rest = arb(0, reach**4)
        return a * (x / 3 - x * x * x / 45 + rest * reach), a * a * (arb(1) / 3 - x * x / 15 + rest)
    return a * (1 / x.tanh() - 1 / x), a * a * (1 / (x * x) - 1 / (x.sinh() * x.sinh()))


def exceptional(
    oracle: Oracle, k: int, kind: Signal, noise: Noise, t_upper: Fraction, i0: int, digits: int
) -> Exceptional:
    """All zeros in (0, t_upper] of the k-th coefficient of signal ``kind``, to ``digits`` digits.

    i0 >= 1 is the power with E[s^i He_k] = 0 for i < i0 (the caller proves that): it says to which order
    the coefficient vanishes at t = 0, so that this zero is divided out and not found again.
    """
    bits = bits_for(digits) + 40
    start = _clear_of_zero(oracle, k, kind, t_upper, i0)
    with working(bits):
        low, high = exact(start), exact(t_upper)

        def coarse(cell: arb) -> Dual:
            return _dual(oracle, k, kind, noise, cell, _SEARCH_DIGITS)

        found = isolate(coarse, low.mid(), high.mid(), bits=24, narrowest=1e-7)
        zeros = tuple(_sharpen(oracle, k, kind, noise, zero, digits) for zero in found.zeros)
        return Exceptional(zeros, t_upper, found.unresolved)


def _clear_of_zero(oracle: Oracle, k: int, kind: Signal, t_upper: Fraction, i0: int) -> Fraction:
    """A delta > 0 such that the coefficient, divided by its power of t, has no zero on [0, delta].

    With H the hull over [0, delta] of E[s^i0 e^{ts} He_k]: h_k in t^i0 H/i0! and h_k' in
    t^(i0-1) H/(i0-1)!. Noise adds K_e' h_k of the same sign, as K_e' >= 0.
    """
    delta = min(Fraction(1, 4), t_upper / 4)
    for _ in range(40):
        with working(64):
            cell = Interval(Fraction(0), delta)
            top = oracle.tilted_moments((k,), (i0,), cell, 8)[i0, k]
            leading = top
            if kind == "centered":
                base = oracle.tilted_moments((0,), (0, 1), cell, 8)
                # h_k' h_0 - h_k h_0' over t^(i0-1)/(i0-1)!, where t lies in [0, delta].
                leading = top * base[0, 0] - exact(delta) * arb(0.5, 0.5) * top * base[1, 0] / i0
            if not leading.contains(0):
                return delta
        delta /= 2
    raise Unresolved("the coefficient is not separated from its zero at t = 0")


@dataclass(frozen=True, slots=True)
class _Taylor:
    """h and its first two derivatives over the cell middle + offset."""

    coefficients: tuple[arb, ...]
    offset: arb

    def derivative(self, order: int) -> arb:
        total = arb(0)
        for j in reversed(range(order, len(self.coefficients))):
            total = total * self.offset + self.coefficients[j] / factorial(j - order)
        return total


def _taylor(oracle: Oracle, ks: tuple[int, ...], cell: arb, digits: int) -> dict[int, _Taylor]:
    middle = as_fraction(cell)
    radius = as_fraction(cell.rad())
    offset = arb(0, cell.rad())
    if radius == 0:
        table = oracle.tilted_moments(ks, tuple(range(3)), middle, digits)
        return {k: _Taylor(tuple(table[j, k] for j in range(3)), arb(0)) for k in ks}
    table = oracle.tilted_moments(ks, tuple(range(_ORDER)), middle, digits)
    hull = oracle.tilted_moments(
        ks, (_ORDER,), Interval(max(middle - radius, Fraction(0)), middle + radius), 6
    )
    return {k: _Taylor((*(table[j, k] for j in range(_ORDER)), hull[_ORDER, k]), offset) for k in ks}


def _dual(oracle: Oracle, k: int, kind: Signal, noise: Noise, cell: arb, digits: int) -> Dual:
    """The coefficient and its t-derivative over a cell of t."""
    ks = (0, k) if kind == "centered" else (k,)
    models = _taylor(oracle, ks, cell, digits)
    h, h1, h2 = (models[k].derivative(j) for j in range(3))
    if kind == "weight":
        return Dual(h, h1)
    if kind == "centered":
        g, g1, g2 = (models[0].derivative(j) for j in range(3))
        return Dual(h1 * g - h * g1, h2 * g - h * g2)
    slope, curve = noise_slopes(noise, cell)
    return Dual(h1 + slope * h, h2 + curve * h + slope * h1)


def _sharpen(oracle: Oracle, k: int, kind: Signal, noise: Noise, zero: arb, digits: int) -> arb:
    """The zero to ``digits`` digits: interval Newton inside the cell that isolates it."""
    goal = abs(zero) * arb(10) ** -(digits + 2)
    cell, reach = zero, _SEARCH_DIGITS
    slope_cell = _dual(oracle, k, kind, noise, zero, reach).slope
    while cell.rad() > goal:
        reach = min(2 * reach, digits + 12)
        middle = cell.mid()
        value = _dual(oracle, k, kind, noise, middle, reach).value
        slope = _dual(oracle, k, kind, noise, cell, reach).slope if cell.rad() > goal.sqrt() else slope_cell
        smaller = (middle - value / slope).intersection(cell)
        if not smaller.rad() < cell.rad() / 2:
            if reach >= digits + 12:
                raise Unresolved(f"the zero near t = {float(middle):.8g} is not sharpened to {digits} digits")
            continue
        cell, slope_cell = smaller, slope
    return cell
