"""The constants of the finite-sample bound at one t, or on an interval of them, bounded by enclosure.

With G = H + Lambda in the frame of a reference theta^0 and e >= ||G - 1||, norms in the metric of G are
within (1 -+ e)^(1/2) of plain ones. theta_0(t) = theta^0 + G^{-1} g with g = E_pi[rho^0 psi~] - Lambda
theta^0, so that the ideal fit is within |varphi| eta of the reference, eta = |g|/sqrt(1 - e).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import cached_property
from itertools import pairwise

from flint import arb, arb_mat

from ...link.label import NOISELESS, Noise
from ...link.tree import Node
from ..deployment.feature_sums import frobenius, identity, symmetric, upper
from ..expectation.noise import cumulants
from ..expectation.oracle import Interval, ends
from ..lowering.zeros import Unresolved
from ..precision import dyadic_below, exact, working
from .sums import BITS, Columns, Frame, Law, Residual, Tilted, penalty

#: Squarings in the bound of a largest eigenvalue, whose error is the factor p^(1/64).
_SQUARINGS = 6
#: Cells of uniform noise.
_PARTS = 64
#: How far the Gram matrix may bend within a cell of overlaps. Widths in log m: the first cell's as a part of
#: the range, or of the widest one; growth from cell to cell.
_BENT, _FIRST_CELL, _WIDER, _GROWTH = 1 / 20, 1 / 32, 4, 1.6


@dataclass(frozen=True)
class Model:
    """The fit that is trained and deployed: features 1, tanh(u - b), ridge matrix ``ridge`` P, overlap m.

    An interval of overlaps is served by its ``cells``, whose constants hold for all m of them.
    P is the identity without the intercept, over the normaliser M_y of the weights. pilot None: label weights
    e^{ty}. Else weights e^{t pilot(z)}, the pilot fixed before the samples. t_top: the largest t served.
    """

    link: Node
    noise: Noise
    biases: tuple[Fraction, ...]
    ridge: Fraction
    overlap: Fraction | Interval
    t_top: Fraction
    pilot: Node | None = None

    @property
    def size(self) -> int:
        """The number p of features."""
        return 1 + len(self.biases)

    @cached_property
    def policy(self) -> Law:
        """Expectations under pi*."""
        return Law(self.link, self.link, self.biases, self.overlap, self.t_top)

    @cached_property
    def weighting(self) -> Law:
        """Expectations under the law that the weights tilt to: pi*, or the pilot's policy."""
        if self.pilot is None:
            return self.policy
        return Law(self.link, self.pilot, self.biases, self.overlap, self.t_top)

    @cached_property
    def cells(self) -> tuple[Model, ...]:
        """The model at a single overlap; else cells of a range, from its lower end on.

        There the bound is largest, and the cells are narrowest.
        """
        if not isinstance(self.overlap, Interval):
            return (self,)
        low, high = self.overlap.lower, self.overlap.upper
        lowest = replace(self, overlap=low).weighting.frame(self.t_top, self.ridge)
        widest = math.sqrt(8 * _BENT / self.size / float(lowest.curvatures[2, 0]))
        width, cuts = min(math.log(high / low) * _FIRST_CELL, widest / _WIDER), [low]
        while (cut := dyadic_below(float(cuts[-1]) * math.exp(width), 20)) < high:
            cuts.append(cut)
            width = min(width * _GROWTH, widest)
        return tuple(replace(self, overlap=Interval(*pair)) for pair in pairwise([*cuts, high]))

    def constants(self, t: Fraction | Interval, frame: Frame) -> Constants:
        """The constants at t, or hulls over an interval of t.

        Raises Unresolved where the Gram matrix is not shown to be near the identity in this frame.
        """
        with working(BITS):
            return Constants(self, t, frame)


