"""Tilted moments at many temperatures at once, in double precision: for plots and scans, not for proofs.

Nodes, weights, s and He_k at the nodes are shared by all temperatures, powers and orders, so that a whole
table is one product: (temperatures x nodes) times (nodes x powers and orders). Heuristic: panels are halved
until a rule with half as many nodes agrees, and nothing here decides a claim.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from flint import arb
from numpy.polynomial import hermite_e, legendre

from ...link.label import Noise
from ...link.tree import Node
from ..expectation.labels import cumulants
from ..lowering.pieces import pieces, without_null_sets
from ..lowering.pointwise import Array, compile_numpy
from ..precision import Unresolved, working

_PANELS, _ORDER = (24, 48, 96, 192, 384, 768, 1536), 16
_GOAL, _VISIBLE = 1e-9, 1e-6
#: e^-700 is the smallest weight that a double holds; what is e^-45 of the largest is not seen.
_SEEN = 45.0
#: Up to 800, each number 1.4 % larger than the one before.
_DISTANCES = np.geomspace(1e-3, 800.0, 1000)
_FAR = np.concatenate([_DISTANCES, -_DISTANCES])
_LOG_FAR = np.log1p(np.abs(_FAR))
_BITS = 60


@dataclass(frozen=True)
class Scan:
    """Means under the tilted law e^{ts} phi/M at ``ts``: means[j, i, k] = E[s^i e^{ts} He_k]/M at ts[j].

    log_mass: log M. error: by how much a coarser rule differs at the largest and the least t, over the mean
    of the absolute values.
    """

    ts: Array
    powers: tuple[int, ...]
    ks: tuple[int, ...]
    means: Array
    log_mass: Array
    error: float

    def of(self, power: int, k: int) -> Array:
        """E[s^power e^{ts} He_k]/M at every t."""
        found: Array = self.means[:, self.powers.index(power), self.ks.index(k)]
        return found


def scan(tree: Node, ks: Sequence[int], powers: Sequence[int], ts: Sequence[float] | Array) -> Scan:
    """The means at every t in ``ts``, all below t_max.

    Raises Unresolved where a kink is not isolated, or two rules differ by what a plot would show.
    """
    at = np.asarray(ts, dtype=np.float64)
    if not at.size:
        shape = (0, len(powers), len(ks))
        return Scan(at, tuple(powers), tuple(ks), np.zeros(shape), np.zeros(0), 0.0)
    orders, exponents = tuple(ks), tuple(powers)
    reach = _reach(tree, float(at.max()), max(orders), max(exponents))
    # The steepest tilt, and the narrowest mass within the same reach: they set how many panels are needed.
    hardest = np.array([at.max(), at.min()])
    for panels in _PANELS:
        error = _gap(tree, reach, panels, orders, exponents, hardest)
        if error < _GOAL:
            break
    if not error < _VISIBLE:
        raise Unresolved(f"at t = {at.max():.6g} two quadrature rules still differ by {error:.1g}")
    means, log_mass, _ = _means(_nodes(tree, reach, panels, _ORDER), orders, exponents, at)
    return Scan(at, exponents, orders, means, log_mass, error)


def _gap(
    tree: Node, reach: float, panels: int, ks: tuple[int, ...], powers: tuple[int, ...], t: Array
) -> float:
    """The largest difference between two rules, over the mean of the absolute values."""
    fine, coarse = (_nodes(tree, reach, panels, order) for order in (_ORDER, _ORDER // 2))
    means, _, sizes = _means(fine, ks, powers, t, sizes=True)
    gap = np.abs(means - _means(coarse, ks, powers, t)[0])
    return float((gap / np.maximum(sizes, 1e-300)).max())


def _reach(tree: Node, t: float, k: int, power: int) -> float:
    """Up to which |z| the integrand is seen at t and everywhere below; Unresolved where that is too far."""
    x = _FAR
    with np.errstate(all="ignore"):
        s = np.nan_to_num(compile_numpy(tree)(x), nan=0.0).clip(-1e200, 1e200)
        factor = k * _LOG_FAR + power * np.log1p(np.abs(s)) - x * x / 2
        sizes = [tilt * s + factor for tilt in (0.0, t / 2, t)]
    seen = max(float(np.abs(x[each >= each.max() - _SEEN]).max()) for each in sizes)
    if not seen < _DISTANCES.max():
        raise Unresolved(f"at t = {t:.6g} the mass lies too far out for a sum over a grid")
    return 1.05 * max(8.0, seen)


@lru_cache(maxsize=64)
def _pieces(tree: Node, reach: float) -> list[tuple[float, float, Node]]:
    with working(_BITS):
        found = pieces(without_null_sets(tree), arb(-reach), arb(reach), _BITS)
    return [(float(piece.lower), float(piece.upper), piece.tree) for piece in found]


#: Ends of pieces with the number of panels on each, and the nodes on a panel: what z depends on.
_Rule = tuple[tuple[tuple[float, float, int], ...], int]


@lru_cache(maxsize=2)
def _on_a_panel(order: int) -> tuple[Array, Array]:
    points, weights = legendre.leggauss(order)
    return points, weights


@lru_cache(maxsize=16)
def _weighted(rule: _Rule) -> tuple[Array, Array]:
    """z and log(weight phi(z)), for all links."""
    ends, order = rule
    points, weights = _on_a_panel(order)
    edges = [np.linspace(low, high, count + 1) for low, high, count in ends]
    half = np.concatenate([np.diff(each) for each in edges])[:, None] / 2
    z = (np.concatenate([each[:-1] for each in edges])[:, None] + half + half * points).ravel()
    return z, np.log((half * weights).ravel()) - z * z / 2 - np.log(2 * np.pi) / 2


@lru_cache(maxsize=16)
def _hermite(rule: _Rule, ks: tuple[int, ...]) -> Array:
    """He_k at the nodes; columns: k."""
    table: Array = np.asarray(hermite_e.hermevander(_weighted(rule)[0], max(ks)), dtype=np.float64)[
        :, list(ks)
    ]
    return table


@lru_cache(maxsize=64)
def _nodes(tree: Node, reach: float, panels: int, order: int) -> tuple[_Rule, Array]:
    """A Gauss rule on every panel of every smooth piece, and s at its nodes."""
    parts = _pieces(tree, reach)
    counts = [max(int(np.ceil((high - low) / (2 * reach) * panels)), 2) for low, high, _ in parts]
    rule = tuple((low, high, n) for (low, high, _), n in zip(parts, counts, strict=True)), order
    places = np.split(_weighted(rule)[0], np.cumsum([n * order for n in counts])[:-1])
    s = [compile_numpy(branch)(x) for (_, _, branch), x in zip(parts, places, strict=True)]
    return rule, np.concatenate(s)


def _means(
    nodes: tuple[_Rule, Array],
    ks: tuple[int, ...],
    powers: tuple[int, ...],
    ts: Array,
    *,
    sizes: bool = False,
) -> tuple[Array, Array, Array]:
    """The means, log M, and where ``sizes`` the means of the absolute values (else none)."""
    rule, s = nodes
    he = _hermite(rule, ks)
    table = np.concatenate([s[:, None] ** i * he for i in powers], axis=1)
    # One product: an outer product and a sum of rows would pass over all of them twice.
    exponents = np.stack([ts, np.ones_like(ts)], axis=1) @ np.stack([s, _weighted(rule)[1]])
    top = exponents.max(axis=1, keepdims=True)
    exponents -= top
    mass = np.exp(exponents, out=exponents)
    total = mass.sum(axis=1)
    shape = (len(ts), len(powers), len(ks))
    means, size = (
        (mass @ each / total[:, None]).reshape(shape) if each is not None else np.empty(0)
        for each in (table, np.abs(table) if sizes else None)
    )
    return means, top[:, 0] + np.log(total), size


def noise_cumulants(noise: Noise, ts: Array) -> Array:
    """K_e, K_e' and K_e'' at every t > 0, one row each."""
    with working(_BITS):
        rows = [[float(c) for c in cumulants(noise, arb(float(t)))[:3]] for t in ts]
    return np.array(rows).reshape(len(ts), 3).T
