"""How many changes of sign a histogram of the label shows: a heuristic lower count, without level sets.

Sums of a signed measure over consecutive bins never change sign more often than the measure does.
"""

from __future__ import annotations

from itertools import pairwise

import numpy as np
from numpy.polynomial import hermite_e
from numpy.typing import NDArray

from ...link.tree import Node
from ..lowering.numpy import compile_numpy

_POINTS, _BINS, _REACH = 400_001, 251, 8.0
#: A sum that cancels to this part of its terms is not read: one point more or less in a bin is far below.
_CLEAR = 0.03


def seen_changes(tree: Node, k: int) -> tuple[int, int]:
    """Changes of sign of y zeta_k dP_y and of zeta_k dP_y, over bins of y of about equal mass."""
    z = np.linspace(-_REACH, _REACH, _POINTS)
    mass = np.exp(-z * z / 2)
    y = np.asarray(compile_numpy(tree)(z), dtype=np.float64)
    measure = mass * hermite_e.hermeval(z, [0] * k + [1])
    order = np.argsort(y, kind="stable")
    shares = np.cumsum(mass[order]) / mass.sum()
    # Equal values lie in one bin, however many bins their mass would fill.
    edges = np.unique(y[order][np.searchsorted(shares, np.arange(1, _BINS) / _BINS)])
    bins = np.searchsorted(edges, y)
    return _changes(bins, measure * y), _changes(bins, measure)


def _changes(bins: NDArray[np.intp], weights: NDArray[np.floating]) -> int:
    sums, sizes = np.bincount(bins, weights), np.bincount(bins, np.abs(weights))
    signs = np.sign(sums[np.abs(sums) > _CLEAR * sizes])
    return sum(bool(a != b) for a, b in pairwise(signs))
