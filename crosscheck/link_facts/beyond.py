"""How far zeros of the signal are searched, and what proves that none lies beyond.

One proof is that the largest values of s dominate from some t on, another that as many zeros are known as the
label has changes of sign. With finitely many levels the highest one outweighs all others: the signal is
sum_v (v + K) m_v e^{vt} with m_v = E[He_k; s = v] and K = K_e'(t), which grows with t from K(T) to some K(oo)
(``weight``: without the factor; ``centered``: a sum over pairs of levels, without noise). Let ``top`` be the
largest exponent whose weight is not 0, and top + K not 0 on [K(T), K(oo)]. Then the ratio |v + K|/|top + K|
is largest at one end, q_v say, as it is the size of a monotone function of K, and

    |m_top| > sum over v < top of |m_v| q_v e^{(v - top)T}

at one T holds at every t > T too: the signal has no zero there.
"""

from collections.abc import Sequence
from fractions import Fraction
from typing import Literal

from flint import arb

from ...link import NOISELESS, Link, Node, Noise, Signal
from ...numerics.expectation.labels import cumulants
from ...numerics.expectation.oracle import Unresolved, oracle, t_range
from ...numerics.precision import dyadic_below, exact, working
from ...numerics.threshold import sign_changes as level_sets
from ...numerics.threshold.branches import core
from ...numerics.threshold.signal import STARTS, Settled, dominance_start, spread
from ...numerics.work import remembered
from ...theory import zero_bounds as shape
from ...theory.exact.constants import decided_sign, enclosure, increasing
from ...theory.families.piecewise import apart, masses
from ...theory.shape.monotone import parity
from ...theory.shape.pieces import levels
from ...theory.zero_bounds import SignChanges, noisy_label_changes
from .exponents import exponents

_BITS = 320


def outweighed_from(
    link: Link, star: int, signal: Signal, noise: Noise, starts: Sequence[Fraction | int]
) -> Fraction | None:
    """The first of the increasing ``starts`` from which on the signal is not 0; None where none is shown."""
    steps = levels(link.tree)
    if steps is None:
        return None
    try:
        weights = masses(steps, star)
        if signal == "centered":
            weights = apart(weights, masses(steps, 0))
        signs = {v: decided_sign(weights[v]) for v in increasing(weights)}
        weighted = signal == "label" and noise == NOISELESS
        kept = [v for v, side in signs.items() if side and not (weighted and decided_sign(v) == 0)]
        with working(_BITS):
            terms = [(enclosure(v, _BITS), enclosure(weights[v], _BITS)) for v in kept]
            ends = (at for at in starts if _outweighs(terms, signal, noise, exact(Fraction(at))))
            return next(map(Fraction, ends), None)
    except ArithmeticError:
        return None


def _outweighs(terms: Sequence[tuple[arb, arb]], signal: Signal, noise: Noise, t: arb) -> bool:
    *others, (top, most) = terms
    slopes: list[arb] = []
    if signal == "label":
        slopes = [cumulants(noise, t)[1]]
        # Gaussian noise has K(oo) = oo, where the ratio is 1.
        slopes += [] if noise.kind in ("none", "gaussian") else [exact(noise.scale)]
        if not (all(top + slope > 0 for slope in slopes) or all(top + slope < 0 for slope in slopes)):
            return False
        if noise.kind == "gaussian" and not top + slopes[0] > 0:
            return False
    rest = arb(0)
    for v, mass in others:
        ratio = arb(1 if noise.kind == "gaussian" or signal != "label" else 0)
        for slope in slopes:
            ratio = ratio.max(abs((v + slope) / (top + slope)))
        rest += abs(mass) * ratio * ((v - top) * t).exp()
    return bool(abs(most) > rest)


#: How far up in t = 1/beta zeros are searched when no proof says that there are none beyond; in proportion
#: for a link of tiny or huge spread (T4).
SEARCH = Fraction(64)


TINY = Fraction(1, 64)


def search_end(link: Link) -> Fraction:
    """Up to which t = 1/beta zeros are searched: 64 over the scale of s, or fifteen sixteenths of t_max."""
    limit: arb = t_range(link.tree).finite_below
    end = SEARCH * farther(link)
    if not limit.is_finite() or limit > exact(end):
        return end
    return dyadic_below(float(limit.lower()) * 15 / 16, 12)


def farther(link: Link) -> Fraction:
    """The factor of the search range in t: 1/spread for a link of tiny or huge spread, else 1."""
    size = spread(link.tree)
    return Fraction(1) if TINY < size < 1 / TINY else 1 / size


def dominance(
    tree: Node, k: int, weights: Sequence[bool], starts: tuple[Fraction | int, ...]
) -> list[Settled] | None:
    """The dominance of each integrand, all of one sign; None where it is not shown of one of them.

    weights: for each whether it is e^{ts} He_k; else s e^{ts} He_k.
    """
    starting = [dominance_start(oracle(tree), k, weight, starts) for weight in weights]
    shown = [each for each in starting if each is not None]
    return shown if len(shown) == len(starting) and len({each.sign for each in shown}) == 1 else None


def dominance_starts(link: Link) -> tuple[Fraction | int, ...]:
    """Where dominance is tried, in proportion for tiny and for huge links: t s is what counts."""
    size = spread(link.tree)
    return tuple(start / size for start in STARTS) if not TINY < size < 1 / TINY else STARTS


@remembered(256)
def sign_changes(link: Link) -> SignChanges | None:
    """Upper bounds of both counts with the reason, or None where neither way settles them."""
    return shape.sign_changes(link.tree) or counted(link)


@remembered(256)
def counted(link: Link) -> SignChanges | None:
    """From the level sets alone."""
    star = exponents(link).generative_exponent.value
    if star is None:
        return None
    try:
        counts = level_sets.sign_changes(link.tree, star, _symmetry(link))
    except Unresolved:
        return None
    return SignChanges(*counts, f"the level sets of s isolated, zeta_{star} of one sign between its changes")


def _symmetry(link: Link) -> Literal["odd", "even"] | None:
    """What is proved of the core, whose level sets are the link's: even, or odd together with s."""
    inner = parity(core(link.tree)).value
    return inner if inner == "even" or parity(link.tree).value == "odd" else None


def most_zeros(link: Link, signal: Signal, noise: Noise) -> int | None:
    """At most so many real zeros of the signal, those at t = 0 included; None where no count is proved."""
    if signal == "centered":
        pairs = shape.pair_changes(link.tree)
        return None if pairs is None else pairs.most
    counts = sign_changes(link)
    if counts is None or signal == "weight":
        return None if counts is None else counts.weight
    return noisy_label_changes(counts, noise, odd=odd_signal(link))


def odd_signal(link: Link) -> bool:
    """Whether s and k* are odd: then zeta_{k*} is odd in y."""
    star = exponents(link).generative_exponent.value
    return star is not None and star % 2 == 1 and parity(link.tree).value == "odd"
