"""Zeros of the signal under a label that is drawn, where its own law or the shape of the link decides."""

from __future__ import annotations

from fractions import Fraction

import sympy

from ..link.build import negate
from ..link.label import Label
from ..link.tree import Node
from .channel import two_values
from .exact.constants import sign
from .exact.lower import constant
from .exponents import rising_order, why_constant
from .shape.monotone import monotone
from .shape.parity import parity
from .shape.range import bounds
from .threshold import ClosedThreshold


def drawn_threshold(tree: Node, label: Label, kind: str, star: int) -> ClosedThreshold | None:
    """All zeros t of the ``kind`` signal of order ``star``, or None.

    Two values u < v: alpha_k = (v e^{tv} - u e^{tu}) E[p He_k] for k >= 1, which vanishes only where
    e^{t(v-u)} = u/v, so for u < v < 0 at t0 = log(u/v)/(v - u); h_k = (e^{tv} - e^{tu}) E[p He_k] and
    M (h_k/M)' = (v - u) e^{t(u + v)}/M E[p He_k] vanish nowhere.
    """
    values = two_values(label)
    if values is not None:
        low, high = sorted(values, key=lambda v: v)
        if kind != "label" or sign(high) != -1:
            return ClosedThreshold((), sympy.S.Zero, _never(kind))
        zero = sympy.log(low / high) / (high - low)
        reason = "v e^(tv) - u e^(tu) vanishes where e^(t(v - u)) = u/v, for every order at once"
        return ClosedThreshold((zero,), sympy.S.Zero, reason)
    return None if label.variance is None else _of_spread(tree, label.variance, kind, star)


def _never(kind: str) -> str:
    if kind == "label":
        return "y has two values, and v e^(tv) > u e^(tu) for u < v unless both are negative"
    return f"y has two values, and the {kind} signal is a positive multiple of E[p He_k] for u < v"


def _of_spread(tree: Node, variance: Node, kind: str, star: int) -> ClosedThreshold | None:
    """m_t = e^{ts + t^2 v/2} and m_t' = (s + tv) m_t rise where s and v do, and s >= 0."""
    shape, other = monotone(tree).value, monotone(variance).value
    if shape is None or rising_order(tree) != star or why_constant(variance) is not None:
        return None
    if shape != other or not shape.startswith("increasing") or kind == "centered":
        return None
    if kind == "label" and sign(bounds(tree)[0]) not in (0, 1):
        return None
    what = "(s + tv) e^(ts + t^2 v/2)" if kind == "label" else "e^(ts + t^2 v/2)"
    return ClosedThreshold((), sympy.S.Zero, f"s and the variance are {shape}, and so is {what}")


def unflipped(tree: Node, chance: Fraction) -> Node | None:
    """A link whose signals those of the flipped label are multiples of; None where there is none.

    Where s is odd, h_k(-t) = (-1)^k h_k(t): flips leave (1 - 2q) h_k for odd k and h_k for even k.
    """
    if chance == 0:
        return tree
    if chance == 1:
        return negate(tree)
    odd = parity(tree).value == "odd"
    return tree if odd and chance != Fraction(1, 2) else None


def even_deviation(variance: Node) -> Fraction | None:
    """The standard deviation where it is a rational number > 0 and the same for every z."""
    value = constant(variance)
    root = None if value is None else sympy.sqrt(value)
    return Fraction(int(root.p), int(root.q)) if root is not None and root.is_Rational and root > 0 else None
