"""lambda_k^2 = E zeta_k^2/k!, zeta_k = E[He_k(Z) | y]: the most that any transformation of y carries of He_k.

With y cut into bins, the sum over bins of E[He_k; bin]^2/P(bin) is what the bins alone carry: a lower bound
(Jensen). The rest is the spread of zeta inside the bins, at most P(bin) times a quarter of its squared range
(Popoviciu). Both errors are of second order in the width of the bins.

Of a Poisson label of rate s it is a sum over the counts: P(y = n) = E[s^n e^{-s}]/n!, and
zeta_k(n) = E[s^n e^{-s} He_k]/E[s^n e^{-s}]. By Jensen's inequality what counts beyond N carry is at most
E[He_k^2; y > N] = k! - sum over n <= N of E[He_k^2 s^n e^{-s}]/n!.
"""

from collections.abc import Callable
from fractions import Fraction
from functools import lru_cache, reduce
from itertools import accumulate
from math import comb, factorial
from typing import NamedTuple

from flint import arb

from ...link.build import combine, negate
from ...link.tree import Node, Num
from ..expectation.oracle import oracle
from ..lowering.arb import compile_arb, hermite
from ..lowering.balls import Function
from ..lowering.derivative import derivative
from ..precision import bits_for, narrowed, working
from ..work import Exhausted, allowance, remembered, spend
from .level_sets import BITS, Bin, LevelSets, Part, Weighted, level_sets, mixed_level_sets

#: Edges of bins to a unit of z; more of them, whether also at the ends of branches, as where s turns many
#: preimages mix, and the relative width at which these are not tried.
_PER_UNIT, _MORE = 32, ((64, False, 5e-4), (256, True, 0.05))
#: The work that one answer may take, several seconds, and that of one part of a bin.
_WORK, _PART = 3e6, 20


@remembered(256)
def best_signal(tree: Node, k: int) -> arb:
    """An enclosure of lambda_k^2 of the noiseless label in [0, 1], k >= 1, to three or more digits as a rule.

    Raises Unresolved where the monotone branches of s are not isolated, or are too many.
    """
    return _by_bins(lambda per_unit, closer: level_sets(tree, per_unit, closer=closer), k)


@remembered(64)
def two_shift_ceiling(tree: Node, shift: Fraction, k: int) -> arb:
    """The same of y = s + e with e = shift or -shift, each with probability 1/2."""
    half = Fraction(1, 2)
    return _of_mixture(((combine("+", tree, Num(shift)), half), (combine("-", tree, Num(shift)), half)), k)


@remembered(64)
def flipped_ceiling(tree: Node, chance: Fraction, k: int) -> arb:
    """The same of y = s, and y = -s with probability ``chance``."""
    return _of_mixture(((tree, 1 - chance), (negate(tree), chance)), k)


def _of_mixture(functions: Weighted, k: int) -> arb:
    return _by_bins(lambda per_unit, closer: mixed_level_sets(functions, per_unit, closer=closer), k)


def _by_bins(sets: Callable[[int, bool], LevelSets], k: int) -> arb:
    with allowance(_WORK):
        found = _enclosed(sets(_PER_UNIT, False), k)
        for per_unit, closer, enough in _MORE:
            if found.rad() < enough * found.mid():
                break
            try:
                found = _enclosed(sets(per_unit, closer), k)
            except Exhausted:
                # What fewer edges show stays true.
                break
    return found


def _enclosed(sets: LevelSets, k: int) -> arb:
    # Before the first of them: of sin(z**3) 600 branches meet 1,000 bins, for the better part of a minute.
    spend(_PART * sum(len(bin_.parts) for bin_ in sets.bins))
    with working(BITS):
        lower, upper = arb(0), arb(0)
        left_out = _left_out(sets, k)
        for bin_, (mass, signal, squares) in zip(sets.bins, _held(sets, k), strict=True):
            certain = (abs(signal) - left_out.signal).nonnegative_part()
            if not bin_.thin and mass > 0:
                lower += (certain * certain / (mass + left_out.mass)).lower()
            upper += _most(bin_, k, mass, signal, squares)
        total = lower.lower().union((upper + left_out.square).upper())
        return total / factorial(k)


