"""Attacks on the bounds of the value gap and on what a forecast takes D to be: errors as bad as they can be.

The bounds on the gap hold for every base law, so they are attacked on a discrete one: the tilted law put
on a grid. There a reward error Delta is a plain vector, and gap and bound have exact gradients. D exceeds
ess sup Delta - E_{pi*} Delta for every fit (see suboptimality), so fits are made to break that: along the
direction in which the features spread furthest, trained on few samples, and clipped ones that are off by the
whole range where pi* has little mass.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction

import numpy as np

from ...link.tree import Node
from ..deployment.learning import BIASES
from ..deployment.policy import remainder_factor
from ..deployment.readout import Recipe, features, unweighted
from ..deployment.suboptimality import Estimate
from ..lowering.pointwise import Array, compile_numpy

_CELLS = 240
_STEPS = 60
#: Oscillations of Delta, in units of 1/t, from the linear regime to a strong one.
_OSCILLATIONS = (0.01, 0.3, 1.0, 3.0)
#: What sums in doubles may be off by: equal numbers must compare alike on every processor.
ROUNDING, _DECIMALS = 1e-9, 9
_Z = np.linspace(-8, 8, 1601)
_SAMPLES, _FITS = 40, 20
#: Sizes of an error along the worst direction, in units of osc(s).
_SIZES = (0.01, 1.0, 100.0)


@dataclass(frozen=True, slots=True)
class GridLaw:
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


def discrete(tree: Node, t: float) -> GridLaw:
    """pi* on the cells of a uniform grid, cut where its density has fallen by e^{-20}."""
    link = compile_numpy(tree)
    wide = np.linspace(-40, 40, 4001)
    log_density = t * link(wide) - wide**2 / 2
    kept = wide[log_density > log_density.max() - 20]
    z = np.linspace(kept[0], kept[-1], _CELLS)
    reward = np.asarray(link(z), dtype=np.float64)
    log_p = t * reward - z**2 / 2
    p, prior = np.exp(log_p - log_p.max()), np.exp(-(z**2) / 2)
    return GridLaw(z, p / p.sum(), prior / prior.sum(), reward, t)


@dataclass(frozen=True, slots=True)
class Worst:
    """The largest |gap|/bound met: the ratio, the kind of Delta, its oscillation, and both sides."""

    ratio: float
    kind: str
    oscillation: float
    gap: float
    bound: float
    tried: int


def candidates(law: GridLaw, rng: np.random.Generator) -> list[tuple[str, Array]]:
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
    law: GridLaw, tried: Sequence[tuple[str, Array]], sides: Callable[[GridLaw, Array], tuple[float, float]]
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


def second_order(law: GridLaw, delta: Array) -> tuple[float, float, float]:
    """|gap| of the reward r* + delta clipped to the range of r*, its bound to first order, and the remainder.

    See ``suboptimality.SecondOrder`` for the bound.
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


def _slope(law: GridLaw, delta: Array) -> float:
    """Cov(r*, delta)/Var(r*) under pi*."""
    centred = law.reward - law.p @ law.reward
    return float(law.p @ (centred * delta)) / float(law.p @ centred**2)


def _shapes(law: GridLaw, rng: np.random.Generator) -> list[tuple[str, Array]]:
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


def _ascend(law: GridLaw, delta: Array, osc: float) -> Array:
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
        middle = np.median(moved)
        delta = np.clip(moved, middle - osc / 2, middle + osc / 2)
    return delta


def pilots(law: GridLaw, delta: Array) -> list[tuple[str, Array]]:
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
    law: GridLaw, bound: Callable[[GridLaw, Array, float, Array], float], rng: np.random.Generator
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
    return replace(worst, tried=tried)


@dataclass(frozen=True, slots=True)
class Tightest:
    """The largest ratio met of what D controls to D, for which fit."""

    ratio: float
    fit: str
    found: float
    claimed: float


def unclipped(tree: Node, forecast: Estimate, rng: np.random.Generator) -> Tightest:
    """osc(Delta) of fits as they are against osc(s - g) + L(t) (sd_{pi*}(Delta) + sd_{pi*}(s - g))."""
    s, law = _law(tree, forecast.t)
    rows = []
    for name, fit in _fits(s, rng):
        claimed = forecast.rest + forecast.reach * (spread(law, fit - s) + forecast.rest_spread)
        rows.append((name, float(np.ptp(fit - s)), claimed))
    return _tightest(rows)


def clipped(tree: Node, forecast: Estimate, low: float, high: float, rng: np.random.Generator) -> Tightest:
    """ess sup Delta - E_{pi*} Delta of clipped fits against osc(s) + ||Delta||_{pi*}."""
    s, law = _law(tree, forecast.t)
    fits = [(name, np.clip(fit, low, high)) for name, fit in _fits(s, rng)]
    for share in (1e-9, 1e-3, 0.1):
        # The largest error, where s is low: from the lowest values up to this share of pi*.
        order = np.argsort(s, kind="stable")
        off = order[: max(1, int((np.cumsum(law[order]) <= share + ROUNDING).sum()))]
        spoilt = s.copy()
        spoilt[off] = high
        fits.append((f"off by the whole range on {share:g} of pi*", spoilt))
    rows = []
    for name, fit in fits:
        delta = fit - s
        claimed = forecast.width + float(np.sqrt(law @ delta**2))
        rows.append((name, float(delta.max() - law @ delta), claimed))
    return _tightest(rows)


def _tightest(rows: Sequence[tuple[str, float, float]]) -> Tightest:
    name, found, claimed = max(rows, key=lambda row: row[1] / row[2])
    return Tightest(found / claimed, name, found, claimed)


def _law(tree: Node, t: float) -> tuple[Array, Array]:
    """s and the probabilities of pi* on the grid."""
    s = np.asarray(compile_numpy(tree)(_Z), dtype=float)
    weight = np.exp(t * (s - s.max()) - _Z**2 / 2)
    return s, weight / weight.sum()


def _fits(s: Array, rng: np.random.Generator) -> Iterator[tuple[str, Array]]:
    places = np.array([float(b) for b in BIASES])
    psi = features(_Z, places)
    gamma = np.exp(-(_Z**2) / 2)
    gamma /= gamma.sum()
    close = psi @ np.linalg.lstsq(psi, s, rcond=1e-10)[0]
    centred = psi - gamma @ psi
    # The curve psi in the metric of Cov_gamma(psi)^{-1}.
    _, root = np.linalg.qr(np.sqrt(gamma)[:, None] * centred[:, 1:])
    curve = np.linalg.solve(root.T, centred[:, 1:].T).T
    sizes = (curve**2).sum(axis=1)
    i, j = np.unravel_index(int((sizes[:, None] + sizes - 2 * curve @ curve.T).argmax()), (len(s), len(s)))
    worst = curve @ (curve[i] - curve[j])
    for size in _SIZES:
        for sign in (1, -1):
            yield (
                f"{size:g} osc(s) along the worst direction",
                close + sign * size * np.ptp(s) * worst / np.ptp(worst),
            )
    for _ in range(_FITS):
        x = rng.choice(len(_Z), _SAMPLES, p=gamma)
        y = s[x] + np.ptp(s) / 4 * rng.standard_normal(_SAMPLES)
        fit = unweighted(Recipe(BIASES, Fraction(0), (float(s.min()), float(s.max())))).fit(_Z[x], y, y)
        yield f"trained on {_SAMPLES} samples", psi @ fit
