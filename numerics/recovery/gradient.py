"""The second moment of the gradient's factor G = T(y) g'(u) as a function of the overlap, and that of g'.

By midpoint rules, in double precision and not certified: it sets step sizes and the shrinking that finite
steps cause, (eta^2/2) E[G^2 |x|^2] m a step to the leading order in d. Proved is whether E|g'|^{2+eps} < oo.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache
from math import factorial
from typing import cast

import numpy as np
from flint import arb

from ...link import Signal
from ...link.label import ADDITIVE, Target
from ...link.text import text
from ...link.tree import Bin, Neg, Node, Num, Part, Var, substitute, walk
from ..estimates.sampling import given_moments
from ..expectation.labels import cumulants
from ..expectation.tail_growth import bound
from ..lowering.arb import compile_arb
from ..lowering.balls import Dual
from ..lowering.derivative import derivative
from ..lowering.pieces import pieces, rooted
from ..lowering.pointwise import Array, compile_numpy, hermite
from ..lowering.removable import polynomial
from ..lowering.tail_algebra import Poly
from ..precision import Unresolved, exact, horner, working

#: Squares of signals below this have lost their digits to the least double.
_SMALLEST = 1e-290
_RADII = (10.0, 14.0, 20.0, 40.0, 80.0)
_CELLS, INNER_CELLS, INNER_RADIUS = 1200, 400, 9.0
_OVERLAPS = np.linspace(-0.5, 0.5, 5)
_DIFFERENCE = 1e-5
_REACH = 8
_BITS, _GAP = 96, 60


@dataclass(frozen=True, slots=True)
class GradientNoise:
    """E[T^2 g'(u)^2] at overlap m as a polynomial of degree 4 in m; ``along``: E[T^2 A^2] E g'^2 at m = 0.

    near: what the second order of a step holds beside (d/2) m E G^2, as a polynomial likewise. ends: the
    root of E[T^2 g'(u)^2 (A - m u)^2] at m = -1/2 and at m = 1/2, the spread of a step in units of eta.
    """

    polynomial: tuple[float, ...]
    near: tuple[float, ...]
    along: float
    ends: tuple[float, float]

    def at(self, m: Array | float) -> Array:
        return np.asarray(np.polynomial.polynomial.polyval(m, np.asarray(self.polynomial)))

    def loss(self, m: Array | float, d: int) -> Array:
        """-E[m' - m]/eta^2 to the second order in eta: E[G^2 (A u + m |x|^2/2 - 3 m u^2/2)].

        From m' = (m + eta G A)(1 + X)^{-1/2}, X = 2 eta G u + eta^2 G^2 |x|^2, where E|x|^2 is
        A^2 + B^2 + d - 2.
        """
        return np.asarray(d / 2 * self.at(m) * m + np.polynomial.polynomial.polyval(m, np.asarray(self.near)))


def gradient_noise(target: Target, activation: Node) -> GradientNoise:
    """E[T^2 g'^2] for x = A theta* + B v + r, u = mA + sqrt(1 - m^2) B; half of it for the mean of a pair.

    Raises ArithmeticError where T^2 phi does not decay within 80, or g'^2 phi within 9.
    """
    a, mass = signal_square(target)
    if target.label.kind == "preference":
        # The two inputs of a pair are independent, and so nearly are what they add to the overlap.
        mass = mass / 2
    parts = _slope_squares(activation, _radius(a))
    values, near, ends = [], [], []
    for m, (plain, once, twice) in zip(_OVERLAPS, parts, strict=True):
        s = np.sqrt(1 - m * m)
        values.append(float(mass @ plain))
        # A u + m (A^2 + B^2 - 2)/2 - 3 m u^2/2 in powers of B, u = m A + s B.
        second = (1.5 * m * (1 - m * m) * a**2 - m) * plain + (1 - 3 * m * m) * s * a * once
        near.append(float(mass @ (second + (m / 2 - 1.5 * m * s * s) * twice)))
        if abs(m) == _OVERLAPS[-1]:
            # A - m u = s^2 A - m s B.
            square = s**4 * a**2 * plain - 2 * m * s**3 * a * once + (m * s) ** 2 * twice
            ends.append(float(mass @ square) ** 0.5)
    at, beside = (
        tuple(float(c) for c in np.polynomial.polynomial.polyfit(_OVERLAPS, each, 4))
        for each in (values, near)
    )
    along = float(mass @ a**2) * float(parts[len(parts) // 2][0].mean())
    return GradientNoise(at, beside, along, (ends[0], ends[1]))


@lru_cache(maxsize=32)
def _slope_squares(activation: Node, radius: float) -> list[tuple[Array, Array, Array]]:
    """E[g'(mA + sqrt(1 - m^2) B)^2 B^j] for j = 0, 1, 2 on the midpoints of A, for each overlap m."""
    a, _ = midpoints(radius, _CELLS)
    b, inner = midpoints(INNER_RADIUS, INNER_CELLS)
    inner = inner * np.exp(-(b**2) / 2) / np.sqrt(2 * np.pi)
    slope = central_slope(activation)
    square = slope(b) ** 2 * inner
    if not np.isfinite(square).all() or max(square[0], square[-1]) > 1e-9 * square.max():
        raise ArithmeticError(f"E g'(Z)^2 does not converge within |z| <= {INNER_RADIUS:g}")
    weights = np.stack([inner, inner * b, inner * b**2], axis=1)
    slopes = []
    for m in _OVERLAPS:
        u = m * a[:, None] + np.sqrt(1 - m * m) * b[None, :]
        plain, once, twice = (slope(u) ** 2 @ weights).T
        slopes.append((plain, once, twice))
    return slopes


def central_slope(activation: Node) -> Callable[[Array], Array]:
    """g' by central differences."""
    g = compile_numpy(activation)
    return lambda u: (g(u + _DIFFERENCE) - g(u - _DIFFERENCE)) / (2 * _DIFFERENCE)


def signal_square(target: Target) -> tuple[Array, Array]:
    """Midpoints in z, and E[T(y)^2 | z] phi(z) times the cell's width."""
    s, at = compile_numpy(target.link.tree), float(target.t)
    for radius in _RADII:
        z, width = midpoints(radius, _CELLS)
        if target.label == ADDITIVE:
            density = width / np.sqrt(2 * np.pi) * np.exp(2 * at * s(z) - z**2 / 2)
            values = density * _polynomial(s(z), s, target)
        else:
            with np.errstate(over="ignore", invalid="ignore"):
                square = _drawn_square(target, z)
                values = width / np.sqrt(2 * np.pi) * np.exp(-(z**2) / 2) * square
        edge = max(abs(values[0]), abs(values[-1]))
        if np.isfinite(values).all() and edge <= 1e-9 * values.max():
            return z, values
    raise ArithmeticError(f"E T(y)^2 does not converge within |z| <= {_RADII[-1]:g} at t = {at:.6g}")


def _drawn_square(target: Target, z: Array) -> Array:
    """E[T(y)^2 | z]."""
    link, label = target.link.tree, target.label
    moments = given_moments(link, label, float(2 * target.t), z)
    mass = np.exp(-(z**2) / 2)
    tilted = given_moments(link, label, float(target.t), z)
    mean = float(mass @ tilted[1]) / float(mass @ tilted[0])
    return np.asarray(target.signal.square(moments, mean))


def signal_mean(target: Target, z: Array) -> Array:
    """E[T(y) | z] phi(z) times the cell's width at the midpoints of :func:`signal_square`."""
    s, at, signal = compile_numpy(target.link.tree), float(target.t), target.signal
    with working(80):
        growth, shift = (float(x.mid()) for x in cumulants(target.noise, exact(target.t))[:2])
    density = np.exp(growth + at * s(z) - z**2 / 2) / np.sqrt(2 * np.pi) * (z[1] - z[0])
    if signal == Signal.WEIGHT:
        return np.asarray(density)
    return np.asarray(density * (s(z) + (shift if signal == Signal.LABEL else -_tilted_mean(s, at))))


def _polynomial(y: Array, s: Callable[[Array], Array], target: Target) -> Array:
    """E[(T(y + e)/e^{t(y+e)})^2 e^{2te}] for the noise e: the square that stands before e^{2ty}."""
    noise, t, shift = target.noise, target.t, 0.0
    with working(80):
        growth, first, second, *_ = (float(x.mid()) for x in cumulants(noise, exact(2 * t)))
        if target.signal == Signal.CENTERED:
            shift = _tilted_mean(s, float(t)) + float(cumulants(noise, exact(t))[1].mid())
    if target.signal == Signal.WEIGHT:
        return np.full_like(y, np.exp(growth))
    return np.asarray(np.exp(growth) * ((y - shift + first) ** 2 + second))


def _tilted_mean(s: Callable[[Array], Array], t: float) -> float:
    """K'(t)."""
    z, width = midpoints(_RADII[-1], 40 * _CELLS)
    log_weights = t * s(z) - z**2 / 2
    weights = np.exp(log_weights - log_weights.max()) * width
    return float(weights @ s(z) / weights.sum())


def _radius(midpoints: Array) -> float:
    return round(float(midpoints[-1] + (midpoints[-1] - midpoints[-2]) / 2), 6)


def midpoints(radius: float, cells: int) -> tuple[Array, Array]:
    edges = np.linspace(-radius, radius, cells + 1)
    return (edges[1:] + edges[:-1]) / 2, np.full(cells, 2 * radius / cells)


def signal_to_noise(target: Target, k: int) -> float | None:
    """E[T He_k]^2/(k! E T^2), T = y e^{ty}; None where E T^2 is not seen, or leaves the doubles."""
    try:
        z, square = signal_square(target)
    except ArithmeticError:
        return None
    energy = float(square.sum())
    if not _SMALLEST < energy < math.inf:
        return None
    if target.label == ADDITIVE:
        mean = signal_mean(target, z)
    else:
        mean = (
            given_moments(target.link.tree, target.label, float(target.t), z)[1]
            * np.exp(-(z**2) / 2)
            * (z[1] - z[0])
        )
        mean = mean / np.sqrt(2 * np.pi)
    signal = float(mean @ hermite(k, z))
    return signal**2 / (factorial(k) * energy)


@lru_cache(maxsize=128)
def unbounded_slope(activation: Node) -> str | None:
    """Why E|g'(Z)|^{2+eps} < oo is not shown for any eps > 0, or None where it is. g is continuous.

    A link is finite everywhere, so divisors and logarithms never vanish, and its slope can be unbounded at
    two places only: far out, where its growth is bounded, and where a root or a fractional power is taken of
    a function f that vanishes. There f(z) ~ C |z - z_0|^m and (f^p)' ~ |z - z_0|^{mp - 1}, whose square is
    integrable iff mp > 1/2; so is then a (2+eps)-th power.
    """
    if polynomial(activation) is not None:
        return None
    with working(_BITS):
        return _far_out(activation) or _near_a_root(activation)


def _far_out(activation: Node) -> str | None:
    """The growth of g' on both tails: |g'| <= e^{q z^2 + ...} with q < 1/4 leaves E|g'|^{2+eps} finite."""
    slope = derivative(activation)
    for side, end in ((slope, "+oo"), (substitute(slope, Neg(Var())), "-oo")):
        known = bound(side, exact(_REACH))
        if known.mag is not None and leading(known.mag) < exact(Fraction(1, 4)):
            continue
        if known.low is not None and leading(known.low) > exact(Fraction(1, 4)):
            return f"E g'(Z)^2 = oo: g' grows too fast as z -> {end}"
        return f"E g'(Z)^2 is not shown to be finite: g' may grow too fast as z -> {end}"
    return None


def leading(p: Poly) -> arb:
    """lim p(z)/z^2."""
    above = [c for c in p[2:] if not c.is_zero()]
    if len(p) < 3 or not above:
        return arb(0)
    if len(above) == 1 and not p[2].is_zero():
        return p[2]
    return arb.pos_inf() if above[-1] > 0 else arb.neg_inf() if above[-1] < 0 else arb.nan()


def _near_a_root(activation: Node) -> str | None:
    """The roots and fractional powers on every smooth piece of g, at both of its ends."""
    if not any(_rooted(part) for part in walk(activation)):
        return None
    try:
        parts = pieces(activation, arb(-_REACH), arb(_REACH), _GAP)
    except Unresolved as reason:
        return f"E g'(Z)^2 is not shown to be finite: {reason}"
    margin = arb(0, arb(2) ** (2 - _GAP))
    for piece in parts:
        for part in walk(piece.tree):
            if (root := _rooted(part)) is None:
                continue
            inside, power = root
            for end in (piece.lower, piece.upper):
                order = _vanishing(inside, end + margin)
                if order is None or (order and order * power <= Fraction(1, 2)):
                    return (
                        f"E g'(Z)^2 is infinite, or not shown to be finite: the slope of "
                        f"'{text(cast(Node, part))}' is unbounded near z = {_place(end)}"
                    )
    return None


def _place(end: arb) -> str:
    value = float(end.mid())
    return f"{0.0 if abs(value) < 1e-12 else value:.6g}"


def _rooted(part: Part) -> tuple[Node, Fraction] | None:
    """What stands under a root or a fractional power, and the power; 0 for one that is no number."""
    if isinstance(part, Bin) and part.op == "**" and not isinstance(part.right, Num):
        return part.left, Fraction(0)
    return rooted(part)


def _vanishing(inside: Node, at: arb) -> int | None:
    """The order of an analytic function's zero in a small ball, 0 for none; None when it is not known."""
    coefficients = polynomial(inside)
    if coefficients is not None:
        order = 0
        while coefficients.degree() >= 0:
            if not horner(coefficients.coeffs(), at).contains(0):
                return order
            coefficients, order = coefficients.derivative(), order + 1
        return None
    image = cast(Dual, compile_arb(inside)(Dual(at, arb(1))))
    if image.value.is_finite() and not image.value.contains(0):
        return 0
    return 1 if image.slope.is_finite() and not image.slope.contains(0) else None
