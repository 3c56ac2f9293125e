"""The leading learning cost of a weighted readout, in ball arithmetic, with its derivative in t.

Weights w, features psi, f the weighted projection of the target on the features:
c(t, n) = Var_pi(f - r*) + tr(C H^{-1} S H^{-1})/n, H = E[w psi psi'], S = E[w^2 (y - f)^2 psi psi'],
C = Cov_pi(psi), pi the law of density w. Label weights w = e^{ty}: noise e enters as the factor
e^{K_e(2t) - 2K_e(t)}, the offset K_e'(2t) - K_e'(t) of the residual and the variance K_e''(2t). Surrogate
weights w = e^{t r_a0(x)}: offset 0 and variance Var e. Features 1 and tanh(z - b), the 1 unpenalised.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from functools import cached_property

import numpy as np
from flint import arb, arb_mat

from ..link.noise import NOISELESS, Noise
from ..link.tree import Node
from .design import Design, design
from .expectation import Interval
from .noise import cumulants
from .panels import Doubles
from .precision import exact

#: 12 biases evenly spaced on [-3, 3].
BIASES = tuple(Fraction(-3) + Fraction(6 * j, 11) for j in range(12))
_ROUNDED = 1 + 1e-6


@dataclass(frozen=True, slots=True)
class Jet:
    """A value and its derivative in t (over an interval of t: hulls of both)."""

    value: arb
    slope: arb

    def __add__(self, other: Jet) -> Jet:
        return Jet(self.value + other.value, self.slope + other.slope)

    def __mul__(self, other: Jet) -> Jet:
        return Jet(self.value * other.value, self.slope * other.value + self.value * other.slope)

    def exp(self) -> Jet:
        value = self.value.exp()
        return Jet(value, value * self.slope)

    def sqrt(self) -> Jet:
        value = self.value.sqrt()
        return Jet(value, self.slope / (2 * value))


@dataclass(frozen=True, slots=True)
class Cost:
    """bias = Var_pi(f - r*) and fluctuation = tr(C H^{-1} S H^{-1}), so that c = bias + fluctuation/n."""

    bias: Jet
    fluctuation: Jet

    def at(self, n: int) -> Jet:
        share = 1 / exact(n)
        fluctuation = Jet(self.fluctuation.value * share, self.fluctuation.slope * share)
        return self.bias + fluctuation


@dataclass(frozen=True, slots=True)
class _Sizes:
    """|u| <= constant + link |s|^2 + feature |psi|^2."""

    constant: float = 1.0
    link: float = 0.0
    feature: float = 0.0


_ONE = _Sizes()


@dataclass(frozen=True)
class _Frame:
    """Features made nearly orthonormal under one law by an exact matrix of doubles; costs ignore it.

    psi: the features at the nodes in doubles. center: the reward's mean under that law.
    """

    base: arb_mat
    matrix: Doubles
    psi: Doubles
    center: Fraction

    @property
    def stretch(self) -> float:
        """A bound of the factor by which the frame enlarges a feature."""
        return float(np.abs(self.matrix).sum(axis=0).max()) * _ROUNDED

    @cached_property
    def features(self) -> arb_mat:
        """The features at the nodes as balls."""
        return self.base * arb_mat([[arb(float(v)) for v in row] for row in self.matrix])

    @cached_property
    def products(self) -> arb_mat:
        """One row per pair i >= j of features: their product at the nodes."""
        columns = self.features.transpose().tolist()
        pairs = [(columns[i], columns[j]) for i in range(len(columns)) for j in range(i + 1)]
        return arb_mat([[x * y for x, y in zip(a, b, strict=True)] for a, b in pairs])


@dataclass(frozen=True, slots=True)
class _Doubles:
    """The design at the nodes, rounded."""

    psi: Doubles
    s: Doubles
    r: Doubles
    mass: Doubles


@dataclass(frozen=True)
class Readout:
    """The weighted fit of ``link`` by the features, weights e^{ty}, or e^{t pilot(x)} with a ``pilot``."""

    link: Node
    pilot: Node | None
    noise: Noise
    design: Design
    _frames: dict[int, _Frame] = field(default_factory=dict, compare=False, repr=False)
    _costs: dict[Fraction | Interval, Cost | None] = field(default_factory=dict, compare=False, repr=False)

    @cached_property
    def rounded(self) -> _Doubles:
        """Node values in doubles."""
        psi = np.array([[float(v) for v in row] for row in self.design.psi.tolist()])
        lists = (self.design.s, self.design.r, self.design.mass)
        return _Doubles(psi, *(np.array([float(v) for v in values]) for values in lists))

    def cost(self, t: Fraction | Interval) -> Cost | None:
        """The cost at t; over an interval of t, hulls of its value and of its derivative.

        None when the interval is too wide to show H invertible.
        """
        if t not in self._costs:
            try:
                self._costs[t] = self._cost(_View(self, t))
            except ZeroDivisionError:
                self._costs[t] = None
        return self._costs[t]

    def _cost(self, view: _View) -> Cost:
        h, h_slope = view.grams(1, (view.ones, view.r))
        inverse = h.inv()
        # theta = start + H^{-1} E[w psi (s - psi' start)] for any start; a good one leaves little to enclose.
        start = view.least_squares()
        rest = view.residual(view.design.s, start)
        moved = inverse * view.cross(rest, 0, start)
        theta = start + moved
        residual = view.residual(rest, moved)
        theta_slope = inverse * view.cross(residual, 1, theta)
        spread, spread_slope, sizes = self._noisy_square(view, residual, theta, theta_slope)
        doubled = [2 * r * u + d for r, u, d in zip(view.r, spread, spread_slope, strict=True)]
        s, s_slope = view.grams(2, (spread, doubled), sizes)
        law = self._covariance(h, h_slope, view)
        fluctuation = _trace(law, (inverse, h_slope), (s, s_slope))
        return Cost(self._bias(view, residual, theta), fluctuation * self._amplification(view.t))

    def value(self, t: Fraction | Interval) -> tuple[Jet, Jet]:
        """The mean and the standard deviation of the weighting reward under its policy."""
        view = _View(self, t)
        mass, *rest = (view.moment([r**j for r in view.r], j) for j in range(4))
        m1, m2, m3 = (m / mass for m in rest)
        variance = m2 - m1 * m1
        skew = m3 - 3 * m2 * m1 + 2 * m1**3
        return Jet(view.center + m1, variance), Jet(variance, skew).sqrt()

    def estimate(self, t: float) -> tuple[float, float, float, float]:
        """Bias, fluctuation, and the weighting reward's mean and standard deviation, in doubles."""
        frame, nodes = _frame(self, t), self.rounded
        shifted = nodes.r - float(frame.center)
        w = nodes.mass * np.exp(t * shifted)
        mass = w.sum()
        theta = np.linalg.lstsq(np.sqrt(w)[:, None] * frame.psi, np.sqrt(w) * nodes.s, rcond=None)[0]
        rho = nodes.s - frame.psi @ theta
        h = frame.psi.T @ (frame.psi * w[:, None])
        mean = frame.psi.T @ w / mass
        kappa, nu = (float(jet.value) for jet in self._noise_terms(arb(t)))
        second = nodes.mass * np.exp(np.minimum(2 * t * shifted, 600.0)) * ((rho + kappa) ** 2 + nu)
        s = frame.psi.T @ (frame.psi * second[:, None])
        g = np.linalg.inv(h)
        c = h / mass - np.outer(mean, mean)
        fluctuation = float(np.trace(c @ g @ s @ g)) * float(self._amplification(arb(t)).value)
        center = float(w @ shifted / mass)
        spread = math.sqrt(max(float(w @ (shifted - center) ** 2 / mass), 0.0))
        bias = max(float(w @ rho**2 / mass), 0.0)
        return bias, fluctuation, float(frame.center) + center, spread

    def _noisy_square(
        self, view: _View, residual: list[arb], theta: arb_mat, theta_slope: arb_mat
    ) -> tuple[list[arb], list[arb], _Sizes]:
        """u = (rho + kappa)^2 + nu at the nodes, du/dt, and bounds of both in terms of |s| and |psi|."""
        kappa, nu = self._noise_terms(view.t)
        moved = view.combination(theta_slope)
        u = [(rho + kappa.value) ** 2 + nu.value for rho in residual]
        slope = [
            nu.slope + 2 * (rho + kappa.value) * (kappa.slope - m)
            for rho, m in zip(residual, moved, strict=True)
        ]
        weight, weight_slope = (view.stretch * _norm(vector) for vector in (theta, theta_slope))
        constant = _up(abs(nu.value) + abs(nu.slope) + 3 * kappa.value**2 + 2 * kappa.slope**2)
        return u, slope, _Sizes(2 * constant, 9.0, 9 * weight**2 + 4 * weight_slope**2)

    def _noise_terms(self, t: arb) -> tuple[Jet, Jet]:
        """The residual's offset kappa and variance nu."""
        if self.pilot is not None:
            return Jet(arb(0), arb(0)), Jet(cumulants(self.noise, arb(0))[2], arb(0))
        (once, once_slope), (twice, twice_slope) = (cumulants(self.noise, k * t)[1:3] for k in (1, 2))
        kappa = Jet(twice - once, 2 * twice_slope - once_slope)
        return kappa, Jet(twice_slope, 2 * _third_cumulant(self.noise, 2 * t))

    def _amplification(self, t: arb) -> Jet:
        """e^{K_e(2t) - 2K_e(t)} for label weights, 1 for surrogate weights."""
        if self.pilot is not None or self.noise == NOISELESS:
            return Jet(arb(1), arb(0))
        exponent = cumulants(self.noise, 2 * t)[0] - 2 * cumulants(self.noise, t)[0]
        slope = 2 * cumulants(self.noise, 2 * t)[1] - 2 * cumulants(self.noise, t)[1]
        return Jet(exponent, slope).exp()

    def _covariance(self, h: arb_mat, h_slope: arb_mat, view: _View) -> tuple[arb_mat, arb_mat]:
        """C = H/M - m m' with its derivative, M = E w and m = E[w psi]/M."""
        mass, mass_slope = view.moment(view.ones, 0), view.moment(view.r, 1)
        mean = view.means(0) / mass
        mean_slope = view.means(1) / mass - mean * (mass_slope / mass)
        c = h / mass - mean * mean.transpose()
        slope = h_slope / mass - h * (mass_slope / mass**2)
        return c, slope - mean_slope * mean.transpose() - mean * mean_slope.transpose()

    def _bias(self, view: _View, residual: list[arb], theta: arb_mat) -> Jet:
        """E_pi rho^2 (its mean is 0, the constant being a feature); rho' is orthogonal to rho."""
        mass, mass_slope = view.moment(view.ones, 0), view.moment(view.r, 1)
        sizes = _Sizes(0.0, 2.0, 2 * (view.stretch * _norm(theta)) ** 2)
        squares = [rho * rho for rho in residual]
        square = view.moment(squares, 0, sizes)
        slope = view.moment([q * r for q, r in zip(squares, view.r, strict=True)], 1, sizes)
        value = square / mass
        return Jet(_nonnegative(value), slope / mass - value * mass_slope / mass)


