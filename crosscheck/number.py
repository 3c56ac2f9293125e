"""A number as it is handed out: a closed form when there is one, a certified enclosure always."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import sympy
from flint import arb

from ..link import LinkError
from ..link.parse import parse_expression
from ..numerics.precision import decimal_bounds
from .compare import ball_to
from .verdict import Value


@dataclass(frozen=True, slots=True)
class Enclosed:
    """``lower <= value <= upper``, decimal strings rounded outward (``inf`` and ``-inf`` allowed).

    closed_form: the exact value as a SymPy expression, or None when no closed form is known.
    """

    closed_form: sympy.Expr | None
    lower: str
    upper: str

    def as_json(self) -> dict[str, Any]:
        return {"closed_form": self.readable, "lower": self.lower, "upper": self.upper}

    @property
    def readable(self) -> str | None:
        """The closed form as text that the link language reads back, or None (it has no erfi, for one)."""
        return None if self.closed_form is None else _readable(str(self.closed_form))

    def as_value(self, quantity: str) -> Value:
        """The number as a leg's evidence carries it."""
        return Value(quantity, self.lower, self.upper, self.readable)

    def _repr_latex_(self) -> str:
        if self.closed_form is not None:
            return f"${sympy.latex(self.closed_form)}$"
        return f"$[{self.lower}, {self.upper}]$"


def _readable(text: str) -> str | None:
    if text in ("oo", "-oo"):
        return text
    try:
        parse_expression(text, variables=())
    except LinkError:
        return None
    return text


def from_exact(value: sympy.Expr, digits: int) -> Enclosed:
    """An exact number with its decimal enclosure, ``digits`` significant digits wide at most."""
    if value in (sympy.oo, -sympy.oo):
        shown = "inf" if value is sympy.oo else "-inf"
        return Enclosed(value, shown, shown)
    return Enclosed(value, *decimal_bounds(ball_to(value, digits + 3), digits))


def from_ball(value: arb, digits: int) -> Enclosed:
    """An enclosure without a closed form."""
    return Enclosed(None, *decimal_bounds(value, digits))
