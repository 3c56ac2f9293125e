"""How often zeta_k dP_y and y zeta_k dP_y change sign, counted from the level sets of s.

On a bin that whole branches cross, zeta_k has the sign of

    N(y) = sum_j He_k(z_j) phi(z_j)/|s'(z_j)|,    N' = -sum_j (He_{k+1} + He_k s''/s') phi/(s' |s'|) at z_j,

the z_j being the preimages of y. A bin on which N keeps away from 0 has a sign; along a run of bins on which
N' keeps away from 0, N changes sign once at most, and does so if its sign differs before and after the run.
As E zeta_k = 0 and zeta_k is not 0, a count without any change of zeta_k is a fault and raises Unresolved.

Where two branches of a polynomial meet at a common zero of s' and He_k, two terms of N all but cancel. With r
= He_k phi/s', which has no pole there, they are

    +-(r(z_2) - r(z_1)) = +-r'(x)(z_2 - z_1) for some x between,

plus at a minimum of s, minus at a maximum. In lowest terms r = (a/b) phi, r' = ((a' - z a) b - a b') phi/b^2.
"""

from collections.abc import Iterator, Sequence
from fractions import Fraction
from itertools import groupby, pairwise
from typing import Literal, NamedTuple

from flint import arb, fmpq_poly

from ...link.build import call, combine, negate
from ...link.tree import Call, Node, Num, Var, Where, substitute, walk
from ..expectation.tail_growth import limits
from ..lowering.arb import compile_arb, hermite
from ..lowering.derivative import derivative
from ..lowering.functions import FUNCTIONS
from ..lowering.pieces import pieces, switching_functions
from ..lowering.removable import polynomial
from ..precision import Unresolved, horner, narrowed, sign_of, working
from ..work import remembered
from .branches import Branch, rising_tail, settled_beyond
from .level_sets import RADIUS, Bin, LevelSets, Part, level_sets
from .signal_ceiling import atom_signal, conditional_mean, density_at, slope_of


def folded(parts: Sequence[Part], k: int) -> int:
    """The sign of N over the parts, neighbours that meet in such a point taken together; 0 if not known."""
    total, found, waiting = arb(0), set[int](), list(parts)
    while waiting:
        part = waiting.pop(0)
        slope = _slope(part, waiting[0], k) if waiting else None
        if slope is None:
            term = hermite(k, part.hull) * density_at(part.hull) / abs(slope_of(part))
        else:
            # Above zero in truth, but the two hulls may touch.
            term = slope * (waiting.pop(0).hull - part.hull).nonnegative_part()
        total += term
        found.add(sign_of(term if slope is None else slope))
    return found.pop() if len(found) == 1 else sign_of(total)


def _slope(left: Part, right: Part, k: int) -> arb | None:
    """+-r' between the two, or None unless they meet where He_k and s' vanish together."""
    s, he = polynomial(left.branch.tree), polynomial(call("He", (Num(Fraction(k)), Var())))
    if s is None or he is None or left.branch.tree != right.branch.tree:
        return None
    if left.branch.direction * right.branch.direction >= 0:
        return None
    common = he.gcd(s.derivative())
    a, b = he // common, s.derivative() // common
    z = left.hull.union(right.hull)
    bottom = at(b, z)
    if bottom.contains(0):
        return None
    inner = (a.derivative() - fmpq_poly([0, 1]) * a) * b - a * b.derivative()
    return right.branch.direction * at(inner, z) * density_at(z) / bottom**2


def at(p: fmpq_poly, x: arb) -> arb:
    """p(x) by the mean value theorem on a ball, which a sum of powers would widen."""
    c, slope = p.coeffs(), horner(p.derivative().coeffs(), x)
    return narrowed(horner(c, x), horner(c, x.mid()), slope, x)


def require_closed(sets: LevelSets) -> None:
    """Raises Unresolved unless the gaps between branches hold one kink each, and values of thin bins only."""
    holding = [bin_ for bin_ in sets.bins if bin_.thin]
    first = sets.branches[0]
    # Left of 0 an even core has the mirror image of its first branch.
    gaps = [(first, first, -first.lower, first.lower)] if sets.half and first.lower > 0 else []
    gaps += [(one, other, one.upper, other.lower) for one, other in pairwise(sets.branches)]
    for one, other, low, high in gaps:
        place = f"near z = {float(low):.6g}"
        with working(5 * sets.bits):
            inside = pieces(sets.core, low, high, 4 * sets.bits)
        others = [piece for piece in inside if piece.tree not in (one.tree, other.tree)]
        if any(one is not other or piece.lower > 0 for piece in others):
            raise Unresolved(f"two kinks of the link are not told apart {place}")
        if not all(_held(branch, low.union(high), holding) for branch in (one, other)):
            raise Unresolved(f"the values of the link are not enclosed {place}")


