"""Readouts trained many times over at one n: their gaps, and the norms that the bound of V8 is made of."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

import numpy as np

from ...link.label import Noise
from ...link.tree import Node
from ..deployment.policy import moments
from ..deployment.readout import (
    Estimator,
    Recipe,
    error_moments,
    label_weighted,
    log_mass,
    log_mean,
    measures,
    surrogate_weighted,
    unweighted,
    values,
)
from ..estimates.plane import Plane
from ..estimates.sampling import draw_noise
from ..lowering.pointwise import Array, compile_numpy

#: Samples that are held at once, decimals that do not depend on the processor, and digits of V(pi*).
_HELD, _DECIMALS, _DIGITS = 2**18, 9, 18


@dataclass(frozen=True, slots=True)
class Experiment:
    """Which readout is trained: the recipe, the temperature 1/t, the data and the weights.

    overlap: m in (0, 1]. Weights: e^{ty}; e^{t proxy(z)}, z = <theta*, x>, with a ``proxy``; or with
    ``pilot_samples`` > 0 (and no proxy) e^{t r_a0(u)}, r_a0 the unweighted fit of the same recipe to that
    many other samples, fresh for every readout.
    """

    recipe: Recipe
    link: Node
    noise: Noise
    t: Fraction
    overlap: float = 1.0
    proxy: Node | None = None
    pilot_samples: int = 0


@dataclass(frozen=True, slots=True)
class Replicas:
    """Arrays of shape (replicas,); pi is the policy of the weights (pi*, or that of the pilot or proxy).

    gap: V(pi*) - V(pi_rhat), to about 1e-7. Before clipping, r* = s(z): error is ||fhat - shift - r*||_pi,
    and deviation |G^{1/2}(thetahat - theta)|, f = psi' theta being the fit of the population: by it V8 bounds
    ||fhat - f||_pi (the same without ridge) and, times |varphi(x)|, |fhat - f|(x) at every x.
    """

    gap: Array
    error: Array
    deviation: Array


def train_many(setting: Experiment, n: int, replicas: int, rng: np.random.Generator) -> Replicas:
    """Readouts trained on n fresh samples each by the estimator of ``deployment.readout``, deployed at t.

    Raises NotIntegrable where E e^{ty} is infinite, Unresolved where it resists enclosure.
    """
    at, width = float(setting.t), setting.recipe.clip[1] - setting.recipe.clip[0]
    plane = Plane.of(setting.link, setting.overlap, at, width, proxy=setting.proxy)
    population = _Population.of(setting, plane)
    chunk = 1 if setting.pilot_samples else max(1, _HELD // n)
    parts = [
        _trained(setting, plane, population, n, min(chunk, replicas - start), rng)
        for start in range(0, replicas, chunk)
    ]
    return Replicas(*(np.round(np.concatenate(column), _DECIMALS) for column in zip(*parts, strict=True)))


def _trained(
    setting: Experiment,
    plane: Plane,
    population: _Population,
    n: int,
    replicas: int,
    rng: np.random.Generator,
) -> tuple[Array, Array, Array]:
    z, u, y = _draw(setting, plane, (replicas, n), rng)
    estimator, reward, law = population.estimator, y, population.law
    if setting.proxy is not None:
        reward = compile_numpy(setting.proxy)(z)
    elif setting.pilot_samples:
        base = unweighted(setting.recipe)
        _, places, labels = _draw(setting, plane, (setting.pilot_samples,), rng)
        start = base.fit(places, labels, labels)
        pilot = base.reward(population.psi, start)
        mass = log_mean(population.gamma, float(setting.t), pilot)
        estimator = surrogate_weighted(setting.recipe, setting.t, mass)
        reward = base.reward(setting.recipe.features(u[0]), start)[None]
        tilted = population.gamma * np.exp(float(setting.t) * pilot - mass)
        law = _Law.of(estimator, population.psi, tilted)
    theta = estimator.fit(u, y, reward)
    rhat = estimator.reward(population.psi, theta)
    gap = population.value - values(population.gamma, estimator.t, rhat)
    return gap, *law.norms(theta)


def _draw(
    setting: Experiment, plane: Plane, shape: tuple[int, ...], rng: np.random.Generator
) -> tuple[Array, Array, Array]:
    """z, u and y."""
    z, u = plane.draw(shape, rng)
    noise = draw_noise(setting.noise, z.size, rng).reshape(shape)
    return z, u, compile_numpy(setting.link)(z) + noise


@dataclass(frozen=True, slots=True)
class _Law:
    """Under pi: H = E psi psi', Lambda = ridge P, theta = (H + Lambda)^{-1} E psi (s + shift), b^2."""

    gram: Array
    ridge: Array
    theta: Array
    bias: float

    @classmethod
    def of(cls, estimator: Estimator, psi: Array, measure: Array) -> _Law:
        mass, first, _ = measure
        gram = psi.T @ (psi * mass[:, None])
        ridge = np.full(psi.shape[1], float(estimator.recipe.ridge))
        ridge[0] = 0.0
        theta = np.linalg.solve(gram + np.diag(ridge), psi.T @ (first + estimator.shift * mass))
        square = error_moments(measure, psi @ theta - estimator.shift)[1]
        return cls(gram, ridge, theta, max(square, 0.0))

    def norms(self, theta: Array) -> tuple[Array, Array]:
        """||fhat - shift - s||_pi and |(H + Lambda)^{1/2}(thetahat - theta)| for theta (replicas, p)."""
        away = theta - self.theta
        spread = ((away @ self.gram) * away).sum(axis=1)
        # E psi (s + shift - psi' theta) = Lambda theta.
        square = self.bias - 2 * away @ (self.ridge * self.theta) + spread
        return np.sqrt(np.maximum(square, 0.0)), np.sqrt(spread + away**2 @ self.ridge)


@dataclass(frozen=True, slots=True)
class _Population:
    """What all replicas share: V(pi*), the measure gamma, and the law of weights that no data decide."""

    psi: Array
    value: float
    gamma: Array
    estimator: Estimator
    law: _Law

    @classmethod
    def of(cls, setting: Experiment, plane: Plane) -> _Population:
        recipe, link, t, proxy = setting.recipe, setting.link, setting.t, setting.proxy
        mass = log_mass(link if proxy is None else proxy, t)
        gamma, tilted = measures(plane, link, [(link if proxy is None else proxy, float(t), mass)])
        if proxy is None:
            estimator = label_weighted(recipe, link, setting.noise, t)
        else:
            estimator = surrogate_weighted(recipe, t, mass)
        psi = recipe.features(plane.u)
        value = float(moments(link, t, _DIGITS).value)
        return cls(psi, value, gamma, estimator, _Law.of(estimator, psi, tilted))
