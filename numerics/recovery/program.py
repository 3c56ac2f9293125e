"""A syntax tree as a postfix program of numbers, so that one compiled kernel runs every activation."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...link.build import call, combine, negate
from ...link.tree import Call, Condition, Const, Neg, Node, Num, Var, Where
from .derivative import coefficients, derivative
from .kernel import CODE, OPERATIONS


@dataclass(frozen=True)
class Program:
    """codes: one operation each; values: what ``push`` and ``He`` read; depth: the stack that it needs.

    polynomial: the coefficients when the function is a polynomial of low degree, else empty.
    """

    codes: NDArray[np.int64]
    values: NDArray[np.float64]
    depth: int
    polynomial: NDArray[np.float64]


def slope_program(activation: Node) -> Program:
    """The program of g'."""
    return program(derivative(activation))


def program(tree: Node) -> Program:
    """``tree`` in postfix order."""
    steps: list[tuple[str, float]] = []
    _emit(tree, steps)
    codes = np.array([CODE[name] for name, _ in steps], dtype=np.int64)
    values = np.array([value for _, value in steps], dtype=np.float64)
    return Program(codes, values, _depth(steps), np.array(coefficients(tree) or (), dtype=np.float64))


def _emit(part: Node | Condition, steps: list[tuple[str, float]]) -> None:
    if isinstance(part, Var):
        steps.append(("z", 0.0))
    elif isinstance(part, Num):
        steps.append(("push", float(part.value)))
    elif isinstance(part, Const):
        steps.append(("push", math.pi if part.name == "pi" else math.e))
    elif isinstance(part, Neg):
        _after((part.arg,), "neg", steps)
    elif isinstance(part, Where):
        _after((part.condition, part.then, part.other), "where", steps)
    elif isinstance(part, Call):
        _emit_call(part, steps)
    else:
        _after((part.left, part.right), part.op, steps)


def _after(parts: Any, name: str, steps: list[tuple[str, float]], value: float = 0.0) -> None:
    for part in parts:
        _emit(part, steps)
    steps.append((name, value))


def _emit_call(node: Call, steps: list[tuple[str, float]]) -> None:
    if node.name == "He":
        order, inner = node.args
        assert isinstance(order, Num)
        _after((inner,), "He", steps, float(order.value))
    elif node.name in ("min", "max"):
        _emit(node.args[0], steps)
        for arg in node.args[1:]:
            _after((arg,), node.name, steps)
    elif node.name in _REDUCED:
        _emit(_REDUCED[node.name](*node.args), steps)
    else:
        _after(node.args, node.name, steps)


def _depth(steps: list[tuple[str, float]]) -> int:
    """The largest number of values on the stack at once."""
    used = most = 0
    for name, _ in steps:
        used += 1 if name in ("push", "z") else -2 if name == "where" else -1 if name in _BINARY else 0
        most = max(most, used)
    return most


_BINARY = frozenset(OPERATIONS[CODE["+"] : CODE["where"]]) | {"min", "max"}
_ZERO, _ONE, _TWO = (Num(Fraction(i)) for i in range(3))


def _softplus(x: Node) -> Node:
    """max(x, 0) + log(1 + e^{-|x|}), which never overflows."""
    tail = call("exp", (negate(call("abs", (x,))),))
    return combine("+", call("max", (x, _ZERO)), call("log", (combine("+", _ONE, tail),)))


def _gelu(x: Node) -> Node:
    mass = combine("+", _ONE, call("erf", (combine("/", x, call("sqrt", (_TWO,))),)))
    return combine("*", x, combine("/", mass, _TWO))


#: Functions that the program spells out in simpler ones.
_REDUCED: dict[str, Callable[..., Node]] = {
    "clip": lambda x, low, high: call("min", (call("max", (x, low)), high)),
    "relu": lambda x: call("max", (x, _ZERO)),
    "sigmoid": lambda x: combine("/", _ONE, combine("+", _ONE, call("exp", (negate(x),)))),
    "softplus": _softplus,
    "gelu": _gelu,
}
