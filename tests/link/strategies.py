"""Random syntax trees, built as the parser builds them."""

from fractions import Fraction
from typing import Any

from hypothesis import assume
from hypothesis import strategies as st
from tiltproof.link import build
from tiltproof.link.functions import FUNCTIONS
from tiltproof.link.tree import Compare, Condition, Const, Logic, Node, Num, Var, Where

_UNARY = [name for name, function in FUNCTIONS.items() if function.arity == 1 and function.outside is None]
_SHAPES = ("leaf", "binary", "power", "negate", "function", "extremum", "hermite", "where")


@st.composite
def trees(draw: Any, depth: int = 4) -> Node:
    """Trees at most ``depth`` deep over every kind of node that is defined everywhere."""
    tree: Node = _tree(draw, depth)
    assume(build.degree(tree) <= build.MAX_DEGREE)
    return tree


def _tree(draw: Any, depth: int) -> Node:
    shape = draw(st.sampled_from(_SHAPES)) if depth else "leaf"
    if shape == "leaf":
        number = Num(draw(st.fractions(min_value=-9, max_value=9, max_denominator=12)))
        return draw(st.sampled_from([Var(), Var(), number, Const("pi"), Const("E")]))
    inner = _tree(draw, depth - 1)
    if shape == "binary":
        return build.combine(draw(st.sampled_from(["+", "-", "*"])), inner, _tree(draw, depth - 1))
    if shape == "power":
        return build.combine("**", inner, Num(Fraction(draw(st.integers(0, 3)))))
    if shape == "negate":
        return build.negate(inner)
    if shape == "function":
        return build.call(draw(st.sampled_from(_UNARY)), (inner,))
    if shape == "extremum":
        return build.call(draw(st.sampled_from(["min", "max"])), (inner, _tree(draw, depth - 1)))
    if shape == "hermite":
        return build.call("He", (Num(Fraction(draw(st.integers(0, 4)))), inner))
    return Where(_condition(draw, depth - 1), inner, _tree(draw, depth - 1))


def _condition(draw: Any, depth: int) -> Condition:
    if depth and draw(st.booleans()):
        joined = draw(st.sampled_from(["and", "or"]))
        return Logic(joined, _condition(draw, depth - 1), _condition(draw, depth - 1))
    compared = draw(st.sampled_from(["<", "<=", ">", ">=", "==", "!="]))
    return Compare(compared, _tree(draw, min(depth, 1)), _tree(draw, min(depth, 1)))
