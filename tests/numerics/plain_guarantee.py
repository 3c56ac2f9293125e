"""The finite-sample bound on a fine grid in NumPy alone, from its formulas: shares nothing with the tool."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Plain:
    """Constants of the fit and of the value gap under one tilt, and the bound for n samples.

    s, pilot: functions of z. tau: the Gaussian noise's standard deviation. biases, ridge, overlap: the fit.
    """

    s: object
    t: float
    biases: tuple[float, ...]
    ridge: float = 0.0
    tau: float = 0.0
    overlap: float = 1.0
    pilot: object = None

    def __post_init__(self) -> None:
        z = np.linspace(-10, 10, 6001)
        v, chance = (np.zeros(1), np.ones(1))
        if self.overlap < 1:
            v, chance = np.polynomial.hermite_e.hermegauss(41)
            z = np.linspace(-9, 9, 1201)
        u = (self.overlap * z[:, None] + math.sqrt(1 - self.overlap**2) * v).ravel()
        gamma = (np.exp(-(z**2) / 2)[:, None] * chance).ravel()
        gamma /= gamma.sum()
        s = np.repeat(self.s(z), len(v))
        r = s if self.pilot is None else np.repeat(self.pilot(z), len(v))
        mean = lambda f: float(gamma @ f)  # noqa: E731
        w = np.exp(self.t * r) / mean(np.exp(self.t * r))
        star = np.exp(self.t * s) / mean(np.exp(self.t * s))
        psi = np.column_stack([np.ones_like(u), *(np.tanh(u - b) for b in self.biases)])
        penalty = self.ridge * np.eye(psi.shape[1])
        penalty[0, 0] = 0.0
        gram = psi.T @ ((gamma * w)[:, None] * psi) + penalty
        theta = np.linalg.solve(gram, psi.T @ (gamma * w * s))
        values, vectors = np.linalg.eigh(gram)
        varphi = psi @ vectors / np.sqrt(values) @ vectors.T
        length = np.sqrt((varphi**2).sum(axis=1))
        rho = s - psi @ theta
        # E[w^2 (y - f)^2 | z] by 41 nodes of the noise, not by its cumulants.
        e, odds = np.polynomial.hermite_e.hermegauss(41)
        e, odds = self.tau * e, odds / odds.sum()
        if self.pilot is None:
            noise = np.exp(self.t * e) / (odds @ np.exp(self.t * e))
            shift = odds @ (noise * e)
        else:
            noise, shift = np.ones_like(e), 0.0
        second = sum(o * k**2 * (rho + x - shift) ** 2 for o, k, x in zip(odds, noise, e, strict=True))
        fourth = sum(o * k**4 * (rho + x - shift) ** 4 for o, k, x in zip(odds, noise, e, strict=True))
        pull = np.linalg.solve(np.linalg.cholesky(gram), penalty @ theta)
        self.__dict__.update(
            spread=float(np.linalg.eigvalsh(varphi.T @ ((gamma * w**2 * second)[:, None] * varphi))[-1]),
            high=(mean(w**4 * fourth * length**4) ** 0.25 + float(np.linalg.norm(pull))) ** 4,
            bias=math.sqrt(mean(w * rho**2)),
            cross=float(np.linalg.norm(varphi.T @ (gamma * w * rho))),
            energy=mean(w**2 * second * length**2),
            fourth=float(
                np.linalg.eigvalsh(varphi.T @ ((gamma * w**2 * length**2)[:, None] * varphi))[-1]
                * (odds @ noise**2)
            ),
            value=mean(star * s),
            parts=(s, gamma * star, rho, varphi, length),
        )

    def second_order(self, radius: float, norm: float, low: float, high: float) -> float:
        """The second-order bound for fits within ``radius``, ||rhat - s||_{pi*} <= norm."""
        s, law, rho, varphi, length = self.parts
        centred = s - self.value
        x = self.t * (high - s + norm)
        e2 = (np.expm1(x) - x) / x**2
        over = np.maximum(np.abs(rho) + length * radius - np.minimum(s - low, high - s), 0)
        most = np.linalg.eigvalsh(varphi.T @ ((law * e2)[:, None] * varphi))[-1]
        return float(
            self.t * abs(law @ (centred * rho))
            + self.t * radius * np.linalg.norm(varphi.T @ (law * centred))
            + self.t * (law @ (np.abs(centred) * over))
            + self.t**2 * (high - low) * (math.sqrt(law @ (rho**2 * e2)) + radius * math.sqrt(most)) ** 2
        )
