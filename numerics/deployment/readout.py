"""The readout of the second stage: weighted ridge regression on 1 and tanh(u - b), fitted and deployed.

From samples (u_i, y_i), u = <w, x>, with weights w_i = e^{t r_i},

    fhat = psi'(sum_i w_i psi psi' + n ridge M P)^{-1} sum_i w_i y_i psi,    psi = (1, tanh(u - b_j)),

M = E e^{t r} that of the population and P the identity without the intercept. Label weights have r = y and
take K_e'(t) off the fit (V1); surrogate weights have r = r_a0, a pilot of other samples or a given function
of z = <theta*, x>; a pilot itself is fitted at t = 0. What is deployed is the fit clipped to [LO, HI]. All of
it depends on x by the Gaussian pair (z, u) alone, so that is what is drawn, for any d.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

import numpy as np

from ...link.label import NOISELESS, Noise
from ...link.tree import Node
from ..estimates.plane import Plane
from ..estimates.sampling import draw_noise
from ..expectation.labels import cumulants
from ..lowering.pointwise import Array, compile_numpy
from ..precision import exact, working
from .policy import exponential, exponential_slope, log_partition, moments

#: Rows that are triangulated at once.
_ROWS = 2**16
#: Digits of what is certified, and of what ball arithmetic carries.
_DIGITS, _BITS = 18, 120
#: A penalty e^{600} times the largest weight leaves the intercept alone, and squares without overflow.
_HEAVIEST = 300.0
#: Nodes in u for one fit; the value of a clipped one is then good to about 1e-6.
_NODES = 2**14


def features(u: Array, biases: Sequence[float] | Array) -> Array:
    """1 and tanh(u - b), shape (*u.shape, 1 + len(biases))."""
    u = np.asarray(u)[..., None]
    return np.concatenate([np.ones_like(u), np.tanh(u - np.asarray(biases, dtype=np.float64))], axis=-1)


@dataclass(frozen=True, slots=True)
class Recipe:
    """What a user chooses of a readout: biases of its features, ridge, and the range fits are clipped to."""

    biases: tuple[Fraction, ...]
    ridge: Fraction
    clip: tuple[float, float]

    def features(self, u: Array) -> Array:
        return features(u, [float(b) for b in self.biases])


@dataclass(frozen=True, slots=True)
class Estimator:
    """fhat - shift, clipped, for weights e^{t r} of which log E e^{t r} is ``log_mass``."""

    recipe: Recipe
    t: float
    log_mass: float
    shift: float

    def fit(self, u: Array, y: Array, reward: Array) -> Array:
        """The coefficients of fhat, shape (..., p); u, y and reward have shape (..., n), a fit for each row.

        Householder triangles of the rows sqrt(w_i) (psi_i, y_i), below sqrt(n ridge M) P, so that features
        are never squared. If the matrix is singular to double precision (an n below p, say, without ridge),
        the least-squares solution of least norm, in units of each column's size.
        """
        width = 1 + len(self.recipe.biases)
        log_w = self.t * reward - self.log_mass
        largest = log_w.max(axis=-1, keepdims=True)
        root = np.exp((log_w - largest) / 2) / math.sqrt(y.shape[-1])
        triangle = np.zeros((*y.shape[:-1], width, width + 1))
        if self.recipe.ridge > 0:
            size = math.sqrt(self.recipe.ridge) * np.exp(np.minimum(-largest / 2, _HEAVIEST))
            triangle[..., :width] = size[..., None] * np.diag([0.0] + [1.0] * (width - 1))
        step = max(width, _ROWS * y.shape[-1] // y.size)
        for start in range(0, y.shape[-1], step):
            part = slice(start, start + step)
            rows = np.concatenate([self.recipe.features(u[..., part]), y[..., part, None]], axis=-1)
            stacked = np.concatenate([triangle, root[..., part, None] * rows], axis=-2)
            triangle = np.asarray(np.linalg.qr(stacked, mode="r"))
        matrix = triangle[..., :width, :width]
        sizes = np.sqrt((matrix**2).sum(axis=-2))
        inverse = np.linalg.pinv(matrix / sizes[..., None, :], rcond=width * np.finfo(float).eps)
        return np.asarray((inverse @ triangle[..., :width, width:])[..., 0] / sizes)

    def reward(self, psi: Array, theta: Array) -> Array:
        """rhat at points with the features psi, (points, p), for coefficients (..., p): (..., points)."""
        return np.clip(theta @ psi.T - self.shift, *self.recipe.clip)


def log_mass(reward: Node, t: Fraction, noise: Noise = NOISELESS) -> float:
    """log E e^{t (r(z) + e)}, certified to double precision. Raises NotIntegrable, Unresolved."""
    with working(_BITS):
        return float(log_partition(reward, t, _DIGITS) + cumulants(noise, exact(t))[0])


def label_weighted(recipe: Recipe, link: Node, noise: Noise, t: Fraction) -> Estimator:
    """Weights e^{ty}, y = s(z) + e."""
    with working(_BITS):
        shift = float(cumulants(noise, exact(t))[1])
    return Estimator(recipe, float(t), log_mass(link, t, noise), shift)


def surrogate_weighted(recipe: Recipe, t: Fraction, mass: float) -> Estimator:
    """Weights e^{t r_a0}, ``mass`` the logarithm of their mean."""
    return Estimator(recipe, float(t), mass, 0.0)


def unweighted(recipe: Recipe) -> Estimator:
    """The fit that serves as a pilot."""
    return Estimator(recipe, 0.0, 0.0, 0.0)


#: A reward of z, t, and log E e^{t reward}.
Tilt = tuple[Node, float, float]


def measures(plane: Plane, link: Node, tilts: Sequence[Tilt]) -> Array:
    """dpi, s dpi and s^2 dpi at the nodes of u, z averaged out: first of gamma, then of each tilt's policy.

    Shape (1 + tilts, 3, nodes).
    """
    # Most often all rewards are the link itself.
    functions = {tree: compile_numpy(tree) for tree in (link, *(reward for reward, _, _ in tilts))}

    def conditioned(z: Array) -> tuple[Array, Array]:
        at = {tree: function(z) for tree, function in functions.items()}
        value, one = at[link], np.ones_like(z)
        densities = (np.exp(t * at[reward] - mass) for reward, t, mass in tilts)
        return np.stack([one, *densities]), np.stack([one, value, value * value])

    return np.asarray(plane.mass * plane.products(conditioned))


def log_mean(gamma: Array, t: float, reward: Array) -> float:
    """log E e^{t r(u)} for the values r at the nodes of ``gamma``, the first of the measures."""
    top = float(reward.max())
    return t * top + math.log(float(np.exp(t * (reward - top)) @ gamma[0]))


def values(gamma: Array, t: float, reward: Array) -> Array:
    """V(pi_r) = E[s(z) e^{t r(u)}]/E e^{t r(u)} for values r, (..., nodes)."""
    weight = np.exp(t * (reward - reward.max(axis=-1, keepdims=True)))
    mass, first, _ = gamma
    return np.asarray((weight @ first) / (weight @ mass))


def error_moments(measure: Array, fit: Array) -> tuple[float, float]:
    """E_pi (fit - s) and E_pi (fit - s)^2."""
    # Were the nodes' mass not 1, as beside a steep layer, the variance of a constant error would be below 0.
    mass, first, second = measure / measure[0].sum()
    return float(mass @ fit - first.sum()), float(mass @ fit**2 - 2 * first @ fit + second.sum())


@dataclass(frozen=True, slots=True)
class Deployed:
    """One fit deployed at its temperature: arrays over (weights, t), weights label then surrogate.

    value: V(pi_rhat). gap: V(pi*) - V(pi_rhat). bound: V2 for label, V5 for surrogate weights, infinite where
    they say nothing. effective: (sum w)^2/sum w^2 of the samples fitted.
    """

    value: Array
    gap: Array
    bound: Array
    effective: Array


def deploy(
    recipe: Recipe, link: Node, span: tuple[float, float], overlap: float, ts: Sequence[Fraction],
    noise: Noise, *, n: int, rng: np.random.Generator, nodes: int = _NODES,
) -> Deployed:  # fmt: skip
    """Draw n >= 2 samples, fit both weighted readouts, and deploy each at its t = 1/beta2.

    The label-weighted fit uses all n. The pilot is fitted on the first half, the surrogate-weighted readout
    on the second, so that the pilot is independent of it. span: (ess inf s, ess sup s), perhaps infinite.
    overlap: <w, theta*> of the direction that stage 1 found.
    """
    plane = Plane.of(link, overlap, float(max(ts)), recipe.clip[1] - recipe.clip[0], nodes)
    z, u = plane.draw((n,), rng)
    y = compile_numpy(link)(z) + draw_noise(noise, n, rng)
    psi, half = recipe.features(plane.u), n // 2
    base = unweighted(recipe)
    start = base.fit(u[:half], y[:half], y[:half])
    pilot, at_samples = base.reward(psi, start), base.reward(recipe.features(u[half:]), start)
    best = [moments(link, t, _DIGITS) for t in ts]
    tilts = [(link, float(t), float(one.log_partition)) for t, one in zip(ts, best, strict=True)]
    gamma, *policies = measures(plane, link, tilts)
    found = np.empty((4, 2, len(ts)))
    for j, (t, one, policy) in enumerate(zip(ts, best, policies, strict=True)):
        at, value, spread = float(t), float(one.value), math.sqrt(float(one.variance))
        mass = log_mean(gamma, at, pilot)
        surrogate = gamma * np.exp(at * pilot - mass)
        apart = float(np.ptp(pilot)) + span[1] - span[0]
        schemes = (
            (label_weighted(recipe, link, noise, t), (u, y, y), policy, 0.0),
            (surrogate_weighted(recipe, t, mass), (u[half:], y[half:], at_samples), surrogate, apart),
        )
        for i, (estimator, samples, law, osc) in enumerate(schemes):
            rhat = estimator.reward(psi, estimator.fit(*samples))
            error, square = error_moments(law, rhat)
            above = float(rhat.max()) - span[0] - error_moments(policy, rhat)[0]
            # D+ of V2: ess sup Delta - E_{pi*} Delta is at most ``above``.
            factor = exponential_slope(at, above) * exponential(at * osc / 2)
            found[0, i, j] = values(gamma, at, rhat)
            found[1, i, j] = value - found[0, i, j]
            found[2, i, j] = factor * spread * math.sqrt(max(square - error**2, 0.0))
            found[3, i, j] = _effective(at * samples[2])
    return Deployed(*found)


def _effective(log_w: Array) -> float:
    w = np.exp(log_w - log_w.max())
    return float(w.sum() ** 2 / (w @ w))
