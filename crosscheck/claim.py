"""The claim type: a statement with a permanent id, its assumptions, its legs and its falsified variants.

A claim is data about a *statement object* ``S``: the true one, and falsified ones that differ from it
in a constant, a sign, an exponent or an assumption. Every leg is a function of the link under test
and of the statement, so the very code that supports the true statement must refute the false ones.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from typing import TYPE_CHECKING, Generic, Literal, TypeVar

from ..link import NOISELESS, Link, Noise
from ..theory.exponents import Exponents, exponents
from ..theory.families import ClosedForm, SeriesForm, closed_form, series_form
from ..theory.shape.facts import Facts, facts
from .verdict import LEGS, Finding, Leg, Margin, Scope

if TYPE_CHECKING:
    import numpy as np

#: The chance, over a whole run of ``verify``, that any true claim is refuted by simulation.
FALSE_ALARM = 1e-4


@dataclass(frozen=True)
class Subject:
    """One link (with noise) and the conditions of the run.

    digits: decimal digits that an enclosure must reach. seed: root of every random stream.
    alarm: false-alarm rate granted to each single simulation test, so that the whole run keeps
    ``FALSE_ALARM``. full: the wide statistical runs, which take minutes.
    """

    link: Link
    noise: Noise = NOISELESS
    digits: int = 30
    seed: int = 0
    alarm: float = 1e-8
    full: bool = False

    @cached_property
    def facts(self) -> Facts:
        return facts(self.link.tree)

    @cached_property
    def closed_form(self) -> ClosedForm | None:
        return closed_form(self.link.tree)

    @cached_property
    def series_form(self) -> SeriesForm | None:
        return series_form(self.link.tree)

    @cached_property
    def exponents(self) -> Exponents:
        """The exponents as exact algebra alone knows them."""
        return exponents(self.link.tree)

    def rng(self, label: str) -> np.random.Generator:
        """The random stream of one test: a function of the seed, the link and the label only."""
        # A fifteenth of a second, for what only the legs with samples ask.
        import numpy as np

        key = zlib.crc32(f"{label}|{self.link.text}|{self.noise}".encode())
        return np.random.default_rng(np.random.SeedSequence(self.seed, spawn_key=(key,)))


S = TypeVar("S")
Kind = Literal["equal", "upper", "lower", "law"]
#: The assumption that every claim of a user makes.
EXISTS = "every quantity exists"
#: The scopes of most claims: their algebra derives steps of the proof, and their numbers try instances.
STEPS_AND_INSTANCES: Mapping[Leg, Scope] = {
    "symbolic": "steps",
    "enclosure": "instances",
    "quadrature": "instances",
    "simulation": "instances",
}


def legs(*functions: Callable[[Subject, S], Finding]) -> Mapping[Leg, Callable[[Subject, S], Finding]]:
    """All four legs, in the order of ``LEGS``."""
    return dict(zip(LEGS, functions, strict=True))


def of_statement(derive: Callable[[S], Finding]) -> Callable[[Subject, S], Finding]:
    """A leg that looks at no link: its finding on a statement is the same for all, and is kept."""
    kept = lru_cache(maxsize=16)(derive)
    return lambda subject, statement: kept(statement)


@dataclass(frozen=True, slots=True)
class Assumption:
    """A condition on the link; ``fails`` gives the reason why a link does not meet it, or None."""

    text: str
    fails: Callable[[Subject], str | None]


def condition(text: str, holds: Callable[[Subject], object], otherwise: str) -> Assumption:
    """``text`` is assumed; ``otherwise`` is the reason on a link where ``holds`` gives nothing or False."""
    return Assumption(text, lambda subject: None if holds(subject) else otherwise)


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
    formula: str
    latex: str
    kind: Kind
    sentence: str
    source: str
    assumptions: tuple[Assumption, ...]
    quantified: str
    statement: S
    legs: Mapping[Leg, Callable[[Subject, S], Finding]]
    variants: tuple[Variant[S], ...]
    scopes: Mapping[Leg, Scope] = field(default_factory=lambda: STEPS_AND_INSTANCES)
    #: How far an inequality that was proved, or refuted, holds.
    margin: Callable[[Subject, S, bool], Margin | None] = lambda subject, statement, proved: None

    def __post_init__(self) -> None:
        if set(self.legs) != set(self.scopes):
            raise ValueError(f"{self.id}: every leg, and nothing else, needs a scope")

    def inapplicable(self, subject: Subject, dropped: str | None = None) -> str | None:
        """The first assumption that ``subject`` fails, with the reason, or None when all hold."""
        for assumption in self.assumptions:
            if assumption.text != dropped and (reason := assumption.fails(subject)):
                return reason if assumption.text == EXISTS else f"{assumption.text}: {reason}"
        return None
