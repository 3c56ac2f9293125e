"""The first terms of a convergent series at one temperature, as a person would write them."""

from __future__ import annotations

import sympy

from ...link import Noise
from ...theory.exact.symbols import t
from ...theory.families.form import Expansion
from ...theory.signal import cumulant

_TERMS = 3
#: A series whose terms vanish one after the other is looked through so far.
_LOOKED_AT = 12


def first_terms(series: Expansion, at: sympy.Expr, noise: Noise) -> str:
    """``2*exp(-1/2)*I_1(1) - 6*exp(-9/2)*I_3(1) + ...`` with the value of t filled in."""
    terms = (sympy.sympify(series.term(j)) for j in range(_LOOKED_AT))
    kept = [term for term in terms if term != 0][:_TERMS]
    growth = sympy.exp(cumulant(noise)).subs(t, at)
    shown = [_readable(sympy.powsimp((growth * term).subs(t, at))) for term in kept]
    return " + ".join([*shown, "..."]).replace("+ -", "- ")


def _readable(term: sympy.Expr) -> str:
    orders = {f: sympy.Symbol(f"I_{f.args[0]}({f.args[1]})") for f in term.atoms(sympy.besseli)}
    return str(term.xreplace(orders))
