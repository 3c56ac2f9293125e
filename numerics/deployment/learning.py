"""The leading learning cost of a weighted readout, in ball arithmetic, with its derivative in t.

A forecast: n times the mean cost of n samples tends to it as n -> oo (V3), and at no finite n is it a bound.
Weights w, features psi, f the weighted projection of the target on the features:
c(t, n) = Var_pi(f - r*) + tr(C H^{-1} S H^{-1})/n, H = E[w psi psi'], S = E[w^2 (y - f)^2 psi psi'],
C = Cov_pi(psi), pi the law of density w; with E_pi[psi psi'] in place of C it is E_pi (fhat - r*)^2.

Label weights w = e^{ty}: noise e enters as the factor e^{K_e(2t) - 2K_e(t)}, the offset K_e'(2t) - K_e'(t) of
the residual and the variance K_e''(2t). Surrogate weights w = e^{t r_a0(x)}: offset 0 and variance Var e.
Features 1 and tanh(z - b), the 1 unpenalised.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from functools import reduce
from typing import cast

import numpy as np
from flint import arb, arb_mat

from ...link.label import NOISELESS, Noise
from ...link.tree import Node
from ..expectation.noise import cumulants
from ..expectation.oracle import Interval
from ..lowering.balls import Dual, exp, natural
from ..lowering.pointwise import Array
from ..precision import exact
from ..work import spend
from .feature_integrals import design
from .feature_sums import Base, Sizes, View, norm, upper

#: 12 biases evenly spaced on [-3, 3].
BIASES = tuple(Fraction(-3) + Fraction(6 * j, 11) for j in range(12))


@dataclass(frozen=True, slots=True)
class Cost:
    """bias = Var_pi(f - r*) = E_pi (f - r*)^2, fluctuation = tr(C H^{-1} S H^{-1}).

    uncentred: the fluctuation with E_pi[psi psi'] in place of C.
    """

    bias: Dual
    fluctuation: Dual
    uncentred: Dual

    def variance(self, n: int) -> Dual:
        """Var_pi(fhat - r*) with n samples."""
        return self.bias + self.fluctuation * (1 / exact(n))


@dataclass(frozen=True, slots=True)
class Rough:
    """The parts of the cost, and K, mean and standard deviation of the weighting reward, in doubles.

    law: the weighting reward's policy as probabilities of the nodes. At the nodes: features, nearly
    orthonormal under it, and residual rho = s - f_0; covariance: n Cov of the fit's coefficients on them.
    """

    bias: float
    fluctuation: float
    uncentred: float
    mean: float
    spread: float
    log_mass: float
    law: Array
    features: Array
    residual: Array
    covariance: Array


@dataclass(frozen=True)
class Readout:
    """The weighted fit of ``link`` by the features, weights e^{ty}, or e^{t pilot(x)} with a ``pilot``."""

    link: Node
    pilot: Node | None
    noise: Noise
    base: Base
    _costs: dict[Fraction | Interval, Cost | None] = field(default_factory=dict, compare=False, repr=False)
    _views: dict[Fraction | Interval, View] = field(default_factory=dict, compare=False, repr=False)

    @property
    def t_top(self) -> Fraction:
        """The largest t served."""
        return self.base.design.t_top / 2

    def view(self, t: Fraction | Interval) -> View:
        """The design at t, kept until another t is asked for."""
        if t not in self._views:
            self._views.clear()
            self._views[t] = View(self.base, t)
        return self._views[t]

    def cost(self, t: Fraction | Interval) -> Cost | None:
        """The cost at t; over an interval of t, hulls of its value and of its derivative.

        None when the interval is too wide to show H invertible.
        """
        size = self.base.rounded.psi.shape
        spend(size[0] * size[1] ** 2 / 2, self._costs, t)
        if t not in self._costs:
            try:
                self._costs[t] = self._cost(self.view(t))
            except ZeroDivisionError:
                self._costs[t] = None
        return self._costs[t]

    def _cost(self, view: View) -> Cost:
        h, h_slope = view.grams(1, (view.ones, view.r))
        inverse = view.inverse(h)
        # theta = start + H^{-1} E[w psi (s - psi' start)] for any start; a good one leaves little to enclose.
        start = view.least_squares(inverse)
        rest = view.residual(view.design.s, start)
        moved = inverse * view.cross(rest, 0, start)
        theta = start + moved
        residual = view.residual(rest, moved)
        theta_slope = inverse * view.cross(residual, 1, theta)
        spread, spread_slope, sizes = self._noisy_square(view, residual, theta, theta_slope)
        doubled = [2 * r * u + d for r, u, d in zip(view.r, spread, spread_slope, strict=True)]
        s, s_slope = view.grams(2, (spread, doubled), sizes)
        gsg = inverse * s * inverse
        traced = Dual(_nonnegative(_inner(inverse, s)), _inner(inverse, s_slope) - _inner(h_slope, gsg))
        # 1 = psi' e gives E_pi psi = H e/M, hence tr(C G S G) = tr(G S)/M - e' S e/M^2 with G = H^{-1}.
        square = Dual(view.moment(spread, 0, sizes, weight=2), view.moment(doubled, 1, sizes, weight=2))
        mass, noise = self._mass(view), self._amplification(view.t)
        uncentred = traced / mass
        centred = uncentred - square / (mass * mass)
        fluctuation = Dual(_nonnegative(centred.value), centred.slope)
        return Cost(self._bias(view, residual, theta), fluctuation * noise, uncentred * noise)

    def value(self, t: Fraction | Interval) -> tuple[Dual, Dual]:
        """The mean and the standard deviation of the weighting reward under its policy."""
        view = self.view(t)
        mass, *rest = (view.moment([natural(r, j) for r in view.r], j) for j in range(4))
        m1, m2, m3 = (m / mass for m in rest)
        variance = m2 - m1 * m1
        skew = m3 - 3 * m2 * m1 + 2 * m1**3
        return Dual(view.center + m1, variance), root(Dual(variance, skew))

    def estimate(self, t: float) -> Rough:
        """The cost and the weighting reward's law at t, in doubles."""
        frame, nodes = self.base.frame(t), self.base.rounded
        shifted = nodes.r - float(frame.center)
        with np.errstate(divide="ignore"):
            log_mass = np.log(nodes.mass)
        w = np.exp(t * shifted + log_mass)
        mass = w.sum()
        h = frame.psi.T @ (frame.psi * w[:, None])
        rho = nodes.s - frame.psi @ np.linalg.solve(h, frame.psi.T @ (w * nodes.s))
        mean = frame.psi.T @ w / mass
        kappa, nu = (float(jet.value) for jet in self._noise_terms(arb(t)))
        second = np.exp(2 * t * shifted + log_mass) * ((rho + kappa) ** 2 + nu)
        s = frame.psi.T @ (frame.psi * second[:, None])
        g = np.linalg.inv(h)
        covariance = g @ s @ g * float(self._amplification(arb(t)).value)
        gram = h / mass
        center = float(w @ shifted / mass)
        return Rough(
            bias=max(float(w @ rho**2 / mass), 0.0),
            fluctuation=float(np.trace((gram - np.outer(mean, mean)) @ covariance)),
            uncentred=float(np.trace(gram @ covariance)),
            mean=float(frame.center) + center,
            spread=math.sqrt(max(float(w @ (shifted - center) ** 2 / mass), 0.0)),
            log_mass=math.log(mass) + t * float(frame.center),
            law=w / mass,
            features=frame.psi,
            residual=rho,
            covariance=covariance,
        )

    def _noisy_square(
        self, view: View, residual: list[arb], theta: arb_mat, theta_slope: arb_mat
    ) -> tuple[list[arb], list[arb], Sizes]:
        """u = (rho + kappa)^2 + nu at the nodes, du/dt, and bounds of both in terms of |s| and |psi|."""
        kappa, nu = self._noise_terms(view.t)
        moved = view.combination(theta_slope)
        u = [natural(rho + kappa.value, 2) + nu.value for rho in residual]
        slope = [
            nu.slope + 2 * (rho + kappa.value) * (kappa.slope - m)
            for rho, m in zip(residual, moved, strict=True)
        ]
        weight, weight_slope = (view.stretch * norm(vector) for vector in (theta, theta_slope))
        constant = upper(abs(nu.value) + abs(nu.slope) + 3 * kappa.value**2 + 2 * kappa.slope**2)
        return u, slope, Sizes(2 * constant, 9.0, 9 * weight**2 + 4 * weight_slope**2)

    def _noise_terms(self, t: arb) -> tuple[Dual, Dual]:
        """The residual's offset kappa and variance nu."""
        if self.pilot is not None:
            return Dual(arb(0), arb(0)), Dual(cumulants(self.noise, arb(0))[2], arb(0))
        (_, _, once, *_), (_, _, twice, third, _) = (cumulants(self.noise, k * t) for k in (1, 2))
        slope, middle = 2 * twice - once, t.mid()
        at_middle = cumulants(self.noise, 2 * middle)[1] - cumulants(self.noise, middle)[1]
        return Dual(at_middle + slope * (t - middle), slope), Dual(twice, 2 * third)

    def _amplification(self, t: arb) -> Dual:
        """e^{K_e(2t) - 2K_e(t)} for label weights, 1 for surrogate weights."""
        if self.pilot is not None or self.noise == NOISELESS:
            return Dual(arb(1), arb(0))
        slope = 2 * (cumulants(self.noise, 2 * t)[1] - cumulants(self.noise, t)[1])
        # K_e is convex, so that the exponent increases and its ends give its hull.
        ends = [t] if t.rad().is_zero() else [t.lower(), t.upper()]
        first, *others = (cumulants(self.noise, 2 * at)[0] - 2 * cumulants(self.noise, at)[0] for at in ends)
        return cast(Dual, exp(Dual(reduce(arb.union, others, first), slope)))

    @staticmethod
    def _mass(view: View) -> Dual:
        """M = E w."""
        return Dual(view.moment(view.ones, 0), view.moment(view.r, 1))

    def _bias(self, view: View, residual: list[arb], theta: arb_mat) -> Dual:
        """E_pi rho^2 (its mean is 0, the constant being a feature); rho' is orthogonal to rho."""
        sizes = Sizes(0.0, 2.0, 2 * (view.stretch * norm(theta)) ** 2)
        squares = [rho * rho for rho in residual]
        slope = view.moment([q * r for q, r in zip(squares, view.r, strict=True)], 1, sizes)
        found = Dual(view.moment(squares, 0, sizes), slope) / self._mass(view)
        return Dual(_nonnegative(found.value), found.slope)


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
    return Readout(link, pilot, noise, Base(design(link, weight, biases, 2 * t_top, digits)))


def root(x: Dual) -> Dual:
    """The square root of what is known to be nonnegative; its slope is unbounded where the ball reaches 0."""
    value = x.value.sqrt() if x.value > 0 else arb(0).union(x.value.abs_upper().sqrt())
    return Dual(value, x.slope / (2 * value))


def _inner(a: arb_mat, b: arb_mat) -> arb:
    """tr(a' b)."""
    pairs = (pair for p, q in zip(a.tolist(), b.tolist(), strict=True) for pair in zip(p, q, strict=True))
    return sum((x * y for x, y in pairs), arb(0))


def _nonnegative(value: arb) -> arb:
    """A ball of a number known to be nonnegative, cut at 0."""
    return value if value >= 0 else value.intersection(arb(0).union(value.abs_upper()))
