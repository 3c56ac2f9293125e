"""Samples of the tilted law e^{ts} phi/M on the line, by inverting its distribution function on a grid."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ...link.tree import Node
from ..lowering.numpy import compile_numpy

_CELLS = 2**17
_DECADES = 30.0


def sample_tilted(tree: Node, t: float, n: int, rng: np.random.Generator) -> NDArray[np.float64]:
    """``n`` draws of the tilted <theta*, x>, uniform inside cells whose masses follow the density.

    The cell width is at most 2R/2^17, R the radius beyond which the density has fallen by e^{-30}
    (R <= 200): the bias of a smooth mean is of the order of its square. Raises ArithmeticError
    when the density does not decay within R.
    """
    link = compile_numpy(tree)
    for radius in (10, 14, 20, 40, 80, 200):
        edges = np.linspace(-radius, radius, _CELLS + 1)
        centers = (edges[1:] + edges[:-1]) / 2
        log_density = t * link(centers) - centers**2 / 2
        log_density -= log_density.max()
        if max(log_density[0], log_density[-1]) < -_DECADES:
            break
    else:
        raise ArithmeticError(f"the tilted density does not decay within |z| <= 200 at t = {t:.6g}")
    cumulative = np.cumsum(np.exp(log_density))
    cells = np.searchsorted(cumulative, rng.uniform(0, cumulative[-1], n))
    width = 2 * radius / _CELLS
    return np.asarray(edges[cells] + width * rng.uniform(0, 1, n))
