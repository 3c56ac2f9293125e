"""What a run of stage 1 is forecast to do: step size and horizon, the average dynamics, shares by a
diffusion.

eta = delta d^{-(k v 2)/2}, k the order. A finite step shrinks m by (eta^2/2) E[G^2 |x|^2] m a step, about
(eta^2 d/2) q(m) m with q(m) = E G^2. Time is tau = eta times steps:

    dm/dtau = (1 - m^2) |D(m)| - (eta d/2) q(m) m      for a neuron of good sign.

With tau = eta steps the overlap of one neuron has the drift, to the second order in eta, and the variance

    b(m) = a (1 - m^2) D(m) - eta l(m),    v = eta E[T^2 A^2] E g'^2,

l(m) = (d/2) m E G^2 + O(1) the second order of a step. The probability f(m, tau) of |m| >= 1/2 by the
time tau solves f_tau = b f' + (v/2) f'' with f = 1 at both ends. A walk is seen at whole steps only
and overshoots: its ends are +-1/2 moved outwards by 0.5826 = -zeta(1/2)/sqrt(2 pi) times the spread of
one step (Siegmund 1979; Broadie, Glasserman, Kou 1997), which costs a bounded number of steps: a
relative error 1/d at order 1.
Double precision, not certified, and without simulation. What the grid costs is told by coarser ones.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache, cached_property
from math import ceil, factorial, sqrt

import numpy as np
from scipy import special

from ..lowering.pointwise import Array
from ..precision import rounded
from .gradient import GradientNoise
from .population import RECOVERED, Population

_POINTS = 4001
#: The default step keeps the shrinking below this share of the drift where both matter most.
SHRINKING_SMALL_ORDER, SHRINKING = 0.2, 0.05
#: The default horizon: at orders 1 and 2 nearly every neuron of good sign is through, from order 3 on
#: those with sqrt(d) |m_0| >= 0.4, two thirds of them.
_PATIENCE, _MARGIN, CRITICAL = 5.0, 7.0, 0.4
#: Significant digits of the default delta, of a horizon, of any step. A sum by BLAS ends in digits that
#: depend on the processor; a run depends on step and horizon in every bit, and so would not be repeatable.
_STEP_DIGITS, _HORIZON_DIGITS, _DIGITS = 4, 4, 12


def default_delta(population: Population, noise: GradientNoise, order: int | None = None) -> float:
    """delta such that shrinking is a small share of the drift.

    Order k >= 3: at sqrt(d) |m| = 1, where recovery is decided; orders 1 and 2: anywhere up to |m| = 1/2,
    or of the term of that order alone where the whole drift vanishes on both ways. order: in place of the
    population's own.
    """
    k = population.order if order is None else order
    if k >= 3:
        strength = abs(population.term(k)) / factorial(k - 1)
        return rounded(2 * SHRINKING * strength / float(noise.at(0.0)), _STEP_DIGITS)
    ratios = []
    for side in open_sides(population, k) or (1.0, -1.0):
        m = side * np.linspace(0.005, 0.5, 100)
        ratios.append(float((_outward(population, k, m) / np.abs(m) / noise.at(m)).min()))
    return rounded(2 * SHRINKING_SMALL_ORDER * min(ratios), _STEP_DIGITS)


def open_sides(population: Population, order: int) -> list[float]:
    """1.0, -1.0, both or none: where the drift keeps the sign of its term of this order up to |m| = 1/2.

    Double precision: what is seen on a grid that begins at |m| = 1/2000.
    """
    m = np.linspace(0.0, 0.5, 1001)[1:]
    sign = np.sign(population.term(order))
    sides = []
    for side in (1.0, -1.0):
        if (population.drift(side * m) * sign * side ** (order - 1) > 0).all():
            sides.append(side)
    return sides


def _outward(population: Population, order: int, m: Array) -> Array:
    """The drift at m away from 0 for a neuron of good sign.

    Of the term of this order alone, where the whole drift vanishes on both ways.
    """
    if not open_sides(population, order):
        c = abs(population.term(order)) / factorial(order - 1)
        return np.asarray((1 - m**2) * c * np.abs(m) ** (order - 1))
    sign = np.sign(population.term(order)) * np.sign(m) ** (order - 1)
    return np.asarray(population.drift(m) * sign)


def visible_order(population: Population, d: int) -> int:
    """The k whose term |c_k| m^{k-1}/(k-1)! is the largest at |m| = d^{-1/2}, where neurons start.

    As d grows it becomes the order. Where c_k is small, as near an exceptional temperature, another term
    decides what happens at a finite d, and a change of sign of the drift at |m| << d^{-1/2} is not seen.
    """
    orders = range(population.order, len(population.signal_coefficients))
    return max(orders, key=lambda k: abs(population.term(k)) / (factorial(k - 1) * float(d) ** ((k - 1) / 2)))


@dataclass(frozen=True)
class Schedule:
    """One dimension d with its step eta = ``step`` and what the average dynamics says there.

    leads: the order that step and horizon are chosen for, where it is not the population's own.
    """

    population: Population
    noise: GradientNoise
    d: int
    delta: float
    leads: int | None = None

    @property
    def order(self) -> int:
        return self.population.order if self.leads is None else self.leads

    @property
    def c(self) -> float:
        """c_k at the order k."""
        return self.population.term(self.order)

    @property
    def step(self) -> float:
        """eta = delta d^{-(k v 2)/2}."""
        return rounded(self.delta * self.d ** (-max(self.order, 2) / 2), _DIGITS)

    @cached_property
    def _path(self) -> tuple[Array, Array]:
        """Overlaps from below d^{-1/2} to 1/2, and tau from each to 1/2; inf where steps shrink it back."""
        end = float(RECOVERED)
        least = 1e-4 / sqrt(self.d)
        m = np.geomspace(least, end, _POINTS)
        slowest = np.full_like(m, np.inf)
        for side in open_sides(self.population, self.order) or (1.0, -1.0):
            shrinking = self.step * self.d / 2 * self.noise.at(side * m) * m
            slowest = np.minimum(slowest, _outward(self.population, self.order, side * m) - shrinking)
        with np.errstate(divide="ignore"):
            per_logarithm = np.where(slowest > 0, m / slowest, np.inf)
        cells = np.diff(np.log(m)) * (per_logarithm[1:] + per_logarithm[:-1]) / 2
        tau = np.concatenate([np.cumsum(cells[::-1])[::-1], [0.0]])
        if self.order == 1:
            tau = tau + least / max(slowest[0], 1e-300) * (np.isfinite(tau))
        return m, tau

    def steps_from(self, overlap: float) -> float:
        """Steps from |m| = ``overlap`` to 1/2 on average; inf when the step is too long to get there."""
        m, tau = self._path
        return float(np.interp(max(overlap, m[0]), m, tau)) / self.step

    def horizon(self, u: float = CRITICAL) -> int:
        """Steps after which a neuron counts as not recovered.

        Order 1: five times the average time. Order 2: e^7 times closer to 0 than typical is still in time.
        Order k >= 3: C d^{k-1} such that the critical start of R3 is ``u``.
        """
        k = self.order
        if k == 1:
            return _whole(_PATIENCE * self.steps_from(0.0))
        if k == 2:
            rate = self.delta * abs(self.c) - self.delta**2 / 2 * float(self.noise.at(0.0))
            slack = self.d * _MARGIN / rate if rate > 0 else float("inf")
            return _whole(self.steps_from(1 / sqrt(self.d)) + slack)
        return _whole(self.kappa(u) / self.delta * self.d ** (k - 1))

    def kappa(self, u: float) -> float:
        """C delta for which the critical start of R3 is u, k >= 3."""
        k = self.order
        return factorial(k - 1) / ((k - 2) * abs(self.c) * u ** (k - 2))


def _whole(steps: float) -> int:
    if not np.isfinite(steps):
        raise ArithmeticError(
            "the step is so long that shrinking undoes the drift on the way to |m| = 1/2: give a shorter one"
        )
    return max(1, int(rounded(ceil(steps), _HORIZON_DIGITS)))


#: Cells in m; and equal steps of time to a cell: at order 1 everybody passes within a few of them.
_CELLS = 1600
_TIMES, _LATER_TIMES = 0.75, 0.375
#: Grids whose differences tell what is still missing; the answer is that of the third or a finer one.
_GRIDS = (_CELLS // 4, _CELLS // 2, _CELLS, 2 * _CELLS, 4 * _CELLS)
#: Differences that fall by less than this from grid to grid say nothing of the limit.
_SLOWEST = 0.75
#: -zeta(1/2)/sqrt(2 pi), and the farthest place that an end is moved to.
_OVERSHOOT, _FARTHEST = 0.5826, 0.9
#: Jumps of the grid in one step of time beyond which rounding decides: each one loses that many times 1e-16.
_STIFFEST = 1e9
#: Significant digits of a forecast, those that rounding then leaves alone.
_KEPT_DIGITS = 6
#: The difference of two of them that may be rounding.
_ROUNDING = 10.0**-_KEPT_DIGITS


class NotSolved(ArithmeticError):
    """The equation is too stiff for double precision, or its grids do not converge."""


@dataclass(frozen=True, slots=True)
class Forecast:
    """Recovery by the step ``steps[i]``: ``all`` over all neurons, ``good`` over those of good sign.

    Signs are random. Good sign: all of them at order 1; c a > 0 at even orders; c a m_0 > 0 at odd ones.
    """

    steps: Array
    all: Array
    good: Array

    @property
    def fraction(self) -> float:
        """The recovered share of all neurons at the horizon."""
        return rounded(float(self.all[-1]), _KEPT_DIGITS)

    @property
    def median(self) -> float:
        """The median step of the neurons of good sign; inf when fewer than half of them recover."""
        if self.good[-1] < 0.5:
            return float("inf")
        return rounded(float(np.interp(0.5, self.good, self.steps)), _KEPT_DIGITS)


@dataclass(frozen=True, slots=True)
class Estimate:
    """A number of the diffusion, and how far its grid is off, as far as coarser ones can tell."""

    value: float
    error: float


def fraction(schedule: Schedule, horizon: int) -> Estimate:
    """The recovered share of all neurons by the step ``horizon``. Raises NotSolved."""
    return _refined(schedule, horizon, lambda found: found.fraction)


def log_median(schedule: Schedule, horizon: int) -> Estimate:
    """The logarithm of the median step of the neurons of good sign. Raises NotSolved.

    inf where fewer than half of them recover by the step ``horizon``.
    """
    return _refined(schedule, horizon, lambda found: float(np.log(found.median)))


def _refined(schedule: Schedule, horizon: int, number: Callable[[Forecast], float]) -> Estimate:
    values: list[float] = []
    for cells in _GRIDS:
        values.append(number(forecast(schedule, horizon, cells)))
        if len(values) >= 3 and (rest := _rest(*values[-3:])) is not None:
            return Estimate(values[-1], rest)
    raise NotSolved(f"d = {schedule.d}: the diffusion's solutions on finer and finer grids do not converge")


def _rest(first: float, second: float, third: float) -> float | None:
    """How far the third of three values, each on a grid twice as fine, is from the limit; None if unclear.

    The scheme is of first order where the drift rules and of second where the noise does, so that in the end
    each difference is at most half of the one before. Where they are seen to fall more slowly, at the rate r
    with b the last one, what is missing is at most b (r + r^2 + ...) = b r/(1 - r). A last one that happens
    to be small, because the orders cancel, is taken as half of the one before.
    """
    if first == second == third == float("inf"):
        return 0.0
    if not np.isfinite([first, second, third]).all():
        return None
    before, last = max(abs(second - first), _ROUNDING), abs(third - second)
    rate = max(0.5, last / before)
    return max(last, before / 2) * rate / (1 - rate) if rate < _SLOWEST else None


def forecast(schedule: Schedule, horizon: int, cells: int = _CELLS) -> Forecast:
    """The diffusion's shares up to ``horizon`` steps, at equally spaced times. Raises NotSolved."""
    m = _nodes(schedule, cells)
    mass = _start_mass(m, schedule.d)
    right = np.where(m > 0, mass, np.where(m == 0, mass / 2, 0.0))
    order, c = schedule.order, schedule.c
    times = round(cells * (_TIMES if order == 1 else _LATER_TIMES))
    everything, good = np.zeros(times + 1), np.zeros(times + 1)
    drifts = {a: _drift(schedule, a, m) for a in (1.0, -1.0)}
    # With the two signs mirror images of each other (an even D and noise), one of them is enough.
    one = np.allclose(m, -m[::-1], rtol=1e-9) and np.allclose(
        drifts[-1.0], -drifts[1.0][::-1], rtol=1e-9, atol=1e-12 * np.abs(drifts[1.0]).max()
    )
    signs = (1.0,) if one else (1.0, -1.0)
    for a in signs:
        if order == 1:
            kept = mass
        elif order % 2 == 0:
            kept = mass * (a * c > 0)
        else:
            kept = right if a * c > 0 else mass - right
        rates = _rates(m, drifts[a], schedule.step * schedule.noise.along)
        width = horizon * schedule.step / times
        if not width * float((rates[0] + rates[1]).max()) < _STIFFEST:
            raise NotSolved(
                f"d = {schedule.d}: the gradient's noise is too large for the diffusion to be solved"
            )
        shares = _solve(rates, width, times, np.stack([mass, kept]))
        everything += shares[0] / len(signs)
        good += shares[1] / len(signs)
    total = 1.0 if order == 1 else 0.5
    return Forecast(np.linspace(0.0, float(horizon), times + 1), everything, good / total)


