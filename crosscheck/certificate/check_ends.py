"""Both ends of the temperatures: t_max, from the growth of s, and no zero beyond the last cell, by dominance.

Dominance: let the integrand s He_k (He_k for ``weight``) have the sign sigma wherever s > y. If at t = T the
part of sigma E[s e^{Ts} He_k] on {s > y} outweighs the absolute rest, it does so at every t > T: there
e^{(t-T)s} is larger than e^{(t-T)y} on the first part and smaller on the second.
"""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from math import factorial

from flint import arb, arb_poly

from ...link import NOISELESS
from ...link.tree import Bin, Compare, Neg, Node, Num, Where
from ...numerics.lowering.arb import compile_arb, hermite
from ...numerics.precision import exact, working
from .arithmetic.exact import Exact, Unknown
from .arithmetic.growth import Tail
from .arithmetic.integral import Expectations
from .arithmetic.work import Work, nodes
from .closed import plus, polynomial
from .format import Dominance, Rejected
from .signal import BITS, Coefficient, Constant, decimal, number

#: Beyond these |z| the growth of s is looked at.
_STARTS = (8, 64, 4096, 2**20)
_BITS = 64
_NARROW = 2.0**-16


def stated_t_max(text: str) -> Constant | None:
    """The number t_max; None where it is left open. Raises Rejected."""
    return None if text in ("oo", "unknown") else number(text)


def confirm(tree: Node, text: str) -> list[str]:
    """Raise Rejected unless the growth of s shows the stated t_max; return the conditions that are left."""
    if text == "unknown":
        return []
    with working(BITS):
        finite, infinite = _tilt_range(tree)
        if text == "oo":
            shown = finite == arb.pos_inf()
        else:
            stated = number(text)
            # t_max = 0 where no tilt is integrable.
            if (stated.ball.is_zero() and infinite.is_zero()) or _is_quadratic(tree, stated):
                return []
            width = arb(2) ** -100 * abs(stated.ball)
            shown = abs(finite - stated.ball) < width and abs(infinite - stated.ball) < width
    if not shown:
        least, most = (end.str(10, radius=False) if end.is_finite() else "oo" for end in (finite, infinite))
        raise Rejected(
            f"t_max = {text[:60]} is not confirmed: the growth of s shows t_max in [{least}, {most}]"
        )
    return [] if text == "oo" else [f"t_max = {text}"]


def _tilt_range(tree: Node) -> tuple[arb, arb]:
    """(a, b): E e^{ts} is finite for 0 <= t < a and infinite for t > b; t_max lies between both."""
    finite, infinite = arb(0), arb.pos_inf()
    with working(1000):
        for start in _STARTS:
            below = arb.pos_inf()
            for tail in (Tail(1, arb(start)), Tail(-1, arb(start))):
                low, high = tail.of(tree)
                below = below.min(_limit(tail, high, unknown=arb(0)))
                infinite = infinite.min(_limit(tail, low, unknown=arb.pos_inf()))
            finite = finite.max(below)
    return finite, infinite


def _limit(tail: Tail, p: arb_poly | None, unknown: arb) -> arb:
    """t_max of a bound p of s on one side: 1/(2a) for a x^2 + ..."""
    if p is None:
        return unknown
    if tail.highest(p) is not None or p.degree() < 2:
        return arb.pos_inf()
    if not p[p.degree()] > 0:
        return unknown
    return arb(0) if p.degree() > 2 else 1 / (2 * p[2])


def _is_quadratic(tree: Node, stated: Constant) -> bool:
    """Whether s = a z^2 + O(z) at both ends with a = 1/(2 t_max) > 0, exactly."""
    total = [Exact({})]
    for sign, term in _terms(tree, 1):
        try:
            total = plus(total, [Exact.of(sign) * a for a in polynomial(term)])
        except Unknown:
            if not _at_most_linear(term):
                return False
    if len(total) != 3 or stated.exact is None or not stated.ball > 0:
        return False
    return (Exact.of(2) * total[2] * stated.exact - Exact.of(1)).is_zero


def _terms(node: Node, sign: int) -> Iterator[tuple[int, Node]]:
    if isinstance(node, Neg):
        yield from _terms(node.arg, -sign)
    elif isinstance(node, Bin) and node.op in ("+", "-"):
        yield from _terms(node.left, sign)
        yield from _terms(node.right, sign if node.op == "+" else -sign)
    else:
        yield sign, node


def _at_most_linear(term: Node) -> bool:
    ranges = [Tail(side, arb(64)).of(term) for side in (1, -1)]
    return all(p is not None and p.degree() <= 1 for v in ranges for p in v)


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
