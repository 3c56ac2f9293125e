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
from ..expectation.noise import cumulants
from ..lowering.pointwise import Array, compile_numpy
from ..precision import exact, working
from .policy import log_partition, moments

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
class Model:
    """What a user chooses: the biases of the features, the ridge, and the range that fits are clipped to."""

    biases: tuple[Fraction, ...]
    ridge: Fraction
    clip: tuple[float, float]

    def features(self, u: Array) -> Array:
        return features(u, [float(b) for b in self.biases])


@dataclass(frozen=True, slots=True)
class Estimator:
    """fhat - shift, clipped, for weights e^{t r} of which log E e^{t r} is ``log_mass``."""

    model: Model
    t: float
    log_mass: float
    shift: float

    def fit(self, u: Array, y: Array, reward: Array) -> Array:
        """The coefficients of fhat, shape (..., p); u, y and reward have shape (..., n), a fit for each row.

        Householder triangles of the rows sqrt(w_i) (psi_i, y_i), below sqrt(n ridge M) P, so that features
        are never squared. If the matrix is singular to double precision (an n below p, say, without ridge),
        the least-squares solution of least norm, in units of each column's size.
        """
        width = 1 + len(self.model.biases)
        log_w = self.t * reward - self.log_mass
        largest = log_w.max(axis=-1, keepdims=True)
        root = np.exp((log_w - largest) / 2) / math.sqrt(y.shape[-1])
        triangle = np.zeros((*y.shape[:-1], width, width + 1))
        if self.model.ridge > 0:
            size = math.sqrt(self.model.ridge) * np.exp(np.minimum(-largest / 2, _HEAVIEST))
            triangle[..., :width] = size[..., None] * np.diag([0.0] + [1.0] * (width - 1))
        step = max(width, _ROWS * y.shape[-1] // y.size)
        for start in range(0, y.shape[-1], step):
            part = slice(start, start + step)
            rows = np.concatenate([self.model.features(u[..., part]), y[..., part, None]], axis=-1)
            stacked = np.concatenate([triangle, root[..., part, None] * rows], axis=-2)
            triangle = np.asarray(np.linalg.qr(stacked, mode="r"))
        matrix = triangle[..., :width, :width]
        sizes = np.sqrt((matrix**2).sum(axis=-2))
        inverse = np.linalg.pinv(matrix / sizes[..., None, :], rcond=width * np.finfo(float).eps)
        return np.asarray((inverse @ triangle[..., :width, width:])[..., 0] / sizes)

    def reward(self, psi: Array, theta: Array) -> Array:
        """rhat at points with the features psi, (points, p), for coefficients (..., p): (..., points)."""
        return np.clip(theta @ psi.T - self.shift, *self.model.clip)


def log_mass(reward: Node, t: Fraction, noise: Noise = NOISELESS) -> float:
    """log E e^{t (r(z) + e)}, certified to double precision. Raises NotIntegrable, Unresolved."""
    with working(_BITS):
        return float(log_partition(reward, t, _DIGITS) + cumulants(noise, exact(t))[0])


def label_weighted(model: Model, link: Node, noise: Noise, t: Fraction) -> Estimator:
    """Weights e^{ty}, y = s(z) + e."""
    with working(_BITS):
        shift = float(cumulants(noise, exact(t))[1])
    return Estimator(model, float(t), log_mass(link, t, noise), shift)


def surrogate_weighted(model: Model, t: Fraction, mass: float) -> Estimator:
    """Weights e^{t r_a0}, ``mass`` the logarithm of their mean."""
    return Estimator(model, float(t), mass, 0.0)


def unweighted(model: Model) -> Estimator:
    """The fit that serves as a pilot."""
    return Estimator(model, 0.0, 0.0, 0.0)


def log_mean(plane: Plane, t: float, reward: Array) -> Array:
    """log E e^{t r(u)} for values r, (..., nodes)."""
    top = reward.max(axis=-1)
    return np.asarray(t * top + np.log(np.exp(t * (reward - top[..., None])) @ plane.mass))


def values(plane: Plane, link_mean: Array, t: float, reward: Array) -> Array:
    """V(pi_r) = E[E[s|u] e^{t r(u)}]/E e^{t r(u)} for values r, (..., nodes); ``link_mean`` is E[s|u]."""
    weight = np.exp(t * (reward - reward.max(axis=-1, keepdims=True)))
    return np.asarray((weight @ (plane.mass * link_mean)) / (weight @ plane.mass))


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
    model: Model, link: Node, span: tuple[float, float], overlap: float, ts: Sequence[Fraction], noise: Noise,
    *, n: int, rng: np.random.Generator, nodes: int = _NODES,
) -> Deployed:  # fmt: skip
    """Draw n >= 2 samples, fit both weighted readouts, and deploy each at its t = 1/beta2.

    The label-weighted fit uses all n. The pilot is fitted on the first half, the surrogate-weighted readout
    on the second, so that the pilot is independent of it. span: (ess inf s, ess sup s), perhaps infinite.
    overlap: <w, theta*> of the direction that stage 1 found.
    """
    s = compile_numpy(link)
    plane = Plane.of(link, overlap, float(max(ts)), model.clip[1] - model.clip[0], nodes)
    z, u = plane.draw((n,), rng)
    y = s(z) + draw_noise(noise, n, rng)
    psi, half = model.features(plane.u), n // 2
    base = unweighted(model)
    start = base.fit(u[:half], y[:half], y[:half])
    pilot, at_samples = base.reward(psi, start), base.reward(model.features(u[half:]), start)
    best = [moments(link, t, _DIGITS) for t in ts]

    def conditioned(x: Array) -> Array:
        """s, s^2, and dpi*/dgamma and s times it at every t."""
        r = s(x)
        law = [np.exp(float(t) * r - float(one.log_partition)) for t, one in zip(ts, best, strict=True)]
        return np.stack([r, r * r, *law, *(r * w for w in law)])

    mean, square, *laws = plane.given(conditioned)
    found = np.empty((4, 2, len(ts)))
    for j, (t, one) in enumerate(zip(ts, best, strict=True)):
        value, spread, at = float(one.value), math.sqrt(float(one.variance)), float(t)
        law, first = plane.mass * laws[j], plane.mass * laws[len(ts) + j]
        pilot_mass = float(log_mean(plane, at, pilot))
        surrogate = plane.mass * np.exp(at * pilot - pilot_mass)
        schemes = (
            (label_weighted(model, link, noise, t), (u, y, y), law, first, value**2 + spread**2, 0.0),
            (
                surrogate_weighted(model, t, pilot_mass), (u[half:], y[half:], at_samples),
                surrogate, surrogate * mean, float(surrogate @ square), _osc(pilot) + span[1] - span[0],
            ),
        )  # fmt: skip
        for i, (estimator, samples, density, moment, second, apart) in enumerate(schemes):
            rhat = estimator.reward(psi, estimator.fit(*samples))
            # Mean and mean square of Delta = rhat - s under the policy of the weights.
            error = float(density @ rhat - moment.sum())
            squared = float(density @ rhat**2 - 2 * moment @ rhat) + second
            above = float(rhat.max()) - span[0] - (float(law @ rhat) - value)
            found[0, i, j] = values(plane, mean, at, rhat)
            found[1, i, j] = value - found[0, i, j]
            found[2, i, j] = (
                _factor(at, above) * math.sqrt(max(squared - error**2, 0.0)) * spread * _exp(at * apart / 2)
            )
            found[3, i, j] = _effective(at * samples[2])
    return Deployed(*found)


def _osc(values: Array) -> float:
    return float(values.max() - values.min())


def _exp(x: float) -> float:
    return math.exp(x) if x < 700 else math.inf


def _factor(t: float, above: float) -> float:
    """(e^{tD} - 1)/D for D >= ess sup Delta - E_{pi*} Delta, which is D+ in V2."""
    return math.expm1(t * above) / above if t * above < 700 else math.inf


def _effective(log_w: Array) -> float:
    w = np.exp(log_w - log_w.max())
    return float(w.sum() ** 2 / (w @ w))
