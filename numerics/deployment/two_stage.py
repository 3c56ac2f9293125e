"""The two-stage reward model on data: stage 1 finds a direction, stage 2 fits a readout, the fit is deployed.

Stage 1: spherical SGD on e^{y/beta1}-weighted samples. Pilot: ridge without weights. Stage 2: ridge with
weights e^{y/beta2} (label) or e^{r_a0(x)/beta2} (surrogate) on features 1 and tanh(<w, x> - b). Fits are
clipped to the range of s, the label-weighted one after its shift K_e'(t) is taken off. Deployment:
V(pi_rhat) by quadrature over z = <theta*, x> and what w sees across it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from flint import arb
from numpy.typing import NDArray

from ...link.label import Noise
from ...link.tree import Node
from ..estimates.sampling import draw_noise
from ..expectation.noise import cumulants
from ..lowering.numpy import compile_numpy
from .readout import features, weighted_ridge

Array = NDArray[np.float64]
BIASES = np.linspace(-3.0, 3.0, 12)
_RADIUS, _ALONG, _ACROSS = 8.0, 641, 21


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
