"""Claims about functions of several expectations: an equality or an inequality, read by two arithmetics.

Each side is written once, as a function of a :class:`Reader`; read by ball arithmetic it is certified, read
by mpmath it is an estimate that shares no code with the oracle. Derivatives of K = log E e^{ts} are taken
from values of M at neighbouring t, never from the moments that they are to be compared with.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from fractions import Fraction
from typing import Any, Literal, Protocol, TypeVar

import mpmath
import sympy
from flint import arb

from ...link import Node, Num, call, combine
from ...numerics.estimates import quadrature
from ...numerics.expectation.oracle import Interval, NotIntegrable, Unresolved, oracle, t_range
from ...numerics.precision import exact, relative_digits, working
from ..claim import Subject
from ..number import ball, ball_to, from_ball, show
from ..verdict import Finding, Leg, absent, refutes, supports, undecided
from .trials import tilts

S = TypeVar("S")
_POWERS = (0, 1, 2)
Real = Any  # arb or mpf: the two share their operators and no common type

_QUADRATURE_DIGITS = 13
#: What differences of mpmath's values leave of its digits.
_QUADRATURE_TOLERANCE = mpmath.mpf(10) ** -7
#: An error beyond so many tolerances leaves the leg undecided.
_TRUSTED = 1000


class Reader(Protocol):
    """What a side of an identity may ask for."""

    def moments(self, tree: Node, t: Fraction, powers: tuple[int, ...]) -> tuple[Real, ...]:
        """E[s^i e^{ts}] for each power i."""

    def signals(self, tree: Node, t: Fraction, orders: range) -> tuple[Real, ...]:
        """alpha_k = E[s e^{ts} He_k] for each order k."""

    def slopes(self, tree: Node, t: Fraction) -> tuple[Real, Real, Real]:
        """K, K' and K'' at t by differences of M alone."""

    def number(self, value: Fraction | int) -> Real: ...

    def read(self, value: sympy.Expr) -> Real: ...

    def exp(self, x: Real) -> Real: ...

    def log(self, x: Real) -> Real: ...

    def sqrt(self, x: Real) -> Real: ...


Side = Callable[[Reader], Real]


@dataclass(frozen=True, slots=True)
class Identity:
    """``left relation right``; label: the quantity and where, for witnesses."""

    label: str
    left: Side
    right: Side
    relation: Literal["==", "<="] = "=="


@dataclass(frozen=True, slots=True)
class Balls:
    """Certified reading: expectations by the oracle."""

    digits: int

    def moments(self, tree: Node, t: Fraction, powers: tuple[int, ...]) -> tuple[arb, ...]:
        table = oracle(tree).tilted_moments((0,), powers, t, self.digits)
        return tuple(table[power, 0] for power in powers)

    def signals(self, tree: Node, t: Fraction, orders: range) -> tuple[arb, ...]:
        table = oracle(tree).tilted_moments(orders, (1,), t, self.digits)
        return tuple(table[1, k] for k in orders)

    def slopes(self, tree: Node, t: Fraction) -> tuple[arb, arb, arb]:
        """Differences of M with Taylor's remainder enclosed: each derivative is proved, none is integrated.

        M(t+h) - M(t-h) = 2h M' + h^3/3 M'''(.), M(t+h) + M(t-h) - 2M = h^2 M'' + h^4/12 M''''(.).
        """
        room = t_range(tree).finite_below - exact(t)
        h = min(Fraction(1, 2**36), t / 2)
        while not exact(h) < room:
            h /= 2
        fine = Balls(self.digits + 25)
        ((before,), (now,), (after,)) = (fine.moments(tree, at, (0,)) for at in (t - h, t, t + h))
        hull = oracle(tree).tilted_moments((0,), (3, 4), Interval(t - h, t + h), self.digits)
        step = exact(h)
        first = (after - before) / (2 * step) - step**2 / 6 * hull[3, 0]
        second = (after + before - 2 * now) / step**2 - step**2 / 12 * hull[4, 0]
        value = first / now
        return now.log(), value, second / now - value * value

    def number(self, value: Fraction | int) -> arb:
        return exact(value)

    def read(self, value: sympy.Expr) -> arb:
        return ball(value)

    def exp(self, x: arb) -> arb:
        return x.exp()

    def log(self, x: arb) -> arb:
        return x.log()

    def sqrt(self, x: arb) -> arb:
        return x.sqrt()


