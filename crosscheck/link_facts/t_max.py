"""t_max of a link, by the first of two means that shows it."""

from __future__ import annotations

import sympy

from ...link import Link
from ...numerics.expectation.oracle import t_range
from ...numerics.precision import as_fraction
from ...theory.exact.symbols import Known
from ...theory.shape.facts import facts


def tilt_limit(link: Link) -> Known[sympy.Expr]:
    """t_max by exact algebra, or by the growth of s where algebra leaves it open."""
    known = facts(link.tree).t_max
    if known.value is not None:
        return known
    grown = t_range(link.tree)
    if grown.infinite_from.is_zero():
        return Known(sympy.S.Zero, grown.reason)
    if grown.finite_below.is_finite() and grown.finite_below == grown.infinite_from:
        # Two balls are equal only when both are exact: the growth from above and from below is the same.
        return Known(sympy.sympify(as_fraction(grown.finite_below)), grown.reason)
    return known if grown.finite_below.is_finite() else Known(sympy.oo, grown.reason)
