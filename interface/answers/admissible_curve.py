"""The ways of weighting, and what each loses in doubles over t: where to look for guaranteed temperatures."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import cache, cached_property

import numpy as np
import sympy

from ...crosscheck.number import ball
from ...link import Node, Noise, Num, combine
from ...numerics.expectation.oracle import Interval, ends
from ...numerics.expectation.tails import t_range
from ...numerics.guarantee.bound import Guarantees, Range
from ...numerics.guarantee.clipping import Beyond
from ...numerics.guarantee.constants import Model
from ...numerics.guarantee.estimate import Estimate, Question
from ...numerics.precision import rounded, working
from ...theory.exact.constants import is_zero, sign
from ...theory.exact.lower import rational
from .admissible_set import Fit

#: Temperatures of the scan in doubles, and its ends in t osc(s).
_POINTS, _START, _END = 96, 0.02, 30.0
#: Exponents are cut here, far above every epsilon.
_HUGE = 300.0
#: Ranges are moved that lie further from 0 than this many of their widths.
_FAR = 4
#: The share of t_max/2 that is looked at.
_NEAR = Fraction(63, 64)
_BITS = 96


@dataclass(frozen=True)
class Scheme:
    """One way of weighting: by the label (pilot None), or by a pilot that other samples gave.

    floor: ess inf s, or a bound of it from below.
    """

    link: Node
    noise: Noise
    overlap: Fraction | Interval
    span: Range
    n: int
    delta: float
    target: sympy.Expr
    floor: sympy.Expr
    pilot: Node | None = None

    @cached_property
    def width(self) -> float:
        return min(self.span.high - self.span.low, self.span.clip[1] - self.span.clip[0])

    @cached_property
    def limit(self) -> Fraction:
        """The largest t that is looked at: E e^{2ty} has to be finite."""
        ends = [t_range(tree).finite_below for tree in (self.link, self.pilot) if tree is not None]
        top = min(float(end.lower()) for end in ends)
        far = sharp(_END / self.width)
        return min(far, sharp(top) / 2 * _NEAR) if top < math.inf else far

    def grants(self, epsilon: Fraction) -> bool:
        """Whether no policy at all loses more than epsilon, as V >= ess inf s."""
        spare = rational(epsilon) - self.target + self.floor
        return is_zero(spare) is True or sign(spare) == 1

    @cached_property
    def estimate(self) -> Estimate:
        near = self._near
        target = float(ball(near.target))
        least = Fraction(ends(self.overlap)[0])
        return Estimate(
            Question(near.link, self.noise, least, near.span, self.n, self.delta, target, near.pilot)
        )

    def guarantees(self, fit: Fit, t_top: Fraction) -> Guarantees:
        """The guarantees by enclosure for t <= t_top."""
        near, span = self._near, self._near.span
        model = Model(near.link, self.noise, fit.biases, fit.ridge, self.overlap, t_top, near.pilot)
        cuts = span.clip[0] > span.low or span.clip[1] < span.high
        beyond = Beyond.of(near.link, span.clip, t_top) if cuts else None
        with working(_BITS):
            target = ball(near.target)
        return Guarantees(model, span, self.n, self.delta, target, beyond)

    @cached_property
    def _near(self) -> Scheme:
        """The same question with its values moved to 0: a constant in link, range and target changes nothing.

        It would drown what is left of the link in the errors of the sums.
        """
        low, high = self.span.clip
        middle = (low + high) / 2
        if not abs(middle) > _FAR * (high - low):
            return self
        away = Fraction(middle)

        def moved(tree: Node, away: Fraction) -> Node:
            return combine("-", tree, Num(away))

        # Differences of doubles within a factor of two are exact.
        span = replace(
            self.span,
            low=self.span.low - middle,
            high=self.span.high - middle,
            clip=(low - middle, high - middle),
            # Weights know no clip: their ceiling is that of the link.
            ceiling=self.span.high - middle if self.pilot is None else 0.0,
        )
        target = self.target - rational(away)
        pilot = None if self.pilot is None else moved(self.pilot, Fraction(self.span.ceiling))
        return replace(self, link=moved(self.link, away), span=span, target=target, pilot=pilot)


@dataclass(frozen=True)
class Curve:
    """The bound of one scheme and fit for n samples in doubles, over t.

    mean: the forecast of it. away: D_0 of a pilot that fits with the same error, so that learning loses
    e^{t D_0/2} times as much.
    """

    scheme: Scheme
    fit: Fit
    n: int
    mean: bool = False
    away: float = 0.0

    @cached_property
    def bound(self) -> Callable[[float], float]:
        found = self.scheme.estimate.with_samples(self.n)
        biases, ridge = self.fit.biases, float(self.fit.ridge)

        @cache
        def bound(t: float) -> float:
            total = found.bound(biases, ridge, t, mean=self.mean)
            if self.away:
                lost = found.lost(t)
                total = min(lost + math.exp(min(t * self.away / 2, _HUGE)) * (total - lost), found.most)
            return rounded(total, 9)

        return bound

    @cached_property
    def grid(self) -> list[float]:
        low, high = _START / self.scheme.width, float(self.scheme.limit)
        return [rounded(float(t), 9) for t in np.geomspace(min(low, high / 4), high, _POINTS)]

    @cached_property
    def points(self) -> list[tuple[float, float]]:
        """(t, bound) on a grid and at the least ones near it."""
        grid = self.grid
        values = [self.bound(t) for t in grid]
        inner = range(1, _POINTS - 1)
        dips = [i for i in inner if values[i - 1] > values[i] <= values[i + 1] and values[i] < math.inf]
        found = list(zip(grid, values, strict=True))
        return sorted(found + [self._least(grid[i - 1], grid[i + 1]) for i in dips])

    @cached_property
    def best(self) -> tuple[float, float]:
        """Where the bound is least."""
        return min(self.points, key=lambda one: (one[1], one[0]))

    def runs(self, epsilon: Fraction) -> list[list[tuple[float, float]]]:
        """Neighbouring points at which the bound is at most epsilon, each with the first point beyond."""
        runs: list[list[tuple[float, float]]] = []
        inside = False
        for point in self.points:
            if point[1] <= epsilon and not inside:
                runs.append([])
            if point[1] <= epsilon or inside:
                runs[-1].append(point)
            inside = point[1] <= epsilon
        return runs

    def _least(self, low: float, high: float) -> tuple[float, float]:
        """The least bound between two points, by golden sections, at a t of a few digits."""
        ratio = (math.sqrt(5) - 1) / 2
        a, b = high - ratio * (high - low), low + ratio * (high - low)
        fa, fb = self.bound(a), self.bound(b)
        while high - low > 2e-3 * high:
            if fa < fb:
                high, b, fb = b, a, fa
                a = high - ratio * (high - low)
                fa = self.bound(a)
            else:
                low, a, fa = a, b, fb
                b = low + ratio * (high - low)
                fb = self.bound(b)
        t = rounded((low + high) / 2, 3)
        return t, self.bound(t)


def sharp(value: float) -> Fraction:
    """A nearby number of few digits."""
    return Fraction(f"{value:.6g}")
