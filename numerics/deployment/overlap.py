"""Functions of the learned direction seen from the hidden one: means over u given z, with proved errors.

Under any law that tilts z = <theta*, x> only, the learned coordinate is u = m z + sqrt(1 - m^2) v, v ~
N(0, 1) independent of z, m the overlap. So E[A(z) q(u)] = E[A(z) (T_m q)(z)] with (T_m q)(z) = E_v q(u), and
two-dimensional integrals become the sums over z that there are for m = 1.

T_m q is a trapezoid sum over v. q being a product of tanh(u - b), it is analytic and at most 1 for |Im u| <=
pi/4, so the integrand is at most e^{a^2/2} phi in the strip |Im v| <= a, sqrt(1-m^2) a <= pi/4, and the sum
of step h errs by at most 2 e^{a^2/2}/(e^{2 pi a/h} - 1) (Trefethen and Weideman, The exponentially convergent
trapezoidal rule, 2014, theorem 5.1); what lies beyond its last node is less than that tail of the normal law.
As a function of z, T_m q is analytic where q is, and has the same bound there.

Over a range of overlaps the sums at its two ends are enough: with tau = -log m and L q = q'' - u q',
d/dtau T_m q = T_m L q, so that E[A(z) q(u)] lies between its values at the ends up to (tau - tau')^2/8 times
E|A| sup |L^2 q|, L^2 q = q^(4) - 2u q^(3) + (u^2 - 2) q'' + u q' (docs/claims/v9.md).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

import numpy as np
from flint import arb
from numpy.polynomial import Polynomial

from ..lowering.pointwise import Array
from ..precision import exact
from .columns import Doubles

#: Strips wider than this gain nothing: e^{a^2/2} grows too fast.
_WIDEST = 9.0
_MORE = 1 + 1e-9
#: tanh and its derivatives as polynomials in tanh, and at least their suprema.
_SUPREMA = (1.0, 1.0, 0.77, 2.0, 4.09, 16.0, 52.3)
_TANH = [Polynomial([0.0, 1.0])]
for _ in _SUPREMA[2:]:
    _TANH.append(_TANH[-1].deriv() * Polynomial([1.0, 0.0, -1.0]))
#: Cells of u, a unit and this far beyond the biases; the features and fits in a product.
_CELLS, _EDGE = 64, 20
_FEATURES, _FITS = 4, 2


@dataclass(frozen=True, eq=False)
class Inner:
    """The features 1, tanh(u - b) at u = m z + sqrt(1 - m^2) v for nodes z and the nodes v of the inner rule.

    psi: a row for each pair (z, v), v fastest. weights: those of the inner rule, [1] at overlap 1. error: of
    the inner mean of a function of size 1.
    """

    psi: Doubles
    weights: Doubles
    error: float

    def mean(self, values: Doubles, size: float) -> Doubles:
        """T_m q at the nodes z for each q of ``values``, at the pairs, |q| <= ``size`` for |Im u| <= pi/4."""
        count = len(self.weights.value)
        if count == 1:
            return values
        shape = len(values.value), -1, count
        found = Doubles(values.value.reshape(shape), values.off.reshape(shape)) @ self.weights
        return found.blurred(size * self.error)


def inner(x: Sequence[arb], biases: Sequence[Fraction], overlap: Fraction, digits: int) -> Inner:
    """The features at the nodes x, inner means good to ``digits`` decimals; 0 < overlap <= 1."""
    places = [exact(b) for b in biases]
    if overlap == 1:
        rows = [[arb(1), *((z - b).tanh() for b in places)] for z in x]
        return Inner(Doubles.of(rows), Doubles.of([arb(1)]), 0.0)
    across = (1 - exact(overlap) ** 2).sqrt()
    width = min(_WIDEST, math.pi / 4 / float(across) * (1 - 1e-9))
    step = Fraction(round(512 * 2 * math.pi * width / (width**2 / 2 + digits * math.log(10) + 1)) or 1, 512)
    count = math.ceil(math.sqrt(2 * digits * math.log(10)) / step) + 1
    nodes = [exact(j * step) for j in range(-count, count + 1)]
    root = (2 * arb.pi()).sqrt()
    weights = [exact(step) * (-v * v / 2).exp() / root for v in nodes]
    a, h = arb(width), exact(step)
    error = 2 * (a * a / 2).exp() / ((2 * arb.pi() * a / h).exp() - 1) + (count * h / arb(2).sqrt()).erfc()
    m = exact(overlap)
    rows = [
        [arb(1), *((u - b).tanh() for b in places)] for z in x for u in (m * z + across * v for v in nodes)
    ]
    return Inner(Doubles.of(rows), Doubles.of(weights), float(error.abs_upper()) * _MORE)


def curvatures(matrix: Array, thetas: Array, biases: Sequence[Fraction]) -> Array:
    """At least sup_u |L^2 q|, at [j, i] for q a product of j features psi~ = U'psi and i fits psi'theta.

    j <= 4, i <= 2, ``matrix`` U, theta any column of ``thetas`` or between two; |psi~|^2 counts as two
    features. By Leibniz from the length of psi~ and of its derivatives on cells of u, in doubles rounded up.
    """
    edge, half = _EDGE + math.ceil(max((abs(b) for b in biases), default=0)), 0.5 / _CELLS
    u = np.arange(-edge * _CELLS, edge * _CELLS + 1) / _CELLS
    columns, p = np.column_stack([matrix, thetas]), matrix.shape[1]
    weight, values = np.abs(columns[1:]).sum(axis=0)[:, None], [np.tanh(u - float(b)) for b in biases]
    orders = []
    for k in range(_FEATURES + 1):
        at, slope = (
            sum((np.outer(w, _TANH[n](v)) for w, v in zip(columns[1:], values, strict=True)), 0 * weight * u)
            for n in (k, k + 1)
        )
        if k == 0:
            at = at + columns[0][:, None]
        # Beyond the edge no derivative exceeds 64 e^{-2|u - b|}, and u^2 e^{-2|u|} falls.
        settled = weight * 64 * math.exp(-2 * _EDGE) if k else weight + np.abs(columns[:1].T)
        bent = np.abs(at) + np.abs(slope) * half + weight * (half * half / 2 * _SUPREMA[k + 2] + 1e-12)
        orders.append(np.concatenate([bent, settled], axis=1) * _MORE)
    sizes = np.array(orders)
    psi, fit = np.sqrt((sizes[:, :p] ** 2).sum(axis=1)), sizes[:, p:].max(axis=1)
    far = np.append(np.abs(u), edge) + half
    factors = np.stack([far, np.maximum(2.0, far**2 - 2), 2 * far, np.ones_like(far)])
    found, product = np.zeros((_FEATURES + 1, _FITS + 1)), np.zeros_like(psi)
    product[0] = 1.0
    for j in range(_FEATURES + 1):
        fitted = product
        for i in range(_FITS + 1):
            found[j, i] = (factors * fitted[1:]).sum(axis=0).max() * _MORE
            fitted = _product(fitted, fit)
        product = _product(product, psi)
    return found


def _product(a: Array, b: Array) -> Array:
    """Bounds of a product's derivatives of every order, from those of two factors."""
    orders = range(len(a))
    return np.stack([np.sum([math.comb(n, k) * a[k] * b[n - k] for k in range(n + 1)], 0) for n in orders])
