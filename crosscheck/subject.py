"""The link under test, with what each room says about it worked out at most once."""

from __future__ import annotations

import zlib
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np

from ..link import NOISELESS, Link, Noise
from ..theory.exponents import Exponents, exponents
from ..theory.families import ClosedForm, SeriesForm, closed_form, series_form
from ..theory.shape.facts import Facts, facts

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
    _scratch: dict[object, object] = field(default_factory=dict, compare=False, repr=False)

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
        key = zlib.crc32(f"{label}|{self.link.text}|{self.noise}".encode())
        return np.random.default_rng(np.random.SeedSequence(self.seed, spawn_key=(key,)))
