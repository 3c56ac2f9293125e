"""The average dynamics of one neuron: its drift, hitting times and noise by certified expectations, its end
in doubles.

dm/dtau = a (1 - m^2) D(m), D(m) = sum_k c_k m^{k-1}/(k-1)!, c_k = alpha_k b_k. With k the order (the first
k with c_k != 0; that the earlier ones vanish is proved elsewhere) D(m) = R(m) m^{k-1}/(k-1)!, R(0) = c_k.

From |m| = 1/2 to the end: the mean way of rho = 1 - m^2 at a finite step, and where it comes to rest. To the
second order in eta a step changes rho by eta (-P + eta S) on average, with G = T(y) g'(u),

    P = 2 a m E[G (A - m u)] = 2 a m (1 - m^2) D(m),
    S = (d-2) m^2 E G^2 + E[G^2 (m^2 B^2 - rho A^2 - 4 sqrt(rho) B u + 4 rho u^2)].

At P = eta S training ends at this eta and d; for eta d -> 0 that is the law of claim R7. Left out are the
third order in eta, and what the spread of rho, sqrt(2/d) of it, makes of the curvature of P and S. In double
precision, not certified, by a midpoint rule in A.
"""

from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from itertools import pairwise
from math import factorial, inf, pi
from sys import float_info

import numpy as np
from flint import acb, arb
from numpy.polynomial import Chebyshev
from numpy.polynomial.hermite_e import hermegauss

from ...link.label import Target
from ...link.tree import Node, is_constant
from ..expectation.labels import cumulants, moments, noisy
from ..expectation.oracle import oracle
from ..lowering.derivative import coefficients, derivative
from ..lowering.pointwise import Array, compile_numpy
from ..lowering.removable import polynomial
from ..precision import Unresolved, exact, horner, working
from .gradient import INNER_CELLS, INNER_RADIUS, central_slope, midpoints, signal_mean, signal_square

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

    def hitting_time(self, start: arb) -> arb:
        """An enclosure of tau from overlap start to 1/2 for a of good sign, 0 <= start < 1/2.

        start = 0 only at order 1. R must keep its sign on the way (:meth:`sign_kept`).
        """
        k, end = self.order, exact(RECOVERED)
        with working(_BITS):

            def per_overlap(m: acb, analytic: bool) -> acb:
                return 1 / (acb(horner(self._reduced, m)) * (1 - m * m))

            def per_logarithm(x: acb, analytic: bool) -> acb:
                m = x.exp()
                return m ** (2 - k) * per_overlap(m, analytic)

            if k == 1:
                value = acb.integral(per_overlap, acb(start), acb(end))
            else:
                value = acb.integral(per_logarithm, acb(start).log(), acb(end).log())
            slowest = self._slowest(end)
            doubt = self.rest / (slowest - self.rest)
            if not doubt.is_finite() or not doubt < 1:
                raise Unresolved("the drift is not separated from 0 on the way to recovery")
            return factorial(k - 1) * abs(value.real) * (1 + arb(0, doubt.abs_upper()))

    def _slowest(self, end: arb) -> arb:
        """A lower bound of |R| on the way."""
        edges = [end * i / 64 for i in range(65)]
        cells = [a.union(b) for a, b in pairwise(edges)]
        return arb(min(float(abs(self.ratio(cell)).lower()) for cell in cells))

    def ratios(self, m: Array) -> Array:
        """R in double precision on an array of overlaps."""
        coefficients = [float(value.mid()) for value in self._reduced]
        return np.asarray(np.polynomial.polynomial.polyval(m, coefficients))

    def drift(self, m: Array) -> Array:
        """(1 - m^2) D(m) in double precision."""
        return (1 - m**2) * self.ratios(m) * m ** (self.order - 1) / factorial(self.order - 1)


def population(target: Target, activation: Node, order: int) -> Population:
    """The average dynamics, with 2t < t_max.

    Raises NotIntegrable when E T^2 or E g^2 is infinite, Unresolved when an expectation is not settled or
    the noise of a step outgrows doubles.
    """
    at, noise, label = target.t, target.noise, target.label
    whole = polynomial(activation)
    complete = whole is not None and whole.degree() < _ORDERS
    ks = range(whole.degree() + 1 if complete and whole is not None else _ORDERS)
    of_y = moments(target.link.tree, label)
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
        alphas = [target.signal.coefficient(plain, once, mean) for plain, once in h]
        second = target.signal.square(y, mean)
    betas = tuple(own[1, k] for k in ks)
    slope = slope_square(activation)
    found = Population(tuple(alphas), betas, second, square[2, 0], slope, order, complete)
    # A constant activation takes no step at all, which is refused for what it is.
    if not is_constant(activation) and not float_info.min < found.noise < inf:
        size = "small" if found.noise < 1 else "large"
        raise Unresolved(
            f"E T^2 E g'^2 is too {size} for double precision: write link and activation in units in which "
            "they are near 1"
        )
    return found


def slope_square(activation: Node) -> float:
    """E g'(Z)^2 by the midpoint rule and central differences; a kink costs about the cell's mass."""
    edges = np.linspace(-12, 12, 48_001)
    z = (edges[1:] + edges[:-1]) / 2
    mass = np.exp(-(z**2) / 2) / np.sqrt(2 * np.pi) * (edges[1] - edges[0])
    with np.errstate(over="ignore"):
        return float(mass @ central_slope(activation)(z) ** 2)


