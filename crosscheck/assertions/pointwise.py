"""A claim at single points: decided by balls of growing precision, and by algebra where both sides agree."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, cast

import sympy
from flint import arb

from ...link import ADDITIVE, Label, LinkError
from ...link.assertion import comparisons, parse_assertion
from ...link.text import decimal
from ...link.text import text as written
from ...link.tree import Call, Compare, Condition, Const, Node, Num, Var, by_sign, combined, walk, whole
from ...numerics.assertions.evaluate import Evaluator, Words, fixed
from ...numerics.expectation.oracle import NotIntegrable, Unresolved, oracle
from ...numerics.expectation.taylor import Curves
from ...numerics.precision import bits_for, working
from ...numerics.work import allowance, remembered
from ...theory.channel import vanishing
from ..claim import Subject
from ..link_facts.ceiling import carried
from ..link_facts.exponents import exponents
from ..number import ball_to, show
from .exact import Abstract, Concrete, Exact, NoForm
from .quantities import Numbers
from .user_claim import UserClaim

_DIGITS = (14, 34)
#: Of an end of a range.
_END_DIGITS = 36
#: The work on the spread of a link, which only says in which unit it is looked at.
_WORK = 5e5
#: Two sides that are not shown equal by algebra count as equal when they agree to this many digits.
AGREE = 30
Point = Mapping[str, Fraction]
Balls = Mapping[str, arb]
Forms = Mapping[str, sympy.Expr]
_NOWHERE: Mapping[str, Any] = {}


@dataclass(frozen=True)
class Points:
    """The claim ``text`` about one link; ``integers`` are the values of its enumerated parameters."""

    text: str
    integers: Point
    words: Words
    numbers: Numbers

    @property
    def exact(self) -> Exact:
        """Closed forms of this link."""
        return Exact(self.numbers, Concrete(self.numbers))

    def evaluator(self, digits: int, values: Balls = _NOWHERE, agree: int | None = None) -> Evaluator:
        """Expressions as balls to so many digits, for parameters with these values."""
        constant = {name: fixed(value, 0) for name, value in values.items()}
        return Evaluator(self.words, self.numbers.ball, constant, fixed(arb(0), 0), digits, agree)

    def value(self, node: Node, digits: int, values: Balls = _NOWHERE) -> arb:
        return self.evaluator(digits, values).of(node).over.value

    def condition(self, point: Point) -> Condition:
        return parse_assertion(self.text, (), {**self.integers, **point})

    def judge(self, point: Point) -> bool | None:
        """Whether the claim holds at a point; None where that is not decided."""
        try:
            part = self.condition(point)
        except LinkError:
            return None
        return self.truth(part, {}, {})

    def truth(self, part: Condition, values: Balls, forms: Forms) -> bool | None:
        """Whether the condition holds for parameters with these ``values`` and exact ``forms``."""
        return combined(part, lambda one: by_sign(one.op, self.sign(one, values, forms)))

    def sign(self, part: Compare, values: Balls, forms: Forms) -> int | None:
        """The sign of left - right: nonzero by balls, zero by algebra."""
        for digits in _DIGITS:
            found = self.by_balls(part, values, digits)
            if found is not None:
                return found
            if self.equal(part, forms):
                return 0
        return None

    def by_balls(self, part: Compare, values: Balls, digits: int, agree: int | None = None) -> int | None:
        with working(bits_for(digits) + 60):
            try:
                return self.evaluator(digits, values, agree).sign(part)
            except (NotIntegrable, Unresolved):
                return None

    def equal(self, part: Compare, forms: Forms) -> bool:
        """Whether left = right is proved: by closed forms, for every link, or by what beta1 means."""
        if _is_beta1(part, forms) or _is_signal_zero(part, forms, self.numbers):
            return True
        for_all = Exact(self.numbers, Abstract(self.numbers.noise))
        return any(source.sign(part, forms) == 0 for source in (self.exact, for_all))

    def sides(self, point: Point) -> str:
        """The comparisons that fail at the point, with the values of their sides in decimals.

        None are told where another comparison has no value there.
        """
        try:
            parts = comparisons(self.condition(point))
        except LinkError:
            return ""
        rows = []
        for part, template in zip(parts, self._templates(point), strict=True):
            if (sign := self.sign(part, {}, {})) is None or by_sign(part.op, sign):
                continue
            shown = ((template.left, part.left), (template.right, part.right))
            values = [f"{written(name)} = {self._shown(node)}" for name, node in shown if not _plain(name)]
            if sign == 0:
                values = ["both sides are equal"]
            rows.append(", ".join([f"{_compared(template)} is false", *values]))
        return "; ".join(rows)

    def witness(self, point: Point) -> str:
        """The point, with the comparisons that fail there."""
        where = named({**self.integers, **point})
        sides = self.sides(point) or f"{self.text} is false"
        return f"{where}: {sides}" if where else sides

    def _templates(self, point: Point) -> list[Compare]:
        return comparisons(parse_assertion(self.text, tuple(point), self.integers))

    def _shown(self, node: Node) -> str:
        with working(120):
            try:
                value = self.value(node, 14)
            except (NotIntegrable, Unresolved) as reason:
                return str(reason)
        if value.is_exact() and not value.is_finite():
            return "oo" if value > 0 else "-oo"
        with working(120):
            return show(value, 10) if not value.is_integer() else str(value.unique_fmpz())


def _plain(node: Node) -> bool:
    return isinstance(node, Num) or (isinstance(node, Const) and node.name in ("pi", "E", "oo"))


def _compared(part: Compare) -> str:
    return f"{written(part.left)} {part.op} {written(part.right)}"


def named(point: Point) -> str:
    """``beta = 0.47, k = 2``."""
    return ", ".join(f"{name} = {decimal(value)}" for name, value in point.items())


def end_form(node: Node, points: Points) -> sympy.Expr | None:
    """An end of a range as an exact number."""
    try:
        return points.exact.of(node, {})
    except NoForm:
        return None


def end_ball(node: Node, points: Points) -> arb:
    """An end of a range as a ball. Raises Unresolved where it is not known."""
    form = end_form(node, points)
    if form is not None:
        return arb.pos_inf() if form is sympy.oo else ball_to(form, _END_DIGITS)
    with working(bits_for(_END_DIGITS) + 40):
        return points.value(node, _END_DIGITS)


#: The exact form under which beta1 stands for itself where it has no closed form.
BETA1 = sympy.Symbol("beta1", positive=True)


def _is_beta1(part: Compare, forms: Forms) -> bool:
    """A parameter that is beta1 against beta1."""
    return any(
        isinstance(side, Var) and forms.get(side.name) is BETA1 and other == Const("beta1")
        for side, other in ((part.left, part.right), (part.right, part.left))
    )


def _is_signal_zero(part: Compare, forms: Forms, numbers: Numbers) -> bool:
    """alpha(k, x) or snr(x) against 0 with x = beta1."""
    for side, other in ((part.left, part.right), (part.right, part.left)):
        name = getattr(side, "name", None)
        if name not in ("alpha", "snr") or getattr(other, "value", None) != 0:
            continue
        beta = cast(Call, side).args[-1]
        if isinstance(beta, Var):
            at_beta1 = forms.get(beta.name) is BETA1
        else:
            at_beta1 = getattr(beta, "name", None) == "beta1"
        order = cast(Call, side).args[0]
        of_signal = name == "snr" or (isinstance(order, Num) and numbers.carries_signal(int(order.value)))
        if at_beta1 and of_signal and numbers.signal_vanishes_at_beta1:
            return True
    return False


def points_of(subject: Subject, claim: UserClaim, integers: Point) -> Points:
    """The claim for one choice of its enumerated parameters."""
    tree, known = subject.link.tree, exponents(subject.link, claim.label)
    star = known.generative_exponent.value
    ks = {0}
    for part in walk(claim.condition(integers)):
        if isinstance(part, Call) and part.name in ("alpha", "h") and isinstance(part.args[0], Num):
            ks.add(whole(part.args[0]))
        elif isinstance(part, Call) and part.name == "snr" and star is not None:
            ks.add(star)
    numbers = Numbers(subject.link, claim.noise, claim.signal, claim.label)
    curves = _curves(tree, frozenset(ks), claim.label)

    def best_signal(k: int) -> arb:
        power = known.witness_power if k == star else None
        return carried(tree, k, claim.noise, claim.label, power, _DIGITS[0])

    words = Words(curves, claim.noise, claim.signal, star, best_signal)
    return Points(claim.text, integers, words, numbers)


@remembered(32)
def _curves(tree: Node, ks: frozenset[int], label: Label) -> Curves:
    unit = _unit(tree) if label == ADDITIVE else Fraction(1)

    def zero(i: int, k: int) -> bool:
        return (k > 0 or label == ADDITIVE) and vanishing(tree, label, i, k)

    return Curves(tree, zero, ks, unit, label)


def _unit(tree: Node) -> Fraction:
    """A power of 10 near the standard deviation of s where that is far from 1, else 1."""
    try:
        with allowance(_WORK), working(bits_for(20)):
            moments = oracle(tree).tilted_moments((0,), (1, 2), Fraction(0), 16)
            spread = (moments[2, 0] - moments[1, 0] * moments[1, 0]).sqrt()
    except (NotIntegrable, Unresolved):
        return Fraction(1)
    if not (spread > 0 and spread.is_finite()):
        return Fraction(1)
    power = round(float(spread.mid().log()) / math.log(10))
    return Fraction(10) ** power if abs(power) > 1 else Fraction(1)
