"""Links that are analytic in a strip around the line: the trapezoidal rule with a proved error.

For f analytic on the rectangle |Re z| <= R = (N + 1/2) h, |Im z| <= a, and real on the line,

    |h sum_{|j| <= N} f(jh) - int_{-R}^R f| <= 2 L/(e^{2 pi a/h} - 1) + 4 int_0^a S(y)/(1 + e^{2 pi y/h}) dy,

L the integral of |f| along Im z = a and S(y) the larger |f(+-R + iy)|: the residues of
f(z)/(1 - e^{-2 pi i z/h}) at the nodes give the sum, and the rest is the rim of the rectangle (Trefethen and
Weideman, The exponentially convergent trapezoidal rule, SIAM Review 56, 2014; on the vertical sides
e^{2 pi i z/h} = -e^{-2 pi y/h}). The nodes do not depend on the link: the Gaussian weight and He_k at
them are kept for all links.

A link such as tanh(z), whose singularities all lie on the imaginary axis, is analytic in a region that widens
away from 0. The map z = c sinh u takes the strip |Im u| <= v to the part of it between the branches of a
hyperbola, through +-i c sin v, and the rule is that of u: with a step that grows with |z| it takes a third of
the nodes or fewer. For v < pi/4 the Gaussian decays there too.
"""

import math
from bisect import bisect_left, bisect_right
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from itertools import pairwise

import numpy as np
from flint import acb, arb

from ...link.tree import Bin, Call, Const, Neg, Node, Num, Var, children, is_constant
from ..lowering.arb import both_sides, compile_arb, symmetry, values
from ..lowering.functions import FUNCTIONS
from ..lowering.pointwise import Array, compile_numpy, log_hermite
from ..precision import working
from ..work import size, spend
from .complex_boxes import ASIDE, BOX_BITS, ROWS, Rectangle, rim
from .nodes import UNIT, Integrands, Table, lattice

_BITS = 53
#: Half widths a of the strip that are tried, as far up as the link is shown to be analytic.
_HEIGHTS = tuple(2.0 ** (j / 8) for j in range(-24, 25))
#: Which parts of the height known from the syntax are tried: lower gains nothing, and close to a
#: singularity the boxes see much more of it than the points of the scan.
_LEAST_PART, _LARGEST_PART = 0.5, 0.93
#: Where the boxes of the strip end, on either side of 0.
_ENDS = (0.0, 1.0, 2.0, 3.0, 5.0, 8.0, 12.0, 20.0, 40.0, 100.0, 300.0)
#: How many boxes may resist before a rectangle is given up.
_RESISTING = 12
#: How many heights are below the ends of the climbs to the highest strip: the lowest are climbed at once.
_CLIMB = (0, *range(13, len(_HEIGHTS) + 1, 4))
#: A height at which the step is within this factor of what a lower one could reach at best is taken.
_NEARLY = 1.2
#: Boxes at one height, for the count of work.
_BOXES = 32
#: Heights at which the bound on the line is computed, at most.
_TRIED = 3
#: Points on the lines of all heights, for a scan: rows are heights.
_SIDE = np.array([0.3, 0.8, 1.6, 2.7, 4, 5.5, 7, 9, 12])
_SCAN = np.array([*-_SIDE, 0, *_SIDE]) + 1j * np.array([_HEIGHTS]).T
_SCAN_DENSITY = (_SCAN.imag**2 - _SCAN.real**2) / 2
#: About the log of the length that counts, with the factors of the error bound.
_LENGTH = 3.0
#: Logarithms of bounds are computed in doubles; this covers their rounding many times over.
_SLACK = 1e-6
_FROM_BELOW = np.arange(ROWS)
#: Functions whose singularities, at Im w = +-strip and beyond, all have Re w = 0.
_ON_THE_AXIS = frozenset(("tanh", "sigmoid", "silu", "atan"))
#: Bent strips by their height v and how near to the first singularity they cross the axis: for low orders,
#: for high ones, which rise along the hyperbola, for large t; and links of which heights are worth it.
_BENT = ((0.7, _LARGEST_PART), (0.5, _LARGEST_PART), (0.5, 0.5))
_WORTH_BENDING = (1e-9, 4.0)
#: What the vertical sides may add to a goal, in nats: goals keep three digits in hand.
_SPARE = 1.0


