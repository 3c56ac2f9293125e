"""Tilted Hermite coefficients as a table."""

from __future__ import annotations

from rich.text import Text

from ..answers.coefficients import Coefficients
from .tables import number, pairs


def show(found: Coefficients) -> None:
    """A table of h_k and alpha_k."""
    for c in found.coefficients:
        rows: list[tuple[str, str | Text]] = [(f"h_{c.k}", number(c.h)), (f"alpha_{c.k}", number(c.alpha))]
        pairs(rows)
