"""What must be bounded point by point: what clipping can change, and how large a sample's part can be.

E |s - V| (|rho| + |varphi| r - m)_+ and sup |G^{-1/2} (w psi (y - f) - Lambda theta)|, by cells of z, and of
v for overlap < 1 (u = m z + sqrt(1-m^2) v). On each one the link is held by the mean value theorem, at a kink
by its own hull; the features and the fixed fit by Taylor polynomials on cells of u. In doubles, rounded up.
Where a clip range cuts into the range of the link, ||s - clip(s)||_{pi*} is enclosed.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache

import numpy as np
from flint import arb, arb_mat
from scipy import special

from ...link.build import call, combine
from ...link.tree import Neg, Node, Num, Var, substitute
from ..deployment.feature_sums import BITS, Frame, RewardLaw, Tilted
from ..deployment.gram import doubles, upper
from ..expectation.oracle import Interval, ends
from ..expectation.tail_growth import limits
from ..lowering.arb import NotAnalytic, compile_arb
from ..lowering.balls import Dual, Function
from ..lowering.pointwise import Array
from ..precision import Unresolved, exact, working
from .constants import Constants, noise_fourth, noise_reach

#: At least sup |tanh''|.
_BEND = 0.77
#: Covers the rounding of some hundred operations in doubles.
MORE = 1 + 1e-10
_CELLS = 64


@dataclass(frozen=True)
class Curve:
    """On cells of u: |psi~| at most, and each reference psi~'theta^0 at the middles with its slope there.

    curve: |psi~'theta^0 - its tangent at the middle| at most, on each cell.
    """

    length: Array
    fit: Array
    slope: Array
    curve: Array

    @classmethod
    def of(cls, frame: Frame, biases: Sequence[Fraction], u: Array, half: Array | float) -> Curve:
        """The cells of middles u and half widths ``half``."""
        values = [np.tanh(u - float(b)) for b in biases]
        bent = _BEND * half * half / 2

        def line(theta: Array) -> tuple[Array, Array, Array]:
            value, slope = np.full(u.shape, theta[0]), np.zeros(u.shape)
            for weight, at in zip(theta[1:], values, strict=True):
                value += weight * at
                slope += weight * (1 - at * at)
            return value, slope, np.broadcast_to(np.abs(theta[1:]).sum() * bent * MORE, u.shape)

        square = np.zeros(u.shape)
        for value, slope, curve in map(line, doubles(frame.matrix).T):
            square += (np.abs(value) + np.abs(slope) * half + curve + 1e-12) ** 2
        fits = zip(*map(line, doubles(arb_mat(frame.raws))), strict=True)
        return cls(np.sqrt(square) * MORE, *map(np.array, fits))


def whole(frame: Frame, biases: Sequence[Fraction]) -> tuple[float, float, float]:
    """|psi~| at most on the whole line, and bounds of every reference psi~'theta^0 there."""
    edge = 20 + math.ceil(max((abs(b) for b in biases), default=0))
    u = np.arange(-edge * _CELLS, edge * _CELLS + 1) / _CELLS
    half = 0.5 / _CELLS
    curve = Curve.of(frame, biases, u, half)
    # Beyond the edge every tanh is within 2e^{-40} of its value there.
    settled = 2 * math.exp(-40)
    length = float(curve.length.max()) + settled * frame.size * math.sqrt(1 + len(biases))
    off = (np.abs(curve.slope) * half + curve.curve) * MORE + (settled + 1e-12) * frame.fit
    return length, float((curve.fit - off).min()), float((curve.fit + off).max())


#: Cells of z, a unit and up to this radius; cells of v.
_CELLS, _RADIUS = 64, 12
_ACROSS, _WIDTH = 64, 8.0
#: Cells on which a function moves more than this share of its range are halved, if no more than so many are,
#: down to this width.
_STEEP, _MANY, _NARROWEST = 0.02, 512, Fraction(1, 2**14)
_BITS = 64


@dataclass(frozen=True)
class Cells:
    """A function s on cells of [-12, 12], and hulls of s' (nan at a kink).

    middle, half: of each cell, with half its width. s: at the middle. off: |s - s(middle)| at most.
    """

    middle: Array
    half: Array
    s: Array
    off: Array
    slope: Array
    spread: Array