def _drift(schedule: Schedule, a: float, m: Array) -> Array:
    shrinking = schedule.step * schedule.noise.loss(m, schedule.d)
    return np.asarray(a * schedule.population.drift(m) - shrinking)


def _nodes(schedule: Schedule, cells: int) -> Array:
    """Overlaps from one end to the other, dense where sqrt(d) |m| is of order 1."""
    scale = 0.5 / np.sqrt(schedule.d)
    left, right = (
        min(0.5 + _OVERSHOOT * schedule.step * spread, _FARTHEST) for spread in schedule.noise.ends
    )
    count = cells // 2 + 1
    sides = [scale * np.sinh(np.linspace(0, np.arcsinh(end / scale), count)) for end in (left, right)]
    return np.concatenate([-sides[0][:0:-1], sides[1]])


def _start_mass(m: Array, d: int) -> Array:
    """The probability of a start in the cell of each node: m_0^2 is Beta(1/2, (d-1)/2)."""
    edges = (m[1:] + m[:-1]) / 2
    below = (1 + np.sign(edges) * special.betainc(0.5, (d - 1) / 2, edges**2)) / 2
    return np.asarray(np.diff(np.concatenate([[0.0], below, [1.0]])))


def _solve(rates: tuple[Array, Array], width: float, times: int, weights: Array) -> Array:
    """sum_i weights[., i] f(m_i, .) on the time grid, by BDF2 on an exponentially fitted grid."""
    shares = np.empty((len(weights), times + 1))
    _compiled()(*rates, width, weights, shares)
    return np.clip(shares, 0.0, 1.0)


