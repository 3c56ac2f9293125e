"""The signal coefficient as a function of t = 1/beta, and certified isolation of all its zeros.

Up to a positive factor, with K_e the noise's cumulant generating function:
``label`` h_k' + K_e' h_k, ``weight`` h_k, ``centered`` h_k' h_0 - h_k h_0' (noise cancels).
A constant d added to the label adds d h_k to ``label``, so that links far from 0 lose no digits.
Over a short interval of t each h_k is replaced by a Taylor model.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction

from flint import arb

from ...link import Signal
from ...link.label import Noise
from ...link.tree import Node, Num
from ..expectation.noise import cumulants
from ..expectation.oracle import Interval, Oracle
from ..expectation.taylor import WronskianModel, taylor_models
from ..lowering.arb import compile_arb
from ..lowering.balls import Dual
from ..lowering.zeros import Isolation, Unresolved, isolate
from ..precision import as_fraction, bits_for, exact, working
from ..work import Exhausted

#: Taylor models that one search may build; an ordinary one needs about twenty.
_MODELS = 150
_ZERO = Num(Fraction(0))


@dataclass(frozen=True, slots=True)
class Exceptional:
    """Zeros of the signal coefficient on (0, searched_to], increasing in t, each simple and isolated.

    unresolved: intervals of t on which neither absence nor isolation is proved; elsewhere there is no zero.
    """

    zeros: tuple[arb, ...]
    searched_to: Fraction
    unresolved: tuple[tuple[arb, arb], ...]


def exceptional(
    oracle: Oracle,
    k: int,
    kind: Signal,
    noise: Noise,
    t_upper: Fraction,
    i0: int,
    digits: int,
    *,
    first: bool = False,
    shift: Node = _ZERO,
) -> Exceptional:
    """All zeros in (0, t_upper] of the k-th coefficient of signal ``kind``, to ``digits`` digits.

    i0 >= 1 is the power with E[s^i He_k] = 0 for i < i0 (the caller proves that): it says to which order
    the coefficient vanishes at t = 0, so that this zero is divided out and not found again.
    With ``first`` the search may stop once the smallest zero is known, and it stops where the signal has
    fallen so far that cells become tiny, or where the allotted work ends; ``searched_to`` says where.
    shift: a constant that ``label`` adds to the oracle's link.
    Raises Unresolved when the coefficient is not separated from its zero at t = 0.
    """
    with working(64):
        # From here on every end of an interval is a dyadic number, which a ball holds exactly.
        t_upper = as_fraction(exact(t_upper).upper())
    start, _ = clear_of_zero(oracle, k, kind, t_upper, i0, shift)
    zeros: list[arb] = []
    unresolved: list[tuple[arb, arb]] = []
    width, growth, least = start, 2, t_upper / 2**20
    with working(bits_for(digits) + 40):
        for _ in range(_MODELS):
            if start >= t_upper or (first and (zeros or unresolved)):
                break
            end = start + width
            # No tiny rest: its own model would cost as much as a long one.
            if end > t_upper or t_upper - end < width / 4:
                end = t_upper
            try:
                found = _search(oracle, k, kind, noise, start, end, shift)
                if found.unresolved and end - start > least:
                    width, growth = (end - start) / 2, 1
                    continue
                zeros += [_sharpen(oracle, k, kind, noise, zero, digits, shift) for zero in found.zeros]
            except Exhausted:
                # What was searched stays true.
                break
            unresolved += found.unresolved
            # After a failure the same length is tried once more before a longer one.
            start, width, growth = end, growth * (end - start), 2
    return Exceptional(tuple(zeros), start, tuple(unresolved))


def _search(
    oracle: Oracle, k: int, kind: Signal, noise: Noise, start: Fraction, end: Fraction, shift: Node
) -> Isolation:
    """The zeros on [start, end] through one Taylor model."""
    signal = modelled(oracle, k, kind, noise, start, end, shift)
    with working(64):
        return isolate(
            signal, exact(start), exact(end), bits=36, narrowest=float(end - start) / 256, cells=400
        )


def modelled(
    oracle: Oracle,
    k: int,
    kind: Signal,
    noise: Noise,
    start: Fraction,
    end: Fraction,
    shift: Node = _ZERO,
) -> Callable[[arb], Dual]:
    """The coefficient on [start, end] through one Taylor model, which is cheap to evaluate on many cells."""
    models = taylor_models(oracle, _orders(k, kind), start, end)
    if kind == "centered":
        with working(64):
            model = WronskianModel(models[k], models[0])
        return lambda cell: Dual(model.derivative(0, cell), model.derivative(1, cell))

    def coefficient(cell: arb) -> Dual:
        values = {j: [model.derivative(m, cell) for m in range(3)] for j, model in models.items()}
        return _combined(values, k, kind, noise, cell, shift)

    return coefficient


def _orders(k: int, kind: Signal) -> tuple[int, ...]:
    return (0, k) if kind == "centered" else (k,)


def clear_of_zero(
    oracle: Oracle, k: int, kind: Signal, t_upper: Fraction, i0: int, shift: Node = _ZERO
) -> tuple[Fraction, arb]:
    """A delta > 0 such that the coefficient, divided by its power of t, has no zero on [0, delta].

    Returned with a ball without 0 that holds the quotient times (i0 - 1)! (``weight``: i0!).

    With H the hull over [0, delta] of E[s^i0 e^{ts} He_k]: h_k in t^i0 H/i0! and h_k' in
    t^(i0-1) H/(i0-1)!. Noise adds K_e' h_k of the same sign, as K_e' >= 0.
    """
    # Not a round number: the search steps from multiples of delta, and zeros like to sit at round ones.
    # In proportion where t_upper is larger than for an ordinary link.
    delta = Fraction(61, 256) * max(Fraction(1), t_upper / 256)
    with working(64):
        moved = compile_arb(shift)(arb(0)) if kind == "label" else arb(0)
    while delta > t_upper / 4 or not 2 * exact(delta) * abs(moved) < 1:
        delta /= 2
    for _ in range(40):
        with working(64):
            cell = Interval(Fraction(0), delta)
            top = oracle.tilted_moments((k,), (i0,), cell, 8)[i0, k]
            # h_k' + d h_k over t^(i0-1)/(i0-1)!, where t lies in [0, delta].
            leading = top + exact(delta) * arb(0.5, 0.5) * moved * top / i0
            if kind == "centered":
                base = oracle.tilted_moments((0,), (0, 1), cell, 8)
                # h_k' h_0 - h_k h_0' over t^(i0-1)/(i0-1)!, where t lies in [0, delta].
                leading = top * base[0, 0] - exact(delta) * arb(0.5, 0.5) * top * base[1, 0] / i0
            if not leading.contains(0):
                return delta, leading
        delta /= 2
    raise Unresolved("the coefficient is not separated from its zero at t = 0")


def _combined(values: dict[int, list[arb]], k: int, kind: Signal, noise: Noise, t: arb, shift: Node) -> Dual:
    """The coefficient and its t-derivative from h_k, h_k', h_k'' (and those of h_0) on the ball t."""
    h, h1, h2 = values[k]
    if kind == "weight":
        return Dual(h, h1)
    if kind == "centered":
        g, g1, g2 = values[0]
        return Dual(h1 * g - h * g1, h2 * g - h * g2)
    _, slope, curve, *_ = cumulants(noise, t)
    if shift != _ZERO:
        slope += compile_arb(shift)(arb(0))
    return Dual(h1 + slope * h, h2 + curve * h + slope * h1)