class _LeftOut(NamedTuple):
    """P, E[|He_k|] and E[He_k^2] of what no bin covers: the tails, and the gaps between branches; at most."""

    mass: arb
    signal: arb
    square: arb


@lru_cache(maxsize=8)
def _left_out(sets: LevelSets, k: int) -> _LeftOut:
    held = _held(sets, k)
    whole = arb(1) / 2 if sets.half else arb(1)
    mass = (whole - sum((m for m, _, _ in held), arb(0))).abs_upper()
    square = (factorial(k) * whole - sum((q for _, _, q in held), arb(0))).abs_upper()
    # Cauchy and Schwarz.
    return _LeftOut(mass, (mass * square).sqrt(), square)


def atom_signal(bin_: Bin, k: int, sets: LevelSets) -> arb:
    """E[He_k; y = v] for an atom v of the label, one of the bins of ``sets``."""
    return _masses(bin_, lambda x: antiderivatives(x, k))[1] + arb(0, _left_out(sets, k).signal.upper())


@lru_cache(maxsize=4)
def _held(sets: LevelSets, k: int) -> list[tuple[arb, arb, arb]]:
    """``_masses`` of every bin; the end of a part is the start of the next, and asked once."""
    known: dict[int, tuple[arb, arb, arb]] = {}

    def at(x: arb) -> tuple[arb, arb, arb]:
        # By identity, as the sets keep their points meanwhile.
        if id(x) not in known:
            known[id(x)] = antiderivatives(x, k)
        return known[id(x)]

    return [_masses(bin_, at) for bin_ in sets.bins]


def _masses(bin_: Bin, at: Callable[[arb], tuple[arb, arb, arb]]) -> tuple[arb, arb, arb]:
    """P(bin), E[He_k; bin] and E[He_k^2; bin], by their antiderivatives against phi."""
    mass, signal, square = arb(0), arb(0), arb(0)
    for part in bin_.parts:
        (f0, f1, f2), (g0, g1, g2), w = at(part.left), at(part.right), part.branch.weight
        mass, signal, square = mass + w * (g0 - f0), signal + w * (g1 - f1), square + w * (g2 - f2)
    return mass, signal, square


def antiderivatives(x: arb, k: int) -> tuple[arb, arb, arb]:
    """Of phi, He_k phi and He_k^2 phi.

    (-He_{n-1} phi)' = He_n phi, and He_k^2 = sum_j j! C(k, j)^2 He_{2k-2j}.
    """
    density = density_at(x)
    below = (-x / arb(2).sqrt()).erfc() / 2
    square = factorial(k) * below
    for j in range(k):
        square -= factorial(j) * comb(k, j) ** 2 * hermite(2 * k - 2 * j - 1, x) * density
    return below, -hermite(k - 1, x) * density, square


def density_at(x: arb) -> arb:
    return (-x * x / 2).exp() / (2 * arb.pi()).sqrt()


def _most(bin_: Bin, k: int, mass: arb, signal: arb, squares: arb) -> arb:
    """An upper bound of E[zeta^2; bin]."""
    if len(bin_.parts) == 1 and not bin_.atom:
        return squares.upper()
    if bin_.thin or not mass > 0:
        return squares.nonnegative_part().upper()
    mean = signal * signal / mass
    if bin_.atom:
        return mean.upper()
    spread = conditional_mean(bin_.parts, k)
    if not spread.is_finite():
        return squares.upper()
    return (mean + mass * spread.rad() ** 2).min(squares).upper()


