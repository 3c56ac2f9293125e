"""Where branches of a link meet: nothing is lost between them, continuity, and the sign of zeta_k.

Where two branches of a polynomial meet at a common zero of s' and He_k, the two terms of
N = sum_j He_k(z_j) phi(z_j)/|s'(z_j)| all but cancel. With r = He_k phi/s', which has no pole there, they are

    +-(r(z_2) - r(z_1)) = +-r'(x)(z_2 - z_1) for some x between,

plus at a minimum of s, minus at a maximum. In lowest terms r = (a/b) phi, r' = ((a' - z a) b - a b') phi/b^2.
"""

from collections.abc import Iterator, Sequence
from fractions import Fraction
from itertools import pairwise

from flint import arb, fmpq_poly

from ...link.build import call, combine
from ...link.tree import Call, Node, Num, Var, Where, walk
from ..lowering.arb import compile_arb, hermite
from ..lowering.functions import FUNCTIONS
from ..lowering.pieces import pieces, switching_functions
from ..lowering.removable import polynomial
from ..lowering.zeros import Unresolved
from ..precision import horner, narrowed, sign_of, working
from .branches import Branch
from .level_sets import Bin, LevelSets, Part
from .signal_ceiling import density_at, slope_of


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


#: The only functions of the link language with jumps.


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
        if any(
            piece.tree not in (one.tree, other.tree)
            for piece in inside
            if one is not other or piece.lower > 0
        ):
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
    return gap.degree() < 0 or any(
        _vanishes_between(gap.gcd(each), one.upper, other.lower) for each in _switching(sets.core)
    )


def _switching(tree: Node) -> Iterator[fmpq_poly]:
    switches = (polynomial(each) for each in switching_functions(tree))
    return (each for each in switches if each is not None and each.degree() > 0)


def _vanishes_between(common: fmpq_poly, low: arb, high: arb) -> bool:
    """Whether a polynomial has a zero between: a change of sign of its square-free part."""
    if common.degree() < 1:
        return False
    simple = common // common.gcd(common.derivative())
    return bool(at(simple, low) * at(simple, high) < 0)
