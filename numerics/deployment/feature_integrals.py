"""Certified integrals of a link, a weight and features together: shared Gauss nodes with proved errors.

Integrals E[e^{tau r} q(Z)] with |q| <= |s|^i |r|^j |psi|^k, r the reward that weights and psi the features
1, tanh(z - b). Nodes and the values of s, r, psi there are computed once; every temperature then costs
one matrix product, and its error follows from the same bounds on Bernstein ellipses (see gauss).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from functools import lru_cache
from itertools import pairwise

import numpy as np
from flint import arb, arb_mat, fmpz

from ...link.tree import Node
from ..expectation.gauss import RHO, Panel
from ..expectation.tails import tail, too_far_out
from ..lowering.pieces import pieces
from ..lowering.pointwise import Array, compile_numpy
from ..precision import Unresolved, bits_for, exact, working

_RADII = (8, 10, 12, 14, 17, 20, 26, 34, 44, 60, 80)
_SLACK = 1e-6
#: A panel that needs more Gauss nodes than this per digit is cut in two.
_NODES_PER_DIGIT = 1.3
_NARROWEST = 2.0**-40
#: Tails are bounded anew down to this part of the range of tau.
_FEWEST = 64


@dataclass(frozen=True, slots=True)
class _Region:
    """One panel: its Gauss rule's error factor (log) and the covers of both trees on one ellipse."""

    log_factor: float
    density: Array
    log_s: Array
    log_r: Array
    highest: Array
    log_feature: Array


@dataclass(frozen=True)
class Design:
    """Nodes and values of the link ``s``, the weighting reward ``r`` and the features.

    x, s, r, mass: node, s, r and weight times density; psi: nodes x features. ``error`` bounds what the
    sums leave out. ``t_top``: the largest tau for which tails are proved negligible.
    """

    x: list[arb]
    s: list[arb]
    r: list[arb]
    mass: list[arb]
    psi: arb_mat
    radius: Fraction
    t_top: Fraction
    trees: tuple[Node, Node]
    _arrays: tuple[Array, ...]
    _gap: float
    _tails: dict[tuple[int, int, Fraction], float] = field(default_factory=dict, compare=False, repr=False)

    def error(self, low: arb, high: arb, s_power: int, r_power: int, features: int) -> float:
        """A bound of |E[e^{tau r} q] - sum| for every tau in [low, high] and |q| <= |s|^i |r|^j |psi|^k."""
        log_factor, density, log_s, log_r, highest, log_feature = self._arrays
        ends = [
            math.nextafter(float(end), math.copysign(math.inf, sign)) for end, sign in ((low, -1), (high, 1))
        ]
        tilt = np.maximum(ends[0] * highest, ends[1] * highest) + 1e-9
        logs = density + tilt + s_power * log_s + r_power * log_r + features * log_feature
        # A bound beyond the doubles is infinite, and proves nothing.
        with np.errstate(over="ignore"):
            inside = float(np.exp(log_factor + logs.max(axis=1)).sum()) * (1 + _SLACK)
            # The slivers around kinks lie in boxes of the panels beside them.
            lost = self._gap * float(np.exp(logs.max())) if self._gap else 0.0
        return inside + self._tail(low, high, s_power, r_power) + lost

    def _tail(self, low: arb, high: arb, s_power: int, r_power: int) -> float:
        """What |z| > radius holds; the features are at most 1 there."""
        if low < 0 or high > exact(self.t_top):
            raise ValueError("tau lies outside the range of the design")
        # One bound serves every tau up to a power of two of the range, and another tau = 0.
        top = self.t_top if high > 0 else Fraction(0)
        while top > 0 and high < exact(top / 2) and self.t_top < _FEWEST * top:
            top /= 2
        key = (s_power, r_power, top)
        if key not in self._tails:
            self._tails[key] = self._tail_up_to(*key)
        return self._tails[key]

    def _tail_up_to(self, s_power: int, r_power: int, t_top: Fraction) -> float:
        low, high = arb(0), exact(t_top)
        s_tree, r_tree = self.trees
        if s_tree is r_tree or not s_power:
            parts = [(r_tree, s_power + r_power, low, high)]
        else:
            # Cauchy-Schwarz separates the two functions.
            parts = [(s_tree, 2 * s_power, arb(0), arb(0)), (r_tree, 2 * r_power, 2 * low, 2 * high)]
        product = 1.0
        for tree, power, bottom, top in parts:
            bound = tail(tree, 0, power, bottom, top, self.radius)
            if bound is None:
                raise too_far_out(float(high))
            product *= float(bound) * (1 + _SLACK)
        return product if len(parts) == 1 else math.sqrt(product)


