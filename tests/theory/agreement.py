"""Exact expressions in t against the certified oracle, which integrates the link's tree and knows no form."""

from collections.abc import Sequence
from fractions import Fraction

import sympy
from flint import arb
from tiltproof.crosscheck.number import ball_to, series_to
from tiltproof.link import parse
from tiltproof.numerics.expectation.oracle import oracle
from tiltproof.numerics.precision import relative_digits, working
from tiltproof.theory.exact import t
from tiltproof.theory.families import ClosedForm, SeriesForm, closed_form, series_form
from tiltproof.theory.families.form import Expansion

ORDERS = tuple(range(7))


def form_of(text: str) -> ClosedForm:
    """The closed form that the link must have."""
    found = closed_form(parse(text).tree)
    assert found is not None, f"{text} has no closed form"
    return found


def series_of(text: str) -> SeriesForm:
    """The series form that the link must have."""
    found = series_form(parse(text).tree)
    assert found is not None, f"{text} has no series form"
    return found


def enclosed(value: sympy.Expr | Expansion, at: Fraction | str, digits: int = 25) -> arb:
    """An expression or a series in t at a rational t."""
    exact = sympy.Rational(Fraction(at))
    if isinstance(value, Expansion):
        return series_to(value, exact, digits)
    return ball_to(sympy.sympify(value).subs(t, exact), digits)


def disagreements(
    text: str, at: Fraction | str, ks: Sequence[int] = ORDERS, digits: int = 25
) -> list[tuple[str, int]]:
    """The coefficients at t = ``at`` whose exact value and certified enclosure are disjoint, or too wide."""
    tree = parse(text).tree
    form = closed_form(tree) or series_of(text)
    table = oracle(tree).tilted_moments(tuple(ks), (0, 1), Fraction(at), digits)
    wrong = []
    for power, name, derive in ((0, "h", form.h), (1, "alpha", form.alpha)):
        for k in ks:
            exact = enclosed(derive(k), at, digits)
            with working(500):
                tight = relative_digits(exact) >= digits or exact.contains(0)
                if not (tight and exact.overlaps(table[power, k])):
                    wrong.append((name, k))
    return wrong
