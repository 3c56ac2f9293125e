"""Exact expressions in t against the certified oracle, which integrates the link's tree and knows no form."""

from collections.abc import Sequence
from fractions import Fraction

import sympy
from tiltproof.crosscheck.compare import ball_to
from tiltproof.link import parse
from tiltproof.numerics.expectation import oracle
from tiltproof.numerics.precision import relative_digits, working
from tiltproof.theory.symbols import t
from tiltproof.theory.tilt import ClosedForm, closed_form

ORDERS = tuple(range(7))


def form_of(text: str) -> ClosedForm:
    """The closed form that the link must have."""
    found = closed_form(parse(text).tree)
    assert found is not None, f"{text} has no closed form"
    return found


def disagreements(
    text: str, at: Fraction | str, ks: Sequence[int] = ORDERS, digits: int = 25
) -> list[tuple[str, int]]:
    """The coefficients at t = ``at`` whose exact value and certified enclosure are disjoint."""
    form, value = form_of(text), sympy.Rational(Fraction(at))
    table = oracle(parse(text).tree).tilted_moments(tuple(ks), (0, 1), Fraction(at), digits)
    wrong = []
    for power, name, derive in ((0, "h", form.h), (1, "alpha", form.alpha)):
        for k in ks:
            exact = ball_to(derive(k).subs(t, value), digits)
            with working(500):
                tight = relative_digits(exact) >= digits or exact.contains(0)
                if not (tight and exact.overlaps(table[power, k])):
                    wrong.append((name, k))
    return wrong
