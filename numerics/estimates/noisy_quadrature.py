"""Expectations over a noisy label by a product rule in (z, e): no use is made of how the two factor."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from fractions import Fraction
from typing import Literal

import numpy as np
from numpy.polynomial.hermite_e import hermegauss, hermeval
from numpy.typing import NDArray

from ...link.label import Noise
from ...link.tree import Node
from .quadrature import Estimate, rounded_nodes

Doubles = NDArray[np.float64]
_NODES = 48
#: Rounding in doubles, as a part of the integral of the absolute value.
_DOUBLE = 1e-13


def noisy_moments(
    tree: Node, noise: Noise, ks: Sequence[int], powers: Sequence[int], t: Fraction
) -> dict[tuple[int, int], Estimate]:
    """E[y^i e^{ty} He_k(Z)], y = s(Z) + e, in doubles, as ``{(i, k): estimate}``.

    Raises Divergent where the integrand still grows at the largest cut-off tried.
    """
    found = {}
    # Where doubles overflow the error is not a number, and resolves nothing.
    with np.errstate(all="ignore"):
        fine, coarse = (_by_panels(tree, noise, ks, powers, t, size) for size in (1, 0))
        for key, (values, size) in fine.items():
            error = np.abs(values - coarse[key][0]).sum() + _DOUBLE * size
            found[key] = Estimate(float(values.sum()), float(error), float(size))
    return found


def _by_panels(
    tree: Node, noise: Noise, ks: Sequence[int], powers: Sequence[int], t: Fraction, size: Literal[0, 1]
) -> dict[tuple[int, int], tuple[Doubles, float]]:
    """The integral over each panel, and that of the absolute value over all of them."""
    z, mass, s = rounded_nodes(tree, max(ks), max(powers), t, size)
    e, law = law_nodes(noise)
    y = s[..., None] + e
    weight = mass[..., None] * law * np.exp(float(t) * y)
    found = {}
    for k in ks:
        hermite = hermeval(z, [0.0] * k + [1.0])[..., None]
        for i in powers:
            terms = weight * y**i * hermite
            found[i, k] = terms.sum(axis=(1, 2)), float(np.abs(terms).sum())
    return found


def mean_with(tree: Node, k: int, weight: Callable[[Doubles], Doubles]) -> Estimate:
    """E[w(s(Z)) He_k(Z)] in doubles, for a bounded ``weight`` w that has no kink."""
    with np.errstate(all="ignore"):
        fine, coarse = (_with_weight(tree, k, weight, size) for size in (1, 0))
        size = np.abs(fine).sum()
        values = fine.sum(axis=1)
        error = np.abs(values - coarse.sum(axis=1)).sum() + _DOUBLE * size
    return Estimate(float(values.sum()), float(error), float(size))


def _with_weight(tree: Node, k: int, weight: Callable[[Doubles], Doubles], size: Literal[0, 1]) -> Doubles:
    z, mass, s = rounded_nodes(tree, k, 0, Fraction(0), size)
    return mass * weight(s) * hermeval(z, [0.0] * k + [1.0])


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
