"""The symbolic leg of a user's claim: exact algebra alone, comparison by comparison."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from fractions import Fraction

import sympy

from ...link import Link
from ...link.assertion import TEMPERED, Range, comparisons, parameters_of
from ...link.text import text as written
from ...link.tree import Call, Compare, Condition, Const, Logic, Node, Var, by_sign, kleene, walk
from ...numerics.expectation.oracle import NotIntegrable, Unresolved, oracle
from ...numerics.precision import bits_for, working
from ...numerics.work import remembered
from ...theory.exact.constants import compare, sign
from ..claim import Subject
from ..link_facts.exponents import exponents
from ..number import ball_to
from ..verdict import Finding, refutes, supports, undecided
from .exact import Abstract, Concrete, Exact, NoForm
from .pointwise import Points, end_form, named, points_of
from .quantities import Numbers
from .ranges import Ruling, rule
from .user_claim import UserClaim

REASON = "GE <= IE always, as E[y He_k] = E[y E[He_k | y]]"
#: What is known of the exponents where they are not: GE >= 1 and IE - GE >= 0.
_GENERATIVE = sympy.Symbol("GE", integer=True, positive=True)
_BEYOND = sympy.Symbol("IE_beyond_GE", integer=True, nonnegative=True)


def symbolic(subject: Subject, claim: UserClaim) -> Finding:
    """Exact algebra alone: closed forms, exact moments and exponents; identities of K for every link."""
    return _symbolic(subject.link, claim)


@remembered(64)
def _symbolic(link: Link, claim: UserClaim) -> Finding:
    subject = Subject(link, claim.noise)
    reasons: dict[str, None] = {}
    for integers in claim.combinations():
        algebra = Algebra.of(subject, claim, integers)
        condition = claim.condition(integers)
        ruling = algebra.ruling(condition)
        reasons.update(algebra.reasons)
        if ruling.holds:
            continue
        if ruling.point is not None:
            witness = _exact_witness(points_of(subject, claim, integers), claim, ruling.point)
            return refutes("false at an exact point", witness)
        if ruling.holds is False:
            witness = points_of(subject, claim, integers).witness({}) or f"{claim.text} is false: {REASON}"
            return refutes("false by exact algebra", witness)
        open_parts = ", ".join(_shown(part) for part in conjuncts(condition) if not algebra.holds(part))
        at = f" for {named(integers)}" if integers else ""
        return undecided(f"exact algebra does not decide {open_parts}{at}")
    return supports("; ".join(reasons))


def conjuncts(part: Condition) -> list[Condition]:
    """The parts that ``and`` joins: each of them must hold at every point."""
    if isinstance(part, Logic) and part.op == "and":
        return [*conjuncts(part.left), *conjuncts(part.right)]
    return [part]


def _shown(part: Condition) -> str:
    return f" {getattr(part, 'op', '')} ".join(
        _shown(side) if isinstance(side, (Compare, Logic)) else written(side)
        for side in (part.left, part.right)
    )


@dataclass(frozen=True)
class Algebra:
    """What exact algebra decides of conditions for all values of a claim's real parameters.

    reasons: why those hold that were found to hold.
    """

    subject: Subject
    claim: UserClaim
    for_all: Exact
    here: Exact
    symbols: Mapping[str, sympy.Symbol]
    reasons: dict[str, None] = field(default_factory=dict)
    _rulings: dict[Condition, Ruling] = field(default_factory=dict)

    @classmethod
    def of(cls, subject: Subject, claim: UserClaim, integers: Mapping[str, Fraction]) -> Algebra:
        numbers = Numbers(subject.link, claim.noise, claim.signal, claim.label)
        for_all, here = Exact(numbers, Abstract(claim.noise)), Exact(numbers, Concrete(numbers))
        condition = claim.condition(integers)
        symbols = {name: symbol(name, range_, condition, here) for name, range_ in claim.real.items()}
        return cls(subject, claim, for_all, here, symbols)

    def holds(self, part: Condition) -> bool:
        """Whether the condition is proved for all values."""
        return self.ruling(part).holds is True

    def ruling(self, part: Condition) -> Ruling:
        """Proved for all values, refuted (at a point where there are parameters), or neither."""
        if part not in self._rulings:
            self._rulings[part] = self._ruling(part)
        return self._rulings[part]

    def _ruling(self, part: Condition) -> Ruling:
        if isinstance(part, Logic):
            sides = [self.ruling(part.left), self.ruling(part.right)]
            if part.op == "and" or not self.symbols:
                failing = next((side for side in sides if side.holds is False), None)
                truth = kleene(part.op, *(side.holds for side in sides))
                return Ruling(truth, failing.point if failing is not None and truth is False else None)
            if True in (side.holds for side in sides):
                return Ruling(True)
        elif (truth := self._compared(part)) or (truth is False and not self.symbols):
            return Ruling(truth)
        return self._on_range(part)

    def _compared(self, part: Compare) -> bool | None:
        """One comparison: as an identity for every link, by this link's exact forms, by GE <= IE."""
        identity = "an identity for every link" if self.symbols else "exact forms of both sides"
        ways: tuple[tuple[str, Callable[[], bool | None]], ...] = (
            (identity, lambda: by_sign(part.op, self.for_all.sign(part, self.symbols))),
            ("exact forms of both sides", lambda: by_sign(part.op, self.here.sign(part, self.symbols))),
            (REASON, lambda: by_order(self.here, part, self.symbols)),
        )
        for reason, decide in ways:
            if (truth := decide()) is not None:
                self.reasons.update({reason: None} if truth else {})
                return truth
        return None

    def _on_range(self, part: Condition) -> Ruling:
        """By the exact zeros of both sides' differences on the range of the only parameter."""
        if len(self.claim.real) != 1:
            return Ruling(None)
        [(name, range_)] = self.claim.real.items()
        ruling = rule(self.here, part, name, range_)
        if ruling.holds:
            self.reasons["exact zeros of the closed form of the difference of both sides"] = None
        return ruling


