"""A syntax tree as a postfix program of numbers, so that one compiled kernel runs every activation."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ...link.tree import Call, Condition, Const, Neg, Node, Num, Var, Where
from ..lowering.derivative import coefficients, derivative
from ..lowering.functions import FUNCTIONS
from .kernel import CODE, FIXED


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
    steps: list[tuple[int, float]] = []
    _emit(tree, steps)
    codes = np.array([code for code, _ in steps], dtype=np.int64)
    values = np.array([value for _, value in steps], dtype=np.float64)
    return Program(codes, values, _depth(codes), np.array(coefficients(tree) or (), dtype=np.float64))


def _emit(part: Node | Condition, steps: list[tuple[int, float]]) -> None:
    if isinstance(part, Var):
        steps.append((CODE["z"], 0.0))
    elif isinstance(part, Num):
        steps.append((CODE["push"], float(part.value)))
    elif isinstance(part, Const):
        steps.append((CODE["push"], math.pi if part.name == "pi" else math.e))
    elif isinstance(part, Neg):
        _after((part.arg,), "neg", steps)
    elif isinstance(part, Where):
        _after((part.condition, part.then, part.other), "where", steps)
    elif isinstance(part, Call):
        _emit_call(part, steps)
    else:
        _emit(part.left, steps)
        _join(part.op, part.right, steps)


def _after(parts: Sequence[Node | Condition], name: str, steps: list[tuple[int, float]]) -> None:
    for part in parts:
        _emit(part, steps)
    steps.append((CODE[name], 0.0))


def _join(name: str, right: Node | Condition, steps: list[tuple[int, float]]) -> None:
    """The operation on the value so far and ``right``."""
    if isinstance(right, Num):
        steps.append((CODE[name] + FIXED, float(right.value)))
    else:
        _after((right,), name, steps)


def _emit_call(node: Call, steps: list[tuple[int, float]]) -> None:
    if node.name == "He":
        order, inner = node.args
        assert isinstance(order, Num)
        _emit(inner, steps)
        steps.append((CODE["He"], float(order.value)))
    elif node.name in ("min", "max"):
        _emit(node.args[0], steps)
        for arg in node.args[1:]:
            _join(node.name, arg, steps)
    elif (spelled := FUNCTIONS[node.name].spelled) is not None:
        _emit(spelled(*node.args), steps)
    else:
        _after(node.args, node.name, steps)


def _depth(codes: NDArray[np.int64]) -> int:
    """The largest number of values in use at once."""
    used = most = 0
    for code in codes:
        if code <= CODE["z"]:
            used += 1
        elif code <= CODE["or"]:
            used -= 1
        elif code == CODE["where"]:
            used -= 2
        most = max(most, used)
    return most
