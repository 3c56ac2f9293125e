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
from functools import cached_property, lru_cache, reduce
from itertools import pairwise

import numpy as np
from flint import arb, arb_mat

from ...link.tree import Node
from ..deployment.feature_integrals import Design, design
from ..deployment.feature_sums import doubles, norm, orthonormalising, place, symmetric, upper
from ..expectation.oracle import Interval, ends
from ..lowering.pointwise import Array
from ..precision import exact, working
from .overlap import Inner, curvatures, inner

#: Relative digits of the integrals: a frame enlarges features, and errors with their fourth power.
BITS = 128
#: For overlap 1, and for less, where every node of z has some thirty of v.
_DIGITS, _FEWER_DIGITS = 18, 13
_MORE = 1 + 1e-6
#: Below what doubles hold nothing is rounded to 0.
_LEAST = 1e-300
#: Of an interval of t, where what falls and what grows with t are told apart.
PARTS = 16


@dataclass(frozen=True)
class Frame:
    """U upper triangular, and theta^0 in its coordinates.

    size: |psi~_j| <= size where |tanh| <= 1. fit: |psi~'theta^0| <= fit there. center: the weights are
    e^{t(r - center)}. biases: of the features.
    """

    matrix: arb_mat
    theta: tuple[arb, ...]
    center: arb
    biases: tuple[Fraction, ...] = ()

    @cached_property
    def size(self) -> float:
        columns = self.matrix.transpose().tolist()
        return max(norm(arb_mat([column])) for column in columns)

    @cached_property
    def raw(self) -> list[arb]:
        """theta^0 in the coordinates of 1, tanh(u - b)."""
        found: list[arb] = (self.matrix * arb_mat([[v] for v in self.theta])).entries()
        return found

    @cached_property
    def fit(self) -> float:
        return norm(arb_mat([self.raw]))

    @cached_property
    def curvatures(self) -> Array:
        """sup |L^2 q| for products q of features and fits (overlap)."""
        raw = np.array([float(v) for v in self.raw])
        return curvatures(doubles(self.matrix), raw, self.biases)


class Values:
    """Functions at the nodes, a list each; on a range of overlaps its upper end follows the lower in each."""

    def __init__(self, columns: list[list[arb]]) -> None:
        self.columns = columns

    @cached_property
    def table(self) -> list[arb]:
        return [value for column in self.columns for value in column]

    @cached_property
    def sizes(self) -> Array:
        """Absolute values in doubles, rounded up."""
        return _sizes(self.table)


@dataclass(frozen=True)
class Columns:
    """T_m at the nodes z of the functions that the constants are made of.

    s: of z alone. first, cubes: psi~_j and |psi~|^2 psi~_j. squares, fourths: psi~_i psi~_j and |psi~|^2
    psi~_i psi~_j for i >= j. length: |psi~|^2.
    """

    one: Values
    s: Values
    first: Values
    squares: Values
    length: Values
    cubes: Values
    fourths: Values
    _last: list[tuple[Sequence[arb], Residual]] = field(
        default_factory=list, init=False, compare=False, repr=False
    )

    def residual(self, theta: Sequence[arb]) -> Residual:
        """rho^0 = s - psi~'theta multiplied out, so that one frame serves every theta; the last is kept."""
        if not (self._last and self._last[0][0] is theta):
            self._last[:] = [(theta, self._residual(theta))]
        return self._last[0][1]

    def _residual(self, theta: Sequence[arb]) -> Residual:
        p, (s,), (length,) = len(theta), self.s.columns, self.length.columns
        first, squares = self.first.columns, self.squares.columns
        pairs = [theta[i] * theta[j] * (1 if i == j else 2) for i in range(p) for j in range(i + 1)]
        fit, along = _combined(first, theta), _combined(self.cubes.columns, theta)
        rho, long = _difference(s, fit), _product(s, length)
        mixed = [_combined([squares[place(i, j)] for i in range(p)], theta) for j in range(p)]
        # s^2 - 2sf + f^2 = s (rho - f) + f^2.
        square = _sum(_product(s, _difference(rho, fit)), _combined(squares, pairs))
        crossed = _product(s, _difference(long, [2 * v for v in along]))
        return Residual(
            Values([rho]),
            Values([square]),
            Values([_difference(_product(s, one), off) for one, off in zip(first, mixed, strict=True)]),
            Values([_difference(long, along)]),
            Values([_sum(crossed, _combined(self.fourths.columns, pairs))]),
        )


