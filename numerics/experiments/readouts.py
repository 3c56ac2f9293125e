"""Readouts trained many times: their gaps, the norms in the bound of V8, and the excess risk as n grows."""

from __future__ import annotations

from collections.abc import Sequence
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
    features,
    label_weighted,
    log_mass,
    log_mean,
    measures,
    surrogate_weighted,
    unweighted,
    values,
)
from ..estimates.plane import Plane
from ..estimates.quadrature import law_nodes
from ..estimates.sampling import draw_noise
from ..lowering.pointwise import Array, compile_numpy

#: Samples that are held at once, decimals that do not depend on the processor, and digits of V(pi*).
_HELD, _DECIMALS, _DIGITS = 2**18, 9, 18
#: Fits that are deployed at once.
_FITS = 8


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
    # A fit has as many values as there are nodes of u: a few fits at a time.
    deployed = [
        values(population.gamma, estimator.t, estimator.reward(population.psi, theta[i : i + _FITS]))
        for i in range(0, len(theta), _FITS)
    ]
    return population.value - np.concatenate(deployed), *law.norms(theta)


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


#: Blocks of one fit, from the fewest samples to the most.
RUNGS = (2, 4, 8, 16)
_CHUNK = 8192
#: Random partitions of a batch into groups, for each block of a group.
_PARTITIONS = 4
#: Midpoints of the grid of pi*: fine, since n times the square of its error counts.
_FINE_CELLS, _FINE_RADIUS = 120_000, 12.0


def excess_risk(
    tree: Node, ts: Sequence[float], biases: Array, noise: Noise, *,
    n: int, batches: int, blocks: int, rng: np.random.Generator, pilot: Node | None = None,
) -> Array:  # fmt: skip
    """The mean of m Var_pi(fhat - f) over fits on m samples: shape (batches, len(RUNGS), len(ts)).

    m = n k/16 for k in RUNGS, n a multiple of 16; each batch has ``blocks`` >= 16 blocks of n/16 samples.
    fhat: least squares on 1 and tanh(z - b) with weights e^{ty}, pi = pi*; or e^{t pilot(z)} with a pilot,
    pi its policy. f, H, S and C come from a grid, so they share nothing with the enclosed cost.

    Normal equations are sums over samples, kept per block; blocks are regrouped at random, each group being a
    fit on its own samples: an (incomplete) U-statistic of the blocks of a batch. Batches share nothing. The
    linearised fit theta + H^{-1} g, g the mean of w psi (y - f), whose excess risk has the mean
    tr(C H^{-1} S H^{-1})/m exactly, is measured on the same samples and taken off, and its mean is put back
    (a control variate): what is left to measure is how far a fit is from being linear.
    """
    size = n // RUNGS[-1]
    limits = [_limit(tree, t, biases, noise, pilot) for t in ts]
    theta, inverse, covariance = (
        np.array([getattr(one, name) for one in limits]) for name in ("theta", "inverse", "covariance")
    )
    linear_mean = np.array([one.cost for one in limits])
    found = np.empty((batches, len(RUNGS), len(ts)))
    for batch in range(batches):
        sums = _blocks(tree, ts, biases, noise, blocks, size, rng, pilot)
        for rung, k in enumerate(RUNGS):
            groups = _regrouped(sums, k, rng) / (k * size)
            error = _fits(groups) - theta
            linear = np.einsum("gti,tij->gtj", _residuals(groups, theta), inverse)
            risk, expected = (
                np.einsum("gti,tij,gtj->gt", one, covariance, one, optimize=True) for one in (error, linear)
            )
            found[batch, rung] = k * size * (risk - expected).mean(axis=0) + linear_mean
    return found


