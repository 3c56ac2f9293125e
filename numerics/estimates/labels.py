"""Labels that are drawn, in doubles: E[y^i e^{ty} | z] from the definition, and draws. Heuristic."""

from __future__ import annotations

from fractions import Fraction
from math import ceil, lgamma, sqrt

import numpy as np
from numpy.polynomial.hermite_e import hermegauss

from ...link.label import Label
from ...link.tree import Node
from ..lowering.pointwise import Array, compile_numpy, hermite
from .quadrature import Estimate, rounded_nodes

#: What rounding may cost, as a part of the integral of the absolute value.
_ROUNDING = 1e-12


def label_moment(tree: Node, label: Label, k: int, i: int, t: float) -> Estimate:
    """E[y^i e^{ty} He_k], by two rules over z; the error is what they differ by."""
    values = []
    for size in (1, 0):
        z, mass, s = (part.ravel() for part in rounded_nodes(tree, k, 1, Fraction(0), size))
        kept = np.isfinite(s) & (mass > 0)
        z, mass, s = z[kept], mass[kept], s[kept]
        terms = mass * _given(tree, label, i, t, z, s, mass) * hermite(k, z)
        values.append((float(terms.sum()), float(np.abs(terms).sum())))
    (fine, whole), (coarse, _) = values
    return Estimate(fine, abs(fine - coarse) + _ROUNDING * whole, whole)


def _given(tree: Node, label: Label, i: int, t: float, z: Array, s: Array, mass: Array) -> Array:
    """E[y^i e^{ty} | z] at the nodes z, s the link there; mass: the weights of the nodes."""
    if label.kind == "bernoulli":
        low, high = map(float, label.numbers)
        return np.asarray(s * high**i * np.exp(t * high) + (1 - s) * low**i * np.exp(t * low))
    if label.kind == "poisson":
        top = float(s[mass > 1e-14 * mass.max()].max()) * np.exp(t)
        total, log_rate = np.zeros_like(s), np.log(np.maximum(s, 1e-300))
        for n in range(ceil(top + 12 * sqrt(top) + 40)):
            total += n**i * np.exp(t * n + n * log_rate - s - lgamma(n + 1))
        return np.asarray(total)
    if label.kind == "flip":
        q = float(label.numbers[0])
        return np.asarray((1 - q) * s**i * np.exp(t * s) + q * (-s) ** i * np.exp(-t * s))
    if label.kind == "preference":
        wins = np.array([float((mass / (1 + np.exp((s - at) / float(label.numbers[0])))).sum()) for at in s])
        return np.asarray(wins * np.exp(t) + (1 - wins) * (-1.0) ** i * np.exp(-t))
    assert label.variance is not None
    x, w = hermegauss(60)
    y = s[:, None] + np.sqrt(np.maximum(compile_numpy(label.variance)(z), 0))[:, None] * x
    return np.asarray((y**i * np.exp(t * y)) @ (w / w.sum()))


def given_moments(tree: Node, label: Label, t: float, z: Array) -> tuple[Array, Array, Array]:
    """E[y^i e^{ty} | z] for i = 0, 1, 2 in closed form; over an equally spaced z for preferences."""
    s = compile_numpy(tree)(z)
    if label.kind == "poisson":
        rate = s * np.exp(t)
        grown = np.exp(rate - s)
        return grown, grown * rate, grown * (rate * rate + rate)
    if label.kind == "flip":
        q = float(label.numbers[0])
        up, down = (1 - q) * np.exp(t * s), q * np.exp(-t * s)
        return up + down, s * (up - down), s * s * (up + down)
    if label.variance is not None:
        v = compile_numpy(label.variance)(z)
        mean, grown = s + t * v, np.exp(t * s + t * t * v / 2)
        return grown, grown * mean, grown * (mean * mean + v)
    if label.kind == "preference":
        mass, tau = np.exp(-(z**2) / 2), float(label.numbers[0])
        p = 0.5 + np.array([mass @ np.tanh((at - s) / (2 * tau)) for at in s]) / (2 * mass.sum())
        low, high = -1.0, 1.0
    else:
        p, (low, high) = s, map(float, label.numbers)
    up, down = p * np.exp(t * high), (1 - p) * np.exp(t * low)
    return up + down, high * up + low * down, high**2 * up + low**2 * down


def draw_label(tree: Node, label: Label, z: Array, rng: np.random.Generator) -> Array:
    """One y for each z."""
    link = compile_numpy(tree)
    s = link(z)
    if label.kind == "bernoulli":
        low, high = map(float, label.numbers)
        return np.asarray(np.where(rng.uniform(size=z.size) < s, high, low))
    if label.kind == "poisson":
        return np.asarray(rng.poisson(s), dtype=np.float64)
    if label.kind == "flip":
        return np.asarray(np.where(rng.uniform(size=z.size) < float(label.numbers[0]), -s, s))
    if label.kind == "preference":
        other = link(rng.standard_normal(z.size))
        chance = 1 / (1 + np.exp((other - s) / float(label.numbers[0])))
        return np.asarray(np.where(rng.uniform(size=z.size) < chance, 1.0, -1.0))
    if label.variance is None:
        return np.asarray(s)
    spread = np.sqrt(np.maximum(compile_numpy(label.variance)(z), 0))
    return np.asarray(s + spread * rng.standard_normal(z.size))
