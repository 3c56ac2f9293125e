"""Targets and errors of a weighted readout, by quadrature in doubles: no proof.

Sums over (z, v, e), u = m z + sqrt(1-m^2) v, straight from the definitions: no cumulants of the noise, no
smoothed features, no frame. Panels in z are those of :mod:`quadrature`, v runs over a trapezoid rule.
"""

import math
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from itertools import pairwise
from typing import Literal

import numpy as np
from scipy import special

from ...link.label import Noise
from ...link.tree import Node
from ..lowering.derivative import derivative
from ..lowering.pointwise import Array, compile_numpy
from .quadrature import law_nodes, rounded_nodes

_STEP, _REACH = 0.25, 9.0
#: Below this e_2(x) = (e^x - 1 - x)/x^2 is summed as 1/2 + x/6.
_SMALL = 1e-4


@dataclass(frozen=True)
class FitMoments:
    """One readout by one rule; names as in docs/claims/v8.md, starred means under pi*, others as weighted.

    biases: of the features 1, tanh(u - b). ridge: of P, the identity without the intercept. pilot None: label
    weights. size: which of two rules; kinks of the pilot are kinks of the link.
    """

    link: Node
    noise: Noise
    biases: tuple[Fraction, ...]
    ridge: Fraction
    overlap: Fraction
    t: Fraction
    pilot: Node | None = None
    size: Literal[0, 1] = 1

    @cached_property
    def _plane(self) -> tuple[Array, Array, Array, Array]:
        """z, gamma, s and psi at the pairs (z, v)."""
        z, base, s = (rows.ravel() for rows in rounded_nodes(self.link, 0, 2, 2 * self.t, self.size))
        v = np.arange(-_REACH, _REACH + _STEP / 2, _STEP) if self.overlap < 1 else np.zeros(1)
        across = np.exp(-(v**2) / 2)
        z, s, gamma = np.repeat(z, len(v)), np.repeat(s, len(v)), np.outer(base, across / across.sum())
        m = float(self.overlap)
        u = m * z + math.sqrt(1 - m * m) * np.tile(v, len(base))
        psi = np.column_stack([np.ones_like(u), *(np.tanh(u - float(b)) for b in self.biases)])
        return z, gamma.ravel(), s, psi

    @cached_property
    def _noise(self) -> tuple[Array, Array, Array]:
        """Values e, and their chances times the factors that e has in w and in w^2."""
        e, law = law_nodes(self.noise)
        if self.pilot is not None:
            return e, law, law
        at = float(self.t)
        return e, law * np.exp(at * e), law * np.exp(2 * at * e)

    @cached_property
    def _weights(self) -> tuple[Array, Array]:
        """The law of the weights, and E w^2 but for the noise, at the pairs."""
        z, gamma, s, _ = self._plane
        reward = s if self.pilot is None else compile_numpy(self.pilot)(z)
        tilt = np.exp(float(self.t) * (reward - reward.max()))
        mass = float(gamma @ tilt) * self._noise[1].sum()
        return gamma * tilt * self._noise[1].sum() / mass, gamma * (tilt / mass) ** 2

    @cached_property
    def _policy(self) -> Array:
        _, gamma, s, _ = self._plane
        weight = gamma * np.exp(float(self.t) * (s - s.max()))
        return np.asarray(weight / weight.sum())

    @cached_property
    def _fit(self) -> tuple[Array, Array, Array]:
        """rho, varphi and G^{-1/2} Lambda theta_0."""
        _, _, s, psi = self._plane
        own, _ = self._weights
        penalty = np.diag([0.0, *[float(self.ridge)] * len(self.biases)])
        full = psi.T @ (own[:, None] * psi) + penalty
        theta = np.linalg.solve(full, psi.T @ (own * s))
        root = np.linalg.inv(np.linalg.cholesky(full)).T
        return s - psi @ theta, psi @ root, root.T @ penalty @ theta

    @property
    def bias(self) -> float:
        """b."""
        return float(np.sqrt(self._weights[0] @ self._fit[0] ** 2))

    @property
    def cross(self) -> float:
        """beta_."""
        return float(np.linalg.norm(self._fit[2]))

    @cached_property
    def scores(self) -> Array:
        """E w^2 (y - f)^2 varphi varphi', whose trace is F + beta_^2."""
        e, once, twice = self._noise
        rho, varphi, _ = self._fit
        shift = float(once @ e) / once.sum() if self.pilot is None else 0.0
        square = sum(c * (rho + x - shift) ** 2 for c, x in zip(twice, e, strict=True))
        return np.asarray(varphi.T @ ((self._weights[1] * square)[:, None] * varphi))

    @property
    def energy(self) -> float:
        """F."""
        return float(np.trace(self.scores)) - self.cross**2

    @property
    def spread_of_scores(self) -> float:
        """||Sigma|| or, with a ridge, what it is at most: ||E w^2 (y - f)^2 varphi varphi'||."""
        return _largest(self.scores)

    def _lengths(self, e: float) -> Array:
        """|zeta| at the pairs where the noise is e."""
        values, once, _ = self._noise
        z, gamma, s, _ = self._plane
        rho, varphi, pulled = self._fit
        at, label = float(self.t), self.pilot is None
        reward = s if self.pilot is None else compile_numpy(self.pilot)(z)
        weight = np.exp(at * (reward + (e if label else 0.0))) / (
            float(gamma @ np.exp(at * reward)) * once.sum()
        )
        shift = float(once @ values) / once.sum() if label else 0.0
        return np.asarray(np.linalg.norm((weight * (rho + e - shift))[:, None] * varphi - pulled, axis=1))

    @property
    def largest(self) -> float:
        """The largest |zeta| at the nodes, for noise of bounded law: at the ends of its range."""
        return max(float(self._lengths(side * float(self.noise.scale)).max()) for side in (-1, 1))

    @property
    def quartic(self) -> float:
        """E |zeta|^4."""
        law = zip(*law_nodes(self.noise), strict=True)
        return math.fsum(chance * float(self._plane[1] @ self._lengths(e) ** 4) for e, chance in law)

    @property
    def second(self) -> float:
        """||E w^2 varphi varphi'||, what sigma^2 would be without the fourth power of the features."""
        _, varphi, _ = self._fit
        return _largest(varphi.T @ (self._weights[1][:, None] * varphi)) * float(self._noise[2].sum())

    @property
    def fourth(self) -> float:
        """sigma^2 = ||E w^2 |varphi|^2 varphi varphi'||."""
        _, varphi, _ = self._fit
        weight = self._weights[1] * (varphi**2).sum(axis=1)
        return _largest(varphi.T @ (weight[:, None] * varphi)) * float(self._noise[2].sum())

    @property
    def value(self) -> float:
        """V(pi*)."""
        return float(self._policy @ self._plane[2])

    @property
    def _off(self) -> Array:
        """dpi* (s - V)."""
        return np.asarray(self._policy * (self._plane[2] - self.value))

    @property
    def spread(self) -> float:
        """sd*(s)."""
        return float(np.sqrt(self._off @ self._plane[2]))

    @property
    def covariance(self) -> float:
        """|Cov*(s, rho)|."""
        return abs(float(self._off @ self._fit[0]))

    @property
    def direction(self) -> float:
        """|E* (s - V) varphi|."""
        return float(np.linalg.norm(self._off @ self._fit[1]))

    @property
    def misfit(self) -> float:
        """E* rho^2."""
        return float(self._policy @ self._fit[0] ** 2)

    @property
    def own_cross(self) -> float:
        """|E* rho varphi|."""
        return float(np.linalg.norm((self._policy * self._fit[0]) @ self._fit[1]))

    @property
    def own_size(self) -> float:
        """||E* varphi varphi'||."""
        varphi = self._fit[1]
        return _largest(varphi.T @ (self._policy[:, None] * varphi))

    def clipping(self, radius: float, low: float, high: float) -> float:
        """E* |s - V| (|rho| + |varphi| r - min(s - low, high - s))_+."""
        s, (rho, varphi, _) = self._plane[2], self._fit
        over = np.abs(rho) + np.sqrt((varphi**2).sum(axis=1)) * radius - np.minimum(s - low, high - s)
        return float(np.abs(self._off) @ np.maximum(over, 0.0))

    def remainders(self, norm: float, high: float) -> tuple[float, float]:
        """E* rho^2 e_2 and lambda_max(E* varphi varphi' e_2), e_2 = e_2(t (high - s + norm))."""
        s, (rho, varphi, _) = self._plane[2], self._fit
        x = float(self.t) * (high - s + norm)
        with np.errstate(invalid="ignore", divide="ignore"):
            weight = self._policy * np.where(x > _SMALL, (np.expm1(x) - x) / x**2, 0.5 + x / 6)
        return float(weight @ rho**2), _largest(varphi.T @ (weight[:, None] * varphi))

    def radius(self, n: int, delta: float) -> float:
        """r by Markov's inequality, a hundredth of delta spent on the Gram matrix; infinite if kappa >= 1."""
        p, gram = 1 + len(self.biases), delta / 100
        kappa = math.sqrt(2 * math.log(p / gram) * self.fourth / n)
        return math.sqrt(self.energy / (n * (delta - gram))) / (1 - kappa) if kappa < 1 else math.inf

    def norm(self, radius: float) -> float:
        """R in the law of the weights."""
        return math.sqrt(self.bias**2 + 2 * self.cross * radius + radius**2)

    def norm_under_policy(self, radius: float) -> float:
        """R under pi*, by the own law of V8s."""
        return math.sqrt(self.misfit + 2 * self.own_cross * radius + self.own_size * radius**2)

    def loss(self, radius: float, norm: float, low: float, high: float) -> float:
        """high - V(pi*) and the least of V8's three bounds at r and R, for low <= s <= high."""
        t, osc = float(self.t), high - low
        if not max(radius, norm) < math.inf:
            return osc
        d = min(osc + norm, 2 * osc)
        first = math.expm1(t * d) / d * self.spread * norm
        square, matrix = (math.sqrt(part) for part in self.remainders(norm, high))
        second = t * (self.covariance + self.direction * radius + self.clipping(radius, low, high))
        second += t * t * osc * (square + radius * matrix) ** 2
        return high - self.value + min(first, second, self.value - low)

    @cached_property
    def unexplained(self) -> float:
        """E* Var*(s given u), 0 at overlap 1: over u, of sums over z with the density of u given z."""
        if self.overlap == 1:
            return 0.0
        z, base, s = (rows.ravel() for rows in rounded_nodes(self.link, 0, 2, Fraction(0), self.size))
        m = float(self.overlap)
        eps = math.sqrt(1 - m * m)
        step = eps / 12
        u = np.arange(-_REACH, _REACH, step)
        kernel = np.exp(-((u[:, None] - m * z) ** 2) / (2 * eps**2)) * (step / (eps * math.sqrt(2 * math.pi)))
        weight = base * np.exp(float(self.t) * (s - s.max()))
        off = s - float(weight @ s) / weight.sum()
        zeroth, first, second = (kernel @ (weight * off**power) for power in range(3))
        with np.errstate(invalid="ignore"):
            explained = np.where(zeroth > 0, first**2 / zeroth, 0.0)
        return float((second - explained).sum() / zeroth.sum())

    @cached_property
    def slopes(self) -> tuple[float, float]:
        """E* s'^2 and E* (s'' + s'(t s' - z))^2."""
        z, first = self._plane[0], derivative(self.link)
        slope, bend = (compile_numpy(f)(z) for f in (first, derivative(first)))
        return (
            float(self._policy @ slope**2),
            float(self._policy @ (bend + slope * (float(self.t) * slope - z)) ** 2),
        )


