"""GE <= IE: what that alone decides of a comparison in which both exponents stand.

With IE = k, E[y He_k] = E[y zeta_k] is not 0, so zeta_k = E[He_k | y] is not either, and GE <= k. All
mu_{1,k} exist where E y^2 does; where both exponents are oo, as the link is constant, they are equal.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from fractions import Fraction

import sympy

from ...link.tree import Compare, Const, walk
from ...numerics.expectation.oracle import NotIntegrable, Unresolved, oracle
from ..link_facts.exponents import exponents
from .exact import Exact, NoForm
from .quantities import Numbers

REASON = "GE <= IE always, as E[y He_k] = E[y E[He_k | y]]"
#: What is known of the exponents where they are not: GE >= 1 and IE - GE >= 0.
_GENERATIVE = sympy.Symbol("GE", integer=True, positive=True)
_BEYOND = sympy.Symbol("IE_beyond_GE", integer=True, nonnegative=True)


@dataclass(frozen=True, slots=True)
class _Ordered(Numbers):
    """The numbers of a link whose exponents are finite, each unknown one written by the other."""

    def exactly(self, name: str) -> sympy.Expr | None:
        known = Numbers(self.link, self.noise, self.signal)
        value = known.exactly(name)
        if value is not None or name not in ("IE", "GE"):
            return value
        if name == "IE":
            generative = known.exactly("GE")
            return (_GENERATIVE if generative is None else generative) + _BEYOND
        information = known.exactly("IE")
        return _GENERATIVE if information is None else information - _BEYOND


def by_order(exact: Exact, part: Compare, values: Mapping[str, sympy.Expr]) -> bool | None:
    """Whether the comparison holds, or fails, whatever exponents with GE <= IE the link has."""
    names = {node.name for node in walk(part) if isinstance(node, Const)}
    if not {"IE", "GE"} <= names or not _exists(exact):
        return None
    if {part.left, part.right} == {Const("IE"), Const("GE")}:
        # Also where both are oo.
        above = part.left == Const("IE")
        return {">=": True, "<": False}.get(part.op) if above else {"<=": True, ">": False}.get(part.op)
    found = exponents(exact.link)
    if found.information_exponent.value is None and found.generative_exponent.value is None:
        return None
    numbers = _Ordered(exact.link, exact.noise, exact.numbers.signal)
    ordered = replace(exact, numbers=numbers)
    try:
        gap = sympy.factor(ordered.of(part.left, values) - ordered.of(part.right, values))
    except (NoForm, ZeroDivisionError):
        return None
    truth = {
        ">=": gap.is_nonnegative, "<": gap.is_negative, "<=": gap.is_nonpositive, ">": gap.is_positive,
        "==": gap.is_zero, "!=": gap.is_nonzero,
    }[part.op]  # fmt: skip
    return None if truth is None else bool(truth)


def _exists(exact: Exact) -> bool:
    """Whether E y^2 is proved finite."""
    try:
        oracle(exact.link.tree).tilted_moments((0,), (2,), Fraction(0), 5)
    except (NotIntegrable, Unresolved):
        return False
    return True


__all__ = ["REASON", "by_order"]
