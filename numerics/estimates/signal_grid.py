"""SNR, lambda_k^2 and sign changes from sums over z in doubles: no code shared with any enclosure.

A signal T(y) is a function of the label alone. The SNR is a quotient of integrals by Gauss-Legendre rules of
two sizes, on panels that are halved where they do not follow s, and until both rules agree; lambda_k^2 is a
sum over the cells of a grid, those with neighbouring values of s together. Both come with what a coarser rule
or grid leaves.
"""

import math
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr

from ...link import Signal
from ...link.tree import Node
from ..lowering.pointwise import Array, compile_mpmath, compile_numpy, hermite, mp
from .cuts import rounded_ends
from .quadrature import Divergent

#: A rule and a coarser one: their nodes and weights side by side, and which are whose.
_X, _W = np.concatenate([np.polynomial.legendre.leggauss(n) for n in (16, 8)], axis=1)
_RULES = slice(0, 16), slice(16, 24)
#: Panels of the whole range at first, and when no more are cut.
_PANELS, _MOST_PANELS = 64, 2**12
#: Each is cut in so many until both rules agree to this part of the absolute terms.
_PARTS, _AGREED = tuple(2**j for j in range(7)), 1e-12
#: A panel is halved where s leaves the polynomial through its nodes by this part of what s changes there, or
#: by more than rounding, at points of which there are half as many after each time.
_FOLLOWED, _ROUNDED, _WATCHED, _HALVED = 1e-6, 1e-12, 2**11, 32
#: lambda_k^2 needs the cells of many branches within each bin.
_MANY_CELLS, _BINS = 2**20, 1024
_ONE_PLACE = 1e-13
_RADII = (10, 20, 40, 80)
#: The integrands have fallen by e^-40 at the ends of the grid.
_FALLEN = 40.0
#: Values of s that agree in so many digits of its spread are one value.
_SAME = 1e-12
#: Digits at which cells of one value are told apart again, and the mass from which that matters.
_DIGITS, _HEAVY = 60, 1e-3
#: Relative error of a sum by rounding, beside the sum of absolute terms.
_ROUNDING = 2.0**-48
_POINTS, _LABEL_BINS, _REACH = 400_001, 251, 8.0
#: A sum that cancels to this part of its terms is not read: one point more or less in a bin is far below.
_CLEAR = 0.03


@dataclass(frozen=True, slots=True)
class Guess:
    """A value and a heuristic bound of its error."""

    value: float
    error: float


@dataclass(frozen=True, slots=True)
class Signals:
    """A = E[T He_k], D = E T^2 and their derivatives in t, divided by e^c and e^{2c} for some number c.

    mean: E y under the tilt. lost: what the rule and rounding may have added to A, A' and D.
    """

    a: float
    slope_a: float
    d: float
    slope_d: float
    mean: float
    lost: tuple[float, float, float]

    @property
    def ratio(self) -> float:
        """A^2/D."""
        return self.a**2 / self.d

    @property
    def lost_ratio(self) -> float:
        """By how much A^2/D may be off."""
        return (self.lost[0] * (2 * abs(self.a) + self.lost[0]) + self.ratio * self.lost[2]) / self.d


def ratio(tree: Node, k: int, t: float, kind: Signal) -> Guess:
    """SNR(t) = A^2/(k! D) of the noiseless label. Raises Divergent where E T^2 does not seem to converge."""
    parts, unit = signals(tree, k, t, kind), math.factorial(k)
    return Guess(parts.ratio / unit, (1e-10 * parts.ratio + parts.lost_ratio) / unit)


def signals(tree: Node, k: int, t: float, kind: Signal) -> Signals:
    """The four means at t. A and D are sums over T itself, so that a large constant in s does not cancel."""
    radius = _radius(tree, t)
    for parts in _PARTS:
        found, agreed = _summed(_grid(tree, k, radius, parts), t, kind)
        if agreed or 2 * parts * (len(_followed(tree, radius)) - 1) > _MOST_PANELS:
            break
    return found


def _summed(grid: tuple[Array, Array, Array], t: float, kind: Signal) -> tuple[Signals, bool]:
    """The means by one grid, and whether its two rules agree."""
    log_phi, weight, s = grid
    logs = t * s + log_phi
    law, top = np.exp(logs - logs.max()), float(s.flat[logs.argmax()])
    # T sqrt(phi) and its derivative: no temperature overflows.
    logs -= log_phi / 2
    scale = np.exp(logs - logs.max())
    fine, coarse = (
        _terms(law[:, rule], scale[:, rule], weight[:, rule], s[:, rule], top, kind) for rule in _RULES
    )
    losses, agreed = [], True
    for terms, others, size in zip(fine.parts[:3], coarse.parts[:3], fine.sizes, strict=True):
        # Panel by panel: what one leaves does not cancel against another.
        gap = float(np.abs(terms.sum(axis=1) - others.sum(axis=1)).sum())
        agreed &= gap <= _AGREED * size
        losses.append(_ROUNDING * size + 4 * gap)
    a, slope_a, d, slope_d = (float(terms.sum()) for terms in fine.parts)
    return Signals(a, slope_a, d, slope_d, fine.mean, (losses[0], losses[1], losses[2])), agreed


