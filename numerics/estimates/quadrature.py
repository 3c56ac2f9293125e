"""High-precision quadrature by mpmath: no proof, but no code in common with the certified oracle.

Kinks are found by sampling the switching functions and bisecting; every panel is integrated by
Gauss-Legendre rules of two sizes. The (heuristic) error estimate adds up what they differ by on each panel:
what an oscillation leaves on one panel never cancels against another. Over a noisy label, a product rule in
(z, e) in doubles: no use is made of how the two factor.
"""

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache
from itertools import pairwise
from typing import Literal

import numpy as np
from mpmath.calculus.quadrature import GaussLegendre
from mpmath.libmp import mpf_abs, mpf_exp, mpf_mul, mpf_pow_int, mpf_sum
from numpy.polynomial.hermite_e import hermegauss

from ...link.label import Noise
from ...link.tree import Node
from ..lowering.pointwise import (
    Array,
    Raw,
    Real,
    compile_mpmath,
    compile_numpy,
    hermite,
    mp,
    precise_hermite,
    precise_values,
)
from .cuts import ROUNDED, panel_ends

#: Parts of ``size``: what is put down to rounding, and what a leg may rest on.
_ROUNDING, _RESOLVED, _TINY = mp.mpf(10) ** -12, mp.mpf(10) ** -8, mp.mpf(10) ** -300
#: Cut-offs up to here are paved with panels of width 1.
_NEAR = 20
#: Points that tell how large an integrand gets.
_INSIDE = 81
_NODES = 48
#: Rounding in doubles, as a part of the integral of the absolute value.
_DOUBLE = 1e-13


class Divergent(ArithmeticError):
    """The integrand does not decay where it was cut off."""


@dataclass(frozen=True, slots=True)
class Estimate:
    """A value with a heuristic error estimate: the differences of two rules plus the cut-off.

    size: the integral of the absolute value, by which rounding is measured. refutes: whether the value is
    farther from ``stated`` (itself known to ``room``) than ten times every error. resolved: whether those
    errors are small against ``size``.
    """

    value: Real
    error: Real
    size: Real

    def refutes(self, stated: Real, room: Real = 0) -> bool:
        return bool(abs(self.value - stated) > 10 * (self.error + room) + _ROUNDING * self.size)

    def resolved(self, room: Real = 0) -> bool:
        return bool(self.error + room <= _RESOLVED * (self.size + _TINY))


def tilted_moment(tree: Node, k: int, power: int, t: Fraction, digits: int) -> Estimate:
    """E[s(Z)^power e^{t s(Z)} He_k(Z)] to about ``digits`` digits. Raises Divergent."""
    return tilted_moments(tree, (k,), (power,), t, digits)[power, k]


def tilted_moments(
    tree: Node, ks: Sequence[int], powers: Sequence[int], t: Fraction, digits: int
) -> dict[tuple[int, int], Estimate]:
    """The estimates for every power and order, ``{(i, k): estimate}``, from shared nodes.

    Raises Divergent where the integrand still grows at the largest cut-off tried: an estimate of a
    divergent integral would look as good as any other.
    """
    return dict(_moments(tree, tuple(ks), tuple(powers), t, digits))


@lru_cache(maxsize=256)
def _moments(
    tree: Node, ks: tuple[int, ...], powers: tuple[int, ...], t: Fraction, digits: int
) -> dict[tuple[int, int], Estimate]:
    with mp.workdps(digits + 8):
        tilt = mp.mpf(t.numerator) / t.denominator
        radius = _cutoff(tree, max(ks), max(powers), tilt, digits)
        # Some more orders at once, so that they serve more requests.
        top, ends = max(ks) | 7, list(_panels(panel_ends(tree, radius, digits), radius))
        rules = [
            zip(
                _panelwise(tree, radius, digits, size),
                [_polynomials(a, b, digits, size, top) for a, b in ends],
                strict=True,
            )
            for size in (1, 0)
        ]
        found = {(i, k): Estimate(mp.zero, mp.zero, mp.zero) for i in powers for k in ks}
        for rows in zip(*rules, strict=True):
            fine, coarse = (_summed(panel, at_nodes, ks, powers, tilt) for panel, at_nodes in rows)
            for key, (value, size) in fine.items():
                old = found[key]
                error = old.error + abs(value - coarse[key][0])
                found[key] = Estimate(old.value + value, error, old.size + size)
        floor = mp.mpf(10) ** -(digits + 2)
        return {
            key: Estimate(e.value, e.error + floor * (e.size + abs(e.value)), e.size)
            for key, e in found.items()
        }


