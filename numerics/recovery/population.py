"""The average dynamics of one neuron by certified expectations: its drift, its hitting times, its noise.

dm/dtau = a (1 - m^2) D(m), D(m) = sum_k c_k m^{k-1}/(k-1)!, c_k = alpha_k b_k. With k the order (the first
k with c_k != 0; that the earlier ones vanish is proved elsewhere) D(m) = R(m) m^{k-1}/(k-1)!, R(0) = c_k.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from itertools import pairwise
from math import factorial

import numpy as np
from flint import acb, arb

from ...link import Signal
from ...link.label import ADDITIVE, Label, Noise
from ...link.tree import Node
from ..expectation.channel import moments
from ..expectation.noise import cumulants, noisy
from ..expectation.oracle import oracle
from ..lowering.pointwise import Array
from ..lowering.removable import polynomial
from ..lowering.zeros import Unresolved
from ..precision import exact, horner, working
from .gradient import central_slope

#: Hermite orders kept; what is left out is bounded. At |m| <= 1/2 the bound is about 2^-40.
_ORDERS = 48
_BITS = 110
_DIGITS = 25
#: For preferences, which are sums over many frequencies.
_PREFERENCE_DIGITS = 6
_CELLS = 4096
#: A neuron has recovered when |m| reaches this.
RECOVERED = Fraction(1, 2)


@dataclass(frozen=True)
class Population:
    """Everything about one link, temperature and activation that the average dynamics needs.

    signal_coefficients: alpha_0, alpha_1, ...; activation_coefficients: b_0, b_1, ... (balls).
    second_moment: E T(y)^2. activation_square: E g^2. order: the first k with alpha_k b_k != 0.
    slope_square: E g'^2, double precision. complete: no b_k beyond those listed differs from 0.
    """

    signal_coefficients: tuple[arb, ...]
    activation_coefficients: tuple[arb, ...]
    second_moment: arb
    activation_square: arb
    slope_square: float
    order: int
    complete: bool

    @cached_property
    def c(self) -> arb:
        """c_k of the order."""
        return self.signal_coefficients[self.order] * self.activation_coefficients[self.order]

    def term(self, k: int) -> float:
        """c_k in double precision."""
        return float((self.signal_coefficients[k] * self.activation_coefficients[k]).mid())

    @cached_property
    def noise(self) -> float:
        """E T^2 E g'^2, the second moment of the gradient's factor at m = 0."""
        return float(self.second_moment.mid()) * self.slope_square

    @cached_property
    def _reduced(self) -> list[arb]:
        """The coefficients of R in powers of m."""
        k, scale = self.order, factorial(self.order - 1)
        return [
            a * b * scale / factorial(j - 1)
            for j, (a, b) in enumerate(
                zip(self.signal_coefficients, self.activation_coefficients, strict=True)
            )
            if j >= k
        ]

    @cached_property
    def rest(self) -> arb:
        """A bound of what R leaves out on |m| <= 1/2: |alpha_j b_j| <= j! sqrt(E T^2 E g^2)."""
        if self.complete:
            return arb(0)
        k = self.order
        size = (self.second_moment * self.activation_square).sqrt() * factorial(k - 1)
        # sum_{j >= n} j 2^{-(j-k)} = 2^k 2^{1-n} (n + 1)
        first = len(self.signal_coefficients)
        return size * arb(2) ** (k + 1 - first) * (first + 1)

    def ratio(self, m: arb) -> arb:
        """R on the ball m, |m| <= 1/2."""
        return arb(horner(self._reduced, m)) + arb(0, self.rest.abs_upper())

    def sign_kept(self, side: int, start: Fraction = Fraction(0), end: Fraction = RECOVERED) -> bool | None:
        """Whether R is certified to keep its sign on the way from side*start to side*end.

        False: it is certified to change sign. None: neither (it touches 0, or nearly so; or |m| > 1/2 where
        the b_k do not end).
        """
        with working(_BITS):
            if self.c.contains(0) or (end > RECOVERED and not self.complete):
                return None
            waiting = [(exact(side * start), exact(side * end))]
            for _ in range(_CELLS):
                if not waiting:
                    return True
                low, high = waiting.pop()
                value = self.ratio(low.union(high))
                if value * self.c > 0:
                    continue
                middle = (low + high) / 2
                if self.ratio(middle) * self.c < 0 or self.ratio(high) * self.c < 0:
                    return False
                waiting += [(low, middle), (middle, high)]
            return None

    def hitting_time(self, start: arb, side: int = 1) -> arb:
        """An enclosure of tau from overlap side*start to side/2 for a of good sign, 0 <= start < 1/2.

        start = 0 only at order 1. R must keep its sign on the way (:meth:`sign_kept`).
        """
        k, end = self.order, exact(RECOVERED)
        with working(_BITS):

            def per_overlap(m: acb, analytic: bool) -> acb:
                return 1 / (acb(horner(self._reduced, side * m)) * (1 - m * m))

            def per_logarithm(x: acb, analytic: bool) -> acb:
                m = x.exp()
                return m ** (2 - k) * per_overlap(m, analytic)

            if k == 1:
                value = acb.integral(per_overlap, acb(start), acb(end))
            else:
                value = acb.integral(per_logarithm, acb(start).log(), acb(end).log())
            slowest = self._slowest(side, end)
            doubt = self.rest / (slowest - self.rest)
            if not doubt.is_finite() or not doubt < 1:
                raise Unresolved("the drift is not separated from 0 on the way to recovery")
            return factorial(k - 1) * abs(value.real) * (1 + arb(0, doubt.abs_upper()))

    def _slowest(self, side: int, end: arb) -> arb:
        """A lower bound of |R| on the way."""
        edges = [end * side * i / 64 for i in range(65)]
        cells = [a.union(b) for a, b in pairwise(edges)]
        return arb(min(float(abs(self.ratio(cell)).lower()) for cell in cells))

    def ratios(self, m: Array) -> Array:
        """R in double precision on an array of overlaps."""
        coefficients = [float(value.mid()) for value in self._reduced]
        return np.asarray(np.polynomial.polynomial.polyval(m, coefficients))

    def drift(self, m: Array) -> Array:
        """(1 - m^2) D(m) in double precision."""
        return (1 - m**2) * self.ratios(m) * m ** (self.order - 1) / factorial(self.order - 1)


def population(
    link: Node,
    activation: Node,
    at: Fraction,
    order: int,
    signal: Signal,
    noise: Noise,
    label: Label = ADDITIVE,
) -> Population:
    """The average dynamics at t = ``at`` >= 0, with 2t < t_max.

    Raises NotIntegrable when E T^2 or E g^2 is infinite, Unresolved when an expectation is not settled.
    """
    whole = polynomial(activation)
    complete = whole is not None and whole.degree() < _ORDERS
    ks = range(whole.degree() + 1 if complete and whole is not None else _ORDERS)
    of_y = moments(link, label)
    digits = _DIGITS if label.kind != "preference" else _PREFERENCE_DIGITS
    table = of_y.tilted_moments(ks, (0, 1), at, digits)
    double = of_y.tilted_moments((0,), (0, 1, 2), 2 * at, digits)
    own = oracle(activation).tilted_moments(ks, (1,), Fraction(0), _DIGITS)
    square = oracle(activation).tilted_moments((0,), (2,), Fraction(0), _DIGITS)
    with working(_BITS):
        growth, twice = (cumulants(noise, exact(x))[0].exp() for x in (at, 2 * at))
        h = [[growth * y for y in noisy([table[i, k] for i in (0, 1)], noise, exact(at))] for k in ks]
        y = [twice * value for value in noisy([double[i, 0] for i in range(3)], noise, exact(2 * at))]
        mean = h[0][1] / h[0][0]
        if signal == Signal.WEIGHT:
            alphas, second = [value[0] for value in h], y[0]
        elif signal == Signal.LABEL:
            alphas, second = [value[1] for value in h], y[2]
        else:
            alphas = [value[1] - mean * value[0] for value in h]
            second = y[2] - 2 * mean * y[1] + mean * mean * y[0]
    betas = tuple(own[1, k] for k in ks)
    return Population(tuple(alphas), betas, second, square[2, 0], slope_square(activation), order, complete)


def slope_square(activation: Node) -> float:
    """E g'(Z)^2 by the midpoint rule and central differences; a kink costs about the cell's mass."""
    edges = np.linspace(-12, 12, 48_001)
    z = (edges[1:] + edges[:-1]) / 2
    mass = np.exp(-(z**2) / 2) / np.sqrt(2 * np.pi) * (edges[1] - edges[0])
    return float(mass @ central_slope(activation)(z) ** 2)