class _View:
    """The design at one t or interval of t: weights, and sums with their errors added."""

    def __init__(self, readout: Readout, t: Fraction | Interval) -> None:
        self.design, self.rounded = readout.design, readout.rounded
        low, high = (t.lower, t.upper) if isinstance(t, Interval) else (t, t)
        self.low, self.high = exact(low), exact(high)
        self.t = self.low.union(self.high) if low < high else self.low
        frame = _frame(readout, float(low + high) / 2)
        self.frame, self.features, self.stretch = frame, frame.features, frame.stretch
        self.center = exact(frame.center)
        self.r = [r - self.center for r in self.design.r]
        self.ones = [arb(1)] * len(self.r)
        self.weights = {k: self._weights(k) for k in (1, 2)}

    def _weights(self, k: int) -> list[arb]:
        low, high, pairs = k * self.low, k * self.high, zip(self.design.mass, self.r, strict=True)
        if self.t is self.low:
            return [m * (low * r).exp() for m, r in pairs]
        return [m * (low * r).exp().union((high * r).exp()) for m, r in pairs]

    def grams(self, k: int, factors: Sequence[list[arb]], sizes: _Sizes = _ONE) -> list[arb_mat]:
        """E[e^{kt(r-c)} u psi psi'] for each u, |u| <= sizes (1 + |r - c|)."""
        columns = [[w * f for w, f in zip(self.weights[k], factor, strict=True)] for factor in factors]
        sums = (self.frame.products * arb_mat(columns).transpose()).tolist()
        blur = arb(0, self.stretch**2 * self._error(k, 0, 1, 2, sizes))
        size = self.features.ncols()
        return [
            arb_mat([[sums[_place(i, j)][which] + blur for j in range(size)] for i in range(size)])
            for which in range(len(factors))
        ]

    def least_squares(self) -> arb_mat:
        """The fit's coefficients in doubles, taken as exact numbers."""
        nodes, psi = self.rounded, self.frame.psi
        w = np.sqrt(nodes.mass * np.exp(float(self.t.mid()) * (nodes.r - float(self.center))))
        found = np.linalg.lstsq(w[:, None] * psi, w * nodes.s, rcond=None)[0]
        return arb_mat([[arb(float(v))] for v in found])

    def cross(self, residual: list[arb], r_power: int, theta: arb_mat) -> arb_mat:
        """E[e^{t(r-c)} (r-c)^r_power rho psi], rho = s - psi' theta."""
        factor = [rho * (r if r_power else 1) for rho, r in zip(residual, self.r, strict=True)]
        error = self._error(1, 1, r_power, 1)
        error += self.stretch * _norm(theta) * self._error(1, 0, r_power, 2)
        return self._column(factor, error)

    def means(self, r_power: int) -> arb_mat:
        """E[e^{t(r-c)} (r-c)^r_power psi]."""
        return self._column(self.r if r_power else self.ones, self._error(1, 0, r_power, 1))

    def moment(self, factor: list[arb], r_power: int, sizes: _Sizes = _ONE) -> arb:
        """E[e^{t(r-c)} u]."""
        total = sum((w * f for w, f in zip(self.weights[1], factor, strict=True)), arb(0))
        return total + arb(0, self._error(1, 0, r_power, 0, sizes))

    def combination(self, theta: arb_mat) -> list[arb]:
        """theta' psi at the nodes."""
        return [row[0] for row in (self.features * theta).tolist()]

    def residual(self, values: list[arb], theta: arb_mat) -> list[arb]:
        """values - theta' psi at the nodes."""
        return [v - f for v, f in zip(values, self.combination(theta), strict=True)]

    def _column(self, factor: list[arb], error: float) -> arb_mat:
        column = arb_mat([[w * f] for w, f in zip(self.weights[1], factor, strict=True)])
        return _blurred(self.features.transpose() * column, self.stretch * error)

    def _error(self, k: int, s_power: int, r_power: int, features: int, sizes: _Sizes = _ONE) -> float:
        """The design's error for centred weights: 1 + |r - c|^j <= 1 + 2^j (|r|^j + |c|^j)."""
        low, high = k * self.low, k * self.high
        shift = max(_up((-end * self.center).exp()) for end in (low, high))
        flat = 1 + 2**r_power * abs(float(self.center)) ** r_power
        total = 0.0
        for weight, more_s, more_features in (
            (sizes.constant, 0, 0),
            (sizes.link, 2, 0),
            (sizes.feature, 0, 2),
        ):
            if weight:
                powers = ((r_power, 2.0**r_power), (0, flat)) if r_power else ((0, 1.0),)
                for power, factor in powers:
                    error = self.design.error(low, high, s_power + more_s, power, features + more_features)
                    total += weight * factor * error
        return total * shift * _ROUNDED