def rounded_nodes(
    tree: Node, k: int, power: int, t: Fraction, size: Literal[0, 1] = 1
) -> tuple[Array, Array, Array]:
    """z, weight times density and s(z) in doubles, a row a panel, for integrands up to s^power e^{ts} He_k.

    size: the smaller or the larger rule, on the same panels. Raises Divergent as ``tilted_moments`` does.
    """
    with mp.workdps(ROUNDED + 8):
        radius = _cutoff(tree, k, power, mp.mpf(t.numerator) / t.denominator, ROUNDED)
        return _rounded(tree, radius, size)


@lru_cache(maxsize=32)
def _rounded(tree: Node, radius: int, size: Literal[0, 1]) -> tuple[Array, Array, Array]:
    rows = np.array(_panelwise(tree, radius, ROUNDED, size), dtype=np.float64)
    return rows[..., 0], rows[..., 1], rows[..., 2]


def _summed(
    nodes: Sequence[tuple[Real, Real, Real]],
    polynomials: Sequence[Sequence[Raw]],
    ks: Sequence[int],
    powers: Sequence[int],
    tilt: Real,
) -> dict[tuple[int, int], tuple[Real, Real]]:
    """The integrals over one panel, and those of the absolute values; ``polynomials``: He_k at its nodes.

    On the tuples that an mpf wraps: this loop takes most of the time of all quadrature.
    """
    how = mp._prec_rounding
    tilts: dict[Raw, Raw] = {}
    parts: dict[tuple[int, int], list[Raw]] = {(i, k): [] for i in powers for k in ks}
    for (_, mass, s), at_node in zip(nodes, polynomials, strict=True):
        value = s._mpf_
        # A link with few levels takes each of them at many nodes.
        if (tilted := tilts.get(value)) is None:
            tilted = tilts[value] = mpf_exp(mpf_mul(tilt._mpf_, value, *how), *how)
        term, raised = mpf_mul(mass._mpf_, tilted, *how), 0
        for i in sorted(powers):
            if gap := i - raised:
                term = mpf_mul(term, value if gap == 1 else mpf_pow_int(value, gap, *how), *how)
            raised = i
            for k in ks:
                # Exact: a product is rounded only in the sum.
                parts[i, k].append(mpf_mul(term, at_node[k]))
    return {key: _total(terms, how) for key, terms in parts.items()}


def _total(terms: Sequence[Raw], how: tuple[int, str]) -> tuple[Real, Real]:
    """The sum, and that of the absolute values: the same but for the sign where no term differs in sign."""
    value = mpf_sum(terms, *how)
    size = mpf_abs(value)
    if len({sign for sign, mantissa, exponent, _ in terms if mantissa or exponent}) > 1:
        size = mpf_sum(terms, *how, absolute=True)
    return mp.make_mpf(value), mp.make_mpf(size)


@lru_cache(maxsize=512)
def _polynomials(a: Real, b: Real, digits: int, size: int, order: int) -> list[list[Raw]]:
    """He_0 to He_order at the nodes of a panel."""
    return [precise_hermite(order, x._mpf_) for x, _ in _of_panel(a, b, digits, size)]


@lru_cache(maxsize=32)
def _panelwise(tree: Node, radius: int, digits: int, size: int) -> list[list[tuple[Real, Real, Real]]]:
    """(x, weight phi(x), s(x)) by panels of [-radius, radius]: whatever t and k are, they are the same."""
    cuts = panel_ends(tree, radius, digits)
    values = iter(_at_nodes(tree, cuts, radius, digits, size))
    return [[(x, mass, next(values)) for x, mass in panel] for panel in _nodes(cuts, radius, digits, size)]


@lru_cache(maxsize=64)
def _at_nodes(tree: Node, cuts: tuple[Real, ...], radius: int, digits: int, size: int) -> Sequence[Real]:
    """The tree at the nodes; e^{ts} and s tanh(s), say, take s from here."""
    points = [x for panel in _nodes(cuts, radius, digits, size) for x, _ in panel]
    return precise_values(tree, points, lambda part: _at_nodes(part, cuts, radius, digits, size))


@lru_cache(maxsize=32)
def _nodes(cuts: tuple[Real, ...], radius: int, digits: int, size: int) -> list[list[tuple[Real, Real]]]:
    """(x, weight phi(x)) by panels, the same for all links that are cut there."""
    return [_of_panel(a, b, digits, size) for a, b in _panels(cuts, radius)]


# Most panels serve every cut-off and most links, so they are kept one by one.
@lru_cache(maxsize=512)
def _of_panel(a: Real, b: Real, digits: int, size: int) -> list[tuple[Real, Real]]:
    """(x, weight phi(x)) on [a, b]."""
    center, half = (a + b) / 2, (b - a) / 2
    scale = half / mp.sqrt(2 * mp.pi)
    points = [(center + half * node, weight * scale) for node, weight in _rule(digits, size)]
    return [(x, weight * mp.exp(-x * x / 2)) for x, weight in points]


