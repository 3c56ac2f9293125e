"""Expectations of products of features under a tilted law, at one t or over an interval, with proved errors.

One frame U and one reference theta^0, exact numbers, serve a whole cell of t: psi~ = U'psi is nearly
orthonormal in the metric of the ridge Gram matrix there, and rho^0 = s - psi~'theta^0 is nearly the residual.
Over a range of overlaps all sums are made at its two ends, and hold for what lies between.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field, fields, replace
from fractions import Fraction
from functools import cached_property, lru_cache
from itertools import pairwise

import numpy as np
from flint import arb, arb_mat

from ...link.tree import Node
from ..expectation.oracle import Interval, ends
from ..lowering.pointwise import Array
from ..precision import exact, working
from ..work import Memory
from .columns import Columns, Doubles, joined, pairs
from .feature_integrals import Design, design
from .gram import doubles, identity, norm, orthonormalising, pairwise_products, symmetric, upper
from .overlap import Inner, curvatures, inner

#: Of frames and of what is made of few numbers.
BITS = 128
#: Relative digits of the integrals: a frame enlarges features, and errors with their fourth power. Fewer for
#: overlap < 1, where every node of z has some thirty of v.
_DIGITS, _FEWER_DIGITS = 18, 13
_MORE = 1 + 1e-6
#: Of an interval of t, where what falls and what grows with t are told apart.
PARTS = 16


@dataclass(frozen=True)
class Frame:
    """U upper triangular, and theta^0 in its coordinates: at the ends of an interval of t, linear between.

    thetas: one where theta^0 is the same throughout. size: |psi~_j| <= size where |tanh| <= 1. fit:
    |psi~'theta^0| <= fit there. center: the weights are e^{t(r - center)}. biases: of the features.
    """

    matrix: arb_mat
    thetas: tuple[Doubles, ...]
    center: arb
    biases: tuple[Fraction, ...] = ()

    @classmethod
    def plain(cls) -> Frame:
        """The feature 1 alone, and no fit."""
        return cls(identity(1), (_exactly(arb_mat([[0]])),), arb(0))

    @cached_property
    def size(self) -> float:
        columns = self.matrix.transpose().tolist()
        return max(norm(arb_mat([column])) for column in columns)

    @cached_property
    def raws(self) -> list[list[arb]]:
        """Each theta^0 in the coordinates of 1, tanh(u - b)."""
        return [(self.matrix * arb_mat([[v] for v in theta.as_balls])).entries() for theta in self.thetas]

    @cached_property
    def fit(self) -> float:
        return max(norm(arb_mat([raw])) for raw in self.raws)

    @cached_property
    def curvatures(self) -> Array:
        """sup |L^2 q| for products q of features and fits (overlap)."""
        return curvatures(doubles(self.matrix), doubles(arb_mat(self.raws)).T, self.biases)


@dataclass(frozen=True, slots=True)
class Nodes:
    """Link, reward and mass at the nodes, in doubles."""

    s: Array
    r: Array
    mass: Array


@dataclass(frozen=True)
class RewardLaw:
    """Nodes for expectations under the law of density e^{t reward(z)}, of the link and features of u.

    biases, overlap: of the features 1, tanh(u - b); a range of overlaps is one cell. t_top: the largest t
    served. ranged: whether the overlap is an end of such a range.
    """

    link: Node
    reward: Node
    biases: tuple[Fraction, ...]
    overlap: Fraction | Interval
    t_top: Fraction
    ranged: bool = False
    _last: list[tuple[arb_mat, Columns]] = field(default_factory=list, compare=False, repr=False)
    _tilts: list[tuple[Fraction | Interval, arb, dict[int, Doubles], Array]] = field(
        default_factory=list, compare=False, repr=False
    )

    @property
    def _line(self) -> bool:
        """Whether z alone decides, as u = z."""
        return self.overlap == 1 and not self.ranged

    @property
    def _digits(self) -> int:
        return _DIGITS if self._line else _FEWER_DIGITS

    @cached_property
    def design(self) -> Design:
        key = self.link, self.reward, self.biases, 2 * self.t_top, self._digits
        return _DESIGNS.recall(key, lambda: design(*key))

    @cached_property
    def overlaps(self) -> list[Fraction]:
        """The overlap, or the two ends of its range."""
        return sorted({Fraction(end) for end in ends(self.overlap)})

    @cached_property
    def inner(self) -> Inner:
        """At the least overlap."""
        with working(BITS):
            return inner(self.design.x, self.biases, self.overlaps[0], self._digits)

    @cached_property
    def bend(self) -> float:
        """(tau - tau')^2/8 of the range of overlaps m = e^{-tau}, at most."""
        if len(self.overlaps) == 1:
            return 0.0
        with working(BITS):
            low, high = map(exact, self.overlaps)
            apart = (high / low).log()
            return upper(apart * apart / 8)

    def weights(self, t: Fraction | Interval, center: arb) -> tuple[dict[int, Doubles], Array]:
        """e^{kt(r - center)} times the masses, a row for each end of t, and |r - center|; the last ones."""
        if not (self._tilts and self._tilts[0][:2] == (t, center)):
            low, high = ends(t)
            away, mass = [r - center for r in self.design.r], Doubles.of([self.design.mass])
            at = [exact(end) for end in dict.fromkeys((low, high))]
            tilt = Doubles.of([[(end * r).exp() for r in away] for end in at])
            rows = {0: mass, 1: mass * tilt, 2: mass * tilt * tilt}
            self._tilts[:] = [(t, center, rows, Doubles.of(away).sizes)]
        return self._tilts[0][2:]

    @cached_property
    def nodes(self) -> Nodes:
        """What stands at the nodes, rounded."""
        rows = (self.design.s, self.design.r, self.design.mass)
        return Nodes(*(np.array([float(v) for v in row]) for row in rows))

    @cached_property
    def s(self) -> Doubles:
        """The link at the nodes."""
        return Doubles.of(self.design.s)

    @cached_property
    def _means(self) -> tuple[arb_mat, arb_mat]:
        """T_m of the features and of their products i >= j, at the nodes, at the least overlap."""
        if self._line:
            return self.design.psi.transpose(), pairwise_products(self.design.psi)
        psi = self.inner.psi.transposed
        found = (self.inner.mean(each, 1.0).value for each in (psi, pairs(psi)))
        first, squares = (arb_mat(each.tolist()) for each in found)
        return first, squares

    def frame(self, t: Fraction, ridge: Fraction) -> Frame:
        """The frame made at t: Gram and Schmidt in the ridge metric, and the fit's coefficients, rounded.

        At the least overlap.
        """
        with working(BITS):
            first, squares = self._means
            r, mass = self.design.r, self.design.mass
            most, at = max(r, key=float), exact(t)
            w = [((at * (v - most)).exp() * m).mid() for v, m in zip(r, mass, strict=True)]
            total = sum(w, arb(0))
            w = [x / total for x in w]
            (gram,) = symmetric(squares * arb_mat([[x] for x in w]))
            for j in range(1, gram.nrows()):
                gram[j, j] += exact(ridge)
            matrix = orthonormalising(gram.mid())
            weighted = arb_mat([[x * s] for x, s in zip(w, self.design.s, strict=True)])
            theta = matrix.transpose() * (first * weighted)
            mean = float(sum((x * v for x, v in zip(w, r, strict=True)), arb(0)).mid())
            center = exact(Fraction(round(mean * 1024), 1024))
            return Frame(matrix, (_exactly(theta),), center, self.biases)

    def refitted(self, frame: Frame, t: Fraction | Interval, ridge: Fraction) -> Frame:
        """The frame with the fit of this law at t, or at both ends of an interval of t.

        Of a range of overlaps, between those at its ends.
        """
        with working(BITS):
            at, tilted = self.columns(frame), Tilted(self, t, frame)
            rows = (tilted.controls(1, [each]) for each in (at.one, at.squares, at.s * at.first))
            fine, thetas = penalty(frame, ridge), list[Doubles]()
            for end in zip(*rows, strict=True):
                mass, squares, along = (arb_mat([[v] for v in each.value.mean(axis=1)]) for each in end)
                (gram,) = symmetric(squares)
                thetas.append(_exactly((gram + fine * mass[0, 0]).mid().solve(along)))
            return replace(frame, thetas=tuple(thetas))

    def columns(self, frame: Frame) -> Columns:
        """The functions at the nodes; those of the last U are kept."""
        if not (self._last and self._last[0][0] is frame.matrix):
            self._last[:] = [
                (frame.matrix, self._made(frame) if len(self.overlaps) == 1 else self._ends(frame))
            ]
        return self._last[0][1]

    def _ends(self, frame: Frame) -> Columns:
        """Those at both ends of a range of overlaps, side by side."""
        alone = (self.link, self.reward, self.biases, self.t_top)
        low, high = (_law(*alone, m).columns(frame) for m in self.overlaps)
        names = [each.name for each in fields(Columns) if each.init]
        return Columns(*(getattr(low, name).beside(getattr(high, name)) for name in names))

    def _made(self, frame: Frame) -> Columns:
        size, p = frame.size, frame.matrix.nrows()
        # At the pairs (z, v) first, v fastest; then the means over v.
        psi = (self.inner.psi @ Doubles.of(frame.matrix.tolist())).transposed
        squares = pairs(psi)
        length = (psi * psi).summed

        def mean(values: Doubles, most: float) -> Doubles:
            return self.inner.mean(values, most)[:, None]

        long = p * size**2
        return Columns(
            self.s[None, None],
            mean(psi, size),
            mean(squares, size**2),
            mean(length, long),
            mean(length * psi, long * size),
            mean(length * squares, long * size**2),
        )


class Tilted:
    """Expectations E[e^{kt(r - c)} u], k = 0, 1, 2, at one t or over an interval of them (hulls).

    In ``frame``; over a range of overlaps of the ``law`` the hulls are over that too. u may be linear in t,
    then it is given at both ends of the interval.

    Over t the sums are made at both ends: between them each is off its chord by width^2/8 sum k^2 (r - c)^2
    |u| e^{kt(r - c)} at most, which is convex in t, so that the weights' larger values at the ends serve.
    With u = (1 - x) u_1 + x u_2, x the place of t between the ends, S_ij the sum of u_j at the end i, this
    is (1 - x)^2 S_11 + x (1 - x) (S_12 + S_21) + x^2 S_22 up to the same distance, and so within the hull of
    S_11, (S_12 + S_21)/2 and S_22.
    """

    def __init__(self, law: RewardLaw, t: Fraction | Interval, frame: Frame) -> None:
        low, high = ends(t)
        self.law, self.design, self.frame, self.center = law, law.design, frame, frame.center
        self.low, self.high = exact(low), exact(high)
        self.t = self.low.union(self.high)
        self._errors: dict[tuple[int, int, int], float] = {}
        self._sizes: dict[int, tuple[float, float, float]] = {}
        self.weights, away = law.weights(t, frame.center)
        bend = upper(self.high - self.low) ** 2 / 8 * away**2
        self._bent = {
            k: k * k * bend * rows.sizes.max(axis=0) * _MORE
            for k, rows in self.weights.items()
            if low < high and k
        }

    def means(self, k: int, values: Sequence[Doubles], errors: float) -> list[arb]:
        """E[e^{kt(r-c)} u] for each u of ``values``, or linear between two of them; errors: of each."""
        off = errors + self._bends(k, values)[:, None]
        return joined([each.blurred(off) for each in self.controls(k, values)]).balls()

    def parts(self, k: int, values: Sequence[Doubles], errors: float) -> list[arb]:
        """The only one of these means on each of ``PARTS`` equal parts of the interval of t."""
        off = errors + self._bends(k, values)[:, None]
        return on_parts([each.blurred(off).balls()[0] for each in self.controls(k, values)])

    def below(
        self, k: int, values: Sequence[Doubles], errors: float, factors: Doubles | None = None
    ) -> list[list[arb]]:
        """Bernstein coefficients in x above E[e^{kt(r-c)} u] for u >= 0, each end of t with its factor.

        u may be the square of what is linear in t, u times a factor what is convex in t. Above the largest
        eigenvalue of a matrix of such means too, where that is positive semidefinite.
        """
        return [each.blurred(errors).balls() for each in self.controls(k, values, factors)]

    def controls(self, k: int, values: Sequence[Doubles], factors: Doubles | None = None) -> list[Doubles]:
        """S_11, (S_12 + S_21)/2, S_22; a single value or temperature needs none but the ends."""
        rows = self.weights[k] if factors is None else self.weights[k] * factors
        sums = [each @ rows.transposed for each in values]
        if len(rows.value) == 1:
            return [sum_[..., 0] for sum_ in sums]
        if len(values) == 1:
            return [sums[0][..., 0], sums[0][..., 1]]
        return [sums[0][..., 0], (sums[0][..., 1] + sums[1][..., 0]).halved, sums[1][..., 1]]

    def _bends(self, k: int, values: Sequence[Doubles]) -> Array:
        """How far what lies between the ends of t is off, for each function."""
        bent = self._bent.get(k)
        if bent is None:
            return np.zeros(len(values[0].value))
        return np.asarray(np.max([(each.sizes @ bent).max(axis=1) for each in values], axis=0) * _MORE)

    def error(self, k: int, s_power: int, features: int = 0) -> float:
        """What the sum misses of E[e^{kt(r-c)} u], |u| <= |s|^i |tanh|^j."""
        key = k, s_power, features
        if key not in self._errors:
            shift = max(upper((-k * end * self.center).exp()) for end in (self.low, self.high))
            found = self.design.error(k * self.low, k * self.high, s_power, 0, features)
            self._errors[key] = found * shift * _MORE
        return self._errors[key]

    def missed(self, k: int, *, s: int = 0, rho: int = 0, psi: int = 0, lengths: int = 0) -> float:
        """What the sum misses of E[e^{kt(r-c)} q], q the product of so many s, rho^0, psi~_j and |psi~|^2.

        rho^0 = s - psi~'theta^0 is multiplied out.
        """
        frame, features = self.frame, psi + 2 * lengths
        scale = (len(frame.thetas[0].value) * frame.size**2) ** lengths * frame.size**psi
        total = 0.0
        for i in range(rho + 1):
            power = s + rho - i
            part = scale * frame.fit**i * self.error(k, power, features + i)
            if self.law.bend and features + i:
                part += self.law.bend * float(frame.curvatures[features, i]) * self._size(k, power)
            total += math.comb(rho, i) * part
        return total * _MORE

    def _size(self, k: int, s_power: int) -> float:
        """E[e^{kt(r-c)} |s|^i] at most, i <= 2."""
        if k not in self._sizes:
            # Convex in t.
            s, rows = self.law.s, self.weights[k]
            flat, square = (
                float(each.sizes.sum(axis=1).max()) * _MORE + self.error(k, power)
                for each, power in ((rows, 0), (rows * s * s, 2))
            )
            self._sizes[k] = flat, math.sqrt(flat * square), square
        return self._sizes[k][s_power]


def on_parts(controls: Sequence[arb]) -> list[arb]:
    """The hulls, on equal parts of [0, 1], of the polynomial with these Bernstein coefficients."""
    if len(controls) == 1:
        return [controls[0]] * PARTS
    a, c = controls[0], controls[-1]
    b = controls[1] if len(controls) == 3 else (a + c) / 2

    def polar(x: float, y: float) -> arb:
        return (1 - x) * (1 - y) * a + ((1 - x) * y + (1 - y) * x) * b + x * y * c

    cuts = [i / PARTS for i in range(PARTS + 1)]
    return [polar(x, x).union(polar(x, y)).union(polar(y, y)) for x, y in pairwise(cuts)]


def penalty(frame: Frame, ridge: Fraction) -> arb_mat:
    """ridge U'PU, P the identity without the intercept."""
    if not ridge:
        return frame.matrix * 0
    lower = frame.matrix.tolist()[1:]
    rows = arb_mat(lower)
    return rows.transpose() * rows * exact(ridge)


def _exactly(theta: arb_mat) -> Doubles:
    value = np.array([float(v) for v in theta.entries()])
    return Doubles(value, np.zeros_like(value))


#: Laws of one link at several overlaps share their nodes.
_DESIGNS: Memory[Design] = Memory(8)


@lru_cache(maxsize=32)
def _law(
    link: Node, reward: Node, biases: tuple[Fraction, ...], t_top: Fraction, overlap: Fraction
) -> RewardLaw:
    """Neighbouring cells of overlaps share an end."""
    return RewardLaw(link, reward, biases, overlap, t_top, ranged=True)