@dataclass(frozen=True)
class Estimates:
    """Heuristic reading: expectations by mpmath's quadrature, derivatives by central differences.

    moved: by how many of its own errors each expectation is moved, the sign turning from one to the next
    where ``turning``. halvings: of the step of the differences. How readings differ shows what to trust.
    """

    moved: int = 0
    turning: bool = False
    halvings: int = 0
    _seen: dict[tuple[Node, Fraction], list[Any]] = field(default_factory=dict)

    def moments(self, tree: Node, t: Fraction, powers: tuple[int, ...]) -> tuple[Any, ...]:
        if (tree, t) not in self._seen:
            table = quadrature.tilted_moments(tree, (0,), _POWERS, t, _QUADRATURE_DIGITS)
            side = -1 if self.turning and len(self._seen) % 2 else 1
            self._seen[tree, t] = [self._shifted(table[power, 0], side) for power in _POWERS]
        return tuple(self._seen[tree, t][power] for power in powers)

    def signals(self, tree: Node, t: Fraction, orders: range) -> tuple[Any, ...]:
        table = quadrature.tilted_moments(tree, orders, (1,), t, _QUADRATURE_DIGITS)
        return tuple(self._shifted(table[1, k], -1 if self.turning and k % 2 else 1) for k in orders)

    def _shifted(self, estimate: quadrature.Estimate, side: int) -> Any:
        return estimate.value + side * self.moved * estimate.error

    def slopes(self, tree: Node, t: Fraction) -> tuple[Any, Any, Any]:
        h = t / (64 * 2**self.halvings)
        values = [mpmath.log(self.moments(tree, t + j * h, (0,))[0]) for j in (-2, -1, 0, 1, 2)]
        step = self.number(h)
        first = (values[0] - 8 * values[1] + 8 * values[3] - values[4]) / (12 * step)
        second = (-values[0] + 16 * values[1] - 30 * values[2] + 16 * values[3] - values[4]) / (12 * step**2)
        return values[2], first, second

    def number(self, value: Fraction | int) -> Any:
        value = Fraction(value)
        return mpmath.mpf(value.numerator) / value.denominator

    def read(self, value: sympy.Expr) -> Any:
        enclosed = ball_to(value, _QUADRATURE_DIGITS + 5)
        tiny = enclosed.abs_upper() < arb(10) ** -_QUADRATURE_DIGITS
        if not tiny and relative_digits(enclosed) < _QUADRATURE_DIGITS:
            raise Unresolved("a stated number is not enclosed to the digits of the quadrature")
        return mpmath.mpf(enclosed.mid().str(_QUADRATURE_DIGITS + 5, radius=False))

    def exp(self, x: Any) -> Any:
        return mpmath.exp(x)

    def log(self, x: Any) -> Any:
        return mpmath.log(x)

    def sqrt(self, x: Any) -> Any:
        return mpmath.sqrt(x)


def value(read: Reader, tree: Node, at: Fraction) -> Real:
    """V, the mean of s under its policy at t = ``at``."""
    mass, first = read.moments(tree, at, (0, 1))
    return first / mass


def variance(read: Reader, tree: Node, at: Fraction) -> Real:
    """The variance of s under its policy at t = ``at``."""
    mass, first, second = read.moments(tree, at, (0, 1, 2))
    mean = first / mass
    return second / mass - mean * mean


def tilted(function: Node, reward: Node, t: Fraction) -> Node:
    """The tree of f e^{t r}: its plain mean is E[f e^{tr}] for any two functions."""
    return combine("*", function, call("exp", (combine("*", Num(t), reward),)))


