"""The margin of a user's inequality: how far it holds on its range, and where it is tightest.

The margin of a > b is the infimum of a - b over the range; that of several comparisons is of their minimum
for `and`, their maximum for `or`. A value at a point of the range is an upper bound; a number that a - b is
proved to exceed, by the cells that decide claims, is a lower bound. Equalities have no margin.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from fractions import Fraction
from itertools import product

from flint import arb

from ...link import LinkError
from ...link.assertion import parse_assertion
from ...link.text import decimal
from ...link.text import text as written
from ...link.tree import Bin, Call, Compare, Condition, Logic, Node
from ...numerics.assertions.parameter_range import Span, shortest
from ...numerics.expectation.oracle import NotIntegrable, Unresolved
from ...numerics.precision import as_fraction, decimal_bounds, working
from ...numerics.work import allowance
from ..claim import Subject
from ..verdict import Margin
from .by_balls import holds_on_cells, spans
from .pointwise import Points, named, points_of
from .user_claim import UserClaim

#: Points along each of one, two or three parameters, and how often the neighbourhood of the best is halved.
_GRID, _HALVINGS = {1: 24, 2: 7, 3: 4}, 7
_DIGITS, _SHOWN = 12, 6
#: The work on one margin, a second or two, and the cells of one lower bound.
_WORK, _CELLS = 6e5, 200
#: Shares of the least value found that are tried as lower bounds.
_SHARES = (Fraction(99, 100), Fraction(9, 10), Fraction(1, 2))
#: Combinations of enumerated parameters: beyond, no margin is looked for.
_MOST = 40


@dataclass(frozen=True, slots=True)
class _Least:
    """The smallest value met, as an upper bound of the margin, and where."""

    value: arb
    point: Mapping[str, Fraction]
    points: Points
    #: The open ends that the point stands for.
    towards: Mapping[str, str]


def margin(subject: Subject, claim: UserClaim, *, proved: bool) -> Margin | None:
    """The margin, or None where the claim has none or it was not found; ``proved``: the claim holds."""
    combinations = list(claim.combinations())
    if len(combinations) > _MOST:
        return None
    try:
        with allowance(_WORK):
            minima = [least for each in combinations for least in _least(subject, claim, each)]
            if not minima:
                return None
            # The midpoint decides, so that the order of equals does not.
            best = min(minima, key=lambda least: as_fraction(least.value))
            lower = _lower(claim, minima, best) if proved and claim.real else None
    except (NotIntegrable, Unresolved, LinkError):
        return None
    below, upper = decimal_bounds(best.value, _SHOWN)
    ends = ", ".join(f"{name} -> {end}" for name, end in best.towards.items())
    at = named({n: v for n, v in {**best.points.integers, **best.point}.items() if n not in best.towards})
    bottom = below if not claim.real else "-inf" if lower is None else decimal(lower)
    if proved:
        # What is below 0 is rounding: the claim holds.
        bottom, upper = ("0" if end.startswith("-") else end for end in (bottom, upper))
    elif not upper.startswith("-"):
        # It fails somewhere, if only by equality.
        upper = "0"
    return Margin(bottom, upper, ", ".join(filter(None, (at, ends))))


def slack(part: Condition) -> Node | None:
    """The node that is >= 0 where the condition holds, or None where it has no inequality to measure."""
    if isinstance(part, Logic):
        sides = [slack(part.left), slack(part.right)]
        nodes = tuple(side for side in sides if side is not None)
        if len(nodes) == 2:
            return Call("min" if part.op == "and" else "max", nodes)
        return nodes[0] if nodes and part.op == "and" else None
    left, right = (part.right, part.left) if part.op in ("<", "<=") else (part.left, part.right)
    gap = Bin("-", left, right)
    if part.op == "!=":
        return Call("abs", (gap,))
    return None if part.op == "==" else gap


def _least(subject: Subject, claim: UserClaim, integers: Mapping[str, Fraction]) -> Iterator[_Least]:
    node = slack(claim.condition(integers))
    if node is None:
        return
    points = points_of(subject, claim, integers)
    text = f"{written(node)} >= 0"

    def value(point: Mapping[str, Fraction]) -> arb | None:
        part = parse_assertion(text, (), {**integers, **point})
        assert isinstance(part, Compare)
        with working(120):
            ball = points.value(part.left, _DIGITS)
        return ball if ball.is_finite() else None

    box = spans(points, claim)
    axes = {name: list(_places(span, len(box))) for name, span in box.items()}
    met = {
        corner: found
        for corner in product(*axes.values())
        if (found := value(dict(zip(axes, corner, strict=True)))) is not None
    }
    if not met:
        return
    best = min(met, key=lambda corner: as_fraction(met[corner]))
    steps = [_step(axis, x) for axis, x in zip(axes.values(), best, strict=True)]
    for _ in range(_HALVINGS if axes else 0):
        steps = [step / 2 for step in steps]
        for place, step in enumerate(steps):
            for x in (best[place] - step, best[place] + step):
                near = (*best[:place], _short(x, step), *best[place + 1 :])
                axis = list(axes.values())[place]
                if not axis[0] <= near[place] <= axis[-1] or near in met:
                    continue
                if (found := value(dict(zip(axes, near, strict=True)))) is not None:
                    met[near] = found
        best = min(met, key=lambda corner: as_fraction(met[corner]))
    point = dict(zip(axes, best, strict=True))
    ends = {
        name: end.text
        for name, span in box.items()
        for x, end in ((axes[name][0], span.lower), (axes[name][-1], span.upper))
        if point[name] == x and not (end.closed and end.exact is not None)
    }
    yield _Least(met[best], point, points, ends)


def _places(span: Span, count: int) -> Iterator[Fraction]:
    """Points of a range from end to end, evenly or by even ratios; an open end has one just inside."""
    low, high = span.start, span.stop
    far = 2**20 * max(Fraction(1), abs(low) / span.unit) * span.unit
    top = far if high is None else high
    near = (top if high is not None else span.unit) / 2**20
    if not (span.lower.closed and span.lower.exact is not None):
        inside = min(near, (top - low) / 2**20) if low else near
        low = shortest(low + inside / 2, low + inside)
    if high is not None and not (span.upper.closed and span.upper.exact is not None):
        top = shortest(top - (top - low) / 2**20, top - (top - low) / 2**21)
    steps = _GRID[count] - 1
    for i in range(steps + 1):
        if i in (0, steps):
            yield low if i == 0 else top
        elif low > 0 and top > 4 * low:
            yield _short(Fraction(float(low) * (float(top) / float(low)) ** (i / steps)), low / 8)
        else:
            yield _short(low + (top - low) * i / steps, (top - low) / steps)


def _short(x: Fraction, step: Fraction) -> Fraction:
    """A number of few decimals near x."""
    return shortest(x - step / 8, x + step / 8)


def _step(axis: list[Fraction], x: Fraction) -> Fraction:
    """The distance to the nearest other place."""
    return min((abs(other - x) for other in axis if other != x), default=Fraction(0))


def _lower(claim: UserClaim, minima: list[_Least], best: _Least) -> Fraction:
    """The largest of the shares of the least value that the cells prove everywhere; 0 holds already."""
    if best.value.contains(0) or not best.value > 0:
        return Fraction(0)
    bound = as_fraction(best.value.lower())
    for share in _SHARES:
        level = shortest(bound * share * Fraction(99, 100), bound * share)
        raised = [(each.points, _above(claim, each.points, level)) for each in minima]
        if all(holds_on_cells(points, higher, _CELLS) for points, higher in raised):
            return level
    return Fraction(0)


def _above(claim: UserClaim, points: Points, level: Fraction) -> UserClaim:
    """The claim that the slack is at least ``level``."""
    node = slack(claim.condition(points.integers))
    assert node is not None
    return replace(claim, text=f"{written(node)} >= {level}", assume="")
