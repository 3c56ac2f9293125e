"""The SNR and what is answered about it, against sums over a grid of z: heuristic, with stated errors."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from math import factorial

import numpy as np

from ...link import Signal
from ...link.tree import Node
from ...numerics.estimates.signal_grid import ceiling, ratio, signals
from ..link_facts.recommended import Recommended

#: What differences of doubles leave of a slope, relative to SNR/t.
_ROUNDING = 1e-6
#: Temperatures at which the SNR is looked at, up to the end of what was compared.
_GRID = 24


@dataclass(frozen=True, slots=True)
class Estimated:
    """``seen`` should lie in [low, high], but for ``error``, a heuristic bound of what the grid leaves."""

    label: str
    seen: float
    low: float
    high: float
    error: float

    @property
    def wrong(self) -> bool:
        return not self.low - self.error <= self.seen <= self.high + self.error

    @property
    def witness(self) -> str:
        stated = f"[{self.low:.10g}, {self.high:.10g}]"
        return f"{self.label}: {self.seen:.10g} +- {self.error:.2g}, stated in {stated}"


def within_ceiling(tree: Node, k: int, at: Fraction, kind: Signal, share: float) -> Estimated:
    """SNR <= share * lambda^2."""
    best, found = ceiling(tree, k), ratio(tree, k, float(at), kind)
    label = f"SNR of {kind} at t = {at}"
    return Estimated(label, found.value, 0.0, share * best.value, share * best.error + found.error)


def slope_estimate(tree: Node, k: int, at: Fraction, kind: Signal, factor: int) -> Estimated:
    """SNR' by central differences, against SNR (factor A'/A - D'/D)."""
    t = float(at)
    h = t / 64
    first, second, third, fourth = (_value(tree, k, t + j * h, kind) for j in (-2, -1, 1, 2))
    near, far = (third - second) / (2 * h), (fourth - first) / (4 * h)
    seen = (4 * near - far) / 3
    parts = signals(tree, k, t, kind)
    value = parts.a**2 / (factorial(k) * parts.d)
    stated = (factor * parts.a * parts.slope_a - parts.a**2 * parts.slope_d / parts.d) / (
        factorial(k) * parts.d
    )
    error = abs(near - far) / 4 + _ROUNDING * value / t
    return Estimated(f"slope of the SNR of {kind} at t = {at}", seen, stated, stated, error)


def _value(tree: Node, k: int, t: float, kind: Signal) -> float:
    parts = signals(tree, k, t, kind)
    return parts.a**2 / (factorial(k) * parts.d)


def limit_estimate(tree: Node, k: int, at: Fraction, centre: float) -> Estimated:
    """SNR(0+) of ``label`` from two small t, against mu^2/(k! (E y^2 - centre (E y)^2))."""
    h = float(at) / 4096
    near, far = (_value(tree, k, t, "label") for t in (h, 2 * h))
    start, unit = signals(tree, k, 0.0, "label"), signals(tree, k, 0.0, "weight").d
    stated = start.a**2 / (factorial(k) * (start.d - centre * start.mean**2 * unit))
    return Estimated("SNR(0+) of label", 2 * near - far, stated, stated, abs(near - far) + 1e-9 * near)


def recommended_estimates(
    tree: Node, k: int, kind: Signal, found: Recommended, power: int, share: float
) -> Iterator[Estimated]:
    """The recommended SNR and efficiency where they are attained, and the SNR elsewhere.

    efficiency * lambda^(2 power) = SNR; no SNR of the range compared is above ``share`` times the largest.
    """
    low, high = (float(end) for end in found.tilts)
    here = max((ratio(tree, k, t, kind) for t in np.linspace(low, high, 9)), key=lambda guess: guess.value)
    lower, upper = float(found.snr.lower), float(found.snr.upper)
    # Over a wide range of temperatures the grid may miss the top.
    sharp = high - low < 1e-3 * high or high == 0
    label = f"SNR of {kind} at the recommended temperature"
    yield Estimated(label, here.value, lower if sharp else 0.0, upper, here.error)
    best = ceiling(tree, k)
    least, most = (max(best.value + side * best.error, 0.0) ** power for side in (-1, 1))
    ends = float(found.efficiency.lower) * least, float(found.efficiency.upper) * most
    label = f"SNR of {kind} at the recommended temperature, efficiency times lambda^{2 * power}"
    yield Estimated(label, here.value, *ends, here.error)
    if not (down_to := Fraction(found.compared_down_to)):
        return
    for part in np.linspace(0, 1, _GRID + 1)[1:] ** 2:
        t = float(part / down_to)
        other = ratio(tree, k, t, kind)
        yield Estimated(f"SNR of {kind} at t = {t:.6g}", other.value, 0.0, share * upper, other.error)
