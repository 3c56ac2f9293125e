"""The guarantee's bound in doubles, and the features, ridge and temperature at which it is least on a grid.

It says where to look; what is guaranteed is then enclosed (guarantee).
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from copy import copy
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import lru_cache

import numpy as np
from flint import arb

from ...link.label import Noise
from ...link.tree import Node
from ..deployment.policy import remainder_factor
from ..expectation.labels import score_terms
from ..lowering.pointwise import Array, compile_numpy
from ..precision import rounded
from .bound import SHARES, Range
from .constants import noise_fourth

#: Tried are ``COUNTS`` biases about each of ``CENTERS``, ``SPACINGS`` apart, with each of ``RIDGES``.
COUNTS, CENTERS = (1, 3, 5), tuple(map(Fraction, range(-3, 4)))
SPACINGS = (Fraction(1, 4), Fraction(1, 2), Fraction(1))
RIDGES = (Fraction(1, 10**4), Fraction(1, 1000), Fraction(1, 100), Fraction(1, 10))
#: Temperatures of the search, as t osc(s).
TILTS = tuple(float(x) for x in np.geomspace(0.25, 24.0, 28))
_COARSE = slice(4, None, 4)
#: How many sets of features are looked at with every temperature.
_BEST = 12
_RADIUS, _CELLS, _ACROSS = 9.0, 360, 9
_LARGEST = 300.0
#: A score of this size guarantees nothing, and its powers would leave the doubles.
_HUGE = 1e60
_DIGITS = 9
#: Gram matrices of a larger condition are taken for singular; temperatures whose moments are kept.
_SINGULAR, _KEPT = 1e12, 256


@dataclass(frozen=True)
class Question:
    """What is asked of a readout: to lose at most so much of the ``target`` with probability 1 - delta."""

    link: Node
    noise: Noise
    overlap: Fraction
    span: Range
    n: int
    delta: float
    target: float
    pilot: Node | None = None


@dataclass(frozen=True, slots=True)
class Choice:
    """Features 1, tanh(u - b), the ridge, and where the bound is least then, in doubles."""

    biases: tuple[Fraction, ...]
    ridge: Fraction
    t: float
    bound: float


@dataclass(frozen=True)
class _Moments:
    """What the bound is made of at one t. At the nodes: policy is pi*.

    energy, high, fourth: F, F_4 and sigma^2. own: b^2 and beta_. under_policy: the same under pi*, and
    ||E_{pi*} varphi varphi'||.
    """

    policy: Array
    rho: Array
    varphi: Array
    energy: float
    spread: float
    high: float
    fourth: float
    own: tuple[float, float]
    under_policy: tuple[float, float, float]


class Estimate:
    """The bound in doubles for one question, by a grid of z and a rule across it."""

    def __init__(self, question: Question) -> None:
        self.question = question
        overlap = float(question.overlap)
        # Middles of cells, so that jumps at short decimals lie between them.
        edges = np.linspace(-_RADIUS, _RADIUS, _CELLS + 1)
        z = (edges[1:] + edges[:-1]) / 2
        v, chance = np.zeros(1), np.ones(1)
        if question.overlap != 1:
            v, chance = np.polynomial.hermite_e.hermegauss(_ACROSS)
        self._u = (overlap * z[:, None] + math.sqrt(max(0.0, 1 - overlap**2)) * v).ravel()
        with np.errstate(all="ignore"):
            self._s = np.repeat(compile_numpy(question.link)(z), len(v))
            pilot = question.pilot
            self._r = self._s if pilot is None else np.repeat(compile_numpy(pilot)(z), len(v))
        self._cut = (self._s - np.clip(self._s, *question.span.clip)) ** 2
        mass = (np.exp(-(z**2) / 2)[:, None] * chance).ravel()
        self._mass = mass / mass.sum()
        # They know no n: a search over n asks for the same ones again.
        self._moments = lru_cache(maxsize=_KEPT)(self._moments_at)

    def with_samples(self, n: int) -> Estimate:
        """The same for n samples."""
        found = copy(self)
        found.question = replace(self.question, n=n)
        return found

    @property
    def most(self) -> float:
        """target - inf s, which every policy keeps."""
        return self.question.target - self.question.span.low

    def bound(self, biases: tuple[Fraction, ...], ridge: float, t: float, *, mean: bool = False) -> float:
        """The bound at t.

        mean: a forecast, with F/n, the mean of r^2 as n -> oo, in place of what holds at n.
        """
        found = self._moments(biases, ridge, t)
        return self.most if found is None else min(self._fitted(found, t, mean), self.most)

    def _moments_at(self, biases: tuple[Fraction, ...], ridge: float, t: float) -> _Moments | None:
        """None where features are dependent or scores too large."""
        q = self.question
        psi = np.column_stack([np.ones_like(self._u), *(np.tanh(self._u - float(b)) for b in biases)])
        law, log_mass = _law(self._mass, self._r, t)
        p = psi.shape[1]
        gram = psi.T @ (law[:, None] * psi)
        gram[np.arange(1, p), np.arange(1, p)] += ridge
        sizes, vectors = np.linalg.eigh(gram)
        if not sizes[-1] < _SINGULAR * sizes[0]:
            return None
        varphi = psi @ (vectors / np.sqrt(sizes))
        rho = self._s - varphi @ (varphi.T @ (law * self._s))
        length2 = (varphi**2).sum(axis=1)
        factor, offset, variance = (
            float(x.mid()) for x in score_terms(q.noise, arb(t), label=q.pilot is None)
        )
        second = (rho + offset) ** 2 + variance
        with np.errstate(over="ignore", invalid="ignore"):
            weight = np.exp(t * self._r - log_mass)
            twice = self._mass * weight**2 * factor
            energy = float(twice @ (second * length2))
        if not energy < _HUGE:
            return None
        growth, kappa, a, b, c = noise_fourth(q.noise, arb(t), label=q.pilot is None)
        x = np.abs(rho) + kappa
        high = growth * float((self._mass * weight**4) @ ((x**4 + a * x**2 + b * x + c) * length2**2))
        spread, fourth = _largest(varphi, twice * second), _largest(varphi, twice * length2)
        policy = law if q.pilot is None else _law(self._mass, self._s, t)[0]
        errors = [
            (float(each @ rho**2), float(np.linalg.norm(varphi.T @ (each * rho)))) for each in (law, policy)
        ]
        size = 1.0 if q.pilot is None else _largest(varphi, policy)
        return _Moments(policy, rho, varphi, energy, spread, high, fourth, errors[0], (*errors[1], size))

    def _fitted(self, found: _Moments, t: float, mean: bool) -> float:
        """The bound by the error of the fit; infinite where n is too small."""
        q = self.question
        radius = math.sqrt(found.energy / q.n)
        if not mean:
            radius = min(self._radius(found, share) for share in SHARES)
        if not radius < math.inf:
            return math.inf
        (square, cross), (other, mixed, size) = found.own, found.under_policy
        norm = math.sqrt(square + 2 * cross * radius + radius**2)
        if q.pilot is not None:
            under_policy = math.sqrt(other + 2 * mixed * radius + size * radius**2)
            norm = min(under_policy, norm * math.exp(min(t * q.span.away / 2, _LARGEST)))
        value = float(found.policy @ self._s)
        return q.target - value + self._learning(found, value, t, radius, norm)

    def lost(self, t: float) -> float:
        """What pi* itself loses of the target."""
        return self.question.target - float(_law(self._mass, self._s, t)[0] @ self._s)

    def _radius(self, found: _Moments, share: float) -> float:
        q, energy, spread = self.question, found.energy, found.spread
        kappa = math.sqrt(2 * math.log(found.varphi.shape[1] / (share * q.delta)) * found.fourth / q.n)
        if not kappa < 1:
            return math.inf
        rest = (1 - share) * q.delta
        four = (energy**2 + 2 * spread * energy + found.high / q.n) / (q.n**2 * rest)
        means = [math.sqrt(energy / (q.n * rest)), math.sqrt(math.sqrt(four))]
        if q.noise.kind != "gaussian" and math.isfinite(q.span.high - q.span.low):
            means.append((math.sqrt(energy) + math.sqrt(-2 * math.log(rest) * spread)) / math.sqrt(q.n))
        return min(means) / (1 - kappa)

    def _learning(self, found: _Moments, value: float, t: float, radius: float, norm: float) -> float:
        span, s = self.question.span, self._s
        law, rho, varphi = found.policy, found.rho, found.varphi
        low, high = span.clip
        centred = s - value
        beyond = math.sqrt(float(law @ self._cut))
        off = math.hypot(norm, beyond)
        d = min(high - span.low + off, high - span.low + span.high - low)
        if not t * d < _LARGEST:
            return math.inf
        first = math.expm1(t * d) / d * math.sqrt(float(law @ centred**2)) * off
        if beyond or not math.isfinite(span.high - span.low):
            return first
        growth = remainder_factor(np.minimum(t * (high - s + norm), _LARGEST))
        room = np.minimum(s - low, high - s)
        length = np.sqrt((varphi**2).sum(axis=1))
        over = np.maximum(np.abs(rho) + length * radius - room, 0.0)
        size = math.sqrt(float(law @ (rho**2 * growth))) + radius * math.sqrt(_largest(varphi, law * growth))
        second = (
            t * abs(float(law @ (centred * rho)))
            + t * radius * float(np.linalg.norm(varphi.T @ (law * centred)))
            + t * float(law @ (np.abs(centred) * over))
            + t * t * (span.high - span.low) * size**2
        )
        return min(first, second)


def recommended(
    estimate: Estimate,
    t_limit: float,
    biases: tuple[Fraction, ...] | None = None,
    ridge: Fraction | None = None,
) -> Choice:
    """The features and ridge of the grid for which the bound is least at some t <= t_limit.

    What is given is not searched. First every pair is looked at with a few temperatures, then the best ones
    with all.
    """
    span = estimate.question.span
    width = min(span.high - span.low, span.clip[1] - span.clip[0])
    ts = [t / width for t in TILTS if t / width <= t_limit] or [t_limit]
    sets = list(_feature_sets()) if biases is None else [biases]
    ridges = RIDGES if ridge is None else (ridge,)
    first = sorted(
        (_least(estimate, one, each, ts[_COARSE] or ts) for one in sets for each in ridges), key=_rank
    )
    return min((_least(estimate, one.biases, one.ridge, ts) for one in first[:_BEST]), key=_rank)


def _least(estimate: Estimate, biases: tuple[Fraction, ...], ridge: Fraction, ts: Sequence[float]) -> Choice:
    bounds = [(rounded(estimate.bound(biases, float(ridge), t), _DIGITS), t) for t in ts]
    bound, t = min(bounds)
    return Choice(biases, ridge, t, bound)


def _rank(choice: Choice) -> tuple[float, int, tuple[Fraction, ...], Fraction]:
    """The least bound; of equals the fewest features."""
    return choice.bound, len(choice.biases), choice.biases, choice.ridge


def _feature_sets() -> Iterator[tuple[Fraction, ...]]:
    for count in COUNTS:
        for center in CENTERS:
            for spacing in SPACINGS if count > 1 else SPACINGS[:1]:
                yield tuple(center + spacing * (j - count // 2) for j in range(count))


def _largest(varphi: Array, weight: Array) -> float:
    """The largest eigenvalue of the weighted Gram matrix."""
    return float(np.linalg.eigvalsh(varphi.T @ (weight[:, None] * varphi))[-1])


def _law(mass: Array, reward: Array, t: float) -> tuple[Array, float]:
    """The tilted law at the nodes, and log E e^{t reward}."""
    exponent = t * reward
    top = float(exponent.max())
    weight = mass * np.exp(exponent - top)
    total = float(weight.sum())
    return weight / total, math.log(total) + top