@dataclass(frozen=True)
class Residual:
    """T_m of rho^0 and its square, and of them times psi~_j and |psi~|^2."""

    rho: Values
    rho2: Values
    rho_psi: Values
    rho_length: Values
    rho2_length: Values


@dataclass(frozen=True)
class Law:
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

    @property
    def _line(self) -> bool:
        """Whether z alone decides, as u = z."""
        return self.overlap == 1 and not self.ranged

    @property
    def _digits(self) -> int:
        return _DIGITS if self._line else _FEWER_DIGITS

    @cached_property
    def design(self) -> Design:
        return _design(self.link, self.reward, self.biases, 2 * self.t_top, self._digits)

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

    @cached_property
    def _means(self) -> tuple[list[list[arb]], list[list[arb]]]:
        """T_m of the features and of their products i >= j, at the nodes."""
        columns = self.inner.psi.transpose().tolist()
        pairs = [_product(a, b) for i, a in enumerate(columns) for b in columns[: i + 1]]
        first, squares = ([self.inner.mean(one, 1.0) for one in group] for group in (columns, pairs))
        return first, squares

    def frame(self, t: Fraction, ridge: Fraction) -> Frame:
        """The frame made at t: Gram and Schmidt in the ridge metric, and the fit's coefficients, rounded.

        At the least overlap.
        """
        with working(BITS):
            first, squares = self._means
            r, mass = self.design.r, self.design.mass
            most = max(r, key=float)
            w = [((exact(t) * (v - most)).exp() * m).mid() for v, m in zip(r, mass, strict=True)]
            total = sum(w, arb(0))
            w = [x / total for x in w]
            (gram,) = symmetric(arb_mat(squares) * arb_mat([[x] for x in w]))
            for j in range(1, gram.nrows()):
                gram[j, j] += exact(ridge)
            matrix = orthonormalising(gram.mid())
            weighted = arb_mat([[x * s] for x, s in zip(w, self.design.s, strict=True)])
            theta = matrix.transpose() * (arb_mat(first) * weighted)
            mean = float(sum((x * v for x, v in zip(w, r, strict=True)), arb(0)).mid())
            center = exact(Fraction(round(mean * 1024), 1024))
            return Frame(matrix, tuple(v.mid() for v in theta.entries()), center, self.biases)

    def refitted(self, frame: Frame, t: Fraction, ridge: Fraction) -> Frame:
        """The frame with the fit of this law at t; of a range of overlaps, between those at its ends."""
        with working(BITS):
            at, parts = self.columns(frame), len(self.overlaps)
            weights = [
                (exact(t) * (r - frame.center)).exp() * m
                for r, m in zip(self.design.r, self.design.mass, strict=True)
            ] * parts
            column = arb_mat([[w.mid()] for w in weights])
            (gram,) = symmetric(arb_mat(at.squares.columns) * column)
            mass = sum(column.entries(), arb(0))
            gram += penalty(frame, ridge) * mass
            along = arb_mat([_product(at.s.columns[0], one) for one in at.first.columns]) * column
            theta = gram.mid().solve(along.mid())
            return replace(frame, theta=tuple(v.mid() for v in theta.entries()))

    def columns(self, frame: Frame) -> Columns:
        """The functions at the nodes; those of the last U are kept."""
        if not (self._last and self._last[0][0] is frame.matrix):
            self._last.clear()
            with working(BITS):
                made = self._made(frame) if len(self.overlaps) == 1 else self._ends(frame)
                self._last.append((frame.matrix, made))
        return self._last[0][1]

    def _ends(self, frame: Frame) -> Columns:
        """Those at both ends of a range of overlaps, one below the other."""
        alone = (self.link, self.reward, self.biases, self.t_top)
        low, high = (_law(*alone, m).columns(frame) for m in self.overlaps)
        names = [each.name for each in fields(Columns) if each.init]
        pairs = [(getattr(low, name).columns, getattr(high, name).columns) for name in names]
        return Columns(*(Values([a + b for a, b in zip(*pair, strict=True)]) for pair in pairs))

    def _made(self, frame: Frame) -> Columns:
        p, size, mean = frame.matrix.nrows(), frame.size, self.inner.mean
        # At the pairs (z, v) first, v fastest; then the means over v.
        psi = (self.inner.psi * frame.matrix).transpose().tolist()
        squares = [_product(a, b) for i, a in enumerate(psi) for b in psi[: i + 1]]
        length = [sum(row, arb(0)) for row in zip(*(squares[place(j, j)] for j in range(p)), strict=True)]
        long = p * size**2
        s, long_ones = self.design.s, [mean(_product(length, one), long * size) for one in psi]
        return Columns(
            one=Values([[arb(1)] * len(s)]),
            s=Values([s]),
            first=Values([mean(one, size) for one in psi]),
            squares=Values([mean(one, size**2) for one in squares]),
            length=Values([mean(length, long)]),
            cubes=Values(long_ones),
            fourths=Values([mean(_product(length, one), long * size**2) for one in squares]),
        )


