"""The second stage on data: weighted ridge regression on 1 and tanh(z - b), its value gap and excess risk.

Stage 1 finds a direction w, stage 2 fits a readout on <w, x> with weights e^{t y} (label) or e^{t r_a0(x)}
(surrogate, r_a0 an unweighted pilot fit), and the fit is deployed at t: V(pi_rhat) by quadrature.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from flint import arb

from ...link.label import Noise
from ...link.tree import Node
from ..estimates.quadrature import law_nodes
from ..estimates.sampling import draw_noise
from ..expectation.noise import cumulants
from ..lowering.pointwise import Array, compile_numpy

_CELLS = 6001
BIASES = np.linspace(-3.0, 3.0, 12)
_RADIUS, _ALONG, _ACROSS = 8.0, 641, 21
#: Blocks of one fit, from the fewest samples to the most.
RUNGS = (2, 4, 8, 16)
_CHUNK = 8192
#: Random partitions of a batch into groups, for each block of a group.
_PARTITIONS = 4
#: Midpoints of the grid of pi*: fine, since n times the square of its error counts.
_FINE_CELLS, _FINE_RADIUS = 120_000, 12.0


@dataclass(frozen=True, slots=True)
class Fit:
    """theta and the effective sample size (sum w)^2/sum w^2 of the weights it was fitted with."""

    theta: Array
    effective: float


def weighted_ridge(psi: Array, y: Array, log_w: Array, penalty: float = 0.0) -> Fit:
    """argmin sum w (y - psi theta)^2/sum w + penalty |theta_1..|^2; the first feature, 1, is not penalised.

    psi: (n, p) with a first column of ones; log_w: (n,), shifted by its maximum so that nothing overflows
    and the largest weight is exactly 1. penalty >= 0.
    """
    w = np.exp(log_w - float(np.max(log_w)))
    effective = float(w.sum() ** 2 / (w @ w))
    root = np.sqrt(w / w.sum())
    rows, target = root[:, None] * psi, root * y
    if penalty > 0:
        ridge = np.sqrt(penalty) * np.eye(psi.shape[1])
        ridge[0, 0] = 0.0
        rows, target = np.vstack([rows, ridge]), np.concatenate([target, np.zeros(psi.shape[1])])
    return Fit(np.linalg.lstsq(rows, target, rcond=None)[0], effective)


def features(z: Array, biases: Array) -> Array:
    """1 and tanh(z - b), shape (len(z), 1 + len(biases))."""
    return np.hstack([np.ones((len(z), 1)), np.tanh(z[:, None] - biases)])


def value_gaps(
    tree: Node, t: float, biases: Array, noise: Noise, *, n: int, replicas: int, rng: np.random.Generator,
    span: tuple[float, float] = (-np.inf, np.inf),
) -> Array:  # fmt: skip
    """V(pi*) - V(pi_rhat) of ``replicas`` label-weighted fits on n fresh samples each, clipped to ``span``.

    The policies are taken on a fine grid.
    """
    link = compile_numpy(tree)
    z = np.linspace(-12, 12, _CELLS)
    reward, grid = link(z), features(z, biases)
    p = _law(t * reward - z**2 / 2)
    shift = float(cumulants(noise, arb(t))[1])
    gap = np.empty(replicas)
    for replica in range(replicas):
        x = rng.standard_normal(n)
        y = link(x) + draw_noise(noise, n, rng)
        theta = weighted_ridge(features(x, biases), y, t * y).theta
        learned = _law(t * np.clip(grid @ theta - shift, *span) - z**2 / 2)
        gap[replica] = float((p - learned) @ reward)
    return gap


def _law(log_p: Array) -> Array:
    p = np.exp(log_p - float(np.max(log_p)))
    return np.asarray(p / p.sum())


@dataclass(frozen=True, slots=True)
class Deployed:
    """One fit deployed at its temperature: arrays over (weights, t), weights label then surrogate.

    value: V(pi_rhat). gap: V(pi*) - V(pi_rhat). bound: V2 for label, V5 for surrogate weights.
    effective: the effective sample size of the weights.
    """

    value: Array
    gap: Array
    bound: Array
    effective: Array


@dataclass(frozen=True)
class _Plane:
    """A grid of (z, u) with Gaussian weights: u = m z + sqrt(1 - m^2) B."""

    z: Array
    u: Array
    mass: Array

    @classmethod
    def of(cls, overlap: float) -> _Plane:
        z = np.linspace(-_RADIUS, _RADIUS, _ALONG)
        b, weight = np.polynomial.hermite_e.hermegauss(_ACROSS)
        phi = np.exp(-(z**2) / 2)
        across = np.sqrt(max(1 - overlap**2, 0.0))
        mass = phi[:, None] * weight
        return cls(z, overlap * z[:, None] + across * b, mass / mass.sum())


def deploy(
    link: Node, span: tuple[float, float], overlap: float, ts: Sequence[float], noise: Noise, *,
    d: int, n: int, penalty: float, rng: np.random.Generator,
) -> Deployed:  # fmt: skip
    """Draw n samples in R^d, fit the pilot and both weighted readouts, and deploy each at its t = 1/beta2.

    span: (ess inf s, ess sup s), finite. overlap: <w, theta*> of the direction that stage 1 found.
    """
    s = compile_numpy(link)
    theta, w = _directions(d, overlap, rng)
    x = rng.standard_normal((n, d))
    y = s(x @ theta) + draw_noise(noise, n, rng)
    psi = features(x @ w, BIASES)
    plane = _Plane.of(overlap)
    grid = features(plane.u.ravel(), BIASES)
    reward = s(plane.z)[:, None]

    def fitted(log_w: Array, shift: float = 0.0) -> tuple[Array, Array, float]:
        """The clipped fit on the samples and on the grid, and its effective sample size."""
        fit = weighted_ridge(psi, y, log_w, penalty)
        on_grid = np.clip(grid @ fit.theta - shift, *span).reshape(plane.u.shape)
        return np.clip(psi @ fit.theta - shift, *span), on_grid, fit.effective

    pilot, pilot_grid, _ = fitted(np.zeros(n))
    found = np.empty((4, 2, len(ts)))
    for j, t in enumerate(ts):
        best = _tilted(plane, reward, t)
        schemes = ((t * y, float(cumulants(noise, arb(t))[1])), (t * pilot, 0.0))
        for i, (log_w, shift) in enumerate(schemes):
            _, rhat, found[3, i, j] = fitted(log_w, shift)
            own = _tilted(plane, rhat, t)
            value = float((own * reward).sum())
            law = best if i == 0 else _tilted(plane, pilot_grid, t)
            factor = _factor(t, _oscillation(rhat, span))
            if i == 1:
                factor *= np.exp(t * _oscillation(pilot_grid, span) / 2)
            found[0, i, j] = value
            found[1, i, j] = float((best * reward).sum()) - value
            found[2, i, j] = factor * _spread(best, reward) * _spread(law, rhat - reward)
    return Deployed(*found)


def _directions(d: int, overlap: float, rng: np.random.Generator) -> tuple[Array, Array]:
    """theta* uniform on the sphere and w with the given overlap, the rest of it uniform."""
    theta, rest = rng.standard_normal((2, d))
    theta /= np.linalg.norm(theta)
    rest -= (rest @ theta) * theta
    rest /= np.linalg.norm(rest)
    return theta, overlap * theta + np.sqrt(max(1 - overlap**2, 0.0)) * rest


def _tilted(plane: _Plane, reward: Array, t: float) -> Array:
    """The law of density e^{t reward} on the grid."""
    weight = plane.mass * np.exp(t * (reward - float(reward.max())))
    return np.asarray(weight / weight.sum())


def _spread(law: Array, f: Array) -> float:
    mean = float((law * f).sum())
    return float(np.sqrt(max(float((law * (f - mean) ** 2).sum()), 0.0)))


def _oscillation(rhat: Array, span: tuple[float, float]) -> float:
    """A bound of osc(rhat - s): the ranges of both."""
    return float(rhat.max() - rhat.min()) + span[1] - span[0]


def _factor(t: float, osc: float) -> float:
    return float(np.expm1(t * osc)) / osc


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
        sums = np.array([_block(tree, ts, biases, noise, size, rng, pilot) for _ in range(blocks)])
        for rung, k in enumerate(RUNGS):
            groups = _regrouped(sums, k, rng) / (k * size)
            error = _fits(groups) - theta
            linear = np.einsum("gti,tij->gtj", _residuals(groups, theta), inverse)
            risk, expected = (
                np.einsum("gti,tij,gtj->gt", one, covariance, one, optimize=True) for one in (error, linear)
            )
            found[batch, rung] = k * size * (risk - expected).mean(axis=0) + linear_mean
    return found


def _block(
    tree: Node, ts: Sequence[float], biases: Array, noise: Noise, size: int, rng: np.random.Generator,
    pilot: Node | None = None,
) -> Array:  # fmt: skip
    """The sums of w psi (psi', y) over ``size`` fresh samples: shape (len(ts), p (p + 1))."""
    link, width = compile_numpy(tree), 1 + len(biases)
    total = np.zeros((len(ts), width * (width + 1)))
    for start in range(0, size, _CHUNK):
        count = min(_CHUNK, size - start)
        z = rng.standard_normal(count)
        y = link(z) + draw_noise(noise, count, rng)
        reward = y if pilot is None else compile_numpy(pilot)(z)
        psi = features(z, biases).T
        right = np.vstack([psi, y])
        products = (psi[:, None, :] * right[None, :, :]).reshape(-1, count)
        total += np.exp(np.multiply.outer(np.asarray(ts), reward)) @ products.T
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
    log_w = [t * (s + e) for e in nodes] if pilot is None else [t * compile_numpy(pilot)(z)] * len(nodes)
    w = [chance * base * np.exp(log) for chance, log in zip(chances, log_w, strict=True)]
    once = np.sum(w, axis=0)
    h = psi.T @ (once[:, None] * psi)
    theta = np.linalg.solve(h, psi.T @ sum(mass * (s + e) for mass, e in zip(w, nodes, strict=True)))
    rest = s - psi @ theta
    twice = sum(m * np.exp(log) * (rest + e) ** 2 for m, log, e in zip(w, log_w, nodes, strict=True))
    inverse, policy = np.linalg.inv(h), once / once.sum()
    centred = psi - policy @ psi
    covariance = centred.T @ (policy[:, None] * centred)
    cost = np.trace(covariance @ inverse @ (psi.T @ (twice[:, None] * psi)) @ inverse)
    return _Limit(theta, inverse, covariance, float(cost))
