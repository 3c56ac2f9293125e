"""The signal-to-noise ratio from certified expectations of powers of the label, and comparisons of balls."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from math import factorial
from typing import Any

from flint import arb

from ...link import Signal
from ...link.tree import Node
from ...numerics.expectation.oracle import Interval, oracle
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
    if kind == "weight":
        return Parts(h[0], h[1], y[0], 2 * y[1])
    if kind == "label":
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