def readout(
    link: Node,
    t_top: Fraction,
    digits: int,
    *,
    noise: Noise = NOISELESS,
    pilot: Node | None = None,
    biases: Sequence[Fraction] = BIASES,
) -> Readout:
    """The readout of ``link`` for 0 < t <= t_top, integrals good to about ``digits`` digits."""
    weight = link if pilot is None else pilot
    return Readout(link, pilot, noise, design(link, weight, biases, 2 * t_top, digits))


def _frame(readout: Readout, t: float) -> _Frame:
    """The frame for temperatures near t, shared within a factor of about 1.1."""
    key = round(8 * math.log2(max(t, 1e-6)))
    if key not in readout._frames:
        design, rounded = readout.design, readout.rounded
        log_w = 2 ** (key / 8) * rounded.r + np.log(np.maximum(rounded.mass, 1e-300))
        tilt = np.exp(log_w - log_w.max())
        w = tilt / tilt.sum()
        upper = np.linalg.qr(np.sqrt(w)[:, None] * rounded.psi)[1]
        # A direction lost in doubles keeps a plain scale: the frame only has to be invertible.
        diagonal = np.diag(upper).copy()
        least = 1e-12 * np.abs(diagonal).max()
        np.fill_diagonal(upper, np.where(np.abs(diagonal) < least, least, diagonal))
        inverse = np.linalg.solve(upper, np.eye(len(upper)))
        # Rotated so that S is nearly diagonal as well: off its diagonal the balls only add width.
        rows = rounded.psi @ inverse
        squared = tilt * w / np.maximum(rounded.mass, 1e-300)
        inverse = inverse @ np.linalg.eigh((rows * squared[:, None]).T @ rows)[1]
        center = Fraction(round(float(w @ rounded.r) * 1024), 1024)
        readout._frames[key] = _Frame(design.psi, inverse, rounded.psi @ inverse, center)
    return readout._frames[key]


