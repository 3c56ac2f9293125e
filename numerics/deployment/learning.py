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
from dataclasses import dataclass, field, replace
from fractions import Fraction

import numpy as np
from flint import arb, arb_mat

from ...link.label import NOISELESS, Noise
from ...link.tree import Node
from ..expectation.labels import score_terms
from ..expectation.oracle import Interval, ends
from ..lowering.pointwise import Array
from ..precision import dyadic_below
from ..work import spend
from .columns import Doubles
from .feature_sums import Frame, RewardLaw, Tilted
from .gram import inverted, symmetric

#: Frames serve smaller t as they serve this one.
_LEAST = 1e-6
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
    """The weighted fit of a link by the features, weights e^{ty}, or e^{t pilot(x)} with a ``pilot``.

    law: of the weights, u = z.
    """

    law: RewardLaw
    noise: Noise
    pilot: Node | None
    _costs: dict[Fraction | Interval, Cost | None] = field(default_factory=dict, compare=False, repr=False)
    _frames: dict[int, Frame] = field(default_factory=dict, compare=False, repr=False)

    @property
    def t_top(self) -> Fraction:
        """The largest t served."""
        return self.law.t_top

    def cost(self, t: Fraction | Interval) -> Cost | None:
        """The cost at t; over an interval of t, its hull.

        None when the interval is too wide to show H invertible.
        """
        size = self.law.inner.psi.value.shape
        spend(size[0] * size[1] ** 2 / 2, self._costs, t)
        if t not in self._costs:
            try:
                self._costs[t] = self._cost(t)
            except ZeroDivisionError:
                self._costs[t] = None
        return self._costs[t]

    def _frame(self, t: float) -> Frame:
        """The frame for temperatures near t, shared within a factor of about 1.1."""
        key = round(6 * math.log2(max(t, _LEAST)))
        if key not in self._frames:
            self._frames[key] = self.law.frame(min(dyadic_below(2 ** (key / 6), 20), self.t_top), Fraction(0))
        return self._frames[key]

    def _cost(self, t: Fraction | Interval) -> Cost:
        frame = self._frame(float(sum(ends(t))) / 2)
        at, tilted = self.law.columns(frame), Tilted(self.law, t, frame)
        (h,) = symmetric(_column(tilted.means(1, [at.squares], tilted.missed(1, psi=2))))
        inverse = inverted(h)
        along = tilted.means(1, [at.s * at.first], tilted.missed(1, s=1, psi=1))
        start = (inverse.mid() * _column(along)).mid()
        # theta = start + H^{-1} E[w psi (s - psi' start)] for any start; a good one leaves little to enclose.
        theta = start
        for _ in range(2):
            fit = replace(frame, thetas=(Doubles.of(theta.entries()),))
            (rest,), tilted = at.residuals(fit.thetas), Tilted(self.law, t, fit)
            if theta is start:
                drift = tilted.means(1, [rest.rho_psi], tilted.missed(1, rho=1, psi=1))
                theta = start + inverse * _column(drift)
        factor, kappa, nu = score_terms(self.noise, tilted.t, label=self.pilot is None)

        def second(*parts: Doubles, psi: int = 0) -> list[arb]:
            """E[w^2 ((rho + kappa)^2 + nu) u], given u, rho u and rho^2 u at the nodes."""
            sums = (tilted.means(2, [u], tilted.missed(2, rho=i, psi=psi)) for i, u in enumerate(parts))
            return [(kappa * kappa + nu) * a + 2 * kappa * b + c for a, b, c in zip(*sums, strict=True)]

        # 1 = psi' e gives E_pi psi = H e/M, hence tr(C G S G) = tr(G S)/M - e' S e/M^2 with G = H^{-1}.
        (s,) = symmetric(_column(second(at.squares, at.squares * rest.rho, at.squares * rest.rho2, psi=2)))
        (mass,) = tilted.means(1, [at.one], tilted.missed(1))
        (spread,) = second(at.one, rest.rho, rest.rho2)
        uncentred = _nonnegative(_inner(inverse, s)) / mass
        centred = uncentred - spread / (mass * mass)
        # The mean of rho is 0, the constant being a feature.
        (bias,) = tilted.means(1, [rest.rho2], tilted.missed(1, rho=2))
        return Cost(_nonnegative(bias / mass), _nonnegative(centred) * factor, uncentred * factor)

    def value(self, t: Fraction | Interval) -> tuple[arb, arb]:
        """The mean and the standard deviation of the link under the weights' law."""
        frame = self._frame(float(sum(ends(t))) / 2)
        at, tilted = self.law.columns(frame), Tilted(self.law, t, frame)
        means = [
            tilted.means(1, [u], tilted.missed(1, s=i))[0] for i, u in enumerate((at.one, at.s, at.s * at.s))
        ]
        mean = means[1] / means[0]
        return mean, root(means[2] / means[0] - mean * mean)

    def estimate(self, t: float) -> Rough:
        """The cost and the weighting reward's law at t, in doubles."""
        frame, nodes = self._frame(t), self.law.nodes
        psi = self.law.columns(frame).first.value[:, 0].T
        center = float(frame.center)
        shifted = nodes.r - center
        with np.errstate(divide="ignore"):
            log_mass = np.log(nodes.mass)
        w = np.exp(t * shifted + log_mass)
        mass = w.sum()
        h = psi.T @ (psi * w[:, None])
        rho = nodes.s - psi @ np.linalg.solve(h, psi.T @ (w * nodes.s))
        mean = psi.T @ w / mass
        factor, kappa, nu = (float(x) for x in score_terms(self.noise, arb(t), label=self.pilot is None))
        second = np.exp(2 * t * shifted + log_mass) * ((rho + kappa) ** 2 + nu)
        s = psi.T @ (psi * second[:, None])
        g = np.linalg.inv(h)
        covariance = g @ s @ g * factor
        gram = h / mass
        away = float(w @ shifted / mass)
        return Rough(
            bias=max(float(w @ rho**2 / mass), 0.0),
            fluctuation=float(np.trace((gram - np.outer(mean, mean)) @ covariance)),
            uncentred=float(np.trace(gram @ covariance)),
            mean=center + away,
            spread=math.sqrt(max(float(w @ (shifted - away) ** 2 / mass), 0.0)),
            log_mass=math.log(mass) + t * center,
            law=w / mass,
            features=psi,
            residual=rho,
            covariance=covariance,
        )


def readout(
    link: Node,
    t_top: Fraction,
    *,
    noise: Noise = NOISELESS,
    pilot: Node | None = None,
    biases: Sequence[Fraction] = BIASES,
) -> Readout:
    """The readout of ``link`` for 0 < t <= t_top."""
    law = RewardLaw(link, link if pilot is None else pilot, tuple(biases), Fraction(1), t_top)
    return Readout(law, noise, pilot)


def _column(entries: Sequence[arb]) -> arb_mat:
    return arb_mat([[x] for x in entries])


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