def _blocks(
    tree: Node, ts: Sequence[float], biases: Array, noise: Noise, blocks: int, size: int,
    rng: np.random.Generator, pilot: Node | None = None,
) -> Array:  # fmt: skip
    """The sums of w psi (psi', y) over ``size`` fresh samples a block: shape (blocks, len(ts), p (p + 1))."""
    link, reward_of = compile_numpy(tree), None if pilot is None else compile_numpy(pilot)
    width, together = 1 + len(biases), max(1, _CHUNK // size)
    total = np.zeros((blocks, len(ts), width * (width + 1)))
    for first in range(0, blocks, together):
        part = total[first : first + together]
        for start in range(0, size, _CHUNK):
            count = min(_CHUNK, size - start)
            drawn = [(rng.standard_normal(count), draw_noise(noise, count, rng)) for _ in part]
            z, e = np.array(drawn).swapaxes(0, 1)
            y = link(z) + e
            reward, psi = y if reward_of is None else reward_of(z), features(z, biases)
            right = np.concatenate([psi, y[..., None]], axis=-1)
            for j, t in enumerate(ts):
                weighted = psi * np.exp(t * reward)[..., None]
                part[:, j] += (weighted.swapaxes(1, 2) @ right).reshape(len(part), -1)
    return total


def _regrouped(sums: Array, k: int, rng: np.random.Generator) -> Array:
    """Sums over k blocks each, for random partitions of the blocks into groups."""
    groups = len(sums) // k
    orders = [rng.permutation(len(sums))[: groups * k] for _ in range(_PARTITIONS * k)]
    return np.concatenate([sums[order].reshape(groups, k, *sums.shape[1:]).sum(axis=1) for order in orders])


def _fits(sums: Array) -> Array:
    """The solutions of the normal equations whose sums are given: shape (groups, temperatures, p)."""
    width = int(np.sqrt(sums.shape[-1]))
    normal = sums.reshape(*sums.shape[:-1], width, width + 1)
    return np.asarray(np.linalg.solve(normal[..., :-1], normal[..., -1:])[..., 0])


def _residuals(sums: Array, theta: Array) -> Array:
    """The sums of w psi (y - psi' theta): shape (groups, temperatures, p), a row for each temperature."""
    width = theta.shape[-1]
    normal = sums.reshape(*sums.shape[:-1], width, width + 1)
    return np.asarray(normal[..., -1] - np.einsum("gtij,tj->gti", normal[..., :-1], theta))


@dataclass(frozen=True, slots=True)
class _Limit:
    """At one t: the coefficients of f, H^{-1}, C = Cov_pi(psi) and tr(C H^{-1} S H^{-1})."""

    theta: Array
    inverse: Array
    covariance: Array
    cost: float


def _limit(tree: Node, t: float, biases: Array, noise: Noise, pilot: Node | None) -> _Limit:
    """By sums over a fine grid of z and the nodes of a rule for the noise, without its cumulants."""
    edge = _FINE_RADIUS - _FINE_RADIUS / _FINE_CELLS
    z = np.linspace(-edge, edge, _FINE_CELLS)
    s, psi = compile_numpy(tree)(z), features(z, biases)
    base = np.exp(-(z**2) / 2) * (z[1] - z[0]) / np.sqrt(2 * np.pi)
    nodes, chances = law_nodes(noise)
    # e^{t(s + e)} = e^{ts} e^{te}: sums over e first, as it is the same rule at every z.
    tilt = np.exp(t * (s if pilot is None else compile_numpy(pilot)(z)))
    once_e, twice_e = (chances * np.exp(a * nodes if pilot is None else 0 * nodes) for a in (t, 2 * t))
    once = base * tilt * once_e.sum()
    h = psi.T @ (once[:, None] * psi)
    theta = np.linalg.solve(h, psi.T @ (base * tilt * (s * once_e.sum() + once_e @ nodes)))
    rest = s - psi @ theta
    square = rest**2 * twice_e.sum() + 2 * rest * (twice_e @ nodes) + twice_e @ nodes**2
    twice = base * tilt**2 * square
    inverse, policy = np.linalg.inv(h), once / once.sum()
    centred = psi - policy @ psi
    covariance = centred.T @ (policy[:, None] * centred)
    cost = np.trace(covariance @ inverse @ (psi.T @ (twice[:, None] * psi)) @ inverse)
    return _Limit(theta, inverse, covariance, float(cost))
