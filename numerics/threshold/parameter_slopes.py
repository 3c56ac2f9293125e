"""How the signal F(t, p) of a link with a parameter p moves with p: bounds of F_p and its t-derivatives.

They come from M_i = E[s^i s_p e^{ts} He_k]: F_p = M_0 + t M_1 + K_e' t M_0 and so on. Coarse bounds serve:
sums over cells of x of hulls of the integrand times the mass of the cell, and tails by the growth of s and
s_p. s is Lipschitz in p and s_p its derivative almost everywhere: kinks may move with p, jumps may not.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from itertools import pairwise

import numpy as np
from flint import arb
from scipy import special

from ...link.domain import image
from ...link.label import Noise
from ...link.text import Fault
from ...link.tree import Bin, Call, Const, Neg, Node, Num, Var, substitute
from ..expectation.labels import cumulants
from ..lowering.arb import hermite
from ..lowering.derivative import derivative
from ..lowering.pointwise import Array
from ..precision import Unresolved, exact, working
from ..work import spend
from .signal_ceiling import density_at

#: Up to which t = 1/beta zeros are searched.
REACH = Fraction(8)
#: Cells of x in a unit.
_WIDTH = 32
_ROUNDING = 1e-12
#: What the bounds on two cells of x count as beside the expectations.
_OF_A_CELL = 50
_HELD = Const("oo")
Hull = tuple[Array, Array]
Bounds = tuple[arb, arb, arb]
Ends = dict[str, tuple[Fraction, Fraction]]


def slope_in(tree: Node, name: str) -> Node:
    """The derivative in the parameter, z held fast."""
    return substitute(derivative(substitute(tree, _HELD)), Var(), _HELD)


def _image(tree: Node, low: float, high: float, ends: Ends) -> tuple[float, float]:
    """A hull of the values on low <= z <= high for every p. Raises Unresolved where one may be missing."""
    try:
        return image(tree, low, high, ends)
    except Fault as fault:
        raise Unresolved(f"the link or its slope in the parameter {fault.what}") from fault


def _times(one: Hull, other: Hull) -> Hull:
    products = [a * b for a in one for b in other]
    low = np.minimum(np.minimum(products[0], products[1]), np.minimum(products[2], products[3]))
    high = np.maximum(np.maximum(products[0], products[1]), np.maximum(products[2], products[3]))
    return low, high


@dataclass(frozen=True)
class Slopes:
    """Bounds of the derivatives of F in p for low <= p <= high."""

    tree: Node
    name: str
    k: int
    low: Fraction
    high: Fraction

    @cached_property
    def _ends(self) -> Ends:
        return {self.name: (self.low, self.high)}

    @cached_property
    def _trees(self) -> tuple[Node, Node]:
        return self.tree, slope_in(self.tree, self.name)

    @cached_property
    def _growths(self) -> list[tuple[arb, int]]:
        """C and m of abs(f) <= C abs(z)^m far out, for s and s_p."""
        growths = [_growth(tree, 8, self.name, self._ends[self.name]) for tree in self._trees]
        if growths[0][1] > 1:
            raise Unresolved("the link is not shown to grow at most linearly, uniformly in the parameter")
        return growths

    @cached_property
    def _drift(self) -> float:
        """With abs(s) <= C abs(z) the weight e^{ts} moves the mass out by C REACH."""
        constant, m = self._growths[0]
        return m * float(REACH) * float(constant.upper())

    @cached_property
    def _radius(self) -> int:
        top = float(self._growths[0][0].upper()) if not self._growths[0][1] else 0.0
        return math.ceil(2 * self._drift + math.sqrt(2 * (45 + 2 * float(REACH) * top)))

    @cached_property
    def _cells(self) -> tuple[Hull, Hull, Hull, Array]:
        """Hulls of s, s_p and He_k on cells of x, and the masses of these."""
        size = self._radius * _WIDTH
        spend(_OF_A_CELL * size)
        edges = np.arange(-size, size + 1) / _WIDTH
        hulls = []
        for tree in self._trees:
            cells = [_image(tree, a, b, self._ends) for a, b in pairwise(edges)]
            if not np.isfinite(cells).all():
                raise Unresolved("the link or its slope in the parameter is not bounded on a cell")
            low, high = np.array(cells).T
            hulls.append((low, high))
        with working(64):
            of_he = [hermite(self.k, arb(a).union(arb(b))) for a, b in pairwise(edges)]
        he = np.array([float(x.lower()) for x in of_he]), np.array([float(x.upper()) for x in of_he])
        # From the far end inwards, where differences of the distribution lose nothing.
        below = special.ndtr(-np.abs(edges))
        mass = np.abs(np.diff(below))
        return hulls[0], hulls[1], he, mass

    @np.errstate(over="ignore", invalid="ignore")
    def _moments(self, low: float, high: float) -> list[arb]:
        """M_0, ..., M_3 for low <= t <= high; no number where they leave the doubles."""
        s, moved, he, mass = self._cells
        least = np.minimum(low * s[0], high * s[0])
        most = np.maximum(low * s[1], high * s[1])
        factor = _times(_times(moved, he), (np.exp(least), np.exp(most)))
        moments = []
        for i in range(4):
            total = [float(end @ mass) for end in factor]
            size = float(np.maximum(np.abs(factor[0]), np.abs(factor[1])) @ mass)
            slack = arb(0, 1e-9 * size + 1e-300) + arb(0, self._beyond(i, high).upper())
            moments.append(arb(total[0]).union(arb(total[1])) + slack)
            factor = _times(factor, s)
        return moments

    def _beyond(self, i: int, t: float) -> arb:
        """E[|s^i s_p e^{ts} He_k|] beyond the radius.

        |s| <= C x: e^{ts} phi(x) <= e^{q^2/2} phi(x - q), q = tC <= R/2, and x <= 2 (x - q) there.
        """
        (constant, m), (other, n) = self._growths
        powers = self.k + i * m + n
        q = arb(t) * constant if m else arb(0)
        growth = (q * q / 2 + (arb(0) if m else arb(t) * constant)).exp()
        mass = 2 ** (powers * m) * _outside(powers, arb(self._radius) - q)
        value: arb = 2 * constant**i * other * growth * mass
        return value

    def over(self, t: arb, noise: Noise) -> Bounds:
        """F_p, F_tp and F_ttp for every t >= 0 of the ball and every p."""
        low, high = float(t.lower()), float(t.upper())
        with working(64):
            m0, m1, m2, m3 = self._moments(max(0.0, low) * (1 - _ROUNDING), high * (1 + _ROUNDING))
            _, k1, k2, k3, _ = cumulants(noise, t)
            first = m0 + t * m1
            return (
                first + k1 * t * m0,
                2 * m1 + t * m2 + k2 * t * m0 + k1 * first,
                3 * m2 + t * m3 + k3 * t * m0 + 2 * k2 * first + k1 * (2 * m1 + t * m2),
            )


def union(bounds: Sequence[Bounds]) -> Bounds:
    first, *others = bounds
    for other in others:
        first = first[0].union(other[0]), first[1].union(other[1]), first[2].union(other[2])
    return first


def _outside(n: int, radius: arb) -> arb:
    """At least the integral of (2x)^n phi beyond the radius."""
    return (2 * radius) ** n / radius * density_at(radius) / (1 - max(n - 1, 0) / radius**2)


def _growth(node: Node, radius: int, name: str, ends: tuple[Fraction, Fraction]) -> tuple[arb, int]:
    """C and m with abs(node) <= C abs(z)^m for abs(z) >= radius >= 1 and every p. Raises Unresolved."""
    images = [
        _image(node, *side, {name: ends}) for side in ((float(radius), math.inf), (-math.inf, -float(radius)))
    ]
    size = max(abs(end) for pair in images for end in pair)
    if math.isfinite(size):
        return arb(size), 0
    if isinstance(node, Var):
        return arb(1), 1
    if isinstance(node, Neg) or (isinstance(node, Call) and node.name in ("abs", "relu")):
        return _growth(node.arg if isinstance(node, Neg) else node.args[0], radius, name, ends)
    if isinstance(node, Call) and node.name in ("min", "max"):
        first, *others = [_growth(arg, radius, name, ends) for arg in node.args]
        for other in others:
            first = _together(first, other, radius)
        return first
    if isinstance(node, Bin) and node.op in "+-*":
        (a, m), (b, n) = (_growth(side, radius, name, ends) for side in (node.left, node.right))
        return (a * b, m + n) if node.op == "*" else _together((a, m), (b, n), radius)
    if isinstance(node, Bin) and node.op == "/" and isinstance(node.right, Num):
        a, m = _growth(node.left, radius, name, ends)
        return a / abs(exact(node.right.value)), m
    if isinstance(node, Bin) and node.op == "**" and isinstance(node.right, Num):
        a, m = _growth(node.left, radius, name, ends)
        exponent = node.right.value
        if exponent.denominator == 1 and exponent > 0:
            return a ** int(exponent), m * int(exponent)
    raise Unresolved("the link's growth is not bounded on the tails, uniformly in the parameter")


def _together(one: tuple[arb, int], other: tuple[arb, int], radius: int) -> tuple[arb, int]:
    """The growth of a sum."""
    (a, m), (b, n) = sorted((one, other), key=lambda part: -part[1])
    return a + b / arb(radius) ** (m - n), m