def _held(branch: Branch, gap: arb, holding: Sequence[Bin]) -> bool:
    """Whether the values of the branch over the gap at one of its ends lie in one thin bin."""
    if not branch.direction:
        return True
    values = compile_arb(branch.tree)(gap)
    return any(bin_.low < values and values < bin_.high for bin_ in holding)


def continuous_at(sets: LevelSets, meeting: Sequence[Part]) -> bool:
    """Whether the link is proved continuous at the one place where the branches of ``meeting`` end."""
    if not any(
        isinstance(p, Where) or (isinstance(p, Call) and FUNCTIONS[p.name].jumps) for p in walk(sets.core)
    ):
        return True
    ends = [
        (one, other)
        for one, other in pairwise(sets.branches)
        if any(p.branch in (one, other) and p.hull.overlaps(one.upper.union(other.lower)) for p in meeting)
    ]
    return all(_joined(sets, one, other) for one, other in ends)


def _joined(sets: LevelSets, one: Branch, other: Branch) -> bool:
    """Whether two neighbouring branches have the same limit at the kink between them.

    Polynomials have it when their difference and the switching function share the zero in the gap.
    """
    if one.tree == other.tree:
        return True
    gap = polynomial(combine("-", one.tree, other.tree))
    if gap is None:
        return False
    switches = filter(None, map(polynomial, switching_functions(sets.core)))
    return gap.degree() < 0 or any(
        _vanishes_between(gap.gcd(each), one.upper, other.lower) for each in switches
    )


def _vanishes_between(common: fmpq_poly, low: arb, high: arb) -> bool:
    """Whether a polynomial has a zero between: a change of sign of its square-free part."""
    if common.degree() < 1:
        return False
    simple = common // common.gcd(common.derivative())
    return bool(at(simple, low) * at(simple, high) < 0)


_HALVINGS = 12
#: Wider than the gap between two branches: how far a part is stretched to reach the point where they meet.
_STRETCH = arb(2) ** -90


class Changes(NamedTuple):
    """At most so many sign changes of y zeta_k dP_y and of zeta_k dP_y, as a rule exactly as many."""

    label: int
    weight: int


class _Step(NamedTuple):
    """On one stretch of y: the sign of zeta_k, or (sign 0) that N is monotone; the sign of y, or 0."""

    sign: int
    rises: int
    of_y: int
    atom: bool = False


@remembered(256)
def sign_changes(tree: Node, k: int, parity: Literal["odd", "even"] | None) -> Changes:
    """Both counts for the noiseless label, k >= 1.

    parity: what is proved of s and of its core. For odd ones (and odd k) y > 0 is counted and doubled, for an
    even core z > 0 stands for both signs. Raises Unresolved where a sign, a branch or a tail is not settled.
    """
    if parity == "odd" and k % 2 == 0:
        raise Unresolved("zeta_k of an odd link is even in y for even k")
    if 4 * k >= RADIUS**2:
        # The zeros of He_k lie within 2 sqrt(k).
        raise Unresolved(f"He_{k} may change sign beyond |z| = {RADIUS}")
    sets = level_sets(tree, half=parity == "even")
    with working(sets.bits):
        require_closed(sets)
        moving = _moving(sets)
        _require_tails(sets, moving)
        signs = _settled(list(_Counter(tree, k, sets, parity == "odd").steps()))
        weight = _changes([sign for sign, _ in signs])
        if not weight and parity != "odd":
            raise Unresolved(f"no change of sign of zeta_{k} is seen, though its mean is 0")
        if parity == "odd":
            # zeta_k is odd in y, and y zeta_k even: nothing changes at y = 0 but zeta_k itself.
            return Changes(2 * weight, 2 * weight + 1)
        for end in moving:
            signs = _with_tail(tree, end, signs)
        return Changes(_changes(_times_y(signs)), weight)


class _End(NamedTuple):
    """A branch that goes on beyond RADIUS, on the right or the left, with the core rising outwards or not."""

    branch: Branch
    right: bool
    rises: bool


def _moving(sets: LevelSets) -> list[_End]:
    first, last = sets.branches[0], sets.branches[-1]
    ends = [] if sets.half else [_End(first, right=False, rises=first.direction < 0)]
    ends.append(_End(last, right=True, rises=last.direction > 0))
    return [end for end in ends if end.branch.direction]


