"""s^power e^{ts} at nodes, for one t or for all t between two, on one side of 0 or folded over both."""

from __future__ import annotations

import operator
from collections.abc import Callable

from flint import arb

#: Balls for each power and order.
Table = dict[tuple[int, int], arb]
#: For sign = 1 or -1, one row of f(x) + sign f(-x) at nodes x >= 0 for each integrand f.
Folded = Callable[[int], list[list[arb]]]


def tilted(s: list[arb], t_low: arb, t_high: arb) -> list[arb]:
    """e^{ts} at the nodes, or its hull over t."""
    if t_low < t_high:
        return list(map(arb.union, tilted(s, t_low, t_low), tilted(s, t_high, t_high)))
    return list(map(arb.exp, map(t_low.__mul__, s))) if not t_low.is_zero() else [arb(1)] * len(s)


def powered(factors: list[arb], s: list[arb], powers: tuple[int, ...]) -> list[list[arb]]:
    """s^power times the factors, one row for each power."""
    rows, current = {}, factors
    for power in range(max(powers) + 1):
        if power:
            current = list(map(operator.mul, current, s))
        rows[power] = current
    return [rows[power] for power in powers]


def folded(
    right: list[arb], left: list[arb], symmetry: int, powers: tuple[int, ...], t_low: arb, t_high: arb
) -> Folded:
    """s^power e^{ts} over both sides of 0, from s at x and at -x.

    symmetry: 1 for an even link, -1 for an odd one, else 0; ``left`` is only read for the last.
    """
    tilts = tilted(right, t_low, t_high)
    if symmetry == -1 and not t_low < t_high:
        return _odd(right, tilts, powers)
    plus = powered(tilts, right, powers)
    if symmetry < 0:
        left = list(map(operator.neg, right))
    minus = plus if symmetry == 1 else powered(tilted(left, t_low, t_high), left, powers)

    def both(sign: int) -> list[list[arb]]:
        join = operator.add if sign > 0 else operator.sub
        return [list(map(join, a, b)) for a, b in zip(plus, minus, strict=True)]

    return both


def _odd(s: list[arb], tilts: list[arb], powers: tuple[int, ...]) -> Folded:
    """s^i (e^{ts} + sign (-1)^i e^{-ts}): one exponential serves both sides."""
    inverse = [1 / e for e in tilts]
    found: dict[bool, list[arb]] = {}

    def both(sign: int) -> list[list[arb]]:
        rows: dict[int, list[arb]] = {}
        for parity in {power % 2 for power in powers}:
            added = (parity == 0) == (sign > 0)
            if added not in found:
                found[added] = list(map(operator.add if added else operator.sub, tilts, inverse))
            chosen = tuple(power for power in powers if power % 2 == parity)
            rows |= dict(zip(chosen, powered(found[added], s, chosen), strict=True))
        return [rows[power] for power in powers]

    return both
