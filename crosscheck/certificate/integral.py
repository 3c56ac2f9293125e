"""The checker's own expectations: FLINT's rigorous integration on smooth stretches, and bounds of tails.

The line is cut by bisection alone. A stretch is halved until the sign of whatever an abs, sign, max, where,
... depends on is seen on all of it; what is still undecided on a sliver of width 2^-bits stays a gap.
"""

from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from functools import lru_cache, reduce
from typing import cast

from flint import acb, arb, arb_poly

from ...link.domain import singular_points
from ...link.tree import Bin, Call, Condition, Logic, Neg, Node, Num, Part, Where, children, kleene, rebuild
from ...numerics.lowering.arb import compile_link, hermite
from ...numerics.precision import exact, working
from .exact import Memory, NotConfirmed, Work, nodes
from .growth import Tail, positive, size

#: The sign of a smooth expression on some set: 1, -1, 0 where it is 0 throughout, None where it is not seen.
Sign = Callable[[Node], int | None]
_ZERO = Num(Fraction(0))
#: The signs of left - right for which a comparison holds.
_SIDES: dict[str, tuple[int, ...]] = {
    "<": (-1,), "<=": (-1, 0), ">": (1,), ">=": (1, 0), "==": (0,), "!=": (1, -1)
}  # fmt: skip
_CHOICES = ("max", "min", "clip")
_SWITCHES = (*_CHOICES, "abs", "sign", "relu", "Heaviside")


@dataclass(frozen=True, slots=True)
class Stretch:
    """[low, high] with exact ends, on which ``trees`` are smooth; None on a gap."""

    low: arb
    high: arb
    trees: tuple[Node, ...] | None

    @property
    def ball(self) -> arb:
        return self.low.union(self.high)


def stretches(trees: tuple[Node, ...], radius: int, bits: int, work: Work) -> list[Stretch]:
    """[-radius, radius] in increasing order, without a hole."""
    parts: list[Stretch] = []
    waiting = [(arb(-radius), arb(radius))]
    narrow = arb(2) ** -bits
    while waiting:
        work.spend(sum(map(nodes, trees)))
        low, high = waiting.pop()
        smooth = _resolved(trees, low.union(high))
        if smooth is not None or high - low < narrow:
            if parts and parts[-1].trees == smooth:
                parts[-1] = Stretch(parts[-1].low, high, smooth)
            else:
                parts.append(Stretch(low, high, smooth))
            continue
        middle = ((low + high) / 2).mid()
        waiting += [(middle, high), (low, middle)]
    return parts


def _resolved(trees: Sequence[Node], z: arb) -> tuple[Node, ...] | None:
    try:
        found = tuple(smooth(tree, on_ball(z)) for tree in trees)
    except Mixed:
        return None
    singular = [(tree, exact(point)) for tree in found for point in singular_points(tree)]
    limits = all(compile_link(tree)(point).is_finite() for tree, point in singular if z.contains(point))
    return found if limits else None


def on_ball(z: arb) -> Sign:
    def sign(node: Node) -> int | None:
        value = compile_link(node)(z)
        return 1 if value > 0 else -1 if value < 0 else 0 if value.is_zero() else None

    return sign


class Mixed(Exception):
    """A switch has more than one outcome; ``on``: the smooth expression that decides it, None at a root."""

    def __init__(self, on: Node | None) -> None:
        super().__init__()
        self.on = on


def smooth(tree: Node, sign: Sign) -> Node:
    """The expression without a switch that equals ``tree`` where ``sign`` looks. Raises Mixed."""
    return cast(Node, _smooth(tree, sign))


def _smooth(part: Part, sign: Sign) -> Part:
    if _plain(part):
        return part
    if isinstance(part, Where):
        return _smooth(part.then if _true(part.condition, sign) else part.other, sign)
    if isinstance(part, Call) and part.name in _CHOICES:
        return _chosen(part, sign)
    if isinstance(part, Call) and part.name in _SWITCHES:
        u = part.args[0]
        side = _side(u, sign)
        if part.name in ("abs", "relu"):
            return _smooth(u, sign) if side > 0 else _smooth(Neg(u), sign) if part.name == "abs" else _ZERO
        return Num(Fraction(side) if part.name == "sign" else Fraction(side + 1, 2))
    if _is_root(part):
        radicand = part.args[0] if isinstance(part, Call) else cast(Bin, part).left
        if sign(radicand) != 1:
            raise Mixed(None)
    return rebuild(part, lambda child: _smooth(child, sign))