@lru_cache(maxsize=4096)
def height(tree: Node) -> float:
    """A number a such that the link is analytic where |Im z| < a, or 0 where none is seen.

    By induction on the tree: so are sums, products and entire functions, and tanh, sigmoid, softplus and atan
    as long as the imaginary part of their argument stays below their nearest singularity.
    """
    if isinstance(tree, (Var, Num, Const)):
        return math.inf
    if isinstance(tree, Neg):
        return height(tree.arg)
    if isinstance(tree, Bin):
        return _binary(tree)
    if not isinstance(tree, Call):
        return 0.0
    if is_constant(tree):
        return math.inf
    strip = FUNCTIONS[tree.name].strip
    if math.isinf(strip):
        return min(map(height, tree.args))
    if not strip:
        return 0.0
    with working(_BITS):
        slope = _slope(tree.args[0])
        # Im w = slope Im z for an affine argument w.
        if slope is None or not slope.is_finite():
            return 0.0
        steepest = float(slope.abs_upper()) * (1 + 1e-12)
        return strip / steepest if steepest else math.inf


def _binary(tree: Bin) -> float:
    if tree.op in "+-*":
        return min(height(tree.left), height(tree.right))
    if tree.op == "/":
        return height(tree.left) if is_constant(tree.right) else 0.0
    power = tree.right.value if isinstance(tree.right, Num) else None
    return height(tree.left) if power is not None and power.denominator == 1 and power >= 0 else 0.0


def _on_the_axis(part: Node) -> bool:
    """Whether all singularities are seen to lie on the imaginary axis, for a link of ``height`` > 0."""
    if isinstance(part, Call) and 0 < FUNCTIONS[part.name].strip < math.inf and not is_constant(part):
        return part.name in _ON_THE_AXIS and symmetry(part.args[0]) == -1
    return all(_on_the_axis(child) for child in children(part))  # type: ignore[arg-type]


@lru_cache(maxsize=4096)
def shapes(tree: Node) -> tuple[tuple[float, float], ...]:
    """c and the height v of each strip worth a try, the most promising first; 0, 0 for straight ones."""
    limit, straight = height(tree), (0.0, 0.0)
    if not _WORTH_BENDING[0] < limit < _WORTH_BENDING[1] or not _on_the_axis(tree):
        return (straight,)
    # Few of them, so that nodes are shared.
    steps = [(math.floor(8 * math.log2(part * limit / math.sin(v))), v) for v, part in _BENT]
    return (*((2.0 ** (step / 8), v) for step, v in steps), straight)


def _slope(tree: Node) -> arb | None:
    """The derivative of what is affine in z by its syntax."""
    if isinstance(tree, Var):
        return arb(1)
    if is_constant(tree):
        return arb(0)
    if isinstance(tree, Neg):
        inner = _slope(tree.arg)
        return None if inner is None else -inner
    if not isinstance(tree, Bin):
        return None
    if tree.op in "+-":
        left, right = _slope(tree.left), _slope(tree.right)
        if left is None or right is None:
            return None
        return left + right if tree.op == "+" else left - right
    for factor, other in ((tree.left, tree.right), (tree.right, tree.left)):
        if tree.op == "*" and is_constant(factor) and (inner := _slope(other)) is not None:
            return inner * arb(compile_arb(factor)(arb(0)))
    if tree.op == "/" and is_constant(tree.right) and (inner := _slope(tree.left)) is not None:
        return inner / arb(compile_arb(tree.right)(arb(0)))
    return None


@dataclass(frozen=True, slots=True)
class Plan:
    """The step h = parts/4096, the nodes z(jh) for |j| <= count, and the log error of each integrand.

    ``waste``: how many times the digits that are wanted it takes, as the link is large along the strip.
    """

    parts: int
    count: int
    waste: float
    log_errors: Array


@dataclass(frozen=True, slots=True)
class _Side:
    """A height a, the 2 pi a/h that it needs, and the log bounds of L and S there."""

    height: float
    needed: float
    line: Array
    sides: Array

    @property
    def step(self) -> float:
        """h/(2 pi)."""
        return self.height / self.needed


