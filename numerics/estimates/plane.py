"""The Gaussian pair (z, u) of a direction with overlap m: sums over u, and means over z given u, in doubles.

x ~ N(0, I_d), z = <theta*, x> and u = <w, x> for unit vectors with m = <w, theta*> in (0, 1]: whatever d is,
u = m z + sqrt(1 - m^2) v with z, v independent N(0,1), and likewise z = m u + sqrt(1 - m^2) v'. So what
depends on x by z and u alone is drawn from two normal numbers a sample, and E[f(z) g(u)] = E[E[f(z)|u] g(u)]
is a sum over u once E[f(z)|u] is known at its nodes.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise

import numpy as np
from flint import arb

from ...link.tree import Node
from ..lowering.pieces import pieces
from ..lowering.pointwise import Array, compile_numpy

#: A law is cut where its density has fallen by e^{-40}; the radii tried for a link without bound.
_FALLEN, _RADII = 40.0, (10, 14, 20, 40, 80, 200)
_BITS = 60
_GAUSS = 1 / math.sqrt(3)
#: Where cells about a kink have edges, in standard deviations of z given u.
_BLUR = np.linspace(-8, 8, 65)
#: Nodes over v' for each piece of the link, from the fewest to the most, and what two rules may differ by.
_FEWEST, _MOST, _AGREED = 64, 1024, 1e-11
#: At this many nodes of u two rules are compared; this many values of z are held at once.
_PROBES, _HELD = 64, 2**13


@dataclass(frozen=True)
class Plane:
    """u: nodes. mass: their probabilities; both of shape (about ``nodes``,). overlap: m.

    Two Gauss nodes on each cell. Kinks and jumps of the link are edges of cells, and for m < 1, where u sees
    them through sqrt(1 - m^2), cells about them are a quarter of that wide at most. The error of a sum is
    at most (2 radius/nodes)^2/11 times the change of slope of the summand at a kink of its own, such as a
    clipped fit has, and negligible where there is none.
    """

    overlap: float
    radius: float
    kinks: Array
    u: Array
    mass: Array

    @classmethod
    def of(
        cls, link: Node, overlap: float, t: float, osc: float, nodes: int = 2**16, proxy: Node | None = None
    ) -> Plane:
        """For weights up to e^{t s(z)}, e^{t proxy(z)} or e^{t r(u)}, osc(r) <= ``osc``; 0 < overlap <= 1.

        Raises Unresolved where a kink of the link or proxy cannot be isolated, ArithmeticError where their
        tilted density does not seem to decay.
        """
        trees = [link] if proxy is None else [link, proxy]
        radius = max(math.sqrt(2 * (_FALLEN + t * osc)), *(_reach(tree, t) for tree in trees))
        parts = (pieces(tree, arb(-2 * radius), arb(2 * radius), _BITS)[1:] for tree in trees)
        kinks = np.unique([float(piece.lower) for part in parts for piece in part])
        blurred = kinks[:, None] + math.sqrt(1 - overlap**2) * (_BLUR if overlap < 1 else np.zeros(1))
        inner = np.unique(blurred / overlap)
        edges = np.concatenate([[-radius], inner[abs(inner) < radius], [radius]])
        counts = np.ceil(np.diff(edges) / (2 * radius) * nodes / 2).astype(int)
        cells = [np.linspace(a, b, n + 1) for (a, b), n in zip(pairwise(edges), counts, strict=True)]
        low, high = (np.concatenate([part[cut] for part in cells]) for cut in (slice(-1), slice(1, None)))
        half = np.repeat((high - low) / 2, 2)
        u = np.repeat((high + low) / 2, 2) + half * np.tile([-_GAUSS, _GAUSS], len(low))
        return cls(overlap, radius, kinks, u, half * _phi(u))

    def given(self, f: Callable[[Array], Array]) -> Array:
        """E[f(z)|u] at the nodes, shape (k, len(u)); f maps an array of z of any shape to (k, *shape).

        f has no kinks but those of the link and the proxy.
        """
        found: Array = self.products(lambda z: (np.ones((1, *z.shape)), f(z)))[0]
        return found

    def products(self, f: Callable[[Array], tuple[Array, Array]]) -> Array:
        """E[v_j(z) w_i(z)|u] for the pair (v, w) that f gives, each as in ``given``: shape (j, i, len(u))."""
        if self.overlap == 1:
            v, w = f(self.u)
            return v[:, None] * w
        probes = self.u[:: max(1, len(self.u) // _PROBES)]
        nodes, coarse = _FEWEST, self._means(f, probes, _FEWEST)
        while nodes < _MOST:
            fine = self._means(f, probes, 2 * nodes)
            if (abs(fine - coarse) <= _AGREED * (1 + abs(fine).max(axis=2, keepdims=True))).all():
                break
            nodes, coarse = 2 * nodes, fine
        size = max(1, _HELD // nodes)
        chunks = [self._means(f, self.u[i : i + size], nodes) for i in range(0, len(self.u), size)]
        return np.concatenate(chunks, axis=2)

    def _means(self, f: Callable[[Array], tuple[Array, Array]], u: Array, nodes: int) -> Array:
        """By Gauss-Legendre rules in v' on every piece of the link, |v'| <= radius."""
        across = math.sqrt(1 - self.overlap**2)
        x, weight = _rule(nodes)
        ends = (np.concatenate([[-np.inf], self.kinks, [np.inf]])[:, None] - self.overlap * u) / across
        ends = np.clip(ends, -self.radius, self.radius)
        total: Array | None = None
        for low, high in pairwise(ends):
            near = high > low
            half = (high - low)[near, None] / 2
            across_u = (high + low)[near, None] / 2 + half * x
            v, w = f(self.overlap * u[near, None] + across * across_u)
            if total is None:
                total = np.zeros((len(v), len(w), len(u)))
            # A small product of matrices at each u: ten times as fast as a sum over all pairs.
            sums = (v * (half * weight * _phi(across_u))).transpose(1, 0, 2) @ w.transpose(1, 2, 0)
            total[:, :, near] += sums.transpose(1, 2, 0)
        assert total is not None
        return total

    def draw(self, shape: tuple[int, ...], rng: np.random.Generator) -> tuple[Array, Array]:
        """Independent pairs (z, u)."""
        z = rng.standard_normal(shape)
        if self.overlap == 1:
            return z, z
        return z, self.overlap * z + math.sqrt(1 - self.overlap**2) * rng.standard_normal(shape)


@lru_cache
def _rule(nodes: int) -> tuple[Array, Array]:
    return np.polynomial.legendre.leggauss(nodes)


def _phi(x: Array) -> Array:
    return np.exp(-(x**2) / 2) / math.sqrt(2 * math.pi)


def _reach(link: Node, t: float) -> float:
    """Where e^{ts} phi has fallen far enough."""
    s = compile_numpy(link)
    for radius in _RADII:
        z = np.linspace(-radius, radius, 4001)
        log_density = t * s(z) - z**2 / 2
        if max(log_density[0], log_density[-1]) < log_density.max() - _FALLEN:
            return radius
    raise ArithmeticError(f"the tilted density does not decay within |z| <= {_RADII[-1]} at t = {t:.6g}")
