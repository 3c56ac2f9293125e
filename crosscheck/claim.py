"""The claim type: a statement with a permanent id, its assumptions, its legs and its falsified variants.

A claim is data about a *statement object* ``S``: the true one, and falsified ones that differ from it
in a constant, a sign, an exponent or an assumption. Every leg is a function of the link under test
and of the statement, so the very code that supports the true statement must refute the false ones.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Generic, Literal, TypeVar

from .subject import Subject
from .verdict import Evidence, Leg, Scope

S = TypeVar("S")
Kind = Literal["equal", "upper", "lower", "law"]
#: The scopes of a claim whose algebra derives steps of the proof and whose numbers try instances.
STEPS_AND_INSTANCES: Mapping[Leg, Scope] = {
    "symbolic": "steps",
    "enclosure": "instances",
    "quadrature": "instances",
    "simulation": "instances",
}


@dataclass(frozen=True, slots=True)
class Formula:
    """A statement as plain text and as LaTeX."""

    text: str
    latex: str


@dataclass(frozen=True, slots=True)
class Assumption:
    """A condition on the link; ``fails`` gives the reason why a link does not meet it, or None."""

    text: str
    fails: Callable[[Subject], str | None]


@dataclass(frozen=True, slots=True)
class Variant(Generic[S]):
    """A statement that is false on ``link``, and what was changed to make it so."""

    change: str
    statement: S
    link: str
    drops: str | None = None  # the text of the assumption that this variant leaves out


@dataclass(frozen=True, slots=True)
class Claim(Generic[S]):
    """One statement to be checked on every link that meets its assumptions.

    id: permanent, never reused. kind: ``equal`` | ``upper`` | ``lower`` | ``law``.
    sentence: the abstract's sentence it formalises (S1..S9). source: the classical result it rests on.
    quantified: what it holds for all of, in words. legs: one function per leg.
    scopes: how much of the statement each leg decides where it supports and does not itself say otherwise:
    the whole ``statement`` for the link at hand, ``instances`` of it, or ``steps`` of its proof on paper.
    variants: falsified statements, each of which must come out REFUTED.
    """

    id: str
    title: str
    formula: Formula
    kind: Kind
    sentence: str
    source: str
    assumptions: tuple[Assumption, ...]
    quantified: str
    statement: S
    legs: Mapping[Leg, Callable[[Subject, S], Evidence]]
    scopes: Mapping[Leg, Scope]
    variants: tuple[Variant[S], ...]

    def __post_init__(self) -> None:
        if set(self.legs) != set(self.scopes):
            raise ValueError(f"{self.id}: every leg, and nothing else, needs a scope")

    def inapplicable(self, subject: Subject, dropped: str | None = None) -> str | None:
        """The first assumption that ``subject`` fails, with the reason, or None when all hold."""
        for assumption in self.assumptions:
            if assumption.text != dropped and (reason := assumption.fails(subject)):
                return f"{assumption.text}: {reason}"
        return None
