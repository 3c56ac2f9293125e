"""A design at one temperature, or at an interval of them: weighted sums of features with their errors.

The weights are e^{t(r-c)}, c near the mean of the weighting reward r under its policy, and the features are
turned into nearly orthonormal ones, so that balls stay narrow.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from functools import cached_property

import numpy as np
from flint import arb, arb_mat

from ..expectation.oracle import Interval, ends
from ..lowering.pointwise import Array
from ..precision import exact, working
from .feature_integrals import Design

_ROUNDED = 1 + 1e-6
#: Frames are computed to so many bits; what of a feature's size is below this share of it is lost in them.
_FRAME_BITS, _LOST = 192, 1e-42
#: Decimals kept of a matrix of trace 1 and of its eigenvectors by LAPACK, which depend on the processor.
_TRACED, _TURNED = 9, 6


@dataclass(frozen=True, slots=True)
class Sizes:
    """|u| <= constant + link |s|^2 + feature |psi|^2."""

    constant: float = 1.0
    link: float = 0.0
    feature: float = 0.0


ONE = Sizes()


@dataclass(frozen=True)
class Frame:
    """Features made nearly orthonormal under one law by an exact matrix; costs ignore it.

    psi: the features at the nodes in doubles. center: the reward's mean under that law.
    """

    base: arb_mat
    matrix: arb_mat
    psi: Array
    center: Fraction

    @property
    def stretch(self) -> float:
        """A bound of the factor by which the frame enlarges a feature."""
        return max(norm(arb_mat([column])) for column in self.matrix.transpose().tolist()) * _ROUNDED

    @cached_property
    def features(self) -> arb_mat:
        """The features at the nodes as balls."""
        return self.base * self.matrix

    @cached_property
    def products(self) -> arb_mat:
        """The products of features at the nodes."""
        return pairwise_products(self.features)


@dataclass(frozen=True, slots=True)
class Rounded:
    """The design at the nodes, rounded."""

    psi: Array
    s: Array
    r: Array
    mass: Array


@dataclass(frozen=True, slots=True)
class Middle:
    """The design at the nodes without its errors; ``products`` as in ``pairwise_products``."""

    psi: arb_mat
    products: arb_mat
    r: list[arb]
    mass: list[arb]


@dataclass(frozen=True)
class Base:
    """A design with what is shared by all temperatures."""

    design: Design
    _frames: dict[int, Frame] = field(default_factory=dict, compare=False, repr=False)

    @cached_property
    def rounded(self) -> Rounded:
        """Node values in doubles."""
        lists = (self.design.s, self.design.r, self.design.mass)
        return Rounded(doubles(self.design.psi), *(np.array([float(v) for v in values]) for values in lists))

    @cached_property
    def middle(self) -> Middle:
        psi, r, mass = (arb_mat(m).mid() for m in (self.design.psi, [self.design.r], [self.design.mass]))
        return Middle(psi, pairwise_products(psi).mid(), r.entries(), mass.entries())

    def frame(self, t: float) -> Frame:
        """The frame for temperatures near t, shared within a factor of about 1.1."""
        key = round(6 * math.log2(max(t, 1e-30)))
        if key not in self._frames:
            with working(_FRAME_BITS):
                self._frames[key] = self._frame(arb(2) ** exact(Fraction(key, 6)))
        return self._frames[key]

    def _frame(self, t: arb) -> Frame:
        """In FLINT's arithmetic, which ends in the same bits on every processor, as that of BLAS does not."""
        r, most = self.middle.r, max(self.middle.r, key=float)
        tilt = [(t * (v - most)).exp().mid() for v in r]
        w = [(x * m).mid() for x, m in zip(tilt, self.middle.mass, strict=True)]
        squared = [(x * y).mid() for x, y in zip(tilt, w, strict=True)]
        gram, spread = symmetric(self.middle.products * arb_mat([w, squared]).transpose())
        triangle = orthonormalising(gram.mid())
        spread = triangle.transpose() * spread * triangle
        # Rotated so that S is nearly diagonal as well: off its diagonal the balls only add width.
        turned = np.linalg.eigh(np.round(doubles(spread) / float(spread.trace()), _TRACED))[1]
        matrix = (triangle * arb_mat(np.round(turned, _TURNED).tolist())).mid()
        mean = sum((x * v for x, v in zip(w, r, strict=True)), arb(0)) / sum(w, arb(0))
        center = Fraction(round(float(mean) * 1024), 1024)
        return Frame(self.design.psi, matrix, doubles(self.middle.psi * matrix), center)


