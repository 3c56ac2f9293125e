"""Where the line is cut at +-R: how large an integrand gets, and a proved bound of what is left out."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from functools import cached_property, lru_cache

import numpy as np
from flint import arb
from numpy.typing import NDArray

from ...link.tree import Node
from ..lowering.arb import compile_arb
from ..lowering.pointwise import Array, compile_numpy, log_hermite
from ..work import spend
from .nodes import Integrands
from .tails import tail, too_far_out

_RADII = (
    *(8, 9, 10, 11, 12, 13, 14, 15, 16, 18, 20, 22, 24, 26, 30, 34, 39, 44, 52, 60),
    *(80, 110, 150, 200, 280, 400, 560, 800),
)


@dataclass(frozen=True)
class _Points:
    """Sample points on both sides of 0, in increasing distance, and the radii among them."""

    side: Array
    radii: tuple[int, ...]

    @cached_property
    def x(self) -> Array:
        return np.concatenate([self.side, -self.side])

    @cached_property
    def log_density(self) -> Array:
        return -self.x * self.x / 2

    @cached_property
    def at_radii(self) -> NDArray[np.int64]:
        return np.searchsorted(self.side, self.radii)

    @classmethod
    def of(cls, side: Array, radii: tuple[int, ...]) -> _Points:
        return cls(np.unique(np.concatenate([side, radii])), radii)


#: Denser near 0, where most of the mass tends to be; each set serves where the one before does not reach.
_SETS = (
    _Points.of(0.01 * np.arange(1, 160, 1.5) ** 1.5, _RADII[:11]),
    _Points.of(0.01 * np.arange(1, 331, 1.5) ** 1.5, _RADII[:20]),
    _Points.of(np.geomspace(0.01, 800, 2500), _RADII),
)
#: The work of looking for a radius where there is none.
_IN_VAIN = 5_000
#: Further out a peak may be narrower than the points are apart.
_NEAR = 20.0


@dataclass(frozen=True, slots=True)
class Cut:
    """The radius R, natural logs of a bound of the tails and of the size of each integrand (power, k)."""

    radius: int
    log_tails: Array
    log_scales: Array


@dataclass(frozen=True)
class Truncation:
    """Radii for one link."""

    tree: Node
    _found: dict[int, tuple[Array, Array]] = field(default_factory=dict, compare=False, repr=False)

    def cut(self, integrands: Integrands, digits: int) -> Cut:
        """The first radius beyond which less than 10^-(digits + 3) of each integrand's size is left.

        Raises Unresolved when no radius is shown to do.
        """
        powers, ks, t_low, t_high = integrands.powers, integrands.ks, integrands.t_low, integrands.t_high
        top, lost, t = max(ks), (digits + 3) * math.log(10), float(t_high)
        for i, points in enumerate(_SETS):
            sizes = self._log_sizes(i, powers, ks, t)
            edge, before = sizes[:, :, points.at_radii], np.maximum.accumulate(sizes, axis=2)
            largest = np.maximum(before[:, :, points.at_radii], -1e4)
            # Before the first radius worth a proof the integrand itself is not yet small.
            small = np.flatnonzero((edge <= largest - lost).all(axis=(0, 1)))
            for j in range(int(small[0]), len(points.radii)) if small.size else ():
                radius, scales = points.radii[j], largest[:, :, j]
                rows: dict[int, Array] = {}
                # The last power is most often the one that fails.
                for row in reversed(range(len(powers))):
                    bound = tail(self.tree, top, powers[row], t_low, t_high, radius)
                    if bound is None:
                        break
                    rows[row] = _log(bound) + (np.array(ks) - top) * math.log(radius)
                    if not (rows[row] <= scales[row] - lost).all():
                        break
                else:
                    return Cut(radius, np.array([rows[row] for row in range(len(powers))]), scales)
        spend(_IN_VAIN)
        raise too_far_out(t)

    def _samples(self, i: int) -> tuple[Array, Array]:
        """s and log|s| at the points of a set."""
        if i not in self._found:
            s = _sampled(self.tree, _SETS[i].x)
            # A link that is 0 everywhere has an absolute goal.
            self._found[i] = s, np.log(np.abs(s) + (1e-300 if s.any() else 1.0))
        return self._found[i]

    def _log_sizes(self, i: int, powers: tuple[int, ...], ks: tuple[int, ...], t: float) -> Array:
        """About log|s^power e^{ts} He_k phi|, the larger of both sides; axes: powers, orders, points."""
        (s, log_s), points = self._samples(i), _SETS[i]
        tilt = t * s
        if i:
            best = int((tilt + points.log_density).argmax())
            if abs(points.x[best]) > _NEAR:
                tilt[best] = self._peak(points.x[best], t) - points.log_density[best]
        common = np.multiply.outer(powers, log_s) + tilt
        # The Gaussian and |He_k| are the same on both sides.
        larger: Array = common.reshape(len(powers), 1, 2, -1).max(axis=2) + _log_weights(i, ks)
        return larger

    def _peak(self, x: float, t: float) -> float:
        """The largest t s - x^2/2 near x: far from 0 a peak may be narrow."""
        width, top = abs(x) / 100, -math.inf
        for _ in range(4):
            near = np.linspace(x - width, x + width, 129)
            value = t * _sampled(self.tree, near) - near * near / 2
            best = int(value.argmax())
            x, width, top = float(near[best]), width / 32, float(value[best])
        return top


def _sampled(tree: Node, x: Array) -> Array:
    """s(x) in doubles, with something finite everywhere: good for guesses, not for proofs."""
    s = compile_numpy(tree)(x)
    if not np.isfinite(s).all():
        bad = np.flatnonzero(~np.isfinite(s)).tolist()
        # log(1 + exp(z**2)) overflows on the way, not in its value; balls reach further.
        s, function = s.copy(), compile_arb(tree)
        s[bad] = [float(function(arb(x[i])).mid()) for i in bad]
        s = np.nan_to_num(s, nan=0.0, posinf=1e200, neginf=-1e200).clip(-1e200, 1e200)
    return s


def _log(bound: arb) -> float:
    """An upper bound of the natural logarithm as a double."""
    if bound.is_zero():
        return -1e9
    size = float(bound.upper())
    value = math.log(size) if 1e-300 < size < 1e300 else float(bound.log().upper())
    return value + 1e-9 * (1 + abs(value))


@lru_cache(maxsize=64)
def _log_weights(i: int, ks: tuple[int, ...]) -> Array:
    """log|He_k phi| at the points of a set, rows: orders."""
    # Some more at once: low orders are asked for one after the other.
    weights: Array = _log_hermite(i, max(ks) | 7)[list(ks)] - _SETS[i].side ** 2 / 2
    return weights


@lru_cache(maxsize=64)
def _log_hermite(i: int, top: int) -> Array:
    """log|He_k|, k = 0..top, on one side of 0; the other has the same."""
    # A zero of He_k counts as a very small value.
    return np.maximum(log_hermite(top, _SETS[i].side.astype(np.longdouble)), math.log(1e-300))
