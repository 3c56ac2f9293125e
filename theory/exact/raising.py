"""From SymPy back to the link language, so that the oracle can evaluate what was derived."""

from __future__ import annotations

import sympy

from ...link.parse import parse_expression
from ...link.tree import Node
from .symbols import z


def to_tree(expression: sympy.Expr, symbol: sympy.Symbol = z) -> Node:
    """The syntax tree of an expression in ``symbol``, read from what SymPy's printer writes.

    Raises LinkError when the expression contains a function that the link language does not have.
    """
    return parse_expression(str(expression), variables=(symbol.name,))