class View:
    """The design at one t or interval of t: weights, and sums with their errors added."""

    def __init__(self, base: Base, t: Fraction | Interval) -> None:
        self.design, self.rounded = base.design, base.rounded
        low, high = ends(t)
        self.low, self.high = exact(low), exact(high)
        self.t = self.low.union(self.high) if low < high else self.low
        frame = base.frame(float(low + high) / 2)
        self.frame, self.features, self.stretch = frame, frame.features, frame.stretch
        self.center = exact(frame.center)
        self.r = [r - self.center for r in self.design.r]
        self.ones = [arb(1)] * len(self.r)
        self.weights = self._weights()

    def _weights(self) -> dict[int, list[arb]]:
        """e^{kt(r-c)} times the nodes' masses, k = 1, 2."""
        mass = self.design.mass
        tilts = [(self.low * r).exp() for r in self.r]
        squares = [x * x for x in tilts]
        if self.t is not self.low:
            others = [(self.high * r).exp() for r in self.r]
            squares = [x.union(y * y) for x, y in zip(squares, others, strict=True)]
            tilts = [x.union(y) for x, y in zip(tilts, others, strict=True)]
        return {
            k: [m * x for m, x in zip(mass, found, strict=True)] for k, found in ((1, tilts), (2, squares))
        }

    def grams(self, k: int, factors: Sequence[list[arb]], sizes: Sizes = ONE) -> list[arb_mat]:
        """E[e^{kt(r-c)} u psi psi'] for each u, |u| <= sizes."""
        columns = [[w * f for w, f in zip(self.weights[k], factor, strict=True)] for factor in factors]
        return self._squares(columns, self.stretch**2 * self._error(k, features=2, sizes=sizes))

    def _squares(self, columns: list[list[arb]], error: float) -> list[arb_mat]:
        """For each column v the sum of v_i psi_i psi_i' over the nodes, every entry with the ``error``."""
        return symmetric(self.frame.products * arb_mat(columns).transpose(), arb(0, error))

    def inverse(self, gram: arb_mat) -> arb_mat:
        """H^{-1} for ``gram`` = E[e^{t(r-c)} psi psi'].

        Over an interval the weights keep within kappa w of their middles w, so that H differs from the Gram
        matrix A of the w by at most kappa A as a quadratic form, far less than its entries tell.
        """
        if self.t is self.low:
            return inverted(gram, gram, 0.0)
        middles = [w.mid() for w in self.weights[1]]
        kappa = max(upper((w - m) / m) for w, m in zip(self.weights[1], middles, strict=True))
        (around,) = self._squares([middles], self.stretch**2 * self._error(1, features=2))
        return inverted(gram, around, kappa)

    def least_squares(self, inverse: arb_mat) -> arb_mat:
        """The fit's coefficients without their errors; ``inverse`` is that of H."""
        column = arb_mat([[w * s] for w, s in zip(self.weights[1], self.design.s, strict=True)])
        return (inverse.mid() * (self.features.transpose() * column)).mid()

    def cross(self, residual: list[arb], theta: arb_mat) -> arb_mat:
        """E[e^{t(r-c)} rho psi], rho = s - psi' theta."""
        error = self._error(1, s=1, features=1) + self.stretch * norm(theta) * self._error(1, features=2)
        column = arb_mat([[w * rho] for w, rho in zip(self.weights[1], residual, strict=True)])
        return _blurred(self.features.transpose() * column, self.stretch * error)

    def moment(self, factor: list[arb], sizes: Sizes = ONE, *, r_power: int = 0, weight: int = 1) -> arb:
        """E[e^{kt(r-c)} u] for k = ``weight`` and |u| <= sizes |r - c|^r_power."""
        total = sum((w * f for w, f in zip(self.weights[weight], factor, strict=True)), arb(0))
        return total + arb(0, self._error(weight, r=r_power, sizes=sizes))

    def residual(self, values: list[arb], theta: arb_mat) -> list[arb]:
        """values - theta' psi at the nodes."""
        return [v - f for v, f in zip(values, (self.features * theta).entries(), strict=True)]

    def _error(self, k: int, s: int = 0, r: int = 0, features: int = 0, sizes: Sizes = ONE) -> float:
        """The design's error for centred weights: |r - c|^j <= 2^j (|r|^j + |c|^j)."""
        low, high = k * self.low, k * self.high
        shift = max(upper((-end * self.center).exp()) for end in (low, high))
        powers = ((r, 2.0**r), (0, (2 * abs(float(self.center))) ** r)) if r else ((0, 1.0),)
        parts = ((sizes.constant, 0, 0), (sizes.link, 2, 0), (sizes.feature, 0, 2))
        total = sum(
            weight * factor * self.design.error(low, high, s + more_s, power, features + more_features)
            for weight, more_s, more_features in parts
            if weight
            for power, factor in powers
        )
        return total * shift * _ROUNDED


