"""Proving that a link is defined almost everywhere on the real line, or naming the place where it is not.

The line is covered by intervals on which every divisor, logarithm, root and power is shown to be
defined; an interval on which that fails is halved until a point shows the fault. A point is passed over
where the link has a limit on both sides of it, or grows no faster there than a power of a logarithm.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache
from itertools import islice
from typing import NamedTuple, cast

from . import interval
from .functions import FUNCTIONS
from .interval import Interval
from .text import NONZERO, Fault, LinkError, excerpt, text
from .tree import (
    ARITHMETIC,
    COMPARISONS,
    Bin,
    Call,
    Compare,
    Condition,
    Const,
    Neg,
    Node,
    Num,
    Part,
    Var,
    Where,
    children,
    is_constant,
    kleene,
    walk,
)

_VISITS = 200_000
#: A step of a series beside a point, two sides of products of a dozen coefficients, in visits of a node.
_SERIES = 300
_FARTHEST = 2.0**40
_NARROWEST = 2.0**-34
_ONE = Interval(1.0, 1.0)


#: Below this width of a cell a point in it is looked for, among fractions up to this denominator.
_NARROW, _DENOMINATOR = 2.0**-20, 1000
#: Affine parts of so few nodes are solved.
_SMALL = 24
#: How far around a point a link is described beside it, from the farthest.
_REACHES = tuple(Fraction(1, 2**halvings) for halvings in (1, 3, 6, 12, 24))


def require_defined(tree: Node, parameters: Mapping[str, tuple[Fraction, Fraction]] | None = None) -> None:
    """Return when ``tree`` is proved finite at every z but for singular points; raise LinkError otherwise.

    parameters: the ends between which each of them lies.
    """
    _singular(tree, tuple(sorted((parameters or {}).items())))


def singular_points(tree: Node) -> tuple[Fraction, ...]:
    """The points in order at which ``tree`` is to be read as a limit, or is not bounded, as log(abs(z)) at 0.

    None for what is no link by itself, as the branch log(-z) of log(abs(z)).
    """
    return tuple(_known(tree))


def unbounded_at(tree: Node) -> tuple[Fraction, ...]:
    """Those singular points beside which it is not shown to be bounded: it grows like a logarithm at most."""
    return tuple(point for point, beside in _known(tree).items() if not beside.bounded)


def rough_at(tree: Node) -> tuple[Fraction, ...]:
    """Those singular points on a side of which no power series is known, as that of z*log(abs(z)) at 0."""
    return tuple(point for point, beside in _known(tree).items() if not beside.series)


def is_link(tree: Node) -> bool:
    """Whether ``tree`` is defined on the real line but for singular points."""
    return _known(tree) is not _NO_LINK


class _Clear(NamedTuple):
    """How far around a point a link is finite but there; whether it is bounded, a series on either side."""

    reach: float
    bounded: bool
    series: bool


_NO_LINK: dict[Fraction, _Clear] = {}


@lru_cache(maxsize=4096)
def _known(tree: Node) -> dict[Fraction, _Clear]:
    try:
        return _singular(tree, ())
    except LinkError:
        return _NO_LINK


def undefined_at(tree: Node) -> tuple[Fraction, ...]:
    """Those singular points at which no guard of ``tree`` gives it a value."""
    points = singular_points(tree)
    cover = _Cover(tree, {})
    return tuple(z for z in points if cover.fault(Interval(float(z), float(z))) is not None)


@lru_cache(maxsize=1024)
def _singular(
    tree: Node, parameters: tuple[tuple[str, tuple[Fraction, Fraction]], ...]
) -> dict[Fraction, _Clear]:
    """The singular points, and what the link is beside them."""
    if not any(_partial(node) for node in walk(tree)):
        return {}
    cover = _Cover(tree, {name: interval.exact(a).hull(interval.exact(b)) for name, (a, b) in parameters})
    waiting, points = [Interval(-math.inf, math.inf)], dict[Fraction, _Clear]()
    roots = _roots(tree)
    while waiting:
        cell = waiting.pop()
        fault = cover.fault(cell)
        if fault is None:
            continue
        if fault.proved and cell.lo == -cell.hi == -math.inf:
            raise LinkError(_message(fault, None, None))
        middle = _split(cell)
        here = cover.fault(Interval(middle, middle)) if middle is not None else fault
        known = next((root for root in roots if cell.lo <= root <= cell.hi), None)
        if known is not None and cover.fault(_around(known)) is None:
            roots = [root for root in roots if root != known]
            waiting.append(cell)
            continue
        point = _candidate(cell, middle if here is not None else None) if known is None else known
        beside = None if point is None else cover.beside(point)
        if point is not None and isinstance(beside, _Clear):
            points[point] = beside
            roots = [root for root in roots if root != point]
            below, above = float(point) - beside.reach, float(point) + beside.reach
            waiting += [Interval(cell.lo, below)] if cell.lo < below else []
            waiting += [Interval(above, cell.hi)] if above < cell.hi else []
            continue
        if known is not None:
            # Its neighbourhood was no link: it is cut like any other cell.
            roots = [root for root in roots if root != known]
        if middle is None or (here is not None and here.proved) or cover.spent:
            place = cell.lo if middle is None else middle
            raise LinkError(_message(here or fault, place, beside if isinstance(beside, Fault) else None))
        halves = [Interval(cell.lo, middle), Interval(middle, cell.hi)]
        # The bounded half first: a fault near the origin is the clearer witness.
        waiting += sorted(halves, key=lambda half: -(half.hi - half.lo))
    return dict(sorted(points.items()))


def _around(point: Fraction) -> Interval:
    """The doubles next to a point."""
    near = float(point)
    return Interval(math.nextafter(near, -math.inf), math.nextafter(near, math.inf))


def _roots(tree: Node) -> list[Fraction]:
    """Where affine parts of the tree vanish: points that may lack a value, whatever their denominators."""
    found = dict[Fraction, None]()
    for part in walk(tree):
        small = isinstance(part, Bin) and len(list(islice(walk(part), _SMALL))) < _SMALL
        values = [_exactly(cast(Node, part), Fraction(z)) for z in range(3)] if small else []
        if None in values or not values:
            continue
        before, here, after = cast(list[Fraction], values)
        if before != here and before + after == 2 * here:
            found[before / (before - here)] = None
    return list(found)


def _candidate(cell: Interval, middle: float | None) -> Fraction | None:
    """A point that may be passed over: the faulty middle of a cell, or the simplest point of a narrow one."""
    if middle is not None:
        return Fraction(middle)
    if not cell.hi - cell.lo < _NARROW * max(1.0, abs(cell.lo)):
        return None
    simple = Fraction(cell.lo + (cell.hi - cell.lo) / 2).limit_denominator(_DENOMINATOR)
    return simple if cell.lo <= simple <= cell.hi else None


def images(
    tree: Node, cells: Sequence[tuple[float, float]], parameters: Mapping[str, tuple[Fraction, Fraction]]
) -> list[tuple[float, float]]:
    """Ends between which a tree lies on each cell of z, for all values of the parameters."""
    cover = _Cover(
        tree, {name: interval.exact(a).hull(interval.exact(b)) for name, (a, b) in parameters.items()}
    )
    found = [cover.value(tree, Interval(low, high)) for low, high in cells]
    return [(value.lo, value.hi) for value in found]


def _partial(part: Part) -> bool:
    if isinstance(part, Bin):
        natural = isinstance(part.right, Num) and part.right.value.denominator == 1 and part.right.value >= 0
        return (part.op == "/" and not isinstance(part.right, Num)) or (part.op == "**" and not natural)
    return isinstance(part, Call) and FUNCTIONS[part.name].outside is not None


def _split(cell: Interval) -> float | None:
    """Where to halve a cell, or None when it is too narrow or too far out."""
    if cell.lo == -math.inf and cell.hi == math.inf:
        return 0.0
    if math.isinf(cell.lo) or math.isinf(cell.hi):
        end = cell.hi if math.isinf(cell.lo) else cell.lo
        away = -1.0 if math.isinf(cell.lo) else 1.0
        return None if abs(end) >= _FARTHEST else away * max(1.0, 2 * abs(end))
    width = cell.hi - cell.lo
    return None if width < _NARROWEST * max(1.0, abs(cell.lo)) else cell.lo + width / 2


def _irrational(part: Part) -> bool:
    """A number that is not rational, or a size whose zero, were it rational, would have been found."""
    return isinstance(part, Const) or (isinstance(part, Call) and (is_constant(part) or part.name == "abs"))


def _message(fault: Fault, place: float | None, beside: Fault | None) -> str:
    """beside: what is wrong with the whole link on a side of the place."""
    expression = excerpt(text(fault.node))
    if place is None:
        return f"'{expression}' {fault.what} at every z: {fault.remedy}"
    near = f"z = {place:g}" if place == round(place, 9) else f"z near {place:.6g}"
    certainty = fault.what if fault.proved else f"{fault.what}, or comes too close to it to tell,"
    if beside is None or beside.what == fault.what:
        single = not fault.proved and any(map(_irrational, walk(fault.node)))
        rational = f"; a point without a value must be rational, such as {place:.9g}" if single else ""
        return f"'{expression}' {certainty} at {near}: {fault.remedy}{rational}"
    why = f", where {'it' if beside.node == fault.node else repr(excerpt(text(beside.node)))} {beside.what}"
    return f"'{expression}' {certainty} at {near}{why}: {beside.remedy}"


@dataclass(slots=True)
class _Cover:
    tree: Node
    parameters: dict[str, Interval]
    visits: int = 0

    @property
    def spent(self) -> bool:
        return self.visits > _VISITS

    def fault(self, cell: Interval) -> Fault | None:
        try:
            self.value(self.tree, cell)
        except Fault as fault:
            return fault
        return None

    def beside(self, point: Fraction) -> _Clear | Fault:
        """Around a faulty point: how far the link is finite but there, or what is wrong beside it."""
        # Not loaded for other links: a check of their certificates does not rest on it.
        from .beside import Germ, limit, rough

        fault = None
        for reach in _REACHES:
            self.visits += _SERIES * sum(map(_weight, walk(self.tree)))
            try:
                sides = [limit(self.tree, (point, side, reach), self.parameters) for side in (-1, 1)]
            except Fault as refusal:
                fault = refusal
                if fault.proved or self.spent:
                    break
                continue
            bounds = [rough(side) for side in sides]
            worst = min(side.rate for side in bounds)
            if worst < 0:
                return Fault(self.tree, _power_of_growth(-worst), NONZERO, True)
            series = all(isinstance(side, Germ) for side in sides)
            return _Clear(float(reach), all(side.bounded for side in bounds), series)
        assert fault is not None
        return fault

    def value(self, node: Node, z: Interval) -> Interval:
        """An interval holding ``node`` on all of ``z``; raises Fault where that is not shown."""
        self.visits += 1
        if isinstance(node, Var):
            return self.parameters.get(node.name, z)
        if isinstance(node, Num):
            return _number(node)
        if isinstance(node, Const):
            return interval.exact(Fraction(math.pi if node.name == "pi" else math.e)).increasing(lambda x: x)
        if isinstance(node, Neg):
            return -self.value(node.arg, z)
        if isinstance(node, Where):
            truth = self.truth(node.condition, z)
            if truth is not None:
                return self.value(node.then if truth else node.other, z)
            return self.value(node.then, z).hull(self.value(node.other, z))
        if isinstance(node, Bin):
            return self.binary(node, z)
        self.visits += 2 * _weight(node) - 2
        return self.call(node, [self.value(arg, z) for arg in node.args])

    def truth(self, condition: Condition, z: Interval) -> bool | None:
        if isinstance(condition, Compare):
            at = Fraction(z.lo) if z.lo == z.hi else None
            left, right = (_exactly(side, at) for side in (condition.left, condition.right))
            if left is not None and right is not None:
                return bool(COMPARISONS[condition.op](left, right))
            low, high = self.value(condition.left, z), self.value(condition.right, z)
            gap = low - high
            if gap.hi < 0 or (low.hi <= high.lo and condition.op in (">", "<=")):
                return condition.op in ("<", "<=", "!=")
            if gap.positive or (low.lo >= high.hi and condition.op in ("<", ">=")):
                return condition.op in (">", ">=", "!=")
            return None
        return kleene(condition.op, self.truth(condition.left, z), self.truth(condition.right, z))

    def binary(self, node: Bin, z: Interval) -> Interval:
        left = self.value(node.left, z)
        if node.op == "**" and isinstance(node.right, Num) and node.right.value.denominator == 1:
            power = int(node.right.value)
            if power >= 0:
                return left.power(power)
            return self.nonzero(left, node).power(-power).inverse()
        right = self.value(node.right, z)
        if node.op == "+":
            return left + right
        if node.op == "-":
            return left - right
        if node.op == "*":
            # u*u is a square, whatever interval u is in.
            return left.power(2) if node.left == node.right else left * right
        if node.op == "/":
            return left * self.nonzero(right, node).inverse()
        root = right.positive if self.parameters else isinstance(node.right, Num) and node.right.value > 0
        if not (left.positive or (root and left.nonnegative)):
            what = "raises a number that is not positive to such a power"
            _refuse(node, what, left, "write abs( ) around the base")
        if left.lo <= 0 and not left.positive:
            return Interval(0.0, math.inf)
        return interval.exp(interval.log(left) * right)

    def nonzero(self, x: Interval, node: Bin) -> Interval:
        if not (x.positive or x.hi < 0):
            proved = x.lo == x.hi == 0
            raise Fault(node, "has a pole", NONZERO, proved)
        return x

    def call(self, node: Call, args: list[Interval]) -> Interval:
        function = FUNCTIONS[node.name]
        outside = function.outside and function.outside(node, args)
        if outside:
            raise Fault(node, *outside)
        return function.image(args)


def _weight(part: Part) -> int:
    """The steps of one evaluation."""
    if isinstance(part, Call) and part.name == "He" and isinstance(order := part.args[0], Num):
        return max(1, int(order.value))
    return 1


def _power_of_growth(rate: Fraction) -> str:
    """What is infinite where s grows like a power of 1/|z - z0|: its mean, or that of a power of it."""
    lost = "E abs(s)" if rate >= 1 else f"E abs(s)**{math.ceil(1 / rate)}"
    return f"grows like a power {rate} of 1/distance, so that {lost} is infinite"


@lru_cache(maxsize=1024)
def _number(node: Num) -> Interval:
    return interval.exact(node.value)


def _exactly(node: Node, z: Fraction | None) -> Fraction | None:
    """The value of a polynomial, or of its absolute value, at an exact z."""
    if isinstance(node, (Var, Num)):
        return node.value if isinstance(node, Num) else z if node.name == "z" else None
    if z is None or not isinstance(node, (Neg, Bin, Call)):
        return None
    parts = [_exactly(part, z) for part in children(node)]  # type: ignore[arg-type]
    if None in parts:
        return None
    if isinstance(node, Neg):
        return -parts[0]  # type: ignore[operator]
    if isinstance(node, Bin) and node.op in "+-*":
        return Fraction(ARITHMETIC[node.op](*parts))
    return abs(parts[0]) if isinstance(node, Call) and node.name == "abs" else None  # type: ignore[arg-type]


def _refuse(node: Node, what: str, x: Interval, remedy: str) -> None:
    raise Fault(node, what, remedy, proved=x.hi < 0 or x.lo == x.hi == 0)