@dataclass(frozen=True)
class Strip:
    """The strips |Im u| <= a, |Re z| <= radius, on which the link ``tree`` is proved analytic.

    u = z, or z = c sinh u for a ``bend`` c; then a is the ``angle``. Both are one of ``shapes``.
    """

    tree: Node
    radius: int
    bend: float = 0.0
    angle: float = 0.0
    _rectangles: dict[float, Rectangle] = field(default_factory=dict, compare=False, repr=False)
    #: How far each climb that was tried came.
    _proved: dict[tuple[int, int], int] = field(default_factory=dict, compare=False, repr=False)
    _values: dict[tuple[int, int, int], tuple[list[arb], list[arb]]] = field(
        default_factory=dict, compare=False, repr=False
    )

    @cached_property
    def symmetry(self) -> int:
        """1, -1 or 0 for an even link, an odd one or neither, as far as the syntax tree shows."""
        return symmetry(self.tree)

    def proved_up_to(self, target: float) -> float:
        """The largest height, up to ``target``, below which the link is proved analytic; 0 for none."""
        if target < height(self.tree):
            return target
        below, reached = bisect_right(_HEIGHTS, target), 0
        for low, high in pairwise(_CLIMB):
            if reached == low < below:
                reached = self._climbed(low, high)
        return _HEIGHTS[min(reached, below) - 1] if reached and below else 0.0

    def _climbed(self, low: int, high: int) -> int:
        """Up to how many heights the link is proved analytic, from ``low`` of them to ``high``."""
        if (low, high) not in self._proved:
            below = _HEIGHTS[low - 1] if low else 0.0
            if self._analytic(below, _HEIGHTS[high - 1]):
                found = high
            elif high - low == 1:
                found = low
            else:
                middle = (low + high) // 2
                found = self._climbed(low, middle)
                found = self._climbed(middle, high) if found == middle else found
            self._proved[low, high] = found
        return self._proved[low, high]

    def _analytic(self, below: float, above: float) -> bool:
        """Whether the link is finite and analytic on boxes; one that resists is cut in four, twice."""
        with working(BOX_BITS):
            half = arb((below + above) / 2, (above - below) / 2 * 1.0000001)
            # An odd or even link is the same on the left.
            boxes = [(x, half) for x in _columns(self.radius + 1) if x.mid() > 0 or not self.symmetry]
            for last in (False, False, True):
                images = values(self.tree, [acb(x, y) for x, y in boxes])
                resisting = [box for box, v in zip(boxes, images, strict=True) if not acb(v).is_finite()]
                if not resisting or last or len(resisting) > _RESISTING:
                    return not resisting
                boxes = [(x, y) for a, b in resisting for x in _halves(a) for y in _halves(b)]
        return False

    @cached_property
    def _scanned(self) -> tuple[slice, Array, Array]:
        """Heights to try, and log|s| and Re s at points of their lines, in doubles; rows: heights."""
        # Every other height where nothing says which matter.
        limit, tried = height(self.tree), slice(0, None, 2)
        if 0 < limit < math.inf:
            tried = slice(bisect_left(_HEIGHTS, _LEAST_PART * limit), self._below(limit))
        with np.errstate(all="ignore"):
            s = compile_numpy(self.tree)(_SCAN[tried])
            log_size, highest = np.log(np.abs(s)), s.real.copy()
        bad = ~(np.isfinite(log_size) & np.isfinite(highest))
        log_size[bad], highest[bad] = np.inf, 0.0
        return tried, log_size, highest

    def _promised(self, integrands: Integrands, goals: Array) -> tuple[list[float], Array]:
        """The heights to try, and about the ``needed`` of ``plan`` at each, from the scan."""
        tried, log_size, highest = self._scanned
        table, (_, t) = _log_hermite(max(integrands.ks) | 7)[integrands.columns, tried], integrands.tilts
        needed = np.ones(len(log_size))
        for power, row in zip(integrands.powers, goals, strict=True):
            # What overflows is a height that serves for nothing.
            with np.errstate(over="ignore"):
                tilt = _SCAN_DENSITY[tried] + t * highest + (power * log_size if power else 0.0)
            sizes = (tilt + table).max(axis=2) - row[:, None]
            needed = np.maximum(needed, sizes.max(axis=0) + _LENGTH)
        return list(_HEIGHTS[tried]), needed

    @staticmethod
    def _below(limit: float) -> int:
        """How many heights keep off a singularity at ``limit``."""
        return bisect_left(_HEIGHTS, _LARGEST_PART * limit)

    def _best(self, integrands: Integrands, goals: Array, lost: float) -> _Side | None:
        """The widest step of those heights that are tried.

        A scan says which heights are worth a proof, unless the highest one, known from the syntax, does as
        well as any; where boxes keep much less than the scan promised, the next height may be better.
        """
        if self.bend:
            return self._side(self.angle, integrands, goals, lost)
        limit = height(self.tree)
        if 0 < limit < math.inf and (below := self._below(limit)):
            side = self._side(_HEIGHTS[below - 1], integrands, goals, math.inf)
            # The Gaussian alone costs a^2/2, and a/(lost + a^2/2) rises up to a = sqrt(2 lost).
            lower = min(_HEIGHTS[max(below - 2, 0)], math.sqrt(2 * lost))
            if side.step * _NEARLY >= lower / (lost + lower * lower / 2):
                return side
        heights, promised = self._promised(integrands, goals)
        if not heights:
            return None
        quality = (np.array(heights) / promised).tolist()
        order = sorted(range(len(heights)), key=lambda i: -quality[i])
        proved = self.proved_up_to(heights[order[0]])
        best: _Side | None = None
        for i in [i for i in order if heights[i] <= proved][:_TRIED]:
            if best is not None and quality[i] < best.step:
                break
            side = self._side(heights[i], integrands, goals, promised[i])
            if side.step > (best.step if best else 0.0):
                best = side
        return best

    def _side(self, a: float, integrands: Integrands, goals: Array, hoped: float) -> _Side:
        """What is proved at the height a."""
        spend(_BOXES * size(self.tree), self, a)
        if a not in self._rectangles:
            self._rectangles[a] = Rectangle.of(self.tree, self.radius, a, self.bend)
        line, sides = self._rectangles[a].log_bounds(integrands, goals, hoped)
        # 2/(e^x - 1) <= 4 e^-x from x = 1 on.
        return _Side(a, max(float((line - goals).max()) + 2 * math.log(2), 1.0), line, sides)

    def plan(self, integrands: Integrands, goals: Array, lost: float, most: int) -> Plan | None:
        """The widest step that brings every integrand (power, k) below its goal; None when none does.

        ``goals`` are natural logarithms, rows powers and columns orders, by ``lost`` below the sizes of the
        integrands; at most ``most`` nodes.
        """
        side = self._best(integrands, goals, lost)
        if side is None:
            return None
        rate = 2 * math.pi * side.height * (1 - 1e-12)
        # So small a step keeps the vertical sides within their boxes.
        parts = _rounded_down(int(UNIT * min(rate / side.needed, ASIDE[self.bend > 0])))
        if parts < 1:
            return None
        step = parts / UNIT
        # The vertical sides are at (count + 1/2) step.
        count = math.ceil(rim(self.radius, self.bend) / step - 0.5)
        if 2 * count + 1 > most:
            return None
        # 4 int_y^oo e^{-2 pi u/h} du = (2 h/pi) e^{-2 pi y/h}, row by row.
        rows = side.sides - rate / (ROWS * step) * _FROM_BELOW
        aside = np.logaddexp.reduce(rows, axis=2) + math.log(2 * step / math.pi) + _SLACK
        errors = np.logaddexp(side.line - rate / step + 2 * math.log(2), aside)
        return (
            Plan(parts, count, side.needed / lost, errors) if bool((errors <= goals + _SPARE).all()) else None
        )

    def sums(self, plan: Plan, integrands: Integrands, bits: int) -> Table:
        """h sum z' phi He_k s^power e^{ts} over the nodes, for every power and order."""
        spend(plan.count * (len(integrands.powers) + len(integrands.ks)))
        spend(plan.count * size(self.tree), self, (plan.parts, plan.count, bits))
        nodes = lattice(plan.parts, bits, self.bend)
        key = (plan.parts, plan.count, bits)
        if key not in self._values:
            x = nodes.nodes(plan.count)
            self._values[key] = (values(self.tree, x), []) if self.symmetry else both_sides(self.tree, x)
        right, left = self._values[key]
        return nodes.sums(plan.count, integrands.folded(right, left, self.symmetry), integrands)


@lru_cache(maxsize=64)
def _log_hermite(top: int) -> Array:
    """log|He_k| at the points of the scan, k = 0..top."""
    return log_hermite(top, _SCAN.astype(np.clongdouble))


@lru_cache(maxsize=64)
def _columns(reach: int) -> tuple[arb, ...]:
    """[-reach, reach] cut, more finely where the mass tends to be."""
    ends = [*(e for e in _ENDS if e < reach), float(reach)]
    return tuple(
        arb(side * (low + high) / 2, (high - low) / 2) for side in (-1, 1) for low, high in pairwise(ends)
    )


def _halves(x: arb) -> tuple[arb, arb]:
    """Two balls that cover the ball."""
    quarter = x.rad() / 2
    return arb(x.mid() - quarter, quarter * 1.0000001), arb(x.mid() + quarter, quarter * 1.0000001)


def _rounded_down(parts: int) -> int:
    """Four leading bits."""
    spare = max(0, parts.bit_length() - 4)
    return parts >> spare << spare