def _trace(c: tuple[arb_mat, arb_mat], inverse: tuple[arb_mat, arb_mat], s: tuple[arb_mat, arb_mat]) -> Jet:
    """tr(C G S G) and its derivative, G = H^{-1}, G' = -G H' G; all of them symmetric."""
    g, h_slope = inverse
    gsg = g * s[0] * g
    gcg = g * c[0] * g
    slope = _inner(c[1], gsg) + _inner(s[1], gcg) - 2 * _inner(h_slope, gsg * c[0] * g)
    return Jet(_nonnegative(_inner(c[0], gsg)), slope)


def _place(i: int, j: int) -> int:
    """The row of the pair (i, j) among the pairs i >= j."""
    i, j = max(i, j), min(i, j)
    return i * (i + 1) // 2 + j


def _inner(a: arb_mat, b: arb_mat) -> arb:
    """tr(a' b)."""
    pairs = (pair for p, q in zip(a.tolist(), b.tolist(), strict=True) for pair in zip(p, q, strict=True))
    return sum((x * y for x, y in pairs), arb(0))


def _blurred(matrix: arb_mat, error: float) -> arb_mat:
    blur = arb(0, error)
    return arb_mat([[value + blur for value in row] for row in matrix.tolist()])


def _nonnegative(value: arb) -> arb:
    """A ball of a number known to be nonnegative, cut at 0."""
    return value if value >= 0 else value.intersection(arb(0).union(value.abs_upper()))


def _third_cumulant(noise: Noise, t: arb) -> arb:
    """The third derivative of K_e at t; for uniform noise its bound 2a Var <= 2a^3 is used alone."""
    a = exact(noise.scale)
    if noise.kind == "rademacher":
        x = (a * t).tanh()
        return -2 * a**3 * x * (1 - x * x)
    return arb(0, (2 * a**3).abs_upper()) if noise.kind == "uniform" else arb(0)


def _norm(column: arb_mat) -> float:
    """The sum of the absolute entries of a column, rounded up."""
    return _up(sum((abs(row[0]) for row in column.tolist()), arb(0)))


def _up(value: arb) -> float:
    return float(value.abs_upper()) * _ROUNDED
