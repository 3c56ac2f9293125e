"""Expectations of products of features under a tilted law, at one t or over an interval, with proved errors.

One frame U and one reference theta^0, exact numbers, serve a whole cell of t: psi~ = U'psi is nearly
orthonormal in the metric of the ridge Gram matrix there, and rho^0 = s - psi~'theta^0 is nearly the residual.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from functools import cached_property

from flint import arb, arb_mat

from ...link.tree import Node
from ..deployment.feature_integrals import Design, design
from ..deployment.feature_sums import norm, orthonormalising, place, symmetric, upper
from ..expectation.oracle import Interval, ends
from ..precision import exact, working
from .overlap import Inner, inner

#: Relative digits of the integrals: a frame enlarges features, and errors with their fourth power.
BITS = 128
#: For overlap 1, and for less, where every node of z has some thirty of v.
_DIGITS, _FEWER_DIGITS = 18, 13
_MORE = 1 + 1e-6


@dataclass(frozen=True)
class Frame:
    """U upper triangular, and theta^0 in its coordinates.

    size: |psi~_j| <= size where |tanh| <= 1. fit: |psi~'theta^0| <= fit there. center: the weights are
    e^{t(r - center)}.
    """

    matrix: arb_mat
    theta: tuple[arb, ...]
    center: arb

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


@dataclass(frozen=True)
class Columns:
    """Values at the nodes z of T_m of the functions that the constants are made of.

    squares, fourths: psi~_i psi~_j and |psi~|^2 psi~_i psi~_j for i >= j. first: psi~_j. length: |psi~|^2.
    rho, rho2: rho^0 and its square. rho_psi, rho_length, rho_squares: times psi~_j, |psi~|^2, psi~_i psi~_j;
    the last, and rho2_squares, at overlap 1 only.
    """

    squares: list[list[arb]]
    fourths: list[list[arb]]
    first: list[list[arb]]
    length: list[arb]
    rho: list[arb]
    rho2: list[arb]
    rho_psi: list[list[arb]]
    rho_length: list[arb]
    rho2_length: list[arb]
    rho_squares: list[list[arb]]
    rho2_squares: list[list[arb]]


@dataclass(frozen=True)
class Law:
    """Nodes for expectations under the law of density e^{t reward(z)}, of the link and features of u.

    biases, overlap: of the features 1, tanh(u - b). t_top: the largest t served.
    """

    link: Node
    reward: Node
    biases: tuple[Fraction, ...]
    overlap: Fraction
    t_top: Fraction
    _last: list[tuple[Frame, Columns]] = field(default_factory=list, compare=False, repr=False)

    @property
    def _digits(self) -> int:
        return _DIGITS if self.overlap == 1 else _FEWER_DIGITS

    @cached_property
    def design(self) -> Design:
        return design(self.link, self.reward, self.biases, 2 * self.t_top, self._digits)

    @cached_property
    def inner(self) -> Inner:
        with working(BITS):
            return inner(self.design.x, self.biases, self.overlap, self._digits)

    @cached_property
    def _means(self) -> tuple[list[list[arb]], list[list[arb]]]:
        """T_m of the features and of their products i >= j, at the nodes."""
        columns = self.inner.psi.transpose().tolist()
        pairs = [_product(a, b) for i, a in enumerate(columns) for b in columns[: i + 1]]
        first, squares = ([self.inner.mean(one, 1.0) for one in group] for group in (columns, pairs))
        return first, squares

    def frame(self, t: Fraction, ridge: Fraction) -> Frame:
        """The frame made at t: Gram and Schmidt in the ridge metric, and the fit's coefficients, rounded."""
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
            return Frame(matrix, tuple(v.mid() for v in theta.entries()), center)

    def columns(self, frame: Frame) -> Columns:
        """The functions at the nodes; those of the last frame are kept."""
        if not (self._last and self._last[0][0] is frame):
            self._last.clear()
            with working(BITS):
                self._last.append((frame, self._made(frame)))
        return self._last[0][1]

    def _made(self, frame: Frame) -> Columns:
        p, size, fit = frame.matrix.nrows(), frame.size, frame.fit
        # At the pairs (z, v) first, v fastest; then the means over v.
        count = len(self.inner.weights)
        psi = (self.inner.psi * frame.matrix).transpose().tolist()
        fitted = (self.inner.psi * arb_mat([[x] for x in frame.raw])).entries()
        s = [x for x in self.design.s for _ in range(count)]
        rho = [x - f for x, f in zip(s, fitted, strict=True)]
        rho2 = _product(rho, rho)
        squares = [_product(a, b) for i, a in enumerate(psi) for b in psi[: i + 1]]
        length = [sum(row, arb(0)) for row in zip(*(squares[place(j, j)] for j in range(p)), strict=True)]
        mean, most = self.inner.mean, max(map(upper, self.design.s)) + fit
        long = p * size**2
        return Columns(
            squares=[mean(one, size**2) for one in squares],
            fourths=[mean(_product(length, one), long * size**2) for one in squares],
            first=[mean(one, size) for one in psi],
            length=mean(length, long),
            rho=mean(rho, most),
            rho2=mean(rho2, most**2),
            rho_psi=[mean(_product(rho, one), most * size) for one in psi],
            rho_length=mean(_product(rho, length), most * long),
            rho2_length=mean(_product(rho2, length), most**2 * long),
            rho_squares=[_product(rho, one) for one in squares] if count == 1 else [],
            rho2_squares=[_product(rho2, one) for one in squares] if count == 1 else [],
        )


class Tilted:
    """Expectations E[e^{kt(r - c)} u], k = 0, 1, 2, at one t or over an interval of them (hulls)."""

    def __init__(self, law: Law, t: Fraction | Interval, center: arb) -> None:
        low, high = ends(t)
        self.design, self.center = law.design, center
        self.low, self.high = exact(low), exact(high)
        self.t = self.low.union(self.high)
        tilts = [
            [(end * (r - center)).exp() for r in law.design.r]
            for end in (self.low, self.high)[: 1 + (low < high)]
        ]
        once = [x.union(y) for x, y in zip(tilts[0], tilts[-1], strict=True)]
        squares = [[x * x for x in row] for row in tilts]
        mass = law.design.mass
        self.weights = {
            1: _product(mass, once),
            2: [m * x.union(y) for m, x, y in zip(mass, squares[0], squares[-1], strict=True)],
        }

    def means(self, k: int, columns: Sequence[list[arb]], errors: Sequence[float]) -> list[arb]:
        """E[e^{kt(r-c)} u] for each column u of values at the nodes, each with its ``error``."""
        found = (arb_mat(list(columns)) * arb_mat([[w] for w in self.weights[k]])).entries()
        return [value + arb(0, error) for value, error in zip(found, errors, strict=True)]

    def error(self, k: int, s_power: int, features: int) -> float:
        """What the sum misses of E[e^{kt(r-c)} u], |u| <= |s|^i |tanh|^j."""
        shift = max(upper((-k * end * self.center).exp()) for end in (self.low, self.high))
        return self.design.error(k * self.low, k * self.high, s_power, 0, features) * shift * _MORE


def _product(a: list[arb], b: list[arb]) -> list[arb]:
    return [x * y for x, y in zip(a, b, strict=True)]