def design(s: Node, r: Node, biases: Sequence[Fraction], t_top: Fraction, digits: int) -> Design:
    """Nodes for the link ``s``, weights e^{tau r} with tau <= t_top, and features 1, tanh(z - b).

    Errors are about 10^-digits relative to the integrals. Raises Unresolved where a tail or a kink resists.
    """
    peak = _log_peak(r, t_top)
    radius = _radius(s, r, t_top, digits, peak)
    bits = bits_for(digits) + 80
    with working(bits):
        regions: list[_Region] = []
        x: list[arb] = []
        values: tuple[list[arb], list[arb], list[arb]] = ([], [], [])
        covered = arb(0)
        for low, high, s_tree, r_tree in _common(s, r, radius, 2 * bits):
            covered += high - low
            waiting = list(reversed(_cut(low, high)))
            while waiting:
                a, b = waiting.pop()
                found = _region(a, b, s_tree, r_tree, float(t_top), digits, peak)
                if found is None:
                    if float(b - a) < _NARROWEST:
                        raise Unresolved(f"the link is not shown to be analytic near z = {float(a):.6g}")
                    middle = ((a + b) / 2).mid()
                    waiting += [(middle, b), (a, middle)]
                    continue
                region, n = found
                regions.append(region)
                nodes, other = Panel(a, b, s_tree).nodes(n, bits), Panel(a, b, r_tree).nodes(n, bits)
                x += nodes.x
                for target, more in zip(values, (nodes.s, other.s, nodes.mass), strict=True):
                    target += more
        places = [exact(b) for b in biases]
        psi = arb_mat([[arb(1), *((z - b).tanh() for b in places)] for z in x])
        gap = float((2 * exact(radius) - covered).abs_upper())
    boxes = max(len(region.density) for region in regions)
    arrays = [np.array([region.log_factor for region in regions])]
    for name in ("density", "log_s", "log_r", "highest", "log_feature"):
        rows = [getattr(region, name) for region in regions]
        arrays.append(np.array([np.pad(row, (0, boxes - len(row)), mode="edge") for row in rows]))
    return Design(x, *values, psi, radius, t_top, (s, r), tuple(arrays), gap)


def _log_peak(r: Node, t_top: Fraction) -> float:
    """About log E e^{tau r} at the top of the range, at least 0: errors are relative to it."""
    x = np.linspace(-40, 40, 1601)
    with np.errstate(all="ignore"):
        logs = float(t_top) * compile_numpy(r)(x) - x * x / 2
    return max(0.0, float(np.nanmax(logs)))


def _radius(s: Node, r: Node, t_top: Fraction, digits: int, peak: float) -> Fraction:
    goal = -(digits + 2) * math.log(10)
    for radius in map(Fraction, _RADII):
        with working(96):
            top = exact(t_top)
            bounds = [
                (tail(r, 0, 2, arb(0), top, radius), peak),
                (tail(s, 0, 4, arb(0), arb(0), radius), 0.0),
                (tail(r, 0, 0, arb(0), arb(0), radius), 0.0),
            ]
        if all(b is not None and (b.is_zero() or float(b.log()) < goal + scale) for b, scale in bounds):
            return radius
    raise too_far_out(float(t_top))


def _common(s: Node, r: Node, radius: Fraction, bits: int) -> list[tuple[arb, arb, Node, Node]]:
    """The intervals on which both trees are analytic, with their branches."""
    first, second = (pieces(tree, exact(-radius), exact(radius), bits) for tree in (s, r))
    found = []
    for a in first:
        for b in second:
            low, high = a.lower.max(b.lower), a.upper.min(b.upper)
            if low < high:
                found.append((low.mid(), high.mid(), a.tree, b.tree))
    return found


def _cut(low: arb, high: arb) -> list[tuple[arb, arb]]:
    """[low, high] cut at the integers inside."""
    inner = [arb(c) for c in range(math.ceil(float(low)), math.floor(float(high)) + 1)]
    ends = [low, *(c for c in inner if low < c and c < high), high]
    return list(pairwise(ends))


def _region(
    low: arb, high: arb, s: Node, r: Node, t_top: float, digits: int, peak: float
) -> tuple[_Region, int] | None:
    """The widest usable ellipse around [low, high] and its number of nodes, or None to cut the panel."""
    ends = (low.man_exp(), high.man_exp())
    for rho in RHO:
        own, other = (_panel(*ends, link).ellipse(rho) for link in (s, r))
        if own is None or other is None or own.region.height.max() > 1.45:
            continue
        # |tanh(x + iy)|^2 = 1 - cos 2y/(sinh^2 x + cos^2 y) <= max(1, tan^2 y) for |y| < pi/2.
        log_feature = np.maximum(0.0, np.log(np.tan(own.region.height))) + 1e-9
        half = float((high - low) / 2)
        factor = math.log(64 / 15 * half / (1 - rho**-2)) + _SLACK
        rate = 2 * math.log(rho) * (1 - 1e-12)
        flat = own.log_density + 4 * log_feature
        with np.errstate(over="ignore"):  # then the ellipse is of no use
            top = factor + max(float(flat.max()), float((flat + t_top * other.highest).max()) - peak)
        if not math.isfinite(top):
            continue
        n = max(4, 2 + math.ceil((top + (digits + 2) * math.log(10)) / rate))
        if n > _NODES_PER_DIGIT * digits + 24:
            continue
        sizes = (np.maximum(own.log_size, -1e3), np.maximum(other.log_size, -1e3))
        region = _Region(factor - rate * (n - 1), own.log_density, *sizes, other.highest, log_feature)
        return region, n
    return None


@lru_cache(maxsize=512)
def _panel(low: tuple[fmpz, fmpz], high: tuple[fmpz, fmpz], tree: Node) -> Panel:
    """A panel, its ends as mantissa and exponent of 2: its ellipses serve every t and precision."""
    return Panel(arb(low), arb(high), tree)
