"""The value gap of a learned reward on a discrete law, and the search for the worst reward error.

The bounds on the gap hold for every base law, so they are attacked on a discrete one: the tilted law put
on a grid. There a reward error Delta is a plain vector, and gap and bound have exact gradients.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from ...link.tree import Node
from ..lowering.numpy import compile_numpy
from .second_order import remainder_factor

Array = NDArray[np.float64]
_CELLS = 240
_STEPS = 60
#: Oscillations of Delta, in units of 1/t, from the linear regime to a strong one.
_OSCILLATIONS = (0.01, 0.3, 1.0, 3.0)
#: What sums in doubles may be off by: equal numbers must compare alike on every processor.
ROUNDING, _DECIMALS = 1e-9, 9


@dataclass(frozen=True, slots=True)
class Law:
    """pi* on a grid: points, probabilities, the true reward r* there, and t; ``prior`` is gamma."""

    z: Array
    p: Array
    prior: Array
    reward: Array
    t: float

    def tilted(self, delta: Array) -> Array:
        """The probabilities of the policy of r* + delta."""
        log_p = np.log(self.p) + self.t * delta
        q: Array = np.exp(log_p - log_p.max())
        q /= q.sum()
        return q

    def gap(self, delta: Array) -> float:
        """V(pi*) - V(pi_rhat) for rhat = r* + delta."""
        return float((self.p - self.tilted(delta)) @ self.reward)

    def path_integral(self, delta: Array) -> float:
        """-t int_0^1 Cov_{pi_u}(r*, Delta) du, pi_u the policy of r* + u Delta, by Gauss-Legendre."""
        nodes, weights = np.polynomial.legendre.leggauss(24)
        total = 0.0
        for u, weight in zip((1 + nodes) / 2, weights / 2, strict=True):
            q = self.tilted(u * delta)
            total += weight * float(q @ ((self.reward - q @ self.reward) * delta))
        return -self.t * total


def spread(p: Array, values: Array) -> float:
    """Standard deviation of ``values`` under ``p``."""
    deviation = values - float(p @ values)
    return float(np.sqrt(float(p @ deviation**2)))


def discrete(tree: Node, t: float) -> Law:
    """pi* on the cells of a uniform grid, cut where its density has fallen by e^{-20}."""
    link = compile_numpy(tree)
    wide = np.linspace(-40, 40, 4001)
    log_density = t * link(wide) - wide**2 / 2
    kept = wide[log_density > log_density.max() - 20]
    z = np.linspace(kept[0], kept[-1], _CELLS)
    reward = np.asarray(link(z), dtype=np.float64)
    log_p = t * reward - z**2 / 2
    p, prior = np.exp(log_p - log_p.max()), np.exp(-(z**2) / 2)
    return Law(z, p / p.sum(), prior / prior.sum(), reward, t)


@dataclass(frozen=True, slots=True)
class Worst:
    """The largest |gap|/bound met: the ratio, the kind of Delta, its oscillation, and both sides."""

    ratio: float
    kind: str
    oscillation: float
    gap: float
    bound: float
    tried: int


def candidates(law: Law, rng: np.random.Generator) -> list[tuple[str, Array]]:
    """Errors Delta of mean 0 under pi*: polynomials, steps, waves, multiples of r*; gradient ascents started
    from each of them; and each without its part along r*, whose gap is of second order."""
    found = []
    for scale in _OSCILLATIONS:
        osc = scale / law.t
        for kind, shape in _shapes(law, rng):
            start = _clipped(shape, osc)
            found += [(kind, start), (f"ascent from a {kind}", _ascend(law, start, osc))]
            found.append((f"{kind} uncorrelated with r*", start - _slope(law, start) * law.reward))
    centred = ((kind, delta - law.p @ delta) for kind, delta in found)
    return [(kind, delta) for kind, delta in centred if np.ptp(delta) > 1e-9 / law.t]


def search(
    law: Law, tried: Sequence[tuple[str, Array]], sides: Callable[[Law, Array], tuple[float, float]]
) -> Worst:
    """The largest ratio gap/bound among the errors ``tried``; ``sides(law, delta)`` gives gap and bound."""
    worst = Worst(0.0, "none", 0.0, 0.0, 0.0, len(tried))
    for kind, delta in tried:
        gap, bound = sides(law, delta)
        # Below 1e-13 a gap is rounding.
        if gap > worst.ratio * bound + 1e-13:
            worst = replace(
                worst, ratio=gap / bound, kind=kind, oscillation=float(np.ptp(delta)), gap=gap, bound=bound
            )
    return worst


def second_order(law: Law, delta: Array) -> tuple[float, float, float]:
    """|gap| of the reward r* + delta clipped to the range of r*, its bound to first order, and the remainder.

    See second_order.py for the bound.
    """
    low, high = float(law.reward.min()), float(law.reward.max())
    learned = np.clip(law.reward + delta, low, high)
    mean = float(law.p @ law.reward)
    room = np.minimum(law.reward - low, high - law.reward)
    first = abs(float(law.p @ ((law.reward - mean) * delta)))
    first += float(law.p @ (np.abs(law.reward - mean) * np.maximum(np.abs(delta) - room, 0)))
    norm = float(np.sqrt(law.p @ delta**2))
    factor = remainder_factor(law.t * (high - law.reward + norm))
    remainder = law.t**2 * (high - low) * float(law.p @ (delta**2 * factor))
    return abs(law.gap(learned - law.reward)), law.t * first, remainder


def _slope(law: Law, delta: Array) -> float:
    """Cov(r*, delta)/Var(r*) under pi*."""
    centred = law.reward - law.p @ law.reward
    return float(law.p @ (centred * delta)) / float(law.p @ centred**2)


def _shapes(law: Law, rng: np.random.Generator) -> list[tuple[str, Array]]:
    u = law.z / np.abs(law.z).max()
    coefficients = rng.standard_normal(6)
    cuts = rng.choice(law.z, 5)
    return [
        ("polynomial", np.polynomial.polynomial.polyval(u, coefficients)),
        ("step", rng.standard_normal(6)[np.searchsorted(np.sort(cuts), law.z)]),
        ("wave", np.sin(rng.uniform(0.5, 8) * law.z + rng.uniform(0, 6))),
        ("multiple of the reward", law.reward),
        ("negative multiple of the reward", -law.reward),
    ]


def _clipped(shape: Array, osc: float) -> Array:
    """``shape`` centred and scaled to the oscillation ``osc`` (a constant stays as it is)."""
    width = float(np.ptp(shape))
    return (shape - shape.min()) / width * osc if width > 0 else np.zeros_like(shape)


def _ascend(law: Law, delta: Array, osc: float) -> Array:
    """Projected gradient ascent of log|gap| - log sd_{pi*}(Delta) within the oscillation ``osc``."""
    for step in range(_STEPS):
        q = law.tilted(delta)
        gap = float((law.p - q) @ law.reward)
        sd = spread(law.p, delta)
        if gap == 0 or sd == 0:
            break
        slope = -law.t * q * (law.reward - q @ law.reward) / gap
        slope -= law.p * (delta - law.p @ delta) / sd**2
        # In the metric of pi* every cell moves at the rate of its own conditional mean.
        direction = slope / law.p
        size = float(np.abs(direction).max())
        if size == 0:
            break
        moved = delta + direction / size * osc * 0.2 / (1 + step / 15)
        delta = np.clip(moved, np.median(moved) - osc / 2, np.median(moved) + osc / 2)
    return delta


def pilots(law: Law, delta: Array) -> list[tuple[str, Array]]:
    """Pilot errors of oscillation 1/t to 3/t that hide ``delta``: they raise the weight where it is flat."""
    found = []
    far = np.round(np.abs(delta - law.p @ delta) * law.t, _DECIMALS)
    for scale in (1.0, 3.0):
        for share in (0.5, 0.9):
            order = np.argsort(far, kind="stable")
            mass = np.cumsum(law.p[order])
            flat = np.zeros_like(delta)
            flat[order[mass <= share + ROUNDING]] = scale / law.t
            found.append((f"raised on {share:.0%} of pi*", flat))
        found.append(("proportional to the reward", _clipped(law.reward, scale / law.t)))
    return [(kind, error) for kind, error in found if np.ptp(error) > 0]


def search_pilot(
    law: Law, bound: Callable[[Law, Array, float, Array], float], rng: np.random.Generator
) -> Worst:
    """The worst pair of a reward error and a pilot's error, for weights e^{t(r* + pilot error)}.

    ``bound(law, delta, osc, error)`` is the claimed bound. Errors as in :func:`search` (ascents in
    the linear regime only), each against every pilot of :func:`pilots`.
    """
    worst, tried = Worst(0.0, "none", 0.0, 0.0, 0.0, 0), 0
    for scale in _OSCILLATIONS[:3]:
        osc = scale / law.t
        for kind, shape in _shapes(law, rng):
            start = _clipped(shape, osc)
            for delta in (start, _ascend(law, start, osc)) if scale == _OSCILLATIONS[0] else (start,):
                own = float(np.ptp(delta))
                if own <= 0:
                    continue
                gap = abs(law.gap(delta))
                for name, error in pilots(law, delta):
                    tried += 1
                    limit = bound(law, delta, own, error)
                    if gap > worst.ratio * limit:
                        worst = Worst(gap / limit, f"{kind}, pilot {name}", own, gap, limit, 0)
    return Worst(worst.ratio, worst.kind, worst.oscillation, worst.gap, worst.bound, tried)
