"""A link with symbols: ``tanh(z) - c`` with c over an interval, ``He(k, z)`` with k over integers.

One symbol ranges, the others stand for numbers. A family is its text, read again for each value, so that a
member is an ordinary link.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from typing import NamedTuple

from .assertion import Quantifier, Range, names_in, parse_quantifier
from .build import combine, negate
from .domain import require_defined
from .link import Link, parse
from .parse import SYMBOLS, parse_expression
from .text import LinkError, excerpt
from .text import text as written
from .tree import Bin, Neg, Node, Num, Var, walk

_ZERO = Num(Fraction(0))


class Affine(NamedTuple):
    """s = (scale[0] + scale[1] p) g(z) + shift[0] + shift[1] p for the parameter p."""

    scale: tuple[Fraction, Fraction]
    core: Node
    shift: tuple[Fraction, Fraction]


@dataclass(frozen=True)
class Family:
    """Links that differ in one parameter.

    text: the expression with every symbol. name: the parameter. values: an interval with exact ends, or
    numbers in the order in which they were given. fixed: the numbers that the other symbols stand for.
    """

    text: str
    name: str
    values: Quantifier
    fixed: tuple[tuple[str, Fraction], ...] = ()

    def __str__(self) -> str:
        return written(self.tree) if isinstance(self.values, Range) else self.text

    @property
    def continuous(self) -> bool:
        """Whether the parameter ranges over an interval, so that the members cannot be listed."""
        return isinstance(self.values, Range)

    @property
    def members(self) -> list[tuple[Fraction, Link]]:
        """Each value and its link, where there are finitely many."""
        assert not isinstance(self.values, Range)
        return [(value, self.at(value)) for value in self.values]

    def at(self, value: Fraction) -> Link:
        """The member at ``value``. Raises LinkError where it is not defined."""
        return read(self.text, {**dict(self.fixed), self.name: value})

    @cached_property
    def tree(self) -> Node:
        """The tree in z and the parameter, which ranges over an interval."""
        return parse_expression(self.text, ("z", self.name), dict(self.fixed))

    @property
    def ends(self) -> tuple[Fraction, Fraction]:
        """The least and the largest value of the parameter."""
        if not isinstance(self.values, Range):
            return min(self.values), max(self.values)
        low, high = self.values.lower, self.values.upper
        assert isinstance(low, Num)
        assert isinstance(high, Num)
        return low.value, high.value

    @cached_property
    def _form(self) -> Affine | None:
        """The family in this form, whatever its scale."""
        found = _affine(self.tree, self.name) if isinstance(self.values, Range) else None
        return None if found is None or found.core == _ZERO else found

    @property
    def flat_at(self) -> Fraction | None:
        """The value from one end to the other of the range at which the scale of this form is 0."""
        (constant, slope) = self._form.scale if self._form else (Fraction(0), Fraction(0))
        low, high = self.ends
        return -constant / slope if slope and low <= -constant / slope <= high else None

    @cached_property
    def affine(self) -> Affine | None:
        """The family in this form with a scale above 0 on the whole range, 1 where it is constant."""
        if (found := self._form) is None or self.flat_at is not None:
            return None
        (constant, slope), core = found.scale, found.core
        if not constant + slope * self.ends[0]:
            return None
        side = 1 if constant + slope * self.ends[0] > 0 else -1
        if slope == 0:
            core = combine("*", Num(abs(constant)), core) if abs(constant) != 1 else core
            constant = Fraction(side)
        return Affine((side * constant, side * slope), core if side > 0 else negate(core), found.shift)


def read(text: str, values: Mapping[str, Fraction]) -> Link:
    """The link of ``text`` with numbers in place of symbols. Raises LinkError."""
    return parse(written(parse_expression(text, values=values))) if values else parse(text)


def parse_family(text: str, ranges: Mapping[str, object]) -> Family | Link:
    """The family that ``text`` is for symbols in ``ranges``; a link where each of them is one number.

    Raises LinkError on a symbol without a range, a range without a symbol, and where a member of the
    family is not defined on the whole line.
    """
    return family_of(text, {name: parse_quantifier(name, spec) for name, spec in ranges.items()})


def family_of(text: str, declared: Mapping[str, Quantifier]) -> Family | Link:
    """``parse_family`` for ranges that are read already."""
    seen = names_in(text)
    for name, values in declared.items():
        if name not in SYMBOLS:
            raise LinkError(f"'{name}' is no symbol of a link: write one of {', '.join(SYMBOLS)}")
        if name not in seen:
            raise LinkError(f"there is a range for {name}, but no {name} in '{excerpt(text)}': leave it out")
        _require_numbers(name, values)
    many = [name for name, values in declared.items() if isinstance(values, Range) or len(values) > 1]
    if len(many) > 1:
        raise LinkError(
            f"{' and '.join(many)} both range: let one of them range and give the others a number, "
            f'as in --for "{many[1]}=1"'
        )
    fixed = {name: values[0] for name, values in declared.items() if not isinstance(values, Range)}
    if not many:
        return read(text, fixed)
    fixed.pop(many[0], None)
    family = Family(text, many[0], declared[many[0]], tuple(sorted(fixed.items())))
    if isinstance(family.values, Range):
        require_defined(family.tree, {family.name: family.ends})
    for value in family.ends:
        family.at(value)
    return family


def _require_numbers(name: str, values: Quantifier) -> None:
    ends = (values.lower, values.upper) if isinstance(values, Range) else ()
    if not all(isinstance(end, Num) for end in ends):
        raise LinkError(f'{name} = {values} has an end that is no number: write --for "{name}=[0, 2]"')
    if name == "k" and (ends or any(value.denominator != 1 for value in values)):  # type: ignore[union-attr]
        raise LinkError('k stands for integers: write --for "k=1:8"')


def _affine(node: Node, name: str) -> Affine | None:
    inside = {part.name for part in walk(node) if isinstance(part, Var)}
    if "z" not in inside:
        shift = _linear(node, name)
        return None if shift is None else Affine((Fraction(0), Fraction(0)), _ZERO, shift)
    if name not in inside:
        return Affine((Fraction(1), Fraction(0)), node, (Fraction(0), Fraction(0)))
    if isinstance(node, Neg):
        return _scaled(_affine(node.arg, name), (Fraction(-1), Fraction(0)))
    if not isinstance(node, Bin) or node.op == "**":
        return None
    left, right = _affine(node.left, name), _affine(node.right, name)
    if left is None or right is None:
        return None
    if node.op in "+-":
        return _sum(left, right if node.op == "+" else _scaled(right, (Fraction(-1), Fraction(0))))
    if right.core == _ZERO:
        if node.op == "*":
            return _scaled(left, right.shift)
        constant, slope = right.shift
        return _scaled(left, (1 / constant, Fraction(0))) if slope == 0 and constant else None
    return _scaled(right, left.shift) if node.op == "*" and left.core == _ZERO else None


def _sum(left: Affine | None, right: Affine | None) -> Affine | None:
    if left is None or right is None:
        return None
    shift = (left.shift[0] + right.shift[0], left.shift[1] + right.shift[1])
    if _ZERO in (left.core, right.core):
        main = right if left.core == _ZERO else left
        return Affine(main.scale, main.core, shift)
    if left.scale == right.scale:
        return Affine(left.scale, combine("+", left.core, right.core), shift)
    if (left.scale[0], left.scale[1]) == (-right.scale[0], -right.scale[1]):
        return Affine(left.scale, combine("-", left.core, right.core), shift)
    if left.scale[1] == right.scale[1] == 0:
        parts = (combine("*", Num(each.scale[0]), each.core) for each in (left, right))
        return Affine((Fraction(1), Fraction(0)), combine("+", *parts), shift)
    return None


def _scaled(part: Affine | None, factor: tuple[Fraction, Fraction]) -> Affine | None:
    """The product with a factor that is affine in the parameter, where that is affine again."""
    if part is None:
        return None
    scale, shift = _product(part.scale, factor), _product(part.shift, factor)
    return None if scale is None or shift is None else Affine(scale, part.core, shift)


def _product(
    left: tuple[Fraction, Fraction], right: tuple[Fraction, Fraction]
) -> tuple[Fraction, Fraction] | None:
    if left[1] * right[1]:
        return None
    return left[0] * right[0], left[0] * right[1] + left[1] * right[0]


def _linear(node: Node, name: str) -> tuple[Fraction, Fraction] | None:
    """(u, v) with node = u + v p, exact; None where it is not such."""
    if isinstance(node, Num):
        return node.value, Fraction(0)
    if isinstance(node, Var) and node.name == name:
        return Fraction(0), Fraction(1)
    if isinstance(node, Neg):
        inner = _linear(node.arg, name)
        return None if inner is None else (-inner[0], -inner[1])
    if not isinstance(node, Bin) or node.op == "**":
        return None
    left, right = _linear(node.left, name), _linear(node.right, name)
    if left is None or right is None:
        return None
    if node.op == "*":
        return _product(left, right)
    if node.op == "/":
        return _product(left, (1 / right[0], Fraction(0))) if right[1] == 0 and right[0] else None
    sign = 1 if node.op == "+" else -1
    return left[0] + sign * right[0], left[1] + sign * right[1]
