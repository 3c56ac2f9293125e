"""The tilted policy by certified expectations: K, V, KL, the variance and the chi-squared divergence.

With M_i = E[s^i e^{ts}]: K = log M_0, V = M_1/M_0, Var = M_2/M_0 - V^2. And the factors with which errors of
a learned reward enter the bounds of its value gap (V2).
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction

import numpy as np
from flint import arb

from ...link.label import Noise
from ...link.tree import Node
from ..expectation.labels import cumulants
from ..expectation.oracle import Interval, NotIntegrable, ball_of, oracle
from ..lowering.pointwise import Array
from ..precision import bits_for, exact, relative_digits, working

_ROUNDS = 5
#: Exponents above this leave the doubles: such a bound is infinite.
_HUGE = 700.0


@dataclass(frozen=True, slots=True)
class Moments:
    """The policy at one t: log partition K, value V, variance Var_{pi*}(s), and KL(pi*||gamma) = tV - K."""

    log_partition: arb
    value: arb
    variance: arb
    kl: arb


def moments(tree: Node, t: Fraction | Interval, digits: int) -> Moments:
    """K, V, Var and KL at t (or hulls over an interval of t), from expectations good to ``digits`` digits.

    Cancellation can cost digits of V, Var and KL; :func:`sharp` asks again. Raises NotIntegrable, Unresolved.
    """
    table = oracle(tree).tilted_moments((0,), (0, 1, 2), t, digits)
    with working(bits_for(digits) + 40):
        mass, first, second = (table[power, 0] for power in range(3))
        value, k = first / mass, mass.log()
        return Moments(k, value, second / mass - value * value, ball_of(t) * value - k)


def log_partition(tree: Node, t: Fraction, digits: int) -> arb:
    """K(t) = log E e^{ts}."""
    table = oracle(tree).tilted_moments((0,), (0,), t, digits)
    with working(bits_for(digits) + 40):
        return table[0, 0].log()


def objective(tree: Node, t: Fraction, digits: int) -> arb:
    """J(pi*) = V - KL/t = K/t."""
    with working(bits_for(digits) + 40):
        return log_partition(tree, t, digits) / exact(t)


#: M(2t) to the given digits, where the caller knows it.
Mass = Callable[[int], arb]


def chi2(tree: Node, t: Fraction, digits: int, doubled: Mass | None = None) -> arb:
    """chi2(pi*||gamma) = M(2t)/M(t)^2 - 1, infinite where M(2t) is; Unresolved where that is open."""
    try:
        gap = _doubled(tree, t, digits, doubled)
    except NotIntegrable:
        log_partition(tree, t, 5)
        return arb.pos_inf()
    with working(bits_for(digits) + 40):
        return gap.expm1()


def ess_ratio(tree: Node, noise: Noise, t: Fraction, digits: int, doubled: Mass | None = None) -> arb:
    """e^{2K_y(t)-K_y(2t)}: the effective share of n samples weighted by e^{ty}; 0 at infinite variance."""
    try:
        gap = _doubled(tree, t, digits, doubled)
    except NotIntegrable:
        log_partition(tree, t, 5)
        return arb(0)
    with working(bits_for(digits) + 40):
        noise_gap = cumulants(noise, exact(2 * t))[0] - 2 * cumulants(noise, exact(t))[0]
        return (-gap - noise_gap).exp()


def _doubled(tree: Node, t: Fraction, digits: int, doubled: Mass | None) -> arb:
    """K(2t) - 2K(t)."""
    if doubled is None:
        double = log_partition(tree, 2 * t, digits)
    else:
        with working(bits_for(digits) + 40):
            double = doubled(digits).log()
    single = log_partition(tree, t, digits)
    with working(bits_for(digits) + 40):
        return double - 2 * single


def sharp(compute: Callable[[int], arb], digits: int) -> arb:
    """``compute(wanted)`` with ``wanted`` raised until the ball is good to ``digits`` digits.

    A quantity that is exactly 0 ends as a ball of width 10^-digits around it.
    """
    wanted = digits + 5
    value = compute(wanted)
    for _ in range(_ROUNDS):
        if not value.is_finite() or relative_digits(value) >= digits:
            return value
        if value.contains(0) and value.abs_upper() < arb(10) ** -(digits + 10):
            return value
        missing = digits if value.contains(0) else math.ceil(digits - relative_digits(value))
        wanted += missing + 3
        value = compute(wanted)
    return value


def remainder_factor(x: Array) -> Array:
    """e_2(x) = (e^x - 1 - x)/x^2 for x >= 0, by its series where cancellation would spoil it."""
    safe = np.clip(x, 1e-3, 300.0)
    return np.asarray(np.where(x < 1e-3, 0.5 + x / 6, (np.expm1(safe) - safe) / safe**2))


def exponential(x: float) -> float:
    """e^x, infinite beyond the doubles."""
    return math.exp(x) if x < _HUGE else math.inf


def exponential_slope(t: float, d: float) -> float:
    """(e^{td} - 1)/d, infinite beyond the doubles."""
    return math.expm1(t * d) / d if t * d < _HUGE else math.inf


def learned(t: arb, d: arb) -> arb:
    """(e^{tD} - 1)/D, which grows in t and D, so its ends give its hull. D >= 0, whatever its ball says."""
    ends = ((t.lower(), d.lower()), (t.upper(), d.upper()))
    low, high = ((a * b).expm1() / b if b > 0 else a for a, b in ends)
    return low.union(high)