@lru_cache(maxsize=16)
def _rule(digits: int, size: int) -> list[tuple[Real, Real]]:
    """Gauss-Legendre nodes and weights on [-1, 1]: 3*2^degree of them, two sizes per precision."""
    degree = 3 if digits <= 10 else 4 if digits <= 40 else 5
    with mp.workdps(digits + 12):
        return list(GaussLegendre(mp).calc_nodes(degree + size - 1, mp.prec))


def _panels(cuts: Sequence[Real], radius: int) -> Iterator[tuple[Real, Real]]:
    """The ends of each panel: of width 1, or 2 where the cut-off is far."""
    widest = 1 if radius <= _NEAR else 2
    for low, high in pairwise([mp.mpf(-radius), *cuts, mp.mpf(radius)]):
        pieces = max(1, int(mp.ceil((high - low) / widest)))
        width = (high - low) / pieces
        for i in range(pieces):
            yield low + i * width, low + (i + 1) * width


def _cutoff(tree: Node, k: int, power: int, tilt: Real, digits: int) -> int:
    """Where the log-integrand has fallen ``digits`` + 4 decades below its peak, on both sides, for good."""

    slope = float(tilt)
    for radius in (8, 10, 12, 16, 20, 26, 34, 44, 60, 80, 110, 150, 200):
        x, s, log_s = _profile(tree, radius)
        sizes = (slope * s if slope else 0.0) - x * x / 2 + power * log_s + k * np.log1p(np.abs(x))
        if sizes[_INSIDE:].max() < sizes[:_INSIDE].max() - (digits + 4) * math.log(10):
            return radius
    raise Divergent(f"the integrand does not decay within |z| <= 200 at t = {slope:.6g}")


@lru_cache(maxsize=128)
def _profile(tree: Node, radius: int) -> tuple[Array, Array, Array]:
    """x, s and log(1 + |s|) at ``_INSIDE`` points of [-radius, radius], then at and beyond its ends."""
    half = _INSIDE // 2
    x = radius * np.array([*(i / half for i in range(-half, half + 1)), -1, -1.2, -2, 1, 1.2, 2])
    s = compile_numpy(tree)(x).copy()
    with np.errstate(all="ignore"):
        log_s = np.log1p(np.abs(s))
    # log(1 + exp(z**2)) overflows on the way in doubles, and e^{e^z} itself.
    for i in np.flatnonzero(~np.isfinite(s)):
        value = compile_mpmath(tree)(mp.mpf(float(x[i])))
        s[i], log_s[i] = float(value), float(mp.log(1 + abs(value)))
    return x, s, log_s


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
) -> dict[tuple[int, int], tuple[Array, float]]:
    """The integral over each panel, and that of the absolute value over all of them."""
    z, mass, s = rounded_nodes(tree, max(ks), max(powers), t, size)
    e, law = law_nodes(noise)
    y = s[..., None] + e
    weight = mass[..., None] * law * np.exp(float(t) * y)
    found = {}
    for k in ks:
        he = hermite(k, z)[..., None]
        for i in powers:
            terms = weight * y**i * he
            found[i, k] = terms.sum(axis=(1, 2)), float(np.abs(terms).sum())
    return found


def mean_with(tree: Node, k: int, weight: Callable[[Array], Array]) -> Estimate:
    """E[w(s(Z)) He_k(Z)] in doubles, for a bounded ``weight`` w that has no kink."""
    with np.errstate(all="ignore"):
        fine, coarse = (_with_weight(tree, k, weight, size) for size in (1, 0))
        size = np.abs(fine).sum()
        values = fine.sum(axis=1)
        error = np.abs(values - coarse.sum(axis=1)).sum() + _DOUBLE * size
    return Estimate(float(values.sum()), float(error), float(size))


def _with_weight(tree: Node, k: int, weight: Callable[[Array], Array], size: Literal[0, 1]) -> Array:
    z, mass, s = rounded_nodes(tree, k, 0, Fraction(0), size)
    return np.asarray(mass * weight(s) * hermite(k, z))


def law_nodes(noise: Noise, nodes: int = _NODES) -> tuple[Array, Array]:
    """Values of e and their weights: a Gauss rule for the law of the noise."""
    scale = float(noise.scale)
    if noise.kind == "rademacher":
        return np.array([-scale, scale]), np.array([0.5, 0.5])
    if noise.kind == "gaussian":
        x, w = hermegauss(nodes)
        return scale * x, w / w.sum()
    if noise.kind == "uniform":
        x, w = np.polynomial.legendre.leggauss(nodes)
        return scale * x, w / 2
    return np.zeros(1), np.ones(1)