class Tilted:
    """Expectations E[e^{kt(r - c)} u], k = 0, 1, 2, at one t or over an interval of them (hulls).

    In ``frame``; over a range of overlaps of the ``law`` the hulls are over that too. Over t the sums are
    made at both ends: between them each is off its chord by width^2/8 sum k^2 (r - c)^2 |u| e^{kt(r - c)} at
    most, which is convex in t, so that the weights' larger values at the ends serve.
    """

    def __init__(self, law: Law, t: Fraction | Interval, frame: Frame) -> None:
        low, high = ends(t)
        self.law, self.design, self.frame, self.center = law, law.design, frame, frame.center
        self.low, self.high = exact(low), exact(high)
        self.t = self.low.union(self.high)
        self._errors: dict[tuple[int, int, int], float] = {}
        self._sizes: dict[int, tuple[float, float, float]] = {}
        away, mass = [r - self.center for r in law.design.r], law.design.mass
        tilts = [[(end * r).exp() for r in away] for end in (self.low, self.high)[: 1 + (low < high)]]
        self.weights = {0: [mass], 1: [_product(mass, row) for row in tilts]}
        self.weights[2] = [_product(m, row) for m, row in zip(self.weights[1], tilts, strict=True)]
        width = upper(self.high - self.low)
        bend = width**2 / 8 * _sizes(away) ** 2
        self._bent = {
            k: k * k * bend * np.max([_sizes(row) for row in rows], axis=0) * _MORE
            for k, rows in self.weights.items()
            if low < high and k
        }

    def means(self, k: int, values: Values, errors: float, factor: Sequence[arb] | None = None) -> list[arb]:
        """E[e^{kt(r-c)} u] for each u of ``values`` times a ``factor`` at the nodes; errors: of each."""
        found, off = self._between(k, values, errors, factor)
        hulls = [reduce(arb.union, column) for column in found]
        return [value + arb(0, error) for value, error in zip(hulls, off, strict=True)]

    def parts(self, k: int, values: Values, errors: float, factor: Sequence[arb] | None = None) -> list[arb]:
        """The first of these means on each of ``PARTS`` equal parts of the interval of t."""
        (ends, *_), (off, *_) = self._between(k, values, errors, factor)
        at = [ends[0] + (ends[-1] - ends[0]) * i / PARTS for i in range(PARTS + 1)]
        return [x.union(y) + arb(0, off) for x, y in pairwise(at)]

    def at_ends(
        self, k: int, values: Values, errors: float, factors: Sequence[list[arb]] | None = None
    ) -> list[list[arb]]:
        """The means at each end of the interval of t, with the factor of that end.

        They bound what is convex in t: E[e^{kt(r-c)} u] for u >= 0, and the largest eigenvalue of a matrix of
        such means that is positive semidefinite.
        """
        found = zip(*self._sums(k, values, factors), strict=True)
        return [[value + arb(0, errors) for value in column] for column in found]

    def _sums(self, k: int, values: Values, factors: Sequence[list[arb]] | None) -> list[list[arb]]:
        """For each u the sums at the ends, hulls over overlaps."""
        rows, width = self.weights[k], len(self.law.overlaps)
        if factors is not None:
            rows = [_product(row, factor) for row, factor in zip(rows, factors, strict=True)]
        table = arb_mat(len(values.columns) * width, len(rows[0]), values.table)
        found: list[list[arb]] = (table * arb_mat(rows).transpose()).tolist()
        if width == 1:
            return found
        pairs = zip(found[::2], found[1::2], strict=True)
        return [[x.union(y) for x, y in zip(*pair, strict=True)] for pair in pairs]

    def _between(
        self, k: int, values: Values, errors: float, factor: Sequence[arb] | None
    ) -> tuple[list[list[arb]], list[float]]:
        """The sums at the ends, and how far what lies between is off the chord."""
        found = self._sums(k, values, None if factor is None else [list(factor)] * len(self.weights[k]))
        off, bent = np.full(len(found), errors), self._bent.get(k)
        if bent is not None:
            if factor is not None:
                bent = bent * _sizes(factor)
            off += (values.sizes.reshape(len(found), -1, len(bent)) @ bent).max(axis=1) * _MORE
        return found, off.tolist()

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
        scale = (len(frame.theta) * frame.size**2) ** lengths * frame.size**psi
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
            squares, rows = [v * v for v in self.design.s], self.weights[k]
            flat = max(upper(sum(row, arb(0))) for row in rows) + self.error(k, 0)
            square = max(upper(sum(_product(squares, row), arb(0))) for row in rows) + self.error(k, 2)
            self._sizes[k] = flat, math.sqrt(flat * square), square
        return self._sizes[k][s_power]


