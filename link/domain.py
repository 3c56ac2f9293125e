"""Proving that a link is defined on the whole real line, or naming the place where it is not.

The line is covered by intervals on which every divisor, logarithm, root and power is shown to be
defined; an interval on which that fails is halved until a point shows the fault.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction

from . import interval
from .functions import FUNCTIONS
from .interval import Interval
from .text import LinkError, excerpt, text
from .tree import Bin, Call, Compare, Condition, Const, Neg, Node, Num, Part, Var, Where, kleene, walk

_VISITS = 200_000
_FARTHEST = 2.0**40
_NARROWEST = 2.0**-34
_ONE = Interval(1.0, 1.0)


class _Fault(Exception):
    """``node`` is not shown to be defined on the interval; ``proved`` when it is shown undefined."""

    def __init__(self, node: Node, what: str, remedy: str, proved: bool) -> None:
        super().__init__(what)
        self.node, self.what, self.remedy, self.proved = node, what, remedy, proved


def require_defined(tree: Node, parameters: Mapping[str, tuple[Fraction, Fraction]] | None = None) -> None:
    """Return when ``tree`` is proved finite at every real z; raise LinkError naming the place otherwise.

    parameters: the ends between which each of them lies.
    """
    if not any(_partial(node) for node in walk(tree)):
        return
    ends = (parameters or {}).items()
    cover = _Cover(tree, {name: interval.exact(a).hull(interval.exact(b)) for name, (a, b) in ends})
    waiting = [Interval(-math.inf, math.inf)]
    while waiting:
        cell = waiting.pop()
        fault = cover.fault(cell)
        if fault is None:
            continue
        middle = _split(cell)
        here = cover.fault(Interval(middle, middle)) if middle is not None else fault
        if middle is None or (here is not None and here.proved) or cover.spent:
            place = cell.lo if middle is None else middle
            raise LinkError(_message(here or fault, place))
        halves = [Interval(cell.lo, middle), Interval(middle, cell.hi)]
        # The bounded half first: a fault near the origin is the clearer witness.
        waiting += sorted(halves, key=lambda half: -(half.hi - half.lo))


def image(
    tree: Node, low: float, high: float, parameters: Mapping[str, tuple[Fraction, Fraction]]
) -> tuple[float, float]:
    """Ends between which a tree lies, for low <= z <= high and all values of the parameters."""
    ends = {name: interval.exact(a).hull(interval.exact(b)) for name, (a, b) in parameters.items()}
    found = _Cover(tree, ends).value(tree, Interval(low, high))
    return found.lo, found.hi


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


def _message(fault: _Fault, place: float) -> str:
    expression = excerpt(text(fault.node))
    near = f"z = {place:g}" if place == round(place, 9) else f"z near {place:.6g}"
    certainty = fault.what if fault.proved else f"{fault.what}, or comes too close to it to tell,"
    return f"'{expression}' {certainty} at {near}: {fault.remedy}"


@dataclass(slots=True)
class _Cover:
    tree: Node
    parameters: dict[str, Interval]
    visits: int = 0

    @property
    def spent(self) -> bool:
        return self.visits > _VISITS

    def fault(self, cell: Interval) -> _Fault | None:
        try:
            self.value(self.tree, cell)
        except _Fault as fault:
            return fault
        return None

    def value(self, node: Node, z: Interval) -> Interval:
        """An interval holding ``node`` on all of ``z``; raises _Fault where that is not shown."""
        self.visits += 1
        if isinstance(node, Var):
            return self.parameters.get(node.name, z)
        if isinstance(node, Num):
            return interval.exact(node.value)
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
        if node.name == "He" and isinstance(node.args[0], Num):
            self.visits += 2 * int(node.args[0].value)
        return self.call(node, [self.value(arg, z) for arg in node.args])

    def truth(self, condition: Condition, z: Interval) -> bool | None:
        if isinstance(condition, Compare):
            gap = self.value(condition.left, z) - self.value(condition.right, z)
            if gap.hi < 0:
                return condition.op in ("<", "<=", "!=")
            if gap.positive:
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
            raise _Fault(node, "has a pole", "write a divisor that is never 0, such as 1 + z**2", proved)
        return x

    def call(self, node: Call, args: list[Interval]) -> Interval:
        function = FUNCTIONS[node.name]
        outside = function.outside and function.outside(node, args)
        if outside:
            raise _Fault(node, *outside)
        return function.image(args)


def _refuse(node: Node, what: str, x: Interval, remedy: str) -> None:
    raise _Fault(node, what, remedy, proved=x.hi < 0 or x.lo == x.hi == 0)
