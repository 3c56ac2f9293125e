"""Tilted Hermite coefficients as a table."""

from __future__ import annotations

from rich.text import Text

from ..answers.coefficients import Coefficients
from .tables import number, pairs


def show(found: Coefficients) -> None:
    """A table of h_k and alpha_k, and of the third kind of signal where that was asked for."""
    rows: list[tuple[str, str | Text]] = []
    several = len({c.beta for c in found.coefficients}) > 1
    shown = None
    for c in found.coefficients:
        if several and c.beta != shown:
            shown = c.beta
            rows.append(("beta", str(shown)))
        rows.append((f"h_{c.k}", number(c.h)))
        if c.series is not None:
            rows.append(("", f"= {c.series}"))
        if found.signal != "weight":
            rows.append((f"alpha_{c.k}", number(c.alpha)))
        if found.signal == "centered":
            rows.append((f"centered_{c.k}", number(c.signal)))
    if found.noise.kind != "none":
        rows.append(("noise", str(found.noise)))
    rows.append(("from", found.derivation))
    pairs(rows)
