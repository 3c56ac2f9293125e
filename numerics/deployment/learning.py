"""The leading learning cost of a weighted readout, in ball arithmetic.

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

import numpy as np
from flint import arb, arb_mat

from ...link.label import NOISELESS, Noise
from ...link.tree import Node
from ..expectation.labels import score_terms
from ..expectation.oracle import Interval
from ..lowering.balls import natural
from ..lowering.pointwise import Array
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

    bias: arb
    fluctuation: arb
    uncentred: arb

    def variance(self, n: int) -> arb:
        """Var_pi(fhat - r*) with n samples."""
        return self.bias + self.fluctuation / n


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
        """The cost at t; over an interval of t, its hull.

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
        (h,) = view.grams(1, (view.ones,))
        inverse = view.inverse(h)
        # theta = start + H^{-1} E[w psi (s - psi' start)] for any start; a good one leaves little to enclose.
        start = view.least_squares(inverse)
        rest = view.residual(view.design.s, start)
        moved = inverse * view.cross(rest, start)
        weight = view.stretch * norm(start + moved)
        residual = view.residual(rest, moved)
        factor, kappa, nu = score_terms(self.noise, view.t, label=self.pilot is None)
        spread = [natural(rho + kappa, 2) + nu for rho in residual]
        sizes = Sizes(upper(nu + 3 * kappa * kappa), 3.0, 3 * weight**2)
        (s,) = view.grams(2, (spread,), sizes)
        # 1 = psi' e gives E_pi psi = H e/M, hence tr(C G S G) = tr(G S)/M - e' S e/M^2 with G = H^{-1}.
        mass = view.moment(view.ones)
        uncentred = _nonnegative(_inner(inverse, s)) / mass
        centred = uncentred - view.moment(spread, sizes, weight=2) / (mass * mass)
        # The mean of rho is 0, the constant being a feature.
        bias = view.moment([rho * rho for rho in residual], Sizes(0.0, 2.0, 2 * weight**2)) / mass
        return Cost(_nonnegative(bias), _nonnegative(centred) * factor, uncentred * factor)

    def value(self, t: Fraction | Interval) -> tuple[arb, arb]:
        """The mean and the standard deviation of the weighting reward under its policy."""
        view = self.view(t)
        mass, first, second = (view.moment([natural(r, j) for r in view.r], r_power=j) for j in range(3))
        mean = first / mass
        return view.center + mean, root(second / mass - mean * mean)

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
        factor, kappa, nu = (float(x) for x in score_terms(self.noise, arb(t), label=self.pilot is None))
        second = np.exp(2 * t * shifted + log_mass) * ((rho + kappa) ** 2 + nu)
        s = frame.psi.T @ (frame.psi * second[:, None])
        g = np.linalg.inv(h)
        covariance = g @ s @ g * factor
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


def root(x: arb) -> arb:
    """The square root of what is known to be nonnegative."""
    return x.sqrt() if x > 0 else arb(0).union(x.abs_upper().sqrt())


def _inner(a: arb_mat, b: arb_mat) -> arb:
    """tr(a' b)."""
    pairs = (pair for p, q in zip(a.tolist(), b.tolist(), strict=True) for pair in zip(p, q, strict=True))
    return sum((x * y for x, y in pairs), arb(0))


def _nonnegative(value: arb) -> arb:
    """A ball of a number known to be nonnegative, cut at 0."""
    return value if value >= 0 else value.intersection(arb(0).union(value.abs_upper()))