@dataclass(frozen=True, slots=True)
class _Terms:
    """The terms of A, A', D and D', rows panels; sums of absolute terms, by which rounding of the first three
    is measured; the mean of s under the tilt.
    """

    parts: tuple[Array, Array, Array, Array]
    sizes: tuple[float, float, float]
    mean: float


def _terms(law: Array, scale: Array, weight: Array, s: Array, top: float, kind: Signal) -> _Terms:
    """top: where most of the mass is, so that s - mean does not cancel there."""
    law = law / law.sum()
    beside = s - top
    mean = float((law * beside).sum())
    # T and its derivative over e^{ts}, and their sizes before anything cancels.
    if kind == Signal.WEIGHT:
        signal, slope, size, slope_size = np.ones_like(s), s, np.ones_like(s), np.abs(s)
    elif kind == Signal.LABEL:
        signal, slope, size, slope_size = s, s * s, np.abs(s), s * s
    else:
        signal, size = beside - mean, np.abs(beside) + abs(mean)
        slope = signal * s - (law * signal**2).sum()
        slope_size = size * (np.abs(s) + abs(mean))
    signal, slope, size, slope_size = (each * scale for each in (signal, slope, size, slope_size))
    parts = weight * signal, weight * slope, signal * signal, 2 * signal * slope
    heavy = np.abs(weight)
    in_square = 2 * np.abs(signal) + _ROUNDING * size
    sizes = tuple(float((x * y).sum()) for x, y in ((heavy, size), (heavy, slope_size), (in_square, size)))
    return _Terms(parts, (sizes[0], sizes[1], sizes[2]), top + mean)


def _radius(tree: Node, t: float) -> int:
    for radius in _RADII:
        half_square, s, log_s = _profile(tree, radius)
        with np.errstate(all="ignore"):
            logs = 2 * t * s + 2 * log_s - half_square
        beyond = half_square >= radius**2 / 2
        if np.isfinite(logs).all() and logs[beyond].max() < logs.max() - _FALLEN:
            return radius
    raise Divergent(f"E T^2 does not decay within |z| <= {2 * _RADII[-1]:g} at t = {t:.6g}")


@lru_cache(maxsize=64)
def _profile(tree: Node, radius: int) -> tuple[Array, Array, Array]:
    """z^2/2, s and log(1 + |s|) up to twice the radius."""
    z = np.linspace(-2 * radius, 2 * radius, 4001)
    with np.errstate(all="ignore"):
        s = np.asarray(compile_numpy(tree)(z))
        return z**2 / 2, s, np.log1p(np.abs(s))


@lru_cache(maxsize=32)
def _grid(tree: Node, k: int, radius: int, parts: int) -> tuple[Array, Array, Array]:
    """At the nodes of panels (rows): the logarithm of their mass phi, He_k sqrt(phi) and s."""
    panels = _followed(tree, radius)
    cuts = np.arange(len(panels) * parts - parts + 1) / parts
    edges = np.interp(cuts, np.arange(len(panels)), panels)
    half = np.diff(edges)[:, None] / 2
    z = (edges[1:] + edges[:-1])[:, None] / 2 + half * _X
    log_phi = np.log(half * _W / math.sqrt(2 * math.pi)) - z**2 / 2
    return log_phi, np.asarray(hermite(k, z) * np.exp(log_phi / 2)), np.asarray(compile_numpy(tree)(z))


@lru_cache(maxsize=64)
def _followed(tree: Node, radius: int) -> Array:
    """The ends of panels on which the polynomial through the nodes follows s: both rules may miss a step or a
    peak that is narrow, and agree.
    """
    ends = _edges(tree, radius, _PANELS)
    kept, low, high = [ends], ends[:-1], ends[1:]
    s = compile_numpy(tree)
    for halvings in range(_HALVED):
        points, through_nodes = _watched(max(_WATCHED >> halvings, 64))
        middle, half = (high + low)[:, None] / 2, (high - low)[:, None] / 2
        with np.errstate(all="ignore"):
            seen = np.asarray(s(middle + half * points))
            off = np.abs(np.asarray(s(middle + half * _X[_RULES[0]])) @ through_nodes - seen).max(axis=1)
            least = _FOLLOWED * np.ptp(seen, axis=1) + _ROUNDED * np.abs(seen).max(axis=1)
        left = np.flatnonzero(~(off <= least))
        if not left.size or sum(map(len, kept)) + left.size > _MOST_PANELS:
            break
        cuts = middle[left, 0]
        kept.append(cuts)
        low, high = np.concatenate([low[left], cuts]), np.concatenate([cuts, high[left]])
    return np.sort(np.concatenate(kept))


