"""A link of finitely many levels: its values, their weights, and how often the weights change sign.

The signal of order k is the sum of w_v e^{tv} over the levels v, with w_v = E[He_k; s = v] for ``weight`` and
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

from ...link import NOISELESS
from ...link.tree import Call, Compare, Logic, Neg, Node, Num, is_constant, substitute, walk
from ...numerics.lowering.arb import compile_arb, hermite
from ...numerics.lowering.balls import Dual
from ...numerics.precision import working
from .arithmetic.exact import Exact, Unknown, equal, exact_hermite, exact_value
from .arithmetic.growth import Tail
from .arithmetic.pieces import Mixed, Stretch, outcomes, smooth, stretches
from .arithmetic.work import NotConfirmed, Work
from .format import Levels, Rejected
from .number import number
from .signal import Coefficient

_BITS, _RADIUS, _MOST = 200, 64, 100
#: Operations to compare two constants exactly.
_COMPARED = 100


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
    found: list[Node] = []
    for value in values:
        work.spend(_COMPARED * (1 + len(found)))
        if not is_constant(value):
            raise NotConfirmed("s is not constant between its jumps")
        if not any(equal(value, known) for known in found):
            found.append(value)
        if len(found) > _MOST:
            raise NotConfirmed(f"s has more than {_MOST} levels")
    balls = {value: compile_arb(value)(arb(0)) for value in found}
    found.sort(key=cmp_to_key(lambda v, w: 1 if balls[v] > balls[w] else -1))
    if not all(balls[v] < balls[w] for v, w in pairwise(found)):
        raise NotConfirmed("two levels of s are not told apart")
    return found


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
    return exact_hermite(k - 1, z) * (z * z * Exact.of(Fraction(-1, 2))).exponential()