def _exact_witness(points: Points, claim: UserClaim, point: sympy.Expr) -> str:
    """The claim's only real parameter at an exact ``point`` where it fails."""
    [(name, range_)] = claim.real.items()
    if point.is_Rational:
        place = {name: Fraction(point)}
        if points.sides(place):
            return points.witness(place)
    words = (range_.lower, range_.upper, *compared_with(name, claim.condition(points.integers)))
    known = ((node, end_form(node, points)) for node in words)
    word = next((node for node, form in known if form is not None and compare(form, point) == 0), None)
    with working(bits_for(40)):
        decimals = ball_to(point, 36).str(12, radius=False)
    shown = f"{name} = {point if word is None else written(word)} = {decimals}"
    integers = named(points.integers) + ", " if points.integers else ""
    return f"{integers}{shown}: {claim.text} is false there"


def compared_with(name: str, condition: Condition) -> Iterator[Node]:
    """The numbers that a parameter itself is compared with."""
    for part in comparisons(condition):
        for side, other in ((part.left, part.right), (part.right, part.left)):
            if side == Var(name) and not parameters_of(other):
                yield other


def temperatures(condition: Condition) -> set[str]:
    """The parameters that are themselves the temperature of a word."""
    calls = (part for part in walk(condition) if isinstance(part, Call) and part.name in TEMPERED)
    return {part.args[-1].name for part in calls if isinstance(part.args[-1], Var)}


def symbol(name: str, range_: Range, condition: Condition, exact: Exact) -> sympy.Symbol:
    """A parameter as a symbol: positive where its range is proved to be, or it is itself a temperature."""
    if name in temperatures(condition):
        # Where the range reaches 0 or below, the word has no value and the claim does not apply.
        return sympy.Symbol(name, positive=True)
    try:
        low = sign(exact.of(range_.lower, {}))
    except NoForm:
        low = None
    positive = low == 1 or (low == 0 and not range_.closed_lower)
    return sympy.Symbol(name, positive=True) if positive else sympy.Symbol(name, real=True)


@dataclass(frozen=True, slots=True)
class _Ordered(Numbers):
    """The numbers of a link whose exponents are finite, each unknown one written by the other."""

    def exactly(self, name: str) -> sympy.Expr | None:
        value = Numbers.exactly(self, name)
        if value is not None or name not in ("IE", "GE"):
            return value
        other = Numbers.exactly(self, "GE" if name == "IE" else "IE")
        if name == "IE":
            return (_GENERATIVE if other is None else other) + _BEYOND
        return _GENERATIVE if other is None else other - _BEYOND


def by_order(exact: Exact, part: Compare, values: Mapping[str, sympy.Expr]) -> bool | None:
    """Whether the comparison holds, or fails, whatever exponents with GE <= IE the link has."""
    names = {node.name for node in walk(part) if isinstance(node, Const)}
    if not {"IE", "GE"} <= names or not _exists(exact):
        return None
    if {part.left, part.right} == {Const("IE"), Const("GE")}:
        # Also where both are oo.
        above = part.left == Const("IE")
        return {">=": True, "<": False}.get(part.op) if above else {"<=": True, ">": False}.get(part.op)
    orders = exponents(exact.numbers.link, exact.numbers.label)
    if orders.information_exponent.value is None and orders.generative_exponent.value is None:
        return None
    known = exact.numbers
    ordered = replace(exact, numbers=_Ordered(known.link, known.noise, known.signal, known.label))
    try:
        gap = sympy.factor(ordered.of(part.left, values) - ordered.of(part.right, values))
    except (NoForm, ZeroDivisionError):
        return None
    truth = {
        ">=": gap.is_nonnegative, "<": gap.is_negative, "<=": gap.is_nonpositive, ">": gap.is_positive,
        "==": gap.is_zero, "!=": gap.is_nonzero,
    }[part.op]  # fmt: skip
    return None if truth is None else bool(truth)


def _exists(exact: Exact) -> bool:
    """Whether E y^2 is proved finite."""
    if exact.numbers.label.variance is not None:
        return False
    try:
        oracle(exact.numbers.link.tree).tilted_moments((0,), (2,), Fraction(0), 5)
    except (NotIntegrable, Unresolved):
        return False
    return True
