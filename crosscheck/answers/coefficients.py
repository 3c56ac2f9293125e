"""The tilted Hermite coefficients h_k and alpha_k at given temperatures."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import sympy

from ...link import Link, LinkError, as_link
from ...link.build import number
from ...link.parse import parse_expression
from ...link.tree import Num
from ...numerics.expectation import oracle
from ...theory.symbols import t
from ...theory.tilt import closed_form
from .enclosure import Enclosed, from_ball, from_exact

_MAX_K = 200


@dataclass(frozen=True, slots=True)
class Coefficient:
    """alpha_k = E[y e^{ty} He_k] and h_k = E[e^{ty} He_k] at t = 1/beta."""

    k: int
    beta: Fraction
    alpha: Enclosed
    h: Enclosed

    def as_json(self) -> dict[str, Any]:
        return {"k": self.k, "alpha": self.alpha.as_json(), "h": self.h.as_json()}


@dataclass(frozen=True, slots=True)
class Coefficients:
    """The coefficients of one link, in order of temperature and then of k."""

    link: Link
    coefficients: tuple[Coefficient, ...]

    def as_json(self) -> dict[str, Any]:
        """One object for one temperature; a list of them for several."""
        betas = list(dict.fromkeys(c.beta for c in self.coefficients))
        found = [
            {
                "link": str(self.link),
                "beta": str(beta),
                "coefficients": [c.as_json() for c in self.coefficients if c.beta == beta],
            }
            for beta in betas
        ]
        return found[0] if len(found) == 1 else {"link": str(self.link), "temperatures": found}


def temperature(value: int | float | str | Fraction) -> Fraction:
    """A temperature beta > 0 as an exact number; a float stands for its shortest decimal.

    Raises LinkError when it is not a positive number.
    """
    node = number(value) if isinstance(value, Fraction) else parse_expression(str(value), variables=())
    if not isinstance(node, Num) or node.value <= 0:
        raise LinkError(f"beta '{value}' is not a positive exact number: write a number such as 2 or 0.5")
    return node.value


def coefficients(
    link: Link | str,
    k: int | Iterable[int],
    beta: int | float | str | Fraction | Iterable[Any],
    digits: int = 30,
) -> Coefficients:
    """alpha_k and h_k for each ``k`` (0..200) and each temperature ``beta`` > 0, to ``digits`` digits.

    Raises LinkError on a bad link, order or temperature; NotIntegrable when E e^{y/beta} is infinite.
    """
    link = as_link(link)
    orders = [k] if isinstance(k, int) else list(k)
    if not orders or min(orders) < 0 or max(orders) > _MAX_K:
        raise LinkError(f"k must lie between 0 and {_MAX_K}: write --k 3 or --k 0:8")
    several: Iterable[Any] = beta if isinstance(beta, Iterable) and not isinstance(beta, str) else [beta]
    betas = [temperature(b) for b in several]
    form = closed_form(link.tree)
    found: list[Coefficient] = []
    for b in betas:
        table = oracle(link.tree).tilted_moments(tuple(orders), (0, 1), 1 / b, digits)
        for order in orders:
            pair = [from_ball(table[power, order], digits) for power in (1, 0)]
            if form is not None:
                value = sympy.Rational(1 / b)
                exact = (form.alpha(order).subs(t, value), form.h(order).subs(t, value))
                pair = [from_exact(e, digits) for e in exact]
            found.append(Coefficient(order, b, *pair))
    return Coefficients(link, tuple(found))
