"""Expectations over a noisy label by a product rule in (z, e): no use is made of how the two factor."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

import numpy as np
from numpy.polynomial.hermite_e import hermegauss, hermeval
from numpy.typing import NDArray

from ..link.noise import Noise
from ..link.tree import Node
from .quadrature import rounded_nodes

Doubles = NDArray[np.float64]
_NODES = 48


def noisy_moments(
    tree: Node, noise: Noise, ks: Sequence[int], powers: Sequence[int], t: Fraction
) -> dict[tuple[int, int], float]:
    """E[y^i e^{ty} He_k(Z)], y = s(Z) + e, in doubles, as ``{(i, k): value}``.

    Raises Divergent where the integrand still grows at the largest cut-off tried.
    """
    z, mass, s = rounded_nodes(tree, max(ks), max(powers), t)
    e, law = law_nodes(noise)
    y = s[:, None] + e[None, :]
    weight = mass[:, None] * law[None, :] * np.exp(float(t) * y)
    hermite = {k: hermeval(z, [0.0] * k + [1.0]) for k in ks}
    return {(i, k): float((weight * y**i * hermite[k][:, None]).sum()) for i in powers for k in ks}


def law_nodes(noise: Noise) -> tuple[Doubles, Doubles]:
    """Values of e and their weights: a Gauss rule for the law of the noise."""
    scale = float(noise.scale)
    if noise.kind == "rademacher":
        return np.array([-scale, scale]), np.array([0.5, 0.5])
    if noise.kind == "gaussian":
        x, w = hermegauss(_NODES)
        return scale * x, w / w.sum()
    if noise.kind == "uniform":
        x, w = np.polynomial.legendre.leggauss(_NODES)
        return scale * x, w / 2
    return np.zeros(1), np.ones(1)