def _dual(oracle: Oracle, k: int, kind: Signal, noise: Noise, cell: arb, digits: int, shift: Node) -> Dual:
    """The coefficient and its t-derivative as hulls over a small ball of t, or at an exact t."""
    middle, radius = as_fraction(cell), as_fraction(cell.rad())
    t = middle if radius == 0 else Interval(max(middle - radius, Fraction(0)), middle + radius)
    ks = _orders(k, kind)
    table = oracle.tilted_moments(ks, (0, 1, 2), t, digits)
    return _combined({j: [table[i, j] for i in range(3)] for j in ks}, k, kind, noise, cell, shift)


def _sharpen(oracle: Oracle, k: int, kind: Signal, noise: Noise, zero: arb, digits: int, shift: Node) -> arb:
    """The zero to ``digits`` digits: interval Newton inside the cell that isolates it."""
    cell, goal = zero, abs(zero).lower() * arb(10) ** -(digits + 2)
    for _ in range(12):
        if cell.rad() <= goal:
            return cell
        middle = cell.mid()
        # The slope needs about the digits that this step can gain, the value twice as many.
        gained = int(-math.log10(float(cell.rad() / abs(middle)))) + 4
        value = _dual(oracle, k, kind, noise, middle, min(2 * gained, digits + 6), shift).value
        slope = _dual(oracle, k, kind, noise, cell, min(gained, digits + 6), shift).slope
        step = middle - value / slope
        if not step.is_finite():
            break
        smaller = step.intersection(cell)
        if not smaller.rad() < cell.rad() / 2:
            break
        cell = smaller
    raise Unresolved(f"the zero near t = {float(cell.mid()):.8g} is not sharpened to {digits} digits")
