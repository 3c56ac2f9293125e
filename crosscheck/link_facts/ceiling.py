"""A ball around lambda_k^2 = E zeta_k^2/k! of a label, zeta_k = E[He_k(Z) | y], where algebra has no form."""

from collections.abc import Callable
from fractions import Fraction
from math import factorial

from flint import arb

from ...link import ADDITIVE, NOISELESS, Label, Node, Noise, call
from ...numerics.expectation.labels import cumulants, moments
from ...numerics.expectation.oracle import NotIntegrable, Unresolved
from ...numerics.precision import as_fraction, bits_for, exact, working
from ...numerics.threshold.gaussian_ceiling import gaussian_ceiling, spread_ceiling
from ...numerics.threshold.signal_ceiling import best_signal as by_level_sets
from ...numerics.threshold.signal_ceiling import counts_ceiling, flipped_ceiling, two_shift_ceiling
from ...numerics.threshold.uniform_ceiling import uniform_ceiling
from ...numerics.work import allowance
from ...theory.channel_forms import best_signal
from ...theory.exact.constants import sign
from ...theory.exact.polynomial import polynomial
from ...theory.shape.monotone import parity
from ...theory.shape.range import bounds
from ..number import ball_to

#: Digits that are asked of what takes seconds, and the work that it may take.
_DIGITS, _WORK = 12, 1e7
#: The same of a sum over frequencies.
_SLOW_DIGITS = 4


def carried(tree: Node, k: int, noise: Noise, label: Label, power: int | None, digits: int) -> arb:
    """A ball around lambda_k^2, to so many digits where that takes no more than seconds."""
    with allowance(_WORK, digits):
        return _carried(tree, k, noise, label, power, min(digits, _DIGITS))


def _carried(tree: Node, k: int, noise: Noise, label: Label, power: int | None, digits: int) -> arb:
    try:
        if label.kind in ("bernoulli", "preference"):
            line = polynomial(tree)
            slow = label.kind == "preference" and (line is None or len(line) > 2)
            return _two_valued(tree, k, label, min(digits, _SLOW_DIGITS) if slow else digits)
        if label.kind == "poisson":
            return counts_ceiling(tree, k, digits)
        if label.kind == "flip":
            if (reduced := _unflipped(tree, k, label.numbers[0])) is None:
                return flipped_ceiling(tree, label.numbers[0], k)
            part, inner = reduced
            return exact(part) * _of_link(inner, k, digits)
        if label == ADDITIVE and noise == NOISELESS:
            return _of_link(tree, k, digits)
        if label.variance is not None and sign(least := bounds(label.variance)[0]) == 1:
            lowest = as_fraction(ball_to(least, digits).lower())
            found = spread_ceiling(tree, label.variance, lowest, k, digits)
            if found > 0:
                return found
        if noise.kind == "gaussian":
            return gaussian_ceiling(tree, noise.scale, k, digits)
        if noise.kind == "uniform":
            return uniform_ceiling(tree, noise.scale, k)
        if noise.kind == "rademacher":
            return two_shift_ceiling(tree, noise.scale, k)
    except (NotIntegrable, Unresolved):
        pass
    most = arb(1) if label.variance is not None else _or_one(lambda: _of_link(tree, k, digits)).upper()
    return _carried_by_a_power(tree, k, noise, label, power).union(most)


def _or_one(compute: Callable[[], arb]) -> arb:
    try:
        return compute()
    except (NotIntegrable, Unresolved):
        return arb(1)


def _two_valued(tree: Node, k: int, label: Label, digits: int) -> arb:
    """E[p He_k]^2/(k! P(1 - P)), P = E p; y itself has as much of He_k as any function of it."""
    low, high = (Fraction(-1), Fraction(1)) if label.kind == "preference" else label.numbers
    table = moments(tree, label).tilted_moments((0, k), (1,), 0, digits + 3)
    with working(bits_for(digits) + 20):
        # E y = v0 + (v1 - v0) P and E[y He_k] = (v1 - v0) E[p He_k].
        span = exact(high - low)
        share, signal = (table[1, 0] - exact(low)) / span, table[1, k] / span
        return signal * signal / (factorial(k) * share * (1 - share))


def _unflipped(tree: Node, k: int, chance: Fraction) -> tuple[Fraction, Node] | None:
    """A factor and a link: flips carry that part of what the link carries without noise.

    Where s has one sign abs(y) = abs(s), and the sign of y is a coin of its own; so it is where the coin is
    fair. Where s is odd, zeta_k(-y) = (-1)^k zeta_k(y), and y comes from s = y and s = -y with the weights
    1 - q and q.
    """
    low, high = bounds(tree)
    if chance in (0, 1) or sign(low) in (0, 1) or sign(high) in (0, -1):
        return Fraction(1), tree
    if chance == Fraction(1, 2):
        return Fraction(1), call("abs", (tree,))
    if parity(tree).value == "odd":
        return (1 - 2 * chance) ** 2 if k % 2 else Fraction(1), tree
    return None


def _of_link(tree: Node, k: int, digits: int) -> arb:
    closed = best_signal(tree, k, NOISELESS, ADDITIVE)
    return by_level_sets(tree, k) if closed is None else ball_to(closed, digits + 5)


def _carried_by_a_power(tree: Node, k: int, noise: Noise, label: Label, power: int | None) -> arb:
    """E[y^i He_k]^2/(k! Var y^i) for i = i0, under noise for i = 1; 0 where it is not at hand."""
    if power is None or (noise != NOISELESS and power > 1):
        return arb(0)
    try:
        table = moments(tree, label).tilted_moments((0, k), (power, 2 * power), 0, 10)
    except (NotIntegrable, Unresolved):
        return arb(0)
    with working(96):
        variance = table[2 * power, 0] - table[power, 0] * table[power, 0] + cumulants(noise, arb(0))[2]
        ball: arb = table[power, k] * table[power, k] / (factorial(k) * variance)
        return ball.lower().nonnegative_part() if ball.is_finite() else arb(0)