class Constants:
    """Upper bounds, in doubles rounded up, unless they are balls.

    slack: e. eta: of the reference. bias, cross: ||rho^0||_pi and |G^{-1/2}(Lambda theta^0 + g)|, pi the law
    of the weights. noise_energy, noise_spread: sqrt(F) and sqrt(v), v = ||Sigma|| (at overlap < 1: F).
    fourth: sigma^2. value, spread: V(pi*) (a ball) and sd_{pi*}(s). covariance, direction:
    |Cov_{pi*}(s, rho^0)| and |E_{pi*} (s - V) varphi|.
    """

    def __init__(self, model: Model, t: Fraction | Interval, frame: Frame) -> None:
        self.model, self.frame, self.ends = model, frame, ends(t)
        p, law = model.size, model.weighting
        at = law.columns(frame)
        rest = at.residual(frame.theta)
        tilted = Tilted(law, t, frame)
        (mass,) = tilted.means(1, [[arb(1)] * len(at.s)], [tilted.missed(1)])
        gram, fine = self._gram(tilted, at, mass), penalty(frame, model.ridge)
        slack = frobenius(gram + fine - identity(p))
        if not slack < 1:
            raise Unresolved("the features' Gram matrix is not shown to be invertible")
        self.slack, root = slack, math.sqrt(1 - slack)
        missed = tilted.missed(1, rho=1, psi=1)
        drift = [v / mass for v in tilted.means(1, rest.rho_psi, [missed] * p)]
        pull = (fine * arb_mat([[v] for v in frame.theta])).entries()
        self.eta = _length([g - v for g, v in zip(drift, pull, strict=True)]) / root
        self.cross = _length(drift) / root
        self.pull = _length(pull) / root + self.eta
        self.weight_tilted, self.weight_mass = tilted, mass
        (square,) = tilted.means(1, [rest.rho2], [tilted.missed(1, rho=2)])
        self.bias = math.sqrt(upper(square / mass))
        self._fluctuation(tilted, at, rest, mass)
        self._value(t)

    def _gram(self, tilted: Tilted, at: Columns, mass: arb) -> arb_mat:
        found = tilted.means(1, at.squares, [tilted.missed(1, psi=2)] * len(at.squares))
        return symmetric(arb_mat([[v / mass] for v in found]))[0]

    def _fluctuation(self, tilted: Tilted, at: Columns, rest: Residual, mass: arb) -> None:
        """sqrt(F) and sigma^2, from second moments of the weights."""
        model = self.model
        factor, offset, variance = noise_terms(model.noise, tilted.t, label=model.pilot is None)
        scale = factor / (mass * mass)
        quartic = tilted.missed(2, psi=2, lengths=1)
        fourths = tilted.means(2, at.fourths, [quartic] * len(at.fourths))
        (fourth,) = symmetric(arb_mat([[v * scale] for v in fourths]))
        self.fourth = largest_eigenvalue(fourth) / (1 - self.slack) ** 2
        lengths, rho, rho2 = tilted.means(
            2,
            [at.length, rest.rho_length, rest.rho2_length],
            [tilted.missed(2, rho=i, lengths=1) for i in range(3)],
        )
        energy = (rho2 + 2 * offset * rho + (offset * offset + variance) * lengths) * scale
        moved, root = self.eta * math.sqrt(self.fourth), math.sqrt(1 - self.slack)
        self.noise_energy = math.sqrt(upper(energy)) / root + moved
        self.noise_spread = self.noise_energy
        if model.overlap == 1:
            one, rho_, rho2_ = (
                symmetric(arb_mat([[v * scale] for v in tilted.means(2, columns, [missed] * len(columns))]))[
                    0
                ]
                for columns, missed in (
                    (columns, tilted.missed(2, rho=i, psi=2))
                    for i, columns in enumerate((at.squares, *self._scores(at, rest)))
                )
            )
            matrix = rho2_ + rho_ * (2 * offset) + one * (offset * offset + variance)
            self.noise_spread = min(self.noise_energy, math.sqrt(largest_eigenvalue(matrix)) / root + moved)

    @staticmethod
    def _scores(at: Columns, rest: Residual) -> tuple[list[list[arb]], list[list[arb]]]:
        """rho^0 psi~_i psi~_j and (rho^0)^2 psi~_i psi~_j for u = z."""
        first, second = (
            [[v * q for v, q in zip(rho, one, strict=True)] for one in at.squares]
            for rho in (rest.rho, rest.rho2)
        )
        return first, second

    def _value(self, t: Fraction | Interval) -> None:
        """What the value gap needs under pi*."""
        model, frame = self.model, self.frame
        p, at = model.size, model.policy.columns(frame)
        s, rest = at.s, at.residual(frame.theta)
        self.policy_columns, self.policy_residual = at, rest
        # Label weights tilt to pi* itself.
        tilted = self.weight_tilted if model.pilot is None else Tilted(model.policy, t, frame)
        self.policy_tilted = tilted
        errors = [tilted.missed(1, s=power) for power in range(3)]
        one = [arb(1)] * len(s)
        mass, first, second = tilted.means(1, [one, s, [v * v for v in s]], errors)
        self.policy_mass = mass
        self.value = mean = first / mass
        self.spread = math.sqrt(upper(second / mass - mean * mean))
        (rho, s_rho) = tilted.means(
            1,
            [rest.rho, [v * r for v, r in zip(s, rest.rho, strict=True)]],
            [tilted.missed(1, rho=1), tilted.missed(1, s=1, rho=1)],
        )
        self.covariance = upper((s_rho - mean * rho) / mass)
        self.policy_norm = self._policy_norm(tilted, at, rest, mass)
        self.least_value = mean if self.ends[0] == self.ends[1] else self._value_at(tilted.low)
        weighted = [[v * x for v, x in zip(s, column, strict=True)] for column in at.first]
        along = tilted.means(1, weighted, [tilted.missed(1, s=1, psi=1)] * p)
        plain = tilted.means(1, at.first, [tilted.missed(1, psi=1)] * p)
        off = [(a - mean * b) / mass for a, b in zip(along, plain, strict=True)]
        self.direction = _length(off) / math.sqrt(1 - self.slack)

    def _policy_norm(
        self, tilted: Tilted, at: Columns, rest: Residual, mass: arb
    ) -> tuple[float, float, float]:
        """E_{pi*} rho^2, |E_{pi*} rho varphi| and ||E_{pi*} varphi varphi'||, at most."""
        if self.model.pilot is None:
            return self.bias**2, self.cross, 1.0
        missed = [tilted.missed(1, rho=2), *[tilted.missed(1, rho=1, psi=1)] * self.model.size]
        first, *cross = (v / mass for v in tilted.means(1, [rest.rho2, *rest.rho_psi], missed))
        gram = largest_eigenvalue(self._gram(tilted, at, mass))
        return upper(first), _length(cross) / math.sqrt(1 - self.slack), gram / (1 - self.slack)

    def _value_at(self, t: arb) -> arb:
        """V(pi*) at one t, where V, which grows with t, is least."""
        design = self.model.policy.design
        weights = [
            m * (t * (r - self.frame.center)).exp() for m, r in zip(design.mass, design.r, strict=True)
        ]
        sums = arb_mat([[arb(1)] * len(weights), design.s]) * arb_mat([[w] for w in weights])
        mass, first = (
            value + arb(0, self.policy_tilted.error(1, power)) for power, value in enumerate(sums.entries())
        )
        return first / mass

    def remainders(self, room: arb, radius: float) -> tuple[float, float]:
        """E_{pi*} (rho^0)^2 e_2 and the largest eigenvalue of E_{pi*} varphi varphi' e_2, at most.

        e_2(x) = (e^x - 1 - x)/x^2 at x = t(sup s - s + R), sup s <= ``room``, R = ``radius``. e_2 grows and
        |e_2(x)| <= max(1, e^{Re x})/2, which bounds what the sums miss.
        """
        with working(BITS):
            tilted, at = self.policy_tilted, self.policy_columns
            top, reach = tilted.high, room + radius
            tops = [_second_remainder((top * (reach - s)).upper()) for s in at.s]
            lost = upper((top * (reach - self.frame.center)).exp().max(arb(1)))
            misfit, gram = (
                0.5 * (tilted.missed(1, **q) + lost * tilted.missed(0, **q)) for q in ({"rho": 2}, {"psi": 2})
            )
            columns = (self.policy_residual.rho2, *at.squares)
            square, *pairs = tilted.means(
                1,
                [[v * e for v, e in zip(column, tops, strict=True)] for column in columns],
                [misfit] + [gram] * len(at.squares),
            )
            (matrix,) = symmetric(arb_mat([[v / self.policy_mass] for v in pairs]))
            return upper(square / self.policy_mass), largest_eigenvalue(matrix) / (1 - self.slack)