@lru_cache(maxsize=64)
def cells(*trees: Node) -> tuple[Cells, ...]:
    """Functions on the same cells; infinite where a function is not bounded on a cell.

    Cells on which one is steep are halved, as long as they are not too many.
    """
    functions, half = [compile_arb(tree) for tree in trees], Fraction(1, 2 * _CELLS)
    waiting = [(2 * i + 1) * half for i in range(-_RADIUS * _CELLS, _RADIUS * _CELLS)]
    rows, steep = list[list[list[float]]](), list[float]()
    with working(_BITS):
        while waiting:
            found = [[_cell(function, middle, half) for function in functions] for middle in waiting]
            if not steep:
                values = [[row[2] for row in column] for column in zip(*found, strict=True)]
                steep = [_STEEP * (max(each) - min(each)) for each in values]
            split = [any(row[3] > most for row, most in zip(at, steep, strict=True)) for at in found]
            if sum(split) > _MANY or half < _NARROWEST:
                split = [False] * len(split)
            rows += [at for at, again in zip(found, split, strict=True) if not again]
            half /= 2
            waiting = [
                m + side * half for m, again in zip(waiting, split, strict=True) if again for side in (-1, 1)
            ]
    tables = (np.array(column).T for column in zip(*sorted(rows), strict=True))
    return tuple(
        Cells(middle, width, s, off * MORE + 1e-15, slope, spread * MORE)
        for middle, width, s, off, slope, spread in tables
    )


def _cell(function: Function, middle: Fraction, half: Fraction) -> list[float]:
    """Middle, half width, s there, how far s is off on the cell, and the middle and radius of its slope."""
    at, slope = exact(middle), arb.pos_inf()
    cell = at + arb(0, exact(half))
    s = arb(function(at))
    try:
        dual = function(Dual(cell, arb(1)))
        slope = dual.slope if isinstance(dual, Dual) else arb(0)
    except NotAnalytic:
        pass
    off = (slope * exact(half) if slope.is_finite() else arb(function(cell)) - s).abs_upper()
    value, tangent = float(s.mid()), float(slope.mid())
    lost = float(s.rad()) + math.ulp(value), float(slope.rad()) + math.ulp(tangent)
    return [float(middle), float(half), value, float(off) + lost[0], tangent, lost[1]]


