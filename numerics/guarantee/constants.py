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

import numpy as np
from flint import arb, arb_mat

from ...link.label import Noise
from ...link.tree import Node
from ..deployment.columns import Columns, Doubles, Residual
from ..deployment.feature_sums import BITS, PARTS, Frame, RewardLaw, Tilted, on_parts, penalty
from ..deployment.gram import frobenius, identity, symmetric, upper
from ..expectation.labels import cumulants, score_terms
from ..expectation.oracle import Interval, ends
from ..precision import Unresolved, dyadic_below, exact, working

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
    def policy(self) -> RewardLaw:
        """Expectations under pi*."""
        return RewardLaw(self.link, self.link, self.biases, self.overlap, self.t_top)

    @cached_property
    def weighting(self) -> RewardLaw:
        """Expectations under the law that the weights tilt to: pi*, or the pilot's policy."""
        if self.pilot is None:
            return self.policy
        return RewardLaw(self.link, self.pilot, self.biases, self.overlap, self.t_top)

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
        with working(BITS), np.errstate(over="ignore", invalid="ignore"):
            return Constants(self, t, frame)


class Constants:
    """Upper bounds, in doubles rounded up, unless they are balls.

    slack: e. eta: of the reference. bias, cross: ||rho^0||_pi and |G^{-1/2}(Lambda theta^0 + g)|, pi the law
    of the weights. noise_energy, noise_spread: sqrt(F) and sqrt(v), v = ||Sigma|| (at overlap < 1: F).
    fourth: sigma^2. value, spread: V(pi*) (a ball) and sd_{pi*}(s); parts: both on equal parts of an interval
    of t, in order, as ``squares`` and ``policy_squares``: E (rho^0)^2 under the law of the weights and pi*.
    policy_norm: |E_{pi*} rho^0 varphi| and ||E_{pi*} varphi varphi'||. covariance, direction:
    |Cov_{pi*}(s, rho^0)| and |E_{pi*} (s - V) varphi|.
    """

    def __init__(self, model: Model, t: Fraction | Interval, frame: Frame) -> None:
        self.model, self.frame, self.ends = model, frame, ends(t)
        p, law = model.size, model.weighting
        at = law.columns(frame)
        rest = at.residuals(frame.thetas)
        tilted = Tilted(law, t, frame)
        (mass,) = tilted.means(1, [at.one], tilted.missed(1))
        gram, fine = self._gram(tilted, at, mass), penalty(frame, model.ridge)
        slack = frobenius(gram + fine - identity(p))
        if not slack < 1:
            raise Unresolved("the features' Gram matrix is not shown to be invertible")
        self.slack, root = slack, math.sqrt(1 - slack)
        missed, drifts = tilted.missed(1, rho=1, psi=1), [each.rho_psi for each in rest]
        self.cross = _length([v / mass for v in tilted.means(1, drifts, missed)]) / root
        pulls = [(fine * arb_mat([[v] for v in theta.value.tolist()])).entries() for theta in frame.thetas]
        most = max(map(_length, pulls))
        off = [each - Doubles.of(pull)[:, None, None] for each, pull in zip(drifts, pulls, strict=True)]
        self.eta = _length([v / mass for v in tilted.means(1, off, missed + most * tilted.missed(1))]) / root
        self.pull = most / root + self.eta
        self.weight_tilted, self.weight_mass = tilted, mass
        self.squares = self._squares(tilted, at, rest)
        self.bias = math.sqrt(max(self.squares))
        self._fluctuation(tilted, at, rest, mass)
        self._value(t)

    def _squares(self, tilted: Tilted, at: Columns, rest: Sequence[Residual]) -> list[float]:
        """E (rho^0)^2 on the parts of an interval of t."""
        masses = tilted.parts(1, [at.one], tilted.missed(1))
        squares = tilted.parts(1, [each.rho2 for each in rest], tilted.missed(1, rho=2))
        return [upper(x / m) for x, m in zip(squares, masses, strict=True)]

    def _gram(self, tilted: Tilted, at: Columns, mass: arb) -> arb_mat:
        found = tilted.means(1, [at.squares], tilted.missed(1, psi=2))
        return symmetric(arb_mat([[v / mass] for v in found]))[0]

    def _fluctuation(self, tilted: Tilted, at: Columns, rest: Sequence[Residual], mass: arb) -> None:
        """sqrt(F) and sigma^2, from second moments of the weights."""
        model = self.model
        factor, offset, variance = score_terms(model.noise, tilted.t, label=model.pilot is None)
        scale = factor / (mass * mass)
        fourths = tilted.below(2, [at.fourths], tilted.missed(2, psi=2, lengths=1))
        self.fourth = max(self._largest(fourths, scale)) / (1 - self.slack) ** 2
        (lengths,), (rho,), (rho2,) = (
            tilted.means(2, values, tilted.missed(2, rho=i, lengths=1))
            for i, values in enumerate(
                ([at.length], [each.rho_length for each in rest], [each.rho2_length for each in rest])
            )
        )
        energy = (rho2 + 2 * offset * rho + (offset * offset + variance) * lengths) * scale
        moved, root = self.eta * math.sqrt(self.fourth), math.sqrt(1 - self.slack)
        self.noise_energy = math.sqrt(upper(energy)) / root + moved
        self.noise_spread = self.noise_energy
        if model.overlap == 1:
            # Here u = z, and T_m of a product is the product.
            squares = (
                [at.squares],
                [at.squares * each.rho for each in rest],
                [at.squares * each.rho2 for each in rest],
            )
            sums = [
                tilted.means(2, values, tilted.missed(2, rho=i, psi=2)) for i, values in enumerate(squares)
            ]
            one, rho_, rho2_ = (symmetric(arb_mat([[v * scale] for v in found]))[0] for found in sums)
            matrix = rho2_ + rho_ * (2 * offset) + one * (offset * offset + variance)
            self.noise_spread = min(self.noise_energy, math.sqrt(largest_eigenvalue(matrix)) / root + moved)

    def _value(self, t: Fraction | Interval) -> None:
        """What the value gap needs under pi*."""
        model, frame = self.model, self.frame
        at = model.policy.columns(frame)
        rest = at.residuals(frame.thetas)
        self.policy_columns, self.policy_residual = at, rest
        # Label weights tilt to pi* itself.
        tilted = self.weight_tilted if model.pilot is None else Tilted(model.policy, t, frame)
        self.policy_tilted = tilted
        (mass,) = tilted.means(1, [at.one], tilted.missed(1))
        (first,) = tilted.means(1, [at.s], tilted.missed(1, s=1))
        self.policy_mass, self.value = mass, first / mass
        # About a number near V, so that hulls over t do not cancel.
        c = float(self.value.mid())
        off = at.s - Doubles(np.array(c), np.array(0.0))
        moved, size = self.value - c, abs(c)
        missed_once = tilted.missed(1, s=1) + size * tilted.missed(1)
        missed = tilted.missed(1, s=2) + 2 * size * tilted.missed(1, s=1) + size**2 * tilted.missed(1)
        squares = off * off
        (square,) = tilted.means(1, [squares], missed)
        self.spread = math.sqrt(upper(square / mass))

        def along(values: Sequence[Doubles], **q: int) -> list[arb]:
            """E_{pi*} (s - V) u for each u."""
            plain = tilted.means(1, values, missed := tilted.missed(1, **q))
            centred = tilted.means(
                1, [each * off for each in values], tilted.missed(1, s=1, **q) + size * missed
            )
            return [(a - moved * b) / mass for a, b in zip(centred, plain, strict=True)]

        self.covariance = upper(along([each.rho for each in rest], rho=1)[0])
        self.direction = _length(along([at.first], psi=1)) / math.sqrt(1 - self.slack)
        self.policy_squares, self.policy_norm = self.squares, (self.cross, 1.0)
        if model.pilot is not None:
            self.policy_squares = self._squares(tilted, at, rest)
            drifts = [each.rho_psi for each in rest]
            cross = [v / mass for v in tilted.means(1, drifts, tilted.missed(1, rho=1, psi=1))]
            gram = largest_eigenvalue(self._gram(tilted, at, mass))
            self.policy_norm = _length(cross) / math.sqrt(1 - self.slack), gram / (1 - self.slack)
        masses, values, others = (
            tilted.parts(1, [of], error)
            for of, error in ((at.one, tilted.missed(1)), (off, missed_once), (squares, missed))
        )
        self.parts = [
            (c + v / m, math.sqrt(upper(x / m))) for m, v, x in zip(masses, values, others, strict=True)
        ]

    def remainders(self, room: arb, radius: float) -> list[tuple[float, float]]:
        """E_{pi*} (rho^0)^2 e_2 and the largest eigenvalue of E_{pi*} varphi varphi' e_2 on parts, at most.

        e_2(x) = (e^x - 1 - x)/x^2 at x = t(sup s - s + R), sup s <= ``room``, R = ``radius``. e_2 grows and
        |e_2(x)| <= max(1, e^{Re x})/2, which bounds what the sums miss. e_2(tx) e^{ty} is convex in t. On
        equal parts of the interval of t.
        """
        with working(BITS), np.errstate(over="ignore", invalid="ignore"):
            tilted, at = self.policy_tilted, self.policy_columns
            reach, ends = room + radius, (tilted.low, tilted.high)[-len(tilted.weights[1].value) :]
            tops = _second_remainders(Doubles.of([ends]).transposed * (Doubles.of([reach]) - at.s[0]))
            lost = upper((tilted.high * (reach - self.frame.center)).exp().max(arb(1)))
            misfit, gram = (
                0.5 * (tilted.missed(1, **q) + lost * tilted.missed(0, **q)) for q in ({"rho": 2}, {"psi": 2})
            )
            if not np.isfinite(tops.value).all():
                return [(math.inf, math.inf)] * PARTS
            rho2 = [each.rho2 for each in self.policy_residual]
            squares = [x / self.policy_mass for (x,) in tilted.below(1, rho2, misfit, tops)]
            scale = 1 / (self.policy_mass * (1 - self.slack))
            matrices = map(arb, self._largest(tilted.below(1, [at.squares], gram, tops), scale))
            found = (map(upper, on_parts(each)) for each in (squares, list(matrices)))
            return list(zip(*found, strict=True))

    @staticmethod
    def _largest(ends: Sequence[Sequence[arb]], scale: arb) -> list[float]:
        """The largest eigenvalue of each matrix with these entries i >= j times ``scale``."""
        matrices = symmetric(arb_mat([[v * scale for v in found] for found in ends]).transpose())
        return [largest_eigenvalue(matrix) for matrix in matrices]


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


def _second_remainders(x: Doubles) -> Doubles:
    """e_2(x) at x >= 0, at most."""
    most = np.maximum(x.value + x.off, 0.0)
    safe = np.maximum(most, 1e-3)
    # e_2(x) <= e^x/2, where cancellation would spoil the quotient.
    found = np.where(most < 1e-3, np.exp(most) / 2, (np.expm1(safe) - safe) / safe**2) * (1 + 1e-9)
    return Doubles(found, np.zeros_like(found))


def _length(vector: Sequence[arb]) -> float:
    return math.sqrt(upper(sum((v * v for v in vector), arb(0))))
