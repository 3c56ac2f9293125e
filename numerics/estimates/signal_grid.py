"""SNR, lambda_k^2 and sign changes from a fine grid of z in doubles: no code shared with any enclosure.

A signal T(y) is a function of the label alone, so SNR and lambda_k^2 are sums over the cells of the grid;
lambda_k^2 puts cells with neighbouring values of s together. Both come with what a coarser grid leaves.
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
from .quadrature import Divergent

_CELLS = 2**17
#: lambda_k^2 needs the cells of many branches within each bin.
_MANY_CELLS, _BINS = 2**20, 1024
_RADII = (10.0, 20.0, 40.0, 80.0)
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

    mean: E y under the tilt. lost: what rounding may have added to A and A', whose terms may cancel.
    """

    a: float
    slope_a: float
    d: float
    slope_d: float
    mean: float
    lost: tuple[float, float]

    @property
    def lost_square(self) -> float:
        """What rounding may have added to A^2."""
        return self.lost[0] * (2 * abs(self.a) + self.lost[0])


def ratio(tree: Node, k: int, t: float, kind: Signal) -> Guess:
    """SNR(t) = A^2/(k! D) of the noiseless label. Raises Divergent where E T^2 does not seem to converge."""
    parts, rough = (signals(tree, k, t, kind, cells) for cells in (_CELLS, _CELLS // 3))
    fine, coarse = _ratio(parts, k), _ratio(rough, k)
    rounded = parts.lost_square / (math.factorial(k) * parts.d)
    return Guess(fine, 4 * abs(fine - coarse) + 1e-10 * fine + rounded)


def _ratio(parts: Signals, k: int) -> float:
    return parts.a**2 / (math.factorial(k) * parts.d)


def signals(tree: Node, k: int, t: float, kind: Signal, cells: int = _CELLS) -> Signals:
    """The four means at t. A and D are sums over T itself, so that a large constant in s does not cancel."""
    log_phi, weight, s = _grid(tree, k, _radius(tree, t), cells)
    logs = t * s + log_phi
    law = np.exp(logs - logs.max())
    law /= law.sum()
    mean = law @ s
    rest = s - mean
    if kind == Signal.WEIGHT:
        signal, slope = np.ones_like(s), s
    elif kind == Signal.LABEL:
        signal, slope = s, s * s
    else:
        signal, slope = rest, rest * s - law @ rest**2
    # T sqrt(phi) and its derivative: no temperature overflows.
    logs -= log_phi / 2
    scale = np.exp(logs - logs.max())
    signal, slope = signal * scale, slope * scale
    return Signals(
        float(weight @ signal),
        float(weight @ slope),
        float(signal @ signal),
        float(2 * signal @ slope),
        float(mean),
        (_rounding(weight, signal), _rounding(weight, slope)),
    )


def _rounding(x: Array, y: Array) -> float:
    """What rounding may do to x @ y."""
    return _ROUNDING * float(np.abs(x) @ np.abs(y))


def _radius(tree: Node, t: float) -> float:
    link = compile_numpy(tree)
    for radius in _RADII:
        x = np.linspace(-2 * radius, 2 * radius, 4001)
        with np.errstate(all="ignore"):
            logs = 2 * t * link(x) + 2 * np.log1p(np.abs(link(x))) - x**2 / 2
        beyond = np.abs(x) >= radius
        if np.isfinite(logs).all() and logs[beyond].max() < logs.max() - _FALLEN:
            return radius
    raise Divergent(f"E T^2 does not decay within |z| <= {2 * _RADII[-1]:g} at t = {t:.6g}")


@lru_cache(maxsize=8)
def _grid(tree: Node, k: int, radius: float, cells: int) -> tuple[Array, Array, Array]:
    """At the middles of cells: the logarithm of their mass phi, He_k sqrt(phi) and s."""
    edges = np.linspace(-radius, radius, cells + 1)
    z = (edges[1:] + edges[:-1]) / 2
    log_phi = math.log((edges[1] - edges[0]) / math.sqrt(2 * math.pi)) - z**2 / 2
    weight = np.asarray(hermite(k, z) * np.exp(log_phi / 2))
    return np.asarray(log_phi, dtype=np.float64), weight, np.asarray(compile_numpy(tree)(z))


@lru_cache(maxsize=64)
def ceiling(tree: Node, k: int) -> Guess:
    """lambda_k^2 = E zeta_k^2/k! of the noiseless label.

    By bins of about equal mass in the order of s; what rounding alone holds together counts as open.
    """
    # A million cells: what has served is let go, and sums are made in place.
    edges = np.linspace(-_RADII[0], _RADII[0], _MANY_CELLS + 1)
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