class Pointwise:
    """Both for one set of constants; low, high: bounds of the link from outside, finite."""

    def __init__(self, constants: Constants, low: float, high: float) -> None:
        model, frame = constants.model, constants.frame
        self._constants, self._low, self._high = constants, low, high
        pilot = () if model.pilot is None else (model.pilot,)
        self._grid, *others = cells(model.link, *pilot)
        self._reward, grid = (*others, self._grid)[0], self._grid
        along = [float(m) for m in ends(model.overlap)]
        beside = [math.sqrt(1 - m * m) for m in along]
        v, chance, width = np.zeros(1), np.ones(1), 0.0
        if model.overlap != 1:
            edges = np.linspace(-_WIDTH, _WIDTH, _ACROSS + 1)
            # Two values of ndtr near 1 are off by some 10^-16 each.
            v, chance = (edges[1:] + edges[:-1]) / 2, np.diff(special.ndtr(edges)) * MORE + 1e-15
            width = float(edges[1] - edges[0]) / 2
        # u = m z + sqrt(1 - m^2) v, over every m of the cell too.
        half: Array | float
        (overlap, moved), (across, turned) = (
            ((a + b) / 2, abs(b - a) / 2 + 1e-15) for a, b in (along, beside)
        )
        z = grid.middle[:, None]
        half = (overlap + moved) * grid.half[:, None] + (across + turned) * width
        half = (half + moved * np.abs(z) + turned * np.abs(v)) * MORE
        curve = Curve.of(frame, model.biases, overlap * z + across * v, half)
        root = math.sqrt(1 - constants.slack)
        self._length = curve.length / root * MORE
        off = grid.off[:, None] + np.abs(curve.slope) * half
        if model.overlap == 1:
            # Link and fit move together: the mean value theorem for their difference.
            joint = (np.abs(grid.slope[:, None] - curve.slope) + grid.spread[:, None]) * half
            off = np.where(np.isfinite(joint), np.minimum(off, joint), off)
        rho = (np.abs(grid.s[:, None] - curve.fit) + off + curve.curve) * MORE + 1e-12
        # Between two references rho lies between both.
        self._rho = rho.max(axis=0)
        self._chance, self._eta = chance, constants.eta
        # Beyond the cells everything is taken at its largest.
        length, lowest, highest = whole(frame, model.biases)
        self._furthest = (max(high - lowest, highest - low) * MORE, length / root * MORE)
        # |rho| beyond those of v, where u may be anything, on each cell of z.
        self._across = (np.maximum(highest - grid.s, grid.s - lowest) + grid.off) * MORE + 1e-12

    def clipped(self, radius: float, low: float, high: float) -> float:
        """E_{pi*} |s - V| (|rho| + |varphi| r - m)_+ at most, m the distance of s to low and high."""
        constants = self._constants
        grid, value, reached = self._grid, constants.value, radius + self._eta
        room = np.minimum(grid.s - low, high - grid.s) - grid.off - 1e-12
        far = (np.abs(grid.s - float(value.mid())) + grid.off) * MORE + float(value.rad()) + 1e-12
        over = np.maximum(self._rho + self._length * reached - np.maximum(room, 0.0)[:, None], 0.0)
        tilt = _tilt(constants.policy_tilted, constants.policy_mass, grid, self._high)
        inside = float(((tilt * _density(grid) * far)[:, None] * self._chance * over).sum())
        beyond = special.erfc(_RADIUS / math.sqrt(2)) / _total(
            constants.policy_tilted, constants.policy_mass, self._high
        )
        if constants.model.overlap != 1:
            beyond += special.erfc(_WIDTH / math.sqrt(2)) + 1e-15
        size, length = self._furthest
        return float(inside + (self._high - self._low) * beyond * (size + length * reached)) * MORE

    def largest(self, ceiling: float) -> float:
        """|G^{-1/2} (w psi (y - f) - Lambda theta)| at most; infinite for labels without bound.

        ceiling: of the reward in the weights.
        """
        constants, model = self._constants, self._constants.model
        if model.noise.kind == "gaussian" or not math.isfinite(ceiling):
            return math.inf
        label = model.pilot is None
        growth, shifted = noise_reach(model.noise, constants.weight_tilted.t, label=label)
        reward = model.link if model.pilot is None else model.pilot
        law = constants.weight_tilted, constants.weight_mass

        def part(rho: Array, length: Array) -> Array:
            return np.asarray((growth * (rho + self._eta * length) + shifted) * length)

        tilt = _tilt(*law, self._reward, ceiling)
        inside = float((tilt[:, None] * part(self._rho, self._length)).max())
        size, length = (np.full(2, x) for x in self._furthest)
        if model.overlap == 1:
            size, length = self._tails()
        else:
            inside = max(inside, float((tilt * part(self._across, length[:1])).max()))
        most = [min(_most(reward, side), ceiling) for side in (-1, 1)]
        tilt = np.exp(math.nextafter(float(law[0].low), 0.0) * (np.array(most) - ceiling)) / _total(
            *law, ceiling
        )
        outside = float((tilt * part(size, length)).max())
        return (max(inside, outside) + constants.pull) * MORE

    def fourth(self, ceiling: float) -> float:
        """(E |G^{-1/2} (w psi (y - f) - Lambda theta)|^4)^{1/4} at most."""
        constants, model = self._constants, self._constants.model
        label = model.pilot is None
        factor, kappa, a, b, c = noise_fourth(model.noise, constants.weight_tilted.t, label=label)
        law = constants.weight_tilted, constants.weight_mass
        grid = self._reward

        def part(rho: Array, length: Array) -> Array:
            x = rho + self._eta * length + kappa
            with np.errstate(over="ignore"):  # infinite is a bound too
                return np.asarray((x**4 + a * x**2 + b * x + c) * length**4)

        weight = _density(grid) * _tilt(*law, grid, ceiling) ** 4
        inside = float((weight[:, None] * self._chance * part(self._rho, self._length)).sum())
        chance = special.erfc(_RADIUS / math.sqrt(2))
        if model.overlap != 1:
            chance += special.erfc(_WIDTH / math.sqrt(2)) + 1e-15
        most = part(*(np.full(1, x) for x in self._furthest))
        outside = float(chance * most[0]) / _total(*law, ceiling) ** 4
        return float((factor * (inside + outside)) ** 0.25 + constants.pull) * MORE

    def _tails(self) -> tuple[Array, Array]:
        """|rho| and |varphi| at most for z <= -12 and z >= 12, where u = z and the features have settled."""
        model, frame = self._constants.model, self._constants.frame
        ends = np.array([-float(_RADIUS), float(_RADIUS)])
        curve = Curve.of(frame, model.biases, ends, 0.0)
        settled = 2 * math.exp(-2 * (_RADIUS - max((abs(float(b)) for b in model.biases), default=0.0)))
        length = (curve.length + settled * frame.size * math.sqrt(model.size)) * MORE
        high = np.array([min(_most(model.link, side), self._high) for side in (-1, 1)])
        low = np.array([max(-_most(Neg(model.link), side), self._low) for side in (-1, 1)])
        rho = np.maximum(high - curve.fit, curve.fit - low).max(axis=0) + settled * frame.fit + 1e-12
        return rho * MORE, length / math.sqrt(1 - self._constants.slack) * MORE