def noise_terms(noise: Noise, t: arb, *, label: bool) -> tuple[arb, arb, arb]:
    """(factor, kappa, nu): E[w^2 (y - f)^2 | z] = factor e^{2tr} ((rho + kappa)^2 + nu)/M^2, with w over E w.

    Label weights: e^{K_e(2t) - 2K_e(t)}, K_e'(2t) - K_e'(t), K_e''(2t). Surrogate weights: 1, 0, Var e.
    """
    if not label:
        return arb(1), arb(0), cumulants(noise, arb(0))[2]
    if noise == NOISELESS:
        return arb(1), arb(0), arb(0)
    once, twice = cumulants(noise, t), cumulants(noise, 2 * t)
    return (twice[0] - 2 * once[0]).exp(), twice[1] - once[1], twice[2]


def noise_fourth(noise: Noise, t: arb, *, label: bool) -> tuple[float, float, float, float, float]:
    """(factor, kappa, a, b, c) with E[w^4 (y - f)^4 | z] <= factor e^{4tr} (x^4 + a x^2 + b x + c)/M^4.

    x = |rho| + kappa; w over E w; from the cumulants of the noise at 4t, or at 0 without the label.
    """
    with working(BITS):
        log_mass, slope, second, third, fourth = cumulants(noise, 4 * t if label else arb(0))
        once = cumulants(noise, t) if label else (arb(0), arb(0))
        factor, kappa = upper((log_mass - 4 * once[0]).exp()), upper(abs(slope - once[1]))
        tail = upper(abs(fourth + 3 * second * second))
        return factor, kappa, 6 * upper(second), 4 * upper(abs(third)), tail


