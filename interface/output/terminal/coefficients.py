"""Tilted Hermite coefficients as a table."""

from __future__ import annotations

import sympy
from rich.text import Text

from ...answers.coefficients import Coefficients
from ...answers.formulas import Formulas
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


def show_formulas(found: Formulas) -> None:
    """The same in the symbol t = 1/beta, and in the symbol k where one expression holds for every k."""
    rows: list[tuple[str, str | Text]] = []
    if found.general is not None:
        rows.append(("h_k", str(found.general)))
    for formula in found.formulas:
        rows.append((f"h_{formula.k}", str(formula.h)))
        if found.signal != "weight":
            rows.append((f"alpha_{formula.k}", str(formula.alpha)))
        if found.signal == "centered":
            rows.append((f"centered_{formula.k}", str(formula.signal)))
    if found.formulas:
        rows.append(
            ("for", "t = 1/beta > 0" if found.t_max == sympy.oo else f"0 < t = 1/beta < {found.t_max}")
        )
    if found.noise.kind != "none":
        rows.append(("noise", str(found.noise)))
    more = "" if found.formulas else "; --beta encloses the coefficients at a temperature"
    rows.append(("from", found.derivation + more))
    pairs(rows)