@lru_cache(maxsize=64)
def _most(tree: Node, side: int) -> float:
    """The largest value for side * z >= 12, at most; infinite where none is seen."""
    with working(_BITS):
        _, high = limits(tree if side > 0 else substitute(tree, Neg(Var())), arb(_RADIUS))
        return math.inf if high is None else math.nextafter(float(high.upper()), math.inf)


def _density(grid: Cells) -> Array:
    """The normal law's mass of each cell, at most."""
    x = np.abs(grid.middle) * grid.half
    density = np.exp(-(grid.middle**2) / 2) / math.sqrt(2 * math.pi)
    return np.asarray(density * 2 * grid.half * np.sinh(x) / x * MORE)


def _total(tilted: Tilted, mass: arb, ceiling: float) -> float:
    """E e^{t(r - ceiling)} at least, for every t of the cell: it falls in t.

    Raises Unresolved where its fourth power leaves the doubles.
    """
    with working(_BITS):
        shift = (tilted.high * (tilted.center - arb(ceiling))).exp()
        total = float((mass * shift).abs_lower()) / MORE
    if not total**4 > 0:
        raise Unresolved("the largest weights are too large for doubles beside their mean")
    return total


def _tilt(tilted: Tilted, mass: arb, grid: Cells, ceiling: float) -> Array:
    """e^{tr}/E e^{tr} on each cell of the reward r <= ceiling, at most, for every t of the cell of t."""
    ends = math.nextafter(float(tilted.low), 0.0), math.nextafter(float(tilted.high), math.inf)
    away = np.minimum(grid.s + grid.off, ceiling) - float(tilted.center)
    with np.errstate(over="ignore"):
        weight = np.exp(np.maximum(*(end * away for end in ends)) + 1e-9)
    return np.asarray(weight / float(mass.abs_lower()) * MORE)


@dataclass(frozen=True)
class Beyond:
    """||s - clip(s)||_{pi*} at most, of a clip range that cuts into the range of the link.

    law: of s - clip(s) under the tilt by s.
    """

    law: RewardLaw

    @classmethod
    def of(cls, link: Node, clip: tuple[float, float], t_top: Fraction) -> Beyond:
        low, high = (Num(Fraction(end)) for end in clip)
        away = combine("-", link, call("clip", (link, low, high)))
        # A law serves twice its t_top, for squares of weights: there are none here.
        return cls(RewardLaw(away, link, (), Fraction(1), t_top / 2))

    def at(self, t: Fraction | Interval) -> float:
        """The bound at t, or for all t of an interval."""
        with working(BITS):
            plain = Frame.plain()
            tilted, at = Tilted(self.law, t, plain), self.law.columns(plain)
            (mass,) = tilted.means(1, [at.one], tilted.error(1, 0))
            (square,) = tilted.means(1, [at.s * at.s], tilted.error(1, 2))
            return math.sqrt(upper(square / mass))
