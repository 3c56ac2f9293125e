"""Exact facts of polynomials and of links with finitely many levels: which quantities are 0, and why.

For levels v the signal of order k is the sum of w_v e^{tv}, with w_v = E[He_k; s = v] for ``weight`` and
v E[He_k; s = v] for ``label``. Lemma 3 of docs/certificates.md: it has no more real zeros in t, counted with
multiplicity, than the w_v change sign in the order of v. Lemma 4: it has no more zeros t > 0 than the sums of
the w_v from the largest v on change sign.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import cmp_to_key
from itertools import accumulate, pairwise

from flint import arb

from ...link import NOISELESS, Noise
from ...link.tree import Bin, Call, Compare, Const, Logic, Neg, Node, Num, Var, is_constant, substitute, walk
from ...numerics.lowering.arb import compile_arb, hermite
from ...numerics.lowering.balls import Dual
from ...numerics.precision import working
from .exact import Exact, NotConfirmed, Unknown, Work, equal, exact_value
from .format import Levels, Rejected
from .growth import Tail
from .integral import Mixed, Stretch, outcomes, smooth, stretches
from .signal import Coefficient, number

_BITS, _RADIUS, _MOST = 200, 64, 100
#: Operations to compare two constants exactly.
_COMPARED = 100
#: No polynomial of a higher degree is multiplied out.
_DEGREE = 60
Poly = list[Exact]
_ZERO, _ONE = Exact({}), Exact.of(1)


@dataclass(frozen=True, slots=True)
class Piece:
    """s has one level on (low, high); exact_low, exact_high: the finite ends where they are known."""

    level: int
    low: arb
    high: arb
    exact_low: Exact | None
    exact_high: Exact | None


@dataclass(frozen=True, slots=True)
class Steps:
    """The levels of s, strictly increasing, and the pieces of the line; the gaps have no others."""

    levels: list[Node]
    pieces: list[Piece]
    gaps: list[Stretch]

    def weights(self, k: int) -> list[arb]:
        """E[He_k; s = v] for every level v, from -He_{k-1} phi, whose derivative is He_k phi."""
        slack = sum((abs(hermite(k, gap.ball)).upper() * (gap.high - gap.low) for gap in self.gaps), arb(0))
        total = [arb(0, slack)] * len(self.levels)
        for piece in self.pieces:
            total[piece.level] += _primitive(k, piece.low) - _primitive(k, piece.high)
        return total

    def exact_weights(self, k: int) -> list[tuple[Exact, Exact]]:
        """(v, sqrt(2 pi) E[He_k; s = v]) for every level. Raises Unknown."""
        total = [Exact({})] * len(self.levels)
        for piece in self.pieces:
            ends = ((piece.low, piece.exact_low, 1), (piece.high, piece.exact_high, -1))
            for end, cut, sign in ends:
                if end.is_finite() and cut is None:
                    raise Unknown
                if cut is not None:
                    total[piece.level] += Exact.of(sign) * _exact_primitive(k, cut)
        return [(exact_value(v), w) for v, w in zip(self.levels, total, strict=True)]


def most_zeros(steps: Steps, signal: Coefficient, power: int, stated: Levels) -> int:
    """How many zeros t > 0 there may be, where the signal has a zero at t = 0 as the witness ``power`` says.

    Raises Rejected where the levels are wrong, or no sign is seen.
    """
    kind, k = signal.kind, signal.k
    if kind == "centered" or signal.noise != NOISELESS:
        raise Rejected("levels settle the label signal without noise and the weight signal alone")
    same_count = len(stated.texts) == len(steps.levels)
    if not same_count or not all(map(equal, (number(text).node for text in stated.texts), steps.levels)):
        raise Rejected("the stated levels are not shown to be the values of s in increasing order")
    with working(_BITS):
        values = [compile_arb(v)(arb(0)) for v in steps.levels]
        weights = [w if kind == "weight" else v * w for v, w in zip(values, steps.weights(k), strict=True)]
        at_zero = power if kind == "weight" else power - 1
        sums = list(accumulate(reversed(weights)))
        if at_zero:
            # The sum of all is h_k(0) = 0, or E[s He_k], which is 0 below the witness.
            sums.pop()
        counts = [
            changes - zeros
            for each, zeros in ((weights, at_zero), (sums, 0))
            if (changes := _changes(each)) is not None
        ]
        if not counts:
            raise Rejected("the sign of the weight of a level is not seen")
        return min(counts)


def _changes(weights: list[arb]) -> int | None:
    """How often the sign changes; None where one is not seen."""
    if not all(w > 0 or w < 0 or w.is_zero() for w in weights):
        return None
    signs = [bool(w > 0) for w in weights if not w.is_zero()]
    return sum(a != b for a, b in pairwise(signs))


def steps_of(tree: Node, work: Work) -> Steps:
    """Raises NotConfirmed unless s is shown to take finitely many values that are told apart."""
    with working(_BITS):
        ends = [_far(tree, side) for side in (-1, 1)]
        line = stretches((tree,), _RADIUS, _BITS - 40, work)
        gaps = [stretch for stretch in line if stretch.trees is None]
        runs = [(s.low, s.high, s.trees[0]) for s in line if s.trees is not None]
        runs.insert(0, (arb.neg_inf(), arb(-_RADIUS), ends[0]))
        runs.append((arb(_RADIUS), arb.pos_inf(), ends[1]))
        levels = _distinct(list(dict.fromkeys(value for _, _, value in runs)), work)
        places: dict[Node, int] = {}
        candidates = [(node, compile_arb(node)(arb(0))) for node in _candidates(tree)]
        cuts = {}
        for gap in gaps:
            cuts[_key(gap.low)] = cuts[_key(gap.high)] = _cut(tree, gap, levels, candidates, work)
        pieces: list[Piece] = []
        for low, high, value in runs:
            level = places[value] if value in places else places.setdefault(value, _place(value, levels))
            if pieces and pieces[-1].level == level and pieces[-1].high.overlaps(low):
                pieces[-1] = replace(pieces[-1], high=high, exact_high=cuts.get(_key(high)))
            else:
                pieces.append(Piece(level, low, high, cuts.get(_key(low)), cuts.get(_key(high))))
        return Steps(levels, pieces, gaps)


def _key(end: arb) -> str:
    return str(end.man_exp()) if end.is_finite() else ""


def _distinct(values: list[Node], work: Work) -> list[Node]:
    levels: list[Node] = []
    for value in values:
        work.spend(_COMPARED * (1 + len(levels)))
        if not is_constant(value):
            raise NotConfirmed("s is not constant between its jumps")
        if not any(equal(value, known) for known in levels):
            levels.append(value)
        if len(levels) > _MOST:
            raise NotConfirmed(f"s has more than {_MOST} levels")
    balls = {value: compile_arb(value)(arb(0)) for value in levels}
    levels.sort(key=cmp_to_key(lambda v, w: 1 if balls[v] > balls[w] else -1))
    if not all(balls[v] < balls[w] for v, w in pairwise(levels)):
        raise NotConfirmed("two levels of s are not told apart")
    return levels


def _place(value: Node, levels: list[Node]) -> int:
    place = next((i for i, level in enumerate(levels) if equal(value, level)), None)
    if place is None:
        raise NotConfirmed("between two pieces s may have a level of its own")
    return place


def _far(tree: Node, side: int) -> Node:
    tail = Tail(side, arb(_RADIUS))
    try:
        return smooth(tree, lambda node: tail.sign(tail.of(node)))
    except Mixed:
        raise NotConfirmed("s is not seen to be constant far out") from None


def _cut(
    tree: Node, gap: Stretch, levels: list[Node], candidates: list[tuple[Node, arb]], work: Work
) -> Exact | None:
    """Where s jumps in the gap, if that is one point known exactly. Raises NotConfirmed at a hidden level."""
    switches: set[Node] = set()
    work.spend(_COMPARED * len(levels) + len(candidates))
    for value, undecided in outcomes(tree, gap):
        if not is_constant(value):
            raise NotConfirmed("s is not constant between its jumps")
        _place(value, levels)
        switches.update(undecided)
    for candidate, ball in candidates:
        if gap.ball.overlaps(ball) and all(_only_zero(u, candidate, gap) for u in switches):
            return exact_value(candidate)
    return None


def _candidates(tree: Node) -> Iterator[Node]:
    """0, and the constants of the expression and their roots, with both signs."""
    constants = dict.fromkeys(
        part for part in walk(tree) if not isinstance(part, (Compare, Logic)) and is_constant(part)
    )
    for value in (Num(Fraction(0)), *constants):
        sizes: tuple[Node, Node] = (value, Call("sqrt", (value,)))
        for size in sizes:
            yield from (size, Neg(size))


def _only_zero(u: Node, candidate: Node, gap: Stretch) -> bool:
    """Whether u is exactly 0 at the candidate, and nowhere else in the gap as its slope is not 0."""
    slope = compile_arb(u)(Dual(gap.ball, arb(1))).slope
    try:
        return (slope > 0 or slope < 0) and exact_value(substitute(u, candidate)).is_zero
    except Unknown:
        return False


def _primitive(k: int, z: arb) -> arb:
    return hermite(k - 1, z) * (-z * z / 2).exp() / (2 * arb.pi()).sqrt() if z.is_finite() else arb(0)


def _exact_primitive(k: int, z: Exact) -> Exact:
    return _hermite(k - 1, [z])[0] * (z * z * Exact.of(Fraction(-1, 2))).exponential()


def polynomial(node: Node) -> Poly:
    """The coefficients, from the constant on. Raises Unknown."""
    if is_constant(node):
        return [exact_value(node)]
    if isinstance(node, Var):
        return [_ZERO, _ONE]
    if isinstance(node, Neg):
        return _times([-_ONE], polynomial(node.arg))
    if isinstance(node, Call) and node.name == "He" and isinstance(node.args[0], Num):
        return _hermite(int(node.args[0].value), polynomial(node.args[1]))
    if not isinstance(node, Bin):
        raise Unknown
    left = polynomial(node.left)
    if node.op == "**":
        if not isinstance(node.right, Num) or node.right.value.denominator > 1 or node.right.value < 0:
            raise Unknown
        return _raised(left, int(node.right.value))
    if node.op == "/":
        if not is_constant(node.right):
            raise Unknown
        return _times(left, [exact_value(node.right).power(-1)])
    right = polynomial(node.right)
    if node.op == "*":
        return _times(left, right)
    return plus(left, right if node.op == "+" else _times([-_ONE], right))


def plus(p: Poly, q: Poly) -> Poly:
    length = max(len(p), len(q))
    p, q = p + [_ZERO] * (length - len(p)), q + [_ZERO] * (length - len(q))
    total = [a + b for a, b in zip(p, q, strict=True)]
    while len(total) > 1 and total[-1].is_zero:
        total.pop()
    return total


def _times(p: Poly, q: Poly) -> Poly:
    if len(p) + len(q) > _DEGREE:
        raise Unknown
    result = [_ZERO] * (len(p) + len(q) - 1)
    for i, a in enumerate(p):
        for j, b in enumerate(q):
            result[i + j] += a * b
    return result


def _raised(p: Poly, power: int) -> Poly:
    result = [_ONE]
    for _ in range(power):
        result = _times(result, p)
    return result


def _hermite(order: int, p: Poly) -> Poly:
    before, current = [_ONE], p
    for j in range(1, order):
        before, current = current, plus(_times(p, current), _times([Exact.of(-j)], before))
    return current if order else before


@dataclass(frozen=True, slots=True)
class Closed:
    """The polynomial or the steps that s is, where it is one of them."""

    polynomial: Poly | None
    steps: Steps | None

    @classmethod
    def of(cls, tree: Node, work: Work) -> Closed:
        try:
            return cls(polynomial(tree), None)
        except Unknown:
            pass
        try:
            return cls(None, steps_of(tree, work))
        except NotConfirmed:
            return cls(None, None)

    def moment(self, power: int, k: int) -> Exact:
        """E[s^power He_k], power >= 1. Raises Unknown."""
        if self.polynomial is not None:
            product = _times(_raised(self.polynomial, power), _hermite(k, [_ZERO, _ONE]))
            total, moment = _ZERO, Fraction(1)
            for n in range(0, len(product), 2):
                total += product[n] * Exact.of(moment)
                moment *= n + 1
            return total
        root = exact_value(Const("pi")) * Exact.of(2)
        return self._summed(k, lambda v: v.power(power)) * root.power(Fraction(-1, 2))

    def carries_no(self, k: int) -> bool:
        """Whether E[He_k | s] = 0 is shown: every level has the weight 0."""
        try:
            return self.steps is not None and all(w.is_zero for _, w in self.steps.exact_weights(k))
        except Unknown:
            return False

    def signal(self, k: int, kind: str, noise: Noise, t: Exact) -> Exact:
        """A positive multiple of the signal of order k at t. Raises Unknown."""
        if self.polynomial is not None:
            return self._of_parabola(k, kind, noise, t)
        if kind == "weight":
            return self._summed(k, lambda v: (v * t).exponential())
        if kind == "centered" or noise.kind != "none":
            raise Unknown
        return self._summed(k, lambda v: v * (v * t).exponential())

    def _summed(self, k: int, f) -> Exact:  # type: ignore[no-untyped-def]
        if self.steps is None:
            raise Unknown
        total = _ZERO
        for v, w in self.steps.exact_weights(k):
            total += Exact({}) if w.is_zero else f(v) * w
        return total

    def _of_parabola(self, k: int, kind: str, noise: Noise, t: Exact) -> Exact:
        """s = a z^2 + b z + c: under the tilt Z has the variance 1/(1 - 2at) and the mean bt/(1 - 2at)."""
        assert self.polynomial is not None
        if len(self.polynomial) > 3 or noise.kind not in ("none", "gaussian"):
            raise Unknown
        c, b, a = [*self.polynomial, _ZERO, _ZERO][:3]
        two = Exact.of(2)
        variance = (_ONE - two * a * t).power(-1)
        mean, excess = b * t * variance, variance - _ONE
        growth = two * a * variance * variance
        drift = b * variance + b * t * growth
        # g_j = E He_j under the tilt, and its derivative in t.
        g = [_ONE, mean]
        for j in range(1, k):
            g.append(mean * g[j] + Exact.of(j) * excess * g[j - 1])
        slope = Exact.of(k) * drift * g[k - 1]
        if k > 1:
            slope += Exact.of(Fraction(k * (k - 1), 2)) * growth * g[k - 2]
        if kind == "weight":
            return g[k]
        if kind == "centered":
            return slope
        value = c + a * (variance + mean * mean) + b * mean
        if noise.kind == "gaussian":
            value += Exact.of(noise.scale**2) * t
        return value * g[k] + slope