def noise_reach(noise: Noise, t: arb, *, label: bool) -> tuple[float, float]:
    """For bounded noise e^{te - K_e(t)}, and that times |e - K_e'(t)|, at most; 1 and |e| without label."""
    with working(BITS):
        reach = exact(noise.scale)
        if not label:
            return 1.0, upper(reach)
        log_mass, shift, *_ = cumulants(noise, t)
        parts = [arb(-1), arb(1)]
        if noise.kind == "uniform":
            parts = [arb(2 * i + 1, 1) / _PARTS for i in range(-_PARTS // 2, _PARTS // 2)]
        values = [((t * reach * x - log_mass).exp(), abs(reach * x - shift)) for x in parts]
        return max(upper(w) for w, _ in values), max(upper(w * off) for w, off in values)


def largest_eigenvalue(matrix: arb_mat) -> float:
    """At most p^(1/64) times too large, for a positive semidefinite matrix of size p.

    (tr A^k)^(1/k) for k = 64, over the trace so that no power leaves the balls' range.
    """
    p = matrix.nrows()
    trace = upper(sum((matrix[j, j] for j in range(p)), arb(0)))
    if not 0 < trace < math.inf:
        return trace
    power = matrix / arb(trace)
    for _ in range(_SQUARINGS):
        power = power * power
    share = upper(sum((power[j, j] for j in range(p)), arb(0)))
    return min(trace, trace * float(share ** (1 / 2**_SQUARINGS)) * (1 + 1e-9))


def _second_remainder(x: arb) -> arb:
    """e_2(x) at x >= 0, an upper bound."""
    if x < arb("1e-6"):
        # e_2(x) <= e^x/2.
        return (x.exp() / 2).upper()
    return ((x.exp() - 1 - x) / (x * x)).upper()


def _length(vector: Sequence[arb]) -> float:
    return math.sqrt(upper(sum((v * v for v in vector), arb(0))))