def _with_tail(tree: Node, end: _End, signs: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """The signs with those far out: zeta_k keeps the sign that it has at that end, y may still pass 0."""
    zeta, of_y = signs[-1 if end.rises else 0]
    if {of_y} != {each for _, each in signs}:
        # y changes sign once at most, and does so on the bins.
        return signs
    least, most = limits(tree if end.right else substitute(tree, negate(Var())), arb(RADIUS))
    stays = (least is not None and least >= 0) if of_y > 0 else (most is not None and most <= 0)
    if stays:
        return signs
    return [*signs, (zeta, -of_y)] if end.rises else [(zeta, -of_y), *signs]


def _require_tails(sets: LevelSets, moving: list[_End]) -> None:
    """Raises Unresolved unless what lies beyond the bins is monotone and meets no other value of the link."""
    rising = all(rising_tail(e.branch.tree, RADIUS if e.right else -RADIUS) for e in moving)
    if not settled_beyond(sets.core, RADIUS) or not rising:
        raise Unresolved(f"the link is not shown to be monotone beyond |z| = {RADIUS}")
    if len({end.rises for end in moving}) < len(moving):
        raise Unresolved("both tails of the link have the same limit")
    for own, _, rises in moving:
        for other in sets.branches:
            if other is not own and not (other.top < own.top if rises else other.bottom > own.bottom):
                raise Unresolved("a tail of the link runs through values that it takes elsewhere")


def _settled(steps: list[_Step]) -> list[tuple[int, int]]:
    """The signs of zeta_k and of y in order, each run of monotone steps replaced by what it may pass through.

    Where the sign of the density is not known on one side of a run, a change inside it is counted.
    """
    runs = [list(group) for _, group in groupby(steps, key=lambda step: (step.sign, step.rises, step.atom))]
    found: list[tuple[int, int]] = []
    for index, run in enumerate(runs):
        if run[0].sign:
            found += [(step.sign, step.of_y) for step in run]
            continue
        before = _density(runs[index - 1]) if index else 0
        after = _density(runs[index + 1]) if index + 1 < len(runs) else 0
        if not (before or after) or len({step.of_y for step in run}) > 1 or not run[0].of_y:
            raise Unresolved("where zeta_k may change sign, neither its sign around nor that of y is known")
        found += [(before or -after, run[0].of_y), (after or -before, run[0].of_y)]
    return found


def _density(run: list[_Step]) -> int:
    return 0 if run[0].atom else run[0].sign


def _times_y(signs: list[tuple[int, int]]) -> list[int]:
    """The signs of y zeta_k; y is monotone in the core's value, and changes sign where it stands as 0."""
    found: list[int] = []
    known = [of_y for _, of_y in signs]
    for of_y, group in groupby(enumerate(signs), key=lambda item: item[1][1]):
        members = list(group)
        zeta = {sign for _, (sign, _) in members}
        if of_y:
            found += [sign * of_y for _, (sign, _) in members]
            continue
        first, last = members[0][0], members[-1][0]
        before = known[first - 1] if first else -known[last + 1] if last + 1 < len(known) else 1
        after = known[last + 1] if last + 1 < len(known) else -before
        if len(zeta) > 1:
            raise Unresolved("y and zeta_k may both change sign on one stretch")
        found += [members[0][1][0] * side for side in (before, after)]
    return found


def _changes(signs: list[int]) -> int:
    kept = [sign for sign in signs if sign]
    return sum(a != b for a, b in pairwise(kept))


class _Counter:
    """Walks the bins of one link in the order of the core's values."""

    def __init__(self, tree: Node, k: int, sets: LevelSets, odd: bool) -> None:
        self.link, self.k, self.sets, self.odd = compile_arb(tree), k, sets, odd

    def steps(self) -> Iterator[_Step]:
        bins = [bin_ for bin_ in self.sets.bins if not self.odd or bin_.high > 0]
        above: list[_Step] = []
        for bin_ in bins:
            # An atom stands between what its thin bin holds below and above its value.
            if bin_.atom and not (self.odd and bin_.low.contains(0)):
                yield self._atom(bin_)
            yield from above
            above = []
            if bin_.thin and not bin_.atom:
                below, above = self._thin(bin_)
                yield from below
            elif not bin_.atom:
                yield from self._crossed(bin_, _HALVINGS)
        yield from above

    def _atom(self, bin_: Bin) -> _Step:
        step = _Step(sign_of(atom_signal(bin_, self.k, self.sets)), 0, self._of_y(bin_), atom=True)
        if not step.sign:
            raise Unresolved("the sign of zeta_k at an atom is not settled")
        return step

    def _crossed(self, bin_: Bin, halvings: int) -> Iterator[_Step]:
        mean = conditional_mean(bin_.parts, self.k)
        sign = sign_of(mean) or folded(bin_.parts, self.k)
        if sign:
            yield _Step(sign, 0, self._of_y(bin_))
            return
        slope = self._slope(bin_)
        if slope.is_finite() and not slope.contains(0):
            rises = sign_of(slope)
            # For odd s, N is odd: right of its zero at y = 0 it has the sign of its slope.
            centre = self.odd and bin_.low <= 0
            ends = {sign_of(conditional_mean(_at_edge(bin_, up), self.k)) for up in (False, True)}
            if len(ends) == 1 and 0 not in ends:
                yield _Step(ends.pop(), 0, self._of_y(bin_))
                return
            yield _Step(rises, 0, 1) if centre else _Step(0, rises, self._of_y(bin_))
            return
        if not halvings:
            raise Unresolved(f"the sign of zeta_{self.k} is not settled near y = {float(bin_.low):.6g}")
        for half in bin_.halves():
            if not self.odd or half.high > 0:
                yield from self._crossed(half, halvings - 1)

    def _slope(self, bin_: Bin) -> arb:
        """N' over the bin."""
        total = arb(0)
        for part in bin_.parts:
            x, first = part.hull, derivative(part.branch.tree)
            slope, bend = compile_arb(first)(x), compile_arb(derivative(first))(x)
            inner = hermite(self.k + 1, x) + hermite(self.k, x) * bend / slope
            total -= inner * density_at(x) / (slope * abs(slope))
        return total

    def _thin(self, bin_: Bin) -> tuple[list[_Step], list[_Step]]:
        """Below and above the one value at which branches meet; or one sign, if He_k has it on every part."""
        parts = [Part(p.branch, p.left - _STRETCH, p.right + _STRETCH) for p in bin_.parts]
        values = [hermite(self.k, part.hull) for part in parts]
        for sign in (1, -1):
            if all(sign * value > 0 for value in values):
                step = _Step(sign, 0, self._of_y(bin_))
                return [step], [step]
        # Below the value the branches that start there are missing, above it those that end there.
        starting, ending = ([p for p in parts if _ends_inside(p.branch, bin_, up)] for up in (False, True))
        meeting = [*starting, *ending]
        whole = any(part in ending for part in starting)
        if whole or any(not a.hull.overlaps(b.hull) for a, b in pairwise(meeting)):
            raise Unresolved(f"two critical values of the link lie near {float(bin_.low):.6g}")
        passing = [part for part in parts if part not in meeting]
        below = self._at_ends([*passing, *ending], bin_)
        above = self._at_ends([*passing, *starting], bin_)
        if continuous_at(self.sets, meeting):
            return below, above
        # Between the values on the two sides of a jump any of the branches that end there may be present.
        chosen = [[*passing, *some] for some in ([], *([p] for p in meeting), meeting)]
        between = [step for each in chosen for step in self._at_ends(each, bin_)]
        return [*below, *between], [*between, *above]

    def _at_ends(self, present: list[Part], bin_: Bin) -> list[_Step]:
        return [self._at_end(tuple(present), self._of_y(bin_))] if present else []

    def _at_end(self, present: tuple[Part, ...], of_y: int) -> _Step:
        """One side of a critical value; a single part that starts at a zero of He_k has He_k's own change."""
        if len(present) == 1 and not hermite(self.k - 1, present[0].hull).contains(0):
            mean = hermite(self.k, present[0].hull)
            return _Step(sign_of(mean), 0 if sign_of(mean) else 2, of_y)
        sign = sign_of(conditional_mean(present, self.k)) or folded(present, self.k)
        if not sign:
            raise Unresolved("the sign of zeta_k at a critical value is not settled")
        return _Step(sign, 0, of_y)

    def _of_y(self, bin_: Bin) -> int:
        """The sign of y on the bin, 0 where it may change."""
        if self.odd:
            return 1
        part = bin_.parts[0]
        return sign_of(self.link(part.left).union(self.link(part.right)))


def _at_edge(bin_: Bin, up: bool) -> tuple[Part, ...]:
    """The preimages of the upper or the lower edge of a bin that whole branches cross."""
    points = [(p.branch, p.right if (p.branch.direction > 0) == up else p.left) for p in bin_.parts]
    return tuple(Part(branch, point, point) for branch, point in points)


def _ends_inside(branch: Branch, bin_: Bin, up: bool) -> bool:
    """Whether the branch has its top (bottom) inside the bin, at a point where it really ends."""
    value, side = (branch.top, branch.direction) if up else (branch.bottom, -branch.direction)
    end = branch.upper if side > 0 else branch.lower
    return bool(value > bin_.low and value < bin_.high and abs(end) < RADIUS)
