"""The checker's own expectations: FLINT's rigorous integration on smooth stretches, and bounds of tails."""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass, field
from functools import lru_cache

from flint import acb, arb, arb_poly

from ....link.tree import Node, Num
from ....numerics.lowering.arb import compile_arb, hermite
from ....numerics.precision import working
from .exact import Memory, NotConfirmed, Work, nodes
from .growth import Tail, positive, size
from .pieces import Stretch, stretches

#: Operations per node to bound a tail.
_TAIL = 20
_RADII = (8, 10, 12, 14, 17, 20, 24, 30, 38, 48, 64, 90, 128, 180, 256, 400, 640, 1000)


class Infinite(NotConfirmed):
    """An expectation is not seen to be finite."""


@dataclass
class Expectations:
    """E[1_region s^power e^{ts} He_k] for one link and, where given, one region of the line.

    ``region``: an expression that is 1 on the region and 0 elsewhere.
    """

    tree: Node
    work: Work
    region: Node | None = None
    _cut: dict[tuple[int, int], list[Stretch]] = field(default_factory=dict, repr=False)
    _known: dict[Hashable, arb] = field(default_factory=dict, repr=False)

    def value(self, power: int, k: int, t: arb, bits: int) -> arb:
        """A ball that holds the expectation for every t >= 0 in the ball ``t``, to about 2^-bits of its size.

        Raises NotConfirmed when the expectation is not shown to be finite.
        """
        key = (power, k, _name(t), bits)
        if key not in self._known:
            with working(bits + 40):
                self._known[key] = self._integrated(power, k, t, bits)
        return self._known[key]

    def _integrated(self, power: int, k: int, t: arb, bits: int) -> arb:
        memory, asked = _memory(self.tree, self.region), (power, k, _name(t), bits)
        radius, beyond, scale = memory.recall(
            ("radius", asked), self.work, lambda: self._radius(power, k, t, bits)
        )
        goal, parts = scale * arb(2) ** -bits, self._stretches(radius, bits)
        total: arb = memory.recall(
            ("inside", asked), self.work,
            lambda: sum((self._over(part, power, k, t, bits, goal) for part in parts), arb(0)),
        )  # fmt: skip
        root = (2 * arb.pi()).sqrt()
        return total / root + arb(0, beyond)

    def _radius(self, power: int, k: int, t: arb, bits: int) -> tuple[int, arb, arb]:
        """A radius beyond which little is left, the bound of what is, and a guess of the integrand's size."""
        best = None
        for radius in _RADII:
            self.work.spend(_TAIL * nodes(self.tree) * (1 + power))
            beyond = tail_mass(self.tree, self.region, k, power, t, arb(radius))
            if beyond is None:
                continue
            scale = self._scale(power, k, t, radius)
            best = radius, beyond, scale
            if beyond <= scale * arb(2) ** -bits:
                return best
        if best is None:
            raise Infinite(f"E e^(ts) is not seen to be finite at t = {t.str(8, radius=False)}")
        return best

    def _scale(self, power: int, k: int, t: arb, radius: int) -> arb:
        """The largest integrand at some points: it steers the precision and proves nothing."""
        integrand = self._integrand(self.tree, power, k, t.mid())
        self.work.spend(66 * self._cost(k))
        sizes = [abs(integrand(arb(radius * (2 * i - 65)) / 65)).mid() for i in range(66)]
        return max((s for s in sizes if s.is_finite()), default=arb(0)).max(arb(2) ** -4000)

    def _stretches(self, radius: int, bits: int) -> list[Stretch]:
        if (radius, bits) not in self._cut:
            trees = (self.tree,) if self.region is None else (self.tree, self.region)
            self._cut[radius, bits] = _memory(self.tree, self.region).recall(
                ("cut", radius, bits), self.work, lambda: stretches(trees, radius, bits + 20, self.work)
            )
        return self._cut[radius, bits]

    def _over(self, stretch: Stretch, power: int, k: int, t: arb, bits: int, goal: arb) -> arb:
        if stretch.trees is None:
            largest = abs(self._integrand(self.tree, power, k, t)(stretch.ball)).upper()
            inside = largest * (stretch.high - stretch.low)
            return arb(0).union(inside).union(-inside)
        if len(stretch.trees) == 2 and stretch.trees[1] == Num(0):  # type: ignore[arg-type]
            return arb(0)
        f, cost, calls = self._integrand(stretch.trees[0], power, k, t), self._cost(k), 0

        def counted(z, _):  # type: ignore[no-untyped-def]
            nonlocal calls
            calls += 1
            return f(z)

        ball = acb.integral(
            counted, stretch.low, stretch.high, rel_tol=arb(2) ** -bits, abs_tol=goal,
            eval_limit=max(1, self.work.left // cost),
        )  # fmt: skip
        self.work.spend(calls * cost)
        if not ball.is_finite():
            raise NotConfirmed(f"an integral near z = {float(stretch.low):.4g} is not enclosed")
        return ball.real

    def _cost(self, k: int) -> int:
        return nodes(self.tree) + k + 10

    def _integrand(self, tree: Node, power: int, k: int, t: arb):  # type: ignore[no-untyped-def]
        s = compile_arb(tree)

        def integrand(z):  # type: ignore[no-untyped-def]
            value = s(z)
            result = (t * value - z * z / 2).exp() * hermite(k, z)
            for _ in range(power):
                result *= value
            return result

        return integrand


@lru_cache(maxsize=16)
def _memory(tree: Node, region: Node | None) -> Memory:
    """What checks of several signals of one link ask for."""
    return Memory()


def _name(t: arb) -> Hashable:
    """A ball as a key."""
    return t.mid().man_exp(), t.rad().man_exp()


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
            parts = None if grown is None else [(arb_poly([1]), grown * power)]
        else:
            parts = _factors(tail, lo, hi, power, t)
        if parts is None:
            return None
        for factor, exponent in parts:
            bound = _integral(_hermite_size(k) * factor, exponent, start)
            if bound is None:
                return None
            total += bound
    return total.abs_upper()


def _factors(
    tail: Tail, lo: arb_poly | None, hi: arb_poly | None, power: int, t: arb
) -> list[tuple[arb_poly, arb_poly]] | None:
    """(P, q) with |s|^power e^{ts} at most the sum of all P(x) e^{q(x)}."""
    nothing = arb_poly([])
    most, least = t.upper(), t.lower().max(arb(0))
    if not most > 0:
        return [(size((lo, hi)) ** power, nothing)]
    if hi is None:
        return None
    top = tail.highest(hi)
    if top is not None and top <= 0:
        exponent = hi * least
    elif (bottom := tail.lowest(hi)) is not None and bottom >= 0:
        exponent = hi * most
    else:
        exponent = positive(hi) * most
    if power == 0:
        return [(arb_poly([1]), exponent)]
    if lo is not None:
        return [(size((lo, hi)) ** power, exponent)]
    if not least > 0:
        return None
    # Where s < 0 nothing bounds it from below, but |s|^j e^{ts} <= (j/(e t))^j.
    below = arb_poly([(power / (arb.const_e() * least)) ** power])
    return [(positive(hi) ** power, exponent), (below, nothing)]


def _integral(factor: arb_poly, exponent: arb_poly, start: arb) -> arb | None:
    """An upper bound of the integral of P e^q phi over x >= start: P >= 0 with coefficients >= 0."""
    moved = (exponent + arb_poly([0, 0, arb(-1) / 2]))(arb_poly([start, 1]))
    # P(x) <= P(R) e^{deg P (x - R)/R}.
    slope = moved[1] + max(factor.degree(), 0) / start
    if not slope < 0 or not all(c <= 0 for c in moved.coeffs()[2:]):
        return None
    return factor(start) * moved[0].exp() / -slope / (2 * arb.pi()).sqrt()


def _hermite_size(k: int) -> arb_poly:
    """He_k with the absolute values of its coefficients, which is above |He_k(x)| for x >= 0."""
    before, current = arb_poly([]), arb_poly([1])
    for j in range(k):
        before, current = current, arb_poly([0, 1]) * current + before * j
    return current
