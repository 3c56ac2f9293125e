"""The forecast B in doubles over the temperatures: where the enclosures are to look."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from ...numerics.deployment.suboptimality import Estimate, Suboptimality
from .admissible_set import Stretch

Size = Callable[[Estimate], float]
#: Temperatures of the grid.
_POINTS = 120
#: The search goes this far past a set's last t, and past its first where it has no last one.
_PAST, _FURTHER = 1.02, 1.25
#: How far it goes, in t osc(s), where a set has no last t.
_TILTED = 8.0
_FIT = {"given": "as assumed", "leverage": "unclipped", "clipping": "clipped"}


@dataclass(frozen=True, slots=True)
class Scan:
    """B of one scheme at a grid of t; points: these, its dips, and where fewest samples are enough."""

    b: Suboptimality
    grid: tuple[Estimate, ...]
    points: tuple[Estimate, ...]
    epsilon: float

    @classmethod
    def of(cls, b: Suboptimality, start: float, end: float, epsilon: float) -> Scan:
        n = b.terms.n
        grid = [b.estimate(float(t)) for t in np.geomspace(start, end, _POINTS)]
        found = list(grid)
        sizes: tuple[Size, ...] = (lambda e: e.total(n), lambda e: e.samples(epsilon))
        for size in sizes:
            found += [_golden(b, grid, i, size) for i in _dips([size(e) for e in grid])]
        return cls(b, tuple(grid), tuple(sorted(found, key=lambda e: e.t)), epsilon)

    @property
    def best(self) -> Estimate:
        """Where B is least."""
        return min(self.points, key=lambda e: e.total(self.b.terms.n))

    @property
    def frugal(self) -> Estimate:
        """Where the fewest samples are enough."""
        return min(self.points, key=lambda e: e.samples(self.epsilon))

    def end(self, limit: float, width: float) -> float:
        """How far up in t to look: past the last point with B <= epsilon, and past the best one.

        width: osc(s). limit: the largest t.
        """
        n = self.b.terms.n
        inside = [i for i, e in enumerate(self.points) if e.total(n) <= self.epsilon]
        if not inside:
            return min(limit, self.best.t * _PAST)
        last = inside[-1]
        if last + 1 == len(self.points):
            # No end is ahead: to enclose B on a long stretch inside the set would only cost time.
            first = self.points[inside[0]].t
            return min(limit, max(_FURTHER * first, _TILTED / width, _PAST * self.best.t))
        low, high = self.points[last].t, self.points[last + 1].t
        for _ in range(12):
            middle = (low + high) / 2
            low, high = (middle, high) if self.b.estimate(middle).total(n) <= self.epsilon else (low, middle)
        return min(limit, high * _PAST)

    def estimators(self, end: float) -> tuple[Stretch, ...]:
        """Which fit the forecast is for, from low to high beta >= 1/end."""
        n = self.b.terms.n

        def fit(e: Estimate) -> str:
            return _FIT[e.learned(n)[2]]

        points = [e for e in self.points if e.t < end] + [self.b.estimate(end)]
        found = [(fit(points[0]), 0.0)]
        for before, after in pairwise(points):
            if fit(before) != fit(after):
                low, high = before.t, after.t
                while high - low > 1e-6 * high:
                    middle = (low + high) / 2
                    low, high = (
                        (middle, high) if fit(self.b.estimate(middle)) == fit(before) else (low, middle)
                    )
                found.append((fit(after), high))
        ends = [*(t for _, t in found[1:]), end]
        return tuple(
            Stretch(name, 1 / high, 1 / low if low else np.inf)
            for (name, low), high in reversed(list(zip(found, ends, strict=True)))
        )


def _dips(sizes: Sequence[float]) -> list[int]:
    """The places of the local minima, the ends among them."""
    padded = [np.inf, *sizes, np.inf]
    return [i for i, size in enumerate(sizes) if np.isfinite(size) and padded[i] >= size <= padded[i + 2]]


def _golden(b: Suboptimality, curve: Sequence[Estimate], index: int, size: Size) -> Estimate:
    """The least ``size`` near one point of the curve; SciPy's minimiser would take longer to load."""
    low, high = curve[max(index - 1, 0)].t, curve[min(index + 1, len(curve) - 1)].t
    ratio = (np.sqrt(5) - 1) / 2
    inner = [b.estimate(t) for t in (high - ratio * (high - low), low + ratio * (high - low))]
    while high - low > 1e-4 * high:
        if size(inner[0]) < size(inner[1]):
            high = inner[1].t
            inner = [b.estimate(high - ratio * (high - low)), inner[0]]
        else:
            low = inner[0].t
            inner = [inner[1], b.estimate(low + ratio * (high - low))]
    return min((curve[index], *inner), key=size)
