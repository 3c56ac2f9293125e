"""One neuron near an end of its training: link, activation and end, and the mean of the exact step there.

The activation is He_k/k! + He_{k+1}/(C (k+1)!) for k = k*, which makes the two ends differ; C is such that D
keeps its sign on the way to both.
"""

from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache
from math import factorial, sqrt

import numpy as np
from flint import arb
from numpy.polynomial.hermite_e import hermegauss
from scipy import optimize, special

from ...link import Link, parse
from ...numerics.estimates.quadrature import law_nodes, rounded_nodes
from ...numerics.expectation.oracle import NotIntegrable, Unresolved
from ...numerics.lowering.derivative import derivative
from ...numerics.lowering.pointwise import compile_numpy
from ...numerics.precision import exact, working
from ...numerics.recovery.ends import End, StepMeans, end, step_means
from ...numerics.work import remembered
from ..claim import Subject
from .neurons import laws, not_tried, single_term
from .sgd_setting import LabelLaw, Setting

_BITS = 110
#: C, the first for which D(1) and D(-1) differ by less than a factor of 7.
_DIVISORS = (1, 2, 4, 8, 16, 32, 64, 256, 1024)
#: The dimension of the exact step, and its nodes in e and in chi2.
DIMENSION, _NODES = 16, (8, 3)


@dataclass(frozen=True)
class Trial:
    """One end of the neurons of one setting, with g = He_k/k! + He_{k+1}/(C (k+1)!), C = ``divisor``."""

    setup: Setting
    divisor: int
    here: End
    other: End

    @property
    def activation(self) -> Link:
        return _activation(self.setup.order, self.divisor)

    @property
    def name(self) -> str:
        return f"{self.setup.law}m -> {self.here.side:+d}"

    @property
    def square_at_start(self) -> arb:
        """E T^2 E g'^2: q at m = 0."""
        k = self.setup.order
        slopes = Fraction(1, factorial(k - 1)) + Fraction(1, self.divisor**2 * factorial(k))
        value: arb = self.setup.population.second_moment * exact(slopes)
        return value

    @property
    def bend(self) -> arb:
        """D' at this end: D = p m^{k-1} + r m^k, where p and r are told by D(1) and D(-1)."""
        k, side = self.setup.order, self.here.side
        near, far = self.here.drift * side ** (k - 1), self.other.drift * (-side) ** (k - 1)
        p, r = (near + far) / 2, side * (near - far) / 2
        value: arb = (k - 1) * p * side**k + k * r * side ** (k - 1)
        return value

    def step_means(self, h: Fraction) -> StepMeans:
        return step_means(self.setup.target, self.activation.tree, self.here.side, h)


@lru_cache(maxsize=64)
def _activation(order: int, divisor: int) -> Link:
    return parse(f"He({order}, z)/{factorial(order)} + He({order + 1}, z)/{divisor * factorial(order + 1)}")


@remembered(64)
def _trials(link: Link, law: LabelLaw) -> tuple[Trial, ...] | str:
    """Both ends, with the first activation for which D keeps its sign on both ways; or why none does."""
    setup = single_term(link, law)
    if isinstance(setup, str):
        return setup
    k = setup.order
    for divisor in _DIVISORS:
        tree = _activation(k, divisor).tree
        try:
            ends = [end(setup.target, tree, side) for side in (1, -1)]
        except (NotIntegrable, Unresolved) as reason:
            return str(reason)
        with working(_BITS):
            # D(m)/m^{k-1} is linear in m: at the ends it has the signs that it has anywhere.
            right, left = ends[0].drift, (-1) ** (k - 1) * ends[1].drift
            if right * left > 0 and abs(right - left) < exact(Fraction(3, 4)) * abs(right + left):
                return tuple(Trial(setup, divisor, *pair) for pair in (ends, ends[::-1]))
    return f"with every activation tried D changes sign on the way to an end, or nearly so, {law}"


def trials(subject: Subject) -> list[Trial]:
    """Every end under every noise; :func:`no_ends` says that they exist."""
    all_trials = [_trials(subject.link, law) for law in laws(subject)]
    return [trial for each in all_trials if isinstance(each, tuple) for trial in each]


def no_ends(subject: Subject) -> str | None:
    if (reason := not_tried(subject)) is not None:
        return reason
    all_trials = (_trials(subject.link, law) for law in laws(subject))
    return next((each for each in all_trials if isinstance(each, str)), None)


class ExactStep:
    """The mean of the exact step at one end by a product rule in A, e, B and chi2."""

    def __init__(self, trial: Trial) -> None:
        target = trial.setup.target
        self._side, self._sign = trial.here.side, trial.here.sign
        self._slope = compile_numpy(derivative(trial.activation.tree))
        self._z, mass, s = (
            each.ravel()[:, None] for each in rounded_nodes(target.link.tree, 2, 2, 2 * target.t, 0)
        )
        e, of_e = law_nodes(target.noise, _NODES[0])
        self._mass, y = mass * of_e, s + e
        self._signal = y * np.exp(float(target.t) * y)
        self._b, of_b = hermegauss(trial.setup.order + 5)
        q, of_q = special.roots_genlaguerre(_NODES[1], DIMENSION / 2 - 2)
        self._chi2, self._weights = 2 * q, np.outer(of_b / of_b.sum(), of_q / of_q.sum())

    def move(self, eta: float, rho: float) -> float:
        """E[rho' - rho] from m = sigma sqrt(1 - rho)."""
        m, s = self._side * sqrt(1 - rho), sqrt(rho)
        slope = self._slope(m * self._z + s * self._b)
        # Axes A, e, B, Q.
        g = eta * self._sign * (self._signal[:, :, None] * slope[:, None, :])[..., None]
        along, aside = m + g * self._z[..., None, None], s + g * self._b[:, None]
        rest = aside**2 + g**2 * self._chi2
        after = (rest / (along**2 + rest)).reshape(*self._signal.shape, -1) @ self._weights.ravel()
        return float((self._mass * after).sum() - rho)


@dataclass(frozen=True, slots=True)
class Plan:
    """A step eta with the mean of rho that the exact step has there, and with that of the law."""

    eta: float
    rho: float
    law: float

    @property
    def factor(self) -> float:
        """By how much a finite step changes the mean."""
        return self.rho / self.law


def plan(trial: Trial, rho: float) -> Plan:
    """The step at which the mean ``rho`` stays, with the spread of rho in the limit, sqrt(2/(d-1)) of it."""
    step, spread = ExactStep(trial), sqrt(2 / (DIMENSION - 1))

    def per_square(eta: float) -> float:
        return sum(step.move(eta, rho * (1 + side * spread)) for side in (1, -1)) / eta**2

    residual = float(trial.here.residual.mid()) * (DIMENSION - 1)
    eta = optimize.newton(per_square, rho / residual, x1=0.9 * rho / residual, rtol=1e-3, disp=False)
    return Plan(float(eta), rho, float(eta) * residual)
