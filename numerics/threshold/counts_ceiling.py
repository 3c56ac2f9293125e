"""lambda_k^2 = E zeta_k^2/k! of a Poisson label of rate s: a sum over the counts, with a bound of the rest.

P(y = n) = E[s^n e^{-s}]/n!, and zeta_k(n) = E[s^n e^{-s} He_k]/E[s^n e^{-s}]. By Jensen's inequality what
counts beyond N carry is at most E[He_k^2; y > N] = k! - sum over n <= N of E[He_k^2 s^n e^{-s}]/n!.
"""

from __future__ import annotations

from functools import lru_cache
from math import comb, factorial

from flint import arb

from ...link.build import negate
from ...link.tree import Node
from ..expectation.oracle import oracle
from ..precision import bits_for, working

#: Counts that are summed, in stages.
_STAGES = (16, 32, 64, 128, 192)


@lru_cache(maxsize=64)
def counts_ceiling(tree: Node, k: int, digits: int) -> arb:
    """An enclosure of lambda_k^2 in [0, 1], k >= 1, to ``digits`` digits or as far as 192 counts reach.

    Raises what the oracle raises.
    """
    for most in _STAGES:
        found = _up_to(tree, k, most, digits)
        if found.rad() < found.mid() * arb(10) ** -digits:
            break
    return found


def _up_to(tree: Node, k: int, most: int, digits: int) -> arb:
    orders = tuple(sorted({0, k, *(2 * k - 2 * j for j in range(k + 1))}))
    # E[(-s)^n e^{-s} He_j], the tilt of -s at t = 1.
    table = oracle(negate(tree)).tilted_moments(orders, tuple(range(most + 1)), 1, digits + 5)
    with working(bits_for(digits) + 60):
        total, left = arb(0), arb(factorial(k))
        for n in range(most + 1):
            sign, front = (-1) ** n, factorial(n)
            mass, signal = sign * table[n, 0] / front, table[n, k] / front
            squares = (factorial(j) * comb(k, j) ** 2 * table[n, 2 * k - 2 * j] for j in range(k + 1))
            square = sign * sum(squares, arb(0)) / front
            total += signal * signal / mass if mass > 0 else arb(0).union(square.abs_upper())
            left -= square
        rest = arb(0).union(left.abs_upper())
        found: arb = ((total + rest) / factorial(k)).intersection(arb(0).union(arb(1)))
        return found