def penalty(frame: Frame, ridge: Fraction) -> arb_mat:
    """ridge U'PU, P the identity without the intercept."""
    if not ridge:
        return frame.matrix * 0
    lower = frame.matrix.tolist()[1:]
    rows = arb_mat(lower)
    return rows.transpose() * rows * exact(ridge)


def _sizes(values: Sequence[arb]) -> Array:
    return np.array([float(v.abs_upper()) for v in values]) * _MORE + _LEAST


def _product(a: list[arb], b: list[arb]) -> list[arb]:
    return [x * y for x, y in zip(a, b, strict=True)]


def _sum(a: list[arb], b: list[arb]) -> list[arb]:
    return [x + y for x, y in zip(a, b, strict=True)]


def _difference(a: list[arb], b: list[arb]) -> list[arb]:
    return [x - y for x, y in zip(a, b, strict=True)]


def _combined(columns: Sequence[list[arb]], weights: Sequence[arb]) -> list[arb]:
    """The columns added up with these weights."""
    found: list[arb] = (arb_mat([list(weights)]) * arb_mat(list(columns))).entries()
    return found


@lru_cache(maxsize=8)
def _design(link: Node, reward: Node, biases: tuple[Fraction, ...], t_top: Fraction, digits: int) -> Design:
    """Laws of one link at several overlaps share their nodes."""
    return design(link, reward, biases, t_top, digits)


@lru_cache(maxsize=32)
def _law(link: Node, reward: Node, biases: tuple[Fraction, ...], t_top: Fraction, overlap: Fraction) -> Law:
    """Neighbouring cells of overlaps share an end."""
    return Law(link, reward, biases, overlap, t_top, ranged=True)
