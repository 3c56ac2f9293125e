"""Beyond the last cell: zeros excluded by dominance, re-checked from its data.

Let the integrand s He_k (He_k for ``weight``) have the sign sigma wherever s > y. If at t = T the part of
sigma E[s e^{Ts} He_k] on {s > y} outweighs the absolute rest, it does so at every t > T: there e^{(t-T)s} is
larger than e^{(t-T)y} on the first part and smaller on the second.
"""

from __future__ import annotations

from fractions import Fraction
from math import factorial

from flint import arb

from ...link import NOISELESS
from ...link.tree import Compare, Node, Num, Where
from ...numerics.lowering.arb import compile_arb, hermite
from ...numerics.precision import exact, working
from .arithmetic.growth import Tail
from .arithmetic.integral import Expectations
from .arithmetic.work import Work, nodes
from .format import Dominance, Rejected
from .number import decimal
from .signal import Coefficient

_BITS = 64
_NARROW = 2.0**-16


def dominance(signal: Coefficient, tree: Node, stated: Dominance) -> None:
    """Raise Rejected unless lemma 2 of docs/certificates.md applies; with noise to both integrands.

    signal: that of the link ``tree``.
    """
    noisy = signal.noise != NOISELESS
    needed = {"weight"} if signal.kind == "weight" else {"label", "weight"} if noisy else {"label"}
    if signal.kind == "centered" or set(stated.levels) != needed:
        raise Rejected(
            f"dominance for the {signal.kind} signal needs a level for {' and '.join(sorted(needed))}"
        )
    for name, level in stated.levels.items():
        weight = name == "weight"
        _keeps_sign(tree, signal.expectations.work, signal.k, stated.sign, weight, level)
        _outweighs(signal, tree, stated, weight, level)


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


def _outweighs(signal: Coefficient, tree: Node, stated: Dominance, weight: bool, level: Fraction) -> None:
    above = Compare(">", tree, Num(level))
    one, zero = Num(Fraction(1)), Num(Fraction(0))
    centred, work, bits = signal.expectations.tree, signal.expectations.work, _BITS + 80
    with working(bits + 40):
        t, m = exact(stated.start), exact(signal.centre)
        top = Expectations(centred, work, Where(above, one, zero))
        rest = Expectations(centred, work, Where(above, zero, one))
        # s = m + r under e^{tr}, which is e^{-tm} e^{ts}.
        right = top.value(0, signal.k, t, bits) * (1 if weight else m)
        wrong = rest.value(0, 0, 2 * t, bits) * (1 if weight else m**2)
        if not weight:
            right += top.value(1, signal.k, t, bits)
            wrong += rest.value(2, 0, 2 * t, bits) + 2 * m * rest.value(1, 0, 2 * t, bits)
        # Cauchy-Schwarz: E|f He_k| <= sqrt(E f^2 k!).
        if not right * stated.sign > (wrong.upper() * factorial(signal.k)).sqrt():
            raise Rejected(
                f"at t = {decimal(stated.start)} the top of s does not outweigh the rest: no dominance beyond"
            )
