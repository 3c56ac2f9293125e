"""The symbolic leg of a user's claim: exact algebra alone."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from fractions import Fraction
from functools import lru_cache

import sympy

from ...link import Link
from ...link.assertion import comparisons, parameters_of
from ...link.quantifier import Range
from ...link.text import text as written
from ...link.tree import Condition, Node, Num, Var
from ...numerics.precision import bits_for, working
from ...theory.constants import compare
from ..compare import ball_to
from ..subject import Subject
from ..verdict import Evidence, Outcome
from .exact import Abstract, Concrete, Exact
from .exact_range import Ruling, rule
from .lemma import Lemma
from .numbers import Numbers
from .points import end_form, named, points_of


def symbolic(subject: Subject, lemma: Lemma) -> Evidence:
    """Exact algebra alone: closed forms, exact moments and exponents; identities of K for every link."""
    return _symbolic(subject.link, lemma)


@lru_cache(maxsize=64)
def _symbolic(link: Link, lemma: Lemma) -> Evidence:
    subject = Subject(link, lemma.noise)
    numbers = Numbers(link, lemma.noise, lemma.signal)
    symbols = {name: symbol(name, range_) for name, range_ in lemma.real.items()}
    reasons: dict[str, None] = {}
    for integers in lemma.combinations():
        condition = lemma.condition(integers)
        for_all, here = (
            Exact(subject.link, lemma.noise, numbers, source).truth(condition, symbols)
            for source in (Abstract(lemma.noise), Concrete(subject.link, lemma.noise))
        )
        if for_all or here:
            reasons["an identity for every link" if for_all and symbols else "exact forms of both sides"] = (
                None
            )
            continue
        ruling = _on_range(subject, lemma, condition, numbers)
        if ruling.holds:
            reasons["exact zeros of the closed form of the difference of both sides"] = None
            continue
        if ruling.point is not None:
            witness = _exact_witness(subject, lemma, integers, ruling.point)
            return Evidence("symbolic", Outcome.REFUTES, "both sides are equal at an exact point", witness)
        if False in (for_all, here) and not symbols:
            witness = points_of(subject, lemma, integers).witness({})
            return Evidence("symbolic", Outcome.REFUTES, "false by exact algebra", witness)
        at = f" for {named(integers)}" if integers else ""
        return Evidence("symbolic", Outcome.UNDECIDED, f"exact algebra does not decide it{at}")
    return Evidence("symbolic", Outcome.SUPPORTS, "; ".join(reasons))


def _on_range(subject: Subject, lemma: Lemma, condition: Condition, numbers: Numbers) -> Ruling:
    """Whether the condition holds by the exact zeros of both sides' differences on the range."""
    if len(lemma.real) != 1:
        return Ruling(None)
    [(name, range_)] = lemma.real.items()
    exact_ = Exact(subject.link, lemma.noise, numbers, Concrete(subject.link, lemma.noise))
    return rule(exact_, condition, name, range_)


def _exact_witness(
    subject: Subject, lemma: Lemma, integers: Mapping[str, Fraction], point: sympy.Expr
) -> str:
    """The claim's only real parameter at an exact ``point`` where it fails."""
    [(name, range_)] = lemma.real.items()
    points = points_of(subject, lemma, integers)
    if point.is_Rational:
        place = {name: Fraction(int(point.p), int(point.q))}
        if points.sides(place):
            return points.witness(place)
    words = (range_.lower, range_.upper, *compared_with(name, lemma.condition(dict(integers))))
    known = ((node, end_form(node, points)) for node in words)
    word = next((node for node, form in known if form is not None and compare(form, point) == 0), None)
    with working(bits_for(40)):
        decimals = ball_to(point, 36).str(12, radius=False)
    shown = f"{name} = {point if word is None else written(word)} = {decimals}"
    return f"{named(integers) + ', ' if integers else ''}{shown}: {lemma.text} is false there"


def compared_with(name: str, condition: Condition) -> Iterator[Node]:
    """The numbers that a parameter itself is compared with."""
    for part in comparisons(condition):
        for side, other in ((part.left, part.right), (part.right, part.left)):
            if side == Var(name) and not parameters_of(other):
                yield other


def symbol(name: str, range_: Range) -> sympy.Symbol:
    low = range_.lower
    positive = not isinstance(low, Num) or low.value > 0 or (low.value == 0 and not range_.closed_lower)
    # An end that is a word, as beta1 or 1/t_max, is a temperature.
    return sympy.Symbol(name, positive=True) if positive else sympy.Symbol(name, real=True)


__all__ = ["compared_with", "symbol", "symbolic"]
