"""Beyond the last cell: zeros excluded by dominance, re-checked from its data.

Let the integrand s He_k (He_k for ``weight``) have the sign sigma wherever s > y. If at t = T the part of
sigma E[s e^{Ts} He_k] on {s > y} outweighs the absolute rest, it does so at every t > T: there e^{(t-T)s} is
larger than e^{(t-T)y} on the first part and smaller on the second.
"""

from __future__ import annotations

from fractions import Fraction
from math import factorial

from flint import arb

from ...link.tree import Compare, Node, Num, Where
from ...numerics.lower_arb import compile_arb, hermite
from ...numerics.precision import exact, working
from .growth import Tail
from .integral import Expectations
from .number import decimal
from .shape import Dominance, Rejected
from .work import Work, nodes

_BITS = 64
_NARROW = 2.0**-16


def dominance(tree: Node, work: Work, k: int, kind: str, noisy: bool, stated: Dominance) -> None:
    """Raise Rejected unless the statement holds; with noise both integrands have to keep the sign."""
    needed = {"weight"} if kind == "weight" else {"label", "weight"} if noisy else {"label"}
    if kind == "centered" or set(stated.levels) != needed:
        raise Rejected(f"dominance for the {kind} signal needs a level for {' and '.join(sorted(needed))}")
    for name, level in stated.levels.items():
        weight = name == "weight"
        _keeps_sign(tree, work, k, stated.sign, weight, level)
        _outweighs(tree, work, k, stated.sign, weight, level, stated.start)


def _keeps_sign(tree: Node, work: Work, k: int, sign: int, weight: bool, level: Fraction) -> None:
    with working(_BITS):
        y, radius = exact(level), 4 * k + 8
        for side in (1, -1):
            tail = Tail(side, arb(radius))
            v = tail.of(tree)
            top, own = tail.highest(v[1]), 1 if weight else tail.sign(v)
            below = top is not None and top <= y
            # All zeros of He_k lie inside (-2 sqrt(k), 2 sqrt(k)).
            if not below and (own is None or own * sign * side**k < 0):
                raise Rejected(f"above the level {decimal(level)} the integrand's sign is not seen far out")
        s = compile_arb(tree)
        waiting = [(arb(-radius), arb(radius))]
        while waiting:
            work.spend(nodes(tree) + k)
            low, high = waiting.pop()
            z = low.union(high)
            value = s(z)
            factor = hermite(k, z) * sign
            # Where the factor is positive, s > y >= 0 is enough, however s jumps.
            if value <= y or (factor > 0 and y >= 0) or factor * (1 if weight else value) >= 0:
                continue
            if high - low < _NARROW:
                raise Rejected(
                    f"above the level {decimal(level)} the integrand is not shown to keep its sign"
                )
            middle = ((low + high) / 2).mid()
            waiting += [(middle, high), (low, middle)]


def _outweighs(
    tree: Node, work: Work, k: int, sign: int, weight: bool, level: Fraction, start: Fraction
) -> None:
    above = Compare(">", tree, Num(level))
    one, zero = Num(Fraction(1)), Num(Fraction(0))
    power = 0 if weight else 1
    with working(_BITS):
        t = exact(start)
        right = Expectations(tree, work, Where(above, one, zero)).value(power, k, t, _BITS) * sign
        # Cauchy-Schwarz: E|f He_k| <= sqrt(E f^2 k!).
        wrong = Expectations(tree, work, Where(above, zero, one)).value(2 * power, 0, 2 * t, _BITS)
        if not right > (wrong.upper() * factorial(k)).sqrt():
            raise Rejected(
                f"at t = {decimal(start)} the top of s does not outweigh the rest: no dominance beyond"
            )
