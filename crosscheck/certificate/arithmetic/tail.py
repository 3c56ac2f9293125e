"""What lies beyond the integration, bounded; and for which t the tilt e^{ts} is integrable at all."""

from __future__ import annotations

from flint import arb

from ....link.tree import Node
from ....numerics.precision import working
from .growth import Tail
from .polynomials import Poly, plus, raised, shifted, size, times

_FAR = (8, 64, 4096, 2**20)


def tail_mass(tree: Node, region: Node | None, k: int, power: int, t: arb, start: arb) -> arb | None:
    """An upper bound of E[1_region |s|^power e^{ts} |He_k|; |Z| > start] for every t in the ball, or None."""
    total = arb(0)
    for side in (1, -1):
        tail = Tail(side, start)
        inside = None if region is None else tail.highest(tail.of(region)[1])
        if inside is not None and inside <= 0:
            continue
        lo, hi = tail.of(tree)
        if t.is_zero() and power and (lo is None or hi is None):
            grown = tail.log_size(tree)
            parts = None if grown is None else [([arb(1)], [c * power for c in grown])]
        else:
            parts = _factors(tail, lo, hi, power, t)
        if parts is None:
            return None
        for factor, exponent in parts:
            bound = _integral(times(_hermite_size(k), factor), exponent, start)
            if bound is None:
                return None
            total += bound
    return total.abs_upper()


def _factors(
    tail: Tail, lo: Poly | None, hi: Poly | None, power: int, t: arb
) -> list[tuple[Poly, Poly]] | None:
    """(P, q) with |s|^power e^{ts} at most the sum of all P(x) e^{q(x)}."""
    most, least = t.upper(), t.lower().max(arb(0))
    if not most > 0:
        return [(raised(size((lo, hi)), power), [arb(0)])]
    if hi is None:
        return None
    top = tail.highest(hi)
    if top is not None and top <= 0:
        exponent = [c * least for c in hi]
    elif (bottom := tail.lowest(hi)) is not None and bottom >= 0:
        exponent = [c * most for c in hi]
    else:
        exponent = [c.max(arb(0)) * most for c in hi]
    if power == 0:
        return [([arb(1)], exponent)]
    if lo is not None:
        return [(raised(size((lo, hi)), power), exponent)]
    if not least > 0:
        return None
    # Where s < 0 nothing bounds it from below, but |s|^j e^{ts} <= (j/(e t))^j.
    below = [(power / (arb.const_e() * least)) ** power]
    return [(raised([c.max(arb(0)) for c in hi], power), exponent), (below, [arb(0)])]


def _integral(factor: Poly, exponent: Poly, start: arb) -> arb | None:
    """An upper bound of the integral of P e^q phi over x >= start: P >= 0 with coefficients >= 0."""
    moved = shifted(plus(exponent, [arb(0), arb(0), arb(-1) / 2]), start)
    # P(x) <= P(R) e^{deg P (x - R)/R}.
    slope = moved[1] + (len(factor) - 1) / start
    if not slope < 0 or not all(c <= 0 for c in moved[2:]):
        return None
    height = sum((c * start**i for i, c in enumerate(factor)), arb(0))
    return height * moved[0].exp() / -slope / (2 * arb.pi()).sqrt()


def tilt_ranges(tree: Node) -> tuple[arb, arb]:
    """The best of ``tilt_range`` over several starts: t_max lies between both."""
    finite, infinite = arb(0), arb.pos_inf()
    with working(1000):
        for start in _FAR:
            found = tilt_range(tree, arb(start))
            finite, infinite = finite.max(found[0]), infinite.min(found[1])
    return finite, infinite


def tilt_range(tree: Node, start: arb) -> tuple[arb, arb]:
    """(a, b): E e^{ts} is finite for 0 <= t < a and infinite for t > b, by the bounds beyond ``start``."""
    finite, infinite = arb.pos_inf(), arb.pos_inf()
    for side in (1, -1):
        tail = Tail(side, start)
        lo, hi = tail.of(tree)
        finite = finite.min(_limit(tail, hi, upper=True))
        infinite = infinite.min(_limit(tail, lo, upper=False))
    return finite, infinite


def _limit(tail: Tail, p: Poly | None, *, upper: bool) -> arb:
    nothing = arb(0) if upper else arb.pos_inf()
    if p is None:
        return nothing
    if tail.highest(p) is not None:
        return arb.pos_inf()
    trimmed = list(p)
    while trimmed and trimmed[-1].is_zero():
        trimmed.pop()
    if len(trimmed) < 3:
        return arb.pos_inf()
    if not trimmed[-1] > 0:
        return nothing
    return arb(0) if len(trimmed) > 3 else 1 / (2 * trimmed[2])


def _hermite_size(k: int) -> Poly:
    """He_k with the absolute values of its coefficients, which is above |He_k(x)| for x >= 0."""
    before, current = [arb(0)], [arb(1)]
    for j in range(k):
        before, current = current, plus([arb(0), *current], [c * j for c in before])
    return current