def conditional_mean(parts: tuple[Part, ...], k: int) -> arb:
    """An enclosure of zeta_k over a bin: the mean of He_k over the parts, weighted by w phi/|s'|.

    Parts on which s' is not shown to be nonzero run into a critical point, where their weight has no bound:
    they are taken together. Every other part counts by its weight relative to the heaviest.
    """
    values = [_hermite_over(k, part) for part in parts]
    slopes = [abs(slope_of(part)) for part in parts]
    densities = [part.branch.weight * density_at(part.hull) for part in parts]
    weights = [density / slope for density, slope in zip(densities, slopes, strict=True)]
    critical = [i for i, slope in enumerate(slopes) if slope.contains(0)]
    if critical:
        first = critical[0]
        value = reduce(arb.union, (values[i] for i in critical))
        ratio = slopes[first].abs_upper() / densities[first]
        rest = [i for i in range(len(parts)) if i not in critical]
        relative = [arb(0).union((weights[i] * ratio).abs_upper()) for i in rest]
    else:
        first = max(range(len(parts)), key=lambda i: float(weights[i].mid()))
        value = values[first]
        rest = [i for i in range(len(parts)) if i != first]
        relative = [weights[i] / weights[first] for i in rest]
    # Sums of what stands before and behind: the whole less one of them would be wider.
    before = accumulate(relative, initial=arb(1))
    behind = [*accumulate(reversed(relative), initial=arb(0))][-2::-1]
    total = value
    for i, r, first_ones, last_ones in zip(rest, relative, before, behind, strict=False):
        total += _share(r, first_ones + last_ones) * (values[i] - value)
    return total


def _hermite_over(k: int, part: Part) -> arb:
    """He_k over a part, by the mean value theorem: He_k' = k He_{k-1}."""
    over = part.hull
    return narrowed(hermite(k, over), hermite(k, over.mid()), k * hermite(k - 1, over), over)


def _share(r: arb, others: arb) -> arb:
    """r/(others + r), increasing in r and decreasing in ``others``."""
    low, high = r.lower().nonnegative_part(), r.upper()
    return (low / (others.upper() + low)).lower().union((high / (others.lower() + high)).upper())


def slope_of(part: Part) -> arb:
    """s' over the part, of the core whose level sets these are."""
    first, second = _derivatives(part.branch.tree)
    over = part.hull
    return narrowed(first(over), first(over.mid()), second(over), over)


@lru_cache(maxsize=64)
def _derivatives(tree: Node) -> tuple[Function, Function]:
    """s' and s'' of a branch, on which many parts lie."""
    first = derivative(tree)
    return compile_arb(first), compile_arb(derivative(first))


#: Counts that are summed, in stages.
_STAGES = (16, 32, 64, 128, 192)


@remembered(64)
def counts_ceiling(tree: Node, k: int, digits: int) -> arb:
    """An enclosure of lambda_k^2 in [0, 1], k >= 1, to ``digits`` digits or as far as 192 counts reach.

    Raises what the oracle raises.
    """
    for most in _STAGES:
        found = _up_to(tree, k, most, digits)
        if found.rad() < found.mid() * arb(10) ** -digits:
            break
    return found


def _up_to(tree: Node, k: int, most: int, digits: int) -> arb:
    orders = tuple(sorted({0, k, *(2 * k - 2 * j for j in range(k + 1))}))
    # E[(-s)^n e^{-s} He_j], the tilt of -s at t = 1.
    table = oracle(negate(tree)).tilted_moments(orders, tuple(range(most + 1)), 1, digits + 5)
    with working(bits_for(digits) + 60):
        total, left = arb(0), arb(factorial(k))
        for n in range(most + 1):
            sign, front = (-1) ** n, factorial(n)
            mass, signal = sign * table[n, 0] / front, table[n, k] / front
            squares = (factorial(j) * comb(k, j) ** 2 * table[n, 2 * k - 2 * j] for j in range(k + 1))
            square = sign * sum(squares, arb(0)) / front
            total += signal * signal / mass if mass > 0 else arb(0).union(square.abs_upper())
            left -= square
        rest = arb(0).union(left.abs_upper())
        found: arb = ((total + rest) / factorial(k)).intersection(arb(0).union(arb(1)))
        return found