@lru_cache(maxsize=16)
def _watched(count: int) -> tuple[Array, Array]:
    """Points of [-1, 1], and ever closer to its ends; the matrix from values at the nodes to those there."""
    inner, near = np.cos(np.pi * (np.arange(count) + 0.5) / count), 1 - 0.5 ** np.arange(1, _HALVED)
    points = np.concatenate([-near, inner, near])
    nodes, weights = _X[_RULES[0]], _W[_RULES[0]]
    degrees = np.arange(len(nodes))
    legendre = np.polynomial.legendre.legvander
    coefficients = weights[:, None] * legendre(nodes, degrees[-1]) * (degrees + 0.5)
    return points, coefficients @ legendre(points, degrees[-1]).T


def _edges(tree: Node, radius: int, parts: int) -> Array:
    """[-radius, radius] cut evenly, and where s or a slope of it jumps; cuts of one place are one."""
    edges = np.sort(np.concatenate([np.linspace(-radius, radius, parts + 1), rounded_ends(tree, radius)]))
    return edges[np.diff(edges, prepend=-np.inf) > _ONE_PLACE]


@lru_cache(maxsize=64)
def ceiling(tree: Node, k: int) -> Guess:
    """lambda_k^2 = E zeta_k^2/k! of the noiseless label.

    By bins of about equal mass in the order of s; what rounding alone holds together counts as open.
    """
    # A million cells: what has served is let go, and sums are made in place.
    edges = _edges(tree, _RADII[0], _MANY_CELLS)
    mass, weight = np.diff(ndtr(edges)), np.diff(_antiderivative(k, edges))
    z = (edges[1:] + edges[:-1]) / 2
    del edges
    s = np.asarray(compile_numpy(tree)(z))
    unit = _SAME * max(float(np.ptp(np.quantile(s, (0.1, 0.9)))), float(np.abs(s[1:] - s[:-1]).max()), 1e-300)
    order = np.argsort(s, kind="stable")
    # A value begins where s rises by more than rounding; a bin begins only where a value does.
    s = s[order]
    begins = np.concatenate([[True], np.diff(s) > unit])
    del s
    z, mass, weight = z[order], mass[order], weight[order]
    del order
    start = np.cumsum(mass)
    start -= mass
    start *= begins
    np.maximum.accumulate(start, out=start)
    value = np.cumsum(begins) - 1
    unsure = 0.0
    for each in np.flatnonzero(np.bincount(value, mass) > _HEAVY):
        cells = value == each
        if _told_apart(tree, z[cells]):
            unsure += float((mass[cells] * hermite(k, z[cells]) ** 2).sum())
    del z, value
    fine, coarse = (_binned(start, mass, weight, bins) / math.factorial(k) for bins in (_BINS, _BINS // 2))
    return Guess(fine, unsure / math.factorial(k) + 4 * abs(fine - coarse) + 1e-9)


def _binned(start: Array, mass: Array, weight: Array, bins: int) -> float:
    """The sum of w^2/p over bins with the masses p and the sums w of ``weight``."""
    bin_of = np.cumsum(np.concatenate([[True], np.diff(np.floor(start * bins)) > 0])) - 1
    p, w = np.bincount(bin_of, mass), np.bincount(bin_of, weight)
    return float((w[p > 0] ** 2 / p[p > 0]).sum())


def _told_apart(tree: Node, z: Array) -> bool:
    """Whether s differs within the cells after all, by 60 digits at a few of them."""
    function = compile_mpmath(tree)
    chosen = z[np.linspace(0, len(z) - 1, 5).astype(int)]
    with mp.workdps(_DIGITS):
        seen = [function(mp.mpf(float(x))) for x in chosen]
        return any(abs(a - seen[0]) > mp.mpf(10) ** (10 - _DIGITS) * (1 + abs(seen[0])) for a in seen)


def _antiderivative(k: int, x: Array) -> Array:
    """Of He_k phi: -He_{k-1} phi."""
    found = np.asarray(hermite(k - 1, x))
    density = np.square(x)
    density /= -2
    np.exp(density, out=density)
    return np.asarray(found * density / -np.sqrt(2 * np.pi))


def seen_changes(tree: Node, k: int) -> tuple[int, int]:
    """Changes of sign of y zeta_k dP_y and of zeta_k dP_y, over bins of y of about equal mass."""
    z = np.linspace(-_REACH, _REACH, _POINTS)
    mass = np.exp(-z * z / 2)
    y = np.asarray(compile_numpy(tree)(z), dtype=np.float64)
    measure = mass * hermite(k, z)
    order = np.argsort(y, kind="stable")
    shares = np.cumsum(mass[order]) / mass.sum()
    # Equal values lie in one bin, however many bins their mass would fill.
    edges = np.unique(y[order][np.searchsorted(shares, np.arange(1, _LABEL_BINS) / _LABEL_BINS)])
    bins = np.searchsorted(edges, y)
    return _changes(bins, measure * y), _changes(bins, measure)


def _changes(bins: NDArray[np.intp], weights: NDArray[np.floating]) -> int:
    sums, sizes = np.bincount(bins, weights), np.bincount(bins, np.abs(weights))
    signs = np.sign(sums[np.abs(sums) > _CLEAR * sizes])
    return sum(bool(a != b) for a, b in pairwise(signs))