def doubles(matrix: arb_mat) -> Array:
    """The midpoints of a matrix, rounded."""
    return np.array([[float(v) for v in row] for row in matrix.tolist()])


def pairwise_products(features: arb_mat) -> arb_mat:
    """One row per pair i >= j of features, given at the nodes: their product there."""
    columns = features.transpose().tolist()
    pairs = [(columns[i], columns[j]) for i in range(len(columns)) for j in range(i + 1)]
    return arb_mat([[x * y for x, y in zip(a, b, strict=True)] for a, b in pairs])


def symmetric(pairs: arb_mat, blur: arb | int = 0) -> list[arb_mat]:
    """For each column the symmetric matrix with these entries at i >= j, every one with ``blur`` added."""
    size = math.isqrt(2 * pairs.nrows())
    return [
        arb_mat([[column[place(i, j)] + blur for j in range(size)] for i in range(size)])
        for column in pairs.transpose().tolist()
    ]


def orthonormalising(gram: arb_mat) -> arb_mat:
    """U with U' A U = 1 for the ``gram`` matrix A of features, by Gram and Schmidt.

    A feature of which almost nothing is left keeps a plain scale.
    """
    size = gram.nrows()
    columns: list[arb_mat] = []
    images: list[list[arb]] = []
    for j in range(size):
        column = arb_mat([[arb(int(i == j))] for i in range(size)])
        for before, image in zip(columns, images, strict=True):
            column -= before * image[j]
        (square,) = (column.transpose() * gram * column).entries()
        length = square.max(gram[j, j] * _LOST).sqrt()
        columns.append((column / length).mid())
        images.append((gram * columns[-1]).mid().entries())
    return arb_mat([column.entries() for column in columns]).transpose()


def place(i: int, j: int) -> int:
    """The row of the pair (i, j) among the pairs i >= j."""
    i, j = max(i, j), min(i, j)
    return i * (i + 1) // 2 + j


def inverted(matrix: arb_mat, around: arb_mat, share: float) -> arb_mat:
    """The inverses of the symmetric matrices H = A' + X in a ball matrix, -share A'' <= X <= share A''.

    A' and A'' lie in ``around``, A is its middle, E = H - A, G = A^{-1}: H^{-1} = G - G E G + R, where the
    rest of the Neumann series has |R| <= |G| q^2/(1 - q) in the spectral norm, q = |A^{-1/2} E A^{-1/2}|.
    Elimination over balls would be far wider. Raises ZeroDivisionError when q < 1 is not shown.
    """
    middle = around.mid()
    g = middle.inv()
    # The spectral norm is at most the largest row sum of a symmetric matrix, and the Frobenius norm of any.
    size = max(upper(sum(map(abs, row), arb(0))) for row in g.tolist())
    off = size * frobenius(around - middle)
    q = min(size * frobenius(matrix - middle), off + share * (1 + off) * _ROUNDED)
    if not q < 1:
        raise ZeroDivisionError("the matrix is not shown to be invertible")
    return _blurred(g - g * (matrix - middle) * g, size * q * q / (1 - q) * _ROUNDED)


def frobenius(matrix: arb_mat) -> float:
    """The Frobenius norm, rounded up."""
    return math.hypot(*(upper(x) for row in matrix.tolist() for x in row)) * _ROUNDED


def _blurred(matrix: arb_mat, error: float) -> arb_mat:
    blur = arb(0, error)
    return arb_mat([[value + blur for value in row] for row in matrix.tolist()])


def identity(size: int) -> arb_mat:
    return arb_mat([[arb(int(i == j)) for j in range(size)] for i in range(size)])


def norm(vector: arb_mat) -> float:
    """The sum of the absolute entries of a row or a column, rounded up."""
    return upper(sum(map(abs, vector.entries()), arb(0)))


def upper(value: arb) -> float:
    return float(value.abs_upper()) * _ROUNDED
