"""The signal-to-noise ratio for T5: from certified expectations, and from sums over nodes of z.

The sums are heuristic, with stated errors.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from math import factorial
from typing import Any

import numpy as np
from flint import arb

from ...link import Node, Signal
from ...numerics.estimates.signal_grid import ceiling, ratio, signals
from ...numerics.expectation.oracle import Interval, oracle
from ..link_facts.recommended import Recommended
from ..number import show

#: Digits of expectations: differences over short intervals cost some.
_DIGITS = 25
_EQUAL = 1e-9
Table = dict[tuple[int, int], Any]


@dataclass(frozen=True, slots=True)
class Parts:
    """A, A', D and D' of one signal kind."""

    a: Any
    slope_a: Any
    d: Any
    slope_d: Any


def parts_of(kind: Signal, k: int, once: Table, twice: Table) -> Parts:
    """From E[y^i e^{ty} He_k], E[y^i e^{ty}] (``once``) and E[y^i e^{2ty}] (``twice``)."""
    h, y = [once[i, k] for i in range(3)], [twice[i, 0] for i in range(4)]
    if kind == Signal.WEIGHT:
        return Parts(h[0], h[1], y[0], 2 * y[1])
    if kind == Signal.LABEL:
        return Parts(h[1], h[2], y[2], 2 * y[3])
    c = once[1, 0] / once[0, 0]
    moved = once[2, 0] / once[0, 0] - c * c
    return Parts(
        h[1] - c * h[0],
        h[2] - c * h[1] - moved * h[0],
        y[2] - 2 * c * y[1] + c * c * y[0],
        2 * (y[3] - 2 * c * y[2] + c * c * y[1]) - 2 * moved * (y[1] - c * y[0]),
    )


def ratio_of(parts: Parts, k: int) -> Any:
    return parts.a * parts.a / (factorial(k) * parts.d)


def slope_of(parts: Parts, k: int, slope: int) -> Any:
    """SNR' = SNR (slope A'/A - D'/D), written without a division by A."""
    rest = slope * parts.a * parts.slope_a - parts.a * parts.a * parts.slope_d / parts.d
    return rest / (factorial(k) * parts.d)


def tables(tree: Node, k: int, low: Fraction, high: Fraction) -> tuple[Table, Table]:
    """Enclosures at t and 2t, for one t or for every t in between."""
    single = low == high
    once = oracle(tree).tilted_moments((0, k), (0, 1, 2), low if single else Interval(low, high), _DIGITS)
    doubled = 2 * low if single else Interval(2 * low, 2 * high)
    return once, oracle(tree).tilted_moments((0,), (0, 1, 2, 3), doubled, _DIGITS)


@dataclass(frozen=True, slots=True)
class Comparison:
    """``left`` must overlap ``right``, or not exceed it."""

    label: str
    left: arb
    right: arb
    below: bool = False

    def witness(self) -> str | None:
        wrong = self.left > self.right if self.below else not self.left.overlaps(self.right)
        if not wrong:
            return None
        relation = "exceeds" if self.below else "is not in"
        return f"{self.label}: {show(self.left)} {relation} {show(self.right)}"

    @property
    def open(self) -> bool:
        """Whether the balls are too wide to say anything: equal numbers are told by narrow ones only."""
        if not self.left.is_finite() or not self.right.is_finite():
            return True
        return self.below and not self.left <= self.right and bool(self.left.rad() > _EQUAL)


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
    best, snr = ceiling(tree, k), ratio(tree, k, float(at), kind)
    label = f"SNR of {kind} at t = {at}"
    return Estimated(label, snr.value, 0.0, share * best.value, share * best.error + snr.error)


def slope_estimate(tree: Node, k: int, at: Fraction, kind: Signal, factor: int) -> Estimated:
    """SNR' by central differences, against SNR (factor A'/A - D'/D)."""
    t = float(at)
    h = t / 64
    first, second, third, fourth = (ratio(tree, k, t + j * h, kind).value for j in (-2, -1, 1, 2))
    near, far = (third - second) / (2 * h), (fourth - first) / (4 * h)
    seen = (4 * near - far) / 3
    parts = signals(tree, k, t, kind)
    unit = factorial(k) * parts.d
    stated = (factor * parts.a * parts.slope_a - parts.a**2 * parts.slope_d / parts.d) / unit
    error = abs(near - far) / 4 + _ROUNDING * parts.a**2 / unit / t
    # Where the terms of A cancel, both sides are rounding.
    lost, lost_slope, _ = parts.lost
    error += 4 * parts.lost_ratio / factorial(k) / h
    error += factor * (lost * (abs(parts.slope_a) + lost_slope) + abs(parts.a) * lost_slope) / unit
    return Estimated(f"slope of the SNR of {kind} at t = {at}", seen, stated, stated, error)


def limit_estimate(tree: Node, k: int, at: Fraction, centre: float) -> Estimated:
    """SNR(0+) of ``label`` from two small t, against mu^2/(k! (E y^2 - centre (E y)^2))."""
    h = float(at) / 4096
    near, far = (ratio(tree, k, t, Signal.LABEL).value for t in (h, 2 * h))
    start, unit = signals(tree, k, 0.0, Signal.LABEL), signals(tree, k, 0.0, Signal.WEIGHT).d
    stated = start.a**2 / (factorial(k) * (start.d - centre * start.mean**2 * unit))
    error = abs(near - far) + 1e-9 * near + 4 * start.lost_ratio / factorial(k)
    return Estimated("SNR(0+) of label", 2 * near - far, stated, stated, error)


def recommended_estimates(
    tree: Node, k: int, kind: Signal, answer: Recommended, power: int, share: float
) -> Iterator[Estimated]:
    """The recommended SNR and efficiency where they are attained, and the SNR elsewhere.

    efficiency * lambda^(2 power) = SNR; no SNR of the range compared is above ``share`` times the largest.
    """
    low, high = (float(end) for end in answer.tilts)
    points = np.unique(np.linspace(low, high, 9))
    here = max((ratio(tree, k, t, kind) for t in points), key=lambda guess: guess.value)
    lower, upper = float(answer.snr.lower), float(answer.snr.upper)
    # Over a wide range of temperatures the grid may miss the top.
    sharp = high - low < 1e-3 * high or high == 0
    label = f"SNR of {kind} at the recommended temperature"
    yield Estimated(label, here.value, lower if sharp else 0.0, upper, here.error)
    best = ceiling(tree, k)
    least, most = (max(best.value + side * best.error, 0.0) ** power for side in (-1, 1))
    ends = float(answer.efficiency.lower) * least, float(answer.efficiency.upper) * most
    label = f"SNR of {kind} at the recommended temperature, efficiency times lambda^{2 * power}"
    yield Estimated(label, here.value, *ends, here.error)
    if not (down_to := Fraction(answer.compared_down_to)):
        return
    for part in np.linspace(0, 1, _GRID + 1)[1:] ** 2:
        t = float(part / down_to)
        other = ratio(tree, k, t, kind)
        yield Estimated(f"SNR of {kind} at t = {t:.6g}", other.value, 0.0, share * upper, other.error)