def numeric_legs(
    identities: Callable[[Subject, S, Fraction], Iterable[Identity]],
    certified: slice,
    estimated: slice,
    *,
    digits: int | None = None,
) -> dict[Leg, Callable[[Subject, S], Finding]]:
    """The legs by balls and by quadrature of a claim of identities, each at these of the ``tilts``."""

    def at(subject: Subject, statement: S, which: slice) -> list[Identity]:
        return [each for t in tilts(subject)[which] for each in identities(subject, statement, t)]

    return {
        "enclosure": lambda subject, statement: by_balls(
            subject, at(subject, statement, certified), digits=digits
        ),
        "quadrature": lambda subject, statement: by_estimates(at(subject, statement, estimated)),
    }


def by_balls(
    subject: Subject, identities: Sequence[Identity], agree: int = 20, digits: int | None = None
) -> Finding:
    """Disjoint sides (or a violated inequality) refute; sides equal to ``agree`` digits support.

    Expectations are enclosed to ``digits`` digits, the subject's unless given.
    """
    reached, values = float("inf"), []
    if not identities:
        return absent("no comparison is claimed here")
    with working(4 * subject.digits + 120):
        for identity in identities:
            try:
                left, right = (
                    side(Balls(digits or subject.digits)) for side in (identity.left, identity.right)
                )
            except (NotIntegrable, Unresolved) as reason:
                return undecided(f"{identity.label}: {reason}")
            fails = left > right if identity.relation == "<=" else not left.overlaps(right)
            if fails:
                witness = f"{identity.label}: {show(left)} {_NOT[identity.relation]} {show(right)}"
                return refutes("the enclosures are disjoint", witness)
            if identity.relation == "<=" and not left <= right:
                return undecided(f"{identity.label}: the enclosures overlap")
            if identity.relation == "==":
                reached = min(reached, _shared_digits(left, right))
            values.append(from_ball(left, subject.digits).as_value(f"{identity.label}, left side"))
    if reached < agree:
        return undecided(f"the enclosures overlap but agree to {reached:.0f} digits only")
    detail = f"{len(identities)} certified comparisons"
    if reached < float("inf"):
        detail += f", equal to {reached:.0f} digits"
    return supports(detail, values=tuple(values))


_NOT = {"==": "is not", "<=": "exceeds"}


def _shared_digits(left: arb, right: arb) -> float:
    """Digits to which two overlapping balls determine one number, relative to its size or to 1/1000."""
    width = (left - right).abs_upper()
    scale = max(abs(left).abs_lower(), arb("0.001"))
    return relative_digits(arb(1, width / scale)) if width > 0 else float("inf")


#: The first is compared; how far the others are from it is its error.
_READINGS = (Estimates(halvings=1), Estimates(moved=1), Estimates(moved=1, turning=True))


def by_estimates(identities: Sequence[Identity]) -> Finding:
    """The same comparisons by mpmath, to 7 digits: refuted only far beyond what its readings differ by."""
    worst = mpmath.mpf(0)
    if not identities:
        return absent("no comparison is claimed here")
    with mpmath.workdps(25):
        readers = [replace(reading, _seen={}) for reading in _READINGS]
        for identity in identities:
            try:
                sides = [(identity.left(reader), identity.right(reader)) for reader in readers]
            except quadrature.Divergent as reason:
                return undecided(f"{identity.label}: {reason}")
            left, right = sides[0]
            error = max(abs((a - b) - (left - right)) for a, b in sides[1:])
            gap = left - right if identity.relation == "<=" else abs(left - right)
            room = _QUADRATURE_TOLERANCE * (1 + abs(right))
            if gap > room + 10 * error:
                shown = " ".join((mpmath.nstr(left, 10), _NOT[identity.relation], mpmath.nstr(right, 10)))
                return refutes("the two sides differ", f"{identity.label}: {shown}")
            if not error <= _TRUSTED * room:
                return undecided(f"{identity.label}: quadrature errs by up to {mpmath.nstr(error, 2)}")
            if identity.relation == "==":
                worst = max(worst, gap)
    detail = f"{len(identities)} comparisons hold"
    if any(identity.relation == "==" for identity in identities):
        detail += f", largest difference {mpmath.nstr(worst, 2)}"
    return supports(detail)