def _largest(matrix: Array) -> float:
    return float(np.linalg.eigvalsh(matrix)[-1])


def stepwise_unexplained(edges: Array, levels: Array, t: float, m: float) -> float:
    """E* Var*(s given u) of a step function, by the normal law of z given u: good for every m < 1.

    levels[i] is taken between edges[i - 1] and edges[i].
    """
    eps = math.sqrt(1 - m * m)
    # Cells of u as fine as eps about every jump.
    w = np.linspace(-9.0, 9.0, 1441)
    total, mass = 0.0, np.exp(t * (levels - levels.max()))
    chances = np.diff(special.ndtr(np.concatenate([[-np.inf], edges, [np.inf]])))
    for at in edges:
        u = (at + eps * w) / m
        below = special.ndtr((edges[:, None] - m * u) / eps)
        parts = np.diff(below, axis=0, prepend=0.0, append=1.0) * mass[:, None]
        zeroth, first, second = (parts.T @ levels**power for power in range(3))
        density = np.exp(-(u**2) / 2) / math.sqrt(2 * math.pi) * (eps / m) * (w[1] - w[0])
        total += float(density @ (second - first**2 / zeroth))
    return total / float(chances @ mass)


def jump_limit(edges: Array, levels: Array, t: float) -> float:
    """What E* Var*(s given u)/sqrt(1 - m^2) tends to as m -> 1."""
    w = np.linspace(-9.0, 9.0, 1441)
    below, above = special.ndtr(-w), special.ndtr(w)
    chances = np.diff(special.ndtr(np.concatenate([[-np.inf], edges, [np.inf]])))
    q = np.exp(t * (levels - levels.max()))
    q /= float(chances @ q)
    total = 0.0
    for at, (left, right), jump in zip(edges, pairwise(q), np.diff(levels), strict=True):
        share = left * right * above * below / (right * above + left * below)
        total += (
            jump**2 * math.exp(-(at**2) / 2) / math.sqrt(2 * math.pi) * float(share.sum()) * (w[1] - w[0])
        )
    return total
