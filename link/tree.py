"""The syntax tree of a link function: small, frozen, and free of any algebra system.

Every node is immutable and hashable, so trees serve as cache keys. A tree says what the user
wrote and nothing more; what it means is decided three times, independently, by the lowerings in
``theory`` (SymPy) and ``numerics`` (NumPy, mpmath, Arb).
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterator
from dataclasses import dataclass, fields
from fractions import Fraction
from functools import lru_cache
from typing import Any, Literal, cast

Operator = Literal["+", "-", "*", "/", "**"]
Comparison = Literal["<", "<=", ">", ">=", "==", "!="]
#: What they do to numbers of any kind.
ARITHMETIC: dict[Operator, Callable[[Any, Any], Any]] = {
    "+": operator.add, "-": operator.sub, "*": operator.mul, "/": operator.truediv, "**": operator.pow,
}  # fmt: skip
COMPARISONS: dict[Comparison, Callable[[Any, Any], Any]] = {
    "<": operator.lt, "<=": operator.le, ">": operator.gt, ">=": operator.ge,
    "==": operator.eq, "!=": operator.ne,
}  # fmt: skip


class _Hashed:
    """A node that keeps its hash: trees are the keys of many caches, and to hash one is to walk all of it.

    Hashes tell nodes apart before their parts do: deep nests differ in their innermost part alone.
    """

    __slots__ = ("_hash",)
    _hash: int

    def __init_subclass__(cls) -> None:
        # A dataclass writes these of its own where the class itself has none.
        cls.__hash__, cls.__eq__ = _Hashed.__hash__, _Hashed.__eq__  # type: ignore[method-assign]

    def __eq__(self, other: object) -> bool:
        if self is other:
            return True
        if type(self) is not type(other) or hash(self) != hash(other):
            return False
        return [getattr(self, name) for name in self.__slots__] == [
            getattr(other, name) for name in self.__slots__
        ]

    def __hash__(self) -> int:
        try:
            return self._hash
        except AttributeError:
            value = hash((type(self), *(getattr(self, name) for name in self.__slots__)))
            object.__setattr__(self, "_hash", value)
            return value


@dataclass(frozen=True, slots=True)
class Var(_Hashed):
    """The argument of the link function, ``z`` unless the parser was told another name."""

    name: str = "z"


@dataclass(frozen=True, slots=True)
class Num(_Hashed):
    """An exact rational number; ``0.9`` in the text is ``Num(Fraction(9, 10))``."""

    value: Fraction


@dataclass(frozen=True, slots=True)
class Const(_Hashed):
    """``pi`` or ``E``; in an assertion also ``oo`` and the words that stand for one number of the link."""

    name: Literal["pi", "E", "oo", "IE", "GE", "t_max", "beta1"]


@dataclass(frozen=True, slots=True)
class Neg(_Hashed):
    """``-arg``."""

    arg: Node


@dataclass(frozen=True, slots=True)
class Bin(_Hashed):
    """``left op right`` for one of ``+ - * / **``."""

    op: Operator
    left: Node
    right: Node


@dataclass(frozen=True, slots=True)
class Call(_Hashed):
    """A function of ``functions.FUNCTIONS`` applied to its arguments; ``He`` has ``(Num(k), x)``."""

    name: str
    args: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Compare(_Hashed):
    """A comparison, allowed only inside the condition of a :class:`Where`."""

    op: Comparison
    left: Node
    right: Node


@dataclass(frozen=True, slots=True)
class Logic(_Hashed):
    """``left and right`` or ``left or right`` of two conditions."""

    op: Literal["and", "or"]
    left: Condition
    right: Condition


@dataclass(frozen=True, slots=True)
class Where(_Hashed):
    """``then`` where the condition holds, ``other`` elsewhere."""

    condition: Condition
    then: Node
    other: Node


Condition = Compare | Logic
Node = Var | Num | Const | Neg | Bin | Call | Where
Part = Node | Condition


def children(part: Part) -> tuple[Part, ...]:
    """The direct sub-trees of ``part``, in the order in which they are written."""
    if isinstance(part, Call):
        return part.args
    if isinstance(part, (Bin, Compare, Logic)):
        return part.left, part.right
    if isinstance(part, Neg):
        return (part.arg,)
    if isinstance(part, Where):
        return part.condition, part.then, part.other
    return ()


def kleene(op: Literal["and", "or"], first: bool | None, second: bool | None) -> bool | None:
    """``first op second`` where None stands for a truth that is not known."""
    deciding = op == "or"
    if deciding in (first, second):
        return deciding
    return None if None in (first, second) else not deciding


def combined(condition: Condition, decide: Callable[[Compare], bool | None]) -> bool | None:
    """Whether a condition holds, by what ``decide`` says of each comparison; None where that is open."""
    if isinstance(condition, Logic):
        return kleene(condition.op, combined(condition.left, decide), combined(condition.right, decide))
    return decide(condition)


def by_sign(op: Comparison, sign: int | None) -> bool | None:
    """Whether ``left op right`` holds, from the sign of left - right, where None stands for one not known."""
    return None if sign is None else bool(COMPARISONS[op](sign, 0))


def walk(part: Part) -> Iterator[Part]:
    """Every node of the tree, parents before children, without recursion."""
    stack = [part]
    while stack:
        current = stack.pop()
        yield current
        stack.extend(reversed(children(current)))


def is_constant(part: Part) -> bool:
    """Whether no variable occurs in ``part``."""
    return not isinstance(part, Var) and all(map(is_constant, children(part)))


def whole(node: Node) -> int:
    """The whole number that stands there, such as the order of a Hermite polynomial."""
    assert isinstance(node, Num)
    return int(node.value)


def rebuild(part: Part, change: Callable[[Part], Part]) -> Part:
    """The same node with ``change`` applied to each of its direct children."""
    if isinstance(part, (Var, Num, Const)):
        return part
    if isinstance(part, Call):
        return Call(part.name, tuple(change(arg) for arg in part.args))  # type: ignore[misc]
    values = [getattr(part, field.name) for field in fields(part)]
    kind: Callable[..., Part] = type(part)
    return kind(*(v if isinstance(v, str) else change(v) for v in values))


def replaced(part: Part, old: Node, new: Node) -> Part:
    """The same with ``new`` in every place of the part ``old``."""
    return new if part == old else rebuild(part, lambda child: replaced(child, old, new))


def substitute(tree: Node, replacement: Node, old: Node = Var()) -> Node:
    """The tree with every z, or ``old``, replaced: ``substitute(s, Neg(Var()))`` is ``s(-z)``."""
    return cast(Node, replaced(tree, old, replacement))


@lru_cache(maxsize=16384)
def shared(tree: Node) -> Node:
    """The first node equal to this one: caches then find it without comparing both, part by part."""
    return tree