#: Overlaps cos(theta) at which the means are taken, theta up to pi/3, and the degree of the fit in theta.
_OVERLAPS, _DEGREE = 30, 12
_FARTHEST = pi / 3
#: Where P and S are compared, evenly in log rho, and the smallest rho.
_POINTS, _LEAST = 4001, 1e-7


@dataclass(frozen=True, slots=True)
class Means:
    """At each of some overlaps m, for a = 1: E[G (A - m u)], E G^2 and what S holds beside it."""

    pull: Array
    square: Array
    beside: Array


def means(target: Target, activation: Node, overlaps: Array) -> Means:
    """Raises ArithmeticError where E T^2 is not seen to converge."""
    a, mass = signal_square(target)
    first = signal_mean(target, a)
    slope = compile_numpy(derivative(activation))
    b, weights = _inner(activation)
    rows = []
    for m in overlaps:
        rho = 1 - m * m
        s = np.sqrt(rho)
        u = m * a[:, None] + s * b
        at_u = slope(u)
        square = at_u**2
        plain, once, twice = ((square * b**j) @ weights for j in range(3))
        # m^2 B^2 - rho A^2 - 4 s B u + 4 rho u^2 in powers of B, u = m A + s B.
        beside = (4 * rho * m * m - rho) * a**2 * plain
        beside += (8 * rho - 4) * s * m * a * once + (m * m - 4 * rho + 4 * rho * rho) * twice
        pull = s * (s * a * (at_u @ weights) - m * ((at_u * b) @ weights))
        rows.append((first @ pull, mass @ plain, mass @ beside))
    return Means(*np.transpose(rows))


def _inner(activation: Node) -> tuple[Array, Array]:
    """Nodes in B: a Gauss rule where g'^2 times a square is a polynomial that it integrates exactly."""
    whole = coefficients(activation)
    if whole is not None:
        nodes, weights = hermegauss(len(whole) + 1)
        return nodes, weights / weights.sum()
    b, width = midpoints(INNER_RADIUS, INNER_CELLS)
    return b, width * np.exp(-(b**2) / 2) / np.sqrt(2 * np.pi)


@dataclass(frozen=True)
class Approach:
    """The way to the end sigma = ``side`` for the output sign with which a neuron comes past |m| = 1/2.

    sign: that sign a. rho: 1 - m^2, falling from 3/4. pull, square, beside: P/2 and the parts of S there.
    """

    side: int
    sign: int
    rho: Array
    pull: Array
    square: Array
    beside: Array

    def leads(self, until: float) -> bool:
        """Whether the drift leads from |m| = 1/2 to ``until``, as far as doubles show."""
        return bool((self._as_far_as(until, 2)[1][0] > 0).all())

    def _spread(self, d: int) -> Array:
        """S."""
        return (d - 2) * (1 - self.rho) * self.square + self.beside

    def balance(self, eta: float, d: int) -> float | None:
        """1 - m^2 where the mean first rests on the way from |m| = 1/2; None where it does not set out."""
        gain = 2 * self.pull - eta * self._spread(d)
        stops = np.flatnonzero(gain <= 0)
        if not stops.size:
            return float(self.rho[-1])
        i = int(stops[0])
        if i == 0:
            return None
        share = gain[i - 1] / (gain[i - 1] - gain[i])
        return float(self.rho[i - 1] + share * (self.rho[i] - self.rho[i - 1]))

    def longest_step(self, until: float, d: int) -> float:
        """eta beyond which the mean comes to rest before |m| = ``until``."""
        rho, (pull, spread) = self._as_far_as(until, d)
        with np.errstate(divide="ignore"):
            ratios = np.where(spread > 0, 2 * pull / spread, inf)
        return float(ratios.min()) if rho.size else inf

    def steps(self, eta: float, d: int, until: float) -> float:
        """Steps from |m| = 1/2 to ``until`` on average; inf where they do not lead there."""
        rho, (pull, spread) = self._as_far_as(until, d)
        speed = eta * (2 * pull - eta * spread)
        if not (speed > 0).all():
            return inf
        per_logarithm = rho / speed
        return float(-np.diff(np.log(rho)) @ (per_logarithm[1:] + per_logarithm[:-1]) / 2)

    def _as_far_as(self, until: float, d: int) -> tuple[Array, tuple[Array, Array]]:
        last = np.flatnonzero(self.rho <= 1 - until**2)
        way = slice(None, int(last[0]) + 1 if last.size else None)
        return self.rho[way], (self.pull[way], self._spread(d)[way])


def approach(target: Target, activation: Node, side: int) -> Approach:
    """The way to the end sigma = ``side``. Raises ArithmeticError where E T^2 is not seen to converge."""
    angles = np.linspace(0, _FARTHEST, _OVERLAPS + 1)[1:]
    found = means(target, activation, side * np.cos(angles))
    rho = np.geomspace(1 - float(RECOVERED) ** 2, _LEAST, _POINTS)
    theta = np.arcsin(np.sqrt(rho))

    def fit(values: Array) -> Array:
        return np.asarray(Chebyshev.fit(angles, values, _DEGREE, domain=[0, _FARTHEST])(theta))

    drift = fit(found.pull / np.sin(angles) ** 2)
    sign = 1 if side * drift[0] > 0 else -1
    pull = sign * side * np.cos(theta) * drift * rho
    return Approach(side, sign, rho, pull, fit(found.square), fit(found.beside))
