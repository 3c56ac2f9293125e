"""Derivatives of analytic trees, for the interval Newton steps that isolate kinks."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction

from ..link.tree import Bin, Call, Const, Neg, Node, Num, Var
from .lower_arb import hermite_order, is_piecewise

_ZERO, _ONE, _TWO = (Num(Fraction(n)) for n in range(3))


def derivative(tree: Node) -> Node:
    """d/dz of an analytic tree. Raises ValueError at a piecewise node."""
    if is_piecewise(tree):
        raise ValueError("a piecewise function has no derivative tree")
    if isinstance(tree, Var):
        return _ONE
    if isinstance(tree, (Num, Const)):
        return _ZERO
    if isinstance(tree, Neg):
        return Neg(derivative(tree.arg))
    if isinstance(tree, Bin):
        return _binary(tree)
    if isinstance(tree, Call) and tree.name == "He":
        k, arg = hermite_order(tree), tree.args[1]
        if k == 0:
            return _ZERO
        return _times(Bin("*", Num(Fraction(k)), Call("He", (Num(Fraction(k - 1)), arg))), derivative(arg))
    if isinstance(tree, Call):
        arg = tree.args[0]
        return _times(_OUTER[tree.name](arg), derivative(arg))
    raise ValueError("a condition has no derivative")


def _times(left: Node, right: Node) -> Node:
    if _ZERO in (left, right):
        return _ZERO
    if left == _ONE:
        return right
    return left if right == _ONE else Bin("*", left, right)


def _plus(left: Node, right: Node) -> Node:
    if left == _ZERO:
        return right
    return left if right == _ZERO else Bin("+", left, right)


def _binary(tree: Bin) -> Node:
    u, v = tree.left, tree.right
    du, dv = derivative(u), derivative(v)
    if tree.op == "+":
        return _plus(du, dv)
    if tree.op == "-":
        return _plus(du, _ZERO if dv == _ZERO else Neg(dv))
    if tree.op == "*":
        return _plus(_times(du, v), _times(u, dv))
    if tree.op == "/":
        slope = _plus(_times(du, v), _ZERO if dv == _ZERO else Neg(_times(u, dv)))
        return _ZERO if slope == _ZERO else Bin("/", slope, Bin("**", v, _TWO))
    if isinstance(v, Num):
        return _ZERO if v.value == 0 else _times(_times(v, Bin("**", u, Num(v.value - 1))), du)
    logarithmic = _plus(_times(dv, Call("log", (u,))), _ZERO if du == _ZERO else Bin("/", _times(v, du), u))
    return _times(tree, logarithmic)


def _call(name: str, arg: Node) -> Call:
    return Call(name, (arg,))


def _square(arg: Node) -> Node:
    return Bin("**", arg, _TWO)


def _bell(arg: Node) -> Node:
    return _call("exp", Neg(_square(arg)))


_OUTER: dict[str, Callable[[Node], Node]] = {
    "exp": lambda u: _call("exp", u),
    "log": lambda u: Bin("/", _ONE, u),
    "sqrt": lambda u: Bin("/", _ONE, Bin("*", _TWO, _call("sqrt", u))),
    "sin": lambda u: _call("cos", u),
    "cos": lambda u: Neg(_call("sin", u)),
    "tan": lambda u: Bin("+", _ONE, _square(_call("tan", u))),
    "sinh": lambda u: _call("cosh", u),
    "cosh": lambda u: _call("sinh", u),
    "tanh": lambda u: Bin("/", _ONE, _square(_call("cosh", u))),
    "atan": lambda u: Bin("/", _ONE, Bin("+", _ONE, _square(u))),
    "erf": lambda u: Bin("/", Bin("*", _TWO, _bell(u)), _call("sqrt", Const("pi"))),
    "sigmoid": lambda u: Bin("*", _call("sigmoid", u), _call("sigmoid", Neg(u))),
    "softplus": lambda u: _call("sigmoid", u),
    # Phi(u) + u phi(u), with Phi written through erf.
    "gelu": lambda u: Bin(
        "+",
        Bin("/", Bin("+", _ONE, _call("erf", Bin("/", u, _call("sqrt", _TWO)))), _TWO),
        Bin(
            "/",
            Bin("*", u, _call("exp", Neg(Bin("/", _square(u), _TWO)))),
            _call("sqrt", Bin("*", _TWO, Const("pi"))),
        ),
    ),
}