@cache
def _compiled() -> Callable[..., None]:
    # numba takes a quarter of a second to load.
    from .kernel import compiled

    return compiled(_diffuse)


def _diffuse(up: Array, down: Array, width: float, weights: Array, shares: Array) -> None:
    """shares[., i] = weights @ f after i steps of ``width``, with f = 1 at both ends and 0 inside at first.

    f_tau = L f for the jump rates ``up`` and ``down`` to the neighbours: a step of implicit Euler, then BDF2.
    1 - c L has a dominant diagonal, so that elimination needs no pivots.
    """
    size = up.size
    f, before, known = np.zeros(size), np.zeros(size), np.empty(size)
    inverse, left, right = np.empty(size), np.empty(size), np.empty(size)
    f[0] = f[-1] = before[0] = before[-1] = 1.0
    for i in range(shares.shape[1]):
        if i == 1 or i == 2:
            c = width if i == 1 else 2.0 * width / 3.0
            for j in range(size):
                pivot = 1.0 + c * (up[j] + down[j])
                if j > 0:
                    pivot -= c * down[j] * right[j - 1]
                inverse[j] = 1.0 / pivot
                left[j], right[j] = c * down[j] * inverse[j], c * up[j] * inverse[j]
        if i > 0:
            # Then (3f - 4f' + f'')/2 = width L f.
            rest = 0.0
            for j in range(size):
                value = f[j] if i == 1 or j == 0 or j == size - 1 else (4.0 * f[j] - before[j]) / 3.0
                rest = value * inverse[j] + left[j] * rest
                known[j] = rest
            rest = 0.0
            for j in range(size - 1, -1, -1):
                rest = known[j] + right[j] * rest
                before[j], f[j] = f[j], rest
        for n in range(shares.shape[0]):
            total = 0.0
            for j in range(size):
                total += weights[n, j] * f[j]
            shares[n, i] = total


def _rates(m: Array, drift: Array, variance: float) -> tuple[Array, Array]:
    """Jump rates to the neighbours that reproduce drift and variance (Scharfetter-Gummel); 0 at both ends."""
    gaps = np.diff(m)
    cell = (gaps[1:] + gaps[:-1]) / 2
    half, b = variance / 2, drift[1:-1]
    up, down = np.zeros_like(m), np.zeros_like(m)
    up[1:-1] = half / (gaps[1:] * cell) * _bernoulli(-b * gaps[1:] / half)
    down[1:-1] = half / (gaps[:-1] * cell) * _bernoulli(b * gaps[:-1] / half)
    return up, down


def _bernoulli(x: Array) -> Array:
    """x/(e^x - 1)."""
    small = np.abs(x) < 1e-8
    safe = np.where(small, 1.0, np.clip(x, -700, 700))
    return np.where(small, 1 - x / 2, np.where(x < -700, -x, safe / np.expm1(safe)))