@lru_cache(maxsize=4096)
def _plain(part: Part) -> bool:
    """Whether nothing in ``part`` depends on a sign."""
    switch = isinstance(part, Where) or (isinstance(part, Call) and part.name in _SWITCHES)
    return not (switch or _is_root(part)) and all(map(_plain, children(part)))


def _side(u: Node, sign: Sign) -> int:
    side = sign(u)
    if side is None:
        # Perhaps a switch inside is to blame.
        u = smooth(u, sign)
        side = sign(u)
    if side is None:
        raise Mixed(u)
    return side


def _true(condition: Condition, sign: Sign) -> bool:
    blamed: list[Mixed] = []

    def truth(part: Condition) -> bool | None:
        if isinstance(part, Logic):
            return kleene(part.op, truth(part.left), truth(part.right))
        try:
            return _side(Bin("-", part.left, part.right), sign) in _SIDES[part.op]
        except Mixed as switch:
            blamed.append(switch)
            return None

    whole = truth(condition)
    if whole is None:
        raise blamed[0]
    return whole


def _is_root(part: Part) -> bool:
    if isinstance(part, Call):
        return part.name == "sqrt"
    fractional = isinstance(part, Bin) and part.op == "**" and isinstance(part.right, Num)
    return fractional and cast(Num, cast(Bin, part).right).value.denominator != 1


def _chosen(node: Call, sign: Sign) -> Part:
    best, *others = node.args
    for i, other in enumerate(others):
        largest = node.name == "max" or (node.name == "clip" and i == 0)
        if other != best and (_side(Bin("-", other, best), sign) > 0) == largest:
            best = other
    return _smooth(best, sign)


def outcomes(tree: Node, stretch: Stretch) -> list[tuple[Node, list[Node]]]:
    """Every expression that ``tree`` can be inside a gap but for isolated points, with what was undecided.

    Each undecided u is smooth on the gap, hence analytic, and not 0 at its lower end: its zeros are isolated.
    Raises NotConfirmed where that is not seen.
    """
    ball = on_ball(stretch.ball)
    ways: list[tuple[Node, list[Node]]] = []
    waiting: list[dict[Node, int]] = [{}]
    while waiting:
        assumed = waiting.pop()
        try:
            ways.append((smooth(tree, lambda u, a=assumed: a.get(u) or ball(u)), list(assumed)))  # type: ignore[misc]
        except Mixed as switch:
            u = switch.on
            if u is None or len(assumed) > 3 or not _isolated_zeros(u, stretch):
                raise NotConfirmed("what s is on a narrow gap between two pieces is not seen") from None
            waiting += [assumed | {u: 1}, assumed | {u: -1}]
    return ways


def _isolated_zeros(u: Node, gap: Stretch) -> bool:
    f = compile_link(u)
    return bool(f(gap.ball).is_finite()) and not f(gap.low).contains(0)


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
            inside = self._largest(stretch, power, k, t) * (stretch.high - stretch.low)
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

    def _largest(self, gap: Stretch, power: int, k: int, t: arb) -> arb:
        """The largest absolute value of the integrand on a gap."""
        value: arb = self._integrand(self.tree, power, k, t)(gap.ball)
        if not value.is_finite():
            # Perhaps for a case that holds at single points only, as in where(z != 0, sin(z)/z, 1).
            ways = [self._integrand(tree, power, k, t)(gap.ball) for tree, _ in outcomes(self.tree, gap)]
            value = reduce(arb.union, ways)
        if not value.is_finite():
            raise NotConfirmed(f"s is not enclosed on a narrow gap at z = {float(gap.low):.4g}")
        return abs(value).upper()

    def _cost(self, k: int) -> int:
        return nodes(self.tree) + k + 10

    def _integrand(self, tree: Node, power: int, k: int, t: arb):  # type: ignore[no-untyped-def]
        s = compile_link(tree)

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
